//! Key encapsulation: the one interface behind "encrypt a fresh key to B" whatever the mathematics (RFC 9180 section 4).
//!
//! X25519, P-256, ElGamal and X25519MLKEM768 derive the secret by HKDF-SHA-256 (RFC 5869) from the shared value: salt
//! empty, info = `cryptodemo kem ` || name || 0 || encapsulation || recipient's public key. RSA-OAEP and ML-KEM have
//! secrets of 32 bytes themselves.

mod derive;
mod diffie_hellman;
mod elgamal;
mod hybrid;
mod ml_kem;
mod rsa_oaep;
#[cfg(test)]
mod tests;

use serde::Serialize;

use crate::encryption::{self, EncryptionScheme};
use crate::keys::{KeyAlgorithm, PrivateKey, PublicKey};
use crate::{Backend, Error, Result, Secret};

/// Key encapsulation mechanisms. Each gives a shared secret of 32 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, clap::ValueEnum)]
pub enum KemAlgorithm {
    /// 32 random bytes encrypted by RSAES-OAEP with SHA-256 and MGF1 with SHA-256 (RFC 8017 section 7.1).
    #[serde(rename = "rsa-oaep")]
    #[value(name = "rsa-oaep")]
    RsaOaep,
    /// Ephemeral X25519 (RFC 7748), HKDF-SHA-256 over the shared point and both public keys.
    #[serde(rename = "x25519")]
    #[value(name = "x25519")]
    X25519,
    /// Ephemeral ECDH on P-256 (SP 800-56A), HKDF-SHA-256 as for X25519.
    #[serde(rename = "p256")]
    #[value(name = "p256")]
    P256,
    /// ML-KEM-768 (FIPS 203).
    #[serde(rename = "ml-kem-768")]
    #[value(name = "ml-kem-768")]
    MlKem768,
    /// ML-KEM-768 and X25519 together: secret unless both are broken. Order of the parts as in TLS 1.3.
    #[serde(rename = "x25519mlkem768")]
    #[value(name = "x25519mlkem768")]
    X25519MlKem768,
    /// Hashed ElGamal over ffdhe2048. For teaching only.
    #[serde(rename = "elgamal")]
    #[value(name = "elgamal")]
    ElGamal,
}

/// Length of every shared secret here, in bytes.
pub const SHARED_SECRET_LEN: usize = 32;

/// Makes shared secrets for the holder of one private key.
pub trait Encapsulator: Send + Sync {
    /// A fresh shared secret of [`SHARED_SECRET_LEN`] bytes, and what the other side needs to get at it: the
    /// encapsulation. It has the modulus' 256, 384 or 512 bytes for RSA-OAEP, 32 for X25519, 65 for P-256 (an
    /// uncompressed point), 1088 for ML-KEM-768, 1120 for X25519MLKEM768, 256 for ElGamal.
    ///
    /// # Errors
    /// `Error::Key` if the public key turns out to be unusable (a point of small order, say).
    fn encapsulate(&self) -> Result<(Secret, Vec<u8>)>;
}

/// Gets at shared secrets with one private key.
pub trait Decapsulator: Send + Sync {
    /// The shared secret of [`SHARED_SECRET_LEN`] bytes behind the encapsulation, which has the length that
    /// [`Encapsulator::encapsulate`] tells.
    ///
    /// # Errors
    /// `Error::Rejected`, with one text for all reasons. ML-KEM-768 rejects a wrong length alone: for any other
    /// encapsulation that was not made for the key, it gives another secret (FIPS 203 section 6.3).
    fn decapsulate(&self, encapsulation: &[u8]) -> Result<Secret>;
}

