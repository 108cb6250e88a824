//! Every question of the embedded internet against its oracle.

use crate::bench::*;
use proto::Rcode;

#[tokio::test(start_paused = true)]
async fn every_question_of_the_lab_gets_the_oracles_answer() {
    let bench = Bench::embedded(1);
    let questions = bench.world.questions();
    assert!(questions.len() > 1000);
    for question in questions {
        let truth = bench.world.truth(&question);
        let answer = bench.ask(&question.to_string()).await;
        if truth.is_unanswerable() || !truth.certain {
            let right = answer.rcode == truth.rcode || answer.rcode == Rcode::SERVFAIL;
            assert!(right, "{question}: {} for {:?}", brief(&answer), truth.kind);
            continue;
        }
        let sets = |sets: &[proto::Rrset]| -> Vec<_> {
            sets.iter().map(|set| (set.name.clone(), set.rtype, sorted(set))).collect()
        };
        assert_eq!(answer.rcode, truth.rcode, "{question}: {}", brief(&answer));
        assert_eq!(sets(&answer.answer), sets(&truth.answer), "{question}");
        // Beside the SOA stand the proofs. A DS set that a referral denied comes without SOA.
        let from_referral = question.rtype == proto::RrType::DS && truth.kind == lab::TruthKind::NoData;
        let soa = answer.authority.iter().filter(|set| set.rtype == proto::RrType::SOA);
        let soa: Vec<_> = soa.map(|set| set.name.clone()).collect();
        assert!(!soa.is_empty() || truth.soa.is_none() || from_referral, "{question}");
        let expected = truth.soa.iter().filter(|_| !soa.is_empty());
        assert_eq!(soa, expected.map(|set| set.name.clone()).collect::<Vec<_>>(), "{question}");
    }
}

fn sorted(set: &proto::Rrset) -> Vec<Vec<u8>> {
    let mut fields: Vec<Vec<u8>> = set.rdatas.iter().map(<[u8]>::to_vec).collect();
    fields.sort();
    fields
}

#[tokio::test(start_paused = true)]
async fn full_responses_hold_the_servers_that_the_cache_knows() {
    let full = |config: &mut engine::EngineConfig| config.minimal_responses = false;
    let bench = Bench::new(small(), lab::Faults::default(), 1, full);
    assert!(bench.ask("www.example.test.").await.authority.is_empty(), "glue and referrals answer nobody");
    bench.ask("example.test. NS").await;
    bench.ask("ns1.example.test.").await;
    let answer = bench.ask("www.example.test.").await;
    let names =
        |sets: &[proto::Rrset]| sets.iter().map(|set| format!("{} {}", set.name, set.rtype)).collect::<Vec<_>>();
    assert_eq!(names(&answer.authority), ["example.test. NS"]);
    assert_eq!(names(&answer.additional), ["ns1.example.test. A"]);
}
