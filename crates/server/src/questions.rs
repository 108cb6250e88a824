//! Questions that wait for the walk: identical ones are asked once, and nobody takes more than a share of the places.
//!
//! Who asks first does the work ([`Led`]). A client that leaves does not stop it, a panic in it is told to those who wait,
//! and however it ends, its place is free again.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use engine::{Answer, ClientQuestion, Led, Panicked};
use foldhash::quality::RandomState;
use proto::{Ede, EdeCode, Name, Rcode};
use tokio::sync::oneshot;

use crate::client::{Client, ClientKey, Transport};
use crate::config::QuestionLimits;

/// Questions in flight.
#[derive(Debug)]
pub(crate) struct Questions {
    limits: QuestionLimits,
    state: Mutex<State>,
}

/// Each map has at most as many entries as there are questions in flight or clients that wait.
#[derive(Debug, Default)]
struct State {
    in_flight: HashMap<ClientQuestion, InFlight, RandomState>,
    by_domain: HashMap<(Name, Share), usize, RandomState>,
    by_client: HashMap<ClientKey, usize, RandomState>,
}

#[derive(Debug, Default)]
struct InFlight {
    /// Those who wait beside the one who began, in the order in which they came.
    others: Vec<oneshot::Sender<Arc<Answer>>>,
    /// Clients that asked over datagrams; they wait to the end, so none is ever taken out.
    datagrams: Vec<ClientKey>,
}

/// Why a question may not wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Full {
    /// Too many questions of this client wait.
    Client,
    /// Enough datagram clients wait for this question, in all or from this address.
    Question,
    /// Too many questions below this domain are in flight.
    Domain,
    /// Too many questions are in flight.
    All,
}

/// A place among those who wait for an answer.
#[derive(Debug)]
pub(crate) struct Waiter {
    wait: Wait,
    /// Whether it waits for somebody else's question.
    pub(crate) joined: Joined,
    questions: Arc<Questions>,
    client: ClientKey,
}

/// How the answer comes.
#[derive(Debug)]
enum Wait {
    /// By our own work.
    Leads(Led<Working>),
    /// By somebody else's.
    Joined(oneshot::Receiver<Arc<Answer>>),
    /// It has come.
    Over(Result<Arc<Answer>, Panicked>),
}

/// The work, and the place of its question.
struct Working {
    /// In a box: it is large, and each layer around it would copy it.
    work: Pin<Box<dyn Future<Output = Answer> + Send>>,
    place: Place,
}

/// Whether a question began the work or joined it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Joined {
    /// The work began with it.
    Began,
    /// An identical question had begun it.
    Joined,
}

impl Questions {
    pub(crate) fn new(limits: QuestionLimits) -> Arc<Self> {
        Arc::new(Self { limits, state: Mutex::default() })
    }

    /// Waits with those who asked the same, or begins `work`.
    pub(crate) fn join<F>(
        self: &Arc<Self>,
        asked: &ClientQuestion,
        client: Client,
        work: impl FnOnce() -> F,
    ) -> Result<Waiter, Full>
    where
        F: Future<Output = Answer> + Send + 'static,
    {
        let key = client.key();
        let waits = {
            let mut state = self.state();
            if state.by_client.get(&key).is_some_and(|waiting| *waiting >= self.limits.waiting_per_client) {
                return Err(Full::Client);
            }
            let waits = match state.in_flight.get_mut(asked) {
                Some(found) => {
                    admit(found, key, client.transport, &self.limits)?;
                    let (tell, answer) = oneshot::channel();
                    found.others.push(tell);
                    Some(answer)
                }
                None => {
                    state.begin(asked, client, &self.limits)?;
                    None
                }
            };
            *state.by_client.entry(key).or_default() += 1;
            waits
        };
        let (wait, joined) = match waits {
            Some(answer) => (Wait::Joined(answer), Joined::Joined),
            None => {
                let place = Place { questions: self.clone(), asked: asked.clone(), open: true };
                (Wait::Leads(Led::new(Working { work: Box::pin(work()), place })), Joined::Began)
            }
        };
        Ok(Waiter { wait, joined, questions: self.clone(), client: key })
    }

