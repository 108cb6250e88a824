//! The timing loop: check all, warm up all, then rounds over all, so that drift of the machine hits all cases alike.

use std::hint::black_box;
use std::time::Duration;

use serde::Serialize;

use super::Summary;
use super::waiting::{Waiting, without};
use crate::error::{Error, Result};
use crate::{Backend, time};

/// Fewest rounds, however long they take.
pub const LEAST_ROUNDS: usize = 5;
/// Most rounds: more do not make the median better.
pub const MOST_ROUNDS: usize = 101;
/// Rounds that the length of a sample is chosen for.
const WANTED_ROUNDS: f64 = 15.0;
/// Shortest sample: reading the clock (some 50 ns) must not count.
const LEAST_SAMPLE: Duration = Duration::from_micros(50);
/// Longest sample, unless one operation is longer: the longer, the surer something else runs meanwhile.
const MOST_SAMPLE: Duration = Duration::from_millis(20);
/// The warm-up of a case lasts until it has run this long at a stretch.
const WARM_UP: Duration = Duration::from_millis(2);

/// What an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operation {
    /// Encrypts a message.
    Encrypt,
    /// Decrypts a message, and checks it where the algorithm can.
    Decrypt,
    /// Signs a message.
    Sign,
    /// Checks a signature.
    Verify,
    /// Makes a shared secret for the other side.
    Encapsulate,
    /// Gets at the shared secret.
    Decapsulate,
    /// Both sides of a handshake.
    Handshake,
}

impl Operation {
    /// Name as in tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Encrypt => "encrypt",
            Self::Decrypt => "decrypt",
            Self::Sign => "sign",
            Self::Verify => "verify",
            Self::Encapsulate => "encapsulate",
            Self::Decapsulate => "decapsulate",
            Self::Handshake => "handshake",
        }
    }
}

impl std::fmt::Display for Operation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

/// What a case times.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Label {
    /// Algorithm, as `aes-256-gcm` or `rsa-2048 oaep`.
    pub algorithm: String,
    /// The library.
    pub backend: Backend,
    /// The operation.
    pub operation: Operation,
    /// Bytes of the message; `None` where there is none.
    pub bytes: Option<u64>,
}

impl std::fmt::Display for Label {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} by {}", self.algorithm, self.operation, self.backend)?;
        self.bytes.map_or(Ok(()), |bytes| write!(f, ", {}", crate::report::size(bytes)))
    }
}

/// The operation itself, ready to run.
pub trait Work {
    /// Most operations between two calls of [`Work::prepare`]; at least one.
    fn most(&self) -> usize {
        usize::MAX
    }

    /// Makes ready for that many operations; not timed.
    fn prepare(&mut self, iterations: usize) {
        let _ = iterations;
    }

    /// Runs that many operations; timed.
    fn run(&mut self, iterations: usize);
}

/// Work that needs nothing made ready: a closure, run again and again.
pub struct Repeat<F>(pub F);

impl<T, F: FnMut() -> T> Work for Repeat<F> {
    fn run(&mut self, iterations: usize) {
        for _ in 0..iterations {
            black_box((self.0)());
        }
    }
}

/// One thing to time, with all it needs prepared, and the check that it does what it says.
pub struct Case {
    label: Label,
    check: Box<dyn FnMut() -> Result<()>>,
    work: Box<dyn Work>,
}

impl Case {
    /// A case. The check compares with a known answer, or with what another implementation gives.
    pub fn new(label: Label, check: impl FnMut() -> Result<()> + 'static, work: impl Work + 'static) -> Self {
        Self { label, check: Box::new(check), work: Box::new(work) }
    }

    /// What it times.
    #[must_use]
    pub const fn label(&self) -> &Label {
        &self.label
    }

    /// Time of that many operations, in as many pieces as the work wants.
    fn sample(&mut self, iterations: usize, waiting: &Waiting) -> Duration {
        let (mut left, mut total) = (iterations, Duration::ZERO);
        while left > 0 {
            let piece = left.min(self.work.most());
            self.work.prepare(piece);
            let before = waiting.total();
            let ((), elapsed) = time::measure(|| self.work.run(piece));
            // Else the piece is run again.
            if let Some(time) = without(elapsed, waiting.total() - before) {
                total += time;
                left -= piece;
            }
        }
        total
    }

