//! Where a zone stands: whether a chain of signatures leads from a trust anchor to its keys (RFC 4035 §5). Waits.
//!
//! The chain is followed upwards: the keys of a zone need its DS records, which need the keys of its parent, and so on to
//! an anchor or to a zone that is remembered.

mod table;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use cache::{Known, Negative, Provenance};
use dnssec::denial::{NoDs, Proofs};
use dnssec::keys::{Voucher, authenticate};
use dnssec::verify::Valid;
use dnssec::{Why, ZoneKeys};
use proto::{Name, Question, Rank, Rcode, RrType, Rrset, Security};
use transport::Network;

use crate::Resolver;
use crate::classify::{Answered, End, Meaning, Referral};
use crate::config::NegativeAnchor;
use crate::error::ResolveError;
use crate::iterate::{Cut, Fetched};
use crate::minimise::Ask;
use crate::trace::{Event, KeySeen, Purpose, SignatureSeen, TrustSeen};
use crate::validate::Standing;
use crate::work::Work;
pub(crate) use table::TrustTable;

/// How long a broken chain is remembered, in seconds: its owner may mend it any minute.
const BOGUS_TTL: u32 = 60;
/// How long a zone without anchor above it counts as such, in seconds; nothing is looked up to find it out.
const MAX_TRUST_TTL: u32 = 86_400;
/// Servers whose DNSKEY or DS answers are tried before the chain counts as broken.
const MAX_BOGUS_TRIES: u32 = 4;

/// Where a zone stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Trust {
    /// Signed, and these are its keys.
    Secure(Arc<ZoneKeys>),
    /// Provenly unsigned, or signed in a way that nobody has to understand.
    Insecure(Option<Why>),
    /// It should be signed and is not, or wrongly.
    Bogus(Why),
    /// No zone begins at this name.
    NoCut,
}

/// What the parent says of a name.
enum DsStatus {
    Signed(Voucher, u32),
    Unsigned(Option<Why>, u32),
    NoCut(u32),
    Bogus(Why),
}

impl<N: Network> Resolver<N> {
    /// Whether data is to be validated at all.
    pub(crate) fn validates(&self) -> bool {
        !self.anchors().is_empty()
    }

    /// Whether answers of a zone's servers are worth nothing without signatures: there is a DS record, checked or not, or
    /// an anchor.
    pub(crate) fn expects_signatures(&self, zone: &Name) -> bool {
        let has_ds = || self.cache.has_rrset(&Question::new(zone.clone(), RrType::DS), self.env.clock.wall());
        self.validates() && (self.anchors().of(zone).is_some() || has_ds())
    }

    /// The deepest negative trust anchor at or above the name, if it counts (RFC 7646).
    pub(crate) fn negative_anchor(&self, name: &Name) -> Option<&NegativeAnchor> {
        let now = self.env.clock.wall();
        let live = |anchor: &&NegativeAnchor| anchor.until.is_none_or(|until| now < until);
        let anchors = self.config.validation.negative_anchors.iter().filter(live);
        let covering = anchors.filter(|anchor| name.is_at_or_below(&anchor.name));
        let deepest = covering.max_by_key(|anchor| anchor.name.label_count())?;
        // RFC 7646 §2: a positive anchor below a negative one counts again.
        let overruled = self.anchors().above(name).is_some_and(|positive| positive.is_below(&deepest.name));
        (!overruled).then_some(deepest)
    }

    /// What a negative trust anchor let pass is kept no longer than that counts.
    pub(crate) fn end_with_exemption(&self, answered: &mut Answered) {
        let now = self.env.clock.wall();
        let left = |name: &Name| self.negative_anchor(name).and_then(|anchor| anchor.until);
        let cap = |set: &mut Rrset| {
            if let Some(until) = left(&set.name) {
                set.ttl = set.ttl.min(now.ttl_left(until));
            }
        };
        answered.aliases.iter_mut().for_each(cap);
        answered.proofs.iter_mut().for_each(cap);
        match &mut answered.end {
            End::Data(set) => cap(set),
            End::NoData { soa, .. } | End::NxDomain { soa, .. } => soa.iter_mut().for_each(cap),
            End::Target(_) | End::TooLong(_) => {}
        }
    }

