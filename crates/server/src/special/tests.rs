use super::*;

fn names(mode: SpecialNamesMode, exempt: &[&str]) -> SpecialNames {
    let exempt = exempt.iter().map(|zone| zone.parse().unwrap()).collect();
    SpecialNames::new(&SpecialNamesConfig { mode, exempt })
}

fn brief(names: &SpecialNames, text: &str) -> String {
    let (owner, rtype) = text.split_once(' ').unwrap();
    let question = Question::new(owner.parse().unwrap(), rtype.parse().unwrap());
    let Some(answer) = names.answer(&question) else { return "resolved".into() };
    let records = answer.answer.iter().flat_map(Rrset::records);
    let data = records.map(|record| format!(" {}", proto::rdata::present(record.rtype, &record.rdata)));
    let soa = answer.authority.first().map(|set| format!(" in {}", set.name)).unwrap_or_default();
    format!("{}{}{soa}", answer.rcode, data.collect::<String>())
}

fn check(table: &[(&str, &str)]) {
    let names = names(SpecialNamesMode::Local, &[]);
    for (text, expected) in table {
        assert_eq!(brief(&names, text), *expected, "{text}");
    }
}

#[test]
fn localhost_is_here_rfc6761_6_3() {
    check(&[
        ("localhost. A", "NOERROR 127.0.0.1"),
        ("localhost. AAAA", "NOERROR ::1"),
        ("LOCALHOST. A", "NOERROR 127.0.0.1"),
        ("deep.below.localhost. A", "NOERROR 127.0.0.1"),
        ("localhost. MX", "NOERROR in localhost."),
        ("localhost. NS", "NOERROR localhost."),
        ("localhost.example. A", "resolved"),
        ("notlocalhost. A", "resolved"),
    ]);
}

#[test]
fn names_that_never_exist_rfc6761_6_2_and_6_4_rfc7686_2() {
    check(&[
        ("invalid. A", "NXDOMAIN in invalid."),
        ("www.invalid. A", "NXDOMAIN in invalid."),
        ("test. TXT", "NXDOMAIN in test."),
        ("a.b.Test. AAAA", "NXDOMAIN in test."),
        ("secret.onion. A", "NXDOMAIN in onion."),
        ("secret.onion. DS", "NXDOMAIN in onion."),
        ("onion.example. A", "resolved"),
    ]);
}

#[test]
fn home_network_names_rfc8375_4() {
    check(&[
        ("printer.home.arpa. A", "NXDOMAIN in home.arpa."),
        ("home.arpa. A", "NOERROR in home.arpa."),
        ("home.arpa. SOA", "NOERROR home.arpa. nobody.invalid. 1 3600 1200 604800 10800"),
        ("home.arpa. NS", "NOERROR home.arpa."),
        ("home.arpa. DS", "resolved"),
        ("printer.home.arpa. DS", "NXDOMAIN in home.arpa."),
    ]);
}

#[test]
fn designated_resolvers_are_not_looked_for_outside_rfc9462_6_4() {
    check(&[
        ("_dns.resolver.arpa. SVCB", "NOERROR in resolver.arpa."),
        ("resolver.arpa. A", "NOERROR in resolver.arpa."),
    ]);
}

#[test]
fn reverse_zones_of_private_addresses_rfc6303_4_rfc7793_3() {
    check(&[
        ("10.in-addr.arpa. SOA", "NOERROR 10.in-addr.arpa. nobody.invalid. 1 3600 1200 604800 10800"),
        ("1.2.3.10.in-addr.arpa. PTR", "NXDOMAIN in 10.in-addr.arpa."),
        ("1.1.168.192.in-addr.arpa. PTR", "NXDOMAIN in 168.192.in-addr.arpa."),
        ("1.1.15.172.in-addr.arpa. PTR", "resolved"),
        ("1.1.16.172.in-addr.arpa. PTR", "NXDOMAIN in 16.172.in-addr.arpa."),
        ("1.1.31.172.in-addr.arpa. PTR", "NXDOMAIN in 31.172.in-addr.arpa."),
        ("1.1.32.172.in-addr.arpa. PTR", "resolved"),
        ("1.1.64.100.in-addr.arpa. PTR", "NXDOMAIN in 64.100.in-addr.arpa."),
        ("1.1.127.100.in-addr.arpa. PTR", "NXDOMAIN in 127.100.in-addr.arpa."),
        ("1.1.128.100.in-addr.arpa. PTR", "resolved"),
        ("8.8.8.8.in-addr.arpa. PTR", "resolved"),
        ("1.0.0.0.D.F.ip6.arpa. PTR", "NXDOMAIN in d.f.ip6.arpa."),
        ("8.b.d.0.1.0.0.2.ip6.arpa. NS", "NOERROR 8.b.d.0.1.0.0.2.ip6.arpa."),
        ("9.b.d.0.1.0.0.2.ip6.arpa. NS", "resolved"),
        ("10.in-addr.arpa. DS", "resolved"),
        ("arpa. NS", "resolved"),
    ]);
}

#[test]
fn the_loopback_addresses_have_names_rfc6761_6_3() {
    let v6 = format!("1.{}ip6.arpa. PTR", "0.".repeat(31));
    check(&[
        ("1.0.0.127.in-addr.arpa. PTR", "NOERROR localhost."),
        ("2.0.0.127.in-addr.arpa. PTR", "NXDOMAIN in 127.in-addr.arpa."),
        ("0.0.127.in-addr.arpa. PTR", "NOERROR in 127.in-addr.arpa."),
        (&v6, "NOERROR localhost."),
    ]);
}

#[test]
fn a_zone_that_somebody_serves_wins_unless_a_special_one_is_closer() {
    let lab = names(SpecialNamesMode::Local, &[".", "arpa.", "in-addr.arpa.", "lab.test.", "1.53.127.in-addr.arpa."]);
    for (text, expected) in [
        ("www.lab.test. A", "resolved"),
        ("lab.test. A", "resolved"),
        ("other.test. A", "NXDOMAIN in test."),
        ("test. A", "NOERROR in test."),
        ("7.1.53.127.in-addr.arpa. PTR", "resolved"),
        ("53.127.in-addr.arpa. PTR", "NOERROR in 127.in-addr.arpa."),
        ("7.2.53.127.in-addr.arpa. PTR", "NXDOMAIN in 127.in-addr.arpa."),
        ("1.10.in-addr.arpa. PTR", "NXDOMAIN in 10.in-addr.arpa."),
        ("localhost. A", "NOERROR 127.0.0.1"),
    ] {
        assert_eq!(brief(&lab, text), expected, "{text}");
    }
    let all = names(SpecialNamesMode::Local, &["home.arpa."]);
    assert_eq!(brief(&all, "printer.home.arpa. A"), "resolved");
}

#[test]
fn special_names_can_be_switched_off() {
    let off = names(SpecialNamesMode::Resolved, &[]);
    assert_eq!(brief(&off, "localhost. A"), "resolved");
    assert_eq!(brief(&off, "1.0.0.127.in-addr.arpa. PTR"), "resolved");
}

#[test]
fn denials_can_be_cached_rfc2308_5() {
    let question = Question::new("a.test.".parse().unwrap(), RrType::A);
    let answer = names(SpecialNamesMode::Local, &[]).answer(&question).unwrap();
    let soa = &answer.authority[0];
    assert_eq!((soa.rtype, soa.ttl), (RrType::SOA, 10_800));
    assert!(proto::rdata::check(RrType::SOA, soa.rdatas.iter().next().unwrap()).is_ok());
}
