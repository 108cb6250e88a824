//! From a client's question to its answer: cache, walk, aliases, deadlines.

mod client;
mod known;

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use cache::{Cache, Denial, FailureScope, Found, Known};
use dnssec::{MAX_ITERATIONS_ACCEPTED, Why};
use proto::{Ede, EdeCode, Name, Question, Rcode, RrType, Rrset, Security, WallTime};
use tokio::time::{Instant, timeout_at};
use transport::{Entropy, Env, Network, TcpConnections};

use crate::alias::{self, Alias};
use crate::anchors::Anchors;
use crate::between::{Between, Hook};
use crate::classify::{Answered, End};
use crate::config::{EngineConfig, ServerKind};
use crate::denials::Denials;
use crate::error::ResolveError;
use crate::inflight::{Abandoned, Inflight, Shared};
use crate::infra::Infra;
use crate::iterate::Fetched;
use crate::lasting::Notes;
use crate::query_zone::ZoneReply;
use crate::rebinding;
use crate::sentinel;
use crate::trace::{CachedWhat, Event};
use crate::trust::TrustTable;
use crate::validate::{CheckedAnswer, Standing, worse};
use crate::work::{Checked, Freshness, Work};
use crate::{Answer, Checking, ClientQuestion};

/// The resolver: one per process, shared by all who ask.
pub struct Resolver<N: Network> {
    pub(crate) env: Env<N>,
    pub(crate) cache: Arc<Cache>,
    pub(crate) config: EngineConfig,
    pub(crate) infra: Infra,
    pub(crate) connections: TcpConnections<N::Tcp>,
    /// Questions to the servers of a zone: leaves of the tree of work.
    pub(crate) inflight: Inflight<LeafKey, ZoneReply>,
    /// Walks for clients: its roots. A walk goes on after its client was told to wait no longer, and whoever asks the
    /// same then joins it instead of beginning with a full budget.
    walks: Inflight<(Question, Checking), Result<Chased, ResolveError>>,
    /// What is done between the steps of walks.
    pub(crate) between: Between,
    /// When the parent was last asked again for the servers of a zone whose servers were gone.
    pub(crate) renewals: Mutex<BTreeMap<Name, std::time::Instant>>,
    /// Gaps between names, as signed zones have shown them.
    pub(crate) denials: Denials,
    /// Where chains of trust begin, today.
    pub(crate) anchors: Anchors,
    /// Where zones stand in the chain of trust.
    pub(crate) trust: TrustTable,
    pub(crate) select_draws: Entropy,
    pub(crate) cookie_draws: Entropy,
}

/// An answer in the making: aliases in order and what stands at their end.
#[derive(Debug, Clone)]
pub(crate) struct Chased {
    pub(crate) aliases: Vec<Rrset>,
    pub(crate) data: Option<Rrset>,
    pub(crate) denial: Option<(Denial, Option<Rrset>)>,
    pub(crate) too_long: bool,
    /// What proves a denial, or that a name may be made from a wildcard.
    pub(crate) proofs: Vec<Rrset>,
    pub(crate) security: Security,
}

/// How long an answer that does not stand the check is not asked for again, in seconds (RFC 4035 §4.7).
const BOGUS_PERIOD: u32 = 60;
/// Data is about to expire when this part of its time to live is left: one in so many.
const AGING_PART: u32 = 10;
/// Names above a name whose wildcards are looked for in the cache.
const MAX_ENCLOSERS: usize = 4;
/// Servers whose answers are tried before an answer counts as bogus.
const MAX_BOGUS_TRIES: u32 = 5;

/// Zone, what its servers are, question, and whether it is the whole question: a minimised one gives up earlier.
pub(crate) type LeafKey = (Name, ServerKind, Question, bool);

/// One step of the chase: what is known of one name.
enum Step {
    Alias(Alias, Security, Vec<Rrset>),
    End(Chased),
}

impl<N: Network> Resolver<N> {
    /// A resolver that walks over `env` and remembers in `cache`.
    pub fn new(env: Env<N>, cache: Arc<Cache>, config: EngineConfig) -> Arc<Self> {
        let select_draws = env.entropy.stream("select");
        let cookie_draws = env.entropy.stream("cookie");
        let env = Env { entropy: env.entropy.stream("exchange"), ..env };
        let anchors = Anchors::configured(&config.validation, env.clock.wall());
        let between = Between::default();
        Arc::new(Self {
            env,
            cache,
            config,
            infra: Infra::default(),
            connections: TcpConnections::default(),
            // They are steps of walks, which have called the hook.
            inflight: Inflight::new(&Between::default()),
            walks: Inflight::new(&between),
            between,
            renewals: Mutex::default(),
            anchors,
            trust: TrustTable::default(),
            denials: Denials::default(),
            select_draws,
            cookie_draws,
        })
    }

