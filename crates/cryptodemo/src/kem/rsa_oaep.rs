//! The way of the study notes: a fresh secret, encrypted with the recipient's RSA key.

use super::{Decapsulator, Encapsulator, SHARED_SECRET_LEN};
use crate::encryption::{Decryptor, Encryptor};
use crate::{Error, Result, Secret};

pub(super) struct Sender(pub(super) Box<dyn Encryptor>);
pub(super) struct Recipient(pub(super) Box<dyn Decryptor>);

impl Encapsulator for Sender {
    fn encapsulate(&self) -> Result<(Secret, Vec<u8>)> {
        let secret = Secret::random(SHARED_SECRET_LEN);
        let encapsulation = self.0.encrypt(secret.expose())?;
        Ok((secret, encapsulation))
    }
}

impl Decapsulator for Recipient {
    fn decapsulate(&self, encapsulation: &[u8]) -> Result<Secret> {
        let secret = self.0.decrypt(encapsulation)?;
        if secret.len() == SHARED_SECRET_LEN { Ok(secret) } else { Err(Error::decryption()) }
    }
}
