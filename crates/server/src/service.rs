//! From a client's octets to the octets of the reply, whatever carries them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use engine::{Answer, ClientQuestion, Hook, Lasting, Panicked, Resolver, Trace};
use proto::{Ede, EdeCode, Question, Rcode, Rrset, Security, WallTime};
use tracing::debug;
use transport::{Clock, Network};

use crate::access::AccessList;
use crate::client::{Client, Transport};
use crate::config::{QuestionLimits, ServerConfig};
use crate::local::{Local, LocalData};
use crate::policy::{self, Decision};
use crate::questions::{Full, Joined, Questions, Waiter, internal_error};
use crate::ready::{Asked, ReadyReplies};
use crate::receive::{self, Query, Received, ReplyTo};
use crate::respond::{self, Content, Reply, Style};
use crate::special::SpecialNames;
use crate::stats::ServerStats;

/// Answers clients.
pub struct Service<N: Network> {
    resolver: Arc<Resolver<N>>,
    clock: Clock,
    access: AccessList,
    style: Style,
    local: LocalData,
    special: SpecialNames,
    ready: ReadyReplies,
    questions: Arc<Questions>,
    limits: QuestionLimits,
    stats: Arc<ServerStats>,
    trace: Trace,
}

/// What comes of a request at once.
#[derive(Debug)]
pub enum Step {
    /// Nothing, now or later.
    Drop,
    /// The reply.
    Reply(Vec<u8>),
    /// The question needs the network: [`Service::finish`] waits.
    Wait(Box<Waiting>),
}

/// A question that waits for the walk.
#[derive(Debug)]
pub struct Waiting {
    reply_to: ReplyTo,
    client: Client,
    came: Instant,
    /// Local aliases that led to the question that is waited for.
    behind: Vec<Rrset>,
    waiter: Waiter,
}

impl Waiting {
    /// Waits until [`Service::finish`] would not wait any more.
    pub async fn ready(&mut self) {
        self.waiter.ready().await;
    }
}

/// What is known of a question without waiting.
enum Known {
    Answer(Answer),
    /// An answer that stays the same for a while.
    Lasting(Answer, Lasting),
    ComeBackOverTcp,
    Silence,
    /// This question, behind these local aliases.
    Ask(ClientQuestion, Vec<Rrset>),
}

impl<N: Network> Service<N> {
    /// A service that answers from `resolver` as `config` says.
    pub fn new(resolver: Arc<Resolver<N>>, config: &ServerConfig, stats: Arc<ServerStats>) -> Arc<Self> {
        Self::traced(resolver, config, stats, Trace::off())
    }

    /// The same, with all walks written into one trace.
    pub fn traced(
        resolver: Arc<Resolver<N>>,
        config: &ServerConfig,
        stats: Arc<ServerStats>,
        trace: Trace,
    ) -> Arc<Self> {
        Arc::new(Self {
            resolver,
            clock: Clock::system(),
            access: AccessList::new(&config.allow),
            style: Style {
                minimal: config.minimal_responses,
                identity: config.identity.clone(),
                datagram_octets: config.datagram_octets,
            },
            local: LocalData::new(&config.local),
            special: SpecialNames::new(&config.special_names),
            ready: ReadyReplies::new(config.ready_octets),
            questions: Questions::new(config.questions),
            limits: config.questions,
            stats,
            trace,
        })
    }

    /// The reply to a request; `None` if there is none to give.
    pub async fn handle(&self, request: &[u8], client: Client) -> Option<Vec<u8>> {
        match self.begin(request, client) {
            Step::Drop => None,
            Step::Reply(octets) => Some(octets),
            Step::Wait(waiting) => self.finish(waiting).await,
        }
    }

    /// What comes of a request without waiting; must be called inside a tokio runtime.
    ///
    /// What is known is answered at once and takes no place among those who wait, so that quick questions go before
    /// slow ones. A panic ends this request only.
    pub fn begin(&self, request: &[u8], client: Client) -> Step {
        self.guarded(request, || self.begin_unguarded(request, client))
    }

    /// Appends the reply to a request if it is ready, and does nothing else: [`Service::begin`] answers all others, and in the
    /// same way. `now` is the wall clock's, see [`Service::wall`]. What was answered is to be counted: [`Service::count_ready`].
    pub fn answer_ready(&self, request: &[u8], client: Client, now: WallTime, out: &mut Vec<u8>) -> bool {
        // Who wants to see every answer in the log gets them the long way.
        if tracing::enabled!(tracing::Level::DEBUG) {
            return false;
        }
        let start = out.len();
        let found = catch_unwind(AssertUnwindSafe(|| self.find_ready(request, client, now, out)));
        found.unwrap_or_else(|_| {
            out.truncate(start);
            false
        })
    }

