//! Public keys in files: SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7), alone or within a certificate.

use x509_parser::prelude::{FromDer, X509Certificate};

use super::kind::Kind;
use super::pem;
use super::tlv::{self, Reader};
use crate::{Error, Result};

/// Kind and bits of the public key in a file.
pub(super) fn read(what: &str, bytes: &[u8]) -> Result<(Kind, Vec<u8>)> {
    let Some(blocks) = pem::blocks(what, bytes)? else {
        return read_der(what, bytes);
    };
    for block in &blocks {
        match block.label.as_str() {
            "PUBLIC KEY" => return spki(what, &block.der).unwrap_or_else(|| Err(neither(what))),
            "CERTIFICATE" | "X509 CERTIFICATE" => return certificate(what, &block.der),
            "RSA PUBLIC KEY" => return Ok((Kind::Rsa, block.der.to_vec())),
            _ => {}
        }
    }
    if blocks.iter().any(pem::Block::is_private) {
        return Err(is_private(what));
    }
    Err(Error::malformed(what, format!("it holds a {}, not a public key or a certificate", blocks[0].label)))
}

/// The SubjectPublicKeyInfo, DER.
pub(super) fn encode(kind: Kind, bits: &[u8]) -> Vec<u8> {
    tlv::encode(tlv::SEQUENCE, &[&kind.encode(), &tlv::encode(tlv::BIT_STRING, &[&[0], bits])]).to_vec()
}

fn read_der(what: &str, bytes: &[u8]) -> Result<(Kind, Vec<u8>)> {
    if let Some(result) = spki(what, bytes) {
        return result;
    }
    // A private key of whatever form starts with its version number.
    let starts_with_number = Reader::whole(tlv::SEQUENCE, bytes).and_then(|inner| inner.peek()) == Some(tlv::INTEGER);
    if starts_with_number { Err(is_private(what)) } else { certificate(what, bytes) }
}

/// `None` if it is no SubjectPublicKeyInfo.
fn spki(what: &str, der: &[u8]) -> Option<Result<(Kind, Vec<u8>)>> {
    let mut info = Reader::whole(tlv::SEQUENCE, der)?;
    let identifier = info.enter(tlv::SEQUENCE)?;
    let bits = info.bits(tlv::BIT_STRING)?;
    info.is_empty().then(|| Ok((Kind::read(what, identifier)?, bits.to_vec())))
}

fn certificate(what: &str, der: &[u8]) -> Result<(Kind, Vec<u8>)> {
    match X509Certificate::from_der(der) {
        Ok(([], certificate)) => {
            spki(what, certificate.tbs_certificate.subject_pki.raw).unwrap_or_else(|| Err(neither(what)))
        }
        Ok(_) => Err(Error::malformed(what, "there is something after the certificate")),
        Err(_) => Err(neither(what)),
    }
}

fn neither(what: &str) -> Error {
    Error::malformed(what, "it is neither a public key (SubjectPublicKeyInfo) nor a certificate, or it is damaged")
}

fn is_private(what: &str) -> Error {
    Error::Key(format!(
        "{what}: this is a private key, and a public one is needed; `cryptodemo pub public -k {what}` prints it"
    ))
}
