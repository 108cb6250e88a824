//! The walk: from the deepest known zone cut down to the zone that holds the answer (RFC 1034 §5.3.3).

use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use cache::{Delegation, Denial, Known, NameServer, Negative, Provenance};
use proto::{Name, Question, Rank, Rcode, RrType, Rrset, Security, WallTime};
use transport::Network;

use crate::Resolver;
use crate::addresses::{ByGlue, KnownServers, Lookups};
use crate::budget::{Cost, Exhausted};
use crate::classify::{Answered, End, Meaning, Referral};
use crate::config::{ConfiguredZone, Minimisation, ServerKind, WhenTheyFail};
use crate::configured::{self, ConfiguredServers};
use crate::error::{ResolveError, Unreachable};
use crate::minimise::{Ask, Revealed};
use crate::query_zone::{AtTheEnd, ZoneFailure, ZoneQuestion, ZoneReply};
use crate::select::Candidate;
use crate::trace::{CutSource, Event, Purpose};
use crate::validate::Standing;
use crate::work::{Checked, Work};

/// Datagrams that may stay unanswered for a whole question (threat: silent servers; about 8 in all).
const SILENT_TRIES: u32 = 8;
/// The same for a minimised question; the whole one follows if all of them fail.
const SILENT_TRIES_MINIMISED: u32 = 4;
/// How often the parent is asked again for the servers of a zone whose servers are gone.
const RENEW_EVERY: Duration = Duration::from_secs(60);
/// Zones for which that is remembered.
const MAX_RENEWALS: usize = 10_000;
/// Failures of others' work that are not taken for our own.
const JOINS: u32 = 1;
/// Least TTL of a signed DNAME, in seconds: with less, each of the names below it would be a question for its servers, and
/// anybody could make up as many as he likes. Nothing is lost: the names it leads to keep their own TTLs.
const SIGNED_DNAME_TTL: u32 = 2;
/// TTL that the root hints count with when priming is off. They hold as long as the process lives, and what is learnt
/// from them ends by its own TTL: this is above every TTL that the cache keeps.
const HINTS_TTL: u32 = 604_800;

/// A zone cut on the way down: the zone, its servers, and how long its parent vouches for them.
#[derive(Debug, Clone)]
pub(crate) struct Cut {
    pub(crate) delegation: Arc<Delegation>,
    pub(crate) expires: WallTime,
    pub(crate) from: CutSource,
    /// Whether the parent may be asked for a newer delegation if all servers of this one are gone.
    renewable: bool,
    /// Its servers, if they come from the configuration.
    pub(crate) configured: Option<ConfiguredServers>,
}

impl Cut {
    fn new(delegation: Arc<Delegation>, expires: WallTime, from: CutSource) -> Self {
        Self { delegation, expires, from, renewable: false, configured: None }
    }

    fn zone(&self) -> &Name {
        &self.delegation.zone
    }

    /// What the servers are.
    fn kind(&self) -> ServerKind {
        self.configured.as_ref().map_or(ServerKind::Authoritative, |configured| configured.kind)
    }

    /// Whether there is a walk to fall back to.
    fn may_walk_instead(&self) -> bool {
        self.configured.as_ref().is_some_and(|configured| configured.when_they_fail == WhenTheyFail::Walk)
    }
}

/// An answer as it came.
#[derive(Debug, Clone)]
pub(crate) struct Fetched {
    pub(crate) answered: Answered,
    /// The zone whose server gave it.
    pub(crate) zone: Name,
    /// The server; none if the cache did.
    pub(crate) by: Option<IpAddr>,
}

/// What the servers of a zone say, and which of them.
pub(crate) type Asked = Result<(Meaning, Option<IpAddr>), ResolveError>;

/// What one step at a cut tells the walk to do.
enum Next {
    Descend(Referral),
    Done(Answered),
    RevealMore(Answered),
    RevealAll,
    /// A minimised question got nothing of use: there may be another way to ask.
    AskOtherwise(ResolveError),
}

