use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::*;

/// What must come of a file: tests run by AWS-LC, ring and Rust, and tests skipped with their reasons. A test that is
/// skipped silently, or a backend that drops out, changes a number here.
type Expected = (&'static str, [usize; 3], &'static [(&'static str, usize)]);

const NO_192_AES_GCM: &str = "AES-GCM with a key of 192 bits is not offered";
const NO_192_ARIA_GCM: &str = "ARIA-GCM with a key of 192 bits is not offered";
const NO_192_AES_CBC: &str = "AES-CBC-PKCS5 with a key of 192 bits is not offered";
const NO_192_ARIA_CBC: &str = "ARIA-CBC-PKCS5 with a key of 192 bits is not offered";
const ONLY_96_BITS: &str = "only IVs of 96 bits are offered";
const NO_PRIMALITY: &str = "primality tests are not offered";

const NO_JWE: &[(&str, usize)] = &[
    ("A192CBC-HS384 is not offered", 3),
    ("A192GCM is not offered", 3),
    ("keys for A128KW are not offered", 4),
    ("keys for A192GCMKW are not offered", 1),
    ("keys for A192KW are not offered", 1),
    ("keys for A256KW are not offered", 33),
    ("keys for ECDH-ES are not offered", 7),
    ("keys for ECDH-ES+A128KW are not offered", 28),
    ("keys for ECDH-ES+A192KW are not offered", 2),
    ("keys for ECDH-ES+A256KW are not offered", 7),
];

const EXPECTED: &[Expected] = &[
    ("openssl_enc_kat.json", [0, 0, 100], &[("camellia-256-cbc is not offered", 10)]),
    ("wycheproof/a256cbc_hs512_test.json", [0, 0, 94], &[]),
    ("wycheproof/aes_cbc_pkcs5_test.json", [0, 0, 144], &[(NO_192_AES_CBC, 72)]),
    ("wycheproof/aes_gcm_test.json", [133, 133, 133], &[(NO_192_AES_GCM, 103), (ONLY_96_BITS, 80)]),
    ("wycheproof/aria_cbc_pkcs5_test.json", [0, 0, 144], &[(NO_192_ARIA_CBC, 72)]),
    ("wycheproof/aria_gcm_test.json", [0, 0, 130], &[(NO_192_ARIA_GCM, 103), (ONLY_96_BITS, 78)]),
    ("wycheproof/c2sp_chunked_encryption_aes_256_gcm_test.json", [35, 35, 35], &[]),
    ("wycheproof/chacha20_poly1305_test.json", [316, 316, 316], &[(ONLY_96_BITS, 9)]),
    ("wycheproof/ecdh_secp256r1_ecpoint_test.json", [355, 0, 355], &[]),
    ("wycheproof/ecdh_secp256r1_test.json", [612, 0, 612], &[]),
    ("wycheproof/ecdsa_secp256r1_sha256_test.json", [484, 484, 484], &[]),
    ("wycheproof/ed25519_test.json", [151, 151, 151], &[]),
    ("wycheproof/hkdf_sha256_test.json", [86, 86, 86], &[]),
    ("wycheproof/hkdf_sha384_test.json", [83, 83, 83], &[]),
    ("wycheproof/hmac_sha256_test.json", [174, 174, 174], &[]),
    ("wycheproof/json_web_encryption_test.json", [50, 0, 50], NO_JWE),
    ("wycheproof/mlkem_768_encaps_test.json", [132, 0, 265], &[]),
    ("wycheproof/mlkem_768_keygen_seed_test.json", [0, 0, 100], &[]),
    ("wycheproof/mlkem_768_test.json", [193, 0, 193], &[]),
    ("wycheproof/pbkdf2_hmacsha256_test.json", [60, 60, 60], &[]),
    ("wycheproof/primality_test.json", [0, 0, 0], &[(NO_PRIMALITY, 317)]),
    ("wycheproof/rsa_oaep_2048_sha1_mgf1sha1_test.json", [36, 0, 36], &[]),
    ("wycheproof/rsa_oaep_2048_sha256_mgf1sha256_test.json", [37, 0, 37], &[]),
    ("wycheproof/rsa_oaep_3072_sha256_mgf1sha256_test.json", [37, 0, 37], &[]),
    ("wycheproof/rsa_oaep_4096_sha256_mgf1sha256_test.json", [37, 0, 37], &[]),
    ("wycheproof/rsa_oaep_misc_test.json", [65, 0, 395], &[]),
    ("wycheproof/rsa_pkcs1_2048_test.json", [67, 0, 67], &[]),
    ("wycheproof/rsa_pkcs1_3072_test.json", [67, 0, 67], &[]),
    ("wycheproof/rsa_pkcs1_4096_test.json", [67, 0, 67], &[]),
    ("wycheproof/rsa_pss_2048_sha256_mgf1_32_test.json", [108, 108, 108], &[]),
    ("wycheproof/rsa_pss_4096_sha256_mgf1_32_test.json", [108, 108, 108], &[]),
    ("wycheproof/rsa_signature_2048_sha256_test.json", [259, 259, 259], &[]),
    ("wycheproof/rsa_signature_3072_sha256_test.json", [259, 259, 259], &[]),
    ("wycheproof/rsa_signature_4096_sha256_test.json", [258, 258, 258], &[]),
    ("wycheproof/seed_gcm_test.json", [0, 0, 104], &[]),
    ("wycheproof/x25519_test.json", [518, 0, 518], &[]),
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors")
}

fn read(file: &str) -> Vec<u8> {
    std::fs::read(folder().join(file)).unwrap()
}

fn check_all(file: &str, json: &[u8]) -> FileReport {
    check(file, json, &Backend::ALL).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn every_vector_passes_and_none_is_skipped_without_a_word() {
    let mut wrong = Vec::new();
    for (file, run, skipped) in EXPECTED {
        let report = check_all(file, &read(file));
        let by = |backend| report.backends.get(&backend).copied().unwrap_or(0);
        let is_run = [by(Backend::AwsLc), by(Backend::Ring), by(Backend::Rust)];
        let is_skipped: BTreeMap<&str, usize> = report.skipped.iter().map(|(reason, n)| (&**reason, *n)).collect();
        let complete = report.run + report.skipped.values().sum::<usize>() == report.tests;
        if !report.failed.is_empty() || is_run != *run || is_skipped != skipped.iter().copied().collect() || !complete {
            wrong.push(format!("{file}: run {is_run:?}, skipped {is_skipped:?}, failed {:?}", report.failed));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_file_is_in_the_table() {
    let in_folder = |folder: PathBuf, prefix: &str| {
        let entries = std::fs::read_dir(folder).unwrap();
        let names = entries.map(|entry| format!("{prefix}{}", entry.unwrap().file_name().into_string().unwrap()));
        names.filter(|name| name.ends_with(".json")).collect::<Vec<_>>()
    };
    let mut files = in_folder(folder().join("wycheproof"), "wycheproof/");
    files.extend(in_folder(folder(), ""));
    files.sort();
    assert_eq!(files, EXPECTED.iter().map(|(file, ..)| *file).collect::<Vec<_>>());
}

/// Files small enough to be run once more, at least one of each schema.
const SMALL: &[&str] = &[
    "wycheproof/a256cbc_hs512_test.json",
    "wycheproof/aes_cbc_pkcs5_test.json",
    "wycheproof/aes_gcm_test.json",
    "wycheproof/aria_gcm_test.json",
    "wycheproof/c2sp_chunked_encryption_aes_256_gcm_test.json",
    "wycheproof/chacha20_poly1305_test.json",
    "wycheproof/ecdh_secp256r1_ecpoint_test.json",
    "wycheproof/ecdh_secp256r1_test.json",
    "wycheproof/ecdsa_secp256r1_sha256_test.json",
    "wycheproof/ed25519_test.json",
    "wycheproof/hkdf_sha256_test.json",
    "wycheproof/hmac_sha256_test.json",
    "wycheproof/json_web_encryption_test.json",
    "wycheproof/mlkem_768_encaps_test.json",
    "wycheproof/mlkem_768_keygen_seed_test.json",
    "wycheproof/mlkem_768_test.json",
    "wycheproof/pbkdf2_hmacsha256_test.json",
    "wycheproof/rsa_oaep_2048_sha1_mgf1sha1_test.json",
    "wycheproof/rsa_oaep_2048_sha256_mgf1sha256_test.json",
    "wycheproof/rsa_pkcs1_2048_test.json",
    "wycheproof/rsa_pss_2048_sha256_mgf1_32_test.json",
    "wycheproof/rsa_signature_2048_sha256_test.json",
    "wycheproof/seed_gcm_test.json",
    "wycheproof/x25519_test.json",
];

/// The file's tests as they were changed.
fn changed(file: &str, mut change: impl FnMut(&mut serde_json::Map<String, Value>)) -> Vec<u8> {
    let mut json: Value = serde_json::from_slice(&read(file)).unwrap();
    for group in json["testGroups"].as_array_mut().unwrap() {
        for test in group["tests"].as_array_mut().unwrap() {
            change(test.as_object_mut().unwrap());
        }
    }
    serde_json::to_vec(&json).unwrap()
}

/// If no test could fail, passing them would say nothing: what is valid must not pass as invalid, nor the reverse.
#[test]
fn every_test_fails_that_says_the_opposite() {
    for file in SMALL {
        let mut expected = BTreeMap::new();
        let swapped = changed(file, |test| {
            let opposite = match test["result"].as_str().unwrap() {
                "valid" => "invalid",
                "invalid" => "valid",
                other => other,
            };
            expected.insert(test["tcId"].as_u64().unwrap(), opposite == "acceptable");
            test["result"] = opposite.into();
        });
        let report = check_all(file, &swapped);
        assert!(report.run > 0, "{file}");
        let failed: BTreeMap<u64, &Failure> =
            report.failed.iter().map(|failure| (u64::from(failure.tc_id), failure)).collect();
        let acceptable = expected.values().filter(|acceptable| **acceptable).count();
        let must_fail = report.run - acceptable.min(report.run);
        assert!(failed.len() >= must_fail, "{file}: {} of {must_fail} fail", failed.len());
    }
}

/// An answer that differs in one bit is noticed, under its number, whatever the schema calls it.
#[test]
fn every_schema_notices_one_changed_answer() {
    for (file, field) in [
        ("wycheproof/a256cbc_hs512_test.json", "msg"),
        ("wycheproof/aes_cbc_pkcs5_test.json", "msg"),
        ("wycheproof/aria_gcm_test.json", "msg"),
        ("wycheproof/aes_gcm_test.json", "tag"),
        ("wycheproof/c2sp_chunked_encryption_aes_256_gcm_test.json", "msgSha512"),
        ("wycheproof/chacha20_poly1305_test.json", "aad"),
        ("wycheproof/ecdh_secp256r1_ecpoint_test.json", "shared"),
        ("wycheproof/ecdh_secp256r1_test.json", "shared"),
        ("wycheproof/ecdsa_secp256r1_sha256_test.json", "sig"),
        ("wycheproof/ed25519_test.json", "msg"),
        ("wycheproof/hkdf_sha256_test.json", "okm"),
        ("wycheproof/hmac_sha256_test.json", "tag"),
        ("wycheproof/json_web_encryption_test.json", "pt"),
        ("wycheproof/mlkem_768_encaps_test.json", "c"),
        ("wycheproof/mlkem_768_encaps_test.json", "K"),
        ("wycheproof/mlkem_768_keygen_seed_test.json", "ek"),
        ("wycheproof/mlkem_768_keygen_seed_test.json", "dk"),
        ("wycheproof/mlkem_768_test.json", "K"),
        ("wycheproof/pbkdf2_hmacsha256_test.json", "dk"),
        ("wycheproof/rsa_oaep_2048_sha1_mgf1sha1_test.json", "msg"),
        ("wycheproof/rsa_oaep_2048_sha256_mgf1sha256_test.json", "msg"),
        ("wycheproof/rsa_pkcs1_2048_test.json", "msg"),
        ("wycheproof/rsa_pss_2048_sha256_mgf1_32_test.json", "sig"),
        ("wycheproof/rsa_signature_2048_sha256_test.json", "sig"),
        ("wycheproof/seed_gcm_test.json", "ct"),
        ("wycheproof/x25519_test.json", "shared"),
    ] {
        let (group, test) = valid_test(file, field);
        let mut corrupted = test.clone();
        let answer = test[field].as_str().unwrap();
        let first = if answer.starts_with('0') { "1" } else { "0" };
        corrupted[field] = format!("{first}{}", &answer[1..]).into();
        let report = check_all(file, &alone(file, &group, corrupted));
        assert!(!report.failed.is_empty(), "{file} {field}");
        assert!(report.failed.iter().all(|failure| test["tcId"] == failure.tc_id), "{file} {field}");
    }
}

/// The first valid test with an answer in the field that some backend runs, with its group.
fn valid_test(file: &str, field: &str) -> (Value, Value) {
    let json: Value = serde_json::from_slice(&read(file)).unwrap();
    let groups = json["testGroups"].as_array().unwrap().iter();
    let mut tests = groups.flat_map(|group| group["tests"].as_array().unwrap().iter().map(move |test| (group, test)));
    let (group, test) = tests
        .find(|(group, test)| {
            let has_answer = test[field].as_str().is_some_and(|answer| !answer.is_empty());
            let passes = || check_all(file, &alone(file, group, (*test).clone())).passed == 1;
            test["result"] == "valid" && has_answer && passes()
        })
        .unwrap();
    (group.clone(), test.clone())
}

/// The file with one test only.
fn alone(file: &str, group: &Value, test: Value) -> Vec<u8> {
    let mut json: Value = serde_json::from_slice(&read(file)).unwrap();
    let mut group = group.clone();
    group["tests"] = vec![test].into();
    json["numberOfTests"] = 1.into();
    json["testGroups"] = vec![group].into();
    serde_json::to_vec(&json).unwrap()
}

#[test]
fn a_chosen_backend_runs_alone() {
    let file = "wycheproof/aria_gcm_test.json";
    let report = check(file, &read(file), &[Backend::Ring]).unwrap();
    assert_eq!((report.run, report.backends.len()), (0, 0));
    assert_eq!(report.skipped.get("none of the backends chosen has it"), Some(&130));
    let file = "wycheproof/aes_gcm_test.json";
    let report = check(file, &read(file), &[Backend::Ring]).unwrap();
    assert_eq!(report.backends, BTreeMap::from([(Backend::Ring, 133)]));
}

#[test]
fn files_that_are_not_what_they_say_are_malformed() {
    let good = String::from_utf8(read("wycheproof/hkdf_sha256_test.json")).unwrap();
    let truncated = &good[..good.len() / 2];
    for (json, expect) in [
        (good.replace("hkdf_test_schema_v1.json", "hkdf_test_schema_v9.json"), "hkdf_test_schema_v9.json"),
        (truncated.to_owned(), "EOF"),
        (good.replacen("\"ikm\": \"", "\"ikm\": \"zz", 1), "hexadecimal"),
        (good.replacen("\"ikm\": \"", "\"ikm\": \"0", 1), "hexadecimal"),
        (good.replacen("\"ikm\"", "\"key\"", 1), "ikm"),
        (good.replacen("\"numberOfTests\": 86", "\"numberOfTests\": 87", 1), "87 tests, and has 86"),
        (good.replacen("\"result\": \"valid\"", "\"result\": \"maybe\"", 1), "maybe"),
        ("{}".to_owned(), "tests"),
        ("[]".to_owned(), "expected"),
        (String::new(), "EOF"),
        ("[".repeat(100_000), "expected"),
    ] {
        let error = check("a file", json.as_bytes(), &Backend::ALL).unwrap_err();
        assert_eq!(error.exit_code(), 4, "{error}");
        assert!(error.to_string().contains(expect), "{error}");
    }
}
