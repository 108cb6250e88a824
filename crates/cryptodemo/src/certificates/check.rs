//! The check of a server's certificate, by rustls-webpki.

use std::time::{SystemTime, UNIX_EPOCH};

use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert};

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

impl Refusal {
    /// The reason, as the end of a sentence that begins with "certificate rejected: ".
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::UnknownIssuer => "no trusted authority signed it (unknown issuer)",
            Self::BadSignature => {
                "it names a trusted authority, but the signature is not made with that authority's key"
            }
            Self::Expired => "its time has passed (expired)",
            Self::NotYetValid => "its time has not come (not yet valid)",
            Self::WrongName => "it is for another name",
            Self::Unsuitable => "it is not a certificate for servers, or cannot be read",
        }
    }

    /// The refusal as an error of the command line.
    #[must_use]
    pub fn error(self) -> crate::Error {
        crate::Error::Rejected(format!("certificate rejected: {self}"))
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.reason())
    }
}

/// Checks signature and chain up to a trusted authority, dates and name of a server's certificate, by `rustls-webpki`.
///
/// RFC 5280 section 6.1 for the chain, RFC 9525 for the name (subjectAltName only, never the common name). The dates of
/// the trusted authorities themselves are not looked at: trust in them is the caller's decision (section 6.1.1 (d)).
/// Certificates among the trusted that cannot be read are passed over.
///
/// # Errors
/// The first reason not to accept it.
pub fn verify(
    certificate_der: &[u8],
    intermediates: &[&[u8]],
    trusted: &[&[u8]],
    server_name: &str,
    at: SystemTime,
) -> Result<(), Refusal> {
    let der = CertificateDer::from(certificate_der);
    let certificate = EndEntityCert::try_from(&der).map_err(refusal)?;
    let trusted: Vec<_> = trusted.iter().map(|der| CertificateDer::from(*der)).collect();
    let anchors: Vec<_> = trusted.iter().filter_map(|der| anchor_from_trusted_cert(der).ok()).collect();
    let intermediates: Vec<_> = intermediates.iter().map(|der| CertificateDer::from(*der)).collect();
    let at = UnixTime::since_unix_epoch(at.duration_since(UNIX_EPOCH).unwrap_or_default());
    certificate
        .verify_for_usage(
            webpki::ALL_VERIFICATION_ALGS,
            &anchors,
            &intermediates,
            at,
            KeyUsage::server_auth(),
            None,
            None,
        )
        .map_err(refusal)?;
    let name = ServerName::try_from(server_name).map_err(|_| Refusal::WrongName)?;
    certificate.verify_is_valid_for_subject_name(&name).map_err(refusal)
}

fn refusal(error: webpki::Error) -> Refusal {
    use webpki::Error as Reason;
    match error {
        Reason::UnknownIssuer => Refusal::UnknownIssuer,
        // An authority of the same name with a key of another kind did not make the signature either.
        Reason::InvalidSignatureForPublicKey | Reason::UnsupportedSignatureAlgorithmForPublicKeyContext(_) => {
            Refusal::BadSignature
        }
        Reason::CertExpired { .. } => Refusal::Expired,
        Reason::CertNotValidYet { .. } => Refusal::NotYetValid,
        Reason::CertNotValidForName(_) => Refusal::WrongName,
        _ => Refusal::Unsuitable,
    }
}
