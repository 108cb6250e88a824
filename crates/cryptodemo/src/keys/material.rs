//! What is mathematics in a key: made, checked, and the public part found from the private one.

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::KeyPair as _;
use ml_kem::kem::KeyExport;
use ml_kem::ml_kem_768::{DecapsulationKey, EncapsulationKey};
use p256::elliptic_curve::Generate as _;
use zeroize::Zeroizing;

use super::KeyAlgorithm;
use super::kind::Kind;
use super::tlv::{self, Reader};
use crate::elgamal::{ELEMENT_LEN, Element, Exponent};
use crate::{Error, Result, Secret};

/// Length of the seed of an ML-KEM key in bytes (FIPS 203 section 7.1).
pub(crate) const ML_KEM_SEED_LEN: usize = 64;
/// Length of an encapsulation key of ML-KEM-768 in bytes (FIPS 203 section 8).
pub(crate) const ML_KEM_PUBLIC_LEN: usize = 1184;
/// Length of an expanded decapsulation key of ML-KEM-768 in bytes (FIPS 203 section 8).
const ML_KEM_EXPANDED_LEN: usize = 2400;
/// Length of both halves of a key on Curve25519 in bytes.
const CURVE25519_LEN: usize = 32;
const FRESH: &str = "the operating system has randomness";

/// Fresh private material.
pub(super) fn generate(algorithm: KeyAlgorithm) -> Secret {
    match algorithm {
        KeyAlgorithm::Rsa2048 => rsa(KeySize::Rsa2048),
        KeyAlgorithm::Rsa3072 => rsa(KeySize::Rsa3072),
        KeyAlgorithm::Rsa4096 => rsa(KeySize::Rsa4096),
        KeyAlgorithm::Ed25519 | KeyAlgorithm::X25519 => Secret::random(CURVE25519_LEN),
        KeyAlgorithm::P256 => {
            let scalar = p256::SecretKey::generate_from_rng(&mut crate::random::generator());
            Secret::from(&Zeroizing::new(scalar.to_bytes())[..])
        }
        KeyAlgorithm::MlKem768 => Secret::random(ML_KEM_SEED_LEN),
        KeyAlgorithm::X25519MlKem768 => Secret::random(ML_KEM_SEED_LEN + CURVE25519_LEN),
        KeyAlgorithm::ElGamal2048 => Secret::from(&Exponent::random().to_bytes()[..]),
    }
}

fn rsa(size: KeySize) -> Secret {
    let pkcs8 = KeyPair::generate(size).expect(FRESH).as_der().expect("a fresh key can be written");
    let mut info = Reader::whole(tlv::SEQUENCE, pkcs8.as_ref()).expect("AWS-LC writes PKCS#8");
    let key = (info.next(tlv::INTEGER), info.next(tlv::SEQUENCE), info.next(tlv::OCTET_STRING)).2;
    Secret::from(key.expect("AWS-LC writes PKCS#8"))
}

/// The public bits of private material.
///
/// # Errors
/// `Error::Malformed` for material of a wrong length or form, `Error::Key` for parts that do not fit.
pub(super) fn public(what: &str, kind: Kind, material: &Secret) -> Result<Vec<u8>> {
    let bytes = material.expose();
    let wrong_length =
        || Error::malformed(what, format!("a private key of {} bytes, which is a wrong length", bytes.len()));
    match kind {
        Kind::Rsa => rsa_public(what, bytes),
        Kind::Ed25519 => {
            let seed = Zeroizing::new(bytes.try_into().map_err(|_| wrong_length())?);
            Ok(ed25519_dalek::SigningKey::from_bytes(&seed).verifying_key().to_bytes().to_vec())
        }
        Kind::X25519 => x25519_public(bytes).ok_or_else(wrong_length),
        Kind::P256 => match bytes.len() {
            32 => p256::SecretKey::from_slice(bytes)
                .map(|scalar| scalar.public_key().to_sec1_bytes().to_vec())
                .map_err(|_| Error::Key(format!("{what}: the private key is zero or above the order of P-256"))),
            _ => Err(wrong_length()),
        },
        Kind::MlKem768 => match bytes.len() {
            ML_KEM_SEED_LEN | ML_KEM_EXPANDED_LEN => ml_kem_key(material)
                .map(|key| key.encapsulation_key().to_bytes().to_vec())
                .ok_or_else(|| Error::Key(format!("{what}: the parts of the expanded ML-KEM key do not fit"))),
            _ => Err(wrong_length()),
        },
        Kind::X25519MlKem768 => {
            let (seed, scalar) = split_hybrid(bytes).ok_or_else(wrong_length)?;
            let mut public = ml_kem_key(&seed).ok_or_else(wrong_length)?.encapsulation_key().to_bytes().to_vec();
            public.extend(x25519_public(scalar.expose()).ok_or_else(wrong_length)?);
            Ok(public)
        }
        Kind::ElGamal => {
            let exponent = Exponent::read(bytes).ok_or_else(|| {
                Error::Key(format!("{what}: an ElGamal exponent is of 192 bits at least and below the group's order"))
            })?;
            Ok(tlv::encode_unsigned(&*Element::generator().power(&exponent).to_bytes()).to_vec())
        }
    }
}

