//! What signed zones have shown spares questions (RFC 8198), and what unsigned ones have does not rename names.

use crate::bench::*;
use engine::{Checking, ClientQuestion, Trace};
use lab::{Faults, Signing, SigningAlgorithm};
use proto::{Rcode, RrType, Security};

const RECORDS: &str = "www.example.test. 300 A 198.51.100.7\n*.w.example.test. 300 A 198.51.100.8\n\
    *.c.example.test. 300 CNAME www.example.test.\nold.example.test. 0 DNAME new.example.test.\n\
    a.new.example.test. 300 A 198.51.100.9\nb.new.example.test. 300 A 198.51.100.10\n\
    sub.example.test. 300 NS ns1.sub.example.test.\nns1.sub.example.test. 300 A 192.0.2.5\n";
const SUB: (&str, &[&str], &str) = ("sub.example.test.", &["192.0.2.5"], "www.sub.example.test. 300 A 198.51.100.11\n");

fn nsec(_: &str) -> Signing {
    Signing::with(SigningAlgorithm::EcdsaP256)
}

fn nsec3(zone: &str) -> Signing {
    nsec(zone).nsec3(&[0xAB], 1)
}

/// The usual small world, all of it signed but the zone below example.test.
fn signed(how: fn(&str) -> Signing) -> Bench {
    let zones = [ROOT, TEST1, ("example.test.", &["192.0.2.3"][..], RECORDS), SUB];
    let signing = |zone: &str| (zone != "sub.example.test.").then(|| how(zone));
    Bench::on(signed_world(&zones, signing))
}

fn unsigned() -> Bench {
    Bench::on(world(&[ROOT, TEST1, ("example.test.", &["192.0.2.3"], RECORDS), SUB]))
}

