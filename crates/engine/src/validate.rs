//! An answer against the chain of trust (RFC 4035 §5.3 and §5.4). Waits for the keys; what they prove is for `dnssec`.

use std::net::IpAddr;
use std::sync::Arc;

use dnssec::denial::{NoDs, Proofs, Proven};
use dnssec::verify::{Valid, verify};
use dnssec::{Why, ZoneKeys};
use proto::{Name, Question, RrType, Rrset, Security};
use transport::Network;

use crate::Resolver;
use crate::classify::{Answered, End};
use crate::error::ResolveError;
use crate::iterate::{Fetched, wildcard_of};
use crate::trace::{Event, TrustSeen};
use crate::trust::{Trust, signature_seen, signer_of};
use crate::work::Work;

/// How long denial records that came without an SOA are kept, in seconds, whatever their TTL.
const MAX_DENIAL_TTL: u32 = 3_600;

/// An answer that stood the check, cut down to what was checked.
#[derive(Debug, Clone)]
pub(crate) struct CheckedAnswer {
    /// The answer; its TTLs end with the signatures, its proofs are those that count.
    pub(crate) answered: Answered,
    /// The zone whose server gave it.
    pub(crate) zone: Name,
    /// How its parts stand.
    pub(crate) standing: Standing,
}

/// How the parts of an answer stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Standing {
    aliases: Vec<Security>,
    end: Security,
}

impl Standing {
    /// All parts alike.
    pub(crate) fn uniform(security: Security) -> Self {
        Self { aliases: Vec::new(), end: security }
    }

    /// Of the alias set at a position.
    pub(crate) fn alias(&self, position: usize) -> Security {
        self.aliases.get(position).copied().unwrap_or(self.end)
    }

    /// Of data or denial.
    pub(crate) fn end(&self) -> Security {
        self.end
    }

    /// Of all of it: no better than its worst part.
    pub(crate) fn whole(&self) -> Security {
        self.aliases.iter().copied().fold(self.end, worse)
    }
}

/// The worse of two: data that is not checked is worth less than data known to be unsigned.
pub(crate) fn worse(a: Security, b: Security) -> Security {
    let rank = |security: &Security| match security {
        Security::Bogus => 0,
        Security::Unchecked => 1,
        Security::Insecure => 2,
        Security::Secure => 3,
    };
    if rank(&a) <= rank(&b) { a } else { b }
}

/// What came of one set or denial.
struct Outcome {
    security: Security,
    valid: Option<Valid>,
    /// The proofs that count.
    proofs: Vec<Rrset>,
    /// Why it is not secure.
    why: Option<Why>,
    /// A name that is denied exists all the same, as an empty non-terminal: the code was wrong, the proof is right.
    exists: bool,
}

impl Outcome {
    /// Of an end at which nothing stands.
    fn nothing() -> Self {
        Self { security: Security::Secure, valid: None, proofs: Vec::new(), why: None, exists: false }
    }

    fn insecure(why: Option<Why>) -> Self {
        Self { security: Security::Insecure, valid: None, proofs: Vec::new(), why, exists: false }
    }
}

