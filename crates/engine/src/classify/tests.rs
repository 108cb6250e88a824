//! Replies by table: what a server of a zone may say, and what it means.

use super::*;
use crate::scrub::{GlueRule, scrub};
use proto::zonefile;

struct Case<'a> {
    flags: u16,
    rcode: Rcode,
    answer: &'a str,
    authority: &'a str,
    additional: &'a str,
}

const AA: Case<'_> = Case { flags: Flags::AA, rcode: Rcode::NOERROR, answer: "", authority: "", additional: "" };
const REFERRAL: Case<'_> = Case { flags: 0, ..AA };
const SOA: &str = "example. 60 SOA ns.example. host.example. 1 2 3 4 5\n";

/// The only place that calls scrub and classify: a server of example. is asked for `ask`.
fn read(ask: &str, case: Case<'_>) -> Verdict {
    let (name, rtype) = ask.split_once(' ').unwrap();
    let ask = Question::new(name.parse().unwrap(), rtype.parse().unwrap());
    let zone: Name = "example.".parse().unwrap();
    let mut reply = Message::query(1, ask.clone());
    reply.flags = Flags(Flags::QR | case.flags);
    reply.set_rcode(case.rcode);
    let parse = |text: &str| zonefile::parse(text, &Name::root()).unwrap();
    reply.answer = parse(case.answer);
    reply.authority = parse(case.authority);
    reply.additional = parse(case.additional);
    let limits = ReferralLimits { servers: 13, addresses: 6 };
    classify(&reply, &scrub(&reply, &zone, GlueRule::InsideZone), &ask, &zone, limits)
}

fn end(verdict: Verdict) -> (usize, End) {
    match verdict {
        Verdict::Usable(Meaning::Answer(answered)) => (answered.aliases.len(), answered.end),
        other => panic!("not a usable answer: {other:?}"),
    }
}

fn unusable(verdict: Verdict) -> Defect {
    match verdict {
        Verdict::Unusable(defect) => defect,
        other => panic!("usable: {other:?}"),
    }
}

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

#[test]
fn data_answers_rfc1034_5_3_3() {
    let verdict = read("www.example. A", Case { answer: "www.example. 60 A 192.0.2.1\n", ..AA });
    assert!(matches!(end(verdict), (0, End::Data(set)) if set.rdatas.len() == 1));
}

#[test]
fn data_that_cannot_be_used_is_no_denial_rfc2308_2_2() {
    let foreign = Case { answer: "other.example. 60 A 192.0.2.1\n", ..AA };
    assert_eq!(unusable(read("www.example. A", foreign)), Defect::Contradiction);
    let huge: String = (0..=100).map(|i| format!("www.example. 60 A 192.0.2.{i}\n")).collect();
    assert_eq!(unusable(read("www.example. A", Case { answer: &huge, ..AA })), Defect::Contradiction);
}

#[test]
fn cname_below_a_dname_follows_from_it_rfc6672_3_2() {
    let answer = "d.example. 60 DNAME e.example.\nx.d.example. 60 CNAME evil.example.\n";
    let (aliases, end) = end(read("x.d.example. CNAME", Case { answer, ..AA }));
    assert_eq!((aliases, end), (2, End::Target(name("x.e.example."))));
}

#[test]
fn referral_must_go_down_rfc1034_5_3_3_4b() {
    let good = Case {
        authority: "sub.example. 60 NS ns.sub.example.\n",
        additional: "ns.sub.example. 60 A 192.0.2.9\nother.example. 60 A 192.0.2.8\n",
        ..REFERRAL
    };
    let Verdict::Usable(Meaning::Referral(referral)) = read("www.sub.example. A", good) else { panic!("a referral") };
    assert_eq!(referral.delegation.zone, name("sub.example."));
    assert_eq!(referral.delegation.servers.len(), 1);
    assert_eq!(referral.delegation.servers[0].glue, ["192.0.2.9".parse::<IpAddr>().unwrap()]);
    for (authority, defect) in [
        ("example. 60 NS ns.example.\n", Defect::UpwardReferral),
        (". 60 NS ns.root.\n", Defect::UpwardReferral),
        ("other.example. 60 NS ns.example.\n", Defect::SidewaysReferral),
    ] {
        assert_eq!(unusable(read("www.sub.example. A", Case { authority, ..REFERRAL })), defect, "{authority}");
    }
}

#[test]
fn referral_limits_hold_at_reading() {
    let authority: String = (0..40).map(|i| format!("sub.example. 60 NS ns{i}.sub.example.\n")).collect();
    let additional: String = (0..40).map(|i| format!("ns0.sub.example. 60 A 192.0.2.{i}\n")).collect();
    let case = Case { authority: &authority, additional: &additional, ..REFERRAL };
    let Verdict::Usable(Meaning::Referral(referral)) = read("sub.example. A", case) else { panic!("a referral") };
    assert_eq!(referral.delegation.servers.len(), 13);
    assert!(referral.delegation.servers.iter().all(|server| server.glue.len() <= 6));
}

