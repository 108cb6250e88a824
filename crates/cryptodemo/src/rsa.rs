//! RSA by the crate `rsa`, and the only module that names it.
//!
//! RUSTSEC-2023-0071 (Marvin) has no patched version of that crate: the time of a private operation may tell about the
//! key. What is done about it: private operations are blinded, OAEP is the default, all failures of decryption are one
//! error, PKCS#1 v1.5 is decrypted with implicit rejection, and nothing that listens on a network decrypts by this
//! module: it is there to be compared with AWS-LC.

pub(crate) mod oaep;

use ::rsa::pkcs1::{DecodeRsaPrivateKey, DecodeRsaPublicKey};
use ::rsa::{Oaep, Pkcs1v15Encrypt, Pkcs1v15Sign, Pss, RsaPrivateKey, RsaPublicKey};
use sha2::{Digest, Sha256};

use crate::keys::{PrivateKey, PublicKey};
use crate::{Error, Result, Secret};

/// A public key, parsed.
pub(crate) struct Public(RsaPublicKey);

/// A private key, parsed and with its Chinese remainders.
pub(crate) struct Private(RsaPrivateKey);

fn unusable() -> Error {
    Error::Key("the crate rsa does not take this key".to_owned())
}

impl Public {
    /// # Errors
    /// `Error::Key` if it is no RSA key.
    pub(crate) fn new(key: &PublicKey) -> Result<Self> {
        RsaPublicKey::from_pkcs1_der(key.bits()).map(Self).map_err(|_| unusable())
    }

    /// RSAES-OAEP with SHA-256; `None` if the message is too long.
    pub(crate) fn encrypt_oaep(&self, message: &[u8]) -> Option<Vec<u8>> {
        self.0.encrypt(&mut crate::random::generator(), Oaep::<Sha256>::new(), message).ok()
    }

    /// RSAES-PKCS1-v1_5; `None` if the message is too long.
    pub(crate) fn encrypt_pkcs1(&self, message: &[u8]) -> Option<Vec<u8>> {
        self.0.encrypt(&mut crate::random::generator(), Pkcs1v15Encrypt, message).ok()
    }

    /// RSASSA-PSS with SHA-256 and a salt of 32 bytes.
    pub(crate) fn verifies_pss(&self, message: &[u8], signature: &[u8]) -> bool {
        self.0.verify(Pss::<Sha256>::new(), &Sha256::digest(message), signature).is_ok()
    }

    /// RSASSA-PKCS1-v1_5 with SHA-256.
    pub(crate) fn verifies_pkcs1(&self, message: &[u8], signature: &[u8]) -> bool {
        self.0.verify(Pkcs1v15Sign::new::<Sha256>(), &Sha256::digest(message), signature).is_ok()
    }
}

impl Private {
    /// # Errors
    /// `Error::Key` if it is no RSA key.
    pub(crate) fn new(key: &PrivateKey) -> Result<Self> {
        RsaPrivateKey::from_pkcs1_der(key.material().expose()).map(Self).map_err(|_| unusable())
    }

    /// RSAES-OAEP with SHA-256, blinded.
    pub(crate) fn decrypt_oaep(&self, ciphertext: &[u8]) -> Option<Secret> {
        let message = self.0.decrypt_blinded(&mut crate::random::generator(), Oaep::<Sha256>::new(), ciphertext);
        message.ok().map(Secret::new)
    }

    /// RSAES-PKCS1-v1_5, blinded. A wrong padding gives a made-up message instead of an error, the same one for the same
    /// ciphertext; `None` only for a ciphertext of a wrong length or above the modulus.
    pub(crate) fn decrypt_pkcs1(&self, ciphertext: &[u8]) -> Option<Secret> {
        let message = self.0.decrypt_blinded(&mut crate::random::generator(), Pkcs1v15Encrypt, ciphertext);
        message.ok().map(Secret::new)
    }

    /// RSASSA-PSS with SHA-256 and a salt of 32 bytes, blinded.
    pub(crate) fn sign_pss(&self, message: &[u8]) -> Vec<u8> {
        self.0
            .sign_with_rng(&mut crate::random::generator(), Pss::<Sha256>::new(), &Sha256::digest(message))
            .expect("a hash fits a modulus of 2048 bits and more")
    }

    /// RSASSA-PKCS1-v1_5 with SHA-256, blinded.
    pub(crate) fn sign_pkcs1(&self, message: &[u8]) -> Vec<u8> {
        self.0
            .sign_with_rng(&mut crate::random::generator(), Pkcs1v15Sign::new::<Sha256>(), &Sha256::digest(message))
            .expect("a hash fits a modulus of 2048 bits and more")
    }
}
