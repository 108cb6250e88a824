//! Signatures: one trait, one implementation per backend.

use serde::Serialize;

use crate::keys::{PrivateKey, PublicKey};
use crate::{Backend, Result};

/// Signature schemes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, clap::ValueEnum)]
pub enum SignatureScheme {
    /// RSASSA-PSS with SHA-256, MGF1 with SHA-256 and a salt of 32 bytes (RFC 8017 section 8.1).
    #[serde(rename = "rsa-pss")]
    #[value(name = "rsa-pss")]
    RsaPss,
    /// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017 section 8.2).
    #[serde(rename = "rsa-pkcs1")]
    #[value(name = "rsa-pkcs1")]
    RsaPkcs1,
    /// Ed25519 (RFC 8032 section 5.1).
    #[serde(rename = "ed25519")]
    #[value(name = "ed25519")]
    Ed25519,
    /// ECDSA on P-256 with SHA-256 (FIPS 186-5); the signature is DER (RFC 3279 section 2.2.3).
    #[serde(rename = "ecdsa-p256")]
    #[value(name = "ecdsa-p256")]
    EcdsaP256,
}

/// Signs with one private key.
pub trait Signer: Send + Sync {
    /// The signature over the message.
    fn sign(&self, message: &[u8]) -> Vec<u8>;
}

/// Checks signatures of one public key.
pub trait Verifier: Send + Sync {
    /// Whether the signature is the key's over the message.
    ///
    /// # Errors
    /// `Error::Rejected` if not.
    fn verify(&self, message: &[u8], signature: &[u8]) -> Result<()>;
}

impl SignatureScheme {
    /// Backends that implement it, the one for real work first.
    #[must_use]
    pub const fn backends(self) -> &'static [Backend] {
        todo!()
    }

    /// The usual scheme for the key: PSS for RSA.
    ///
    /// # Errors
    /// `Error::Key` if the key cannot sign.
    pub fn for_key(key: &PublicKey) -> Result<Self> {
        todo!("{key:?}")
    }
}

/// Ready to sign with the key.
///
/// # Errors
/// `Error::Key` if the key is not the scheme's, `Error::Usage` if the backend lacks the scheme.
pub fn signer(scheme: SignatureScheme, backend: Backend, key: &PrivateKey) -> Result<Box<dyn Signer>> {
    todo!("{scheme:?} {backend} {key:?}")
}

/// Ready to check signatures of the key.
///
/// # Errors
/// As [`signer`].
pub fn verifier(scheme: SignatureScheme, backend: Backend, key: &PublicKey) -> Result<Box<dyn Verifier>> {
    todo!("{scheme:?} {backend} {key:?}")
}
