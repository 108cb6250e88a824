//! Key encapsulation: the one interface behind "encrypt a fresh key to B" whatever the mathematics (RFC 9180 section 4).

use serde::Serialize;

use crate::keys::{PrivateKey, PublicKey};
use crate::{Backend, Result, Secret};

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
    /// A fresh shared secret, and what the other side needs to get at it.
    ///
    /// # Errors
    /// `Error::Key` if the public key turns out to be unusable (a point of small order, say).
    fn encapsulate(&self) -> Result<(Secret, Vec<u8>)>;
}

/// Gets at shared secrets with one private key.
pub trait Decapsulator: Send + Sync {
    /// The shared secret behind the encapsulation.
    ///
    /// # Errors
    /// `Error::Rejected`, with one text for all reasons. ML-KEM never fails here: it gives another secret.
    fn decapsulate(&self, encapsulation: &[u8]) -> Result<Secret>;
}

impl KemAlgorithm {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::RsaOaep, Self::X25519, Self::P256, Self::MlKem768, Self::X25519MlKem768, Self::ElGamal];

    /// Backends that implement it, the one for real work first.
    #[must_use]
    pub const fn backends(self) -> &'static [Backend] {
        todo!()
    }

    /// What fits the recipient's key.
    ///
    /// # Errors
    /// `Error::Key` if the key is for signatures only.
    pub fn for_key(key: &PublicKey) -> Result<Self> {
        todo!("{key:?}")
    }
}

/// Ready to encapsulate to the key; parsing is done here, so that it is not timed with the operation.
///
/// # Errors
/// `Error::Key` if the key is not the algorithm's, `Error::Usage` if the backend lacks the algorithm.
pub fn encapsulator(algorithm: KemAlgorithm, backend: Backend, key: &PublicKey) -> Result<Box<dyn Encapsulator>> {
    todo!("{algorithm:?} {backend} {key:?}")
}

/// Ready to decapsulate with the key.
///
/// # Errors
/// As [`encapsulator`].
pub fn decapsulator(algorithm: KemAlgorithm, backend: Backend, key: &PrivateKey) -> Result<Box<dyn Decapsulator>> {
    todo!("{algorithm:?} {backend} {key:?}")
}
