//! Signatures by the crates `rsa`, `ed25519-dalek` and `p256`.

use p256::ecdsa::DerSignature;
use p256::ecdsa::signature::{Signer as _, Verifier as _};

use super::{SignatureScheme, Signer, Verifier, rejected};
use crate::keys::{PrivateKey, PublicKey};
use crate::{Result, rsa};

struct RsaPss(rsa::Private);
struct RsaPkcs1(rsa::Private);
struct Ed25519(ed25519_dalek::SigningKey);
struct Ecdsa(p256::ecdsa::SigningKey);
struct RsaPssVerifying(rsa::Public);
struct RsaPkcs1Verifying(rsa::Public);
struct Ed25519Verifying(ed25519_dalek::VerifyingKey);
struct EcdsaVerifying(p256::ecdsa::VerifyingKey);

pub(super) fn signer(scheme: SignatureScheme, key: &PrivateKey) -> Option<Box<dyn Signer>> {
    let material = key.material().expose();
    Some(match scheme {
        SignatureScheme::RsaPss => Box::new(RsaPss(rsa::Private::new(key).ok()?)),
        SignatureScheme::RsaPkcs1 => Box::new(RsaPkcs1(rsa::Private::new(key).ok()?)),
        SignatureScheme::Ed25519 => Box::new(Ed25519(material.try_into().ok()?)),
        SignatureScheme::EcdsaP256 => Box::new(Ecdsa(p256::ecdsa::SigningKey::try_from(material).ok()?)),
    })
}

pub(super) fn verifier(scheme: SignatureScheme, key: &PublicKey) -> Option<Box<dyn Verifier>> {
    Some(match scheme {
        SignatureScheme::RsaPss => Box::new(RsaPssVerifying(rsa::Public::new(key).ok()?)),
        SignatureScheme::RsaPkcs1 => Box::new(RsaPkcs1Verifying(rsa::Public::new(key).ok()?)),
        SignatureScheme::Ed25519 => Box::new(Ed25519Verifying(key.bits().try_into().ok()?)),
        SignatureScheme::EcdsaP256 => {
            Box::new(EcdsaVerifying(p256::ecdsa::VerifyingKey::from_sec1_bytes(key.bits()).ok()?))
        }
    })
}

fn accept(fits: bool) -> Result<()> {
    if fits { Ok(()) } else { Err(rejected()) }
}

impl Signer for RsaPss {
    fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.0.sign_pss(message)
    }
}

impl Signer for RsaPkcs1 {
    fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.0.sign_pkcs1(message)
    }
}

impl Signer for Ed25519 {
    fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.0.sign(message).to_bytes().to_vec()
    }
}

impl Signer for Ecdsa {
    fn sign(&self, message: &[u8]) -> Vec<u8> {
        let signature: DerSignature = self.0.sign(message);
        signature.as_bytes().to_vec()
    }
}

impl Verifier for RsaPssVerifying {
    fn verify(&self, message: &[u8], signature: &[u8]) -> Result<()> {
        accept(self.0.verifies_pss(message, signature))
    }
}

impl Verifier for RsaPkcs1Verifying {
    fn verify(&self, message: &[u8], signature: &[u8]) -> Result<()> {
        accept(self.0.verifies_pkcs1(message, signature))
    }
}

impl Verifier for Ed25519Verifying {
    /// Not the strict form: keys of small order are refused when they are read, and the other backends do no more.
    fn verify(&self, message: &[u8], signature: &[u8]) -> Result<()> {
        let signature = signature.try_into().map_err(|_| rejected())?;
        accept(self.0.verify(message, &signature).is_ok())
    }
}

impl Verifier for EcdsaVerifying {
    fn verify(&self, message: &[u8], signature: &[u8]) -> Result<()> {
        let signature = DerSignature::from_bytes(signature).map_err(|_| rejected())?;
        accept(self.0.verify(message, &signature).is_ok())
    }
}
