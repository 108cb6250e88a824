//! Where an entry stands: owner name in lower case, and what of that name it is.

use std::hash::Hasher;

use foldhash::SharedSeed;
use foldhash::quality::FoldHasher;
use proto::{MAX_NAME_OCTETS, Name, RrType};

/// What of a name an entry is. Data and denials of one type share a place, because they replace each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// The RRset of a type, or its absence.
    Type(RrType),
    /// The absence of the whole name.
    NxDomain,
    /// The zone cut at the name.
    Delegation,
    /// Failure of a question with CD=0.
    FailureValidated(RrType),
    /// Failure of a question with CD=1.
    FailureUnvalidated(RrType),
}

impl Place {
    /// True if not both can be true of one name: then the later or the more credible one stays.
    pub(crate) fn contradicts(self, other: Place) -> bool {
        match (self, other) {
            (Place::Type(_), Place::NxDomain) | (Place::NxDomain, Place::Type(_)) => true,
            _ => self == other,
        }
    }
}

/// An owner name in lower case, on the stack.
pub(crate) struct Owner {
    octets: [u8; MAX_NAME_OCTETS],
    length: usize,
}

impl Owner {
    pub(crate) fn new(name: &Name) -> Self {
        let wire = name.wire();
        let mut octets = [0; MAX_NAME_OCTETS];
        octets[..wire.len()].copy_from_slice(wire);
        octets[..wire.len()].make_ascii_lowercase(); // length octets are below 64 and no letters
        Self { octets, length: wire.len() }
    }

    /// The wire form.
    pub(crate) fn wire(&self) -> &[u8] {
        &self.octets[..self.length]
    }

    /// The wire forms of the name and its ancestors with their label counts, the root last.
    pub(crate) fn ancestors(&self) -> impl Iterator<Item = (usize, &[u8])> {
        let mut next = Some(self.wire());
        let mut labels = self.labels();
        std::iter::from_fn(move || {
            let wire = next?;
            let item = (labels, wire);
            next = (wire[0] != 0).then(|| &wire[wire[0] as usize + 1..]);
            labels = labels.saturating_sub(1);
            Some(item)
        })
    }

    fn labels(&self) -> usize {
        let mut count = 0;
        let mut at = 0;
        while self.octets[at] != 0 {
            at += self.octets[at] as usize + 1;
            count += 1;
        }
        count
    }
}

/// An owner with its hash. All entries of a name have one hash, so that they are found together.
#[derive(Clone, Copy)]
pub(crate) struct Key<'a> {
    /// Lower-case wire form.
    pub(crate) owner: &'a [u8],
    /// Keyed hash of it.
    pub(crate) hash: u64,
}

impl Key<'_> {
    /// The part of the hash that orders entries within a shard.
    pub(crate) fn tag(&self) -> u32 {
        self.hash as u32
    }

    /// The shard out of `count`; takes other bits than [`Key::tag`].
    pub(crate) fn shard(&self, count: usize) -> usize {
        // Scales the upper 32 bits to 0..count, which need not be a power of two.
        (((self.hash >> 32) * count as u64) >> 32) as usize
    }
}

/// The keyed hash: clients must not be able to choose names that fall into one bucket.
#[derive(Clone)]
pub(crate) struct KeyHash {
    seed: u64,
    shared: SharedSeed,
}

impl KeyHash {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, shared: SharedSeed::from_u64(seed.rotate_left(32) ^ 0x726f_6f74_7761_6c6b) }
    }

    /// `owner` is in lower case.
    pub(crate) fn key<'a>(&self, owner: &'a [u8]) -> Key<'a> {
        let mut hasher = FoldHasher::with_seed(self.seed, &self.shared);
        hasher.write(owner);
        Key { owner, hash: hasher.finish() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(text: &str) -> Owner {
        Owner::new(&text.parse().unwrap())
    }

    #[test]
    fn letter_case_is_ignored_rfc4343() {
        let hash = KeyHash::new(1);
        let (a, b) = (owner("WWW.Example."), owner("www.example."));
        assert_eq!(a.wire(), b.wire());
        assert_eq!(hash.key(a.wire()).hash, hash.key(b.wire()).hash);
    }

    #[test]
    fn hash_depends_on_the_seed() {
        let owner = owner("www.example.");
        assert_ne!(KeyHash::new(1).key(owner.wire()).hash, KeyHash::new(2).key(owner.wire()).hash);
    }

    #[test]
    fn ancestors_end_with_the_root() {
        let owner = owner("a.b.");
        let all: Vec<_> = owner.ancestors().collect();
        assert_eq!(all, [(2, &b"\x01a\x01b\0"[..]), (1, b"\x01b\0"), (0, b"\0")]);
        let root = self::owner(".");
        assert_eq!(root.ancestors().count(), 1);
    }

    #[test]
    fn names_spread_over_all_shards() {
        let hash = KeyHash::new(7);
        let mut hits = [0; 48];
        for number in 0..4800 {
            hits[hash.key(owner(&format!("n{number}.example.")).wire()).shard(48)] += 1;
        }
        assert!(hits.iter().all(|&count| (50..200).contains(&count)), "{hits:?}");
    }

    #[test]
    fn name_and_its_types_contradict_a_denial_of_the_name() {
        let (a, aaaa) = (Place::Type(RrType::A), Place::Type(RrType::AAAA));
        assert!(a.contradicts(a) && a.contradicts(Place::NxDomain) && Place::NxDomain.contradicts(aaaa));
        assert!(!a.contradicts(aaaa) && !Place::NxDomain.contradicts(Place::Delegation));
        assert!(!a.contradicts(Place::FailureValidated(RrType::A)));
    }
}
