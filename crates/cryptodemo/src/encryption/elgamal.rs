//! Hashed ElGamal with AES-256-GCM: a fresh secret by the KEM, and the message under it. For teaching only.
//!
//! Ciphertext: the encapsulation (256 bytes), the encrypted message, the tag (16 bytes). The key is fresh for each
//! message, so the nonce is the first of a sequence and not sent.

use super::{Decryptor, Encryptor};
use crate::aead::{self, AeadAlgorithm, NonceSequence, TAG_LEN};
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

/// Each key encrypts one message, with this nonce.
fn nonce() -> aead::Nonce {
    NonceSequence::new([0; 4]).next().expect("a sequence has a first nonce")
}

impl Encryptor for Encrypting {
    fn max_len(&self) -> Option<usize> {
        None
    }

    fn encrypt(&self, message: &[u8]) -> Result<Vec<u8>> {
        let (secret, mut out) = self.0.encapsulate()?;
        out.extend_from_slice(message);
        let tag = aead::key(AeadAlgorithm::Aes256Gcm, &secret)?.seal(nonce(), &[], &mut out[ELEMENT_LEN..]);
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
        let key = aead::key(AeadAlgorithm::Aes256Gcm, &self.0.decapsulate(encapsulation)?)?;
        let mut message = data.to_vec();
        key.open(&nonce().bytes(), &[], &mut message, tag).map_err(|_| Error::decryption())?;
        Ok(Secret::new(message))
    }
}
