//! Counters.

/// The kinds of entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An RRset.
    Rrset,
    /// A denial of one type at one name.
    NoData,
    /// A denial of one name.
    NxDomain,
    /// A zone cut.
    Delegation,
    /// A resolution failure.
    Failure,
}

/// Number of kinds.
pub(crate) const KINDS: usize = 5;

/// Counters of one kind of entry.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct KindStats {
    /// Entries held now, live or not.
    pub entries: u64,
    /// Bytes of these entries, tables left out.
    pub bytes: u64,
    /// Entries stored since the start.
    pub stored: u64,
    /// Lookups answered from this kind since the start, stale answers included.
    pub hits: u64,
    /// Entries dropped while they were of use, to make room.
    pub evicted: u64,
    /// Entries dropped because their time was over.
    pub expired: u64,
}

/// Counters of the whole cache.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CacheStats {
    /// The budget in bytes.
    pub budget: u64,
    /// Bytes accounted now: entries, what has been replaced and lies between them, tables. Never more than the budget.
    pub bytes: u64,
    /// Calls of `lookup` and `lookup_stale` that found nothing since the start.
    pub misses: u64,
    /// Offers since the start that more credible data kept out.
    pub kept_better: u64,
    /// Offers since the start that could not be kept, see [`Put::Refused`](crate::Put::Refused).
    pub refused: u64,
    pub(crate) kinds: [KindStats; KINDS],
}

impl CacheStats {
    /// The counters of one kind.
    pub fn kind(&self, kind: Kind) -> KindStats {
        self.kinds[kind as usize]
    }

    /// Entries of all kinds held now.
    pub fn entries(&self) -> u64 {
        self.kinds.iter().map(|kind| kind.entries).sum()
    }

    /// Entries of all kinds dropped to make room since the start.
    pub fn evicted(&self) -> u64 {
        self.kinds.iter().map(|kind| kind.evicted).sum()
    }

    pub(crate) fn kind_mut(&mut self, kind: Kind) -> &mut KindStats {
        &mut self.kinds[kind as usize]
    }

    /// Nothing is held any more.
    pub(crate) fn forget_entries(&mut self) {
        for kind in &mut self.kinds {
            (kind.entries, kind.bytes) = (0, 0);
        }
    }

    /// Adds the counters of a shard.
    pub(crate) fn add(&mut self, other: &Self) {
        self.budget += other.budget;
        self.bytes += other.bytes;
        self.misses += other.misses;
        self.kept_better += other.kept_better;
        self.refused += other.refused;
        for (sum, more) in self.kinds.iter_mut().zip(&other.kinds) {
            sum.entries += more.entries;
            sum.bytes += more.bytes;
            sum.stored += more.stored;
            sum.hits += more.hits;
            sum.evicted += more.evicted;
            sum.expired += more.expired;
        }
    }
}
