//! Certificates as files have them (RFC 7468 section 5).

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

use crate::{Error, Result};

/// The certificates of a file, DER: one or several in PEM, or one in DER. `what` names the file in errors.
///
/// # Errors
/// `Error::Malformed` if there is none, or one of them is damaged.
pub fn from_pem_or_der(what: &str, bytes: &[u8]) -> Result<Vec<Vec<u8>>> {
    // 0x30 is the SEQUENCE that each certificate is (RFC 5280 section 4.1); no PEM file begins with a zero.
    let all = if bytes.first() == Some(&0x30) && bytes.get(1).is_some_and(|second| *second >= 0x80) {
        vec![bytes.to_vec()]
    } else {
        CertificateDer::pem_slice_iter(bytes)
            .map(|one| one.map(|der| der.to_vec()))
            .collect::<std::result::Result<Vec<_>, _>>()
            .map_err(|error| Error::malformed(what, format!("damaged PEM: {error}")))?
    };
    if all.is_empty() {
        return Err(Error::malformed(what, "no certificate in it (expected PEM or DER)"));
    }
    for der in &all {
        super::Description::of(what, der)?;
    }
    Ok(all)
}

/// The certificate in PEM.
#[must_use]
pub fn to_pem(certificate_der: &[u8]) -> String {
    der::pem::encode_string("CERTIFICATE", der::pem::LineEnding::LF, certificate_der)
        .expect("a label and bytes make PEM")
}
