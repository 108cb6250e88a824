//! AES-GCM over data that does not fit into memory (NIST SP 800-38D section 7).
//!
//! The libraries behind [`super::Aead`] want the whole message at once. Here it comes in pieces of any size; the result
//! is the same byte for byte. Who opens gets plaintext before its tag is known: it must stay out of everybody's sight
//! until [`GcmOpener::finish`] has agreed.
//!
//! ```
//! use cryptodemo::Secret;
//! use cryptodemo::aead::Nonce;
//! use cryptodemo::aead::gcm_stream::{GcmOpener, GcmSealer};
//!
//! let (key, nonce) = (Secret::random(32), Nonce::random());
//! let public_nonce = nonce.bytes();
//! let mut piece = *b"the first piece";
//! let mut sealer = GcmSealer::new(&key, nonce, b"")?;
//! sealer.update(&mut piece)?;
//! let tag = sealer.finish();
//!
//! let mut opener = GcmOpener::new(&key, &public_nonce, b"")?;
//! opener.update(&mut piece)?;
//! opener.finish(&tag)?;
//! assert_eq!(&piece, b"the first piece");
//! # Ok::<(), cryptodemo::Error>(())
//! ```

use aes::{Aes128, Aes256};
use ctr::cipher::{KeyInit, KeyIvInit, StreamCipher};
use ghash::GHash;
use ghash::universal_hash::UniversalHash;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::{NONCE_LEN, Nonce, TAG_LEN};
use crate::error::Error;
use crate::{Result, Secret};

/// Most bytes that one nonce may encrypt: 2^39 - 256 bits (NIST SP 800-38D section 5.2.1.1).
pub const MAX_LEN: u64 = (1 << 36) - 32;

/// Shortest tag that [`GcmOpener::finish_truncated`] accepts, in bytes.
pub const MIN_TAG_LEN: usize = 12;

const BLOCK_LEN: usize = 16;

/// Encrypts a message in pieces.
pub struct GcmSealer(State);

impl GcmSealer {
    /// Starts a message. The nonce is used up.
    ///
    /// # Errors
    /// [`Error::Key`] if the key has neither 16 (AES-128) nor 32 bytes (AES-256).
    #[expect(clippy::needless_pass_by_value, reason = "a nonce is used once")]
    pub fn new(key: &Secret, nonce: Nonce, aad: &[u8]) -> Result<Self> {
        Ok(Self(State::new(key, &nonce.0, aad)?))
    }

    /// Encrypts the next piece in place.
    ///
    /// # Errors
    /// [`Error::Usage`] if the message gets longer than [`MAX_LEN`]; the piece is untouched then.
    pub fn update(&mut self, piece: &mut [u8]) -> Result<()> {
        self.0.count(piece.len())?;
        self.0.keystream.apply_keystream(piece);
        self.0.hash.update(piece);
        Ok(())
    }

    /// Ends the message: the tag over it and the associated data.
    #[must_use]
    pub fn finish(self) -> [u8; TAG_LEN] {
        self.0.tag()
    }
}

/// Decrypts a message in pieces.
#[must_use = "nothing is known about the plaintext before `finish`"]
pub struct GcmOpener(State);

impl GcmOpener {
    /// Starts a message.
    ///
    /// # Errors
    /// [`Error::Key`] if the key has neither 16 nor 32 bytes.
    pub fn new(key: &Secret, nonce: &[u8; NONCE_LEN], aad: &[u8]) -> Result<Self> {
        Ok(Self(State::new(key, nonce, aad)?))
    }

    /// Decrypts the next piece in place. Nobody may act on it, nor see it, before [`Self::finish`].
    ///
    /// # Errors
    /// [`Error::Malformed`] if the message gets longer than [`MAX_LEN`]; the piece is untouched then.
    pub fn update(&mut self, piece: &mut [u8]) -> Result<()> {
        self.0.count(piece.len()).map_err(|error| Error::malformed("ciphertext", error.to_string()))?;
        self.0.hash.update(piece);
        self.0.keystream.apply_keystream(piece);
        Ok(())
    }

    /// Ends the message; compares the tag in constant time.
    ///
    /// # Errors
    /// [`Error::Rejected`] if it does not fit: all plaintext so far is to be thrown away then.
    pub fn finish(self, tag: &[u8; TAG_LEN]) -> Result<()> {
        self.finish_truncated(tag)
    }

    /// Ends the message whose sender cut the tag short, to its first 12 to 16 bytes (RFC 5084 section 3.2).
    ///
    /// # Errors
    /// [`Error::Rejected`] if the tag does not fit or has another length.
    pub fn finish_truncated(self, tag: &[u8]) -> Result<()> {
        let full = self.0.tag();
        let fits = (MIN_TAG_LEN..=TAG_LEN).contains(&tag.len()) && bool::from(full[..tag.len()].ct_eq(tag));
        if fits { Ok(()) } else { Err(Error::decryption()) }
    }
}

