//! A service on the simulated internet, for tests under a paused clock.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use cache::{Cache, CacheConfig};
use engine::{EngineConfig, Resolver, RootServer, Validation};
use lab::{Faults, SimNetwork, World};
use proto::{Edns, Flags, Message, Question, WallTime};
use transport::{Clock, Entropy, Env};

use crate::client::{Client, Transport};
use crate::config::ServerConfig;
use crate::service::Service;
use crate::stats::ServerStats;

pub(crate) struct Bench {
    pub(crate) net: SimNetwork,
    pub(crate) clock: Clock,
    pub(crate) resolver: Arc<Resolver<SimNetwork>>,
    pub(crate) service: Arc<Service<SimNetwork>>,
    config: ServerConfig,
    pub(crate) stats: Arc<ServerStats>,
}

impl Bench {
    /// Must be called inside a runtime with a paused clock.
    pub(crate) fn new(change: impl FnOnce(&mut ServerConfig)) -> Self {
        let entropy = Entropy::seeded(1);
        let world = World::embedded();
        let clock = Clock::simulated(WallTime::from_secs(1_790_000_000));
        let net = SimNetwork::at(world.clone(), Faults::default(), entropy.stream("net"), clock.clone());
        let hints = world.root_servers().into_iter();
        let mut validation = Validation::off();
        for anchor in world.anchors() {
            validation.anchors.add(&anchor).expect("the lab's anchors are DS records");
        }
        let engine = EngineConfig {
            validation,
            root_hints: hints.map(|(name, addresses)| RootServer { name, addresses }).collect(),
            query_localhost: true,
            ..EngineConfig::default()
        };
        let cache = Arc::new(Cache::new(CacheConfig { size: 16 << 20, ..CacheConfig::default() }));
        let resolver = Resolver::new(Env { net: net.clone(), clock: clock.clone(), entropy }, cache, engine);
        let mut config = ServerConfig::default();
        change(&mut config);
        let stats = Arc::new(ServerStats::default());
        let service = Service::new(resolver.clone(), &config, stats.clone());
        Self { net, clock, resolver, service, config, stats }
    }

    /// Another service over the same resolver that keeps nothing ready.
    pub(crate) fn without_ready(&self) -> Arc<Service<SimNetwork>> {
        let config = ServerConfig { ready_octets: 0, ..self.config.clone() };
        Service::new(self.resolver.clone(), &config, Arc::default())
    }

    pub(crate) async fn ask(&self, text: &str, client: Client) -> Option<Message> {
        let octets = self.service.handle(&query(1, text), client).await?;
        Some(Message::parse(&octets).unwrap())
    }

    /// From now on all servers of a zone are silent.
    pub(crate) fn silence(&self, zone: &str) {
        let (world, zone) = (self.net.world(), zone.parse().unwrap());
        world.servers_of(&zone).flat_map(|server| &server.addresses).for_each(|address| self.net.kill(*address));
    }
}

/// A query with RD and EDNS.
pub(crate) fn query(id: u16, text: &str) -> Vec<u8> {
    let (name, rtype) = text.split_once(' ').unwrap();
    let mut message = Message::query(id, Question::new(name.parse().unwrap(), rtype.parse().unwrap()));
    message.flags.set(Flags::RD, true);
    message.edns = Some(Edns::new(1232));
    message.to_wire()
}

pub(crate) fn udp(address: &str) -> Client {
    Client::datagram(SocketAddr::new(address.parse().unwrap(), 4000))
}

pub(crate) fn tcp(address: &str) -> Client {
    let transport = Transport::Stream { idle: Duration::from_secs(10) };
    Client { transport, ..udp(address) }
}