    /// Whether insecure data at the name may have been let pass by a negative trust anchor whose time is over.
    pub(crate) fn exemption_is_over(&self, name: &Name) -> bool {
        let now = self.env.clock.wall();
        let over = |anchor: &NegativeAnchor| anchor.until.is_some_and(|until| until <= now);
        self.config.validation.negative_anchors.iter().any(|anchor| over(anchor) && name.is_at_or_below(&anchor.name))
    }

    /// Why the zone of a name is not validated although it is signed, if that is so and known.
    pub(crate) fn why_insecure(&self, name: &Name) -> Option<Why> {
        name.ancestors().find_map(|zone| match self.settled(&zone) {
            Some(why) => why,
            None => self.trust.why_insecure(&zone, self.env.clock.wall()),
        })
    }

    /// Whether the configuration alone says that a zone is insecure, and why.
    fn settled(&self, zone: &Name) -> Option<Option<Why>> {
        if let Some(anchor) = self.negative_anchor(zone) {
            return Some(Some(Why::NegativeTrustAnchor { name: anchor.name.clone() }));
        }
        self.anchors().above(zone).is_none().then_some(None)
    }

    /// Where a zone stands without looking anything up, if that can be told.
    fn standing(&self, zone: &Name) -> Option<Trust> {
        let remembered = || self.trust.get(zone, &self.cache, self.env.clock.wall());
        self.settled(zone).map(Trust::Insecure).or_else(remembered)
    }

    /// Where a zone stands.
    pub(crate) fn trust_of(
        self: &Arc<Self>,
        zone: Name,
        work: Work,
    ) -> Pin<Box<dyn Future<Output = Result<Trust, ResolveError>> + Send>> {
        let resolver = self.clone();
        Box::pin(async move {
            if let Some(trust) = resolver.standing(&zone) {
                return Ok(trust);
            }
            let generation = resolver.trust.generation();
            let (trust, ttl) = resolver.find_trust(&zone, &work).await?;
            // What spent the allowance is the question's doing: it says nothing of the zone to those who ask next.
            if !matches!(trust, Trust::Bogus(Why::TooMuchWork { .. })) {
                let now = resolver.env.clock.wall();
                resolver.trust.put(&zone, (&trust, generation), now.plus_ttl(ttl.min(MAX_TRUST_TTL)), now);
            }
            Ok(trust)
        })
    }

    async fn find_trust(self: &Arc<Self>, zone: &Name, work: &Work) -> Result<(Trust, u32), ResolveError> {
        let status = match self.anchors().of(zone) {
            Some(voucher) => DsStatus::Signed(voucher.clone(), MAX_TRUST_TTL),
            None => self.ds_of(zone, work).await?,
        };
        let (voucher, ds_ttl) = match status {
            DsStatus::Signed(voucher, ttl) => (voucher, ttl),
            DsStatus::Unsigned(why, ttl) => {
                self.record_link(zone, None, &Trust::Insecure(why.clone()), None, work);
                return Ok((Trust::Insecure(why), ttl));
            }
            DsStatus::NoCut(ttl) => return Ok((Trust::NoCut, ttl)),
            DsStatus::Bogus(why) => {
                self.record_link(zone, None, &Trust::Bogus(why.clone()), None, work);
                return Ok((Trust::Bogus(why), BOGUS_TTL));
            }
        };
        if let Some(why) = voucher.unsupported(zone, self.config.validation.policy) {
            let trust = Trust::Insecure(Some(why));
            self.record_link(zone, Some(&voucher), &trust, None, work);
            return Ok((trust, ds_ttl));
        }
        let (trust, valid, ttl) = self.keys_of(zone, &voucher, work).await?;
        self.record_link(zone, Some(&voucher), &trust, valid.as_ref(), work);
        Ok((trust, ttl.min(ds_ttl)))
    }

