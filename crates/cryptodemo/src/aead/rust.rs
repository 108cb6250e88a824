//! By RustCrypto.

use aes_gcm::aead::consts::{U12, U16};
use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::{Aes128Gcm, Aes256Gcm, AesGcm};
use aria::{Aria128, Aria256};
use chacha20poly1305::ChaCha20Poly1305;

use super::{AeadAlgorithm, NONCE_LEN, RawAead, TAG_LEN};
use crate::Result;
use crate::error::Error;

/// The key must have the algorithm's length.
pub(super) fn key(algorithm: AeadAlgorithm, key: &[u8]) -> Box<dyn RawAead> {
    match algorithm {
        AeadAlgorithm::Aes128Gcm => boxed::<Aes128Gcm>(key),
        AeadAlgorithm::Aes256Gcm => boxed::<Aes256Gcm>(key),
        AeadAlgorithm::ChaCha20Poly1305 => boxed::<ChaCha20Poly1305>(key),
        // GCM is defined for every block cipher of 16 bytes (NIST SP 800-38D section 5.1); the crate's name is narrower.
        AeadAlgorithm::Aria128Gcm => boxed::<AesGcm<Aria128, U12>>(key),
        AeadAlgorithm::Aria256Gcm => boxed::<AesGcm<Aria256, U12>>(key),
    }
}

fn boxed<A>(key: &[u8]) -> Box<dyn RawAead>
where
    A: AeadInOut<NonceSize = U12, TagSize = U16> + KeyInit + Send + Sync + 'static,
{
    Box::new(Key(A::new_from_slice(key).expect("the caller checked the length")))
}

/// A key of the crates' common trait.
struct Key<A>(A);

impl<A: AeadInOut<NonceSize = U12, TagSize = U16> + Send + Sync> RawAead for Key<A> {
    fn seal_raw(&self, nonce: &[u8; NONCE_LEN], aad: &[u8], data: &mut [u8]) -> [u8; TAG_LEN] {
        let tag = self.0.encrypt_inout_detached(nonce.into(), aad, data.into());
        tag.expect("below the limit of the mode").into()
    }

    fn open_raw(&self, nonce: &[u8; NONCE_LEN], aad: &[u8], data: &mut [u8], tag: &[u8; TAG_LEN]) -> Result<()> {
        if self.0.decrypt_inout_detached(nonce.into(), aad, (&mut *data).into(), tag.into()).is_ok() {
            return Ok(());
        }
        // These crates leave the ciphertext in place; the trait promises zeros.
        data.fill(0);
        Err(Error::decryption())
    }
}
