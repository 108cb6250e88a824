//! Work per client question: attacks from the literature, and the bound for each.

use std::time::Duration;

use crate::bench::*;
use lab::{Behaviour, Faults};

/// Packets for one question, the work after the answer included.
async fn cost(bench: &Bench, text: &str) -> u64 {
    let before = bench.net.packets_sent();
    let answer = bench.ask(text).await;
    assert_eq!(answer.rcode, SERVFAIL, "{answer:?}");
    bench.pass(10).await;
    bench.net.packets_sent() - before
}

#[tokio::test(start_paused = true)]
async fn referral_to_many_names_without_address_nxnsattack() {
    let servers: String = (0..50).map(|number| format!("attack.test. NS n{number}.victim.test.\n")).collect();
    let tld = format!("{servers}victim.test. NS ns1.victim.test.\nns1.victim.test. A 192.0.2.9\n");
    let bench = Bench::on(world(&[ROOT, ("test.", &["192.0.2.2"], &tld), ("victim.test.", &["192.0.2.9"], "")]));
    let packets = cost(&bench, "www.attack.test.").await;
    assert!(packets <= 20, "{packets} packets");
    assert!(bench.sent_to("192.0.2.9") <= 14, "five failed look-ups of two types, two at once");
}

#[tokio::test(start_paused = true)]
async fn chain_of_glueless_zones_is_bounded_by_depth() {
    let links: String = (0..20).map(|number| format!("z{number}.test. NS ns.z{}.test.\n", number + 1)).collect();
    let bench = Bench::on(world(&[ROOT, ("test.", &["192.0.2.2"], &links)]));
    let packets = cost(&bench, "www.z0.test.").await;
    assert!(packets <= 40, "{packets} packets");
}

#[tokio::test(start_paused = true)]
async fn deep_glueless_delegations_within_the_depth_resolve() {
    let mut tld: String = (0..5).map(|number| format!("z{number}.test. NS ns.z{}.test.\n", number + 1)).collect();
    tld += "z5.test. NS ns1.z5.test.\nns1.z5.test. A 192.0.2.50\n";
    let records =
        |number: usize| format!("ns.z{number}.test. A 192.0.2.{}\nwww.z{number}.test. A 198.51.100.7\n", 50 + number);
    let texts: Vec<String> = (0..=5).map(records).collect();
    let names: Vec<String> = (0..=5).map(|number| format!("z{number}.test.")).collect();
    // Zone z(n) is served where ns.z(n+1) says.
    let places: Vec<String> = (0..5).map(|number| format!("192.0.2.{}", 51 + number)).collect();
    let places: Vec<[&str; 1]> = places.iter().map(|place| [place.as_str()]).chain([["192.0.2.50"]]).collect();
    let mut all = vec![ROOT, ("test.", &["192.0.2.2"][..], tld.as_str())];
    for ((name, place), text) in names.iter().zip(&places).zip(&texts) {
        all.push((name, place, text));
    }
    let bench = Bench::on(world(&all));
    assert_eq!(brief(&bench.ask("www.z0.test.").await), "NOERROR | www.z0.test. A 198.51.100.7");
}

#[tokio::test(start_paused = true)]
async fn silent_servers_get_few_packets() {
    let world = world_with(&[ROOT, TEST, EXAMPLE], |address| match address {
        "192.0.2.3" | "192.0.2.4" => Behaviour::dead(),
        _ => Behaviour::normal(),
    });
    let bench = Bench::on(world);
    cost(&bench, "www.example.test.").await;
    let packets = bench.sent_to("192.0.2.3") + bench.sent_to("192.0.2.4");
    assert!((2..=12).contains(&packets), "{packets} packets");
}

#[tokio::test(start_paused = true)]
async fn one_address_behind_many_names_is_one_server() {
    let servers: String =
        (0..13).map(|number| format!("a.test. NS n{number}.a.test.\nn{number}.a.test. A 192.0.2.9\n")).collect();
    let world = world_with(&[ROOT, ("test.", &["192.0.2.2"], &servers), ("b.test.", &["192.0.2.9"], "")], |address| {
        if address == "192.0.2.9" { Behaviour::of(lab::Conduct::Refuses) } else { Behaviour::normal() }
    });
    let bench = Bench::on(world);
    cost(&bench, "www.a.test.").await;
    assert!(bench.sent_to("192.0.2.9") <= 2, "{}", bench.sent_to("192.0.2.9"));
}

