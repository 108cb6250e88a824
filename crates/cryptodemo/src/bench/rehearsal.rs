//! Encryption with a repeated nonce, for timing only: see the module above for why it cannot be reached by real code.

use std::hint::black_box;

use super::timing::Work;
use crate::aead::{AeadAlgorithm, NONCE_LEN, RawAead, TAG_LEN, raw_key};
use crate::error::Error;
use crate::{Backend, Result, Secret, random};

/// Most bytes that are made ready for decryption at a time: they stay within the caches.
const POOL: usize = 256 << 10;
/// Most messages that are made ready for decryption at a time.
const POOL_MESSAGES: usize = 4096;

/// The nonce of all rehearsals. It has no constructor but this, and no way into [`crate::aead::Nonce`].
struct FixedNonce([u8; NONCE_LEN]);

const FIXED: FixedNonce = FixedNonce([0; NONCE_LEN]);

/// A key for timing alone. It was made here, protects nothing, and nobody can take it out or put another in.
pub(super) struct Rehearsal {
    timed: Box<dyn RawAead>,
    /// The same key by another backend, where there is one: the judge of the timed one.
    judge: Option<Box<dyn RawAead>>,
}

impl Rehearsal {
    /// A rehearsal with a fresh key.
    pub(super) fn new(algorithm: AeadAlgorithm, backend: Backend) -> Result<Self> {
        let key = Secret::random(algorithm.key_len());
        let judge = algorithm.backends().iter().find(|other| **other != backend);
        Ok(Self {
            timed: raw_key(algorithm, backend, &key)?,
            judge: judge.map(|other| raw_key(algorithm, *other, &key)).transpose()?,
        })
    }

    fn seal(&self, data: &mut [u8]) -> [u8; TAG_LEN] {
        self.timed.seal_raw(&FIXED.0, &[], data)
    }

    fn open(&self, data: &mut [u8], tag: &[u8; TAG_LEN]) -> Result<()> {
        self.timed.open_raw(&FIXED.0, &[], data, tag)
    }

    /// Encrypts a message of that length, and has the other backend decrypt it; then the other way round. Without another
    /// backend it decrypts itself, which with a published vector before is enough.
    pub(super) fn check(&self, len: usize) -> Result<()> {
        let judge = self.judge.as_ref().unwrap_or(&self.timed);
        let mut message = vec![0; len];
        random::fill(&mut message);
        let mut data = message.clone();
        let tag = self.seal(&mut data);
        judge.open_raw(&FIXED.0, &[], &mut data, &tag)?;
        let judged = judge.seal_raw(&FIXED.0, &[], &mut data);
        self.open(&mut data, &judged)?;
        if data == message && tag == judged { Ok(()) } else { Err(Error::Rejected("two backends differ".to_owned())) }
    }

    /// Encryption of messages of that length, in place: nothing is copied.
    pub(super) fn sealing(self, len: usize) -> impl Work {
        Sealing { rehearsal: self, data: vec![0x5a; len] }
    }

    /// Decryption of messages of that length, in place. Decrypting uses a ciphertext up, so a pool of them is encrypted
    /// again outside the time. A copy would do, but would push long messages out of the caches, where encryption in place
    /// has them.
    pub(super) fn opening(self, len: usize) -> impl Work {
        let plaintext = vec![0x5a; len];
        let tag = self.seal(&mut plaintext.clone());
        let messages = (POOL / len.max(1)).clamp(1, POOL_MESSAGES);
        Opening { rehearsal: self, tag, pool: vec![plaintext; messages] }
    }
}

struct Sealing {
    rehearsal: Rehearsal,
    data: Vec<u8>,
}

impl Work for Sealing {
    fn run(&mut self, iterations: usize) {
        for _ in 0..iterations {
            black_box(self.rehearsal.seal(black_box(&mut self.data)));
        }
    }
}

struct Opening {
    rehearsal: Rehearsal,
    tag: [u8; TAG_LEN],
    pool: Vec<Vec<u8>>,
}

impl Work for Opening {
    fn most(&self) -> usize {
        self.pool.len()
    }

    fn prepare(&mut self, iterations: usize) {
        for data in &mut self.pool[..iterations] {
            self.rehearsal.seal(data);
        }
    }

    fn run(&mut self, iterations: usize) {
        for data in &mut self.pool[..iterations] {
            self.rehearsal.open(black_box(data), &self.tag).expect("it was sealed again since");
        }
    }
}

/// A known answer of one algorithm, as published.
struct Vector {
    algorithm: AeadAlgorithm,
    key: &'static str,
    nonce: &'static str,
    aad: &'static str,
    plaintext: &'static str,
    ciphertext: &'static str,
    tag: &'static str,
}

