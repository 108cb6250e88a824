//! What a client gets: the answer with all that the configuration makes of it, and what is done behind its back.

use std::sync::Arc;
use std::time::Instant;

use cache::{FailureScope, Known};
use proto::{Question, RrType, Rrset, Security, WallTime};
use transport::Network;

use super::{Resolver, failure};
use crate::budget::Budget;
use crate::dns64::{self, Dns64, Needs};
use crate::error::ResolveError;
use crate::iterate::place_of;
use crate::lasting::Lasting;
use crate::sentinel;
use crate::trace::{Event, Purpose, Trace};
use crate::work::{Checked, Freshness, Work};
use crate::{Answer, ClientQuestion, Recursion, Synthesis};

/// Whether the cache is still to be asked for the whole answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    Now,
    /// It was a moment ago, and had none. What was learnt since is met by the walk.
    HasBeen,
}

impl<N: Network> Resolver<N> {
    /// Answers a client's question within the client deadline.
    ///
    /// Never fails: a failure is an [`Answer`] with SERVFAIL and its reason. The work itself goes on to the total
    /// deadline and fills the cache, also when the caller leaves.
    pub async fn resolve(self: &Arc<Self>, asked: ClientQuestion, trace: Trace) -> Answer {
        self.resolve_by(asked, trace, Look::Now).await
    }

    /// The same for a question that [`lasting_answer`](Self::lasting_answer) has just known no answer to.
    pub async fn resolve_unknown(self: &Arc<Self>, asked: ClientQuestion, trace: Trace) -> Answer {
        self.resolve_by(asked, trace, Look::HasBeen).await
    }

    async fn resolve_by(self: &Arc<Self>, asked: ClientQuestion, trace: Trace, look: Look) -> Answer {
        self.anchors.note_question();
        let began = self.env.clock.now();
        let budget = Arc::new(Budget::new(self.config.limits, began));
        let Some(dns64) = self.dns64_for(&asked) else {
            return self.resolve_one(asked, trace, budget, (began, look)).await;
        };
        if let Some(of_v4) = dns64.reverse(&asked.question) {
            let of_v4 = ClientQuestion { question: of_v4, ..asked.clone() };
            let answer = Box::pin(self.resolve_one(of_v4, trace, budget, (began, Look::Now))).await;
            return dns64::behind_alias(&asked.question, answer);
        }
        let answer = Box::pin(self.resolve_one(asked.clone(), trace.clone(), budget.clone(), (began, Look::Now))).await;
        match dns64::needs(&asked.question, answer) {
            Needs::Nothing(answer) => answer,
            Needs::Addresses(denied) => {
                let of_v4 = with_type(&asked, RrType::A);
                let addresses = Box::pin(self.resolve_one(of_v4, trace.child(), budget, (began, Look::Now))).await;
                dns64.make(denied, addresses)
            }
        }
    }

    /// The answer if it needs no waiting: from the cache, or the refusal to look any further (RD=0).
    pub fn answer_at_once(self: &Arc<Self>, asked: &ClientQuestion) -> Option<Answer> {
        self.lasting_answer(asked).map(|(answer, _)| answer)
    }

    /// The same, with how long it stays the answer, if that can be told.
    pub fn lasting_answer(self: &Arc<Self>, asked: &ClientQuestion) -> Option<(Answer, Option<Lasting>)> {
        self.anchors.note_question();
        let Some(dns64) = self.dns64_for(asked) else { return self.one_at_once(asked) };
        if let Some(of_v4) = dns64.reverse(&asked.question) {
            let (answer, _) = self.one_at_once(&ClientQuestion { question: of_v4, ..asked.clone() })?;
            return Some((dns64::behind_alias(&asked.question, answer), None));
        }
        let (answer, lasting) = self.one_at_once(asked)?;
        match dns64::needs(&asked.question, answer) {
            Needs::Nothing(answer) => Some((answer, lasting)),
            Needs::Addresses(denied) => {
                let (addresses, _) = self.one_at_once(&with_type(asked, RrType::A))?;
                Some((dns64.make(denied, addresses), None))
            }
        }
    }

