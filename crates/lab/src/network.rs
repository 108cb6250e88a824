//! A simulated network over a [`World`]: latency, jitter, loss, servers that die and come back.
//!
//! Everything happens on tokio's clock, so a paused clock makes it virtual. Chance comes from one named stream of
//! [`Entropy`] in the order in which packets are sent: the same seed and the same sender give the same log.

use std::collections::BTreeMap;
use std::future::pending;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use proto::{Message, Question};
use tokio::io::DuplexStream;
use tokio::time::sleep_until;
use transport::{Clock, Entropy, Network, UdpFlow};

use crate::behaviour::{Behaviour, Conduct, TcpHabit};
use crate::frames::{Verdict, serve_connection};
use crate::reply::{Source, other_address, replies};
use crate::{Faults, Server, Transport, World};

/// What happens to packets for addresses where nobody lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Strangers {
    /// Nothing, ever.
    #[default]
    Silent,
    /// The network says at once that there is no way.
    Unreachable,
}

/// Whether our own network leads anywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Uplink {
    /// It does.
    #[default]
    Up,
    /// All that is sent vanishes.
    Silent,
    /// There is no route: nothing can be sent.
    NoRoute,
}

/// One question that reached the network, in the order of sending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// Time since the network was made.
    pub at: Duration,
    /// Where to.
    pub to: SocketAddr,
    /// How.
    pub transport: Transport,
    /// What was asked; `None` if the packet was no query.
    pub question: Option<Question>,
}

/// The log ends after so many questions, the counters do not: a load test must not fill the memory.
const MAX_LOG: usize = 200_000;

/// Replies that one socket holds for its reader, like a socket buffer.
const MAX_WAITING: usize = 256;

/// Octets in flight on a simulated connection.
const TCP_WINDOW_OCTETS: usize = 65_536;

/// What a lost TCP segment costs: the sender's first retransmission timeout.
const RETRANSMISSION: Duration = Duration::from_millis(200);

/// Pause between the octets of a server that drips.
pub(crate) const DRIP: Duration = Duration::from_secs(1);

/// Servers close connections that say nothing for so long (RFC 7766 §6.2.3).
const TCP_IDLE: Duration = Duration::from_secs(10);

/// A simulated network; clones are the same network.
#[derive(Clone)]
pub struct SimNetwork {
    shared: Arc<Shared>,
}

struct Shared {
    world: Arc<World>,
    faults: Faults,
    entropy: Entropy,
    clock: Clock,
    start: Instant,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    changed: BTreeMap<IpAddr, Behaviour>,
    packets: BTreeMap<IpAddr, u64>,
    log: Vec<Sent>,
    ports: Vec<u16>,
    connections: u64,
    ipv6_cut: bool,
    strangers: Strangers,
    uplink: Uplink,
}

impl SimNetwork {
    /// A network over `world`; chance comes from the stream "net" of `entropy`. Zones are signed for the time of the
    /// machine's clock.
    pub fn new(world: Arc<World>, faults: Faults, entropy: Entropy) -> Self {
        Self::at(world, faults, entropy, Clock::system())
    }

    /// The same with zones signed for the time of this clock, which is the resolver's if it is to believe them.
    pub fn at(world: Arc<World>, faults: Faults, entropy: Entropy, clock: Clock) -> Self {
        let start = clock.now();
        let entropy = entropy.stream("net");
        Self { shared: Arc::new(Shared { world, faults, entropy, clock, start, state: Mutex::default() }) }
    }

    /// The world behind it.
    pub fn world(&self) -> &Arc<World> {
        &self.shared.world
    }

    /// Packets and TCP questions sent so far to each address, addresses in order.
    pub fn packets(&self) -> BTreeMap<IpAddr, u64> {
        self.state().packets.clone()
    }

    /// Packets and TCP questions sent so far to one address.
    pub fn packets_to(&self, address: IpAddr) -> u64 {
        self.state().packets.get(&address).copied().unwrap_or(0)
    }

    /// Packets and TCP questions sent so far.
    pub fn packets_sent(&self) -> u64 {
        self.state().packets.values().sum()
    }

    /// Every question sent so far (the first 200,000), in order.
    pub fn log(&self) -> Vec<Sent> {
        self.state().log.clone()
    }

