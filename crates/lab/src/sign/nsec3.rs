//! Who follows whom when names are hashed: NSEC3 records (RFC 5155).

use std::collections::BTreeMap;

use data_encoding::BASE32HEX_NOPAD;
use proto::rdata::dnssec::bitmap;
use proto::{Name, Record, RrType};
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};

use super::Flaw;
use super::nsec::owners;
use crate::Zone;

/// How names are hashed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Nsec3 {
    /// Hashed behind the name.
    pub salt: Vec<u8>,
    /// Further rounds.
    pub iterations: u16,
    /// Whether delegations without DS are passed over (RFC 5155 §6).
    pub opt_out: bool,
}

pub(super) type Hash = [u8; 20];

impl Nsec3 {
    /// RFC 5155 §5.
    pub(super) fn hash(&self, name: &Name) -> Hash {
        let mut octets = name.to_lowercase().wire().to_vec();
        for _ in 0..=self.iterations {
            octets.extend_from_slice(&self.salt);
            octets = digest(&SHA1_FOR_LEGACY_USE_ONLY, &octets).as_ref().to_vec();
        }
        octets.try_into().expect("SHA-1 has 20 octets")
    }

    /// Hash algorithm, flags, iterations, salt: how NSEC3 and NSEC3PARAM data begins.
    pub(super) fn parameters(&self, flags: u8) -> Vec<u8> {
        let [high, low] = self.iterations.to_be_bytes();
        [&[1, flags, high, low, self.salt.len() as u8], self.salt.as_slice()].concat()
    }
}

/// The hashed names of a zone with their types.
#[derive(Debug)]
pub(super) struct Chain {
    names: BTreeMap<Hash, Vec<RrType>>,
}

impl Chain {
    pub(super) fn of(zone: &Zone, how: &Nsec3) -> Self {
        let mut names = BTreeMap::new();
        for owner in owners(zone) {
            let unsigned = owner.is_insecure_delegation(&zone.apex);
            if unsigned && how.opt_out {
                continue;
            }
            // RFC 5155 §7.1: empty non-terminals have records too, with an empty bitmap.
            for above in owner.name.ancestors().skip(1).take_while(|above| above.is_below(&zone.apex)) {
                names.entry(how.hash(&above)).or_insert_with(Vec::new);
            }
            let mut types = owner.types;
            types.extend((!unsigned).then_some(RrType::RRSIG));
            names.insert(how.hash(&owner.name), types);
        }
        Self { names }
    }

    pub(super) fn has(&self, hash: &Hash) -> bool {
        self.names.contains_key(hash)
    }

    /// The hash whose record covers this one, which has none of its own.
    pub(super) fn before(&self, hash: &Hash) -> Hash {
        let found = self.names.range(..*hash).next_back().or_else(|| self.names.last_key_value());
        *found.expect("the apex is in every chain").0
    }

    /// The NSEC3 record of a hash.
    pub(super) fn record(&self, hash: &Hash, zone: &Zone, how: &Nsec3) -> Record {
        let next = self.names.range(*hash..).find(|(other, _)| *other != hash);
        let next = next.or_else(|| self.names.first_key_value()).expect("the apex is in every chain").0;
        let types = self.names.get(hash).into_iter().flatten().copied();
        let shown = match zone.flaw() {
            Some(Flaw::WrongNsec3Parameters) => &Nsec3 { iterations: how.iterations + 1, ..how.clone() },
            _ => how,
        };
        let data = [&shown.parameters(u8::from(how.opt_out))[..], &[20], next, &bitmap(types)].concat();
        Record::new(owner_name(hash, &zone.apex), RrType::NSEC3, zone.negative_soa().ttl, data)
    }
}

fn owner_name(hash: &Hash, apex: &Name) -> Name {
    let label = BASE32HEX_NOPAD.encode(hash).to_ascii_lowercase();
    apex.prepend(label.as_bytes()).expect("zones of the lab have short names")
}
