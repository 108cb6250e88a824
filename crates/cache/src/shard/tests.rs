use proto::{Ede, EdeCode, Rank, RrType, Rrset, Security};

use super::*;
use crate::Provenance;
use crate::entry::{Origin, Value, pack};
use crate::key::{KeyHash, Owner};
use crate::testing::{at, name};

const BUDGET: usize = 400_000;

struct Fixture {
    shard: Shard,
    hash: KeyHash,
}

impl Fixture {
    fn new() -> Self {
        let hash = KeyHash::new(3);
        Self { shard: Shard::new(BUDGET, 0, hash.clone()), hash }
    }

    fn put(&mut self, owner: &str, rtype: RrType, ttl: u32, octets: usize) -> Put {
        self.put_at(owner, rtype, ttl, octets, at(0))
    }

    fn put_at(&mut self, owner: &str, rtype: RrType, ttl: u32, octets: usize, now: WallTime) -> Put {
        let provenance = Provenance { rank: Rank::AuthoritativeAnswer, zone: name("."), security: Security::Unchecked };
        let set = Rrset::new(name(owner), rtype, ttl, [vec![0; octets].as_slice()]);
        let value = Value::Rrset { set: &set, proofs: &[], origin: Origin::new(&provenance, &set.name) };
        let owner = Owner::new(&set.name);
        let entry = pack(owner.wire(), Place::Type(rtype), &value, now.plus_ttl(ttl), ttl).unwrap();
        let put = self.shard.put(self.hash.key(owner.wire()), entry, now);
        if self.shard.stats().kind(Kind::Rrset).stored.is_multiple_of(50) {
            self.check_sums();
        }
        put
    }

    fn has(&mut self, owner: &str, rtype: RrType, now: WallTime) -> bool {
        let owner = Owner::new(&name(owner));
        self.shard.hit(self.hash.key(owner.wire()), Place::Type(rtype), Wanted::Live, now).is_some()
    }

    fn uses(&self) -> Vec<u8> {
        self.shard.table.iter().filter_map(|slot| Some(Entry::of(self.shard.log.at(slot.position))?.uses())).collect()
    }

    fn check_sums(&self) {
        let lengths = self.shard.table.iter().map(|slot| Entry::of(self.shard.log.at(slot.position)).unwrap().length());
        let entries: usize = lengths.sum();
        let stats = self.shard.stats();
        assert_eq!(stats.bytes as usize, self.shard.bytes());
        assert_eq!(
            (stats.kind(Kind::Rrset).entries, stats.entries()),
            (self.shard.table.len() as u64, stats.entries())
        );
        assert_eq!((stats.kind(Kind::Rrset).bytes as usize, self.shard.entry_bytes), (entries, entries));
        assert!(stats.bytes <= stats.budget, "{} of {}", stats.bytes, stats.budget);
    }
}

#[test]
fn slots_are_small() {
    assert_eq!(size_of::<Slot>(), 8);
}

#[test]
fn budget_holds_whatever_the_sizes() {
    let mut fixture = Fixture::new();
    for number in 0..20_000_usize {
        let octets = number.wrapping_mul(0x9E37_79B9) % 1_500;
        let _ = fixture.put(&format!("n{}.example.", number % 9_000), RrType::TXT, 60, octets);
    }
    assert!(fixture.shard.stats().evicted() > 1_000);
    assert!(fixture.shard.stats().bytes as usize > BUDGET * 9 / 10, "the budget is used");
}

#[test]
fn what_is_asked_survives_a_flood() {
    let mut fixture = Fixture::new();
    for number in 0..20_000 {
        let _ = fixture.put(&format!("flood{number}.example."), RrType::A, 60, 4);
        if number == 0 {
            let _ = fixture.put("hot.example.", RrType::A, 60, 4);
        }
        if number % 500 == 0 {
            assert!(fixture.has("hot.example.", RrType::A, at(1)), "after {number}");
        }
    }
    assert!(!fixture.has("flood0.example.", RrType::A, at(1)));
}

#[test]
fn refreshed_entry_keeps_its_uses() {
    let mut fixture = Fixture::new();
    let _ = fixture.put("hot.example.", RrType::A, 60, 4);
    assert!(fixture.has("hot.example.", RrType::A, at(1)));
    let _ = fixture.put("hot.example.", RrType::A, 60, 4);
    assert_eq!(fixture.uses(), [1]);
}

#[test]
fn expired_entries_are_not_put_back_however_often_they_were_asked() {
    let mut fixture = Fixture::new();
    let _ = fixture.put("dead.example.", RrType::A, 30, 4);
    let _ = fixture.put("live.example.", RrType::A, 60, 4);
    for now in [1, 2, 3] {
        assert!(fixture.has("dead.example.", RrType::A, at(now)) && fixture.has("live.example.", RrType::A, at(now)));
    }
    fixture.shard.sweep(Keep::Used, at(40));
    fixture.check_sums();
    assert!(fixture.has("live.example.", RrType::A, at(40)));
    assert_eq!(fixture.shard.stats().kind(Kind::Rrset).expired, 1);
    assert_eq!(fixture.uses(), [3], "one use less for each round, and asked once");
}

