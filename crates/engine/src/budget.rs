//! The work budget of one client question. Everything done for the question spends from it; nothing refills it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use proto::Name;
use serde::Serialize;

use crate::config::Limits;

/// Octets received for one question (NXNSAttack and CAMP turn small questions into large traffic).
const MAX_OCTETS: u64 = 200_000;
/// Name-server address look-ups that may end without an address, over all levels (NRDelegation, NXNSAttack).
const MAX_FAILED_ADDRESS_LOOKUPS: u32 = 5;

/// What a budget is spent on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cost {
    /// A question sent to a server.
    UpstreamQuery,
    /// A question sent for one name.
    QueryForName,
    /// A referral followed.
    Referral,
    /// An alias followed.
    Alias,
    /// A look-up of a name server's address.
    AddressLookup,
    /// A look-up of a name server's address that found none.
    FailedAddressLookup,
    /// A question below a question.
    Depth,
    /// Octets received.
    Octets,
    /// Time.
    Time,
}

impl Cost {
    /// What ran out, in words.
    pub fn describe(self) -> &'static str {
        match self {
            Self::UpstreamQuery => "too many questions to servers",
            Self::QueryForName => "too many questions to servers for one name",
            Self::Referral => "too many referrals",
            Self::Alias => "the chain of aliases is too long",
            Self::AddressLookup => "too many look-ups of name-server addresses",
            Self::FailedAddressLookup => "too many name servers without an address",
            Self::Depth => "name servers depend on name servers too deeply",
            Self::Octets => "the servers sent too much",
            Self::Time => "the work took too long",
        }
    }
}

/// A budget is spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exhausted(pub Cost);

/// The budget of one client question, shared by all that is done for it.
#[derive(Debug)]
pub(crate) struct Budget {
    limits: Limits,
    deadline: Instant,
    upstream_queries: AtomicU32,
    referrals: AtomicU32,
    aliases: AtomicU32,
    address_lookups: AtomicU32,
    failed_address_lookups: AtomicU32,
    octets: AtomicU64,
    /// Set once anything was refused, here or because a question would have waited for itself.
    refused: AtomicBool,
    per_name: Mutex<BTreeMap<Name, u32>>,
}

impl Budget {
    /// A full budget that ends `limits.total_deadline` after `now`.
    pub(crate) fn new(limits: Limits, now: Instant) -> Self {
        Self {
            limits,
            deadline: now + limits.total_deadline,
            upstream_queries: AtomicU32::new(0),
            referrals: AtomicU32::new(0),
            aliases: AtomicU32::new(0),
            address_lookups: AtomicU32::new(0),
            failed_address_lookups: AtomicU32::new(0),
            octets: AtomicU64::new(0),
            refused: AtomicBool::new(false),
            per_name: Mutex::new(BTreeMap::new()),
        }
    }

    /// When all work ends.
    pub(crate) fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Questions sent so far.
    pub(crate) fn upstream_queries(&self) -> u32 {
        self.upstream_queries.load(Ordering::Relaxed)
    }

    /// Octets received so far.
    pub(crate) fn octets(&self) -> u64 {
        self.octets.load(Ordering::Relaxed)
    }

    /// Notes that something could not be tried for reasons of this question's own.
    pub(crate) fn note_refusal(&self) {
        self.refused.store(true, Ordering::Relaxed);
    }

    /// Whether anything could not be tried for reasons of this question's own: then a failure says nothing about the
    /// names and servers that it touched.
    pub(crate) fn has_refused(&self) -> bool {
        self.refused.load(Ordering::Relaxed)
    }

    fn refuse(&self, cost: Cost) -> Exhausted {
        self.note_refusal();
        Exhausted(cost)
    }

    /// Follows one referral, within the time that is left.
    ///
    /// # Errors
    /// When referrals or time are spent.
    pub(crate) fn spend_referral(&self, now: Instant) -> Result<(), Exhausted> {
        self.check_time(now)?;
        self.spend(&self.referrals, self.limits.referrals, Cost::Referral)
    }

    /// Follows one alias.
    ///
    /// # Errors
    /// When aliases are spent.
    pub(crate) fn spend_alias(&self) -> Result<(), Exhausted> {
        self.spend(&self.aliases, self.limits.aliases, Cost::Alias)
    }

