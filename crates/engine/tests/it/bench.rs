//! A resolver on a simulated internet under a paused clock, and questions as text.

use std::sync::Arc;

use cache::{Cache, CacheConfig};
use engine::{Answer, ClientQuestion, EngineConfig, Entry, Resolver, RootServer, Trace, Validation};
use lab::{Behaviour, Faults, Level, Server, Signing, SimNetwork, World, Zone};
use proto::{Name, Question, Rcode, RrType, WallTime};
use transport::{Clock, Entropy, Env};

pub(crate) struct Bench {
    pub(crate) world: Arc<World>,
    pub(crate) net: SimNetwork,
    pub(crate) resolver: Arc<Resolver<SimNetwork>>,
    pub(crate) clock: Clock,
}

impl Bench {
    /// Must be called inside a runtime with a paused clock.
    pub(crate) fn new(world: Arc<World>, faults: Faults, seed: u64, change: impl FnOnce(&mut EngineConfig)) -> Self {
        let entropy = Entropy::seeded(seed);
        let clock = Clock::simulated(WallTime::from_secs(1_790_000_000));
        let net = SimNetwork::at(world.clone(), faults, entropy.stream("net"), clock.clone());
        let hints = world.root_servers().into_iter();
        let mut config = EngineConfig {
            root_hints: hints.map(|(name, addresses)| RootServer { name, addresses }).collect(),
            query_localhost: true,
            validation: validation(&world),
            ..EngineConfig::default()
        };
        change(&mut config);
        let env = Env { net: net.clone(), clock: clock.clone(), entropy };
        let cache = Arc::new(Cache::new(CacheConfig { size: 16 << 20, ..CacheConfig::default() }));
        Self { resolver: Resolver::new(env, cache, config), world, net, clock }
    }

    pub(crate) fn embedded(seed: u64) -> Self {
        Self::new(World::embedded(), Faults::default(), seed, |_| {})
    }

    pub(crate) async fn ask(&self, text: &str) -> Answer {
        self.ask_traced(text).await.0
    }

    pub(crate) async fn ask_traced(&self, text: &str) -> (Answer, Vec<Entry>) {
        let trace = Trace::on(self.clock.now());
        let answer = self.resolver.resolve(ClientQuestion::new(question(text)), trace.clone()).await;
        (answer, trace.entries())
    }
}

/// Validation with the world's own anchor; a world without one is not signed.
pub(crate) fn validation(world: &World) -> Validation {
    let mut validation = Validation::off();
    for anchor in world.anchors() {
        validation.anchors.add(&anchor).unwrap();
    }
    validation
}

pub(crate) fn question(text: &str) -> Question {
    let (name, rtype) = text.split_once(' ').unwrap_or((text, "A"));
    Question::new(name.parse::<Name>().unwrap(), rtype.parse::<RrType>().unwrap())
}

/// Response code and records in one line, TTLs left out.
pub(crate) fn brief(answer: &Answer) -> String {
    let mut out = answer.rcode.to_string();
    for set in &answer.answer {
        for record in set.records() {
            out +=
                &format!(" | {} {} {}", record.name, record.rtype, proto::rdata::present(record.rtype, &record.rdata));
        }
    }
    out
}

/// A world in text: for each zone its apex, the addresses of its servers (named `ns1.apex`, `ns2.apex`, ...) and its
/// records besides SOA and NS. Delegations and glue are written by the test into the parent's records.
pub(crate) fn world(zones: &[(&str, &[&str], &str)]) -> Arc<World> {
    world_with(zones, |_| Behaviour::normal())
}

/// [`world`] with servers that misbehave.
pub(crate) fn world_with(zones: &[(&str, &[&str], &str)], behaviour: impl Fn(&str) -> Behaviour) -> Arc<World> {
    build(zones, behaviour, |_| None)
}

/// [`world`] with zones that are signed.
pub(crate) fn signed_world(zones: &[(&str, &[&str], &str)], how: impl Fn(&str) -> Option<Signing>) -> Arc<World> {
    build(zones, |_| Behaviour::normal(), how)
}

