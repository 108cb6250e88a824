use super::*;

/// Any time: the zones here are not signed.
const NOW: WallTime = WallTime(1_790_000_000_000);

const ZONE: &str = r#"
$TTL 600
@          SOA    ns host 1 2 3 4 60
@          NS     ns
@          NS     ns.elsewhere.org.
ns         A      192.0.2.53
@          MX     10 mail
mail       A      192.0.2.25
www        A      192.0.2.80
www        TXT    "text"
alias      CNAME  www
away       CNAME  www.elsewhere.org.
broken     CNAME  gone
into       CNAME  www.sub
one        CNAME  two
two        CNAME  one
a.b.ent    A      192.0.2.1
sub        NS     ns.sub
sub        NS     ns.elsewhere.org.
sub        DS     1 8 2 00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF
ns.sub     A      192.0.2.54
ns.sub     AAAA   2001:db8::54
plain      NS     ns.sub
*.wild     A      192.0.2.99
*.wild     MX     10 mail
x.here.wild TXT   "exists"
*.star     CNAME  www
old        DNAME  new
old        A      192.0.2.3
www.new    A      192.0.2.4
far        DNAME  elsewhere.org.
long       DNAME  aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb.cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc.dddddddddddddddddddddddddddddddddddddddddddddddddddd.org.
"#;

fn ask(name: &str, rtype: &str) -> Message {
    let zone = Zone::parse(ZONE, &"example.".parse().unwrap()).unwrap();
    zone.respond(&Message::query(7, Question::new(name.parse().unwrap(), rtype.parse().unwrap())), NOW)
}

/// Answer, authority and additional section as "owner TYPE data" without TTL, and AA and the response code in front.
fn show(reply: &Message) -> Vec<String> {
    let line =
        |record: &Record| format!("{} {} {}", record.name, record.rtype, rdata::present(record.rtype, &record.rdata));
    let aa = if reply.flags.has(Flags::AA) { "AA" } else { "--" };
    let mut lines = vec![format!("{aa} {}", reply.rcode())];
    lines.extend(reply.answer.iter().map(line));
    lines.extend(reply.authority.iter().map(|record| format!("auth {} {}", record.name, record.rtype)));
    lines.extend(reply.additional.iter().map(|record| format!("add {} {}", record.name, record.rtype)));
    lines
}

fn check(name: &str, rtype: &str, expected: &[&str]) {
    assert_eq!(show(&ask(name, rtype)), expected, "{name} {rtype}");
}

const SOA: &str = "auth example. SOA";

#[test]
fn data_of_the_type_rfc1034_4_3_2_step_3a() {
    check("www.example.", "A", &["AA NOERROR", "www.example. A 192.0.2.80"]);
    check("WWW.Example.", "A", &["AA NOERROR", "WWW.Example. A 192.0.2.80"]);
    check("example.", "MX", &["AA NOERROR", "example. MX 10 mail.example.", "add mail.example. A"]);
    let two = ["AA NOERROR", "example. NS ns.example.", "example. NS ns.elsewhere.org.", "add ns.example. A"];
    check("example.", "NS", &two);
}

#[test]
fn any_gives_all_types_rfc1034_3_7_1() {
    check("www.example.", "ANY", &["AA NOERROR", "www.example. A 192.0.2.80", "www.example. TXT \"text\""]);
    check("alias.example.", "ANY", &["AA NOERROR", "alias.example. CNAME www.example."]);
}

#[test]
fn alias_is_followed_inside_the_zone_rfc1034_4_3_2_step_3a() {
    check("alias.example.", "A", &["AA NOERROR", "alias.example. CNAME www.example.", "www.example. A 192.0.2.80"]);
    check("alias.example.", "CNAME", &["AA NOERROR", "alias.example. CNAME www.example."]);
    check("away.example.", "A", &["AA NOERROR", "away.example. CNAME www.elsewhere.org."]);
    let round = ["AA NOERROR", "one.example. CNAME two.example.", "two.example. CNAME one.example."];
    check("one.example.", "A", &round);
}

#[test]
fn response_code_is_that_of_the_last_alias_rfc6604_3() {
    check("broken.example.", "A", &["AA NXDOMAIN", "broken.example. CNAME gone.example.", SOA]);
    check("alias.example.", "AAAA", &["AA NOERROR", "alias.example. CNAME www.example.", SOA]);
}

#[test]
fn alias_into_a_delegation_keeps_aa_rfc1034_4_1_1() {
    let ns = "auth sub.example. NS";
    let glue = ["add ns.sub.example. A", "add ns.sub.example. AAAA"];
    check("into.example.", "A", &["AA NOERROR", "into.example. CNAME www.sub.example.", ns, ns, glue[0], glue[1]]);
}

#[test]
fn referral_clears_aa_and_carries_glue_rfc1034_4_3_2_step_3b() {
    let ns = "auth sub.example. NS";
    let expected = ["-- NOERROR", ns, ns, "add ns.sub.example. A", "add ns.sub.example. AAAA"];
    check("sub.example.", "NS", &expected);
    check("www.sub.example.", "A", &expected);
    check("ns.sub.example.", "A", &expected); // glue answers nobody
    // The address of a sibling's server is glue too (RFC 9471 §3.2).
    check("x.plain.example.", "A", &["-- NOERROR", "auth plain.example. NS", expected[3], expected[4]]);
}

