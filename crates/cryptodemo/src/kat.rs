//! Known-answer tests: files of Project Wycheproof, by their schema, and the answers of `openssl enc`.
//!
//! Every test is tried with each backend that has its algorithm, through the code that the commands use wherever that
//! code can be asked for the test's inputs. A test passes if all backends that ran it answered as they should; a file
//! that ran nothing says so. What is not offered is skipped, with the reason.

mod agreement;
mod block;
mod cbc_hmac;
mod chunked;
mod der;
mod derivation;
mod gcm;
mod jwe;
mod kem;
mod rsa;
mod runner;
mod schema;
mod signature;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::error::Error;
use crate::{Backend, Result};
use runner::Case;

/// What came of one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileReport {
    /// The file's algorithm, as it calls it.
    pub algorithm: String,
    /// The file's schema.
    pub schema: String,
    /// Number of tests in the file.
    pub tests: usize,
    /// Tests that at least one backend ran.
    pub run: usize,
    /// Tests that all backends passed that ran them.
    pub passed: usize,
    /// Number of tests that each backend ran.
    pub backends: BTreeMap<Backend, usize>,
    /// Tests that a backend has the algorithm for and could not run, though another did: reason and number.
    pub left_out: BTreeMap<Backend, BTreeMap<String, usize>>,
    /// Tests that no backend ran: reason and number.
    pub skipped: BTreeMap<String, usize>,
    /// Tests that a backend failed.
    pub failed: Vec<Failure>,
}

impl FileReport {
    /// Number of tests that a backend failed; [`FileReport::failed`] has an entry for each backend.
    #[must_use]
    pub const fn tests_failed(&self) -> usize {
        self.run - self.passed
    }
}

/// A test that a backend failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// The test's number in the file.
    pub tc_id: u32,
    /// What the file says about the test.
    pub comment: String,
    /// The backend that failed it.
    pub backend: Backend,
    /// What it did instead.
    pub why: String,
}

/// Runs the tests of a file by the backends given; `what` names the file in errors.
///
/// # Errors
/// [`Error::Malformed`] if it is no JSON, if its schema is not known here, or if it is not as its schema says. A test
/// that fails is no error but part of the report.
pub fn check(what: &str, json: &[u8], backends: &[Backend]) -> Result<FileReport> {
    if json.trim_ascii_start().first().is_some_and(|byte| *byte != b'{') {
        return Err(Error::malformed(what, "not the JSON expected: files of vectors are objects"));
    }
    let header: schema::Header = schema::read(what, json)?;
    let (name, cases) = match header.schema.as_deref() {
        Some(name) => (name, wycheproof(name, what, json)?),
        None => ("openssl-enc", block::openssl_cases(what, json)?),
    };
    if let Some(expected) = header.number_of_tests
        && expected != cases.len()
    {
        return Err(Error::malformed(what, format!("it says {expected} tests, and has {}", cases.len())));
    }
    let source = header.source.as_deref().and_then(|source| source.split(',').next());
    let algorithm = header.algorithm.as_deref().or(source).unwrap_or("several algorithms").to_owned();
    Ok(runner::run(algorithm, name.to_owned(), &cases, backends))
}

/// The tests of a file of Wycheproof.
fn wycheproof(schema: &str, what: &str, json: &[u8]) -> Result<Vec<Case>> {
    match schema {
        "aead_test_schema_v1.json" => block::aead_cases(what, json),
        "ind_cpa_test_schema_v1.json" => block::cbc_cases(what, json),
        "c2sp_chunked_encryption_schema.json" => chunked::cases(what, json),
        "ecdh_test_schema_v1.json" => agreement::spki_cases(what, json),
        "ecdh_ecpoint_test_schema_v1.json" => agreement::point_cases(what, json),
        "xdh_comp_schema_v1.json" => agreement::x25519_cases(what, json),
        "ecdsa_verify_schema_v1.json" => signature::ecdsa_cases(what, json),
        "eddsa_verify_schema_v1.json" => signature::eddsa_cases(what, json),
        "rsassa_pss_verify_schema_v1.json" => signature::pss_cases(what, json),
        "rsassa_pkcs1_verify_schema_v1.json" => signature::pkcs1_cases(what, json),
        "hkdf_test_schema_v1.json" => derivation::hkdf_cases(what, json),
        "mac_test_schema_v1.json" => derivation::mac_cases(what, json),
        "pbkdf_test_schema.json" => derivation::pbkdf2_cases(what, json),
        "json_web_encryption_schema_v1.json" => jwe::cases(what, json),
        "mlkem_encaps_test_schema.json" => kem::encapsulation_cases(what, json),
        "mlkem_keygen_seed_test_schema.json" => kem::generation_cases(what, json),
        "mlkem_test_schema.json" => kem::decapsulation_cases(what, json),
        "rsaes_oaep_decrypt_schema_v1.json" => rsa::oaep_cases(what, json),
        "rsaes_pkcs1_decrypt_schema_v1.json" => rsa::pkcs1_cases(what, json),
        "primality_test_schema_v1.json" => primality_cases(what, json),
        _ => Err(Error::malformed(what, format!("schema {schema:?} is not known here"))),
    }
}

fn primality_cases(what: &str, json: &[u8]) -> Result<Vec<Case>> {
    let groups = schema::groups::<schema::NoFields, schema::NoFields>(what, json)?;
    let tests = groups.into_iter().flat_map(|group| group.tests);
    Ok(tests.map(|test| Case::skipped(test.common, "primality tests are not offered")).collect())
}

#[cfg(test)]
mod tests;
