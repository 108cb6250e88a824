use super::*;
use crate::config::LocalZone;
use proto::zonefile;

fn records(text: &str, origin: &str) -> Vec<Record> {
    zonefile::parse(text, &origin.parse().unwrap()).unwrap()
}

fn zone(name: &str, kind: LocalZoneKind, text: &str) -> LocalZone {
    LocalZone { name: name.parse().unwrap(), kind, records: records(text, name) }
}

fn data(text: &str, zones: Vec<LocalZone>) -> LocalData {
    LocalData::new(&LocalConfig { records: records(text, "."), zones })
}

/// What comes of a question, in one line.
fn brief(data: &LocalData, text: &str) -> String {
    let (name, rtype) = text.split_once(' ').unwrap();
    let question = Question::new(name.parse().unwrap(), rtype.parse().unwrap());
    let lines = |sets: &[Rrset]| -> String {
        let records = sets.iter().flat_map(Rrset::records);
        records.map(|record| format!(" | {record}").replace(" IN ", " ")).collect()
    };
    match data.answer(&question) {
        None => "elsewhere".to_owned(),
        Some(Local::Silence) => "silence".to_owned(),
        Some(Local::Alias(sets, target)) => format!("{} -> {target}", lines(&sets).trim_start_matches(" | ")),
        Some(Local::Answer(answer)) => {
            let soa = answer.authority.first().map(|soa| format!(" ({} {})", soa.name, soa.ttl));
            let aa = if answer.authoritative { " aa" } else { "" };
            format!("{}{aa}{}{}", answer.rcode, lines(&answer.answer), soa.unwrap_or_default())
        }
    }
}

fn check(data: &LocalData, cases: &[(&str, &str)]) {
    for (question, expected) in cases {
        assert_eq!(brief(data, question), *expected, "{question}");
    }
}

#[test]
fn single_records_answer_for_exactly_their_names() {
    let data = data("printer.home.arpa. 300 A 192.168.1.9\na.example. 60 TXT x\n", vec![]);
    check(
        &data,
        &[
            ("printer.HOME.arpa. A", "NOERROR | printer.HOME.arpa. 300 A 192.168.1.9"),
            ("printer.home.arpa. AAAA", "NOERROR"),
            ("x.printer.home.arpa. A", "elsewhere"),
            ("home.arpa. A", "elsewhere"),
            ("other.example. A", "elsewhere"),
        ],
    );
    assert!(LocalData::default().answer(&Question::new(Name::root(), RrType::NS)).is_none());
}

#[test]
fn addresses_have_their_reverse_names_rfc1035_3_5() {
    let text = "a.example. 60 A 192.0.2.1\nb.example. 60 A 192.0.2.1\na.example. 70 AAAA 2001:db8::1\n\
        *.example. 60 A 192.0.2.2\nzero. 60 A 0.0.0.0\n3.2.0.192.in-addr.arpa. 60 PTR chosen.\nc. 60 A 192.0.2.3\n";
    let v6 = format!("1.{}8.b.d.0.1.0.0.2.ip6.arpa.", "0.".repeat(23));
    check(
        &data(text, vec![]),
        &[
            ("1.2.0.192.in-addr.arpa. PTR", "NOERROR | 1.2.0.192.in-addr.arpa. 60 PTR a.example."),
            ("2.2.0.192.in-addr.arpa. PTR", "elsewhere"),
            ("3.2.0.192.in-addr.arpa. PTR", "NOERROR | 3.2.0.192.in-addr.arpa. 60 PTR chosen."),
            ("0.0.0.0.in-addr.arpa. PTR", "elsewhere"),
            (&format!("{v6} PTR"), &format!("NOERROR | {v6} 70 PTR a.example.")),
        ],
    );
}