fn x25519_public(scalar: &[u8]) -> Option<Vec<u8>> {
    let scalar: Zeroizing<[u8; 32]> = Zeroizing::new(scalar.try_into().ok()?);
    let scalar = x25519_dalek::StaticSecret::from(*scalar);
    Some(x25519_dalek::PublicKey::from(&scalar).to_bytes().to_vec())
}

fn rsa_public(what: &str, der: &[u8]) -> Result<Vec<u8>> {
    let read = || {
        let mut key = Reader::whole(tlv::SEQUENCE, der)?;
        let version = key.unsigned()?;
        Some((version, key.unsigned()?, key.unsigned()?))
    };
    let Some((version, modulus, exponent)) = read() else {
        return Err(Error::malformed(what, "the RSA key in it cannot be read"));
    };
    if !version.is_empty() {
        return Err(Error::Key(format!("{what}: an RSA key of more than two primes")));
    }
    let public =
        tlv::encode(tlv::SEQUENCE, &[&tlv::encode_unsigned(modulus), &tlv::encode_unsigned(exponent)]).to_vec();
    // The size first, so that a key of a wrong one is told to be that.
    check_rsa(what, &public)?;
    let pair = KeyPair::from_der(der)
        .map_err(|_| Error::Key(format!("{what}: the parts of the RSA key do not fit each other, or are damaged")))?;
    if pair.public_key().as_ref() != public {
        return Err(Error::Key(format!("{what}: the parts of the RSA key do not fit each other")));
    }
    Ok(public)
}

/// Checks public bits; the algorithm they belong to, and the bits in their usual form.
///
/// # Errors
/// `Error::Malformed` for bits of a wrong form, `Error::Key` for a value that is no key.
pub(super) fn check_public(what: &str, kind: Kind, bits: &[u8]) -> Result<(KeyAlgorithm, Vec<u8>)> {
    let wrong_length =
        || Error::malformed(what, format!("a public key of {} bytes, which is a wrong length", bits.len()));
    let invalid = |why: &str| Error::Key(format!("{what}: {why}"));
    match kind {
        Kind::Rsa => Ok((check_rsa(what, bits)?, bits.to_vec())),
        Kind::Ed25519 => {
            let key = ed25519_dalek::VerifyingKey::from_bytes(bits.try_into().map_err(|_| wrong_length())?)
                .map_err(|_| invalid("the public key is no point of the curve"))?;
            // Under a key of small order a signature fits many messages.
            if key.is_weak() {
                Err(invalid("a public key of small order"))
            } else {
                Ok((KeyAlgorithm::Ed25519, bits.to_vec()))
            }
        }
        Kind::X25519 if bits.len() == CURVE25519_LEN => {
            check_x25519(bits).ok_or_else(|| invalid("a public key of small order"))?;
            Ok((KeyAlgorithm::X25519, bits.to_vec()))
        }
        Kind::P256 => {
            let point = p256::PublicKey::from_sec1_bytes(bits)
                .map_err(|_| invalid("the public key is no point of the curve P-256"))?;
            // One form only, uncompressed: that is what all backends read.
            Ok((KeyAlgorithm::P256, point.to_sec1_bytes().to_vec()))
        }
        Kind::MlKem768 if bits.len() == ML_KEM_PUBLIC_LEN => {
            ml_kem_public(bits).ok_or_else(|| invalid("the ML-KEM key has coefficients out of range"))?;
            Ok((KeyAlgorithm::MlKem768, bits.to_vec()))
        }
        Kind::X25519MlKem768 if bits.len() == ML_KEM_PUBLIC_LEN + CURVE25519_LEN => {
            let (lattice, point) = bits.split_at(ML_KEM_PUBLIC_LEN);
            ml_kem_public(lattice).ok_or_else(|| invalid("the ML-KEM key has coefficients out of range"))?;
            check_x25519(point).ok_or_else(|| invalid("a public key of small order"))?;
            Ok((KeyAlgorithm::X25519MlKem768, bits.to_vec()))
        }
        Kind::X25519 | Kind::MlKem768 | Kind::X25519MlKem768 => Err(wrong_length()),
        Kind::ElGamal => {
            elgamal_public(bits).ok_or_else(|| invalid("the ElGamal value is not in the group of prime order"))?;
            Ok((KeyAlgorithm::ElGamal2048, bits.to_vec()))
        }
    }
}

