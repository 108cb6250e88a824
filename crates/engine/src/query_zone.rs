//! The leaf of the tree of work: one question to the servers of one zone, whose addresses are known.
//!
//! Waits for the network and for nothing else, so it may be shared by all who ask the same ([`crate::inflight`]).

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use proto::{Name, Question, Rcode};
use tokio::time::timeout_at;
use transport::{
    Ask, Begin, Case, Cookie, ExchangeError, Mismatch, Network, Patience, Progress, Reply, Style, exchange,
};

use crate::Resolver;
use crate::budget::{Cost, Exhausted};
use crate::classify::{Defect, Meaning, ReferralLimits, Verdict, classify};
use crate::error::Unreachable;
use crate::infra::{EdnsSupport, Lesson};
use crate::race::Race;
use crate::scrub::{GlueRule, Scrubbed, scrub};
use crate::select::{Candidate, select};
use crate::trace::{Event, Outcome, Transport};
use crate::work::Work;

/// How long a late reply is still taken while other servers are asked.
const UDP_PATIENCE: Duration = Duration::from_secs(2);
/// Everything over TCP, connection included (threat: servers that drip).
const TCP_PATIENCE: Duration = Duration::from_secs(4);
/// How long a server that was asked over TCP is waited for before another one is asked too.
const TCP_GRACE: Duration = Duration::from_millis(1500);
/// Servers asked at the same moment.
const MAX_PARALLEL: usize = 4;
/// Once one server was silent, the next ones follow so closely: datagrams get lost here, or servers are down.
const HEDGE: Duration = Duration::from_millis(150);
/// Silences of a server of unknown EDNS support before it is tried without.
const EDNS_TRIES: u32 = 2;
/// So many silences more are forgiven to a server that has answered before.
const KNOWN_SERVER_BONUS: u32 = 2;
/// Datagrams more for a zone with a server that answered lately: not it is silent, the way there loses datagrams.
const LOSSY_TRIES: u32 = 4;
/// Better answers looked for when a server did not claim authority.
const SECOND_OPINIONS: u32 = 2;

/// One question to one zone.
#[derive(Debug, Clone)]
pub(crate) struct ZoneQuestion {
    pub(crate) zone: Name,
    pub(crate) question: Question,
    /// Whether it is the whole question; a minimised one gives up earlier and blames nobody.
    pub(crate) whole: bool,
    /// Datagrams that may stay unanswered.
    pub(crate) silent_tries: u32,
    /// What to do when all of them have stayed unanswered.
    pub(crate) at_the_end: AtTheEnd,
    pub(crate) candidates: Vec<Candidate>,
}

/// What to do when every try has been used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AtTheEnd {
    /// Wait for replies that are late: there is nothing else to do.
    WaitForLateReplies,
    /// Go on: there are other servers to find, or another question to ask.
    GoOn,
}

/// What came of it.
#[derive(Debug, Clone)]
pub(crate) struct ZoneReply {
    pub(crate) result: Result<Meaning, ZoneFailure>,
    /// Questions sent.
    pub(crate) queries: u32,
}

/// Why no server gave a usable reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ZoneFailure {
    pub(crate) why: Unreachable,
    pub(crate) exhausted: Option<Exhausted>,
    /// Addresses that answered, and of no use; the others may only have had bad luck.
    pub(crate) useless: Vec<IpAddr>,
}

/// How one try ended.
struct Tried {
    candidate: Candidate,
    exchange: u32,
    result: Result<Reply, ExchangeError>,
    with_edns: bool,
    ignored: Vec<Mismatch>,
    case_broken: bool,
}

/// One try to come.
struct Planned {
    candidate: Candidate,
    exchange: u32,
    style: Style,
    over_tcp: Arc<AtomicBool>,
}

