//! Certificates put together and signed, by rcgen.

use std::net::IpAddr;
use std::time::{Duration, SystemTime};

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PKCS_ED25519, PKCS_RSA_SHA256, SanType, SerialNumber,
};
use rustls_pki_types::{CertificateDer, DnsName, PrivatePkcs8KeyDer};

use super::{Authority, Request};
use crate::keys::{KeyAlgorithm, PrivateKey};
use crate::{Error, Result};

/// Upper bound of a common name (`ub-common-name`, RFC 5280 appendix A.1).
const COMMON_NAME_CHARACTERS: usize = 64;

/// The self-signed certificate of an authority.
pub(super) fn authority(name: &str, key: &PrivateKey, from: SystemTime, lifetime: Duration) -> Result<Vec<u8>> {
    let mut parameters = parameters(from, lifetime);
    parameters.distinguished_name.push(DnType::CommonName, name);
    parameters.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Ok(parameters.self_signed(&signing_key(key)?).map_err(unusable)?.der().to_vec())
}

/// The certificate of a server, by the authority or by its own key.
pub(super) fn server(request: &Request, key: &PrivateKey, authority: Option<&Authority>) -> Result<Vec<u8>> {
    let mut parameters = parameters(request.not_before, request.lifetime);
    parameters.subject_alt_names = request.names.iter().map(|name| alternative_name(name)).collect::<Result<_>>()?;
    let first = request.names.first().ok_or_else(|| Error::Usage("a certificate needs a name".to_owned()))?;
    // Longer names stand in subjectAltName alone, which is where clients look (RFC 9525 section 2).
    if first.chars().count() <= COMMON_NAME_CHARACTERS {
        parameters.distinguished_name.push(DnType::CommonName, first);
    }
    parameters.is_ca = IsCa::ExplicitNoCa;
    parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    if matches!(key.algorithm(), KeyAlgorithm::Rsa2048 | KeyAlgorithm::Rsa3072 | KeyAlgorithm::Rsa4096) {
        parameters.key_usages.push(KeyUsagePurpose::KeyEncipherment);
    }
    parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let key = signing_key(key)?;
    let certificate = match authority {
        None => parameters.self_signed(&key),
        Some(authority) => {
            parameters.use_authority_key_identifier_extension = true;
            let issuer = CertificateDer::from(authority.certificate_der());
            Issuer::from_ca_cert_der(&issuer, signing_key(authority.key())?)
                .and_then(|issuer| parameters.signed_by(&key, &issuer))
        }
    };
    Ok(certificate.map_err(unusable)?.der().to_vec())
}

fn parameters(from: SystemTime, lifetime: Duration) -> CertificateParams {
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name = DistinguishedName::new();
    parameters.serial_number = Some(serial());
    parameters.not_before = from.into();
    parameters.not_after = parameters.not_before.saturating_add(lifetime.try_into().unwrap_or(time::Duration::MAX));
    parameters
}

/// RFC 5280 section 4.1.2.2: positive, at most 20 octets. Random, so that nobody can guess what is to be signed.
fn serial() -> SerialNumber {
    let mut bytes: [u8; 16] = crate::random::array();
    bytes[0] = bytes[0] & 0x7f | 0x40;
    SerialNumber::from_slice(&bytes)
}

fn alternative_name(name: &str) -> Result<SanType> {
    if let Ok(address) = name.parse::<IpAddr>() {
        return Ok(SanType::IpAddress(address));
    }
    // RFC 9525 section 6.3: a wildcard is the whole leftmost label.
    let plain = name.strip_prefix("*.").unwrap_or(name);
    let wrong = || Error::Usage(format!("{name:?} is neither a DNS name nor an IP address"));
    DnsName::try_from(plain).map_err(|_| wrong())?;
    Ok(SanType::DnsName(name.try_into().map_err(|_| wrong())?))
}

fn signing_key(key: &PrivateKey) -> Result<KeyPair> {
    let algorithm = match key.algorithm() {
        KeyAlgorithm::Rsa2048 | KeyAlgorithm::Rsa3072 | KeyAlgorithm::Rsa4096 => &PKCS_RSA_SHA256,
        KeyAlgorithm::Ed25519 => &PKCS_ED25519,
        KeyAlgorithm::P256 => &PKCS_ECDSA_P256_SHA256,
        KeyAlgorithm::X25519 | KeyAlgorithm::MlKem768 | KeyAlgorithm::X25519MlKem768 | KeyAlgorithm::ElGamal2048 => {
            return Err(Error::Key("this key cannot sign; take RSA, Ed25519 or P-256".to_owned()));
        }
    };
    KeyPair::from_pkcs8_der_and_sign_algo(&PrivatePkcs8KeyDer::from(key.pkcs8_der().expose()), algorithm)
        .map_err(unusable)
}

fn unusable(error: rcgen::Error) -> Error {
    Error::Key(format!("no certificate for this key: {error}"))
}
