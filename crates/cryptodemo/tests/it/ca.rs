//! `ca`: what it issues, openssl verifies; what is wrong on purpose, both refuse with the reason.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::support::{assert_refused, code, complaint, cryptodemo, folder, openssl, run_examples, stdout};

fn openssl_verify(folder: &Path, ca: &str, name: &str, certificate: &str) -> std::process::Output {
    openssl(folder, &["verify", "-x509_strict", "-CAfile", ca, "-verify_hostname", name, certificate], b"")
}

/// RFC 5280 section 6.1 and RFC 9525: openssl and we accept the same and refuse the same, for every kind of key.
#[test]
fn openssl_agrees() {
    let folder = folder();
    let at = folder.path();
    for (ca, algorithm, leaf) in [("p", "p256", "rsa-2048"), ("e", "ed25519", "p256"), ("r", "rsa-2048", "ed25519")] {
        stdout(cryptodemo(at, &["ca", "init", ca, "--alg", algorithm, "--name", ca]));
        let pem = format!("{ca}/ca.pem");
        for (out, extra, name, reason) in [
            ("good", "--days=90", "www.example.com", ""),
            ("host", "--days=90", "example.com", "another name"),
            ("expired", "--expired", "www.example.com", "expired"),
            ("early", "--not-yet-valid", "www.example.com", "not yet valid"),
            ("wrong", "--wrong-host", "www.example.com", "another name"),
            ("self", "--self-signed", "www.example.com", "unknown issuer"),
        ] {
            let (out, file) = (format!("{ca}-{out}"), format!("{ca}-{out}.pem"));
            stdout(cryptodemo(at, &["ca", "issue", ca, "www.example.com", "--out", &out, "--alg", leaf, extra]));
            let ours = cryptodemo(at, &["ca", "verify", &file, "--ca", &pem, "--name", name]);
            let theirs = openssl_verify(at, &pem, name, &file);
            if reason.is_empty() {
                assert_eq!((code(&ours), code(&theirs)), (0, 0), "{out}: {} {}", complaint(&ours), complaint(&theirs));
            } else {
                assert_refused(&ours, 3, reason);
                assert_ne!(code(&theirs), 0, "{out}");
            }
        }
    }
    assert_refused(
        &cryptodemo(at, &["ca", "verify", "p-good.pem", "--ca", "e/ca.pem", "--name", "www.example.com"]),
        3,
        "unknown issuer",
    );
    assert_ne!(code(&openssl_verify(at, "e/ca.pem", "www.example.com", "p-good.pem")), 0);
}

#[test]
fn nothing_is_overwritten_and_keys_are_private() {
    let folder = folder();
    let at = folder.path();
    stdout(cryptodemo(at, &["ca", "init", "ca"]));
    stdout(cryptodemo(at, &["ca", "issue", "ca", "localhost", "--out", "server"]));
    for key in ["ca/ca.key", "server.key"] {
        let mode = fs::metadata(at.join(key)).expect("the key").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{key}");
    }
    let before = fs::read(at.join("server.key")).expect("the key");
    assert_refused(&cryptodemo(at, &["ca", "init", "ca"]), 7, "exists already");
    assert_refused(&cryptodemo(at, &["ca", "issue", "ca", "localhost", "--out", "server"]), 7, "exists already");
    fs::remove_file(at.join("server.key")).expect("it is there");
    assert_refused(&cryptodemo(at, &["ca", "issue", "ca", "localhost", "--out", "server"]), 7, "exists already");
    assert!(!at.join("server.key").exists(), "half of a pair");
    assert!(before.starts_with(b"-----BEGIN PRIVATE KEY-----"));
}

/// The authority's key is worth more than any other.
#[test]
fn a_key_that_others_can_read_is_warned_of() {
    let folder = folder();
    let at = folder.path();
    stdout(cryptodemo(at, &["ca", "init", "ca"]));
    for (mode, warns) in [(0o600, false), (0o644, true), (0o640, true)] {
        fs::set_permissions(at.join("ca/ca.key"), fs::Permissions::from_mode(mode)).expect("it is ours");
        let output = cryptodemo(at, &["ca", "issue", "ca", "localhost", "--out", &format!("server{mode:o}")]);
        assert_eq!(code(&output), 0, "{}", complaint(&output));
        assert_eq!(complaint(&output).contains("ca.key: others can read"), warns, "{mode:o}");
    }
}

#[test]
fn show_tells_what_a_certificate_says() {
    let folder = folder();
    let at = folder.path();
    stdout(cryptodemo(at, &["ca", "init", "ca", "--name", "The CA"]));
    stdout(cryptodemo(at, &["ca", "issue", "ca", "a.example", "::1", "--out", "s", "--alg", "rsa-2048"]));
    let text = String::from_utf8(stdout(cryptodemo(at, &["ca", "show", "s.pem"]))).expect("text");
    for said in
        ["CN=a.example", "CN=The CA", "DNS a.example", "IP ::1", "RSA 2048 bits", "keyEncipherment", "serverAuth"]
    {
        assert!(text.contains(said), "{said}: {text}");
    }
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    let json = stdout(cryptodemo(at, &["ca", "show", "s.pem", "--json"]));
    let json: serde_json::Value = serde_json::from_slice(&json).expect("JSON");
    let theirs = stdout(openssl(at, &["x509", "-in", "s.pem", "-noout", "-fingerprint", "-sha256"], b""));
    let theirs = String::from_utf8(theirs).expect("text").trim().replace(':', "").to_lowercase();
    assert!(theirs.ends_with(json[0]["fingerprint_sha256"].as_str().expect("a fingerprint")), "{theirs} {json}");
}

#[test]
fn bad_files_have_their_exit_codes() {
    let folder = folder();
    let at = folder.path();
    stdout(cryptodemo(at, &["ca", "init", "ca"]));
    stdout(cryptodemo(at, &["ca", "init", "other"]));
    fs::write(at.join("junk.pem"), "-----BEGIN CERTIFICATE-----\nAAAA\n").expect("written");
    fs::copy(at.join("other/ca.key"), at.join("ca/ca.key")).expect("copied");
    assert_refused(&cryptodemo(at, &["ca", "show", "junk.pem"]), 4, "junk.pem");
    assert_refused(&cryptodemo(at, &["ca", "show", "ca/ca.key"]), 4, "no certificate");
    assert_refused(&cryptodemo(at, &["ca", "show", "missing.pem"]), 6, "missing.pem");
    assert_refused(&cryptodemo(at, &["ca", "issue", "ca", "a.example", "--out", "s"]), 5, "another key");
    assert_refused(&cryptodemo(at, &["ca", "issue", "other", "a b", "--out", "s"]), 2, "neither a DNS name");
    assert!(!at.join("s.pem").exists() && !at.join("s.key").exists());
}

#[test]
fn examples_run_as_printed() {
    let folder = folder();
    let help = String::from_utf8(stdout(cryptodemo(folder.path(), &["ca", "--help"]))).expect("text");
    run_examples(folder.path(), &help);
}