/// The state of one leaf: which servers are left, which were silent how often, what would do.
struct Attempts<N: Network> {
    resolver: Arc<Resolver<N>>,
    ask: ZoneQuestion,
    work: Work,
    left: Vec<Candidate>,
    silent: Vec<(Candidate, u32)>,
    running: Vec<Running>,
    silences: u32,
    queries: u32,
    doubtful: Option<Meaning>,
    opinions: u32,
    why: Unreachable,
    without_edns: Vec<IpAddr>,
    next_number: u32,
    /// When another server may be asked although some still have time to answer.
    hedge_at: Option<Instant>,
}

struct Running {
    number: u32,
    exchange: u32,
    candidate: Candidate,
    began: Instant,
    /// When its silence is held against it and another server is asked too.
    patience_ends: Instant,
    counted_silent: bool,
    /// Set once the exchange has gone over to TCP: the server is there, it needs a few round trips more.
    over_tcp: Arc<AtomicBool>,
}

impl<N: Network> Resolver<N> {
    /// Asks the candidates until one of them gives a usable reply.
    pub(crate) async fn query_zone(self: Arc<Self>, ask: ZoneQuestion, work: Work) -> ZoneReply {
        let mut attempts = Attempts::new(self, ask, work);
        let mut race = Race::new();
        let result = loop {
            let now = attempts.now();
            if now >= attempts.work.budget.deadline() {
                break attempts.give_up(Some(Exhausted(Cost::Time)));
            }
            if attempts.wants_more(&race, now)
                && let Err(exhausted) = attempts.start(&mut race, now)
            {
                break attempts.give_up(Some(exhausted));
            }
            if race.is_empty() || attempts.is_pointless() {
                break attempts.give_up(None);
            }
            let until = tokio::time::Instant::from_std(attempts.next_deadline(now));
            match timeout_at(until, race.next()).await {
                Err(_) => attempts.note_silence(&mut race),
                Ok((number, tried)) => {
                    if let Some(meaning) = attempts.finish(number, tried) {
                        break Ok(meaning);
                    }
                }
            }
        };
        ZoneReply { result, queries: attempts.queries }
    }

    fn is_known_alive(&self, candidate: &Candidate) -> bool {
        let stats = self.infra.stats(candidate.address);
        stats.smoothed_rtt().is_some() && stats.is_alive()
    }

    fn style(&self, address: IpAddr, edns: bool, now: Instant) -> Style {
        let stats = self.infra.stats(address);
        let (client, server) = self.infra.cookie(address, || self.cookie_draws.bits());
        let mixed = self.config.case_randomisation && !stats.breaks_case(now);
        Style {
            edns: edns.then_some(self.config.edns_buffer_size),
            dnssec_ok: false,
            case: if mixed { Case::Mixed } else { Case::AsGiven },
            recursion_desired: false,
            cookie: Some(Cookie { client, server }),
        }
    }
}

impl<N: Network> Attempts<N> {
    fn new(resolver: Arc<Resolver<N>>, ask: ZoneQuestion, work: Work) -> Self {
        let left = ask.candidates.clone();
        let mut ask = ask;
        if ask.at_the_end == AtTheEnd::WaitForLateReplies && left.iter().any(|one| resolver.is_known_alive(one)) {
            ask.silent_tries += LOSSY_TRIES;
        }
        Self {
            resolver,
            ask,
            work,
            left,
            silent: Vec::new(),
            running: Vec::new(),
            silences: 0,
            queries: 0,
            doubtful: None,
            opinions: 0,
            why: Unreachable::NoRoute,
            without_edns: Vec::new(),
            next_number: 0,
            hedge_at: None,
        }
    }

    fn now(&self) -> Instant {
        self.resolver.env.clock.now()
    }

    /// Whether another server is to be asked now: nobody is being asked, or those who are have been silent too long.
    fn wants_more(&self, race: &Race<Tried>, now: Instant) -> bool {
        let in_time = race.is_empty() || self.hedge_at.is_none_or(|at| at <= now);
        self.silences < self.ask.silent_tries && race.len() < MAX_PARALLEL && in_time && self.has_candidate()
    }

    /// All tries are used up, nobody has time left, and there is something better to do than to wait.
    fn is_pointless(&self) -> bool {
        self.ask.at_the_end == AtTheEnd::GoOn
            && self.silences >= self.ask.silent_tries
            && self.running.iter().all(|running| running.counted_silent)
    }

