use super::*;
use std::time::Duration;

use proto::{Name, Question, Rdatas};

const TCP: Transport = Transport::Stream { idle: Duration::from_secs(10) };

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

fn asked(flags: u16, edns: Option<Edns>) -> ReplyTo {
    let question = Question::new(name("wWw.Example."), RrType::A);
    let entry = proto::QuestionEntry { question, class: Class::IN };
    ReplyTo { id: 0x1234, flags: Flags(flags), entry: Some(entry), edns }
}

fn with_edns(change: impl FnOnce(&mut Edns)) -> ReplyTo {
    let mut edns = Edns::new(4096);
    change(&mut edns);
    asked(Flags::RD, Some(edns))
}

fn addresses(count: u8) -> Answer {
    let fields: Vec<[u8; 4]> = (0..count).map(|last| [192, 0, 2, last]).collect();
    let set = Rrset::new(name("www.example."), RrType::A, 60, fields.iter().map(|field| &field[..]));
    Answer { answer: vec![set], ..Answer::empty(Rcode::NOERROR) }
}

fn style(minimal: MinimalResponses, identity: &str) -> Style {
    Style { minimal, identity: Identity(identity.into()), datagram_octets: MAX_DATAGRAM_OCTETS }
}

fn built(to: &ReplyTo, answer: &Answer, transport: Transport) -> Message {
    let reply = build(to, Content::Answer(answer), transport, &style(MinimalResponses::On, ""));
    assert!(reply.octets.len() <= limit(to, transport, &style(MinimalResponses::On, "")));
    let message = Message::parse(&reply.octets).unwrap();
    assert_eq!((message.rcode(), message.flags.has(Flags::TC)), (reply.rcode, reply.truncated));
    message
}

#[test]
fn header_bits_rfc1035_4_1_1_rfc4035_3_2() {
    for (asked_bits, security, expected) in [
        (Flags::RD, Security::Unchecked, Flags::RD),
        (0, Security::Unchecked, 0),
        (Flags::CD, Security::Unchecked, Flags::CD),
        (Flags::AA | Flags::TC | Flags::RA | 0x40 | 0xF, Security::Unchecked, 0),
        (Flags::AD, Security::Secure, Flags::AD),
        (Flags::AD | Flags::CD, Security::Secure, Flags::AD | Flags::CD),
        (Flags::AD, Security::Insecure, 0),
        (Flags::AD, Security::Bogus, 0),
        (0, Security::Secure, 0),
    ] {
        let answer = Answer { security, ..addresses(1) };
        let message = built(&asked(asked_bits, None), &answer, Transport::Datagram);
        assert_eq!(message.flags, Flags(Flags::QR | Flags::RA | expected), "{asked_bits:x} {security:?}");
        assert_eq!((message.id, message.questions.len(), message.edns), (0x1234, 1, None));
    }
    let do_bit = with_edns(|edns| edns.dnssec_ok = true);
    let answer = Answer { security: Security::Secure, ..addresses(1) };
    assert!(built(&do_bit, &answer, TCP).flags.has(Flags::AD), "DO asks for AD too (RFC 6840 §5.8)");
}

#[test]
fn the_opcode_comes_back_rfc1035_4_1_1() {
    let message = built(&asked(5 << 11, None), &Answer::empty(Rcode::NOTIMP), Transport::Datagram);
    assert_eq!(message.flags.opcode(), proto::Opcode::UPDATE);
}

#[test]
fn letter_case_of_the_client_comes_back_rfc1035_4_1_1() {
    let mut answer = addresses(1);
    answer.answer.push(Rrset::new(name("Other.EXAMPLE."), RrType::A, 60, [&[192, 0, 2, 1][..]]));
    let message = built(&asked(0, None), &answer, Transport::Datagram);
    assert!(message.questions[0].question.name.eq_with_case(&name("wWw.Example.")));
    assert!(message.answer[0].name.eq_with_case(&name("wWw.Example.")));
    assert_eq!(message.answer[1].name, name("other.example."));
}