    /// Runs the case until a sample takes [`WARM_UP`]. Returns the time of one operation in nanoseconds.
    fn warm_up(&mut self, waiting: &Waiting) -> f64 {
        let mut iterations = 1;
        loop {
            let time = self.sample(iterations, waiting);
            if time >= WARM_UP || iterations > usize::MAX / 2 {
                return nanos(time) / count(iterations);
            }
            iterations *= 2;
        }
    }
}

/// A case that was timed.
#[derive(Debug, Clone, Serialize)]
pub struct Timed {
    /// What was timed.
    #[serde(flatten)]
    pub label: Label,
    /// Operations in each sample.
    pub iterations: usize,
    /// Nanoseconds per operation.
    pub nanoseconds: Summary,
}

impl Timed {
    /// Median time of one operation.
    #[must_use]
    pub fn median(&self) -> Duration {
        Duration::from_secs_f64(self.nanoseconds.median / 1e9)
    }

    /// Bytes of message per second; `None` where there is no message.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "messages are below 2^52 bytes")]
    pub fn bytes_per_second(&self) -> Option<f64> {
        self.label.bytes.map(|bytes| bytes as f64 * 1e9 / self.nanoseconds.median)
    }
}

/// How often to run what.
#[derive(Debug, PartialEq, Eq)]
struct Plan {
    rounds: usize,
    iterations: Vec<usize>,
}

impl Plan {
    /// For cases that take so many nanoseconds each to take about the budget together.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
    fn new(cases: &[f64], budget: Duration) -> Self {
        let share = nanos(budget) / (count(cases.len().max(1)) * WANTED_ROUNDS);
        let sample = share.clamp(nanos(LEAST_SAMPLE), nanos(MOST_SAMPLE));
        let iterations: Vec<usize> = cases.iter().map(|each| ((sample / each.max(0.1)) as usize).max(1)).collect();
        let round: f64 = cases.iter().zip(&iterations).map(|(each, times)| each * count(*times)).sum();
        let rounds = ((nanos(budget) / round.max(1.0)) as usize).clamp(LEAST_ROUNDS, MOST_ROUNDS);
        Self { rounds, iterations }
    }
}

/// Times the cases within about the budget, time that the system spends on other programs not counted; at least
/// [`LEAST_ROUNDS`] rounds, whatever they take. All cases are checked before the first is timed. `progress` is told
/// rounds done and rounds planned.
///
/// # Errors
/// [`Error::Rejected`] if a case fails its check: then none is timed.
pub fn run(mut cases: Vec<Case>, budget: Duration, mut progress: impl FnMut(usize, usize)) -> Result<Vec<Timed>> {
    for case in &mut cases {
        (case.check)().map_err(|error| failed_check(&case.label, &error))?;
    }
    let waiting = Waiting::of_this_thread();
    let estimates: Vec<f64> = cases.iter_mut().map(|case| case.warm_up(&waiting)).collect();
    let plan = Plan::new(&estimates, budget);
    let mut samples = vec![Vec::with_capacity(plan.rounds); cases.len()];
    for round in 0..plan.rounds {
        for ((case, iterations), samples) in cases.iter_mut().zip(&plan.iterations).zip(&mut samples) {
            samples.push(nanos(case.sample(*iterations, &waiting)) / count(*iterations));
        }
        progress(round + 1, plan.rounds);
    }
    let timed = cases.into_iter().zip(plan.iterations).zip(samples).map(|((case, iterations), samples)| Timed {
        label: case.label,
        iterations,
        nanoseconds: Summary::of(&samples).expect("there are at least five rounds"),
    });
    Ok(timed.collect())
}

fn failed_check(label: &Label, why: &Error) -> Error {
    Error::Rejected(format!("{label} fails its known-answer check ({why}): nothing is timed"))
}

fn nanos(time: Duration) -> f64 {
    time.as_secs_f64() * 1e9
}

