//! The content's key encrypted by RSA: RSAES-OAEP (RFC 8017 section 7.1, RFC 4055), and PKCS#1 v1.5 for old messages.

use aws_lc_rs::rsa::{
    OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OAEP_SHA384_MGF1SHA384, OAEP_SHA512_MGF1SHA512, OaepAlgorithm,
    OaepPrivateDecryptingKey, OaepPublicEncryptingKey, Pkcs1PrivateDecryptingKey, PrivateDecryptingKey,
    PublicEncryptingKey,
};

use super::ber::Ber;
use super::message::{Algorithm, read_algorithm};
use super::{der, oid};
use crate::error::Error;
use crate::keys::{PrivateKey, PublicKey};
use crate::{Result, Secret};

/// How a key is encrypted.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Scheme {
    Oaep(OaepHash),
    /// Unsafe: Bleichenbacher's attack.
    Pkcs1,
    /// Known by name, but not opened here.
    Unsupported(String),
}

/// Hash functions of OAEP; MGF1 uses the same.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum OaepHash {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl OaepHash {
    const ALL: [Self; 4] = [Self::Sha1, Self::Sha256, Self::Sha384, Self::Sha512];

    const fn oid(self) -> &'static [u8] {
        match self {
            Self::Sha1 => oid::SHA1,
            Self::Sha256 => oid::SHA256,
            Self::Sha384 => oid::SHA384,
            Self::Sha512 => oid::SHA512,
        }
    }

    fn algorithm(self) -> &'static OaepAlgorithm {
        match self {
            Self::Sha1 => &OAEP_SHA1_MGF1SHA1,
            Self::Sha256 => &OAEP_SHA256_MGF1SHA256,
            Self::Sha384 => &OAEP_SHA384_MGF1SHA384,
            Self::Sha512 => &OAEP_SHA512_MGF1SHA512,
        }
    }
}

impl Scheme {
    /// RFC 4055 section 4.1: absent parts mean SHA-1.
    pub(super) fn read(algorithm: &Algorithm) -> Result<Self> {
        if algorithm.oid == oid::RSA_ENCRYPTION {
            return Ok(Self::Pkcs1);
        }
        if algorithm.oid != oid::RSAES_OAEP {
            return Ok(Self::Unsupported(oid::name(&algorithm.oid)));
        }
        let (mut hash, mut mask_hash) = (oid::SHA1.to_vec(), oid::SHA1.to_vec());
        let mut is_labelled = false;
        if !algorithm.parameters.is_empty() {
            let mut ber = Ber::new("OAEP parameters".to_owned(), algorithm.parameters.as_slice());
            ber.enter(0x30)?;
            if ber.peek()? == Some(0xa0) {
                hash = tagged_algorithm(&mut ber, 0xa0)?.oid;
            }
            if ber.peek()? == Some(0xa1) {
                let mask = tagged_algorithm(&mut ber, 0xa1)?;
                if mask.oid != oid::MGF1 {
                    return Ok(Self::Unsupported(format!("RSAES-OAEP with {}", oid::name(&mask.oid))));
                }
                mask_hash = read_algorithm(&mut Ber::new("MGF1".to_owned(), mask.parameters.as_slice()))?.oid;
            }
            if ber.peek()? == Some(0xa2) {
                let source = tagged_algorithm(&mut ber, 0xa2)?;
                is_labelled = source.oid != oid::P_SPECIFIED || source.parameters != [0x04, 0];
            }
            ber.leave()?;
        }
        let known = OaepHash::ALL.into_iter().find(|known| known.oid() == hash && hash == mask_hash);
        Ok(match known {
            Some(hash) if !is_labelled => Self::Oaep(hash),
            Some(_) => Self::Unsupported("RSAES-OAEP with a label".to_owned()),
            None => Self::Unsupported(format!(
                "RSAES-OAEP with {} and MGF1 with {}",
                oid::name(&hash),
                oid::name(&mask_hash)
            )),
        })
    }

    /// Name for people.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Oaep(hash) => format!("RSAES-OAEP with {0}, MGF1 with {0}", oid::name(hash.oid())),
            Self::Pkcs1 => "RSAES-PKCS1-v1_5".to_owned(),
            Self::Unsupported(name) => name.clone(),
        }
    }
}

fn tagged_algorithm(ber: &mut Ber<&[u8]>, tag: u8) -> Result<Algorithm> {
    ber.enter(tag)?;
    let algorithm = read_algorithm(ber)?;
    ber.leave()?;
    Ok(algorithm)
}

/// The AlgorithmIdentifier of RSAES-OAEP with SHA-256 and MGF1 with SHA-256, as openssl writes it.
pub(super) fn oaep_sha256_identifier() -> Vec<u8> {
    let object = |oid: &[u8]| der::element(0x06, &[oid]);
    let sha256 = der::element(0x30, &[&object(oid::SHA256)]);
    let mgf1 = der::element(0x30, &[&object(oid::MGF1), &sha256]);
    let parameters = der::element(0x30, &[&der::element(0xa0, &[&sha256]), &der::element(0xa1, &[&mgf1])]);
    der::element(0x30, &[&object(oid::RSAES_OAEP), &parameters])
}

/// Encrypts a content's key by RSAES-OAEP with SHA-256.
pub(super) fn wrap(recipient: &PublicKey, key: &Secret) -> Result<Vec<u8>> {
    let unusable = || Error::Key("the recipient's key is no usable RSA key".to_owned());
    let public = PublicEncryptingKey::from_der(recipient.spki_der()).map_err(|_| unusable())?;
    let public = OaepPublicEncryptingKey::new(public).map_err(|_| unusable())?;
    let mut encrypted = vec![0; public.ciphertext_size()];
    let len =
        public.encrypt(&OAEP_SHA256_MGF1SHA256, key.expose(), &mut encrypted, None).map_err(|_| unusable())?.len();
    encrypted.truncate(len);
    Ok(encrypted)
}

/// A private key that decrypts contents' keys.
pub(super) struct Unwrapper {
    key: PrivateDecryptingKey,
}

impl Unwrapper {
    pub(super) fn new(key: &PrivateKey) -> Result<Self> {
        PrivateDecryptingKey::from_pkcs8(key.pkcs8_der().expose())
            .map(|key| Self { key })
            .map_err(|_| Error::Key("the key is no usable RSA key; CMS messages here are for RSA keys".to_owned()))
    }

    /// Length of what it decrypts, in bytes.
    pub(super) fn len(&self) -> usize {
        self.key.key_size_bytes()
    }

    /// The content's key, or `None` whatever the reason.
    pub(super) fn unwrap(&self, scheme: &Scheme, encrypted: &[u8]) -> Option<Secret> {
        let mut buffer = zeroize::Zeroizing::new(vec![0; self.len()]);
        let key = self.key.clone();
        match scheme {
            Scheme::Oaep(hash) => OaepPrivateDecryptingKey::new(key).and_then(|key| {
                key.decrypt(hash.algorithm(), encrypted, &mut buffer, None).map(|key| Secret::from(&*key))
            }),
            Scheme::Pkcs1 => Pkcs1PrivateDecryptingKey::new(key)
                .and_then(|key| key.decrypt(encrypted, &mut buffer).map(|key| Secret::from(&*key))),
            Scheme::Unsupported(_) => return None,
        }
        .ok()
    }
}
