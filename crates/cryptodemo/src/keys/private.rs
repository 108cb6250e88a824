//! Private keys in files: PKCS#8 (RFC 5958), and what OpenSSL wrote before it.

use zeroize::Zeroizing;

use super::kind::{Kind, SECP256R1};
use super::tlv::{self, Reader};
use super::{material, pem};
use crate::elgamal::ELEMENT_LEN;
use crate::{Error, Result, Secret};

/// Tag of the seed of ML-KEM: `[0] IMPLICIT OCTET STRING` (RFC 9935 section 6).
const ML_KEM_SEED: u8 = 0x80;
/// Tag of the attributes: `[0] IMPLICIT SET` (RFC 5958 section 2).
const ATTRIBUTES: u8 = 0xa0;
/// Tag of the public key: `[1] IMPLICIT BIT STRING` (RFC 5958 section 2).
const PUBLIC_KEY: u8 = 0x81;
/// Tags of the parameters and of the public key within ECPrivateKey, both EXPLICIT (RFC 5915 section 3).
const EC_PARAMETERS: u8 = 0xa0;
const EC_PUBLIC_KEY: u8 = 0xa1;

/// A private key as read: its kind, its material, and the public key that was given with it.
type Read = (Kind, Secret, Option<Vec<u8>>);

/// The same in pieces of the file: the private key as its kind writes it.
type Parts<'a> = (Kind, &'a [u8], Option<&'a [u8]>);

/// The private key in a file.
pub(super) fn read(what: &str, bytes: &[u8]) -> Result<Read> {
    let Some(blocks) = pem::blocks(what, bytes)? else {
        return read_der(what, bytes);
    };
    // Certificates or parameters of a curve may stand in the same file.
    let mut keys = blocks.iter().filter(|block| block.is_private());
    let Some(block) = keys.next() else {
        return Err(Error::Key(format!("{what}: this is a {}, and a private key is needed", blocks[0].label)));
    };
    if keys.next().is_some() {
        return Err(Error::Key(format!("{what}: there are several private keys in it")));
    }
    match block.label.as_str() {
        "PRIVATE KEY" => pkcs8(what, &block.der),
        "RSA PRIVATE KEY" => Ok((Kind::Rsa, Secret::from(&block.der[..]), None)),
        "EC PRIVATE KEY" => sec1(what, &block.der),
        label => Err(Error::Key(format!("{what}: keys of the form {label} are not known here"))),
    }
}

/// DER does not tell its form by a label: the element after the version number does.
fn read_der(what: &str, der: &[u8]) -> Result<Read> {
    let mut inner = Reader::whole(tlv::SEQUENCE, der).ok_or_else(|| no_key(what))?;
    if inner.next(tlv::INTEGER).is_none() {
        // Encrypted: an AlgorithmIdentifier and an OCTET STRING. Public: and a BIT STRING.
        let second = inner.next(tlv::SEQUENCE).and_then(|_| inner.peek());
        return Err(match second {
            Some(tlv::OCTET_STRING) => pem::encrypted(what),
            Some(tlv::BIT_STRING | tlv::SEQUENCE) => {
                Error::Key(format!("{what}: this is a public key or a certificate, and a private key is needed"))
            }
            _ => no_key(what),
        });
    }
    match inner.peek() {
        Some(tlv::INTEGER) => Ok((Kind::Rsa, Secret::from(der), None)),
        Some(tlv::OCTET_STRING) => sec1(what, der),
        _ => pkcs8(what, der),
    }
}

fn no_key(what: &str) -> Error {
    Error::malformed(what, "it is no private key (PKCS#8, in PEM or DER), or it is damaged")
}

fn pkcs8(what: &str, der: &[u8]) -> Result<Read> {
    let (kind, key, public) = pkcs8_parts(what, der).ok_or_else(|| no_key(what))??;
    let (material, inner_public) = key_material(what, kind, key)?;
    Ok((kind, material, public.map(<[u8]>::to_vec).or(inner_public)))
}

/// Kind, contents of the private key, and the public key of version 2. `None` if it is not PKCS#8.
fn pkcs8_parts<'a>(what: &str, der: &'a [u8]) -> Option<Result<Parts<'a>>> {
    let mut info = Reader::whole(tlv::SEQUENCE, der)?;
    let version = info.unsigned()?;
    let identifier = info.enter(tlv::SEQUENCE)?;
    let key = info.next(tlv::OCTET_STRING)?;
    if info.peek() == Some(ATTRIBUTES) {
        info.next(ATTRIBUTES)?;
    }
    let public = if info.peek() == Some(PUBLIC_KEY) { Some(info.bits(PUBLIC_KEY)?) } else { None };
    // Version 2 (written as 1) if and only if the public key is there.
    if !info.is_empty() || version != (if public.is_some() { &[1][..] } else { &[] }) {
        return None;
    }
    Some(Kind::read(what, identifier).map(|kind| (kind, key, public)))
}

