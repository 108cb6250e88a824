//! Signatures by ring.

use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, ED25519, EcdsaKeyPair, Ed25519KeyPair,
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RSA_PSS_2048_8192_SHA256, RSA_PSS_SHA256, RsaEncoding, RsaKeyPair,
    UnparsedPublicKey, VerificationAlgorithm,
};

use super::{SignatureScheme, Signer, Verifier, rejected};
use crate::Result;
use crate::keys::{PrivateKey, PublicKey};

struct Rsa(RsaKeyPair, &'static dyn RsaEncoding);
struct Ed25519(Ed25519KeyPair);
struct Ecdsa(EcdsaKeyPair);
/// ring has no type for a parsed public key.
struct Verifying(UnparsedPublicKey<Vec<u8>>);

pub(super) fn signer(scheme: SignatureScheme, key: &PrivateKey) -> Option<Box<dyn Signer>> {
    let material = key.material().expose();
    let rsa = |encoding| Some(Box::new(Rsa(RsaKeyPair::from_der(material).ok()?, encoding)) as Box<dyn Signer>);
    match scheme {
        SignatureScheme::RsaPss => rsa(&RSA_PSS_SHA256),
        SignatureScheme::RsaPkcs1 => rsa(&RSA_PKCS1_SHA256),
        SignatureScheme::Ed25519 => {
            let pair = Ed25519KeyPair::from_seed_and_public_key(material, key.public().bits()).ok()?;
            Some(Box::new(Ed25519(pair)))
        }
        SignatureScheme::EcdsaP256 => {
            let (algorithm, der) = (&ECDSA_P256_SHA256_ASN1_SIGNING, key.pkcs8_der().expose());
            Some(Box::new(Ecdsa(EcdsaKeyPair::from_pkcs8(algorithm, der, &SystemRandom::new()).ok()?)))
        }
    }
}

pub(super) fn verifier(scheme: SignatureScheme, key: &PublicKey) -> Box<dyn Verifier> {
    let algorithm: &'static dyn VerificationAlgorithm = match scheme {
        SignatureScheme::RsaPss => &RSA_PSS_2048_8192_SHA256,
        SignatureScheme::RsaPkcs1 => &RSA_PKCS1_2048_8192_SHA256,
        SignatureScheme::Ed25519 => &ED25519,
        SignatureScheme::EcdsaP256 => &ECDSA_P256_SHA256_ASN1,
    };
    Box::new(Verifying(UnparsedPublicKey::new(algorithm, key.bits().to_vec())))
}

impl Signer for Rsa {
    fn sign(&self, message: &[u8]) -> Vec<u8> {
        let mut signature = vec![0; self.0.public().modulus_len()];
        self.0.sign(self.1, &SystemRandom::new(), message, &mut signature).expect("a hash fits the modulus");
        signature
    }
}

impl Signer for Ed25519 {
    fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.0.sign(message).as_ref().to_vec()
    }
}

impl Signer for Ecdsa {
    fn sign(&self, message: &[u8]) -> Vec<u8> {
        let signature = self.0.sign(&SystemRandom::new(), message);
        signature.expect("the operating system has randomness").as_ref().to_vec()
    }
}

impl Verifier for Verifying {
    fn verify(&self, message: &[u8], signature: &[u8]) -> Result<()> {
        self.0.verify(message, signature).map_err(|_| rejected())
    }
}
