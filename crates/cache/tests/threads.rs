//! All operations from several threads at once.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use cache::{Cache, CacheConfig, Delegation, Denial, FailureScope, Kind, Known, NameServer, Negative, Provenance};
use proto::{Ede, EdeCode, Name, Question, Rank, RrType, Rrset, Security, WallTime};

const THREADS: usize = 4;
/// Names that all threads share.
const NAMES: usize = 199;

fn now() -> WallTime {
    WallTime::from_secs(1_000_000)
}

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

fn provenance() -> Provenance {
    Provenance { rank: Rank::AuthoritativeAnswer, zone: name("example."), security: Security::Unchecked }
}

fn question(number: usize) -> Question {
    Question::new(name(&format!("n{number}.example.")), RrType::TXT)
}

/// Data that repeats the number of its name; 199 names of these sizes do not fit into 100 kB.
fn rrset(number: usize) -> Rrset {
    let field = vec![number as u8; 400 + number];
    Rrset::new(question(number).name, RrType::TXT, 3_600, [field.as_slice()])
}

fn negative(denial: Denial, number: usize) -> Negative {
    let field = [&[0; 18][..], &(number as u32 + 1).to_be_bytes()].concat();
    let soa = Rrset::new(name("example."), RrType::SOA, 3_600, [field.as_slice()]);
    Negative { denial, soa: Some(soa), proofs: vec![] }
}

#[test]
fn threads_that_do_everything_at_once_see_whole_entries() {
    let cache = Cache::new(CacheConfig { size: 100_000, ..CacheConfig::default() });
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let cache = &cache;
            scope.spawn(move || (0..50_000).for_each(|step| do_something(cache, thread, step)));
        }
    });
    let stats = cache.stats();
    assert!(stats.bytes <= stats.budget);
    assert!(stats.kind(Kind::Rrset).hits > 0 && stats.misses > 0 && stats.evicted() > 0);
    cache.clear();
    let stats = cache.stats();
    assert_eq!(stats.entries(), 0, "all sums come out even");
}

fn do_something(cache: &Cache, thread: usize, step: usize) {
    let number = (step * 31 + thread * 7) % NAMES;
    let question = question(number);
    match (step / 3 + thread) % 11 {
        0..=2 => _ = cache.put_rrset(rrset(number), provenance(), now()),
        3 => _ = cache.put_negative(&question, negative(Denial::NxDomain, number), provenance(), now()),
        4 => _ = cache.put_negative(&question, negative(Denial::NoData, number), provenance(), now()),
        5 => {
            let server = NameServer { name: name(&format!("ns{number}.example.")), glue: vec![] };
            let delegation = Delegation { zone: question.name, parent: name("example."), servers: vec![server] };
            cache.put_delegation(&delegation, now().plus_ttl(60), now());
        }
        6 => {
            let error = Ede::new(EdeCode(0), number.to_string());
            _ = cache.put_failure(&question, FailureScope::Validated, error, now());
        }
        7 if step.is_multiple_of(50) => _ = cache.remove_name(&question.name),
        8 => {
            if let Some((delegation, _)) = cache.delegation(&question.name, now()) {
                let server = name(&format!("ns{number}.example."));
                assert_eq!((&delegation.zone, &delegation.servers[0].name), (&question.name, &server));
            }
        }
        9 => {
            if let Some(failure) = cache.failure(&question, FailureScope::Validated, now()) {
                assert_eq!(failure.error.text, number.to_string());
            }
        }
        _ => check_answer(cache, &question, number),
    }
}

fn check_answer(cache: &Cache, question: &Question, number: usize) {
    match cache.lookup(question, now()).map(|found| found.known) {
        Some(Known::Rrset(found)) => assert_eq!(found, rrset(number)),
        Some(Known::Negative(negative)) => assert_eq!(negative.soa.unwrap().ttl, number as u32 + 1),
        None => {}
    }
}