    /// Fetches the keys of a zone, from another server if those of one do not stand the check.
    async fn keys_of(
        self: &Arc<Self>,
        zone: &Name,
        voucher: &Voucher,
        work: &Work,
    ) -> Result<(Trust, Option<Valid>, u32), ResolveError> {
        let question = Question::new(zone.clone(), RrType::DNSKEY);
        let none = || Why::NoDnskey { zone: zone.clone(), tags: voucher.tags() };
        let mut broken = None;
        for try_number in 0..MAX_BOGUS_TRIES {
            let fetched = match self.fetch_for_trust(&question, zone, try_number == 0, work).await {
                Ok(fetched) => fetched,
                // Others had nothing better: the first reason stands.
                Err(error) => match broken {
                    Some(why) => return Ok((Trust::Bogus(why), None, BOGUS_TTL)),
                    None if !self.config.validation.harden_stripped => {
                        return Ok((Trust::Insecure(Some(none())), None, BOGUS_TTL));
                    }
                    None => return Err(error.while_checking(zone)),
                },
            };
            let why = match &fetched.answered.end {
                End::Data(set) if fetched.answered.aliases.is_empty() => {
                    if fetched.by.is_some() {
                        self.show_keys(set);
                    }
                    let policy = self.config.validation.policy;
                    match authenticate(set, voucher, self.env.clock.wall(), policy, work.effort()) {
                        Ok((keys, valid)) => {
                            let mut answered = fetched.answered.clone();
                            let ttl = set.ttl.min(valid.ttl);
                            if let End::Data(set) = &mut answered.end {
                                set.ttl = ttl;
                                valid.strip_others(set);
                            }
                            self.store(&question, &answered, &fetched.zone, &Standing::uniform(Security::Secure));
                            return Ok((Trust::Secure(Arc::new(keys)), Some(valid), ttl));
                        }
                        Err(why) => why,
                    }
                }
                _ => none(),
            };
            if !self.config.validation.harden_stripped && matches!(why, Why::NoDnskey { .. }) {
                return Ok((Trust::Insecure(Some(why)), None, BOGUS_TTL));
            }
            let stop = matches!(why, Why::TooMuchWork { .. } | Why::KeyTagCollisions { .. });
            let first = broken.get_or_insert(why);
            match fetched.by {
                Some(server) if !stop => work.distrust(&fetched.zone, server),
                _ if stop => return Ok((Trust::Bogus(first.clone()), None, BOGUS_TTL)),
                _ => {} // from the cache: asked anew
            }
        }
        Ok((Trust::Bogus(broken.unwrap_or_else(none)), None, BOGUS_TTL))
    }

    /// A look-up for the chain of trust: the cache, checked or not, else the servers.
    async fn fetch_for_trust(
        self: &Arc<Self>,
        question: &Question,
        zone: &Name,
        may_use_cache: bool,
        work: &Work,
    ) -> Result<Fetched, ResolveError> {
        if may_use_cache {
            let asking = if question.rtype == RrType::DNSKEY { work.take_keys(&question.name) } else { None };
            let beside = match asking {
                Some(asking) => asking.await.ok().flatten(),
                None => None,
            };
            if let Some(fetched) = beside.or_else(|| self.fetched_before(question)) {
                return Ok(fetched);
            }
        }
        let child = work.for_trust();
        let purpose = Purpose::Trust { zone: zone.clone() };
        child.trace.record(&self.env.clock, || Event::Started { question: question.clone(), purpose });
        let fetched = self.iterate(question, &child).await;
        let rcode = fetched.as_ref().map_or(Rcode::SERVFAIL, |_| Rcode::NOERROR);
        self.finish_span(&child, rcode);
        fetched
    }

