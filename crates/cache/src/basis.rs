//! Whether what was made of cached data still rests on the same data.
//!
//! An answer that is kept ready elsewhere is right as long as nothing has been learnt about the names that it was made from. Each name
//! has a counter, shared with others by hash, that rises with everything that is stored or removed there. What only
//! vanishes (expires, is pushed out) is not counted: it was true to its end, which the answer knows by itself.

use std::mem::size_of;
use std::sync::atomic::{AtomicU32, Ordering};

use proto::Name;

use crate::Cache;
use crate::key::{Key, Owner};

/// Names that one answer may rest on; longer chains of aliases are rare.
const MAX_NAMES: usize = 4;
/// One counter for so many bytes of the cache: with fewer, changes elsewhere would be taken for changes here.
const BYTES_PER_COUNTER: usize = 4096;
/// At most so many counters: 256 KiB.
const MAX_COUNTERS: usize = 1 << 16;

/// What an answer was made from: names, as the cache knew them before the first look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Basis {
    /// Counters of the names; the first `names` count.
    counters: [u32; MAX_NAMES],
    names: u8,
    /// Sum of the counters as they stood. They only rise, so the sum stays the same only if all of them do.
    sum: u32,
    /// The counter of the whole cache as it stood.
    whole: u32,
}

/// The counters.
pub(crate) struct Changes {
    of_names: Box<[AtomicU32]>,
    of_all: AtomicU32,
}

impl Changes {
    pub(crate) fn new(cache_bytes: usize) -> Self {
        let count = (cache_bytes / BYTES_PER_COUNTER).clamp(1, MAX_COUNTERS);
        Self { of_names: std::iter::repeat_with(AtomicU32::default).take(count).collect(), of_all: AtomicU32::new(0) }
    }

    /// Memory that they take.
    pub(crate) fn bytes(&self) -> usize {
        size_of::<Self>() + self.of_names.len() * size_of::<AtomicU32>()
    }

    /// Notes a change at a name. To be called after the change: who looks before sees the old counter, and will find
    /// that it has risen.
    pub(crate) fn note(&self, key: Key<'_>) {
        self.of_names[self.place(key)].fetch_add(1, Ordering::Release);
    }

    fn place(&self, key: Key<'_>) -> usize {
        key.shard(self.of_names.len())
    }
}

impl Cache {
    /// A basis without names yet. To be taken before the first look-up for an answer.
    pub fn basis(&self) -> Basis {
        let whole = self.changes.of_all.load(Ordering::Acquire);
        Basis { counters: [0; MAX_NAMES], names: 0, sum: 0, whole }
    }

    /// Adds a name before anything is looked up about it; false if there is no room, and then the basis is of no use.
    #[must_use]
    pub fn rest_on(&self, basis: &mut Basis, name: &Name) -> bool {
        let owner = Owner::new(name);
        let place = self.changes.place(self.key(owner.wire()));
        let Some(free) = basis.counters.get_mut(usize::from(basis.names)) else { return false };
        *free = place as u32; // there are at most MAX_COUNTERS
        basis.names += 1;
        basis.sum = basis.sum.wrapping_add(self.changes.of_names[place].load(Ordering::Acquire));
        true
    }

    /// Whether nothing has been learnt about the names of a basis since.
    pub fn stands(&self, basis: &Basis) -> bool {
        let places = basis.counters.iter().take(usize::from(basis.names));
        let counters = places.filter_map(|place| self.changes.of_names.get(*place as usize));
        let sum = counters.fold(0_u32, |sum, counter| sum.wrapping_add(counter.load(Ordering::Acquire)));
        sum == basis.sum && self.changes.of_all.load(Ordering::Acquire) == basis.whole
    }

    /// From now on no basis taken before stands any more: something has changed that all answers depend on.
    pub fn shake(&self) {
        self.changes.of_all.fetch_add(1, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use proto::RrType;

    use super::*;
    use crate::testing::{address, ask, at, authoritative, cache, denial, from, name};
    use crate::{Denial, Put};
    use proto::Rank;

    fn on(cache: &Cache, names: &[&str]) -> Basis {
        let mut basis = cache.basis();
        assert!(names.iter().all(|text| cache.rest_on(&mut basis, &name(text))));
        basis
    }

    #[test]
    fn whatever_is_learnt_about_a_name_ends_what_rests_on_it() {
        let cache = cache(0);
        let put = |text: &str, last| cache.put_rrset(address(text, 60, last), authoritative(), at(0));
        let basis = on(&cache, &["www.example.", "alias.example."]);
        assert!(cache.stands(&basis));
        assert_eq!(put("other.example.", 1), Put::Stored);
        assert!(cache.stands(&basis), "another name");
        for text in ["WWW.example.", "alias.Example."] {
            let basis = on(&cache, &["www.example.", "alias.example."]);
            assert_eq!(put(text, 1), Put::Stored);
            assert!(!cache.stands(&basis), "{text}");
        }
        let basis = on(&cache, &["www.example."]);
        let asked = ask("www.example.", RrType::AAAA);
        assert_eq!(cache.put_negative(&asked, denial(Denial::NxDomain, 60), authoritative(), at(0)), Put::Stored);
        assert!(!cache.stands(&basis), "a denial");
        let basis = on(&cache, &["www.example."]);
        cache.remove_name(&name("www.example."));
        assert!(!cache.stands(&basis), "removed");
    }

    #[test]
    fn what_is_not_taken_changes_nothing() {
        let cache = cache(0);
        assert_eq!(cache.put_rrset(address("www.example.", 60, 1), authoritative(), at(0)), Put::Stored);
        let basis = on(&cache, &["www.example."]);
        let weaker = from(Rank::NonAuthoritativeAnswer);
        assert_eq!(cache.put_rrset(address("www.example.", 60, 2), weaker, at(0)), Put::KeptBetter);
        assert!(cache.stands(&basis));
    }

    #[test]
    fn clearing_and_shaking_end_everything() {
        let cache = cache(0);
        let basis = on(&cache, &[]);
        cache.clear();
        assert!(!cache.stands(&basis));
        let basis = on(&cache, &["www.example."]);
        cache.shake();
        assert!(!cache.stands(&basis));
    }

    #[test]
    fn long_chains_of_names_are_not_followed() {
        let cache = cache(0);
        let mut basis = on(&cache, &["a.", "b.", "c.", "d."]);
        assert!(!cache.rest_on(&mut basis, &name("e.")));
    }
}