    fn has_candidate(&self) -> bool {
        !self.left.is_empty() || self.silent.iter().any(|(candidate, _)| self.may_repeat(candidate))
    }

    /// A silent server may be asked again once its time to answer is over.
    fn may_repeat(&self, candidate: &Candidate) -> bool {
        !self.running.iter().any(|running| running.candidate == *candidate && !running.counted_silent)
    }

    /// The moment at which something is to be done even if nothing comes.
    fn next_deadline(&self, now: Instant) -> Instant {
        let waiting = self.running.iter().filter(|running| !running.counted_silent);
        let patience = waiting.map(|running| running.patience_ends);
        let hedge = self.hedge_at.filter(|at| *at > now && self.has_candidate());
        patience.chain(hedge).min().unwrap_or_else(|| self.work.budget.deadline())
    }

    /// Starts the next try, if any server is left for one.
    fn start(&mut self, race: &mut Race<Tried>, now: Instant) -> Result<(), Exhausted> {
        let Some(candidate) = self.choose(race, now) else { return Ok(()) };
        self.work.budget.spend_query(&self.ask.question.name, now)?;
        self.queries += 1;
        self.next_number += 1;
        let stats = self.resolver.infra.stats(candidate.address);
        let silences = self.silent.iter().find(|(silent, _)| *silent == candidate).map_or(0, |(_, times)| *times);
        let with_edns = match stats.edns(now) {
            EdnsSupport::Broken => false,
            EdnsSupport::Works => true,
            EdnsSupport::Unknown => silences < EDNS_TRIES,
        } && !self.without_edns.contains(&candidate.address);
        let exchange = self.work.trace.next_exchange();
        let over_tcp = Arc::new(AtomicBool::new(false));
        self.running.push(Running {
            number: self.next_number,
            exchange,
            candidate: candidate.clone(),
            began: now,
            patience_ends: (now + stats.timeout(silences)).min(self.work.budget.deadline()),
            counted_silent: false,
            over_tcp: over_tcp.clone(),
        });
        // The first server gets its whole time; after one silence there is no reason to be patient with all others.
        let wait = if self.silences == 0 { stats.timeout(0) } else { stats.timeout(0).min(HEDGE) };
        self.hedge_at = Some(now + wait);
        let style = self.resolver.style(candidate.address, with_edns, now);
        let planned = Planned { candidate, exchange, style, over_tcp };
        race.add(self.next_number, one_try(self.resolver.clone(), self.ask.clone(), self.work.clone(), planned));
        Ok(())
    }

    /// The best server not yet asked; then one that was silent, whose older try is given up (RFC 5452 §5: never two
    /// identical questions in flight to one server).
    fn choose(&mut self, race: &mut Race<Tried>, now: Instant) -> Option<Candidate> {
        let resolver = &self.resolver;
        let draw = |bound| resolver.select_draws.below(bound);
        if let Some(index) = select(&self.left, &resolver.infra, &self.ask.zone, now, draw) {
            return Some(self.left.remove(index));
        }
        let repeatable = self.silent.iter().filter(|(candidate, _)| self.may_repeat(candidate));
        // The one that was silent least often; one that has ever answered gets the benefit of some doubt.
        let trust =
            |address| if resolver.infra.stats(address).smoothed_rtt().is_some() { KNOWN_SERVER_BONUS } else { 0 };
        let (candidate, _) =
            repeatable.min_by_key(|(candidate, times)| times.saturating_sub(trust(candidate.address)))?.clone();
        if let Some(at) = self.running.iter().position(|running| running.candidate == candidate) {
            race.stop(self.running.remove(at).number);
        }
        Some(candidate)
    }

