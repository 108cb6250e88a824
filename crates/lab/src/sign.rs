//! Signed zones (RFC 4033 to RFC 4035, RFC 5155): keys, signatures, denials.
//!
//! Keys, DS and NSEC records are part of the zones from the beginning, so that the oracle knows them too. Signatures
//! and NSEC3 records are made when somebody asks for them, and kept: a signature is valid around the time at which
//! somebody asks, whatever that is.
//!
//! What it deliberately does not do: share code with the validator.

mod canonical;
mod keys;
mod nsec;
mod nsec3;
mod proofs;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use proto::{Name, Record, RrType, WallTime};

pub use keys::SigningAlgorithm;
pub use nsec3::Nsec3;
pub(crate) use proofs::Evidence;

use crate::{LabError, Zone};
use keys::{ENTRY_POINT, Key, ZONE_KEY};

/// TTL of DNSKEY and NSEC3PARAM sets, in seconds.
const KEY_TTL: u32 = 3600;
/// Signatures are made anew once a week...
const WEEK: u64 = 7 * 86_400;
/// ... begin a day before that, so that no clock is too late, and end a week after the next ones have come.
const DAY: u64 = 86_400;

/// How a zone is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signing {
    /// The algorithm of its keys.
    pub algorithm: SigningAlgorithm,
    /// Who signs what.
    pub keys: KeyRoles,
    /// How it denies.
    pub denial: DenialKind,
    /// What its parent says of it.
    pub delegation: DsAtParent,
}

/// Which keys a zone has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyRoles {
    /// One key for everything.
    Combined,
    /// One that signs the keys, another one that signs the rest.
    Split,
}

/// Whether the parent has DS records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DsAtParent {
    /// Yes, if it is signed itself.
    Published,
    /// No: the zone is an island of security.
    Absent,
}

/// How a zone denies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DenialKind {
    /// By names (RFC 4034 §4).
    Nsec,
    /// By hashes of names.
    Nsec3(Nsec3),
}

impl Signing {
    /// One key, NSEC, and a DS record at the parent.
    pub fn with(algorithm: SigningAlgorithm) -> Self {
        Self { algorithm, keys: KeyRoles::Combined, denial: DenialKind::Nsec, delegation: DsAtParent::Published }
    }

    /// The same with NSEC3.
    #[must_use]
    pub fn nsec3(self, salt: &[u8], iterations: u16) -> Self {
        Self { denial: DenialKind::Nsec3(Nsec3 { salt: salt.to_vec(), iterations, opt_out: false }), ..self }
    }

    /// The same with NSEC3 and opt-out (RFC 5155 §6).
    #[must_use]
    pub fn opt_out(self) -> Self {
        Self { denial: DenialKind::Nsec3(Nsec3 { opt_out: true, ..Nsec3::default() }), ..self }
    }

    /// The same with a key for keys and another one for the rest.
    #[must_use]
    pub fn split(self) -> Self {
        Self { keys: KeyRoles::Split, ..self }
    }

    /// The same without DS at the parent.
    #[must_use]
    pub fn island(self) -> Self {
        Self { delegation: DsAtParent::Absent, ..self }
    }
}

/// The keys of a zone at work.
#[derive(Debug)]
pub(crate) struct Signer {
    how: Signing,
    keys: Vec<Key>,
    chain: OnceLock<nsec3::Chain>,
    made: Mutex<Made>,
}

/// Signatures of one week by owner and type.
#[derive(Debug, Default)]
struct Made {
    week: u64,
    signatures: BTreeMap<(Name, RrType), Vec<Vec<u8>>>,
}

impl Signer {
    fn new(apex: &Name, how: Signing) -> Self {
        let key = |number, flags| Key::of_zone(apex, number, how.algorithm, flags);
        let keys = match how.keys {
            KeyRoles::Combined => vec![key(0, ZONE_KEY | ENTRY_POINT)],
            KeyRoles::Split => vec![key(0, ZONE_KEY | ENTRY_POINT), key(1, ZONE_KEY)],
        };
        Self { how, keys, chain: OnceLock::new(), made: Mutex::default() }
    }

    /// The key that DS records name.
    fn entry(&self) -> &Key {
        self.keys.first().expect("a signed zone has a key")
    }

