use super::*;
use crate::{Forgery, Lie};
use proto::Edns;
use std::sync::Arc;

/// Any time; nobody here looks at signatures.
const NOW: WallTime = WallTime(1_790_000_000_000);

fn world() -> Arc<World> {
    World::embedded()
}

fn query(name: &str, rtype: RrType) -> Message {
    let mut query = Message::query(7, Question::new(name.parse().unwrap(), rtype));
    query.edns = Some(Edns::new(1232));
    query
}

/// What ns1.naver.com says when it behaves like this.
fn replies_of(behaviour: &Behaviour, query: &Message, transport: Transport) -> Vec<Outgoing> {
    let world = world();
    let server = world.servers().iter().find(|server| server.name == "ns1.naver.com.".parse().unwrap()).unwrap();
    replies(&world, server, behaviour, &query.to_wire(), transport, NOW)
}

fn reply_of(behaviour: &Behaviour, query: &Message, transport: Transport) -> Option<Message> {
    let last = replies_of(behaviour, query, transport).pop()?;
    Some(Message::parse(&last.octets).unwrap())
}

fn over_udp(behaviour: &Behaviour) -> Option<Message> {
    reply_of(behaviour, &query("www.naver.com.", RrType::A), Transport::Udp)
}

fn is_right(reply: &Message) -> bool {
    let good = reply.rcode() == Rcode::NOERROR && reply.flags.has(Flags::AA) && !reply.flags.has(Flags::TC);
    good && reply.answer.iter().any(|record| *record.rdata == [12, 123, 123, 123])
}

#[test]
fn conduct_of_lame_servers() {
    let say = |conduct| over_udp(&Behaviour::of(conduct));
    assert!(is_right(&say(Conduct::Serves).unwrap()));
    assert_eq!(say(Conduct::Dead), None);
    for (conduct, rcode) in [
        (Conduct::Refuses, Rcode::REFUSED),
        (Conduct::ServFail, Rcode::SERVFAIL),
        (Conduct::NotImp, Rcode::NOTIMP),
        (Conduct::FormErr, Rcode::FORMERR),
        (Conduct::Empty, Rcode::NOERROR),
    ] {
        let reply = say(conduct).unwrap();
        assert_eq!((reply.rcode(), reply.answer.len(), reply.flags.has(Flags::AA)), (rcode, 0, false));
    }
    let leads_to =
        |conduct| say(conduct).map(|reply| (reply.authority[0].name.to_string(), reply.flags.has(Flags::AA)));
    assert_eq!(leads_to(Conduct::Upward), Some((".".to_owned(), false)));
    assert_eq!(
        leads_to(Conduct::Sideways("rootwalk.org.".parse().unwrap())),
        Some(("rootwalk.org.".to_owned(), false))
    );
    assert_eq!(leads_to(Conduct::SelfReferral), Some(("naver.com.".to_owned(), false)));
    let wrong = say(Conduct::WrongZone("rootwalk.org.".parse().unwrap())).unwrap();
    assert_eq!((wrong.rcode(), wrong.flags.has(Flags::AA)), (Rcode::NXDOMAIN, true));
    let from_cache = say(Conduct::NonAuthoritative).unwrap();
    assert!(!from_cache.flags.has(Flags::AA) && from_cache.answer.len() == 1);
}

#[test]
fn edns_habits_rfc6891_7() {
    let say = |edns| over_udp(&Behaviour { edns, ..Behaviour::normal() });
    assert_eq!(say(EdnsHabit::Silent), None);
    for (habit, rcode) in [(EdnsHabit::FormErr, Rcode::FORMERR), (EdnsHabit::NotImp, Rcode::NOTIMP)] {
        let reply = say(habit).unwrap();
        assert_eq!((reply.rcode(), reply.edns), (rcode, None));
    }
    assert_eq!(say(EdnsHabit::BadVers).unwrap().rcode(), Rcode::BADVERS);
    assert!(say(EdnsHabit::Ignores).is_some_and(|reply| reply.edns.is_none() && is_right(&reply)));
    let plain = Message::query(7, Question::new("www.naver.com.".parse().unwrap(), RrType::A));
    for edns in [EdnsHabit::FormErr, EdnsHabit::Silent, EdnsHabit::NotImp, EdnsHabit::BadVers] {
        let reply = reply_of(&Behaviour { edns, ..Behaviour::normal() }, &plain, Transport::Udp);
        assert!(is_right(&reply.unwrap()), "{edns:?} without OPT");
    }
}

