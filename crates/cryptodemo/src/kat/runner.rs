//! Tries each test with each backend, on all cores, and judges the answers.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::Once;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{panic, thread};

use super::schema::{Common, Verdict};
use super::{Failure, FileReport};
use crate::{Backend, Result};

/// What a backend did with a test's input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    /// It took the input and gave the answer of the file.
    Agrees,
    /// It refused the input.
    Refuses,
    /// It took the input and gave another answer.
    Differs(String),
    /// It cannot be asked; the reason.
    Skipped(String),
}

impl Answer {
    /// For operations that give bytes.
    pub(super) fn of_bytes<E>(answer: std::result::Result<impl AsRef<[u8]>, E>, expected: &[u8]) -> Self {
        match answer {
            Ok(bytes) if bytes.as_ref() == expected => Self::Agrees,
            Ok(_) => Self::Differs("gave other bytes than the file".to_owned()),
            Err(_) => Self::Refuses,
        }
    }

    /// For operations that only say yes or no.
    pub(super) fn of_check<E>(answer: std::result::Result<(), E>) -> Self {
        if answer.is_ok() { Self::Agrees } else { Self::Refuses }
    }

    /// This answer, or the other one if this one is as the file has it: for tests in two directions.
    pub(super) fn and(self, other: impl FnOnce() -> Self) -> Self {
        if self == Self::Agrees { other() } else { self }
    }
}

impl From<Result<Self>> for Answer {
    /// An error on the way to the answer refuses the input.
    fn from(answer: Result<Self>) -> Self {
        answer.unwrap_or(Self::Refuses)
    }
}

type Attempt = Box<dyn Fn(Backend) -> Answer + Send + Sync>;

/// A test that is ready to be tried.
pub(super) struct Case {
    common: Common,
    another_answer_refuses: bool,
    work: Work,
}

enum Work {
    Skip(String),
    Try { backends: Vec<Backend>, attempt: Attempt },
}

impl Case {
    /// A test that nobody can run.
    pub(super) fn skipped(common: Common, reason: impl Into<String>) -> Self {
        Self { common, another_answer_refuses: false, work: Work::Skip(reason.into()) }
    }

    /// A test for the backends given.
    pub(super) fn new(
        common: Common,
        backends: &[Backend],
        attempt: impl Fn(Backend) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let work = Work::Try { backends: backends.to_vec(), attempt: Box::new(attempt) };
        Self { common, another_answer_refuses: false, work }
    }

    /// For algorithms that refuse by giving another answer (implicit rejection).
    pub(super) fn another_answer_refuses(mut self) -> Self {
        self.another_answer_refuses = true;
        self
    }

    fn judge(&self, answer: &Answer) -> std::result::Result<(), String> {
        match (self.common.result, answer) {
            (Verdict::Valid | Verdict::Acceptable, Answer::Agrees)
            | (Verdict::Invalid | Verdict::Acceptable, Answer::Refuses) => Ok(()),
            (Verdict::Invalid, Answer::Differs(_)) if self.another_answer_refuses => Ok(()),
            (Verdict::Valid, Answer::Refuses) => Err("refused a valid input".to_owned()),
            (Verdict::Invalid, Answer::Agrees) => Err("took an invalid input".to_owned()),
            (Verdict::Invalid, Answer::Differs(why)) => Err(format!("took an invalid input and {why}")),
            (Verdict::Valid | Verdict::Acceptable, Answer::Differs(why)) => Err(why.clone()),
            (_, Answer::Skipped(_)) => unreachable!("what was not asked is not judged"),
        }
    }

    fn run(&self, wanted: &[Backend]) -> Ran {
        let (backends, attempt) = match &self.work {
            Work::Skip(reason) => return Ran::nowhere(reason.clone()),
            Work::Try { backends, attempt } => (backends, attempt),
        };
        let mut ran = Ran::default();
        for &backend in backends.iter().filter(|backend| wanted.contains(backend)) {
            // A panic of a library on a vector is a finding about that test, not the end of all others.
            let answer = catch(|| attempt(backend));
            let verdict = match answer {
                Ok(Answer::Skipped(reason)) => {
                    ran.left_out.push((backend, reason));
                    continue;
                }
                Ok(answer) => self.judge(&answer),
                Err(why) => Err(format!("panicked: {why}")),
            };
            ran.backends.push(backend);
            ran.failures.extend(verdict.err().map(|why| (backend, why)));
        }
        if ran.backends.is_empty() {
            let first = ran.left_out.into_iter().next().map(|(_, reason)| reason);
            return Ran::nowhere(first.unwrap_or_else(|| "none of the backends chosen has it".to_owned()));
        }
        ran
    }
}