#[test]
fn data_that_is_refreshed_does_not_fill_the_budget() {
    let mut fixture = Fixture::new();
    for number in 0..20_000 {
        let _ = fixture.put_at(&format!("n{}.example.", number % 100), RrType::A, 60, 4, at(number));
    }
    let stats = fixture.shard.stats();
    assert_eq!((stats.entries(), stats.evicted()), (100, 0));
    assert!((stats.bytes as usize) < BUDGET / 2, "{}", stats.bytes);
}

#[test]
fn a_shard_full_of_what_is_asked_takes_new_entries_all_the_same() {
    let mut fixture = Fixture::new();
    for number in 0..20_000 {
        assert_eq!(fixture.put(&format!("n{number}.example."), RrType::A, 60, 4), Put::Stored);
        for _ in 0..3 {
            assert!(fixture.has(&format!("n{number}.example."), RrType::A, at(0)), "{number}");
        }
    }
}

#[test]
fn one_entry_takes_an_eighth_at_most() {
    let mut fixture = Fixture::new();
    let _ = fixture.put("small.example.", RrType::TXT, 60, 4);
    assert_eq!(fixture.put("big.example.", RrType::TXT, 60, BUDGET / 8), Put::Refused);
    assert_eq!(fixture.put("fits.example.", RrType::TXT, 60, BUDGET / 9), Put::Stored);
    assert_eq!(fixture.put("small.example.", RrType::TXT, 60, BUDGET / 8), Put::Refused);
    assert!(!fixture.has("small.example.", RrType::TXT, at(0)), "what was superseded does not stay");
}

#[test]
fn entries_of_one_name_are_bounded_and_its_used_ones_stay() {
    let mut fixture = Fixture::new();
    let _ = fixture.put("example.", RrType::A, 60, 4);
    assert!(fixture.has("example.", RrType::A, at(0)));
    for code in 1_000..1_000 + 2 * MAX_ENTRIES_PER_NAME as u16 {
        let _ = fixture.put("example.", RrType(code), 60, 4);
    }
    assert_eq!(fixture.shard.table.len(), MAX_ENTRIES_PER_NAME);
    assert!(fixture.has("example.", RrType::A, at(0)));
}

#[test]
fn what_is_removed_is_counted_no_more() {
    let mut fixture = Fixture::new();
    let owner = Owner::new(&name("a."));
    let key = fixture.hash.key(owner.wire());
    let place = Place::FailureValidated(RrType::A);
    let error = Ede::new(EdeCode(0), "x");
    let entry = pack(owner.wire(), place, &Value::Failure { error: &error, times: 1 }, at(5), 5).unwrap();
    assert_eq!(fixture.shard.put(key, entry, at(0)), Put::Stored);
    assert_eq!(fixture.shard.stats().entries(), 1);
    fixture.shard.remove(key, place);
    fixture.check_sums();
    assert_eq!((fixture.shard.stats().entries(), fixture.shard.entry_bytes), (0, 0));
}

#[test]
fn names_with_one_hash_are_kept_apart() {
    let mut fixture = Fixture::new();
    let _ = fixture.put("a.example.", RrType::A, 60, 4);
    let (a, b) = (Owner::new(&name("a.example.")), Owner::new(&name("b.example.")));
    let colliding = Key { owner: b.wire(), ..fixture.hash.key(a.wire()) };
    assert!(fixture.shard.hit(colliding, Place::Type(RrType::A), Wanted::Live, at(0)).is_none());
    assert_eq!(fixture.shard.remove_name(colliding), 0);
    assert!(fixture.has("a.example.", RrType::A, at(0)));
}

#[test]
fn what_is_learnt_twice_leaves_nothing_behind() {
    let mut fixture = Fixture::new();
    assert_eq!(fixture.put("www.example.", RrType::A, 60, 4), Put::Stored);
    let bytes = fixture.shard.stats().bytes;
    for second in 0..1_000 {
        assert_eq!(fixture.put_at("www.example.", RrType::A, 60, 4, at(second)), Put::Stored);
    }
    let stats = fixture.shard.stats();
    assert_eq!((stats.bytes, stats.kind(Kind::Rrset).entries), (bytes, 1));
    assert!(fixture.has("www.example.", RrType::A, at(1_058)), "the newer one counts");
    assert_eq!(fixture.put_at("www.example.", RrType::A, 60, 5, at(1_000)), Put::Stored);
    assert_eq!(fixture.shard.stats().kind(Kind::Rrset).entries, 1, "another length takes the place, too");
    fixture.check_sums();
}
