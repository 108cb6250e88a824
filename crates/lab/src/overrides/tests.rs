use super::*;
use crate::reply::{Transport, replies};
use crate::{Behaviour, World};

fn question() -> Question {
    Question::new("www.naver.com.".parse().unwrap(), RrType::A)
}

/// What ns1.naver.com says about its `www` with these changes, to somebody who sets DO.
fn told(names: Names, rtype: Option<RrType>, changes: Vec<Change>) -> Option<Message> {
    let world = World::embedded();
    let server = world.servers().iter().find(|server| server.name == "ns1.naver.com.".parse().unwrap()).unwrap();
    let behaviour = Behaviour { overrides: vec![Override { names, rtype, changes }], ..Behaviour::normal() };
    let mut query = Message::query(7, question());
    query.edns = Some(Edns { dnssec_ok: true, ..Edns::new(1232) });
    let now = WallTime(1_790_000_000_000);
    let last = replies(&world, server, &behaviour, &query.to_wire(), Transport::Udp, now).pop()?;
    Some(Message::parse(&last.octets).unwrap())
}

fn changed(change: Change) -> Option<Message> {
    told(Names::Exactly(question().name), None, vec![change])
}

fn types(reply: &Message) -> Vec<RrType> {
    reply.answer.iter().map(|record| record.rtype).collect()
}

#[test]
fn an_override_is_about_its_names_and_type_only() {
    let name = |text: &str| text.parse::<Name>().unwrap();
    for (names, rtype, expected) in [
        (Names::Exactly(name("www.naver.com.")), None, true),
        (Names::Exactly(name("naver.com.")), None, false),
        (Names::AtOrBelow(name("naver.com.")), Some(RrType::A), true),
        (Names::AtOrBelow(name("naver.com.")), Some(RrType::MX), false),
        (Names::AtOrBelow(name("a.www.naver.com.")), None, false),
    ] {
        let told = told(names.clone(), rtype, vec![Change::Silence]);
        assert_eq!(told.is_none(), expected, "{names:?} {rtype:?}");
    }
}

#[test]
fn each_change_changes_what_it_says() {
    let truth = changed(Change::SetAa).unwrap();
    assert_eq!(types(&truth), [RrType::A, RrType::RRSIG]);
    let record = Record::new(Name::root(), RrType::TXT, 60, b"\x01x".to_vec());
    assert_eq!(changed(Change::Add(Section::Additional, record.clone())).unwrap().additional, [record]);
    assert!(changed(Change::Empty(Section::Answer)).unwrap().answer.is_empty());
    assert!(changed(Change::Drop(RrType::A)).unwrap().answer.is_empty());
    assert_eq!(types(&changed(Change::DropSignatures(RrType::A)).unwrap()), [RrType::A]);
    let spoilt = changed(Change::SpoilSignatures(RrType::A)).unwrap();
    assert_eq!((&spoilt.answer[0], spoilt.answer[1] == truth.answer[1]), (&truth.answer[0], false));
    assert_eq!(changed(Change::Rcode(Rcode::REFUSED)).unwrap().rcode(), Rcode::REFUSED);
    assert!(!changed(Change::ClearAa).unwrap().flags.has(Flags::AA));
    assert_eq!(changed(Change::DropOpt).unwrap().edns, None);
    assert_eq!(changed(Change::Options(OptionCode::NSID, 3)).unwrap().edns.unwrap().options.len(), 3);
    assert_eq!(changed(Change::Silence), None);
    let denied = changed(Change::Deny).unwrap();
    assert_eq!((denied.rcode(), denied.authority[0].rtype), (Rcode::NXDOMAIN, RrType::SOA));
    // A pointer to the question's name, then A, IN, TTL 60, four octets.
    let octets = vec![0xC0, 0x0C, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 9];
    let raw = changed(Change::RawAnswer { count: 1, octets }).unwrap();
    assert_eq!(raw.answer, [Record::new(question().name, RrType::A, 60, [192, 0, 2, 9])]);
    assert!(raw.edns.is_some());
}

#[test]
fn what_is_borrowed_comes_with_its_signatures() {
    let com = || "com.".parse::<Name>().unwrap();
    let borrowed = changed(Change::Borrow(Section::Answer, com(), RrType::DNSKEY)).unwrap();
    assert_eq!(types(&borrowed)[2..], [RrType::DNSKEY, RrType::DNSKEY, RrType::RRSIG]);
    let denial = Change::BorrowDenial { zone: com(), name: "nobody.com.".parse().unwrap() };
    let denied = changed(denial).unwrap();
    assert!(denied.authority.iter().any(|record| record.rtype == RrType::RRSIG && record.name.is_at_or_below(&com())));
}
