//! Every question of the built-in internet, from octets to octets, against its oracle.

use std::sync::Arc;
use std::time::Duration;

use lab::{Faults, World};
use proto::{Class, Message, Question, Rcode, Rrset, WallTime};
use server::special::SpecialNames;
use server::{Client, ServerConfig, Service, SpecialNamesConfig, Transport};
use transport::Clock;

use crate::bench::{query, resolver};

#[tokio::test(start_paused = true)]
async fn every_question_of_the_lab_gets_the_oracles_answer() {
    let world = World::embedded();
    let exempt = world.zones().map(|zone| zone.apex.clone()).collect();
    let special_names = SpecialNamesConfig { exempt, ..SpecialNamesConfig::default() };
    let special = SpecialNames::new(&special_names);
    let config = ServerConfig { special_names, ..ServerConfig::default() };
    let clock = Clock::simulated(WallTime::from_secs(1_790_000_000));
    let service = Service::new(resolver(world.clone(), Faults::default(), clock), &config, Arc::default());
    let transport = Transport::Stream { idle: Duration::from_secs(10) };
    let client = Client { address: ([127, 0, 0, 1], 4000).into(), transport };
    let mut compared = 0;
    for question in world.questions() {
        let truth = world.truth(&question);
        let asked = format!("{} TYPE{}", question.name, question.rtype.0);
        let message = Message::parse(&service.handle(&query(7, &asked), client).await.unwrap()).unwrap();
        assert_eq!(message.question(), Some(&question));
        assert_eq!(message.questions[0].class, Class::IN);
        if truth.is_unanswerable() || !truth.certain {
            assert!([truth.rcode, Rcode::SERVFAIL].contains(&message.rcode()), "{question}");
            continue;
        }
        assert_eq!(message.rcode(), truth.rcode, "{question}");
        if special.answer(&question).is_some() {
            continue; // the same denial, but from a zone of our own
        }
        compared += 1;
        assert_eq!(sets(&Rrset::group(&message.answer)), sets(&truth.answer), "{question}");
        let soa = Rrset::group(&message.authority);
        assert_eq!(owners(&soa), owners(truth.soa.as_slice()), "{question}");
    }
    assert!(compared > 1000);
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
