//! The conversation: a client, a resolver, the servers of the scenario.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use cache::Cache;
use engine::{Resolver, Trace};
use proto::{Edns, Message};
use server::{Client, ServerStats, Service, Transport};
use tokio::sync::mpsc;
use tokio::time::timeout;
use transport::{Clock, Entropy, Env};

use crate::compare::{Difference, differences};
use crate::network::Servers;
use crate::reader::entry::EDNS_OCTETS;
use crate::scenario::{Dialect, Entry, Kind, Octets, Scenario, Word};
use crate::setup::{Missing, Setup};

/// How long a client waits for its answer.
const PATIENCE: Duration = Duration::from_secs(8);
/// Identifiers and ports, the same in each run.
const SEED: u64 = 1;

/// Why a scenario fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The configuration names what the resolver does not have.
    Missing(Vec<String>),
    /// An answer is not as expected.
    Answer {
        /// The step.
        step: u32,
        /// Its line.
        line: usize,
        /// What is not.
        told: String,
    },
    /// Entries that have to be used were not; their lines.
    Unused(Vec<usize>),
}

/// What came of a scenario.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The first failure in the relaxed verdict.
    pub failure: Option<Failure>,
    /// What fails in the strict verdict on top of that.
    pub noted: Vec<String>,
    /// Every query that reached a server.
    pub log: Vec<String>,
    /// The walk's trace, event by event, if it was asked for.
    pub trace: Vec<String>,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Missing(what) => write!(f, "needs {}", what.join(", ")),
            Self::Answer { step, line, told } => write!(f, "step {step} (line {line}): {told}"),
            Self::Unused(lines) => write!(f, "mandatory entries were not used: lines {lines:?}"),
        }
    }
}

/// Whether the walk's trace is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tracing {
    /// It is.
    On,
    /// It is not.
    Off,
}

/// Runs a scenario; must be called inside a current-thread runtime with a paused clock.
pub async fn run(scenario: Arc<Scenario>, minimise: bool, tracing: Tracing) -> Outcome {
    let setup = match Setup::new(&scenario.settings, minimise) {
        Ok(setup) => setup,
        Err(Missing(what)) => {
            let failure = Some(Failure::Missing(what));
            return Outcome { failure, noted: vec![], log: vec![], trace: vec![] };
        }
    };
    let mut talk = Talk::new(&scenario, setup, tracing);
    let mut failure = None;
    for (index, step) in scenario.steps.iter().enumerate() {
        let next = scenario.steps.get(index + 1).map_or(step.number, |next| next.number);
        if let Err(told) = talk.step(&step.kind, step.number, next).await {
            failure = Some(Failure::Answer { step: step.number, line: step.line, told });
            break;
        }
    }
    let unused = talk.servers.unused();
    if failure.is_none() && !unused.is_empty() {
        failure = Some(Failure::Unused(unused));
    }
    talk.noted.extend(talk.servers.unforeseen());
    let trace = talk.trace.entries().iter().filter_map(|entry| serde_json::to_string(entry).ok()).collect();
    Outcome { failure, noted: talk.noted, log: talk.servers.log(), trace }
}

struct Talk {
    dialect: Dialect,
    servers: Servers,
    service: Arc<Service<Servers>>,
    clock: Clock,
    client: SocketAddr,
    arrived: mpsc::UnboundedReceiver<Vec<u8>>,
    arriving: mpsc::UnboundedSender<Vec<u8>>,
    identifiers: Entropy,
    trace: Trace,
    noted: Vec<String>,
}

