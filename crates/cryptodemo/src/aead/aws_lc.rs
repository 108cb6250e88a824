//! By AWS-LC.

use aws_lc_rs::aead::{
    AES_128_GCM, AES_256_GCM, Aad, CHACHA20_POLY1305, LessSafeKey, Nonce as LibraryNonce, UnboundKey,
};

use super::{AeadAlgorithm, NONCE_LEN, RawAead, TAG_LEN};
use crate::Result;
use crate::error::Error;

/// The key must have the algorithm's length, and the algorithm must be one of the library's.
pub(super) fn key(algorithm: AeadAlgorithm, key: &[u8]) -> Box<dyn RawAead> {
    let algorithm = match algorithm {
        AeadAlgorithm::Aes128Gcm => &AES_128_GCM,
        AeadAlgorithm::Aes256Gcm => &AES_256_GCM,
        AeadAlgorithm::ChaCha20Poly1305 => &CHACHA20_POLY1305,
        AeadAlgorithm::Aria128Gcm | AeadAlgorithm::Aria256Gcm => unreachable!("the caller checked the backend"),
    };
    Box::new(LessSafeKey::new(UnboundKey::new(algorithm, key).expect("the caller checked the length")))
}

impl RawAead for LessSafeKey {
    fn seal_raw(&self, nonce: &[u8; NONCE_LEN], aad: &[u8], data: &mut [u8]) -> [u8; TAG_LEN] {
        let nonce = LibraryNonce::assume_unique_for_key(*nonce);
        let tag = self.seal_in_place_separate_tag(nonce, Aad::from(aad), data).expect("below the limit of the mode");
        tag.as_ref().try_into().expect("all tags have 16 bytes")
    }

    fn open_raw(&self, nonce: &[u8; NONCE_LEN], aad: &[u8], data: &mut [u8], tag: &[u8; TAG_LEN]) -> Result<()> {
        let nonce = LibraryNonce::assume_unique_for_key(*nonce);
        if self.open_in_place_separate_tag(nonce, Aad::from(aad), tag, data).is_ok() {
            return Ok(());
        }
        // The library leaves open what is in the buffer now.
        data.fill(0);
        Err(Error::decryption())
    }
}
