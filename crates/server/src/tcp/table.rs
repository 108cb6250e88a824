//! Which connections are open, and which one goes when there is no room.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use transport::Clock;

use crate::client::ClientKey;
use crate::config::TcpLimits;
use crate::stats::ServerStats;

/// Open connections, at most as many as the limits say.
#[derive(Debug)]
pub(crate) struct Connections {
    pub(super) limits: TcpLimits,
    clock: Clock,
    stats: Arc<ServerStats>,
    began: Instant,
    /// How many are open, for those who only want to know that.
    open: AtomicUsize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    next: u64,
    open: BTreeMap<u64, Open>,
}

#[derive(Debug)]
struct Open {
    client: ClientKey,
    seat: Arc<Seat>,
}

/// What a connection and the table share.
#[derive(Debug)]
struct Seat {
    evicted: Notify,
    /// What the connection does, see [`Connections::encode`]: said much more often than asked.
    doing: AtomicU64,
}

/// What a connection does, as far as it matters for who goes first. Octets of an unfinished query do not count: who
/// drips is as idle as who is silent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doing {
    /// No question is in flight since then.
    Idle(Instant),
    /// A reply is on its way to the client since then, who takes its time.
    Writing(Instant),
    /// Questions are in flight, and no answer has come for any of them since then.
    Working(Instant),
}

/// The place of an open connection; free again when dropped.
#[derive(Debug)]
pub(super) struct Ticket {
    pub(super) connections: Arc<Connections>,
    number: u64,
    seat: Arc<Seat>,
}

/// A word holds a kind of [`Doing`] above so many bits of microseconds, which last for 146,000 years.
const TIME_BITS: u32 = 62;

impl Connections {
    pub(crate) fn new(limits: TcpLimits, stats: Arc<ServerStats>) -> Arc<Self> {
        let clock = Clock::system();
        let began = clock.now();
        Arc::new(Self { limits, clock, stats, began, open: AtomicUsize::new(0), state: Mutex::default() })
    }

    /// A place for a connection of `client`, if need be that of another: of this client's if it has its share.
    pub(super) fn admit(self: &Arc<Self>, client: ClientKey) -> Option<Ticket> {
        let now = self.clock.now();
        let mut state = self.state();
        let own = state.open.values().filter(|open| open.client == client).count();
        let room = if own >= self.limits.connections_per_client {
            self.evict(&mut state, |open| open.client == client)
        } else {
            state.open.len() < self.limits.connections || self.evict(&mut state, |_| true)
        };
        if !room {
            self.stats.connections_refused.increment();
            return None;
        }
        self.stats.connections.increment();
        let number = state.next;
        state.next += 1;
        let doing = AtomicU64::new(self.encode(Doing::Idle(now)));
        let seat = Arc::new(Seat { evicted: Notify::new(), doing });
        state.open.insert(number, Open { client, seat: seat.clone() });
        self.open.store(state.open.len(), Ordering::Relaxed);
        Some(Ticket { connections: self.clone(), number, seat })
    }

    /// A [`Doing`] in one word.
    fn encode(&self, doing: Doing) -> u64 {
        let (kind, since) = match doing {
            Doing::Idle(since) => (0, since),
            Doing::Writing(since) => (1, since),
            Doing::Working(since) => (2, since),
        };
        let passed = u64::try_from(since.saturating_duration_since(self.began).as_micros()).unwrap_or(u64::MAX);
        kind << TIME_BITS | passed & !(3 << TIME_BITS)
    }

    fn decode(&self, word: u64) -> Doing {
        let since = self.began + Duration::from_micros(word & !(3 << TIME_BITS));
        match word >> TIME_BITS {
            0 => Doing::Idle(since),
            1 => Doing::Writing(since),
            _ => Doing::Working(since),
        }
    }

    /// Closes the connection that can best be spared, if one can be.
    pub(super) fn evict_one(&self) {
        self.evict(&mut self.state(), |_| true);
    }

    fn evict(&self, state: &mut State, among: impl Fn(&Open) -> bool) -> bool {
        let candidates = state.open.iter().filter(|(_, open)| among(open));
        let now = self.clock.now();
        let Some(number) = choose(candidates.map(|(number, open)| (*number, self.doing(open))), now) else {
            return false;
        };
        if let Some(open) = state.open.remove(&number) {
            open.seat.evicted.notify_one();
            self.stats.connections_evicted.increment();
        }
        self.open.store(state.open.len(), Ordering::Relaxed);
        true
    }

    fn doing(&self, open: &Open) -> Doing {
        self.decode(open.seat.doing.load(Ordering::Relaxed))
    }

    /// How long a connection may be idle now.
    pub(super) fn idle(&self) -> Duration {
        idle(self.open.load(Ordering::Relaxed), &self.limits)
    }

    pub(super) fn now(&self) -> Instant {
        self.clock.now()
    }

    pub(super) fn stats(&self) -> &ServerStats {
        &self.stats
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection whose questions have waited so long for an answer may go: they hang on a dead zone, and whoever opens
/// connections for that must not keep all others out.
const HANGING: Duration = Duration::from_secs(1);

/// The one that can best be spared: the longest idle, else the one that keeps us writing longest, else the one that hangs
/// longest. Never one that works.
fn choose(connections: impl Iterator<Item = (u64, Doing)>, now: Instant) -> Option<u64> {
    let spared = connections.filter_map(|(number, doing)| match doing {
        Doing::Idle(since) => Some((0, since, number)),
        Doing::Writing(since) => Some((1, since, number)),
        Doing::Working(since) => (now.saturating_duration_since(since) >= HANGING).then_some((2, since, number)),
    });
    spared.min().map(|(_, _, number)| number)
}

/// The idle time shrinks from its full length at half of the places to the short one when all are taken
/// (RFC 7766 §6.2.3: a server under load may close sooner).
fn idle(open: usize, limits: &TcpLimits) -> Duration {
    let half = limits.connections / 2;
    let over = open.saturating_sub(half).min(limits.connections - half);
    let share = over as f64 / (limits.connections - half).max(1) as f64;
    let shrink = limits.idle.saturating_sub(limits.idle_when_crowded).mul_f64(share);
    limits.idle.saturating_sub(shrink)
}

impl Ticket {
    /// Says what the connection does.
    pub(super) fn set(&self, doing: Doing) {
        let word = self.connections.encode(doing);
        let working = |word: u64| word >> TIME_BITS == 2;
        // Another question does not make those before it younger.
        let change = |old| (!working(old) || !working(word)).then_some(word);
        let _ = self.seat.doing.fetch_update(Ordering::Relaxed, Ordering::Relaxed, change);
    }

    /// Says that an answer has gone out just now.
    pub(super) fn answered(&self, now: Instant) {
        self.seat.doing.store(self.connections.encode(Doing::Working(now)), Ordering::Relaxed);
    }

    /// Waits until the connection has to go.
    pub(super) async fn evicted(&self) {
        self.seat.evicted.notified().await;
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut state = self.connections.state();
        state.open.remove(&self.number);
        self.connections.open.store(state.open.len(), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests;
