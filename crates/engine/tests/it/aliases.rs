//! CNAME and DNAME.

use crate::bench::*;
use proto::{Rcode, RrType, Security};

fn chain(length: usize) -> String {
    let link = |number: usize| format!("c{number}.example.test. CNAME c{}.example.test.\n", number + 1);
    let links: String = (0..length).map(link).collect();
    format!("{links}c{length}.example.test. A 198.51.100.7\n")
}

#[tokio::test(start_paused = true)]
async fn eleven_aliases_are_followed_and_twelve_are_not() {
    for (length, rcode) in [(11, Rcode::NOERROR), (12, SERVFAIL)] {
        let text = chain(length);
        let bench = Bench::on(world(&[ROOT, TEST, ("example.test.", &["192.0.2.3", "192.0.2.4"], &text)]));
        let answer = bench.ask("c0.example.test.").await;
        assert_eq!(answer.rcode, rcode, "{length}");
        if rcode == Rcode::NOERROR {
            assert_eq!(answer.answer.len(), 12);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn chain_over_zones_and_partly_from_cache_rfc1034_3_6_2() {
    let world = world(&[
        ROOT,
        (
            "test.",
            &["192.0.2.2"],
            "a.test. NS ns1.a.test.\nns1.a.test. A 192.0.2.5\nb.test. NS ns1.b.test.\nns1.b.test. A 192.0.2.6\n",
        ),
        ("a.test.", &["192.0.2.5"], "www.a.test. 60 CNAME www.b.test.\n"),
        ("b.test.", &["192.0.2.6"], "www.b.test. 3000 A 198.51.100.7\nwww.b.test. 3000 AAAA 2001:db8::7\n"),
    ]);
    let bench = Bench::on(world);
    let expected = "NOERROR | www.a.test. CNAME www.b.test. | www.b.test. A 198.51.100.7";
    assert_eq!(brief(&bench.ask("www.a.test.").await), expected);
    bench.pass(61).await; // the alias has expired, its target has not
    let before = bench.sent_to("192.0.2.6");
    assert_eq!(brief(&bench.ask("www.a.test.").await), expected);
    assert_eq!(bench.sent_to("192.0.2.6"), before, "the target came from the cache");
    let before = bench.net.packets_sent();
    let answer = bench.ask("www.a.test. CNAME").await;
    assert_eq!(brief(&answer), "NOERROR | www.a.test. CNAME www.b.test.");
    assert_eq!(bench.net.packets_sent(), before, "asked for itself the alias is data");
}

#[tokio::test(start_paused = true)]
async fn loops_end_at_the_first_repetition() {
    let text = "a.example.test. CNAME b.example.test.\nb.example.test. CNAME a.example.test.\nself.example.test. CNAME self.example.test.\n";
    let bench = Bench::on(world(&[ROOT, TEST1, ("example.test.", &["192.0.2.3"], text)]));
    for name in ["a.example.test.", "self.example.test."] {
        let before = bench.net.packets_sent();
        let answer = bench.ask(name).await;
        assert_eq!(answer.rcode, SERVFAIL);
        assert!(answer.extended_errors[0].text.contains("loop"), "{answer:?}");
        assert!(bench.net.packets_sent() - before <= 8);
    }
}

#[tokio::test(start_paused = true)]
async fn dname_renames_what_is_below_it_rfc6672_3() {
    let text = "old.example.test. 600 DNAME new.example.test.\nwww.new.example.test. 300 A 198.51.100.7\nold.example.test. A 198.51.100.1\n";
    let bench = Bench::on(world(&[ROOT, TEST1, ("example.test.", &["192.0.2.3"], text)]));
    let expected = concat!(
        "NOERROR | old.example.test. DNAME new.example.test. | www.old.example.test. CNAME www.new.example.test. | ",
        "www.new.example.test. A 198.51.100.7",
    );
    assert_eq!(brief(&bench.ask("www.old.example.test.").await), expected);
    let before = bench.net.packets_sent();
    assert_eq!(brief(&bench.ask("www.old.example.test.").await), expected, "the same from the cache");
    assert_eq!(bench.net.packets_sent(), before);
    assert_eq!(bench.ask("x.old.example.test.").await.rcode, Rcode::NXDOMAIN);
    assert_eq!(brief(&bench.ask("old.example.test.").await), "NOERROR | old.example.test. A 198.51.100.1");
}

#[tokio::test(start_paused = true)]
async fn dname_that_makes_the_name_too_long_is_yxdomain_rfc6672_2_2() {
    let long = "abcdefghijklmnopqrstuvwxyz.".repeat(7);
    let text = format!("d.example.test. DNAME {long}example.test.\n");
    let bench = Bench::on(world(&[ROOT, TEST1, ("example.test.", &["192.0.2.3"], &text)]));
    let name = format!("{}d.example.test.", "abcdefghijklmnopqrstuvwxyz.".repeat(4));
    for _ in 0..2 {
        assert_eq!(bench.ask(&name).await.rcode, Rcode::YXDOMAIN);
    }
}

#[tokio::test(start_paused = true)]
async fn denial_at_the_end_of_a_chain_rfc6604_3() {
    let text = "a.example.test. CNAME gone.example.test.\nb.example.test. CNAME www.example.test.\nwww.example.test. A 198.51.100.7\n";
    let bench = Bench::on(world(&[ROOT, TEST1, ("example.test.", &["192.0.2.3"], text)]));
    let answer = bench.ask("a.example.test.").await;
    assert_eq!((answer.rcode, answer.answer.len(), answer.authority.len()), (Rcode::NXDOMAIN, 1, 1));
    let answer = bench.ask("b.example.test. MX").await;
    assert_eq!((answer.rcode, answer.answer.len(), answer.authority.len()), (Rcode::NOERROR, 1, 1));
}

#[tokio::test(start_paused = true)]
async fn what_stands_beside_an_alias_is_asked_for_and_not_followed_rfc4035_2_5() {
    let bench = Bench::embedded(1);
    let followed = "NOERROR | m.naver.com. CNAME www.naver.com. | www.naver.com. A 12.123.123.123";
    assert_eq!(brief(&bench.ask("m.naver.com.").await), followed);
    // The alias is known now.
    for _ in 0..2 {
        let answer = bench.ask("m.naver.com. NSEC").await;
        let owners: Vec<_> = answer.answer.iter().map(|set| (set.name.to_string(), set.rtype)).collect();
        assert_eq!(owners, [("m.naver.com.".to_owned(), RrType::NSEC)], "{answer:?}");
        assert_eq!(answer.security, Security::Secure);
    }
    // Whether a key stands there its servers say, not what is known of the alias; they say that none does.
    let answer = bench.ask("m.naver.com. KEY").await;
    assert!(bench.sent().iter().any(|sent| sent.ends_with(" m.naver.com. KEY")), "{:?}", bench.sent());
    assert!(brief(&answer).starts_with("NOERROR | m.naver.com. CNAME www.naver.com."), "{answer:?}");
    // Nor is one that would follow from a wildcard whose gaps are known (RFC 8198 §5.3).
    for known in ["*.alias.rootwalk.net. CNAME", "any.alias.rootwalk.net. A"] {
        bench.ask(known).await;
    }
    let answer = bench.ask("other.alias.rootwalk.net. NSEC").await;
    assert!(answer.answer.iter().all(|set| set.rtype == RrType::NSEC) && answer.answer.len() == 1, "{answer:?}");
    assert_eq!(answer.security, Security::Secure);
}