impl Talk {
    fn new(scenario: &Arc<Scenario>, setup: Setup, tracing: Tracing) -> Self {
        let servers = Servers::new(scenario.clone());
        let clock = match scenario.dialect {
            Dialect::Deckard => Clock::simulated(setup.start),
            Dialect::Unbound => Clock::standing(setup.start),
        };
        let trace = if tracing == Tracing::On { Trace::on(clock.now()) } else { Trace::off() };
        let entropy = Entropy::seeded(SEED);
        let identifiers = entropy.stream("client");
        let env = Env { net: servers.clone(), clock: clock.clone(), entropy };
        let resolver = Resolver::new(env, Arc::new(Cache::new(setup.cache)), setup.engine);
        let service = Service::traced(resolver, &setup.server, Arc::new(ServerStats::default()), trace.clone());
        let address = if scenario.dialect == Dialect::Unbound { [127, 0, 0, 1] } else { [192, 0, 2, 250] };
        let (arriving, arrived) = mpsc::unbounded_channel();
        let client = SocketAddr::from((address, 40_000));
        let (dialect, noted) = (scenario.dialect, Vec::new());
        Self { dialect, servers, service, clock, client, arrived, arriving, identifiers, trace, noted }
    }

    async fn step(&mut self, kind: &Kind, number: u32, next: u32) -> Result<(), String> {
        let unbound = self.dialect == Dialect::Unbound;
        match kind {
            Kind::Query(entry) => {
                // testbound lets traffic flow with the number of the next step.
                self.servers.set_step(if unbound { next } else { number });
                self.ask(entry, &query(entry, self.identifiers.bits16(), self.dialect));
                return Ok(());
            }
            _ if unbound => self.servers.set_step(number),
            _ => {}
        }
        match kind {
            Kind::Check(entry) => {
                let answer = timeout(PATIENCE, self.arrived.recv()).await;
                let octets = answer.ok().flatten().ok_or_else(|| "no answer within 8 s".to_owned())?;
                let came = Message::parse(&octets).map_err(|error| format!("the answer is no message: {error}"))?;
                self.judge(entry, &came, number)?;
                if unbound {
                    self.servers.rest(Duration::from_millis(150), Duration::from_secs(2)).await;
                }
            }
            Kind::Pass(time) => {
                self.servers.rest(Duration::from_millis(150), Duration::from_secs(2)).await;
                if *time >= Duration::from_secs(1) {
                    self.clock.advance_wall(*time);
                }
            }
            Kind::Traffic => self.servers.rest(Duration::from_millis(300), Duration::from_secs(4)).await,
            Kind::Query(_) | Kind::Nothing => {}
        }
        Ok(())
    }

    /// Asks in the background; the answer arrives in the channel.
    fn ask(&self, entry: &Entry, octets: &[u8]) {
        let idle = Duration::from_secs(10);
        let transport = if entry.compares(Word::Tcp) { Transport::Stream { idle } } else { Transport::Datagram };
        let client = Client { address: self.client, transport };
        let (service, arriving, octets) = (self.service.clone(), self.arriving.clone(), octets.to_vec());
        let expects = !matches!(entry.octets, Some(Octets::Raw(_)));
        tokio::spawn(async move {
            if let Some(answer) = service.handle(&octets, client).await
                && expects
            {
                // The conversation may be over by now.
                let _ = arriving.send(answer);
            }
        });
    }

    fn judge(&mut self, entry: &Entry, came: &Message, step: u32) -> Result<(), String> {
        let (noted, failing): (Vec<Difference>, Vec<_>) =
            differences(entry, came, self.dialect).into_iter().partition(|difference| difference.is_noted);
        self.noted.extend(noted.iter().map(|difference| format!("step {step}: {}", difference.told)));
        if failing.is_empty() {
            return Ok(());
        }
        let mut told: Vec<String> = failing.into_iter().map(|difference| difference.told).collect();
        let errors =
            came.edns.iter().flat_map(|edns| &edns.options).filter(|(code, _)| *code == proto::OptionCode::EDE);
        told.extend(errors.filter_map(|(_, data)| proto::Ede::from_option(data)).map(|ede| format!("({ede})")));
        Err(told.join("; "))
    }
}

/// The octets that a client sends.
fn query(entry: &Entry, id: u16, dialect: Dialect) -> Vec<u8> {
    if let Some(Octets::Raw(octets) | Octets::Answer(octets)) = &entry.octets {
        return octets.clone();
    }
    let mut message = entry.message.clone();
    message.id = id;
    if dialect == Dialect::Deckard {
        message.edns.get_or_insert_with(|| Edns::new(EDNS_OCTETS));
    }
    message.to_wire()
}