    /// Questions in flight.
    pub(crate) fn in_flight(&self) -> usize {
        self.state().in_flight.len()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn admit(found: &mut InFlight, key: ClientKey, transport: Transport, limits: &QuestionLimits) -> Result<(), Full> {
    if transport != Transport::Datagram {
        return Ok(()); // a connection has limits of its own
    }
    let own = found.datagrams.iter().filter(|other| **other == key).count();
    if found.datagrams.len() >= limits.datagrams_per_question || own >= limits.datagrams_per_question_and_client {
        return Err(Full::Question);
    }
    found.datagrams.push(key);
    Ok(())
}

impl State {
    fn begin(&mut self, asked: &ClientQuestion, client: Client, limits: &QuestionLimits) -> Result<(), Full> {
        if self.in_flight.len() >= limits.in_flight {
            return Err(Full::All);
        }
        let domains = domains(asked);
        let full = |place: &(Name, Share)| {
            let taken = self.by_domain.get(place).copied().unwrap_or_default();
            let factor = if place.1 == Share::Registered { SHARES_OF_A_DOMAIN } else { 1 };
            taken >= limits.in_flight_per_domain.saturating_mul(factor)
        };
        if domains.iter().any(full) {
            return Err(Full::Domain);
        }
        for place in domains {
            *self.by_domain.entry(place).or_default() += 1;
        }
        let mut entry = InFlight::default();
        // The first one always has a place.
        let _ = admit(&mut entry, client.key(), client.transport, limits);
        self.in_flight.insert(asked.clone(), entry);
        Ok(())
    }
}

/// Shares that a registered domain has, against one for a zone below it.
const SHARES_OF_A_DOMAIN: usize = 3;

/// Stand for the zone of a question, which is not known before the walk: the name above the one asked, as a zone of random names would be, and the registered domain, because a zone can make up names
/// at any level.
fn domains(asked: &ClientQuestion) -> [(Name, Share); 2] {
    let name = &asked.question.name;
    // Below arpa a domain is the reverse zone of a network, not that of all addresses together.
    let top = name.suffix(2);
    let registered = match top.wire() {
        wire if wire.eq_ignore_ascii_case(b"\x07in-addr\x04arpa\x00") => 4,
        wire if wire.eq_ignore_ascii_case(b"\x03ip6\x04arpa\x00") => 10,
        _ => 2,
    };
    let domain = if registered == 2 { top } else { name.suffix(registered) };
    let above = name.parent().unwrap_or_else(Name::root).suffix(registered + 1);
    let zone = if above.is_below(&domain) { above } else { domain.clone() };
    [(zone, Share::Zone), (domain, Share::Registered)]
}

/// What a count of questions in flight is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Share {
    /// What stands for the zone.
    Zone,
    /// The registered domain with all below it.
    Registered,
}

/// The place of a question in flight; free again when dropped, also by a panic.
struct Place {
    questions: Arc<Questions>,
    asked: ClientQuestion,
    /// Once closed, what stands under the question is somebody else's.
    open: bool,
}

impl Place {
    /// Takes the place away, so that a client that comes now is answered from the cache, and gives those who wait.
    fn close(&mut self) -> Vec<oneshot::Sender<Arc<Answer>>> {
        if !std::mem::take(&mut self.open) {
            return Vec::new();
        }
        let mut state = self.questions.state();
        for place in domains(&self.asked) {
            subtract(&mut state.by_domain, &place);
        }
        state.in_flight.remove(&self.asked).map(|entry| entry.others).unwrap_or_default()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        drop(self.close());
    }
}

impl Future for Working {
    type Output = Arc<Answer>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Arc<Answer>> {
        let answer = Arc::new(ready!(self.work.as_mut().poll(context)));
        for other in self.place.close() {
            let _ = other.send(answer.clone()); // who left does not hear it
        }
        Poll::Ready(answer)
    }
}

impl fmt::Debug for Working {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Working").field("asked", &self.place.asked).finish_non_exhaustive()
    }
}

fn subtract<K: std::hash::Hash + Eq>(counts: &mut HashMap<K, usize, RandomState>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(key);
        }
    }
}

impl Waiter {
    /// Waits until there is an answer or there will be none.
    pub(crate) async fn ready(&mut self) {
        let outcome = match &mut self.wait {
            Wait::Leads(work) => work.await,
            Wait::Joined(answer) => answer.await.map_err(|_| Panicked),
            Wait::Over(_) => return,
        };
        self.wait = Wait::Over(outcome);
    }

    /// Waits for the answer; an error if the work panicked.
    pub(crate) async fn answer(mut self) -> Result<Arc<Answer>, Panicked> {
        self.ready().await;
        match std::mem::replace(&mut self.wait, Wait::Over(Err(Panicked))) {
            Wait::Over(outcome) => outcome,
            Wait::Leads(_) | Wait::Joined(_) => unreachable!("waited for it"),
        }
    }
}

/// What clients are told when the work ended without an answer.
pub(crate) fn internal_error() -> Answer {
    Answer::failure(Rcode::SERVFAIL, Ede::new(EdeCode::OTHER, "internal error"))
}

impl Drop for Waiter {
    fn drop(&mut self) {
        subtract(&mut self.questions.state().by_client, &self.client);
    }
}

#[cfg(test)]
mod tests;
