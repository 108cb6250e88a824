//! What the cache and the gaps that zones have shown say of one name. Nothing here waits.

use cache::{Denial, Found, Known};
use proto::{Name, Question, RrType, Rrset, Security, WallTime};
use transport::Network;

use super::{Chased, MAX_ENCLOSERS, Resolver, Step, aging_begins, from_cache_event, is_aging};
use crate::Checking;
use crate::alias;
use crate::denials::Synthesis;
use crate::lasting::Notes;
use crate::trace::{CachedWhat, Event};
use crate::trust::signer_of;
use crate::work::{Checked, Freshness, Work};

impl<N: Network> Resolver<N> {
    /// What the cache knows of one name: data, denial, an alias, a name above that does not exist.
    pub(super) fn known(&self, ask: &Question, work: &Work, events: &mut Vec<Event>) -> Option<Step> {
        work.notes().rest_on(&self.cache, &ask.name);
        let now = self.env.clock.wall();
        let usable = |found: &Found| {
            work.notes().end_at(self.stays_until(found));
            let checked = work.checked == Checked::No || found.provenance.security != Security::Unchecked;
            checked && !(is_aging(found, now) && work.meets_aging() == Freshness::Young)
        };
        // What a referral says of DS comes without an SOA: enough for the chain of trust, not for a client (RFC 2308 §3).
        let whole = |found: &Found| match &found.known {
            Known::Negative(negative) => {
                !ask.rtype.is_at_parent() || negative.soa.is_some() || negative.proofs.is_empty()
            }
            Known::Rrset(_) => true,
        };
        if let Some(found) = self.cache.lookup(ask, now).filter(usable).filter(whole) {
            return Some(Step::End(self.end_from_cache(ask, found, work.notes(), events)));
        }
        // An alias that the zone itself knows says nothing of what its parent knows (RFC 4035 §3.1.4.1).
        let mut own_target = None;
        if !alias::stands_beside(ask.rtype)
            && !ask.rtype.is_at_parent()
            && let Some(found) = self.found(&ask.name, RrType::CNAME).filter(usable)
            && let Known::Rrset(set) = &found.known
            && let alias::Found::Alias(step) = alias::by_cname(set)
        {
            own_target = Some((step, set.clone(), found));
        }
        let names_above = ask.name.ancestors().skip(1).take_while(|_| self.cache.may_hold_dnames(now));
        for above in names_above {
            let Some(found) = self.found(&above, RrType::DNAME).filter(usable) else { continue };
            let Known::Rrset(dname) = found.known else { continue };
            let security = found.provenance.security;
            match alias::by_dname(&ask.name, &dname) {
                // What nobody has signed renames no name that was not asked for: one lie would take a whole zone along.
                alias::Found::Alias(step)
                    if security != Security::Secure
                        && own_target.as_ref().is_none_or(|(own, ..)| own.target != step.target) => {}
                alias::Found::Alias(step) => {
                    work.notes().rest_on_more(); // a name above
                    events.push(from_cache_event(ask, CachedWhat::Alias, vec![dname]));
                    return Some(Step::Alias(step, security, found.proofs));
                }
                alias::Found::TooLong(dname) if security == Security::Secure => {
                    work.notes().rest_on_more(); // a name above
                    let end = Chased { aliases: vec![dname], too_long: true, ..Chased::empty() };
                    return Some(Step::End(Chased { security, ..end }));
                }
                alias::Found::TooLong(_) | alias::Found::Broken => {}
            }
        }
        if let Some((step, set, found)) = own_target {
            // A DNAME that is learnt later says the same in other records: the alias holds as long as it was given for.
            events.push(from_cache_event(ask, CachedWhat::Alias, vec![set]));
            return Some(Step::Alias(step, found.provenance.security, found.proofs));
        }
        work.notes().rest_on_more(); // names above, failures, gaps
        if self.config.harden_below_nxdomain
            && let Some((_, found)) = self.cache.nxdomain_above(&ask.name, now).filter(|(_, found)| usable(found))
            && self.may_deny(&found.provenance.zone, &ask.name)
        {
            // RFC 8020 §2: nothing exists below a name that does not exist.
            return Some(Step::End(self.end_from_cache(ask, found, work.notes(), events)));
        }
        None
    }

    /// Until when found data is used as it is.
    pub(super) fn stays_until(&self, found: &Found) -> WallTime {
        if self.config.prefetch { aging_begins(found) } else { found.expires }
    }

    /// What follows from records of the zone already known (RFC 8198 §5): that a name or a type does not exist, or that the
    /// name is made from a wildcard.
    pub(super) fn synthesised(&self, ask: &Question, checked: Checked, events: &mut Vec<Event>) -> Option<Step> {
        if checked == Checked::No || !self.config.validation.aggressive_nsec {
            return None;
        }
        let denied = self.denied_by_gap(ask, events).map(Step::End);
        denied.or_else(|| self.made_from_wildcard(ask, events))
    }