#[test]
fn ds_lives_at_the_parent_side_rfc4035_3_1_4_1() {
    let reply = ask("sub.example.", "DS");
    assert!(reply.flags.has(Flags::AA));
    assert_eq!(reply.answer[0].rtype, RrType::DS);
    check("plain.example.", "DS", &["AA NOERROR", SOA]);
    check("example.", "DS", &["AA NOERROR", SOA]);
    assert_eq!(show(&ask("www.sub.example.", "DS"))[0], "-- NOERROR");
}

#[test]
fn nodata_and_nxdomain_carry_the_soa_rfc2308_2() {
    check("www.example.", "AAAA", &["AA NOERROR", SOA]);
    check("gone.example.", "A", &["AA NXDOMAIN", SOA]);
    check("x.www.example.", "A", &["AA NXDOMAIN", SOA]);
    assert_eq!(ask("gone.example.", "A").authority[0].ttl, 60, "the minimum field (RFC 2308 §3)");
}

#[test]
fn empty_nonterminal_exists_rfc4592_2_2_2() {
    check("ent.example.", "A", &["AA NOERROR", SOA]);
    check("b.ent.example.", "A", &["AA NOERROR", SOA]);
    check("c.ent.example.", "A", &["AA NXDOMAIN", SOA]);
}

#[test]
fn wildcard_answers_for_what_does_not_exist_rfc4592_2_2_1() {
    check("x.wild.example.", "A", &["AA NOERROR", "x.wild.example. A 192.0.2.99"]);
    check("x.y.wild.example.", "A", &["AA NOERROR", "x.y.wild.example. A 192.0.2.99"]);
    check("*.wild.example.", "A", &["AA NOERROR", "*.wild.example. A 192.0.2.99"]);
    check("x.wild.example.", "TXT", &["AA NOERROR", SOA]);
    check("wild.example.", "A", &["AA NOERROR", SOA]);
    // The closest encloser is here.wild, which has no wildcard.
    check("here.wild.example.", "A", &["AA NOERROR", SOA]);
    check("y.here.wild.example.", "A", &["AA NXDOMAIN", SOA]);
    check("x.star.example.", "A", &["AA NOERROR", "x.star.example. CNAME www.example.", "www.example. A 192.0.2.80"]);
}

#[test]
fn dname_makes_a_cname_rfc6672_3_2() {
    let dname = "old.example. DNAME new.example.";
    let cname = "www.old.example. CNAME www.new.example.";
    check("www.old.example.", "A", &["AA NOERROR", dname, cname, "www.new.example. A 192.0.2.4"]);
    assert_eq!(ask("www.old.example.", "A").answer[1].ttl, 600, "the CNAME has the DNAME's TTL (§3.1)");
    check("gone.old.example.", "A", &["AA NXDOMAIN", dname, "gone.old.example. CNAME gone.new.example.", SOA]);
    check(
        "x.far.example.",
        "A",
        &["AA NOERROR", "far.example. DNAME elsewhere.org.", "x.far.example. CNAME x.elsewhere.org."],
    );
    // The owner itself is not renamed (§2.3).
    check("old.example.", "A", &["AA NOERROR", "old.example. A 192.0.2.3"]);
    check("old.example.", "DNAME", &["AA NOERROR", dname]);
}

#[test]
fn dname_that_makes_the_name_too_long_is_yxdomain_rfc6672_2_2() {
    assert_eq!(ask("www.long.example.", "A").rcode(), Rcode::NOERROR, "243 octets");
    let reply = ask("wwwwwwwwwwwwwwww.long.example.", "A"); // 256 octets
    assert_eq!((reply.rcode(), reply.answer.len()), (Rcode::YXDOMAIN, 1));
}

#[test]
fn names_of_other_zones_are_refused() {
    check("example.org.", "A", &["-- REFUSED"]);
    check("www.example.", "AXFR", &["-- REFUSED"]);
}

#[test]
fn edns_is_answered_with_edns_rfc6891_6_1_1() {
    let zone = Zone::parse(ZONE, &"example.".parse().unwrap()).unwrap();
    let mut query = Message::query(7, Question::new("www.example.".parse().unwrap(), RrType::A));
    assert!(zone.respond(&query, NOW).edns.is_none());
    query.edns = Some(Edns { dnssec_ok: true, ..Edns::new(4096) });
    assert!(zone.respond(&query, NOW).edns.unwrap().dnssec_ok);
    query.edns = Some(Edns { version: 1, ..Edns::new(4096) });
    assert_eq!(zone.respond(&query, NOW).rcode(), Rcode::BADVERS, "RFC 6891 §6.1.3");
}

#[test]
fn broken_questions_are_format_errors_rfc9619_4() {
    let zone = Zone::parse(ZONE, &"example.".parse().unwrap()).unwrap();
    let mut query = Message::query(7, Question::new("www.example.".parse().unwrap(), RrType::A));
    query.questions.push(query.questions[0].clone());
    assert_eq!(zone.respond(&query, NOW).rcode(), Rcode::FORMERR);
    query.questions.clear();
    assert_eq!(zone.respond(&query, NOW).rcode(), Rcode::FORMERR);
    query.flags = Flags(0x2800);
    assert_eq!(zone.respond(&query, NOW).rcode(), Rcode::NOTIMP, "RFC 1035 §4.1.1");
}
