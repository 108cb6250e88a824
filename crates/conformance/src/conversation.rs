//! The conversation of a scenario: what the client asks and when, what it gets, when the clock moves.
//!
//! Who the resolver is and what carries its messages is a [`Party`]'s affair.

use std::future::Future;
use std::time::Duration;

use proto::{Edns, Message};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::timeout;
use transport::Entropy;

use crate::compare::{self, Difference, differences};
use crate::mock::Carrier;
use crate::network::Servers;
use crate::reader::entry::EDNS_OCTETS;
use crate::run::Failure;
use crate::scenario::{Dialect, Entry, Kind, Octets, Scenario, Word};

/// How long a client waits for its answer.
pub const PATIENCE: Duration = Duration::from_secs(8);
/// Identifiers, the same in each run.
const SEED: u64 = 1;
/// How long nobody may have asked anything after an answer, and how long that is waited for.
const AFTER_ANSWER: (Duration, Duration) = (Duration::from_millis(150), Duration::from_secs(2));
/// The same in a step of its own.
const TRAFFIC: (Duration, Duration) = (Duration::from_millis(300), Duration::from_secs(4));

/// What a client sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientQuery {
    /// The message.
    pub octets: Vec<u8>,
    /// What carries it.
    pub carrier: Carrier,
    /// Whether anything is expected to come back.
    pub expects_answer: bool,
}

/// The resolver, as a client and the keeper of its clock see it.
pub trait Party {
    /// Asks in the background; the answer arrives where the conversation is told to wait for it.
    ///
    /// # Errors
    /// When the question cannot be put.
    fn ask(&mut self, query: ClientQuery) -> impl Future<Output = Result<(), String>>;

    /// Moves the wall clock forward.
    ///
    /// # Errors
    /// When it does not move.
    fn pass(&mut self, time: Duration) -> Result<(), String>;

    /// Whether the resolver is still there.
    ///
    /// # Errors
    /// When it has ended.
    fn is_alive(&mut self) -> Result<(), String>;
}

/// What was said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Conversation {
    /// The first failure in the relaxed verdict.
    pub failure: Option<Failure>,
    /// What fails in the strict verdict on top of that.
    pub noted: Vec<String>,
    /// Every answer that was compared, one line each.
    pub answers: Vec<String>,
}

/// Plays the steps of a scenario; answers come from `arrived`.
pub async fn play<P: Party>(
    scenario: &Scenario,
    servers: &Servers,
    party: &mut P,
    arrived: UnboundedReceiver<Vec<u8>>,
) -> Conversation {
    let identifiers = Entropy::seeded(SEED).stream("client");
    let dialect = scenario.dialect;
    let mut talk = Talk { dialect, servers, party, arrived, identifiers, said: Conversation::default() };
    for (index, step) in scenario.steps.iter().enumerate() {
        let next = scenario.steps.get(index + 1).map_or(step.number, |next| next.number);
        let outcome = talk.step(&step.kind, step.number, next).await.and_then(|()| talk.party.is_alive());
        if let Err(told) = outcome {
            talk.said.failure = Some(Failure::Answer { step: step.number, line: step.line, told });
            break;
        }
    }
    let mut said = talk.said;
    let unused = servers.unused();
    if said.failure.is_none() && !unused.is_empty() {
        said.failure = Some(Failure::Unused(unused));
    }
    said.noted.extend(servers.unforeseen());
    said
}

struct Talk<'a, P> {
    dialect: Dialect,
    servers: &'a Servers,
    party: &'a mut P,
    arrived: UnboundedReceiver<Vec<u8>>,
    identifiers: Entropy,
    said: Conversation,
}

impl<P: Party> Talk<'_, P> {
    async fn step(&mut self, kind: &Kind, number: u32, next: u32) -> Result<(), String> {
        let unbound = self.dialect == Dialect::Unbound;
        // testbound lets traffic flow with the number of the next step, Deckard with that of the question.
        match kind {
            Kind::Query(_) => self.servers.set_step(if unbound { next } else { number }),
            _ if unbound => self.servers.set_step(number),
            _ => {}
        }
        match kind {
            Kind::Query(entry) => {
                let octets = query(entry, self.identifiers.bits16(), self.dialect);
                let carrier = if entry.compares(Word::Tcp) { Carrier::Tcp } else { Carrier::Udp };
                let expects_answer = !matches!(entry.octets, Some(Octets::Raw(_)));
                self.party.ask(ClientQuery { octets, carrier, expects_answer }).await?;
            }
            Kind::Check(entry) => {
                let answer = timeout(PATIENCE, self.arrived.recv()).await;
                let octets = answer.ok().flatten().ok_or_else(|| "no answer within 8 s".to_owned())?;
                let came = Message::parse(&octets).map_err(|error| format!("the answer is no message: {error}"))?;
                self.judge(entry, &came, number)?;
                if unbound {
                    self.servers.rest(AFTER_ANSWER.0, AFTER_ANSWER.1).await;
                }
            }
            Kind::Pass(time) => {
                self.servers.rest(AFTER_ANSWER.0, AFTER_ANSWER.1).await;
                if *time >= Duration::from_secs(1) {
                    self.party.pass(*time)?;
                }
            }
            Kind::Traffic => self.servers.rest(TRAFFIC.0, TRAFFIC.1).await,
            Kind::Nothing => {}
        }
        Ok(())
    }

    fn judge(&mut self, entry: &Entry, came: &Message, step: u32) -> Result<(), String> {
        self.said.answers.push(format!("step {step}: {}", compare::brief(came, self.dialect)));
        let (noted, failing): (Vec<Difference>, Vec<_>) =
            differences(entry, came, self.dialect).into_iter().partition(|difference| difference.is_noted);
        self.said.noted.extend(noted.iter().map(|difference| format!("step {step}: {}", difference.told)));
        if failing.is_empty() {
            return Ok(());
        }
        let mut told: Vec<String> = failing.into_iter().map(|difference| difference.told).collect();
        told.extend(compare::extended_errors(came).map(|ede| format!("({ede})")));
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
