//! A running server and clients with sockets.

use std::net::SocketAddr;
use std::sync::Arc;

use cache::{Cache, CacheConfig};
use engine::{EngineConfig, Resolver, RootServer, Validation};
use lab::{Faults, SimNetwork, World};
use proto::{Edns, Flags, Message, Question};
use server::{Drained, Server, ServerConfig, ServerStats};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use transport::{Clock, Entropy, Env};

pub(crate) fn resolver(world: Arc<World>, faults: Faults, clock: Clock) -> Arc<Resolver<SimNetwork>> {
    let entropy = Entropy::seeded(1);
    let hints = world.root_servers().into_iter();
    let config = EngineConfig {
        validation: validation(&world),
        root_hints: hints.map(|(name, addresses)| RootServer { name, addresses }).collect(),
        query_localhost: true,
        ..EngineConfig::default()
    };
    let net = SimNetwork::at(world, faults, entropy.stream("net"), clock.clone());
    let cache = Arc::new(Cache::new(CacheConfig { size: 16 << 20, ..CacheConfig::default() }));
    Resolver::new(Env { net, clock, entropy }, cache, config)
}

/// Validation from the world's own root.
fn validation(world: &World) -> Validation {
    let mut validation = Validation::off();
    for anchor in world.anchors() {
        validation.anchors.add(&anchor).unwrap();
    }
    validation
}

pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) stats: Arc<ServerStats>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<Drained>,
}

impl Running {
    /// A server on a free port of 127.0.0.1; the servers of the built-in internet answer at once.
    pub(crate) fn new(change: impl FnOnce(&mut ServerConfig)) -> Self {
        let mut config = ServerConfig { listen: vec![([127, 0, 0, 1], 0).into()], ..ServerConfig::default() };
        change(&mut config);
        let bound = Server::bind(config).unwrap();
        let (address, stats) = (bound.addresses()[0], bound.stats().clone());
        let (stop, stopped) = oneshot::channel();
        let resolver = resolver(World::embedded(), Faults::none(), Clock::system());
        let shutdown = async {
            let _ = stopped.await;
        };
        let task = tokio::spawn(async move { bound.run(resolver, shutdown).await.unwrap() });
        Self { address, stats, stop, task }
    }

    pub(crate) async fn stop(self) -> Drained {
        self.begin_to_stop().await.unwrap()
    }

    pub(crate) fn begin_to_stop(self) -> JoinHandle<Drained> {
        let _ = self.stop.send(());
        self.task
    }
}

pub(crate) fn query(id: u16, text: &str) -> Vec<u8> {
    query_with(id, text, Flags::AD, false)
}

/// A query with these flags beside RD, and with DO or without.
pub(crate) fn query_with(id: u16, text: &str, flags: u16, dnssec_ok: bool) -> Vec<u8> {
    let (name, rtype) = text.split_once(' ').unwrap();
    let mut message = Message::query(id, Question::new(name.parse().unwrap(), rtype.parse().unwrap()));
    message.flags.set(Flags::RD | flags, true);
    message.edns = Some(Edns { dnssec_ok, ..Edns::new(1232) });
    message.to_wire()
}

/// Asks over UDP from a new socket.
pub(crate) async fn ask_udp(server: SocketAddr, text: &str) -> Message {
    let socket = UdpSocket::bind((server.ip(), 0)).await.unwrap();
    socket.connect(server).await.unwrap();
    socket.send(&query(7, text)).await.unwrap();
    let mut buffer = [0; 4096];
    let length = socket.recv(&mut buffer).await.unwrap();
    Message::parse(&buffer[..length]).unwrap()
}

pub(crate) async fn send_tcp(stream: &mut TcpStream, octets: &[u8]) {
    let length = u16::try_from(octets.len()).unwrap().to_be_bytes();
    stream.write_all(&[&length[..], octets].concat()).await.unwrap();
}

/// The next answer; `None` if the server has closed the connection.
pub(crate) async fn receive_tcp(stream: &mut TcpStream) -> Option<Message> {
    let length = stream.read_u16().await.ok()?;
    let mut octets = vec![0; usize::from(length)];
    stream.read_exact(&mut octets).await.unwrap();
    Some(Message::parse(&octets).unwrap())
}

pub(crate) async fn ask_tcp(server: SocketAddr, text: &str) -> Message {
    let mut stream = TcpStream::connect(server).await.unwrap();
    send_tcp(&mut stream, &query(7, text)).await;
    receive_tcp(&mut stream).await.unwrap()
}
