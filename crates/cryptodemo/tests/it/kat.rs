//! `kat` from outside: its exit codes, and what it says.

use std::path::{Path, PathBuf};

use crate::support::{self, code, complaint, cryptodemo, folder, stdout};

fn vectors() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors")
}

/// Copies a file of vectors into the folder, changed.
fn copy(folder: &Path, name: &str, change: impl FnOnce(String) -> String) {
    let text = std::fs::read_to_string(vectors().join("wycheproof").join(name)).expect("the vectors are there");
    let changed = change(text.clone());
    assert_ne!(text, changed, "{name} was not changed");
    std::fs::write(folder.join(name), changed).expect("the folder can be written to");
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).expect("text")
}

/// Changes the expected tag of test 3 of HMAC-SHA-256, which is valid.
fn corrupt(folder: &Path) {
    copy(folder, "hmac_sha256_test.json", |text| {
        let (before, after) = text.split_once("\"tcId\": 3,").expect("there is test 3");
        let (middle, rest) = after.split_once("\"tag\": \"").expect("it has a tag");
        let other = if rest.starts_with('0') { '1' } else { '0' };
        format!("{before}\"tcId\": 3,{middle}\"tag\": \"{other}{}", &rest[1..])
    });
}

#[test]
fn a_file_that_passes_tells_counts_and_reasons() {
    let out = text(stdout(cryptodemo(&vectors(), &["kat", "wycheproof/aes_gcm_test.json"])));
    assert!(out.contains("AES-GCM passed: 316 tests, 133 run, 133 passed, 0 failed, 183 skipped"), "{out}");
    assert!(out.contains("run by: aws-lc 133, ring 133, rust 133"), "{out}");
    assert!(out.contains("skipped 103: AES-GCM with a key of 192 bits is not offered"), "{out}");
    assert!(!out.contains('\x1b'), "no colours without a terminal: {out:?}");
    assert!(out.lines().all(|line| line.chars().count() <= 80), "{out}");
}

#[test]
fn a_file_of_which_nothing_was_run_says_so() {
    let out = text(stdout(cryptodemo(&vectors(), &["kat", "wycheproof/primality_test.json"])));
    assert!(out.contains("nothing run: 317 tests, 0 run"), "{out}");
    assert!(!out.contains("PrimalityTest passed"), "{out}");
}

#[test]
fn a_changed_vector_exits_3_and_is_named() {
    let folder = folder();
    corrupt(folder.path());
    let output = cryptodemo(folder.path(), &["kat", "hmac_sha256_test.json"]);
    support::assert_refused(&output, 3, "1 known answers differ, in 1 of 1 files: hmac_sha256_test.json");
    let out = text(output.stdout);
    for backend in ["aws-lc", "ring", "rust"] {
        assert!(out.contains(&format!("{backend} refused a valid input")), "{out}");
    }
    assert_eq!(out.matches("failed tcId 3 (").count(), 3, "{out}");
    assert!(out.contains("173 passed, 1 failed"), "{out}");
}

#[test]
fn unknown_schemas_and_damaged_json_exit_4() {
    let folder = folder();
    copy(folder.path(), "hmac_sha256_test.json", |text| text.replace("mac_test_schema_v1", "mac_test_schema_v7"));
    let output = cryptodemo(folder.path(), &["kat", "hmac_sha256_test.json"]);
    support::assert_refused(&output, 4, "schema \"mac_test_schema_v7.json\" is not known here");
    copy(folder.path(), "hkdf_sha256_test.json", |text| text[..text.len() - 100].to_owned());
    let output = cryptodemo(folder.path(), &["kat", "hkdf_sha256_test.json"]);
    support::assert_refused(&output, 4, "EOF");
}

/// All files are run, whatever happens to the others; the worst of them decides.
#[test]
fn the_worst_exit_code_wins() {
    let folder = folder();
    let good = vectors().join("wycheproof/hkdf_sha256_test.json");
    let good = good.to_str().expect("a plain path");
    corrupt(folder.path());
    std::fs::write(folder.path().join("no.json"), "no").expect("the folder can be written to");
    for (files, expect) in [
        (&["kat", good][..], 0),
        (&["kat", "missing.json", good], 6),
        (&["kat", ".", good], 6),
        (&["kat", "missing.json", "no.json", good], 4),
        (&["kat", "missing.json", "no.json", "hmac_sha256_test.json", good], 3),
        (&["kat", "hmac_sha256_test.json", "no.json", "missing.json", good], 3),
        (&["kat"], 2),
    ] {
        let output = cryptodemo(folder.path(), files);
        assert_eq!(code(&output), expect, "{files:?}: {}", complaint(&output));
        let ran = text(output.stdout).contains("HKDF-SHA-256 passed: 86 tests, 86 run, 86 passed");
        assert_eq!(ran, expect != 2, "{files:?}");
    }
}

#[test]
fn json_has_reports_and_errors_in_one_document() {
    let folder = folder();
    corrupt(folder.path());
    let output = cryptodemo(folder.path(), &["kat", "--json", "hmac_sha256_test.json", "missing.json"]);
    assert_eq!(code(&output), 3, "{}", complaint(&output));
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).expect("one JSON document");
    assert_eq!(json[0]["algorithm"], "HMACSHA256");
    assert_eq!((&json[0]["tests"], &json[0]["run"], &json[0]["passed"]), (&174.into(), &174.into(), &173.into()));
    assert_eq!(json[0]["backends"]["ring"], 174);
    assert_eq!(json[0]["failed"][0]["tc_id"], 3);
    assert_eq!(json[1]["error"]["exit_code"], 6);
}

#[test]
fn examples_of_the_help_run() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let help = text(stdout(cryptodemo(&root, &["kat", "--help"])));
    let out = text(support::run_examples(&root, &help));
    assert!(out.contains("AES-GCM passed"), "{out}");
    assert!(out.contains("openssl enc passed: 110 tests, 100 run"), "{out}");
}