#[test]
fn datagrams_are_no_larger_than_the_client_takes_rfc6891_6_2_3() {
    for (offered, expected) in [(None, 512), (Some(0), 512), (Some(600), 600), (Some(1232), 1232), (Some(65_535), 1232)]
    {
        let to = asked(0, offered.map(Edns::new));
        let usual = style(MinimalResponses::On, "");
        assert_eq!(limit(&to, Transport::Datagram, &usual), expected, "{offered:?}");
        assert_eq!(limit(&to, TCP, &usual), 65_535);
        let generous = Style { datagram_octets: 4096, ..usual };
        let expected = if offered == Some(65_535) { 4096 } else { expected };
        assert_eq!(limit(&to, Transport::Datagram, &generous), expected, "{offered:?}");
    }
}

#[test]
fn what_does_not_fit_a_datagram_is_empty_with_tc_rfc2181_9() {
    let plain = built(&asked(0, None), &addresses(29), Transport::Datagram);
    assert_eq!((plain.answer.len(), plain.flags.has(Flags::TC)), (29, false), "12 + 17 + 29 * 16 = 493 octets");
    let plain = built(&asked(0, None), &addresses(40), Transport::Datagram);
    assert_eq!((plain.answer.len(), plain.flags.has(Flags::TC)), (0, true));
    let edns = built(&with_edns(|_| ()), &addresses(40), Transport::Datagram);
    assert_eq!((edns.answer.len(), edns.flags.has(Flags::TC)), (40, false));
    let edns = built(&with_edns(|_| ()), &addresses(100), Transport::Datagram);
    assert_eq!((edns.answer.len(), edns.flags.has(Flags::TC), edns.edns.is_some()), (0, true, true));
    assert_eq!(built(&asked(0, None), &addresses(100), TCP).answer.len(), 100);
}

#[test]
fn words_give_way_to_data_rfc8914_3() {
    let mut answer = addresses(29);
    answer.extended_errors.push(Ede::new(EdeCode::STALE_ANSWER, "w".repeat(150)));
    let mut small = with_edns(|edns| edns.udp_payload_size = 512);
    let message = built(&small, &answer, Transport::Datagram);
    let ede = message.edns.as_ref().unwrap().option(OptionCode::EDE).unwrap();
    assert_eq!((message.answer.len(), message.flags.has(Flags::TC), ede), (29, false, &[0, 3][..]));
    small.edns = Some(Edns::new(1232));
    let message = built(&small, &answer, Transport::Datagram);
    assert_eq!(message.edns.unwrap().option(OptionCode::EDE).unwrap().len(), 152);
}

#[test]
fn an_answer_larger_than_any_message_is_a_failure_rfc1035_4_2_2() {
    let big = vec![7; 60_000];
    let set = |owner: &str| Rrset::new(name(owner), RrType::NULL, 60, [big.as_slice()]);
    let answer = Answer { answer: vec![set("a."), set("b.")], ..Answer::empty(Rcode::NOERROR) };
    let message = built(&with_edns(|_| ()), &answer, TCP);
    assert_eq!((message.rcode(), message.answer.len()), (Rcode::SERVFAIL, 0));
    assert!(!message.flags.has(Flags::TC), "TC over TCP helps nobody");
}