impl<N: Network> Resolver<N> {
    /// Walks to the zone that answers `question` and stores what it learns on the way; the answer itself is the caller's
    /// to store, when it has been checked.
    pub(crate) async fn iterate(self: &Arc<Self>, question: &Question, work: &Work) -> Result<Fetched, ResolveError> {
        let mut cut = self.closest_cut(question, work).await?;
        let mut revealed = Revealed::start(self.config.qname_minimisation, cut.zone());
        let mut denied_above: Option<Fetched> = None;
        let mut keys_asked: Option<Name> = None;
        loop {
            self.arrive(&cut, work);
            if work.checked == Checked::Yes && keys_asked.as_ref() != Some(cut.zone()) {
                keys_asked = Some(cut.zone().clone());
                self.ask_keys_beside(&cut, work);
            }
            if cut.kind() == ServerKind::Recursive {
                revealed.reveal_all(); // it does the whole work, and cannot do it for a part of the name
            }
            let ask = self.next_unknown(&mut revealed, question, cut.zone());
            let (reply, by) = match self.ask_zone(&cut, &ask, work).await {
                Ok((meaning, by)) => (Ok(meaning), by),
                Err(error) => (Err(error), None),
            };
            if cut.may_walk_instead() && matches!(reply, Err(ResolveError::NoReachableServer { .. })) {
                cut = self.walked_cut(question, work).await?;
                revealed = Revealed::start(self.config.qname_minimisation, cut.zone());
                continue;
            }
            if ask.whole
                && let Err(ResolveError::NoReachableServer { why: Unreachable::Silent | Unreachable::Unusable, .. }) =
                    reply
                && let Some(parent) = self.cut_above(&cut)
            {
                cut = parent;
                revealed.reveal_all();
                continue;
            }
            if let (Ok(meaning), false) = (&reply, ask.whole) {
                denied_above = denial_for(meaning, question).map(|answered| {
                    let zone = cut.zone().clone();
                    Fetched { answered, zone, by }
                });
            } else if let (Err(ResolveError::NoReachableServer { .. }), Some(denied)) = (&reply, &denied_above)
                && self.config.harden_below_nxdomain
            {
                // Asking on in spite of the denial led nowhere: then RFC 8020 §2 has the last word.
                return Ok(denied.clone());
            }
            match next_step(reply, &ask, question, self.config.qname_minimisation)? {
                Next::Descend(referral) => {
                    work.budget.spend_referral(self.env.clock.now())?;
                    self.keep_ds(cut.zone(), &referral);
                    cut = self.descend(&cut, referral);
                    if work.depth > 0 {
                        // Who looks for the address of a server sees first whether the referral has brought it.
                        tokio::task::yield_now().await;
                    }
                }
                Next::Done(answered) => {
                    return Ok(Fetched { answered, zone: cut.zone().clone(), by });
                }
                Next::RevealMore(answered) => {
                    self.store(&ask.question, &answered, cut.zone(), &Standing::uniform(Security::Unchecked));
                }
                Next::RevealAll => revealed.reveal_all(),
                Next::AskOtherwise(error) => revealed.fall_back(&ask).then_some(()).ok_or(error)?,
            }
        }
    }

    /// The next question on the way that the cache does not answer: a name known to be no zone cut is not asked again.
    fn next_unknown(&self, revealed: &mut Revealed, question: &Question, zone: &Name) -> Ask {
        loop {
            let ask = revealed.next(question, zone);
            let found = self.cache.lookup(&ask.question, self.env.clock.wall());
            let no_cut = found.is_some_and(|found| found.provenance.zone == *zone && !is_nxdomain(&found.known));
            if ask.whole || !no_cut {
                return ask;
            }
        }
    }

    fn arrive(&self, cut: &Cut, work: &Work) {
        work.stand_at(cut.zone());
        work.trace.record(&self.env.clock, || Event::AtCut {
            zone: cut.zone().clone(),
            from: cut.from,
            servers: cut.delegation.servers.iter().map(|server| server.name.clone()).collect(),
        });
    }