#[expect(clippy::cast_precision_loss, reason = "counts are below 2^52")]
const fn count(number: usize) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use super::*;

    type Log = Rc<RefCell<Vec<(&'static str, usize)>>>;

    struct Logged {
        name: &'static str,
        log: Log,
        ready: usize,
    }

    impl Work for Logged {
        fn most(&self) -> usize {
            3
        }

        fn prepare(&mut self, iterations: usize) {
            self.ready = iterations;
        }

        fn run(&mut self, iterations: usize) {
            assert_eq!(self.ready, iterations, "prepared for as many as are run");
            self.ready = 0;
            // Long enough for the warm-up to end at once.
            let start = time::now();
            while start.elapsed() < WARM_UP {}
            self.log.borrow_mut().push((self.name, iterations));
        }
    }

    fn label(algorithm: &str) -> Label {
        Label {
            algorithm: algorithm.to_owned(),
            backend: Backend::Rust,
            operation: Operation::Encrypt,
            bytes: Some(1024),
        }
    }

    fn logged(name: &'static str, log: &Log, answer: &'static str) -> Case {
        let check = move || if answer == "right" { Ok(()) } else { Err(Error::Rejected(answer.to_owned())) };
        Case::new(label(name), check, Logged { name, log: Rc::clone(log), ready: 0 })
    }

    #[test]
    fn rounds_go_over_all_cases_in_turn() {
        let log = Log::default();
        let cases = ["a", "b", "c"].map(|name| logged(name, &log, "right")).into();
        let mut told = Vec::new();
        let timed = run(cases, Duration::ZERO, |done, of| told.push((done, of))).expect("all answers are right");
        let mut order: Vec<&str> = log.borrow().iter().map(|(name, _)| *name).collect();
        // A warm-up may take several pieces, and a piece that only waited is run again.
        order.dedup();
        let order: String = order.concat();
        // The warm-up, and then the rounds.
        assert_eq!(order, "abc".repeat(1 + LEAST_ROUNDS));
        assert_eq!(told, [(1, 5), (2, 5), (3, 5), (4, 5), (5, 5)]);
        assert_eq!(timed.len(), 3);
        for case in timed {
            assert_eq!((case.nanoseconds.samples, case.iterations), (LEAST_ROUNDS, 1));
        }
    }

    #[test]
    fn a_case_with_a_wrong_answer_is_not_timed_nor_are_the_others() {
        let log = Log::default();
        let cases = vec![logged("good", &log, "right"), logged("bad", &log, "other tag")];
        let error = run(cases, Duration::ZERO, |_, _| ()).expect_err("one answer is wrong");
        assert_eq!(error.exit_code(), 3);
        assert!(error.to_string().starts_with("bad encrypt by rust, 1 KiB fails its known-answer check (other tag)"));
        assert!(log.borrow().is_empty(), "something ran");
    }

    struct Pieces(Rc<RefCell<Vec<usize>>>);

    impl Work for Pieces {
        fn most(&self) -> usize {
            4
        }

        fn run(&mut self, iterations: usize) {
            self.0.borrow_mut().push(iterations);
        }
    }

    #[test]
    fn a_sample_is_made_of_pieces_that_can_be_prepared() {
        let ran = Rc::default();
        Case::new(label("x"), || Ok(()), Pieces(Rc::clone(&ran))).sample(10, &Waiting::of_this_thread());
        assert_eq!(*ran.borrow(), [4, 4, 2]);
    }

    #[test]
    fn the_plan_fills_the_budget_within_its_bounds() {
        let second = Duration::from_secs(1);
        for (cases, budget, rounds, iterations) in [
            // 1 s over 2 cases and 15 rounds would be samples of 33 ms: 20 ms is the most, so 25 rounds of 40 ms.
            (vec![1e3, 1e6], second, 25, vec![20_000, 20]),
            // One operation longer than the budget: five rounds nonetheless.
            (vec![2e9], second, LEAST_ROUNDS, vec![1]),
            // A tiny budget: samples stay long enough for the clock.
            (vec![1e3], Duration::from_micros(1), LEAST_ROUNDS, vec![50]),
            // More rounds than this are not worth it.
            (vec![1e3], 100 * second, MOST_ROUNDS, vec![20_000]),
            (vec![], second, MOST_ROUNDS, vec![]),
        ] {
            assert_eq!(Plan::new(&cases, budget), Plan { rounds, iterations }, "{cases:?}");
        }
    }

    #[test]
    fn rates_are_bytes_by_median_time() {
        let nanoseconds = Summary::of(&[500.0, 512.0, 600.0]).expect("there are samples");
        let timed = Timed { label: label("x"), iterations: 1, nanoseconds };
        assert_eq!(timed.median(), Duration::from_nanos(512));
        assert_eq!(timed.bytes_per_second().map(f64::round), Some(2e9));
    }
}
