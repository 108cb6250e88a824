//! What is asked, and what may be said of the answers.

use std::collections::BTreeSet;

use lab::{DenialKind, Standing, Truth, TruthKind, TruthSecurity, World, Zone, museum};
use proto::{Name, Question, RrType};

use crate::judge::Verdict::{Bogus, Insecure, Secure};
use crate::judge::{Judge, Verdict, may_differ};

/// A question, and what the oracle or the museum says of its answer.
pub(crate) struct Case {
    pub(crate) question: Question,
    pub(crate) expected: &'static [Verdict],
    /// Whether the zone that answers denies with opt-out.
    opt_out: bool,
}

impl Case {
    fn new(world: &World, question: Question, expected: &'static [Verdict]) -> Self {
        let denial = zone_of(world, &question).signing().map(|how| &how.denial);
        let opt_out = matches!(denial, Some(DenialKind::Nsec3(how)) if how.opt_out);
        Self { question, expected, opt_out }
    }

    /// Whether the verdict is one that the judge may give.
    pub(crate) fn expects(&self, judge: Judge, verdict: Verdict) -> bool {
        // RFC 5155 §9.2 keeps AD from what opt-out spans prove; delv speaks of the signatures of the records.
        let by_opt_out = self.opt_out && judge == Judge::Delv && verdict == Secure && self.expected == [Insecure];
        self.expected.contains(&verdict) || by_opt_out || may_differ(judge, &self.question.name, verdict)
    }
}

/// The museum, piece by piece.
pub(crate) fn of_the_museum(world: &World) -> Vec<Case> {
    let expected = |standing| match standing {
        Standing::Secure => &[Secure][..],
        Standing::Insecure => &[Insecure],
        Standing::Bogus => &[Bogus],
    };
    museum().into_iter().map(|piece| Case::new(world, piece.ask, expected(piece.standing))).collect()
}

/// Of each zone of the lab one question of each kind: data, denials of name and type, aliases, wildcards, delegations.
pub(crate) fn of_the_lab(world: &World) -> Vec<Case> {
    let mut kinds = BTreeSet::new();
    let all = asks_for_all();
    let mut chosen = Vec::new();
    for question in world.questions() {
        let truth = world.truth(&question);
        // Some judges answer for NSEC by what they have met among proofs: at a delegation that is the parent's.
        let met = question.rtype == RrType::NSEC && truth.security == TruthSecurity::Insecure;
        if truth.is_unanswerable() || !truth.certain || met {
            continue;
        }
        if kinds.insert(kind(world, &question, &truth)) || all {
            chosen.push(Case::new(world, question, expected(&truth)));
        }
    }
    chosen
}

/// What two questions have in common of which one is enough.
fn kind(world: &World, question: &Question, truth: &Truth) -> impl Ord + use<> {
    let what = match truth.kind {
        TruthKind::Answer => "data",
        TruthKind::NoData => "no data",
        TruthKind::NxDomain => "no name",
        TruthKind::Unanswerable(_) => "nothing",
    };
    let zone = zone_of(world, question);
    let first = truth.answer.first().map(|set| set.rtype);
    let alias = first.filter(|rtype| [RrType::CNAME, RrType::DNAME].contains(rtype));
    let from_wildcard = zone.records().all(|record| record.name != question.name);
    (zone.apex.clone(), what, alias, from_wildcard, question.rtype.is_at_parent(), truth.security)
}

fn expected(truth: &Truth) -> &'static [Verdict] {
    match truth.security {
        TruthSecurity::Secure => &[Secure],
        TruthSecurity::Insecure => &[Insecure],
        TruthSecurity::Either => &[Secure, Insecure],
        TruthSecurity::Unknown => unreachable!("the museum is asked apart"),
    }
}

/// The zone that answers.
fn zone_of<'w>(world: &'w World, question: &Question) -> &'w Zone {
    let above = question.name.ancestors().skip(usize::from(question.rtype.is_at_parent()));
    let zone = above.filter_map(|name| world.zone(&name)).next();
    zone.or(world.zone(&Name::root())).expect("the root is there")
}

#[expect(clippy::disallowed_methods, reason = "the tester chooses how much is asked")]
fn asks_for_all() -> bool {
    std::env::var("JUDGES").is_ok_and(|value| value == "all")
}