    /// The deepest cut known above the name; DS lives at the parent side (RFC 4035 §3.1.4.1).
    ///
    /// A configured zone counts instead of all above it. What is below a forwarder's is the forwarder's too; below a stub
    /// there may be cuts that its servers have told of.
    async fn closest_cut(self: &Arc<Self>, question: &Question, work: &Work) -> Result<Cut, ResolveError> {
        let name = place_of(question);
        let Some(configured) = configured::closest(&self.config.configured_zones, &name) else {
            return self.walked_cut(question, work).await;
        };
        let now = self.env.clock.wall();
        if configured.servers == ServerKind::Authoritative
            && let Some((delegation, expires)) = self.cache.delegation(&name, now)
            && delegation.zone.is_below(&configured.zone)
        {
            return Ok(Cut::new(delegation, expires, CutSource::Cache));
        }
        Ok(self.configured_cut(configured))
    }

    fn configured_cut(&self, configured: &ConfiguredZone) -> Cut {
        let expires = self.env.clock.wall().plus_ttl(HINTS_TTL);
        let servers = ConfiguredServers::new(configured, &self.config);
        let cut = Cut::new(configured::delegation(configured), expires, CutSource::Configuration);
        Cut { configured: Some(servers), ..cut }
    }

    /// The deepest cut known from the walk.
    async fn walked_cut(self: &Arc<Self>, question: &Question, work: &Work) -> Result<Cut, ResolveError> {
        if let Some((delegation, expires)) = self.cache.delegation(&place_of(question), self.env.clock.wall()) {
            let renewable = self.may_renew(&delegation.zone);
            return Ok(Cut { renewable, ..Cut::new(delegation, expires, CutSource::Cache) });
        }
        Box::pin(self.root_cut(work)).await // seldom, and large
    }

    /// The root servers, from priming (RFC 9609) or straight from the hints.
    async fn root_cut(self: &Arc<Self>, work: &Work) -> Result<Cut, ResolveError> {
        let hints = self.hints_cut();
        if !self.config.prime_root {
            return Ok(hints);
        }
        let question = Question::new(Name::root(), RrType::NS);
        // Not a child: a client's own question for `. NS` needs priming too, and priming needs nothing else.
        let mut priming = work.clone();
        priming.trace = work.trace.child();
        let purpose = Purpose::Priming;
        priming.trace.record(&self.env.clock, || Event::Started { question: question.clone(), purpose });
        self.arrive(&hints, &priming);
        let ask = Ask { question: question.clone(), whole: true };
        let reply = self.ask_zone(&hints, &ask, &priming).await;
        let rcode = if reply.is_ok() { Rcode::NOERROR } else { Rcode::SERVFAIL };
        self.finish_span(&priming, rcode);
        match reply {
            Ok((Meaning::Answer(answered), _)) => Ok(self.primed(&hints, &question, &answered).unwrap_or(hints)),
            Ok((Meaning::Referral(_), _)) => Ok(hints),
            // Root servers that answer, though not this: the hints are as good as before.
            Err(ResolveError::NoReachableServer { why: Unreachable::Unusable, .. }) => Ok(hints),
            Err(error) => Err(error),
        }
    }

    fn hints_cut(&self) -> Cut {
        let server = |hint: &crate::RootServer| NameServer { name: hint.name.clone(), glue: hint.addresses.clone() };
        let servers = self.config.root_hints.iter().map(server).collect();
        let delegation = Delegation { zone: Name::root(), parent: Name::root(), servers };
        let expires = self.env.clock.wall().plus_ttl(HINTS_TTL);
        Cut::new(Arc::new(delegation), expires, CutSource::Hints)
    }

    /// Reads the priming answer (RFC 9609 §4.2) and keeps it by its TTL.
    fn primed(&self, hints: &Cut, question: &Question, answered: &Answered) -> Option<Cut> {
        let End::Data(ns) = &answered.end else { return None };
        let glue_of = |name: &Name| -> Vec<_> {
            let given: Vec<_> =
                answered.glue.iter().filter(|set| set.name == *name).flat_map(Rrset::addresses).collect();
            let hinted = hints.delegation.servers.iter().find(|server| server.name == *name);
            if given.is_empty() { hinted.map(|server| server.glue.clone()).unwrap_or_default() } else { given }
        };
        let servers = ns.targets().take(self.config.limits.ns_per_delegation);
        let servers: Vec<NameServer> = servers.map(|name| NameServer { glue: glue_of(&name), name }).collect();
        if servers.iter().all(|server| server.glue.is_empty()) {
            return None;
        }
        let now = self.env.clock.wall();
        let delegation = Delegation { zone: Name::root(), parent: Name::root(), servers };
        let expires = now.plus_ttl(ns.ttl);
        self.cache.put_delegation(&delegation, expires, now);
        self.store(question, answered, &Name::root(), &Standing::uniform(Security::Unchecked));
        Some(Cut::new(Arc::new(delegation), expires, CutSource::Priming))
    }

