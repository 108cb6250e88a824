//! Counters of what came in, what went out, and which limits were met.

use std::sync::atomic::{AtomicU64, Ordering};

/// A number that only grows.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// Its value.
    pub fn value(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn increment(&self) {
        self.add(1);
    }

    pub(crate) fn add(&self, number: usize) {
        self.0.fetch_add(number as u64, Ordering::Relaxed);
    }
}

/// Counters of the server since its start.
#[derive(Debug, Default)]
pub struct ServerStats {
    /// Datagrams received.
    pub datagrams: Counter,
    /// Queries received over connections.
    pub stream_queries: Counter,
    /// Messages that are never answered: replies, and scraps shorter than a header (RFC 1035 §4.1.1).
    pub ignored: Counter,
    /// Clients refused because they are not in the access list.
    pub denied: Counter,
    /// Messages answered FORMERR, NOTIMP or BADVERS.
    pub rejected: Counter,
    /// Questions answered here: identity, types that are not resolved, special names.
    pub answered_locally: Counter,
    /// Questions answered from the cache at once.
    pub answered_from_cache: Counter,
    /// Questions that began a walk.
    pub walks: Counter,
    /// Questions that joined the walk of an identical one.
    pub joined: Counter,
    /// Replies sent, or handed to the system for sending.
    pub replies: Counter,
    /// Of these, with TC set.
    pub truncated: Counter,
    /// Of these, SERVFAIL.
    pub failures: Counter,
    /// Questions not answered because too many of their client wait.
    pub over_client_quota: Counter,
    /// Datagrams not answered because enough clients wait for that question.
    pub over_question_quota: Counter,
    /// Questions not answered because too many below that domain are in flight.
    pub over_domain_quota: Counter,
    /// Questions not answered because too many are in flight.
    pub over_capacity: Counter,
    /// Datagrams not answered because the data came too late.
    pub too_late: Counter,
    /// Questions that ended in a panic.
    pub panics: Counter,
    /// Datagrams that could not be sent.
    pub send_errors: Counter,
    /// Connections accepted.
    pub connections: Counter,
    /// Connections not taken because of a limit.
    pub connections_refused: Counter,
    /// Connections closed to make room for others.
    pub connections_evicted: Counter,
    /// Connections closed because nothing was asked for a while.
    pub connections_idle: Counter,
    /// Connections closed because a query did not come whole in time.
    pub connections_half_sent: Counter,
    /// Connections closed because the client did not take its replies.
    pub connections_stuck: Counter,
}