    /// Whether nothing has been learnt since that would make another answer; until when it holds is for the caller to see.
    pub fn stands(&self, lasting: &Lasting) -> bool {
        self.cache.stands(&lasting.basis)
    }

    /// The wall clock.
    pub fn wall(&self) -> WallTime {
        self.env.clock.wall()
    }

    fn dns64_for(&self, asked: &ClientQuestion) -> Option<Dns64> {
        self.config.dns64.filter(|_| asked.synthesis == Synthesis::Allowed)
    }

    async fn resolve_one(
        self: &Arc<Self>,
        asked: ClientQuestion,
        trace: Trace,
        budget: Arc<Budget>,
        (began, look): (Instant, Look),
    ) -> Answer {
        let question = asked.question.clone();
        let purpose = Purpose::Client;
        trace.record(&self.env.clock, || Event::Started { question: question.clone(), purpose });
        let mut work = Work::new(&question, budget, trace);
        work.checked = self.checked_for(asked.checking);
        let known = match look {
            Look::Now => self.known_answer(&asked, &work),
            // Somebody else's walk may have failed in between (RFC 9520).
            Look::HasBeen => {
                let failed = self.failed_before(&question, asked.checking, &work);
                failed.map(|failed| self.answer_known(&question, Err(failed), &work))
            }
        };
        let mut answer = match known {
            Some(answer) => answer,
            None if asked.recursion == Recursion::CacheOnly => Box::pin(self.checked_referral(&question, &work)).await,
            None => self.walk_in_time(&asked, &work, began).await,
        };
        self.finish_answer(&mut answer, &question, asked.checking);
        let finished = Event::Finished {
            rcode: answer.rcode,
            upstream_queries: work.budget.upstream_queries(),
            bytes: work.budget.octets(),
        };
        work.trace.record(&self.env.clock, || finished);
        answer
    }

    fn one_at_once(self: &Arc<Self>, asked: &ClientQuestion) -> Option<(Answer, Option<Lasting>)> {
        let budget = Arc::new(Budget::new(self.config.limits, self.env.clock.now()));
        let mut work = Work::new(&asked.question, budget, Trace::off());
        work.checked = self.checked_for(asked.checking);
        work.notes().begin(&self.cache);
        let mut answer = self.known_answer(asked, &work)?;
        self.finish_answer(&mut answer, &asked.question, asked.checking);
        // What stands beside the answer comes from other names; a sentinel speaks of the trust anchors (RFC 8509).
        let alone = self.config.minimal_responses && !sentinel::is_sentinel(&asked.question);
        let lasting = work.notes().lasting().filter(|_| alone);
        Some((answer, lasting))
    }

    /// What the cache says, or how a client without RD is sent away; none if a walk is needed.
    fn known_answer(self: &Arc<Self>, asked: &ClientQuestion, work: &Work) -> Option<Answer> {
        let question = &asked.question;
        match (self.answer_from_cache(question, asked.checking, work), asked.recursion) {
            (Some(known), recursion) => {
                if recursion == Recursion::Desired && known.is_ok() && work.has_met_aging() {
                    self.refresh(question);
                }
                Some(self.answer_known(question, known, work))
            }
            (None, Recursion::Desired) => None,
            (None, Recursion::CacheOnly) => match self.referral_from_cache(question) {
                _ if self.servers_to_check(question, work).is_some() => None,
                Some(answer) => Some(answer),
                None => Some(failure(&ResolveError::NotCached)),
            },
        }
    }

    /// What a zone has said of its own servers, and nobody has checked yet.
    fn servers_to_check(&self, question: &Question, work: &Work) -> Option<Question> {
        let (delegation, _) = self.cache.delegation(&place_of(question), self.env.clock.wall())?;
        let ask = Question::new(delegation.zone.clone(), RrType::NS);
        let found = self.cache.lookup(&ask, self.env.clock.wall())?;
        let failed = || self.cache.failure(&ask, FailureScope::Validated, self.env.clock.wall()).is_some();
        let unchecked = found.provenance.security == Security::Unchecked && !ask.name.is_root() && !failed();
        (work.checked == Checked::Yes && unchecked).then_some(ask)
    }