    /// Holds their silence against the servers whose time is over, and stops those that are too late altogether.
    fn note_silence(&mut self, race: &mut Race<Tried>) {
        let now = self.now();
        for running in &mut self.running {
            if running.counted_silent || running.patience_ends > now {
                continue;
            }
            if running.over_tcp.swap(false, Ordering::Relaxed) {
                running.patience_ends = now + TCP_GRACE;
                continue;
            }
            running.counted_silent = true;
            self.silences += 1;
            self.why = self.why.max(Unreachable::Silent);
            self.resolver.infra.learn(running.candidate.address, Lesson::Silence, now);
            let after_ms = now.saturating_duration_since(running.began).as_millis() as u64;
            let outcome = Outcome::Timeout { after_ms };
            let exchange = running.exchange;
            let event = Event::Replied { exchange, rtt_us: 0, bytes: 0, outcome, records: vec![] };
            self.work.trace.record(now, || event);
            count(&mut self.silent, &running.candidate);
        }
        if race.len() >= MAX_PARALLEL
            && let Some(at) = self.running.iter().position(|running| running.counted_silent)
        {
            race.stop(self.running.remove(at).number);
        }
    }

    /// Takes the end of a try; `Some` if the question is answered.
    fn finish(&mut self, number: u32, tried: Tried) -> Option<Meaning> {
        let now = self.now();
        let address = tried.candidate.address;
        let position = self.running.iter().position(|running| running.number == number);
        let counted_silent = position.is_some_and(|at| self.running.remove(at).counted_silent);
        if tried.case_broken {
            self.resolver.infra.learn(address, Lesson::CaseBroken, now);
        }
        let reply = match &tried.result {
            Ok(reply) => reply,
            Err(error) => {
                self.fail(&tried, error, counted_silent, now);
                return None;
            }
        };
        for _ in 1..reply.queries {
            self.queries += 1;
            let _ = self.work.budget.spend_query(&self.ask.question.name, now); // counted, though already sent
        }
        self.work.budget.note_octets(reply.octets);
        self.learn(&tried, reply, now);
        let limits = ReferralLimits {
            servers: self.resolver.config.limits.ns_per_delegation,
            addresses: self.resolver.config.limits.addresses_per_ns,
        };
        let rule = if self.resolver.config.harden_glue { GlueRule::InsideZone } else { GlueRule::Any };
        let scrubbed = scrub(&reply.message, &self.ask.zone, rule);
        let verdict = classify(&reply.message, &scrubbed, &self.ask.question, &self.ask.zone, limits);
        self.record(&tried, reply, &scrubbed, &verdict, now);
        self.judge(&tried, reply.message.rcode(), verdict, now)
    }

    fn judge(&mut self, tried: &Tried, rcode: Rcode, verdict: Verdict, now: Instant) -> Option<Meaning> {
        let address = tried.candidate.address;
        let candidate = &tried.candidate;
        self.silent.retain(|(silent, _)| silent != candidate);
        match verdict {
            Verdict::Usable(meaning) => {
                self.resolver.infra.learn(address, Lesson::NotLame(self.ask.zone.clone()), now);
                return Some(meaning);
            }
            Verdict::Doubtful(meaning) => {
                self.why = Unreachable::Unusable;
                self.doubtful.get_or_insert(meaning);
                self.opinions += 1;
                let nobody_else = self.left.is_empty() && self.running.is_empty();
                if self.opinions > SECOND_OPINIONS || nobody_else {
                    return self.doubtful.take();
                }
            }
            Verdict::Unusable(defect) => {
                self.why = Unreachable::Unusable;
                let dislikes_edns = matches!(rcode, Rcode::FORMERR | Rcode::NOTIMP | Rcode::BADVERS);
                if dislikes_edns && tried.with_edns {
                    // RFC 6891 §7: once more without EDNS, at once.
                    self.without_edns.push(address);
                    self.left.push(candidate.clone());
                } else if defect.is_lameness(self.ask.whole) {
                    self.resolver.infra.learn(address, Lesson::Lame(self.ask.zone.clone()), now);
                }
            }
        }
        None
    }