    /// When no server of a remembered delegation is of use: the cut above, once a walk and once in a while for each
    /// zone, so that the parent is asked for the servers of today. A zone may have moved.
    ///
    /// What is remembered stays until the parent has answered.
    fn cut_above(&self, cut: &Cut) -> Option<Cut> {
        if !cut.renewable {
            return None;
        }
        let (delegation, expires) = self.cache.delegation(&cut.zone().parent()?, self.env.clock.wall())?;
        let now = self.env.clock.now();
        let mut renewed = self.renewals.lock().unwrap_or_else(PoisonError::into_inner);
        if renewed.len() >= MAX_RENEWALS {
            renewed.retain(|_, at| now.saturating_duration_since(*at) < RENEW_EVERY);
        }
        if renewed.len() < MAX_RENEWALS {
            renewed.insert(cut.zone().clone(), now);
        }
        Some(Cut::new(delegation, expires, CutSource::Cache))
    }

    fn may_renew(&self, zone: &Name) -> bool {
        let now = self.env.clock.now();
        let renewed = self.renewals.lock().unwrap_or_else(PoisonError::into_inner);
        let recent = renewed.get(zone).is_some_and(|at| now.saturating_duration_since(*at) < RENEW_EVERY);
        !zone.is_root() && !recent && renewed.len() < MAX_RENEWALS
    }

    /// Takes the referral as the next cut.
    ///
    /// It lives no longer than the cut it came from: what its parent loses, it loses too (ghost domains).
    fn descend(&self, from: &Cut, referral: Referral) -> Cut {
        let now = self.env.clock.wall();
        let expires = now.plus_ttl(referral.ttl).min(from.expires);
        self.cache.put_delegation(&referral.delegation, expires, now);
        Cut::new(Arc::new(referral.delegation), expires, CutSource::Referral)
    }

    /// Asks the servers of a cut: those with a known address first, then those whose address has to be found.
    async fn ask_zone(
        self: &Arc<Self>,
        cut: &Cut,
        ask: &Ask,
        work: &Work,
    ) -> Result<(Meaning, Option<IpAddr>), ResolveError> {
        let KnownServers { mut candidates, without, by_glue_alone } = self.known_servers(cut);
        candidates.retain(|candidate| !work.distrusts(cut.zone(), candidate.address));
        let mut lookups = Lookups::new(without);
        let mut worth_asking = Some(by_glue_alone);
        let mut met: Vec<IpAddr> = Vec::new();
        let mut silent: Vec<Candidate> = Vec::new();
        let mut why = Unreachable::NoAddress;
        let mut doubted = false;
        let mut others: Option<Vec<Name>> = None;
        loop {
            if lookups.is_empty() {
                candidates.append(&mut silent); // nobody else is left: they get their other tries
            }
            if !candidates.is_empty() {
                let last_resort = ask.whole && lookups.is_empty() && !doubted;
                let mut is_worth_asking = || {
                    worth_asking.take().unwrap_or_else(|| !self.names_worth_asking(cut, Unreachable::Silent).is_empty())
                };
                let second_word = last_resort && is_worth_asking();
                let tries = patience(cut, ask, &lookups, candidates.len(), second_word);
                let failure = match self.query_shared(cut, ask, &candidates, tries, work).await? {
                    Ok(taken) => return Ok(taken),
                    Err(failure) => failure,
                };
                why = if met.is_empty() { failure.why } else { why.max(failure.why) };
                if let Some(exhausted) = failure.exhausted {
                    return Err(exhausted.into());
                }
                met.extend(candidates.iter().map(|candidate| candidate.address));
                // They get their other tries when nobody else is left.
                if !lookups.is_empty() || second_word {
                    silent
                        .extend(candidates.drain(..).filter(|candidate| !failure.useless.contains(&candidate.address)));
                }
                candidates.clear();
            }
            if lookups.is_empty() && !doubted {
                // The glue led nowhere: ask what the servers' own zones say, where that does not need this zone.
                doubted = true;
                lookups.names = self.names_worth_asking(cut, why);
                lookups.by_glue = ByGlue::NotTaken;
            }
            if lookups.is_empty() && silent.is_empty() {
                // The servers' own zones led nowhere either: what the parents of those zones say of them is left.
                candidates = self.addresses_by_parents(cut, others.as_deref().unwrap_or_default());
                candidates.retain(|candidate| {
                    !met.contains(&candidate.address) && !work.distrusts(cut.zone(), candidate.address)
                });
                if candidates.is_empty() && others.is_none() {
                    // The parent's word has led nowhere. What the zone itself has said of its servers is the last resort.
                    lookups.names = self.servers_by_zone(cut);
                    others = Some(lookups.names.clone());
                }
                if candidates.is_empty() && lookups.is_empty() {
                    return Err(unreachable(cut, why, lookups.spent));
                }
            }
            if !lookups.is_empty() {
                candidates = self.find_addresses(&mut lookups, cut.zone(), work).await;
                candidates.retain(|candidate| {
                    !met.contains(&candidate.address) && !work.distrusts(cut.zone(), candidate.address)
                });
                if !candidates.is_empty() && work.checked == Checked::Yes && !work.has_keys(cut.zone()) {
                    self.ask_keys_beside(cut, work); // which could not be done before there was an address
                }
                work.stand_at(cut.zone());
            }
        }
    }