impl<N: Network> Resolver<N> {
    /// Checks an answer.
    ///
    /// # Errors
    /// [`ResolveError::Bogus`] if it does not stand the check; others if the chain of trust cannot be had.
    pub(crate) async fn validate(
        self: &Arc<Self>,
        question: &Question,
        fetched: Fetched,
        work: &Work,
    ) -> Result<CheckedAnswer, ResolveError> {
        let Fetched { mut answered, zone, .. } = fetched;
        let given = std::mem::take(&mut answered.proofs);
        let mut aliases = Vec::with_capacity(answered.aliases.len());
        let mut dname: Option<(u32, Security)> = None;
        for alias in &mut answered.aliases {
            // The CNAME that follows from a DNAME has no signature; it stands as the DNAME does (RFC 6672 §5.3.1).
            if let Some((ttl, security)) = dname.take() {
                alias.ttl = alias.ttl.min(ttl);
                aliases.push(security);
                continue;
            }
            let outcome = self.check_and_record(alias, &given, &zone, work).await?;
            if let Some(valid) = &outcome.valid {
                alias.ttl = alias.ttl.min(valid.ttl);
                valid.strip_others(alias);
            }
            dname = (alias.rtype == RrType::DNAME).then_some((alias.ttl, outcome.security));
            aliases.push(outcome.security);
            keep_proofs(&mut answered.proofs, outcome.proofs);
        }
        let behind_alias = !answered.aliases.is_empty();
        if behind_alias && matches!(answered.end, End::Target(_)) && !given.is_empty() {
            self.learn_beside(&given, &answered.proofs, &zone, work).await?;
        }
        let whole_name = matches!(answered.end, End::NxDomain { .. });
        let outcome = match &mut answered.end {
            End::Data(set) => {
                let outcome = self.check_and_record(set, &given, &zone, work).await?;
                if let Some(valid) = &outcome.valid {
                    set.ttl = set.ttl.min(valid.ttl);
                    valid.strip_others(set);
                }
                outcome
            }
            End::NoData { name, soa } | End::NxDomain { name, soa } => {
                let denied = Denied { name, rtype: question.rtype, whole_name };
                let outcome = self.check_denial_and_record(&denied, soa, given, &zone, work).await;
                match outcome {
                    // What an alias leads to may be asked for by itself: a denial that came along and proves nothing does
                    // not count against the alias (RFC 1034 §5.3.3 step 4c).
                    Err(ResolveError::Bogus(why)) if behind_alias && !matches!(why, Why::TooMuchWork { .. }) => {
                        answered.end = End::Target(name.clone());
                        Outcome::nothing()
                    }
                    Err(error) => return Err(error),
                    Ok(outcome) => {
                        if outcome.exists {
                            let (name, soa) = (name.clone(), soa.take());
                            answered.end = End::NoData { name, soa };
                        }
                        outcome
                    }
                }
            }
            // Nothing stands at the end; what led there was checked.
            End::Target(_) | End::TooLong(_) => Outcome::nothing(),
        };
        keep_proofs(&mut answered.proofs, outcome.proofs);
        let standing = Standing { aliases, end: outcome.security };
        Ok(CheckedAnswer { answered, zone, standing })
    }

    async fn check_and_record(
        self: &Arc<Self>,
        set: &Rrset,
        given: &[Rrset],
        zone: &Name,
        work: &Work,
    ) -> Result<Outcome, ResolveError> {
        let outcome = self.check_set(set, given, zone, work).await;
        self.record_check(&set.name, set.rtype, false, &outcome, work);
        outcome
    }

    async fn check_denial_and_record(
        self: &Arc<Self>,
        denied: &Denied<'_>,
        soa: &mut Option<Rrset>,
        given: Vec<Rrset>,
        zone: &Name,
        work: &Work,
    ) -> Result<Outcome, ResolveError> {
        let outcome = self.check_denial(denied, soa, given, zone, work).await;
        self.record_check(denied.name, denied.rtype, true, &outcome, work);
        outcome
    }