    /// A referral by the zone's own word, if that stands the check; else by its parent's. Nothing is looked up for the client
    /// but the keys.
    async fn checked_referral(self: &Arc<Self>, question: &Question, work: &Work) -> Answer {
        if let Some(ask) = self.servers_to_check(question, work)
            && let Some(fetched) = self.fetched_before(&ask)
        {
            let patience = tokio::time::Instant::from_std(self.env.clock.now() + self.config.limits.client_deadline);
            let checked = tokio::time::timeout_at(patience, self.validate(&ask, fetched, work)).await;
            let checked = checked.unwrap_or(Err(ResolveError::Exhausted(crate::Cost::Time)));
            match checked {
                Ok(checked) => self.store(&ask, &checked.answered, &checked.zone, &checked.standing),
                Err(error) => {
                    let now = self.env.clock.wall();
                    self.cache.put_failure(&ask, FailureScope::Validated, error.to_ede(), now);
                }
            }
        }
        self.referral_from_cache(question).unwrap_or_else(|| failure(&ResolveError::NotCached))
    }

    /// Asks anew for what is about to expire and still wanted, without anybody waiting for it.
    fn refresh(self: &Arc<Self>, question: &Question) {
        let failed = || self.cache.failure(question, FailureScope::Validated, self.env.clock.wall()).is_some();
        if !self.config.prefetch || failed() {
            return;
        }
        // Checked, whoever asked: what is not checked would not take the place of what is.
        let asked = ClientQuestion::new(question.clone());
        let budget = Arc::new(Budget::new(self.config.limits, self.env.clock.now()));
        let mut work = Work::new(question, budget, Trace::off());
        work.checked = self.checked_for(asked.checking);
        work.freshness = Freshness::Young;
        let (resolver, key) = (self.clone(), (question.clone(), asked.checking));
        self.walks.begin(key, || resolver.walk_to_the_end(asked, work));
    }

    /// For a client that does not want recursion: the servers that may know more (RFC 1034 §4.3.2 step 4). The root's
    /// everybody knows.
    fn referral_from_cache(&self, question: &Question) -> Option<Answer> {
        let now = self.env.clock.wall();
        let (delegation, expires) = self.cache.delegation(&place_of(question), now)?;
        if delegation.zone.is_root() {
            return None;
        }
        let ttl = now.ttl_left(expires);
        let (ns, security) = self.own_servers(&delegation.zone).unwrap_or_else(|| {
            let targets = delegation.servers.iter().map(|server| server.name.wire());
            (Rrset::new(delegation.zone.clone(), RrType::NS, ttl, targets), Security::Unchecked)
        });
        let mut glue = Vec::new();
        for server in &delegation.servers {
            let fields: Vec<_> = server.glue.iter().map(|address| proto::rdata::from_address(*address)).collect();
            for family in [RrType::A, RrType::AAAA] {
                let of_family: Vec<&[u8]> =
                    fields.iter().filter(|(rtype, _)| *rtype == family).map(|(_, data)| data.as_slice()).collect();
                if !of_family.is_empty() {
                    glue.push(Rrset::new(server.name.clone(), family, ttl, of_family));
                }
            }
        }
        Some(Answer { authority: vec![ns], additional: glue, security, ..Answer::empty(proto::Rcode::NOERROR) })
    }

    /// What a zone says of its own servers, if it is known and checked as far as it has to be.
    fn own_servers(&self, zone: &proto::Name) -> Option<(Rrset, Security)> {
        let found = self.cache.lookup(&Question::new(zone.clone(), RrType::NS), self.env.clock.wall())?;
        let security = found.provenance.security;
        match found.known {
            Known::Rrset(set) if security == Security::Secure || !self.validates() => Some((set, security)),
            Known::Rrset(_) | Known::Negative(_) => None,
        }
    }
}

fn with_type(asked: &ClientQuestion, rtype: RrType) -> ClientQuestion {
    ClientQuestion { question: Question::new(asked.question.name.clone(), rtype), ..asked.clone() }
}
