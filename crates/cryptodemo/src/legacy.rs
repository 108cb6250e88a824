//! Ciphers without authentication: what the notes name, for comparison and for attacks. Nothing here is for real use.

use serde::Serialize;

use crate::{Result, Secret};

/// Block ciphers in CBC and ECB mode with PKCS#7 padding (NIST SP 800-38A, RFC 5652 section 6.3), and in CTR mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct LegacyAlgorithm {
    /// The block cipher.
    pub cipher: BlockCipher,
    /// The mode of operation.
    pub mode: Mode,
}

/// Block ciphers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum BlockCipher {
    /// AES-128 (FIPS 197).
    Aes128,
    /// AES-256 (FIPS 197).
    Aes256,
    /// ARIA-128 (RFC 5794).
    Aria128,
    /// ARIA-256 (RFC 5794).
    Aria256,
    /// SEED (RFC 4269).
    Seed,
    /// DES (FIPS 46-3). Broken: 56 bits of key.
    Des,
    /// Three-key Triple DES (NIST SP 800-67).
    DesEde3,
}

/// Modes of operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Mode {
    /// Each block alone: equal blocks stay equal.
    Ecb,
    /// Each block over the one before.
    Cbc,
    /// A key stream from a counter.
    Ctr,
}

impl LegacyAlgorithm {
    /// By its name as in OpenSSL: `aria-256-cbc`, `seed-ecb`, `des-ede3-cbc`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        todo!("{name}")
    }
}

/// A block cipher with its key schedule ready.
pub trait Legacy: Send + Sync {
    /// Pads and encrypts; CTR does not pad. The IV has the block's length; ECB takes an empty one.
    ///
    /// # Errors
    /// `Error::Usage` if the IV's length is wrong.
    fn encrypt(&self, iv: &[u8], message: &[u8]) -> Result<Vec<u8>>;

    /// Decrypts and removes the padding.
    ///
    /// # Errors
    /// `Error::Usage` if the IV's length is wrong, `Error::Malformed` if the length is no multiple of the block's,
    /// `Error::Rejected` if the padding is wrong: which is all that these modes can notice.
    fn decrypt(&self, iv: &[u8], ciphertext: &[u8]) -> Result<Vec<u8>>;
}

/// A key ready for use.
///
/// # Errors
/// `Error::Key` if the key's length is wrong.
pub fn key(algorithm: LegacyAlgorithm, key: &Secret) -> Result<Box<dyn Legacy>> {
    todo!("{algorithm:?} {key:?}")
}