    async fn check_set(
        self: &Arc<Self>,
        set: &Rrset,
        given: &[Rrset],
        zone: &Name,
        work: &Work,
    ) -> Result<Outcome, ResolveError> {
        if set.rtype == RrType::RRSIG {
            // RFC 4035 §2.2: nothing signs signatures. They are handed on for others to check, and never as secure.
            return Ok(Outcome::insecure(None));
        }
        let place = side_of_cut(&set.name, set.rtype);
        let signer = self.signer(std::slice::from_ref(set), &place, zone);
        let keys = match self.trust_of_signer(signer, &place, work).await? {
            Some((_, Trust::Secure(keys))) => keys,
            Some((_, Trust::Insecure(why))) => return Ok(unchecked(set, given, why)),
            Some((_, Trust::Bogus(why))) => return Err(ResolveError::Bogus(why)),
            Some((signer, Trust::NoCut)) => return Err(wrong_signer(set, signer, zone)),
            None => match self.trust_without_signature(&place, zone, work).await? {
                // Says what is wrong with the signatures, if there are any.
                Trust::Secure(keys) => keys,
                Trust::Insecure(why) => return Ok(unchecked(set, given, why)),
                Trust::Bogus(why) => return Err(ResolveError::Bogus(why)),
                Trust::NoCut => return Err(wrong_signer(set, place, zone)),
            },
        };
        let (now, policy) = (self.env.clock.wall(), self.config.validation.policy);
        let valid = verify(set, &keys, now, policy, work.effort()).map_err(ResolveError::Bogus)?;
        let Some(closest_encloser) = valid.closest_encloser.clone() else {
            let (valid, proofs) = (Some(valid), Vec::new());
            return Ok(Outcome { security: Security::Secure, valid, proofs, why: None, exists: false });
        };
        // RFC 6672 §3.3: what a wildcard DNAME means differs from server to server, so it means nothing here.
        if set.rtype == RrType::DNAME {
            let (name, rtype, zone) = (set.name.clone(), set.rtype, keys.zone.clone());
            return Err(ResolveError::Bogus(Why::WrongLabels { name, rtype, zone, tag: valid.tag }));
        }
        let proofs = self.checked_proofs(given.to_vec(), &keys, work)?;
        let proven =
            Proofs::new(&keys.zone, &proofs).no_closer_match(&set.name, &closest_encloser, set.rtype, work.effort());
        let proven = proven.map_err(ResolveError::Bogus)?;
        self.learn_denial(&keys.zone, None, &proofs);
        Ok(match proven {
            Proven::Secure => {
                Outcome { security: Security::Secure, valid: Some(valid), proofs, why: None, exists: false }
            }
            Proven::Insecure(why) => {
                Outcome { security: Security::Insecure, valid: Some(valid), proofs, why, exists: false }
            }
        })
    }

