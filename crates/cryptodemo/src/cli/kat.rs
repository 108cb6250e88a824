//! `cryptodemo kat`.

use std::path::PathBuf;

use serde::Serialize;

use super::Output;
use super::output::Style;
use crate::error::Error;
use crate::kat::{self, FileReport};
use crate::report::plain;
use crate::{Backend, Result, files};

/// Longest file of vectors; the longest of Wycheproof has a few MiB.
const MAX_FILE: u64 = 64 << 20;

/// Arguments of `cryptodemo kat`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = HELP)]
pub(super) struct Arguments {
    /// Files of Wycheproof (JSON), or the answers of `openssl enc`
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Run by this backend only; may be given several times
    #[arg(long, value_name = "NAME")]
    backend: Vec<Backend>,
}

const HELP: &str = "\
Every test is run by each backend that has its algorithm. A test passes if all
that ran it did what the file says: took valid input and gave its answer,
refused invalid input. What is not offered is skipped, with the reason. A file
of which nothing was run says so, and is no failure.

Exit codes, the worst one first; all files are run in any case:
  3  a test failed
  4  a file is no JSON, or its schema is not known
  6  a file cannot be read

Examples:
  cd crates/cryptodemo/tests/vectors
  cryptodemo kat wycheproof/aes_gcm_test.json
  cryptodemo kat openssl_enc_kat.json --backend rust
  cryptodemo kat wycheproof/hkdf_*.json wycheproof/hmac_sha256_test.json
  cryptodemo kat wycheproof/x25519_test.json --json";

/// A file and what came of it.
#[derive(Serialize)]
struct Entry {
    file: String,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    report: Option<FileReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Failure>,
}

#[derive(Serialize)]
struct Failure {
    exit_code: u8,
    text: String,
}

/// Runs the command.
pub(super) fn run(arguments: Arguments, output: &Output) -> Result<()> {
    let Arguments { files, backend } = arguments;
    let backends = if backend.is_empty() { Backend::ALL.to_vec() } else { backend };
    let mut entries = Vec::new();
    let mut errors = Vec::new();
    for path in files {
        let file = path.display().to_string();
        let report = files::read(&path, MAX_FILE).and_then(|json| kat::check(&file, &json, &backends));
        let entry = match report {
            Ok(report) => Entry { file, report: Some(report), error: None },
            Err(error) => {
                let failure = Failure { exit_code: error.exit_code(), text: error.to_string() };
                errors.push(error);
                Entry { file, report: None, error: Some(failure) }
            }
        };
        if !output.is_json() {
            print(&entry, output)?;
        }
        entries.push(entry);
    }
    if output.is_json() {
        output.json(&entries)?;
    } else if entries.len() > 1 {
        print_total(&entries, output)?;
    }
    errors.extend(mismatch(&entries));
    conclude(errors, output)
}

/// The error that says how many tests failed, if any did.
fn mismatch(entries: &[Entry]) -> Option<Error> {
    let failed = |entry: &&Entry| entry.report.as_ref().is_some_and(|report| !report.failed.is_empty());
    let files: Vec<&Entry> = entries.iter().filter(failed).collect();
    let first = files.first()?;
    let tests: usize = files.iter().filter_map(|entry| entry.report.as_ref()).map(FileReport::tests_failed).sum();
    let text = format!("{tests} known answers differ, in {} of {} files: {}", files.len(), entries.len(), first.file);
    Some(Error::Rejected(if files.len() > 1 { format!("{text} and others") } else { text }))
}

/// The worst error decides the exit code; the others are told before. Of equals the first one wins.
fn conclude(mut errors: Vec<Error>, output: &Output) -> Result<()> {
    // A wrong answer is worse than a file that says nothing, and that is worse than a file that is not there: the order
    // of the exit codes.
    let Some(worst) = (0..errors.len()).min_by_key(|index| errors[*index].exit_code()) else { return Ok(()) };
    let worst = errors.remove(worst);
    errors.iter().for_each(|error| output.error(error));
    Err(worst)
}

fn print(entry: &Entry, output: &Output) -> Result<()> {
    let Some(report) = &entry.report else {
        return output.line(format!("{}: {}", plain(&entry.file), output.style(Style::Bad, "not run")));
    };
    let FileReport { algorithm, tests, run, passed, backends, left_out, skipped, failed, .. } = report;
    output.line(output.style(Style::Heading, &plain(&entry.file)))?;
    let verdict = match (run, failed.is_empty()) {
        (0, _) => output.style(Style::Warn, "nothing run"),
        (_, true) => output.style(Style::Good, "passed"),
        (_, false) => output.style(Style::Bad, "FAILED"),
    };
    let skips: usize = skipped.values().sum();
    let fails = report.tests_failed();
    output.line(format!(
        "  {} {verdict}: {tests} tests, {run} run, {passed} passed, {fails} failed, {skips} skipped",
        plain(algorithm)
    ))?;
    if !backends.is_empty() {
        let backends: Vec<String> = backends.iter().map(|(backend, count)| format!("{backend} {count}")).collect();
        output.line(format!("  run by: {}", backends.join(", ")))?;
    }
    for (backend, reasons) in left_out {
        for (reason, count) in reasons {
            output.line(format!("  {count} not by {backend}: {}", plain(reason)))?;
        }
    }
    for (reason, count) in skipped {
        output.line(format!("  skipped {count}: {}", plain(reason)))?;
    }
    for failure in failed {
        let kat::Failure { tc_id, comment, backend, why } = failure;
        let comment = if comment.is_empty() { String::new() } else { format!(" ({})", plain(comment)) };
        let why = plain(why);
        output.line(format!("  {} tcId {tc_id}{comment}: {backend} {why}", output.style(Style::Bad, "failed")))?;
    }
    Ok(())
}

fn print_total(entries: &[Entry], output: &Output) -> Result<()> {
    let reports = || entries.iter().filter_map(|entry| entry.report.as_ref());
    let sum = |count: fn(&FileReport) -> usize| reports().map(count).sum::<usize>();
    let nothing = reports().filter(|report| report.run == 0).count();
    output.line(format!(
        "{} files: {} tests, {} run, {} passed, {} failed, {} skipped; {nothing} files with nothing run",
        entries.len(),
        sum(|report| report.tests),
        sum(|report| report.run),
        sum(|report| report.passed),
        sum(FileReport::tests_failed),
        sum(|report| report.skipped.values().sum()),
    ))
}