    /// Number of walks and of questions to servers that are in flight.
    pub fn in_flight(&self) -> usize {
        self.walks.len() + self.inflight.len()
    }

    /// From now on `hook` is called between the steps of walks that begin, so that quick work need not wait behind them.
    pub fn between_steps(&self, hook: Hook) {
        self.between.set(hook);
    }

    /// The cache.
    pub fn cache(&self) -> &Arc<Cache> {
        &self.cache
    }

    /// The whole answer from the cache, if it is there; a remembered failure counts.
    fn answer_from_cache(
        &self,
        question: &Question,
        checking: Checking,
        work: &Work,
    ) -> Option<Result<Chased, ResolveError>> {
        let mut name = question.name.clone();
        let mut aliases: Vec<Rrset> = Vec::new();
        let (mut proofs, mut security) = (Vec::new(), Security::Secure);
        let mut events = Vec::new();
        for _ in 0..=self.config.limits.aliases {
            let ask = Question::new(name.clone(), question.rtype);
            let mut known = self.known(&ask, work, &mut events);
            if known.is_none() {
                // A failure that is remembered tells more of the name than the gap that it should lie in.
                if let Some(failed) = self.failed_before(question, checking, work) {
                    return Some(Err(failed));
                }
                known = self.synthesised(&ask, work.checked, &mut events);
            }
            match known {
                Some(Step::Alias(Alias { sets, target }, standing, beside)) => {
                    security = worse(security, standing);
                    proofs.extend(beside);
                    // The set of names met is short; a loop is left to the walk, which names it.
                    aliases.extend(sets);
                    name = target;
                }
                Some(Step::End(end)) => {
                    self.record_all(events, work);
                    return Some(Ok(end.behind(aliases, proofs, security)));
                }
                None => return None,
            }
        }
        self.failed_before(question, checking, work).map(Err)
    }

    fn failed_before(&self, question: &Question, checking: Checking, work: &Work) -> Option<ResolveError> {
        let failed = self.cache.failure(question, scope(checking), self.env.clock.wall())?;
        self.record_all(vec![from_cache_event(question, CachedWhat::Failure, vec![])], work);
        Some(ResolveError::FailedBefore(failed.error))
    }

    /// The answer to what the cache knows. Expired data beats a remembered failure (RFC 8767 §4).
    fn answer_known(&self, question: &Question, known: Result<Chased, ResolveError>, work: &Work) -> Answer {
        match known {
            Ok(chased) => into_answer(chased),
            Err(error) => self.stale_answer(question).map_or_else(
                || failure(&error),
                |stale| {
                    let event = from_cache_event(question, CachedWhat::Stale, stale.answer.clone());
                    work.trace.record(&self.env.clock, || event);
                    stale
                },
            ),
        }
    }

    /// Takes out what may not be in an answer, and adds what may be beside it.
    fn finish_answer(&self, answer: &mut Answer, question: &Question, checking: Checking) {
        if answer.security == Security::Secure && sentinel::is_sentinel(question) {
            match checking {
                Checking::Enabled if sentinel::withholds(question, &self.anchors()) => {
                    *answer = Answer::empty(Rcode::SERVFAIL);
                    return;
                }
                Checking::Enabled => {}
                // RFC 8509 §2.2: with CD the answer says nothing of our keys, and AD would look as if it did.
                Checking::Disabled => answer.security = Security::Unchecked,
            }
        }
        if answer.security == Security::Insecure {
            let name = answer.answer.last().map_or(&question.name, |set| &set.name);
            let why = self.why_insecure(name).or_else(|| uncounted_iterations(&answer.authority));
            answer.extended_errors.extend(why.map(|why| Ede::new(why.ede(), why.to_string())));
        }
        rebinding::filter(answer, question, &self.config.rebinding);
        let Some(data) = answer.answer.last().filter(|_| !self.config.minimal_responses) else { return };
        if !answer.authority.is_empty() {
            return;
        }
        let kept = self.cache.lookup(&Question::new(data.name.clone(), data.rtype), self.env.clock.wall());
        let ns = kept.and_then(|kept| self.found(&kept.provenance.zone, RrType::NS));
        // RFC 4035 §3.2.3: AD speaks of the authority section too.
        let fits = |ns: &Found| answer.security != Security::Secure || ns.provenance.security == Security::Secure;
        let ns = ns.filter(|ns| data.rtype != RrType::NS && fits(ns));
        let Some(Known::Rrset(ns)) = ns.map(|ns| ns.known) else { return };
        let families = [RrType::A, RrType::AAAA];
        let addresses = ns.targets().flat_map(|server| families.map(|rtype| self.cached(&server, rtype)));
        let sets = addresses.flatten().filter_map(|known| match known {
            Known::Rrset(set) => Some(set),
            Known::Negative(_) => None,
        });
        answer.additional = sets.collect();
        answer.authority.push(ns);
    }