    /// The local port of every UDP socket opened (the first 200,000), in order.
    pub fn ports(&self) -> Vec<u16> {
        self.state().ports.clone()
    }

    /// TCP connections opened.
    pub fn connections(&self) -> u64 {
        self.state().connections
    }

    /// Forgets log and counters.
    pub fn clear_log(&self) {
        let mut state = self.state();
        state.log.clear();
        state.packets.clear();
    }

    /// From now on the server at `address` behaves like this (at this address; it may have others).
    pub fn set_behaviour(&self, address: IpAddr, behaviour: Behaviour) {
        self.state().changed.insert(address, behaviour);
    }

    /// From now on the server at `address` is silent.
    pub fn kill(&self, address: IpAddr) {
        self.set_behaviour(address, Behaviour::dead());
    }

    /// The server at `address` behaves again as the world says.
    pub fn heal(&self, address: IpAddr) {
        self.state().changed.remove(&address);
    }

    /// From now on every packet to an IPv6 address vanishes.
    pub fn cut_ipv6(&self) {
        self.state().ipv6_cut = true;
    }

    /// IPv6 works again.
    pub fn heal_ipv6(&self) {
        self.state().ipv6_cut = false;
    }

    /// What happens to packets for addresses where nobody lives.
    pub fn set_strangers(&self, strangers: Strangers) {
        self.state().strangers = strangers;
    }

    /// Whether our own network leads anywhere, from now on.
    pub fn set_uplink(&self, uplink: Uplink) {
        self.state().uplink = uplink;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, to: SocketAddr, transport: Transport, octets: &[u8]) {
        let at = self.shared.clock.now() - self.shared.start;
        let question = Message::parse(octets).ok().and_then(|message| message.question().cloned());
        let mut state = self.state();
        *state.packets.entry(to.ip()).or_default() += 1;
        if state.log.len() < MAX_LOG {
            state.log.push(Sent { at, to, transport, question });
        }
    }

    /// Who lives at an address and can be reached, and how he behaves now.
    fn resident(&self, address: IpAddr) -> Option<(&Server, Behaviour)> {
        let server = self.shared.world.server_at(address)?;
        let state = self.state();
        if state.uplink != Uplink::Up || state.ipv6_cut && address.is_ipv6() {
            return None;
        }
        let behaviour = state.changed.get(&address).unwrap_or(&server.behaviour).clone();
        Some((server, behaviour))
    }

    /// What the system says of the way to an address.
    fn find_route(&self, address: IpAddr) -> io::Result<()> {
        let nobody = self.shared.world.server_at(address).is_none();
        let state = self.state();
        if state.uplink == Uplink::NoRoute {
            return Err(io::ErrorKind::NetworkUnreachable.into());
        }
        if nobody && state.strangers == Strangers::Unreachable {
            return Err(io::ErrorKind::HostUnreachable.into());
        }
        Ok(())
    }

    /// What comes back for a datagram, and when.
    fn exchange(&self, to: SocketAddr, query: &[u8]) -> Vec<(Instant, SocketAddr, Vec<u8>)> {
        let Shared { world, faults, entropy, clock, .. } = &*self.shared;
        let Some((server, behaviour)) = self.resident(to.ip()) else { return Vec::new() };
        // Both fates are drawn whatever they are, so that one server's silence does not shift another one's luck.
        let (lost_there, lost_back) = (faults.loses(entropy), faults.loses(entropy));
        let round_trip = faults.round_trip(server.level, entropy);
        if lost_there {
            return Vec::new();
        }
        let now = clock.now();
        let all = replies(world, server, &behaviour, query, Transport::Udp, clock.wall());
        let arriving = all.into_iter().filter(|outgoing| outgoing.forged || !lost_back);
        arriving
            .map(|outgoing| {
                // A forger sits nearer than the server.
                let after = if outgoing.forged { round_trip / 2 } else { round_trip + behaviour.delay };
                let from = match outgoing.from {
                    Source::Server => to,
                    Source::OtherAddress => SocketAddr::new(other_address(to.ip()), to.port()),
                    Source::OtherPort => SocketAddr::new(to.ip(), to.port() ^ 1),
                };
                (now + after, from, outgoing.octets)
            })
            .collect()
    }