#[test]
fn signatures_and_proofs_for_those_who_ask_rfc4035_3_2_1() {
    let mut answer = addresses(1);
    answer.answer[0].signatures = Rdatas::pack([&[0, 1, 13, 2][..]]);
    answer.authority.push(Rrset::new(name("example."), RrType::NSEC, 60, [&[0][..]]));
    let types = |message: Message| {
        let records = message.answer.into_iter().chain(message.authority);
        records.map(|record| record.rtype.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(types(built(&with_edns(|_| ()), &answer, TCP)), ["A"]);
    assert_eq!(types(built(&asked(Flags::AD, None), &answer, TCP)), ["A"]);
    assert_eq!(types(built(&with_edns(|edns| edns.dnssec_ok = true), &answer, TCP)), ["A", "RRSIG", "NSEC"]);
}

#[test]
fn edns_only_for_those_who_use_it_rfc6891_7() {
    let failed = Answer::failure(Rcode::SERVFAIL, Ede::new(EdeCode::NO_REACHABLE_AUTHORITY, "no way"));
    assert_eq!(built(&asked(0, None), &failed, Transport::Datagram).edns, None);
    let to = with_edns(|edns| {
        edns.dnssec_ok = true;
        edns.options = vec![(OptionCode(65_001), vec![1]), (OptionCode::PADDING, vec![0; 9])];
    });
    let edns = built(&to, &failed, Transport::Datagram).edns.unwrap();
    assert_eq!((edns.udp_payload_size, edns.version, edns.dnssec_ok), (1232, 0, true));
    let ede = Ede::from_option(edns.option(OptionCode::EDE).unwrap()).unwrap();
    assert_eq!((ede.code, ede.text.as_str()), (EdeCode::NO_REACHABLE_AUTHORITY, "no way"));
    assert_eq!(edns.options.len(), 1, "unknown options do not come back (RFC 6891 §6.1.2)");
}

#[test]
fn badvers_carries_our_version_rfc6891_6_1_3() {
    let message = built(&with_edns(|edns| edns.version = 7), &Answer::empty(Rcode::BADVERS), Transport::Datagram);
    assert_eq!((message.rcode(), message.edns.unwrap().version), (Rcode::BADVERS, 0));
}

#[test]
fn keepalive_over_connections_only_rfc7828_3() {
    let to = with_edns(|edns| edns.options.push((OptionCode::TCP_KEEPALIVE, vec![])));
    let keepalive = |to: &ReplyTo, transport| {
        let edns = built(to, &addresses(1), transport).edns.unwrap();
        edns.option(OptionCode::TCP_KEEPALIVE).map(<[u8]>::to_vec)
    };
    assert_eq!(keepalive(&to, TCP), Some(vec![0, 100]), "10 s in units of 100 ms");
    assert_eq!(keepalive(&to, Transport::Datagram), None);
    assert_eq!(keepalive(&with_edns(|_| ()), TCP), None, "not asked for");
}

#[test]
fn nsid_if_there_is_one_and_it_is_asked_for_rfc5001_2() {
    let to = with_edns(|edns| edns.options.push((OptionCode::NSID, vec![])));
    let nsid = |to: &ReplyTo, identity| {
        let reply =
            build(to, Content::Answer(&addresses(1)), Transport::Datagram, &style(MinimalResponses::On, identity));
        let edns = Message::parse(&reply.octets).unwrap().edns.unwrap();
        edns.option(OptionCode::NSID).map(<[u8]>::to_vec)
    };
    assert_eq!(nsid(&to, "here"), Some(b"here".to_vec()));
    assert_eq!(nsid(&to, ""), None);
    assert_eq!(nsid(&with_edns(|_| ()), "here"), None);
}

#[test]
fn minimal_responses_keep_the_soa_of_a_denial_rfc2308_5() {
    let set = |rtype, data: &[u8]| Rrset::new(name("example."), rtype, 60, [data]);
    let mut answer = Answer::empty(Rcode::NOERROR);
    answer.authority = vec![set(RrType::NS, b"\x02ns\x00"), set(RrType::SOA, &[0; 22])];
    answer.additional = vec![set(RrType::A, &[192, 0, 2, 1])];
    let counts = |minimal, count: u8| {
        let all = Answer { answer: addresses(count).answer, ..answer.clone() };
        let reply = build(&asked(0, None), Content::Answer(&all), Transport::Datagram, &style(minimal, ""));
        let message = Message::parse(&reply.octets).unwrap();
        (message.answer.len(), message.authority.len(), message.additional.len(), reply.truncated)
    };
    assert_eq!(counts(MinimalResponses::On, 1), (1, 1, 0, false));
    assert_eq!(counts(MinimalResponses::Off, 1), (1, 2, 1, false));
    assert_eq!(counts(MinimalResponses::Off, 28), (28, 1, 0, false), "what only helps gives way to data");
}

#[test]
fn strangers_learn_that_they_may_not_ask_rfc8914_4_19() {
    let reply = build(&with_edns(|_| ()), Content::Denied, Transport::Datagram, &style(MinimalResponses::On, ""));
    let message = Message::parse(&reply.octets).unwrap();
    assert_eq!((message.rcode(), message.flags.has(Flags::RA)), (Rcode::REFUSED, false));
    let ede = Ede::from_option(message.edns.unwrap().option(OptionCode::EDE).unwrap()).unwrap();
    assert_eq!(ede.code, EdeCode::PROHIBITED);
}

#[test]
fn an_internal_error_needs_no_more_than_a_header() {
    let request = Message::query(0x1234, Question::new(name("a."), RrType::A)).to_wire();
    let message = Message::parse(&internal_error(&request).unwrap()).unwrap();
    assert_eq!((message.id, message.rcode()), (0x1234, Rcode::SERVFAIL));
    assert!(message.flags.has(Flags::QR));
    assert_eq!(internal_error(&request[..3]), None);
}
