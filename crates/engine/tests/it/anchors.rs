//! Trust anchors over time: those that follow their zone (RFC 5011), and those that end (RFC 7646).

use std::time::Duration;

use crate::bench::*;
use engine::dnssec::rollover::{KeyState, TrustPoint};
use engine::{EngineConfig, NegativeAnchor, Resolver};
use lab::{Faults, World};
use proto::{EdeCode, Name, Security, WallTime};

/// A zone of the museum that is as it should be, and one whose signatures have expired.
const SOUND: &str = "www.healthy.museum.rootwalk.net. A";
const EXPIRED: &str = "www.expired.museum.rootwalk.net. A";
const START: u64 = 1_790_000_000;

fn bench(change: impl FnOnce(&mut EngineConfig)) -> Bench {
    Bench::new(World::embedded(), Faults::default(), 1, change)
}

fn switched_off(zone: &str, until: Option<u64>) -> NegativeAnchor {
    NegativeAnchor { name: zone.parse().unwrap(), until: until.map(|after| WallTime::from_secs(START + after)) }
}

/// The text of the extended error 33, if there is one.
fn exemption(answer: &engine::Answer) -> Option<&str> {
    let error = answer.extended_errors.iter().find(|error| error.code == EdeCode::NEGATIVE_TRUST_ANCHOR);
    error.map(|error| error.text.as_str())
}

fn keys_asked(bench: &Bench) -> usize {
    bench.sent().iter().filter(|sent| sent.ends_with(" . DNSKEY")).count()
}

#[tokio::test(start_paused = true)]
async fn negative_anchors_are_told_and_end_rfc7646_2() {
    for (zone, ask, then) in [
        ("expired.museum.rootwalk.net.", EXPIRED, Security::Bogus),
        ("healthy.museum.rootwalk.net.", SOUND, Security::Secure),
        ("net.", SOUND, Security::Secure),
    ] {
        let bench = bench(|config| config.validation.negative_anchors = vec![switched_off(zone, Some(100))]);
        for _ in 0..2 {
            let answer = bench.ask(ask).await;
            assert_eq!((answer.rcode, answer.security), (proto::Rcode::NOERROR, Security::Insecure), "{ask}");
            let text = exemption(&answer).unwrap_or_default();
            assert!(text.contains(&format!("for {zone} by a negative trust anchor")), "{text}");
            assert!(answer.answer.iter().all(|set| set.ttl <= 100), "kept no longer than the anchor counts");
        }
        bench.pass(101).await;
        let answer = bench.ask(ask).await;
        assert_eq!(exemption(&answer), None);
        let secure = then == Security::Secure;
        assert_eq!(answer.rcode, if secure { proto::Rcode::NOERROR } else { SERVFAIL }, "{ask} {answer:?}");
        assert_eq!(answer.security == Security::Secure, secure);
        // And no old data comes instead: a bogus answer stays one, asked again after its failure was remembered.
        assert_eq!(bench.ask(ask).await.rcode, answer.rcode);
    }
}

#[tokio::test(start_paused = true)]
async fn denials_below_a_negative_anchor_are_told_and_end_too() {
    let zone = "healthy.museum.rootwalk.net.";
    let bench = bench(|config| config.validation.negative_anchors = vec![switched_off(zone, Some(100))]);
    let ask = "nothing.healthy.museum.rootwalk.net. A";
    let answer = bench.ask(ask).await;
    assert_eq!((answer.rcode, answer.security), (proto::Rcode::NXDOMAIN, Security::Insecure));
    assert!(exemption(&answer).is_some());
    bench.pass(101).await;
    let answer = bench.ask(ask).await;
    assert_eq!((answer.rcode, answer.security), (proto::Rcode::NXDOMAIN, Security::Secure));
}

