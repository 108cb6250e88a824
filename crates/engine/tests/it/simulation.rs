//! Random worlds, random faults, one judge: the oracle. The seed of a failure is in its message.
//!
//! `SIM_SEED` and `SIM_WORLDS` choose other worlds than the usual ones.

use std::time::Duration;

use crate::bench::*;
use engine::{Answer, ClientQuestion, Cost, Entry, Recursion, Trace};
use lab::{Behaviour, Faults, RandomFaults, Truth, World};
use proto::{Question, Rcode, RrType, Rrset};
use transport::Entropy;

const WORLDS: u64 = 2_000;
const QUESTIONS_PER_WORLD: u32 = 8;

#[expect(clippy::disallowed_methods, reason = "the tester chooses the seed")]
pub(crate) fn setting(name: &str, usual: u64) -> u64 {
    std::env::var(name).map_or(usual, |text| text.parse().expect("a number"))
}

/// Owner, type and data of each set; TTLs differ by the time that has passed.
fn content(sets: &[Rrset]) -> Vec<(String, String, Vec<Vec<u8>>)> {
    let one = |set: &Rrset| {
        let mut fields: Vec<Vec<u8>> = set.rdatas.iter().map(<[u8]>::to_vec).collect();
        fields.sort();
        (set.name.to_lowercase().to_string(), set.rtype.to_string(), fields)
    };
    sets.iter().map(one).collect()
}

pub(crate) fn is_right(answer: &Answer, truth: &Truth) -> bool {
    // Beside the SOA stand the proofs.
    let soa: Vec<Rrset> = answer.authority.iter().filter(|set| set.rtype == RrType::SOA).cloned().collect();
    answer.rcode == truth.rcode
        && content(&answer.answer) == content(&truth.answer)
        && (truth.soa.is_none()
            || content(&soa) == content(truth.soa.as_slice())
            || ds_denied_by_referral(answer, truth))
}

/// A DS set that a referral denied comes without SOA.
fn ds_denied_by_referral(answer: &Answer, truth: &Truth) -> bool {
    truth.kind == lab::TruthKind::NoData && !answer.authority.is_empty() && answer.authority.iter().all(is_proof)
}

fn is_proof(set: &Rrset) -> bool {
    [RrType::NSEC, RrType::NSEC3].contains(&set.rtype)
}

#[derive(Default)]
struct Tally {
    certain: u32,
    right: u32,
    /// Whether packets got lost.
    lossy: bool,
}

fn denies_nonterminals(server: &lab::Server) -> bool {
    server.behaviour.nonterminals == lab::NonTerminalHabit::NxDomain
}

/// One world: every invariant of the simulation holds, or the seed is told.
async fn one_world(seed: u64) -> (String, Tally) {
    let dice = Entropy::seeded(seed).stream("sim");
    let world = World::random(seed, RandomFaults::default());
    let loss = [0.0, 0.0, 0.05, 0.2][dice.below(4) as usize];
    let faults = Faults { loss, jitter: 0.5, ..Faults::default() };
    let bench = Bench::new(world.clone(), faults, seed, |config| {
        config.stale.enabled = false;
        // Servers that deny empty non-terminals hide what is below them from who believes RFC 8020.
        config.harden_below_nxdomain = !world.servers().iter().any(denies_nonterminals);
    });
    let questions = world.questions();
    let mut trace = String::new();
    let mut tally = Tally { lossy: loss > 0.0, ..Tally::default() };
    // Every third world is asked one question after the other, the others two or three at the same moment.
    let at_once = 1 + seed % 3;
    for _ in 0..u64::from(QUESTIONS_PER_WORLD) / at_once {
        let (began, before) = (bench.clock.now(), bench.net.packets_sent());
        let mut asked = Vec::new();
        for _ in 0..at_once {
            let question = questions[dice.below(questions.len() as u32) as usize].clone();
            let (resolver, clock, trace) = (bench.resolver.clone(), bench.clock.clone(), Trace::on(began));
            let task = tokio::spawn({
                let (question, trace) = (ClientQuestion::new(question.clone()), trace.clone());
                async move { (resolver.resolve(question, trace).await, clock.now()) }
            });
            asked.push((question, trace, task));
        }
        for (question, events, task) in asked {
            let (answer, ended) = task.await.unwrap();
            let waited = ended.duration_since(began);
            assert!(waited <= Duration::from_millis(4500), "seed {seed}: {question} took {waited:?}");
            judge(&world, seed, &question, &answer, &events.entries(), &mut tally);
            for entry in events.entries() {
                trace += &serde_json::to_string(&entry).unwrap();
                trace.push('\n');
            }
        }
        bench.pass(8).await; // the work behind the answers ends
        let packets = bench.net.packets_sent() - before;
        assert!(packets <= 100 * at_once, "seed {seed}: {at_once} questions cost {packets} packets");
        assert_eq!(bench.resolver.in_flight(), 0, "seed {seed}: work was left behind");
    }
    nothing_false_is_cached(&bench, seed, &questions);
    (trace, tally)
}

