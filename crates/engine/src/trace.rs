//! The trace: an ordered list of typed events with the time at which they happened.
//!
//! It is a feature, not a log: the walk is printed from it, scenarios check it, two runs with one seed must give the
//! same list. Sub-walks (for name-server addresses) are spans of their own under the span that needed them.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use proto::{Name, Question, Rcode, RrType, Rrset};
use serde::{Serialize, Serializer};
use tokio::sync::mpsc;
use transport::Clock;

/// Version of the serialised form; raised when a reader would misunderstand the new one.
pub const TRACE_VERSION: u32 = 1;

/// Which transport carried a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// One datagram each way.
    Udp,
    /// A connection.
    Tcp,
}

/// What a server's reply meant, or that there was none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Outcome {
    /// A delegation to a zone below.
    Referral {
        /// The zone delegated.
        zone: Name,
    },
    /// The name is an alias.
    Alias {
        /// Where it leads.
        target: Name,
    },
    /// The data asked for.
    Answer,
    /// The name exists, the type does not.
    NoData,
    /// The name does not exist.
    NxDomain,
    /// No zone cut at this name (an answer to a minimised question).
    NoCut,
    /// The server does not serve the zone, or not properly.
    Lame {
        /// What it did.
        why: String,
    },
    /// The reply was cut off; asked again over TCP.
    Truncated,
    /// No reply in time.
    Timeout {
        /// How long we waited, in milliseconds.
        after_ms: u64,
    },
    /// The network refused.
    Unreachable {
        /// What it said.
        why: String,
    },
    /// The server does not understand EDNS; asked again without.
    NoEdns,
    /// The server wants its cookie back (RFC 7873); asked again with it.
    BadCookie,
    /// Replies that do not quite match: somebody guesses, or the server changes letter case; asked again over TCP.
    Suspicious,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A span began: the client's question (span 0), or a question that another one needs.
    Started {
        /// What is asked.
        question: Question,
        /// Why.
        purpose: Purpose,
    },
    /// The cache knew.
    FromCache {
        /// What it was asked.
        question: Question,
        /// What it held.
        what: CachedWhat,
        /// The records, with their remaining TTL.
        records: Vec<Rrset>,
    },
    /// The walk stands at a zone cut and will ask its servers.
    AtCut {
        /// The zone.
        zone: Name,
        /// Where the delegation came from.
        from: CutSource,
        /// Its name servers.
        servers: Vec<Name>,
    },
    /// A question was sent.
    Asked {
        /// Number of this exchange within the trace, for [`Event::Replied`].
        exchange: u32,
        /// The zone whose server it is.
        zone: Name,
        /// The server's name, where known.
        server: Name,
        /// Its address.
        address: SocketAddr,
        /// How it was sent.
        transport: Transport,
        /// What was asked, after minimisation.
        question: Question,
    },
    /// An exchange ended.
    Replied {
        /// Number of the exchange.
        exchange: u32,
        /// Time since it was sent, in microseconds.
        rtt_us: u64,
        /// Octets received.
        bytes: usize,
        /// What it meant.
        outcome: Outcome,
        /// The records that were kept.
        records: Vec<Rrset>,
    },
    /// A record was thrown away.
    Scrubbed {
        /// Number of the exchange.
        exchange: u32,
        /// The record in presentation form.
        record: String,
        /// Which rule it broke.
        why: String,
    },
    /// An alias is followed.
    Followed {
        /// The alias.
        from: Name,
        /// Where it leads.
        to: Name,
    },
    /// The keys of a zone were found, or why not: a link of the chain of trust.
    ZoneKeys {
        /// The zone.
        zone: Name,
        /// What vouches for the keys, in presentation form: DS records or trust anchors.
        vouchers: Vec<String>,
        /// The keys of the zone.
        keys: Vec<KeySeen>,
        /// The signature over them that counts.
        signature: Option<SignatureSeen>,
        /// How the zone stands.
        trust: TrustSeen,
        /// Why it is not secure.
        why: Option<String>,
    },
    /// A set was checked.
    Checked {
        /// Its owner.
        name: Name,
        /// Its type; for a denial the type denied.
        rtype: RrType,
        /// Whether it is a denial.
        denial: bool,
        /// The signature that counts.
        signature: Option<SignatureSeen>,
        /// The outcome.
        trust: TrustSeen,
        /// Why it is not secure.
        why: Option<String>,
    },
    /// A choice that a reader would wonder about.
    Note {
        /// In words.
        text: String,
    },
    /// A span ended.
    Finished {
        /// Its response code.
        rcode: Rcode,
        /// Questions sent upstream by the client's question so far.
        upstream_queries: u32,
        /// Octets received so far.
        bytes: u64,
    },
}