#[test]
fn a_static_zone_has_nothing_but_its_data_rfc2308_2() {
    let text = "@ 3600 SOA ns host 1 2 3 4 60\nwww 60 A 192.0.2.1\na.b 60 TXT x\n*.w 60 A 192.0.2.2\n";
    let data = data("extra.corp.example. 60 A 192.0.2.3\n", vec![zone("corp.example.", LocalZoneKind::Static, text)]);
    check(
        &data,
        &[
            ("www.corp.example. A", "NOERROR aa | www.corp.example. 60 A 192.0.2.1"),
            ("www.corp.example. AAAA", "NOERROR aa (corp.example. 60)"),
            ("gone.corp.example. A", "NXDOMAIN aa (corp.example. 60)"),
            ("x.www.corp.example. A", "NXDOMAIN aa (corp.example. 60)"),
            ("b.corp.example. A", "NOERROR aa (corp.example. 60)"),
            ("x.b.corp.example. A", "NXDOMAIN aa (corp.example. 60)"),
            ("corp.example. NS", "NOERROR aa (corp.example. 60)"),
            ("y.x.w.corp.example. A", "NOERROR aa | y.x.w.corp.example. 60 A 192.0.2.2"),
            ("y.w.corp.example. TXT", "NOERROR aa (corp.example. 60)"),
            ("extra.corp.example. A", "NOERROR aa | extra.corp.example. 60 A 192.0.2.3"),
            ("corp.example. DS", "elsewhere"),
            ("example. A", "elsewhere"),
        ],
    );
}

#[test]
fn other_kinds_of_zones_decide_about_names_without_data() {
    let kinds = [
        ("transparent.", LocalZoneKind::Transparent),
        ("refuse.", LocalZoneKind::Refuse),
        ("deny.", LocalZoneKind::Deny),
        ("nxdomain.", LocalZoneKind::NxDomain),
        ("static.", LocalZoneKind::Static),
        ("nodefault.refuse.", LocalZoneKind::Transparent),
    ];
    let zones = kinds.map(|(name, kind)| zone(name, kind, ""));
    let text = "mail.transparent. 60 A 192.0.2.1\nmail.refuse. 60 A 192.0.2.1\nmail.deny. 60 A 192.0.2.1\n";
    check(
        &data(text, zones.to_vec()),
        &[
            ("mail.transparent. A", "NOERROR aa | mail.transparent. 60 A 192.0.2.1"),
            ("mail.transparent. MX", "NOERROR aa (transparent. 300)"),
            ("www.transparent. A", "elsewhere"),
            ("transparent. A", "elsewhere"),
            ("mail.refuse. A", "NOERROR aa | mail.refuse. 60 A 192.0.2.1"),
            ("www.refuse. A", "REFUSED"),
            ("x.nodefault.refuse. A", "elsewhere"),
            ("mail.deny. A", "NOERROR aa | mail.deny. 60 A 192.0.2.1"),
            ("deny. A", "silence"),
            ("nxdomain. A", "NXDOMAIN aa (nxdomain. 300)"),
            ("a.nxdomain. A", "NXDOMAIN aa (nxdomain. 300)"),
            ("static. A", "NOERROR aa (static. 300)"),
            ("a.static. A", "NXDOMAIN aa (static. 300)"),
        ],
    );
}

#[test]
fn a_redirected_zone_has_the_data_of_its_apex_everywhere() {
    let zone = zone("ads.example.", LocalZoneKind::Redirect, "@ 60 A 192.0.2.1\n");
    check(
        &data("", vec![zone]),
        &[
            ("ads.example. A", "NOERROR aa | ads.example. 60 A 192.0.2.1"),
            ("x.y.ads.example. A", "NOERROR aa | x.y.ads.example. 60 A 192.0.2.1"),
            ("x.y.ads.example. AAAA", "NOERROR aa (ads.example. 300)"),
        ],
    );
}

#[test]
fn aliases_are_followed_as_far_as_data_goes_rfc1034_3_6_2() {
    let text = "a. 60 CNAME b.\nb. 60 CNAME c.\nc. 60 A 192.0.2.1\nout. 60 CNAME www.example.\nl. 60 CNAME l.\n";
    check(
        &data(text, vec![]),
        &[
            ("a. A", "NOERROR | a. 60 CNAME b. | b. 60 CNAME c. | c. 60 A 192.0.2.1"),
            ("a. CNAME", "NOERROR | a. 60 CNAME b."),
            ("out. A", "out. 60 CNAME www.example. -> www.example."),
            ("l. A", "SERVFAIL"),
        ],
    );
}