    async fn check_denial(
        self: &Arc<Self>,
        denied: &Denied<'_>,
        soa: &mut Option<Rrset>,
        given: Vec<Rrset>,
        zone: &Name,
        work: &Work,
    ) -> Result<Outcome, ResolveError> {
        let place = side_of_cut(denied.name, denied.rtype);
        let signer = self.signer(&given, &place, zone);
        let Some((_, trust)) = self.trust_of_signer(signer, &place, work).await? else {
            return match self.trust_without_signature(&place, zone, work).await? {
                Trust::Insecure(why) => Ok(Outcome { proofs: given, ..Outcome::insecure(why) }),
                Trust::Bogus(why) => Err(ResolveError::Bogus(why)),
                Trust::Secure(keys) => {
                    // What is wrong with the signature of the SOA record, if it has one or none, is the better news.
                    let (now, policy) = (self.env.clock.wall(), self.config.validation.policy);
                    let soa = soa.as_ref().filter(|soa| soa.name == keys.zone);
                    let broken = soa.and_then(|soa| verify(soa, &keys, now, policy, work.effort()).err());
                    Err(ResolveError::Bogus(broken.unwrap_or_else(|| denied.unproven(&keys.zone, UNSIGNED))))
                }
                Trust::NoCut => Err(ResolveError::Bogus(denied.unproven(zone, UNSIGNED))),
            };
        };
        let keys = match trust {
            Trust::Secure(keys) => keys,
            Trust::Insecure(why) => return Ok(Outcome { proofs: given, ..Outcome::insecure(why) }),
            Trust::Bogus(why) => return Err(ResolveError::Bogus(why)),
            Trust::NoCut => return Err(ResolveError::Bogus(denied.unproven(zone, "the records are not of the zone"))),
        };
        let island = self.has_closer_anchor(&place, &keys.zone);
        let (now, policy) = (self.env.clock.wall(), self.config.validation.policy);
        let proofs = self.checked_proofs(given, &keys, work)?;
        let reader = Proofs::new(&keys.zone, &proofs);
        // A server of both sides of a cut may deny in the name of the unsigned zone below and prove that it is unsigned.
        // Where an anchor of its own vouches for what is below, nobody above can say that it is unsigned.
        let is_unsigned = |name: &Name| {
            !island
                && matches!(
                    reader.no_ds(name, work.effort()),
                    Ok(NoDs::Unsigned | NoDs::OptOut | NoDs::TooManyIterations(_))
                )
        };
        if soa.as_ref().is_some_and(|soa| soa.name.is_below(&keys.zone) && is_unsigned(&soa.name)) {
            return Ok(Outcome { proofs, ..Outcome::insecure(None) });
        }
        let mut valid = None;
        if let Some(soa) = soa {
            let checked = verify(soa, &keys, now, policy, work.effort()).map_err(ResolveError::Bogus)?;
            soa.ttl = soa.ttl.min(checked.ttl);
            checked.strip_others(soa);
            valid = Some(checked);
        }
        let no_data = || reader.no_data(denied.name, denied.rtype, work.effort());
        let (proven, exists) = if denied.whole_name {
            match (reader.no_name(denied.name, denied.rtype, work.effort()), no_data()) {
                (Err(_), Ok(Proven::Secure)) => (Ok(Proven::Secure), true),
                (proven, _) => (proven, false),
            }
        } else {
            (no_data(), false)
        };
        let proven = match proven {
            // A zone may deny what lies in an unsigned zone below it: it knows no better, and anybody may say so.
            Err(Why::NoProof { .. }) if cuts_above(&place, &keys.zone).any(|cut| is_unsigned(&cut)) => {
                return Ok(Outcome { proofs, ..Outcome::insecure(None) });
            }
            Ok(Proven::Insecure(_)) if island => {
                let what = "only records of the zone with the trust anchor count";
                return Err(ResolveError::Bogus(denied.unproven(&keys.zone, what)));
            }
            proven => proven.map_err(ResolveError::Bogus)?,
        };
        self.learn_denial(&keys.zone, soa.as_ref(), &proofs);
        Ok(match proven {
            Proven::Secure => Outcome { security: Security::Secure, valid, proofs, why: None, exists },
            Proven::Insecure(why) => Outcome { security: Security::Insecure, valid, proofs, why, exists },
        })
    }

    /// What a zone says beside an alias of names further on is worth keeping: it may tell that the alias leads into an unsigned
    /// zone (RFC 4035 §3.1.4), where nobody else may be there to ask.
    async fn learn_beside(
        self: &Arc<Self>,
        given: &[Rrset],
        used: &[Rrset],
        zone: &Name,
        work: &Work,
    ) -> Result<(), ResolveError> {
        let unused: Vec<Rrset> = given.iter().filter(|set| !used.contains(set)).cloned().collect();
        let Some(first) = unused.first().map(|set| set.name.clone()) else { return Ok(()) };
        let Some(signer) = self.signer(&unused, &first, zone) else { return Ok(()) };
        let keys = match self.trust_of(signer, work.clone()).await {
            Ok(Trust::Secure(keys)) => keys,
            Err(spent @ ResolveError::Exhausted(_)) => return Err(spent),
            Ok(_) | Err(_) => return Ok(()),
        };
        match self.checked_proofs(unused, &keys, work) {
            Ok(proofs) => self.learn_denial(&keys.zone, None, &proofs),
            Err(error @ ResolveError::Bogus(Why::TooMuchWork { .. })) => return Err(error),
            Err(_) => {} // nobody asked for them
        }
        Ok(())
    }

