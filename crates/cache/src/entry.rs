//! One entry and its rules: when it is live, what it may replace.

use std::mem::size_of;
use std::sync::Arc;

use proto::{Ede, Name, Rank, Rdatas, Rrset, Security, WallTime};

use crate::stats::Kind;
use crate::{Delegation, Denial, Found, Known, Negative, Provenance, size, ttl};

/// What an entry holds. Clones are cheap: they share.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    /// An RRset without its owner name and TTL, which stand elsewhere.
    Rrset {
        rdatas: Rdatas,
        signatures: Rdatas,
        /// What denies the name itself, if the set was made from a wildcard.
        proofs: Option<Arc<Vec<Rrset>>>,
        origin: Origin,
    },
    /// A negative answer.
    Negative { negative: Arc<Negative>, origin: Origin },
    /// A zone cut.
    Delegation(Arc<Delegation>),
    /// A failure that happened so many times in a row.
    Failure { error: Arc<Ede>, times: u32 },
}

impl Value {
    pub(crate) fn kind(&self) -> Kind {
        match self {
            Value::Rrset { .. } => Kind::Rrset,
            Value::Negative { negative, .. } if negative.denial == Denial::NxDomain => Kind::NxDomain,
            Value::Negative { .. } => Kind::NoData,
            Value::Delegation(_) => Kind::Delegation,
            Value::Failure { .. } => Kind::Failure,
        }
    }

    fn origin(&self) -> Option<&Origin> {
        match self {
            Value::Rrset { origin, .. } | Value::Negative { origin, .. } => Some(origin),
            Value::Delegation(_) | Value::Failure { .. } => None,
        }
    }

    /// Credibility of what answers clients.
    pub(crate) fn rank(&self) -> Option<Rank> {
        self.origin().map(|origin| origin.rank)
    }

    fn heap(&self) -> usize {
        match self {
            Value::Rrset { rdatas, signatures, proofs, origin } => {
                let proofs = proofs.as_ref().map_or(0, |proofs| size::rrsets(proofs));
                size::rdatas(rdatas) + size::rdatas(signatures) + proofs + origin.heap()
            }
            Value::Negative { negative, origin } => size::negative(negative) + origin.heap(),
            Value::Delegation(delegation) => size::delegation(delegation),
            Value::Failure { error, .. } => size::arc(size_of::<Ede>()) + size::block(error.text.capacity()),
        }
    }
}

/// A [`Provenance`] in few bytes.
#[derive(Debug, Clone)]
pub(crate) struct Origin {
    rank: Rank,
    security: Security,
    zone: Zone,
}

/// The zone is nearly always an ancestor of the owner: its label count says which.
#[derive(Debug, Clone)]
enum Zone {
    OwnersLast(u8),
    Elsewhere(Arc<Name>),
}

impl Origin {
    pub(crate) fn new(provenance: Provenance, owner: &Name) -> Self {
        let zone = if owner.is_at_or_below(&provenance.zone) {
            Zone::OwnersLast(provenance.zone.label_count() as u8) // at most 127 labels
        } else {
            Zone::Elsewhere(Arc::new(provenance.zone))
        };
        Self { rank: provenance.rank, security: provenance.security, zone }
    }

    fn provenance(&self, owner: &Name) -> Provenance {
        let zone = match &self.zone {
            Zone::OwnersLast(labels) => owner.suffix(usize::from(*labels)),
            Zone::Elsewhere(name) => Name::clone(name),
        };
        Provenance { rank: self.rank, zone, security: self.security }
    }

    /// True if this data must stay when `new` contradicts it (RFC 2181 §5.4.1).
    ///
    /// Among equal ranks what is validated stays against what is not. Bogus data defends nothing.
    fn outranks(&self, new: &Origin) -> bool {
        if self.security == Security::Bogus {
            return false;
        }
        let validated = self.security == Security::Secure && new.security != Security::Secure;
        self.rank > new.rank || (self.rank == new.rank && validated)
    }

    fn heap(&self) -> usize {
        match &self.zone {
            Zone::OwnersLast(_) => 0,
            Zone::Elsewhere(name) => size::arc(size_of::<Name>()) + size::name(name),
        }
    }
}

/// A value with its owner and times.
#[derive(Debug)]
pub(crate) struct Entry {
    owner: Box<[u8]>,
    value: Value,
    expires: WallTime,
    ttl: u32,
    bytes: u32,
    /// How often it was asked of late; belongs to the eviction of its shard.
    pub(crate) uses: u8,
}

impl Entry {
    /// An entry that is live for `ttl` seconds until `expires`; `owner` is in lower case.
    pub(crate) fn new(owner: &[u8], value: Value, expires: WallTime, ttl: u32) -> Box<Self> {
        let bytes = size::block(size_of::<Self>()) + size::block(owner.len()) + value.heap();
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        Box::new(Self { owner: owner.into(), value, expires, ttl, bytes, uses: 0 })
    }

