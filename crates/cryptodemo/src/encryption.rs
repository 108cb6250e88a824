//! Public-key encryption of short messages, as the notes mean it: "encrypt with B's public key, open with B's private key".

mod aws_lc;
mod elgamal;
mod rust;
#[cfg(test)]
mod tests;

use serde::Serialize;

use crate::keys::{KeyAlgorithm, PrivateKey, PublicKey};
use crate::{Backend, Error, Result, Secret};

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
    /// All of them.
    pub const ALL: [Self; 3] = [Self::RsaOaep, Self::RsaPkcs1, Self::ElGamal];

    /// Name as on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::RsaOaep => "rsa-oaep",
            Self::RsaPkcs1 => "rsa-pkcs1",
            Self::ElGamal => "elgamal",
        }
    }

    /// Backends that implement it, the one for real work first.
    #[must_use]
    pub const fn backends(self) -> &'static [Backend] {
        match self {
            Self::RsaOaep | Self::RsaPkcs1 => &[Backend::AwsLc, Backend::Rust],
            Self::ElGamal => &[Backend::Rust],
        }
    }

    /// The usual scheme for the key: OAEP for RSA.
    ///
    /// # Errors
    /// `Error::Key` if nothing can be encrypted to the key directly.
    pub fn for_key(key: &PublicKey) -> Result<Self> {
        match key.algorithm() {
            algorithm if algorithm.is_rsa() => Ok(Self::RsaOaep),
            KeyAlgorithm::ElGamal2048 => Ok(Self::ElGamal),
            KeyAlgorithm::Ed25519 => Err(Error::Key("ed25519 keys sign; nothing can be encrypted to them".to_owned())),
            other => Err(Error::Key(format!(
                "{other} keys agree on keys, they do not encrypt messages; `cryptodemo hybrid encrypt` does with them"
            ))),
        }
    }

    /// Longest message in bytes for a key; `None` if there is no bound worth naming. RFC 8017 sections 7.1.1 and 7.2.1.
    #[must_use]
    pub const fn max_len(self, key: KeyAlgorithm) -> Option<usize> {
        let modulus = match key {
            KeyAlgorithm::Rsa2048 => 256,
            KeyAlgorithm::Rsa3072 => 384,
            KeyAlgorithm::Rsa4096 => 512,
            _ => return None,
        };
        match self {
            // Two hashes of 32 bytes and two bytes more.
            Self::RsaOaep => Some(modulus - 66),
            // Eight random bytes and three more.
            Self::RsaPkcs1 => Some(modulus - 11),
            Self::ElGamal => None,
        }
    }

    fn check(self, backend: Backend, key: KeyAlgorithm) -> Result<()> {
        let fits = match self {
            Self::RsaOaep | Self::RsaPkcs1 => key.is_rsa(),
            Self::ElGamal => key == KeyAlgorithm::ElGamal2048,
        };
        if !fits {
            return Err(Error::Key(format!("{self} does not work with a key of {key}")));
        }
        if !self.backends().contains(&backend) {
            return Err(Error::Usage(format!("{backend} has no {self}")));
        }
        Ok(())
    }

    fn too_long(self, key: KeyAlgorithm, len: usize) -> Error {
        let max = self.max_len(key).unwrap_or(usize::MAX);
        Error::Usage(format!(
            "the message has {len} bytes, and {self} with {key} takes {max} at most; `cryptodemo hybrid encrypt` has no limit"
        ))
    }
}

impl std::fmt::Display for EncryptionScheme {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

/// Ready to encrypt to the key.
///
/// # Errors
/// `Error::Key` if the key is not the scheme's, `Error::Usage` if the backend lacks the scheme.
pub fn encryptor(scheme: EncryptionScheme, backend: Backend, key: &PublicKey) -> Result<Box<dyn Encryptor>> {
    scheme.check(backend, key.algorithm())?;
    match (scheme, backend) {
        (EncryptionScheme::ElGamal, _) => elgamal::encryptor(key),
        (_, Backend::AwsLc) => aws_lc::encryptor(scheme, key),
        (_, Backend::Rust | Backend::Ring) => rust::encryptor(scheme, key),
    }
}

/// Ready to decrypt with the key.
///
/// With [`EncryptionScheme::RsaPkcs1`] the backends differ on a wrong padding: AWS-LC fails, the crate `rsa` gives a
/// made-up message (implicit rejection).
///
/// # Errors
/// As [`encryptor`].
pub fn decryptor(scheme: EncryptionScheme, backend: Backend, key: &PrivateKey) -> Result<Box<dyn Decryptor>> {
    scheme.check(backend, key.algorithm())?;
    match (scheme, backend) {
        (EncryptionScheme::ElGamal, _) => elgamal::decryptor(key),
        (_, Backend::AwsLc) => aws_lc::decryptor(scheme, key),
        (_, Backend::Rust | Backend::Ring) => rust::decryptor(scheme, key),
    }
}