    /// Keeps checked denial records for names not asked yet (RFC 8198 §5.4: no longer than a denial may live).
    fn learn_denial(&self, zone: &Name, soa: Option<&Rrset>, proofs: &[Rrset]) {
        if !self.config.validation.aggressive_nsec {
            return;
        }
        let max_ttl = soa.map_or(MAX_DENIAL_TTL, |soa| self.cache.negative_ttl(soa));
        self.denials.learn(zone, soa, proofs, max_ttl, self.env.clock.wall());
    }

    /// Those of the denial records that the keys have signed, with TTLs that end with their signatures.
    ///
    /// Records made from a wildcard prove nothing: they would deny every name below it (RFC 4035 §5.4).
    fn checked_proofs(&self, given: Vec<Rrset>, keys: &ZoneKeys, work: &Work) -> Result<Vec<Rrset>, ResolveError> {
        let (now, policy) = (self.env.clock.wall(), self.config.validation.policy);
        let mut kept = Vec::with_capacity(given.len());
        let mut broken = None;
        for mut set in given {
            match verify(&set, keys, now, policy, work.effort()) {
                Ok(valid) if valid.closest_encloser.is_none() => {
                    set.ttl = set.ttl.min(valid.ttl);
                    valid.strip_others(&mut set);
                    kept.push(set);
                }
                Ok(_) => {}
                Err(why @ Why::TooMuchWork { .. }) => return Err(ResolveError::Bogus(why)),
                Err(why) => _ = broken.get_or_insert(why),
            }
        }
        // Nothing left: then what is wrong with the signatures is the better news than that proofs are missing.
        match broken {
            Some(why) if kept.is_empty() => Err(ResolveError::Bogus(why)),
            _ => Ok(kept),
        }
    }

    /// The signer that may speak for the place: at or above it, and in what the zone's servers may speak of.
    ///
    /// It may stand above the closest trust anchor if another anchor leads to it: what any anchor vouches for is good
    /// (RFC 6840 appendix C.2), or an anchor of a zone that was given up would make its parent's denials bogus.
    fn signer(&self, sets: &[Rrset], place: &Name, zone: &Name) -> Option<Name> {
        let anchors = self.anchors();
        let mut signers = sets.iter().filter_map(|set| signer_of(set, place));
        signers.find(|signer| {
            let vouched = anchors.above(signer).is_some() || anchors.above(place).is_none();
            signer.is_at_or_below(zone) && vouched
        })
    }

    /// Where the signer stands; none if there is none that counts.
    ///
    /// What a signer above the closest anchor signs may be secure all the same; but that it is not signed, or in a way that nobody
    /// has to understand, says nothing of a zone that an anchor of its own vouches for (RFC 6840 appendix C.2).
    async fn trust_of_signer(
        self: &Arc<Self>,
        signer: Option<Name>,
        place: &Name,
        work: &Work,
    ) -> Result<Option<(Name, Trust)>, ResolveError> {
        let Some(signer) = signer else { return Ok(None) };
        let trust = self.trust_of(signer.clone(), work.clone()).await?;
        let counts = !(matches!(trust, Trust::Insecure(_)) && self.has_closer_anchor(place, &signer));
        Ok(counts.then_some((signer, trust)))
    }

    /// Whether a trust anchor below `zone` vouches for the place.
    pub(crate) fn has_closer_anchor(&self, place: &Name, zone: &Name) -> bool {
        self.anchors().above(place).is_some_and(|anchor| anchor.is_below(zone))
    }

    fn record_check(
        &self,
        name: &Name,
        rtype: RrType,
        denial: bool,
        outcome: &Result<Outcome, ResolveError>,
        work: &Work,
    ) {
        let (trust, signature, why) = match outcome {
            Ok(outcome) if outcome.security == Security::Secure => (TrustSeen::Secure, outcome.valid.as_ref(), None),
            Ok(outcome) => (TrustSeen::Insecure, None, outcome.why.clone()),
            Err(ResolveError::Bogus(why)) => (TrustSeen::Bogus, None, Some(why.clone())),
            Err(_) => return,
        };
        work.trace.record(&self.env.clock, || Event::Checked {
            name: name.clone(),
            rtype,
            denial,
            signature: signature.map(signature_seen),
            trust,
            why: why.map(|why| why.to_string()),
        });
    }