    pub(super) fn denied_by_gap(&self, ask: &Question, events: &mut Vec<Event>) -> Option<Chased> {
        let (denial, found) = match self.denials.synthesise(ask, self.env.clock.wall())? {
            Synthesis::NoData(found) => (Denial::NoData, found),
            Synthesis::NxDomain(found) => (Denial::NxDomain, found),
        };
        // Below a negative trust anchor names may exist that the signed zone above knows nothing of (RFC 7646 §2).
        if !self.may_deny(&found.soa.name, &ask.name) || self.negative_anchor(&ask.name).is_some() {
            return None;
        }
        events.push(from_cache_event(ask, CachedWhat::Synthesised, found.proofs.clone()));
        let denial = Some((denial, Some(found.soa)));
        Some(Chased { denial, proofs: found.proofs, ..Chased::empty() })
    }

    /// Data or an alias from a wildcard that is known, for a name that lies in a gap that is known (RFC 8198 §5.3).
    pub(super) fn made_from_wildcard(&self, ask: &Question, events: &mut Vec<Event>) -> Option<Step> {
        if ask.rtype.is_at_parent() || self.negative_anchor(&ask.name).is_some() {
            return None;
        }
        let now = self.env.clock.wall();
        let zone = self.denials.knows_zone_of(&ask.name)?;
        if !self.may_deny(&zone, &ask.name) {
            return None;
        }
        let enclosers = ask.name.ancestors().skip(1).take_while(|encloser| encloser.is_at_or_below(&zone));
        for encloser in enclosers.take(MAX_ENCLOSERS) {
            let Ok(wildcard) = encloser.prepend(b"*") else { continue };
            let types = if alias::stands_beside(ask.rtype) { &[ask.rtype][..] } else { &[ask.rtype, RrType::CNAME] };
            let mut kept = types.iter().filter_map(|rtype| self.found(&wildcard, *rtype));
            let Some(found) = kept.find(|found| found.provenance.security == Security::Secure) else { continue };
            let Known::Rrset(set) = found.known else { continue };
            // What another zone denies says nothing of names in this one.
            if signer_of(&set, &wildcard).as_ref() != Some(&zone) {
                continue;
            }
            let Some(proofs) = self.denials.no_closer_match(&ask.name, &encloser, ask.rtype, now) else { continue };
            let ttl = proofs.iter().map(|proof| proof.ttl).fold(set.ttl, u32::min);
            let set = Rrset { name: ask.name.clone(), ttl, ..set };
            events.push(from_cache_event(ask, CachedWhat::Synthesised, vec![set.clone()]));
            if set.rtype == ask.rtype {
                return Some(Step::End(Chased { data: Some(set), proofs, ..Chased::empty() }));
            }
            return match alias::by_cname(&set) {
                alias::Found::Alias(step) => Some(Step::Alias(step, Security::Secure, proofs)),
                alias::Found::TooLong(_) | alias::Found::Broken => None,
            };
        }
        None
    }

    /// Whether what a zone denies counts for a name that it was not asked for: not if the name lies in a zone whose servers
    /// are configured, of which those above need not know.
    pub(crate) fn may_deny(&self, zone: &Name, name: &Name) -> bool {
        let configured = crate::configured::closest(&self.config.configured_zones, name);
        configured.is_none_or(|configured| zone.is_at_or_below(&configured.zone))
    }

    pub(super) fn cached(&self, name: &Name, rtype: RrType) -> Option<Known> {
        self.found(name, rtype).map(|found| found.known)
    }

    pub(super) fn found(&self, name: &Name, rtype: RrType) -> Option<Found> {
        self.cache.lookup(&Question::new(name.clone(), rtype), self.env.clock.wall())
    }

    /// Whether data is checked for a client.
    pub(super) fn checked_for(&self, checking: Checking) -> Checked {
        if checking == Checking::Enabled && self.validates() { Checked::Yes } else { Checked::No }
    }

    pub(super) fn end_from_cache(
        &self,
        ask: &Question,
        found: Found,
        notes: &Notes,
        events: &mut Vec<Event>,
    ) -> Chased {
        let security = found.provenance.security;
        match found.known {
            Known::Rrset(set) => {
                events.push(from_cache_event(ask, CachedWhat::Answer, vec![set.clone()]));
                Chased { data: Some(set), proofs: found.proofs, security, ..Chased::empty() }
            }
            Known::Negative(mut negative) => {
                self.renew_soa(&mut negative, security, notes);
                let what = match negative.denial {
                    Denial::NoData => CachedWhat::NoData,
                    Denial::NxDomain => CachedWhat::NxDomain,
                };
                events.push(from_cache_event(ask, what, negative.soa.iter().cloned().collect()));
                let denial = Some((negative.denial, negative.soa));
                Chased { denial, proofs: negative.proofs, security, ..Chased::empty() }
            }
        }
    }

    /// The SOA that stands in the zone today; how long the denial lives does not change.
    pub(super) fn renew_soa(&self, negative: &mut cache::Negative, security: Security, notes: &Notes) {
        let Some(soa) = &mut negative.soa else { return };
        notes.rest_on(&self.cache, &soa.name);
        let today = self.found(&soa.name, RrType::SOA).filter(|found| found.provenance.security == security);
        let Some(today) = today else { return };
        notes.end_at(today.expires);
        if let Known::Rrset(today) = today.known {
            *soa = Rrset { ttl: soa.ttl, ..today };
        }
    }
}
