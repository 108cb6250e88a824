use std::sync::Arc;
use std::time::Duration;

use cache::{Denial, Negative, Provenance, Put};
use engine::Lasting;
use lab::World;
use proto::{Edns, Flags, Message, Name, Question, Rank, Rcode, RrType, Rrset, Security, WallTime};

use super::*;
use crate::client::Client;
use crate::service::Step;
use crate::testing::{Bench, query, tcp, udp};

/// What a client may say beside its question.
struct Dress {
    flags: u16,
    edns: Option<(u16, bool)>,
    /// Whether letters are in upper case, one after the other.
    upper: fn(usize) -> bool,
}

/// All combinations that clients use, and sizes that cut replies.
fn dresses() -> Vec<Dress> {
    let mut all = Vec::new();
    for flags in [0, Flags::RD, Flags::RD | Flags::AD, Flags::RD | Flags::CD, Flags::RD | Flags::CD | Flags::AD] {
        for edns in [None, Some((1232, false)), Some((1232, true)), Some((0, true)), Some((600, true))] {
            all.push(Dress { flags, edns, upper: |_| false });
            all.push(Dress { flags, edns, upper: |at| at.is_multiple_of(2) });
        }
    }
    all
}

impl Dress {
    fn on(&self, id: u16, question: &Question) -> Vec<u8> {
        let mut wire = question.name.wire().to_vec();
        for (at, octet) in wire.iter_mut().enumerate() {
            if (self.upper)(at) {
                octet.make_ascii_uppercase();
            }
        }
        let question = Question::new(Name::from_wire(&wire).unwrap(), question.rtype);
        let mut message = Message::query(id, question);
        message.flags = Flags(self.flags);
        message.edns = self.edns.map(|(size, dnssec_ok)| Edns { dnssec_ok, ..Edns::new(size) });
        message.to_wire()
    }
}

fn ready(bench: &Bench, request: &[u8], client: Client) -> Option<Vec<u8>> {
    let mut out = b"before".to_vec();
    let found = bench.service.answer_ready(request, client, bench.service.wall(), &mut out);
    assert_eq!(&out[..6], b"before", "what stands in front is left alone");
    assert_eq!(found, out.len() > 6);
    found.then(|| out.split_off(6))
}

/// Asks until the reply comes from the cache, and so is ready if it can be.
async fn warm(bench: &Bench, request: &[u8]) -> Vec<u8> {
    bench.service.handle(request, tcp("127.0.0.1")).await.unwrap();
    bench.service.handle(request, tcp("127.0.0.1")).await.unwrap()
}

const HOME: &str = "127.0.0.1";

#[tokio::test(start_paused = true)]
async fn ready_replies_are_what_the_engine_says_octet_by_octet() {
    let exempt: Vec<Name> = World::embedded().zones().map(|zone| zone.apex.clone()).collect();
    let bench = Bench::new(|config| config.special_names.exempt = exempt);
    let plain = bench.without_ready();
    let (mut compared, mut kinds) = (0, std::collections::BTreeSet::new());
    for (number, question) in World::embedded().questions().iter().enumerate() {
        for checking in [Flags::RD, Flags::RD | Flags::CD] {
            let dress = Dress { flags: checking, edns: None, upper: |_| false };
            plain.handle(&dress.on(1, question), tcp(HOME)).await;
        }
        // A fifth of the dresses for each question, so that all kinds of both meet in the end.
        for (place, dress) in dresses().iter().enumerate().skip(number % 5).step_by(5) {
            let client = if (number + place / 5).is_multiple_of(3) { tcp(HOME) } else { udp(HOME) };
            let request = dress.on(number as u16, question);
            let Step::Reply(expected) = plain.begin(&request, client) else { continue };
            // Kept for another client of the same kind, with other letters and over another transport.
            let other = Dress { upper: |at| at % 3 == 1, ..*dress }.on(0xFFFF, question);
            bench.service.begin(&other, tcp("127.0.0.2"));
            let Some(reply) = ready(&bench, &request, client) else { continue };
            assert_eq!(reply, expected, "{question} {:x} {:?}", dress.flags, dress.edns);
            compared += 1;
            let message = Message::parse(&reply).unwrap();
            kinds.insert((message.rcode().0, message.answer.is_empty(), message.flags.has(Flags::AD)));
        }
    }
    assert!(compared > 4_000, "{compared} replies were ready");
    assert!(kinds.len() >= 5, "data, denials of both kinds, with and without AD: {kinds:?}");
}