    fn record_all(&self, events: Vec<Event>, work: &Work) {
        for event in events {
            work.trace.record(&self.env.clock, || event);
        }
    }

    /// Walks, and waits for it as long as the client may wait; then it goes on by itself.
    async fn walk_in_time(self: &Arc<Self>, asked: &ClientQuestion, work: &Work, began: std::time::Instant) -> Answer {
        let stale = self.stale_answer(&asked.question);
        let patience = match &stale {
            Some(_) => self.config.stale.patience().min(self.config.limits.client_deadline),
            None => self.config.limits.client_deadline,
        };
        let (resolver, key) = (self.clone(), (asked.question.clone(), asked.checking));
        let walk = || resolver.walk_to_the_end(asked.clone(), work.clone());
        let outcome = if patience.is_zero() {
            // Timers are no finer than a millisecond, in which a near server answers: who does not wait must not race.
            self.walks.begin(key, walk);
            None
        } else {
            timeout_at(Instant::from_std(began + patience), self.walks.share(key, walk)).await.ok()
        };
        let answer = match outcome {
            Some(Ok(Shared { value: Ok(chased), .. })) => return into_answer(chased),
            Some(Ok(Shared { value: Err(error), .. })) => failure(&error),
            // It panicked: an error of ours, told as such, and nobody else is harmed.
            Some(Err(Abandoned)) => failure(&ResolveError::Internal),
            None => out_of_time(&work.standing(), patience),
        };
        match stale {
            Some(stale) => {
                work.trace.record(&self.env.clock, || {
                    from_cache_event(&asked.question, CachedWhat::Stale, stale.answer.clone())
                });
                stale
            }
            None => answer,
        }
    }

    async fn walk_to_the_end(self: Arc<Self>, asked: ClientQuestion, work: Work) -> Result<Chased, ResolveError> {
        let question = asked.question;
        let deadline = Instant::from_std(work.budget.deadline());
        let outcome = timeout_at(deadline, self.clone().chase_boxed(question.clone(), work.clone())).await;
        let outcome = outcome.unwrap_or(Err(ResolveError::Exhausted(crate::Cost::Time)));
        let scope = scope(asked.checking);
        match &outcome {
            Ok(_) => self.cache.clear_failure(&question, scope),
            Err(error) if error.is_cached() => {
                // Who gets expired data instead is to get better data soon.
                let bogus = matches!(error, ResolveError::Bogus(_)) && self.stale_answer(&question).is_none();
                let at_least = if bogus { BOGUS_PERIOD } else { 0 };
                let now = self.env.clock.wall();
                self.cache.put_failure_for(&question, scope, error.to_ede(), at_least, now);
            }
            Err(_) => {}
        }
        outcome
    }

    /// [`chase`](Self::chase) behind a pointer: questions need questions, and a future cannot contain itself.
    pub(crate) fn chase_boxed(
        self: Arc<Self>,
        question: Question,
        work: Work,
    ) -> Pin<Box<dyn Future<Output = Result<Chased, ResolveError>> + Send>> {
        Box::pin(async move { self.chase(&question, &work).await })
    }

