//! Every question of the built-in internet, from octets to octets, against its oracle; and the museum of broken zones.

use std::sync::Arc;
use std::time::Duration;

use lab::{Faults, SimNetwork, Standing, Truth, TruthSecurity, World, museum};
use proto::{Class, Flags, Message, Question, Rcode, RrType, Rrset, WallTime};
use server::special::SpecialNames;
use server::{Client, ServerConfig, Service, SpecialNamesConfig, Transport};
use transport::Clock;

use crate::bench::{query_with, resolver};

/// The server without sockets.
struct Bench {
    world: Arc<World>,
    service: Arc<Service<SimNetwork>>,
    special: SpecialNames,
}

impl Bench {
    fn embedded() -> Self {
        let world = World::embedded();
        let exempt = world.zones().map(|zone| zone.apex.clone()).collect();
        let special_names = SpecialNamesConfig { exempt, ..SpecialNamesConfig::default() };
        let special = SpecialNames::new(&special_names);
        let config = ServerConfig { special_names, ..ServerConfig::default() };
        let clock = Clock::simulated(WallTime::from_secs(1_790_000_000));
        let service = Service::new(resolver(world.clone(), Faults::default(), clock), &config, Arc::default());
        Self { world, service, special }
    }

    async fn ask(&self, question: &Question, flags: u16, dnssec_ok: bool) -> Message {
        let transport = Transport::Stream { idle: Duration::from_secs(10) };
        let client = Client { address: ([127, 0, 0, 1], 4000).into(), transport };
        let asked = format!("{} TYPE{}", question.name, question.rtype.0);
        let reply = self.service.handle(&query_with(7, &asked, flags, dnssec_ok), client).await.unwrap();
        let message = Message::parse(&reply).unwrap();
        assert_eq!(message.question(), Some(question));
        assert_eq!(message.questions[0].class, Class::IN);
        message
    }
}

#[tokio::test(start_paused = true)]
async fn every_question_of_the_lab_gets_the_oracles_answer() {
    let bench = Bench::embedded();
    let mut compared = 0;
    for question in bench.world.questions() {
        let truth = bench.world.truth(&question);
        let message = bench.ask(&question, Flags::AD, false).await;
        if truth.is_unanswerable() || !truth.certain {
            assert!([truth.rcode, Rcode::SERVFAIL].contains(&message.rcode()), "{question}");
            continue;
        }
        assert_eq!(message.rcode(), truth.rcode, "{question}");
        if bench.special.answer(&question).is_some() {
            continue; // the same denial, but from a zone of our own
        }
        compared += 1;
        assert_eq!(sets(&Rrset::group(&message.answer)), sets(&truth.answer), "{question}");
        let soa = Rrset::group(&message.authority);
        assert_eq!(owners(&soa), owners(truth.soa.as_slice()), "{question}");
        assert!(is_as_secure(&truth, &message), "{question}: {:?} {message:?}", truth.security);
        // Who sets neither DO nor AD is told nothing of it (RFC 6840 §5.8).
        assert!(!bench.ask(&question, 0, false).await.flags.has(Flags::AD), "{question}");
    }
    assert!(compared > 1000);
}