/// What both directions keep between pieces.
struct State {
    keystream: Keystream,
    /// First block of the key stream, which hides the hash.
    mask: Zeroizing<[u8; TAG_LEN]>,
    hash: Hash,
    aad_len: u64,
    len: u64,
}

impl State {
    fn new(key: &Secret, nonce: &[u8; NONCE_LEN], aad: &[u8]) -> Result<Self> {
        let mut hash = Hash::new(key)?;
        hash.update(aad);
        hash.end_of_part();
        let mut keystream = Keystream::new(key, nonce)?;
        let mut mask = Zeroizing::new([0; TAG_LEN]);
        keystream.apply_keystream(&mut *mask);
        Ok(Self { keystream, mask, hash, aad_len: aad.len() as u64, len: 0 })
    }

    fn count(&mut self, len: usize) -> Result<()> {
        let len = self.len.saturating_add(len as u64);
        if len > MAX_LEN {
            return Err(Error::Usage(format!("AES-GCM encrypts at most {MAX_LEN} bytes with one nonce")));
        }
        self.len = len;
        Ok(())
    }

    fn tag(mut self) -> [u8; TAG_LEN] {
        self.hash.end_of_part();
        let mut lengths = [0; BLOCK_LEN];
        lengths[..8].copy_from_slice(&(8 * self.aad_len).to_be_bytes());
        lengths[8..].copy_from_slice(&(8 * self.len).to_be_bytes());
        self.hash.update(&lengths);
        let mut tag: [u8; TAG_LEN] = self.hash.blocks.finalize().into();
        tag.iter_mut().zip(self.mask.iter()).for_each(|(byte, mask)| *byte ^= mask);
        tag
    }
}

/// AES in counter mode, with the key's length.
enum Keystream {
    Aes128(ctr::Ctr32BE<Aes128>),
    Aes256(ctr::Ctr32BE<Aes256>),
}

impl Keystream {
    fn new(key: &Secret, nonce: &[u8; NONCE_LEN]) -> Result<Self> {
        // SP 800-38D section 7.1 step 2: the counter starts at 1, and only its low 32 bits count.
        let mut first = [0; BLOCK_LEN];
        first[..NONCE_LEN].copy_from_slice(nonce);
        first[BLOCK_LEN - 1] = 1;
        let key = key.expose();
        ctr::Ctr32BE::new_from_slices(key, &first)
            .map(Self::Aes256)
            .or_else(|_| ctr::Ctr32BE::new_from_slices(key, &first).map(Self::Aes128))
            .map_err(|_| wrong_length(key))
    }

    fn apply_keystream(&mut self, data: &mut [u8]) {
        match self {
            Self::Aes128(keystream) => keystream.apply_keystream(data),
            Self::Aes256(keystream) => keystream.apply_keystream(data),
        }
    }
}

fn wrong_length(key: &[u8]) -> Error {
    Error::Key(format!("AES-GCM over pieces takes a key of 16 or 32 bytes, this one has {}", key.len()))
}

/// GHASH over pieces of any size: what does not fill a block waits for the next piece.
struct Hash {
    blocks: GHash,
    waiting: [u8; BLOCK_LEN],
    waiting_len: usize,
}

impl Hash {
    fn new(key: &Secret) -> Result<Self> {
        use aes::cipher::BlockCipherEncrypt;
        let mut zeros = Zeroizing::new([0; BLOCK_LEN]);
        let block = (&mut *zeros).into();
        if let Ok(cipher) = Aes256::new_from_slice(key.expose()) {
            cipher.encrypt_block(block);
        } else {
            Aes128::new_from_slice(key.expose()).map_err(|_| wrong_length(key.expose()))?.encrypt_block(block);
        }
        let key = zeros;
        Ok(Self { blocks: GHash::new((&*key).into()), waiting: [0; BLOCK_LEN], waiting_len: 0 })
    }

    fn update(&mut self, mut data: &[u8]) {
        if self.waiting_len > 0 {
            let taken = data.len().min(BLOCK_LEN - self.waiting_len);
            let (head, rest) = data.split_at(taken);
            self.waiting[self.waiting_len..][..taken].copy_from_slice(head);
            self.waiting_len += taken;
            if self.waiting_len < BLOCK_LEN {
                return;
            }
            self.end_of_part();
            data = rest;
        }
        let (blocks, rest) = ghash::Block::slice_as_chunks(data);
        self.blocks.update(blocks);
        self.waiting[..rest.len()].copy_from_slice(rest);
        self.waiting_len = rest.len();
    }