/// The material within the OCTET STRING of PKCS#8, which has another form for each kind.
fn key_material(what: &str, kind: Kind, key: &[u8]) -> Result<(Secret, Option<Vec<u8>>)> {
    let mut reader = Reader::over(key);
    let bytes = match kind {
        Kind::Rsa | Kind::X25519MlKem768 => return Ok((Secret::from(key), None)),
        Kind::P256 => return ec_private_key(key).ok_or_else(|| no_key(what)),
        Kind::MlKem768 => return ml_kem(what, key).map(|material| (material, None)),
        // CurvePrivateKey: an OCTET STRING within the OCTET STRING (RFC 8410 section 7).
        Kind::Ed25519 | Kind::X25519 => reader.next(tlv::OCTET_STRING),
        Kind::ElGamal => reader.unsigned(),
    };
    match bytes {
        Some(bytes) if reader.is_empty() && kind == Kind::ElGamal => {
            let mut padded = vec![0; ELEMENT_LEN.saturating_sub(bytes.len())];
            padded.extend_from_slice(bytes);
            Ok((Secret::new(padded), None))
        }
        Some(bytes) if reader.is_empty() => Ok((Secret::from(bytes), None)),
        _ => Err(no_key(what)),
    }
}

/// ECPrivateKey (RFC 5915 section 3) within PKCS#8, which names the curve already.
fn ec_private_key(der: &[u8]) -> Option<(Secret, Option<Vec<u8>>)> {
    let mut key = Reader::whole(tlv::SEQUENCE, der)?;
    if key.unsigned()? != [1] {
        return None;
    }
    let scalar = key.next(tlv::OCTET_STRING)?;
    if key.peek() == Some(EC_PARAMETERS) && key.enter(EC_PARAMETERS)?.next(tlv::OBJECT_IDENTIFIER) != Some(SECP256R1) {
        return None;
    }
    let public = match key.peek() {
        Some(EC_PUBLIC_KEY) => Some(key.enter(EC_PUBLIC_KEY)?.bits(tlv::BIT_STRING)?.to_vec()),
        _ => None,
    };
    key.is_empty().then(|| (Secret::from(scalar), public))
}

/// ECPrivateKey on its own: the curve is named within.
fn sec1(what: &str, der: &[u8]) -> Result<Read> {
    let curve = || {
        let mut key = Reader::whole(tlv::SEQUENCE, der)?;
        key.next(tlv::INTEGER)?;
        key.next(tlv::OCTET_STRING)?;
        key.enter(EC_PARAMETERS)?.next(tlv::OBJECT_IDENTIFIER)
    };
    match curve() {
        Some(SECP256R1) => {}
        Some(_) => return Err(Error::Key(format!("{what}: a key of another elliptic curve than P-256"))),
        None => return Err(no_key(what)),
    }
    let (material, public) = ec_private_key(der).ok_or_else(|| no_key(what))?;
    Ok((Kind::P256, material, public))
}

/// ML-KEM-768-PrivateKey (RFC 9935 section 6): the seed, the expanded key, or both, which must fit then.
fn ml_kem(what: &str, key: &[u8]) -> Result<Secret> {
    let mut reader = Reader::over(key);
    let (seed, expanded) = match reader.peek() {
        Some(ML_KEM_SEED) => (reader.next(ML_KEM_SEED), None),
        Some(tlv::OCTET_STRING) => (None, reader.next(tlv::OCTET_STRING)),
        Some(tlv::SEQUENCE) => {
            let mut both = reader.enter(tlv::SEQUENCE).ok_or_else(|| no_key(what))?;
            let pair = (both.next(tlv::OCTET_STRING), both.next(tlv::OCTET_STRING));
            match pair {
                (Some(_), Some(_)) if both.is_empty() => pair,
                _ => return Err(no_key(what)),
            }
        }
        _ => (None, None),
    };
    if !reader.is_empty() {
        return Err(no_key(what));
    }
    match (seed, expanded) {
        (Some(seed), Some(expanded)) if !material::seed_expands_to(seed, expanded) => {
            Err(Error::Key(format!("{what}: the seed of the ML-KEM key does not give the expanded key beside it")))
        }
        (Some(bytes), _) | (None, Some(bytes)) => Ok(Secret::from(bytes)),
        (None, None) => Err(no_key(what)),
    }
}

/// PKCS#8 of version 1, DER. The material was checked, the public bits belong to it.
pub(super) fn encode(kind: Kind, material: &Secret, public_bits: &[u8]) -> Secret {
    let material = material.expose();
    let key = match kind {
        Kind::Rsa | Kind::X25519MlKem768 => Zeroizing::new(material.to_vec()),
        Kind::Ed25519 | Kind::X25519 => tlv::encode(tlv::OCTET_STRING, &[material]),
        Kind::P256 => {
            let bits = tlv::encode(tlv::BIT_STRING, &[&[0], public_bits]);
            let version = tlv::encode_unsigned(&[1]);
            let scalar = tlv::encode(tlv::OCTET_STRING, &[material]);
            tlv::encode(tlv::SEQUENCE, &[&version, &scalar, &tlv::encode(EC_PUBLIC_KEY, &[&bits])])
        }
        Kind::MlKem768 if material.len() == material::ML_KEM_SEED_LEN => tlv::encode(ML_KEM_SEED, &[material]),
        Kind::MlKem768 => tlv::encode(tlv::OCTET_STRING, &[material]),
        Kind::ElGamal => tlv::encode_unsigned(material),
    };
    let version = tlv::encode_unsigned(&[]);
    let info = tlv::encode(tlv::SEQUENCE, &[&version, &kind.encode(), &tlv::encode(tlv::OCTET_STRING, &[&key])]);
    Secret::from(&info[..])
}
