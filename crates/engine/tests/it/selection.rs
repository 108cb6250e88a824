//! Which server is asked, and when the next one.

use std::time::Duration;

use crate::bench::*;
use lab::{Behaviour, Faults};
use proto::Rcode;

#[tokio::test(start_paused = true)]
async fn a_second_server_is_asked_after_the_first_timeout() {
    for seed in 0..10 {
        let bench = Bench::new(small(), Faults::default(), seed, |_| {});
        bench.net.kill("192.0.2.3".parse().unwrap());
        let began = bench.clock.now();
        assert_eq!(brief(&bench.ask("www.example.test.").await), WWW);
        // Priming, root, test., and at worst 400 ms of silence before the other server answers.
        assert!(bench.elapsed_since(began) < Duration::from_millis(700), "{:?}", bench.elapsed_since(began));
    }
}

#[tokio::test(start_paused = true)]
async fn a_dead_server_is_left_alone_and_probed_seldom() {
    let text = "*.example.test. 1 A 198.51.100.7\n";
    let bench = Bench::on(world(&[ROOT, TEST, ("example.test.", &["192.0.2.3", "192.0.2.4"], text)]));
    bench.net.kill("192.0.2.3".parse().unwrap());
    for number in 0..200 {
        assert_eq!(bench.ask(&format!("n{number}.example.test.")).await.rcode, Rcode::NOERROR);
    }
    assert!(bench.sent_to("192.0.2.3") < 20, "{}", bench.sent_to("192.0.2.3"));
    bench.net.heal("192.0.2.3".parse().unwrap());
    bench.pass(400).await;
    let before = bench.sent_to("192.0.2.3");
    for number in 0..200 {
        bench.ask(&format!("m{number}.example.test.")).await;
    }
    assert!(bench.sent_to("192.0.2.3") - before > 20, "it is used again once it lives");
}

#[tokio::test(start_paused = true)]
async fn dead_ipv6_costs_one_detection_and_is_probed_again_after_a_minute() {
    // Every zone has one IPv4 and one IPv6 server, each IPv6 one in a /48 of its own.
    let mut tld = String::new();
    let mut zones = Vec::new();
    for number in 0..60 {
        let (v4, v6) = (format!("198.51.100.{number}"), format!("2001:db8:{number:x}::53"));
        tld += &format!("z{number}.test. NS ns1.z{number}.test.\nz{number}.test. NS ns2.z{number}.test.\n");
        tld += &format!("ns1.z{number}.test. A {v4}\nns2.z{number}.test. AAAA {v6}\n");
        zones.push((format!("z{number}.test."), v4, v6, format!("www.z{number}.test. A 203.0.113.1\n")));
    }
    let addresses: Vec<[&str; 2]> = zones.iter().map(|zone| [zone.1.as_str(), zone.2.as_str()]).collect();
    let mut all = vec![ROOT, ("test.", &["192.0.2.2"][..], tld.as_str())];
    all.extend(zones.iter().zip(&addresses).map(|(zone, both)| (zone.0.as_str(), &both[..], zone.3.as_str())));
    let bench = Bench::on(world(&all));
    bench.net.cut_ipv6();
    let to_ipv6 = |bench: &Bench| bench.net.log().iter().filter(|sent| sent.to.is_ipv6()).count();
    for number in 0..40 {
        assert_eq!(bench.ask(&format!("www.z{number}.test.")).await.rcode, Rcode::NOERROR);
    }
    let detection = to_ipv6(&bench);
    assert!((1..=8).contains(&detection), "{detection} packets into the void");
    bench.net.heal_ipv6();
    bench.pass(61).await;
    for number in 40..60 {
        bench.ask(&format!("www.z{number}.test.")).await;
    }
    assert!(to_ipv6(&bench) > detection, "IPv6 is tried again after its rest");
}

#[tokio::test(start_paused = true)]
async fn a_network_with_one_family_only_works() {
    for (v4, v6) in [(true, false), (false, true)] {
        let world = world(&[
            (
                ".",
                &["192.0.2.1", "2001:db8::1"],
                "test. NS ns1.test.\ntest. NS ns2.test.\nns1.test. A 192.0.2.2\nns2.test. AAAA 2001:db8:1::2\n",
            ),
            ("test.", &["192.0.2.2", "2001:db8:1::2"], "www.test. A 198.51.100.7\n"),
        ]);
        let bench = Bench::new(world, Faults::default(), 1, |config| (config.ipv4, config.ipv6) = (v4, v6));
        assert_eq!(bench.ask("www.test.").await.rcode, Rcode::NOERROR);
        assert!(bench.net.log().iter().all(|sent| sent.to.is_ipv4() == v4));
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_server_is_waited_for_when_there_is_no_other() {
    let world = world_with(
        &[ROOT, TEST1, ("example.test.", &["192.0.2.3"], "www.example.test. A 198.51.100.7\n")],
        |address| {
            let delay = Duration::from_millis(if address == "192.0.2.3" { 1500 } else { 0 });
            Behaviour { delay, ..Behaviour::normal() }
        },
    );
    let bench = Bench::on(world);
    bench.ask("www.example.test.").await;
    bench.pass(10).await;
    assert_eq!(brief(&bench.ask("www.example.test.").await), WWW, "at the latest with the next question");
}
