//! The context of one piece of work: budget, trace, nesting.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use dnssec::Effort;
use proto::{Name, Question};
use tokio::task::JoinHandle;

use crate::budget::Budget;
use crate::error::ResolveError;
use crate::iterate::Fetched;
use crate::lasting::Notes;
use crate::trace::Trace;

/// What work for one client question carries along. Sub-questions share all but trace span, depth and ancestors.
#[derive(Debug, Clone)]
pub(crate) struct Work {
    pub(crate) budget: Arc<Budget>,
    pub(crate) trace: Trace,
    pub(crate) depth: u32,
    ancestors: Arc<Ancestors>,
    /// Whether what is found has to be checked before it is used: not for clients that check by themselves, nor for
    /// addresses of servers, which can be lied about without anybody believing the lie.
    pub(crate) checked: Checked,
    /// Which data of the cache will do.
    pub(crate) freshness: Freshness,
    shared: Arc<Shared>,
}

/// What all of the work for one client question has in common.
#[derive(Debug)]
struct Shared {
    standing: Mutex<Name>,
    /// The allowance for signature checks.
    effort: Effort,
    distrusted: Mutex<BTreeSet<(Name, IpAddr)>>,
    /// Keys of zones that are being asked for beside other questions.
    keys: Mutex<BTreeMap<Name, JoinHandle<Option<Fetched>>>>,
    /// Whether data was met in the cache that is about to expire.
    aging: AtomicBool,
    notes: Notes,
}

/// Which data of the cache will do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Freshness {
    /// Any that has not expired.
    Live,
    /// None that is about to expire: it is to be renewed.
    Young,
}

/// Whether data is validated on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Checked {
    /// It is; bogus data is an error.
    Yes,
    /// It is taken as it comes.
    No,
}

/// The questions that wait for this one, innermost first.
#[derive(Debug)]
struct Ancestors {
    question: Question,
    above: Option<Arc<Ancestors>>,
}

impl Work {
    pub(crate) fn new(question: &Question, budget: Arc<Budget>, trace: Trace) -> Self {
        let ancestors = Arc::new(Ancestors { question: question.clone(), above: None });
        Self {
            budget,
            trace,
            depth: 0,
            ancestors,
            checked: Checked::No,
            freshness: Freshness::Live,
            shared: Arc::new(Shared {
                standing: Mutex::new(Name::root()),
                effort: Effort::default(),
                distrusted: Mutex::default(),
                keys: Mutex::default(),
                aging: AtomicBool::new(false),
                notes: Notes::default(),
            }),
        }
    }

    /// The context of a question that this one needs.
    ///
    /// # Errors
    /// When that question already waits for this one: the zones depend on each other in a circle.
    pub(crate) fn child(&self, question: &Question) -> Result<Self, ResolveError> {
        let mut above = Some(&self.ancestors);
        while let Some(ancestor) = above {
            if ancestor.question == *question {
                return Err(ResolveError::DependencyCycle(question.name.clone()));
            }
            above = ancestor.above.as_ref();
        }
        let ancestors = Arc::new(Ancestors { question: question.clone(), above: Some(self.ancestors.clone()) });
        let checked = Checked::No;
        Ok(Self {
            trace: self.trace.child(),
            depth: self.depth + 1,
            ancestors,
            checked,
            freshness: Freshness::Live,
            ..self.clone()
        })
    }

    /// The context of a look-up for the chain of trust. It leads strictly upwards, so that it cannot turn in a circle, and
    /// checks what it finds by itself.
    pub(crate) fn for_trust(&self) -> Self {
        Self { trace: self.trace.child(), checked: Checked::No, freshness: Freshness::Live, ..self.clone() }
    }

    /// The allowance for signature checks, shared by all of the work.
    pub(crate) fn effort(&self) -> &Effort {
        &self.shared.effort
    }

    /// From now on a server is not asked about its zone any more: what it said does not stand the check.
    pub(crate) fn distrust(&self, zone: &Name, server: IpAddr) {
        self.shared.distrusted.lock().unwrap_or_else(PoisonError::into_inner).insert((zone.clone(), server));
    }

    /// Keeps the keys of a zone until the chain of trust gets there.
    pub(crate) fn keep_keys(&self, zone: Name, asking: JoinHandle<Option<Fetched>>) {
        self.shared.keys.lock().unwrap_or_else(PoisonError::into_inner).insert(zone, asking);
    }

    /// Whether the keys of a zone are being asked for already.
    pub(crate) fn has_keys(&self, zone: &Name) -> bool {
        self.shared.keys.lock().unwrap_or_else(PoisonError::into_inner).contains_key(zone)
    }

    /// The keys that were asked for beside another question, once.
    pub(crate) fn take_keys(&self, zone: &Name) -> Option<JoinHandle<Option<Fetched>>> {
        self.shared.keys.lock().unwrap_or_else(PoisonError::into_inner).remove(zone)
    }

    /// Whether a server has said things about the zone that did not stand the check.
    pub(crate) fn distrusts(&self, zone: &Name, server: IpAddr) -> bool {
        let distrusted = self.shared.distrusted.lock().unwrap_or_else(PoisonError::into_inner);
        !distrusted.is_empty() && distrusted.contains(&(zone.clone(), server))
    }

    /// Notes that data is about to expire; gives which data will do.
    pub(crate) fn meets_aging(&self) -> Freshness {
        self.shared.aging.store(true, Ordering::Relaxed);
        self.freshness
    }

    /// Whether data that is about to expire was met.
    pub(crate) fn has_met_aging(&self) -> bool {
        self.shared.aging.load(Ordering::Relaxed)
    }

    /// What the answer rests on, if it is made from the cache alone.
    pub(crate) fn notes(&self) -> &Notes {
        &self.shared.notes
    }

    /// Notes the zone whose servers are being asked, for the message when time runs out.
    pub(crate) fn stand_at(&self, zone: &Name) {
        *self.shared.standing.lock().unwrap_or_else(PoisonError::into_inner) = zone.clone();
    }

    /// The zone whose servers were asked last.
    pub(crate) fn standing(&self) -> Name {
        self.shared.standing.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests need some instant to begin with")]
mod tests {
    use super::*;
    use crate::config::Limits;
    use proto::RrType;
    use std::time::Instant;

    #[test]
    fn a_question_that_waits_for_itself_is_refused() {
        let question = |text: &str| Question::new(text.parse().unwrap(), RrType::A);
        let budget = Arc::new(Budget::new(Limits::default(), Instant::now()));
        let work = Work::new(&question("a."), budget, Trace::off());
        let child = work.child(&question("b.")).unwrap();
        assert_eq!(child.depth, 1);
        assert!(child.child(&question("c.")).is_ok());
        assert!(matches!(child.child(&question("A.")), Err(ResolveError::DependencyCycle(_))));
    }
}