    /// Asks for the keys of a zone that is about to be asked something else: they are needed to check the answer, and need not
    /// wait for it. Whoever wants them meanwhile joins the question; the servers' addresses must be known.
    pub(crate) fn ask_keys_beside(self: &Arc<Self>, cut: &Cut, work: &Work) {
        let zone = cut.delegation.zone.clone();
        let question = Question::new(zone.clone(), RrType::DNSKEY);
        let now = self.env.clock.wall();
        let needed = self.expects_signatures(&zone) && self.standing(&zone).is_none();
        // A walk that is watched takes one step after another: told at the same time, two questions are hard to follow.
        if work.trace.is_on()
            || !needed
            || self.cache.is_known(&question, now)
            || self.known_servers(cut).candidates.is_empty()
        {
            return;
        }
        let (resolver, asked_cut, child) = (self.clone(), cut.clone(), work.for_trust());
        let purpose = Purpose::Trust { zone: zone.clone() };
        child.trace.record(&self.env.clock, || Event::Started { question: question.clone(), purpose });
        let asking = async move {
            let ask = Ask { question: question.clone(), whole: true };
            let asked = resolver.clone().ask_zone_boxed(asked_cut, ask, child.clone()).await;
            let rcode = if asked.is_ok() { Rcode::NOERROR } else { Rcode::SERVFAIL };
            resolver.finish_span(&child, rcode);
            // Who needs the keys and does not get them asks anew, and learns why they are not to be had.
            let Ok((Meaning::Answer(answered), by)) = asked else { return None };
            resolver.store(&question, &answered, &zone, &Standing::uniform(Security::Unchecked));
            Some(Fetched { answered, zone, by })
        };
        let asking = tokio::spawn(self.between.before_steps_of(Box::pin(asking)));
        work.keep_keys(cut.delegation.zone.clone(), asking);
    }

    /// What the parent says of a delegation to the zone.
    async fn ds_of(self: &Arc<Self>, zone: &Name, work: &Work) -> Result<DsStatus, ResolveError> {
        let question = Question::new(zone.clone(), RrType::DS);
        let now = self.env.clock.wall();
        if let Some(found) = self.cache.lookup(&question, now)
            && matches!(found.provenance.security, Security::Secure | Security::Insecure)
        {
            let secure = found.provenance.security == Security::Secure;
            return Ok(match found.known {
                Known::Rrset(set) if secure => DsStatus::Signed(Voucher::by_parent(&set), set.ttl),
                Known::Rrset(set) => DsStatus::Unsigned(None, set.ttl),
                Known::Negative(negative) => {
                    let ttl = now.ttl_left(found.expires);
                    self.denied_ds(zone, &negative.proofs, secure, ttl, work)
                }
            });
        }
        if let Some((said, ttl)) = self.denied_before(zone) {
            return Ok(match said {
                NoDs::Unsigned | NoDs::OptOut => DsStatus::Unsigned(None, ttl),
                NoDs::TooManyIterations(why) => DsStatus::Unsigned(Some(why), ttl),
                NoDs::NoCut => DsStatus::NoCut(ttl),
            });
        }
        let mut broken = None;
        for try_number in 0..MAX_BOGUS_TRIES {
            let fetched = match self.fetch_for_trust(&question, zone, try_number == 0, work).await {
                Ok(fetched) => fetched,
                Err(error) => match broken {
                    Some(why) => return Ok(DsStatus::Bogus(why)),
                    None => return Err(error.while_checking(zone)),
                },
            };
            let (by, answer_zone) = (fetched.by, fetched.zone.clone());
            let why = match self.validate(&question, fetched, work).await {
                Ok(checked) => {
                    self.store(&question, &checked.answered, &checked.zone, &checked.standing);
                    return Ok(self.read_ds(zone, &checked.answered, checked.standing.whole(), work));
                }
                Err(ResolveError::Bogus(why)) => why,
                Err(error) => return Err(error),
            };
            if matches!(why, Why::TooMuchWork { .. }) {
                return Ok(DsStatus::Bogus(why));
            }
            broken.get_or_insert(why);
            if let Some(server) = by {
                work.distrust(&answer_zone, server);
            }
        }
        Ok(DsStatus::Bogus(broken.unwrap_or_else(|| Why::NoDnskey { zone: zone.clone(), tags: vec![] })))
    }