fn check_rsa(what: &str, bits: &[u8]) -> Result<KeyAlgorithm> {
    let read = || {
        let mut key = Reader::whole(tlv::SEQUENCE, bits)?;
        let parts = (key.unsigned()?, key.unsigned()?);
        key.is_empty().then_some(parts)
    };
    let (modulus, exponent) = read().ok_or_else(|| Error::malformed(what, "the RSA key in it cannot be read"))?;
    let bit_len = modulus.first().map_or(0, |first| modulus.len() * 8 - first.leading_zeros() as usize);
    let algorithm = match bit_len {
        2048 => KeyAlgorithm::Rsa2048,
        3072 => KeyAlgorithm::Rsa3072,
        4096 => KeyAlgorithm::Rsa4096,
        bits => return Err(Error::Key(format!("{what}: an RSA key of {bits} bits; 2048, 3072 and 4096 can be used"))),
    };
    let odd = |number: &[u8]| number.last().is_some_and(|last| last & 1 == 1);
    // Exponents above 2^33 make a verification as slow as their sender likes; ring and the crate rsa draw the line there too.
    let exponent_fits =
        odd(exponent) && exponent != [1] && (exponent.len() < 5 || (exponent.len() == 5 && exponent[0] < 2));
    if odd(modulus) && exponent_fits {
        Ok(algorithm)
    } else {
        Err(Error::Key(format!("{what}: the RSA modulus or exponent is even, or the exponent is out of range")))
    }
}

/// `None` for a point of small order: with it every private key agrees on zero (RFC 7748 section 6.1).
fn check_x25519(point: &[u8]) -> Option<()> {
    let point: [u8; 32] = point.try_into().ok()?;
    // Any scalar shows it, for all of them are multiples of the cofactor.
    (x25519_dalek::x25519([0x40; 32], point) != [0; 32]).then_some(())
}

/// The group element of an ElGamal key's bits.
pub(crate) fn elgamal_public(bits: &[u8]) -> Option<Element> {
    let mut reader = Reader::over(bits);
    let value = reader.unsigned()?;
    let mut padded = [0; ELEMENT_LEN];
    padded.get_mut(ELEMENT_LEN.checked_sub(value.len())?..)?.copy_from_slice(value);
    if reader.is_empty() { Element::read(&padded) } else { None }
}

/// The key of ML-KEM-768 from a seed or its expanded form.
pub(crate) fn ml_kem_key(material: &Secret) -> Option<DecapsulationKey> {
    let bytes = material.expose();
    if let Ok(seed) = bytes.try_into() {
        return Some(DecapsulationKey::from_seed(seed));
    }
    let expanded: Zeroizing<[u8; ML_KEM_EXPANDED_LEN]> = Zeroizing::new(bytes.try_into().ok()?);
    #[expect(deprecated, reason = "RFC 9935 has this form still, and files of other programs may hold it")]
    DecapsulationKey::from_expanded((&*expanded).into()).ok()
}

/// The expanded form of an ML-KEM key (FIPS 203 section 7.1), which AWS-LC reads.
pub(crate) fn ml_kem_expanded(key: &DecapsulationKey) -> Secret {
    #[expect(deprecated, reason = "the only form that AWS-LC reads")]
    let expanded = Zeroizing::new(ml_kem::ExpandedKeyEncoding::to_expanded_bytes(key));
    Secret::from(&expanded[..])
}

/// The encapsulation key of ML-KEM-768; `None` for coefficients out of range (FIPS 203 section 7.2).
pub(crate) fn ml_kem_public(bytes: &[u8]) -> Option<EncapsulationKey> {
    EncapsulationKey::new(bytes.try_into().ok()?).ok()
}

/// Whether the seed gives the expanded key.
pub(super) fn seed_expands_to(seed: &[u8], expanded: &[u8]) -> bool {
    seed.len() == ML_KEM_SEED_LEN
        && ml_kem_key(&Secret::from(seed)).is_some_and(|key| ml_kem_expanded(&key).expose() == expanded)
}

/// The seed of ML-KEM and the scalar of X25519 in the material for both together.
pub(crate) fn split_hybrid(material: &[u8]) -> Option<(Secret, Secret)> {
    let (seed, scalar) = material.split_at_checked(ML_KEM_SEED_LEN)?;
    (scalar.len() == CURVE25519_LEN).then(|| (Secret::from(seed), Secret::from(scalar)))
}