    fn find_ready(&self, request: &[u8], client: Client, now: WallTime, out: &mut Vec<u8>) -> bool {
        let Some(asked) = Asked::read(request) else { return false };
        if !self.access.allows(client.address.ip()) {
            return false;
        }
        let limit = match client.transport {
            Transport::Datagram => respond::datagram_limit(asked.payload, &self.style),
            Transport::Stream { .. } => usize::from(u16::MAX),
        };
        self.ready.find(&asked, limit, now, |lasting| self.resolver.stands(lasting), out)
    }

    #[cfg(test)]
    pub(crate) fn ready_replies(&self) -> &ReadyReplies {
        &self.ready
    }

    /// Counts answers that were ready.
    pub fn count_ready(&self, number: usize) {
        self.stats.answered_from_cache.add(number);
        self.stats.replies.add(number);
    }

    /// The wall clock.
    pub fn wall(&self) -> WallTime {
        self.resolver.wall()
    }

    /// Waits for the answer and writes the reply; `None` if a datagram's data came too late.
    pub async fn finish(&self, waiting: Box<Waiting>) -> Option<Vec<u8>> {
        let Waiting { reply_to, client, came, behind, waiter } = *waiting;
        let answer = waiter.answer().await.unwrap_or_else(|Panicked| {
            self.stats.panics.increment();
            Arc::new(internal_error())
        });
        let age = self.clock.now().saturating_duration_since(came);
        if client.transport == Transport::Datagram && age > self.limits.datagram_age && has_data(&answer) {
            self.stats.too_late.increment();
            return None;
        }
        if behind.is_empty() {
            return Some(self.write(&reply_to, Content::Answer(&answer), client.transport));
        }
        let whole = answer_behind(behind, Answer::clone(&answer));
        Some(self.write(&reply_to, Content::Answer(&whole), client.transport))
    }

    /// Calls `hook` between the steps of walks.
    pub(crate) fn between_steps(&self, hook: Hook) {
        self.resolver.between_steps(hook);
    }

    /// Questions that wait for the walk at the moment.
    pub fn in_flight(&self) -> usize {
        self.questions.in_flight()
    }

    /// The counters.
    pub fn stats(&self) -> &Arc<ServerStats> {
        &self.stats
    }

