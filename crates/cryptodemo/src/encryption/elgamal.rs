//! Hashed ElGamal with AES-256-GCM: a fresh secret by the KEM, and the message under it. For teaching only.
//!
//! Ciphertext: the encapsulation (256 bytes), the encrypted message, the tag (16 bytes). The key is fresh for each
//! message, so the nonce is the first of its sequence and not sent.

use super::{Decryptor, Encryptor};
use crate::aead::{AeadAlgorithm, OpeningKey, SealingKey, TAG_LEN};
use crate::elgamal::ELEMENT_LEN;
use crate::kem::{self, Decapsulator, Encapsulator, KemAlgorithm};
use crate::keys::{PrivateKey, PublicKey};
use crate::{Backend, Error, Result, Secret};

struct Encrypting(Box<dyn Encapsulator>);
struct Decrypting(Box<dyn Decapsulator>);

pub(super) fn encryptor(key: &PublicKey) -> Result<Box<dyn Encryptor>> {
    Ok(Box::new(Encrypting(kem::encapsulator(KemAlgorithm::ElGamal, Backend::Rust, key)?)))
}

pub(super) fn decryptor(key: &PrivateKey) -> Result<Box<dyn Decryptor>> {
    Ok(Box::new(Decrypting(kem::decapsulator(KemAlgorithm::ElGamal, Backend::Rust, key)?)))
}

/// Each key encrypts one message, so the fixed part of the nonce tells nothing apart.
const FIXED: [u8; 4] = [0; 4];

impl Encryptor for Encrypting {
    fn max_len(&self) -> Option<usize> {
        None
    }

    fn encrypt(&self, message: &[u8]) -> Result<Vec<u8>> {
        let (secret, mut out) = self.0.encapsulate()?;
        out.extend_from_slice(message);
        let tag = SealingKey::new(AeadAlgorithm::Aes256Gcm, secret, FIXED)?.seal(&[], &mut out[ELEMENT_LEN..])?.tag;
        out.extend(tag);
        Ok(out)
    }
}

impl Decryptor for Decrypting {
    fn decrypt(&self, ciphertext: &[u8]) -> Result<Secret> {
        let split = ciphertext.split_at_checked(ELEMENT_LEN).and_then(|(encapsulation, rest)| {
            let (data, tag) = rest.split_last_chunk::<TAG_LEN>()?;
            Some((encapsulation, data, tag))
        });
        let (encapsulation, data, tag) = split.ok_or_else(Error::decryption)?;
        let mut key = OpeningKey::new(AeadAlgorithm::Aes256Gcm, &self.0.decapsulate(encapsulation)?, FIXED)?;
        let mut message = data.to_vec();
        key.open(&[], &mut message, tag).map_err(|_| Error::decryption())?;
        Ok(Secret::new(message))
    }
}
