//! Every scenario against the real binary: sockets, configuration file, faked time.
//!
//! The outer process makes a network namespace for each scenario and starts itself inside; there the servers of the
//! scenario listen on their own addresses, and rootwalk runs under libfaketime. The verdict is compared with that of the
//! same scenario in process, so whatever the two ways differ in shows.

mod binary;
mod clock;
mod config;
mod inside;
mod namespace;
mod needs;
mod report;
mod sockets;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use ::conformance::run::Tracing;
use ::conformance::suite::{self, Case};
use ::conformance::{Dialect, Failure};
use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};

use needs::Needs;
use report::Verdict;

/// Scenarios at a time: most of the time is waiting.
const JOBS: usize = 6;
/// Longer than any scenario takes: whatever hangs is ended by force, in seconds.
const MOST_SECONDS: &str = "300";

/// What to run, and how.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Only scenarios whose path contains this text
    #[arg(long, value_name = "NAME")]
    scenario: Option<String>,
    /// Scenarios at a time
    #[arg(long, default_value_t = JOBS)]
    jobs: usize,
    /// The binary to test; without it, it is built
    #[arg(long, value_name = "PATH")]
    binary: Option<PathBuf>,
    /// The library that fakes the time; without it, where Debian has it
    #[arg(long, value_name = "PATH")]
    libfaketime: Option<PathBuf>,
    /// Keep configuration, logs and answers of each scenario
    #[arg(long)]
    keep: bool,
}

/// What the process inside a namespace has to know.
#[derive(Debug, clap::Args)]
pub(crate) struct Inside {
    #[arg(long)]
    folder: PathBuf,
    #[arg(long)]
    scenario: String,
    #[arg(long)]
    full_names: bool,
    #[arg(long)]
    binary: PathBuf,
    #[arg(long)]
    libfaketime: PathBuf,
    /// Where files are written.
    #[arg(long)]
    scratch: PathBuf,
}

/// What came of one way of one scenario.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Outcome {
    failure: Option<String>,
    noted: Vec<String>,
    answers: Vec<String>,
    log: Vec<String>,
}

/// Runs the scenarios in namespaces and in process, and tells what came of them.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let folder = suite::folder()?;
    let needs = Needs::find(arguments.binary.as_deref(), arguments.libfaketime.as_deref())?;
    let chosen = |case: &Case| arguments.scenario.as_ref().is_none_or(|name| case.path().contains(name.as_str()));
    let cases: Vec<Case> = suite::index(&folder)?.into_iter().filter(chosen).collect();
    if cases.is_empty() {
        bail!("no scenario has {:?} in its path", arguments.scenario.as_deref().unwrap_or_default());
    }
    let scratch = Scratch::new(arguments.keep)?;
    let verdicts = run_all(&cases, arguments.jobs, |case| run_case(&folder, case, &needs, scratch.path()))?;
    for line in report::told(&verdicts, &suite::excepted()?) {
        println!("{line}");
    }
    if arguments.keep {
        println!("kept: {}", scratch.path().display());
    }
    let fine = report::is_fine(&verdicts, &suite::excepted()?);
    Ok(if fine { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Where the files of the runs lie: for a while, or for good.
enum Scratch {
    Temporary(tempfile::TempDir),
    Kept(PathBuf),
}

impl Scratch {
    fn new(keep: bool) -> anyhow::Result<Self> {
        if !keep {
            return Ok(Self::Temporary(tempfile::tempdir()?));
        }
        let kept = needs::build_folder()?.join("conformance");
        if kept.exists() {
            fs::remove_dir_all(&kept).with_context(|| format!("cannot empty {}", kept.display()))?;
        }
        Ok(Self::Kept(kept))
    }

    fn path(&self) -> &Path {
        match self {
            Self::Temporary(folder) => folder.path(),
            Self::Kept(folder) => folder,
        }
    }
}

/// Several at a time; the order of the verdicts is that of the cases.
fn run_all(
    cases: &[Case],
    jobs: usize,
    run_case: impl Fn(&Case) -> anyhow::Result<Vec<Verdict>> + Sync,
) -> anyhow::Result<Vec<Verdict>> {
    let next = AtomicUsize::new(0);
    let found: Mutex<Vec<(usize, anyhow::Result<Vec<Verdict>>)>> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..jobs.max(1) {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(case) = cases.get(at) else { return };
                    let verdicts = run_case(case);
                    found.lock().expect("nobody panics while holding it").push((at, verdicts));
                }
            });
        }
    });
    let mut found = found.into_inner().expect("nobody panics while holding it");
    found.sort_by_key(|(at, _)| *at);
    let nested: anyhow::Result<Vec<Vec<Verdict>>> = found.into_iter().map(|(_, verdicts)| verdicts).collect();
    Ok(nested?.into_iter().flatten().collect())
}