#[test]
fn udp_replies_keep_to_the_size_offered_rfc6891_6_2_3() {
    let length = |name: &str, offer: Option<u16>| {
        let mut query = query(name, RrType::TXT);
        query.edns = offer.map(Edns::new);
        let world = world();
        let server = &world.servers()
            [world.servers().iter().position(|s| s.name == "ns1.rootwalk.net.".parse().unwrap()).unwrap()];
        let out = replies(&world, server, &Behaviour::normal(), &query.to_wire(), Transport::Udp, NOW).pop().unwrap();
        (out.octets.len(), Message::parse(&out.octets).unwrap().flags.has(Flags::TC))
    };
    assert!(matches!(length("mid.rootwalk.net.", None), (..=512, true)));
    assert!(matches!(length("mid.rootwalk.net.", Some(1232)), (513..=1232, false)));
    assert!(matches!(length("mid.rootwalk.net.", Some(100)), (..=512, true)), "below 512 counts as 512");
    assert!(matches!(length("bigtxt.rootwalk.net.", Some(4096)), (..=1232, true)), "our own limit");
}

#[test]
fn tcp_carries_what_udp_cannot_rfc7766_5() {
    let query = query("big.naver.com.", RrType::TXT);
    let reply = reply_of(&Behaviour::normal(), &query, Transport::Udp).unwrap();
    assert!(reply.flags.has(Flags::TC) && reply.answer.is_empty());
    let reply = reply_of(&Behaviour::normal(), &query, Transport::Tcp).unwrap();
    assert!(reply.answer[0].rdata.len() > 4096);
    let cut = Behaviour { udp: UdpHabit::Truncates, ..Behaviour::normal() };
    assert!(over_udp(&cut).unwrap().flags.has(Flags::TC));
    let short = super::tests::query("www.naver.com.", RrType::A);
    assert!(is_right(&reply_of(&cut, &short, Transport::Tcp).unwrap()));
}

#[test]
fn cookies_are_demanded_and_given_rfc7873_5_2() {
    let demanding = Behaviour { cookies: CookieHabit::Demands, ..Behaviour::normal() };
    let with = |cookie: &[u8]| {
        let mut query = query("www.naver.com.", RrType::A);
        query.edns.as_mut().unwrap().options.push((OptionCode::COOKIE, cookie.to_vec()));
        query
    };
    let say = |cookie: &[u8]| reply_of(&demanding, &with(cookie), Transport::Udp).unwrap();
    let first = say(b"12345678");
    assert_eq!(first.rcode(), Rcode::BADCOOKIE);
    let whole = first.edns.as_ref().unwrap().option(OptionCode::COOKIE).unwrap().to_vec();
    assert!(whole.starts_with(b"12345678") && whole.len() == 16);
    assert!(is_right(&say(&whole)));
    assert_eq!(say(b"12345678stale-co").rcode(), Rcode::BADCOOKIE);
    assert_eq!(say(b"short").rcode(), Rcode::FORMERR);
    assert!(over_udp(&demanding).unwrap().flags.has(Flags::TC), "no cookie at all: ask over TCP");
    assert!(is_right(&reply_of(&demanding, &with(b"12345678"), Transport::Tcp).unwrap()));
    let giving = Behaviour { cookies: CookieHabit::Gives, ..Behaviour::normal() };
    let given = reply_of(&giving, &with(b"12345678"), Transport::Udp).unwrap();
    assert!(is_right(&given) && given.edns.unwrap().option(OptionCode::COOKIE).is_some());
}

#[test]
fn letter_case_of_the_question_is_kept_or_not() {
    let asked = query("wWw.NaVeR.CoM.", RrType::A);
    let says = |case| reply_of(&Behaviour { case, ..Behaviour::normal() }, &asked, Transport::Udp).unwrap();
    assert!(says(CaseHabit::Keeps).questions[0].question.name.eq_with_case(&asked.questions[0].question.name));
    assert_eq!(says(CaseHabit::Lowers).questions[0].question.name.to_string(), "www.naver.com.");
}

#[test]
fn every_forgery_is_wrong_in_one_way_and_comes_first_rfc5452_3() {
    let asked = query("www.naver.com.", RrType::A);
    for forgery in [
        Forgery::Address,
        Forgery::Port,
        Forgery::Id(3),
        Forgery::Question,
        Forgery::Case,
        Forgery::Query,
        Forgery::Garbage,
    ] {
        let behaviour = Behaviour { forgeries: vec![forgery], ..Behaviour::normal() };
        let mut all = replies_of(&behaviour, &asked, Transport::Udp);
        let genuine = all.pop().unwrap();
        assert!(!genuine.forged && is_right(&Message::parse(&genuine.octets).unwrap()));
        assert!(!all.is_empty());
        for forged in all {
            let mut wrong = u32::from(forged.from != Source::Server);
            match Message::parse(&forged.octets) {
                Ok(reply) => {
                    wrong += u32::from(reply.id != 7);
                    wrong += u32::from(!reply.flags.has(Flags::QR));
                    let name = &reply.questions[0].question.name;
                    wrong += u32::from(!name.eq_with_case(&asked.questions[0].question.name));
                    assert_eq!(*reply.answer[0].rdata, FORGED_ADDRESS.octets());
                }
                Err(_) => wrong += 1,
            }
            assert_eq!(wrong, 1, "{forgery:?}");
        }
        assert_eq!(replies_of(&behaviour, &asked, Transport::Tcp).len(), 1, "TCP cannot be forged from afar");
    }
}

