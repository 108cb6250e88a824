//! Key encapsulation: making a shared secret for a public key, and getting at it with the private key.

use std::sync::Arc;

use super::label;
use crate::bench::timing::{Case, Operation, Repeat};
use crate::error::Error;
use crate::kem::{Decapsulator, Encapsulator, KemAlgorithm, decapsulator, encapsulator};
use crate::keys::{KeyAlgorithm, PrivateKey};
use crate::{Backend, Result};

/// The kind of key that the mechanism is timed with.
#[must_use]
pub const fn key_of(algorithm: KemAlgorithm) -> KeyAlgorithm {
    match algorithm {
        KemAlgorithm::RsaOaep => KeyAlgorithm::Rsa2048,
        KemAlgorithm::X25519 => KeyAlgorithm::X25519,
        KemAlgorithm::P256 => KeyAlgorithm::P256,
        KemAlgorithm::MlKem768 => KeyAlgorithm::MlKem768,
        KemAlgorithm::X25519MlKem768 => KeyAlgorithm::X25519MlKem768,
        KemAlgorithm::ElGamal => KeyAlgorithm::ElGamal2048,
    }
}

/// Name as in tables.
#[must_use]
pub const fn name_of(algorithm: KemAlgorithm) -> &'static str {
    match algorithm {
        KemAlgorithm::RsaOaep => "rsa-2048 oaep",
        KemAlgorithm::X25519 => "x25519",
        KemAlgorithm::P256 => "p256",
        KemAlgorithm::MlKem768 => "ml-kem-768",
        KemAlgorithm::X25519MlKem768 => "x25519mlkem768",
        KemAlgorithm::ElGamal => "elgamal-2048",
    }
}

/// Both sides of the mechanism. The check crosses over to another backend where there is one: each opens what the other
/// made. Fresh ephemeral keys are part of encapsulating, and so of its time.
///
/// # Errors
/// [`Error::Key`] or [`Error::Usage`] if the key does not fit or the backend lacks the mechanism.
pub fn cases(algorithm: KemAlgorithm, backend: Backend, key: &PrivateKey) -> Result<[Case; 2]> {
    let judge = algorithm.backends().iter().copied().find(|other| *other != backend).unwrap_or(backend);
    let side = |backend| -> Result<(Arc<dyn Encapsulator>, Arc<dyn Decapsulator>)> {
        let public = encapsulator(algorithm, backend, key.public())?;
        Ok((Arc::from(public), Arc::from(decapsulator(algorithm, backend, key)?)))
    };
    let (timed, judges) = (side(backend)?, side(judge)?);
    let name = name_of(algorithm);

    let (public, private) = timed.clone();
    let encapsulate = Case::new(
        label(name, backend, Operation::Encapsulate, None),
        {
            let (public, judge) = (Arc::clone(&timed.0), Arc::clone(&judges.1));
            move || agree(&*public, &*judge)
        },
        Repeat(move || public.encapsulate()),
    );
    let (_, encapsulation) = timed.0.encapsulate()?;
    let decapsulate = Case::new(
        label(name, backend, Operation::Decapsulate, None),
        move || agree(&*judges.0, &*timed.1),
        Repeat(move || private.decapsulate(&encapsulation)),
    );
    Ok([encapsulate, decapsulate])
}

fn agree(public: &dyn Encapsulator, private: &dyn Decapsulator) -> Result<()> {
    let (ours, encapsulation) = public.encapsulate()?;
    if private.decapsulate(&encapsulation)? == ours {
        Ok(())
    } else {
        Err(Error::Rejected("the two sides get different secrets".to_owned()))
    }
}
