//! Why the resolver could not do its job, and how a client is told.

use std::fmt;

use dnssec::Why;
use proto::{Ede, EdeCode, Name, Rrset};

use crate::budget::{Cost, Exhausted};

/// The resolver could not do its job. NXDOMAIN, NODATA and referrals are answers, not errors.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ResolveError {
    /// No server of a zone gave a usable reply.
    #[error("no {}server of {zone} gave a usable reply ({why})", if *.configured { "configured " } else { "" })]
    NoReachableServer {
        /// The zone.
        zone: Name,
        /// What the servers did.
        why: Unreachable,
        /// Whether the configuration names the servers: the zone's own are not asked then.
        configured: bool,
    },
    /// A limit on work was met.
    #[error("{}", .0.describe())]
    Exhausted(Cost),
    /// Aliases lead back to a name already met.
    #[error("the aliases of {name} form a loop")]
    AliasLoop {
        /// The name asked for.
        name: Name,
        /// The aliases, up to the one that closes the loop.
        aliases: Vec<Rrset>,
    },
    /// A name server's address depends on itself.
    #[error("the address of name server {0} is needed to find it")]
    DependencyCycle(Name),
    /// The same question failed a moment ago (RFC 9520).
    #[error("{0}")]
    FailedBefore(Ede),
    /// The data does not stand the check of its signatures (RFC 4035 §5).
    #[error("{0}")]
    Bogus(Why),
    /// What has to be known to check the data of a zone cannot be had (RFC 4035 §4.3).
    #[error("whether the data of {zone} is genuine cannot be found out: {because}")]
    Indeterminate {
        /// The zone.
        zone: Name,
        /// What stood in the way.
        because: Box<ResolveError>,
    },
    /// Nothing in the cache, and the client does not want us to ask.
    #[error("not in the cache, and recursion was not desired")]
    NotCached,
    /// A bug of ours: the work ended without a result.
    #[error("internal error")]
    Internal,
}

/// What the servers of a zone did, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unreachable {
    /// Our own network has no way to any of them.
    NoRoute,
    /// None has an address that may be asked.
    NoAddress,
    /// Silence.
    Silent,
    /// They answered, but not usably (refused, failed, not authoritative, nonsense).
    Unusable,
}

impl fmt::Display for Unreachable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoRoute => "the network is unreachable",
            Self::NoAddress => "none has a usable address",
            Self::Silent => "no reply in time",
            Self::Unusable => "refused, failed or not authoritative",
        })
    }
}

impl From<Exhausted> for ResolveError {
    fn from(Exhausted(cost): Exhausted) -> Self {
        Self::Exhausted(cost)
    }
}

impl ResolveError {
    /// The extended error that tells a client (RFC 8914).
    pub fn to_ede(&self) -> Ede {
        let code = match self {
            Self::NoReachableServer { why: Unreachable::NoRoute, .. } => EdeCode::NETWORK_ERROR,
            Self::NoReachableServer { .. } => EdeCode::NO_REACHABLE_AUTHORITY,
            Self::Exhausted(Cost::Time) => EdeCode::NO_REACHABLE_AUTHORITY,
            Self::Exhausted(_) | Self::AliasLoop { .. } | Self::DependencyCycle(_) | Self::Internal => EdeCode::OTHER,
            Self::FailedBefore(before) => return before.clone(),
            Self::Bogus(why) => why.ede(),
            Self::Indeterminate { .. } => EdeCode::DNSSEC_INDETERMINATE,
            Self::NotCached => EdeCode::NOT_AUTHORITATIVE,
        };
        let text = match self {
            Self::NoReachableServer { zone, why, configured: false } if zone.is_root() => {
                format!("no root server could be reached: {why}")
            }
            other => other.to_string(),
        };
        Ede::new(code, text)
    }

    /// The same as the end of checking the data of `zone`.
    pub(crate) fn while_checking(self, zone: &Name) -> Self {
        match self {
            Self::NoReachableServer { .. } => Self::Indeterminate { zone: zone.clone(), because: Box::new(self) },
            other => other,
        }
    }

    /// Whether the failure is kept in the failure cache (RFC 9520 §2).
    ///
    /// Not when our own network is away: that says nothing about the name, nothing was sent, and the first question
    /// after the network is back shall work.
    pub fn is_cached(&self) -> bool {
        match self {
            Self::NoReachableServer { zone, why, .. } => !zone.is_root() && *why != Unreachable::NoRoute,
            Self::Indeterminate { because, .. } => because.is_cached(),
            Self::FailedBefore(_) | Self::NotCached | Self::Internal => false,
            Self::Exhausted(_) | Self::AliasLoop { .. } | Self::DependencyCycle(_) | Self::Bogus(_) => true,
        }
    }
}
