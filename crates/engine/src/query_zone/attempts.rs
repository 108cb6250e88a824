//! Whom to ask next, when, and when to stop: the state of one leaf. Waits for nothing.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use transport::Network;

use super::one_try::one_try;
use super::{AtTheEnd, Attempts, Heard, Planned, Running, Tried, ZoneFailure, ZoneQuestion};
use crate::Resolver;
use crate::budget::Exhausted;
use crate::classify::Meaning;
use crate::error::Unreachable;
use crate::infra::{EdnsSupport, Lesson};
use crate::race::Race;
use crate::select::{Candidate, select};
use crate::trace::{Event, Outcome};
use crate::work::Work;

/// How long a server that was asked over TCP is waited for before another one is asked too.
const TCP_GRACE: Duration = Duration::from_millis(1500);
/// Servers asked at the same moment.
const MAX_PARALLEL: usize = 4;
/// Once one server was silent, the next ones follow so closely: datagrams get lost here, or servers are down.
const HEDGE: Duration = Duration::from_millis(150);
/// Silences of a server of unknown EDNS support before it is tried without.
const EDNS_TRIES: u32 = 2;
/// So many silences more are forgiven to a server that has answered before.
const KNOWN_SERVER_BONUS: u32 = 2;
/// Datagrams for a zone whose servers are all known to be silent.
const RESTING_TRIES: u32 = 3;
/// Datagrams more for a zone with a server that answered lately: not it is silent, the way there loses datagrams.
const LOSSY_TRIES: u32 = 4;

impl<N: Network> Attempts<N> {
    pub(super) fn new(resolver: Arc<Resolver<N>>, ask: ZoneQuestion, work: Work) -> Self {
        let left = ask.candidates.clone();
        let mut ask = ask;
        let now = resolver.env.clock.now();
        if left.iter().all(|one| resolver.infra.stats(one.address).is_resting(now)) {
            // All are known to be silent: a question costs a probe, not the full price.
            ask.silent_tries = ask.silent_tries.min(RESTING_TRIES);
            ask.at_the_end = AtTheEnd::GoOn;
        } else if ask.at_the_end == AtTheEnd::WaitForLateReplies && left.iter().any(|one| resolver.is_known_alive(one))
        {
            ask.silent_tries += LOSSY_TRIES;
        }
        Self {
            resolver,
            ask: Arc::new(ask),
            work,
            left,
            silent: Vec::new(),
            running: Vec::new(),
            silences: 0,
            queries: 0,
            doubtful: None,
            by: None,
            opinions: 0,
            why: Unreachable::NoRoute,
            without_edns: Vec::new(),
            next_number: 0,
            hedge_at: None,
            heard: Vec::new(),
        }
    }

    /// Questions sent, those within exchanges included.
    pub(super) fn queries(&self) -> u32 {
        self.queries + self.heard.iter().map(|heard| heard.more_queries.load(Ordering::Relaxed)).sum::<u32>()
    }

    pub(super) fn now(&self) -> Instant {
        self.resolver.env.clock.now()
    }

    /// Whether another server is to be asked now: nobody is being asked, or those who are have been silent too long.
    pub(super) fn wants_more(&self, race: &Race<Tried>, now: Instant) -> bool {
        let in_time = race.is_empty() || self.hedge_at.is_none_or(|at| at <= now);
        self.silences < self.ask.silent_tries && race.len() < MAX_PARALLEL && in_time && self.has_candidate()
    }

    /// All tries are used up, nobody has time left, and there is something better to do than to wait.
    pub(super) fn is_pointless(&self) -> bool {
        self.ask.at_the_end == AtTheEnd::GoOn
            && self.silences >= self.ask.silent_tries
            && self.running.iter().all(|running| running.counted_silent)
    }

    pub(super) fn has_candidate(&self) -> bool {
        !self.left.is_empty() || self.silent.iter().any(|(candidate, _)| self.may_repeat(candidate))
    }

    /// A silent server may be asked again once its time to answer is over.
    pub(super) fn may_repeat(&self, candidate: &Candidate) -> bool {
        !self.running.iter().any(|running| running.candidate == *candidate && !running.counted_silent)
    }

    /// The moment at which something is to be done even if nothing comes.
    pub(super) fn next_deadline(&self, now: Instant) -> Instant {
        let waiting = self.running.iter().filter(|running| !running.counted_silent);
        let patience = waiting.map(|running| running.patience_ends);
        let hedge = self.hedge_at.filter(|at| *at > now && self.has_candidate());
        patience.chain(hedge).min().unwrap_or_else(|| self.work.budget.deadline())
    }

