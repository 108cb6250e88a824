//! Denials made from NSEC and NSEC3 records already known (RFC 8198): a name that lies in a gap once shown needs no
//! question to anybody. Pure but for its lock.
//!
//! Only records that stood the check come in, each with the zone whose key signed it; what they prove is judged anew for
//! each question by `dnssec`, as if they had just come.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use dnssec::Effort;
use dnssec::denial::{NoDs, Proofs, Proven, nsec3_hash, nsec3_owner_hash};
use proto::{Name, Question, RrType, Rrset, WallTime};

/// Octets of all that is kept; records beyond that push out the zones that came first. A hostile zone can only spend
/// what others of the same age have.
const MAX_OCTETS: usize = 4 << 20;
/// Octets that an entry takes beside its data: keys, nodes of the trees, counters.
const ENTRY_OCTETS: usize = 256;
/// Records kept of one zone.
const MAX_RECORDS_PER_ZONE: usize = 4096;

/// Ancestors of a name whose wildcards are looked for, and that are hashed.
const MAX_ANCESTORS: usize = 16;

/// Expired records that are passed over in search of a live one.
const MAX_EXPIRED_PASSED: usize = 4;
/// Rounds of the hash function that one search may take: what a normal name in a zone without iterations needs, several times
/// (RFC 9276 §3.1).
const MAX_ROUNDS: usize = 64;

/// Rounds of the hash function for one name.
fn rounds(record: &Rrset) -> usize {
    let iterations = record.rdatas.iter().next().and_then(|rdata| rdata.get(2..4)).map(|at| [at[0], at[1]]);
    iterations.map_or(1, |octets| usize::from(u16::from_be_bytes(octets)) + 1)
}

/// What the records say of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Synthesis {
    /// The name exists without the type.
    NoData(Found),
    /// The name does not exist.
    NxDomain(Found),
}

/// The records behind a synthesis, with remaining TTLs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) soa: Rrset,
    pub(crate) proofs: Vec<Rrset>,
}

/// Denial records by zone.
#[derive(Debug, Default)]
pub(crate) struct Denials {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    zones: BTreeMap<Name, Zone>,
    /// Zones in the order in which they came.
    order: VecDeque<Name>,
    octets: usize,
}

#[derive(Debug, Default)]
struct Zone {
    soa: Option<Kept>,
    /// By owner, in canonical order.
    nsec: BTreeMap<Name, Kept>,
    /// By hash.
    nsec3: BTreeMap<[u8; 20], Kept>,
    octets: usize,
}

#[derive(Debug, Clone)]
struct Kept {
    set: Rrset,
    expires: WallTime,
}

impl Kept {
    fn live(&self, now: WallTime) -> Option<Rrset> {
        let ttl = now.ttl_left(self.expires);
        // What would live longer than its TTL was learnt by a clock that has been set back since.
        let sound = self.expires <= now.plus_ttl(self.set.ttl.saturating_add(1));
        (now < self.expires && sound).then(|| Rrset { ttl: ttl.min(self.set.ttl), ..self.set.clone() })
    }

    fn octets(&self) -> usize {
        ENTRY_OCTETS + self.set.name.wire().len() + self.set.rdatas.packed_len() + self.set.signatures.packed_len()
    }
}

