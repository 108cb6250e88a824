//! Ready replies: a cache of the engine's answers in the form in which they go out.
//!
//! What it is for: a question that was answered from the cache before, in the same way by a client of the same kind, is answered
//! by copying octets: without allocation, without a task, without a lock that all threads share.
//!
//! What it deliberately does not do: decide anything. A reply is kept only as long as the engine would give the same one
//! ([`engine::Lasting`]), and no longer than [`LONGEST`], so that the engine sees which of its data is in use. Whoever finds
//! nothing here asks the engine.

mod asked;
mod shard;
mod ttls;

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use engine::Lasting;
use foldhash::SharedSeed;
use foldhash::quality::FoldHasher;
use proto::WallTime;

pub(crate) use asked::Asked;
use shard::{Ready, Shard};

/// No reply is kept for longer: the cache would think that nobody asks for the data, and what the engine knows beside
/// the cache (why a zone is not validated) may have changed.
const LONGEST: Duration = Duration::from_secs(10);
/// So many shards keep the threads of a big machine apart.
const SHARDS: usize = 64;
/// Octets of a shard at least: with less a large reply would not fit into its part.
const SMALLEST_SHARD: usize = 32 << 10;

/// Replies that can be given again, by question and variant.
pub(crate) struct ReadyReplies {
    seed: u64,
    shared: SharedSeed,
    shards: Box<[Mutex<Shard>]>,
}

impl ReadyReplies {
    /// A table that takes at most so many octets; with 0 nothing is ever kept.
    pub(crate) fn new(octets: usize) -> Self {
        // Clients must not be able to choose names that fall into one bucket.
        let (seed, shared) = (RandomState::new().hash_one(octets), RandomState::new().hash_one(SHARDS));
        let count = (octets / SMALLEST_SHARD).min(SHARDS);
        let shard = || Mutex::new(Shard::new(octets / count.max(1)));
        let shards = std::iter::repeat_with(shard).take(count).collect();
        Self { seed, shared: SharedSeed::from_u64(shared), shards }
    }

    /// Appends the reply to a query if one of at most `limit` octets is ready and `stands`.
    pub(crate) fn find(
        &self,
        asked: &Asked<'_>,
        limit: usize,
        now: WallTime,
        stands: impl FnOnce(&Lasting) -> bool,
        out: &mut Vec<u8>,
    ) -> bool {
        let hash = self.hash(asked);
        let Some(shard) = self.shard(hash) else { return false };
        shard.lock().unwrap_or_else(PoisonError::into_inner).find(hash, asked, limit, now, stands, out)
    }

    /// Keeps a reply that was made at or after `made` and says all there is to say.
    pub(crate) fn keep(&self, asked: &Asked<'_>, reply: &[u8], made: WallTime, lasting: &Lasting) {
        let hash = self.hash(asked);
        let Some(shard) = self.shard(hash) else { return };
        let Some((offsets, least_ttl)) = ttls::find(reply) else { return };
        let until = lasting.until.min(made.plus_ttl(least_ttl)).min(made + LONGEST);
        if until <= made {
            return;
        }
        let lasting = Lasting { until, ..*lasting };
        if let Some(ready) = Ready::new(hash, asked, reply, &offsets, made, lasting) {
            shard.lock().unwrap_or_else(PoisonError::into_inner).keep(ready, made);
        }
    }

    /// Octets that are in use, as they are counted.
    #[cfg(test)]
    pub(crate) fn octets(&self) -> usize {
        self.shards.iter().map(|shard| shard.lock().unwrap_or_else(PoisonError::into_inner).octets()).sum()
    }

    fn hash(&self, asked: &Asked<'_>) -> u64 {
        let mut hasher = FoldHasher::with_seed(self.seed, &self.shared);
        hasher.write(asked.question());
        hasher.write_u8(asked.variant.bits());
        hasher.finish()
    }

    fn shard(&self, hash: u64) -> Option<&Mutex<Shard>> {
        // The tables of the shards use the low bits and the seven highest: these are others, scaled to the number of shards.
        let bits = (hash >> 24) & u64::from(u32::MAX);
        self.shards.get(((bits * self.shards.len() as u64) >> 32) as usize)
    }
}

#[cfg(test)]
mod tests;