    /// What the servers of the zone above say of the address of a server: glue that they should have sent along
    /// (RFC 9471 §2), and that cannot be had from the zone itself.
    pub(crate) async fn glue_by_parent(self: &Arc<Self>, zone: &Name, question: &Question, work: &Work) -> Vec<IpAddr> {
        let known = zone.parent().and_then(|above| self.cache.delegation(&above, self.env.clock.wall()));
        let cut = match known {
            Some((delegation, expires)) => Cut::new(delegation, expires, CutSource::Cache),
            None => self.hints_cut(),
        };
        if !zone.is_below(cut.zone()) {
            return Vec::new();
        }
        let ask = Ask { question: question.clone(), whole: true };
        match self.clone().ask_zone_boxed(cut.clone(), ask, work.clone()).await {
            Ok((Meaning::Answer(Answered { end: End::Data(set), .. }), _)) => set.addresses().collect(),
            // RFC 2181 §10.3 forbids aliases here; who has one all the same has its target at the same place.
            Ok((Meaning::Answer(Answered { end: End::Target(target), .. }), _)) if target.is_below(zone) => {
                let ask = Question::new(target, question.rtype);
                let Ok(child) = work.child(&ask) else { return Vec::new() };
                let ask = Ask { question: ask, whole: true };
                match self.clone().ask_zone_boxed(cut, ask, child).await {
                    Ok((Meaning::Answer(Answered { end: End::Data(set), .. }), _)) => set.addresses().collect(),
                    _ => Vec::new(),
                }
            }
            Ok((Meaning::Referral(referral), _)) => {
                let servers = referral.delegation.servers.into_iter();
                servers.filter(|server| server.name == question.name).flat_map(|server| server.glue).collect()
            }
            _ => Vec::new(),
        }
    }

    /// [`ask_zone`](Self::ask_zone) behind a pointer: looking for addresses may need it again, one zone higher up.
    pub(crate) fn ask_zone_boxed(
        self: Arc<Self>,
        cut: Cut,
        ask: Ask,
        work: Work,
    ) -> Pin<Box<dyn Future<Output = Asked> + Send>> {
        Box::pin(async move { self.ask_zone(&cut, &ask, &work).await })
    }

