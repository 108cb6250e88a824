//! What a certificate says, in words.

use std::net::IpAddr;

use serde::Serialize;
use sha2::{Digest, Sha256};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::{ExtendedKeyUsage, GeneralName, KeyUsage};
use x509_parser::oid_registry::{OidRegistry, format_oid};
use x509_parser::prelude::FromDer;
use x509_parser::public_key::PublicKey as Parsed;
use x509_parser::time::ASN1Time;
use x509_parser::x509::{AlgorithmIdentifier, SubjectPublicKeyInfo};

use crate::report::{hex, plain};
use crate::{Error, Result};

/// What a certificate says. Nothing of it is checked here.
#[derive(Debug, Clone, Serialize)]
pub struct Description {
    /// Distinguished name of the key's owner.
    pub subject: String,
    /// Distinguished name of the signer.
    pub issuer: String,
    /// Serial number, hexadecimal.
    pub serial: String,
    /// First second of its validity, as RFC 3339 has it.
    pub not_before: String,
    /// Last second of its validity.
    pub not_after: String,
    /// What subjectAltName lists.
    pub names: Vec<Name>,
    /// Kind and size of the public key.
    pub key: String,
    /// What the key may be used for (RFC 5280 section 4.2.1.3).
    pub key_usage: Vec<&'static str>,
    /// For which purposes (RFC 5280 section 4.2.1.12).
    pub extended_key_usage: Vec<String>,
    /// Whether it may sign certificates (RFC 5280 section 4.2.1.9).
    pub is_authority: bool,
    /// How many authorities may stand between this one and a server.
    pub path_length: Option<u32>,
    /// Whether issuer and subject are the same.
    pub is_self_issued: bool,
    /// How the signer signed.
    pub signature_algorithm: String,
    /// SHA-256 of the whole certificate, hexadecimal.
    pub fingerprint_sha256: String,
}

/// A name in subjectAltName (RFC 5280 section 4.2.1.6).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Name {
    /// A DNS name, possibly with `*` as its first label.
    Dns(String),
    /// An IP address.
    Address(IpAddr),
    /// Anything else, which clients of TLS do not look at.
    Other(String),
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Dns(name) => write!(f, "DNS {name}"),
            Self::Address(address) => write!(f, "IP {address}"),
            Self::Other(other) => f.write_str(other),
        }
    }
}

impl Description {
    /// Reads the certificate (DER); `what` names its source in errors.
    ///
    /// # Errors
    /// `Error::Malformed` if it is not exactly one certificate.
    pub fn of(what: &str, certificate_der: &[u8]) -> Result<Self> {
        let (rest, certificate) = X509Certificate::from_der(certificate_der)
            .map_err(|error| Error::malformed(what, format!("not a certificate: {error}")))?;
        if !rest.is_empty() {
            return Err(Error::malformed(what, format!("{} bytes after the certificate", rest.len())));
        }
        let broken = |error| Error::malformed(what, format!("damaged extension: {error}"));
        let constraints = certificate.basic_constraints().map_err(broken)?;
        let usage = certificate.key_usage().map_err(broken)?;
        let purposes = certificate.extended_key_usage().map_err(broken)?;
        let names = certificate.subject_alternative_name().map_err(broken)?;
        Ok(Self {
            subject: plain(&certificate.subject().to_string()),
            issuer: plain(&certificate.issuer().to_string()),
            serial: hex(certificate.raw_serial()),
            not_before: date(certificate.validity().not_before),
            not_after: date(certificate.validity().not_after),
            names: names.map_or_else(Vec::new, |all| all.value.general_names.iter().map(name).collect()),
            key: key(certificate.public_key()),
            key_usage: usage.map_or_else(Vec::new, |usage| key_usage(usage.value)),
            extended_key_usage: purposes.map_or_else(Vec::new, |purposes| extended_key_usage(purposes.value)),
            is_authority: constraints.as_ref().is_some_and(|constraints| constraints.value.ca),
            path_length: constraints.and_then(|constraints| constraints.value.path_len_constraint),
            is_self_issued: certificate.subject().as_raw() == certificate.issuer().as_raw(),
            signature_algorithm: algorithm(&certificate.signature_algorithm),
            fingerprint_sha256: hex(&Sha256::digest(certificate_der)),
        })
    }
}

fn date(time: ASN1Time) -> String {
    let format = &time::format_description::well_known::Rfc3339;
    time.to_datetime().format(format).unwrap_or_else(|_| time.to_string())
}

fn name(name: &GeneralName<'_>) -> Name {
    match name {
        GeneralName::DNSName(name) => Name::Dns(plain(name)),
        GeneralName::IPAddress(bytes) => match (<[u8; 4]>::try_from(*bytes), <[u8; 16]>::try_from(*bytes)) {
            (Ok(four), _) => Name::Address(four.into()),
            (_, Ok(sixteen)) => Name::Address(sixteen.into()),
            _ => Name::Other(format!("address of {} bytes", bytes.len())),
        },
        other => Name::Other(plain(&other.to_string())),
    }
}

fn key(key: &SubjectPublicKeyInfo<'_>) -> String {
    match key.parsed() {
        Ok(Parsed::RSA(rsa)) => format!("RSA {} bits", rsa.key_size()),
        Ok(Parsed::EC(point)) if point.key_size() == 256 => "EC P-256".to_owned(),
        Ok(Parsed::EC(point)) => format!("EC {} bits", point.key_size()),
        _ => algorithm(&key.algorithm),
    }
}

fn algorithm(algorithm: &AlgorithmIdentifier<'_>) -> String {
    // The registry lacks the algorithms of RFC 8410.
    match algorithm.algorithm.to_id_string().as_str() {
        "1.3.101.110" => "X25519".to_owned(),
        "1.3.101.112" => "Ed25519".to_owned(),
        _ => format_oid(&algorithm.algorithm, &OidRegistry::default().with_all_crypto()),
    }
}

fn key_usage(usage: &KeyUsage) -> Vec<&'static str> {
    [
        (usage.digital_signature(), "digitalSignature"),
        (usage.non_repudiation(), "nonRepudiation"),
        (usage.key_encipherment(), "keyEncipherment"),
        (usage.data_encipherment(), "dataEncipherment"),
        (usage.key_agreement(), "keyAgreement"),
        (usage.key_cert_sign(), "keyCertSign"),
        (usage.crl_sign(), "cRLSign"),
    ]
    .into_iter()
    .filter_map(|(set, name)| set.then_some(name))
    .collect()
}

fn extended_key_usage(usage: &ExtendedKeyUsage<'_>) -> Vec<String> {
    let known = [
        (usage.any, "any"),
        (usage.server_auth, "serverAuth"),
        (usage.client_auth, "clientAuth"),
        (usage.code_signing, "codeSigning"),
        (usage.email_protection, "emailProtection"),
        (usage.time_stamping, "timeStamping"),
        (usage.ocsp_signing, "OCSPSigning"),
    ];
    let known = known.into_iter().filter(|(set, _)| *set).map(|(_, name)| name.to_owned());
    known.chain(usage.other.iter().map(ToString::to_string)).collect()
}