    fn decide(&self, to: SocketAddr, query: &[u8]) -> Verdict {
        let Shared { world, faults, entropy, clock, .. } = &*self.shared;
        self.note(to, Transport::Tcp, query);
        let Some((server, behaviour)) = self.resident(to.ip()) else { return Verdict::Ignore };
        match behaviour.tcp {
            TcpHabit::Silent => return Verdict::Ignore,
            TcpHabit::Closes | TcpHabit::Refuses => return Verdict::Close,
            TcpHabit::Serves | TcpHabit::Truncates | TcpHabit::Drips => {}
        }
        let mut after = faults.round_trip(server.level, entropy) + behaviour.delay;
        for _ in 0..2 {
            if faults.loses(entropy) {
                after += RETRANSMISSION;
            }
        }
        match replies(world, server, &behaviour, query, Transport::Tcp, clock.wall()).pop() {
            Some(reply) if behaviour.tcp == TcpHabit::Drips => Verdict::Drip(reply.octets, DRIP),
            Some(reply) => Verdict::Answer(reply.octets, after),
            None => Verdict::Ignore,
        }
    }
}

impl std::fmt::Debug for SimNetwork {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SimNetwork").field("faults", &self.shared.faults).finish_non_exhaustive()
    }
}

/// A simulated UDP socket towards one server.
#[derive(Debug)]
pub struct SimFlow {
    network: SimNetwork,
    to: SocketAddr,
    /// Datagrams under way to us by time of arrival, then order of sending.
    waiting: BTreeMap<(Instant, u64), (SocketAddr, Vec<u8>)>,
    number: u64,
}

impl Network for SimNetwork {
    type Udp = SimFlow;
    type Tcp = DuplexStream;

    async fn udp(&self, to: SocketAddr, port: u16) -> io::Result<SimFlow> {
        {
            let mut state = self.state();
            if state.ports.len() < MAX_LOG {
                state.ports.push(port);
            }
        }
        self.find_route(to.ip())?;
        Ok(SimFlow { network: self.clone(), to, waiting: BTreeMap::new(), number: 0 })
    }

    async fn tcp(&self, to: SocketAddr) -> io::Result<DuplexStream> {
        self.state().connections += 1;
        self.find_route(to.ip())?;
        let Some((server, behaviour)) = self.resident(to.ip()) else { return pending().await };
        if behaviour.conduct == Conduct::Dead {
            return pending().await;
        }
        let Shared { faults, entropy, clock, .. } = &*self.shared;
        let lost = faults.loses(entropy);
        let handshake = faults.round_trip(server.level, entropy) + if lost { RETRANSMISSION } else { Duration::ZERO };
        clock.sleep(handshake).await;
        if behaviour.tcp == TcpHabit::Refuses {
            return Err(io::ErrorKind::ConnectionRefused.into());
        }
        let (ours, theirs) = tokio::io::duplex(TCP_WINDOW_OCTETS);
        let network = self.clone();
        tokio::spawn(async move {
            let clock = network.shared.clock.clone();
            let decide = |query: &[u8]| network.decide(to, query);
            // An error here is the peer's going away, which is its right.
            let _ = serve_connection(theirs, &clock, TCP_IDLE, decide).await;
        });
        Ok(ours)
    }
}

impl UdpFlow for SimFlow {
    async fn send(&mut self, datagram: &[u8]) -> io::Result<()> {
        self.network.note(self.to, Transport::Udp, datagram);
        for (at, from, octets) in self.network.exchange(self.to, datagram) {
            self.number += 1;
            if self.waiting.len() < MAX_WAITING {
                self.waiting.insert((at, self.number), (from, octets));
            }
        }
        Ok(())
    }

    async fn recv(&mut self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        let Some(key) = self.waiting.keys().next().copied() else { return pending().await };
        // Dropped while it sleeps, this future leaves the datagram where it is.
        sleep_until(key.0.into()).await;
        let (from, octets) = self.waiting.remove(&key).expect("only this method removes datagrams");
        let length = octets.len().min(buffer.len());
        buffer[..length].copy_from_slice(&octets[..length]);
        Ok((length, from))
    }
}
