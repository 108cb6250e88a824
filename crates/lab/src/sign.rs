//! Signed zones (RFC 4033 to RFC 4035, RFC 5155): keys, signatures, denials.
//!
//! Keys, DS and NSEC records are part of the zones from the beginning, so that the oracle knows them too. Signatures
//! and NSEC3 records are made when somebody asks for them, and kept: a signature is valid around the time at which
//! somebody asks, whatever that is.
//!
//! What it deliberately does not do: share code with the validator.

mod canonical;
mod flaws;
mod keys;
mod nsec;
mod nsec3;
mod proofs;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use proto::{Name, Record, RrType, WallTime};

pub use flaws::Flaw;
pub use keys::SigningAlgorithm;
pub use nsec3::Nsec3;
pub(crate) use proofs::Evidence;

use crate::{LabError, Zone};
use keys::{ENTRY_POINT, Key, REVOKED, ZONE_KEY};

/// TTL of DNSKEY and NSEC3PARAM sets, in seconds.
const KEY_TTL: u32 = 3600;
/// Signatures are made anew once a week...
const WEEK: u64 = 7 * 86_400;
/// ... begin a day before that, so that no clock is too late, and end a week after the next ones have come.
const DAY: u64 = 86_400;
/// Weeks by which the signatures of some exhibits are off.
const LONG: u64 = 9;
/// A number that neither algorithms nor digests have.
const UNASSIGNED: u8 = 200;
/// Wrong signatures of some exhibits.
const MANY: u8 = 40;

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
    /// What is wrong with it.
    pub flaw: Option<Flaw>,
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
    /// No, but the trust anchors of the world name its key.
    Anchored,
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
        Self {
            algorithm,
            keys: KeyRoles::Combined,
            denial: DenialKind::Nsec,
            delegation: DsAtParent::Published,
            flaw: None,
        }
    }

    /// The same with something wrong.
    #[must_use]
    pub fn flawed(self, flaw: Flaw) -> Self {
        Self { flaw: Some(flaw), ..self }
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

    /// The same with a trust anchor of its own in place of a DS at the parent.
    #[must_use]
    pub fn anchored(self) -> Self {
        Self { delegation: DsAtParent::Anchored, ..self }
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
        let flags = |usual: u16| match how.flaw {
            Some(Flaw::NoZoneKeyBit) => usual & !ZONE_KEY,
            Some(Flaw::RevokedKey) => usual | REVOKED,
            _ => usual,
        };
        let key = |number, usual| {
            let key = Key::of_zone(apex, number, how.algorithm, flags(usual));
            if how.flaw == Some(Flaw::UnknownAlgorithm) { key.renumbered(UNASSIGNED) } else { key }
        };
        let keys = match how.keys {
            KeyRoles::Combined => vec![key(0, ZONE_KEY | ENTRY_POINT)],
            KeyRoles::Split => vec![key(0, ZONE_KEY | ENTRY_POINT), key(1, ZONE_KEY)],
        };
        Self { how, keys, chain: OnceLock::new(), made: Mutex::default() }
    }

    /// With a key that is not the zone's.
    fn impostor(apex: &Name) -> Self {
        let key = Key::of_zone(apex, u8::MAX, SigningAlgorithm::EcdsaP256, ZONE_KEY | ENTRY_POINT);
        let how = Signing::with(SigningAlgorithm::EcdsaP256);
        Self { how, keys: vec![key], chain: OnceLock::new(), made: Mutex::default() }
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

    pub(crate) fn flaw(&self) -> Option<Flaw> {
        self.how.flaw
    }

    /// The DNSKEY set as it is published.
    fn dnskeys(&self) -> Vec<Vec<u8>> {
        let own: Vec<Vec<u8>> = self.keys.iter().map(|key| key.dnskey.clone()).collect();
        let doubles = match self.how.flaw {
            Some(Flaw::NoKeys) => return Vec::new(),
            Some(Flaw::KeyTagCollisions) => 2,
            Some(Flaw::KeyTrap) => 30,
            _ => 0,
        };
        let doubles: Vec<Vec<u8>> = (1..=doubles).map(|number| keys::double(&own[0], number)).collect();
        [own, doubles].concat()
    }

    /// The DS record that the parent has.
    fn ds(&self, apex: &Name) -> Vec<u8> {
        let mut ds = keys::ds_of(apex, &self.entry().dnskey);
        match self.how.flaw {
            Some(Flaw::WrongDsTag) => ds[1] ^= 1,
            Some(Flaw::WrongDsDigest) => ds[4] ^= 1,
            Some(Flaw::UnknownDigest) => ds[3] = UNASSIGNED,
            _ => {}
        }
        ds
    }

    /// RRSIG data for a set, made at most once a week.
    fn signatures(&self, zone: &Zone, owner: &Name, rtype: RrType, set: &[Record], now: WallTime) -> Vec<Vec<u8>> {
        let week = now.as_secs() / WEEK;
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if made.week != week {
            *made = Made { week, signatures: BTreeMap::new() };
        }
        let make = || match self.how.flaw {
            Some(Flaw::NoSignatures) if rtype != RrType::DNSKEY => Vec::new(),
            Some(Flaw::KeyTrap | Flaw::ManySignatures) if rtype != RrType::DNSKEY => {
                let right = self.signature(zone, owner, rtype, set, week);
                (1..=MANY).map(|number| keys::double(&right, number)).chain([right.clone()]).collect()
            }
            _ => vec![self.signature(zone, owner, rtype, set, week)],
        };
        made.signatures.entry((owner.clone(), rtype)).or_insert_with(make).clone()
    }

    fn signature(&self, zone: &Zone, owner: &Name, rtype: RrType, set: &[Record], week: u64) -> Vec<u8> {
        let key = self.key_for(rtype);
        let ttl = set.first().map_or(0, |record| record.ttl);
        // RFC 4034 §3.1.3: the asterisk does not count.
        let labels = owner.label_count() - usize::from(owner.is_wildcard());
        let flaw = self.how.flaw.filter(|flaw| (rtype == RrType::DNSKEY) == (*flaw == Flaw::KeySignatureExpired));
        let week = match flaw {
            Some(Flaw::Expired | Flaw::KeySignatureExpired) => week.saturating_sub(LONG),
            Some(Flaw::NotYetValid) => week + LONG,
            _ => week,
        };
        let labels = match flaw {
            Some(Flaw::WrongLabels) => labels + 1,
            Some(Flaw::TooFewLabels) => zone.apex.label_count().saturating_sub(1),
            _ => labels,
        };
        // Who counts fewer labels than the owner has signs for the wildcard at the end of these (RFC 4034 §3.1.8.1).
        let above =
            flaw.filter(|flaw| *flaw == Flaw::TooFewLabels).and_then(|_| owner.suffix(labels).prepend(b"*").ok());
        let owner = above.as_ref().unwrap_or(owner);
        let (inception, expiration) = ((week * WEEK).saturating_sub(DAY), (week + 2) * WEEK);
        let mut head = rtype.0.to_be_bytes().to_vec();
        head.extend([key.algorithm(), labels as u8]);
        // RFC 4034 §3.1.5: times are counted modulo 2^32.
        for number in [ttl, expiration as u32, inception as u32] {
            head.extend(number.to_be_bytes());
        }
        head.extend(key.tag().to_be_bytes());
        let parent = zone.apex.parent().filter(|_| flaw == Some(Flaw::WrongSigner));
        head.extend_from_slice(parent.as_ref().unwrap_or(&zone.apex).to_lowercase().wire());
        let message = canonical::message(&head, owner, rtype, ttl, set);
        let mut signature = key.sign(&message);
        if let (Some(Flaw::BadSignatures), Some(last)) = (flaw, signature.last_mut()) {
            *last ^= 1;
        }
        [head, signature].concat()
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
        if signer.how.delegation != DsAtParent::Published {
            continue;
        }
        let ds = signer.ds(apex);
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
        if zone.flaw() == Some(Flaw::HidesDs) {
            let cuts: Vec<Name> = zone.records().filter(|r| r.rtype == RrType::DS).map(|r| r.name.clone()).collect();
            cuts.iter().for_each(|cut| zone.remove(cut, RrType::DS));
        }
    }
    Ok(())
}

fn give_keys(zone: &mut Zone) -> Result<(), LabError> {
    let Some(how) = zone.signing().cloned() else { return Ok(()) };
    let signer = Signer::new(&zone.apex, how);
    for key in signer.dnskeys() {
        zone.insert(Record::new(zone.apex.clone(), RrType::DNSKEY, KEY_TTL, key))?;
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