    /// An answer that is in the cache and was not checked when it came.
    pub(crate) fn fetched_before(&self, question: &Question) -> Option<Fetched> {
        let found = self.cache.lookup(question, self.env.clock.wall())?;
        let end = match found.known {
            cache::Known::Rrset(set) => End::Data(set),
            cache::Known::Negative(negative) => {
                let (name, soa) = (question.name.clone(), negative.soa);
                let answered = |end| Answered {
                    aliases: vec![],
                    end,
                    rank: found.provenance.rank,
                    glue: vec![],
                    proofs: negative.proofs,
                    own_servers: None,
                };
                let end = match negative.denial {
                    cache::Denial::NoData => End::NoData { name, soa },
                    cache::Denial::NxDomain => End::NxDomain { name, soa },
                };
                return Some(Fetched { answered: answered(end), zone: found.provenance.zone, by: None });
            }
        };
        let (rank, proofs) = (found.provenance.rank, found.proofs);
        let answered = Answered { aliases: vec![], end, rank, glue: vec![], proofs, own_servers: None };
        Some(Fetched { answered, zone: found.provenance.zone, by: None::<IpAddr> })
    }
}

/// A set that nobody here has to check. What proves that it may be made from a wildcard is handed on: a client may have an anchor
/// of its own (RFC 4035 §3.1.3).
fn unchecked(set: &Rrset, given: &[Rrset], why: Option<Why>) -> Outcome {
    let proofs = if wildcard_of(set).is_some() { given.to_vec() } else { Vec::new() };
    Outcome { proofs, ..Outcome::insecure(why) }
}

/// What is denied.
struct Denied<'a> {
    name: &'a Name,
    rtype: RrType,
    whole_name: bool,
}

const UNSIGNED: &str = "there are no signed NSEC or NSEC3 records";

impl Denied<'_> {
    fn unproven(&self, zone: &Name, what: &'static str) -> Why {
        Why::NoProof { name: self.name.clone(), rtype: self.rtype, zone: zone.clone(), what }
    }
}

/// The deepest name whose zone may speak of the type at the name: DS belongs to the parent (RFC 4035 §2.4).
fn side_of_cut(name: &Name, rtype: RrType) -> Name {
    if rtype.is_at_parent() { name.parent().unwrap_or(Name::root()) } else { name.clone() }
}

/// The names at which a zone may begin that holds `place`, below the zone given.
fn cuts_above(place: &Name, zone: &Name) -> impl Iterator<Item = Name> {
    (zone.label_count() + 1..=place.label_count()).map(|labels| place.suffix(labels))
}

/// The set claims to be of zone `signer`, which is no zone as far as the one above it says.
fn wrong_signer(set: &Rrset, signer: Name, zone: &Name) -> ResolveError {
    let (name, rtype, zone) = (set.name.clone(), set.rtype, zone.clone());
    let private = signer == zone;
    ResolveError::Bogus(if private {
        Why::NotDelegated { name, rtype, zone }
    } else {
        let by_it = |rdata| dnssec::Rrsig::read(rdata).filter(|rrsig| rrsig.signer == signer);
        let tag = set.signatures.iter().find_map(by_it).map(|rrsig| rrsig.key_tag);
        Why::WrongSigner { name, rtype, signer, tag, zone }
    })
}

fn keep_proofs(kept: &mut Vec<Rrset>, more: Vec<Rrset>) {
    for proof in more {
        if !kept.contains(&proof) {
            kept.push(proof);
        }
    }
}
