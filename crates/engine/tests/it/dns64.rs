//! IPv6 addresses made from IPv4 addresses (RFC 6147).

use crate::bench::*;
use engine::{ClientQuestion, Dns64, Synthesis, Trace};
use lab::Faults;
use proto::Rcode;

const RECORDS: &str = "www.example.test. 300 A 198.51.100.7\na.example.test. 200 CNAME www.example.test.\n\
    both.example.test. 300 A 198.51.100.8\nboth.example.test. 300 AAAA 2001:db8::8\n\
    mapped.example.test. 300 A 198.51.100.9\nmapped.example.test. 300 AAAA ::ffff:198.51.100.9\n\
    text.example.test. 300 TXT x\n";
const MADE: &str = "NOERROR | www.example.test. AAAA 64:ff9b::c633:6407";

fn bench() -> Bench {
    let world = world(&[ROOT, TEST1, ("example.test.", &["192.0.2.3"], RECORDS)]);
    Bench::new(world, Faults::default(), 1, |config| {
        config.dns64 = Some(Dns64::new("64:ff9b::/96".parse().unwrap()).unwrap());
    })
}

#[tokio::test(start_paused = true)]
async fn names_without_ipv6_addresses_get_made_ones_rfc6147_5_1() {
    let bench = bench();
    for _ in 0..2 {
        // From the servers, then from the cache.
        assert_eq!(brief(&bench.ask("www.example.test. AAAA").await), MADE);
        let chain = "NOERROR | a.example.test. CNAME www.example.test. | www.example.test. AAAA 64:ff9b::c633:6407";
        assert_eq!(brief(&bench.ask("a.example.test. AAAA").await), chain);
        assert_eq!(brief(&bench.ask("both.example.test. AAAA").await), "NOERROR | both.example.test. AAAA 2001:db8::8");
        let mapped = "NOERROR | mapped.example.test. AAAA 64:ff9b::c633:6409";
        assert_eq!(brief(&bench.ask("mapped.example.test. AAAA").await), mapped, "RFC 6147 §5.1.4");
        assert_eq!(brief(&bench.ask("text.example.test. AAAA").await), "NOERROR");
        assert_eq!(bench.ask("gone.example.test. AAAA").await.rcode, Rcode::NXDOMAIN);
        assert_eq!(brief(&bench.ask("www.example.test. A").await), WWW, "A stays A");
    }
    let at_once = bench.resolver.answer_at_once(&ClientQuestion::new(question("www.example.test. AAAA")));
    assert_eq!(brief(&at_once.unwrap()), MADE);
}

#[tokio::test(start_paused = true)]
async fn who_validates_gets_what_there_is_rfc6147_5_5() {
    let bench = bench();
    let asked =
        ClientQuestion { synthesis: Synthesis::Forbidden, ..ClientQuestion::new(question("www.example.test. AAAA")) };
    let answer = bench.resolver.resolve(asked, Trace::off()).await;
    assert_eq!((brief(&answer).as_str(), answer.authority.len()), ("NOERROR", 1));
}

#[tokio::test(start_paused = true)]
async fn reverse_names_of_made_addresses_lead_to_those_of_the_ipv4_addresses_rfc6147_5_3_1() {
    let records = "1.2.0.192.in-addr.arpa. 300 PTR www.example.test.\n";
    let world = world(&[(".", &["192.0.2.1"], records)]);
    let bench = Bench::new(world, Faults::default(), 1, |config| {
        config.dns64 = Some(Dns64::new("64:ff9b::/96".parse().unwrap()).unwrap());
    });
    let name = format!("1.0.2.0.0.0.0.c.{}b.9.f.f.4.6.0.0.ip6.arpa.", "0.".repeat(16));
    let answer = brief(&bench.ask(&format!("{name} PTR")).await);
    let alias = format!("NOERROR | {name} CNAME 1.2.0.192.in-addr.arpa.");
    assert_eq!(answer, format!("{alias} | 1.2.0.192.in-addr.arpa. PTR www.example.test."));
}
