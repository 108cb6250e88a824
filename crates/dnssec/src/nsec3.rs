//! NSEC3 records (RFC 5155 §3) and what each of them says.

use std::cell::RefCell;
use std::collections::BTreeMap;

use data_encoding::BASE32HEX_NOPAD;
use proto::{Name, RrType, Rrset};
use ring::digest;

use crate::{Effort, TypeBitmap, Why};

/// Iterations that are computed (RFC 9276 §3.2: more make a zone count as unsigned, however many they are).
pub const MAX_ITERATIONS_ACCEPTED: u16 = 50;
/// A hash has the length of SHA-1.
const HASH_LEN: usize = 20;
/// Salt longer than this costs more than an iteration per hash and serves nobody.
const MAX_SALT: usize = 64;

/// An NSEC3 record of a zone.
#[derive(Debug, Clone)]
pub(crate) struct Nsec3<'a> {
    pub(crate) owner_hash: [u8; HASH_LEN],
    pub(crate) next_hash: [u8; HASH_LEN],
    pub(crate) opt_out: bool,
    pub(crate) types: TypeBitmap<'a>,
    pub(crate) parameters: Parameters<'a>,
}

/// How a zone hashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Parameters<'a> {
    pub(crate) iterations: u16,
    pub(crate) salt: &'a [u8],
}

impl Parameters<'_> {
    /// Whether hashing is worth the work.
    pub(crate) fn judge(&self, zone: &Name) -> Judgement {
        let why = Why::TooManyIterations { zone: zone.clone(), iterations: self.iterations };
        let costly = self.iterations > MAX_ITERATIONS_ACCEPTED || self.salt.len() > MAX_SALT;
        if costly { Judgement::Insecure(why) } else { Judgement::Fine }
    }
}

/// What to do with a zone's parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Judgement {
    Fine,
    Insecure(Why),
}

impl<'a> Nsec3<'a> {
    /// Reads a set of one record of the zone: its owner is a hash directly below the apex (RFC 5155 §3).
    pub(crate) fn read(set: &'a Rrset, zone: &Name) -> Option<Self> {
        let rdata = set.rdatas.iter().next().filter(|_| set.rtype == RrType::NSEC3 && set.rdatas.len() == 1)?;
        if set.name.parent().as_ref() != Some(zone) {
            return None;
        }
        let owner_hash = from_base32hex(set.name.labels().next()?)?;
        let [algorithm, flags, iterations_high, iterations_low, salt_length, rest @ ..] = rdata else { return None };
        // RFC 5155 §8.2: unknown flags mean unknown meaning.
        if *algorithm != 1 || *flags > 1 {
            return None;
        }
        let (salt, rest) = rest.split_at_checked(usize::from(*salt_length))?;
        let (hash_length, rest) = rest.split_first()?;
        let (next, bitmap) = rest.split_at_checked(usize::from(*hash_length))?;
        Some(Self {
            owner_hash,
            next_hash: next.try_into().ok()?,
            opt_out: flags & 1 != 0,
            types: TypeBitmap::read(bitmap)?,
            parameters: Parameters { iterations: u16::from_be_bytes([*iterations_high, *iterations_low]), salt },
        })
    }

    /// Whether the hash lies strictly between owner and next; the last record of the zone leads back to the first.
    pub(crate) fn covers(&self, hash: &[u8; HASH_LEN]) -> bool {
        let (owner, next) = (&self.owner_hash, &self.next_hash);
        if owner < next { owner < hash && hash < next } else { hash > owner || hash < next }
    }

    /// Whether the owner is a zone cut seen from above, or a DNAME: it cannot enclose names below (RFC 5155 §8.3).
    pub(crate) fn cannot_enclose(&self) -> bool {
        self.types.has(RrType::DNAME) || self.is_delegation()
    }

    /// Whether the owner is a zone cut, seen from above.
    pub(crate) fn is_delegation(&self) -> bool {
        self.types.has(RrType::NS) && !self.types.has(RrType::SOA)
    }
}

