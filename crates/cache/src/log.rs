//! Where the octets of entries lie: one after another, in the order in which they came.
//!
//! Nothing is freed in the middle. The oldest segment goes as a whole, and whoever takes it away puts back at the end what shall
//! stay. So an entry costs its octets and no more, and neither the allocator nor holes take part of the budget.

use std::collections::VecDeque;
use std::mem::size_of;

/// Octets of a segment: enough for fifty entries, and few enough to look through under a lock.
pub(crate) const SEGMENT: usize = 8 << 10;
/// Octets of the first ones: a shard with few entries takes little memory.
const SMALLEST: usize = 1 << 10;
/// What the allocator adds to a segment, and its place in the list.
const OVERHEAD: usize = 16 + size_of::<Vec<u8>>();

/// Where an entry begins: number of its segment, place in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Position {
    segment: u16,
    at: u16,
}

/// The octets of all entries of a shard.
#[derive(Default)]
pub(crate) struct Log {
    segments: VecDeque<Vec<u8>>,
    /// Number of the first one; numbers wrap around, and there are never so many at once.
    first: u16,
    octets: usize,
    /// The last one that was taken away: the allocator is not asked while the oldest go and new ones come.
    spare: Option<Vec<u8>>,
}

impl Log {
    /// Memory that it takes.
    pub(crate) fn bytes(&self) -> usize {
        self.octets
    }

    /// Memory that it takes once `length` octets more are in it.
    pub(crate) fn bytes_with(&self, length: usize) -> usize {
        let room = self.has_room(length) || (self.spare.is_some() && length <= SEGMENT);
        self.octets + if room { 0 } else { length.max(self.next_segment()) + OVERHEAD }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.segments.is_empty()
    }

    /// Whether there may be as many segments once more.
    pub(crate) fn is_full(&self) -> bool {
        self.segments.len() >= usize::from(u16::MAX)
    }

    /// Octets of the next segment: half of what there is already.
    fn next_segment(&self) -> usize {
        (self.octets / 2).clamp(SMALLEST, SEGMENT)
    }

    fn has_room(&self, length: usize) -> bool {
        // Places are told in 16 bits.
        let fits = |last: &Vec<u8>| last.len() <= SEGMENT && last.capacity() - last.len() >= length;
        self.segments.back().is_some_and(fits)
    }

    /// Adds an entry at the end.
    pub(crate) fn append(&mut self, entry: &[u8]) -> Position {
        if !self.has_room(entry.len()) {
            let segment = match self.spare.take_if(|_| entry.len() <= SEGMENT) {
                Some(spare) => spare,
                None => {
                    let octets = entry.len().max(self.next_segment());
                    self.octets += octets + OVERHEAD;
                    Vec::with_capacity(octets)
                }
            };
            self.segments.push_back(segment);
        }
        let number = self.first.wrapping_add((self.segments.len() - 1) as u16);
        let last = self.segments.back_mut().expect("one was added if there was none");
        let at = last.len() as u16; // nothing else is behind what is larger than a segment
        last.extend_from_slice(entry);
        Position { segment: number, at }
    }

    /// The octets from a position to the end of its segment.
    pub(crate) fn at(&self, position: Position) -> &[u8] {
        let index = usize::from(position.segment.wrapping_sub(self.first));
        self.segments.get(index).and_then(|segment| segment.get(usize::from(position.at)..)).unwrap_or_default()
    }

    /// The same, to be changed in place.
    pub(crate) fn at_mut(&mut self, position: Position) -> &mut [u8] {
        let index = usize::from(position.segment.wrapping_sub(self.first));
        let segment = self.segments.get_mut(index);
        segment.and_then(|segment| segment.get_mut(usize::from(position.at)..)).unwrap_or_default()
    }

    /// Gives a segment back that was taken out.
    pub(crate) fn recycle(&mut self, mut segment: Vec<u8>) {
        if segment.capacity() == SEGMENT && self.spare.is_none() {
            segment.clear();
            self.spare = Some(segment);
            self.octets += SEGMENT + OVERHEAD;
        }
    }

    /// Takes the oldest segment out, with the position at which it began.
    pub(crate) fn take_oldest(&mut self) -> Option<(Position, Vec<u8>)> {
        let oldest = self.segments.pop_front()?;
        self.octets -= oldest.capacity() + OVERHEAD;
        let position = Position { segment: self.first, at: 0 };
        self.first = self.first.wrapping_add(1);
        Some((position, oldest))
    }
}

impl Position {
    /// The position of what begins so many octets further on in the same segment.
    pub(crate) fn plus(self, octets: usize) -> Self {
        Self { at: self.at + octets as u16, ..self } // within a segment
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_found_where_they_were_put() {
        let mut log = Log::default();
        let entry = |number: usize| vec![number as u8; 1 + number * 37 % 3_000];
        let positions: Vec<Position> = (0..200).map(|number| log.append(&entry(number))).collect();
        let large = log.append(&vec![7; 3 * SEGMENT]);
        let behind = log.append(&[8; 5]);
        for (number, position) in positions.iter().enumerate() {
            assert!(log.at(*position).starts_with(&entry(number)), "{number}");
        }
        assert_eq!(log.at(large), vec![7; 3 * SEGMENT]);
        log.at_mut(behind)[0] = 9;
        assert_eq!(log.at(behind), [9, 8, 8, 8, 8]);
    }

    #[test]
    fn the_oldest_goes_first_and_numbers_wrap_around() {
        let mut log = Log::default();
        let mut last = log.append(&[1; SEGMENT]);
        for number in 0..70_000_u32 {
            let next = log.append(&[number as u8; SEGMENT]);
            let (position, segment) = log.take_oldest().unwrap();
            assert_eq!((position, segment.len()), (last, SEGMENT));
            log.recycle(segment);
            assert_eq!(log.at(next)[0], number as u8);
            assert!(log.at(position).is_empty(), "what is gone is not found");
            last = next;
        }
        assert_eq!(log.bytes(), 2 * (SEGMENT + OVERHEAD), "one is spare");
        assert!(log.take_oldest().is_some() && log.take_oldest().is_none());
        assert_eq!(log.bytes(), SEGMENT + OVERHEAD);
    }

    #[test]
    fn bytes_are_foretold() {
        let mut log = Log::default();
        for length in [10, SEGMENT, 10, 2 * SEGMENT, 1, 5_000, 5_000, 5_000, 5_000] {
            let foretold = log.bytes_with(length);
            log.append(&vec![0; length]);
            assert_eq!(log.bytes(), foretold, "{length}");
        }
    }
}
