//! Data that is about to expire or has expired, and clients that want no recursion.

use std::time::Duration;

use crate::bench::*;
use engine::{Answer, ClientQuestion, EngineConfig, Recursion, Trace};
use lab::{Faults, Latency};
use proto::Rcode;

fn zone(records: &str, change: impl FnOnce(&mut EngineConfig)) -> Bench {
    Bench::new(world(&[ROOT, TEST1, ("example.test.", &["192.0.2.3"], records)]), Faults::default(), 1, change)
}

const RECORDS: &str = "www.example.test. 300 A 198.51.100.7\na.example.test. 300 CNAME www.example.test.\n";

async fn cache_only(bench: &Bench, text: &str) -> Answer {
    let asked = ClientQuestion { recursion: Recursion::CacheOnly, ..ClientQuestion::new(question(text)) };
    bench.resolver.resolve(asked, Trace::off()).await
}

#[tokio::test(start_paused = true)]
async fn what_is_asked_for_in_its_last_tenth_is_asked_anew_behind_the_answer() {
    for (name, records) in [("www.example.test.", 1), ("a.example.test.", 2), ("gone.example.test.", 0)] {
        let bench = zone(RECORDS, |_| {});
        let ttl = |answer: &Answer| answer.answer.iter().chain(&answer.authority).map(|set| set.ttl).min().unwrap();
        assert_eq!(bench.ask(name).await.answer.len(), records);
        bench.pass(265).await;
        let before = bench.net.packets_sent();
        assert_eq!(ttl(&bench.ask(name).await), 35);
        bench.pass(1).await;
        assert_eq!(bench.net.packets_sent(), before, "{name}: too early");
        bench.pass(9).await;
        let began = bench.clock.now();
        assert_eq!(ttl(&bench.ask(name).await), 25, "{name}: the client gets what is there");
        assert!(bench.elapsed_since(began).is_zero());
        bench.pass(1).await;
        let after = bench.net.packets_sent();
        assert!(after > before, "{name} was asked anew");
        assert_eq!(ttl(&bench.ask(name).await), 299, "{name}");
        bench.pass(100).await;
        bench.ask(name).await;
        assert_eq!(bench.net.packets_sent(), after, "{name}: once is enough");
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_asked_anew_when_that_is_off_or_the_client_wants_no_recursion() {
    let bench = zone(RECORDS, |config| config.prefetch = false);
    bench.ask("www.example.test.").await;
    bench.pass(290).await;
    let before = bench.net.packets_sent();
    bench.ask("www.example.test.").await;
    bench.pass(1).await;
    assert_eq!(bench.net.packets_sent(), before);
    let bench = zone(RECORDS, |_| {});
    bench.ask("www.example.test.").await;
    bench.pass(290).await;
    let before = bench.net.packets_sent();
    assert_eq!(brief(&cache_only(&bench, "www.example.test.").await), WWW);
    bench.pass(1).await;
    assert_eq!(bench.net.packets_sent(), before);
}

#[tokio::test(start_paused = true)]
async fn asking_anew_in_vain_harms_nobody_and_is_not_repeated_at_once() {
    let bench = zone(RECORDS, |_| {});
    bench.ask("www.example.test.").await;
    bench.pass(275).await;
    bench.net.kill("192.0.2.3".parse().unwrap());
    assert_eq!(brief(&bench.ask("www.example.test.").await), WWW);
    bench.pass(9).await; // the work behind it has failed
    let before = bench.net.packets_sent();
    for _ in 0..3 {
        assert_eq!(brief(&bench.ask("www.example.test.").await), WWW);
    }
    assert!(bench.net.packets_sent() - before <= 9, "a probe at most");
}

#[tokio::test(start_paused = true)]
async fn expired_data_at_once_and_refreshed_behind_rfc8767_5() {
    let bench = zone(RECORDS, |config| config.stale.client_timeout = Duration::ZERO);
    bench.ask("www.example.test.").await;
    bench.pass(301).await;
    let began = bench.clock.now();
    let answer = bench.ask("www.example.test.").await;
    assert_eq!((brief(&answer).as_str(), ede(&answer), answer.answer[0].ttl), (WWW, vec![3], 30));
    assert!(bench.elapsed_since(began).is_zero(), "nobody waits");
    bench.pass(2).await;
    let fresh = bench.ask("www.example.test.").await;
    assert_eq!((ede(&fresh), fresh.answer[0].ttl), (vec![], 298));
}

#[tokio::test(start_paused = true)]
async fn who_gets_expired_data_instead_of_bogus_data_gets_better_data_soon_rfc8767_5() {
    let tampering = lab::Tampering { zone: "example.test.".parse().unwrap(), kind: lab::TamperingKind::ChangeData };
    let lying = lab::Behaviour { tampering: Some(tampering), ..lab::Behaviour::normal() };
    let zones = [ROOT, TEST1, ("example.test.", &["192.0.2.3"][..], RECORDS)];
    let signing = |_: &str| Some(lab::Signing::with(lab::SigningAlgorithm::EcdsaP256));
    let world = signed_world(&zones, signing);
    let bench = Bench::new(world, Faults::default(), 1, |config| config.stale.client_timeout = Duration::ZERO);
    assert_eq!(brief(&bench.ask("www.example.test.").await), WWW);
    bench.pass(301).await;
    bench.net.set_behaviour("192.0.2.3".parse().unwrap(), lying);
    assert_eq!(ede(&bench.ask("www.example.test.").await), [3], "and behind it comes something bogus");
    bench.pass(1).await;
    bench.net.heal("192.0.2.3".parse().unwrap());
    bench.pass(5).await;
    assert_eq!(ede(&bench.ask("www.example.test.").await), [3]);
    bench.pass(1).await;
    assert_eq!(ede(&bench.ask("www.example.test.").await), [0_u16; 0], "a minute would be too long");
}

#[tokio::test(start_paused = true)]
async fn who_does_not_wait_is_not_held_up_by_a_coarse_timer_rfc8767_5() {
    let bench = zone(RECORDS, |config| config.stale.client_timeout = Duration::ZERO);
    bench.ask("www.example.test.").await;
    bench.pass(301).await;
    // Timers fire at whole milliseconds: within one, there is time enough for a near server to answer.
    tokio::time::advance(Duration::from_micros(300)).await;
    let began = bench.clock.now();
    assert_eq!(ede(&bench.ask("www.example.test.").await), [3]);
    assert!(bench.elapsed_since(began).is_zero(), "nobody waits");
    bench.pass(1).await;
    assert_eq!(ede(&bench.ask("www.example.test.").await), [0_u16; 0], "refreshed behind");
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_for_fresh_data_waits_for_one_round_trip_at_least() {
    for (latency_ms, codes, waited_ms) in [(49, vec![], 49), (51, vec![3], 50)] {
        let leaf = Duration::from_millis(latency_ms);
        let faults = Faults { latency: Latency { leaf, ..Latency::off() }, ..Faults::none() };
        let world = world(&[ROOT, TEST1, ("example.test.", &["192.0.2.3"], RECORDS)]);
        let bench = Bench::new(world, faults, 1, |config| config.stale.client_timeout = Duration::from_millis(1));
        bench.ask("www.example.test.").await;
        bench.pass(301).await;
        let began = bench.clock.now();
        assert_eq!(ede(&bench.ask("www.example.test.").await), codes, "{latency_ms} ms");
        assert_eq!(bench.elapsed_since(began).as_millis(), waited_ms, "{latency_ms} ms");
    }
}

#[tokio::test(start_paused = true)]
async fn without_recursion_a_client_gets_what_is_known_or_a_referral_rfc1034_4_3_2() {
    let bench = zone(RECORDS, |_| {});
    let nothing = cache_only(&bench, "www.example.test.").await;
    assert_eq!((nothing.rcode, ede(&nothing)), (Rcode::REFUSED, vec![20]));
    bench.ask("www.example.test.").await;
    let before = bench.net.packets_sent();
    assert_eq!(brief(&cache_only(&bench, "a.b.example.test.").await), "NOERROR");
    let referral = cache_only(&bench, "other.example.test.").await;
    let (ns, glue) = (&referral.authority[0], &referral.additional[0]);
    assert_eq!((ns.name.to_string().as_str(), ns.rtype), ("example.test.", proto::RrType::NS));
    assert_eq!(glue.addresses().next().unwrap().to_string(), "192.0.2.3");
    let parent = cache_only(&bench, "example.test. DS").await;
    assert_eq!(parent.authority[0].name.to_string(), "test.", "DS is the parent's to know (RFC 4035 §3.1.4.1)");
    assert_eq!(cache_only(&bench, "example.").await.rcode, Rcode::REFUSED);
    assert_eq!(bench.net.packets_sent(), before);
}

#[tokio::test(start_paused = true)]
async fn expired_data_lasts_no_longer_than_it_did_when_fresh_and_not_at_all_without_ttl() {
    let records = "short.example.test. 7 A 198.51.100.7\nzero.example.test. 0 A 198.51.100.7\n\
        a.example.test. 300 CNAME short.example.test.\n";
    let bench = zone(records, |config| config.stale.client_timeout = Duration::ZERO);
    for name in ["short.example.test.", "zero.example.test.", "a.example.test."] {
        bench.ask(name).await;
    }
    bench.pass(310).await;
    for name in ["short.example.test.", "a.example.test."] {
        let answer = bench.ask(name).await;
        assert_eq!((ede(&answer), answer.answer.last().unwrap().ttl), (vec![3], 7), "{name}");
    }
    assert_eq!(ede(&bench.ask("zero.example.test.").await), [0_u16; 0], "RFC 1035 §3.2.1: asked anew");
}
