//! A certification authority for demonstrations, and the check of a certificate (RFC 5280, RFC 9525).
//!
//! An authority signs the certificate of somebody else's public key; nothing is encrypted by it, and the authority never
//! sees the other's private key in life. Here it makes both, for that is what a demonstration needs. Revocation and
//! intermediate authorities are left out on purpose.

mod build;
mod check;
mod description;
mod pem;

use std::time::{Duration, SystemTime};

pub use check::{Refusal, verify};
pub use description::{Description, Name};
pub use pem::{from_pem_or_der, to_pem};

use crate::keys::{KeyAlgorithm, PrivateKey, PublicKey};
use crate::{Error, Result};

/// A certification authority: its key and its self-signed certificate.
#[derive(Debug)]
pub struct Authority {
    key: PrivateKey,
    certificate_der: Vec<u8>,
}

/// What a certificate is to say.
#[derive(Debug, Clone)]
pub struct Request {
    /// DNS names and IP addresses of the subject; the first is the common name too.
    pub names: Vec<String>,
    /// First moment at which it is valid.
    pub not_before: SystemTime,
    /// How long it is valid.
    pub lifetime: Duration,
}

impl Authority {
    /// A new authority with a fresh key.
    ///
    /// Its certificate is valid from now on, may sign certificates (`keyCertSign`, `cRLSign`) and no further authorities
    /// (path length 0, RFC 5280 section 4.2.1.9).
    ///
    /// # Panics
    /// If the algorithm does not sign: that is a mistake of the caller, not of the user.
    #[must_use]
    pub fn new(name: &str, algorithm: KeyAlgorithm, lifetime: Duration) -> Self {
        let key = PrivateKey::generate(algorithm);
        let certificate_der = build::authority(name, &key, crate::time::wall(), lifetime)
            .expect("the algorithm of an authority's key is one that signs");
        Self { key, certificate_der }
    }

    /// An authority that exists already: its certificate (DER) and its key.
    ///
    /// # Errors
    /// `Error::Malformed` if the certificate cannot be read, `Error::Key` if the key is not the certificate's or the
    /// certificate is not an authority's.
    pub fn load(what: &str, certificate_der: Vec<u8>, key: PrivateKey) -> Result<Self> {
        if PublicKey::parse(what, &certificate_der)? != *key.public() {
            return Err(Error::Key(format!("{what}: the certificate is for another key")));
        }
        if !Description::of(what, &certificate_der)?.is_authority {
            return Err(Error::Key(format!("{what}: not the certificate of an authority (basicConstraints CA:TRUE)")));
        }
        Ok(Self { key, certificate_der })
    }

    /// The self-signed certificate, DER.
    #[must_use]
    pub fn certificate_der(&self) -> &[u8] {
        &self.certificate_der
    }

    /// The key that signs.
    #[must_use]
    pub const fn key(&self) -> &PrivateKey {
        &self.key
    }

    /// A certificate (DER) for the key of a server, signed by this authority.
    ///
    /// It says `serverAuth`, `digitalSignature`, and for RSA `keyEncipherment` too: without it RSA may not carry a key
    /// (RFC 5280 section 4.2.1.3, RFC 5246 section 7.4.2).
    ///
    /// # Errors
    /// `Error::Usage` for a name that is neither a DNS name nor an address, `Error::Key` for a key that cannot sign.
    pub fn issue(&self, request: &Request, key: &PrivateKey) -> Result<Vec<u8>> {
        build::server(request, key, Some(self))
    }
}

/// A server's certificate (DER) signed by its own key: what anybody can make, and nobody should believe.
///
/// # Errors
/// As [`Authority::issue`].
pub fn self_signed(request: &Request, key: &PrivateKey) -> Result<Vec<u8>> {
    build::server(request, key, None)
}

#[cfg(test)]
mod tests;
