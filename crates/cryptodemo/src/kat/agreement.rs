//! ECDH on P-256 and X25519: the bare agreement, before any key derivation.
//!
//! ring is not asked: it makes its private keys itself and takes none.

use aws_lc_rs::agreement::{self, ECDH_P256, PrivateKey, UnparsedPublicKey};
use serde::Deserialize;
use x509_parser::prelude::FromDer;
use x509_parser::x509::SubjectPublicKeyInfo;

use super::runner::{Answer, Case};
use super::schema::{self, Common, Hex};
use crate::error::Error;
use crate::keys::{KeyAlgorithm, PublicKey};
use crate::{Backend, Result};

const BACKENDS: [Backend; 2] = [Backend::AwsLc, Backend::Rust];

#[derive(Deserialize)]
struct Group {
    curve: String,
}

#[derive(Deserialize)]
struct Test {
    public: Hex,
    private: Hex,
    shared: Hex,
}

/// `ecdh_test_schema_v1.json`: public keys as SubjectPublicKeyInfo, which the code behind the commands reads.
pub(super) fn spki_cases(what: &str, json: &[u8]) -> Result<Vec<Case>> {
    p256_cases(what, json, |public| {
        let key = PublicKey::parse("the public key", public)?;
        if key.algorithm() != KeyAlgorithm::P256 {
            return Err(Error::Key("no key of P-256".to_owned()));
        }
        let (_, spki) = SubjectPublicKeyInfo::from_der(key.spki_der())
            .map_err(|_| Error::malformed("the public key", "no SubjectPublicKeyInfo"))?;
        Ok(spki.subject_public_key.data.to_vec())
    })
}

/// `ecdh_ecpoint_test_schema_v1.json`: public keys as points (SEC 1 section 2.3.3).
pub(super) fn point_cases(what: &str, json: &[u8]) -> Result<Vec<Case>> {
    p256_cases(what, json, |public| Ok(public.to_vec()))
}

fn p256_cases(what: &str, json: &[u8], point: fn(&[u8]) -> Result<Vec<u8>>) -> Result<Vec<Case>> {
    cases(what, json, "secp256r1", move |common, test| {
        Case::new(common, &BACKENDS, move |backend| {
            let answer = || {
                let point = point(&test.public.0)?;
                let scalar = scalar(&test.private.0)?;
                let shared = match backend {
                    Backend::AwsLc => by_aws_lc(&ECDH_P256, &scalar, &point),
                    Backend::Ring | Backend::Rust => p256_by_rust(&scalar, &point),
                };
                Ok(Answer::of_bytes(shared.ok_or(()), &test.shared.0))
            };
            answer().into()
        })
    })
}

/// `xdh_comp_schema_v1.json`.
pub(super) fn x25519_cases(what: &str, json: &[u8]) -> Result<Vec<Case>> {
    cases(what, json, "curve25519", |common, test| {
        Case::new(common, &BACKENDS, move |backend| {
            let shared = match backend {
                Backend::AwsLc => by_aws_lc(&agreement::X25519, &test.private.0, &test.public.0),
                Backend::Ring | Backend::Rust => x25519_by_rust(&test.private.0, &test.public.0),
            };
            Answer::of_bytes(shared.ok_or(()), &test.shared.0)
        })
    })
}

fn cases(what: &str, json: &[u8], curve: &str, case: impl Fn(Common, Test) -> Case) -> Result<Vec<Case>> {
    schema::cases(what, json, |group: &Group, common, test: Test| {
        if group.curve == curve {
            case(common, test)
        } else {
            Case::skipped(common, format!("the curve {} is not offered", group.curve))
        }
    })
}

/// The files write numbers with a sign, or short.
fn scalar(number: &[u8]) -> Result<[u8; 32]> {
    let start = number.iter().take_while(|byte| **byte == 0).count();
    let digits = &number[start..];
    let mut scalar = [0; 32];
    let space = scalar.len().checked_sub(digits.len()).ok_or_else(|| Error::Key("a scalar too long".to_owned()))?;
    scalar[space..].copy_from_slice(digits);
    Ok(scalar)
}

fn by_aws_lc(algorithm: &'static agreement::Algorithm, scalar: &[u8], point: &[u8]) -> Option<Vec<u8>> {
    let key = PrivateKey::from_private_key(algorithm, scalar).ok()?;
    agreement::agree(&key, UnparsedPublicKey::new(algorithm, point), (), |shared| Ok(shared.to_vec())).ok()
}

fn p256_by_rust(scalar: &[u8], point: &[u8]) -> Option<Vec<u8>> {
    let key = p256::SecretKey::from_slice(scalar).ok()?;
    let point = p256::PublicKey::from_sec1_bytes(point).ok()?;
    let shared = p256::ecdh::diffie_hellman(key.to_nonzero_scalar(), point.as_affine());
    Some(shared.raw_secret_bytes().to_vec())
}

fn x25519_by_rust(scalar: &[u8], point: &[u8]) -> Option<Vec<u8>> {
    let key = x25519_dalek::StaticSecret::from(<[u8; 32]>::try_from(scalar).ok()?);
    let point = x25519_dalek::PublicKey::from(<[u8; 32]>::try_from(point).ok()?);
    let shared = key.diffie_hellman(&point);
    // RFC 7748 section 6.1: a shared secret of zeros says that the other side's point has small order.
    shared.was_contributory().then(|| shared.as_bytes().to_vec())
}
