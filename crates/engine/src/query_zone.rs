//! The leaf of the tree of work: one question to the servers of one zone, whose addresses are known.
//!
//! Waits for the network and for nothing else, so it may be shared by all who ask the same ([`crate::inflight`]).

mod attempts;
mod one_try;
mod verdicts;

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32};
use std::time::Instant;

use proto::{Name, Question};
use tokio::time::timeout_at;
use transport::{ExchangeError, Network, Reply, Style};

use crate::Resolver;
use crate::budget::{Cost, Exhausted};
use crate::classify::Meaning;
use crate::config::ServerKind;
use crate::error::Unreachable;
use crate::race::Race;
use crate::select::Candidate;
use crate::work::Work;

/// One question to one zone.
#[derive(Debug, Clone)]
pub(crate) struct ZoneQuestion {
    pub(crate) zone: Name,
    /// What its servers are.
    pub(crate) kind: ServerKind,
    pub(crate) question: Question,
    /// Whether it is the whole question; a minimised one gives up earlier and blames nobody.
    pub(crate) whole: bool,
    /// Datagrams that may stay unanswered.
    pub(crate) silent_tries: u32,
    /// What to do when all of them have stayed unanswered.
    pub(crate) at_the_end: AtTheEnd,
    pub(crate) candidates: Vec<Candidate>,
}

/// What to do when every try has been used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AtTheEnd {
    /// Wait for replies that are late: there is nothing else to do.
    WaitForLateReplies,
    /// Go on: there are other servers to find, or another question to ask.
    GoOn,
}

/// What came of it.
#[derive(Debug, Clone)]
pub(crate) struct ZoneReply {
    pub(crate) result: Result<Meaning, ZoneFailure>,
    /// Questions sent.
    pub(crate) queries: u32,
    /// Whose reply it is.
    pub(crate) by: Option<IpAddr>,
}

/// Why no server gave a usable reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ZoneFailure {
    pub(crate) why: Unreachable,
    pub(crate) exhausted: Option<Exhausted>,
    /// Addresses that answered, and of no use; the others may only have had bad luck.
    pub(crate) useless: Vec<IpAddr>,
}

/// How one try ended.
struct Tried {
    candidate: Candidate,
    exchange: u32,
    result: Result<Reply, ExchangeError>,
    with_edns: bool,
    case_broken: bool,
}

/// One try to come.
struct Planned {
    candidate: Candidate,
    exchange: u32,
    style: Style,
    heard: Arc<Heard>,
}

/// What an exchange under way has told so far.
#[derive(Debug, Default)]
struct Heard {
    /// It has just gone over to TCP: the server is there, it needs a few round trips more.
    over_tcp: AtomicBool,
    /// A reply came that was right but for its letter case.
    case_mismatch: AtomicBool,
    /// A reply came without the cookie that the server is known to send.
    cookie_missing: AtomicBool,
    /// Questions sent after the first.
    more_queries: AtomicU32,
}

/// The state of one leaf: which servers are left, which were silent how often, what would do.
struct Attempts<N: Network> {
    resolver: Arc<Resolver<N>>,
    ask: Arc<ZoneQuestion>,
    work: Work,
    left: Vec<Candidate>,
    silent: Vec<(Candidate, u32)>,
    running: Vec<Running>,
    silences: u32,
    queries: u32,
    doubtful: Option<Meaning>,
    /// Whose reply was taken.
    by: Option<IpAddr>,
    opinions: u32,
    why: Unreachable,
    without_edns: Vec<IpAddr>,
    next_number: u32,
    /// When another server may be asked although some still have time to answer.
    hedge_at: Option<Instant>,
    /// What every exchange of this leaf has told.
    heard: Vec<Arc<Heard>>,
}

struct Running {
    number: u32,
    exchange: u32,
    candidate: Candidate,
    began: Instant,
    /// When its silence is held against it and another server is asked too.
    patience_ends: Instant,
    counted_silent: bool,
    heard: Arc<Heard>,
}

impl<N: Network> Resolver<N> {
    /// Asks the candidates until one of them gives a usable reply.
    pub(crate) async fn query_zone(self: Arc<Self>, ask: ZoneQuestion, work: Work) -> ZoneReply {
        let mut attempts = Attempts::new(self, ask, work);
        let mut race = Race::new();
        let result = loop {
            let now = attempts.now();
            if now >= attempts.work.budget.deadline() {
                break attempts.give_up(Some(Exhausted(Cost::Time)));
            }
            if attempts.wants_more(&race, now)
                && let Err(exhausted) = attempts.start(&mut race, now)
            {
                break attempts.give_up(Some(exhausted));
            }
            if race.is_empty() || attempts.is_pointless() {
                break attempts.give_up(None);
            }
            let until = tokio::time::Instant::from_std(attempts.next_deadline(now));
            match timeout_at(until, race.next()).await {
                Err(_) => attempts.note_silence(&mut race),
                Ok((number, tried)) => {
                    if let Some(meaning) = attempts.finish(number, tried) {
                        break Ok(meaning);
                    }
                }
            }
        };
        ZoneReply { result, queries: attempts.queries(), by: attempts.by }
    }
}
