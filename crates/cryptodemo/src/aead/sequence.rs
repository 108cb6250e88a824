//! Many messages in their order under one key: the key counts their nonces itself, and tells them to nobody who could
//! use them with it again.
//!
//! A nonce is a fixed part of 4 bytes and a counter of 8 (RFC 5116 section 3.2). Neither the counter nor the key can be
//! taken out, set back or copied.
//!
//! ```
//! use cryptodemo::Secret;
//! use cryptodemo::aead::{AeadAlgorithm, OpeningKey, SealingKey};
//!
//! let (algorithm, secret) = (AeadAlgorithm::Aes256Gcm, Secret::random(32));
//! let mut opening = OpeningKey::new(algorithm, &secret, [0; 4])?;
//! let mut sealing = SealingKey::new(algorithm, secret, [0; 4])?;
//! let mut message = *b"first";
//! let sealed = sealing.seal(b"", &mut message)?;
//! opening.open(b"", &mut message, &sealed.tag)?;
//! assert_eq!(&message, b"first");
//! # Ok::<(), cryptodemo::Error>(())
//! ```
//!
//! The nonces alone, without a key, are not to be had:
//!
//! ```compile_fail
//! use cryptodemo::aead::sequence::Counter;
//! ```

use super::{Aead, AeadAlgorithm, NONCE_LEN, Nonce, TAG_LEN, key};
use crate::error::Error;
use crate::{Result, Secret};

/// What stays the same in all nonces, and what comes next.
struct Counter {
    fixed: [u8; 4],
    next: u64,
}

impl Counter {
    /// The next nonce; none after 2^64 - 1 of them.
    fn take(&mut self) -> Result<Nonce> {
        let bytes = self.peek();
        let used_up = || Error::Key("the key's nonces are used up: begin with a new key".to_owned());
        self.next = self.next.checked_add(1).ok_or_else(used_up)?;
        Ok(Nonce(bytes))
    }

    fn peek(&self) -> [u8; NONCE_LEN] {
        let mut bytes = [0; NONCE_LEN];
        bytes[..4].copy_from_slice(&self.fixed);
        bytes[4..].copy_from_slice(&self.next.to_be_bytes());
        bytes
    }
}

/// What [`SealingKey::seal`] gives, to be sent along with the ciphertext.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sealed {
    /// The nonce that was used. Whoever opens in order knows it without.
    pub nonce: [u8; NONCE_LEN],
    /// The tag.
    pub tag: [u8; TAG_LEN],
}

/// A key that encrypts messages one after the other, each with the next nonce.
pub struct SealingKey {
    aead: Box<dyn Aead>,
    counter: Counter,
}

impl SealingKey {
    /// A sequence that starts at zero. It takes the secret over, for two sequences of one secret and one fixed part would
    /// repeat every nonce; who keeps a copy for another has to give it another fixed part.
    ///
    /// # Errors
    /// [`Error::Key`] if the key's length is not the algorithm's.
    #[expect(clippy::needless_pass_by_value, reason = "a secret that was given away starts no second sequence")]
    pub fn new(algorithm: AeadAlgorithm, secret: Secret, fixed: [u8; 4]) -> Result<Self> {
        Ok(Self { aead: key(algorithm, &secret)?, counter: Counter { fixed, next: 0 } })
    }

    /// Encrypts the next message in place.
    ///
    /// # Errors
    /// [`Error::Key`] after 2^64 - 1 messages.
    ///
    /// # Panics
    /// As [`Aead::seal`].
    pub fn seal(&mut self, aad: &[u8], data: &mut [u8]) -> Result<Sealed> {
        let nonce = self.counter.take()?;
        Ok(Sealed { nonce: nonce.bytes(), tag: self.aead.seal(nonce, aad, data) })
    }
}

/// The other side of a [`SealingKey`]: decrypts its messages in their order.
pub struct OpeningKey {
    aead: Box<dyn Aead>,
    counter: Counter,
}

impl OpeningKey {
    /// A sequence that starts at zero.
    ///
    /// # Errors
    /// [`Error::Key`] if the key's length is not the algorithm's.
    pub fn new(algorithm: AeadAlgorithm, secret: &Secret, fixed: [u8; 4]) -> Result<Self> {
        Ok(Self { aead: key(algorithm, secret)?, counter: Counter { fixed, next: 0 } })
    }

    /// The nonce that the next message must have.
    #[must_use]
    pub fn expects(&self) -> [u8; NONCE_LEN] {
        self.counter.peek()
    }

    /// Decrypts the next message in place. A message that does not open leaves its place in the sequence free.
    ///
    /// # Errors
    /// [`Error::Rejected`] if the tag does not fit, as for any message but the next; the data is zeros then.
    /// [`Error::Key`] after 2^64 - 1 messages.
    pub fn open(&mut self, aad: &[u8], data: &mut [u8], tag: &[u8; TAG_LEN]) -> Result<()> {
        let nonce = self.counter.peek();
        self.aead.open(&nonce, aad, data, tag)?;
        self.counter.take().map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALGORITHM: AeadAlgorithm = AeadAlgorithm::Aes256Gcm;

    fn pair() -> (SealingKey, OpeningKey) {
        let secret = Secret::random(ALGORITHM.key_len());
        let opening = OpeningKey::new(ALGORITHM, &secret, *b"A->B").expect("the length fits");
        (SealingKey::new(ALGORITHM, secret, *b"A->B").expect("the length fits"), opening)
    }

    #[test]
    fn nonces_are_the_fixed_part_and_a_counter() {
        // RFC 5116 section 3.2, figure 1.
        let (mut sealing, _) = pair();
        for count in 0..3_u64 {
            let nonce = sealing.seal(b"", &mut [0; 5]).unwrap().nonce;
            assert_eq!((&nonce[..4], &nonce[4..]), (&b"A->B"[..], &count.to_be_bytes()[..]));
        }
    }

    #[test]
    fn messages_open_in_their_order_only() {
        let (mut sealing, mut opening) = pair();
        let mut messages = [*b"first", *b"later"];
        let tags = messages.each_mut().map(|message| sealing.seal(b"x", message).unwrap().tag);
        let mut early = messages[1];
        assert_eq!(opening.open(b"x", &mut early, &tags[1]).unwrap_err().exit_code(), 3, "before its time");
        opening.open(b"x", &mut messages[0].clone(), &tags[0]).unwrap();
        assert_eq!(opening.open(b"x", &mut messages[0], &tags[0]).unwrap_err().exit_code(), 3, "sent again");
        opening.open(b"x", &mut messages[1], &tags[1]).unwrap();
        assert_eq!(&messages[1], b"later");
    }

    #[test]
    fn a_counter_at_its_end_encrypts_no_more() {
        let (mut sealing, _) = pair();
        sealing.counter.next = u64::MAX - 1;
        sealing.seal(b"", &mut [0; 5]).unwrap();
        for _ in 0..2 {
            let mut data = *b"never";
            assert_eq!(sealing.seal(b"", &mut data).unwrap_err().exit_code(), 5);
            assert_eq!(&data, b"never", "encrypted nonetheless");
        }
    }
}
