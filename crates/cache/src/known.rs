//! What goes into the cache and what comes out.

use std::net::IpAddr;

use proto::{Ede, Name, Rank, Rrset, Security, WallTime};

/// Where data came from and how far it is trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provenance {
    /// Credibility (RFC 2181 §5.4.1).
    pub rank: Rank,
    /// The zone whose server said it.
    pub zone: Name,
    /// What validation has found out.
    pub security: Security,
}

/// The two kinds of negative answer (RFC 2308 §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Denial {
    /// The name exists, the type does not.
    NoData,
    /// The name does not exist.
    NxDomain,
}

/// A negative answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Negative {
    /// What is denied.
    pub denial: Denial,
    /// The SOA of the authority section.
    pub soa: Option<Rrset>,
    /// The NSEC or NSEC3 sets that prove it.
    pub proofs: Vec<Rrset>,
}

/// What the cache knows about a name and type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known {
    /// There is data.
    Rrset(Rrset),
    /// There is none.
    Negative(Negative),
}

/// An answer from the cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The data, with remaining TTLs; 0 if it is stale. Owner names are in the letter case of the question.
    pub known: Known,
    /// Where it came from.
    pub provenance: Provenance,
    /// When it stops, or stopped, being live.
    pub expires: WallTime,
    /// Its TTL when it was stored, in seconds, after clamping.
    pub stored_ttl: u32,
    /// Beside data made from a wildcard: the NSEC or NSEC3 sets that deny the name itself (RFC 4035 §3.1.3.3).
    pub proofs: Vec<Rrset>,
}

/// One server of a delegation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameServer {
    /// Its name.
    pub name: Name,
    /// The addresses that came with the delegation.
    pub glue: Vec<IpAddr>,
}

/// A zone cut as the parent describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delegation {
    /// The zone that begins at the cut.
    pub zone: Name,
    /// The zone above the cut, whose server said so.
    pub parent: Name,
    /// Its servers.
    pub servers: Vec<NameServer>,
}

/// A resolution failure (RFC 9520).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Why.
    pub error: Ede,
    /// Until when nobody needs to try again.
    pub until: WallTime,
    /// How often in a row it has failed.
    pub times: u32,
}

/// Whose questions a failure concerns. A validation failure must not hit those who validate by themselves, nor the
/// other way round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FailureScope {
    /// Questions with CD=0.
    Validated,
    /// Questions with CD=1.
    Unvalidated,
}

/// What became of something that was offered to the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Put {
    /// It is in the cache (or was dropped at once to keep within the budget, which looks the same).
    Stored,
    /// More credible live data stands in its place (RFC 2181 §5.4.1).
    KeptBetter,
    /// Nothing to keep: glue and referral ranks, a TTL of 0 without serving stale, or too big.
    Refused,
}
