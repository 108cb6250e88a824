//! The oracle and the servers know the same world by different code; here they meet.
#![allow(clippy::unwrap_used, reason = "a helper of tests may panic")]

use std::collections::BTreeMap;

use lab::{Behaviour, Conduct, RandomFaults, Truth, TruthKind, Why, World, Zone};
use proto::{Flags, Message, Name, Question, Rcode, RrType, Rrset, WallTime, rdata};

/// Any time; nobody here looks at signatures.
const NOW: WallTime = WallTime(1_790_000_000_000);

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

/// A resolver that cannot fail: it has every zone at hand and asks their servers' code directly.
fn walk(world: &World, question: &Question) -> (Rcode, Vec<Rrset>, Option<Rrset>) {
    let mut answer: Vec<Rrset> = Vec::new();
    let mut asked = question.clone();
    for _ in 0..30 {
        let reply = authoritative(world, &asked);
        let sets = Rrset::group(&reply.answer);
        let alias = sets.last().filter(|set| set.rtype == RrType::CNAME && asked.rtype != RrType::CNAME);
        let target = alias.and_then(|set| set.targets().next());
        let mut end = |sets: &[Rrset]| answer.extend(sets.iter().filter(|set| !set.rdatas.is_empty()).cloned());
        end(&sets);
        let soa = Rrset::group(&reply.authority).into_iter().find(|set| set.rtype == RrType::SOA);
        match target {
            Some(target) if soa.is_none() && reply.rcode() == Rcode::NOERROR => asked.name = target,
            _ => return (reply.rcode(), answer, soa),
        }
    }
    panic!("{question}: aliases without end");
}

/// Follows referrals from the root by the zones' replies.
fn authoritative(world: &World, question: &Question) -> Message {
    let mut zone: &Zone = world.zone(&Name::root()).unwrap();
    loop {
        let reply = zone.respond(&Message::query(0, question.clone()), NOW);
        if reply.flags.has(Flags::AA) || reply.rcode() != Rcode::NOERROR {
            return reply;
        }
        let cut = &reply.authority[0];
        assert_eq!(cut.rtype, RrType::NS, "{question}: neither answer nor referral");
        assert!(cut.name.is_below(&zone.apex), "{question}: the referral goes up");
        zone = world.zone(&cut.name).unwrap();
    }
}

fn by_key(sets: &[Rrset]) -> BTreeMap<(Name, RrType), (u32, Vec<String>)> {
    let data = |set: &Rrset| {
        let mut data: Vec<String> = set.rdatas.iter().map(|field| rdata::present(set.rtype, field)).collect();
        data.sort();
        data
    };
    sets.iter().map(|set| ((set.name.clone(), set.rtype), (set.ttl, data(set)))).collect()
}

fn check_agreement(world: &World) {
    let questions = world.questions();
    let mut answered = 0;
    for question in &questions {
        let truth = world.truth(question);
        if truth.is_unanswerable() {
            continue;
        }
        answered += 1;
        let (rcode, answer, soa) = walk(world, question);
        let denied = truth.kind == TruthKind::NxDomain && question.name.to_string().contains("denial.");
        assert!(rcode == truth.rcode || denied, "{question}: {rcode} but {truth:?}");
        assert_eq!(by_key(&answer), by_key(&truth.answer), "{question}");
        assert_eq!(soa.is_some(), truth.soa.is_some(), "{question}");
        assert_eq!(by_key(&Vec::from_iter(soa)), by_key(&Vec::from_iter(truth.soa)), "{question}");
    }
    assert!(answered * 10 > questions.len() * 9, "{answered} of {} questions have an answer", questions.len());
}

#[test]
fn oracle_and_zones_agree_about_the_embedded_world() {
    check_agreement(&World::embedded());
    check_agreement(&World::embedded_at_root_addresses());
}

#[test]
fn addresses_in_zones_are_the_servers_addresses() {
    for world in [World::embedded(), World::embedded_at_root_addresses(), World::generated(3)] {
        for server in world.servers() {
            for zone in world.zones() {
                let sets = zone.records().filter(|record| record.name == server.name);
                let known: Vec<_> = sets.filter_map(|record| rdata::address(record.rtype, &record.rdata)).collect();
                let same = known.iter().all(|address| server.addresses.contains(address));
                assert!(
                    same && (known.is_empty() || known.len() == server.addresses.len()),
                    "{} {known:?}",
                    server.name
                );
            }
        }
    }
}

fn truth(owner: &str, rtype: RrType) -> Truth {
    World::embedded().truth(&Question::new(name(owner), rtype))
}

#[test]
fn the_catalogue_tells_the_truth() {
    let world = World::embedded();
    for exhibit in world.catalogue() {
        let truth = world.truth(&exhibit.ask);
        let expected = match truth.kind {
            TruthKind::Unanswerable(_) => exhibit.expect.contains("SERVFAIL"),
            TruthKind::NxDomain => exhibit.expect.contains("NXDOMAIN"),
            TruthKind::NoData => exhibit.expect.contains("NODATA"),
            TruthKind::Answer => {
                let last = truth.answer.last().unwrap();
                let address = last.addresses().next().map(|address| address.to_string());
                let shown = |address: String| exhibit.expect.contains(&address);
                address.is_none_or(shown)
                    || exhibit.expect.contains("address")
                    || last.rdatas.len() > 3
                    || last.ttl > 86400
            }
        };
        assert!(expected, "{}: {} but {truth:?}", exhibit.ask, exhibit.expect);
        assert!(truth.certain || truth.is_unanswerable(), "{}: no good server", exhibit.ask);
    }
}

