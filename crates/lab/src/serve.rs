//! The lab's servers on loopback sockets, for `dig +norecurse` and for a resolver that walks them.
//!
//! Every server address of the world has a UDP and a TCP socket of its own: 127.53.x.y as the zones say, 127.53.6.x for
//! IPv6 addresses; where the system has no such addresses (macOS), 127.0.0.1 with one port after the other. Dead
//! servers have sockets too and are silent.

use std::collections::BTreeMap;
use std::future::pending;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use proto::Name;
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::sleep_until;
use transport::{Clock, Entropy};

use crate::behaviour::{Conduct, TcpHabit};
use crate::frames::{Verdict, serve_connection};
use crate::mapped::AddressMap;
use crate::network::DRIP;
use crate::reply::{Source, replies};
use crate::{Faults, LabError, Server, Transport, World};

/// Port of the lab's servers unless told otherwise; no root rights needed.
pub const LAB_PORT: u16 = 5301;

/// TCP connections of one server; more wait in the listener's queue.
const MAX_CONNECTIONS: usize = 64;

/// Replies of one server that wait for their time; more are dropped, as by a full socket buffer.
const MAX_WAITING: usize = 4096;

/// Largest query that is read.
const DATAGRAM_OCTETS: usize = 4096;

/// Connections that say nothing for so long are closed (RFC 7766 §6.2.3).
const TCP_IDLE: Duration = Duration::from_secs(10);

/// Pause after a failed accept or receive, so that a lasting error does not spin.
const ERROR_PAUSE: Duration = Duration::from_millis(50);

/// Servers running on loopback sockets; they stop when this is dropped.
#[derive(Debug)]
pub struct LabServers {
    places: Vec<Place>,
    _tasks: JoinSet<()>,
}

/// Where one server address is to be found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Name of the server.
    pub server: Name,
    /// Its address as zone data knows it.
    pub address: IpAddr,
    /// The loopback socket, UDP and TCP.
    pub socket: SocketAddr,
}

impl LabServers {
    /// Every server address with its socket, in the order of the world's servers.
    pub fn map(&self) -> &[Place] {
        &self.places
    }

    /// The map for a [`Mapped`](crate::Mapped) network.
    pub fn addresses(&self) -> AddressMap {
        self.places.iter().map(|place| (place.address, place.socket)).collect()
    }
}

/// What the tasks of one server address share.
struct Seat {
    world: Arc<World>,
    /// Number of the server in the world.
    server: usize,
    faults: Faults,
    entropy: Entropy,
    clock: Clock,
}

/// Starts every server of `world` on its own loopback address and one `port` (not 0).
///
/// # Errors
/// When a socket cannot be opened, because the port is taken for example.
pub async fn serve(world: Arc<World>, faults: Faults, port: u16) -> Result<LabServers, LabError> {
    let places = places(&world, port, Loopback::of_this_system());
    let entropy = Entropy::seeded(0).stream("net"); // loss and jitter need no secret
    let mut tasks = JoinSet::new();
    for (place, server) in &places {
        let bind = |source| LabError::Bind { address: place.socket, source };
        let udp = UdpSocket::bind(place.socket).await.map_err(bind)?;
        let tcp = TcpListener::bind(place.socket).await.map_err(bind)?;
        let (world, clock) = (world.clone(), Clock::system());
        let seat = Arc::new(Seat { world, server: *server, faults, entropy: entropy.clone(), clock });
        tasks.spawn(serve_udp(seat.clone(), udp));
        tasks.spawn(serve_tcp(seat, tcp));
    }
    Ok(LabServers { places: places.into_iter().map(|(place, _)| place).collect(), _tasks: tasks })
}

/// Where every server of `world` is to be found while [`serve`] runs with this `port`.
pub fn plan(world: &World, port: u16) -> Vec<Place> {
    places(world, port, Loopback::of_this_system()).into_iter().map(|(place, _)| place).collect()
}

/// Which loopback addresses the system has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Loopback {
    /// All of 127.0.0.0/8, so that every server has its own.
    Own,
    /// 127.0.0.1 only.
    Shared,
}

impl Loopback {
    fn of_this_system() -> Self {
        let own = std::net::UdpSocket::bind((Ipv4Addr::new(127, 53, 0, 1), 0));
        if own.is_ok() { Self::Own } else { Self::Shared }
    }
}

/// The socket of every server address, with the number of the server.
fn places(world: &World, port: u16, loopback: Loopback) -> Vec<(Place, usize)> {
    let mut places = Vec::new();
    let mut mapped = 0;
    for (number, server) in world.servers().iter().enumerate() {
        for address in &server.addresses {
            let own = matches!(address, IpAddr::V4(v4) if v4.octets().starts_with(&[127, 53]));
            mapped += u16::from(!own);
            let socket = match loopback {
                Loopback::Shared => SocketAddr::from((Ipv4Addr::LOCALHOST, port.saturating_add(places.len() as u16))),
                Loopback::Own if own => SocketAddr::new(*address, port),
                Loopback::Own => {
                    let [high, low] = mapped.to_be_bytes();
                    SocketAddr::from((Ipv4Addr::new(127, 53, 6 + high, low), port))
                }
            };
            places.push((Place { server: server.name.clone(), address: *address, socket }, number));
        }
    }
    places
}

