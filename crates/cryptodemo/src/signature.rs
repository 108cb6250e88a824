//! Signatures: one trait, one implementation per backend.

mod aws_lc;
mod ring;
mod rust;
#[cfg(test)]
mod tests;

use serde::Serialize;

use crate::keys::{KeyAlgorithm, PrivateKey, PublicKey};
use crate::{Backend, Error, Result};

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
    /// The signature over the message: the modulus' 256, 384 or 512 bytes for RSA, 64 for Ed25519, 8 to 72 for ECDSA on
    /// P-256 (DER, usually 70 to 72).
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
    /// All of them.
    pub const ALL: [Self; 4] = [Self::RsaPss, Self::RsaPkcs1, Self::Ed25519, Self::EcdsaP256];

    /// Name as on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::RsaPss => "rsa-pss",
            Self::RsaPkcs1 => "rsa-pkcs1",
            Self::Ed25519 => "ed25519",
            Self::EcdsaP256 => "ecdsa-p256",
        }
    }

    /// Backends that implement it, the one for real work first. All do, but ring signs by no RSA key whose public
    /// exponent is below 65537: it is refused when the signer is made.
    #[must_use]
    pub const fn backends(self) -> &'static [Backend] {
        &Backend::ALL
    }

    /// The usual scheme for the key: PSS for RSA.
    ///
    /// # Errors
    /// `Error::Key` if the key cannot sign.
    pub fn for_key(key: &PublicKey) -> Result<Self> {
        match key.algorithm() {
            KeyAlgorithm::Rsa2048 | KeyAlgorithm::Rsa3072 | KeyAlgorithm::Rsa4096 => Ok(Self::RsaPss),
            KeyAlgorithm::Ed25519 => Ok(Self::Ed25519),
            KeyAlgorithm::P256 => Ok(Self::EcdsaP256),
            other @ (KeyAlgorithm::X25519
            | KeyAlgorithm::MlKem768
            | KeyAlgorithm::X25519MlKem768
            | KeyAlgorithm::ElGamal2048) => Err(Error::Key(format!("{other} keys do not sign"))),
        }
    }

    fn check(self, key: &PublicKey) -> Result<()> {
        let usual = Self::for_key(key)?;
        let fits = match self {
            Self::RsaPss | Self::RsaPkcs1 => usual == Self::RsaPss,
            Self::Ed25519 | Self::EcdsaP256 => usual == self,
        };
        if fits { Ok(()) } else { Err(Error::Key(format!("{self} does not work with a key of {}", key.algorithm()))) }
    }
}

impl std::fmt::Display for SignatureScheme {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

/// Ready to sign with the key.
///
/// # Errors
/// `Error::Key` if the key is not the scheme's or the backend does not take it, `Error::Usage` if the backend lacks the
/// scheme.
pub fn signer(scheme: SignatureScheme, backend: Backend, key: &PrivateKey) -> Result<Box<dyn Signer>> {
    scheme.check(key.public())?;
    let signer = match backend {
        Backend::AwsLc => aws_lc::signer(scheme, key),
        Backend::Ring => ring::signer(scheme, key),
        Backend::Rust => rust::signer(scheme, key),
    };
    signer.ok_or_else(|| not_taken(backend, key.public()))
}

/// Ready to check signatures of the key. Parsing is done here, so that it is not timed with the operation (but ring
/// parses at each operation, having no type for a parsed key).
///
/// # Errors
/// As [`signer`].
pub fn verifier(scheme: SignatureScheme, backend: Backend, key: &PublicKey) -> Result<Box<dyn Verifier>> {
    scheme.check(key)?;
    let verifier = match backend {
        Backend::AwsLc => aws_lc::verifier(scheme, key),
        Backend::Ring => Some(ring::verifier(scheme, key)),
        Backend::Rust => rust::verifier(scheme, key),
    };
    verifier.ok_or_else(|| not_taken(backend, key))
}

fn not_taken(backend: Backend, key: &PublicKey) -> Error {
    Error::Key(format!("{backend} does not take this key of {}", key.algorithm()))
}

/// One text for all signatures that do not fit.
fn rejected() -> Error {
    Error::Rejected("the signature is not this key's over this message".to_owned())
}
