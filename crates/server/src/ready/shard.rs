//! A part of the table behind one lock: replies, budget, eviction.
//!
//! A hand goes round; a reply that was asked for since it came by last is spared once.

use std::mem::size_of;
use std::sync::Mutex;

use engine::Lasting;
use hashbrown::HashTable;
use proto::{HEADER_OCTETS, WallTime};

use super::asked::{Asked, Variant};

/// A reply may take this part of its shard at most.
const LARGEST_PART: usize = 4;
/// Replies looked at to make room for one; then the last of them goes. Bounds the time under the lock.
const MAX_SWEEP: usize = 32;
/// Upper bound for the buckets of hashbrown's first table.
const MIN_TABLE: usize = 16;
/// What an allocator adds to a block.
const BLOCK_OVERHEAD: usize = 16;

/// A reply, and how long it is the reply.
pub(super) struct Ready {
    /// The reply with its question in lower case, then the offsets of its TTLs, each in two octets.
    octets: Box<[u8]>,
    lasting: Lasting,
    made: WallTime,
    hash: u64,
    reply_octets: u16,
    question_octets: u16,
    variant: Variant,
    /// It was asked for since the hand came by.
    used: bool,
}

pub(super) struct Shard {
    table: HashTable<Ready>,
    blocks: usize,
    budget: usize,
    hand: usize,
}

impl Ready {
    pub(super) fn new(
        hash: u64,
        asked: &Asked<'_>,
        reply: &[u8],
        offsets: &[u16],
        made: WallTime,
        lasting: Lasting,
    ) -> Option<Self> {
        let question = asked.question();
        let reply_octets = u16::try_from(reply.len()).ok()?;
        let mut octets = Vec::with_capacity(reply.len() + 2 * offsets.len());
        octets.extend_from_slice(reply);
        octets.get_mut(HEADER_OCTETS..HEADER_OCTETS + question.len())?.copy_from_slice(question);
        octets.extend(offsets.iter().flat_map(|offset| offset.to_ne_bytes()));
        Some(Self {
            octets: octets.into(),
            lasting,
            made,
            hash,
            reply_octets,
            question_octets: question.len() as u16, // a name and four octets
            variant: asked.variant,
            used: false,
        })
    }

    fn question(&self) -> &[u8] {
        &self.octets[HEADER_OCTETS..HEADER_OCTETS + usize::from(self.question_octets)]
    }

    fn answers(&self, asked: &Asked<'_>) -> bool {
        self.variant == asked.variant && self.question() == asked.question()
    }

    /// The reply as it is now.
    fn write(&self, asked: &Asked<'_>, now: WallTime, out: &mut Vec<u8>) {
        let start = out.len();
        let (reply, offsets) = self.octets.split_at(usize::from(self.reply_octets));
        out.extend_from_slice(reply);
        let reply = &mut out[start..];
        asked.address(reply);
        // Rounded up: what is told is never more than is left.
        let age = u32::try_from(now.0.saturating_sub(self.made.0).div_ceil(1000)).unwrap_or(u32::MAX);
        for offset in offsets.as_chunks::<2>().0 {
            let at = usize::from(u16::from_ne_bytes(*offset));
            if let Some(field) = reply.get_mut(at..).and_then(|rest| rest.first_chunk_mut::<4>()) {
                *field = u32::from_be_bytes(*field).saturating_sub(age).to_be_bytes();
            }
        }
    }

    fn block(&self) -> usize {
        self.octets.len().next_multiple_of(16) + BLOCK_OVERHEAD
    }
}

impl Shard {
    pub(super) fn new(budget: usize) -> Self {
        Self { table: HashTable::new(), blocks: 0, budget, hand: 0 }
    }

    pub(super) fn find(
        &mut self,
        hash: u64,
        asked: &Asked<'_>,
        limit: usize,
        now: WallTime,
        stands: impl FnOnce(&Lasting) -> bool,
        out: &mut Vec<u8>,
    ) -> bool {
        let Some(ready) = self.table.find_mut(hash, |ready| ready.answers(asked)) else { return false };
        // The wall clock may have been set back: then nobody knows how old the reply is.
        if now < ready.made || now >= ready.lasting.until || !stands(&ready.lasting) {
            self.remove(hash, asked);
            return false;
        }
        if usize::from(ready.reply_octets) > limit {
            return false;
        }
        ready.used = true;
        ready.write(asked, now, out);
        true
    }

    pub(super) fn keep(&mut self, ready: Ready, now: WallTime) {
        if ready.block() > self.budget / LARGEST_PART {
            return;
        }
        let same = |other: &Ready| other.variant == ready.variant && other.question() == ready.question();
        if let Ok(old) = self.table.find_entry(ready.hash, same) {
            self.blocks -= old.remove().0.block();
        }
        while !self.table.is_empty() && self.octets_with(1) + ready.block() > self.budget {
            self.evict(now);
        }
        if self.octets_with(1) + ready.block() <= self.budget {
            self.blocks += ready.block();
            self.table.insert_unique(ready.hash, ready, |ready| ready.hash);
        }
    }

    #[cfg(test)]
    pub(super) fn octets(&self) -> usize {
        self.octets_with(0)
    }

    fn remove(&mut self, hash: u64, asked: &Asked<'_>) {
        if let Ok(found) = self.table.find_entry(hash, |ready| ready.answers(asked)) {
            self.blocks -= found.remove().0.block();
        }
    }

    /// Octets in use, the table as it will be with `more` replies.
    fn octets_with(&self, more: usize) -> usize {
        let table = self.table.allocation_size();
        let full = self.table.num_buckets() / 8 * 7;
        // As hashbrown does it: without room it doubles the table, or clears it of deleted buckets if less than half of it
        // is in use.
        let grows = self.table.len() + more > self.table.capacity() && self.table.len() + more > full / 2;
        let growth = if grows { table.max(MIN_TABLE * size_of::<Ready>()) } else { 0 };
        size_of::<Mutex<Self>>() + self.blocks + table + growth
    }

    /// Drops one reply.
    fn evict(&mut self, now: WallTime) {
        let buckets = self.table.num_buckets();
        let mut met = 0;
        for _ in 0..buckets {
            self.hand = (self.hand + 1) % buckets;
            let Some(ready) = self.table.get_bucket_mut(self.hand) else { continue };
            met += 1;
            if ready.used && now < ready.lasting.until && met < MAX_SWEEP {
                ready.used = false;
                continue;
            }
            break;
        }
        if let Ok(found) = self.table.get_bucket_entry(self.hand) {
            self.blocks -= found.remove().0.block();
        }
    }
}