#[test]
fn every_zone_says_what_it_is_there_for() {
    let world = World::embedded();
    for zone in world.zones() {
        assert!(zone.title().len() > 10, "{}: {:?}", zone.apex, zone.title());
    }
}

#[test]
fn what_cannot_be_answered_says_why() {
    let why = |owner: &str| match truth(owner, RrType::A).kind {
        TruthKind::Unanswerable(why) => why,
        other => panic!("{owner}: {other:?}"),
    };
    assert_eq!(why("loop-a.rootwalk.net."), Why::AliasLoop);
    assert_eq!(why("self.rootwalk.net."), Why::AliasLoop);
    assert_eq!(why("endless01.rootwalk.net."), Why::TooManyAliases);
    assert_eq!(why("www.toolong.rootwalk.net."), Why::NameTooLong);
    assert_eq!(why("www.ring-a.com."), Why::NoServer(name("ring-a.com.")));
    assert_eq!(why("www.lame.rootwalk.net."), Why::NoServer(name("lame.rootwalk.net.")));
    assert_eq!(why("www.alldead.rootwalk.net."), Why::NoServer(name("alldead.rootwalk.net.")));
}

#[test]
fn the_oracle_knows_what_needs_ipv6() {
    let question = Question::new(name("www.v6.rootwalk.net."), RrType::A);
    assert!(World::embedded().truth(&question).certain);
    assert!(World::embedded().without_ipv6().truth(&question).is_unanswerable());
    let other = Question::new(name("www.naver.com."), RrType::A);
    assert!(World::embedded().without_ipv6().truth(&other).certain);
}

#[test]
fn an_answer_from_doubtful_servers_only_is_not_certain() {
    let doubtful = World::embedded().with_behaviours(|server| {
        server.zones.contains(&name("naver.com.")).then(|| Behaviour::of(Conduct::NonAuthoritative))
    });
    let truth = doubtful.truth(&Question::new(name("www.naver.com."), RrType::A));
    assert_eq!((truth.rcode, truth.certain), (Rcode::NOERROR, false));
}

#[test]
fn eleven_aliases_are_owed_sixteen_may_be_followed() {
    let certain = |owner: &str| {
        let truth = truth(owner, RrType::A);
        (truth.answer.len() - 1, truth.kind == TruthKind::Answer, truth.certain)
    };
    assert_eq!(certain("chain01.rootwalk.net."), (11, true, true));
    assert_eq!(certain("endless07.rootwalk.net."), (12, true, false));
    assert_eq!(certain("endless03.rootwalk.net."), (16, true, false));
}

#[test]
fn alias_at_the_apex_is_answered_as_addresses() {
    let a = truth("hosted.rootwalk.io.", RrType::A);
    assert_eq!((a.answer.len(), a.answer[0].rdatas.len(), a.answer[0].ttl), (1, 2, 60));
    assert_eq!(truth("hosted.rootwalk.io.", RrType::AAAA).answer[0].rdatas.len(), 1);
}

#[test]
fn sizes_are_what_the_exhibits_promise() {
    let octets = |owner: &str| truth(owner, RrType::TXT).answer[0].rdatas.packed_len();
    assert!(octets("big.naver.com.") > 4096);
    assert!((513..1200).contains(&octets("mid.rootwalk.net.")));
    assert!((1232..4096).contains(&octets("bigtxt.rootwalk.net.")));
}

#[test]
fn real_root_addresses_lead_to_the_root_rfc9609_2() {
    let world = World::embedded_at_root_addresses();
    let roots = world.root_servers();
    assert_eq!(roots.len(), 13);
    assert_eq!(roots[0].1, ["198.41.0.4".parse::<std::net::IpAddr>().unwrap(), "2001:503:ba3e::2:30".parse().unwrap()]);
    let primed = world.truth(&Question::new(Name::root(), RrType::NS));
    assert_eq!(primed.answer[0].rdatas.len(), 13);
    let reply =
        world.zone(&Name::root()).unwrap().respond(&Message::query(0, Question::new(Name::root(), RrType::NS)), NOW);
    assert_eq!(reply.additional.len(), 26);
    assert!(world.truth(&Question::new(name("www.naver.com."), RrType::A)).certain);
}

#[test]
fn generated_names_are_distinct_and_have_answers() {
    let world = World::generated(50);
    let mut addresses = std::collections::BTreeSet::new();
    for number in 0..500 {
        let question = lab::generated_question(number, 50);
        let truth = world.truth(&question);
        assert!(truth.certain, "{question}");
        assert!(addresses.insert(by_key(&truth.answer)), "{question}");
    }
}

#[test]
fn oracle_and_zones_agree_about_random_worlds() {
    for seed in 0..10 {
        let world = World::random(seed, RandomFaults::none());
        for question in world.questions() {
            let truth = world.truth(&question);
            if truth.is_unanswerable() {
                continue;
            }
            let (rcode, answer, soa) = walk(&world, &question);
            assert_eq!(rcode, truth.rcode, "seed {seed}: {question}");
            assert_eq!(by_key(&answer), by_key(&truth.answer), "seed {seed}: {question}");
            assert_eq!(by_key(&Vec::from_iter(soa)), by_key(&Vec::from_iter(truth.soa)), "seed {seed}: {question}");
        }
    }
}