impl KemAlgorithm {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::RsaOaep, Self::X25519, Self::P256, Self::MlKem768, Self::X25519MlKem768, Self::ElGamal];

    /// Name as on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::RsaOaep => "rsa-oaep",
            Self::X25519 => "x25519",
            Self::P256 => "p256",
            Self::MlKem768 => "ml-kem-768",
            Self::X25519MlKem768 => "x25519mlkem768",
            Self::ElGamal => "elgamal",
        }
    }

    /// Backends that implement both sides, the one for real work first. See [`KemAlgorithm::encapsulating_backends`].
    #[must_use]
    pub const fn backends(self) -> &'static [Backend] {
        match self {
            Self::RsaOaep | Self::X25519 | Self::P256 | Self::MlKem768 | Self::X25519MlKem768 => {
                &[Backend::AwsLc, Backend::Rust]
            }
            Self::ElGamal => &[Backend::Rust],
        }
    }

    /// Backends that implement the sender's side: ring does on both curves, but takes no private keys from outside, which
    /// the recipient's side needs.
    #[must_use]
    pub const fn encapsulating_backends(self) -> &'static [Backend] {
        match self {
            Self::X25519 | Self::P256 => &Backend::ALL,
            other => other.backends(),
        }
    }

    /// What fits the recipient's key.
    ///
    /// # Errors
    /// `Error::Key` if the key is for signatures only.
    pub fn for_key(key: &PublicKey) -> Result<Self> {
        match key.algorithm() {
            KeyAlgorithm::Rsa2048 | KeyAlgorithm::Rsa3072 | KeyAlgorithm::Rsa4096 => Ok(Self::RsaOaep),
            KeyAlgorithm::X25519 => Ok(Self::X25519),
            KeyAlgorithm::P256 => Ok(Self::P256),
            KeyAlgorithm::MlKem768 => Ok(Self::MlKem768),
            KeyAlgorithm::X25519MlKem768 => Ok(Self::X25519MlKem768),
            KeyAlgorithm::ElGamal2048 => Ok(Self::ElGamal),
            KeyAlgorithm::Ed25519 => Err(Error::Key("ed25519 keys sign; nothing can be encrypted to them".to_owned())),
        }
    }

    fn check(self, backends: &[Backend], backend: Backend, key: &PublicKey) -> Result<()> {
        if Self::for_key(key)? != self {
            return Err(Error::Key(format!("{self} does not work with a key of {}", key.algorithm())));
        }
        if !backends.contains(&backend) {
            return Err(Error::Usage(format!("{backend} has no {self}")));
        }
        Ok(())
    }
}

impl std::fmt::Display for KemAlgorithm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

/// Ready to encapsulate to the key; parsing is done here, so that it is not timed with the operation (but ring parses
/// at each operation, having no type for a parsed key).
///
/// # Errors
/// `Error::Key` if the key is not the algorithm's, `Error::Usage` if the backend lacks the algorithm.
pub fn encapsulator(algorithm: KemAlgorithm, backend: Backend, key: &PublicKey) -> Result<Box<dyn Encapsulator>> {
    algorithm.check(algorithm.encapsulating_backends(), backend, key)?;
    match algorithm {
        KemAlgorithm::RsaOaep => {
            Ok(Box::new(rsa_oaep::Sender(encryption::encryptor(EncryptionScheme::RsaOaep, backend, key)?)))
        }
        KemAlgorithm::X25519 | KemAlgorithm::P256 => diffie_hellman::encapsulator(algorithm, backend, key),
        KemAlgorithm::MlKem768 => ml_kem::encapsulator(backend, key.bits()),
        KemAlgorithm::X25519MlKem768 => hybrid::encapsulator(backend, key),
        KemAlgorithm::ElGamal => Ok(elgamal::encapsulator(key)),
    }
}

/// Ready to decapsulate with the key.
///
/// # Errors
/// As [`encapsulator`].
pub fn decapsulator(algorithm: KemAlgorithm, backend: Backend, key: &PrivateKey) -> Result<Box<dyn Decapsulator>> {
    algorithm.check(algorithm.backends(), backend, key.public())?;
    match algorithm {
        KemAlgorithm::RsaOaep => {
            Ok(Box::new(rsa_oaep::Recipient(encryption::decryptor(EncryptionScheme::RsaOaep, backend, key)?)))
        }
        KemAlgorithm::X25519 | KemAlgorithm::P256 => diffie_hellman::decapsulator(algorithm, backend, key),
        KemAlgorithm::MlKem768 => ml_kem::decapsulator(backend, key.material()),
        KemAlgorithm::X25519MlKem768 => hybrid::decapsulator(backend, key),
        KemAlgorithm::ElGamal => Ok(elgamal::decapsulator(key)),
    }
}
