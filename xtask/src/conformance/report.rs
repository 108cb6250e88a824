//! What is told about the runs. Pure.

use std::collections::{BTreeMap, BTreeSet};

use ::conformance::suite::{self, Case};

use super::Outcome;

/// One way of one scenario, in both places.
#[derive(Debug, Clone)]
pub(super) struct Verdict {
    pub(super) case: Case,
    /// Of names: minimised or full.
    pub(super) way: &'static str,
    pub(super) in_namespace: Outcome,
    pub(super) in_process: Outcome,
}

impl Verdict {
    /// One passes and the other does not.
    fn disagrees(&self) -> bool {
        self.in_namespace.failure.is_some() != self.in_process.failure.is_some()
    }

    fn is_surprising(&self, listed: &BTreeSet<String>) -> bool {
        self.in_namespace.failure.is_some() && !listed.contains(&self.case.path())
    }

    fn title(&self) -> String {
        format!("{} {} [{}]", self.case.path(), self.way, self.case.topic)
    }
}

/// Whether the two places agree and nothing fails that is not `listed`.
pub(super) fn is_fine(verdicts: &[Verdict], listed: &BTreeSet<String>) -> bool {
    !verdicts.iter().any(|verdict| verdict.disagrees() || verdict.is_surprising(listed))
}

/// The lines to print.
pub(super) fn told(verdicts: &[Verdict], listed: &BTreeSet<String>) -> Vec<String> {
    let mut lines = Vec::new();
    for verdict in verdicts {
        lines.extend(failure(verdict, listed));
        lines.extend(difference(verdict));
    }
    let mut passed: BTreeMap<String, (&Case, bool)> = BTreeMap::new();
    for verdict in verdicts {
        passed.entry(verdict.case.path()).or_insert((&verdict.case, true)).1 &= verdict.in_namespace.failure.is_none();
    }
    lines.extend(suite::table(passed.values().copied()));
    let count = |wanted: &dyn Fn(&Verdict) -> bool| verdicts.iter().filter(|verdict| wanted(verdict)).count();
    lines.push(format!(
        "{} runs of {} scenarios: {} fail unlisted, {} disagree with the same run in process",
        verdicts.len(),
        passed.len(),
        count(&|verdict| verdict.is_surprising(listed)),
        count(&Verdict::disagrees),
    ));
    lines
}

fn failure(verdict: &Verdict, listed: &BTreeSet<String>) -> Option<String> {
    let failure = verdict.in_namespace.failure.as_ref()?;
    let word = if verdict.is_surprising(listed) { "FAIL" } else { "listed" };
    Some(format!("{word} {}: {failure}", verdict.title()))
}

/// How the two places differ; answers that differ and are both right are told and do no harm.
fn difference(verdict: &Verdict) -> Vec<String> {
    let (ours, theirs) = (&verdict.in_namespace, &verdict.in_process);
    if verdict.disagrees() {
        let told = |outcome: &Outcome| outcome.failure.clone().unwrap_or_else(|| "passes".to_owned());
        return vec![
            format!("DISAGREEMENT {}", verdict.title()),
            format!("    in the namespace: {}", told(ours)),
            format!("    in process:       {}", told(theirs)),
        ];
    }
    let Some(at) =
        (0..ours.answers.len().max(theirs.answers.len())).find(|at| ours.answers.get(*at) != theirs.answers.get(*at))
    else {
        return vec![];
    };
    let told = |outcome: &Outcome| outcome.answers.get(at).cloned().unwrap_or_else(|| "none".to_owned());
    vec![
        format!("differs {}", verdict.title()),
        format!("    in the namespace: {}", told(ours)),
        format!("    in process:       {}", told(theirs)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::conformance::Dialect;

    fn verdict(in_namespace: Option<&str>, in_process: Option<&str>) -> Verdict {
        let outcome = |failure: Option<&str>| Outcome { failure: failure.map(str::to_owned), ..Outcome::default() };
        let case = Case { dialect: Dialect::Unbound, file: "a.rpl".into(), topic: "t".into(), portable: true };
        Verdict { case, way: "minimised", in_namespace: outcome(in_namespace), in_process: outcome(in_process) }
    }

    #[test]
    fn a_run_is_fine_if_both_agree_and_nothing_fails_unlisted() {
        let (none, listed) = (BTreeSet::new(), BTreeSet::from(["unbound/a.rpl".to_owned()]));
        for (in_namespace, in_process, list, fine) in [
            (None, None, &none, true),
            (Some("x"), None, &none, false),
            (None, Some("x"), &none, false),
            (Some("x"), Some("y"), &none, false),
            (Some("x"), Some("y"), &listed, true),
            (Some("x"), None, &listed, false),
        ] {
            assert_eq!(is_fine(&[verdict(in_namespace, in_process)], list), fine, "{in_namespace:?} {in_process:?}");
        }
    }

    #[test]
    fn a_scenario_passes_if_it_does_in_every_way() {
        let lines = told(&[verdict(None, None), verdict(Some("x"), None)], &BTreeSet::new());
        assert!(lines.iter().any(|line| line == "FAIL unbound/a.rpl minimised [t]: x"), "{lines:?}");
        assert!(lines.iter().any(|line| line.starts_with("DISAGREEMENT unbound/a.rpl")), "{lines:?}");
        assert!(lines.iter().any(|line| line.ends_with("  0 of   1")), "{lines:?}");
    }

    #[test]
    fn answers_that_differ_are_told() {
        let mut one = verdict(None, None);
        one.in_process.answers = vec!["step 1: NOERROR".into()];
        assert!(is_fine(std::slice::from_ref(&one), &BTreeSet::new()));
        assert!(told(&[one], &BTreeSet::new())[0].starts_with("differs"));
    }
}
