//! The cases of each part.

use std::time::Duration;

use super::Part;
use crate::Backend;
use crate::aead::AeadAlgorithm;
use crate::bench::Case;
use crate::bench::cases::{handshakes, kex, public, sym};
use crate::bench::generation::{self, Generated};
use crate::encryption::EncryptionScheme;
use crate::error::Result;
use crate::kem::KemAlgorithm;
use crate::keys::{KeyAlgorithm, PrivateKey};
use crate::signature::SignatureScheme;

/// The cases of a part by those of its backends that are wanted.
pub(super) fn cases(part: Part, backends: &[Backend], sizes: &[u64]) -> Result<Vec<Case>> {
    match part {
        Part::Sym => symmetric(backends, sizes),
        Part::Pub => public_key(backends),
        Part::Kex => key_exchange(backends),
        Part::Tls => {
            let mut cases = Vec::new();
            for backend in backends {
                cases.extend(handshakes::cases(*backend)?);
            }
            Ok(cases)
        }
    }
}

/// How long the keys of the part take to make.
pub(super) fn key_generation(part: Part, budget: Duration) -> Result<Vec<Generated>> {
    use KeyAlgorithm::{Ed25519, ElGamal2048, MlKem768, P256, Rsa2048, Rsa3072, Rsa4096, X25519, X25519MlKem768};
    let algorithms: &[KeyAlgorithm] = match part {
        Part::Pub => &[Rsa2048, Rsa3072, Rsa4096, Ed25519, P256, ElGamal2048],
        Part::Kex => &[Rsa2048, X25519, P256, MlKem768, X25519MlKem768, ElGamal2048],
        Part::Sym | Part::Tls => &[],
    };
    algorithms.iter().map(|algorithm| generation::run(*algorithm, budget / 5)).collect()
}

fn symmetric(backends: &[Backend], sizes: &[u64]) -> Result<Vec<Case>> {
    let mut cases = Vec::new();
    for algorithm in AeadAlgorithm::ALL {
        for backend in algorithm.backends().iter().filter(|by| backends.contains(by)) {
            for bytes in sizes {
                cases.extend(sym::aead(algorithm, *backend, *bytes)?);
            }
        }
    }
    if backends.contains(&Backend::Rust) {
        for name in sym::legacy_names() {
            for bytes in sizes {
                cases.extend(sym::legacy(name, *bytes)?);
            }
        }
    }
    Ok(cases)
}

fn public_key(backends: &[Backend]) -> Result<Vec<Case>> {
    let mut cases = Vec::new();
    let block = usize::try_from(public::ENCRYPTED_BYTES).expect("a small number");
    for algorithm in [
        KeyAlgorithm::Rsa2048,
        KeyAlgorithm::Rsa3072,
        KeyAlgorithm::Rsa4096,
        KeyAlgorithm::ElGamal2048,
        KeyAlgorithm::Ed25519,
        KeyAlgorithm::P256,
    ] {
        let (encryption, signatures): (Option<EncryptionScheme>, &[SignatureScheme]) = match algorithm {
            KeyAlgorithm::ElGamal2048 => (Some(EncryptionScheme::ElGamal), &[]),
            KeyAlgorithm::Ed25519 => (None, &[SignatureScheme::Ed25519]),
            KeyAlgorithm::P256 => (None, &[SignatureScheme::EcdsaP256]),
            _ => (Some(EncryptionScheme::RsaOaep), &[SignatureScheme::RsaPss, SignatureScheme::RsaPkcs1]),
        };
        let key = PrivateKey::generate(algorithm);
        if let Some(scheme) = encryption {
            for backend in scheme.backends().iter().filter(|by| backends.contains(by)) {
                cases.extend(public::encryption(scheme, *backend, &key, &[block])?);
            }
        }
        for scheme in signatures {
            for backend in scheme.backends().iter().filter(|by| backends.contains(by)) {
                cases.extend(public::signature(*scheme, *backend, &key)?);
            }
        }
    }
    Ok(cases)
}

fn key_exchange(backends: &[Backend]) -> Result<Vec<Case>> {
    let mut cases = Vec::new();
    for algorithm in KemAlgorithm::ALL {
        let key = PrivateKey::generate(kex::key_of(algorithm));
        for backend in algorithm.backends().iter().filter(|by| backends.contains(by)) {
            cases.extend(kex::cases(algorithm, *backend, &key)?);
        }
    }
    Ok(cases)
}