    /// The key that signs sets of this type.
    fn key_for(&self, rtype: RrType) -> &Key {
        let key = if rtype == RrType::DNSKEY { self.keys.first() } else { self.keys.last() };
        key.expect("a signed zone has a key")
    }

    /// RRSIG data for a set, made at most once a week.
    fn signatures(&self, zone: &Zone, owner: &Name, rtype: RrType, set: &[Record], now: WallTime) -> Vec<Vec<u8>> {
        let week = now.as_secs() / WEEK;
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if made.week != week {
            *made = Made { week, signatures: BTreeMap::new() };
        }
        let make = || vec![self.signature(zone, owner, rtype, set, week)];
        made.signatures.entry((owner.clone(), rtype)).or_insert_with(make).clone()
    }

    fn signature(&self, zone: &Zone, owner: &Name, rtype: RrType, set: &[Record], week: u64) -> Vec<u8> {
        let key = self.key_for(rtype);
        let ttl = set.first().map_or(0, |record| record.ttl);
        // RFC 4034 §3.1.3: the asterisk does not count.
        let labels = owner.label_count() - usize::from(owner.is_wildcard());
        let (inception, expiration) = ((week * WEEK).saturating_sub(DAY), (week + 2) * WEEK);
        let mut head = rtype.0.to_be_bytes().to_vec();
        head.extend([key.algorithm(), labels as u8]);
        // RFC 4034 §3.1.5: times are counted modulo 2^32.
        for number in [ttl, expiration as u32, inception as u32] {
            head.extend(number.to_be_bytes());
        }
        head.extend(key.tag().to_be_bytes());
        head.extend_from_slice(zone.apex.to_lowercase().wire());
        let message = canonical::message(&head, owner, rtype, ttl, set);
        [head, key.sign(&message)].concat()
    }
}

/// Gives the zones that are to be signed their keys, their parents the DS records, and all of them their chain of names.
pub(crate) fn sign(zones: &mut BTreeMap<Name, Zone>) -> Result<(), LabError> {
    let apexes: Vec<Name> = zones.values().filter(|zone| zone.signing().is_some()).map(|z| z.apex.clone()).collect();
    for apex in &apexes {
        let zone = zones.get_mut(apex).expect("found a moment ago");
        give_keys(zone)?;
    }
    for apex in &apexes {
        let signer = zones[apex].signer().expect("made a moment ago");
        if signer.how.delegation == DsAtParent::Absent {
            continue;
        }
        let ds = keys::ds_of(apex, &signer.entry().dnskey);
        let parent = apex.ancestors().skip(1).find(|name| zones.contains_key(name));
        let Some(parent) = parent.and_then(|name| zones.get_mut(&name)).filter(|zone| zone.signer().is_some()) else {
            continue;
        };
        let cut = parent.set(apex, RrType::NS).first().map(|record| (record.name.clone(), record.ttl));
        if let Some((owner, ttl)) = cut {
            parent.insert(Record::new(owner, RrType::DS, ttl, ds))?;
        }
    }
    for apex in &apexes {
        let zone = zones.get_mut(apex).expect("found a moment ago");
        if zone.signing().is_some_and(|how| how.denial == DenialKind::Nsec) {
            nsec::chain(zone).into_iter().try_for_each(|record| zone.insert(record))?;
        }
    }
    Ok(())
}

fn give_keys(zone: &mut Zone) -> Result<(), LabError> {
    let Some(how) = zone.signing().cloned() else { return Ok(()) };
    let signer = Signer::new(&zone.apex, how);
    for key in &signer.keys {
        zone.insert(Record::new(zone.apex.clone(), RrType::DNSKEY, KEY_TTL, key.dnskey.clone()))?;
    }
    if let DenialKind::Nsec3(nsec3) = &signer.how.denial {
        zone.insert(Record::new(zone.apex.clone(), RrType::NSEC3PARAM, KEY_TTL, nsec3.parameters(0)))?;
    }
    zone.set_signer(Arc::new(signer));
    Ok(())
}

/// DS data for the keys of a signed zone, as a trust anchor.
pub(crate) fn anchor(zone: &Zone) -> Option<Record> {
    let entry = zone.signer()?.entry();
    Some(Record::new(zone.apex.clone(), RrType::DS, KEY_TTL, keys::ds_of(&zone.apex, &entry.dnskey)))
}

#[cfg(test)]
mod tests;
