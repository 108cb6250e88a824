//! X25519 and P-256 with a fresh key on the sender's side. The encapsulation is the fresh public key.

use super::derive::derive;
use super::{Decapsulator, Encapsulator, KemAlgorithm};
use crate::agreement::{self, Curve, Ephemeral, Static};
use crate::keys::{PrivateKey, PublicKey};
use crate::{Backend, Error, Result, Secret};

struct Sender {
    algorithm: KemAlgorithm,
    peer: Box<dyn Ephemeral>,
    recipient: Vec<u8>,
}

struct Recipient {
    algorithm: KemAlgorithm,
    key: Box<dyn Static>,
    public: Vec<u8>,
}

const fn curve(algorithm: KemAlgorithm) -> Curve {
    match algorithm {
        KemAlgorithm::P256 => Curve::P256,
        _ => Curve::X25519,
    }
}

pub(super) fn encapsulator(
    algorithm: KemAlgorithm,
    backend: Backend,
    key: &PublicKey,
) -> Result<Box<dyn Encapsulator>> {
    let peer = agreement::with_fresh_keys(curve(algorithm), backend, key.bits())?;
    Ok(Box::new(Sender { algorithm, peer, recipient: key.bits().to_vec() }))
}

pub(super) fn decapsulator(
    algorithm: KemAlgorithm,
    backend: Backend,
    key: &PrivateKey,
) -> Result<Box<dyn Decapsulator>> {
    let public = key.public().bits().to_vec();
    let key = agreement::with_key(curve(algorithm), backend, key.material())?;
    Ok(Box::new(Recipient { algorithm, key, public }))
}

/// What [`Encapsulator::encapsulate`] says of a public value with which there is no secret.
pub(super) fn unusable() -> Error {
    Error::Key("the public key is of small order: there is no secret with it".to_owned())
}

impl Encapsulator for Sender {
    fn encapsulate(&self) -> Result<(Secret, Vec<u8>)> {
        let (shared, own) = self.peer.agree().ok_or_else(unusable)?;
        Ok((derive(self.algorithm, &[shared.expose()], &own, &self.recipient), own))
    }
}

impl Decapsulator for Recipient {
    fn decapsulate(&self, encapsulation: &[u8]) -> Result<Secret> {
        let shared = self.key.agree(encapsulation).ok_or_else(Error::decryption)?;
        Ok(derive(self.algorithm, &[shared.expose()], encapsulation, &self.public))
    }
}
