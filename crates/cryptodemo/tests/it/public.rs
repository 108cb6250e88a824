//! `cryptodemo pub`, with openssl as the other side.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use cryptodemo::agreement::{self, Curve, STATIC_BACKENDS};
use cryptodemo::elgamal::{Element, Exponent};
use cryptodemo::keys::{PrivateKey, PublicKey};

use super::support::{assert_refused, code, complaint, cryptodemo, folder, openssl, run_examples, stdout};

/// Runs the binary, which must go well; what it wrote on stdout.
#[track_caller]
fn ok(folder: &Path, arguments: &[&str]) -> Vec<u8> {
    stdout(cryptodemo(folder, arguments))
}

/// Runs openssl, which must go well.
#[track_caller]
fn openssl_ok(folder: &Path, line: &str) -> Vec<u8> {
    let arguments: Vec<&str> = line.split(' ').collect();
    let output = openssl(folder, &arguments, b"");
    assert_eq!(code(&output), 0, "openssl {line}: {}", complaint(&output));
    output.stdout
}

/// Makes a key pair NAME and NAME.pub.
fn keygen(folder: &Path, algorithm: &str, name: &str) {
    ok(folder, &["pub", "keygen", "--alg", algorithm, "--out", name]);
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("the folder exists");
    let mut names: Vec<_> =
        entries.map(|entry| entry.expect("readable").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn examples_of_the_help_run_as_printed() {
    let folder = folder();
    let help = String::from_utf8(ok(folder.path(), &["pub", "--help"])).expect("help is text");
    assert!(help.lines().all(|line| line.chars().count() <= 80), "{help}");
    let printed = String::from_utf8(run_examples(folder.path(), &help)).expect("text");
    for part in ["see you at nine", "the signature fits", "Verified OK", "BEGIN PUBLIC KEY", "Verified Successfully"] {
        assert!(printed.contains(part), "{part}: {printed}");
    }
}

/// PKCS#8 and SubjectPublicKeyInfo as openssl has them, mode 0600, and the same public key from either side. OpenSSL 3.0
/// knows no ML-KEM, and nobody else the keys of both together.
#[test]
fn openssl_reads_the_keys_made_here() {
    let folder = folder();
    let path = folder.path();
    for (algorithm, title) in [
        ("rsa-2048", "Private-Key: (2048 bit"),
        ("rsa-3072", "Private-Key: (3072 bit"),
        ("rsa-4096", "Private-Key: (4096 bit"),
        ("ed25519", "ED25519 Private-Key"),
        ("p256", "prime256v1"),
        ("x25519", "X25519 Private-Key"),
        ("elgamal-2048", "ffdhe2048"),
        ("ml-kem-768", ""),
        ("x25519mlkem768", ""),
    ] {
        keygen(path, algorithm, algorithm);
        let mode = fs::metadata(path.join(algorithm)).expect("it was made").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{algorithm}");
        let public = fs::read(path.join(format!("{algorithm}.pub"))).expect("it was made");
        assert_eq!(ok(path, &["pub", "public", "-k", algorithm]), public, "{algorithm}");
        if !title.is_empty() {
            let text =
                String::from_utf8(openssl_ok(path, &format!("pkey -in {algorithm} -noout -text"))).expect("text");
            assert!(text.contains(title), "{algorithm}: {text}");
            assert_eq!(openssl_ok(path, &format!("pkey -in {algorithm} -pubout")), public, "{algorithm}");
            openssl_ok(path, &format!("pkey -pubin -in {algorithm}.pub -noout"));
        }
    }
    openssl_ok(path, "rsa -in rsa-2048 -check -noout");
    openssl_ok(path, "pkey -in p256 -check -pubcheck -noout");
}

/// All forms in which openssl writes keys.
#[test]
fn keys_made_by_openssl_are_read() {
    let folder = folder();
    let path = folder.path();
    for (algorithm, options) in [
        ("RSA", "rsa_keygen_bits:2048"),
        ("ED25519", ""),
        ("X25519", ""),
        ("EC", "ec_paramgen_curve:P-256"),
        ("DH", "group:ffdhe2048"),
    ] {
        let options = if options.is_empty() { String::new() } else { format!(" -pkeyopt {options}") };
        openssl_ok(path, &format!("genpkey -algorithm {algorithm}{options} -out key.pem"));
        openssl_ok(path, "pkey -in key.pem -outform DER -out key.der");
        openssl_ok(path, "pkey -in key.pem -pubout -outform DER -out public.der");
        let public = openssl_ok(path, "pkey -in key.pem -pubout");
        let mut forms = vec!["key.pem", "key.der"];
        if ["RSA", "EC"].contains(&algorithm) {
            openssl_ok(path, "pkey -in key.pem -traditional -out old.pem");
            openssl_ok(path, "pkey -in key.pem -traditional -outform DER -out old.der");
            forms.extend(["old.pem", "old.der"]);
        }
        for form in forms {
            assert_eq!(ok(path, &["pub", "public", "-k", form]), public, "{algorithm} {form}");
        }
        let der = fs::read(path.join("public.der")).expect("it was made");
        let read = PublicKey::parse("public.der", &der).expect("a public key");
        assert_eq!(read.spki_pem().into_bytes(), public, "{algorithm}");
    }
    // `openssl ecparam` writes the curve before the key, and `openssl req` a certificate.
    openssl_ok(path, "ecparam -name prime256v1 -genkey -out ec.pem");
    let public = openssl_ok(path, "pkey -in ec.pem -pubout");
    assert_eq!(ok(path, &["pub", "public", "-k", "ec.pem"]), public);
    openssl_ok(path, "req -x509 -new -key ec.pem -subj /CN=b.example -days 1 -out ec.crt");
    let certificate = fs::read(path.join("ec.crt")).expect("it was made");
    let read = PublicKey::parse("ec.crt", &certificate).expect("a certificate");
    assert_eq!(read.spki_pem().into_bytes(), public);
}

/// Keys that cannot be used: exit code 5, and what to do.
#[test]
fn unusable_keys_of_openssl_are_refused() {
    let folder = folder();
    let path = folder.path();
    for (line, reason) in [
        ("genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024 -out key.pem", "2048, 3072 and 4096"),
        ("genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 -out key.pem", "restricted to one scheme"),
        ("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out key.pem", "another elliptic curve"),
        ("ecparam -name secp384r1 -genkey -out key.pem", "another elliptic curve"),
        ("genpkey -algorithm ED448 -out key.pem", "unknown kind, 1.3.101.113"),
        ("genpkey -algorithm DH -pkeyopt group:ffdhe3072 -out key.pem", "another group than ffdhe2048"),
        ("genpkey -algorithm ED25519 -aes256 -pass pass:x -out key.pem", "openssl pkey"),
        ("genrsa -traditional -aes128 -passout pass:x -out key.pem 2048", "openssl pkey"),
    ] {
        openssl_ok(path, line);
        assert_refused(&cryptodemo(path, &["pub", "public", "-k", "key.pem"]), 5, reason);
    }
}

/// RFC 8017 section 8, RFC 8032, FIPS 186-5: signatures are exchanged both ways for every scheme.
#[test]
fn signatures_are_exchanged_with_openssl() {
    let folder = folder();
    let path = folder.path();
    fs::write(path.join("note"), "see you at nine").expect("writable");
    let pss = "-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32";
    for (algorithm, scheme, openssl_sign, openssl_verify) in [
        (
            "rsa-2048",
            "rsa-pss",
            format!("dgst -sha256 {pss} -sign KEY -out theirs note"),
            format!("dgst -sha256 {pss} -verify KEY.pub -signature ours note"),
        ),
        (
            "rsa-2048",
            "rsa-pkcs1",
            "dgst -sha256 -sign KEY -out theirs note".to_owned(),
            "dgst -sha256 -verify KEY.pub -signature ours note".to_owned(),
        ),
        (
            "p256",
            "ecdsa-p256",
            "dgst -sha256 -sign KEY -out theirs note".to_owned(),
            "dgst -sha256 -verify KEY.pub -signature ours note".to_owned(),
        ),
        (
            "ed25519",
            "ed25519",
            "pkeyutl -sign -inkey KEY -rawin -in note -out theirs".to_owned(),
            "pkeyutl -verify -pubin -inkey KEY.pub -rawin -in note -sigfile ours".to_owned(),
        ),
    ] {
        let name = format!("{algorithm}-{scheme}");
        keygen(path, algorithm, &name);
        let public = format!("{name}.pub");
        ok(path, &["pub", "sign", "-k", &name, "--scheme", scheme, "note", "ours"]);
        openssl_ok(path, &openssl_verify.replace("KEY", &name));
        openssl_ok(path, &openssl_sign.replace("KEY", &name));
        let verify = ["pub", "verify", "-r", &public, "--scheme", scheme, "note", "theirs"];
        ok(path, &verify);

        let mut signature = fs::read(path.join("theirs")).expect("it was made");
        signature[20] ^= 1;
        fs::write(path.join("theirs"), &signature).expect("writable");
        assert_refused(&cryptodemo(path, &verify), 3, "the signature is not this key's");
        fs::write(path.join("theirs"), &signature[..signature.len() / 10]).expect("writable");
        assert_refused(&cryptodemo(path, &verify), 4, "a signature by");
        fs::write(path.join("theirs"), [0; 5000]).expect("writable");
        assert_refused(&cryptodemo(path, &verify), 4, "a signature by");
    }
}

/// RFC 8017 section 7: messages are exchanged both ways, up to the longest.
#[test]
fn messages_are_exchanged_with_openssl() {
    let folder = folder();
    let path = folder.path();
    keygen(path, "rsa-2048", "key");
    let oaep = "-pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256";
    for (scheme, options, max) in [("rsa-oaep", oaep, 190), ("rsa-pkcs1", "-pkeyopt rsa_padding_mode:pkcs1", 245)] {
        for len in [0, 1, max] {
            let message = vec![b'x'; len];
            fs::write(path.join("note"), &message).expect("writable");
            ok(path, &["pub", "encrypt", "-r", "key.pub", "--scheme", scheme, "--insecure", "note", "ours"]);
            assert_eq!(openssl_ok(path, &format!("pkeyutl -decrypt -inkey key {options} -in ours")), message);
            openssl_ok(path, &format!("pkeyutl -encrypt -pubin -inkey key.pub {options} -in note -out theirs"));
            let decrypt = ["pub", "decrypt", "-k", "key", "--scheme", scheme, "--insecure", "theirs", "-"];
            assert_eq!(ok(path, &decrypt), message, "{scheme} {len}");
        }
        fs::write(path.join("note"), vec![0; max + 1]).expect("writable");
        let encrypt = ["pub", "encrypt", "-r", "key.pub", "--scheme", scheme, "--insecure", "note", "out"];
        let refused = cryptodemo(path, &encrypt);
        assert_refused(&refused, 2, &format!("{max} bytes at most; `cryptodemo hybrid encrypt`"));
    }
    for command in [&["encrypt", "-r", "key.pub"], &["decrypt", "-k", "key"]] {
        let line = [&["pub"], &command[..], &["--scheme", "rsa-pkcs1", "theirs", "out"]].concat();
        assert_refused(&cryptodemo(path, &line), 7, "--insecure");
    }
    assert!(!path.join("out").exists());
}

#[test]
fn elgamal_opens_its_own_messages() {
    let folder = folder();
    let path = folder.path();
    keygen(path, "elgamal-2048", "key");
    fs::write(path.join("note"), vec![7; 100_000]).expect("writable");
    ok(path, &["pub", "encrypt", "-r", "key.pub", "note", "encrypted"]);
    ok(path, &["pub", "decrypt", "-k", "key", "encrypted", "again"]);
    assert_eq!(fs::read(path.join("again")).expect("it was made"), vec![7; 100_000]);
}

/// RFC 7919, RFC 7748, SP 800-56A: openssl gets the same shared values.
#[test]
fn openssl_agrees_on_the_same_values() {
    let folder = folder();
    let path = folder.path();
    let read = |name: &str| fs::read(path.join(name)).expect("it was made");
    for algorithm in ["elgamal-2048", "x25519", "p256"] {
        keygen(path, algorithm, algorithm);
        keygen(path, algorithm, &format!("{algorithm}-peer"));
        let theirs = openssl_ok(path, &format!("pkeyutl -derive -inkey {algorithm} -peerkey {algorithm}-peer.pub"));
        let key = PrivateKey::parse("key", &read(algorithm)).expect("it was made here");
        let peer = PublicKey::parse("peer", &read(&format!("{algorithm}-peer.pub"))).expect("it was made here");
        let curve = match algorithm {
            "x25519" => Curve::X25519,
            "p256" => Curve::P256,
            _ => {
                let exponent = |name: &str| {
                    let key = PrivateKey::parse(name, &read(name)).expect("it was made here");
                    Exponent::read(key.material().expose()).expect("an exponent")
                };
                let public = Element::generator().power(&exponent("elgamal-2048-peer"));
                let ours = public.power(&exponent("elgamal-2048")).to_bytes();
                // openssl leaves leading zeros away.
                assert_eq!(&ours[256 - theirs.len()..], theirs);
                assert!(ours[..256 - theirs.len()].iter().all(|byte| *byte == 0));
                continue;
            }
        };
        for backend in STATIC_BACKENDS {
            let holder = agreement::with_key(curve, *backend, key.material()).expect("a valid key");
            assert_eq!(holder.agree(peer.bits()).expect("a valid point").expose(), theirs, "{algorithm} {backend}");
        }
    }
}

/// Keys are never overwritten, and half a pair does not stay.
#[test]
fn key_files_are_never_overwritten() {
    let folder = folder();
    let path = folder.path();
    keygen(path, "ed25519", "key");
    let before = fs::read(path.join("key")).expect("it was made");
    let again = cryptodemo(path, &["pub", "keygen", "--alg", "ed25519", "--out", "key"]);
    assert_refused(&again, 7, "never overwritten");
    assert_eq!(fs::read(path.join("key")).expect("still there"), before);
    fs::write(path.join("other.pub"), "mine").expect("writable");
    let half = cryptodemo(path, &["pub", "keygen", "--alg", "ed25519", "--out", "other"]);
    assert_refused(&half, 7, "never overwritten");
    let into_nothing = ["pub", "keygen", "--alg", "ed25519", "--out", "third", "--public", "missing/third.pub"];
    assert_refused(&cryptodemo(path, &into_nothing), 6, "missing");
    let same = ["pub", "keygen", "--alg", "ed25519", "--out", "same", "--public", "same"];
    assert_refused(&cryptodemo(path, &same), 2, "a file each");
    assert_eq!(names(path), ["key", "key.pub", "other.pub"]);
}

/// One line, the exit code of the reason, and no output file.
#[test]
fn wrong_files_are_refused_in_one_line() {
    let folder = folder();
    let path = folder.path();
    for (algorithm, name) in [("rsa-2048", "rsa"), ("ed25519", "ed"), ("x25519", "x"), ("elgamal-2048", "eg")] {
        keygen(path, algorithm, name);
    }
    fs::write(path.join("note"), "hello").expect("writable");
    fs::write(path.join("empty"), "").expect("writable");
    fs::write(path.join("large"), vec![b'-'; 2 << 20]).expect("writable");
    ok(path, &["pub", "encrypt", "-r", "rsa.pub", "note", "encrypted"]);
    ok(path, &["pub", "encrypt", "-r", "eg.pub", "note", "encrypted-eg"]);
    let mut changed = fs::read(path.join("encrypted")).expect("it was made");
    changed[7] ^= 1;
    fs::write(path.join("changed"), &changed).expect("writable");
    fs::write(path.join("cut"), &changed[..200]).expect("writable");
    fs::write(path.join("cut-eg"), &changed[..200]).expect("writable");
    for (line, expected, reason) in [
        ("encrypt -r rsa note out", 5, "this is a private key"),
        ("encrypt -r ed.pub note out", 5, "ed25519 keys sign"),
        ("encrypt -r x.pub note out", 5, "hybrid encrypt"),
        ("encrypt -r eg.pub --scheme rsa-oaep note out", 5, "does not work with a key of elgamal-2048"),
        ("encrypt -r note note out", 4, "neither a public key"),
        ("encrypt -r empty note out", 4, "empty"),
        ("encrypt -r large note out", 4, "longer than 1 MiB"),
        ("encrypt -r missing note out", 6, "missing"),
        ("encrypt -r rsa.pub missing out", 6, "missing"),
        ("encrypt -r rsa.pub note missing/out", 6, "missing/out"),
        ("encrypt -r rsa.pub large out", 2, "190 bytes at most"),
        ("decrypt -k rsa.pub encrypted out", 5, "a private key is needed"),
        ("decrypt -k note encrypted out", 4, "no private key"),
        ("decrypt -k ed encrypted out", 5, "ed25519 keys sign"),
        ("decrypt -k rsa changed out", 3, "decryption failed: wrong key, or the data was changed"),
        ("decrypt -k rsa cut out", 4, "200 bytes, and a message encrypted with rsa-2048 has 256"),
        ("decrypt -k rsa large out", 4, "more bytes"),
        ("decrypt -k eg cut-eg out", 4, "cut short"),
        ("decrypt -k eg large out", 3, "decryption failed: wrong key, or the data was changed"),
        ("decrypt --json -k rsa encrypted -", 2, "--json"),
        ("sign -k x note out", 5, "x25519 keys do not sign"),
        ("sign -k ed --scheme rsa-pss note out", 5, "rsa-pss does not work with a key of ed25519"),
        ("sign -k rsa.pub note out", 5, "a private key is needed"),
        ("verify -r rsa.pub - -", 2, "both be standard input"),
        ("verify -r eg.pub note note", 5, "elgamal-2048 keys do not sign"),
        ("public -k rsa.pub", 5, "a private key is needed"),
    ] {
        let arguments: Vec<&str> = std::iter::once("pub").chain(line.split(' ')).collect();
        assert_refused(&cryptodemo(path, &arguments), expected, reason);
        assert!(!path.join("out").exists(), "{line}");
    }
}

#[test]
fn readable_private_keys_are_warned_of() {
    let folder = folder();
    let path = folder.path();
    keygen(path, "ed25519", "key");
    fs::write(path.join("note"), "hello").expect("writable");
    let sign = ["--quiet", "pub", "sign", "-k", "key", "note", "signature"];
    for (mode, warned) in [(0o600, false), (0o640, true), (0o604, true)] {
        fs::set_permissions(path.join("key"), fs::Permissions::from_mode(mode)).expect("it is ours");
        let output = cryptodemo(path, &sign);
        assert_eq!(code(&output), 0);
        assert_eq!(complaint(&output).contains("chmod 600 key"), warned, "{mode:o}");
    }
}

#[test]
fn results_come_as_json() {
    let folder = folder();
    let path = folder.path();
    let made = ok(path, &["--json", "pub", "keygen", "--alg", "p256", "--out", "key"]);
    let made: serde_json::Value = serde_json::from_slice(&made).expect("JSON");
    assert_eq!((&made["algorithm"], &made["public"]), (&"p256".into(), &"key.pub".into()));
    assert_eq!(made["fingerprint_sha256"].as_str().map(str::len), Some(64));
    fs::write(path.join("note"), "hello").expect("writable");
    ok(path, &["pub", "sign", "-k", "key", "note", "signature"]);
    let verified = ok(path, &["--json", "pub", "verify", "-r", "key.pub", "note", "signature"]);
    let verified: serde_json::Value = serde_json::from_slice(&verified).expect("JSON");
    assert_eq!(verified["verified"], true);
}
