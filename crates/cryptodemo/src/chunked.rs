//! The container `chunked`: files and streams of any size for the holder of one private key, in constant memory.
//!
//! CMS ends in one tag over the whole message, so nothing may be used before everything was read. This container cuts the
//! message into chunks, each with a tag of its own, in the way of STREAM (Hoang, Reyhanitabar, Rogaway and Vizár, 2015).
//!
//! # Layout
//!
//! All numbers are big-endian.
//!
//! | bytes | field         | meaning                                                                              |
//! |------:|---------------|--------------------------------------------------------------------------------------|
//! |     8 | magic         | `89 43 44 43 48 4b 0d 0a` (`\x89CDCHK\r\n`: not text, and damaged by text transfers)   |
//! |     1 | version       | 1                                                                                    |
//! |     1 | KEM           | 1 rsa-oaep, 2 x25519, 3 p256, 4 ml-kem-768, 5 x25519mlkem768, 6 elgamal              |
//! |     1 | AEAD          | 1 aes-256-gcm, 2 chacha20-poly1305, 3 aria-256-gcm, 4 aes-128-gcm, 5 aria-128-gcm    |
//! |    32 | recipient     | SHA-256 of the recipient's SubjectPublicKeyInfo (DER)                                |
//! |    32 | salt          | random                                                                               |
//! |     2 | length        | of the encapsulation, at most 4096                                                   |
//! |     n | encapsulation | what the KEM gives the recipient to find the shared secret                           |
//! |   all | chunks        | each: up to 65536 bytes of ciphertext, then a tag of 16 bytes                        |
//!
//! The key of the file is HKDF-SHA-256 (RFC 5869) with the salt, the KEM's shared secret as input keying material, and as
//! info the text `cryptodemo chunked v1` followed by the whole header, from the magic to the encapsulation; it is as long
//! as the AEAD needs. So a header changed anywhere gives another key.
//!
//! Chunk number i, from 0, is sealed with the nonce 00 00 00 00 || i (8 bytes) and one byte of associated data: 1 for the
//! final chunk, 0 for all others. All but the final chunk hold 65536 bytes; the final one holds 1 to 65536, or none if the
//! message is empty. The key is fresh for each file, so no nonce is used twice with it. From this follows:
//!
//! - chunks in another order, left out or repeated: the nonce does not fit;
//! - chunks of another file: the key does not fit;
//! - the end cut off, at a chunk's border too: the last chunk that is left was not sealed as final;
//! - something appended: the final chunk was not sealed as one that others follow.
//!
//! # What a stream can promise
//!
//! Where the plaintext goes to a file, nothing of it appears before the final chunk has been verified. Where it goes to a
//! pipe, each chunk leaves after its own tag has been verified: what the reader gets is genuine and in order, but a
//! truncation is known at the end only. So **a reader of the pipe must look at the exit code** before it acts on the data.
//!
//! # Example
//!
//! ```no_run
//! use cryptodemo::aead::AeadAlgorithm;
//! use cryptodemo::files::{Input, NewFile};
//! use cryptodemo::kem::KemAlgorithm;
//! use cryptodemo::keys::{KeyAlgorithm, PrivateKey};
//!
//! # fn main() -> cryptodemo::Result<()> {
//! let key = PrivateKey::generate(KeyAlgorithm::X25519);
//! let mut output = NewFile::create("message.chk".as_ref())?;
//! cryptodemo::chunked::encrypt(
//!     key.public(), KemAlgorithm::X25519, AeadAlgorithm::Aes256Gcm,
//!     &mut Input::open("message".as_ref())?, &mut output,
//! )?;
//! output.commit()?;
//! # Ok(())
//! # }
//! ```

mod header;
mod payload;

pub use header::{Header, MAGIC};

use crate::aead::{AeadAlgorithm, TAG_LEN};
use crate::error::Error;
use crate::files::{Input, NewFile};
use crate::kem::{self, KemAlgorithm};
use crate::keys::{PrivateKey, PublicKey};
use crate::{Result, Secret};

/// Bytes of plaintext in a full chunk.
pub const CHUNK_LEN: usize = 64 * 1024;

