//! A conversation with the resolver in this process, over a simulated network and clock.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use cache::Cache;
use engine::{Resolver, Trace};
use server::{Client, ServerStats, Service, Transport};
use tokio::sync::mpsc;
use transport::{Clock, Entropy, Env};

use crate::conversation::{ClientQuery, Party, play};
use crate::mock::Carrier;
use crate::network::Servers;
use crate::scenario::{Dialect, Scenario};
use crate::setup::{Missing, Setup};

/// Identifiers and ports, the same in each run.
const SEED: u64 = 1;
/// How long a client's connection may be idle.
const IDLE: Duration = Duration::from_secs(10);

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
    /// Every answer that was compared, one line each.
    pub answers: Vec<String>,
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
            return Outcome { failure, noted: vec![], log: vec![], answers: vec![], trace: vec![] };
        }
    };
    let servers = Servers::new(scenario.clone());
    let (arriving, arrived) = mpsc::unbounded_channel();
    let mut party = InProcess::new(&scenario, setup, servers.clone(), arriving, tracing);
    let said = play(&scenario, &servers, &mut party, arrived).await;
    let trace = party.trace.entries().iter().filter_map(|entry| serde_json::to_string(entry).ok()).collect();
    Outcome { failure: said.failure, noted: said.noted, log: servers.log(), answers: said.answers, trace }
}

struct InProcess {
    service: Arc<Service<Servers>>,
    clock: Clock,
    client: SocketAddr,
    arriving: mpsc::UnboundedSender<Vec<u8>>,
    trace: Trace,
}

impl InProcess {
    fn new(
        scenario: &Scenario,
        setup: Setup,
        servers: Servers,
        arriving: mpsc::UnboundedSender<Vec<u8>>,
        tracing: Tracing,
    ) -> Self {
        let clock = match scenario.dialect {
            Dialect::Deckard => Clock::simulated(setup.start),
            Dialect::Unbound => Clock::standing(setup.start),
        };
        let trace = if tracing == Tracing::On { Trace::on(clock.now()) } else { Trace::off() };
        let env = Env { net: servers, clock: clock.clone(), entropy: Entropy::seeded(SEED) };
        let resolver = Resolver::new(env, Arc::new(Cache::new(setup.cache)), setup.engine);
        let service = Service::traced(resolver, &setup.server, Arc::new(ServerStats::default()), trace.clone());
        let address = if scenario.dialect == Dialect::Unbound { [127, 0, 0, 1] } else { [192, 0, 2, 250] };
        Self { service, clock, client: SocketAddr::from((address, 40_000)), arriving, trace }
    }
}

impl Party for InProcess {
    async fn ask(&mut self, query: ClientQuery) -> Result<(), String> {
        let transport = match query.carrier {
            Carrier::Tcp => Transport::Stream { idle: IDLE },
            Carrier::Udp => Transport::Datagram,
        };
        let client = Client { address: self.client, transport };
        let (service, arriving) = (self.service.clone(), self.arriving.clone());
        tokio::spawn(async move {
            if let Some(answer) = service.handle(&query.octets, client).await
                && query.expects_answer
            {
                // The conversation may be over by now.
                let _ = arriving.send(answer);
            }
        });
        Ok(())
    }

    fn pass(&mut self, time: Duration) -> Result<(), String> {
        self.clock.advance_wall(time);
        Ok(())
    }

    fn is_alive(&mut self) -> Result<(), String> {
        Ok(()) // it ends with us
    }
}