#[tokio::test(start_paused = true)]
async fn every_limit_can_be_set_and_is_kept() {
    let bench = Bench::new(small(), Faults::default(), 1, |config| config.limits.upstream_queries = 3);
    assert_eq!(cost(&bench, "www.example.test.").await, 3);
    let bench = Bench::new(small(), Faults::default(), 1, |config| config.limits.referrals = 1);
    let answer = bench.ask("www.example.test.").await;
    assert!(answer.extended_errors[0].text.contains("too many referrals"), "{answer:?}");
    let bench =
        Bench::new(small(), Faults::default(), 1, |config| config.limits.client_deadline = Duration::from_millis(100));
    let began = bench.clock.now();
    let answer = bench.ask("www.example.test.").await;
    assert_eq!((answer.rcode, ede(&answer)), (SERVFAIL, vec![22]));
    assert_eq!(bench.elapsed_since(began).as_millis(), 100);
    bench.pass(1).await;
    let before = bench.net.packets_sent();
    assert_eq!(brief(&bench.ask("www.example.test.").await), WWW, "the work went on and filled the cache");
    assert_eq!(bench.net.packets_sent(), before);
}

#[tokio::test(start_paused = true)]
async fn look_ups_of_server_addresses_are_counted() {
    // Twelve glueless servers, all of which have an address, none of which answers.
    let names: String = (0..12).map(|number| format!("a.test. NS n{number}.b.test.\n")).collect();
    let tld = format!("{names}b.test. NS ns1.b.test.\nns1.b.test. A 192.0.2.9\n");
    let hosts: String = (0..12).map(|number| format!("n{number}.b.test. A 198.51.100.{number}\n")).collect();
    let world = world(&[ROOT, ("test.", &["192.0.2.2"], &tld), ("b.test.", &["192.0.2.9"], &hosts)]);
    for allowed in [3, 6] {
        let bench =
            Bench::new(world.clone(), Faults::default(), 1, |config| config.limits.ns_address_lookups = allowed);
        cost(&bench, "www.a.test.").await;
        let looked_up = bench.sent().iter().filter(|sent| sent.contains(" n") && sent.ends_with(".b.test. A")).count();
        assert_eq!(looked_up as u32, allowed);
    }
}

