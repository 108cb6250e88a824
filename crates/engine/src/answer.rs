//! What a client asks and what it gets.

use proto::{Ede, Question, Rcode, Rrset, Security};
use serde::Serialize;

/// A question with the flags that change what the engine does.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ClientQuestion {
    /// Name and type.
    pub question: Question,
    /// RD: walk if the cache does not know; false: answer from the cache only.
    pub recursion: Recursion,
    /// CD: whether bogus data is withheld (RFC 4035 §3.2.2).
    pub checking: Checking,
    /// Whether IPv6 addresses may be made from IPv4 addresses, if that is configured.
    pub synthesis: Synthesis,
}

/// Whether the client lets us ask others (RD).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Recursion {
    /// RD=1.
    Desired,
    /// RD=0: only what is in the cache.
    CacheOnly,
}

/// Whether the client wants validation enforced (CD).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Checking {
    /// CD=0: bogus data becomes SERVFAIL.
    Enabled,
    /// CD=1: the client validates by itself.
    Disabled,
}

/// Whether IPv6 addresses may be made from IPv4 addresses (RFC 6147).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Synthesis {
    /// They may.
    Allowed,
    /// The client validates by itself (DO and CD), and would find the made address to be a lie (RFC 6147 §5.5).
    Forbidden,
}

/// The answer to a client's question, before it is fitted to the client's message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// Response code.
    pub rcode: Rcode,
    /// Alias chain and data, in order. TTLs are the remaining ones.
    pub answer: Vec<Rrset>,
    /// SOA (and proofs) of a negative answer; otherwise the NS set, where the cache has it and it is wanted.
    pub authority: Vec<Rrset>,
    /// Addresses of these name servers, where the cache has them and they are wanted.
    pub additional: Vec<Rrset>,
    /// What validation found; `Unchecked` until there is validation.
    #[serde(skip)]
    pub security: Security,
    /// Whether it comes from a zone of one's own (AA); never so if it comes from a cache or from others.
    #[serde(skip)]
    pub authoritative: bool,
    /// Why the answer is a failure, or stale, or made up here (RFC 8914).
    pub extended_errors: Vec<Ede>,
}

impl Answer {
    /// An answer without records.
    pub fn empty(rcode: Rcode) -> Self {
        Self {
            rcode,
            answer: vec![],
            authority: vec![],
            additional: vec![],
            security: Security::Unchecked,
            authoritative: false,
            extended_errors: vec![],
        }
    }

    /// An empty answer that says why.
    pub fn failure(rcode: Rcode, why: Ede) -> Self {
        Self { extended_errors: vec![why], ..Self::empty(rcode) }
    }
}

impl ClientQuestion {
    /// A question with RD=1 and CD=0.
    pub fn new(question: Question) -> Self {
        Self { question, recursion: Recursion::Desired, checking: Checking::Enabled, synthesis: Synthesis::Allowed }
    }
}
