//! Which zones were found to stand where. Waits for nothing.
//!
//! The keys of a secure zone lie in the cache, as its DNSKEY set: here stands only which set it was. Those of the few zones
//! that every question needs are kept ready.

use std::collections::HashMap;
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cache::{Cache, Known};
use dnssec::{Why, ZoneKeys};
use foldhash::quality::RandomState;
use proto::{Name, Question, RrType, Security, WallTime};

use super::Trust;
use crate::generations::Generations;

/// Zones whose standing is remembered.
const MAX_ZONES: usize = 50_000;
/// Zones in a generation of those whose keys are kept ready; there are two generations.
const READY: usize = 32;
/// How far threads may see the clock apart, in seconds.
const CLOCK_TOLERANCE: u32 = 1;

/// Zones and where they stand, each with the time at which that has to be found out anew.
#[derive(Debug, Default)]
pub(crate) struct TrustTable {
    zones: Mutex<Zones>,
    /// How often the anchors have changed. What was found out before that is worth nothing.
    generation: AtomicU64,
    /// Tells sets of keys apart.
    digests: RandomState,
}

#[derive(Debug)]
struct Zones {
    remembered: HashMap<Name, Remembered, RandomState>,
    ready: Generations<Name, Ready>,
}

impl Default for Zones {
    fn default() -> Self {
        Self { remembered: HashMap::default(), ready: Generations::new(READY) }
    }
}

/// What is remembered of a zone.
#[derive(Debug)]
struct Remembered {
    standing: Standing,
    since: WallTime,
    expires: WallTime,
}

/// [`Trust`] in few octets.
#[derive(Debug)]
enum Standing {
    /// By the keys with this digest.
    Secure(u64),
    Insecure(Option<Box<Why>>),
    Bogus(Box<Why>),
    NoCut,
}

/// Keys with their digest.
#[derive(Debug)]
struct Ready {
    digest: u64,
    keys: Arc<ZoneKeys>,
}

impl Remembered {
    /// A clock that was set back ends it: nobody knows how old it is, and it must not outlast the mistake.
    fn is_live(&self, now: WallTime) -> bool {
        self.since <= now.plus_ttl(CLOCK_TOLERANCE) && now < self.expires
    }
}

impl TrustTable {
    /// Where the zone stands, if that is remembered; keys that are not ready are read in `cache`.
    pub(crate) fn get(&self, zone: &Name, cache: &Cache, now: WallTime) -> Option<Trust> {
        let digest = {
            let mut zones = self.zones();
            match zones.live(zone, now)? {
                Standing::Insecure(why) => return Some(Trust::Insecure(why.as_deref().cloned())),
                Standing::Bogus(why) => return Some(Trust::Bogus((**why).clone())),
                Standing::NoCut => return Some(Trust::NoCut),
                Standing::Secure(digest) => {
                    let digest = *digest;
                    if let Some(keys) = zones.ready(zone, digest) {
                        return Some(Trust::Secure(keys));
                    }
                    digest
                }
            }
        };
        let kept = cache.lookup(&Question::new(zone.clone(), RrType::DNSKEY), now)?;
        let Known::Rrset(set) = kept.known else { return None };
        let keys = Arc::new(ZoneKeys::read(&set));
        // The way from any other set to a trust anchor is still to be found.
        if kept.provenance.security != Security::Secure || self.digest(&keys) != digest {
            return None;
        }
        self.zones().make_ready(zone, digest, &keys);
        Some(Trust::Secure(keys))
    }

    /// Why the zone counts as unsigned, if that is remembered and there is a reason. No keys are looked for.
    pub(crate) fn why_insecure(&self, zone: &Name, now: WallTime) -> Option<Why> {
        match self.zones().live(zone, now)? {
            Standing::Insecure(why) => why.as_deref().cloned(),
            Standing::Secure(_) | Standing::Bogus(_) | Standing::NoCut => None,
        }
    }

    /// Forgets everything: the anchors have changed.
    pub(crate) fn clear(&self) {
        let mut zones = self.zones();
        self.generation.fetch_add(1, Ordering::Relaxed);
        *zones = Zones::default();
    }