    /// What gaps already shown say of a delegation (RFC 8198 §5.2): no question is needed then. Not where a referral has just
    /// brought something newer.
    fn denied_before(&self, zone: &Name) -> Option<(NoDs, u32)> {
        let now = self.env.clock.wall();
        let referred = || self.cache.is_known(&Question::new(zone.clone(), RrType::DS), now);
        if !self.config.validation.aggressive_nsec || referred() {
            return None;
        }
        let (teller, said, ttl) = self.denials.no_ds(zone, now)?;
        // Nobody above an anchor tells what is below it, nor what zones of one's own there are.
        let counts = !self.has_closer_anchor(zone, &teller) && self.may_deny(&teller, zone);
        counts.then_some((said, ttl))
    }

    fn read_ds(&self, zone: &Name, answered: &Answered, security: Security, work: &Work) -> DsStatus {
        let secure = security == Security::Secure;
        let soa_ttl = |soa: &Option<Rrset>| soa.as_ref().map(|soa| self.cache.negative_ttl(soa));
        let proof_ttl = answered.proofs.iter().map(|proof| proof.ttl).min();
        match &answered.end {
            _ if !answered.aliases.is_empty() => DsStatus::NoCut(BOGUS_TTL),
            End::Data(set) if secure => DsStatus::Signed(Voucher::by_parent(set), set.ttl),
            End::Data(set) => DsStatus::Unsigned(None, set.ttl),
            End::NoData { soa, .. } => {
                let ttl = soa_ttl(soa).or(proof_ttl).unwrap_or(BOGUS_TTL);
                self.denied_ds(zone, &answered.proofs, secure, ttl, work)
            }
            End::NxDomain { soa, .. } if secure => DsStatus::NoCut(soa_ttl(soa).unwrap_or(BOGUS_TTL)),
            End::NxDomain { soa, .. } => {
                let ttl = soa_ttl(soa).unwrap_or(BOGUS_TTL);
                self.denied_ds(zone, &answered.proofs, false, ttl, work)
            }
            End::Target(_) | End::TooLong(_) => DsStatus::NoCut(BOGUS_TTL),
        }
    }

    /// Reads checked proofs again for what they say of the cut: they deny DS, and tell whether there is a cut at all.
    fn denied_ds(&self, zone: &Name, proofs: &[Rrset], secure: bool, ttl: u32, work: &Work) -> DsStatus {
        let prover = proofs.iter().find_map(|set| signer_of(set, zone));
        let Some(prover) = prover.filter(|prover| prover != zone || zone.is_root()) else {
            // Nothing was proven: the zone above is unsigned itself.
            return if secure { DsStatus::NoCut(ttl) } else { DsStatus::Unsigned(None, ttl) };
        };
        match Proofs::new(&prover, proofs).no_ds(zone, work.effort()) {
            Ok(NoDs::Unsigned | NoDs::OptOut) => DsStatus::Unsigned(None, ttl),
            Ok(NoDs::TooManyIterations(why)) => DsStatus::Unsigned(Some(why), ttl),
            Ok(NoDs::NoCut) => DsStatus::NoCut(ttl),
            // The allowance is spent, nothing is proven: neither a cut nor that there is none.
            Err(why @ Why::TooMuchWork { .. }) => DsStatus::Bogus(why),
            // Denied by a wildcard's NODATA and the like: no cut is proven.
            Err(_) if secure => DsStatus::NoCut(ttl),
            Err(_) => DsStatus::Unsigned(None, ttl),
        }
    }

