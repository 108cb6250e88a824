//! Every scenario of a folder, against the real resolver behind the real server.
//!
//! `ROOTWALK_SCENARIOS` names the folder (default `../shared/scenarios` beside the workspace); `SCENARIO=name` runs the
//! scenarios whose path contains that name, and prints what was asked and the walk's trace.

use std::collections::BTreeSet;

use conformance::suite::{Case, excepted, exceptions, index, table};

use crate::support::{run_all, say, scenarios, setting};

/// At most so many of a hundred scenarios may be excepted.
const MAX_EXCEPTIONS_PERCENT: usize = 3;

#[test]
fn every_scenario_passes_that_is_no_exception() {
    let Some(folder) = scenarios() else { return };
    let chosen = setting("SCENARIO");
    let cases: Vec<Case> = index(&folder).unwrap();
    let wanted = |case: &&Case| chosen.as_ref().is_none_or(|name| case.path().contains(name.as_str()));
    let verdicts = run_all(&folder, &cases.iter().filter(wanted).cloned().collect::<Vec<_>>(), chosen.is_some());
    let failed: BTreeSet<String> =
        verdicts.iter().filter(|verdict| verdict.failure.is_some()).map(|verdict| verdict.case.path()).collect();
    for verdict in &verdicts {
        for line in &verdict.told {
            println!("    {line}");
        }
        if let Some(failure) = &verdict.failure {
            let portable = if verdict.case.portable { "portable" } else { "" };
            say(&format!("FAIL {} {portable} [{}]: {failure}", verdict.case.path(), verdict.case.topic));
        }
    }
    for line in table(verdicts.iter().map(|verdict| (&verdict.case, verdict.failure.is_none()))) {
        say(&line);
    }
    let strict = verdicts.iter().filter(|verdict| verdict.failure.is_none() && verdict.noted == 0).count();
    say(&format!("strict: {strict} of {}", verdicts.len()));
    let excepted = excepted().unwrap();
    say(&format!("{} exceptions:", excepted.len()));
    for exception in exceptions().unwrap() {
        say(&format!("    {}: {} ({})", exception.file, exception.reason, exception.rfc));
    }
    let surprising: Vec<&String> = failed.difference(&excepted).collect();
    assert!(surprising.is_empty(), "{} scenarios fail: {surprising:?}", surprising.len());
    let ran: BTreeSet<String> = verdicts.iter().map(|verdict| verdict.case.path()).collect();
    let passing: Vec<&String> = excepted.intersection(&ran).filter(|file| !failed.contains(*file)).collect();
    assert!(passing.is_empty(), "these pass and need not be listed any longer: {passing:?}");
}

#[test]
fn exceptions_are_few_and_hide_nothing() {
    let Some(folder) = scenarios() else { return };
    let (cases, exceptions) = (index(&folder).unwrap(), exceptions().unwrap());
    for exception in &exceptions {
        let case = cases.iter().find(|case| case.path() == exception.file);
        let case = case.unwrap_or_else(|| panic!("{}: there is no such scenario", exception.file));
        assert!(!case.portable, "{}: resolvers of two unrelated projects agree on it", exception.file);
        assert!(exception.rfc.starts_with("RFC "), "{}: the RFC that backs it is missing", exception.file);
        assert!(exception.reason.ends_with('.'), "{}: the reason is one sentence", exception.file);
    }
    let most = cases.len() * MAX_EXCEPTIONS_PERCENT / 100;
    assert!(exceptions.len() <= most, "{} exceptions, at most {most} of {}", exceptions.len(), cases.len());
}