    fn fail(&mut self, tried: &Tried, error: &ExchangeError, counted_silent: bool, now: Instant) {
        let address = tried.candidate.address;
        if tried.ignored.contains(&Mismatch::Cookie) {
            self.resolver.infra.learn(address, Lesson::NoCookie, now);
        }
        let outcome = match error {
            ExchangeError::Timeout => {
                self.why = self.why.max(Unreachable::Silent);
                if counted_silent {
                    return;
                }
                self.silences += 1;
                self.resolver.infra.learn(address, Lesson::Silence, now);
                count(&mut self.silent, &tried.candidate);
                Outcome::Timeout { after_ms: UDP_PATIENCE.as_millis() as u64 }
            }
            ExchangeError::Network(kind) => {
                if is_refusal(*kind) {
                    self.why = self.why.max(Unreachable::Silent);
                    self.resolver.infra.learn(address, Lesson::Silence, now);
                } else if address.is_ipv6() {
                    self.resolver.infra.learn(address, Lesson::NoRoute, now);
                }
                Outcome::Unreachable { why: error.to_string() }
            }
            ExchangeError::Closed | ExchangeError::TruncatedOverTcp => {
                self.why = self.why.max(Unreachable::Unusable);
                Outcome::Unreachable { why: error.to_string() }
            }
        };
        let rtt_us = 0;
        self.work.trace.record(now, || Event::Replied {
            exchange: tried.exchange,
            rtt_us,
            bytes: 0,
            outcome,
            records: vec![],
        });
    }

    fn learn(&self, tried: &Tried, reply: &Reply, now: Instant) {
        let infra = &self.resolver.infra;
        let address = tried.candidate.address;
        let life = if reply.over_tcp { Lesson::Alive } else { Lesson::Rtt(reply.rtt) };
        infra.learn(address, life, now);
        let good = matches!(reply.message.rcode(), Rcode::NOERROR | Rcode::NXDOMAIN);
        if tried.with_edns && reply.message.edns.is_some() && good {
            infra.learn(address, Lesson::EdnsWorks, now);
        } else if !tried.with_edns && good && infra.stats(address).edns(now) == EdnsSupport::Unknown {
            infra.learn(address, Lesson::EdnsBroken, now);
        }
        if let Some(cookie) = &reply.server_cookie {
            infra.learn(address, Lesson::Cookie(cookie.clone()), now);
        }
    }

    fn record(&self, tried: &Tried, reply: &Reply, scrubbed: &Scrubbed, verdict: &Verdict, now: Instant) {
        let trace = &self.work.trace;
        if !trace.is_on() {
            return;
        }
        for dropped in &scrubbed.dropped {
            let (record, why) = (dropped.record.clone(), dropped.why.describe().to_owned());
            trace.record(now, || Event::Scrubbed { exchange: tried.exchange, record, why });
        }
        let edns_rejected =
            tried.with_edns && matches!(reply.message.rcode(), Rcode::FORMERR | Rcode::NOTIMP | Rcode::BADVERS);
        let (outcome, records) = describe(verdict, edns_rejected, self.ask.whole);
        let rtt_us = reply.rtt.as_micros() as u64;
        let bytes = reply.octets;
        trace.record(now, || Event::Replied { exchange: tried.exchange, rtt_us, bytes, outcome, records });
    }

    fn give_up(&mut self, exhausted: Option<Exhausted>) -> Result<Meaning, ZoneFailure> {
        if let Some(meaning) = self.doubtful.take() {
            return Ok(meaning);
        }
        let useless = self.ask.candidates.iter().filter(|candidate| {
            !self.left.contains(candidate) && !self.silent.iter().any(|(silent, _)| silent == *candidate)
        });
        let useless = useless.map(|candidate| candidate.address).collect();
        Err(ZoneFailure { why: self.why, exhausted, useless })
    }
}

fn count(silent: &mut Vec<(Candidate, u32)>, candidate: &Candidate) {
    match silent.iter_mut().find(|(known, _)| known == candidate) {
        Some((_, times)) => *times += 1,
        None => silent.push((candidate.clone(), 1)),
    }
}