#[test]
fn denial_takes_the_soa_of_an_enclosing_zone_rfc2308_2() {
    let nx = Case { rcode: Rcode::NXDOMAIN, authority: SOA, ..AA };
    assert!(matches!(end(read("no.example. A", nx)), (0, End::NxDomain { soa: Some(_), .. })));
    assert!(matches!(
        end(read("www.example. MX", Case { authority: SOA, ..AA })),
        (0, End::NoData { soa: Some(_), .. })
    ));
    let none = read("www.example. MX", AA);
    assert_eq!(end(none), (0, End::NoData { name: name("www.example."), soa: None }), "type 3 of section 2.2");
}

#[test]
fn denial_for_another_zone_is_lameness_rfc2308_2() {
    for owner in ["sub.example.", "com.", "."] {
        let authority = format!("{owner} 60 SOA ns.example. host.example. 1 2 3 4 5\n");
        for rcode in [Rcode::NOERROR, Rcode::NXDOMAIN] {
            let case = Case { authority: &authority, rcode, ..AA };
            assert_eq!(unusable(read("www.example. MX", case)), Defect::WrongZone, "{owner}");
        }
    }
}

#[test]
fn denial_of_the_name_that_owns_the_soa_is_lameness() {
    let authority = "sub.example. 60 SOA ns.example. host.example. 1 2 3 4 5\n";
    let case = Case { authority, rcode: Rcode::NXDOMAIN, ..AA };
    assert_eq!(unusable(read("sub.example. A", case)), Defect::WrongZone);
}

#[test]
fn ds_is_denied_by_the_parent_rfc4035_3_1_4_1() {
    let child = "sub.example. 60 SOA ns.example. host.example. 1 2 3 4 5\n";
    assert_eq!(unusable(read("sub.example. DS", Case { authority: child, ..AA })), Defect::WrongZone);
    assert!(matches!(end(read("sub.example. DS", Case { authority: SOA, ..AA })), (0, End::NoData { .. })));
    let referral = Case { authority: "sub.example. 60 NS ns.sub.example.\n", ..REFERRAL };
    assert!(matches!(read("sub.example. DS", referral), Verdict::Unusable(_)), "the child has no say");
}

#[test]
fn chain_within_the_zone_is_followed_rfc1034_3_6_2() {
    let answer = "a.example. 60 CNAME b.example.\nb.example. 60 CNAME c.example.\nc.example. 60 A 192.0.2.1\n";
    assert!(matches!(end(read("a.example. A", Case { answer, ..AA })), (2, End::Data(_))));
    let open = "a.example. 60 CNAME b.example.\n";
    assert_eq!(end(read("a.example. A", Case { answer: open, ..AA })), (1, End::Target(name("b.example."))));
    let nx = Case { answer: open, authority: SOA, rcode: Rcode::NXDOMAIN, ..AA };
    assert!(
        matches!(end(read("a.example. A", nx)), (1, End::NxDomain { name, .. }) if name.to_string() == "b.example.")
    );
    let cname = end(read("a.example. CNAME", Case { answer: open, ..AA }));
    assert!(matches!(cname, (0, End::Data(_))), "asked for itself it is data");
}

#[test]
fn chain_that_leaves_the_zone_ends_there_rfc2181_5_4_1() {
    let answer = "a.example. 60 CNAME www.bank.\nwww.bank. 60 A 192.0.2.66\n";
    assert_eq!(end(read("a.example. A", Case { answer, ..AA })), (1, End::Target(name("www.bank."))));
    let nx = Case { answer, rcode: Rcode::NXDOMAIN, ..AA };
    assert_eq!(end(read("a.example. A", nx)), (1, End::Target(name("www.bank."))), "no word about a foreign name");
}

#[test]
fn loop_in_one_message_ends() {
    let answer = "a.example. 60 CNAME b.example.\nb.example. 60 CNAME a.example.\n";
    assert_eq!(end(read("a.example. A", Case { answer, ..AA })), (2, End::Target(name("a.example."))));
}

#[test]
fn synthesised_cname_is_checked_against_its_dname_rfc6672_3_4() {
    // The CNAME beside the DNAME lies; what follows from the DNAME counts.
    let answer = "d.example. 60 DNAME e.example.\nx.d.example. 60 CNAME evil.example.\nx.e.example. 60 A 192.0.2.1\n";
    let (aliases, end) = end(read("x.d.example. A", Case { answer, ..AA }));
    assert_eq!(aliases, 2);
    assert!(matches!(end, End::Data(set) if set.name == name("x.e.example.")));
}

