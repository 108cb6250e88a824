use super::*;
use std::time::Duration;

use proto::{Flags, Message, Name, OptionCode, RrType, Rrset};

use crate::config::{Identity, LocalZone, LocalZoneKind};
use crate::testing::{Bench, query, tcp, udp};

fn ede(message: &Message) -> Option<Ede> {
    Ede::from_option(message.edns.as_ref()?.option(OptionCode::EDE)?)
}

fn data(message: &Message) -> Vec<String> {
    let sets = Rrset::group(&message.answer);
    sets.iter().flat_map(Rrset::addresses).map(|address| address.to_string()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_question_is_walked_once_and_then_cached_with_a_falling_ttl() {
    let bench = Bench::new(|_| ());
    let first = bench.ask("www.naver.com. A", udp("127.0.0.1")).await.unwrap();
    assert_eq!((first.rcode(), data(&first)), (Rcode::NOERROR, vec!["12.123.123.123".into()]));
    assert_eq!(first.flags, Flags(Flags::QR | Flags::RD | Flags::RA));
    let sent = bench.net.packets_sent();
    tokio::time::advance(Duration::from_secs(7)).await;
    let second = bench.ask("WWW.naver.com. A", udp("127.0.0.1")).await.unwrap();
    assert_eq!(second.answer[0].ttl + 7, first.answer[0].ttl);
    assert!(second.answer[0].name.eq_with_case(&"WWW.naver.com.".parse().unwrap()));
    assert_eq!(bench.net.packets_sent(), sent);
    let stats = &bench.stats;
    assert_eq!((stats.walks.value(), stats.answered_from_cache.value(), stats.replies.value()), (1, 1, 2));
}

#[tokio::test(start_paused = true)]
async fn what_is_too_big_for_a_datagram_goes_over_tcp_rfc7766_5() {
    let bench = Bench::new(|_| ());
    let over_udp = bench.ask("big.naver.com. TXT", udp("127.0.0.1")).await.unwrap();
    assert!(over_udp.flags.has(Flags::TC) && over_udp.answer.is_empty());
    assert_eq!(bench.stats.truncated.value(), 1);
    let over_tcp = bench.ask("big.naver.com. TXT", tcp("127.0.0.1")).await.unwrap();
    assert_eq!((over_tcp.flags.has(Flags::TC), over_tcp.answer[0].rtype), (false, RrType::TXT));
    let octets: usize = over_tcp.answer.iter().map(|record| record.rdata.len()).sum();
    assert!(octets > 4096);
}

#[tokio::test(start_paused = true)]
async fn denials_carry_their_soa_rfc2308_2() {
    let bench = Bench::new(|_| ());
    for (text, rcode) in [("nobody-here.rootwalk.net. A", Rcode::NXDOMAIN), ("www.rootwalk.net. MX", Rcode::NOERROR)] {
        let message = bench.ask(text, udp("127.0.0.1")).await.unwrap();
        assert_eq!((message.rcode(), message.answer.len()), (rcode, 0), "{text}");
        assert_eq!(message.authority[0].rtype, RrType::SOA, "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn strangers_are_refused_whatever_they_send_rfc5358_4() {
    let bench = Bench::new(|_| ());
    let nothing_asked = Message::empty(1, Flags(0)).to_wire();
    for request in [query(1, "www.naver.com. A"), query(1, "localhost. A"), nothing_asked, vec![0; 40]] {
        for client in [udp("192.0.2.1"), tcp("192.0.2.1")] {
            let reply = bench.service.handle(&request, client).await.unwrap();
            let message = Message::parse(&reply).unwrap();
            assert_eq!((message.rcode(), message.answer.len()), (Rcode::REFUSED, 0));
        }
    }
    let message = bench.ask("www.naver.com. A", udp("192.0.2.1")).await.unwrap();
    assert_eq!(ede(&message).unwrap().code, EdeCode::PROHIBITED);
    assert_eq!((bench.net.packets_sent(), bench.stats.denied.value()), (0, 9));
}

#[tokio::test(start_paused = true)]
async fn without_rd_nobody_is_asked_rfc1034_4_3_1() {
    let bench = Bench::new(|_| ());
    let mut request = query(1, "www.naver.com. A");
    request[2] &= !1; // RD
    let unknown = bench.service.handle(&request, udp("127.0.0.1")).await.unwrap();
    let unknown = Message::parse(&unknown).unwrap();
    assert_eq!((unknown.rcode(), unknown.flags.has(Flags::RD)), (Rcode::REFUSED, false));
    assert!(!ede(&unknown).unwrap().text.is_empty());
    assert_eq!(bench.net.packets_sent(), 0);
    bench.ask("www.naver.com. A", udp("127.0.0.1")).await.unwrap();
    let known = Message::parse(&bench.service.handle(&request, udp("127.0.0.1")).await.unwrap()).unwrap();
    assert_eq!(data(&known), ["12.123.123.123"]);
}

#[tokio::test(start_paused = true)]
async fn failures_say_why_rfc8914_3() {
    let bench = Bench::new(|_| ());
    bench.silence(".");
    let began = Clock::system().now();
    let message = bench.ask("www.naver.com. A", udp("127.0.0.1")).await.unwrap();
    assert_eq!(message.rcode(), Rcode::SERVFAIL);
    assert!(ede(&message).unwrap().text.contains("no root server could be reached"));
    assert!(Clock::system().now() - began <= Duration::from_millis(4500));
    assert_eq!(bench.stats.failures.value(), 1);
}

#[tokio::test(start_paused = true)]
async fn identical_questions_are_walked_once_rfc5452_5() {
    let bench = Bench::new(|_| ());
    let ask = |text, client| bench.ask(text, client);
    let (a, b, c) = tokio::join!(
        ask("www.naver.com. A", udp("127.0.0.1")),
        ask("WWW.NAVER.com. A", udp("127.0.0.2")),
        ask("www.naver.com. A", tcp("127.0.0.1")),
    );
    for message in [a.unwrap(), b.unwrap(), c.unwrap()] {
        assert_eq!(data(&message), ["12.123.123.123"]);
    }
    assert_eq!((bench.stats.walks.value(), bench.stats.joined.value(), bench.service.in_flight()), (1, 2, 0));
}

#[tokio::test(start_paused = true)]
async fn data_that_comes_late_is_not_sent_to_an_unproven_address_dnsbomb() {
    let bench = Bench::new(|_| ());
    let octets = query(7, "www.naver.com. A");
    let after = |milliseconds, client: Client, rcode| {
        let Received::Query(query) = receive::read(&octets) else { panic!() };
        let Decision::Resolve(asked) = policy::decide(&query, client.transport, &Identity::default()) else { panic!() };
        let work = || async move {
            tokio::time::sleep(Duration::from_millis(milliseconds)).await;
            Answer::empty(rcode)
        };
        let waiter = bench.service.questions.join(&asked, client, work).unwrap();
        let came = bench.service.clock.now();
        bench.service.finish(Box::new(Waiting { reply_to: query.reply_to, client, came, behind: Vec::new(), waiter }))
    };
    assert!(after(2000, udp("127.0.0.1"), Rcode::NOERROR).await.is_some());
    assert_eq!(after(2001, udp("127.0.0.1"), Rcode::NOERROR).await, None);
    assert_eq!(after(2001, udp("127.0.0.1"), Rcode::NXDOMAIN).await, None);
    assert!(after(4500, udp("127.0.0.1"), Rcode::SERVFAIL).await.is_some(), "a failure is no larger than its question");
    assert!(after(4500, tcp("127.0.0.1"), Rcode::NOERROR).await.is_some());
    assert_eq!(bench.stats.too_late.value(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_one_question_is_a_failure_of_that_question() {
    let bench = Bench::new(|_| ());
    let Received::Query(asked) = receive::read(&query(7, "www.naver.com. A")) else { panic!() };
    let question = ClientQuestion::new(asked.entry.question.clone());
    let client = udp("127.0.0.1");
    let waiter = bench.service.questions.join(&question, client, || async { panic!("on purpose") }).unwrap();
    let waiting =
        Waiting { reply_to: asked.reply_to, client, came: bench.service.clock.now(), behind: Vec::new(), waiter };
    let message = Message::parse(&bench.service.finish(Box::new(waiting)).await.unwrap()).unwrap();
    assert_eq!((message.rcode(), ede(&message).unwrap().text.as_str()), (Rcode::SERVFAIL, "internal error"));
    assert_eq!(bench.stats.panics.value(), 1);
    let step = bench.service.guarded(&query(8, "a. A"), || panic!("on purpose"));
    let Step::Reply(reply) = step else { panic!() };
    assert_eq!(Message::parse(&reply).unwrap().rcode(), Rcode::SERVFAIL);
    let answer = bench.ask("www.naver.com. A", client).await.unwrap();
    assert_eq!(data(&answer), ["12.123.123.123"], "life goes on");
}

#[tokio::test(start_paused = true)]
async fn cached_answers_do_not_wait_behind_slow_questions() {
    let bench = Bench::new(|config| config.questions.waiting_per_client = 3);
    bench.ask("www.naver.com. A", udp("127.0.0.1")).await.unwrap();
    let mut waiting = Vec::new();
    for number in 0..3 {
        let request = query(number, &format!("n{number}.alldead.rootwalk.net. A"));
        let Step::Wait(slow) = bench.service.begin(&request, udp("127.0.0.1")) else { panic!() };
        waiting.push(slow);
    }
    let another = query(9, "n9.alldead.rootwalk.net. A");
    assert!(matches!(bench.service.begin(&another, udp("127.0.0.1")), Step::Drop));
    let Step::Reply(refused) = bench.service.begin(&another, tcp("127.0.0.1")) else { panic!() };
    let refused = Message::parse(&refused).unwrap();
    assert_eq!((refused.rcode(), ede(&refused).unwrap().code), (Rcode::SERVFAIL, EdeCode::OVER_QUOTA));
    assert_eq!(bench.stats.over_client_quota.value(), 2);
    for known in ["www.naver.com. A", "localhost. A"] {
        assert!(matches!(bench.service.begin(&query(7, known), udp("127.0.0.1")), Step::Reply(_)), "{known}");
    }
}

#[tokio::test(start_paused = true)]
async fn local_sources_come_in_order_and_ask_nobody() {
    let bench = Bench::new(|config| config.identity.0 = "here".into());
    for (text, rcode) in [
        ("localhost. A", Rcode::NOERROR),
        ("a.test. A", Rcode::NXDOMAIN),
        ("example. TYPE252", Rcode::REFUSED),
        ("localhost. TYPE252", Rcode::REFUSED),
    ] {
        assert_eq!(bench.ask(text, udp("127.0.0.1")).await.unwrap().rcode(), rcode, "{text}");
    }
    let any = bench.ask("localhost. ANY", udp("127.0.0.1")).await.unwrap();
    assert!(any.flags.has(Flags::TC));
    assert_eq!((bench.net.packets_sent(), bench.stats.answered_locally.value()), (0, 4));
}

#[tokio::test(start_paused = true)]
async fn replies_to_nobody_and_to_broken_messages() {
    let bench = Bench::new(|_| ());
    let mut reply = query(1, "www.naver.com. A");
    reply[2] |= 0x80; // QR
    assert_eq!(bench.service.handle(&reply, udp("127.0.0.1")).await, None);
    assert_eq!(bench.service.handle(&[0; 11], tcp("127.0.0.1")).await, None);
    let broken = &query(1, "www.naver.com. A")[..20];
    let message = Message::parse(&bench.service.handle(broken, udp("127.0.0.1")).await.unwrap()).unwrap();
    assert_eq!((message.id, message.rcode()), (1, Rcode::FORMERR));
    assert_eq!((bench.stats.ignored.value(), bench.stats.rejected.value()), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn local_data_answers_first_and_its_aliases_lead_on_rfc1034_3_6_2() {
    let text = "mine.com. 60 A 192.0.2.1\nshop.example. 60 CNAME www.naver.com.\nvoid. 60 CNAME localhost.\n";
    let bench = Bench::new(|config| {
        config.local.records = proto::zonefile::parse(text, &Name::root()).unwrap();
        let kind = LocalZoneKind::Deny;
        config.local.zones = vec![LocalZone { name: "deny.example.".parse().unwrap(), kind, records: vec![] }];
    });
    let client = udp("127.0.0.1");
    let owners = |reply: &Message| -> Vec<String> {
        reply.answer.iter().map(|record| format!("{} {}", record.name, record.rtype)).collect()
    };
    let local = bench.ask("mine.com. A", client).await.unwrap();
    assert_eq!(local.answer[0].to_string(), "mine.com. 60 IN A 192.0.2.1");
    assert_eq!(owners(&bench.ask("void. A", client).await.unwrap()), ["void. CNAME", "localhost. A"]);
    assert_eq!(bench.net.packets_sent(), 0);
    for _ in 0..2 {
        // From the walk, then from the cache.
        let mut asked = Message::parse(&query(1, "shop.example. A")).unwrap();
        asked.flags.set(Flags::AD, true);
        let led_on = bench.service.handle(&asked.to_wire(), client).await.unwrap();
        let led_on = Message::parse(&led_on).unwrap();
        assert_eq!(owners(&led_on), ["shop.example. CNAME", "www.naver.com. A"]);
        assert_eq!(led_on.questions[0].question.name.to_string(), "shop.example.");
        assert!(!led_on.flags.has(Flags::AD), "nobody has signed what we say ourselves");
    }
    assert!(bench.ask("www.deny.example. A", client).await.is_none());
}