    /// Follows aliases until data, denial or an error (RFC 1034 §5.3.3 step 4c).
    async fn chase(self: &Arc<Self>, question: &Question, work: &Work) -> Result<Chased, ResolveError> {
        let mut name = question.name.clone();
        let mut met = vec![name.clone()];
        let mut aliases: Vec<Rrset> = Vec::new();
        let (mut proofs, mut security) = (Vec::new(), Security::Secure);
        loop {
            let ask = Question::new(name.clone(), question.rtype);
            let mut events = Vec::new();
            let known = self.known(&ask, work, &mut events);
            let known = known.or_else(|| self.synthesised(&ask, work.checked, &mut events));
            self.record_all(events, work);
            let (sets, target) = match known {
                Some(Step::Alias(Alias { sets, target }, standing, beside)) => {
                    security = worse(security, standing);
                    proofs.extend(beside);
                    (sets, target)
                }
                Some(Step::End(end)) => return Ok(end.behind(aliases, proofs, security)),
                None => {
                    let (answered, standing) = self.fetch(&ask, work).await?;
                    let answered = self.settle(answered);
                    security = worse(security, standing);
                    proofs.extend(answered.proofs);
                    match answered.end {
                        End::Target(target) => (answered.aliases, target),
                        end => {
                            self.spend_aliases(&answered.aliases, work)?;
                            aliases.extend(answered.aliases);
                            return Ok(Chased::from_end(end).behind(aliases, proofs, security));
                        }
                    }
                }
            };
            self.spend_aliases(&sets, work)?;
            aliases.extend(sets);
            if met.contains(&target) {
                return Err(ResolveError::AliasLoop { name: question.name.clone(), aliases });
            }
            work.trace.record(&self.env.clock, || Event::Followed { from: name.clone(), to: target.clone() });
            met.push(target.clone());
            name = target;
        }
    }

    /// An answer from the servers, checked if it has to be, and stored. What does not stand the check is asked of
    /// another server, as long as there is one (RFC 4035 §4.7 leaves it to us; one liar shall not hide a zone).
    async fn fetch(self: &Arc<Self>, ask: &Question, work: &Work) -> Result<(Answered, Security), ResolveError> {
        if work.checked == Checked::No {
            let Fetched { answered, zone, .. } = self.iterate(ask, work).await?;
            self.store(ask, &answered, &zone, &Standing::uniform(Security::Unchecked));
            return Ok((answered, Security::Unchecked));
        }
        let mut broken: Option<ResolveError> = None;
        let before = if work.freshness == Freshness::Young { None } else { self.fetched_before(ask) };
        let mut waiting = before.filter(|fetched| !is_from_referral(ask, fetched));
        for _ in 0..MAX_BOGUS_TRIES {
            let fetched = match waiting.take() {
                Some(fetched) => fetched,
                None => match self.iterate(ask, work).await {
                    Ok(fetched) => fetched,
                    // The others had nothing at all: what is wrong with the answer that there was is the better news.
                    Err(error) => return Err(broken.unwrap_or(error)),
                },
            };
            let (by, zone) = (fetched.by, fetched.zone.clone());
            let why = match self.validate(ask, fetched, work).await {
                Ok(CheckedAnswer { mut answered, zone, standing }) => {
                    self.end_with_exemption(&mut answered);
                    self.store(ask, &answered, &zone, &standing);
                    return Ok((answered, standing.whole()));
                }
                // Another server's answer may need less to be checked: one with signatures tells where to look.
                Err(
                    error @ (ResolveError::Bogus(_)
                    | ResolveError::NoReachableServer { .. }
                    | ResolveError::Indeterminate { .. }),
                ) => error,
                Err(error) => return Err(error),
            };
            let pointless = matches!(why, ResolveError::Bogus(Why::TooMuchWork { .. }));
            let first = broken.get_or_insert(why).clone();
            match by {
                _ if pointless => return Err(first),
                Some(server) => work.distrust(&zone, server),
                None => {} // it was in the cache; the next one comes from a server
            }
        }
        Err(broken.unwrap_or(ResolveError::Internal))
    }

    /// Gives an answer that just came the TTLs under which it is kept, so that the first answer obeys the same limits
    /// as the next one.
    fn settle(&self, mut answered: Answered) -> Answered {
        for alias in &mut answered.aliases {
            alias.ttl = self.cache.positive_ttl(alias.ttl);
        }
        match &mut answered.end {
            End::Data(set) => set.ttl = self.cache.positive_ttl(set.ttl),
            End::NoData { soa: Some(soa), .. } | End::NxDomain { soa: Some(soa), .. } => {
                soa.ttl = self.cache.negative_ttl(soa);
            }
            End::NoData { .. } | End::NxDomain { .. } | End::Target(_) | End::TooLong(_) => {}
        }
        answered
    }

    fn spend_aliases(&self, sets: &[Rrset], work: &Work) -> Result<(), ResolveError> {
        for _ in sets.iter().filter(|set| set.rtype == RrType::CNAME) {
            work.budget.spend_alias()?;
        }
        Ok(())
    }

