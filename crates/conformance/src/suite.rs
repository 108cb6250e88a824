//! Which scenarios there are, and which of them need not pass.
//!
//! The scenarios lie in a folder outside the repository; the lists of those that fail lie inside it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;

use crate::run::Tracing;
use crate::scenario::{Dialect, Scenario};
use crate::{Outcome, ReadError, read, run};

/// Why the suite cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SuiteError {
    /// There is no folder of scenarios.
    #[error("{} is absent; ROOTWALK_SCENARIOS names another folder", .0.display())]
    NoFolder(PathBuf),
    /// A file cannot be read.
    #[error("{}: {error}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// A line of the index, or a list, has no meaning.
    #[error("{}: {problem}", path.display())]
    Meaning {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// A scenario cannot be read.
    #[error("{}: {error}", path.display())]
    Scenario {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        error: ReadError,
    },
}

/// One line of the index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// Whose way of writing scenarios.
    pub dialect: Dialect,
    /// The name of the file.
    pub file: String,
    /// What it is about.
    pub topic: String,
    /// Whether resolvers of two unrelated projects give the expected answers.
    pub portable: bool,
}

impl Case {
    /// Where it lies in the folder.
    pub fn path(&self) -> String {
        format!("{}/{}", self.dialect, self.file)
    }

    /// Reads the scenario.
    ///
    /// # Errors
    /// When the file is absent or a line of it has no meaning.
    pub fn scenario(&self, folder: &Path) -> Result<Arc<Scenario>, SuiteError> {
        let path = folder.join(self.path());
        let octets = fs::read(&path).map_err(|error| SuiteError::File { path: path.clone(), error })?;
        read(&octets, self.dialect).map(Arc::new).map_err(|error| SuiteError::Scenario { path, error })
    }
}

/// A scenario that need not pass.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exception {
    /// The scenario.
    pub file: String,
    /// One sentence.
    pub reason: String,
    /// What backs it.
    pub rfc: String,
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The folder of scenarios: what `ROOTWALK_SCENARIOS` names, else `shared/scenarios` beside the workspace.
///
/// # Errors
/// When it is absent.
pub fn folder() -> Result<PathBuf, SuiteError> {
    let named = std::env::var_os("ROOTWALK_SCENARIOS");
    let folder = named.map_or_else(|| workspace().join("../shared/scenarios"), PathBuf::from);
    if folder.join("index.csv").exists() { Ok(folder) } else { Err(SuiteError::NoFolder(folder)) }
}

/// The scenarios of a folder.
///
/// # Errors
/// When its index cannot be read.
pub fn index(folder: &Path) -> Result<Vec<Case>, SuiteError> {
    let path = folder.join("index.csv");
    let text = fs::read_to_string(&path).map_err(|error| SuiteError::File { path: path.clone(), error })?;
    let cases: Option<Vec<Case>> = text.lines().skip(1).map(case).collect();
    let problem = || SuiteError::Meaning { path, problem: "a line is not dialect,file,topic,portable,…".into() };
    cases.filter(|cases| !cases.is_empty()).ok_or_else(problem)
}

fn case(line: &str) -> Option<Case> {
    let fields: Vec<&str> = line.split(',').collect();
    let [dialect, file, topic, portable, ..] = fields.as_slice() else { return None };
    let dialect = [Dialect::Deckard, Dialect::Unbound].into_iter().find(|known| known.to_string() == *dialect)?;
    Some(Case { dialect, file: (*file).to_owned(), topic: (*topic).to_owned(), portable: *portable == "yes" })
}

/// Scenarios that need not pass, each with its reason.
///
/// # Errors
/// When the list cannot be read.
pub fn exceptions() -> Result<Vec<Exception>, SuiteError> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct File {
        #[serde(default)]
        exception: Vec<Exception>,
    }
    let path = workspace().join("tests/scenarios/exceptions.toml");
    let text = fs::read_to_string(&path).map_err(|error| SuiteError::File { path: path.clone(), error })?;
    let file: Result<File, _> = toml::from_str(&text);
    file.map(|file| file.exception).map_err(|error| SuiteError::Meaning { path, problem: error.to_string() })
}

/// Paths of the exceptions.
///
/// # Errors
/// When the list cannot be read.
pub fn excepted() -> Result<BTreeSet<String>, SuiteError> {
    Ok(exceptions()?.into_iter().map(|exception| exception.file).collect())
}

/// How many of each dialect and topic passed; `passed` has every case that was run.
pub fn table<'a>(passed: impl IntoIterator<Item = (&'a Case, bool)>) -> Vec<String> {
    let mut counts: BTreeMap<(String, &str), (usize, usize)> = BTreeMap::new();
    for (case, is_fine) in passed {
        let portable = if case.portable { "(portable)" } else { "(others)" };
        for key in [&case.topic, portable, "(all)"] {
            let (fine, all) = counts.entry((case.dialect.to_string(), key)).or_default();
            *fine += usize::from(is_fine);
            *all += 1;
        }
    }
    let line = |((dialect, topic), (fine, all))| format!("{dialect:8} {topic:16} {fine:3} of {all:3}");
    counts.into_iter().map(line).collect()
}

/// The ways in which a scenario has to pass: with names minimised, with full names, or both.
pub fn ways(scenario: &Scenario) -> Vec<bool> {
    scenario.settings.minimise.map_or(vec![true, false], |one| vec![one])
}

/// Runs a scenario in process, on a current-thread runtime of its own whose clock is paused.
///
/// # Errors
/// When the resolver panics.
pub fn run_in_process(
    runtime: &tokio::runtime::Runtime,
    scenario: &Arc<Scenario>,
    minimise: bool,
    tracing: Tracing,
) -> Result<Outcome, String> {
    let play = || runtime.block_on(run(scenario.clone(), minimise, tracing));
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(play)).map_err(|_| "a panic".to_owned())
}