    /// Shared state stays whole: what a panic can interrupt here holds no lock but for single map operations.
    fn guarded(&self, request: &[u8], work: impl FnOnce() -> Step) -> Step {
        catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
            self.stats.panics.increment();
            respond::internal_error(request).map_or(Step::Drop, Step::Reply)
        })
    }

    fn begin_unguarded(&self, request: &[u8], client: Client) -> Step {
        let came = self.clock.now();
        let (reply_to, rejected) = match receive::read(request) {
            Received::Ignore => {
                self.stats.ignored.increment();
                return Step::Drop;
            }
            Received::Reject(reply_to, answer) => (reply_to, Err(answer)),
            Received::Query(query) => (query.reply_to.clone(), Ok(query)),
        };
        if !self.access.allows(client.address.ip()) {
            self.stats.denied.increment();
            return self.reply(&reply_to, Content::Denied, client);
        }
        let query = match rejected {
            Ok(query) => query,
            Err(answer) => {
                self.stats.rejected.increment();
                return self.reply(&reply_to, Content::Answer(&answer), client);
            }
        };
        let made = self.resolver.wall();
        match self.known(&query, client.transport) {
            Known::Answer(answer) => self.reply(&reply_to, Content::Answer(&answer), client),
            Known::Lasting(answer, lasting) => {
                let reply = self.compose(&reply_to, Content::Answer(&answer), client.transport);
                self.keep_ready(request, &reply, made, &lasting);
                Step::Reply(reply.octets)
            }
            Known::ComeBackOverTcp => self.reply(&reply_to, Content::ComeBackOverTcp, client),
            Known::Silence => {
                self.stats.ignored.increment();
                Step::Drop
            }
            Known::Ask(asked, behind) => self.wait(asked, behind, reply_to, client, came),
        }
    }

    /// The sources that answer without waiting, in order: policy, local data, special names, cache.
    fn known(&self, query: &Query, transport: Transport) -> Known {
        let asked = match policy::decide(query, transport, &self.style.identity) {
            Decision::Answer(answer) => {
                self.stats.answered_locally.increment();
                return Known::Answer(answer);
            }
            Decision::ComeBackOverTcp => return Known::ComeBackOverTcp,
            Decision::Resolve(asked) => asked,
        };
        let (asked, behind) = match self.local.answer(&asked.question) {
            None => (asked, Vec::new()),
            Some(Local::Silence) => return Known::Silence,
            Some(Local::Answer(answer)) => {
                self.stats.answered_locally.increment();
                return Known::Answer(answer);
            }
            Some(Local::Alias(sets, target)) => {
                let question = Question::new(target, asked.question.rtype);
                (ClientQuestion { question, ..asked }, sets)
            }
        };
        if let Some(answer) = self.special.answer(&asked.question) {
            self.stats.answered_locally.increment();
            return Known::Answer(answer_behind(behind, answer));
        }
        let Some((answer, lasting)) = self.resolver.lasting_answer(&asked) else { return Known::Ask(asked, behind) };
        self.stats.answered_from_cache.increment();
        match lasting.filter(|_| behind.is_empty()) {
            Some(lasting) => Known::Lasting(answer, lasting),
            None => Known::Answer(answer_behind(behind, answer)),
        }
    }

    /// Keeps a reply for the next client that asks in the same way.
    fn keep_ready(&self, request: &[u8], reply: &Reply, made: WallTime, lasting: &Lasting) {
        if let (true, Some(asked)) = (reply.whole, Asked::read(request)) {
            self.ready.keep(&asked, &reply.octets, made, lasting);
        }
    }

    fn wait(
        &self,
        asked: ClientQuestion,
        behind: Vec<Rrset>,
        reply_to: ReplyTo,
        client: Client,
        came: Instant,
    ) -> Step {
        let (resolver, trace) = (self.resolver.clone(), self.trace.clone());
        let work = || {
            let asked = asked.clone();
            async move { resolver.resolve_unknown(asked, trace).await }
        };
        match self.questions.join(&asked, client, work) {
            Ok(waiter) => {
                match waiter.joined {
                    Joined::Began => self.stats.walks.increment(),
                    Joined::Joined => self.stats.joined.increment(),
                }
                Step::Wait(Box::new(Waiting { reply_to, client, came, behind, waiter }))
            }
            Err(full) => self.turn_away(full, &reply_to, client),
        }
    }

    /// A datagram is dropped, its client asks again; a connection expects an answer to everything.
    fn turn_away(&self, full: Full, reply_to: &ReplyTo, client: Client) -> Step {
        let (counter, code, why) = match full {
            Full::Client => (&self.stats.over_client_quota, EdeCode::OVER_QUOTA, "too many of your questions wait"),
            Full::Question => (&self.stats.over_question_quota, EdeCode::OVER_QUOTA, "too many wait for this answer"),
            Full::Domain => {
                (&self.stats.over_domain_quota, EdeCode::OVER_QUOTA, "too many questions below this domain wait")
            }
            Full::All => (&self.stats.over_capacity, EdeCode::NOT_READY, "too many questions wait"),
        };
        counter.increment();
        match client.transport {
            Transport::Datagram => Step::Drop,
            Transport::Stream { .. } => {
                let answer = Answer::failure(Rcode::SERVFAIL, Ede::new(code, why));
                self.reply(reply_to, Content::Answer(&answer), client)
            }
        }
    }

    fn reply(&self, to: &ReplyTo, content: Content<'_>, client: Client) -> Step {
        Step::Reply(self.write(to, content, client.transport))
    }

    fn write(&self, to: &ReplyTo, content: Content<'_>, transport: Transport) -> Vec<u8> {
        self.compose(to, content, transport).octets
    }

    fn compose(&self, to: &ReplyTo, content: Content<'_>, transport: Transport) -> Reply {
        let reply = respond::build(to, content, transport, &self.style);
        debug!(asked = to.entry.as_ref().map(|entry| entry.question.to_string()), rcode = %reply.rcode, ?transport, "answered");
        self.stats.replies.increment();
        if reply.truncated {
            self.stats.truncated.increment();
        }
        if reply.rcode == Rcode::SERVFAIL {
            self.stats.failures.increment();
        }
        reply
    }
}

/// An answer with the local aliases that led to it. What we said ourselves nobody has signed.
fn answer_behind(mut aliases: Vec<Rrset>, answer: Answer) -> Answer {
    if aliases.is_empty() {
        return answer;
    }
    aliases.extend(answer.answer);
    Answer { answer: aliases, security: Security::Unchecked, ..answer }
}

/// Whether an answer is worth more to an attacker than the question cost.
fn has_data(answer: &Answer) -> bool {
    matches!(answer.rcode, Rcode::NOERROR | Rcode::NXDOMAIN)
}

#[cfg(test)]
mod tests;