impl Seat {
    fn server(&self) -> &Server {
        &self.world.servers()[self.server]
    }

    /// What goes back for a datagram, and after how long.
    fn answer_datagram(&self, query: &[u8]) -> Vec<(Duration, Vec<u8>)> {
        let server = self.server();
        let lost = self.faults.loses(&self.entropy) || self.faults.loses(&self.entropy);
        let round_trip = self.faults.round_trip(server.level, &self.entropy);
        if lost {
            return Vec::new();
        }
        let all = replies(&self.world, server, &server.behaviour, query, Transport::Udp, self.clock.wall());
        // A real socket cannot speak with another one's address: those forgeries need the simulated network.
        let ours = all.into_iter().filter(|outgoing| outgoing.from == Source::Server);
        ours.map(|outgoing| {
            let after = if outgoing.forged { round_trip / 2 } else { round_trip + server.behaviour.delay };
            (after, outgoing.octets)
        })
        .collect()
    }

    fn answer_on_connection(&self, query: &[u8]) -> Verdict {
        let server = self.server();
        match server.behaviour.tcp {
            TcpHabit::Silent => return Verdict::Ignore,
            TcpHabit::Closes | TcpHabit::Refuses => return Verdict::Close,
            TcpHabit::Serves | TcpHabit::Truncates | TcpHabit::Drips => {}
        }
        let after = self.faults.round_trip(server.level, &self.entropy) + server.behaviour.delay;
        match replies(&self.world, server, &server.behaviour, query, Transport::Tcp, self.clock.wall()).pop() {
            Some(reply) if server.behaviour.tcp == TcpHabit::Drips => Verdict::Drip(reply.octets, DRIP),
            Some(reply) => Verdict::Answer(reply.octets, after),
            None => Verdict::Ignore,
        }
    }
}

async fn serve_udp(seat: Arc<Seat>, socket: UdpSocket) {
    let mut buffer = [0; DATAGRAM_OCTETS];
    let mut due: BTreeMap<(Instant, u64), (SocketAddr, Vec<u8>)> = BTreeMap::new();
    let mut number = 0;
    loop {
        let first = due.keys().next().copied();
        let wait = async {
            match first {
                Some((at, _)) => sleep_until(at.into()).await,
                None => pending().await,
            }
        };
        tokio::select! {
            biased;
            () = wait => {
                if let Some((to, octets)) = first.and_then(|key| due.remove(&key)) {
                    // Whoever asked may be gone: his loss.
                    let _ = socket.send_to(&octets, to).await;
                }
            }
            received = socket.recv_from(&mut buffer) => {
                let Ok((length, from)) = received else {
                    seat.clock.sleep(ERROR_PAUSE).await;
                    continue;
                };
                for (after, octets) in seat.answer_datagram(&buffer[..length]) {
                    number += 1;
                    if due.len() < MAX_WAITING {
                        due.insert((seat.clock.now() + after, number), (from, octets));
                    }
                }
            }
        }
    }
}

async fn serve_tcp(seat: Arc<Seat>, listener: TcpListener) {
    let slots = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let Ok(slot) = slots.clone().acquire_owned().await else { return };
        let Ok((stream, _)) = listener.accept().await else {
            seat.clock.sleep(ERROR_PAUSE).await;
            continue;
        };
        let seat = seat.clone();
        connections.spawn(async move {
            let _ = converse(&seat, stream).await; // the peer's going away is its right
            drop(slot);
        });
    }
}

async fn converse(seat: &Seat, stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    if seat.server().behaviour.conduct == Conduct::Dead {
        return serve_connection(stream, &seat.clock, TCP_IDLE, |_| Verdict::Ignore).await;
    }
    serve_connection(stream, &seat.clock, TCP_IDLE, |query| seat.answer_on_connection(query)).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_address_has_a_socket_of_its_own() {
        let world = World::embedded_at_root_addresses();
        for (loopback, network) in [(Loopback::Own, "127.53."), (Loopback::Shared, "127.0.0.1")] {
            let places = places(&world, LAB_PORT, loopback);
            let sockets: BTreeSet<SocketAddr> = places.iter().map(|(place, _)| place.socket).collect();
            assert_eq!(sockets.len(), places.len());
            assert!(sockets.iter().all(|socket| socket.ip().to_string().starts_with(network)));
            for (place, number) in &places {
                assert!(world.servers()[*number].addresses.contains(&place.address));
            }
        }
        let own = places(&World::embedded(), 7, Loopback::Own);
        let socket = |address: &str| {
            let address: IpAddr = address.parse().unwrap();
            own.iter().find(|(place, _)| place.address == address).unwrap().0.socket
        };
        assert_eq!(socket("127.53.2.1"), "127.53.2.1:7".parse().unwrap());
        assert!(socket("fd53:0:51::53").ip().to_string().starts_with("127.53.6."));
    }
}
