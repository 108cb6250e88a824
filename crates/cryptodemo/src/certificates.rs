//! A certification authority for demonstrations, and the check of a certificate (RFC 5280, RFC 9525).

use std::time::{Duration, SystemTime};

use crate::Result;
use crate::keys::{KeyAlgorithm, PrivateKey};

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
    #[must_use]
    pub fn new(name: &str, algorithm: KeyAlgorithm, lifetime: Duration) -> Self {
        todo!("{name} {algorithm:?} {lifetime:?}")
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
    /// # Errors
    /// `Error::Usage` for a name that is neither a DNS name nor an address, `Error::Key` for a key that cannot sign.
    pub fn issue(&self, request: &Request, key: &PrivateKey) -> Result<Vec<u8>> {
        todo!("{request:?} {key:?}")
    }
}

/// Why a certificate is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Refusal {
    /// No trusted authority signed it.
    UnknownIssuer,
    /// A trusted authority of that name did not make the signature.
    BadSignature,
    /// Its time has passed.
    Expired,
    /// Its time has not come.
    NotYetValid,
    /// It is for another name.
    WrongName,
    /// Anything else: it cannot be read, or is not for servers.
    Unsuitable,
}

/// Checks signature and chain up to a trusted authority, dates and name of a server's certificate, by `rustls-webpki`.
///
/// # Errors
/// The first reason not to accept it.
pub fn verify(
    certificate_der: &[u8],
    intermediates: &[&[u8]],
    trusted: &[&[u8]],
    server_name: &str,
    at: SystemTime,
) -> std::result::Result<(), Refusal> {
    todo!("{certificate_der:?} {intermediates:?} {trusted:?} {server_name} {at:?}")
}