    /// Fills up with zeros what waits, if anything does.
    fn end_of_part(&mut self) {
        self.blocks.update_padded(&self.waiting[..self.waiting_len]);
        self.waiting_len = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Backend;
    use crate::aead::{AeadAlgorithm, raw_key};

    /// Cuts the data into pieces of lengths that the numbers say.
    fn pieces<'a>(mut data: &'a mut [u8], cuts: &mut impl Iterator<Item = u8>) -> Vec<&'a mut [u8]> {
        let mut pieces = Vec::new();
        while !data.is_empty() {
            let len = usize::from(cuts.next().expect("endless") % 40).min(data.len());
            let (piece, rest) = data.split_at_mut(len);
            pieces.push(piece);
            data = rest;
        }
        pieces
    }

    #[test]
    fn pieces_of_any_size_give_the_ciphertext_and_tag_of_one_piece() {
        // SP 800-38D section 7.1, judged by the three libraries' own implementations.
        let mut cuts = std::iter::repeat_with(|| crate::random::array::<1>()[0]);
        for len in (0..70).chain([255, 256, 257, 4095, 4096, 4097]) {
            let algorithm = if len % 3 == 0 { AeadAlgorithm::Aes128Gcm } else { AeadAlgorithm::Aes256Gcm };
            let key = Secret::random(algorithm.key_len());
            let aad = crate::random::array::<40>()[..len % 41].to_vec();
            let mut message = vec![0; len];
            crate::random::fill(&mut message);
            let nonce = Nonce::random();
            let public = nonce.bytes();
            let mut ciphertext = message.clone();
            let mut sealer = GcmSealer::new(&key, nonce, &aad).unwrap();
            for piece in pieces(&mut ciphertext, &mut cuts) {
                sealer.update(piece).unwrap();
            }
            let tag = sealer.finish();
            for backend in Backend::ALL {
                let one_shot = raw_key(algorithm, backend, &key).unwrap();
                let mut expected = message.clone();
                let expected_tag = one_shot.seal_raw(&public, &aad, &mut expected);
                assert_eq!((&ciphertext, tag), (&expected, expected_tag), "{len} bytes by {backend}");
            }
            let mut opener = GcmOpener::new(&key, &public, &aad).unwrap();
            for piece in pieces(&mut ciphertext, &mut cuts) {
                opener.update(piece).unwrap();
            }
            opener.finish(&tag).unwrap();
            assert_eq!(ciphertext, message);
        }
    }

    #[test]
    fn every_flipped_bit_is_rejected() {
        // SP 800-38D section 7.2 step 8.
        let (key, nonce) = (Secret::random(32), Nonce::random());
        let public = nonce.bytes();
        let mut ciphertext = *b"twenty bytes of text";
        let mut sealer = GcmSealer::new(&key, nonce, b"aad").unwrap();
        sealer.update(&mut ciphertext).unwrap();
        let mut whole = [b"aad".as_slice(), &ciphertext, &sealer.finish()].concat();
        let open = |whole: &[u8]| {
            let (aad, rest) = whole.split_at(3);
            let (ciphertext, tag) = rest.split_last_chunk().unwrap();
            let mut opener = GcmOpener::new(&key, &public, aad).unwrap();
            opener.update(&mut ciphertext.to_vec()).unwrap();
            opener.finish(tag)
        };
        open(&whole).unwrap();
        for bit in 0..8 * whole.len() {
            whole[bit / 8] ^= 1 << (bit % 8);
            assert!(matches!(open(&whole), Err(Error::Rejected(_))), "bit {bit}");
            whole[bit / 8] ^= 1 << (bit % 8);
        }
    }

    #[test]
    fn a_tag_may_be_cut_to_twelve_bytes_and_no_further() {
        // RFC 5084 section 3.2; SP 800-38D appendix C says what shorter tags would cost.
        let key = Secret::random(16);
        let nonce = Nonce::random();
        let public = nonce.bytes();
        let tag = GcmSealer::new(&key, nonce, b"").unwrap().finish();
        let open = |tag: &[u8]| GcmOpener::new(&key, &public, b"").unwrap().finish_truncated(tag);
        for len in 0..=TAG_LEN {
            assert_eq!(open(&tag[..len]).is_ok(), len >= MIN_TAG_LEN, "{len} bytes");
        }
        let mut wrong = tag;
        wrong[MIN_TAG_LEN - 1] ^= 1;
        assert!(open(&wrong[..MIN_TAG_LEN]).is_err());
        assert!(open(&[&tag[..], &[0]].concat()).is_err());
    }

    #[test]
    fn no_message_gets_longer_than_the_limit() {
        // SP 800-38D section 5.2.1.1: beyond it the counter would come round and the key stream repeat.
        let key = Secret::random(32);
        let mut sealer = GcmSealer::new(&key, Nonce::random(), b"").unwrap();
        let mut opener = GcmOpener::new(&key, &[0; NONCE_LEN], b"").unwrap();
        sealer.0.len = MAX_LEN - 1;
        opener.0.len = MAX_LEN - 1;
        let mut two = [7, 7];
        assert!(matches!(sealer.update(&mut two), Err(Error::Usage(_))));
        assert!(matches!(opener.update(&mut two), Err(Error::Malformed { .. })));
        assert_eq!(two, [7, 7]);
        sealer.update(&mut two[..1]).unwrap();
        opener.update(&mut two[1..]).unwrap();
    }

    #[test]
    fn keys_of_other_lengths_are_refused() {
        for len in [0, 15, 24, 31, 33] {
            let error = GcmSealer::new(&Secret::random(len), Nonce::random(), b"").err();
            assert!(matches!(error, Some(Error::Key(_))), "{len}");
        }
    }
}
