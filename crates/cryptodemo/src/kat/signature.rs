//! Signatures, checked by the code behind `pub verify`.

use serde::Deserialize;

use super::runner::{Answer, Case};
use super::schema::{self, Common, Hex};
use crate::keys::PublicKey;
use crate::signature::{SignatureScheme, verifier};
use crate::{Backend, Result};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Group {
    /// A SubjectPublicKeyInfo.
    public_key_der: Hex,
    /// What follows stands only where it says something.
    sha: Option<String>,
    mgf_sha: Option<String>,
    s_len: Option<usize>,
    public_key: Option<CurveKey>,
}

#[derive(Deserialize)]
struct CurveKey {
    curve: Option<String>,
}

#[derive(Deserialize)]
struct Test {
    msg: Hex,
    sig: Hex,
}

/// `ecdsa_verify_schema_v1.json`: signatures in DER.
pub(super) fn ecdsa_cases(what: &str, json: &[u8]) -> Result<Vec<Case>> {
    cases(what, json, SignatureScheme::EcdsaP256, |group| {
        (group.sha.as_deref(), curve(group)) == (Some("SHA-256"), Some("secp256r1"))
    })
}

/// `eddsa_verify_schema_v1.json`.
pub(super) fn eddsa_cases(what: &str, json: &[u8]) -> Result<Vec<Case>> {
    cases(what, json, SignatureScheme::Ed25519, |group| curve(group) == Some("edwards25519"))
}

/// `rsassa_pss_verify_schema_v1.json`.
pub(super) fn pss_cases(what: &str, json: &[u8]) -> Result<Vec<Case>> {
    cases(what, json, SignatureScheme::RsaPss, |group| {
        let hashes = (group.sha.as_deref(), group.mgf_sha.as_deref());
        hashes == (Some("SHA-256"), Some("SHA-256")) && group.s_len == Some(32)
    })
}

/// `rsassa_pkcs1_verify_schema_v1.json`.
pub(super) fn pkcs1_cases(what: &str, json: &[u8]) -> Result<Vec<Case>> {
    cases(what, json, SignatureScheme::RsaPkcs1, |group| group.sha.as_deref() == Some("SHA-256"))
}

fn curve(group: &Group) -> Option<&str> {
    group.public_key.as_ref()?.curve.as_deref()
}

fn cases(what: &str, json: &[u8], scheme: SignatureScheme, offered: fn(&Group) -> bool) -> Result<Vec<Case>> {
    schema::cases(what, json, |group: &Group, common, test: Test| {
        if offered(group) {
            case(scheme, group.public_key_der.0.clone(), common, test)
        } else {
            Case::skipped(common, "its hash, curve or salt length is not offered")
        }
    })
}

fn case(scheme: SignatureScheme, spki: Vec<u8>, common: Common, test: Test) -> Case {
    Case::new(common, scheme.backends(), move |backend: Backend| {
        // A key that cannot be used refuses nothing: the test says something about signatures only.
        let ready = PublicKey::parse("the key", &spki).and_then(|key| verifier(scheme, backend, &key));
        match ready {
            Ok(verifier) => Answer::of_check(verifier.verify(&test.msg.0, &test.sig.0)),
            Err(error) => Answer::Skipped(error.to_string()),
        }
    })
}