    /// Servers that the zone has named and its parent has not.
    fn servers_by_zone(&self, cut: &Cut) -> Vec<Name> {
        if cut.configured.is_some() {
            return vec![];
        }
        let named = self.cache.lookup(&Question::new(cut.zone().clone(), RrType::NS), self.env.clock.wall());
        let counts = |found: &cache::Found| {
            let asked_for = found.provenance.rank == Rank::AuthoritativeAnswer;
            found.provenance.security == Security::Secure || asked_for || !self.config.minimal_responses
        };
        let Some(Known::Rrset(named)) = named.filter(counts).map(|found| found.known) else { return vec![] };
        let known = |name: &Name| cut.delegation.servers.iter().any(|server| server.name == *name);
        named.targets().filter(|name| !known(name)).take(self.config.limits.ns_per_delegation).collect()
    }

    fn names_worth_asking(&self, cut: &Cut, why: Unreachable) -> Vec<Name> {
        if cut.zone().is_root() || why == Unreachable::NoRoute {
            return vec![];
        }
        let outside = cut.delegation.servers.iter().filter(|server| !server.name.is_at_or_below(cut.zone()));
        let now = self.env.clock.wall();
        let glued = outside.filter(|server| !server.glue.is_empty() || !self.glue_above(&server.name, now).is_empty());
        let unasked = glued.filter(|server| !self.cache.is_known(&Question::new(server.name.clone(), RrType::A), now));
        unasked.map(|server| server.name.clone()).collect()
    }

    /// One question to one zone is asked once, whoever wants to know (RFC 5452 §5); it waits for the network only.
    async fn query_shared(
        self: &Arc<Self>,
        cut: &Cut,
        ask: &Ask,
        candidates: &[Candidate],
        (silent_tries, at_the_end): (u32, AtTheEnd),
        work: &Work,
    ) -> Result<Result<(Meaning, Option<IpAddr>), ZoneFailure>, ResolveError> {
        let key = (cut.zone().clone(), cut.kind(), ask.question.clone(), ask.whole);
        for attempt in 0.. {
            let zone_question = ZoneQuestion {
                zone: cut.zone().clone(),
                kind: cut.kind(),
                question: ask.question.clone(),
                whole: ask.whole,
                silent_tries,
                at_the_end,
                candidates: candidates.to_vec(),
            };
            let (resolver, leaf_work) = (self.clone(), work.clone());
            let leaf = || resolver.query_zone(zone_question, leaf_work);
            let shared = if work.depth == 0 {
                self.inflight.share(key.clone(), leaf).await
            } else {
                // Look-ups run beside each other, and stand still while their walk asks a server that another one has found.
                self.inflight.share_beside(key.clone(), leaf).await
            };
            let shared = shared.map_err(|_| ResolveError::Internal)?;
            let ZoneReply { result, queries, by } = shared.value;
            let result = result.map(|meaning| (meaning, by));
            if !shared.joined {
                return Ok(result);
            }
            let now = self.env.clock.now();
            work.trace.record(&self.env.clock, || Event::Note {
                text: format!("joined a question already in flight: {}", key.2),
            });
            for _ in 0..queries {
                let _ = work.budget.spend_query(&ask.question.name, now); // sent already, by somebody else
            }
            match result {
                // The one who began it may have had less to spend, or other servers to ask: try it on our own account.
                Err(failure) if attempt == JOINS => return Ok(Err(ZoneFailure { exhausted: None, ..failure })),
                Err(_) => {}
                Ok(taken) => return Ok(Ok(taken)),
            }
        }
        unreachable!("the loop ends at the last join")
    }

