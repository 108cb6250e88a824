//! Every `.scn` file below `tests/scenarios`, each on a clock of its own.
//!
//! `SCENARIO=name` plays those whose path contains the name, and prints what was asked and the walk's trace.
#![expect(clippy::unwrap_used, reason = "a folder that cannot be read fails the test")]

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use conformance::scn;

use crate::support::{setting, workspace};

#[test]
fn every_scenario_of_our_own_passes() {
    let folder = workspace().join("tests/scenarios");
    let mut files = files_below(&folder);
    files.sort();
    assert!(files.len() > 5, "the search has gone blind: {} files", files.len());
    let chosen = setting("SCENARIO");
    if let Some(name) = &chosen {
        files.retain(|file| file.to_string_lossy().contains(name.as_str()));
    }
    let verdicts = play_all(&files, chosen.is_some());
    let mut failed = 0;
    for (file, verdict) in files.iter().zip(verdicts) {
        verdict.told.iter().for_each(|line| println!("    {line}"));
        let path = file.strip_prefix(&folder).unwrap_or(file);
        match verdict.failure {
            Some(failure) => {
                failed += 1;
                println!("FAIL {}: {failure}", path.display());
            }
            None if chosen.is_some() => println!("pass {}: {}", path.display(), verdict.title),
            None => {}
        }
    }
    assert_eq!(failed, 0, "of {} scenarios; each has its line above", files.len());
}

struct Verdict {
    title: String,
    failure: Option<String>,
    /// What was asked and what the walk did, if that was wanted.
    told: Vec<String>,
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let below = entries.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] });
    below.filter(|path| path.extension().is_some_and(|end| end == "scn")).collect()
}

/// Plays files, as many at once as there are processors.
fn play_all(files: &[PathBuf], tell: bool) -> Vec<Verdict> {
    let next = AtomicUsize::new(0);
    let verdicts: Mutex<Vec<(usize, Verdict)>> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(file) = files.get(at) else { return };
                    let verdict = play(file, tell);
                    verdicts.lock().unwrap().push((at, verdict));
                }
            });
        }
    });
    let mut verdicts = verdicts.into_inner().unwrap();
    verdicts.sort_by_key(|(at, _)| *at);
    verdicts.into_iter().map(|(_, verdict)| verdict).collect()
}

fn play(file: &Path, tell: bool) -> Verdict {
    let text = std::fs::read_to_string(file).unwrap();
    let beside = |name: &str| {
        let path = file.with_file_name(name);
        std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))
    };
    let script = match scn::read(&text, &beside) {
        Ok(script) => script,
        Err(error) => return Verdict { title: String::new(), failure: Some(error.to_string()), told: vec![] },
    };
    let run = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(scn::run(&script))
    };
    let title = script.title.clone();
    match std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)) {
        Ok(outcome) => {
            let told = if tell { [outcome.trace, outcome.log].concat() } else { vec![] };
            Verdict { title, failure: outcome.failure.map(|failure| failure.to_string()), told }
        }
        Err(_) => Verdict { title, failure: Some("a panic".into()), told: vec![] },
    }
}