#[tokio::test(start_paused = true)]
async fn ttls_fall_and_are_never_more_than_is_left_rfc1035_3_2_1() {
    let bench = Bench::new(|_| ());
    let request = query(1, "www.naver.com. A");
    warm(&bench, &request).await;
    let plain = bench.without_ready();
    for milliseconds in [0, 1, 999, 4000, 4999] {
        tokio::time::advance(Duration::from_millis(milliseconds)).await;
        let Step::Reply(expected) = plain.begin(&request, udp(HOME)) else { panic!() };
        let reply = ready(&bench, &request, udp(HOME)).expect("no ten seconds have passed");
        let ttl = |octets: &[u8]| Message::parse(octets).unwrap().answer[0].ttl;
        assert!(ttl(&expected) - 1 <= ttl(&reply) && ttl(&reply) <= ttl(&expected), "after {milliseconds} ms");
    }
}

#[tokio::test(start_paused = true)]
async fn the_first_question_for_a_name_is_not_kept() {
    let bench = Bench::new(|_| ());
    let empty = bench.service.ready_replies().octets();
    let names = (0..100).map(|number| query(1, &format!("n{number}.gen.rootwalk.net. A")));
    for request in names {
        bench.service.handle(&request, udp(HOME)).await.unwrap();
        assert_eq!(ready(&bench, &request, udp(HOME)), None);
    }
    assert_eq!(bench.service.ready_replies().octets(), empty, "a flood of one-time names takes no place");
    let request = query(1, "n7.gen.rootwalk.net. A");
    bench.service.handle(&request, udp(HOME)).await.unwrap();
    assert!(ready(&bench, &request, udp(HOME)).is_some());
}

#[tokio::test(start_paused = true)]
async fn the_engine_sees_now_and_then_that_a_name_is_in_use() {
    let bench = Bench::new(|_| ());
    let request = query(1, "www.naver.com. A");
    warm(&bench, &request).await;
    tokio::time::advance(LONGEST - Duration::from_millis(1)).await;
    assert!(ready(&bench, &request, udp(HOME)).is_some());
    tokio::time::advance(Duration::from_millis(1)).await;
    assert_eq!(ready(&bench, &request, udp(HOME)), None);
    warm(&bench, &request).await;
    assert!(ready(&bench, &request, udp(HOME)).is_some());
}

#[tokio::test(start_paused = true)]
async fn what_is_about_to_expire_reaches_the_engine_which_asks_anew() {
    let bench = Bench::new(|_| ());
    let request = query(1, "www.naver.com. A");
    let first = Message::parse(&warm(&bench, &request).await).unwrap();
    let ttl = u64::from(first.answer[0].ttl);
    tokio::time::advance(Duration::from_secs(ttl - ttl / 10 - 4)).await;
    warm(&bench, &request).await;
    tokio::time::advance(Duration::from_millis(2_900)).await;
    assert!(ready(&bench, &request, udp(HOME)).is_some(), "the last tenth has not begun");
    tokio::time::advance(Duration::from_millis(1_100)).await;
    assert_eq!(ready(&bench, &request, udp(HOME)), None, "the last tenth has begun");
    let sent = bench.net.packets_sent();
    bench.service.handle(&request, udp(HOME)).await.unwrap();
    assert_eq!(ready(&bench, &request, udp(HOME)), None, "and is not kept");
    tokio::time::advance(Duration::from_secs(1)).await;
    tokio::task::yield_now().await;
    assert!(bench.net.packets_sent() > sent, "it has been asked for anew");
}

