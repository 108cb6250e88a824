//! Lifetimes.

use crate::bench::*;
use proto::Rcode;

fn zone(records: &str) -> Bench {
    Bench::on(world(&[ROOT, TEST1, ("example.test.", &["192.0.2.3"], records)]))
}

#[tokio::test(start_paused = true)]
async fn answers_from_cache_carry_the_remaining_ttl_rfc1034_3_6() {
    let bench = zone("www.example.test. 300 A 198.51.100.7\n");
    assert_eq!(bench.ask("www.example.test.").await.answer[0].ttl, 300);
    bench.pass(100).await;
    let before = bench.net.packets_sent();
    assert_eq!(bench.ask("www.example.test.").await.answer[0].ttl, 200);
    assert_eq!(bench.net.packets_sent(), before);
    bench.pass(201).await;
    assert_eq!(bench.ask("www.example.test.").await.answer[0].ttl, 300, "asked anew");
    assert!(bench.net.packets_sent() > before);
}

#[tokio::test(start_paused = true)]
async fn ttls_are_capped_at_a_day() {
    let bench = zone("www.example.test. 604800 A 198.51.100.7\n");
    for _ in 0..2 {
        assert_eq!(bench.ask("www.example.test.").await.answer[0].ttl, 86_400, "fresh and cached");
    }
}

#[tokio::test(start_paused = true)]
async fn denials_live_as_long_as_the_soa_says_rfc2308_5() {
    let bench = zone(""); // SOA TTL 3600, minimum 300
    for (name, rcode) in [("gone.example.test.", Rcode::NXDOMAIN), ("example.test. MX", Rcode::NOERROR)] {
        let answer = bench.ask(name).await;
        assert_eq!((answer.rcode, answer.authority[0].ttl), (rcode, 300));
        bench.pass(100).await;
        let before = bench.net.packets_sent();
        assert_eq!(bench.ask(name).await.authority[0].ttl, 200, "{name} falls");
        assert_eq!(bench.net.packets_sent(), before);
        bench.pass(201).await;
        bench.ask(name).await;
        assert!(bench.net.packets_sent() > before, "{name} is asked anew");
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_below_a_name_that_does_not_exist_rfc8020_2() {
    let bench = zone("");
    assert_eq!(bench.ask("gone.example.test.").await.rcode, Rcode::NXDOMAIN);
    let before = bench.net.packets_sent();
    let answer = bench.ask("www.deep.gone.example.test. MX").await;
    assert_eq!((answer.rcode, answer.authority.len()), (Rcode::NXDOMAIN, 1));
    assert_eq!(bench.net.packets_sent(), before);
}

#[tokio::test(start_paused = true)]
async fn zero_ttl_answers_once_and_is_not_kept_rfc1034_3_6() {
    let bench = zone("www.example.test. 0 A 198.51.100.7\na.example.test. 0 CNAME www.example.test.\n");
    assert_eq!(brief(&bench.ask("www.example.test.").await), WWW);
    let before = bench.net.packets_sent();
    assert_eq!(brief(&bench.ask("www.example.test.").await), WWW);
    assert_eq!(bench.net.packets_sent(), before + 1);
    assert_eq!(bench.ask("a.example.test.").await.answer.len(), 2);
    assert_eq!(bench.net.packets_sent(), before + 2, "the chain of one message is taken whole");
}

#[tokio::test(start_paused = true)]
async fn failures_are_remembered_five_seconds_doubling_to_five_minutes_rfc9520_3_2() {
    let bench = zone("");
    bench.net.kill("192.0.2.3".parse().unwrap());
    assert_eq!(bench.ask("www.example.test.").await.rcode, SERVFAIL);
    bench.pass(8).await; // the work behind the first answer ends
    let mut pauses = Vec::new();
    for _ in 0..9 {
        // Seconds of silence towards the zone until a repeated question reaches it again.
        let before = bench.sent_to("192.0.2.3");
        let mut waited = 0;
        loop {
            let answer = bench.ask("www.example.test.").await;
            assert_eq!(answer.rcode, SERVFAIL);
            if bench.sent_to("192.0.2.3") > before {
                break;
            }
            assert!(ede(&answer).contains(&13), "told as a cached error");
            bench.pass(1).await;
            waited += 1;
            assert!(waited <= 301, "no more than five minutes");
        }
        pauses.push(waited);
        bench.pass(8).await;
    }
    assert!(pauses.windows(2).all(|pair| pair[1] + 10 >= pair[0]), "{pauses:?}");
    assert!(pauses[8] > 250, "{pauses:?}");
}

#[tokio::test(start_paused = true)]
async fn expired_data_answers_when_servers_are_away_rfc8767_4() {
    let bench = zone("www.example.test. 60 A 198.51.100.7\n");
    bench.ask("www.example.test.").await;
    bench.pass(61).await;
    bench.net.kill("192.0.2.3".parse().unwrap());
    let began = bench.clock.now();
    let answer = bench.ask("www.example.test.").await;
    assert_eq!((brief(&answer).as_str(), ede(&answer), answer.answer[0].ttl), (WWW, vec![3], 30));
    assert_eq!(bench.elapsed_since(began).as_millis(), 1800, "the client timeout");
    bench.pass(10).await; // the walk has failed by now, and the failure is remembered
    let again = bench.ask("www.example.test.").await;
    assert_eq!((brief(&again).as_str(), ede(&again)), (WWW, vec![3]), "expired data beats a remembered failure");
}
