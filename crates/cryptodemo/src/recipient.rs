//! Whom a message is encrypted for: a bare public key, or a certificate.

use std::time::SystemTime;

use sha1::{Digest, Sha1};
use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::x509::SubjectPublicKeyInfo;

use crate::Result;
use crate::error::Error;
use crate::keys::PublicKey;

/// A recipient: a public key and, if it came in a certificate, what the certificate calls it.
#[derive(Debug, Clone)]
pub struct Recipient {
    key: PublicKey,
    certificate: Option<Certificate>,
}

#[derive(Debug, Clone)]
struct Certificate {
    issuer_der: Vec<u8>,
    serial: Vec<u8>,
    not_before: i64,
    not_after: i64,
    allows_encryption: bool,
}

impl Recipient {
    /// Reads a certificate or a SubjectPublicKeyInfo, in PEM or DER; `what` names the source in errors. Nobody's signature
    /// is checked: whether the certificate is the recipient's is for the caller to know.
    ///
    /// # Errors
    /// As [`PublicKey::parse`].
    pub fn parse(what: &str, bytes: &[u8]) -> Result<Self> {
        let key = PublicKey::parse(what, bytes)?;
        let certificate = if bytes.starts_with(b"\x30") {
            certificate(bytes)
        } else {
            x509_parser::pem::Pem::iter_from_buffer(bytes)
                .filter_map(std::result::Result::ok)
                .find(|pem| pem.label == "CERTIFICATE")
                .and_then(|pem| certificate(&pem.contents))
        };
        Ok(Self { key, certificate })
    }

    /// A bare key.
    #[must_use]
    pub const fn from_key(key: PublicKey) -> Self {
        Self { key, certificate: None }
    }

    /// The public key.
    #[must_use]
    pub const fn key(&self) -> &PublicKey {
        &self.key
    }

    /// Name of the issuer (DER) and serial number (contents of the INTEGER), if there is a certificate.
    #[must_use]
    pub fn issuer_and_serial(&self) -> Option<(&[u8], &[u8])> {
        self.certificate.as_ref().map(|certificate| (&*certificate.issuer_der, &*certificate.serial))
    }

    /// What the user should know about the certificate at that time: its dates and purposes.
    #[must_use]
    pub fn warnings(&self, at: SystemTime) -> Vec<&'static str> {
        let Some(certificate) = &self.certificate else { return Vec::new() };
        let seconds = at.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
        let mut warnings = Vec::new();
        if seconds > certificate.not_after {
            warnings.push("the recipient's certificate has expired");
        }
        if seconds < certificate.not_before {
            warnings.push("the recipient's certificate is not valid yet");
        }
        if !certificate.allows_encryption {
            warnings.push("the recipient's certificate is not meant for encryption (its key usage leaves it out)");
        }
        warnings
    }
}

/// SHA-1 of the key's bits: the usual subject key identifier (RFC 5280 section 4.2.1.2, method 1). A name, no protection.
///
/// # Errors
/// [`Error::Key`] if the key's encoding is broken.
pub fn subject_key_identifier(key: &PublicKey) -> Result<[u8; 20]> {
    let (_, info) = SubjectPublicKeyInfo::from_der(key.spki_der())
        .map_err(|_| Error::Key("the public key's encoding is broken".to_owned()))?;
    Ok(Sha1::digest(&info.subject_public_key.data).into())
}

fn certificate(der: &[u8]) -> Option<Certificate> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    // RFC 5280 section 4.2.1.3: key transport needs keyEncipherment, key agreement keyAgreement; without the extension
    // everything is allowed.
    let usage = certificate.key_usage().ok().flatten();
    Some(Certificate {
        issuer_der: certificate.issuer().as_raw().to_vec(),
        serial: certificate.raw_serial().to_vec(),
        not_before: certificate.validity().not_before.timestamp(),
        not_after: certificate.validity().not_after.timestamp(),
        allows_encryption: usage.is_none_or(|usage| usage.value.key_encipherment() || usage.value.key_agreement()),
    })
}
