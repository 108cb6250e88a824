//! A bounded memory of two generations: what was not used while the young one filled is forgotten.

use std::collections::HashMap;
use std::hash::Hash;

use foldhash::quality::RandomState;

/// At most twice `most` values.
#[derive(Debug)]
pub(crate) struct Generations<K, V> {
    young: HashMap<K, V, RandomState>,
    old: HashMap<K, V, RandomState>,
    most: usize,
}

impl<K: Eq + Hash, V> Generations<K, V> {
    /// Empty; `most` is the size of a generation.
    pub(crate) fn new(most: usize) -> Self {
        Self { young: HashMap::default(), old: HashMap::default(), most }
    }

    /// A value, without a trace of the reading.
    pub(crate) fn peek(&self, key: &K) -> Option<&V> {
        self.young.get(key).or_else(|| self.old.get(key))
    }

    /// A value that is young from now on, made by `fresh` if there is none.
    pub(crate) fn entry(&mut self, key: K, fresh: impl FnOnce() -> V) -> &mut V {
        if self.young.len() >= self.most && !self.young.contains_key(&key) {
            let known = self.old.remove(&key);
            self.old = std::mem::take(&mut self.young);
            return self.young.entry(key).or_insert_with(|| known.unwrap_or_else(fresh));
        }
        let old = &mut self.old;
        self.young.entry(key).or_insert_with_key(|key| old.remove(key).unwrap_or_else(fresh))
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.young.len() + self.old.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_used_stays_and_the_others_go() {
        let mut memory = Generations::new(3);
        *memory.entry(0, || 0) = 7;
        for number in 1..100 {
            assert_eq!(*memory.entry(number, || number), number);
            assert_eq!(*memory.entry(0, || 0), 7, "used after {number}");
            assert!(memory.len() <= 6);
        }
        assert_eq!(memory.peek(&1), None);
        assert_eq!(memory.peek(&99), Some(&99));
    }

    #[test]
    fn what_is_used_again_in_the_last_moment_is_kept_while_all_others_move() {
        let mut memory = Generations::new(3);
        for number in 1..=6 {
            *memory.entry(number, || 0) = number;
        }
        assert_eq!(*memory.entry(1, || 0), 1, "the young ones are as many as may be, and it is among the old");
        assert_eq!((memory.peek(&2), memory.peek(&6)), (None, Some(&6)));
    }

    #[test]
    fn reading_keeps_nothing() {
        let mut memory = Generations::new(3);
        memory.entry(0, || 0);
        for number in 1..=6 {
            memory.peek(&0);
            memory.entry(number, || number);
        }
        assert_eq!(memory.peek(&0), None);
    }
}
