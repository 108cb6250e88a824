//! X25519MLKEM768: ML-KEM-768 first and X25519 second, in the keys, the encapsulation and the shared values, as in TLS
//! 1.3 (draft-ietf-tls-ecdhe-mlkem section 4). TLS feeds both shared values to its key schedule; here HKDF joins them.

use super::derive::derive;
use super::diffie_hellman::unusable;
use super::{Decapsulator, Encapsulator, KemAlgorithm, ml_kem};
use crate::agreement::{self, Curve, Ephemeral, Static};
use crate::keys::material::{ML_KEM_PUBLIC_LEN, split_hybrid};
use crate::keys::{PrivateKey, PublicKey};
use crate::{Backend, Error, Result, Secret};

const ALGORITHM: KemAlgorithm = KemAlgorithm::X25519MlKem768;

struct Sender {
    lattice: Box<dyn Encapsulator>,
    curve: Box<dyn Ephemeral>,
    recipient: Vec<u8>,
}

struct Recipient {
    lattice: Box<dyn Decapsulator>,
    curve: Box<dyn Static>,
    public: Vec<u8>,
}

pub(super) fn encapsulator(backend: Backend, key: &PublicKey) -> Result<Box<dyn Encapsulator>> {
    let (lattice, point) = key.bits().split_at(ML_KEM_PUBLIC_LEN);
    Ok(Box::new(Sender {
        lattice: ml_kem::encapsulator(backend, lattice)?,
        curve: agreement::with_fresh_keys(Curve::X25519, backend, point)?,
        recipient: key.bits().to_vec(),
    }))
}

pub(super) fn decapsulator(backend: Backend, key: &PrivateKey) -> Result<Box<dyn Decapsulator>> {
    let (seed, scalar) = split_hybrid(key.material().expose()).expect("the key was checked when it was read");
    Ok(Box::new(Recipient {
        lattice: ml_kem::decapsulator(backend, &seed)?,
        curve: agreement::with_key(Curve::X25519, backend, &scalar)?,
        public: key.public().bits().to_vec(),
    }))
}

impl Encapsulator for Sender {
    fn encapsulate(&self) -> Result<(Secret, Vec<u8>)> {
        let (first, mut encapsulation) = self.lattice.encapsulate()?;
        let (second, own) = self.curve.agree().ok_or_else(unusable)?;
        encapsulation.extend(own);
        Ok((derive(ALGORITHM, &[first.expose(), second.expose()], &encapsulation, &self.recipient), encapsulation))
    }
}

impl Decapsulator for Recipient {
    fn decapsulate(&self, encapsulation: &[u8]) -> Result<Secret> {
        let (lattice, point) =
            encapsulation.split_at_checked(ml_kem::ENCAPSULATION_LEN).ok_or_else(Error::decryption)?;
        let first = self.lattice.decapsulate(lattice)?;
        let second = self.curve.agree(point).ok_or_else(Error::decryption)?;
        Ok(derive(ALGORITHM, &[first.expose(), second.expose()], encapsulation, &self.public))
    }
}
