//! Public-key encryption and signatures.

use std::sync::Arc;

use super::label;
use crate::bench::timing::{Case, Operation, Repeat};
use crate::encryption::{Decryptor, EncryptionScheme, Encryptor, decryptor, encryptor};
use crate::error::Error;
use crate::keys::{KeyAlgorithm, PrivateKey};
use crate::signature::{SignatureScheme, Signer, Verifier, signer, verifier};
use crate::{Backend, Result, random};

/// Bytes of the message that is signed: hashing it takes next to nothing.
pub const SIGNED_BYTES: u64 = 32;

/// Bytes of the message that is encrypted: a symmetric key.
pub const ENCRYPTED_BYTES: u64 = 32;

/// Name of a key in tables.
#[must_use]
pub const fn key_name(algorithm: KeyAlgorithm) -> &'static str {
    match algorithm {
        KeyAlgorithm::Rsa2048 => "rsa-2048",
        KeyAlgorithm::Rsa3072 => "rsa-3072",
        KeyAlgorithm::Rsa4096 => "rsa-4096",
        KeyAlgorithm::Ed25519 => "ed25519",
        KeyAlgorithm::P256 => "p256",
        KeyAlgorithm::X25519 => "x25519",
        KeyAlgorithm::MlKem768 => "ml-kem-768",
        KeyAlgorithm::X25519MlKem768 => "x25519mlkem768",
        KeyAlgorithm::ElGamal2048 => "elgamal-2048",
    }
}

/// Encryption and decryption of a message, sent in as many blocks as given, each of the same length. The check crosses
/// over to another backend where there is one.
///
/// # Errors
/// [`Error::Key`] or [`Error::Usage`] if the key does not fit, the backend lacks the scheme, or the block is too long.
pub fn encryption(scheme: EncryptionScheme, backend: Backend, key: &PrivateKey, blocks: &[usize]) -> Result<[Case; 2]> {
    let judge = scheme.backends().iter().copied().find(|other| *other != backend).unwrap_or(backend);
    let side = |backend| -> Result<(Arc<dyn Encryptor>, Arc<dyn Decryptor>)> {
        let public = encryptor(scheme, backend, key.public())?;
        Ok((Arc::from(public), Arc::from(decryptor(scheme, backend, key)?)))
    };
    let (timed, judges) = (side(backend)?, side(judge)?);
    let messages: Vec<Vec<u8>> = blocks.iter().map(|len| message(*len)).collect();
    let ciphertexts = messages.iter().map(|block| timed.0.encrypt(block)).collect::<Result<Vec<_>>>()?;
    let name = match scheme {
        EncryptionScheme::RsaOaep => format!("{} oaep", key_name(key.algorithm())),
        EncryptionScheme::RsaPkcs1 => format!("{} pkcs1", key_name(key.algorithm())),
        EncryptionScheme::ElGamal => key_name(key.algorithm()).to_owned(),
    };
    let label = |operation| label(&name, backend, operation, Some(blocks.iter().map(|len| *len as u64).sum()));

    let (public, private) = timed.clone();
    let probe = message(blocks[0]);
    let encrypt = Case::new(
        label(Operation::Encrypt),
        {
            let (public, judge, probe) = (Arc::clone(&timed.0), Arc::clone(&judges.1), probe.clone());
            move || same(&*public, &*judge, &probe)
        },
        Repeat(move || messages.iter().map(|block| public.encrypt(block)).collect::<Vec<_>>()),
    );
    let decrypt = Case::new(
        label(Operation::Decrypt),
        move || same(&*judges.0, &*timed.1, &probe),
        Repeat(move || ciphertexts.iter().map(|block| private.decrypt(block)).collect::<Vec<_>>()),
    );
    Ok([encrypt, decrypt])
}

fn same(public: &dyn Encryptor, private: &dyn Decryptor, message: &[u8]) -> Result<()> {
    if private.decrypt(&public.encrypt(message)?)?.expose() == message {
        Ok(())
    } else {
        Err(Error::Rejected("it decrypts to something else".to_owned()))
    }
}

/// Signing and checking. The check crosses over to another backend where there is one, and sees that a signature over
/// another message is rejected.
///
/// # Errors
/// [`Error::Key`] or [`Error::Usage`] if the key does not fit or the backend lacks the scheme.
pub fn signature(scheme: SignatureScheme, backend: Backend, key: &PrivateKey) -> Result<[Case; 2]> {
    let judge = scheme.backends().iter().copied().find(|other| *other != backend).unwrap_or(backend);
    let side = |backend| -> Result<(Arc<dyn Signer>, Arc<dyn Verifier>)> {
        Ok((Arc::from(signer(scheme, backend, key)?), Arc::from(verifier(scheme, backend, key.public())?)))
    };
    let (timed, judges) = (side(backend)?, side(judge)?);
    let message = message(usize::try_from(SIGNED_BYTES).expect("a small number"));
    let signature = timed.0.sign(&message);
    let name = match scheme {
        SignatureScheme::RsaPss => format!("{} pss", key_name(key.algorithm())),
        SignatureScheme::RsaPkcs1 => format!("{} pkcs1", key_name(key.algorithm())),
        SignatureScheme::Ed25519 => "ed25519".to_owned(),
        SignatureScheme::EcdsaP256 => "ecdsa-p256".to_owned(),
    };
    let label = |operation| label(&name, backend, operation, None);

    let (private, public) = timed.clone();
    let signed = message.clone();
    let sign = Case::new(
        label(Operation::Sign),
        {
            let (private, judge, message) = (Arc::clone(&timed.0), Arc::clone(&judges.1), message.clone());
            move || holds(&*private, &*judge, &message)
        },
        Repeat(move || private.sign(&signed)),
    );
    let checked = message.clone();
    let verify = Case::new(
        label(Operation::Verify),
        move || holds(&*judges.0, &*timed.1, &message),
        Repeat(move || public.verify(&checked, &signature)),
    );
    Ok([sign, verify])
}

fn holds(private: &dyn Signer, public: &dyn Verifier, message: &[u8]) -> Result<()> {
    let signature = private.sign(message);
    public.verify(message, &signature)?;
    match public.verify(b"another message", &signature) {
        Err(_) => Ok(()),
        Ok(()) => Err(Error::Rejected("it accepts a signature over another message".to_owned())),
    }
}

fn message(len: usize) -> Vec<u8> {
    let mut message = vec![0; len];
    random::fill(&mut message);
    message
}