#[test]
fn lies_come_with_the_truth() {
    let lie = Record::new("com.".parse().unwrap(), RrType::NS, 60, b"\x04evil\x00".to_vec());
    for section in [Section::Answer, Section::Authority, Section::Additional] {
        let lies = vec![Lie { section, record: lie.clone() }];
        let reply = over_udp(&Behaviour { lies, ..Behaviour::normal() }).unwrap();
        let sections = [&reply.answer, &reply.authority, &reply.additional];
        assert!(is_right(&reply));
        assert_eq!(sections.map(|records| records.contains(&lie)).map(u8::from).iter().sum::<u8>(), 1);
    }
}

#[test]
fn an_answer_is_never_answered() {
    let mut answer = query("www.naver.com.", RrType::A);
    answer.flags.set(Flags::QR, true);
    assert!(replies_of(&Behaviour::normal(), &answer, Transport::Udp).is_empty());
}

#[test]
fn a_broken_query_is_a_format_error_rfc1035_4_1_1() {
    let world = world();
    let server = &world.servers()[0];
    let mut octets = query("www.naver.com.", RrType::A).to_wire();
    octets.truncate(20);
    let out = replies(&world, server, &Behaviour::normal(), &octets, Transport::Udp, NOW);
    assert_eq!(Message::parse(&out[0].octets).unwrap().rcode(), Rcode::FORMERR);
    assert!(replies(&world, server, &Behaviour::normal(), &octets[..11], Transport::Udp, NOW).is_empty());
    assert!(replies(&world, server, &Behaviour::dead(), &octets, Transport::Udp, NOW).is_empty());
}

#[test]
fn nonterminals_are_denied_by_habit_rfc8020_2() {
    let world = world();
    let server =
        world.servers().iter().find(|server| server.name == "ns1.denial.rootwalk.net.".parse().unwrap()).unwrap();
    for (name, habit, rcode) in [
        ("b.a.denial.rootwalk.net.", NonTerminalHabit::NxDomain, Rcode::NXDOMAIN),
        ("b.a.denial.rootwalk.net.", NonTerminalHabit::NoData, Rcode::NOERROR),
        ("c.b.a.denial.rootwalk.net.", NonTerminalHabit::NxDomain, Rcode::NOERROR),
        ("www.denial.rootwalk.net.", NonTerminalHabit::NxDomain, Rcode::NOERROR),
    ] {
        let behaviour = Behaviour { nonterminals: habit, ..Behaviour::normal() };
        let out = replies(&world, server, &behaviour, &query(name, RrType::MX).to_wire(), Transport::Udp, NOW);
        assert_eq!(Message::parse(&out[0].octets).unwrap().rcode(), rcode, "{name} {habit:?}");
    }
}

#[test]
fn parent_and_child_on_one_server_answer_ds_from_the_parent_rfc4035_3_1_4_1() {
    let world = world();
    let server = world.servers().iter().find(|server| server.name == "ns1.rootwalk.net.".parse().unwrap()).unwrap();
    let soa_of = |rtype| {
        let out = replies(
            &world,
            server,
            &Behaviour::normal(),
            &query("gen.rootwalk.net.", rtype).to_wire(),
            Transport::Udp,
            NOW,
        );
        Message::parse(&out[0].octets).unwrap().authority[0].name.to_string()
    };
    assert_eq!((soa_of(RrType::DS), soa_of(RrType::MX)), ("rootwalk.net.".to_owned(), "gen.rootwalk.net.".to_owned()));
}

#[test]
fn nonterminals_are_denied_behind_aliases_too() {
    let text = "$TTL 60\n@ SOA ns ns 1 2 3 4 5\n@ NS ns\nns A 192.0.2.1\nalias CNAME b\na.b A 192.0.2.2\n";
    let zone = crate::Zone::parse(text, &Name::root()).unwrap();
    let server = Server {
        name: "ns.".parse().unwrap(),
        addresses: vec!["192.0.2.1".parse().unwrap()],
        zones: vec![Name::root()],
        level: crate::Level::Root,
        behaviour: Behaviour { nonterminals: NonTerminalHabit::NxDomain, ..Behaviour::normal() },
    };
    let world = World::new([zone], vec![server], vec![]).unwrap();
    let server = &world.servers()[0];
    for (rtype, rcode) in [(RrType::A, Rcode::NXDOMAIN), (RrType::CNAME, Rcode::NOERROR)] {
        let out = replies(&world, server, &server.behaviour, &query("alias.", rtype).to_wire(), Transport::Udp, NOW);
        assert_eq!(Message::parse(&out[0].octets).unwrap().rcode(), rcode);
        assert_eq!(world.truth(&Question::new("alias.".parse().unwrap(), rtype)).rcode, rcode);
    }
}