    /// The owner in lower-case wire form.
    pub(crate) fn owner(&self) -> &[u8] {
        &self.owner
    }

    pub(crate) fn kind(&self) -> Kind {
        self.value.kind()
    }

    /// Accounted size, its slot in the table left out.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes as usize
    }

    /// To be called whenever an entry is met: if the clock was set back, nobody knows how old the entry is, so its
    /// life ends here. Otherwise a wrong clock would make data immortal.
    pub(crate) fn settle(&mut self, now: WallTime) {
        if ttl::lies_in_the_future(self.expires, self.ttl, now) {
            self.expires = now;
        }
    }

    pub(crate) fn is_live(&self, now: WallTime) -> bool {
        now < self.expires
    }

    /// True if it is of no use any more, neither stale (RFC 8767) nor as memory of a failure.
    pub(crate) fn is_over(&self, now: WallTime, max_stale: u32) -> bool {
        let afterlife = match &self.value {
            Value::Rrset { .. } | Value::Negative { .. } => max_stale,
            Value::Delegation(_) => 0,
            Value::Failure { .. } => self.ttl.saturating_mul(2), // until then another failure is a repetition
        };
        now >= self.expires.plus_ttl(afterlife)
    }

    /// True if this entry must stay when `new` contradicts it.
    pub(crate) fn outranks(&self, new: &Entry, now: WallTime) -> bool {
        let origins = self.value.origin().zip(new.value.origin());
        self.is_live(now) && origins.is_some_and(|(own, other)| own.outranks(other))
    }

    pub(crate) fn copy(&self) -> Copied {
        Copied { value: self.value.clone(), expires: self.expires, ttl: self.ttl }
    }
}

/// What is taken out of an entry while its shard is locked.
pub(crate) struct Copied {
    pub(crate) value: Value,
    pub(crate) expires: WallTime,
    pub(crate) ttl: u32,
}

impl Copied {
    /// The answer with remaining TTLs; `None` for what is no answer.
    pub(crate) fn into_found(self, owner: &Name, rtype: proto::RrType, now: WallTime) -> Option<Found> {
        let left = now.ttl_left(self.expires).min(self.ttl);
        let provenance = self.value.origin()?.provenance(owner);
        let mut beside = Vec::new();
        let known = match self.value {
            Value::Rrset { rdatas, signatures, proofs, .. } => {
                beside = proofs.map(Arc::unwrap_or_clone).unwrap_or_default();
                for proof in &mut beside {
                    proof.ttl = proof.ttl.min(left);
                }
                Known::Rrset(Rrset { name: owner.clone(), rtype, ttl: left, rdatas, signatures })
            }
            Value::Negative { negative, .. } => {
                let mut negative = Arc::unwrap_or_clone(negative);
                for rrset in negative.soa.iter_mut().chain(&mut negative.proofs) {
                    rrset.ttl = left; // RFC 2308 §5: the TTL of the denial, counting down
                }
                Known::Negative(negative)
            }
            Value::Delegation(_) | Value::Failure { .. } => return None,
        };
        Some(Found { known, provenance, expires: self.expires, stored_ttl: self.ttl, proofs: beside })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(rank: Rank, security: Security) -> Origin {
        let zone = "example.".parse().unwrap();
        Origin::new(Provenance { rank, zone, security }, &"www.example.".parse().unwrap())
    }

    #[test]
    fn credibility_decides_what_stays_rfc2181_5_4_1() {
        use Rank::{AuthoritativeAnswer as High, NonAuthoritativeAnswer as Low};
        use Security::{Bogus, Insecure, Secure, Unchecked};
        for (old, new, stays) in [
            ((High, Unchecked), (Low, Unchecked), true),
            ((High, Unchecked), (Low, Secure), true),
            ((Low, Secure), (High, Unchecked), false),
            ((High, Unchecked), (High, Unchecked), false),
            ((High, Secure), (High, Unchecked), true),
            ((High, Secure), (High, Bogus), true),
            ((High, Secure), (High, Secure), false),
            ((High, Insecure), (High, Unchecked), false),
            ((High, Bogus), (Low, Unchecked), false),
        ] {
            assert_eq!(origin(old.0, old.1).outranks(&origin(new.0, new.1)), stays, "{old:?} {new:?}");
        }
    }

    #[test]
    fn zone_survives_its_short_form() {
        let owner: Name = "www.example.".parse().unwrap();
        for zone in [".", "example.", "www.example.", "elsewhere."] {
            let provenance =
                Provenance { rank: Rank::Local, zone: zone.parse().unwrap(), security: Security::Unchecked };
            assert_eq!(Origin::new(provenance.clone(), &owner).provenance(&owner), provenance);
        }
    }
}
