//! Random signed worlds, honest ones and such with one lie, before the oracle (RFC 4035 §5).
//!
//! `SIM_SEED` and `SIM_WORLDS` choose other worlds than the usual ones.

use crate::bench::*;
use crate::simulation::{is_right, setting};
use engine::Answer;
use lab::{Faults, RandomLie, Truth, TruthSecurity, World};
use proto::{Question, Rcode, Security};
use transport::Entropy;

const WORLDS: u64 = 300;
const QUESTIONS_PER_WORLD: u32 = 10;

/// Some questions of the world, half of them about the zone that is lied about.
fn questions(world: &World, seed: u64) -> Vec<Question> {
    let dice = Entropy::seeded(seed).stream("sim");
    let all = world.questions();
    let concerned =
        |question: &&Question| world.tampering().is_some_and(|tampering| question.name.is_at_or_below(&tampering.zone));
    let near: Vec<&Question> = all.iter().filter(concerned).collect();
    let draw = |number: u32| {
        let from_near = number.is_multiple_of(2) && !near.is_empty();
        if from_near {
            near[dice.below(near.len() as u32) as usize].clone()
        } else {
            all[dice.below(all.len() as u32) as usize].clone()
        }
    };
    (0..QUESTIONS_PER_WORLD).map(draw).collect()
}

#[derive(Default)]
struct Tally {
    secure: u32,
    insecure: u32,
    failed: u32,
    /// Answers whose security the oracle knows for certain to be `Secure`.
    expected: u32,
}

impl Tally {
    fn count(&mut self, answer: &Answer, truth: &Truth) {
        self.expected += u32::from(truth.security == TruthSecurity::Secure && !truth.is_unanswerable());
        match (answer.rcode, answer.security) {
            (Rcode::SERVFAIL, _) => self.failed += 1,
            (_, Security::Secure) => self.secure += 1,
            _ => self.insecure += 1,
        }
    }
}

async fn ask_all(
    seed: u64,
    lie: RandomLie,
    tally: &mut Tally,
    judge: impl Fn(&Question, &Answer, &Truth) -> Result<(), &'static str>,
) {
    let world = World::random_signed(seed, lie);
    let bench = Bench::new(world.clone(), Faults::default(), seed, |config| {
        config.stale.enabled = false;
        // The sections beside the answer, and what of the child's own data is kept for them.
        config.minimal_responses = seed.is_multiple_of(2);
    });
    for question in questions(&world, seed) {
        let mut truth = world.truth(&question);
        // A DNAME that is met twice on the way stands in the answer once.
        let mut seen = Vec::new();
        truth.answer.retain(|set| {
            let first = !seen.contains(&(set.name.clone(), set.rtype));
            seen.push((set.name.clone(), set.rtype));
            first
        });
        let answer = bench.ask(&question.to_string()).await;
        tally.count(&answer, &truth);
        if let Err(what) = judge(&question, &answer, &truth) {
            panic!("seed {seed}, {:?}: {question}: {what}:\n{answer:?}\n{truth:?}", world.tampering());
        }
        bench.pass(9).await; // the work behind the answer ends, some sets expire
    }
}

/// In a world without lies every answer is right, and as secure as the oracle says.
fn honest(_: &Question, answer: &Answer, truth: &Truth) -> Result<(), &'static str> {
    if truth.is_unanswerable() || !truth.certain {
        return if answer.rcode == Rcode::SERVFAIL || is_right(answer, truth) { Ok(()) } else { Err("wrong") };
    }
    if !is_right(answer, truth) {
        return Err("not the oracle's answer");
    }
    match (truth.security, answer.security) {
        (TruthSecurity::Secure, Security::Secure) | (TruthSecurity::Insecure, Security::Insecure) => Ok(()),
        (TruthSecurity::Either | TruthSecurity::Unknown, _) => Ok(()),
        _ => Err("not as secure as the oracle says"),
    }
}

/// Whatever somebody does on the way: what is secure in truth is answered rightly or not at all, and nothing is called
/// secure that is not both right and secure in truth.
fn believes_no_lie(_: &Question, answer: &Answer, truth: &Truth) -> Result<(), &'static str> {
    let failed = answer.rcode == Rcode::SERVFAIL;
    if failed
        || is_right(answer, truth) && answer.security != Security::Secure && truth.security != TruthSecurity::Secure
    {
        return Ok(());
    }
    if answer.security == Security::Secure && !is_right(answer, truth) {
        return Err("a lie is called secure");
    }
    if answer.security == Security::Secure && truth.security < TruthSecurity::Either {
        return Err("called secure without a chain");
    }
    if truth.security == TruthSecurity::Secure && !is_right(answer, truth) {
        return Err("a lie about a secure name is believed");
    }
    if truth.security == TruthSecurity::Secure && answer.security != Security::Secure {
        return Err("a secure name is taken for an insecure one");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn honest_worlds_are_never_bogus_and_as_secure_as_the_oracle_says() {
    let first = setting("SIM_SEED", 0);
    let mut tally = Tally::default();
    for seed in first..first + setting("SIM_WORLDS", WORLDS) {
        ask_all(seed, RandomLie::None, &mut tally, honest).await;
    }
    println!("seeds from {first}: {} secure, {} insecure, {} failed", tally.secure, tally.insecure, tally.failed);
    assert!(tally.secure > tally.expected / 2 && tally.insecure > 0, "{} of {}", tally.secure, tally.expected);
}

#[tokio::test(start_paused = true)]
async fn no_lie_is_ever_called_secure_nor_takes_the_security_of_a_name_away() {
    let first = setting("SIM_SEED", 0);
    let mut tally = Tally::default();
    for seed in first..first + setting("SIM_WORLDS", WORLDS) {
        ask_all(seed, RandomLie::One, &mut tally, believes_no_lie).await;
    }
    println!("seeds from {first}: {} secure, {} insecure, {} failed", tally.secure, tally.insecure, tally.failed);
    // The lies are told and noticed, and do not stop everything.
    assert!(tally.failed > 20 && tally.secure > 20, "{} failed, {} secure", tally.failed, tally.secure);
}
