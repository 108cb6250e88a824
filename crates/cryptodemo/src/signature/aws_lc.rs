//! Signatures by AWS-LC.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, ED25519, EcdsaKeyPair, Ed25519KeyPair, ParsedPublicKey,
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RSA_PSS_2048_8192_SHA256, RSA_PSS_SHA256, RsaEncoding,
};

use super::{SignatureScheme, Signer, Verifier, rejected};
use crate::Result;
use crate::keys::{PrivateKey, PublicKey};

struct Rsa(KeyPair, &'static dyn RsaEncoding);
struct Ed25519(Ed25519KeyPair);
struct Ecdsa(EcdsaKeyPair);
struct Verifying(ParsedPublicKey);

pub(super) fn signer(scheme: SignatureScheme, key: &PrivateKey) -> Option<Box<dyn Signer>> {
    let material = key.material().expose();
    let rsa = |encoding| Some(Box::new(Rsa(KeyPair::from_der(material).ok()?, encoding)) as Box<dyn Signer>);
    match scheme {
        SignatureScheme::RsaPss => rsa(&RSA_PSS_SHA256),
        SignatureScheme::RsaPkcs1 => rsa(&RSA_PKCS1_SHA256),
        SignatureScheme::Ed25519 => {
            let pair = Ed25519KeyPair::from_seed_and_public_key(material, key.public().bits()).ok()?;
            Some(Box::new(Ed25519(pair)))
        }
        SignatureScheme::EcdsaP256 => {
            let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, key.pkcs8_der().expose()).ok()?;
            Some(Box::new(Ecdsa(pair)))
        }
    }
}

pub(super) fn verifier(scheme: SignatureScheme, key: &PublicKey) -> Option<Box<dyn Verifier>> {
    let bits = key.bits();
    let parsed = match scheme {
        SignatureScheme::RsaPss => ParsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, bits),
        SignatureScheme::RsaPkcs1 => ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, bits),
        SignatureScheme::Ed25519 => ParsedPublicKey::new(&ED25519, bits),
        SignatureScheme::EcdsaP256 => ParsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, bits),
    };
    Some(Box::new(Verifying(parsed.ok()?)))
}

impl Signer for Rsa {
    fn sign(&self, message: &[u8]) -> Vec<u8> {
        let mut signature = vec![0; self.0.public_modulus_len()];
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
        self.0.verify_sig(message, signature).map_err(|_| rejected())
    }
}