/// In order: test cases 2 and 14 of the proposal of GCM (McGrew and Viega, 2005), RFC 8439 section 2.8.2, and cases 6 and
/// 71 of Wycheproof's ARIA-GCM.
const VECTORS: [Vector; 5] = [
    Vector {
        algorithm: AeadAlgorithm::Aes128Gcm,
        key: "00000000000000000000000000000000",
        nonce: "000000000000000000000000",
        aad: "",
        plaintext: "00000000000000000000000000000000",
        ciphertext: "0388dace60b6a392f328c2b971b2fe78",
        tag: "ab6e47d42cec13bdf53a67b21257bddf",
    },
    Vector {
        algorithm: AeadAlgorithm::Aes256Gcm,
        key: "0000000000000000000000000000000000000000000000000000000000000000",
        nonce: "000000000000000000000000",
        aad: "",
        plaintext: "00000000000000000000000000000000",
        ciphertext: "cea7403d4d606b6e074ec5d3baf39d18",
        tag: "d0d1c8a799996bf0265b98b5d48ab919",
    },
    Vector {
        algorithm: AeadAlgorithm::ChaCha20Poly1305,
        key: "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f",
        nonce: "070000004041424344454647",
        aad: "50515253c0c1c2c3c4c5c6c7",
        plaintext: "4c616469657320616e642047656e746c656d656e206f662074686520636c617373206f66202739393a204966204920\
                    636f756c64206f6666657220796f75206f6e6c79206f6e652074697020666f7220746865206675747572652c207375\
                    6e73637265656e20776f756c642062652069742e",
        ciphertext: "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da9272\
                     8b1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b483\
                     1d7bc3ff4def08e4b7a9de576d26586cec64b6116",
        tag: "1ae10b594f09e26a7e902ecbd0600691",
    },
    Vector {
        algorithm: AeadAlgorithm::Aria128Gcm,
        key: "ffdf4228361ea1f8165852136b3480f7",
        nonce: "0e1666f2dc652f7708fb8f0d",
        aad: "",
        plaintext: "25b12e28ac0ef6ead0226a3b2288c800",
        ciphertext: "d2963247fa50334be583ff4cc9959b5e",
        tag: "d32640c102a6ab74a7a2051eb352ab88",
    },
    Vector {
        algorithm: AeadAlgorithm::Aria256Gcm,
        key: "59d4eafb4de0cfc7d3db99a8f54b15d7b39f0acc8da69763b019c1699f87674a",
        nonce: "2fcb1b38a99e71b84740ad9b",
        aad: "",
        plaintext: "549b365af913f3b081131ccb6b825588",
        ciphertext: "f75ac6df3f278fa905f8726f5b675733",
        tag: "fe97625306fd7ab2368b8f4c0433fe42",
    },
];

/// Whether the backend gives the published answer, both ways.
pub(super) fn known_answer(algorithm: AeadAlgorithm, backend: Backend) -> Result<()> {
    let vector = VECTORS.iter().find(|vector| vector.algorithm == algorithm).expect("each algorithm has a vector");
    known_answer_of(vector, backend)
}

fn known_answer_of(vector: &Vector, backend: Backend) -> Result<()> {
    let key = raw_key(vector.algorithm, backend, &Secret::new(hex(vector.key)))?;
    let nonce: [u8; NONCE_LEN] = hex(vector.nonce).try_into().expect("a nonce of the table");
    let aad = hex(vector.aad);
    let plaintext = hex(vector.plaintext);
    let mut data = plaintext.clone();
    let tag = key.seal_raw(&nonce, &aad, &mut data);
    if data != hex(vector.ciphertext) || tag.to_vec() != hex(vector.tag) {
        return Err(Error::Rejected("it encrypts to something else".to_owned()));
    }
    key.open_raw(&nonce, &aad, &mut data, &tag)?;
    if data == plaintext { Ok(()) } else { Err(Error::Rejected("it decrypts to something else".to_owned())) }
}

/// The bytes of a table's hexadecimal digits.
pub(super) fn hex(text: &str) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).expect("the tables are hexadecimal");
    let pair = |pair: &[u8]| u8::try_from(digit(pair[0]) * 16 + digit(pair[1])).expect("two digits make a byte");
    text.as_bytes().chunks_exact(2).map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs() -> impl Iterator<Item = (AeadAlgorithm, Backend)> {
        AeadAlgorithm::ALL.into_iter().flat_map(|algorithm| algorithm.backends().iter().map(move |by| (algorithm, *by)))
    }

    #[test]
    fn every_backend_gives_the_published_answers() {
        for (algorithm, backend) in pairs() {
            assert!(known_answer(algorithm, backend).is_ok(), "{algorithm} by {backend}");
            let rehearsal = Rehearsal::new(algorithm, backend).expect("the backend has it");
            for len in [0, 1, 190, 5000] {
                assert!(rehearsal.check(len).is_ok(), "{algorithm} by {backend}, {len} bytes");
            }
        }
    }

    #[test]
    fn a_wrong_answer_is_noticed() {
        for change in [0, 1] {
            let mut vector = Vector { ..VECTORS[1] };
            match change {
                0 => vector.tag = "d0d1c8a799996bf0265b98b5d48ab918",
                _ => vector.ciphertext = "cea7403d4d606b6e074ec5d3baf39d19",
            }
            assert_eq!(known_answer_of(&vector, Backend::AwsLc).map_err(|error| error.exit_code()), Err(3));
        }
    }

    #[test]
    fn backends_with_different_keys_are_noticed() {
        let mut rehearsal = Rehearsal::new(AeadAlgorithm::Aes256Gcm, Backend::AwsLc).expect("the backend has it");
        rehearsal.judge = Rehearsal::new(AeadAlgorithm::Aes256Gcm, Backend::Ring).expect("the backend has it").judge;
        assert!(rehearsal.check(16).is_err());
    }

    #[test]
    fn ciphertexts_are_made_anew_between_samples() {
        for (algorithm, backend) in pairs() {
            let mut work = Rehearsal::new(algorithm, backend).expect("the backend has it").opening(100);
            for _ in 0..3 {
                work.prepare(2);
                work.run(2);
            }
            assert!(work.most() >= 2);
        }
    }
}
