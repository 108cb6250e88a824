//! A part of the cache behind one lock: table, budget, eviction.
//!
//! Eviction is CLOCK with a small use count: a hand goes round the table, takes one use away from each entry it meets
//! and drops the first that has none. New entries start without uses, so a flood of names that nobody asks again
//! pushes out itself, not what is asked. The order of the table depends on a secret seed and shows nowhere but in the
//! choice of what to drop.

use std::mem::size_of;
use std::sync::Mutex;

use hashbrown::HashTable;
use proto::WallTime;

use crate::Put;
use crate::entry::{Copied, Entry};
use crate::key::{Key, Place};
use crate::stats::CacheStats;

/// An entry may take this part of its shard at most, so that one answer cannot push out all others.
const LARGEST_PART: usize = 8;
/// Entries of one name: 100 types (more no honest name has) and what else is kept about a name. All of them share a
/// hash, so this bounds the work of a lookup.
pub(crate) const MAX_ENTRIES_PER_NAME: usize = 128;
/// Uses that an entry can save up: it survives as many rounds of the hand without being asked.
const MAX_USES: u8 = 3;
/// Entries looked at to evict one; then the least used of them goes. Bounds the time under the lock.
const MAX_SWEEP: usize = 64;

/// What of a live or stale entry is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// Only what is live.
    Live,
    /// Expired entries too, as long as they are kept.
    Stale,
}

/// 16 bytes that tell, mostly without touching the entry, whether it is the one looked for.
struct Slot {
    tag: u32,
    place: Place,
    entry: Box<Entry>,
}

pub(crate) struct Shard {
    table: HashTable<Slot>,
    entry_bytes: usize,
    hand: usize,
    budget: usize,
    max_stale: u32,
    stats: CacheStats,
}

impl Shard {
    pub(crate) fn new(budget: usize, max_stale: u32) -> Self {
        let stats = CacheStats { budget: budget as u64, ..CacheStats::default() };
        Self { table: HashTable::new(), entry_bytes: 0, hand: 0, budget, max_stale, stats }
    }

    /// A copy of the entry at `place`, which counts as a use of it.
    pub(crate) fn hit(&mut self, key: Key<'_>, place: Place, wanted: Wanted, now: WallTime) -> Option<Copied> {
        let bucket = self.find(key, place)?;
        let slot = self.table.get_bucket_mut(bucket)?;
        slot.entry.settle(now);
        if slot.entry.is_over(now, self.max_stale) {
            self.drop_expired(bucket);
            return None;
        }
        if wanted == Wanted::Live && !slot.entry.is_live(now) {
            return None;
        }
        slot.entry.uses = (slot.entry.uses + 1).min(MAX_USES);
        self.stats.kind_mut(slot.entry.kind()).hits += 1;
        Some(slot.entry.copy())
    }

    /// Notes that an offer was not even looked at.
    pub(crate) fn refuse(&mut self) -> Put {
        self.stats.refused += 1;
        Put::Refused
    }

    /// Notes that a lookup found nothing.
    pub(crate) fn miss(&mut self) {
        self.stats.misses += 1;
    }

    /// Puts `entry` in the place of all that contradicts it, unless some of that is live and outranks it.
    pub(crate) fn put(&mut self, key: Key<'_>, place: Place, mut entry: Box<Entry>, now: WallTime) -> Put {
        let contradicts = |(bucket, slot): (usize, &Slot)| slot.place.contradicts(place).then_some(bucket);
        let rivals: Vec<usize> = self.buckets(key).filter_map(contradicts).collect();
        for &bucket in &rivals {
            let Some(slot) = self.table.get_bucket_mut(bucket) else { continue };
            slot.entry.settle(now);
            if slot.entry.outranks(&entry, now) {
                self.stats.kept_better += 1;
                return Put::KeptBetter;
            }
        }
        // What is asked often stays so when it is refreshed.
        let uses = rivals.into_iter().filter_map(|bucket| self.take(bucket)).map(|slot| slot.entry.uses).max();
        entry.uses = uses.unwrap_or(0);
        if entry.bytes() > self.budget / LARGEST_PART || entry.is_over(now, self.max_stale) {
            return self.refuse();
        }
        self.make_room_for_name(key);
        self.make_room(entry.bytes(), now);
        let counters = self.stats.kind_mut(entry.kind());
        counters.stored += 1;
        counters.entries += 1;
        counters.bytes += entry.bytes() as u64;
        self.entry_bytes += entry.bytes();
        let slot = Slot { tag: key.tag(), place, entry };
        self.table.insert_unique(spread(slot.tag), slot, |slot| spread(slot.tag));
        Put::Stored
    }

    /// Removes one entry.
    pub(crate) fn remove(&mut self, key: Key<'_>, place: Place) {
        if let Some(bucket) = self.find(key, place) {
            self.take(bucket);
        }
    }

