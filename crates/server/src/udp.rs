//! Datagrams: one task per socket receives in batches and answers what is ready, then what is known, and lets tasks wait
//! for the rest.

mod batch;
mod exchange;

use std::cell::Cell;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tracing::debug;
use transport::{Clock, Datagrams, Network};

use crate::client::Client;
use crate::run::Busy;
use crate::service::{Service, Waiting};
use batch::Unsent;

/// Batches taken from one socket in a row, before other tasks have their turn.
const BATCHES_PER_TURN: usize = 4;

/// So often walks look for questions at most: what is ready waits that long, and for the step that goes on.
const LOOK_EVERY: Duration = Duration::from_micros(100);

/// A socket that is served.
pub(crate) struct Served {
    socket: Datagrams,
    local: SocketAddr,
}

impl Served {
    /// Takes a bound socket that does not block.
    ///
    /// # Errors
    /// When the runtime cannot take it.
    pub(crate) fn new(socket: std::net::UdpSocket) -> io::Result<Arc<Self>> {
        Ok(Arc::new(Self { local: socket.local_addr()?, socket: Datagrams::new(socket)? }))
    }

    /// Receives with `receive` unless it is known that nothing has come.
    fn try_receive<R>(&self, receive: impl FnOnce() -> io::Result<R>) -> io::Result<R> {
        self.socket.try_read(|_| receive())
    }
}

/// Serves one socket for ever.
pub(crate) async fn serve<N: Network>(served: Arc<Served>, service: Arc<Service<N>>, busy: Busy) {
    loop {
        if let Err(error) = served.socket.readable().await {
            debug!("waiting for datagrams: {error}");
            tokio::task::yield_now().await;
        }
        if take_turn(&served, &service, &busy).await == Drained::No {
            // The others' turn. A client that floods us does not keep walks from going on.
            tokio::task::yield_now().await;
        }
    }
}

/// Whether a socket had nothing more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Drained {
    Yes,
    No,
}

/// All sockets, for those who look after them between the steps of walks: the runtime takes its tasks in turn, and what is ready would
/// wait behind all walks that go on at the moment.
pub(crate) struct Front<N: Network> {
    served: Vec<Arc<Served>>,
    service: Arc<Service<N>>,
    clock: Clock,
    busy: Busy,
}

thread_local! {
    /// When this thread last looked.
    static LOOKED: Cell<Option<Instant>> = const { Cell::new(None) };
}

impl<N: Network> Front<N> {
    pub(crate) fn new(served: Vec<Arc<Served>>, service: Arc<Service<N>>, busy: Busy) -> Self {
        Self { served, service, clock: Clock::system(), busy }
    }

    /// Answers what has come, unless this thread has looked just now.
    pub(crate) fn look(&self) {
        let now = self.clock.now();
        let recent = |looked: Instant| now.saturating_duration_since(looked) < LOOK_EVERY;
        if LOOKED.get().is_some_and(recent) {
            return;
        }
        LOOKED.set(Some(now));
        for served in &self.served {
            let mut later = Later::default();
            match batch::answer(served, &self.service, &mut later) {
                Err(error) if error.kind() != io::ErrorKind::WouldBlock => debug!("receiving datagrams: {error}"),
                _ => {}
            }
            if !later.unsent.is_empty() {
                tokio::spawn(send_later(served.clone(), self.service.clone(), std::mem::take(&mut later.unsent)));
            }
            later.spawn(served, &self.service, &self.busy);
        }
    }
}

async fn send_later<N: Network>(served: Arc<Served>, service: Arc<Service<N>>, unsent: Vec<Unsent>) {
    for Unsent { octets, address } in unsent {
        send(&served, &service, &octets, Client::datagram(address)).await;
    }
}

/// Takes batches until there is nothing more, or it is the others' turn.
async fn take_turn<N: Network>(served: &Arc<Served>, service: &Arc<Service<N>>, busy: &Busy) -> Drained {
    for _ in 0..BATCHES_PER_TURN {
        let mut later = Later::default();
        let received = served.try_receive(|| batch::answer(served, service, &mut later));
        later.spawn(served, service, busy);
        for Unsent { octets, address } in later.unsent.drain(..) {
            send(served, service, &octets, Client::datagram(address)).await;
        }
        match received {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Drained::Yes,
            // ICMP errors of earlier replies come back here; the socket stays good.
            Err(error) => debug!("receiving datagrams: {error}"),
        }
    }
    Drained::No
}

/// What is left to do after a batch.
#[derive(Debug, Default)]
struct Later {
    /// Questions that wait for the walk.
    waiting: Vec<(Box<Waiting>, Client)>,
    /// Replies for which the system had no room.
    unsent: Vec<Unsent>,
}

impl Later {
    /// Lets questions that wait go on as tasks.
    fn spawn<N: Network>(&mut self, served: &Arc<Served>, service: &Arc<Service<N>>, busy: &Busy) {
        for (waiting, client) in self.waiting.drain(..) {
            tokio::spawn(finish(served.clone(), service.clone(), waiting, client, busy.clone()));
        }
    }
}

async fn finish<N: Network>(
    served: Arc<Served>,
    service: Arc<Service<N>>,
    waiting: Box<Waiting>,
    client: Client,
    busy: Busy,
) {
    if let Some(reply) = service.finish(waiting).await {
        send(&served, &service, &reply, client).await;
    }
    drop(busy);
}

async fn send<N: Network>(served: &Served, service: &Service<N>, reply: &[u8], client: Client) {
    if let Err(error) = served.socket.send_to(reply, client.address).await {
        service.stats().send_errors.increment();
        debug!("sending to {}: {error}", client.address);
    }
}

#[cfg(test)]
mod tests;
