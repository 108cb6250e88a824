//! Nothing from outside the zone asked is kept or used.

use crate::bench::*;
use lab::{Behaviour, Lie, Section};
use proto::{Rcode, zonefile};

fn lying(section: Section, record: &str) -> Bench {
    let record = zonefile::parse(record, &proto::Name::root()).unwrap().remove(0);
    let lie = Lie { section, record };
    let bank = "www.bank.test. 3600 A 198.51.100.99\n";
    let tld = format!("{}bank.test. NS ns1.bank.test.\nns1.bank.test. A 192.0.2.9\n", TEST1.2);
    let example = "www.example.test. 300 A 198.51.100.7\n*.w.example.test. A 198.51.100.8\n";
    Bench::on(world_with(
        &[
            ROOT,
            ("test.", &["192.0.2.2"], &tld),
            ("example.test.", &["192.0.2.3"], example),
            ("bank.test.", &["192.0.2.9"], bank),
        ],
        move |address| match address {
            "192.0.2.3" => Behaviour { lies: vec![lie.clone()], ..Behaviour::normal() },
            _ => Behaviour::normal(),
        },
    ))
}

#[tokio::test(start_paused = true)]
async fn a_server_cannot_plant_data_of_other_zones_rfc5452_6() {
    for section in [Section::Answer, Section::Authority, Section::Additional] {
        for lie in [
            "www.bank.test. 86400 A 203.0.113.66\n",
            "ns1.bank.test. 86400 A 203.0.113.66\n",
            "bank.test. 86400 NS ns.evil.test.\n",
            "test. 86400 NS ns.evil.test.\n",
            ". 86400 NS ns.evil.test.\n",
            "ns1.test. 86400 A 203.0.113.66\n",
            "bank.test. 86400 DNAME evil.test.\n",
        ] {
            let bench = lying(section, lie);
            assert_eq!(brief(&bench.ask("www.example.test.").await), WWW, "{section:?} {lie}");
            assert_eq!(bench.ask("gone.example.test.").await.rcode, Rcode::NXDOMAIN, "{section:?} {lie}");
            assert_eq!(
                brief(&bench.ask("www.bank.test.").await),
                "NOERROR | www.bank.test. A 198.51.100.99",
                "{section:?} {lie}"
            );
            assert_eq!(bench.sent_to("203.0.113.66"), 0);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn name_servers_volunteered_beside_an_answer_do_not_redirect_the_zone_rfc2181_5_4_1() {
    for section in [Section::Authority, Section::Additional, Section::Answer] {
        let bench = lying(section, "example.test. 86400 NS ns.evil.test.\n");
        assert_eq!(brief(&bench.ask("www.example.test.").await), WWW);
        assert_eq!(bench.ask("one.w.example.test.").await.rcode, Rcode::NOERROR);
        assert!(!bench.sent().iter().any(|sent| sent.contains("evil")), "{section:?}: {:?}", bench.sent());
    }
}

#[tokio::test(start_paused = true)]
async fn glue_never_answers_a_client_rfc2181_5_4_1() {
    // The parent's glue is wrong, the child's own record is right.
    let tld = "example.test. NS ns1.example.test.\nexample.test. NS ns2.example.test.\nns1.example.test. A 203.0.113.1\nns2.example.test. A 192.0.2.4\n";
    let bench = Bench::on(world(&[ROOT, ("test.", &["192.0.2.2"], tld), EXAMPLE]));
    assert_eq!(brief(&bench.ask("www.example.test.").await), WWW);
    let answer = bench.ask("ns1.example.test.").await;
    assert_eq!(brief(&answer), "NOERROR | ns1.example.test. A 192.0.2.3");
}

#[tokio::test(start_paused = true)]
async fn glue_that_is_no_server_is_dropped_and_costs_nothing() {
    for bad in ["0.0.0.0", "127.0.0.1", "224.0.0.1", "255.255.255.255", "240.0.0.1"] {
        let tld = format!("example.test. NS ns1.example.test.\nns1.example.test. A {bad}\n");
        let world = world(&[ROOT, ("test.", &["192.0.2.2"], &tld)]);
        let bench = Bench::new(world, lab::Faults::default(), 1, |config| config.query_localhost = false);
        let began = bench.clock.now();
        assert_eq!(bench.ask("www.example.test.").await.rcode, SERVFAIL, "{bad}");
        assert_eq!(bench.sent_to(bad), 0, "{bad}");
        assert!(bench.elapsed_since(began).as_millis() < 1000, "{bad}: at once");
    }
}

#[tokio::test(start_paused = true)]
async fn a_child_cannot_prolong_its_own_delegation_ghost_domains() {
    let tld = "ghost.test. 60 NS ns1.ghost.test.\nns1.ghost.test. 60 A 192.0.2.8\n";
    let ghost = "*.ghost.test. 1 A 198.51.100.66\n";
    let root = (".", &["192.0.2.1"][..], "test. 3600 NS ns1.test.\nns1.test. 3600 A 192.0.2.2\n");
    let alive = world(&[root, ("test.", &["192.0.2.2"], tld), ("ghost.test.", &["192.0.2.8"], ghost)]);
    let bench = Bench::on(alive);
    // The child announces NS and addresses of 3600 s; the client keeps asking for them.
    for second in 0..70 {
        bench.ask(&format!("n{second}.ghost.test.")).await;
        bench.ask("ghost.test. NS").await;
        bench.ask("ns1.ghost.test.").await;
        bench.pass(1).await;
    }
    let to_parent = bench.sent().iter().filter(|sent| sent.starts_with("192.0.2.2 ghost.test.")).count();
    assert!(to_parent >= 2, "after 60 s the parent is asked again, {to_parent}");
}

#[tokio::test(start_paused = true)]
async fn records_in_replies_with_an_error_code_are_scrubbed_too() {
    let bench = lying(Section::Answer, "bank.test. 86400 DNAME evil.test.\n");
    assert_eq!(bench.ask("gone.example.test.").await.rcode, Rcode::NXDOMAIN);
    assert_eq!(brief(&bench.ask("www.bank.test.").await), "NOERROR | www.bank.test. A 198.51.100.99");
}

#[tokio::test(start_paused = true)]
async fn what_is_delegated_below_ends_with_the_delegation_above_ghost_domains() {
    // ghost.test. has 60 s from its parent and delegates deep.ghost.test. for an hour.
    let ghost = "deep.ghost.test. 3600 NS ns1.deep.ghost.test.\nns1.deep.ghost.test. 3600 A 192.0.2.9\n";
    let world = world(&[
        ROOT,
        ("test.", &["192.0.2.2"], "ghost.test. 60 NS ns1.ghost.test.\nns1.ghost.test. 60 A 192.0.2.8\n"),
        ("ghost.test.", &["192.0.2.8"], ghost),
        ("deep.ghost.test.", &["192.0.2.9"], "*.deep.ghost.test. 1 A 198.51.100.66\n"),
    ]);
    let bench = Bench::on(world);
    bench.ask("one.deep.ghost.test.").await;
    bench.pass(61).await;
    let before = bench.sent_to("192.0.2.2");
    bench.ask("two.deep.ghost.test.").await;
    assert_eq!(bench.sent_to("192.0.2.2") - before, 1, "the way begins above the delegation that ended");
}