thread_local! {
    /// Whether a panic of this thread is the answer to a test.
    static IS_ATTEMPTING: Cell<bool> = const { Cell::new(false) };
}

/// What the attempt gives, or the text of its panic, which is not printed then: it becomes a line of the report.
fn catch<T>(attempt: impl FnOnce() -> T) -> std::result::Result<T, String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !IS_ATTEMPTING.get() {
                usual(info);
            }
        }));
    });
    IS_ATTEMPTING.set(true);
    let outcome = panic::catch_unwind(panic::AssertUnwindSafe(attempt));
    IS_ATTEMPTING.set(false);
    outcome.map_err(|payload| {
        let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
        text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_else(|| "without a text".to_owned())
    })
}

#[derive(Default)]
struct Ran {
    backends: Vec<Backend>,
    failures: Vec<(Backend, String)>,
    /// Backends that could not run it, though another did.
    left_out: Vec<(Backend, String)>,
    /// Why no backend ran it.
    skipped: Option<String>,
}

impl Ran {
    fn nowhere(reason: String) -> Self {
        Self { skipped: Some(reason), ..Self::default() }
    }
}

/// Runs the tests by the backends wanted, on all cores.
pub(super) fn run(algorithm: String, schema: String, cases: &[Case], wanted: &[Backend]) -> FileReport {
    let mut report = FileReport {
        algorithm,
        schema,
        tests: cases.len(),
        run: 0,
        passed: 0,
        backends: BTreeMap::new(),
        left_out: BTreeMap::new(),
        skipped: BTreeMap::new(),
        failed: Vec::new(),
    };
    for (case, ran) in cases.iter().zip(run_all(cases, wanted)) {
        if let Some(reason) = ran.skipped {
            *report.skipped.entry(reason).or_default() += 1;
            continue;
        }
        report.run += 1;
        report.passed += usize::from(ran.failures.is_empty());
        for backend in ran.backends {
            *report.backends.entry(backend).or_default() += 1;
        }
        for (backend, reason) in ran.left_out {
            *report.left_out.entry(backend).or_default().entry(reason).or_default() += 1;
        }
        let Common { id, comment, .. } = &case.common;
        report.failed.extend(ran.failures.into_iter().map(|(backend, why)| Failure {
            tc_id: *id,
            comment: comment.clone(),
            backend,
            why,
        }));
    }
    report
}

/// Results in the order of the cases.
fn run_all(cases: &[Case], wanted: &[Backend]) -> Vec<Ran> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(case) = cases.get(index) else { return done };
            done.push((index, case.run(wanted)));
        }
    };
    let threads = thread::available_parallelism().map_or(1, usize::from).min(cases.len().max(1));
    let mut done = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("panics of cases are caught")).collect::<Vec<_>>()
    });
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, ran)| ran).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A panic of a library is a finding about one test: told with its text, and the others run.
    #[test]
    fn a_panic_is_an_answer() {
        let common = |id| Common { id, comment: String::new(), result: Verdict::Valid };
        let cases = [
            Case::new(common(1), &[Backend::Rust], |_| panic!("too long")),
            Case::new(common(2), &[Backend::Rust], |_| panic!("{} bytes", 7)),
            Case::new(common(3), &[Backend::Rust], |_| Answer::Agrees),
        ];
        let report = run("A".to_owned(), "S".to_owned(), &cases, &[Backend::Rust]);
        let failed: Vec<_> = report.failed.iter().map(|failure| (failure.tc_id, failure.why.as_str())).collect();
        assert_eq!(failed, [(1, "panicked: too long"), (2, "panicked: 7 bytes")]);
        assert_eq!((report.run, report.passed), (3, 1));
    }
}