    /// An answer from data whose time is over (RFC 8767 §4), if there is one.
    fn stale_answer(&self, question: &Question) -> Option<Answer> {
        if !self.config.stale.enabled {
            return None;
        }
        let mut name = question.name.clone();
        let mut aliases = Vec::new();
        let mut least_ttl = self.config.stale.reply_ttl;
        for _ in 0..=self.config.limits.aliases {
            let ask = Question::new(name.clone(), question.rtype);
            // RFC 1035 §3.2.1: what had no time to live was for one answer only.
            let over = self.exemption_is_over(&name);
            let stands = |security| match security {
                Security::Unchecked => !self.validates(),
                Security::Insecure => !over,
                Security::Secure | Security::Bogus => true,
            };
            let now = self.env.clock.wall();
            let signed = |found: &Found| found.provenance.security != Security::Secure || is_signed_still(found, now);
            let usable = |found: &Found| found.stored_ttl > 0 && stands(found.provenance.security) && signed(found);
            let found = self.cache.lookup_stale(&ask, self.env.clock.wall()).filter(usable);
            if let Some(found) = found {
                let ttl = least_ttl.min(found.stored_ttl);
                let end = self.end_from_cache(&ask, found, &Notes::default(), &mut Vec::new());
                return Some(mark_stale(Chased { aliases, ..end }, ttl));
            }
            if alias::stands_beside(question.rtype) {
                return None;
            }
            let cname = Question::new(name.clone(), RrType::CNAME);
            let found = self.cache.lookup_stale(&cname, self.env.clock.wall()).filter(usable)?;
            let Known::Rrset(set) = found.known else { return None };
            // An answer that has expired does not last longer than it did when it was fresh.
            least_ttl = least_ttl.min(found.stored_ttl);
            let alias::Found::Alias(step) = alias::by_cname(&set) else { return None };
            aliases.extend(step.sets);
            name = step.target;
        }
        None
    }

    /// Ends the span of a sub-question in the trace.
    pub(crate) fn finish_span(&self, work: &Work, rcode: Rcode) {
        work.trace.record(&self.env.clock, || Event::Finished {
            rcode,
            upstream_queries: work.budget.upstream_queries(),
            bytes: work.budget.octets(),
        });
    }
}

impl Chased {
    fn empty() -> Self {
        Self { aliases: vec![], data: None, denial: None, too_long: false, proofs: vec![], security: Security::Secure }
    }

    /// The same at the end of aliases that stand no better than `security`.
    fn behind(self, mut aliases: Vec<Rrset>, mut proofs: Vec<Rrset>, security: Security) -> Self {
        aliases.extend(self.aliases);
        for proof in self.proofs {
            if !proofs.contains(&proof) {
                proofs.push(proof);
            }
        }
        Self { aliases, proofs, security: worse(self.security, security), ..self }
    }

    fn from_end(end: End) -> Self {
        match end {
            End::Data(set) => Self { data: Some(set), ..Self::empty() },
            End::NoData { soa, .. } => Self { denial: Some((Denial::NoData, soa)), ..Self::empty() },
            End::NxDomain { soa, .. } => Self { denial: Some((Denial::NxDomain, soa)), ..Self::empty() },
            End::TooLong(_) => Self { too_long: true, ..Self::empty() },
            End::Target(_) => Self::empty(),
        }
    }

    pub(crate) fn rcode(&self) -> Rcode {
        match (&self.denial, self.too_long) {
            (_, true) => Rcode::YXDOMAIN, // RFC 6672 §2.2
            (Some((Denial::NxDomain, _)), _) => Rcode::NXDOMAIN,
            (Some((Denial::NoData, _)) | None, _) => Rcode::NOERROR,
        }
    }
}

fn into_answer(chased: Chased) -> Answer {
    let rcode = chased.rcode();
    // What made one name too long is proven, the code is not: it promises nothing (RFC 6672 §2.2).
    let security = if chased.too_long { worse(chased.security, Security::Insecure) } else { chased.security };
    let mut answer: Vec<Rrset> = Vec::with_capacity(chased.aliases.len() + 1);
    for alias in chased.aliases {
        // A DNAME that is met twice is one record all the same (RFC 2181 §5).
        if !answer.iter().any(|set| set.rtype == alias.rtype && set.name == alias.name) {
            answer.push(alias);
        }
    }
    answer.extend(chased.data);
    let soa = chased.denial.and_then(|(_, soa)| soa);
    let authority = soa.into_iter().chain(chased.proofs).collect();
    Answer { answer, authority, security, ..Answer::empty(rcode) }
}

