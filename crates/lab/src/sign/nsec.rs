//! Who follows whom in a zone: NSEC records (RFC 4034 §4), and what NSEC3 needs to know.

use proto::rdata::dnssec::bitmap;
use proto::{Name, Record, RrType};

use super::Flaw;
use crate::Zone;

/// A name that the zone speaks for, with the types that a denial there has to list.
pub(super) struct Owner {
    pub(super) name: Name,
    pub(super) types: Vec<RrType>,
}

impl Owner {
    /// A delegation without DS: opt-out may pass over it (RFC 5155 §6).
    pub(super) fn is_insecure_delegation(&self, apex: &Name) -> bool {
        self.name != *apex && self.types.contains(&RrType::NS) && !self.types.contains(&RrType::DS)
    }
}

/// The names of a zone in canonical order, without glue and what else lies below a cut or a DNAME.
pub(super) fn owners(zone: &Zone) -> Vec<Owner> {
    let mut owners: Vec<Owner> = Vec::new();
    let mut end: Option<&Name> = None;
    for (name, node) in zone.nodes() {
        if end.is_some_and(|end| name.is_below(end)) {
            continue;
        }
        let is_cut = *name != zone.apex && node.contains_key(&RrType::NS);
        if is_cut || node.contains_key(&RrType::DNAME) {
            end = Some(name);
        }
        // RFC 4035 §2.3: of a delegation only what the parent is right about.
        let counts = |rtype: &&RrType| !is_cut || matches!(**rtype, RrType::NS | RrType::DS);
        let types = node.keys().filter(counts).filter(|rtype| **rtype != RrType::NSEC).copied().collect();
        owners.push(Owner { name: name.clone(), types });
    }
    owners
}

/// The NSEC records of a zone.
pub(super) fn chain(zone: &Zone) -> Vec<Record> {
    let owners = owners(zone);
    let nexts = owners.iter().skip(1).chain(owners.first());
    let record = |(owner, next): (&Owner, &Owner)| {
        let types = owner.types.iter().copied().chain([RrType::RRSIG, RrType::NSEC]);
        let outside = zone.apex.parent().filter(|_| zone.flaw() == Some(Flaw::NextNameOutside));
        let outside = outside.and_then(|parent| parent.prepend(b"zzzz").ok());
        let data = [outside.as_ref().unwrap_or(&next.name).wire(), &bitmap(types)].concat();
        Record::new(owner.name.clone(), RrType::NSEC, zone.negative_soa().ttl, data)
    };
    owners.iter().zip(nexts).map(record).collect()
}
