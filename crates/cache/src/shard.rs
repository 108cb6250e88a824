//! A part of the cache behind one lock: table, log, budget, eviction.
//!
//! The table leads from names to positions in the [`Log`](crate::log). Eviction is CLOCK in the order in which entries came:
//! the oldest segment goes, and what of it was asked of late is put back at the end with one use less. New entries start
//! without uses, so a flood of names that nobody asks again pushes out itself, not what is asked.

use std::mem::size_of;
use std::sync::Mutex;

use hashbrown::HashTable;
use proto::WallTime;

use crate::Put;
use crate::entry::{self, Copied, Entry};
use crate::key::{Key, KeyHash, Place};
use crate::log::{Log, Position, SEGMENT};
use crate::stats::{CacheStats, Kind};

/// An entry may take this part of its shard at most, so that one answer cannot push out all others.
const LARGEST_PART: usize = 8;
/// Entries of one name: 100 types (more no honest name has) and what else is kept about a name. All of them share a
/// hash, so this bounds the work of a lookup.
pub(crate) const MAX_ENTRIES_PER_NAME: usize = 128;
/// Uses that an entry can save up: it survives as many rounds without being asked.
const MAX_USES: u8 = 3;
/// Segments looked through for what nobody asks before what is asked goes too. Bounds the time under the lock.
const PATIENT_SWEEPS: usize = 8;
/// Octets without an entry (replaced, removed) that are left alone, beside as many as the entries have.
const MAX_WASTE: usize = 4 * SEGMENT;

/// What of a live or stale entry is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// Only what is live.
    Live,
    /// Expired entries too, as long as they are kept.
    Stale,
}

/// What stays of a segment that is taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keep {
    /// Whatever is of use.
    All,
    /// What was asked of late.
    Used,
    /// The same, but no more than half of the segment.
    Half,
}

/// 8 bytes that lead to an entry.
#[derive(Debug, Clone, Copy)]
struct Slot {
    tag: u32,
    position: Position,
}

pub(crate) struct Shard {
    table: HashTable<Slot>,
    log: Log,
    /// Octets of the entries in the table.
    entry_bytes: usize,
    budget: usize,
    max_stale: u32,
    hash: KeyHash,
    stats: CacheStats,
}

impl Shard {
    pub(crate) fn new(budget: usize, max_stale: u32, hash: KeyHash) -> Self {
        let stats = CacheStats { budget: budget as u64, ..CacheStats::default() };
        Self { table: HashTable::new(), log: Log::default(), entry_bytes: 0, budget, max_stale, hash, stats }
    }

    /// A copy of the entry at `place`, which counts as a use of it.
    pub(crate) fn hit(&mut self, key: Key<'_>, place: Place, wanted: Wanted, now: WallTime) -> Option<Copied> {
        let (bucket, position) = self.find(key, place)?;
        let octets = self.log.at_mut(position);
        entry::settle(octets, now);
        let entry = Entry::of(octets)?;
        if entry.is_over(now, self.max_stale) {
            self.drop_expired(bucket);
            return None;
        }
        if wanted == Wanted::Live && !entry.is_live(now) {
            return None;
        }
        let (kind, copied, uses) = (entry.kind(), Copied::new(entry), entry.uses());
        entry::set_uses(octets, (uses + 1).min(MAX_USES));
        self.stats.kind_mut(kind).hits += 1;
        Some(copied)
    }

