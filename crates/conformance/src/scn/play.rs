//! The conversation, played to the real resolver behind the real service.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use cache::Cache;
use engine::{Resolver, Trace};
use lab::{Behaviour, Faults, SimNetwork};
use proto::{Flags, Message};
use server::{Client, ServerStats, Service, Transport};
use tokio::task::JoinHandle;
use transport::{Clock, Entropy, Env};

use super::script::{Asked, Kind, Network, Over, Script, Sent, Step, When};

/// Chance, the same in each run.
const SEED: u64 = 1;
/// How long a client's connection may stay idle.
const IDLE: Duration = Duration::from_secs(10);
/// Port of the first client; each question comes from another one.
const FIRST_PORT: u16 = 40_000;

/// The step that is not as expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Its line.
    pub line: usize,
    /// The line as it stands there.
    pub text: String,
    /// What was expected, and what came.
    pub told: String,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}: {}: {}", self.line, self.text.split_whitespace().collect::<Vec<_>>().join(" "), self.told)
    }
}

/// What came of a script.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The first step that is not as expected.
    pub failure: Option<Failure>,
    /// Every question that reached the network.
    pub log: Vec<String>,
    /// The walk's trace, event by event.
    pub trace: Vec<String>,
}

/// Plays a script; must be called inside a current-thread runtime with a paused clock.
pub async fn run(script: &Script) -> Outcome {
    let mut talk = Talk::new(script);
    let mut failure = None;
    let mut steps = script.steps.iter().peekable();
    while let Some(step) = steps.next() {
        let result = match &step.kind {
            Kind::Ask(..) => {
                let also = std::iter::from_fn(|| steps.next_if(|next| matches!(next.kind, Kind::Ask(_, When::AtOnce))));
                let together: Vec<&Step> = std::iter::once(step).chain(also).collect();
                talk.ask_all(&together).await
            }
            _ => talk.step(step).await,
        };
        if let Err(failed) = result {
            failure = Some(failed);
            break;
        }
    }
    let failure = failure.or_else(|| talk.untold());
    let log = talk.net.log().iter().map(written).collect();
    let trace = talk.trace.entries().iter().filter_map(|entry| serde_json::to_string(entry).ok()).collect();
    Outcome { failure, log, trace }
}

fn written(sent: &lab::Sent) -> String {
    let question = sent.question.as_ref().map(ToString::to_string).unwrap_or_default();
    format!("{} ms: {question} to {} ({:?})", sent.at.as_millis(), sent.to.ip(), sent.transport)
}

struct Talk {
    net: SimNetwork,
    service: Arc<Service<SimNetwork>>,
    clock: Clock,
    trace: Trace,
    identifiers: Entropy,
    behaviours: BTreeMap<IpAddr, Behaviour>,
    /// Each lie with the length of the log when it began: somebody has to hear it after that.
    lies: Vec<(Step, usize)>,
    marked: usize,
    asked: u16,
}

impl Talk {
    fn new(script: &Script) -> Self {
        let setup = &script.setup;
        let entropy = Entropy::seeded(SEED);
        let clock = Clock::simulated(setup.start);
        // Zones are signed by the true time, whatever the resolver believes.
        let true_clock = Clock::simulated(script.clock);
        let net = SimNetwork::at(script.world.clone(), Faults::default(), entropy.stream("net"), true_clock);
        let trace = Trace::on(clock.now());
        let identifiers = entropy.stream("client");
        let env = Env { net: net.clone(), clock: clock.clone(), entropy };
        let resolver = Resolver::new(env, Arc::new(Cache::new(setup.cache)), setup.engine.clone());
        let service = Service::traced(resolver, &setup.server, Arc::new(ServerStats::default()), trace.clone());
        let behaviours = BTreeMap::new();
        Self { net, service, clock, trace, identifiers, behaviours, lies: vec![], marked: 0, asked: 0 }
    }

    async fn step(&mut self, step: &Step) -> Result<(), Failure> {
        match &step.kind {
            Kind::Server(address, habits) => {
                let behaviour = self.behaviours.entry(*address).or_default();
                *behaviour = Behaviour { overrides: std::mem::take(&mut behaviour.overrides), ..(**habits).clone() };
                self.net.set_behaviour(*address, behaviour.clone());
            }
            Kind::Heal(address) => {
                self.behaviours.remove(address);
                self.net.heal(*address);
            }
            Kind::Lie(address, lie) => {
                let behaviour = self.behaviours.entry(*address).or_default();
                behaviour.overrides.push(lie.clone());
                self.net.set_behaviour(*address, behaviour.clone());
                self.lies.push((step.clone(), self.net.log().len()));
            }
            Kind::Network(Network::Uplink(uplink)) => self.net.set_uplink(*uplink),
            Kind::Network(Network::Ipv6Dead) => self.net.cut_ipv6(),
            Kind::Network(Network::Ipv6Works) => self.net.heal_ipv6(),
            Kind::Pass(time) => self.clock.sleep(*time).await,
            Kind::Jump(time) => self.clock.advance_wall(*time),
            Kind::Mark => self.marked = self.net.log().len(),
            Kind::Sent(sent) => return self.count(sent).map_err(|told| failure(step, told)),
            Kind::Ask(..) => {}
        }
        Ok(())
    }