impl Denials {
    /// Keeps checked denial records of a zone, and its SOA, no longer than `max_ttl` seconds.
    pub(crate) fn learn(&self, zone: &Name, soa: Option<&Rrset>, proofs: &[Rrset], max_ttl: u32, now: WallTime) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if !inner.zones.contains_key(zone) {
            inner.order.push_back(zone.clone());
        }
        let entry = inner.zones.entry(zone.clone()).or_default();
        let before = entry.octets;
        let keep = |set: &Rrset| {
            let ttl = set.ttl.min(max_ttl);
            Kept { set: Rrset { ttl, ..set.clone() }, expires: now.plus_ttl(ttl) }
        };
        if let Some(soa) = soa {
            let kept = keep(soa);
            let replaced = entry.soa.as_ref().map_or(0, Kept::octets);
            entry.octets = entry.octets + kept.octets() - replaced;
            entry.soa = Some(kept);
        }
        if entry.is_full() {
            entry.forget_expired(now);
        }
        for set in proofs {
            let kept = keep(set);
            let added = kept.octets();
            let full = entry.is_full();
            let replaced = match set.rtype {
                RrType::NSEC if !full || entry.nsec.contains_key(&set.name) => {
                    entry.nsec.insert(set.name.clone(), kept)
                }
                RrType::NSEC3 => match nsec3_owner_hash(&set.name) {
                    Some(hash) if !full || entry.nsec3.contains_key(&hash) => entry.nsec3.insert(hash, kept),
                    Some(_) | None => continue,
                },
                _ => continue,
            };
            entry.octets = entry.octets + added - replaced.as_ref().map_or(0, Kept::octets);
        }
        let after = entry.octets;
        inner.octets = inner.octets + after - before;
        while inner.octets > MAX_OCTETS {
            let Some(oldest) = inner.order.pop_front() else { break };
            let gone = inner.zones.remove(&oldest).map_or(0, |zone| zone.octets);
            inner.octets -= gone;
        }
    }

    /// The denial that follows from what is known, if one does and all of it is signed.
    pub(crate) fn synthesise(&self, question: &Question, now: WallTime) -> Option<Synthesis> {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        // DS is the parent's to deny (RFC 4035 §3.1.4.1).
        let place = if question.rtype.is_at_parent() { question.name.parent()? } else { question.name.clone() };
        let (zone, entry) = inner.zone_of(&place)?;
        let soa = entry.soa.as_ref()?.live(now)?;
        let effort = Effort::new();
        let proofs = entry.around(&question.name, zone, now);
        if proofs.is_empty() {
            return None;
        }
        let reader = Proofs::new(zone, &proofs);
        // RFC 8198 §5.4: what is made from records ends with them.
        let ttl = proofs.iter().map(|proof| proof.ttl).fold(soa.ttl, u32::min);
        let found = || Found { soa: Rrset { ttl, ..soa.clone() }, proofs: proofs.clone() };
        // First what stands at the name: a compact denial (RFC 9824) proves both, and is NODATA for those who check by themselves.
        if reader.no_data(&question.name, question.rtype, &effort) == Ok(Proven::Secure) {
            return Some(Synthesis::NoData(found()));
        }
        let no_name = reader.no_name(&question.name, question.rtype, &effort) == Ok(Proven::Secure);
        no_name.then(|| Synthesis::NxDomain(found()))
    }
}

impl Denials {
    /// What the records say of a delegation at the name, with their remaining TTL: of use to the chain of trust, which needs
    /// no SOA (RFC 4035 §3.1.4: a referral comes without one).
    pub(crate) fn no_ds(&self, name: &Name, now: WallTime) -> Option<(Name, NoDs, u32)> {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let (zone, entry) = inner.zone_of(&name.parent()?)?;
        let proofs = entry.around(name, zone, now);
        let ttl = proofs.iter().map(|proof| proof.ttl).min()?;
        let said = Proofs::new(zone, &proofs).no_ds(name, &Effort::new()).ok()?;
        Some((zone.clone(), said, ttl))
    }

    /// The records that prove that nothing closer to the name exists than the children of `encloser`, so that the wildcard
    /// there stands in for it (RFC 8198 §5.3).
    pub(crate) fn no_closer_match(
        &self,
        name: &Name,
        encloser: &Name,
        rtype: RrType,
        now: WallTime,
    ) -> Option<Vec<Rrset>> {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let (zone, entry) = inner.zone_of(name)?;
        if !encloser.is_at_or_below(zone) {
            return None;
        }
        let proof = entry.spanning(name, &name.suffix(encloser.label_count() + 1), now)?;
        let proofs = vec![proof];
        let said = Proofs::new(zone, &proofs).no_closer_match(name, encloser, rtype, &Effort::new());
        (said == Ok(Proven::Secure)).then_some(proofs)
    }

    /// Whether anything is known of gaps in the zone of a name.
    pub(crate) fn knows_zone_of(&self, name: &Name) -> Option<Name> {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.zone_of(name).map(|(zone, _)| zone.clone())
    }
}

impl Inner {
    /// The deepest zone with records at or above a name.
    fn zone_of(&self, name: &Name) -> Option<(&Name, &Zone)> {
        name.ancestors().find_map(|zone| self.zones.get_key_value(&zone))
    }
}

impl Zone {
    fn is_full(&self) -> bool {
        self.nsec.len() + self.nsec3.len() >= MAX_RECORDS_PER_ZONE
    }

    fn forget_expired(&mut self, now: WallTime) {
        let mut gone = 0;
        let mut live = |kept: &Kept| {
            let lives = now < kept.expires;
            gone += if lives { 0 } else { kept.octets() };
            lives
        };
        self.nsec.retain(|_, kept| live(kept));
        self.nsec3.retain(|_, kept| live(kept));
        self.octets -= gone;
    }

    /// The records that may deny the name: of the kind that the zone shows today.
    fn around(&self, name: &Name, zone: &Name, now: WallTime) -> Vec<Rrset> {
        let by_name = self.nsec_around(name, now);
        if by_name.is_empty() { self.nsec3_around(name, zone, now) } else { by_name }
    }

