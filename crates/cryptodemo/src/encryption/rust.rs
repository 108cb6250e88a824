//! RSA encryption by the crate `rsa`.

use super::{Decryptor, EncryptionScheme, Encryptor};
use crate::keys::{KeyAlgorithm, PrivateKey, PublicKey};
use crate::{Error, Result, Secret, rsa};

struct Encrypting {
    scheme: EncryptionScheme,
    algorithm: KeyAlgorithm,
    key: rsa::Public,
}

struct Decrypting {
    scheme: EncryptionScheme,
    key: rsa::Private,
}

pub(super) fn encryptor(scheme: EncryptionScheme, key: &PublicKey) -> Result<Box<dyn Encryptor>> {
    Ok(Box::new(Encrypting { scheme, algorithm: key.algorithm(), key: rsa::Public::new(key)? }))
}

pub(super) fn decryptor(scheme: EncryptionScheme, key: &PrivateKey) -> Result<Box<dyn Decryptor>> {
    Ok(Box::new(Decrypting { scheme, key: rsa::Private::new(key)? }))
}

impl Encryptor for Encrypting {
    fn max_len(&self) -> Option<usize> {
        self.scheme.max_len(self.algorithm)
    }

    fn encrypt(&self, message: &[u8]) -> Result<Vec<u8>> {
        match self.scheme {
            EncryptionScheme::RsaPkcs1 => self.key.encrypt_pkcs1(message),
            EncryptionScheme::RsaOaep | EncryptionScheme::ElGamal => self.key.encrypt_oaep(message),
        }
        .ok_or_else(|| self.scheme.too_long(self.algorithm, message.len()))
    }
}

impl Decryptor for Decrypting {
    fn decrypt(&self, ciphertext: &[u8]) -> Result<Secret> {
        match self.scheme {
            EncryptionScheme::RsaPkcs1 => self.key.decrypt_pkcs1(ciphertext),
            EncryptionScheme::RsaOaep | EncryptionScheme::ElGamal => self.key.decrypt_oaep(ciphertext),
        }
        .ok_or_else(Error::decryption)
    }
}