#[test]
fn servers_of_no_use_rfc1034_5_3_3_4d() {
    for rcode in [Rcode::REFUSED, Rcode::SERVFAIL, Rcode::FORMERR, Rcode::NOTIMP] {
        assert_eq!(unusable(read("www.example. A", Case { rcode, ..AA })), Defect::Rcode(rcode));
    }
    assert_eq!(unusable(read("www.example. A", REFERRAL)), Defect::Empty);
    let both = Case { answer: "www.example. 60 A 192.0.2.1\n", rcode: Rcode::NXDOMAIN, ..AA };
    assert_eq!(unusable(read("www.example. A", both)), Defect::Contradiction);
}

#[test]
fn missing_aa_is_a_hint_of_lameness() {
    let answer = "www.example. 60 A 192.0.2.1\n";
    assert!(matches!(read("www.example. A", Case { answer, ..REFERRAL }), Verdict::Doubtful(Meaning::Answer(_))));
    let case = Case { authority: SOA, rcode: Rcode::NXDOMAIN, ..REFERRAL };
    assert!(matches!(read("www.example. A", case), Verdict::Doubtful(_)));
    let case = Case { rcode: Rcode::NXDOMAIN, ..REFERRAL };
    assert_eq!(unusable(read("www.example. A", case)), Defect::Empty, "neither AA nor SOA: nobody vouches for it");
}

#[test]
fn ns_records_above_the_zone_are_no_denial_whatever_aa_says_rfc2308_2_2() {
    let upward = Case { authority: ". 60 NS a.root-servers.net.\n", ..AA };
    assert_eq!(unusable(read("www.example. AAAA", upward)), Defect::UpwardReferral);
    // The zone's own servers beside nothing: a denial without SOA, as some servers send it.
    let own = Case { authority: "example. 60 NS ns.example.\n", ..AA };
    assert!(matches!(end(read("www.example. AAAA", own)), (0, End::NoData { soa: None, .. })));
}

#[test]
fn ds_stands_in_the_referral_to_its_zone_rfc4035_3_1_4() {
    let authority = "sub.example. 60 NS ns.example.\nsub.example. 60 DS 1 13 2 00\n";
    let verdict = read("sub.example. DS", Case { authority, ..REFERRAL });
    assert!(matches!(end(verdict), (0, End::Data(set)) if set.rtype == RrType::DS));
    let authority = "sub.example. 60 NS ns.example.\nsub.example. 60 NSEC z.example. NS\n";
    let verdict = read("sub.example. DS", Case { authority, ..REFERRAL });
    assert!(matches!(end(verdict), (0, End::NoData { soa: None, .. })));
    // Without either it leads to the wrong side of the cut.
    let bare = Case { authority: "sub.example. 60 NS ns.example.\n", ..REFERRAL };
    assert_eq!(unusable(read("sub.example. DS", bare)), Defect::SidewaysReferral);
}

#[test]
fn signatures_are_data_to_who_asks_for_them_rfc4035_2_2() {
    let answer = "www.example. 60 A 192.0.2.1\n\
                  www.example. 60 RRSIG A 13 2 60 20300101000000 20200101000000 7 example. AAAA\n\
                  www.example. 60 RRSIG TXT 13 2 60 20300101000000 20200101000000 7 example. AAAA\n";
    let verdict = read("www.example. RRSIG", Case { answer, ..AA });
    assert!(matches!(end(verdict), (0, End::Data(set)) if set.rtype == RrType::RRSIG && set.rdatas.len() == 2));
}

#[test]
fn of_an_alias_and_data_at_one_name_the_first_counts_rfc2181_10_1() {
    // Zone files are read in order of types, so the sets are put in order by hand.
    let both = |answer: &str| {
        let ask = Question::new(name("www.example."), RrType::A);
        let mut reply = Message::query(1, ask.clone());
        reply.flags = Flags(Flags::QR | Flags::AA);
        for line in answer.lines() {
            reply.answer.extend(zonefile::parse(line, &Name::root()).unwrap());
        }
        let zone = name("example.");
        let limits = ReferralLimits { servers: 13, addresses: 6 };
        end(classify(&reply, &scrub(&reply, &zone, GlueRule::InsideZone), &ask, &zone, limits)).0
    };
    let (alias, data) = ("www.example. 60 CNAME other.example.", "www.example. 60 A 192.0.2.1");
    assert_eq!(both(&format!("{alias}\n{data}")), 1);
    assert_eq!(both(&format!("{data}\n{alias}")), 0);
}