    /// The closest live record at or before the name. Expired ones in between may be of owners that are gone.
    fn nsec_at_or_before(&self, name: &Name, now: WallTime) -> Option<Rrset> {
        self.nsec.range(..=name.clone()).rev().take(MAX_EXPIRED_PASSED).find_map(|(_, kept)| kept.live(now))
    }

    /// The record whose gap the name lies in, or its next closer name if names are hashed.
    fn spanning(&self, name: &Name, next_closer: &Name, now: WallTime) -> Option<Rrset> {
        if let Some(set) = self.nsec_at_or_before(name, now) {
            return Some(set);
        }
        let example = self.nsec3.values().find_map(|kept| kept.live(now))?;
        if rounds(&example) > MAX_ROUNDS {
            return None;
        }
        let hash = nsec3_hash(next_closer, &example)?;
        let before = self.nsec3.range(..=hash).next_back().or_else(|| self.nsec3.iter().next_back());
        before.and_then(|(_, kept)| kept.live(now))
    }

    /// The records that stand at the name and at the wildcard that could stand in for it, or span them.
    fn nsec_around(&self, name: &Name, now: WallTime) -> Vec<Rrset> {
        let at_or_before = |name: &Name| self.nsec_at_or_before(name, now);
        let Some(first) = at_or_before(name) else { return Vec::new() };
        let mut found = vec![first];
        // Which of these encloses the name most closely is for the proof to say.
        for above in name.ancestors().skip(1).take(MAX_ANCESTORS) {
            let wildcard = above.prepend(b"*").ok().and_then(|wildcard| at_or_before(&wildcard));
            found.extend(wildcard.filter(|set| !found.contains(set)));
        }
        found.truncate(dnssec::denial::MAX_RECORDS);
        found
    }