#[tokio::test(start_paused = true)]
async fn one_name_and_one_delegation_have_limits_of_their_own() {
    let servers: String = (0..8)
        .map(|number| format!("a.test. NS n{number}.a.test.\nn{number}.a.test. A 198.51.100.{number}\n"))
        .collect();
    let world = world(&[ROOT, ("test.", &["192.0.2.2"], &servers)]);
    let bench = Bench::new(world.clone(), Faults::default(), 1, |config| config.limits.queries_per_name = 2);
    cost(&bench, "www.a.test.").await;
    let for_name = bench.sent().iter().filter(|sent| sent.ends_with(" www.a.test. A")).count();
    assert_eq!(for_name, 2);
    let bench = Bench::new(world, Faults::default(), 1, |config| config.limits.ns_per_delegation = 3);
    cost(&bench, "www.a.test.").await;
    let asked: std::collections::BTreeSet<_> =
        bench.net.packets().into_keys().filter(|address| address.to_string().starts_with("198.51.100.")).collect();
    assert_eq!(asked.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn nesting_ends_at_the_depth_that_is_set() {
    // z0 needs z1 needs z2 needs z3, which has glue: three levels of look-ups.
    let tld = "z0.test. NS ns.z1.test.\nz1.test. NS ns.z2.test.\nz2.test. NS ns.z3.test.\nz3.test. NS ns1.z3.test.\nns1.z3.test. A 192.0.2.9\n";
    let zone = |apex: &'static str, records: &'static str| (apex, &["192.0.2.9"][..], records);
    let world = world(&[
        ROOT,
        ("test.", &["192.0.2.2"], tld),
        zone("z0.test.", "www.z0.test. A 198.51.100.7\n"),
        zone("z1.test.", "ns.z1.test. A 192.0.2.9\n"),
        zone("z2.test.", "ns.z2.test. A 192.0.2.9\n"),
        zone("z3.test.", "ns.z3.test. A 192.0.2.9\n"),
    ]);
    for (depth, rcode) in [(2, SERVFAIL), (3, proto::Rcode::NOERROR)] {
        let bench = Bench::new(world.clone(), Faults::default(), 1, |config| config.limits.depth = depth);
        assert_eq!(bench.ask("www.z0.test.").await.rcode, rcode, "depth {depth}");
    }
}

#[tokio::test(start_paused = true)]
async fn all_work_ends_at_the_total_deadline() {
    let world = world_with(&[ROOT, TEST, EXAMPLE], |address| match address {
        "192.0.2.3" | "192.0.2.4" => Behaviour::dead(),
        _ => Behaviour::normal(),
    });
    let bench = Bench::new(world, Faults::default(), 1, |config| {
        config.limits.client_deadline = Duration::from_secs(1);
        config.limits.total_deadline = Duration::from_secs(2);
    });
    bench.ask("www.example.test.").await;
    bench.pass(2).await;
    assert_eq!(bench.resolver.in_flight(), 0);
    let last = bench.net.log().pop().unwrap().at;
    assert!(last <= Duration::from_secs(2), "{last:?}");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_leaves_does_not_stop_the_work() {
    let bench = Bench::on(small());
    {
        let mut asking = Box::pin(bench.ask("www.example.test."));
        assert!(tokio::time::timeout(Duration::from_millis(50), &mut asking).await.is_err());
    }
    bench.pass(5).await;
    let before = bench.net.packets_sent();
    assert_eq!(brief(&bench.ask("www.example.test.").await), WWW);
    assert_eq!(bench.net.packets_sent(), before);
}

#[tokio::test(start_paused = true)]
async fn same_seed_same_trace_byte_for_byte() {
    let run = |seed| async move {
        let faults = Faults { loss: 0.2, jitter: 0.5, ..Faults::default() };
        let bench = Bench::new(small(), faults, seed, |_| {});
        let mut out = String::new();
        for name in ["www.example.test.", "gone.example.test.", "example.test. NS", "ns1.test."] {
            for entry in bench.ask_traced(name).await.1 {
                out += &serde_json::to_string(&entry).unwrap();
                out.push('\n');
            }
        }
        out
    };
    assert_eq!(run(7).await, run(7).await);
    assert_ne!(run(7).await, run(8).await);
}

#[tokio::test(start_paused = true)]
async fn a_repeated_question_joins_the_walk_that_goes_on_rfc5452_5() {
    let world = world_with(&[ROOT, TEST, EXAMPLE], |address| match address {
        "192.0.2.3" | "192.0.2.4" => Behaviour::dead(),
        _ => Behaviour::normal(),
    });
    let bench =
        Bench::new(world, Faults::default(), 1, |config| config.limits.client_deadline = Duration::from_millis(300));
    assert_eq!(bench.ask("www.example.test.").await.rcode, SERVFAIL);
    let before = bench.net.packets_sent();
    for _ in 0..3 {
        assert_eq!(bench.ask("www.example.test.").await.rcode, SERVFAIL);
    }
    bench.pass(10).await;
    assert!(
        bench.net.packets_sent() - before <= 10,
        "one budget for all of them: {}",
        bench.net.packets_sent() - before
    );
}

#[tokio::test(start_paused = true)]
async fn rounds_that_fail_are_spent_too() {
    // Every server truncates and has no TCP: each try is two questions, and all of them count.
    let world = world_with(&[ROOT, TEST, EXAMPLE], |address| match address {
        "192.0.2.3" | "192.0.2.4" => {
            Behaviour { udp: lab::UdpHabit::Truncates, tcp: lab::TcpHabit::Closes, ..Behaviour::normal() }
        }
        _ => Behaviour::normal(),
    });
    let bench = Bench::new(world, Faults::default(), 1, |config| config.limits.upstream_queries = 5);
    assert_eq!(cost(&bench, "www.example.test.").await, 5);
}
