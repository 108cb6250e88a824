//! Private and public keys as files have them: PKCS#8 (RFC 5958) and SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7), in
//! PEM (RFC 7468) or DER. Algorithms take what they need out of the encodings.

mod kind;
pub(crate) mod material;
mod pem;
mod private;
mod public;
#[cfg(test)]
mod tests;
mod tlv;

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::{Error, Result, Secret};
use kind::Kind;

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

impl KeyAlgorithm {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Rsa2048,
        Self::Rsa3072,
        Self::Rsa4096,
        Self::Ed25519,
        Self::P256,
        Self::X25519,
        Self::MlKem768,
        Self::X25519MlKem768,
        Self::ElGamal2048,
    ];

    /// Name as on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rsa2048 => "rsa-2048",
            Self::Rsa3072 => "rsa-3072",
            Self::Rsa4096 => "rsa-4096",
            Self::Ed25519 => "ed25519",
            Self::P256 => "p256",
            Self::X25519 => "x25519",
            Self::MlKem768 => "ml-kem-768",
            Self::X25519MlKem768 => "x25519mlkem768",
            Self::ElGamal2048 => "elgamal-2048",
        }
    }

    /// Whether it is RSA, of whatever size.
    #[must_use]
    pub const fn is_rsa(self) -> bool {
        matches!(self, Self::Rsa2048 | Self::Rsa3072 | Self::Rsa4096)
    }
}

impl std::fmt::Display for KeyAlgorithm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

/// A public key: its kind, its SubjectPublicKeyInfo, and the bits in there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    algorithm: KeyAlgorithm,
    spki_der: Vec<u8>,
    bits: Vec<u8>,
}

/// A private key: its PKCS#8 encoding, and the public key that belongs to it.
#[derive(Debug, Clone)]
pub struct PrivateKey {
    pkcs8_der: Secret,
    material: Secret,
    public: PublicKey,
}

impl PrivateKey {
    /// A fresh key from the operating system's randomness.
    #[must_use]
    pub fn generate(algorithm: KeyAlgorithm) -> Self {
        Self::new("the new key", Kind::of(algorithm), material::generate(algorithm), None)
            .expect("fresh keys are valid")
    }

    /// Reads PKCS#8, in PEM or DER; `what` names the source in errors. The older forms of OpenSSL, "RSA PRIVATE KEY"
    /// (RFC 8017 appendix A.1.2) and "EC PRIVATE KEY" (RFC 5915), are read too.
    ///
    /// The key is checked: its parts fit each other, and a public key given beside belongs to it.
    ///
    /// # Errors
    /// `Error::Malformed` if it is not PKCS#8, `Error::Key` if it is encrypted, public, inconsistent, or of a kind or
    /// size not known here.
    pub fn parse(what: &str, bytes: &[u8]) -> Result<Self> {
        let (kind, material, claimed) = private::read(what, bytes)?;
        Self::new(what, kind, material, claimed.as_deref())
    }

    fn new(what: &str, kind: Kind, material: Secret, claimed: Option<&[u8]>) -> Result<Self> {
        let public = PublicKey::new(what, kind, &material::public(what, kind, &material)?)?;
        if let Some(claimed) = claimed
            && PublicKey::new(what, kind, claimed)? != public
        {
            return Err(Error::Key(format!("{what}: the private and the public key in it do not belong together")));
        }
        Ok(Self { pkcs8_der: private::encode(kind, &material, &public.bits), material, public })
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
        Secret::from(pem::encode("PRIVATE KEY", self.pkcs8_der.expose()).as_bytes())
    }

    /// What the algorithm itself works with: RSAPrivateKey in DER (RFC 8017 appendix A.1.2); the 32 bytes of Ed25519,
    /// X25519 and P-256; the seed (64 bytes) or the expanded key (2400) of ML-KEM; the seed of ML-KEM and 32 bytes of
    /// X25519 for both together; 256 bytes for ElGamal.
    #[must_use]
    pub const fn material(&self) -> &Secret {
        &self.material
    }

    /// The public key.
    #[must_use]
    pub const fn public(&self) -> &PublicKey {
        &self.public
    }
}

impl PublicKey {
    /// Reads a SubjectPublicKeyInfo or an X.509 certificate, in PEM or DER; `what` names the source in errors. The
    /// certificate's signature and dates are not looked at. Of several certificates the first counts. "RSA PUBLIC KEY"
    /// (RFC 8017 appendix A.1.1) is read too.
    ///
    /// The key is checked: an RSA modulus is odd and of a size known here, points are on their curve and not of small
    /// order, an ElGamal value is in the subgroup of prime order.
    ///
    /// # Errors
    /// `Error::Malformed` if it is neither, `Error::Key` if the key is private, invalid, or of a kind or size not known
    /// here.
    pub fn parse(what: &str, bytes: &[u8]) -> Result<Self> {
        let (kind, bits) = public::read(what, bytes)?;
        Self::new(what, kind, &bits)
    }

    fn new(what: &str, kind: Kind, bits: &[u8]) -> Result<Self> {
        let (algorithm, bits) = material::check_public(what, kind, bits)?;
        Ok(Self { algorithm, spki_der: public::encode(kind, &bits), bits })
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
        pem::encode("PUBLIC KEY", &self.spki_der).to_string()
    }

    /// The contents of the SubjectPublicKeyInfo's BIT STRING: RSAPublicKey in DER (RFC 8017 appendix A.1.1); the 32 bytes
    /// of Ed25519 and X25519; the uncompressed point of P-256 (65 bytes); the encapsulation key of ML-KEM (1184 bytes),
    /// followed by the 32 bytes of X25519 for both together; for ElGamal an INTEGER in DER.
    #[must_use]
    pub fn bits(&self) -> &[u8] {
        &self.bits
    }

    /// SHA-256 of the SubjectPublicKeyInfo: a name for the key that needs no certificate.
    #[must_use]
    pub fn fingerprint(&self) -> [u8; 32] {
        Sha256::digest(&self.spki_der).into()
    }
}