    /// The same by hash: what matches or covers the name, its ancestors and their wildcards.
    fn nsec3_around(&self, name: &Name, zone: &Name, now: WallTime) -> Vec<Rrset> {
        let Some(example) = self.nsec3.values().find_map(|kept| kept.live(now)) else { return Vec::new() };
        let around = |name: &Name| -> (bool, Option<Rrset>) {
            let Some(hash) = nsec3_hash(name, &example) else { return (false, None) };
            let before = self.nsec3.range(..=hash).next_back().or_else(|| self.nsec3.iter().next_back());
            (self.nsec3.contains_key(&hash), before.and_then(|(_, kept)| kept.live(now)))
        };
        // Each name above costs a hash, and nobody pays for those of this search.
        let depth = name.label_count().saturating_sub(zone.label_count());
        if depth > MAX_ANCESTORS || (depth + 2) * rounds(&example) > MAX_ROUNDS {
            return Vec::new();
        }
        let mut next_closer = None;
        for candidate in name.ancestors().take_while(|candidate| candidate.is_at_or_below(zone)) {
            let (matches, record) = around(&candidate);
            if !matches {
                next_closer = record;
                continue;
            }
            // What spans deeper names proves nothing, and would take the place of what does.
            let wildcard = candidate.prepend(b"*").ok().filter(|_| candidate != *name);
            let wildcard = wildcard.and_then(|wildcard| around(&wildcard).1);
            let mut found: Vec<Rrset> = Vec::new();
            for set in [record, next_closer, wildcard].into_iter().flatten() {
                if !found.contains(&set) {
                    found.push(set);
                }
            }
            return found;
        }
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: WallTime = WallTime(0);

    fn base32hex(hash: &[u8]) -> String {
        let bit = |at: usize| hash[at / 8] >> (7 - at % 8) & 1;
        let digit = |at: usize| (0..5).fold(0, |value, place| value << 1 | usize::from(bit(at + place)));
        (0..hash.len() * 8).step_by(5).map(|at| char::from(b"0123456789abcdefghijklmnopqrstuv"[digit(at)])).collect()
    }

    /// A zone example. with sixteen records, evenly spread, of which one is the apex's.
    fn hashed_zone(zone: &Name) -> Denials {
        let record = |owner: &[u8], next: &[u8]| {
            let name = zone.prepend(base32hex(owner).as_bytes()).unwrap();
            let rdata = [&[1, 0, 0, 0, 0, 20][..], next, &[0, 1, 0x22]].concat();
            Rrset::new(name, RrType::NSEC3, 300, [rdata.as_slice()])
        };
        let example = record(&[0; 20], &[0; 20]);
        let mut hashes: Vec<[u8; 20]> = (1..16).map(|number| [number * 16; 20]).collect();
        hashes.push(nsec3_hash(zone, &example).unwrap());
        hashes.sort_unstable();
        let link = |place: usize| record(&hashes[place], &hashes[(place + 1) % hashes.len()]);
        let proofs: Vec<Rrset> = (0..hashes.len()).map(link).collect();
        let soa = Rrset::new(zone.clone(), RrType::SOA, 300, [[0; 22].as_slice()]);
        let denials = Denials::default();
        denials.learn(zone, Some(&soa), &proofs, 300, NOW);
        denials
    }

    #[test]
    fn deep_names_are_denied_by_three_records_rfc5155_7_2_2() {
        let zone: Name = "example.".parse().unwrap();
        let denials = hashed_zone(&zone);
        let mut name = zone.clone();
        for labels in 1..=40 {
            name = name.prepend(b"x").unwrap();
            let found = denials.synthesise(&Question::new(name.clone(), RrType::A), NOW);
            // Hashing longer names would be work that nobody pays for.
            let denied = matches!(&found, Some(Synthesis::NxDomain(found)) if found.proofs.len() <= 3);
            assert_eq!(denied, labels <= MAX_ANCESTORS, "{labels}: {found:?}");
        }
    }

    fn named_zone(records: &[(&str, &str, u32, &[u8])], soa_ttl: u32) -> Denials {
        let zone: Name = "example.".parse().unwrap();
        let record = |&(owner, next, ttl, types): &(&str, &str, u32, &[u8])| {
            let rdata = [next.parse::<Name>().unwrap().wire(), &[0, types.len() as u8], types].concat();
            Rrset::new(owner.parse().unwrap(), RrType::NSEC, ttl, [rdata.as_slice()])
        };
        let proofs: Vec<Rrset> = records.iter().map(record).collect();
        let soa = Rrset::new(zone.clone(), RrType::SOA, soa_ttl, [[0; 22].as_slice()]);
        let denials = Denials::default();
        denials.learn(&zone, Some(&soa), &proofs, soa_ttl, NOW);
        denials
    }

    /// Bits of RRSIG, NSEC and NXNAME (RFC 9824 §3.1).
    const COMPACT: &[u8] = &[0, 0, 0, 0, 0, 0x03, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80];
    const A: &[u8] = &[0x40];

    #[test]
    fn a_compact_denial_stays_no_data_rfc9824_3_1() {
        let denials = named_zone(&[("x.example.", "\\000.x.example.", 300, COMPACT)], 300);
        let found = denials.synthesise(&Question::new("x.example.".parse().unwrap(), RrType::AAAA), NOW);
        assert!(matches!(found, Some(Synthesis::NoData(_))), "{found:?}");
    }

    #[test]
    fn a_synthesised_denial_ends_with_its_proofs_rfc8198_5_4() {
        let denials = named_zone(&[("example.", "z.example.", 10, A)], 3600);
        let found = denials.synthesise(&Question::new("b.example.".parse().unwrap(), RrType::A), NOW);
        let Some(Synthesis::NxDomain(found)) = found else { panic!("{found:?}") };
        assert_eq!(found.soa.ttl, 10);
    }

    #[test]
    fn expired_records_neither_hide_live_ones_nor_keep_new_ones_out() {
        let denials = named_zone(&[("example.", "z.example.", 300, A), ("b.example.", "c.example.", 1, A)], 300);
        let ask = Question::new("b.example.".parse().unwrap(), RrType::A);
        assert_eq!(denials.synthesise(&ask, NOW), None, "the name exists");
        let later = NOW.plus_ttl(2);
        assert!(matches!(denials.synthesise(&ask, later), Some(Synthesis::NxDomain(_))), "its record has expired");
        let owners: Vec<String> = (0..MAX_RECORDS_PER_ZONE).map(|number| format!("n{number}.example.")).collect();
        let many: Vec<(&str, &str, u32, &[u8])> =
            owners.iter().map(|owner| (owner.as_str(), "z.example.", 1, A)).collect();
        let denials = named_zone(&many, 300);
        let (zone, gap) = ("example.".parse().unwrap(), "z.example.".parse::<Name>().unwrap());
        let rdata = [gap.wire(), &[0, 1, 0x40]].concat();
        let apex = Rrset::new(zone, RrType::NSEC, 300, [rdata.as_slice()]);
        let soa = Rrset::new(apex.name.clone(), RrType::SOA, 300, [[0; 22].as_slice()]);
        denials.learn(&apex.name, Some(&soa), std::slice::from_ref(&apex), 300, later);
        let ask = Question::new("a.example.".parse().unwrap(), RrType::A);
        assert!(denials.synthesise(&ask, later).is_some(), "there is room again");
    }
}