#[tokio::test(start_paused = true)]
async fn a_wildcard_that_is_known_stands_in_for_names_in_known_gaps_rfc8198_5_3() {
    for how in [nsec, nsec3] {
        let bench = signed(how);
        assert_eq!(brief(&bench.ask("one.w.example.test.").await), "NOERROR | one.w.example.test. A 198.51.100.8");
        assert_eq!(bench.ask("one.c.example.test.").await.rcode, Rcode::NOERROR);
        for number in 0..20 {
            bench.ask(&format!("{number}.w.example.test.")).await; // hashes lie in gaps all over the zone: shows them all
        }
        let before = bench.net.packets_sent();
        let made = bench.ask("two.w.example.test.").await;
        assert_eq!(
            (brief(&made).as_str(), made.security),
            ("NOERROR | two.w.example.test. A 198.51.100.8", Security::Secure)
        );
        assert!(
            made.authority.iter().any(|set| matches!(set.rtype, RrType::NSEC | RrType::NSEC3)),
            "the proof comes along"
        );
        assert_eq!(made.answer[0].signatures.len(), 1);
        let alias = bench.ask("two.c.example.test.").await;
        let expected = "NOERROR | two.c.example.test. CNAME www.example.test. | www.example.test. A 198.51.100.7";
        assert_eq!((brief(&alias).as_str(), alias.security), (expected, Security::Secure));
        assert_eq!(bench.net.packets_sent(), before, "nobody was asked");
        assert_eq!(bench.ask("two.w.example.test. TXT").await.rcode, Rcode::NOERROR, "other types are asked for");
        assert_eq!(brief(&bench.ask("www.example.test.").await), WWW, "what exists is no wildcard's");
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_made_from_the_wildcard_of_an_unsigned_zone() {
    let bench = unsigned();
    bench.ask("one.w.example.test.").await;
    let before = bench.net.packets_sent();
    bench.ask("two.w.example.test.").await;
    assert!(bench.net.packets_sent() > before);
}

#[tokio::test(start_paused = true)]
async fn a_dname_renames_names_not_asked_for_only_if_it_is_signed() {
    // RFC 6672 §5.3.1 lets a resolver do so; an unsigned one could be one forged reply, and would take a whole zone along.
    let bench = signed(nsec);
    assert_eq!(bench.ask("a.old.example.test.").await.answer.len(), 3);
    bench.pass(1).await;
    assert_eq!(bench.ask("b.old.example.test.").await.answer.len(), 3);
    assert!(
        !bench.sent().iter().any(|sent| sent.contains(" b.old.")),
        "signed: it is known for a moment even with TTL 0"
    );
    let bench = unsigned();
    assert_eq!(bench.ask("a.old.example.test.").await.answer.len(), 3);
    assert_eq!(bench.ask("b.old.example.test.").await.answer.len(), 3);
    assert!(bench.sent().iter().any(|sent| sent.contains(" b.old.")), "unsigned: the zone is asked");
}

#[tokio::test(start_paused = true)]
async fn names_below_an_unsigned_dname_are_remembered_one_by_one_rfc6672_3_4() {
    let records = RECORDS.replace("old.example.test. 0 DNAME", "old.example.test. 300 DNAME");
    let bench = Bench::on(world(&[ROOT, TEST1, ("example.test.", &["192.0.2.3"], &records), SUB]));
    let first = brief(&bench.ask("a.old.example.test.").await);
    let before = bench.net.packets_sent();
    assert_eq!(brief(&bench.ask("a.old.example.test.").await), first, "DNAME, CNAME and address");
    assert_eq!(bench.net.packets_sent(), before);
}

#[tokio::test(start_paused = true)]
async fn gaps_tell_the_chain_of_trust_that_a_zone_is_unsigned_rfc8198_5_2() {
    let bench = signed(nsec);
    let denied = bench.ask("sub.example.test. DS").await;
    assert_eq!((denied.rcode, denied.security), (Rcode::NOERROR, Security::Secure));
    let answer = bench.ask("www.sub.example.test.").await;
    assert_eq!((answer.rcode, answer.security), (Rcode::NOERROR, Security::Insecure));
    let asked: Vec<String> = bench.sent().into_iter().filter(|sent| sent.ends_with("sub.example.test. DS")).collect();
    assert_eq!(asked.len(), 1, "{asked:?}");
}

#[tokio::test(start_paused = true)]
async fn checked_data_is_authentic_for_who_checks_by_himself_too_rfc4035_3_2_3() {
    let bench = signed(nsec);
    let asked = ClientQuestion { checking: Checking::Disabled, ..ClientQuestion::new(question("www.example.test.")) };
    let first = bench.resolver.resolve(asked.clone(), Trace::off()).await;
    assert_eq!(first.security, Security::Unchecked, "nobody has looked at it");
    assert_eq!(bench.ask("www.example.test.").await.security, Security::Secure);
    assert_eq!(bench.resolver.resolve(asked, Trace::off()).await.security, Security::Secure);
}

#[tokio::test(start_paused = true)]
async fn a_zones_own_server_is_asked_no_longer_than_its_parent_says_ghost_domains() {
    let parent = "example.test. 60 NS ns1.example.test.\nns1.example.test. 60 A 192.0.2.3\n";
    let zones = [ROOT, ("test.", &["192.0.2.2"][..], parent), ("example.test.", &["192.0.2.3"][..], RECORDS)];
    let bench = Bench::new(world(&zones), Faults::default(), 1, |config| config.prefetch = false);
    let ttl = |answer: &engine::Answer| answer.answer[0].ttl;
    assert_eq!(ttl(&bench.ask("ns1.example.test.").await), 3600, "the zone's own word is what a client gets");
    assert!(ttl(&bench.ask("ns1.example.test.").await) <= 60, "and it is kept as long as the delegation");
}

#[tokio::test(start_paused = true)]
async fn keys_are_asked_for_beside_the_question_and_cost_no_round_trip() {
    let (bench, plain) = (signed(nsec), unsigned());
    let mut took = Vec::new();
    for bench in [&bench, &plain] {
        let began = bench.clock.now();
        let asked = ClientQuestion::new(question("www.example.test."));
        assert_eq!(brief(&bench.resolver.resolve(asked, Trace::off()).await), WWW);
        took.push(bench.elapsed_since(began));
    }
    assert_eq!(took[0], took[1], "signed and unsigned take the same number of round trips");
    let asked = |bench: &Bench, what: &str| bench.sent().iter().filter(|sent| sent.contains(what)).count();
    assert_eq!((asked(&bench, " DNSKEY"), asked(&plain, " DNSKEY")), (3, 0), "once for each zone: {:?}", bench.sent());
    assert_eq!(asked(&bench, " DS"), 0, "it comes with the referrals");
}

#[tokio::test(start_paused = true)]
async fn keys_are_asked_for_as_soon_as_a_server_of_another_zone_has_an_address() {
    let test =
        "host.test. 3600 NS ns1.host.test.\nns1.host.test. 3600 A 192.0.2.5\nexample.test. 3600 NS ns1.host.test.\n";
    let zones: [(&str, &[&str], &str); 4] = [
        ROOT,
        ("test.", &["192.0.2.2"], test),
        ("host.test.", &["192.0.2.6"], "ns1.host.test. 3600 A 192.0.2.5\n"),
        ("example.test.", &["192.0.2.5"], RECORDS),
    ];
    let mut took = Vec::new();
    for world in [signed_world(&zones, |zone| Some(nsec(zone))), world(&zones)] {
        let bench = Bench::on(world);
        let began = bench.clock.now();
        let asked = ClientQuestion::new(question("www.example.test."));
        assert_eq!(brief(&bench.resolver.resolve(asked, Trace::off()).await), WWW);
        took.push(bench.elapsed_since(began));
    }
    assert_eq!(took[0], took[1], "signed and unsigned take the same number of round trips");
}