    pub(super) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Relaxed)
    }

    /// Remembers what was found out since `generation`.
    pub(super) fn put(&self, zone: &Name, (trust, generation): (&Trust, u64), expires: WallTime, now: WallTime) {
        let standing = match trust {
            Trust::Secure(keys) => Standing::Secure(self.digest(keys)),
            Trust::Insecure(why) => Standing::Insecure(why.clone().map(Box::new)),
            Trust::Bogus(why) => Standing::Bogus(Box::new(why.clone())),
            Trust::NoCut => Standing::NoCut,
        };
        let mut zones = self.zones();
        if self.generation() != generation {
            return;
        }
        if zones.remembered.len() >= MAX_ZONES {
            zones.remembered.retain(|_, remembered| remembered.is_live(now));
        }
        if zones.remembered.len() >= MAX_ZONES {
            zones.remembered.clear(); // a flood of zones: finding them out anew costs less than sorting them
        }
        if let (Trust::Secure(keys), Standing::Secure(digest)) = (trust, &standing) {
            zones.make_ready(zone, *digest, keys);
        }
        zones.remembered.insert(zone.clone(), Remembered { standing, since: now, expires });
    }

    fn digest(&self, keys: &ZoneKeys) -> u64 {
        self.digests.hash_one(&keys.keys)
    }

    fn zones(&self) -> MutexGuard<'_, Zones> {
        self.zones.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Zones {
    fn live(&self, zone: &Name, now: WallTime) -> Option<&Standing> {
        self.remembered.get(zone).filter(|remembered| remembered.is_live(now)).map(|remembered| &remembered.standing)
    }

    fn ready(&mut self, zone: &Name, digest: u64) -> Option<Arc<ZoneKeys>> {
        let keys = self.ready.peek(zone).filter(|ready| ready.digest == digest)?.keys.clone();
        self.make_ready(zone, digest, &keys); // it stays among the young
        Some(keys)
    }

    fn make_ready(&mut self, zone: &Name, digest: u64, keys: &Arc<ZoneKeys>) {
        let kept = self.ready.entry(zone.clone(), || Ready { digest, keys: keys.clone() });
        if kept.digest != digest {
            *kept = Ready { digest, keys: keys.clone() };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cache::{CacheConfig, Provenance};
    use proto::{Rank, Rrset};

    const TTL: u32 = 60;

    fn at(seconds: u64) -> WallTime {
        WallTime::from_secs(1_800_000_000 + seconds)
    }

    fn dnskeys(zone: &Name, first: u8) -> Rrset {
        Rrset::new(zone.clone(), RrType::DNSKEY, 3600, [&[1, 1, 3, 13, first, 2, 3, 4][..]])
    }

    /// The keys of a zone as [`TrustTable::put`] gets them, kept in the cache as secure.
    fn secure(cache: &Cache, zone: &Name, first: u8) -> Trust {
        let set = dnskeys(zone, first);
        let provenance = Provenance { rank: Rank::AuthoritativeAnswer, zone: zone.clone(), security: Security::Secure };
        let _ = cache.put_rrset(set.clone(), provenance, at(0)); // the caller looks
        Trust::Secure(Arc::new(ZoneKeys::read(&set)))
    }

    #[test]
    fn a_clock_that_is_set_right_ends_what_a_wrong_one_has_found_out() {
        let (table, cache, zone) = (TrustTable::default(), Cache::new(CacheConfig::default()), Name::root());
        let (ahead, right) = (WallTime::from_secs(1_900_000_000), WallTime::from_secs(1_800_000_000));
        let broken = Trust::Bogus(Why::NoDnskey { zone: zone.clone(), tags: vec![] });
        table.put(&zone, (&broken, table.generation()), ahead.plus_ttl(TTL), ahead);
        assert_eq!(table.get(&zone, &cache, ahead), Some(broken));
        assert_eq!(table.get(&zone, &cache, ahead.plus_ttl(TTL)), None);
        assert_eq!(table.get(&zone, &cache, right), None, "it would last for years");
    }

    #[test]
    fn keys_that_are_not_ready_are_those_in_the_cache_or_none_rfc4035_5_2() {
        let (table, cache) = (TrustTable::default(), Cache::new(CacheConfig::default()));
        let zone = |number: usize| -> Name { format!("z{number}.example.").parse().unwrap() };
        let trusts: Vec<Trust> = (0..200).map(|number| secure(&cache, &zone(number), number as u8)).collect();
        for (number, trust) in trusts.iter().enumerate() {
            table.put(&zone(number), (trust, table.generation()), at(0).plus_ttl(TTL), at(0));
        }
        for (number, trust) in trusts.iter().enumerate() {
            assert_eq!(table.get(&zone(number), &cache, at(1)).as_ref(), Some(trust), "{number}");
        }
        cache.remove_name(&zone(3));
        assert_eq!(table.get(&zone(3), &cache, at(1)), None, "found out anew, since its keys are gone");
        secure(&cache, &zone(4), 99);
        assert_eq!(table.get(&zone(4), &cache, at(1)), None, "nobody has found a way to these keys");
        assert_eq!(table.get(&zone(5), &cache, at(0).plus_ttl(TTL)), None);
    }

    #[test]
    fn the_keys_of_a_zone_that_every_question_needs_stay_ready() {
        let (table, cache) = (TrustTable::default(), Cache::new(CacheConfig::default()));
        let top: Name = "example.".parse().unwrap();
        let trust = secure(&cache, &top, 1);
        table.put(&top, (&trust, table.generation()), at(0).plus_ttl(TTL), at(0));
        cache.remove_name(&top);
        for number in 0..1_000 {
            let zone: Name = format!("z{number}.example.").parse().unwrap();
            let other = secure(&cache, &zone, 7);
            table.put(&zone, (&other, table.generation()), at(0).plus_ttl(TTL), at(0));
            assert_eq!(table.get(&top, &cache, at(0)).as_ref(), Some(&trust), "{number}");
        }
        assert!(table.zones().ready.len() <= 2 * READY);
    }

    #[test]
    fn new_anchors_end_all_that_was_found_out_and_what_is_being_found_out() {
        let (table, cache, zone) = (TrustTable::default(), Cache::new(CacheConfig::default()), Name::root());
        let (trust, before) = (secure(&cache, &zone, 1), table.generation());
        table.put(&zone, (&trust, before), at(0).plus_ttl(TTL), at(0));
        table.clear();
        assert_eq!(table.get(&zone, &cache, at(0)), None);
        table.put(&zone, (&trust, before), at(0).plus_ttl(TTL), at(0));
        assert_eq!(table.get(&zone, &cache, at(0)), None, "begun before the change");
    }
}
