//! Authenticated encryption with associated data (RFC 5116): one trait, one implementation per backend.
//!
//! No caller of the public interface chooses a nonce, so none can repeat one by mistake: a [`Nonce`] is drawn at random
//! and used up by the encryption that takes it, and a [`SealingKey`] counts its own, which nobody can set back. What no
//! type can keep anybody from is to copy a secret and start two sequences with one fixed part; [`SealingKey::new`]
//! therefore takes the secret away.
//!
//! Within the crate `RawAead` lets its caller choose. A test of the workspace keeps the list of modules that do: the
//! timing loops (`bench`) with keys of their own that protect nothing, the known answers (`kat`) with the nonces of
//! their vectors, and `attack::nonce_reuse`, which repeats one on purpose to show what comes of it.

mod aws_lc;
pub mod gcm_stream;
mod ring;
mod rust;
pub mod sequence;

pub use sequence::{OpeningKey, Sealed, SealingKey};
use serde::Serialize;

use crate::error::Error;
use crate::{Backend, Result, Secret};

/// Length of a nonce in bytes, for all algorithms here (RFC 5116 section 3.2, RFC 8439 section 2.8, RFC 5794).
pub const NONCE_LEN: usize = 12;
/// Length of a tag in bytes.
pub const TAG_LEN: usize = 16;

/// Algorithms of authenticated encryption.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, clap::ValueEnum)]
pub enum AeadAlgorithm {
    /// AES-128 in Galois/Counter Mode (NIST SP 800-38D).
    #[serde(rename = "aes-128-gcm")]
    #[value(name = "aes-128-gcm")]
    Aes128Gcm,
    /// AES-256 in Galois/Counter Mode (NIST SP 800-38D).
    #[serde(rename = "aes-256-gcm")]
    #[value(name = "aes-256-gcm")]
    Aes256Gcm,
    /// ChaCha20 with Poly1305 (RFC 8439).
    #[serde(rename = "chacha20-poly1305")]
    #[value(name = "chacha20-poly1305")]
    ChaCha20Poly1305,
    /// ARIA-128 (RFC 5794) in Galois/Counter Mode (RFC 6209).
    #[serde(rename = "aria-128-gcm")]
    #[value(name = "aria-128-gcm")]
    Aria128Gcm,
    /// ARIA-256 (RFC 5794) in Galois/Counter Mode (RFC 6209).
    #[serde(rename = "aria-256-gcm")]
    #[value(name = "aria-256-gcm")]
    Aria256Gcm,
}

impl AeadAlgorithm {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Aes128Gcm, Self::Aes256Gcm, Self::ChaCha20Poly1305, Self::Aria128Gcm, Self::Aria256Gcm];

    /// Name as on the command line and in `openssl list -cipher-algorithms`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Aes128Gcm => "aes-128-gcm",
            Self::Aes256Gcm => "aes-256-gcm",
            Self::ChaCha20Poly1305 => "chacha20-poly1305",
            Self::Aria128Gcm => "aria-128-gcm",
            Self::Aria256Gcm => "aria-256-gcm",
        }
    }

    /// Length of the key in bytes.
    #[must_use]
    pub const fn key_len(self) -> usize {
        match self {
            Self::Aes128Gcm | Self::Aria128Gcm => 16,
            Self::Aes256Gcm | Self::ChaCha20Poly1305 | Self::Aria256Gcm => 32,
        }
    }

    /// Backends that implement it, the one for real work first.
    #[must_use]
    pub const fn backends(self) -> &'static [Backend] {
        match self {
            Self::Aes128Gcm | Self::Aes256Gcm | Self::ChaCha20Poly1305 => &Backend::ALL,
            Self::Aria128Gcm | Self::Aria256Gcm => &[Backend::Rust],
        }
    }
}

impl std::fmt::Display for AeadAlgorithm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

/// A nonce that has not been used yet. Neither copied nor cloned; encrypting takes it.
#[derive(Debug)]
pub struct Nonce([u8; NONCE_LEN]);

impl Nonce {
    /// A random nonce: for keys that encrypt fewer than 2^32 messages (NIST SP 800-38D section 8.3).
    #[must_use]
    pub fn random() -> Self {
        Self(crate::random::array())
    }

    /// The bytes, to be sent along with the ciphertext.
    #[must_use]
    pub const fn bytes(&self) -> [u8; NONCE_LEN] {
        self.0
    }
}

/// Authenticated encryption with one key, its schedule ready.
pub trait Aead: Send + Sync {
    /// Encrypts the data in place and returns the tag over it and the associated data. Data has at most 2^36 - 32 bytes
    /// (NIST SP 800-38D section 5.2.1.1): split longer messages, or use [`gcm_stream`], which counts.
    ///
    /// # Panics
    /// If the data is longer than that.
    fn seal(&self, nonce: Nonce, aad: &[u8], data: &mut [u8]) -> [u8; TAG_LEN];

    /// Decrypts the data in place.
    ///
    /// # Errors
    /// [`Error::Rejected`] if the tag does not fit; the data is worthless then, and is overwritten with zeros.
    fn open(&self, nonce: &[u8; NONCE_LEN], aad: &[u8], data: &mut [u8], tag: &[u8; TAG_LEN]) -> Result<()>;
}

/// What a backend implements. It lets the caller choose the nonce, and is therefore not public.
pub(crate) trait RawAead: Send + Sync {
    /// Encrypts in place; the caller answers for the nonce. Data longer than 2^36 - 32 bytes is not to be passed.
    fn seal_raw(&self, nonce: &[u8; NONCE_LEN], aad: &[u8], data: &mut [u8]) -> [u8; TAG_LEN];

