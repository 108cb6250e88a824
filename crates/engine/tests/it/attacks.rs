//! What an attacker on the way to signed zones can do, one thing at a time; random ones are in `signed_worlds`.

use crate::bench::*;
use lab::{Behaviour, Faults, Tampering, TamperingKind, World};
use proto::{Rcode, Security};

const NAVER: &str = "NOERROR | www.naver.com. A 12.123.123.123";

/// The built-in internet with somebody between us and so many of the four servers of naver.com.
fn tampered(servers: u8, kind: TamperingKind) -> std::sync::Arc<World> {
    let zone: proto::Name = "naver.com.".parse().unwrap();
    World::embedded().with_behaviours(|server| {
        let number = (1..=servers).find(|number| server.name.to_string() == format!("ns{number}.naver.com."));
        let tampering = Tampering { zone: zone.clone(), kind };
        number.map(|_| Behaviour { tampering: Some(tampering), ..Behaviour::normal() })
    })
}

#[tokio::test(start_paused = true)]
async fn liars_among_honest_servers_hide_no_zone_rfc4035_4_7() {
    use TamperingKind::{AddKey, ChangeData, DropSignatures, SwapKey};
    for kind in [DropSignatures, ChangeData, SwapKey, AddKey] {
        for seed in 1..=8 {
            let bench = Bench::new(tampered(2, kind), Faults::default(), seed, |_| {});
            let answer = bench.ask("www.naver.com.").await;
            assert_eq!((brief(&answer).as_str(), answer.security), (NAVER, Security::Secure), "{kind:?}, seed {seed}");
        }
        let bench = Bench::on(tampered(4, kind));
        assert_eq!(bench.ask("www.naver.com.").await.rcode, SERVFAIL, "{kind:?}: all of them lie");
    }
}

#[tokio::test(start_paused = true)]
async fn names_in_gaps_that_were_shown_are_denied_without_asking_rfc8198_5() {
    for zone in ["healthy.museum.rootwalk.net.", "healthy-nsec3.museum.rootwalk.net."] {
        for aggressive in [true, false] {
            let bench = Bench::new(World::embedded(), Faults::default(), 1, |config| {
                config.validation.aggressive_nsec = aggressive;
            });
            let ask = async |number: usize| {
                let before = bench.net.packets_sent();
                let answer = bench.ask(&format!("x{number}.{zone}")).await;
                assert_eq!((answer.rcode, answer.security), (Rcode::NXDOMAIN, Security::Secure), "x{number}.{zone}");
                bench.net.packets_sent() > before
            };
            let mut asked = 0;
            for number in 0..50 {
                asked += usize::from(ask(number).await);
            }
            // Each question shows a gap or two; by hash there are a few of them.
            assert_eq!(asked < 10, aggressive, "{zone}: {asked} of 50 random names reached its servers");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_anchor_of_ones_own_counts_instead_of_the_parents_ds_rfc6840_appendix_c() {
    let foreign = format!("naver.com. IN DS 7 13 2 {}", "AB".repeat(32));
    let bench = Bench::new(World::embedded(), Faults::default(), 1, |config| {
        config.validation.anchors.add_text(&foreign).unwrap();
    });
    // The root vouches for the zone by its DS records, and that does not count.
    let answer = bench.ask("www.naver.com.").await;
    assert_eq!((answer.rcode, ede(&answer)), (SERVFAIL, vec![9]), "{answer:?}");
    assert_eq!(bench.ask("www.healthy.museum.rootwalk.net.").await.security, Security::Secure);
}