fn build(
    zones: &[(&str, &[&str], &str)],
    behaviour: impl Fn(&str) -> Behaviour,
    how: impl Fn(&str) -> Option<Signing>,
) -> Arc<World> {
    let mut servers: Vec<Server> = Vec::new();
    let mut parsed = Vec::new();
    for (apex, addresses, records) in zones {
        let apex_name: Name = apex.parse().unwrap();
        let host = |number: usize| if *apex == "." { format!("ns{number}.") } else { format!("ns{number}.{apex}") };
        let mut text = format!("{apex} 3600 SOA ns1.{} host. 1 3600 900 604800 300\n", apex.trim_start_matches('.'));
        for (index, address) in addresses.iter().enumerate() {
            let family = if address.contains(':') { "AAAA" } else { "A" };
            text += &format!("{apex} 3600 NS {0}\n{0} 3600 {family} {address}\n", host(index + 1));
            let address = address.parse().unwrap();
            let known = servers.iter_mut().find(|server| server.addresses.contains(&address));
            match known {
                Some(server) => server.zones.push(apex_name.clone()),
                None => servers.push(Server {
                    name: host(index + 1).parse().unwrap(),
                    addresses: vec![address],
                    zones: vec![apex_name.clone()],
                    level: if *apex == "." { Level::Root } else { Level::Leaf },
                    behaviour: behaviour(&address.to_string()),
                }),
            }
        }
        let zone = Zone::parse(&(text + records), &apex_name).unwrap();
        parsed.push(match how(apex) {
            Some(how) => zone.signed(how),
            None => zone,
        });
    }
    Arc::new(World::new(parsed, servers, vec![]).unwrap())
}

/// The usual small world: root at 192.0.2.1, test. at 192.0.2.2, example.test. at 192.0.2.3 and 192.0.2.4.
pub(crate) const ROOT: (&str, &[&str], &str) =
    (".", &["192.0.2.1"], "test. 3600 NS ns1.test.\nns1.test. 3600 A 192.0.2.2\n");
pub(crate) const EXAMPLE_DELEGATION: &str = "example.test. 3600 NS ns1.example.test.\n\
    example.test. 3600 NS ns2.example.test.\nns1.example.test. 3600 A 192.0.2.3\nns2.example.test. 3600 A 192.0.2.4\n";
pub(crate) const TEST: (&str, &[&str], &str) = ("test.", &["192.0.2.2"], EXAMPLE_DELEGATION);
/// `test.` with one server for example.test. only.
pub(crate) const TEST1: (&str, &[&str], &str) =
    ("test.", &["192.0.2.2"], "example.test. 3600 NS ns1.example.test.\nns1.example.test. 3600 A 192.0.2.3\n");
pub(crate) const EXAMPLE: (&str, &[&str], &str) =
    ("example.test.", &["192.0.2.3", "192.0.2.4"], "www.example.test. 300 A 198.51.100.7\n");

pub(crate) fn small() -> Arc<World> {
    world(&[ROOT, TEST, EXAMPLE])
}

impl Bench {
    /// A small world without latency surprises: 20, 30, 40 ms.
    pub(crate) fn on(world: Arc<World>) -> Self {
        Self::new(world, Faults::default(), 1, |_| {})
    }

    /// Questions that reached the network, as `address name type`.
    pub(crate) fn sent(&self) -> Vec<String> {
        let one = |sent: lab::Sent| {
            sent.question
                .map(|question| format!("{} {} {}", sent.to.ip(), question.name.to_lowercase(), question.rtype))
        };
        self.net.log().into_iter().filter_map(one).collect()
    }

    /// Questions that reached one address.
    pub(crate) fn sent_to(&self, address: &str) -> u64 {
        self.net.packets_to(address.parse().unwrap())
    }

    /// Lets virtual time pass.
    pub(crate) async fn pass(&self, seconds: u64) {
        tokio::time::sleep(std::time::Duration::from_secs(seconds)).await;
    }

    pub(crate) fn elapsed_since(&self, began: std::time::Instant) -> std::time::Duration {
        self.clock.now().duration_since(began)
    }
}

/// The codes of the extended errors of an answer.
pub(crate) fn ede(answer: &Answer) -> Vec<u16> {
    answer.extended_errors.iter().map(|error| error.code.0).collect()
}

pub(crate) const WWW: &str = "NOERROR | www.example.test. A 198.51.100.7";
pub(crate) const SERVFAIL: Rcode = Rcode::SERVFAIL;