    /// Decrypts in place; on a tag that does not fit the data is overwritten with zeros.
    fn open_raw(&self, nonce: &[u8; NONCE_LEN], aad: &[u8], data: &mut [u8], tag: &[u8; TAG_LEN]) -> Result<()>;
}

impl<T: RawAead + ?Sized> Aead for T {
    fn seal(&self, nonce: Nonce, aad: &[u8], data: &mut [u8]) -> [u8; TAG_LEN] {
        self.seal_raw(&nonce.0, aad, data)
    }

    fn open(&self, nonce: &[u8; NONCE_LEN], aad: &[u8], data: &mut [u8], tag: &[u8; TAG_LEN]) -> Result<()> {
        self.open_raw(nonce, aad, data, tag)
    }
}

/// A key ready for use, by the best backend for the algorithm.
///
/// # Errors
/// [`Error::Key`] if the key's length is not the algorithm's.
pub fn key(algorithm: AeadAlgorithm, key: &Secret) -> Result<Box<dyn Aead>> {
    key_by(algorithm, algorithm.backends()[0], key)
}

/// A key ready for use, by the backend named.
///
/// # Errors
/// [`Error::Key`] if the key's length is not the algorithm's, [`Error::Usage`] if the backend lacks the algorithm.
pub fn key_by(algorithm: AeadAlgorithm, backend: Backend, key: &Secret) -> Result<Box<dyn Aead>> {
    // A box of the raw trait is an Aead itself, by the implementation above.
    Ok(Box::new(raw_key(algorithm, backend, key)?))
}

impl RawAead for Box<dyn RawAead> {
    fn seal_raw(&self, nonce: &[u8; NONCE_LEN], aad: &[u8], data: &mut [u8]) -> [u8; TAG_LEN] {
        (**self).seal_raw(nonce, aad, data)
    }

    fn open_raw(&self, nonce: &[u8; NONCE_LEN], aad: &[u8], data: &mut [u8], tag: &[u8; TAG_LEN]) -> Result<()> {
        (**self).open_raw(nonce, aad, data, tag)
    }
}

/// A key with which the caller chooses nonces: for test vectors, and for timing loops that made the key themselves.
pub(crate) fn raw_key(algorithm: AeadAlgorithm, backend: Backend, key: &Secret) -> Result<Box<dyn RawAead>> {
    let (is, must) = (key.len(), algorithm.key_len());
    if is != must {
        return Err(Error::Key(format!("{algorithm} takes a key of {must} bytes, this one has {is}")));
    }
    if !algorithm.backends().contains(&backend) {
        return Err(Error::Usage(format!("{backend} has no {algorithm}")));
    }
    Ok(match backend {
        Backend::AwsLc => aws_lc::key(algorithm, key.expose()),
        Backend::Ring => ring::key(algorithm, key.expose()),
        Backend::Rust => rust::key(algorithm, key.expose()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> impl Iterator<Item = (AeadAlgorithm, Backend, Box<dyn RawAead>)> {
        AeadAlgorithm::ALL.into_iter().flat_map(|algorithm| {
            let secret = Secret::random(algorithm.key_len());
            let by = move |backend| raw_key(algorithm, backend, &secret).expect("the length fits");
            algorithm.backends().iter().map(move |backend| (algorithm, *backend, by(*backend))).collect::<Vec<_>>()
        })
    }

    #[test]
    fn what_is_sealed_opens_and_backends_agree() {
        // RFC 5116 section 2: the same key, nonce, associated data and message give the same bytes everywhere.
        let mut sealed = std::collections::BTreeMap::new();
        for (algorithm, backend, key) in keys() {
            for len in [0, 1, 15, 16, 17, 100, 4096] {
                let mut data = vec![len as u8; len];
                let tag = key.seal_raw(&[9; NONCE_LEN], b"associated", &mut data);
                let first = sealed.entry((algorithm, len)).or_insert_with(|| (data.clone(), tag));
                assert_eq!(*first, (data.clone(), tag), "{algorithm} by {backend}, {len} bytes");
                key.open_raw(&[9; NONCE_LEN], b"associated", &mut data, &tag).unwrap();
                assert_eq!(data, vec![len as u8; len], "{algorithm} by {backend}");
            }
        }
    }

    #[test]
    fn what_does_not_open_is_zeroed() {
        // RFC 5116 section 2.2: no plaintext on failure; here also nothing that could be mistaken for it.
        for (algorithm, backend, key) in keys() {
            let mut data = [0x55; 50];
            let mut tag = key.seal_raw(&[1; NONCE_LEN], b"", &mut data);
            tag[3] ^= 4;
            let result = key.open_raw(&[1; NONCE_LEN], b"", &mut data, &tag);
            assert!(matches!(result, Err(Error::Rejected(_))), "{algorithm} by {backend}");
            assert_eq!(data, [0; 50], "{algorithm} by {backend}");
        }
    }

    #[test]
    fn keys_and_backends_that_do_not_fit_are_refused() {
        for algorithm in AeadAlgorithm::ALL {
            let short = Secret::random(algorithm.key_len() - 1);
            assert!(matches!(key(algorithm, &short), Err(Error::Key(_))), "{algorithm}");
        }
        let aria = key_by(AeadAlgorithm::Aria256Gcm, Backend::Ring, &Secret::random(32));
        assert!(matches!(aria, Err(Error::Usage(_))));
    }
}
