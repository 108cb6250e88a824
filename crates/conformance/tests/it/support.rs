//! Where scenarios are, which there are, and running them on all processors.
#![expect(clippy::unwrap_used, reason = "a folder that cannot be read fails the test")]

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use conformance::run::Tracing;
use conformance::{Dialect, Failure, Outcome, Scenario, read, run};
use serde::Deserialize;

/// One line of the index.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) dialect: String,
    pub(crate) file: String,
    pub(crate) topic: String,
    pub(crate) portable: bool,
}

impl Case {
    pub(crate) fn path(&self) -> String {
        format!("{}/{}", self.dialect, self.file)
    }
}

/// A scenario that need not pass.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Exception {
    pub(crate) file: String,
    pub(crate) reason: String,
    pub(crate) rfc: String,
}

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

/// The folder of scenarios, or a loud word that there is none.
pub(crate) fn folder() -> Option<PathBuf> {
    let folder = setting("ROOTWALK_SCENARIOS").map_or_else(|| workspace().join("../shared/scenarios"), PathBuf::from);
    if folder.join("index.csv").exists() {
        return Some(folder);
    }
    println!("NO SCENARIOS WERE RUN: {} is absent; ROOTWALK_SCENARIOS names another folder", folder.display());
    None
}

pub(crate) fn exceptions() -> Vec<Exception> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct File {
        #[serde(default)]
        exception: Vec<Exception>,
    }
    let text = std::fs::read_to_string(workspace().join("tests/scenarios/exceptions.toml")).unwrap();
    toml::from_str::<File>(&text).unwrap().exception
}

/// Scenarios that do not pass yet.
pub(crate) fn open() -> Vec<String> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct File {
        #[serde(default)]
        scenarios: Vec<String>,
    }
    let text = std::fs::read_to_string(workspace().join("tests/scenarios/open.toml")).unwrap();
    toml::from_str::<File>(&text).unwrap().scenarios
}

pub(crate) fn index(folder: &Path) -> Vec<Case> {
    let text = std::fs::read_to_string(folder.join("index.csv")).unwrap();
    let cases: Vec<Case> = text
        .lines()
        .skip(1)
        .map(|line| {
            let fields: Vec<&str> = line.split(',').collect();
            let [dialect, file, topic, portable, ..] = fields.as_slice() else { panic!("index.csv: {line}") };
            let [dialect, file, topic] = [dialect, file, topic].map(|field| (*field).to_owned());
            Case { dialect, file, topic, portable: *portable == "yes" }
        })
        .collect();
    assert!(!cases.is_empty(), "the index is empty");
    cases
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
    let dialect = if case.dialect == "deckard" { Dialect::Deckard } else { Dialect::Unbound };
    let octets = std::fs::read(folder.join(case.path())).unwrap();
    let mut verdict = Verdict { case: case.clone(), failure: None, noted: 0, told: vec![] };
    let scenario = match read(&octets, dialect) {
        Ok(scenario) => Arc::new(scenario),
        Err(error) => return Verdict { failure: Some(format!("unreadable: {error}")), ..verdict },
    };
    let ways = scenario.settings.minimise.map_or(vec![true, false], |one| vec![one]);
    for minimise in ways {
        let outcome = run_once(&scenario, minimise, tell);
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

/// One run in a runtime of its own, whose clock is paused.
fn run_once(scenario: &Arc<Scenario>, minimise: bool, tell: bool) -> Result<Outcome, String> {
    let tracing = if tell { Tracing::On } else { Tracing::Off };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let play = || runtime.block_on(run(scenario.clone(), minimise, tracing));
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(play)).map_err(|_| "a panic".to_owned())
}