#[tokio::test(start_paused = true)]
async fn a_wall_clock_that_jumps_ends_what_is_ready() {
    let bench = Bench::new(|_| ());
    let request = query(1, "www.naver.com. A");
    warm(&bench, &request).await;
    let now = bench.service.wall();
    let at = |wall| {
        let mut out = Vec::new();
        bench.service.answer_ready(&request, udp(HOME), wall, &mut out)
    };
    assert!(at(now));
    assert!(!at(WallTime(now.0 - 3_600_000)), "set back: nobody knows how old it is");
    warm(&bench, &request).await;
    bench.clock.advance_wall(Duration::from_secs(7_200));
    assert_eq!(ready(&bench, &request, udp(HOME)), None, "set forward");
}

/// A cached set in place of what is there.
fn put(bench: &Bench, owner: &str, rtype: RrType, data: &[u8], security: Security) {
    let set = Rrset::new(owner.parse().unwrap(), rtype, 300, [data]);
    let zone = set.name.parent().unwrap();
    let provenance = Provenance { rank: Rank::AuthoritativeAnswer, zone, security };
    let now = bench.service.wall();
    assert_eq!(bench.resolver.cache().put_rrset(set, provenance, now), Put::Stored);
}

#[tokio::test(start_paused = true)]
async fn what_is_learnt_anew_is_told_at_once() {
    let bench = Bench::new(|_| ());
    let request = query(1, "www.example.com. A");
    let answers = async |bench: &Bench| {
        let reply = match ready(bench, &request, udp(HOME)) {
            Some(reply) => reply,
            None => warm(bench, &request).await,
        };
        let message = Message::parse(&reply).unwrap();
        (message.rcode(), message.answer.iter().map(|record| record.rdata[0]).collect::<Vec<_>>())
    };
    put(&bench, "www.example.com.", RrType::CNAME, b"\x01b\x07example\x03com\0", Security::Secure);
    put(&bench, "b.example.com.", RrType::A, &[11, 0, 0, 1], Security::Secure);
    assert_eq!(answers(&bench).await, (Rcode::NOERROR, vec![1, 11]));
    assert!(ready(&bench, &request, udp(HOME)).is_some());
    put(&bench, "b.example.com.", RrType::A, &[12, 0, 0, 1], Security::Secure);
    assert_eq!(answers(&bench).await, (Rcode::NOERROR, vec![1, 12]), "the end of an alias");
    put(&bench, "www.example.com.", RrType::CNAME, b"\x02cc\x07example\x03com\0", Security::Secure);
    put(&bench, "cc.example.com.", RrType::A, &[13, 0, 0, 1], Security::Secure);
    assert_eq!(answers(&bench).await, (Rcode::NOERROR, vec![2, 13]), "the alias");
    put(&bench, "www.example.com.", RrType::A, &[14, 0, 0, 1], Security::Secure);
    assert_eq!(answers(&bench).await, (Rcode::NOERROR, vec![14]), "data beside it");
    let negative = Negative { denial: Denial::NxDomain, soa: None, proofs: vec![] };
    let name: Name = "www.example.com.".parse().unwrap();
    let zone = name.parent().unwrap();
    let provenance = Provenance { rank: Rank::AuthoritativeAnswer, zone, security: Security::Secure };
    let asked = Question::new(name.clone(), RrType::A);
    assert_eq!(bench.resolver.cache().put_negative(&asked, negative, provenance, bench.service.wall()), Put::Stored);
    assert_eq!(answers(&bench).await, (Rcode::NXDOMAIN, vec![]));
    put(&bench, "www.example.com.", RrType::A, &[15, 0, 0, 1], Security::Secure);
    assert_eq!(answers(&bench).await, (Rcode::NOERROR, vec![15]));
    assert!(ready(&bench, &request, udp(HOME)).is_some());
    bench.resolver.cache().remove_name(&name);
    assert_eq!(ready(&bench, &request, udp(HOME)), None, "removed");
    put(&bench, "www.example.com.", RrType::A, &[16, 0, 0, 1], Security::Secure);
    warm(&bench, &request).await;
    bench.resolver.cache().clear();
    assert_eq!(ready(&bench, &request, udp(HOME)), None, "cleared");
}

