//! The servers of a scenario as a [`Network`] on tokio's clock.

use std::collections::{BTreeSet, VecDeque};
use std::future::pending;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use proto::Message;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream};
use tokio::time::sleep_until;
use transport::{Clock, Network, UdpFlow};

use crate::mock::{self, Carrier};
use crate::scenario::Scenario;

/// From a question to its answer.
const ROUND_TRIP: Duration = Duration::ZERO;
/// Octets in flight on a connection.
const TCP_WINDOW_OCTETS: usize = 1 << 17;

/// The servers of a scenario; clones are the same servers.
#[derive(Debug, Clone)]
pub struct Servers {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    scenario: Arc<Scenario>,
    known: BTreeSet<IpAddr>,
    everywhere: bool,
    clock: Clock,
    start: Instant,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    step: u32,
    used: BTreeSet<(usize, usize)>,
    unforeseen: Vec<String>,
    log: Vec<String>,
    last: Option<Instant>,
}

impl Servers {
    /// The servers of a scenario.
    pub fn new(scenario: Arc<Scenario>) -> Self {
        let settings = &scenario.settings;
        let upstreams = settings.forwards.iter().chain(&settings.stubs).flat_map(|upstream| &upstream.addresses);
        let ranges = scenario.ranges.iter().flat_map(|range| &range.addresses);
        let hints = settings.root_hints.iter().map(|(_, address)| address);
        let known = ranges.chain(hints).chain(upstreams).copied().collect();
        let everywhere = scenario.ranges.iter().any(|range| range.addresses.is_empty());
        let clock = Clock::system();
        let start = clock.now();
        Self { shared: Arc::new(Shared { scenario, known, everywhere, clock, start, state: Mutex::default() }) }
    }

    /// From now on ranges of this step count.
    pub fn set_step(&self, step: u32) {
        self.state().step = step;
    }

    /// Queries that the scenario does not foresee, in order.
    pub fn unforeseen(&self) -> Vec<String> {
        self.state().unforeseen.clone()
    }

    /// Every query with where its answer comes from, in order.
    pub fn log(&self) -> Vec<String> {
        self.state().log.clone()
    }

    /// The lines of mandatory entries that were never used.
    pub fn unused(&self) -> Vec<usize> {
        let state = self.state();
        let ranges = self.shared.scenario.ranges.iter().enumerate();
        let entries =
            ranges.flat_map(|(at, range)| range.entries.iter().enumerate().map(move |(e, entry)| ((at, e), entry)));
        entries
            .filter(|(key, entry)| entry.mandatory && !state.used.contains(key))
            .map(|(_, entry)| entry.line)
            .collect()
    }

    /// Waits until nobody has asked anything for `quiet`, but no longer than `most`.
    pub async fn rest(&self, quiet: Duration, most: Duration) {
        let clock = &self.shared.clock;
        let (begin, end) = (clock.now(), clock.now() + most);
        loop {
            let since = self.state().last.map_or(begin, |last| last.max(begin));
            let until = (since + quiet).min(end);
            if clock.now() >= until {
                return;
            }
            sleep_until(until.into()).await;
        }
    }

    /// The addresses that somebody names as a server's.
    pub fn addresses(&self) -> &BTreeSet<IpAddr> {
        &self.shared.known
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_reachable(&self, address: IpAddr) -> bool {
        self.shared.everywhere || self.shared.known.contains(&address)
    }

    /// What the server at `to` answers now; `None`: silence.
    pub fn answer(&self, to: IpAddr, octets: &[u8], carrier: Carrier) -> Option<Vec<u8>> {
        let query = Message::parse(octets).ok()?;
        let now = self.shared.clock.now();
        let mut state = self.state();
        let reply = mock::reply(&self.shared.scenario, to, state.step, &query, carrier);
        let asked = query.questions.first().map(|entry| entry.question.to_string()).unwrap_or_default();
        let at = (now - self.shared.start).as_millis();
        let line = format!("{at} ms, step {}: {asked} to {to} ({carrier:?}): {}", state.step, reply.told);
        if reply.entry.is_none() {
            state.unforeseen.push(line.clone());
        }
        state.log.push(line);
        state.used.extend(reply.entry);
        state.last = Some(now);
        reply.octets
    }
}

/// A simulated UDP socket towards one server.
#[derive(Debug)]
pub struct Flow {
    servers: Servers,
    to: SocketAddr,
    waiting: VecDeque<(Instant, Vec<u8>)>,
}

impl Network for Servers {
    type Udp = Flow;
    type Tcp = DuplexStream;

    async fn udp(&self, to: SocketAddr, _port: u16) -> io::Result<Flow> {
        if !self.is_reachable(to.ip()) {
            return Err(io::ErrorKind::HostUnreachable.into());
        }
        Ok(Flow { servers: self.clone(), to, waiting: VecDeque::new() })
    }

    async fn tcp(&self, to: SocketAddr) -> io::Result<DuplexStream> {
        if !self.is_reachable(to.ip()) {
            return Err(io::ErrorKind::HostUnreachable.into());
        }
        let (ours, theirs) = tokio::io::duplex(TCP_WINDOW_OCTETS);
        let servers = self.clone();
        tokio::spawn(async move {
            let _ = servers.serve(theirs, to.ip()).await;
        });
        Ok(ours)
    }
}

impl Servers {
    /// Serves a connection to the server at `to` until the peer leaves.
    ///
    /// # Errors
    /// When the peer has left, which is its right.
    pub async fn serve(self, mut stream: impl AsyncRead + AsyncWrite + Unpin, to: IpAddr) -> io::Result<()> {
        loop {
            let length = stream.read_u16().await?;
            let mut query = vec![0; usize::from(length)];
            stream.read_exact(&mut query).await?;
            self.shared.clock.sleep(ROUND_TRIP).await;
            if let Some(reply) = self.answer(to, &query, Carrier::Tcp) {
                let length = u16::try_from(reply.len()).map_err(|_| io::ErrorKind::InvalidData)?;
                stream.write_all(&[&length.to_be_bytes()[..], &reply].concat()).await?;
            }
        }
    }
}

impl UdpFlow for Flow {
    async fn send(&mut self, datagram: &[u8]) -> io::Result<()> {
        let due = self.servers.shared.clock.now() + ROUND_TRIP;
        let reply = self.servers.answer(self.to.ip(), datagram, Carrier::Udp);
        self.waiting.extend(reply.map(|octets| (due, octets)));
        Ok(())
    }

    async fn recv(&mut self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        let Some((due, _)) = self.waiting.front() else { return pending().await };
        // Dropped while it sleeps, this future leaves the datagram where it is.
        sleep_until((*due).into()).await;
        let (_, octets) = self.waiting.pop_front().expect("only this method removes datagrams");
        let length = octets.len().min(buffer.len());
        buffer[..length].copy_from_slice(&octets[..length]);
        Ok((length, self.to))
    }
}
