//! RSA encryption by AWS-LC.

use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rsa::{
    OAEP_SHA256_MGF1SHA256, OaepPrivateDecryptingKey, OaepPublicEncryptingKey, Pkcs1PrivateDecryptingKey,
    Pkcs1PublicEncryptingKey, PrivateDecryptingKey, PublicEncryptingKey,
};
use zeroize::Zeroizing;

use super::{Decryptor, EncryptionScheme, Encryptor};
use crate::keys::{KeyAlgorithm, PrivateKey, PublicKey};
use crate::{Error, Result, Secret};

enum PublicHalf {
    Oaep(OaepPublicEncryptingKey),
    Pkcs1(Pkcs1PublicEncryptingKey),
}

enum PrivateHalf {
    Oaep(OaepPrivateDecryptingKey),
    Pkcs1(Pkcs1PrivateDecryptingKey),
}

struct Encrypting {
    scheme: EncryptionScheme,
    algorithm: KeyAlgorithm,
    key: PublicHalf,
}

struct Decrypting {
    key: PrivateHalf,
}

fn unusable(_: Unspecified) -> Error {
    Error::Key("AWS-LC does not take this key".to_owned())
}

pub(super) fn encryptor(scheme: EncryptionScheme, key: &PublicKey) -> Result<Box<dyn Encryptor>> {
    let parsed = PublicEncryptingKey::from_der(key.spki_der()).map_err(|_| unusable(Unspecified))?;
    let half = match scheme {
        EncryptionScheme::RsaPkcs1 => PublicHalf::Pkcs1(Pkcs1PublicEncryptingKey::new(parsed).map_err(unusable)?),
        EncryptionScheme::RsaOaep | EncryptionScheme::ElGamal => {
            PublicHalf::Oaep(OaepPublicEncryptingKey::new(parsed).map_err(unusable)?)
        }
    };
    Ok(Box::new(Encrypting { scheme, algorithm: key.algorithm(), key: half }))
}

pub(super) fn decryptor(scheme: EncryptionScheme, key: &PrivateKey) -> Result<Box<dyn Decryptor>> {
    let parsed = PrivateDecryptingKey::from_pkcs8(key.pkcs8_der().expose()).map_err(|_| unusable(Unspecified))?;
    let half = match scheme {
        EncryptionScheme::RsaPkcs1 => PrivateHalf::Pkcs1(Pkcs1PrivateDecryptingKey::new(parsed).map_err(unusable)?),
        EncryptionScheme::RsaOaep | EncryptionScheme::ElGamal => {
            PrivateHalf::Oaep(OaepPrivateDecryptingKey::new(parsed).map_err(unusable)?)
        }
    };
    Ok(Box::new(Decrypting { key: half }))
}

impl Encryptor for Encrypting {
    fn max_len(&self) -> Option<usize> {
        self.scheme.max_len(self.algorithm)
    }

    fn encrypt(&self, message: &[u8]) -> Result<Vec<u8>> {
        let written = match &self.key {
            PublicHalf::Oaep(key) => {
                let mut out = vec![0; key.ciphertext_size()];
                let len = key.encrypt(&OAEP_SHA256_MGF1SHA256, message, &mut out, None).map(|part| part.len());
                len.map(|len| (out, len))
            }
            PublicHalf::Pkcs1(key) => {
                let mut out = vec![0; key.ciphertext_size()];
                let len = key.encrypt(message, &mut out).map(|part| part.len());
                len.map(|len| (out, len))
            }
        };
        let (mut out, len) = written.map_err(|_| self.scheme.too_long(self.algorithm, message.len()))?;
        out.truncate(len);
        Ok(out)
    }
}

impl Decryptor for Decrypting {
    fn decrypt(&self, ciphertext: &[u8]) -> Result<Secret> {
        let size = match &self.key {
            PrivateHalf::Oaep(key) => key.min_output_size(),
            PrivateHalf::Pkcs1(key) => key.min_output_size(),
        };
        let mut out = Zeroizing::new(vec![0; size]);
        let message = match &self.key {
            PrivateHalf::Oaep(key) => key.decrypt(&OAEP_SHA256_MGF1SHA256, ciphertext, &mut out, None),
            PrivateHalf::Pkcs1(key) => key.decrypt(ciphertext, &mut out),
        };
        message.map(|message| Secret::from(&*message)).map_err(|_| Error::decryption())
    }
}
