//! Resolution failures (RFC 9520).

use proto::{Ede, Question, WallTime};

use crate::entry::{self, Copied, Value};
use crate::key::{Owner, Place};
use crate::shard::Wanted;
use crate::{Cache, Failure, FailureScope, ttl};

impl Cache {
    /// Notes that a question could not be resolved: 5 s of rest, twice as long with each repetition, 300 s at most
    /// (RFC 9520 §3.2).
    ///
    /// It is a repetition if less than twice the last period has passed since that ended. A failure reported while one
    /// is live comes from work that began before it, tells nothing new and changes nothing. Gives what holds now.
    pub fn put_failure(&self, question: &Question, scope: FailureScope, error: Ede, now: WallTime) -> Failure {
        self.put_failure_for(question, scope, error, 0, now)
    }

    /// The same with a rest of at least so many seconds, 300 s at most.
    pub fn put_failure_for(
        &self,
        question: &Question,
        scope: FailureScope,
        error: Ede,
        at_least: u32,
        now: WallTime,
    ) -> Failure {
        let owner = Owner::new(&question.name);
        let key = self.key(owner.wire());
        let place = place(question, scope);
        let mut shard = self.shard(key);
        let last = shard.hit(key, place, Wanted::Stale, now);
        let before = match last.and_then(failure) {
            Some(live) if now < live.until => return live,
            Some(over) => over.times,
            None => 0,
        };
        let times = before.saturating_add(1);
        let period = ttl::failure_period(times).max(at_least.min(ttl::LONGEST_FAILURE_PERIOD));
        let until = now.plus_ttl(period);
        let entry = entry::pack(owner.wire(), place, &Value::Failure { error: &error, times }, until, period);
        // Refused only if the text is absurdly long: then the question is tried again.
        if let Some(entry) = entry {
            let _ = shard.put(key, entry, now);
        }
        drop(shard);
        Failure { error, until, times }
    }

    /// The live failure of a question.
    pub fn failure(&self, question: &Question, scope: FailureScope, now: WallTime) -> Option<Failure> {
        let owner = Owner::new(&question.name);
        let key = self.key(owner.wire());
        let copied = self.shard(key).hit(key, place(question, scope), Wanted::Live, now);
        failure(copied?)
    }

    /// Forgets the failure of a question and how often it failed: it has been resolved.
    pub fn clear_failure(&self, question: &Question, scope: FailureScope) {
        let owner = Owner::new(&question.name);
        let key = self.key(owner.wire());
        self.shard(key).remove(key, place(question, scope));
    }
}

fn place(question: &Question, scope: FailureScope) -> Place {
    match scope {
        FailureScope::Validated => Place::FailureValidated(question.rtype),
        FailureScope::Unvalidated => Place::FailureUnvalidated(question.rtype),
    }
}

fn failure(copied: Copied) -> Option<Failure> {
    let until = copied.expires();
    let (error, times) = copied.into_failure()?;
    Some(Failure { error, until, times })
}

#[cfg(test)]
mod tests {
    use proto::{EdeCode, RrType};

    use super::*;
    use crate::testing::{ask, at, cache};

    const SCOPE: FailureScope = FailureScope::Validated;

    fn why() -> Ede {
        Ede::new(EdeCode(22), "no server could be reached")
    }

    #[test]
    fn failures_rest_longer_with_each_repetition_rfc9520_3_2() {
        let cache = cache(0);
        let question = ask("www.example.", RrType::A);
        let mut now = at(0);
        for (times, period) in [(1, 5), (2, 10), (3, 20), (4, 40), (5, 80), (6, 160), (7, 300), (8, 300)] {
            let failure = cache.put_failure(&question, SCOPE, why(), now);
            assert_eq!(failure, Failure { error: why(), until: now.plus_ttl(period), times });
            assert_eq!(cache.failure(&question, SCOPE, now), Some(failure.clone()));
            now = failure.until;
            assert_eq!(cache.failure(&question, SCOPE, now), None);
        }
    }

    #[test]
    fn repetition_counts_within_twice_the_period_after_its_end() {
        for (pause, times) in [(0, 2), (9, 2), (10, 1)] {
            let cache = cache(0);
            let question = ask("www.example.", RrType::A);
            let first = cache.put_failure(&question, SCOPE, why(), at(0));
            let second = cache.put_failure(&question, SCOPE, why(), first.until.plus_ttl(pause));
            assert_eq!(second.times, times, "{pause} s after the end");
        }
    }

    #[test]
    fn failures_at_once_count_once() {
        let cache = cache(0);
        let question = ask("www.example.", RrType::A);
        let first = cache.put_failure(&question, SCOPE, why(), at(0));
        assert_eq!(cache.put_failure(&question, SCOPE, why(), at(4)), first);
    }

    #[test]
    fn scopes_and_types_fail_apart_rfc9520_3_2() {
        let cache = cache(0);
        let question = ask("www.example.", RrType::A);
        let _ = cache.put_failure(&question, SCOPE, why(), at(0));
        assert_eq!(cache.failure(&question, FailureScope::Unvalidated, at(0)), None);
        assert_eq!(cache.failure(&ask("www.example.", RrType::AAAA), SCOPE, at(0)), None);
        assert!(cache.failure(&ask("WWW.example.", RrType::A), SCOPE, at(0)).is_some());
        assert_eq!(cache.lookup(&question, at(0)), None, "a failure is no answer");
    }

    #[test]
    fn success_clears_the_count() {
        let cache = cache(0);
        let question = ask("www.example.", RrType::A);
        let _ = cache.put_failure(&question, SCOPE, why(), at(0));
        cache.clear_failure(&question, SCOPE);
        assert_eq!(cache.failure(&question, SCOPE, at(0)), None);
        assert_eq!(cache.put_failure(&question, SCOPE, why(), at(1)).times, 1);
    }

    #[test]
    fn a_clock_set_back_ends_the_rest() {
        let cache = cache(0);
        let question = ask("www.example.", RrType::A);
        let _ = cache.put_failure(&question, SCOPE, why(), at(10_000));
        assert_eq!(cache.failure(&question, SCOPE, at(0)), None);
    }
}
