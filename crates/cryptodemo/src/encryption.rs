//! Public-key encryption of short messages, as the notes mean it: "encrypt with B's public key, open with B's private key".

use serde::Serialize;

use crate::keys::{PrivateKey, PublicKey};
use crate::{Backend, Result, Secret};

/// Schemes of public-key encryption.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, clap::ValueEnum)]
pub enum EncryptionScheme {
    /// RSAES-OAEP with SHA-256 and MGF1 with SHA-256 (RFC 8017 section 7.1).
    #[serde(rename = "rsa-oaep")]
    #[value(name = "rsa-oaep")]
    RsaOaep,
    /// RSAES-PKCS1-v1_5 (RFC 8017 section 7.2). Unsafe: Bleichenbacher's attack.
    #[serde(rename = "rsa-pkcs1")]
    #[value(name = "rsa-pkcs1")]
    RsaPkcs1,
    /// Hashed ElGamal over ffdhe2048, the message under AES-256-GCM. For teaching only.
    #[serde(rename = "elgamal")]
    #[value(name = "elgamal")]
    ElGamal,
}

/// Encrypts to one public key.
pub trait Encryptor: Send + Sync {
    /// Longest message in bytes; `None` if there is no bound worth naming.
    fn max_len(&self) -> Option<usize>;

    /// The ciphertext.
    ///
    /// # Errors
    /// `Error::Usage` if the message is too long; the text says how long it may be and points to `hybrid encrypt`.
    fn encrypt(&self, message: &[u8]) -> Result<Vec<u8>>;
}

/// Decrypts with one private key.
pub trait Decryptor: Send + Sync {
    /// The message.
    ///
    /// # Errors
    /// `Error::Rejected`, with one text for all reasons.
    fn decrypt(&self, ciphertext: &[u8]) -> Result<Secret>;
}

impl EncryptionScheme {
    /// Backends that implement it, the one for real work first.
    #[must_use]
    pub const fn backends(self) -> &'static [Backend] {
        todo!()
    }
}

/// Ready to encrypt to the key.
///
/// # Errors
/// `Error::Key` if the key is not the scheme's, `Error::Usage` if the backend lacks the scheme.
pub fn encryptor(scheme: EncryptionScheme, backend: Backend, key: &PublicKey) -> Result<Box<dyn Encryptor>> {
    todo!("{scheme:?} {backend} {key:?}")
}

/// Ready to decrypt with the key.
///
/// # Errors
/// As [`encryptor`].
pub fn decryptor(scheme: EncryptionScheme, backend: Backend, key: &PrivateKey) -> Result<Box<dyn Decryptor>> {
    todo!("{scheme:?} {backend} {key:?}")
}
