//! `cryptodemo attack`: each attack from outside.

use std::fs;

use crate::support::{assert_refused, cryptodemo, folder, run_examples, stdout};

const NAMES: [&str; 6] = ["ecb", "nonce-reuse", "cbc-bitflip", "padding-oracle", "textbook-rsa", "mitm"];

#[test]
fn every_attack_succeeds_and_every_prevention_holds() {
    let folder = folder();
    for name in NAMES {
        let told = String::from_utf8(stdout(cryptodemo(folder.path(), &["attack", name]))).unwrap();
        assert!(told.contains("The attack succeeded.") && told.contains("The prevention held."), "{told}");
        assert!(told.lines().all(|line| line.chars().count() <= 80), "{told}");
        assert!(!told.contains('\x1b'), "plain without a terminal");
        let json = stdout(cryptodemo(folder.path(), &["attack", name, "--json"]));
        let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
        assert_eq!(json["attack"], name);
        assert_eq!((&json["succeeded"], &json["prevented"]), (&true.into(), &true.into()));
        assert!(!json["steps"].as_array().unwrap().is_empty());
    }
}

#[test]
fn the_message_of_the_command_line_is_recovered() {
    let folder = folder();
    let longest = "z".repeat(42);
    for name in ["ecb", "nonce-reuse", "padding-oracle", "textbook-rsa", "mitm"] {
        for message in ["x", "exactly 16 bytes", "Grüße, \"quoted\"\n", &longest] {
            let json = stdout(cryptodemo(folder.path(), &["attack", name, "--json", "--message", message]));
            let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
            assert_eq!(json["recovered"], message, "{name}");
        }
    }
}

#[test]
fn messages_that_do_not_fit_are_refused() {
    let folder = folder();
    for (name, most) in [("ecb", 1024), ("padding-oracle", 1024), ("textbook-rsa", 42), ("mitm", 65536)] {
        for message in [String::new(), "x".repeat(most + 1)] {
            assert_refused(&cryptodemo(folder.path(), &["attack", name, "--message", &message]), 2, "bytes");
        }
    }
}

#[test]
fn pictures_are_encrypted_and_broken_ones_refused() {
    let folder = folder();
    let path = folder.path();
    let draw = ["attack", "ecb", "--json", "--mode", "plain,ecb,cbc,gcm", "--out", "all.png"];
    let json: serde_json::Value = serde_json::from_slice(&stdout(cryptodemo(path, &draw))).unwrap();
    let repeated: Vec<u64> =
        json["panels"].as_array().unwrap().iter().map(|panel| panel["repeated_blocks"].as_u64().unwrap()).collect();
    assert!(repeated[0] > 10_000 && repeated[0] == repeated[1], "{repeated:?}");
    assert_eq!(repeated[2..], [0, 0]);
    let png = fs::read(path.join("all.png")).unwrap();
    stdout(cryptodemo(path, &["attack", "ecb", "--in", "all.png", "--out", "again.png"]));

    let mut huge = png.clone();
    huge[16..24].copy_from_slice(&[0x7f, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff]);
    let cases: [(&str, &[u8]); 5] = [
        ("empty", b""),
        ("text", b"no picture"),
        ("head", &png[..30]),
        ("half", &png[..png.len() / 2]),
        ("huge", &huge),
    ];
    for (name, bytes) in cases {
        fs::write(path.join(name), bytes).unwrap();
        assert_refused(&cryptodemo(path, &["attack", "ecb", "--in", name, "--out", "out.png"]), 4, name);
        assert!(!path.join("out.png").exists(), "{name}");
    }
    assert_refused(&cryptodemo(path, &["attack", "ecb", "--in", "missing", "--out", "out.png"]), 6, "missing");
    assert_refused(&cryptodemo(path, &["attack", "ecb", "--in", "all.png"]), 2, "--out");
}

#[test]
fn examples_of_the_help_run_as_printed() {
    let folder = folder();
    let help = String::from_utf8(stdout(cryptodemo(folder.path(), &["attack", "--help"]))).unwrap();
    let printed = String::from_utf8(run_examples(folder.path(), &help)).unwrap();
    assert_eq!(printed.matches("The prevention held.").count(), 5, "those without --json and --out");
    assert!(folder.path().join("again.png").exists());
}
