//! Small files of our own, one trap each.

use super::*;
use crate::scenario::{Octets, Word};
use proto::{Flags, Rcode, RrType};

const SMALL: &str = r#"; first line
server:
	val-override-date: "20200101000000" # a comment
stub-zone:
	name: "."
	stub-addr: 192.0.2.1 ; the root
CONFIG_END
SCENARIO_BEGIN A small one
RANGE_BEGIN 0 100
	ADDRESS 192.0.2.1
ENTRY_BEGIN
MATCH opcode qtype
MATCH qname
ADJUST copy_id
REPLY QR AA
REPLY NXDOMAIN
SECTION QUESTION
example IN A
SECTION ANSWER
example TXT 7 "a ; b" ; c
# a comment
example. 1h IN SOA ( ns.example. host.example. ; the names
 1 2 3
 4 5 )
example. IN RRSIG A RSASHA1 1 60 20200101000000 20190101000000 7 example.
example. A \# 5 01 02 03 04 05
SECTION ADDITIONAL
ns.root. 5 A 192.0.2.1
ENTRY_END
ENTRY_BEGIN
HEX_ANSWER_BEGIN
 00 01 ; comment
 FF
HEX_ANSWER_END
ENTRY_END
RANGE_END
STEP 1 QUERY
ENTRY_BEGIN
REPLY RD DO
SECTION QUESTION
example. IN A
ENTRY_END
STEP 2 TIME_PASSES ELAPSE 1.5
SCENARIO_END
"#;

#[test]
fn a_small_file_is_read() {
    let text = SMALL.replace("example TXT 7 \"a ; b\"", "example 7 TXT \"a ; b\"");
    let scenario = read(text.as_bytes(), Dialect::Unbound).unwrap();
    assert_eq!(scenario.title, "A small one");
    assert_eq!(scenario.settings.root_hints[0].0.to_string(), "ns.root.");
    assert_eq!(scenario.settings.start, crate::config::Start::At(proto::WallTime::from_secs(1_577_836_800)));
    let entry = &scenario.ranges[0].entries[0];
    assert_eq!(entry.words.iter().copied().collect::<Vec<_>>(), [Word::Opcode, Word::QName, Word::QType]);
    assert!(entry.message.flags.has(Flags::QR | Flags::AA));
    assert_eq!(entry.message.rcode(), Rcode::NXDOMAIN);
    let types: Vec<_> = entry.message.answer.iter().map(|record| (record.rtype, record.ttl)).collect();
    assert_eq!(types, [(RrType::TXT, 7), (RrType::SOA, 3600), (RrType::RRSIG, 3600), (RrType::A, 3600)]);
    assert_eq!(*entry.message.answer[0].rdata, *b"\x05a ; b");
    assert_eq!(entry.message.answer[3].rdata.len(), 5, "broken data stays as it is");
    assert_eq!(scenario.ranges[0].entries[1].octets, Some(Octets::Answer(vec![0, 1, 255])));
    assert!(!scenario.settings.case_randomisation, "a hexadecimal answer has its question's letters");
    let Kind::Query(query) = &scenario.steps[0].kind else { panic!("a query") };
    assert!(query.message.edns.as_ref().unwrap().dnssec_ok);
    assert!(matches!(scenario.steps[1].kind, Kind::Pass(time) if time == Duration::from_millis(1500)));
}

#[test]
fn what_has_no_meaning_is_told_with_its_line() {
    let problem = |from: &str, to: &str| {
        let line = SMALL.lines().position(|line| line.contains(from)).unwrap() + 1;
        let error = read(SMALL.replace(from, to).as_bytes(), Dialect::Unbound).unwrap_err();
        (line, error)
    };
    let (line, error) = problem("MATCH qname", "MATCH qnam");
    assert_eq!((error.line, error.problem.as_str()), (line, "qnam is no word of MATCH"));
    assert_eq!(problem("CONFIG_END", "").1.problem, "CONFIG_END is missing");
    let (line, error) = problem("example TXT 7", "example 7 NONSENSE");
    assert_eq!(error.line, line);
    let good = SMALL.replace("example TXT 7", "example 7 TXT");
    for (from, to) in [("REPLY RD DO", "REPLY RD DA"), ("STEP 2 TIME_PASSES", "STEP 2 TIME")] {
        let line = good.lines().position(|line| line.contains(from)).unwrap() + 1;
        assert_eq!(read(good.replace(from, to).as_bytes(), Dialect::Unbound).unwrap_err().line, line);
    }
}
