//! RRsets and negative answers: the part of the cache that answers clients.

use std::sync::atomic::Ordering;

use proto::{Name, Question, Rank, RrType, Rrset, WallTime};

use crate::entry::{self, Origin, Value};
use crate::key::{Owner, Place};
use crate::shard::Wanted;
use crate::stats::Kind;
use crate::{Cache, Denial, Found, Negative, Provenance, Put, ttl};

impl Cache {
    /// The TTL under which data with this TTL is kept, in seconds.
    pub fn positive_ttl(&self, ttl: u32) -> u32 {
        ttl::positive(self.config(), ttl)
    }

    /// The TTL under which a denial with this SOA is kept, in seconds (RFC 2308 §5).
    pub fn negative_ttl(&self, soa: &Rrset) -> u32 {
        let negative = Negative { denial: Denial::NoData, soa: Some(soa.clone()), proofs: Vec::new() };
        ttl::negative(self.config(), &negative)
    }

    /// Stores an RRset.
    ///
    /// Live data of higher rank stays (RFC 2181 §5.4.1), as does validated data against unvalidated of the same rank;
    /// otherwise the new set takes the place of an older one, of a denial of its type and of a denial of its name.
    /// Glue and data of referrals are refused: they live in a [`Delegation`](crate::Delegation) and never answer a
    /// client. A denial of an ancestor's existence stays, see [`Cache::nxdomain_above`].
    pub fn put_rrset(&self, rrset: Rrset, provenance: Provenance, now: WallTime) -> Put {
        self.put_expanded(rrset, &[], provenance, now)
    }

    /// Stores an RRset that was made from a wildcard, with the NSEC or NSEC3 sets that deny the name itself; otherwise as
    /// [`Cache::put_rrset`].
    pub fn put_expanded(&self, rrset: Rrset, proofs: &[Rrset], provenance: Provenance, now: WallTime) -> Put {
        let ttl = ttl::positive(self.config(), rrset.ttl);
        let set = Rrset { ttl, ..rrset };
        let origin = Origin::new(&provenance, &set.name);
        let value = Value::Rrset { set: &set, proofs, origin };
        self.put_answer(&set.name, Place::Type(set.rtype), &value, ttl, now)
    }

    /// Stores a negative answer: NXDOMAIN for the name and all its types, NODATA for the type asked.
    ///
    /// The TTL is that of RFC 2308 §5, the lower of the SOA's TTL and its MINIMUM, within the configured limits; without
    /// an SOA a few seconds. Ranks decide as in [`Cache::put_rrset`]; NXDOMAIN takes the place of everything at the
    /// name that does not outrank it.
    pub fn put_negative(&self, question: &Question, negative: Negative, provenance: Provenance, now: WallTime) -> Put {
        let ttl = ttl::negative(self.config(), &negative);
        let place = match negative.denial {
            Denial::NoData => Place::Type(question.rtype),
            Denial::NxDomain => Place::NxDomain,
        };
        let origin = Origin::new(&provenance, &question.name);
        let value = Value::Negative { negative: &negative, origin };
        self.put_answer(&question.name, place, &value, ttl, now)
    }

    /// Live data for exactly this name and type: the RRset, its absence, or the absence of the name. Never an alias.
    pub fn lookup(&self, question: &Question, now: WallTime) -> Option<Found> {
        self.answer(question, Wanted::Live, now)
    }

    /// Whether [`Cache::lookup`] would find something. Takes nothing out, and is no use of it.
    pub fn is_known(&self, question: &Question, now: WallTime) -> bool {
        self.kind(question, now).is_some()
    }

    /// Whether [`Cache::lookup`] would find an RRset. Takes nothing out, and is no use of it.
    pub fn has_rrset(&self, question: &Question, now: WallTime) -> bool {
        self.kind(question, now) == Some(Kind::Rrset)
    }

    /// As [`Cache::lookup`], and expired data too that is not older than `max_stale` (RFC 8767), with TTL 0.
    pub fn lookup_stale(&self, question: &Question, now: WallTime) -> Option<Found> {
        self.answer(question, Wanted::Stale, now)
    }

    /// Whether any live DNAME set may be there. Mostly there is none, and nobody has to look for one at each name above.
    pub fn may_hold_dnames(&self, now: WallTime) -> bool {
        now.0 < self.dnames_until.load(Ordering::Relaxed)
    }

    /// The live NXDOMAIN at the name itself or else at its nearest ancestor, with the name that does not exist: nothing
    /// exists below it either (RFC 8020 §2).
    ///
    /// Data below may have been stored before or after and be live all the same. It is for the caller to look that up
    /// first, and to decide whether an unvalidated denial is good enough for more than its own name.
    pub fn nxdomain_above(&self, name: &Name, now: WallTime) -> Option<(Name, Found)> {
        let owner = Owner::new(name);
        owner.ancestors().find_map(|(labels, wire)| {
            let key = self.key(wire);
            let copied = self.shard(key).hit(key, Place::NxDomain, Wanted::Live, now)?;
            let denied = name.suffix(labels);
            let found = copied.into_found(&denied, RrType::NULL, now)?;
            Some((denied, found))
        })
    }

    fn put_answer(&self, name: &Name, place: Place, value: &Value<'_>, ttl: u32, now: WallTime) -> Put {
        let owner = Owner::new(name);
        let key = self.key(owner.wire());
        // RFC 2181 §5.4.1: what only leads to servers is kept in delegations, where no client can reach it.
        if value.rank().is_none_or(|rank| rank <= Rank::Referral) {
            return self.shard(key).refuse();
        }
        if place == Place::Type(RrType::DNAME) {
            self.dnames_until.fetch_max(now.plus_ttl(ttl).0, Ordering::Relaxed);
        }
        let Some(entry) = entry::pack(owner.wire(), place, value, now.plus_ttl(ttl), ttl) else {
            return self.shard(key).refuse();
        };
        let put = self.shard(key).put(key, entry, now);
        if put != Put::KeptBetter {
            self.changes.note(key); // also if it was refused: what it contradicted is gone all the same
        }
        put
    }

    fn kind(&self, question: &Question, now: WallTime) -> Option<Kind> {
        let owner = Owner::new(&question.name);
        let key = self.key(owner.wire());
        let mut shard = self.shard(key);
        let data = shard.kind_of(key, Place::Type(question.rtype), now);
        data.or_else(|| shard.kind_of(key, Place::NxDomain, now))
    }

    fn answer(&self, question: &Question, wanted: Wanted, now: WallTime) -> Option<Found> {
        let owner = Owner::new(&question.name);
        let key = self.key(owner.wire());
        let copied = {
            let mut shard = self.shard(key);
            let data = shard.hit(key, Place::Type(question.rtype), wanted, now);
            // Both are never there at once: the later took the place of the other.
            let copied = data.or_else(|| shard.hit(key, Place::NxDomain, wanted, now));
            if copied.is_none() {
                shard.miss();
            }
            copied
        };
        copied?.into_found(&question.name, question.rtype, now)
    }
}

#[cfg(test)]
mod tests;