    /// Where data without usable signatures at `name` stands, given by a server of `zone`: insecure if an unsigned
    /// delegation lies on the way down from the zone, otherwise somebody took the signatures away.
    pub(crate) async fn trust_without_signature(
        self: &Arc<Self>,
        name: &Name,
        zone: &Name,
        work: &Work,
    ) -> Result<Trust, ResolveError> {
        let anchors = self.anchors();
        let anchor = anchors.above(name).filter(|anchor| anchor.is_below(zone));
        let start = anchor.unwrap_or(zone).clone();
        let mut trust = self.trust_of(start.clone(), work.clone()).await?;
        for labels in start.label_count() + 1..=name.label_count() {
            if !matches!(trust, Trust::Secure(_)) {
                return Ok(trust);
            }
            match self.trust_of(name.suffix(labels), work.clone()).await? {
                Trust::NoCut => {}
                // A zone that proves nothing has not proven a cut either. What its data lacks is the better news.
                Trust::Bogus(Why::NoProof { .. }) => return Ok(trust),
                below => trust = below,
            }
        }
        Ok(trust)
    }

    /// Keeps what a referral says of the signing of the zone below. It is checked when it is needed.
    pub(crate) fn keep_ds(&self, parent: &Name, referral: &Referral) {
        if !self.validates() {
            return;
        }
        let now = self.env.clock.wall();
        let child = &referral.delegation.zone;
        let provenance =
            Provenance { rank: Rank::AuthoritativeAuthority, zone: parent.clone(), security: Security::Unchecked };
        match &referral.ds {
            Some(ds) => _ = self.cache.put_rrset(ds.clone(), provenance, now),
            None if !referral.proofs.is_empty() => {
                let proofs = referral.proofs.clone();
                let negative = Negative { denial: cache::Denial::NoData, soa: None, proofs };
                let question = Question::new(child.clone(), RrType::DS);
                let _ = self.cache.put_negative(&question, negative, provenance, now);
            }
            None => {}
        }
    }

    fn record_link(&self, zone: &Name, voucher: Option<&Voucher>, trust: &Trust, valid: Option<&Valid>, work: &Work) {
        let (keys, seen, why) = match trust {
            Trust::Secure(keys) => (keys.keys.as_slice(), TrustSeen::Secure, None),
            Trust::Insecure(why) => (&[][..], TrustSeen::Insecure, why.as_ref()),
            Trust::Bogus(why) => (&[][..], TrustSeen::Bogus, Some(why)),
            Trust::NoCut => return,
        };
        work.trace.record(&self.env.clock, || {
            let present = |rtype: RrType, rdata: &[u8]| format!("{rtype} {}", proto::rdata::present(rtype, rdata));
            let vouchers = voucher.map(|voucher| {
                let ds = voucher.ds.iter().map(|rdata| present(RrType::DS, rdata));
                ds.chain(voucher.dnskeys.iter().map(|rdata| present(RrType::DNSKEY, rdata))).collect()
            });
            let key = |key: &dnssec::Key| KeySeen {
                tag: key.tag,
                algorithm: key.algorithm.to_string(),
                entry_point: key.is_entry_point(),
            };
            Event::ZoneKeys {
                zone: zone.clone(),
                vouchers: vouchers.unwrap_or_default(),
                keys: keys.iter().map(key).collect(),
                signature: valid.map(signature_seen),
                trust: seen,
                why: why.map(Why::to_string),
            }
        });
    }
}

/// The first signer of the set that may speak for the name: a zone at or above it.
pub(crate) fn signer_of(set: &Rrset, name: &Name) -> Option<Name> {
    let signers = set.signatures.iter().filter_map(|rdata| Some(dnssec::Rrsig::read(rdata)?.signer));
    signers.into_iter().find(|signer| name.is_at_or_below(signer))
}

pub(crate) fn signature_seen(valid: &Valid) -> SignatureSeen {
    SignatureSeen { tag: valid.tag, algorithm: valid.algorithm.to_string(), remaining: valid.remaining }
}