    /// Removes all of a name; gives the number of entries.
    pub(crate) fn remove_name(&mut self, key: Key<'_>) -> usize {
        let all: Vec<usize> = self.buckets(key).map(|(bucket, _)| bucket).collect();
        all.into_iter().filter_map(|bucket| self.take(bucket)).count()
    }

    /// Empties the shard; the counters since the start stay.
    #[must_use = "the entries are to be dropped after the lock is released"]
    pub(crate) fn clear(&mut self) -> impl Sized + use<> {
        self.entry_bytes = 0;
        self.hand = 0;
        self.stats.forget_entries();
        std::mem::replace(&mut self.table, HashTable::new())
    }

    pub(crate) fn stats(&self) -> CacheStats {
        CacheStats { bytes: self.bytes_with(0) as u64, ..self.stats }
    }

    fn find(&self, key: Key<'_>, place: Place) -> Option<usize> {
        self.table.find_bucket_index(spread(key.tag()), |slot| slot.place == place && is_of(slot, key))
    }

    /// The buckets of a name's entries; at most [`MAX_ENTRIES_PER_NAME`].
    fn buckets(&self, key: Key<'_>) -> impl Iterator<Item = (usize, &Slot)> {
        let candidates = self.table.iter_hash_buckets(spread(key.tag()));
        candidates.filter_map(move |bucket| {
            let slot = self.table.get_bucket(bucket)?;
            is_of(slot, key).then_some((bucket, slot))
        })
    }

    fn take(&mut self, bucket: usize) -> Option<Slot> {
        let (slot, _) = self.table.get_bucket_entry(bucket).ok()?.remove();
        self.entry_bytes -= slot.entry.bytes();
        let counters = self.stats.kind_mut(slot.entry.kind());
        counters.entries -= 1;
        counters.bytes -= slot.entry.bytes() as u64;
        Some(slot)
    }

    fn drop_expired(&mut self, bucket: usize) {
        if let Some(slot) = self.take(bucket) {
            self.stats.kind_mut(slot.entry.kind()).expired += 1;
        }
    }

    fn drop_evicted(&mut self, bucket: usize) {
        if let Some(slot) = self.take(bucket) {
            self.stats.kind_mut(slot.entry.kind()).evicted += 1;
        }
    }

    /// A name at its limit loses its least used entry: neither can somebody who asks for all types of a name keep
    /// others from being cached, nor does he push out what is asked.
    fn make_room_for_name(&mut self, key: Key<'_>) {
        if self.buckets(key).count() < MAX_ENTRIES_PER_NAME {
            return;
        }
        let least = self.buckets(key).min_by_key(|(_, slot)| slot.entry.uses).map(|(bucket, _)| bucket);
        if let Some(bucket) = least {
            self.drop_evicted(bucket);
        }
    }

    fn make_room(&mut self, bytes: usize, now: WallTime) {
        while !self.table.is_empty() && self.bytes_with(1) + bytes > self.budget {
            self.evict(now);
        }
    }

    /// Accounted bytes, the table as it will be with `more` slots.
    fn bytes_with(&self, more: usize) -> usize {
        let table = self.table.allocation_size();
        let full = self.table.num_buckets() / 8 * 7;
        // hashbrown keeps 1/8 of its buckets free. Without room it doubles the table, or clears it of deleted slots if
        // less than half of it is in use.
        let grows = self.table.len() + more > self.table.capacity() && self.table.len() + more > full / 2;
        let growth = if grows { table.max(MIN_TABLE * size_of::<Slot>()) } else { 0 };
        size_of::<Mutex<Shard>>() + self.entry_bytes + table + growth
    }

    /// Drops one entry, if there is one.
    fn evict(&mut self, now: WallTime) {
        let buckets = self.table.num_buckets();
        let mut least: Option<(u8, usize)> = None;
        let mut met = 0;
        for _ in 0..buckets {
            self.hand = (self.hand + 1) % buckets;
            let Some(slot) = self.table.get_bucket_mut(self.hand) else { continue };
            slot.entry.settle(now);
            if slot.entry.is_over(now, self.max_stale) {
                return self.drop_expired(self.hand);
            }
            if slot.entry.uses == 0 {
                return self.drop_evicted(self.hand);
            }
            if least.is_none_or(|(uses, _)| slot.entry.uses < uses) {
                least = Some((slot.entry.uses, self.hand));
            }
            slot.entry.uses -= 1;
            met += 1;
            if met == MAX_SWEEP {
                break;
            }
        }
        if let Some((_, bucket)) = least {
            self.drop_evicted(bucket);
        }
    }
}

/// Upper bound for the buckets of hashbrown's first table.
const MIN_TABLE: usize = 16;

fn is_of(slot: &Slot, key: Key<'_>) -> bool {
    slot.tag == key.tag() && slot.entry.owner() == key.owner
}

/// The table takes its bucket from the low bits and its control byte from the high ones; a slot keeps 32 bits.
fn spread(tag: u32) -> u64 {
    u64::from(tag).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

#[cfg(test)]
mod tests;
