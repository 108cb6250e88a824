//! What a server of a signed zone puts into its replies: signatures, and proofs of what is not there (RFC 4035 §3.1).

use proto::{Name, Record, RrType, WallTime};

use super::nsec3::{Chain, Hash, Nsec3};
use super::{DenialKind, Flaw, Signer, WEEK};
use crate::Zone;

/// A signed zone at a point in time.
#[derive(Clone, Copy)]
pub(crate) struct Evidence<'z> {
    zone: &'z Zone,
    signer: &'z Signer,
    now: WallTime,
}

impl Zone {
    /// What vouches for the data of this zone, if it is signed.
    pub(crate) fn evidence(&self, now: WallTime) -> Option<Evidence<'_>> {
        Some(Evidence { zone: self, signer: self.signer()?, now })
    }

    /// The wildcard that answers for a name which does not exist itself.
    fn wildcard_for(&self, name: &Name) -> Option<Name> {
        self.closest_encloser(name).prepend(b"*").ok()
    }

    fn closest_encloser(&self, name: &Name) -> Name {
        name.ancestors().find(|ancestor| self.exists(ancestor)).unwrap_or_else(|| self.apex.clone())
    }
}

impl Evidence<'_> {
    pub(crate) fn zone(&self) -> &Zone {
        self.zone
    }

    /// DNSKEY data of a key that nobody vouches for, and what signs with it.
    pub(crate) fn impostor(&self) -> (Vec<u8>, impl Fn(&[Record]) -> Vec<u8>) {
        let signer = Signer::impostor(&self.zone.apex);
        let key = signer.entry().dnskey.clone();
        let (zone, week) = (self.zone, self.now.as_secs() / WEEK);
        (key, move |set| signer.signature(zone, &set[0].name, set[0].rtype, set, week))
    }

    /// RRSIG records for a set of the zone, owned by `shown_as`: the owner itself, or a name made from a wildcard.
    fn signatures(&self, owner: &Name, shown_as: &Name, rtype: RrType, set: &[Record]) -> Vec<Record> {
        let made = self.signer.signatures(self.zone, owner, rtype, set, self.now);
        let ttl = set.first().map_or(0, |record| record.ttl);
        made.into_iter().map(|data| Record::new(shown_as.clone(), RrType::RRSIG, ttl, data)).collect()
    }

    /// RRSIG records for the set of this type at `name`, by way of a wildcard if the name does not exist, and what proves
    /// that it does not.
    pub(crate) fn of_data(&self, name: &Name, rtype: RrType) -> (Vec<Record>, Vec<Record>) {
        let set = self.zone.set(name, rtype);
        let replay = self.zone.replays_wildcard(name);
        if !replay && (!set.is_empty() || self.zone.exists(name)) {
            return (self.signatures(name, name, rtype, set), Vec::new());
        }
        let wildcard = if replay { self.zone.apex.prepend(b"*").ok() } else { self.zone.wildcard_for(name) };
        let Some(wildcard) = wildcard else { return Default::default() };
        let set = self.zone.set(&wildcard, rtype);
        (self.signatures(&wildcard, name, rtype, set), self.no_closer_match(name))
    }

    /// The SOA's signatures, with the TTL that it has in a denial.
    pub(crate) fn of_soa(&self) -> Vec<Record> {
        let (mut records, _) = self.of_data(&self.zone.apex, RrType::SOA);
        let ttl = self.zone.negative_soa().ttl;
        records.iter_mut().for_each(|record| record.ttl = ttl);
        records
    }

    /// Of a referral: the DS set with its signatures, or the proof that there is none.
    pub(crate) fn of_referral(&self, cut: &Name) -> Vec<Record> {
        if self.signer.flaw() == Some(Flaw::HidesDs) {
            return Vec::new();
        }
        let ds = self.zone.set(cut, RrType::DS);
        if ds.is_empty() {
            return self.no_data(cut);
        }
        [ds.to_vec(), self.signatures(cut, cut, RrType::DS, ds)].concat()
    }

    /// That the name lacks the type asked for, or the wildcard that answers for it does (RFC 4035 §3.1.3.1, §3.1.3.4).
    pub(crate) fn no_data(&self, name: &Name) -> Vec<Record> {
        if matches!(self.signer.flaw(), Some(Flaw::NoDenial | Flaw::HidesDs)) {
            return Vec::new();
        }
        match &self.signer.how.denial {
            DenialKind::Nsec if self.zone.exists(name) => self.nsecs(&[name]),
            DenialKind::Nsec => match self.zone.wildcard_for(name) {
                Some(wildcard) => self.nsecs(&[name, &wildcard]),
                None => self.nsecs(&[name]),
            },
            DenialKind::Nsec3(how) => {
                let hash = how.hash(name);
                if self.chain(how).has(&hash) {
                    return self.nsec3s(how, vec![hash]);
                }
                let mut hashes = self.encloser_proof(how, name);
                // RFC 5155 §7.2.5: the wildcard that answered. An unsigned delegation in an opt-out span has none.
                let wildcard = self.zone.wildcard_for(name).filter(|_| !self.zone.exists(name));
                hashes.extend(wildcard.map(|wildcard| self.nsec3_for(how, &wildcard)));
                self.nsec3s(how, hashes)
            }
        }
    }

    /// That neither the name exists nor a wildcard that would answer for it (RFC 4035 §3.1.3.2, RFC 5155 §7.2.2).
    pub(crate) fn no_name(&self, name: &Name) -> Vec<Record> {
        if self.signer.flaw() == Some(Flaw::NoDenial) {
            return Vec::new();
        }
        match &self.signer.how.denial {
            DenialKind::Nsec => match self.zone.wildcard_for(name) {
                Some(wildcard) => self.nsecs(&[name, &wildcard]),
                None => self.nsecs(&[name]),
            },
            DenialKind::Nsec3(how) => {
                let mut hashes = self.encloser_proof(how, name);
                hashes.extend(self.zone.wildcard_for(name).map(|wildcard| self.nsec3_for(how, &wildcard)));
                self.nsec3s(how, hashes)
            }
        }
    }

    /// That the name itself does not exist, so that a wildcard rightly answers (RFC 4035 §3.1.3.3, RFC 5155 §7.2.6).
    fn no_closer_match(&self, name: &Name) -> Vec<Record> {
        if self.signer.flaw() == Some(Flaw::NoWildcardProof) {
            return Vec::new();
        }
        match &self.signer.how.denial {
            DenialKind::Nsec => self.nsecs(&[name]),
            DenialKind::Nsec3(how) => {
                let encloser = self.zone.closest_encloser(name);
                let next_closer = name.suffix(encloser.label_count() + 1);
                self.nsec3s(how, vec![self.nsec3_for(how, &next_closer)])
            }
        }
    }

    /// The NSEC records at these names or, where there is none, before them; each once.
    fn nsecs(&self, names: &[&Name]) -> Vec<Record> {
        let mut owners: Vec<&Name> = names
            .iter()
            .filter_map(|name| {
                let mut before = self.zone.nodes_up_to(name).filter(|(_, node)| node.contains_key(&RrType::NSEC));
                before.next_back().map(|(owner, _)| owner)
            })
            .collect();
        owners.dedup();
        let with_signatures = |owner: &Name| {
            let set = self.zone.set(owner, RrType::NSEC);
            [set.to_vec(), self.signatures(owner, owner, RrType::NSEC, set)].concat()
        };
        owners.into_iter().flat_map(with_signatures).collect()
    }

    fn chain(&self, how: &Nsec3) -> &Chain {
        self.signer.chain.get_or_init(|| Chain::of(self.zone, how))
    }

    /// The hash of the record that stands at the name, or of the one that covers it.
    fn nsec3_for(&self, how: &Nsec3, name: &Name) -> Hash {
        let hash = how.hash(name);
        if self.chain(how).has(&hash) { hash } else { self.chain(how).before(&hash) }
    }

    /// What stands at the closest name above that has a record, and what covers the next one (RFC 5155 §7.2.1).
    fn encloser_proof(&self, how: &Nsec3, name: &Name) -> Vec<Hash> {
        let mut next_closer = name.clone();
        for above in name.ancestors().skip(1).take_while(|above| above.is_at_or_below(&self.zone.apex)) {
            let hash = how.hash(&above);
            if self.chain(how).has(&hash) {
                return vec![hash, self.nsec3_for(how, &next_closer)];
            }
            next_closer = above;
        }
        Vec::new()
    }

    /// The records of these hashes, each once.
    fn nsec3s(&self, how: &Nsec3, mut hashes: Vec<Hash>) -> Vec<Record> {
        hashes.sort_unstable();
        hashes.dedup();
        let with_signatures = |hash: Hash| {
            let record = self.chain(how).record(&hash, self.zone, how);
            let owner = record.name.clone();
            let signatures = self.signatures(&owner, &owner, RrType::NSEC3, std::slice::from_ref(&record));
            [vec![record], signatures].concat()
        };
        hashes.into_iter().flat_map(with_signatures).collect()
    }
}