    /// Starts the next try, if any server is left for one.
    pub(super) fn start(&mut self, race: &mut Race<Tried>, now: Instant) -> Result<(), Exhausted> {
        let Some(candidate) = self.choose(race, now) else { return Ok(()) };
        self.work.budget.spend_query(&self.ask.question.name, now)?;
        self.queries += 1;
        self.next_number += 1;
        let stats = self.resolver.infra.stats(candidate.address);
        let silences = self.silent.iter().find(|(silent, _)| *silent == candidate).map_or(0, |(_, times)| *times);
        let with_edns = match stats.edns(now) {
            EdnsSupport::Broken => false,
            EdnsSupport::Works => true,
            // Without EDNS there are no signatures: silence does not strip a zone of them.
            EdnsSupport::Unknown => silences < EDNS_TRIES || self.resolver.expects_signatures(&self.ask.zone),
        } && !self.without_edns.contains(&candidate.address);
        let exchange = self.work.trace.next_exchange();
        let heard = Arc::new(Heard::default());
        self.heard.push(heard.clone());
        self.running.push(Running {
            number: self.next_number,
            exchange,
            candidate: candidate.clone(),
            began: now,
            patience_ends: (now + stats.timeout(silences)).min(self.work.budget.deadline()),
            counted_silent: false,
            heard: heard.clone(),
        });
        // The first server gets its whole time; after one silence there is no reason to be patient with all others.
        let wait = if self.silences == 0 { stats.timeout(0) } else { stats.timeout(0).min(HEDGE) };
        self.hedge_at = Some(now + wait);
        let style = self.resolver.style(&candidate, &stats, self.ask.kind, with_edns, now);
        let planned = Planned { candidate, exchange, style, heard };
        race.add(self.next_number, one_try(self.resolver.clone(), self.ask.clone(), self.work.clone(), planned));
        Ok(())
    }

    /// The best server not yet asked; then one that was silent, whose older try is given up (RFC 5452 §5: never two
    /// identical questions in flight to one server).
    pub(super) fn choose(&mut self, race: &mut Race<Tried>, now: Instant) -> Option<Candidate> {
        let resolver = &self.resolver;
        let draw = |bound| resolver.select_draws.below(bound);
        if let Some(index) = select(&self.left, &resolver.infra, &self.ask.zone, now, draw) {
            return Some(self.left.remove(index));
        }
        let repeatable = self.silent.iter().filter(|(candidate, _)| self.may_repeat(candidate));
        // The one that was silent least often; one that has ever answered gets the benefit of some doubt.
        let trust =
            |address| if resolver.infra.stats(address).smoothed_rtt().is_some() { KNOWN_SERVER_BONUS } else { 0 };
        let (candidate, _) =
            repeatable.min_by_key(|(candidate, times)| times.saturating_sub(trust(candidate.address)))?.clone();
        if let Some(at) = self.running.iter().position(|running| running.candidate == candidate) {
            race.stop(self.running.remove(at).number);
        }
        Some(candidate)
    }

    /// Holds their silence against the servers whose time is over, and stops those that are too late altogether.
    pub(super) fn note_silence(&mut self, race: &mut Race<Tried>) {
        let now = self.now();
        for running in &mut self.running {
            if running.counted_silent || running.patience_ends > now {
                continue;
            }
            if running.heard.cookie_missing.swap(false, Ordering::Relaxed) {
                // It answers, without the cookie that it used to send: ask again without expecting one.
                self.resolver.infra.learn(running.candidate.address, Lesson::NoCookie, now);
            }
            if running.heard.over_tcp.swap(false, Ordering::Relaxed) {
                running.patience_ends = (now + TCP_GRACE).min(self.work.budget.deadline());
                continue;
            }
            running.counted_silent = true;
            self.silences += 1;
            self.why = self.why.max(Unreachable::Silent);
            self.resolver.infra.learn(running.candidate.address, Lesson::Silence, now);
            let after_ms = now.saturating_duration_since(running.began).as_millis() as u64;
            let outcome = Outcome::Timeout { after_ms };
            let exchange = running.exchange;
            let event = Event::Replied { exchange, rtt_us: 0, bytes: 0, outcome, records: vec![] };
            self.work.trace.record(&self.resolver.env.clock, || event);
            count(&mut self.silent, &running.candidate);
        }
        if race.len() >= MAX_PARALLEL
            && let Some(at) = self.running.iter().position(|running| running.counted_silent)
        {
            race.stop(self.running.remove(at).number);
        }
    }

    pub(super) fn give_up(&mut self, exhausted: Option<Exhausted>) -> Result<Meaning, ZoneFailure> {
        if let Some(meaning) = self.doubtful.take() {
            return Ok(meaning);
        }
        let useless = self.ask.candidates.iter().filter(|candidate| {
            !self.left.contains(candidate) && !self.silent.iter().any(|(silent, _)| silent == *candidate)
        });
        let useless = useless.map(|candidate| candidate.address).collect();
        Err(ZoneFailure { why: self.why, exhausted, useless })
    }
}

pub(super) fn count(silent: &mut Vec<(Candidate, u32)>, candidate: &Candidate) {
    match silent.iter_mut().find(|(known, _)| known == candidate) {
        Some((_, times)) => *times += 1,
        None => silent.push((candidate.clone(), 1)),
    }
}
