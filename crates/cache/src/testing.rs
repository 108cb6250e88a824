//! Small builders for unit tests.

use proto::{Name, Question, Rank, RrType, Rrset, Security, WallTime};

use crate::{Cache, CacheConfig, Denial, Negative, Provenance};

pub(crate) fn name(text: &str) -> Name {
    text.parse().unwrap()
}

pub(crate) fn at(seconds: u64) -> WallTime {
    WallTime::from_secs(1_000_000 + seconds)
}

pub(crate) fn ask(text: &str, rtype: RrType) -> Question {
    Question::new(name(text), rtype)
}

pub(crate) fn address(owner: &str, ttl: u32, last: u8) -> Rrset {
    Rrset::new(name(owner), RrType::A, ttl, [&[192, 0, 2, last][..]])
}

pub(crate) fn soa(owner: &str, ttl: u32, minimum: u32) -> Rrset {
    let field = [&[0; 18][..], &minimum.to_be_bytes()].concat();
    Rrset::new(name(owner), RrType::SOA, ttl, [field.as_slice()])
}

pub(crate) fn denial(denial: Denial, ttl: u32) -> Negative {
    Negative { denial, soa: Some(soa("example.", ttl, ttl)), proofs: vec![] }
}

pub(crate) fn from(rank: Rank) -> Provenance {
    Provenance { rank, zone: name("example."), security: Security::Unchecked }
}

pub(crate) fn authoritative() -> Provenance {
    from(Rank::AuthoritativeAnswer)
}

pub(crate) fn cache(max_stale: u32) -> Cache {
    Cache::with_hash_seed(CacheConfig { max_stale, ..CacheConfig::default() }, 1)
}
