//! Priming (RFC 9609).

use crate::bench::*;

fn priming_questions(bench: &Bench) -> usize {
    bench.sent().iter().filter(|sent| sent.ends_with(" . NS")).count()
}

#[tokio::test(start_paused = true)]
async fn root_servers_are_asked_for_their_list_and_it_is_kept_by_its_ttl_rfc9609_3() {
    let bench = Bench::on(small());
    assert_eq!(priming_questions(&bench), 0, "nothing happens before a client asks");
    assert_eq!(brief(&bench.ask("www.example.test.").await), WWW);
    assert_eq!(bench.ask("other.example.test.").await.rcode, proto::Rcode::NXDOMAIN);
    assert_eq!(priming_questions(&bench), 1);
    bench.pass(3601).await; // TTL of the root's NS set
    bench.ask("www.test.").await;
    assert_eq!(priming_questions(&bench), 2);
}

#[tokio::test(start_paused = true)]
async fn priming_may_be_switched_off() {
    let bench = Bench::new(small(), lab::Faults::default(), 1, |config| config.prime_root = false);
    assert_eq!(brief(&bench.ask("www.example.test.").await), WWW);
    assert_eq!(priming_questions(&bench), 0);
}

#[tokio::test(start_paused = true)]
async fn failed_priming_is_tried_again_with_the_next_question_rfc9609_3_1() {
    let bench = Bench::on(small());
    bench.net.kill("192.0.2.1".parse().unwrap());
    let answer = bench.ask("www.example.test.").await;
    assert_eq!((answer.rcode, ede(&answer)), (SERVFAIL, vec![22]));
    assert!(answer.extended_errors[0].text.contains("no root server could be reached"), "{answer:?}");
    bench.net.heal("192.0.2.1".parse().unwrap());
    bench.pass(10).await; // the rest of the work ends
    assert_eq!(brief(&bench.ask("www.example.test.").await), WWW, "no failure of the network is remembered");
}

#[tokio::test(start_paused = true)]
async fn without_a_network_the_answer_says_so_and_nothing_needs_a_restart() {
    let bench = Bench::new(small(), lab::Faults::default(), 1, |config| config.root_hints = engine::hints::iana());
    bench.net.set_strangers(lab::Strangers::Unreachable);
    let began = bench.clock.now();
    let answer = bench.ask("www.example.test.").await;
    assert_eq!((answer.rcode, ede(&answer)), (SERVFAIL, vec![23]));
    assert!(answer.extended_errors[0].text.contains("no root server could be reached"), "{answer:?}");
    assert!(bench.elapsed_since(began).as_millis() < 4500);
}

#[tokio::test(start_paused = true)]
async fn compiled_in_hints_lead_into_an_internet_at_the_real_root_addresses_rfc9609_2() {
    let world = lab::World::embedded_at_root_addresses();
    let bench = Bench::new(world, lab::Faults::default(), 1, |config| config.root_hints = engine::hints::iana());
    assert_eq!(brief(&bench.ask("www.naver.com.").await), "NOERROR | www.naver.com. A 12.123.123.123");
    let roots: Vec<_> = engine::hints::iana().into_iter().flat_map(|server| server.addresses).collect();
    let first = bench.net.log()[0].to.ip();
    assert!(roots.contains(&first), "{first} is a root server's");
}

#[tokio::test(start_paused = true)]
async fn a_root_server_that_is_written_down_is_asked_wherever_it_is() {
    let root = (".", &["127.0.0.10"][..], ROOT.2);
    let local = "local.test. 3600 NS ns1.local.test.\nns1.local.test. 3600 A 127.0.0.11\n";
    let zones = [
        root,
        ("test.", &["192.0.2.2"][..], local),
        ("local.test.", &["127.0.0.11"][..], "www.local.test. A 198.51.100.7\n"),
    ];
    for prime in [true, false] {
        let bench = Bench::new(world(&zones), lab::Faults::default(), 1, |config| {
            config.query_localhost = false;
            config.prime_root = prime;
        });
        assert_eq!(bench.ask("test. SOA").await.rcode, proto::Rcode::NOERROR, "priming {prime}");
        assert_eq!(bench.ask("www.local.test.").await.rcode, SERVFAIL, "glue does not lead to loopback addresses");
        assert_eq!(bench.sent_to("127.0.0.11"), 0);
    }
}