fn judge(world: &World, seed: u64, question: &Question, answer: &Answer, events: &[Entry], tally: &mut Tally) {
    let truth = world.truth(question);
    let failed = answer.rcode == Rcode::SERVFAIL;
    if !is_right(answer, &truth) && !failed {
        events.iter().for_each(|event| println!("{}", serde_json::to_string(event).unwrap()));
    }
    assert!(is_right(answer, &truth) || failed, "seed {seed}: {question}: {answer:?}, the truth is {truth:?}");
    for set in &answer.answer {
        let kept = truth.answer.iter().find(|other| other.name == set.name && other.rtype == set.rtype);
        let most = kept.map_or(0, |other| other.ttl.min(86_400));
        assert!(failed || set.ttl <= most, "seed {seed}: {question}: a TTL of {} instead of {most}", set.ttl);
    }
    assert!(!failed || !answer.extended_errors.is_empty(), "seed {seed}: {question} fails without a reason");
    if truth.certain && !truth.is_unanswerable() {
        tally.certain += 1;
        tally.right += u32::from(!failed);
    }
}

/// Whatever servers said on the way, the cache knows only what the oracle knows.
fn nothing_false_is_cached(bench: &Bench, seed: u64, questions: &[Question]) {
    // Names that lying servers plant: nobody asked for them, so nothing may be known of them.
    for planted in ["ns.stranger. A", "stranger. NS", "ns.stranger. AAAA"] {
        let asked = ClientQuestion { recursion: Recursion::CacheOnly, ..ClientQuestion::new(question(planted)) };
        let known = bench.resolver.answer_at_once(&asked).map(|answer| answer.rcode);
        assert!(matches!(known, Some(Rcode::REFUSED | Rcode::NXDOMAIN)), "seed {seed}: {planted} is known: {known:?}");
    }
    for question in questions {
        let Some(cached) = bench.resolver.answer_at_once(&engine::ClientQuestion::new(question.clone())) else {
            continue;
        };
        let truth = bench.world.truth(question);
        let failed = cached.rcode == Rcode::SERVFAIL;
        assert!(
            failed || is_right(&cached, &truth),
            "seed {seed}: the cache says of {question}: {cached:?}, not {truth:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn random_worlds_and_faults_give_the_oracles_answer_or_servfail_in_time() {
    let first = setting("SIM_SEED", 0);
    let [mut still, mut lossy] = [Tally::default(), Tally::default()];
    for seed in first..first + setting("SIM_WORLDS", WORLDS) {
        let (trace, tally) = one_world(seed).await;
        let sum = if tally.lossy { &mut lossy } else { &mut still };
        sum.certain += tally.certain;
        sum.right += tally.right;
        if seed % 100 == 0 {
            let (again, _) = one_world(seed).await;
            assert!(trace == again, "seed {seed}: two runs, two traces");
        }
    }
    for (sum, what, least) in [(still, "without loss", 0.99), (lossy, "with 5 or 20 % loss", 0.97)] {
        println!("seeds from {first}, {what}: {} of {} certain questions answered", sum.right, sum.certain);
        assert!(f64::from(sum.right) >= least * f64::from(sum.certain), "{what}: {} of {}", sum.right, sum.certain);
    }
}

/// The embedded world with one server of each zone dead, wherever another one lives.
fn one_dead_server_per_zone() -> std::sync::Arc<World> {
    let world = World::embedded();
    let mut dead: Vec<proto::Name> = Vec::new();
    for zone in world.zones() {
        let servers: Vec<_> = world.servers_of(&zone.apex).collect();
        let is_dead =
            |server: &lab::Server, dead: &[proto::Name]| dead.contains(&server.name) || !server.behaviour.is_good();
        if servers.iter().any(|server| is_dead(server, &dead)) {
            continue;
        }
        let spare = servers.iter().rev().find(|candidate| {
            candidate.zones.iter().all(|zone| {
                let others = world.servers_of(zone).filter(|server| server.name != candidate.name);
                others.filter(|server| !is_dead(server, &dead)).count() > 0
            })
        });
        dead.extend(spare.map(|server| server.name.clone()));
    }
    assert!(dead.len() >= 5, "{dead:?}");
    world.with_behaviours(|server| dead.contains(&server.name).then(Behaviour::dead))
}

#[tokio::test(start_paused = true)]
async fn a_fifth_of_the_packets_lost_and_a_dead_server_per_zone_cost_one_answer_in_a_thousand_at_most() {
    let world = one_dead_server_per_zone();
    let all = world.questions();
    let questions: Vec<_> = all
        .iter()
        .filter_map(|question| Some((question, world.truth(question))).filter(|(_, truth)| truth.certain))
        .filter(|(_, truth)| !truth.is_unanswerable())
        .collect();
    let (mut asked, mut right, mut seed) = (0_u32, 0_u32, 0);
    let mut bench = None;
    while asked < 10_000 {
        let (question, truth) = &questions[asked as usize % questions.len()];
        if asked % 500 == 0 {
            seed += 1;
            let faults = Faults { loss: 0.2, ..Faults::default() };
            bench = Some(Bench::new(world.clone(), faults, seed, |_| {}));
        }
        let bench = bench.as_ref().unwrap();
        let answer = bench.ask(&question.to_string()).await;
        assert!(is_right(&answer, truth) || answer.rcode == Rcode::SERVFAIL, "seed {seed}: {question}: {answer:?}");
        if answer.rcode == Rcode::SERVFAIL {
            println!("seed {seed}: {question}: {}", answer.extended_errors[0].text);
        }
        right += u32::from(answer.rcode != Rcode::SERVFAIL || truth.rcode == Rcode::SERVFAIL);
        asked += 1;
    }
    println!("{right} of {asked} answered right");
    assert!(right >= 9_990, "{right} of {asked}");
}

#[test]
fn costs_have_words() {
    assert_eq!(Cost::Alias.describe(), "the chain of aliases is too long");
}
