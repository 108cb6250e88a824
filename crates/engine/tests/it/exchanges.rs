//! One question, one server: EDNS, TCP, letter case, cookies, forged replies.

use crate::bench::*;
use lab::{Behaviour, CaseHabit, CookieHabit, EdnsHabit, Forgery, TcpHabit, Transport, UdpHabit};

fn example_with(behaviour: &Behaviour) -> Bench {
    let text = "www.example.test. 300 A 198.51.100.7\n*.w.example.test. 300 A 198.51.100.8\n";
    let behaviour = behaviour.clone();
    Bench::on(world_with(&[ROOT, TEST1, ("example.test.", &["192.0.2.3"], text)], move |address| match address {
        "192.0.2.3" => behaviour.clone(),
        _ => Behaviour::normal(),
    }))
}

async fn many(bench: &Bench) -> f64 {
    bench.ask("www.example.test.").await;
    let before = bench.sent_to("192.0.2.3");
    for number in 0..20 {
        let answer = bench.ask(&format!("n{number}-{before}.w.example.test.")).await;
        assert_eq!(answer.answer.len(), 1, "{answer:?}");
    }
    (bench.sent_to("192.0.2.3") - before) as f64 / 20.0
}

#[tokio::test(start_paused = true)]
async fn servers_that_reject_edns_are_asked_without_rfc6891_7() {
    for edns in [EdnsHabit::FormErr, EdnsHabit::NotImp, EdnsHabit::BadVers, EdnsHabit::Silent, EdnsHabit::Ignores] {
        let bench = example_with(&Behaviour { edns, ..Behaviour::normal() });
        assert_eq!(brief(&bench.ask("www.example.test.").await), WWW, "{edns:?}");
        many(&bench).await;
        let learned = many(&bench).await;
        bench.pass(400).await;
        assert!(learned < 1.2, "{edns:?}: what was learnt is used, {learned} packets a question");
    }
}

#[tokio::test(start_paused = true)]
async fn truncated_replies_come_over_tcp_and_connections_are_reused_rfc7766_5() {
    let bench = example_with(&Behaviour { udp: UdpHabit::Truncates, ..Behaviour::normal() });
    assert_eq!(brief(&bench.ask("www.example.test.").await), WWW);
    assert!(bench.net.log().iter().any(|sent| sent.transport == Transport::Tcp));
    many(&bench).await;
    assert!(bench.net.connections() <= 2, "{} connections", bench.net.connections());
}

#[tokio::test(start_paused = true)]
async fn a_server_without_tcp_that_truncates_is_a_failed_server() {
    for tcp in [TcpHabit::Refuses, TcpHabit::Silent, TcpHabit::Truncates] {
        let bench = example_with(&Behaviour { udp: UdpHabit::Truncates, tcp, ..Behaviour::normal() });
        let began = bench.clock.now();
        let answer = bench.ask("www.example.test.").await;
        assert_eq!(answer.rcode, SERVFAIL, "{tcp:?}");
        assert!(bench.elapsed_since(began).as_millis() <= 4500, "{tcp:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn letter_case_is_mixed_and_compared_and_given_up_where_it_breaks() {
    let bench = example_with(&Behaviour::normal());
    many(&bench).await;
    let mixed = bench.net.log().into_iter().filter_map(|sent| sent.question);
    assert!(mixed.filter(|question| !question.name.eq_with_case(&question.name.to_lowercase())).count() > 15);

    let bench = example_with(&Behaviour { case: CaseHabit::Lowers, ..Behaviour::normal() });
    assert_eq!(brief(&bench.ask("www.example.test.").await), WWW);
    many(&bench).await;
    assert!(many(&bench).await < 1.1, "the opt-out is learned");
    let last = bench.net.log().pop().and_then(|sent| sent.question).unwrap();
    assert!(last.name.eq_with_case(&last.name.to_lowercase()));
}

#[tokio::test(start_paused = true)]
async fn cookies_are_given_back_rfc7873_5_3() {
    for cookies in [CookieHabit::Gives, CookieHabit::Demands] {
        let bench = example_with(&Behaviour { cookies, ..Behaviour::normal() });
        assert_eq!(brief(&bench.ask("www.example.test.").await), WWW, "{cookies:?}");
        assert!(many(&bench).await < 1.1, "{cookies:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn forged_replies_are_dropped_and_the_wait_goes_on_rfc5452_9() {
    for forgery in [
        Forgery::Address,
        Forgery::Port,
        Forgery::Id(1),
        Forgery::Id(2),
        Forgery::Id(50),
        Forgery::Question,
        Forgery::Case,
        Forgery::Query,
        Forgery::Garbage,
    ] {
        let bench = example_with(&Behaviour { forgeries: vec![forgery], ..Behaviour::normal() });
        let answer = bench.ask("www.example.test.").await;
        assert_eq!(brief(&answer), WWW, "{forgery:?}");
        let over_tcp = bench.net.log().iter().any(|sent| sent.transport == Transport::Tcp);
        let guessing = matches!(forgery, Forgery::Id(50) | Forgery::Case);
        assert_eq!(over_tcp, guessing, "{forgery:?}: many near misses move the question to TCP");
    }
}

#[tokio::test(start_paused = true)]
async fn identifiers_and_ports_are_drawn_anew_for_each_question_rfc5452_9_2() {
    let bench = example_with(&Behaviour::normal());
    many(&bench).await;
    let ports: std::collections::BTreeSet<u16> = bench.net.ports().into_iter().collect();
    assert!(ports.len() >= 20, "{ports:?}");
    assert!(ports.iter().any(|port| *port < 32_768) && ports.iter().any(|port| *port > 49_152), "the whole range");
}

#[tokio::test(start_paused = true)]
async fn one_question_is_in_flight_once_rfc5452_5() {
    let bench = example_with(&Behaviour::normal());
    let mut race = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let resolver = bench.resolver.clone();
        race.spawn(async move {
            let question = engine::ClientQuestion::new(question("www.example.test."));
            resolver.resolve(question, engine::Trace::off()).await
        });
    }
    while let Some(answer) = race.join_next().await {
        assert_eq!(brief(&answer.unwrap()), WWW);
    }
    assert_eq!(bench.sent_to("192.0.2.3"), 1);
    assert_eq!(bench.sent_to("192.0.2.1"), 2, "priming and one referral");
}

/// Who sees many of our questions must not be able to tell the port of the next one, nor which of our threads asks it.
#[tokio::test(start_paused = true)]
async fn source_ports_follow_no_pattern_rfc5452_9_2() {
    let bench = example_with(&Behaviour::normal());
    for number in 0..256 {
        bench.ask(&format!("n{number}.w.example.test.")).await;
    }
    let ports = bench.net.ports();
    assert!(ports.len() >= 256 && ports.iter().all(|port| *port >= 1024), "{} sockets", ports.len());
    let most = |values: Vec<i32>| {
        let of = |value: &i32| values.iter().filter(|other| *other == value).count();
        values.iter().map(of).max().unwrap_or(0)
    };
    assert!(most(ports.iter().map(|port| i32::from(*port)).collect()) <= 2, "a port comes back");
    let steps = ports.windows(2).map(|pair| i32::from(pair[1]) - i32::from(pair[0])).collect();
    assert!(most(steps) <= 2, "ports go on by a step");
    let mut sixteenths = [0; 16];
    ports.iter().for_each(|port| sixteenths[usize::from(port >> 12)] += 1);
    assert!(sixteenths.iter().all(|count| *count >= 4), "all of the range is used: {sixteenths:?}");
}
