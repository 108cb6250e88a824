use std::sync::Arc;

use proto::{Rank, Rdatas, RrType, Security};

use super::*;
use crate::Provenance;
use crate::entry::{Origin, Value};
use crate::key::{KeyHash, Owner};
use crate::stats::Kind;
use crate::testing::{at, name};

const BUDGET: usize = 100_000;

struct Fixture {
    shard: Shard,
    hash: KeyHash,
}

impl Fixture {
    fn new() -> Self {
        Self { shard: Shard::new(BUDGET, 0), hash: KeyHash::new(3) }
    }

    fn put(&mut self, owner: &str, rtype: RrType, ttl: u32, octets: usize) -> Put {
        let provenance = Provenance { rank: Rank::AuthoritativeAnswer, zone: name("."), security: Security::Unchecked };
        let origin = Origin::new(provenance, &name(owner));
        let rdatas = Rdatas::pack([vec![0; octets].as_slice()]);
        let owner = Owner::new(&name(owner));
        let value = Value::Rrset { rdatas, signatures: Rdatas::empty(), proofs: None, origin };
        let entry = Entry::new(owner.wire(), value, at(u64::from(ttl)), ttl);
        let put = self.shard.put(self.hash.key(owner.wire()), Place::Type(rtype), entry, at(0));
        self.check_sums();
        put
    }

    fn has(&mut self, owner: &str, rtype: RrType, now: WallTime) -> bool {
        let owner = Owner::new(&name(owner));
        self.shard.hit(self.hash.key(owner.wire()), Place::Type(rtype), Wanted::Live, now).is_some()
    }

    fn check_sums(&self) {
        let entries: usize = self.shard.table.iter().map(|slot| slot.entry.bytes()).sum();
        let stats = self.shard.stats();
        assert_eq!(stats.bytes as usize, size_of::<Mutex<Shard>>() + self.shard.table.allocation_size() + entries);
        assert_eq!(
            (stats.kind(Kind::Rrset).entries, stats.entries()),
            (self.shard.table.len() as u64, stats.entries())
        );
        assert_eq!(stats.kind(Kind::Rrset).bytes as usize, entries);
        assert!(stats.bytes <= stats.budget, "{} of {}", stats.bytes, stats.budget);
    }
}

#[test]
fn slots_are_small() {
    assert_eq!(size_of::<Slot>(), 16);
}

#[test]
fn budget_holds_whatever_the_sizes() {
    let mut fixture = Fixture::new();
    for number in 0..5_000_usize {
        let octets = number.wrapping_mul(0x9E37_79B9) % 1_500;
        let _ = fixture.put(&format!("n{}.example.", number % 3_000), RrType::TXT, 60, octets);
    }
    assert!(fixture.shard.stats().evicted() > 1_000);
    assert!(fixture.shard.stats().bytes as usize > BUDGET * 9 / 10, "the budget is used");
}

#[test]
fn what_is_asked_survives_a_flood() {
    let mut fixture = Fixture::new();
    for number in 0..3_000 {
        let _ = fixture.put(&format!("flood{number}.example."), RrType::A, 60, 4);
        if number == 0 {
            let _ = fixture.put("hot.example.", RrType::A, 60, 4);
        }
        if number % 50 == 0 {
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
    assert_eq!(fixture.shard.table.iter().map(|slot| slot.entry.uses).max(), Some(1));
}

#[test]
fn dead_entries_go_before_live_ones() {
    let mut fixture = Fixture::new();
    let _ = fixture.put("dead.example.", RrType::A, 30, 4);
    for now in [1, 2, 3] {
        assert!(fixture.has("dead.example.", RrType::A, at(now)));
    }
    let _ = fixture.put("live.example.", RrType::A, 60, 4);
    assert!(fixture.has("live.example.", RrType::A, at(1)));
    fixture.shard.evict(at(40));
    assert!(fixture.has("live.example.", RrType::A, at(40)));
    assert_eq!(fixture.shard.stats().kind(Kind::Rrset).expired, 1);
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
fn removal_frees_the_shared_values() {
    let mut fixture = Fixture::new();
    let shared = Arc::new(proto::Ede::new(proto::EdeCode(0), "x"));
    let owner = Owner::new(&name("a."));
    let key = fixture.hash.key(owner.wire());
    let place = Place::FailureValidated(RrType::A);
    let entry = Entry::new(owner.wire(), Value::Failure { error: Arc::clone(&shared), times: 1 }, at(5), 5);
    assert_eq!(fixture.shard.put(key, place, entry, at(0)), Put::Stored);
    assert_eq!(Arc::strong_count(&shared), 2);
    fixture.shard.remove(key, place);
    assert_eq!(Arc::strong_count(&shared), 1);
    fixture.check_sums();
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
