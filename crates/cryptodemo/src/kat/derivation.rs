//! HKDF (RFC 5869), HMAC (RFC 2104) and PBKDF2 (RFC 8018 section 5.2), by all backends.

use std::num::NonZeroU32;

use aws_lc_rs as aws;
use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use sha2::{Sha256, Sha384};

use super::runner::{Answer, Case};
use super::schema::{self, Hex};
use crate::{Backend, Result};

/// Most output asked for in the vectors is 255 * 48 bytes; a file may not ask for gigabytes.
const MAX_OUTPUT: usize = 1 << 20;
/// Most that a file may ask of PBKDF2, in rounds; the vectors have 4,096 and less.
const MAX_ROUNDS: u32 = 10_000_000;

#[derive(Deserialize)]
struct HkdfTest {
    ikm: Hex,
    salt: Hex,
    info: Hex,
    size: usize,
    okm: Hex,
}

#[derive(Debug, Clone, Copy)]
enum Hash {
    Sha256,
    Sha384,
}

#[derive(Deserialize)]
struct AlgorithmName {
    algorithm: String,
}

/// `hkdf_test_schema_v1.json`.
pub(super) fn hkdf_cases(what: &str, json: &[u8]) -> Result<Vec<Case>> {
    let AlgorithmName { algorithm } = schema::read(what, json)?;
    schema::cases(what, json, |_: &schema::NoFields, common, test: HkdfTest| {
        let hash = match algorithm.as_str() {
            "HKDF-SHA-256" => Hash::Sha256,
            "HKDF-SHA-384" => Hash::Sha384,
            other => return Case::skipped(common, format!("{other} is not offered")),
        };
        if test.size > MAX_OUTPUT {
            return Case::skipped(common, format!("output of more than {MAX_OUTPUT} bytes"));
        }
        Case::new(common, &Backend::ALL, move |backend| {
            let mut okm = vec![0; test.size];
            Answer::of_bytes(hkdf(hash, backend, &test, &mut okm).map(|()| okm).ok_or(()), &test.okm.0)
        })
    })
}

fn hkdf(hash: Hash, backend: Backend, test: &HkdfTest, okm: &mut [u8]) -> Option<()> {
    let HkdfTest { ikm, salt, info, .. } = test;
    match (backend, hash) {
        (Backend::Rust, Hash::Sha256) => hkdf::Hkdf::<Sha256>::new(Some(&salt.0), &ikm.0).expand(&info.0, okm).ok(),
        (Backend::Rust, Hash::Sha384) => hkdf::Hkdf::<Sha384>::new(Some(&salt.0), &ikm.0).expand(&info.0, okm).ok(),
        (Backend::Ring, hash) => {
            let algorithm = match hash {
                Hash::Sha256 => ring::hkdf::HKDF_SHA256,
                Hash::Sha384 => ring::hkdf::HKDF_SHA384,
            };
            let extracted = ring::hkdf::Salt::new(algorithm, &salt.0).extract(&ikm.0);
            extracted.expand(&[&info.0], Length(okm.len())).and_then(|expanded| expanded.fill(okm)).ok()
        }
        (Backend::AwsLc, hash) => {
            let algorithm = match hash {
                Hash::Sha256 => aws::hkdf::HKDF_SHA256,
                Hash::Sha384 => aws::hkdf::HKDF_SHA384,
            };
            let extracted = aws::hkdf::Salt::new(algorithm, &salt.0).extract(&ikm.0);
            extracted.expand(&[&info.0], Length(okm.len())).and_then(|expanded| expanded.fill(okm)).ok()
        }
    }
}

struct Length(usize);

impl ring::hkdf::KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

impl aws::hkdf::KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MacGroup {
    /// Bits.
    tag_size: usize,
}

#[derive(Deserialize)]
struct MacTest {
    key: Hex,
    msg: Hex,
    tag: Hex,
}

/// `mac_test_schema_v1.json`.
pub(super) fn mac_cases(what: &str, json: &[u8]) -> Result<Vec<Case>> {
    let AlgorithmName { algorithm } = schema::read(what, json)?;
    schema::cases(what, json, |group: &MacGroup, common, test: MacTest| {
        if algorithm != "HMACSHA256" {
            return Case::skipped(common, format!("{algorithm} is not offered"));
        }
        let len = (group.tag_size / 8).min(32);
        Case::new(common, &Backend::ALL, move |backend| {
            let tag = hmac_sha256(backend, &test.key.0, &test.msg.0);
            // What the vectors check is that a tag fits, not what it should be: a tag that is another is refused.
            if tag[..len] == test.tag.0 { Answer::Agrees } else { Answer::Refuses }
        })
    })
}

fn hmac_sha256(backend: Backend, key: &[u8], message: &[u8]) -> Vec<u8> {
    match backend {
        Backend::Rust => {
            let mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
            mac.chain_update(message).finalize().into_bytes().to_vec()
        }
        Backend::Ring => {
            let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, key);
            ring::hmac::sign(&key, message).as_ref().to_vec()
        }
        Backend::AwsLc => {
            let key = aws::hmac::Key::new(aws::hmac::HMAC_SHA256, key);
            aws::hmac::sign(&key, message).as_ref().to_vec()
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Pbkdf2Test {
    password: Hex,
    salt: Hex,
    iteration_count: NonZeroU32,
    dk_len: usize,
    dk: Hex,
}

/// `pbkdf_test_schema.json`.
pub(super) fn pbkdf2_cases(what: &str, json: &[u8]) -> Result<Vec<Case>> {
    let AlgorithmName { algorithm } = schema::read(what, json)?;
    schema::cases(what, json, |_: &schema::NoFields, common, test: Pbkdf2Test| {
        if algorithm != "PBKDF2-HMACSHA256" {
            return Case::skipped(common, format!("{algorithm} is not offered"));
        }
        // Each 32 bytes of output cost all the rounds again.
        let blocks = u32::try_from(test.dk_len.div_ceil(32)).unwrap_or(u32::MAX);
        if test.dk_len > MAX_OUTPUT || test.iteration_count.get().saturating_mul(blocks) > MAX_ROUNDS {
            return Case::skipped(common, format!("more than {MAX_ROUNDS} rounds"));
        }
        Case::new(common, &Backend::ALL, move |backend| {
            Answer::of_bytes(Ok::<_, ()>(pbkdf2_sha256(backend, &test)), &test.dk.0)
        })
    })
}

fn pbkdf2_sha256(backend: Backend, test: &Pbkdf2Test) -> Vec<u8> {
    let Pbkdf2Test { password, salt, iteration_count: rounds, dk_len, .. } = test;
    let mut key = vec![0; *dk_len];
    match backend {
        Backend::Rust => pbkdf2::pbkdf2_hmac::<Sha256>(&password.0, &salt.0, rounds.get(), &mut key),
        Backend::Ring => {
            ring::pbkdf2::derive(ring::pbkdf2::PBKDF2_HMAC_SHA256, *rounds, &salt.0, &password.0, &mut key);
        }
        Backend::AwsLc => {
            aws::pbkdf2::derive(aws::pbkdf2::PBKDF2_HMAC_SHA256, *rounds, &salt.0, &password.0, &mut key);
        }
    }
    key
}
