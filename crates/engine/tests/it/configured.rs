//! Zones whose servers are configured: forwarders and stubs.

use crate::bench::*;
use engine::{ConfiguredZone, ServerKind, WhenTheyFail};
use lab::{Behaviour, Conduct, Faults};

const FORWARDER: &str = "192.0.2.9";
const FROM_FORWARDER: &str = "NOERROR | www.example.test. A 198.51.100.7";

fn configured(zone: &str, address: &str, servers: ServerKind, when_they_fail: WhenTheyFail) -> ConfiguredZone {
    let addresses = vec![format!("{address}:53").parse().unwrap()];
    ConfiguredZone { zone: zone.parse().unwrap(), addresses, servers, when_they_fail }
}

/// The small world, and a server that answers for all of it without authority and without referrals.
fn bench(conduct: Conduct, zones: &[ConfiguredZone]) -> Bench {
    let world = world_with(
        &[
            (".", &["192.0.2.1", FORWARDER], "test. 3600 NS ns1.test.\nns1.test. 3600 A 192.0.2.2\n"),
            ("test.", &["192.0.2.2", FORWARDER], EXAMPLE_DELEGATION),
            (
                "example.test.",
                &["192.0.2.3", "192.0.2.4", FORWARDER],
                "www.example.test. 300 A 198.51.100.7\na.example.test. 300 CNAME www.example.test.\n",
            ),
        ],
        |address| Behaviour {
            conduct: if address == FORWARDER { conduct.clone() } else { Conduct::Serves },
            ..Behaviour::normal()
        },
    );
    Bench::new(world, Faults::default(), 1, |config| config.configured_zones = zones.to_vec())
}

#[tokio::test(start_paused = true)]
async fn a_forwarder_gets_the_whole_question_and_nobody_else_is_asked() {
    let forward = configured(".", FORWARDER, ServerKind::Recursive, WhenTheyFail::Fail);
    let bench = bench(Conduct::NonAuthoritative, &[forward]);
    assert_eq!(brief(&bench.ask("www.example.test.").await), FROM_FORWARDER);
    assert_eq!(bench.ask("gone.example.test.").await.rcode, proto::Rcode::NXDOMAIN);
    assert_eq!(bench.ask("a.example.test.").await.answer.len(), 2, "aliases whole");
    assert_eq!(
        bench.sent(),
        ["192.0.2.9 www.example.test. A", "192.0.2.9 gone.example.test. A", "192.0.2.9 a.example.test. A"]
    );
}

#[tokio::test(start_paused = true)]
async fn the_deepest_configured_zone_counts_and_what_is_above_is_walked() {
    let forward = configured("example.test.", FORWARDER, ServerKind::Recursive, WhenTheyFail::Fail);
    let bench = bench(Conduct::NonAuthoritative, &[forward]);
    assert_eq!(brief(&bench.ask("www.example.test.").await), FROM_FORWARDER);
    assert_eq!(bench.sent(), ["192.0.2.9 www.example.test. A"]);
    bench.ask("example.test. DS").await; // the parent's to answer (RFC 4035 §3.1.4.1)
    assert_eq!(bench.sent_to(FORWARDER), 1);
    assert!(bench.sent_to("192.0.2.2") > 0);
    bench.ask("other.test.").await;
    assert_eq!(bench.sent_to(FORWARDER), 1);
}

#[tokio::test(start_paused = true)]
async fn failing_forwarders_are_the_end_unless_a_walk_may_follow() {
    for conduct in [Conduct::ServFail, Conduct::Refuses, Conduct::Dead] {
        let forward = |then| configured(".", FORWARDER, ServerKind::Recursive, then);
        let alone = bench(conduct.clone(), &[forward(WhenTheyFail::Fail)]);
        assert_eq!(alone.ask("www.example.test.").await.rcode, SERVFAIL, "{conduct:?}");
        assert_eq!(alone.sent_to("192.0.2.1"), 0);
        let first = bench(conduct.clone(), &[forward(WhenTheyFail::Walk)]);
        assert_eq!(brief(&first.ask("www.example.test.").await), FROM_FORWARDER, "{conduct:?}");
        assert!(first.sent().contains(&"192.0.2.9 www.example.test. A".to_owned()));
        assert!(first.sent_to("192.0.2.1") > 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_stub_is_asked_instead_of_the_servers_that_the_parent_names() {
    let stub = configured("example.test.", FORWARDER, ServerKind::Authoritative, WhenTheyFail::Fail);
    let bench = bench(Conduct::Serves, &[stub]);
    assert_eq!(brief(&bench.ask("www.example.test.").await), FROM_FORWARDER);
    assert_eq!(bench.sent(), ["192.0.2.9 www.example.test. A"]);
}

#[tokio::test(start_paused = true)]
async fn stub_servers_may_refer_to_zones_below_and_these_are_remembered() {
    let stub = configured("test.", "192.0.2.2", ServerKind::Authoritative, WhenTheyFail::Fail);
    let bench = bench(Conduct::Dead, &[stub]);
    assert_eq!(brief(&bench.ask("www.example.test.").await), FROM_FORWARDER);
    assert_eq!(bench.sent_to("192.0.2.1"), 0, "the root is not needed");
    let before = bench.sent_to("192.0.2.2");
    bench.ask("other.example.test.").await;
    assert_eq!(bench.sent_to("192.0.2.2"), before, "the cut below the stub is known");
}

#[tokio::test(start_paused = true)]
async fn configured_servers_have_ports_of_their_own() {
    let mut forward = configured(".", FORWARDER, ServerKind::Recursive, WhenTheyFail::Fail);
    forward.addresses = vec![format!("{FORWARDER}:5353").parse().unwrap()];
    let bench = bench(Conduct::NonAuthoritative, &[forward]);
    bench.ask("www.example.test.").await;
    assert!(bench.net.log().iter().all(|sent| sent.to.port() == 5353));
}