    /// What is live at `place`, without counting as a use of it.
    pub(crate) fn kind_of(&mut self, key: Key<'_>, place: Place, now: WallTime) -> Option<Kind> {
        let (_, position) = self.find(key, place)?;
        let octets = self.log.at_mut(position);
        entry::settle(octets, now);
        Entry::of(octets).filter(|entry| entry.is_live(now)).map(Entry::kind)
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

    /// Puts an entry in the place of all that contradicts it, unless some of that is live and outranks it.
    pub(crate) fn put(&mut self, key: Key<'_>, mut octets: Vec<u8>, now: WallTime) -> Put {
        let Some(new) = Entry::of(&octets) else { return self.refuse() };
        let place = new.place();
        let rivals: Vec<(usize, Position)> = self
            .buckets(key)
            .filter(|(_, _, rival)| rival.place().contradicts(place))
            .map(|(b, p, _)| (b, p))
            .collect();
        for (_, position) in &rivals {
            let rival = self.log.at_mut(*position);
            entry::settle(rival, now);
            if Entry::of(rival).is_some_and(|rival| rival.outranks(new, now)) {
                self.stats.kept_better += 1;
                return Put::KeptBetter;
            }
        }
        if self.replace(&rivals, &mut octets, now) {
            return Put::Stored;
        }
        let Some(new) = Entry::of(&octets) else { return self.refuse() };
        // What is asked often stays so when it is refreshed.
        let uses = rivals.into_iter().filter_map(|(bucket, _)| self.take(bucket)).map(|(_, uses)| uses).max();
        let too_large = octets.len() > self.budget / LARGEST_PART;
        if too_large || new.is_over(now, self.max_stale) || self.log.is_full() {
            return self.refuse();
        }
        let kind = new.kind();
        entry::set_uses(&mut octets, uses.unwrap_or(0));
        self.make_room_for_name(key);
        self.make_room(octets.len(), now);
        let counters = self.stats.kind_mut(kind);
        counters.stored += 1;
        counters.entries += 1;
        counters.bytes += octets.len() as u64;
        self.entry_bytes += octets.len();
        let slot = Slot { tag: key.tag(), position: self.log.append(&octets) };
        self.table.insert_unique(spread(slot.tag), slot, |slot| spread(slot.tag));
        Put::Stored
    }

    /// Puts an entry over the one that it takes the place of, if it has the same kind and length: what is learnt twice, first
    /// unchecked and then checked, leaves nothing behind.
    fn replace(&mut self, rivals: &[(usize, Position)], octets: &mut [u8], now: WallTime) -> bool {
        let [(_, position)] = *rivals else { return false };
        let old = self.log.at_mut(position);
        let (Some(new), Some(rival)) = (Entry::of(octets), Entry::of(old)) else { return false };
        let alike = rival.place() == new.place() && rival.kind() == new.kind() && rival.length() == new.length();
        if !alike || new.is_over(now, self.max_stale) {
            return false;
        }
        // It is young though it lies among the old: a use lets it survive their round.
        let (kind, uses) = (new.kind(), rival.uses().max(1));
        entry::set_uses(octets, uses);
        old[..octets.len()].copy_from_slice(octets);
        self.stats.kind_mut(kind).stored += 1;
        true
    }

    /// Removes one entry.
    pub(crate) fn remove(&mut self, key: Key<'_>, place: Place) {
        if let Some((bucket, _)) = self.find(key, place) {
            self.take(bucket);
        }
    }

    /// Removes all of a name; gives the number of entries.
    pub(crate) fn remove_name(&mut self, key: Key<'_>) -> usize {
        let all: Vec<usize> = self.buckets(key).map(|(bucket, ..)| bucket).collect();
        all.into_iter().filter_map(|bucket| self.take(bucket)).count()
    }

    /// Empties the shard; the counters since the start stay.
    #[must_use = "the entries are to be dropped after the lock is released"]
    pub(crate) fn clear(&mut self) -> impl Sized + use<> {
        self.entry_bytes = 0;
        self.stats.forget_entries();
        (std::mem::replace(&mut self.table, HashTable::new()), std::mem::take(&mut self.log))
    }

    pub(crate) fn stats(&self) -> CacheStats {
        CacheStats { bytes: self.bytes() as u64, ..self.stats }
    }

    fn find(&self, key: Key<'_>, place: Place) -> Option<(usize, Position)> {
        let wanted = |slot: &Slot| self.entry_of(slot, key).is_some_and(|entry| entry.place() == place);
        let bucket = self.table.find_bucket_index(spread(key.tag()), wanted)?;
        Some((bucket, self.table.get_bucket(bucket)?.position))
    }

    /// The entry of a slot, if its owner is the name.
    fn entry_of(&self, slot: &Slot, key: Key<'_>) -> Option<Entry<'_>> {
        let entry = Entry::of(self.log.at(slot.position)).filter(|_| slot.tag == key.tag())?;
        entry.is_of(key.owner).then_some(entry)
    }

    /// The buckets of a name's entries; at most [`MAX_ENTRIES_PER_NAME`].
    fn buckets(&self, key: Key<'_>) -> impl Iterator<Item = (usize, Position, Entry<'_>)> {
        let candidates = self.table.iter_hash_buckets(spread(key.tag()));
        candidates.filter_map(move |bucket| {
            let slot = self.table.get_bucket(bucket)?;
            Some((bucket, slot.position, self.entry_of(slot, key)?))
        })
    }

    /// Takes an entry out of the table, and leaves its octets where they are; gives its kind and uses.
    fn take(&mut self, bucket: usize) -> Option<(Kind, u8)> {
        let (slot, _) = self.table.get_bucket_entry(bucket).ok()?.remove();
        let entry = Entry::of(self.log.at(slot.position))?;
        let (kind, length, uses) = (entry.kind(), entry.length(), entry.uses());
        self.forget(kind, length);
        Some((kind, uses))
    }

    fn forget(&mut self, kind: Kind, length: usize) {
        self.entry_bytes -= length;
        let counters = self.stats.kind_mut(kind);
        counters.entries -= 1;
        counters.bytes -= length as u64;
    }

    fn drop_expired(&mut self, bucket: usize) {
        if let Some((kind, _)) = self.take(bucket) {
            self.stats.kind_mut(kind).expired += 1;
        }
    }

    fn drop_evicted(&mut self, bucket: usize) {
        if let Some((kind, _)) = self.take(bucket) {
            self.stats.kind_mut(kind).evicted += 1;
        }
    }

    /// A name at its limit loses its least used entry: neither can somebody who asks for all types of a name keep
    /// others from being cached, nor does he push out what is asked.
    fn make_room_for_name(&mut self, key: Key<'_>) {
        if self.buckets(key).count() < MAX_ENTRIES_PER_NAME {
            return;
        }
        let least = self.buckets(key).min_by_key(|(.., entry)| entry.uses()).map(|(bucket, ..)| bucket);
        if let Some(bucket) = least {
            self.drop_evicted(bucket);
        }
    }

    fn make_room(&mut self, length: usize, now: WallTime) {
        // Octets of what has been replaced are memory too: without this, data that is refreshed would fill the budget.
        if self.log.bytes() > 2 * self.entry_bytes + MAX_WASTE {
            self.sweep(Keep::All, now);
        }
        let mut sweeps = 0;
        while !self.log.is_empty() && self.bytes_with(length) > self.budget {
            sweeps += 1;
            self.sweep(if sweeps <= PATIENT_SWEEPS { Keep::Used } else { Keep::Half }, now);
        }
    }

    fn bytes(&self) -> usize {
        size_of::<Mutex<Shard>>() + self.log.bytes() + self.table.allocation_size()
    }

    /// Accounted bytes with one entry more.
    fn bytes_with(&self, length: usize) -> usize {
        let table = self.table.allocation_size();
        let full = self.table.num_buckets() / 8 * 7;
        // hashbrown keeps 1/8 of its buckets free. Without room it doubles the table, or clears it of deleted slots if
        // less than half of it is in use.
        let grows = self.table.len() + 1 > self.table.capacity() && self.table.len() + 1 > full / 2;
        let growth = if grows { table.max(MIN_TABLE * size_of::<Slot>()) } else { 0 };
        size_of::<Mutex<Shard>>() + self.log.bytes_with(length) + table + growth
    }

    /// Takes the oldest segment away, and puts back what shall stay of it.
    fn sweep(&mut self, keep: Keep, now: WallTime) {
        let Some((mut position, mut segment)) = self.log.take_oldest() else { return };
        let mut rest = segment.as_mut_slice();
        let mut room = if keep == Keep::Half { SEGMENT / 2 } else { usize::MAX };
        while let Some(length) = Entry::of(rest).map(Entry::length).filter(|length| *length > 0) {
            let Some((octets, behind)) = rest.split_at_mut_checked(length) else { break };
            self.judge(octets, position, keep, &mut room, now);
            position = position.plus(length);
            rest = behind;
        }
        self.log.recycle(segment);
    }

    /// Decides about one entry of a segment that goes.
    fn judge(&mut self, octets: &mut [u8], position: Position, keep: Keep, room: &mut usize, now: WallTime) {
        entry::settle(octets, now);
        let Some(entry) = Entry::of(octets) else { return };
        let tag = self.hash.key(entry.owner()).tag();
        let here = |slot: &Slot| slot.position == position;
        let Some(bucket) = self.table.find_bucket_index(spread(tag), here) else { return };
        let (kind, length, uses) = (entry.kind(), entry.length(), entry.uses());
        let over = entry.is_over(now, self.max_stale);
        let stays = match keep {
            Keep::All => true,
            Keep::Used | Keep::Half => uses > 0 && length <= *room,
        };
        if stays && !over {
            if keep != Keep::All {
                *room -= length;
                entry::set_uses(octets, uses - 1);
            }
            let moved = self.log.append(octets);
            if let Some(slot) = self.table.get_bucket_mut(bucket) {
                slot.position = moved;
            }
            return;
        }
        if let Ok(found) = self.table.get_bucket_entry(bucket) {
            found.remove();
        }
        self.forget(kind, length);
        let counters = self.stats.kind_mut(kind);
        *(if over { &mut counters.expired } else { &mut counters.evicted }) += 1;
    }
}

/// Upper bound for the buckets of hashbrown's first table.
const MIN_TABLE: usize = 16;

/// The table takes its bucket from the low bits and its control byte from the high ones; a slot keeps 32 bits.
fn spread(tag: u32) -> u64 {
    u64::from(tag).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

#[cfg(test)]
mod tests;