    /// Stores an answer: aliases and data by rank, denial by its SOA (RFC 2308 §5).
    pub(crate) fn store(&self, question: &Question, answered: &Answered, zone: &Name, standing: &Standing) {
        let now = self.env.clock.wall();
        let provenance = |security| Provenance { rank: answered.rank, zone: zone.clone(), security };
        if let Some(servers) = answered.own_servers.as_ref().filter(|servers| self.keeps_own_servers(servers)) {
            let (rank, security) = (answered.rank.min(Rank::AuthoritativeAuthority), Security::Unchecked);
            let _ = self.cache.put_rrset(servers.clone(), Provenance { rank, zone: zone.clone(), security }, now);
        }
        let mut signed_dname = false;
        for (position, set) in answered.aliases.iter().enumerate() {
            let security = standing.alias(position);
            // The CNAME that follows from a signed DNAME is made anew each time (RFC 6672 §3.1). What follows from another one
            // is kept for its own name, which is the only one that was asked for (§3.4).
            if !signed_dname {
                self.keep(set, &answered.proofs, provenance(security), now);
            }
            signed_dname = set.rtype == RrType::DNAME && security == Security::Secure;
        }
        let (name, denial, soa) = match &answered.end {
            End::Data(set) => {
                self.keep(set, &answered.proofs, provenance(standing.end()), now);
                return;
            }
            End::Target(_) | End::TooLong(_) => return,
            End::NoData { name, soa } => (name, Denial::NoData, soa),
            End::NxDomain { name, soa } => (name, Denial::NxDomain, soa),
        };
        if let Some(soa) = soa {
            // The zone's newest SOA is the one that its older denials come with, too. That a denial counts as unsigned (opt-out)
            // does not mean that the SOA does.
            let security = if standing.end() == Security::Secure { Security::Secure } else { Security::Unchecked };
            let rank = answered.rank.min(Rank::AuthoritativeAuthority);
            let _ = self.cache.put_rrset(soa.clone(), Provenance { rank, zone: zone.clone(), security }, now);
        }
        let denied = Question::new(name.clone(), question.rtype);
        let negative = Negative { denial, soa: soa.clone(), proofs: answered.proofs.clone() };
        // Better data may stand there already; then it stays, and this client gets what its own walk found.
        let _ = self.cache.put_negative(&denied, negative, provenance(standing.end()), now);
    }

    /// Whether what a zone volunteers about its servers is kept: if it is signed, and so will be believed only when it stands
    /// the check, or if clients want whole answers. It lies beside the delegations, which lead the walk, and never among them.
    fn keeps_own_servers(&self, servers: &Rrset) -> bool {
        let signed = !servers.signatures.is_empty() && self.expects_signatures(&servers.name);
        signed || !self.config.minimal_responses
    }

    /// How long an address may count, in seconds: that of a zone's own server no longer than the parent vouches for it, or a
    /// zone that its parent has given up would go on leading to itself (ghost domains).
    fn life_as_server(&self, name: &Name, zone: &Name, now: WallTime) -> u32 {
        self.cache.delegates_to(zone, name, now).map_or(u32::MAX, |expires| now.ttl_left(expires))
    }

    fn keep(&self, set: &Rrset, proofs: &[Rrset], provenance: Provenance, now: WallTime) {
        // Most servers send no proofs beside data that needs none; unchecked ones may be needed yet.
        let wildcard = wildcard_of(set);
        let proofs = if wildcard.is_some() { proofs } else { &[] };
        let mut set = set.clone();
        let secure = provenance.security == Security::Secure;
        if set.rtype == RrType::DNAME && secure {
            set.ttl = set.ttl.max(SIGNED_DNAME_TTL);
        }
        if matches!(set.rtype, RrType::A | RrType::AAAA) {
            set.ttl = set.ttl.min(self.life_as_server(&set.name, &provenance.zone, now));
        }
        if let Some(wildcard) = wildcard.filter(|_| secure && self.config.validation.aggressive_nsec) {
            // RFC 8198 §5.3: other names may be made from it, where gaps that were shown say so.
            let _ = self.cache.put_rrset(Rrset { name: wildcard, ..set.clone() }, provenance.clone(), now);
        }
        let _ = self.cache.put_expanded(set, proofs, provenance, now); // as above
    }
}

/// The name whose zone has the answer: DS lives at the parent side (RFC 4035 §3.1.4.1).
pub(crate) fn place_of(question: &Question) -> Name {
    let parent = if question.rtype.is_at_parent() { question.name.parent() } else { None };
    parent.unwrap_or_else(|| question.name.clone())
}

