//! The memory budget under load, measured from outside: accounted bytes and the resident set of the process.
//! Alone in its file, so that nothing else takes memory in its process.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use cache::{Cache, CacheConfig, CacheStats, Delegation, Denial, FailureScope, Kind, NameServer, Negative, Provenance};
use proto::{Ede, EdeCode, Name, Question, Rank, RrType, Rrset, Security, WallTime};

/// Budget in MiB, unless `CACHE_MIB` says another one: with 256 or 1024 the test takes minutes.
const USUAL_MIB: usize = 32;
const THREADS: usize = 4;
const HOT: usize = 1_000;

/// The budget in bytes, and how far the resident set may grow. What the accounting does not see (fragmentation, blocks that are freed
/// but kept, stacks) is a larger part of a small cache.
#[expect(clippy::disallowed_methods, reason = "a test is told by its environment how much to do")]
fn budget() -> (usize, usize) {
    let mib = std::env::var("CACHE_MIB").map_or(USUAL_MIB, |text| text.parse().unwrap());
    let budget = mib << 20;
    (budget, if mib < 256 { budget / 10 * 12 } else { budget / 10 * 11 })
}

fn now() -> WallTime {
    WallTime::from_secs(1_000_000)
}

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

fn provenance() -> Provenance {
    Provenance { rank: Rank::AuthoritativeAnswer, zone: name("example."), security: Security::Unchecked }
}

fn signed_address(owner: Name, number: usize) -> Rrset {
    let mut rrset = Rrset::new(owner, RrType::A, 3_600, [&(number as u32).to_be_bytes()[..]]);
    rrset.signatures = Rrset::new(Name::root(), RrType::RRSIG, 0, [&[number as u8; 100][..]]).rdatas;
    rrset
}

fn text(owner: Name, number: usize) -> Rrset {
    let field = vec![number as u8; number % 700];
    Rrset::new(owner, RrType::TXT, 3_600, [field.as_slice()])
}

fn negative(denial: Denial) -> Negative {
    let field = [&[0; 18][..], &3_600_u32.to_be_bytes()].concat();
    let soa = Rrset::new(name("example."), RrType::SOA, 3_600, [field.as_slice()]);
    Negative { denial, soa: Some(soa), proofs: vec![] }
}

fn delegation(zone: Name) -> Delegation {
    let glue: Vec<IpAddr> = vec!["192.0.2.1".parse().unwrap(), "2001:db8::1".parse().unwrap()];
    let servers = ["a.ns.example.", "b.ns.example."].map(|text| NameServer { name: name(text), glue: glue.clone() });
    Delegation { zone, parent: name("example."), servers: servers.into() }
}

/// Puts something new in: sizes and kinds mixed.
fn put(cache: &Cache, thread: usize, number: usize) {
    let owner = name(&format!("name-{number}.thread-{thread}.example."));
    let question = Question::new(owner.clone(), RrType::A);
    match number % 8 {
        0..=2 => _ = cache.put_rrset(signed_address(owner, number), provenance(), now()),
        3 => _ = cache.put_rrset(text(owner, number), provenance(), now()),
        4 => _ = cache.put_negative(&question, negative(Denial::NxDomain), provenance(), now()),
        5 => _ = cache.put_negative(&question, negative(Denial::NoData), provenance(), now()),
        6 => cache.put_delegation(&delegation(owner), now().plus_ttl(3_600), now()),
        _ => {
            let error = Ede::new(EdeCode(22), "no server of the zone could be reached in time");
            _ = cache.put_failure(&question, FailureScope::Validated, error, now());
        }
    }
}

fn hot(number: usize) -> Question {
    Question::new(name(&format!("hot-{number}.example.")), RrType::A)
}

fn resident_bytes() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
}

fn bytes_stored(stats: &CacheStats) -> u64 {
    let kinds = [Kind::Rrset, Kind::NoData, Kind::NxDomain, Kind::Delegation, Kind::Failure].map(|k| stats.kind(k));
    let (stored, held): (u64, u64) = kinds.iter().fold((0, 0), |sum, k| (sum.0 + k.stored, sum.1 + k.entries));
    stats.bytes * stored / held.max(1)
}

#[test]
fn budget_and_resident_set_hold_and_the_hot_set_survives_when_filled_five_times_over() {
    let (budget, allowed_growth) = budget();
    let before = resident_bytes();
    let cache = Cache::new(CacheConfig { size: budget, ..CacheConfig::default() });
    for number in 0..HOT {
        let _ = cache.put_rrset(signed_address(hot(number).name, number), provenance(), now());
    }
    let full = AtomicBool::new(false);
    let (worst_accounted, worst_resident) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (cache, full, worst_accounted, worst_resident) = (&cache, &full, &worst_accounted, &worst_resident);
            scope.spawn(move || {
                for number in 0.. {
                    put(cache, thread, number);
                    // Each hot name is asked once while 8,000 new names come in.
                    if number.is_multiple_of(8) {
                        cache.lookup(&hot((number / 8 * THREADS + thread) % HOT), now());
                    }
                    if number.is_multiple_of(512) {
                        let stats = cache.stats();
                        worst_accounted.fetch_max(stats.bytes as usize, Ordering::Relaxed);
                        worst_resident.fetch_max(resident_bytes(), Ordering::Relaxed);
                        if bytes_stored(&stats) > 5 * budget as u64 {
                            full.store(true, Ordering::Relaxed);
                        }
                    }
                    if full.load(Ordering::Relaxed) {
                        return;
                    }
                }
            });
        }
    });
    let stats = cache.stats();
    let growth = worst_resident.into_inner().saturating_sub(before);
    let accounted = worst_accounted.into_inner();
    eprintln!("accounted at most {accounted}, resident growth at most {growth}, {} entries", stats.entries());
    assert!(accounted <= budget, "{accounted}");
    assert!(stats.bytes as usize > budget / 10 * 9, "the budget is used: {}", stats.bytes);
    assert!(growth <= allowed_growth, "{growth} of {allowed_growth}");
    for kind in [Kind::Rrset, Kind::NoData, Kind::NxDomain, Kind::Delegation, Kind::Failure] {
        assert!(stats.kind(kind).evicted > 0, "{kind:?} was stored and evicted");
    }
    let survivors = (0..HOT).filter(|&number| cache.lookup(&hot(number), now()).is_some()).count();
    assert!(survivors * 100 >= HOT * 99, "{survivors} of {HOT}");
}