/// A key as the trace tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeySeen {
    /// Its tag.
    pub tag: u16,
    /// Its algorithm.
    pub algorithm: String,
    /// Whether it is a secure entry point.
    pub entry_point: bool,
}

/// A signature as the trace tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SignatureSeen {
    /// Tag of the key.
    pub tag: u16,
    /// Its algorithm.
    pub algorithm: String,
    /// Seconds until it expires.
    pub remaining: u32,
}

/// The outcome of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TrustSeen {
    /// A chain of signatures leads to it.
    Secure,
    /// Provenly outside every chain.
    Insecure,
    /// It should be signed and is not, or wrongly.
    Bogus,
}

/// Why a question is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum Purpose {
    /// A client asked.
    Client,
    /// The address of a name server is needed.
    ServerAddress {
        /// The zone that the server serves.
        zone: Name,
    },
    /// The list of root servers is needed (RFC 9609).
    Priming,
    /// The chain of trust needs it.
    Trust {
        /// The zone whose standing is to be found out.
        zone: Name,
    },
}

/// What the cache held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CachedWhat {
    /// Data.
    Answer,
    /// An alias.
    Alias,
    /// That the type does not exist.
    NoData,
    /// That the name does not exist.
    NxDomain,
    /// That resolution failed a moment ago (RFC 9520).
    Failure,
    /// Data whose time is over (RFC 8767).
    Stale,
    /// A gap between names, in which the name lies (RFC 8198).
    Synthesised,
}

/// Where a delegation came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CutSource {
    /// The cache.
    Cache,
    /// The root servers, from priming.
    Priming,
    /// The compiled-in or configured root hints.
    Hints,
    /// A referral that just came.
    Referral,
    /// The configuration.
    Configuration,
}

/// An event with its place and time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Time since the trace began.
    #[serde(rename = "at_us", serialize_with = "as_micros")]
    pub at: Duration,
    /// The span; 0 is the client's question.
    pub span: u32,
    /// The span that needed this one; equal to `span` for span 0.
    pub parent: u32,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

fn as_micros<S: Serializer>(at: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(at.as_micros()).unwrap_or(u64::MAX))
}

/// A handle to one span of a trace; a trace that is off costs nothing.
#[derive(Debug, Clone)]
pub struct Trace {
    shared: Option<Arc<Shared>>,
    span: u32,
    parent: u32,
}

#[derive(Debug)]
struct Shared {
    began: Instant,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    entries: Vec<Entry>,
    spans: u32,
    exchanges: u32,
    sink: Option<mpsc::UnboundedSender<Entry>>,
}

impl Trace {
    /// Records nothing.
    pub fn off() -> Self {
        Self { shared: None, span: 0, parent: 0 }
    }

    /// Records from `now` on.
    pub fn on(now: Instant) -> Self {
        Self::with_state(now, State::default())
    }

    /// Records, and sends every entry to the receiver as it happens. The list is bounded by the question's budget.
    pub fn streaming(now: Instant) -> (Self, mpsc::UnboundedReceiver<Entry>) {
        let (sink, stream) = mpsc::unbounded_channel();
        (Self::with_state(now, State { sink: Some(sink), ..State::default() }), stream)
    }

    fn with_state(began: Instant, state: State) -> Self {
        Self { shared: Some(Arc::new(Shared { began, state: Mutex::new(state) })), span: 0, parent: 0 }
    }

    /// True if events are recorded.
    pub fn is_on(&self) -> bool {
        self.shared.is_some()
    }

    /// A new span under this one.
    #[must_use]
    pub fn child(&self) -> Self {
        let Some(shared) = &self.shared else { return Self::off() };
        let mut state = shared.state();
        state.spans += 1;
        Self { shared: Some(shared.clone()), span: state.spans, parent: self.span }
    }

    /// The number of the next exchange.
    pub fn next_exchange(&self) -> u32 {
        let Some(shared) = &self.shared else { return 0 };
        let mut state = shared.state();
        state.exchanges += 1;
        state.exchanges
    }

    /// Records an event; the clock is only read, and `event` only made, if the trace is on.
    pub fn record(&self, clock: &Clock, event: impl FnOnce() -> Event) {
        let Some(shared) = &self.shared else { return };
        let at = clock.now().saturating_duration_since(shared.began);
        let entry = Entry { at, span: self.span, parent: self.parent, event: event() };
        let mut state = shared.state();
        if let Some(sink) = &state.sink {
            let _ = sink.send(entry.clone()); // a reader that left does not stop the walk
        }
        state.entries.push(entry);
    }

    /// Everything recorded so far.
    pub fn entries(&self) -> Vec<Entry> {
        self.shared.as_ref().map(|shared| shared.state().entries.clone()).unwrap_or_default()
    }
}

impl Shared {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