    /// Asks all of these at the same moment, and judges what comes.
    async fn ask_all(&mut self, steps: &[&Step]) -> Result<(), Failure> {
        let mut under_way = Vec::new();
        for step in steps {
            if let Kind::Ask(asked, _) = &step.kind {
                under_way.push((*step, asked, self.ask(asked)));
            }
        }
        let mut first = None;
        for (step, asked, reply) in under_way {
            let told = match reply.await {
                Ok((octets, took)) => judge(asked, octets.as_deref(), took),
                Err(_) => Some("the service panicked".to_owned()),
            };
            first = first.or(told.map(|told| failure(step, told)));
        }
        first.map_or(Ok(()), Err)
    }

    fn ask(&mut self, asked: &Asked) -> JoinHandle<(Option<Vec<u8>>, Duration)> {
        let mut query = Message::query(self.identifiers.bits16(), asked.question.clone());
        query.flags.set(Flags::RD, asked.recursion_desired);
        query.flags.set(Flags::CD, asked.checking_disabled);
        query.flags.set(Flags::AD, true); // RFC 6840 §5.7: we understand it
        query.edns.clone_from(&asked.edns);
        let transport = match asked.over {
            Over::Udp => Transport::Datagram,
            Over::Tcp => Transport::Stream { idle: IDLE },
        };
        let address = SocketAddr::from(([127, 0, 0, 1], FIRST_PORT + self.asked));
        self.asked += 1;
        let (service, clock, octets) = (self.service.clone(), self.clock.clone(), query.to_wire());
        tokio::spawn(async move {
            let began = clock.now();
            let reply = service.handle(&octets, Client { address, transport }).await;
            (reply, clock.now() - began)
        })
    }

    fn count(&self, wanted: &Sent) -> Result<(), String> {
        let log = self.net.log();
        let fits = |sent: &&lab::Sent| {
            let over = match sent.transport {
                lab::Transport::Udp => Over::Udp,
                lab::Transport::Tcp => Over::Tcp,
            };
            let asked = sent.question.as_ref();
            wanted.to.is_none_or(|to| sent.to.ip() == to)
                && wanted.over.is_none_or(|wanted| over == wanted)
                && wanted.name.as_ref().is_none_or(|name| asked.is_some_and(|asked| asked.name == *name))
                && wanted.rtype.is_none_or(|rtype| asked.is_some_and(|asked| asked.rtype == rtype))
        };
        let since = log.get(self.marked..).unwrap_or_default();
        let found: Vec<&lab::Sent> = since.iter().filter(fits).collect();
        if (wanted.least..=wanted.most).contains(&found.len()) {
            return Ok(());
        }
        let shown: Vec<String> = found.iter().take(6).map(|sent| written(sent)).collect();
        Err(format!("{} were sent [{}]", found.len(), shown.join(", ")))
    }

    /// A lie that nobody heard proves nothing.
    fn untold(&self) -> Option<Failure> {
        let log = self.net.log();
        let is_told = |(step, since): &&(Step, usize)| match &step.kind {
            Kind::Lie(address, lie) => log.iter().skip(*since).any(|sent| {
                sent.to.ip() == *address && sent.question.as_ref().is_some_and(|question| lie.is_about(question))
            }),
            _ => true,
        };
        let (step, _) = self.lies.iter().find(|lie| !is_told(lie))?;
        Some(failure(step, "nobody asked, so the lie was never told and the scenario proves nothing".into()))
    }
}

fn judge(asked: &Asked, octets: Option<&[u8]>, took: Duration) -> Option<String> {
    let came = match octets.map(Message::parse).transpose() {
        Ok(came) => came,
        Err(error) => return Some(format!("the reply is no message: {error}")),
    };
    let differences = asked.expected.differences(came.as_ref(), took);
    (!differences.is_empty()).then(|| differences.join("; "))
}

fn failure(step: &Step, told: String) -> Failure {
    Failure { line: step.line, text: step.text.clone(), told }
}
