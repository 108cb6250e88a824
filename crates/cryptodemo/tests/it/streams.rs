//! What comes from strangers and what happens to streams, as the terminal and the shell see it.

use std::fs;

use crate::memory::vector_path;
use crate::support::{BINARY, assert_refused, code, complaint, cryptodemo, folder, run, stdout};

/// Inputs without end are refused after their limit; the memory of the process is bounded too, to be sure.
#[test]
fn authorities_are_read_up_to_a_limit() {
    let folder = folder();
    for arguments in [
        &["ssl", "--role", "client", "--connect", "127.0.0.1:9", "--ca", "/dev/zero"][..],
        &["tls", "explain", "127.0.0.1:9", "--ca", "/dev/zero"],
        &["tls", "connect", "127.0.0.1:9", "--ca", "/dev/zero"],
    ] {
        let script = "ulimit -v 4000000; exec \"$0\" \"$@\"";
        let output = run(folder.path(), "sh", &[&["-c", script, BINARY][..], arguments].concat(), b"");
        assert_refused(&output, 4, "/dev/zero: longer than 1 MiB");
    }
}

#[test]
fn the_authority_of_ssl_overwrites_nothing() {
    let folder = folder();
    fs::write(folder.path().join("ca.pem"), "mine").unwrap();
    let output = cryptodemo(folder.path(), &["ssl", "--role=server", "--listen=127.0.0.1:0", "--ca=ca.pem"]);
    assert_refused(&output, 7, "ca.pem: exists");
    assert_eq!(fs::read(folder.path().join("ca.pem")).unwrap(), b"mine");
}

/// `| head` has what it wanted; a named pipe that lost its reader has not.
#[test]
fn only_standard_output_loses_its_reader_in_silence() {
    let folder = folder();
    let certificate = vector_path("test_rsa2048.crt.pem");
    let encrypt = |out: &str, script: &str| {
        run(
            folder.path(),
            "sh",
            &["-c", script, BINARY, "hybrid", "encrypt", "-r", &certificate, "/dev/zero", out],
            b"",
        )
    };
    let named = "mkfifo pipe; head -c 1 pipe >/dev/null & \"$0\" \"$@\"; code=$?; wait; exit $code";
    assert_refused(&encrypt("pipe", named), 6, "pipe: Broken pipe");
    let standard = encrypt("-", "{ \"$0\" \"$@\"; echo $? >code; } | head -c 1");
    assert_eq!(complaint(&standard), "");
    assert_eq!(fs::read_to_string(folder.path().join("code")).unwrap(), "6\n");
}

/// Labels of PEM, names in vectors and names of files are anybody's to choose.
#[test]
fn control_characters_of_inputs_reach_no_terminal() {
    let folder = folder();
    let at = folder.path();
    let label = "\u{1b}[31mEVIL\u{7}";
    for (name, body, end) in [("a", "AAAA", label), ("b", "AAAA", "x"), ("c", "A*AA", label), ("d", "AAAA", "")] {
        let last = if end.is_empty() { String::new() } else { format!("-----END {end}-----\n") };
        fs::write(at.join(name), format!("-----BEGIN {label}-----\n{body}\n{last}")).unwrap();
    }
    fs::write(at.join("e"), format!("-----BEGIN {label} PRIVATE KEY-----\nAAAA\n-----END {label} PRIVATE KEY-----\n"))
        .unwrap();
    let vectors = r#"{"schema": "primality_test_schema_v1.json", "algorithm": "\u001b[31ma\u009b", "testGroups": []}"#;
    fs::write(at.join("f.json"), vectors).unwrap();
    fs::copy(vector_path("test_rsa2048.key.der"), at.join("key\u{1b}[31m")).unwrap();
    fs::write(at.join("message"), "hello").unwrap();
    let certificate = vector_path("test_rsa2048.crt.pem");
    stdout(cryptodemo(at, &["hybrid", "encrypt", "-r", &certificate, "message", "message.cms"]));
    let shown = |output: &std::process::Output| {
        let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), complaint(output));
        assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{text:?}");
        assert!(text.contains('\u{fffd}'), "{text:?}");
    };
    for key in ["a", "b", "c", "d", "e"] {
        let output = cryptodemo(at, &["hybrid", "decrypt", "-k", key, "message.cms", "out"]);
        assert!(matches!(code(&output), 4 | 5), "{key}: {}", complaint(&output));
        shown(&output);
        // A private key is told as one, without its label.
        if key != "e" {
            shown(&cryptodemo(at, &["hybrid", "encrypt", "-r", key, "message", "out"]));
        }
    }
    let output = cryptodemo(at, &["kat", "f.json"]);
    assert_eq!(code(&output), 0, "{}", complaint(&output));
    shown(&output);
    // A warning and an error that name a file.
    shown(&cryptodemo(at, &["hybrid", "decrypt", "-q", "-k", "key\u{1b}[31m", "message.cms", "out"]));
    shown(&cryptodemo(at, &["ca", "show", "no\u{1b}[31m"]));
}