/// Hashes names of one zone, each once, and pays for each.
pub(crate) struct Hasher<'a> {
    zone: &'a Name,
    parameters: Parameters<'a>,
    effort: &'a Effort,
    known: RefCell<BTreeMap<Name, [u8; HASH_LEN]>>,
}

impl<'a> Hasher<'a> {
    pub(crate) fn new(zone: &'a Name, parameters: Parameters<'a>, effort: &'a Effort) -> Self {
        Self { zone, parameters, effort, known: RefCell::default() }
    }

    pub(crate) fn hash(&self, name: &Name) -> Result<[u8; HASH_LEN], Why> {
        if let Some(hash) = self.known.borrow().get(name) {
            return Ok(*hash);
        }
        self.effort.spend_hash(self.zone)?;
        let hash = hash(name, self.parameters.salt, self.parameters.iterations);
        self.known.borrow_mut().insert(name.clone(), hash);
        Ok(hash)
    }
}

/// The hash of a name (RFC 5155 §5).
pub(crate) fn hash(name: &Name, salt: &[u8], iterations: u16) -> [u8; HASH_LEN] {
    let round = |input: &[u8]| -> [u8; HASH_LEN] {
        let mut context = digest::Context::new(&digest::SHA1_FOR_LEGACY_USE_ONLY);
        context.update(input);
        context.update(salt);
        context.finish().as_ref().try_into().expect("SHA-1 has 20 octets")
    };
    let mut hash = round(name.to_lowercase().wire());
    for _ in 0..iterations {
        hash = round(&hash);
    }
    hash
}

/// A hash from its label (RFC 5155 §3).
pub(crate) fn from_base32hex(label: &[u8]) -> Option<[u8; HASH_LEN]> {
    BASE32HEX_NOPAD.decode(&label.to_ascii_uppercase()).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_rfc5155_a() {
        for (text, expect) in [
            ("example.", "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom"),
            ("a.example.", "35mthgpgcu1qg68fab165klnsnk3dpvl"),
            ("ai.example.", "gjeqe526plbf1g8mklp59enfd789njgi"),
            ("ns1.example.", "2t7b4g4vsa5smi47k61mv5bv1a22bojr"),
            ("*.w.example.", "r53bq7cc2uvmubfu5ocmm6pers9tk9en"),
            ("X.y.W.example.", "2vptu5timamqttgl4luu9kg21e0aor3s"),
        ] {
            let hash = hash(&text.parse().unwrap(), &[0xAA, 0xBB, 0xCC, 0xDD], 12);
            assert_eq!(Some(hash), from_base32hex(expect.as_bytes()), "{text}");
        }
    }

    #[test]
    fn labels_that_are_no_hash_are_refused() {
        assert!(from_base32hex(b"0p9mhaveqvm6t7vbl5lop2u3t2rp3to").is_none());
        assert!(from_base32hex(b"0p9mhaveqvm6t7vbl5lop2u3t2rp3tow").is_none());
        assert!(from_base32hex(b"0P9MHAVEQVM6T7VBL5LOP2U3T2RP3TOM").is_some());
    }

    #[test]
    fn the_last_record_wraps_around() {
        let record = |owner: u8, next: u8| Nsec3 {
            owner_hash: [owner; HASH_LEN],
            next_hash: [next; HASH_LEN],
            opt_out: false,
            types: TypeBitmap::read(&[]).unwrap(),
            parameters: Parameters { iterations: 0, salt: &[] },
        };
        assert!(record(1, 5).covers(&[3; HASH_LEN]));
        assert!(!record(1, 5).covers(&[1; HASH_LEN]) && !record(1, 5).covers(&[5; HASH_LEN]));
        assert!(record(9, 2).covers(&[10; HASH_LEN]) && record(9, 2).covers(&[1; HASH_LEN]));
        assert!(!record(9, 2).covers(&[5; HASH_LEN]));
        assert!(record(4, 4).covers(&[3; HASH_LEN]), "a zone of one name");
        assert!(!record(4, 4).covers(&[4; HASH_LEN]));
    }
}