#[tokio::test(start_paused = true)]
async fn what_is_ready_is_not_for_strangers_rfc5358_4() {
    let bench = Bench::new(|_| ());
    let request = query(1, "www.naver.com. A");
    warm(&bench, &request).await;
    assert!(ready(&bench, &request, udp("127.0.0.9")).is_some());
    for stranger in [udp("192.0.2.1"), tcp("192.0.2.1")] {
        assert_eq!(ready(&bench, &request, stranger), None);
    }
    let refused = bench.ask("www.naver.com. A", udp("192.0.2.1")).await.unwrap();
    assert_eq!((refused.rcode(), bench.stats.denied.value()), (Rcode::REFUSED, 1));
}

#[tokio::test(start_paused = true)]
async fn failures_and_expired_data_are_never_kept_rfc8767_4() {
    let bench = Bench::new(|_| ());
    let (alive, dead) = (query(1, "www.naver.com. A"), query(1, "www.alldead.rootwalk.net. A"));
    warm(&bench, &dead).await;
    assert_eq!(ready(&bench, &dead, udp(HOME)), None, "SERVFAIL");
    warm(&bench, &alive).await;
    bench.silence(".");
    bench.silence("com.");
    bench.silence("naver.com.");
    tokio::time::advance(Duration::from_secs(90_000)).await;
    for _ in 0..3 {
        bench.service.handle(&alive, udp(HOME)).await;
        assert_eq!(ready(&bench, &alive, udp(HOME)), None, "stale");
    }
}

#[tokio::test(start_paused = true)]
async fn a_reply_too_large_for_a_client_is_not_ready_for_it_rfc6891_6_2_3() {
    let bench = Bench::new(|_| ());
    let request = query(1, "big.naver.com. TXT");
    let whole = warm(&bench, &request).await;
    assert_eq!(ready(&bench, &request, tcp(HOME)), Some(whole));
    assert_eq!(ready(&bench, &request, udp(HOME)), None);
    let Step::Reply(cut) = bench.service.begin(&request, udp(HOME)) else { panic!() };
    assert!(Message::parse(&cut).unwrap().flags.has(Flags::TC));
    assert!(ready(&bench, &request, tcp(HOME)).is_some(), "a reply that was cut does not take its place");
}

#[tokio::test(start_paused = true)]
async fn a_reply_without_all_its_words_is_not_kept_for_those_with_room_rfc8914_3() {
    let bench = Bench::new(|_| ());
    let zone = "unknown-algorithm.museum.rootwalk.net.";
    let known = bench.ask(&format!("www.{zone} A"), tcp(HOME)).await.unwrap();
    let words = known.edns.unwrap().options[0].1.len();
    assert!(words > 20, "its zone is signed in a way that nobody knows, and the reply says so");
    put(&bench, &format!("x.{zone}"), RrType::NULL, &[7; 512 - 90], Security::Insecure);
    let question = Question::new(format!("x.{zone}").parse().unwrap(), RrType::NULL);
    let dress = Dress { flags: Flags::RD, edns: Some((512, false)), upper: |_| false };
    let request = dress.on(1, &question);
    let Step::Reply(cut) = bench.service.begin(&request, udp(HOME)) else { panic!() };
    assert_eq!(Message::parse(&cut).unwrap().edns.unwrap().options[0].1.len(), 2, "there is no room for words");
    assert_eq!(ready(&bench, &request, tcp(HOME)), None);
    let Step::Reply(whole) = bench.service.begin(&request, tcp(HOME)) else { panic!() };
    assert_eq!(Message::parse(&whole).unwrap().edns.unwrap().options[0].1.len(), words);
    assert_eq!(ready(&bench, &request, tcp(HOME)), Some(whole));
    assert_eq!(ready(&bench, &request, udp(HOME)), None);
}

