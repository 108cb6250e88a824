//! The cache of the resolver: RRsets, negative answers, failures and delegations in one bounded memory budget.
//!
//! What it is for: all worker threads share one [`Cache`]. It is split into shards by a keyed hash of the owner name,
//! each behind its own lock, which is held for a few hundred nanoseconds: values are packed before and unpacked after.
//! Entries lie packed one behind the other (`packed.rs`, `log.rs`). The budget in bytes covers entries, what is between them,
//! and tables; an entry that does not fit pushes out what is used least.
//!
//! What it deliberately does not do: know a clock (`now` is an argument), wait, ask the network, follow aliases,
//! validate, or decide whether a denial above a name, a stale answer or bogus data may be used.
//!
//! ```
//! use cache::{Cache, CacheConfig, Known, Provenance, Put};
//! use proto::{Name, Question, Rank, RrType, Rrset, Security, WallTime};
//!
//! let cache = Cache::new(CacheConfig::default());
//! let name: Name = "www.example.".parse().unwrap();
//! let provenance = Provenance {
//!     rank: Rank::AuthoritativeAnswer,
//!     zone: "example.".parse().unwrap(),
//!     security: Security::Unchecked,
//! };
//! let rrset = Rrset::new(name.clone(), RrType::A, 300, [&[192, 0, 2, 1][..]]);
//! assert_eq!(cache.put_rrset(rrset, provenance, WallTime::from_secs(1_000)), Put::Stored);
//!
//! let found = cache.lookup(&Question::new(name, RrType::A), WallTime::from_secs(1_100)).unwrap();
//! let Known::Rrset(rrset) = found.known else { panic!("an RRset") };
//! assert_eq!(rrset.ttl, 200);
//! ```

mod answers;
mod basis;
mod config;
mod delegations;
mod entry;
mod failures;
mod key;
mod known;
mod log;
mod packed;
mod shard;
mod stats;
#[cfg(test)]
mod testing;
mod ttl;

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::AtomicU64;
use std::sync::{Mutex, MutexGuard};

pub use basis::Basis;
use basis::Changes;
pub use config::CacheConfig;
use key::{Key, KeyHash, Owner};
pub use known::{Delegation, Denial, Failure, FailureScope, Found, Known, NameServer, Negative, Provenance, Put};
use proto::Name;
use shard::Shard;
pub use stats::{CacheStats, Kind, KindStats};

/// Below this size of a shard a full DNS message would not fit into its eighth.
const SMALLEST_SHARD: usize = 1 << 20;
/// Above this size of a shard the growth of its table would keep the lock for milliseconds.
const LARGEST_SHARD: usize = 4 << 20;
/// So many shards keep the threads of a big machine apart.
const USUAL_SHARDS: usize = 64;

/// The cache; see the crate's documentation.
pub struct Cache {
    config: CacheConfig,
    hash: KeyHash,
    changes: Changes,
    /// When the last DNAME set expires, in milliseconds of the wall clock; before the first one 0.
    dnames_until: AtomicU64,
    shards: Box<[Mutex<Shard>]>,
}

impl Cache {
    /// An empty cache.
    pub fn new(config: CacheConfig) -> Self {
        // The standard library's random state comes from the operating system.
        Self::with_hash_seed(config, RandomState::new().hash_one(config.size))
    }

    /// An empty cache whose choice of what to evict follows from `seed`, for simulations. A server's must be secret.
    pub fn with_hash_seed(config: CacheConfig, seed: u64) -> Self {
        let count = shard_count(config.size);
        let changes = Changes::new(config.size);
        let bytes_each = config.size.saturating_sub(changes.bytes()) / count;
        let hash = KeyHash::new(seed);
        let shard = || Mutex::new(Shard::new(bytes_each, config.max_stale, hash.clone()));
        let shards = std::iter::repeat_with(shard).take(count).collect();
        Self { config, hash, changes, dnames_until: AtomicU64::new(0), shards }
    }

    /// Removes all that is known of exactly this name; gives the number of entries.
    pub fn remove_name(&self, name: &Name) -> usize {
        let owner = Owner::new(name);
        let key = self.key(owner.wire());
        let removed = self.shard(key).remove_name(key);
        self.changes.note(key);
        removed
    }

    /// Removes everything. The counters since the start stay.
    pub fn clear(&self) {
        for shard in &self.shards {
            let entries = lock(shard).clear();
            drop(entries); // after the lock has been released
        }
        self.shake();
    }

    /// Counters, summed over the shards one after the other.
    pub fn stats(&self) -> CacheStats {
        let mut sum = CacheStats::default();
        for shard in &self.shards {
            sum.add(&lock(shard).stats());
        }
        sum
    }

    fn config(&self) -> &CacheConfig {
        &self.config
    }

    fn key<'a>(&self, owner: &'a [u8]) -> Key<'a> {
        self.hash.key(owner)
    }

    /// The shard of a name, locked.
    fn shard(&self, key: Key<'_>) -> MutexGuard<'_, Shard> {
        lock(&self.shards[key.shard(self.shards.len())])
    }
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache").field("config", &self.config).finish_non_exhaustive()
    }
}

fn shard_count(size: usize) -> usize {
    (size / SMALLEST_SHARD).clamp(1, USUAL_SHARDS).max(size / LARGEST_SHARD)
}

/// A panic while a shard was locked may have left its sums wrong: it starts again empty, the process goes on.
fn lock(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    shard.lock().unwrap_or_else(|poisoned| {
        shard.clear_poison();
        let mut guard = poisoned.into_inner();
        drop(guard.clear());
        guard
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_are_neither_tiny_nor_huge() {
        for (mebibytes, expect) in [(0, 1), (1, 1), (32, 32), (64, 64), (256, 64), (1024, 256)] {
            assert_eq!(shard_count(mebibytes << 20), expect, "{mebibytes} MiB");
        }
    }

    #[test]
    fn a_panic_under_the_lock_costs_one_shard_its_entries_and_no_more() {
        let cache = testing::cache(0);
        let question = testing::ask("www.example.", proto::RrType::A);
        let put = || cache.put_rrset(testing::address("www.example.", 60, 1), testing::authoritative(), testing::at(0));
        assert_eq!(put(), Put::Stored);
        let owner = Owner::new(&question.name);
        std::thread::scope(|scope| {
            let broken = scope.spawn(|| {
                let _guard = cache.shard(cache.key(owner.wire()));
                panic!("under the lock");
            });
            assert!(broken.join().is_err());
        });
        assert_eq!(cache.lookup(&question, testing::at(0)), None);
        assert_eq!(put(), Put::Stored);
        assert!(cache.lookup(&question, testing::at(0)).is_some());
        assert_eq!(cache.stats().entries(), 1);
    }
}
