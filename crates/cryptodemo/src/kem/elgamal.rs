//! Hashed ElGamal over ffdhe2048. For teaching only; see [`crate::elgamal`].

use super::derive::derive;
use super::{Decapsulator, Encapsulator, KemAlgorithm};
use crate::elgamal::{Element, Exponent};
use crate::keys::material::elgamal_public;
use crate::keys::{PrivateKey, PublicKey};
use crate::{Error, Result, Secret};

const ALGORITHM: KemAlgorithm = KemAlgorithm::ElGamal;

struct Sender(Element);

struct Recipient {
    exponent: Exponent,
    public: Element,
}

fn element(key: &PublicKey) -> Element {
    elgamal_public(key.bits()).expect("the key was checked when it was read")
}

pub(super) fn encapsulator(key: &PublicKey) -> Box<dyn Encapsulator> {
    Box::new(Sender(element(key)))
}

pub(super) fn decapsulator(key: &PrivateKey) -> Box<dyn Decapsulator> {
    let exponent = Exponent::read(key.material().expose()).expect("the key was checked when it was read");
    Box::new(Recipient { exponent, public: element(key.public()) })
}

impl Encapsulator for Sender {
    fn encapsulate(&self) -> Result<(Secret, Vec<u8>)> {
        let fresh = Exponent::random();
        let sent = Element::generator().power(&fresh).to_bytes();
        let shared = self.0.power(&fresh).to_bytes();
        Ok((derive(ALGORITHM, &[&*shared], &*sent, &*self.0.to_bytes()), sent.to_vec()))
    }
}

impl Decapsulator for Recipient {
    fn decapsulate(&self, encapsulation: &[u8]) -> Result<Secret> {
        let sent = Element::read(encapsulation).ok_or_else(Error::decryption)?;
        let shared = sent.power(&self.exponent).to_bytes();
        Ok(derive(ALGORITHM, &[&*shared], encapsulation, &*self.public.to_bytes()))
    }
}
