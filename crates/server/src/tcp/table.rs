//! Which connections are open, and which one goes when there is no room.

use std::collections::BTreeMap;
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
    doing: Doing,
    evicted: Arc<Notify>,
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
    evicted: Arc<Notify>,
}

impl Connections {
    pub(crate) fn new(limits: TcpLimits, stats: Arc<ServerStats>) -> Arc<Self> {
        Arc::new(Self { limits, clock: Clock::system(), stats, state: Mutex::default() })
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
        let evicted = Arc::new(Notify::new());
        state.open.insert(number, Open { client, doing: Doing::Idle(now), evicted: evicted.clone() });
        Some(Ticket { connections: self.clone(), number, evicted })
    }

    /// Closes the connection that can best be spared, if one can be.
    pub(super) fn evict_one(&self) {
        self.evict(&mut self.state(), |_| true);
    }

    fn evict(&self, state: &mut State, among: impl Fn(&Open) -> bool) -> bool {
        let candidates = state.open.iter().filter(|(_, open)| among(open));
        let now = self.clock.now();
        let Some(number) = choose(candidates.map(|(number, open)| (*number, open.doing)), now) else { return false };
        if let Some(open) = state.open.remove(&number) {
            open.evicted.notify_one();
            self.stats.connections_evicted.increment();
        }
        true
    }

    /// How long a connection may be idle now.
    pub(super) fn idle(&self) -> Duration {
        idle(self.state().open.len(), &self.limits)
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
        if let Some(open) = self.connections.state().open.get_mut(&self.number) {
            open.doing = match (open.doing, doing) {
                // Another question does not make those before it younger.
                (Doing::Working(since), Doing::Working(_)) => Doing::Working(since),
                (_, doing) => doing,
            };
        }
    }

    /// Waits until the connection has to go.
    pub(super) async fn evicted(&self) {
        self.evicted.notified().await;
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.connections.state().open.remove(&self.number);
    }
}

#[cfg(test)]
mod tests;
