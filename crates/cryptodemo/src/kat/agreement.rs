//! ECDH on P-256 and X25519, by the agreement under the key encapsulations of the commands.

use serde::Deserialize;
use x509_parser::prelude::FromDer;
use x509_parser::x509::SubjectPublicKeyInfo;

use super::runner::{Answer, Case};
use super::schema::{self, Common, Hex};
use crate::agreement::{self, Curve, STATIC_BACKENDS};
use crate::error::Error;
use crate::keys::{KeyAlgorithm, PublicKey};
use crate::{Backend, Result, Secret};

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
        Case::new(common, STATIC_BACKENDS, move |backend| {
            let answer = || {
                let point = point(&test.public.0)?;
                agree(Curve::P256, backend, &scalar(&test.private.0)?, &point, &test.shared.0)
            };
            answer().into()
        })
    })
}

/// `xdh_comp_schema_v1.json`.
pub(super) fn x25519_cases(what: &str, json: &[u8]) -> Result<Vec<Case>> {
    cases(what, json, "curve25519", |common, test| {
        Case::new(common, STATIC_BACKENDS, move |backend| {
            agree(Curve::X25519, backend, &test.private.0, &test.public.0, &test.shared.0).into()
        })
    })
}

fn agree(curve: Curve, backend: Backend, private: &[u8], public: &[u8], expected: &[u8]) -> Result<Answer> {
    let key = agreement::with_key(curve, backend, &Secret::from(private))?;
    let shared = key.agree(public).ok_or(());
    Ok(Answer::of_bytes(shared.as_ref().map(Secret::expose), expected))
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