/// Both ways of names, if the scenario wants both; each in a namespace and in process.
fn run_case(folder: &Path, case: &Case, needs: &Needs, scratch: &Path) -> anyhow::Result<Vec<Verdict>> {
    let scenario = case.scenario(folder)?;
    let mut verdicts = Vec::new();
    for minimise in suite::ways(&scenario) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?;
        let in_process = match suite::run_in_process(&runtime, &scenario, minimise, Tracing::Off) {
            Ok(outcome) => Outcome {
                failure: outcome.failure.as_ref().map(Failure::to_string),
                noted: outcome.noted,
                answers: outcome.answers,
                log: outcome.log,
            },
            Err(panicked) => Outcome { failure: Some(panicked), ..Outcome::default() },
        };
        let way = if minimise { "minimised" } else { "full names" };
        let scratch = scratch.join(case.path()).join(way.replace(' ', "-"));
        fs::create_dir_all(&scratch).with_context(|| format!("cannot make {}", scratch.display()))?;
        let in_namespace = run_in_namespace(folder, case, minimise, needs, &scratch)
            .unwrap_or_else(|error| Outcome { failure: Some(format!("{error:#}")), ..Outcome::default() });
        for (outcome, name) in [(&in_namespace, "namespace.log"), (&in_process, "process.log")] {
            let lines = outcome.log.iter().chain(&outcome.answers).chain(&outcome.noted).chain(&outcome.failure);
            let text: String = lines.map(|line| format!("{line}\n")).collect();
            fs::write(scratch.join(name), text)?;
        }
        verdicts.push(Verdict { case: case.clone(), way, in_namespace, in_process });
    }
    Ok(verdicts)
}

/// The namespace lives as long as the processes in it, and these no longer than we do.
fn run_in_namespace(
    folder: &Path,
    case: &Case,
    minimise: bool,
    needs: &Needs,
    scratch: &Path,
) -> anyhow::Result<Outcome> {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "timeout", "--kill-after=5", MOST_SECONDS]);
    command.args(["setpriv", "--pdeathsig", "KILL", "unshare", "--net", "--"]);
    command.arg(std::env::current_exe().context("cannot find myself")?).arg("conformance-inside");
    command.arg("--folder").arg(folder).args(["--scenario", &case.path()]);
    command.arg("--binary").arg(&needs.binary).arg("--libfaketime").arg(&needs.libfaketime);
    command.arg("--scratch").arg(scratch).args((!minimise).then_some("--full-names"));
    let output = command.stdin(Stdio::null()).output().context("cannot run setpriv (Debian package util-linux)")?;
    if !output.status.success() {
        let told = String::from_utf8_lossy(&output.stderr);
        bail!("{} ({})", told.trim().trim_start_matches("error: "), output.status);
    }
    serde_json::from_slice(&output.stdout).context("what came out of the namespace makes no sense")
}

/// One scenario, inside its namespace; the outcome goes to standard output.
pub(crate) fn run_inside(arguments: &Inside) -> anyhow::Result<ExitCode> {
    let (dialect, file) = arguments.scenario.split_once('/').context("dialect/file is wanted")?;
    let dialect = if dialect == Dialect::Deckard.to_string() { Dialect::Deckard } else { Dialect::Unbound };
    let case = Case { dialect, file: file.to_owned(), topic: String::new(), portable: false };
    let scenario = case.scenario(&arguments.folder)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let outcome = runtime.block_on(inside::play(scenario, arguments))?;
    println!("{}", serde_json::to_string(&outcome)?);
    Ok(ExitCode::SUCCESS)
}