#[tokio::test(start_paused = true)]
async fn local_names_and_what_stands_beside_answers_are_not_kept() {
    let bench = Bench::new(|config| {
        let text = "shop.example. 60 CNAME www.naver.com.\n";
        config.local.records = proto::zonefile::parse(text, &Name::root()).unwrap();
    });
    for text in ["shop.example. A", "localhost. A", "a.test. A"] {
        warm(&bench, &query(1, text)).await;
        assert_eq!(ready(&bench, &query(1, text), udp(HOME)), None, "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_ready_is_counted_like_all_others() {
    let bench = Bench::new(|_| ());
    bench.service.count_ready(3);
    assert_eq!((bench.stats.answered_from_cache.value(), bench.stats.replies.value()), (3, 3));
}

/// A table and replies that fill it.
fn table(octets: usize) -> (ReadyReplies, impl Fn(usize) -> (Vec<u8>, Vec<u8>)) {
    let question = |number: usize| query(1, &format!("n{number}.example. A"));
    let make = move |number| {
        let request = question(number);
        let mut reply = Message::parse(&request).unwrap();
        reply.flags.set(Flags::QR, true);
        let owner = reply.questions[0].question.name.clone();
        reply.answer.push(proto::Record::new(owner, RrType::A, 300, vec![192, 0, 2, number as u8]));
        (request, reply.to_wire())
    };
    (ReadyReplies::new(octets), make)
}

const NOW: WallTime = WallTime(1_790_000_000_000);

fn keep(table: &ReadyReplies, request: &[u8], reply: &[u8]) {
    let basis = Arc::new(cache::Cache::new(cache::CacheConfig::default())).basis();
    table.keep(&Asked::read(request).unwrap(), reply, NOW, &Lasting { until: NOW.plus_ttl(60), basis });
}

fn has(table: &ReadyReplies, request: &[u8]) -> bool {
    table.find(&Asked::read(request).unwrap(), 1232, NOW, |_| true, &mut Vec::new())
}

#[test]
fn the_table_keeps_within_its_octets_and_what_is_asked_often() {
    const OCTETS: usize = 256 << 10;
    let (table, make) = table(OCTETS);
    let (favourite, favourite_reply) = make(0);
    keep(&table, &favourite, &favourite_reply);
    for number in 1..20_000 {
        let (request, reply) = make(number);
        keep(&table, &request, &reply);
        assert!(has(&table, &favourite), "after {number}");
        assert!(table.octets() <= OCTETS);
    }
    assert!(table.octets() > OCTETS / 2, "the octets are used: {}", table.octets());
}

#[test]
fn the_same_question_takes_its_place_once() {
    let (table, make) = table(256 << 10);
    let (request, reply) = make(1);
    keep(&table, &request, &reply);
    let once = table.octets();
    keep(&table, &request, &reply);
    assert_eq!(table.octets(), once);
}

#[test]
fn no_ttl_falls_below_nothing_rfc2181_8() {
    let (table, make) = table(256 << 10);
    let (request, reply) = make(1);
    keep(&table, &request, &reply);
    let mut short = Message::parse(&reply).unwrap();
    short.answer[0].ttl = 5;
    let (another, _) = make(2);
    short.questions = Message::parse(&another).unwrap().questions;
    keep(&table, &another, &short.to_wire());
    let at = |request: &[u8], seconds| {
        table.find(&Asked::read(request).unwrap(), 1232, NOW.plus_ttl(seconds), |_| true, &mut Vec::new())
    };
    assert!(at(&request, 5) && at(&another, 4));
    assert!(!at(&another, 5), "its data lasts longer, but what stands beside it does not");
}

#[test]
fn without_octets_nothing_is_kept() {
    let (table, make) = table(0);
    let (request, reply) = make(1);
    keep(&table, &request, &reply);
    assert!(!has(&table, &request));
}
