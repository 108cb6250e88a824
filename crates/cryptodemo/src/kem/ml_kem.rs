//! ML-KEM-768 (FIPS 203). Its shared secret is used as it is: FIPS 203 section 3.3 allows that for a key of 256 bits.

use aws_lc_rs::kem::{self, Ciphertext, ML_KEM_768};
use ml_kem::kem::{Decapsulate, Encapsulate};
use ml_kem::ml_kem_768;

use super::{Decapsulator, Encapsulator};
use crate::keys::material;
use crate::{Backend, Error, Result, Secret};

/// Length of an encapsulation in bytes (FIPS 203 section 8).
pub(super) const ENCAPSULATION_LEN: usize = 1088;

struct RustSender(ml_kem_768::EncapsulationKey);
struct RustRecipient(ml_kem_768::DecapsulationKey);
struct AwsLcSender(kem::EncapsulationKey);
struct AwsLcRecipient(kem::DecapsulationKey);

fn unusable() -> Error {
    Error::Key("the key is no valid key of ml-kem-768".to_owned())
}

/// To an encapsulation key of 1184 bytes.
pub(super) fn encapsulator(backend: Backend, public: &[u8]) -> Result<Box<dyn Encapsulator>> {
    Ok(match backend {
        Backend::AwsLc => {
            Box::new(AwsLcSender(kem::EncapsulationKey::new(&ML_KEM_768, public).map_err(|_| unusable())?))
        }
        Backend::Rust | Backend::Ring => Box::new(RustSender(material::ml_kem_public(public).ok_or_else(unusable)?)),
    })
}

/// With a seed of 64 bytes or an expanded key of 2400.
pub(super) fn decapsulator(backend: Backend, private: &Secret) -> Result<Box<dyn Decapsulator>> {
    let key = material::ml_kem_key(private).ok_or_else(unusable)?;
    Ok(match backend {
        Backend::AwsLc => {
            let expanded = material::ml_kem_expanded(&key);
            let key = kem::DecapsulationKey::new(&ML_KEM_768, expanded.expose()).map_err(|_| unusable())?;
            Box::new(AwsLcRecipient(key))
        }
        Backend::Rust | Backend::Ring => Box::new(RustRecipient(key)),
    })
}

impl Encapsulator for RustSender {
    fn encapsulate(&self) -> Result<(Secret, Vec<u8>)> {
        let (encapsulation, secret) = self.0.encapsulate_with_rng(&mut crate::random::generator());
        Ok((Secret::from(&secret[..]), encapsulation.to_vec()))
    }
}

impl Decapsulator for RustRecipient {
    fn decapsulate(&self, encapsulation: &[u8]) -> Result<Secret> {
        let encapsulation = encapsulation.try_into().map_err(|_| Error::decryption())?;
        Ok(Secret::from(&self.0.decapsulate(&encapsulation)[..]))
    }
}

impl Encapsulator for AwsLcSender {
    fn encapsulate(&self) -> Result<(Secret, Vec<u8>)> {
        let (encapsulation, secret) = self.0.encapsulate().map_err(|_| unusable())?;
        Ok((Secret::from(secret.as_ref()), encapsulation.as_ref().to_vec()))
    }
}

impl Decapsulator for AwsLcRecipient {
    fn decapsulate(&self, encapsulation: &[u8]) -> Result<Secret> {
        let secret = self.0.decapsulate(Ciphertext::from(encapsulation)).map_err(|_| Error::decryption())?;
        Ok(Secret::from(secret.as_ref()))
    }
}