    /// Looks for one name server's address at nesting depth `depth`.
    ///
    /// # Errors
    /// When look-ups or depth are spent, or too many ended without an address.
    pub(crate) fn spend_address_lookup(&self, depth: u32) -> Result<(), Exhausted> {
        if depth > self.limits.depth {
            return Err(self.refuse(Cost::Depth));
        }
        if self.failed_address_lookups.load(Ordering::Relaxed) >= MAX_FAILED_ADDRESS_LOOKUPS {
            return Err(self.refuse(Cost::FailedAddressLookup));
        }
        self.spend(&self.address_lookups, self.limits.ns_address_lookups, Cost::AddressLookup)
    }

    /// Notes that a look-up found no address.
    pub(crate) fn note_failed_address_lookup(&self) {
        self.failed_address_lookups.fetch_add(1, Ordering::Relaxed);
    }

    /// Sends one question for `name` upstream.
    ///
    /// # Errors
    /// When questions, those for this name, octets or time are spent.
    pub(crate) fn spend_query(&self, name: &Name, now: Instant) -> Result<(), Exhausted> {
        self.check_time(now)?;
        if self.octets() >= MAX_OCTETS {
            return Err(self.refuse(Cost::Octets));
        }
        {
            let mut per_name = self.per_name.lock().unwrap_or_else(PoisonError::into_inner);
            let count = per_name.entry(name.clone()).or_default();
            if *count >= self.limits.queries_per_name {
                return Err(self.refuse(Cost::QueryForName));
            }
            *count += 1;
        }
        self.spend(&self.upstream_queries, self.limits.upstream_queries, Cost::UpstreamQuery)
    }

    /// Notes octets received.
    pub(crate) fn note_octets(&self, octets: usize) {
        self.octets.fetch_add(octets as u64, Ordering::Relaxed);
    }

    fn spend(&self, counter: &AtomicU32, limit: u32, cost: Cost) -> Result<(), Exhausted> {
        let more = |used| (used < limit).then_some(used + 1);
        let spent = counter.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
        spent.map(drop).map_err(|_| self.refuse(cost))
    }

    fn check_time(&self, now: Instant) -> Result<(), Exhausted> {
        if now < self.deadline { Ok(()) } else { Err(self.refuse(Cost::Time)) }
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests need some instant to begin with")]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn every_limit_ends_the_work_and_nothing_refills_it() {
        let now = Instant::now();
        let limits = Limits { upstream_queries: 5, queries_per_name: 3, referrals: 2, aliases: 1, ..Limits::default() };
        let budget = Budget::new(limits, now);
        let name = |text: &str| text.parse::<Name>().unwrap();
        for _ in 0..3 {
            assert_eq!(budget.spend_query(&name("a."), now), Ok(()));
        }
        assert_eq!(budget.spend_query(&name("A."), now), Err(Exhausted(Cost::QueryForName)));
        assert_eq!(budget.spend_query(&name("b."), now), Ok(()));
        assert_eq!(budget.spend_query(&name("c."), now), Ok(()));
        assert_eq!(budget.spend_query(&name("d."), now), Err(Exhausted(Cost::UpstreamQuery)));
        assert_eq!(budget.upstream_queries(), 5);
        assert_eq!(budget.spend_alias(), Ok(()));
        assert_eq!(budget.spend_alias(), Err(Exhausted(Cost::Alias)));
        assert_eq!(budget.spend_referral(now + Duration::from_secs(8)), Err(Exhausted(Cost::Time)));
        assert_eq!(budget.spend_address_lookup(8), Err(Exhausted(Cost::Depth)));
        for _ in 0..MAX_FAILED_ADDRESS_LOOKUPS {
            assert_eq!(budget.spend_address_lookup(1), Ok(()));
            budget.note_failed_address_lookup();
        }
        assert_eq!(budget.spend_address_lookup(1), Err(Exhausted(Cost::FailedAddressLookup)));
        budget.note_octets(200_000);
        assert_eq!(Budget::octets(&budget), 200_000);
    }

    #[test]
    fn received_octets_are_bounded() {
        let now = Instant::now();
        let budget = Budget::new(Limits::default(), now);
        budget.note_octets(MAX_OCTETS as usize);
        assert_eq!(budget.spend_query(&Name::root(), now), Err(Exhausted(Cost::Octets)));
    }
}