/// How many datagrams may stay unanswered, and what then. Where there is something better to do than to wait (other
/// servers to find, the whole question to ask, the parent to ask again), one try each and a few more are enough.
/// `second_word`: whether the servers' own zones have not been asked yet for addresses that are known as glue.
fn patience(cut: &Cut, ask: &Ask, lookups: &Lookups, candidates: usize, second_word: bool) -> (u32, AtTheEnd) {
    let one_each = candidates as u32 + 1;
    match (ask.whole, lookups.is_empty()) {
        (true, true) if cut.renewable || cut.may_walk_instead() || second_word => {
            (SILENT_TRIES.min(one_each.max(SILENT_TRIES / 2)), AtTheEnd::GoOn)
        }
        (true, true) => (SILENT_TRIES, AtTheEnd::WaitForLateReplies),
        (false, true) => (SILENT_TRIES_MINIMISED, AtTheEnd::GoOn),
        (true, false) => (SILENT_TRIES.min(one_each), AtTheEnd::GoOn),
        (false, false) => (SILENT_TRIES_MINIMISED.min(one_each), AtTheEnd::GoOn),
    }
}

fn unreachable(cut: &Cut, why: Unreachable, spent: Option<Exhausted>) -> ResolveError {
    match spent {
        Some(Exhausted(Cost::FailedAddressLookup)) | None => {
            let (zone, configured) = (cut.zone().clone(), cut.configured.is_some());
            ResolveError::NoReachableServer { zone, why, configured }
        }
        Some(exhausted) => exhausted.into(),
    }
}

/// The wildcard that a set was made from, as a signature says (RFC 4035 §5.3.4).
pub(crate) fn wildcard_of(set: &Rrset) -> Option<Name> {
    let labels = set.name.label_count() - usize::from(set.name.is_wildcard());
    let mut signatures = set.signatures.iter().filter_map(dnssec::Rrsig::read);
    let rrsig = signatures.find(|rrsig| usize::from(rrsig.labels) < labels)?;
    set.name.suffix(usize::from(rrsig.labels)).prepend(b"*").ok()
}

fn is_nxdomain(known: &Known) -> bool {
    matches!(known, Known::Negative(negative) if negative.denial == Denial::NxDomain)
}

/// The denial of a name above as one of the whole name: nothing exists below what does not exist (RFC 8020 §2).
fn denial_for(meaning: &Meaning, question: &Question) -> Option<Answered> {
    let Meaning::Answer(answered) = meaning else { return None };
    match &answered.end {
        End::NxDomain { soa, .. } if answered.aliases.is_empty() => {
            let end = End::NxDomain { name: question.name.clone(), soa: soa.clone() };
            Some(Answered { end, ..answered.clone() })
        }
        _ => None,
    }
}

/// What to do after asking `ask` on the way to `question`.
fn next_step(
    reply: Result<Meaning, ResolveError>,
    ask: &Ask,
    question: &Question,
    mode: Minimisation,
) -> Result<Next, ResolveError> {
    let strict = mode == Minimisation::Strict;
    match reply {
        Ok(Meaning::Referral(referral)) => Ok(Next::Descend(referral)),
        Ok(Meaning::Answer(answered)) if ask.whole => Ok(Next::Done(answered)),
        Ok(Meaning::Answer(answered)) => Ok(match answered.end {
            // RFC 8020 says that nothing is below; servers that err here are why "relaxed" asks on (RFC 9156 §2.3).
            End::NxDomain { .. } if strict && answered.aliases.is_empty() => {
                let denied = denial_for(&Meaning::Answer(answered.clone()), question);
                Next::Done(denied.unwrap_or(answered))
            }
            End::NxDomain { .. } | End::TooLong(_) => Next::RevealAll,
            // A DNAME above the name renames it: the whole question gets the whole answer.
            _ if answered.aliases.iter().any(|set| set.rtype == RrType::DNAME) => Next::RevealAll,
            End::Data(_) | End::Target(_) | End::NoData { .. } => Next::RevealMore(answered),
        }),
        // RFC 9156 §2.3: servers that choke on the minimised question get another one, and the whole one in the end; those
        // that say nothing are not waited for once more.
        Err(error @ ResolveError::NoReachableServer { why: Unreachable::Unusable, .. }) if !ask.whole => {
            Ok(Next::AskOtherwise(error))
        }
        Err(ResolveError::NoReachableServer { why: Unreachable::Silent, .. }) if !ask.whole && !strict => {
            Ok(Next::RevealAll)
        }
        Err(error) => Err(error),
    }
}