#[tokio::test(start_paused = true)]
async fn a_negative_anchor_without_end_stays() {
    let bench = bench(|config| config.validation.negative_anchors = vec![switched_off("museum.rootwalk.net.", None)]);
    for _ in 0..3 {
        let answer = bench.ask(EXPIRED).await;
        assert!(exemption(&answer).is_some_and(|text| text.contains("museum.rootwalk.net.")), "{answer:?}");
        bench.pass(100_000).await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_first_question_makes_keys_of_ds_anchors_rfc5011() {
    let bench = bench(|_| {});
    let mut changes = bench.resolver.watch_trust_points();
    assert_eq!(bench.resolver.trust_points()[0].keys, []);
    assert_eq!(bench.ask(SOUND).await.security, Security::Secure);
    assert!(changes.has_changed().unwrap());
    let point = &bench.resolver.trust_points()[0];
    assert_eq!(point.zone, Name::root());
    assert!(point.waiting.is_empty());
    assert_eq!(point.keys.iter().filter(|key| key.is_anchor()).count(), 1);
    // Whoever goes on from there needs no DS.
    changes.mark_unchanged();
    bench.pass(200_000).await;
    assert_eq!(bench.ask(SOUND).await.security, Security::Secure);
}

#[tokio::test(start_paused = true)]
async fn keys_are_looked_at_when_it_is_time_and_somebody_needs_them_rfc5011_2_3() {
    let bench = bench(|_| {});
    bench.pass(86_400).await;
    bench.resolver.refresh_anchors().await;
    assert_eq!(bench.net.packets_sent(), 0, "no client has asked anything");
    bench.ask(SOUND).await;
    let first = keys_asked(&bench);
    bench.resolver.refresh_anchors().await;
    assert_eq!(keys_asked(&bench), first, "not before the time");
    let next = bench.resolver.trust_points()[0].next_look;
    bench.pass(bench.clock.wall().until(next).as_secs() + 1).await;
    bench.resolver.refresh_anchors().await;
    assert_eq!(keys_asked(&bench), first + 1);
    assert!(bench.resolver.trust_points()[0].seen > Some(next));
    bench.resolver.refresh_anchors().await;
    assert_eq!(keys_asked(&bench), first + 1);
}

#[tokio::test(start_paused = true)]
async fn a_look_that_fails_is_repeated_not_before_an_hour_rfc5011_2_3() {
    let bench = bench(|config| config.case_randomisation = false);
    bench.ask(SOUND).await;
    bench.pass(86_400).await;
    for (_, addresses) in bench.world.root_servers() {
        addresses.into_iter().for_each(|address| bench.net.kill(address));
    }
    bench.resolver.refresh_anchors().await;
    let sent = bench.net.packets_sent();
    bench.pass(3_500).await;
    bench.resolver.refresh_anchors().await;
    assert_eq!(bench.net.packets_sent(), sent);
    bench.pass(100).await;
    bench.resolver.refresh_anchors().await;
    assert!(bench.net.packets_sent() > sent);
}

#[tokio::test(start_paused = true)]
async fn without_rfc5011_anchors_stay_as_configured() {
    let bench = bench(|config| config.validation.rfc5011 = false);
    assert_eq!(bench.ask(SOUND).await.security, Security::Secure);
    assert_eq!(bench.resolver.trust_points(), []);
    let sent = bench.net.packets_sent();
    bench.pass(1_000_000).await;
    bench.resolver.refresh_anchors().await;
    assert_eq!(bench.net.packets_sent(), sent);
}

/// A second resolver that goes on from what the first one knew, after it was changed.
async fn after_restart(change: impl FnOnce(&mut TrustPoint)) -> (Bench, usize) {
    let first = bench(|_| {});
    first.ask(SOUND).await;
    let mut points = first.resolver.trust_points();
    change(&mut points[0]);
    let second = bench(|_| {});
    let refused = second.resolver.restore_trust_points(points);
    (second, refused.len())
}

#[tokio::test(start_paused = true)]
async fn a_restart_goes_on_from_the_state_that_was_kept() {
    let (bench, refused) = after_restart(|_| {}).await;
    assert_eq!(refused, 0);
    assert_eq!(bench.resolver.trust_points()[0].keys.len(), 1);
    assert_eq!(bench.ask(SOUND).await.security, Security::Secure);
}

#[tokio::test(start_paused = true)]
async fn a_revoked_key_is_no_anchor_after_a_restart_rfc5011_2_1() {
    let (bench, refused) = after_restart(|point| point.keys[0].state = KeyState::Revoked { gone: None }).await;
    assert_eq!(refused, 0);
    // Every anchor of the root is gone: it counts as never configured (RFC 5011 §5).
    let answer = bench.ask(SOUND).await;
    assert_eq!((answer.rcode, answer.security == Security::Secure), (proto::Rcode::NOERROR, false));
}

#[tokio::test(start_paused = true)]
async fn an_unsound_state_leaves_the_configured_anchors() {
    let (bench, refused) = after_restart(|point| point.keys[0].rdata = Box::new([1, 1])).await;
    assert_eq!(refused, 1);
    assert_eq!(bench.ask(SOUND).await.security, Security::Secure);
}

#[tokio::test(start_paused = true)]
async fn a_state_with_a_foreign_key_makes_answers_bogus_not_insecure() {
    let (bench, _) = after_restart(|point| {
        let last = point.keys[0].rdata.len() - 1;
        point.keys[0].rdata[last] ^= 1;
    })
    .await;
    assert_eq!(bench.ask(SOUND).await.rcode, SERVFAIL);
}

#[tokio::test(start_paused = true)]
async fn restored_points_of_zones_without_anchor_are_left_out() {
    let first = bench(|_| {});
    first.ask(SOUND).await;
    let mut points = first.resolver.trust_points();
    points[0].zone = "other.".parse().unwrap();
    let second: std::sync::Arc<Resolver<_>> = bench(|_| {}).resolver;
    assert_eq!(second.restore_trust_points(points).len(), 0);
    assert_eq!(second.trust_points().len(), 1);
    let day = Duration::from_secs(86_400);
    assert!(second.trust_points()[0].next_look <= WallTime::from_secs(START) + day);
}

/// The questions that tell which anchors are in use, with the address that they went to.
fn signals(bench: &Bench) -> Vec<String> {
    bench.sent().into_iter().filter(|sent| sent.contains(" _ta-")).collect()
}

#[tokio::test(start_paused = true)]
async fn anchors_in_use_are_told_once_a_day_to_the_servers_of_their_zones_rfc8145_5_1() {
    let bench = bench(|config| {
        config.validation.signal_trust_anchors = true;
        for tag in ["255", "2"] {
            let line = format!("naver.com. IN DS {tag} 13 2 {}\n", "AB".repeat(32));
            config.validation.anchors.add_text(&line).unwrap();
        }
    });
    bench.resolver.signal_anchors().await;
    assert_eq!(bench.net.packets_sent(), 0, "no client has asked anything");
    bench.ask(SOUND).await;
    assert_eq!(signals(&bench), [""; 0]);
    bench.resolver.signal_anchors().await;
    let anchor = bench.world.anchors()[0].clone();
    let to_root = format!("_ta-{:02x}{:02x}. NULL", anchor.rdata[0], anchor.rdata[1]);
    let told = signals(&bench);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].starts_with("127.53.0.") || told[0].starts_with("fd53:0:"), "a root server: {told:?}");
    assert!(told[0].ends_with(&format!(" {to_root}")), "{told:?}");
    assert!(told[1].starts_with("127.53.2.") && told[1].ends_with(" _ta-0002-00ff.naver.com. NULL"), "{told:?}");
    bench.pass(86_300).await;
    bench.resolver.signal_anchors().await;
    assert_eq!(signals(&bench).len(), 2, "not before a day has passed");
    bench.pass(200).await;
    bench.resolver.signal_anchors().await;
    assert_eq!(signals(&bench).len(), 4);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_told_unless_it_is_wanted_rfc8145_5() {
    let bench = bench(|_| {});
    bench.ask(SOUND).await;
    let sent = bench.net.packets_sent();
    bench.pass(86_401).await;
    bench.resolver.signal_anchors().await;
    assert_eq!(bench.net.packets_sent(), sent);
}