fn mark_stale(chased: Chased, ttl: u32) -> Answer {
    let mut answer = into_answer(chased);
    for set in answer.answer.iter_mut().chain(&mut answer.authority) {
        set.ttl = ttl;
    }
    let code = if answer.rcode == Rcode::NXDOMAIN { EdeCode::STALE_NXDOMAIN } else { EdeCode::STALE_ANSWER };
    answer.extended_errors.push(Ede::new(code, "no fresh answer could be had in time; this one has expired"));
    answer
}

fn failure(error: &ResolveError) -> Answer {
    let mut answer = Answer::failure(
        if matches!(error, ResolveError::NotCached) { Rcode::REFUSED } else { Rcode::SERVFAIL },
        error.to_ede(),
    );
    // RFC 1034 §3.6.2: a loop is signalled as an error. One that a DNAME makes is nowhere to be seen in its zone: there the
    // aliases are shown.
    if let ResolveError::AliasLoop { aliases, .. } = error
        && aliases.iter().any(|set| set.rtype == RrType::DNAME)
    {
        answer.answer.clone_from(aliases);
    }
    if let ResolveError::Indeterminate { because, .. } = error {
        answer.extended_errors.push(because.to_ede());
    }
    if matches!(error, ResolveError::FailedBefore(_)) {
        answer.extended_errors.push(Ede::new(EdeCode::CACHED_ERROR, "this question failed a moment ago"));
    }
    answer
}

fn out_of_time(zone: &Name, patience: std::time::Duration) -> Answer {
    let who = if zone.is_root() { "no root server could be reached".into() } else { format!("no answer from {zone}") };
    let text = format!("{who} within {} ms; the work goes on", patience.as_millis());
    Answer::failure(Rcode::SERVFAIL, Ede::new(EdeCode::NO_REACHABLE_AUTHORITY, text))
}

/// Whether it is a denial of DS that came with a referral, without the SOA that a client may want.
fn is_from_referral(ask: &Question, fetched: &Fetched) -> bool {
    ask.rtype.is_at_parent() && matches!(fetched.answered.end, End::NoData { soa: None, .. })
}

/// Whether expired data would still stand the check of its signatures' times: what has outlived them is not authentic any
/// more, and no stale answer (RFC 4035 §5.3.1).
fn is_signed_still(found: &Found, now: WallTime) -> bool {
    let set = match &found.known {
        Known::Rrset(set) => Some(set),
        Known::Negative(negative) => negative.soa.as_ref(),
    };
    let seconds = now.as_secs() as u32;
    let lives = |rrsig: dnssec::Rrsig<'_>| {
        // Serial arithmetic (RFC 4034 §3.1.5).
        (rrsig.expiration.wrapping_sub(seconds) as i32) > 0 && (seconds.wrapping_sub(rrsig.inception) as i32) >= 0
    };
    set.is_none_or(|set| set.signatures.iter().filter_map(dnssec::Rrsig::read).any(lives))
}

/// Whether the last tenth of the time to live has begun.
fn is_aging(found: &Found, now: WallTime) -> bool {
    now.ttl_left(found.expires) <= found.stored_ttl / AGING_PART
}

/// No later than the moment from which on [`is_aging`].
fn aging_begins(found: &Found) -> WallTime {
    let whole_seconds = u64::from(found.stored_ttl / AGING_PART) + 1;
    WallTime(found.expires.0.saturating_sub(whole_seconds * 1000))
}

fn scope(checking: Checking) -> FailureScope {
    match checking {
        Checking::Enabled => FailureScope::Validated,
        Checking::Disabled => FailureScope::Unvalidated,
    }
}

fn from_cache_event(question: &Question, what: CachedWhat, records: Vec<Rrset>) -> Event {
    Event::FromCache { question: question.clone(), what, records }
}

/// RFC 9276 §3.2: an answer that is insecure because nobody has to count so far says so.
fn uncounted_iterations(proofs: &[Rrset]) -> Option<Why> {
    let mut records = proofs.iter().filter(|set| set.rtype == RrType::NSEC3);
    records.find_map(|set| {
        let iterations = u16::from_be_bytes(set.rdatas.iter().next()?.get(2..4)?.try_into().ok()?);
        let zone = set.name.parent().filter(|_| iterations > MAX_ITERATIONS_ACCEPTED)?;
        Some(Why::TooManyIterations { zone, iterations })
    })
}
