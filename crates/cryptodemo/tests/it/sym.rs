//! `cryptodemo sym`: exit codes, files, and openssl both ways.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::support::{BINARY, assert_refused, complaint, cryptodemo, folder, openssl, run, run_examples, stdout};

const AUTHENTICATED: [&str; 5] = ["aes-128-gcm", "aes-256-gcm", "chacha20-poly1305", "aria-128-gcm", "aria-256-gcm"];

/// Name, length of the key, length of the IV.
const LEGACY: [(&str, usize, usize); 18] = [
    ("aes-128-ecb", 16, 0),
    ("aes-128-cbc", 16, 16),
    ("aes-128-ctr", 16, 16),
    ("aes-256-ecb", 32, 0),
    ("aes-256-cbc", 32, 16),
    ("aes-256-ctr", 32, 16),
    ("aria-128-ecb", 16, 0),
    ("aria-128-cbc", 16, 16),
    ("aria-128-ctr", 16, 16),
    ("aria-256-ecb", 32, 0),
    ("aria-256-cbc", 32, 16),
    ("aria-256-ctr", 32, 16),
    ("seed-ecb", 16, 0),
    ("seed-cbc", 16, 16),
    ("des-ecb", 8, 0),
    ("des-cbc", 8, 8),
    ("des-ede3-ecb", 24, 0),
    ("des-ede3-cbc", 24, 8),
];

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The key 1, 2, 3, ... for an algorithm.
fn key(len: usize) -> String {
    hex(&(1..).take(len).collect::<Vec<u8>>())
}

fn openssl_enc(folder: &std::path::Path, name: &str, arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let providers = ["enc", "-provider", "legacy", "-provider", "default"];
    let name = format!("-{name}");
    stdout(openssl(folder, &[&providers, [name.as_str()].as_slice(), arguments].concat(), input))
}

#[test]
fn openssl_and_the_old_modes_open_each_other() {
    let folder = folder();
    let folder = folder.path();
    for (name, key_len, iv_len) in LEGACY {
        let key = key(key_len);
        fs::write(folder.join("key"), &key).unwrap();
        for len in [0, 8, 15, 16, 1000] {
            let message: Vec<u8> = (0..len).map(|i| (i * 7) as u8).collect();
            let enc = ["sym", "enc", "--insecure", "--alg", name, "--key-file", "key", "-", "-"];
            let file = stdout(run(folder, BINARY, &enc, &message));
            let (iv, body) = file.split_at(iv_len);
            let iv_hex = hex(iv);
            let mut secrets = vec!["-K", &key];
            if iv_len > 0 {
                secrets.extend(["-iv", &iv_hex]);
            }
            let decrypt = [["-d"].as_slice(), &secrets].concat();
            assert_eq!(openssl_enc(folder, name, &decrypt, body), message, "{name}, {len} bytes, to openssl");
            let theirs = openssl_enc(folder, name, &secrets, &message);
            assert_eq!(theirs, body, "{name}, {len} bytes");
            let dec = ["sym", "dec", "--insecure", "--alg", name, "--key-file", "key", "-", "-"];
            let file = [iv, &theirs].concat();
            assert_eq!(stdout(run(folder, BINARY, &dec, &file)), message, "{name}, {len} bytes, from openssl");
        }
    }
}

#[test]
fn authenticated_files_come_back_and_changed_ones_leave_no_plaintext() {
    let folder = folder();
    let folder = folder.path();
    for name in AUTHENTICATED {
        let (key, file, out) = (format!("{name}.key"), format!("{name}.enc"), format!("{name}.out"));
        stdout(cryptodemo(folder, &["sym", "keygen", "--alg", name, "--out", &key]));
        fs::write(folder.join("in"), "see you at nine").unwrap();
        stdout(cryptodemo(folder, &["sym", "enc", "--alg", name, "--key-file", &key, "in", &file]));
        let dec = ["sym", "dec", "--alg", name, "--key-file", &key, &file, &out];
        stdout(cryptodemo(folder, &dec));
        assert_eq!(fs::read(folder.join(&out)).unwrap(), b"see you at nine");
        fs::remove_file(folder.join(&out)).unwrap();
        let mut bytes = fs::read(folder.join(&file)).unwrap();
        bytes[20] ^= 1;
        fs::write(folder.join(&file), bytes).unwrap();
        assert_refused(&cryptodemo(folder, &dec), 3, "decryption failed");
        fs::write(folder.join(&file), "short").unwrap();
        assert_refused(&cryptodemo(folder, &dec), 4, "too few");
        assert!(!folder.join(&out).exists(), "{name}");
    }
}

