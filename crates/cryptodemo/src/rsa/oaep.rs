//! RSAES-OAEP with what no command offers: other hashes, labels, and other sizes of keys. Test vectors have them.

use ::rsa::pkcs8::DecodePrivateKey;
use ::rsa::traits::PaddingScheme;
use ::rsa::{Oaep, RsaPrivateKey};

/// Hash functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hash {
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    /// By its name in the vectors.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "SHA-1" => Self::Sha1,
            "SHA-224" => Self::Sha224,
            "SHA-256" => Self::Sha256,
            "SHA-384" => Self::Sha384,
            "SHA-512" => Self::Sha512,
            _ => return None,
        })
    }
}

/// Decrypts: the message, `None` if the ciphertext is refused; or why the library cannot be asked.
pub(crate) fn decrypt(
    pkcs8: &[u8],
    hash: Hash,
    mgf_hash: Hash,
    label: &[u8],
    ciphertext: &[u8],
) -> Result<Option<Vec<u8>>, String> {
    let key = RsaPrivateKey::from_pkcs8_der(pkcs8).map_err(|error| format!("it does not load the key: {error}"))?;
    Ok(match hash {
        Hash::Sha1 => with_hash::<sha1::Sha1>(&key, mgf_hash, label, ciphertext),
        Hash::Sha224 => with_hash::<sha2::Sha224>(&key, mgf_hash, label, ciphertext),
        Hash::Sha256 => with_hash::<sha2::Sha256>(&key, mgf_hash, label, ciphertext),
        Hash::Sha384 => with_hash::<sha2::Sha384>(&key, mgf_hash, label, ciphertext),
        Hash::Sha512 => with_hash::<sha2::Sha512>(&key, mgf_hash, label, ciphertext),
    })
}

fn with_hash<D>(key: &RsaPrivateKey, mgf_hash: Hash, label: &[u8], ciphertext: &[u8]) -> Option<Vec<u8>>
where
    D: sha2::Digest + sha2::digest::FixedOutputReset,
{
    match mgf_hash {
        Hash::Sha1 => with_padding(key, Oaep::<D, sha1::Sha1>::new_with_mgf_hash_and_label(label), ciphertext),
        Hash::Sha224 => with_padding(key, Oaep::<D, sha2::Sha224>::new_with_mgf_hash_and_label(label), ciphertext),
        Hash::Sha256 => with_padding(key, Oaep::<D, sha2::Sha256>::new_with_mgf_hash_and_label(label), ciphertext),
        Hash::Sha384 => with_padding(key, Oaep::<D, sha2::Sha384>::new_with_mgf_hash_and_label(label), ciphertext),
        Hash::Sha512 => with_padding(key, Oaep::<D, sha2::Sha512>::new_with_mgf_hash_and_label(label), ciphertext),
    }
}

fn with_padding(key: &RsaPrivateKey, padding: impl PaddingScheme, ciphertext: &[u8]) -> Option<Vec<u8>> {
    key.decrypt_blinded(&mut crate::random::generator(), padding, ciphertext).ok()
}
