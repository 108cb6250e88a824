//! Private and public keys as files have them: PKCS#8 (RFC 5958) and SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7), in
//! PEM (RFC 7468) or DER. Algorithms take what they need out of the encodings.

use serde::Serialize;

use crate::{Result, Secret};

/// Kinds of keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, clap::ValueEnum)]
pub enum KeyAlgorithm {
    /// RSA with a modulus of 2048 bits (RFC 8017).
    #[serde(rename = "rsa-2048")]
    #[value(name = "rsa-2048")]
    Rsa2048,
    /// RSA with a modulus of 3072 bits.
    #[serde(rename = "rsa-3072")]
    #[value(name = "rsa-3072")]
    Rsa3072,
    /// RSA with a modulus of 4096 bits.
    #[serde(rename = "rsa-4096")]
    #[value(name = "rsa-4096")]
    Rsa4096,
    /// Ed25519 signatures (RFC 8032, RFC 8410).
    #[serde(rename = "ed25519")]
    #[value(name = "ed25519")]
    Ed25519,
    /// P-256: ECDSA signatures and ECDH (FIPS 186-5, RFC 5480).
    #[serde(rename = "p256")]
    #[value(name = "p256")]
    P256,
    /// X25519 key agreement (RFC 7748, RFC 8410).
    #[serde(rename = "x25519")]
    #[value(name = "x25519")]
    X25519,
    /// ML-KEM-768 (FIPS 203, RFC 9935).
    #[serde(rename = "ml-kem-768")]
    #[value(name = "ml-kem-768")]
    MlKem768,
    /// X25519 and ML-KEM-768 together, as TLS 1.3 uses them.
    #[serde(rename = "x25519mlkem768")]
    #[value(name = "x25519mlkem768")]
    X25519MlKem768,
    /// ElGamal over the group ffdhe2048 (RFC 7919). For teaching only.
    #[serde(rename = "elgamal-2048")]
    #[value(name = "elgamal-2048")]
    ElGamal2048,
}

/// A public key: its kind and its SubjectPublicKeyInfo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    algorithm: KeyAlgorithm,
    spki_der: Vec<u8>,
}

/// A private key: its PKCS#8 encoding, and the public key that belongs to it.
#[derive(Debug)]
pub struct PrivateKey {
    pkcs8_der: Secret,
    public: PublicKey,
}

impl PrivateKey {
    /// A fresh key from the operating system's randomness.
    #[must_use]
    pub fn generate(algorithm: KeyAlgorithm) -> Self {
        todo!("{algorithm:?}")
    }

    /// Reads PKCS#8, in PEM or DER; `what` names the source in errors.
    ///
    /// # Errors
    /// `Error::Malformed` if it is not PKCS#8, `Error::Key` if it is encrypted or of a kind or size not known here.
    pub fn parse(what: &str, bytes: &[u8]) -> Result<Self> {
        todo!("{what} {bytes:?}")
    }

    /// Kind of the key.
    #[must_use]
    pub const fn algorithm(&self) -> KeyAlgorithm {
        self.public.algorithm
    }

    /// The PKCS#8 encoding, DER.
    #[must_use]
    pub const fn pkcs8_der(&self) -> &Secret {
        &self.pkcs8_der
    }

    /// The PKCS#8 encoding, PEM.
    #[must_use]
    pub fn pkcs8_pem(&self) -> Secret {
        todo!()
    }

    /// The public key.
    #[must_use]
    pub const fn public(&self) -> &PublicKey {
        &self.public
    }
}

impl PublicKey {
    /// Reads a SubjectPublicKeyInfo or an X.509 certificate, in PEM or DER; `what` names the source in errors. The
    /// certificate's signature and dates are not looked at.
    ///
    /// # Errors
    /// `Error::Malformed` if it is neither, `Error::Key` if the key is of a kind or size not known here.
    pub fn parse(what: &str, bytes: &[u8]) -> Result<Self> {
        todo!("{what} {bytes:?}")
    }

    /// Kind of the key.
    #[must_use]
    pub const fn algorithm(&self) -> KeyAlgorithm {
        self.algorithm
    }

    /// The SubjectPublicKeyInfo, DER.
    #[must_use]
    pub fn spki_der(&self) -> &[u8] {
        &self.spki_der
    }

    /// The SubjectPublicKeyInfo, PEM.
    #[must_use]
    pub fn spki_pem(&self) -> String {
        todo!()
    }

    /// SHA-256 of the SubjectPublicKeyInfo: a name for the key that needs no certificate.
    #[must_use]
    pub fn fingerprint(&self) -> [u8; 32] {
        todo!()
    }
}