/// Encrypts the input for the recipient; returns the number of bytes of plaintext. The caller commits the output.
///
/// # Errors
/// [`Error::Key`] if the key is not one for the KEM, [`Error::Io`] if the input or the output fails.
pub fn encrypt(
    recipient: &PublicKey,
    kem: KemAlgorithm,
    aead: AeadAlgorithm,
    input: &mut Input,
    output: &mut NewFile,
) -> Result<u64> {
    let (shared, encapsulation) = kem::encapsulator(kem, kem.backends()[0], recipient)?.encapsulate()?;
    let header = Header { kem, aead, recipient: recipient.fingerprint(), salt: crate::random::array(), encapsulation };
    output.put(&header.encode())?;
    payload::seal(aead, file_key(&header, &shared)?, input, output)
}

/// Decrypts the input; returns the number of bytes of plaintext. The caller commits the output, and must not if this fails.
///
/// # Errors
/// [`Error::Malformed`] if the input is no such container or ends too early, [`Error::Key`] if it is for another key,
/// [`Error::Rejected`] if something in it was changed, [`Error::Io`] if the input or the output fails.
pub fn decrypt(key: &PrivateKey, input: &mut Input, output: &mut NewFile) -> Result<u64> {
    let header = Header::read(input)?;
    if header.recipient != key.public().fingerprint() {
        return Err(Error::Key(format!(
            "the message is for the key with fingerprint {}…, this one has {}…",
            short(&header.recipient),
            short(&key.public().fingerprint()),
        )));
    }
    if header.kem != KemAlgorithm::for_key(key.public())? {
        return Err(Error::malformed(input.what(), "its KEM is not one for the recipient's key"));
    }
    let decapsulator = kem::decapsulator(header.kem, header.kem.backends()[0], key)?;
    let shared = decapsulator.decapsulate(&header.encapsulation).map_err(failed)?;
    payload::open(header.aead, &file_key(&header, &shared)?, input, output)
}

/// The one text for what fails before any chunk was verified: an encapsulation or a chunk, for which two texts would be an
/// oracle. A single chunk that was cut looks the same.
fn failed(error: Error) -> Error {
    match error {
        Error::Rejected(_) => {
            Error::Rejected("decryption failed: wrong key, or the data was changed or its end cut off".to_owned())
        }
        other => other,
    }
}

/// Length of the chunks of a message, tags included; `None` beyond 2^64.
#[must_use]
pub fn payload_len(message: u64) -> Option<u64> {
    message.checked_add(chunks(message) * TAG_LEN as u64)
}

/// Length of the message in chunks of that total length, and their number; `None` if there is no such message.
#[must_use]
pub fn message_len(payload: u64) -> Option<(u64, u64)> {
    let chunks = payload.div_ceil((CHUNK_LEN + TAG_LEN) as u64);
    let message = payload.checked_sub(chunks.max(1) * TAG_LEN as u64)?;
    (payload_len(message)? == payload).then_some((message, chunks))
}

/// The empty message has one chunk too.
const fn chunks(message: u64) -> u64 {
    let full = message.div_ceil(CHUNK_LEN as u64);
    if full == 0 { 1 } else { full }
}

fn file_key(header: &Header, shared: &Secret) -> Result<Secret> {
    const LABEL: &[u8] = b"cryptodemo chunked v1";
    let mut key = zeroize::Zeroizing::new(vec![0; header.aead.key_len()]);
    hkdf::Hkdf::<sha2::Sha256>::new(Some(&header.salt), shared.expose())
        .expand_multi_info(&[LABEL, &header.encode()], &mut key)
        .expect("a key is shorter than 255 hashes");
    Ok(Secret::from(key.as_slice()))
}

/// The first bytes of a fingerprint: enough to tell keys apart by eye.
fn short(fingerprint: &[u8; 32]) -> String {
    crate::report::hex(&fingerprint[..8])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_message_and_chunks_belong_together() {
        for (message, payload, count) in [
            (0, 16, 1),
            (1, 17, 1),
            (65_535, 65_551, 1),
            (65_536, 65_552, 1),
            (65_537, 65_569, 2),
            (4 << 30, (4 << 30) + 65_536 * 16, 65_536),
        ] {
            assert_eq!(payload_len(message), Some(payload));
            assert_eq!(message_len(payload), Some((message, count)));
        }
        // Less than a tag; and a full chunk followed by one without a byte of plaintext.
        for payload in [0, 15, 65_552 + 1, 65_552 + 16] {
            assert_eq!(message_len(payload), None, "{payload}");
        }
    }
}
