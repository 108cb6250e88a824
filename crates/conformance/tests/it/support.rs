//! Running scenarios on all processors.
#![expect(clippy::unwrap_used, reason = "a folder that cannot be read fails the test")]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use conformance::Failure;
use conformance::run::Tracing;
use conformance::suite::{Case, folder, run_in_process, ways};

/// What came of one scenario.
pub(crate) struct Verdict {
    pub(crate) case: Case,
    pub(crate) failure: Option<String>,
    pub(crate) noted: usize,
    /// What was asked and what the walk did, if that was wanted.
    pub(crate) told: Vec<String>,
}

#[expect(clippy::disallowed_methods, reason = "the tester chooses the scenarios")]
pub(crate) fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

pub(crate) fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Says something past the capture of the test harness, so that it is seen although the test passes.
pub(crate) fn say(line: &str) {
    let _ = std::io::stderr().write_all(format!("{line}\n").as_bytes()); // nobody listens: then nobody misses it
}

/// The folder of scenarios, or a loud word that there is none. A folder that somebody has named has to be there.
pub(crate) fn scenarios() -> Option<PathBuf> {
    let found = folder();
    if let Err(error) = &found {
        say(&format!("\nNO SCENARIOS WERE RUN: {error}\n"));
        assert!(setting("ROOTWALK_SCENARIOS").is_none(), "{error}");
    }
    found.ok()
}

/// Runs scenarios, as many at once as there are processors.
pub(crate) fn run_all(folder: &Path, cases: &[Case], tell: bool) -> Vec<Verdict> {
    let next = AtomicUsize::new(0);
    let verdicts: Mutex<Vec<(usize, Verdict)>> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some((at, case)) =
                    Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|at| Some((at, cases.get(at)?)))
                {
                    let verdict = run_case(folder, case, tell);
                    verdicts.lock().unwrap().push((at, verdict));
                }
            });
        }
    });
    let mut verdicts = verdicts.into_inner().unwrap();
    verdicts.sort_by_key(|(at, _)| *at);
    verdicts.into_iter().map(|(_, verdict)| verdict).collect()
}

fn run_case(folder: &Path, case: &Case, tell: bool) -> Verdict {
    let mut verdict = Verdict { case: case.clone(), failure: None, noted: 0, told: vec![] };
    let scenario = match case.scenario(folder) {
        Ok(scenario) => scenario,
        Err(error) => return Verdict { failure: Some(format!("unreadable: {error}")), ..verdict },
    };
    let tracing = if tell { Tracing::On } else { Tracing::Off };
    for minimise in ways(&scenario) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let outcome = run_in_process(&runtime, &scenario, minimise, tracing);
        verdict.noted += outcome.as_ref().map_or(0, |outcome| outcome.noted.len());
        if tell {
            verdict.told.push(format!("{} minimise={minimise}", case.path()));
            let outcome = outcome.as_ref().ok();
            verdict.told.extend(outcome.iter().flat_map(|outcome| outcome.trace.iter().chain(&outcome.log).cloned()));
            verdict
                .told
                .extend(outcome.iter().flat_map(|outcome| &outcome.noted).map(|noted| format!("noted: {noted}")));
        }
        let failure = match outcome {
            Ok(outcome) => outcome.failure.as_ref().map(Failure::to_string),
            Err(panicked) => Some(panicked),
        };
        if let Some(failure) = failure {
            let way = if minimise { "minimised" } else { "full names" };
            verdict.failure = Some(format!("{way}: {failure}"));
            break;
        }
    }
    verdict
}