/// The server's host said no; it is there, but of no use. Everything else is our own network.
fn is_refusal(kind: std::io::ErrorKind) -> bool {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, TimedOut, UnexpectedEof};
    matches!(kind, ConnectionRefused | ConnectionReset | ConnectionAborted | TimedOut | UnexpectedEof)
}

async fn one_try<N: Network>(resolver: Arc<Resolver<N>>, ask: ZoneQuestion, work: Work, planned: Planned) -> Tried {
    let Planned { candidate, exchange: exchange_number, style, over_tcp } = planned;
    let server = SocketAddr::new(candidate.address, resolver.config.upstream_port);
    let asked = |transport| Event::Asked {
        exchange: exchange_number,
        zone: ask.zone.clone(),
        server: candidate.server.clone(),
        address: server,
        transport,
        question: ask.question.clone(),
    };
    let clock = resolver.env.clock.clone();
    work.trace.record(clock.now(), || asked(Transport::Udp));
    let with_edns = style.edns.is_some();
    let ignored = Mutex::new(Vec::new());
    let went_over = Mutex::new(None);
    let progress = |step: Progress| {
        let outcome = match step {
            Progress::Ignored(mismatch) => {
                ignored.lock().unwrap_or_else(PoisonError::into_inner).push(mismatch);
                return;
            }
            Progress::BadCookie => Outcome::BadCookie,
            Progress::Truncated => Outcome::Truncated,
            Progress::NearMisses | Progress::CaseMismatch => Outcome::Suspicious,
        };
        *went_over.lock().unwrap_or_else(PoisonError::into_inner) = Some(step);
        let replied = Event::Replied { exchange: exchange_number, rtt_us: 0, bytes: 0, outcome, records: vec![] };
        work.trace.record(clock.now(), || replied);
        let transport = if step == Progress::BadCookie { Transport::Udp } else { Transport::Tcp };
        resolver.infra.learn(candidate.address, Lesson::Alive, clock.now());
        over_tcp.store(transport == Transport::Tcp, Ordering::Relaxed);
        work.trace.record(clock.now(), || asked(transport));
    };
    let patience = Patience { udp: UDP_PATIENCE, tcp: TCP_PATIENCE };
    let ask = Ask { server, question: ask.question.clone(), style, patience, begin: Begin::Udp };
    let result = exchange(&resolver.env, &resolver.connections, ask, &progress).await;
    let ignored = ignored.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let went_over = *went_over.lock().unwrap_or_else(PoisonError::into_inner);
    let case_broken = went_over == Some(Progress::CaseMismatch) && result.is_ok();
    Tried { candidate, exchange: exchange_number, result, with_edns, ignored, case_broken }
}

/// What the trace says of a reply.
fn describe(verdict: &Verdict, edns_rejected: bool, whole: bool) -> (Outcome, Vec<proto::Rrset>) {
    use crate::classify::End;
    let meaning = match verdict {
        Verdict::Usable(meaning) | Verdict::Doubtful(meaning) => meaning,
        Verdict::Unusable(Defect::Rcode(_)) if edns_rejected => return (Outcome::NoEdns, vec![]),
        Verdict::Unusable(defect) => return (Outcome::Lame { why: defect.describe() }, vec![]),
    };
    let answered = match meaning {
        Meaning::Referral(referral) => {
            return (
                Outcome::Referral { zone: referral.delegation.zone.clone() },
                referral.ns_set().into_iter().collect(),
            );
        }
        Meaning::Answer(answered) => answered,
    };
    let mut records = answered.aliases.clone();
    let outcome = match &answered.end {
        End::Data(set) => {
            records.push(set.clone());
            Outcome::Answer
        }
        End::Target(target) => Outcome::Alias { target: target.clone() },
        End::NoData { soa, .. } => {
            records.extend(soa.clone());
            if whole { Outcome::NoData } else { Outcome::NoCut }
        }
        End::NxDomain { soa, .. } => {
            records.extend(soa.clone());
            Outcome::NxDomain
        }
        End::TooLong(_) => Outcome::Lame { why: "the alias makes the name too long".into() },
    };
    (outcome, records)
}