#[tokio::test(start_paused = true)]
async fn who_asks_for_proofs_gets_all_of_them_rfc4035_3_2_1() {
    let bench = Bench::embedded();
    let (mut denials, mut wildcards) = (0, 0);
    for question in bench.world.questions() {
        let truth = bench.world.truth(&question);
        if truth.is_unanswerable() || !truth.certain || bench.special.answer(&question).is_some() {
            continue;
        }
        // First without checking, so that the second question finds data that nobody has checked.
        for (flags, checked) in [(Flags::CD, false), (0, true)] {
            let message = bench.ask(&question, flags, true).await;
            assert_eq!(message.rcode(), truth.rcode, "{question}");
            // With CD it may have been checked for somebody else before, and need not have been.
            let unchecked = !checked && !message.flags.has(Flags::AD);
            assert!(unchecked || is_as_secure(&truth, &message), "{question}: {:?} {message:?}", truth.security);
            if truth.security != TruthSecurity::Secure {
                continue;
            }
            let (answer, authority) = (Rrset::group(&message.answer), Rrset::group(&message.authority));
            for set in answer.iter().chain(&authority) {
                let synthesised = set.rtype == RrType::CNAME && is_below_dname(&answer, set);
                assert_eq!(set.signatures.is_empty(), synthesised, "{question}: {} {}", set.name, set.rtype);
            }
            let proofs = authority.iter().filter(|set| matches!(set.rtype, RrType::NSEC | RrType::NSEC3)).count();
            let expanded = answer.iter().any(|set| labels_in_signature(set) < set.name.label_count());
            denials += usize::from(truth.soa.is_some());
            wildcards += usize::from(expanded);
            assert_eq!(proofs > 0, truth.soa.is_some() || expanded, "{question}: {message:?}");
        }
    }
    assert!(denials > 500 && wildcards > 10, "{denials} denials, {wildcards} from wildcards");
}

#[tokio::test(start_paused = true)]
async fn the_museum_as_clients_see_it_rfc4035_3_2_2_rfc8914() {
    let bench = Bench::embedded();
    for piece in museum() {
        let message = bench.ask(&piece.ask, 0, true).await;
        assert_eq!(message.rcode(), piece.rcode, "{}", piece.ask);
        assert_eq!(message.flags.has(Flags::AD), piece.standing == Standing::Secure, "{}", piece.ask);
        let edns = message.edns.as_ref().unwrap();
        let codes = edns.options.iter().filter(|(code, _)| *code == proto::OptionCode::EDE);
        let codes: Vec<u16> = codes.map(|(_, data)| u16::from_be_bytes([data[0], data[1]])).collect();
        assert_eq!(codes, piece.ede.iter().map(|code| code.0).collect::<Vec<_>>(), "{}", piece.ask);
        let unchecked = bench.ask(&piece.ask, Flags::CD, true).await;
        assert_eq!(unchecked.rcode(), piece.rcode_unchecked, "{}", piece.ask);
        // RFC 4035 §3.2.3: what was checked before is authentic for who checks by himself too.
        assert_eq!(unchecked.flags.has(Flags::AD), piece.standing == Standing::Secure, "{}", piece.ask);
    }
}

fn is_as_secure(truth: &Truth, message: &Message) -> bool {
    match truth.security {
        TruthSecurity::Secure => message.flags.has(Flags::AD),
        TruthSecurity::Insecure => !message.flags.has(Flags::AD),
        TruthSecurity::Either | TruthSecurity::Unknown => true,
    }
}

fn is_below_dname(answer: &[Rrset], cname: &Rrset) -> bool {
    answer.iter().any(|set| set.rtype == RrType::DNAME && cname.name.is_below(&set.name))
}

/// The label count of a set's first signature; of a set made from a wildcard it is less than its owner's.
fn labels_in_signature(set: &Rrset) -> usize {
    let first = set.signatures.iter().next().map(|rdata| usize::from(rdata[3]));
    first.map_or(usize::MAX, |labels| labels + usize::from(set.name.is_wildcard()))
}

fn sets(sets: &[Rrset]) -> Vec<(Question, Vec<Vec<u8>>)> {
    let sorted = |set: &Rrset| {
        let mut fields: Vec<Vec<u8>> = set.rdatas.iter().map(<[u8]>::to_vec).collect();
        fields.sort();
        fields
    };
    sets.iter().map(|set| (Question::new(set.name.clone(), set.rtype), sorted(set))).collect()
}

fn owners(sets: &[Rrset]) -> Vec<String> {
    sets.iter().map(|set| set.name.to_string().to_lowercase()).collect()
}
