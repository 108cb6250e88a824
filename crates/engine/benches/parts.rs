//! What the parts of a walk cost: reading a message, keeping and finding its data, pushing out older data, checking a signature.
//!
//! `cargo bench -p rootwalk-engine --bench parts`. Messages, data and keys are those of the built-in internet.
#![allow(clippy::unwrap_used, reason = "a benchmark that cannot run says so")]

use std::sync::Arc;

use cache::{Cache, CacheConfig, Provenance};
use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use dnssec::{Effort, Policy, ZoneKeys, verify};
use lab::World;
use proto::{Edns, Message, Name, Question, Rank, RrType, Rrset, Security, WallTime};
use transport::Clock;

/// Distinct names: enough to leave the processor's first cache.
const NAMES: usize = 1000;
/// Small enough to be full of that many names.
const FULL: usize = 96 << 10;

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

fn now() -> WallTime {
    Clock::system().wall()
}

/// What the servers of a zone of the built-in internet say.
fn ask(world: &Arc<World>, zone: &str, asked: &str, rtype: RrType) -> Message {
    let zone = world.zones().find(|known| known.apex == name(zone)).unwrap();
    let mut query = Message::query(1, Question::new(name(asked), rtype));
    query.edns = Some(Edns { dnssec_ok: true, ..Edns::new(1232) });
    zone.respond(&query, now())
}

/// An address with its signature, under so many names.
fn signed_addresses() -> Vec<Rrset> {
    let message =
        ask(&World::embedded(), "healthy.museum.rootwalk.net.", "www.healthy.museum.rootwalk.net.", RrType::A);
    let set = Rrset::group(&message.answer).remove(0);
    let under = |number| Rrset { name: name(&format!("n{number}.healthy.museum.rootwalk.net.")), ..set.clone() };
    (0..NAMES).map(under).collect()
}

fn keep(cache: &Cache, set: Rrset, at: WallTime) {
    let zone = name("healthy.museum.rootwalk.net.");
    let provenance = Provenance { rank: Rank::AuthoritativeAnswer, zone, security: Security::Secure };
    let _ = black_box(cache.put_rrset(set, provenance, at)); // a full cache may refuse
}

/// Reading a referral with its servers and their addresses, or a signed answer.
#[divan::bench(args = ["referral", "answer"])]
fn parse(bencher: Bencher<'_, '_>, what: &str) {
    let world = World::embedded();
    let message = match what {
        "referral" => ask(&world, ".", "www.naver.com.", RrType::A),
        _ => ask(&world, "healthy.museum.rootwalk.net.", "www.healthy.museum.rootwalk.net.", RrType::A),
    };
    let octets = message.to_wire();
    bencher.bench_local(|| Message::parse(black_box(&octets)).unwrap());
}

/// Keeping names in an empty cache.
#[divan::bench]
fn insert(bencher: Bencher<'_, '_>) {
    let (sets, at) = (signed_addresses(), now());
    let fresh = || (Cache::new(CacheConfig::default()), sets.clone());
    bencher.counter(ItemsCount::new(NAMES)).with_inputs(fresh).bench_local_values(|(cache, sets)| {
        sets.into_iter().for_each(|set| keep(&cache, set, at));
        cache
    });
}

/// Keeping names in a cache that has to push out others for them.
#[divan::bench]
fn evict(bencher: Bencher<'_, '_>) {
    let (sets, at) = (signed_addresses(), now());
    let cache = Cache::new(CacheConfig { size: FULL, ..CacheConfig::default() });
    sets.iter().for_each(|set| keep(&cache, set.clone(), at));
    assert!(cache.stats().entries() < NAMES as u64, "it is not full");
    bencher.counter(ItemsCount::new(NAMES)).with_inputs(|| sets.clone()).bench_local_values(|sets| {
        sets.into_iter().for_each(|set| keep(&cache, set, at));
    });
}

/// Finding names that are there.
#[divan::bench]
fn lookup(bencher: Bencher<'_, '_>) {
    let (sets, at) = (signed_addresses(), now());
    let cache = Cache::new(CacheConfig::default());
    sets.iter().for_each(|set| keep(&cache, set.clone(), at));
    let questions: Vec<_> = sets.into_iter().map(|set| Question::new(set.name, RrType::A)).collect();
    bencher.counter(ItemsCount::new(NAMES)).bench_local(|| {
        questions.iter().for_each(|question| assert!(black_box(cache.lookup(question, at)).is_some()));
    });
}

/// Checking the signature over an address.
#[divan::bench(args = ["healthy", "healthy-rsa", "healthy-ed25519"])]
fn validate(bencher: Bencher<'_, '_>, zone: &str) {
    let (world, at) = (World::embedded(), now());
    let apex = format!("{zone}.museum.rootwalk.net.");
    let keys = ask(&world, &apex, &apex, RrType::DNSKEY);
    let keys = ZoneKeys::read(&Rrset::group(&keys.answer).remove(0));
    let set = Rrset::group(&ask(&world, &apex, &format!("www.{apex}"), RrType::A).answer).remove(0);
    bencher.bench_local(|| verify::verify(black_box(&set), &keys, at, Policy::default(), &Effort::new()).unwrap());
}

fn main() {
    divan::main();
}
