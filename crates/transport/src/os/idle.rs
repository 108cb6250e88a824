//! Sockets that may be used once more.
//!
//! A new socket for each question costs three times what the question costs. So one that has brought a good reply may ask the
//! same server again, alone, a few times and for a short while. Its port stays a secret between us and that server: no other
//! server ever sees it, and who guesses ports has no more time than a silent server would give him (RFC 5452 §9.2).

use std::cell::Cell;
use std::collections::VecDeque;
use std::mem::MaybeUninit;
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use socket2::SockRef;
use tokio::sync::OwnedSemaphorePermit;

use crate::{Clock, Datagrams};

/// Exchanges over one socket.
pub(super) const MOST_EXCHANGES: u32 = 16;
/// Time from its opening after which it begins no further exchange.
const LONGEST_LIFE: Duration = Duration::from_secs(2);

/// A connected socket with its story.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) socket: Datagrams,
    pub(super) peer: SocketAddr,
    pub(super) opened: Instant,
    /// Exchanges that have begun.
    pub(super) exchanges: u32,
    pub(super) _place: OwnedSemaphorePermit,
}

/// Sockets between exchanges, those that came last at the end.
#[derive(Debug)]
pub(super) struct Idle {
    clock: Clock,
    sockets: Mutex<VecDeque<Kept>>,
    most: usize,
}

impl Idle {
    pub(super) fn new(most: usize) -> Self {
        Self { clock: Clock::system(), sockets: Mutex::default(), most }
    }

    /// The time by which the age of sockets is told.
    pub(super) fn now(&self) -> Instant {
        self.clock.now()
    }

    /// A socket towards this server, for one more exchange.
    pub(super) fn take(&self, peer: SocketAddr) -> Option<Kept> {
        let mut kept = {
            let mut sockets = self.lock();
            let now = self.now();
            close_old(&mut sockets, now);
            let place = sockets.iter().rposition(|kept| kept.peer == peer && is_young(kept, now))?;
            sockets.remove(place)?
        };
        // What has come since belongs to no exchange: late, twice, or a guess. Nobody shall ask behind it.
        let asked = Cell::new(false);
        let ask = || {
            asked.set(true);
            SockRef::from(&kept.socket).recv(&mut [MaybeUninit::uninit(); 1])
        };
        // The runtime takes note that there is nothing, and need not ask once more. It learns of datagrams with a delay: where
        // it knows of none, the system itself is asked.
        let met = kept.socket.try_read(|_| ask());
        let met = if asked.get() { met } else { ask() };
        let silent = met.is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock);
        kept.exchanges += 1;
        silent.then_some(kept)
    }

    /// Keeps a socket if it may be used again.
    pub(super) fn put(&self, kept: Kept) {
        let now = self.now();
        if kept.exchanges >= MOST_EXCHANGES || !is_young(&kept, now) {
            return;
        }
        let mut sockets = self.lock();
        close_old(&mut sockets, now);
        if sockets.len() >= self.most {
            sockets.pop_front();
        }
        sockets.push_back(kept);
    }

    /// Closes all sockets towards this server.
    pub(super) fn forget(&self, peer: SocketAddr) {
        self.lock().retain(|kept| kept.peer != peer);
    }

    /// Gives a place to who needs one; false if there is none.
    pub(super) fn close_one(&self) -> bool {
        self.lock().pop_front().is_some()
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Kept>> {
        self.sockets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Closes those at the front that are too old; others that are have younger ones before them, and not for long.
fn close_old(sockets: &mut VecDeque<Kept>, now: Instant) {
    while sockets.front().is_some_and(|oldest| !is_young(oldest, now)) {
        sockets.pop_front();
    }
}

fn is_young(kept: &Kept, now: Instant) -> bool {
    now.saturating_duration_since(kept.opened) < LONGEST_LIFE
}