#[test]
fn old_modes_need_the_option_that_names_the_danger() {
    let folder = folder();
    fs::write(folder.path().join("in"), "text").unwrap();
    for (name, key_len, _) in LEGACY {
        for direction in ["enc", "dec"] {
            let key = key(key_len);
            let output = cryptodemo(folder.path(), &["sym", direction, "--alg", name, "--key", &key, "in", "out"]);
            assert_refused(&output, 7, "--insecure");
            assert!(!folder.path().join("out").exists());
        }
    }
}

#[test]
fn each_mistake_has_its_exit_code() {
    let folder = folder();
    let path = folder.path();
    fs::write(path.join("in"), "text").unwrap();
    fs::write(path.join("short"), "00112233").unwrap();
    fs::write(path.join("digits"), "0123456789abcdef0123456789abcdeg").unwrap();
    fs::write(path.join("long"), vec![0xff; 5000]).unwrap();
    fs::File::create(path.join("huge")).unwrap().set_len((1 << 30) + 1).unwrap();
    let key = key(16);
    let cases: [(&[&str], i32, &str); 9] = [
        (&["--key-file", "short", "in", "out"], 5, "16 bytes"),
        (&["--key-file", "long", "in", "out"], 5, "not a key"),
        (&["--key-file", "digits", "in", "out"], 4, "hexadecimal"),
        (&["--key-file", "missing", "in", "out"], 6, "missing"),
        (&["--key", "0x", "in", "out"], 2, "hexadecimal"),
        (&["--key", &key, "missing", "out"], 6, "missing"),
        (&["--key", &key, "in", "missing/out"], 6, "missing/out"),
        (&["--key", &key, "huge", "out"], 2, "hybrid encrypt"),
        (&["--key", &key, "--json", "in", "-"], 2, "--json"),
    ];
    for (arguments, code, reason) in cases {
        let output = cryptodemo(path, &[&["sym", "enc", "--alg", "aes-128-gcm"], arguments].concat());
        assert_refused(&output, code, reason);
        assert!(!path.join("out").exists(), "{arguments:?}");
    }
    let neither = cryptodemo(path, &["sym", "enc", "--alg", "aes-128-gcm", "in", "out"]);
    assert_refused(&neither, 2, "--key-file");
}

#[test]
fn keys_on_the_command_line_get_a_warning_and_are_not_repeated() {
    let folder = folder();
    fs::write(folder.path().join("in"), "text").unwrap();
    let key = key(16);
    let output =
        cryptodemo(folder.path(), &["sym", "enc", "--alg", "aes-128-gcm", "--quiet", "--key", &key, "in", "o"]);
    let said = complaint(&output);
    assert!(said.contains("list of processes"), "{said}");
    assert!(!said.contains(&key), "{said}");
    stdout(output);
}

#[test]
fn new_keys_are_private_and_old_ones_stay() {
    let folder = folder();
    let keygen = ["sym", "keygen", "--alg", "des-ede3-cbc", "--out", "key"];
    stdout(cryptodemo(folder.path(), &keygen));
    let path = folder.path().join("key");
    let first = fs::read(&path).unwrap();
    assert_eq!(first.len(), 2 * 24 + 1);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_refused(&cryptodemo(folder.path(), &keygen), 7, "exists");
    assert_eq!(fs::read(&path).unwrap(), first);
}

#[test]
fn examples_of_the_help_run_as_printed() {
    let folder = folder();
    let help = String::from_utf8(stdout(cryptodemo(folder.path(), &["sym", "--help"]))).unwrap();
    let after = help.split_once("Algorithms:").expect("the list").1;
    assert!(after.lines().all(|line| line.chars().count() <= 80), "{after}");
    let printed = String::from_utf8(run_examples(folder.path(), &help)).unwrap();
    assert_eq!(printed, "see you at nine\n".repeat(3), "gcm by ourselves, ecb and cbc by openssl");
}
