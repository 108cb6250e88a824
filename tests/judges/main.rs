//! Validators of other projects judge our answers: BIND's `delv`, Unbound's `unbound-host` and Knot's `kdig` ask the real
//! binary about the built-in internet, and what they say of each answer is what the oracle and the museum's labels say.
//!
//! `delv` and `unbound-host` validate by themselves, from the lab's trust anchor, everything that they get through us: DS,
//! DNSKEY, signatures, denials. `kdig` shows the flags and extended errors of our own verdict. `JUDGES=all` asks every
//! question of the lab instead of a choice. Who is not installed says so, and the others judge.

#![expect(clippy::print_stdout, reason = "a test tells its tally")]

mod cases;
mod court;
mod judge;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use lab::{World, museum};
use proto::Question;

use cases::Case;
use court::Court;
use judge::Verdict::{Insecure, Secure};
use judge::{Checking, Judge, REASONS, Verdict};

/// Judges at work at the same time.
const PARALLEL: usize = 4;

/// What came of asking every judge that is here every question.
#[derive(Default)]
struct Outcome {
    /// What was unexpected.
    wrong: Vec<String>,
    /// How often each verdict came.
    tally: BTreeMap<(Judge, Verdict), usize>,
    /// What they said.
    words: BTreeMap<(Judge, Question), String>,
}

fn judge_all(court: &Court, cases: &[Case], checking: Checking) -> Outcome {
    let judges: Vec<Judge> = Judge::ALL.into_iter().filter(|judge| judge.is_here()).collect();
    let work: Vec<(Judge, &Case)> =
        cases.iter().flat_map(|case| judges.iter().map(move |judge| (*judge, case))).collect();
    let (next, outcome) = (AtomicUsize::new(0), Mutex::new(Outcome::default()));
    thread::scope(|scope| {
        for _ in 0..PARALLEL {
            scope.spawn(|| {
                while let Some((judge, case)) = work.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let (verdict, words) = judge.ask(court, &case.question, checking);
                    let mut outcome = outcome.lock().unwrap_or_else(PoisonError::into_inner);
                    *outcome.tally.entry((*judge, verdict)).or_insert(0) += 1;
                    if !case.expects(*judge, verdict) {
                        let (question, expected) = (&case.question, case.expected);
                        let line = format!("{judge:?} on {question}: {verdict:?}, expected {expected:?}:\n{words}");
                        outcome.wrong.push(line);
                    }
                    outcome.words.insert((*judge, case.question.clone()), words);
                }
            });
        }
    });
    outcome.into_inner().unwrap_or_else(PoisonError::into_inner)
}

#[test]
fn judges_agree_with_the_oracle_on_the_lab() {
    let court = Court::open();
    let cases = cases::of_the_lab(&World::embedded());
    let Outcome { wrong, tally, .. } = judge_all(&court, &cases, Checking::ByUsToo);
    println!("{} questions: {tally:?}", cases.len());
    assert!(wrong.is_empty(), "{} verdicts are not the oracle's:\n{}", wrong.len(), wrong.join("\n"));
    for judge in tally.keys().map(|(judge, _)| judge).collect::<BTreeSet<_>>() {
        for verdict in [Secure, Insecure] {
            let count = tally.get(&(*judge, verdict)).copied().unwrap_or(0);
            assert!(count > 30, "{judge:?} said {verdict:?} {count} times only");
        }
    }
}

#[test]
fn judges_agree_with_the_labels_of_the_museum() {
    let court = Court::open();
    let (pieces, cases) = (museum(), cases::of_the_museum(&World::embedded()));
    let Outcome { mut wrong, tally, words } = judge_all(&court, &cases, Checking::ByTheJudge);
    println!("{} pieces: {tally:?}", cases.len());
    for ((judge, question), words) in &words {
        let piece = pieces.iter().find(|piece| piece.ask == *question).expect("it was asked");
        let reasons =
            REASONS.iter().find(|(zone, _, _)| question.name.to_string().contains(&format!(".{zone}.museum.")));
        let reason = match judge {
            Judge::Delv => reasons.map(|(_, delv, _)| (*delv).to_owned()),
            Judge::UnboundHost => reasons.map(|(_, _, unbound)| (*unbound).to_owned()),
            Judge::Kdig => piece.ede.map(|code| format!(";; EDE: {} (", code.0)),
        };
        if let Some(reason) = reason.filter(|reason| !words.contains(reason)) {
            wrong.push(format!("{judge:?} on {question} does not say {reason:?}:\n{words}"));
        }
    }
    assert!(wrong.is_empty(), "{} verdicts are not the museum's:\n{}", wrong.len(), wrong.join("\n"));
}
