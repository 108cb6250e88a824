//! CMS: the vectors, openssl both ways, and damage of all kinds.

use std::fs;
use std::path::Path;
use std::time::Duration;

use cryptodemo::certificates::{self, Request};
use cryptodemo::cms::Unsafe;
use cryptodemo::random;

use crate::memory::{message, open_cms, test_key, vector, vector_path};
use crate::support::{assert_refused, code, complaint, cryptodemo, folder, openssl, run_examples, stdout};

/// Around the block, the longest message of RSA-2048 with OAEP, and the piece in which files are read.
const SIZES: [usize; 12] = [0, 1, 15, 16, 17, 190, 191, 4096, 65_535, 65_536, 65_537, 1 << 20];

const OAEP: [&str; 4] = ["-keyopt", "rsa_padding_mode:oaep", "-keyopt", "rsa_oaep_md:sha256"];

/// Encrypts by openssl to the test certificate of RSA-2048.
fn by_openssl(folder: &Path, message: &[u8], options: &[&str]) -> Vec<u8> {
    fs::write(folder.join("message"), message).expect("a folder to write in");
    let certificate = vector_path("test_rsa2048.crt.pem");
    let mut arguments = vec!["cms", "-encrypt", "-binary", "-in", "message", "-out", "message.cms"];
    arguments.extend(["-recip", &certificate]);
    arguments.extend(options);
    stdout(openssl(folder, &arguments, b""));
    fs::read(folder.join("message.cms")).expect("openssl wrote it")
}

/// RFC 5083 and RFC 5652 by files that openssl 3.0.19 made, and damaged copies of them.
#[test]
fn the_vectors_open_or_are_rejected() {
    let payload = vector("payload.bin");
    for (bits, name, insecure, expected) in [
        (2048, "rsa2048_oaep_sha256_aes256gcm.cms", false, 0),
        (3072, "rsa3072_oaep_sha256_aes256gcm.cms", false, 0),
        (2048, "rsa2048_pkcs1v15_aes256cbc.cms", false, 7),
        (3072, "rsa3072_pkcs1v15_aes256cbc.cms", false, 7),
        (2048, "rsa2048_pkcs1v15_aes256cbc.cms", true, 0),
        (3072, "rsa3072_pkcs1v15_aes256cbc.cms", true, 0),
        (2048, "rsa2048_tampered_body.cms", true, 3),
        (2048, "rsa2048_tampered_tag.cms", true, 3),
        (2048, "rsa2048_truncated.cms", true, 4),
        (3072, "rsa2048_oaep_sha256_aes256gcm.cms", true, 5),
    ] {
        let folder = folder();
        let (key, file) = (vector_path(&format!("test_rsa{bits}.key.der")), vector_path(name));
        let mut arguments = vec!["hybrid", "decrypt", "-k", &key, &file, "out"];
        arguments.extend(insecure.then_some("--insecure"));
        let output = cryptodemo(folder.path(), &arguments);
        if expected == 0 {
            stdout(output);
            assert_eq!(fs::read(folder.path().join("out")).unwrap(), payload, "{name}");
        } else {
            assert_refused(&output, expected, "");
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "{name}");
        }
    }
}

#[test]
fn openssl_opens_ours_of_every_size() {
    let folder = folder();
    let (certificate, key) = (vector_path("test_rsa2048.crt.pem"), vector_path("test_rsa2048.key.der"));
    for (size, aead) in SIZES.iter().flat_map(|size| [(*size, "aes-256-gcm"), (*size, "aes-128-gcm")]) {
        if aead == "aes-128-gcm" && size > 17 {
            continue;
        }
        fs::write(folder.path().join("message"), message(size)).unwrap();
        let arguments = ["hybrid", "encrypt", "-r", &certificate, "--aead", aead, "message", "message.cms"];
        stdout(cryptodemo(folder.path(), &arguments));
        let arguments = ["cms", "-decrypt", "-inform", "DER", "-in", "message.cms", "-binary"];
        let with = ["-recip", &certificate, "-inkey", &key, "-keyform", "DER"];
        let opened = stdout(openssl(folder.path(), &[&arguments[..], &with].concat(), b""));
        assert!(opened == message(size), "{size} bytes by {aead}");
    }
}

/// RFC 5652 section 6.2.1: without a certificate the recipient is named by the subject key identifier.
#[test]
fn openssl_opens_ours_for_a_bare_key_without_a_certificate() {
    let folder = folder();
    let key = vector_path("test_rsa2048.key.der");
    stdout(openssl(folder.path(), &["pkey", "-in", &key, "-inform", "DER", "-pubout", "-out", "b.pub"], b""));
    fs::write(folder.path().join("message"), "hello").unwrap();
    stdout(cryptodemo(folder.path(), &["hybrid", "encrypt", "-r", "b.pub", "message", "message.cms"]));
    let told = stdout(cryptodemo(folder.path(), &["hybrid", "inspect", "message.cms"]));
    assert!(String::from_utf8_lossy(&told).contains("subject key identifier 327649bbc24d23740412db2f64bc44360fb208ba"));
    // With only the key, and with a certificate whose identifier is the same.
    let certificate = vector_path("test_rsa2048.crt.pem");
    for with in [&[][..], &["-recip", &certificate]] {
        let arguments = ["cms", "-decrypt", "-inform", "DER", "-in", "message.cms", "-inkey", &key, "-keyform", "DER"];
        assert_eq!(stdout(openssl(folder.path(), &[&arguments[..], with].concat(), b"")), b"hello");
    }
}

/// X.690 section 8: definite lengths, indefinite lengths with pieces, and RFC 7468 around both.
#[test]
fn ours_opens_openssls_of_every_size_and_form() {
    let folder = folder();
    let key = test_key(2048);
    for size in SIZES {
        let message = message(size);
        for form in [&["-outform", "DER"][..], &["-outform", "DER", "-stream"], &["-outform", "PEM"]] {
            // openssl 3.0.19 fails to stream an empty message.
            if size == 0 && form.contains(&"-stream") {
                continue;
            }
            let sealed = by_openssl(folder.path(), &message, &[form, &["-aes-256-gcm"], &OAEP].concat());
            let opened =
                open_cms(&key, Unsafe::Refuse, &sealed).unwrap_or_else(|error| panic!("{size} {form:?}: {error}"));
            assert!(opened == message, "{size} bytes, {form:?}");
        }
    }
    fs::write(folder.path().join("key"), vector("test_rsa2048.key.der")).unwrap();
    stdout(cryptodemo(folder.path(), &["hybrid", "decrypt", "-k", "key", "message.cms", "out"]));
    assert!(fs::read(folder.path().join("out")).unwrap() == message(1 << 20));
}

/// RFC 4055 section 4.1 and RFC 5084: what openssl writes with other options.
#[test]
fn other_hashes_and_keys_of_openssl_open() {
    let folder = folder();
    let key = test_key(2048);
    let oaep = |hash| ["-keyopt", "rsa_padding_mode:oaep", "-keyopt", hash];
    for (options, allowed, opens) in [
        (&oaep("rsa_oaep_md:sha1")[..], Unsafe::Refuse, true),
        (&oaep("rsa_oaep_md:sha384"), Unsafe::Refuse, true),
        (&oaep("rsa_oaep_md:sha512"), Unsafe::Refuse, true),
        // PKCS#1 v1.5 is openssl's default.
        (&[], Unsafe::Refuse, false),
        (&[], Unsafe::Open, true),
    ] {
        let sealed = by_openssl(folder.path(), b"hello", &[&["-outform", "DER", "-aes-128-gcm"], options].concat());
        match open_cms(&key, allowed, &sealed) {
            Ok(opened) => assert!(opens && opened == b"hello", "{options:?}"),
            Err(error) => assert!(!opens && error.exit_code() == 7, "{options:?}: {error}"),
        }
    }
    // Different hashes for OAEP and MGF1 are in no library here.
    let options = [&OAEP[..], &["-keyopt", "rsa_mgf1_md:sha1", "-outform", "DER", "-aes-256-gcm"]].concat();
    let error = open_cms(&key, Unsafe::Open, &by_openssl(folder.path(), b"hello", &options)).unwrap_err();
    assert!(error.exit_code() == 5 && error.to_string().contains("MGF1 with SHA-1"), "{error}");
}

#[test]
fn each_of_several_recipients_opens_it() {
    let folder = folder();
    let certificates = [2048, 3072].map(|bits| vector_path(&format!("test_rsa{bits}.crt.pem")));
    fs::write(folder.path().join("message"), "hello").unwrap();
    let arguments = ["hybrid", "encrypt", "-r", &certificates[0], "-r", &certificates[1], "message", "ours.cms"];
    stdout(cryptodemo(folder.path(), &arguments));
    let both =
        [&["-outform", "DER", "-aes-256-gcm", "-keyid"][..], &OAEP, &["-recip", &certificates[1]], &OAEP].concat();
    let theirs = by_openssl(folder.path(), b"hello", &both);
    let ours = fs::read(folder.path().join("ours.cms")).unwrap();
    for bits in [2048, 3072] {
        for sealed in [&ours, &theirs] {
            assert_eq!(open_cms(&test_key(bits), Unsafe::Refuse, sealed).unwrap(), b"hello", "RSA-{bits}");
        }
        let (key, certificate) =
            (vector_path(&format!("test_rsa{bits}.key.der")), vector_path(&format!("test_rsa{bits}.crt.pem")));
        let arguments = ["cms", "-decrypt", "-inform", "DER", "-in", "ours.cms", "-inkey", &key, "-keyform", "DER"];
        let opened = openssl(folder.path(), &[&arguments[..], &["-recip", &certificate]].concat(), b"");
        assert_eq!(stdout(opened), b"hello", "RSA-{bits} by openssl");
    }
}

/// RFC 5083 section 2.2: a message that was changed opens to what it was, if the change is in a name, or not at all.
#[test]
fn no_flipped_bit_gives_another_message() {
    let folder = folder();
    let key = test_key(2048);
    let original = message(3000);
    let definite = by_openssl(folder.path(), &original, &[&["-outform", "DER", "-aes-256-gcm"][..], &OAEP].concat());
    let streamed =
        by_openssl(folder.path(), &original, &[&["-outform", "DER", "-stream", "-aes-256-gcm"][..], &OAEP].concat());
    let mut rejected = 0;
    for sealed in [definite, streamed] {
        for _ in 0..200 {
            let bit = u64::from_le_bytes(random::array()) % (8 * sealed.len() as u64);
            let place = usize::try_from(bit / 8).unwrap();
            let mut changed = sealed.clone();
            changed[place] ^= 1 << (bit % 8);
            match open_cms(&key, Unsafe::Refuse, &changed) {
                Ok(opened) => assert!(opened == original, "bit {bit} gives another message"),
                Err(error) => {
                    assert!(matches!(error.exit_code(), 3 | 4 | 5 | 7), "bit {bit}: {error}");
                    rejected += 1;
                }
            }
        }
    }
    // Names and attributes are less than a tenth of the file.
    assert!(rejected > 300, "{rejected} of 400 rejected");
}

#[test]
fn every_truncation_is_malformed() {
    let folder = folder();
    let key = test_key(2048);
    for form in [&["-outform", "DER"][..], &["-outform", "DER", "-stream"], &["-outform", "PEM"]] {
        let sealed = by_openssl(folder.path(), b"twenty bytes of text", &[form, &["-aes-256-gcm"], &OAEP].concat());
        // The last line's end is not needed.
        let last = sealed.trim_ascii_end().len().min(sealed.len());
        let end = if form.contains(&"PEM") { last } else { sealed.len() };
        for len in 0..end {
            let error = open_cms(&key, Unsafe::Open, &sealed[..len]).unwrap_err();
            assert_eq!(error.exit_code(), 4, "{len} of {} bytes, {form:?}: {error}", sealed.len());
        }
        let error = open_cms(&key, Unsafe::Open, &[&sealed[..], b"0"].concat()).unwrap_err();
        assert_eq!(error.exit_code(), 4, "a byte more, {form:?}: {error}");
    }
}

#[test]
fn cms_is_for_files_rsa_and_aes() {
    let folder = folder();
    let certificate = vector_path("test_rsa2048.crt.pem");
    let key = vector_path("test_rsa2048.key.der");
    let sealed = vector_path("rsa2048_oaep_sha256_aes256gcm.cms");
    stdout(openssl(folder.path(), &["genpkey", "-algorithm", "X25519", "-out", "x.key"], b""));
    stdout(openssl(folder.path(), &["pkey", "-in", "x.key", "-pubout", "-out", "x.pub"], b""));
    fs::write(folder.path().join("message"), "hello").unwrap();
    let encrypt =
        |options: &[&str]| cryptodemo(folder.path(), &[&["hybrid", "encrypt", "--format", "cms"], options].concat());
    assert_refused(&encrypt(&["-r", &certificate, "-", "out"]), 2, "--format chunked");
    assert_refused(&encrypt(&["-r", &certificate, "message", "-"]), 2, "--format chunked");
    assert_refused(&encrypt(&["-r", "x.pub", "message", "out"]), 2, "--format chunked");
    assert_refused(&encrypt(&["-r", &certificate, "--aead", "chacha20-poly1305", "message", "out"]), 2, "aes-256-gcm");
    assert_refused(&encrypt(&["-r", &certificate, "--kem", "x25519", "message", "out"]), 2, "--kem rsa-oaep");
    let decrypt = |from, to| cryptodemo(folder.path(), &["hybrid", "decrypt", "-k", &key, from, to]);
    assert_refused(&decrypt(&sealed, "-"), 2, "file to file");
    assert_refused(&cryptodemo(folder.path(), &["hybrid", "decrypt", "-k", "x.key", &sealed, "out"]), 5, "RSA");
    assert_refused(
        &cryptodemo(folder.path(), &["hybrid", "decrypt", "-k", &certificate, &sealed, "out"]),
        5,
        "private key",
    );
    assert!(!folder.path().join("out").exists());
}

#[test]
fn a_message_may_be_decrypted_in_its_place() {
    let folder = folder();
    let file = folder.path().join("file");
    fs::copy(vector_path("rsa2048_oaep_sha256_aes256gcm.cms"), &file).unwrap();
    let key = vector_path("test_rsa2048.key.der");
    stdout(cryptodemo(folder.path(), &["hybrid", "decrypt", "-k", &key, "file", "file"]));
    assert_eq!(fs::read(&file).unwrap(), vector("payload.bin"));
    // What does not open stays as it was.
    fs::copy(vector_path("rsa2048_tampered_tag.cms"), &file).unwrap();
    assert_refused(&cryptodemo(folder.path(), &["hybrid", "decrypt", "-k", &key, "file", "file"]), 3, "changed");
    assert_eq!(fs::read(&file).unwrap(), vector("rsa2048_tampered_tag.cms"));
}

/// RFC 5280 sections 4.1.2.5 and 4.2.1.3: dates and purposes of a certificate are told, not enforced.
#[test]
fn unfit_certificates_are_warned_of() {
    let folder = folder();
    fs::write(folder.path().join("message"), "hello").unwrap();
    let key = vector_path("test_rsa2048.key.der");
    stdout(openssl(folder.path(), &["pkey", "-in", &key, "-inform", "DER", "-out", "key.pem"], b""));
    let with_usage = |usage: &str| {
        let usage = format!("keyUsage={usage}");
        let arguments = ["req", "-x509", "-new", "-key", "key.pem", "-subj", "/CN=B", "-addext", &usage];
        stdout(openssl(folder.path(), &arguments, b""))
    };
    let day = Duration::from_secs(86_400);
    let dated = |not_before| {
        let request = Request { names: vec!["b.example".to_owned()], not_before, lifetime: day };
        certificates::self_signed(&request, &test_key(2048)).unwrap()
    };
    let now = cryptodemo::time::wall();
    for (certificate, warning) in [
        (dated(now - 2 * day), "has expired"),
        (dated(now + day), "not valid yet"),
        (with_usage("digitalSignature"), "not meant for encryption"),
        (with_usage("keyEncipherment"), ""),
        (vector("test_rsa2048.crt.pem"), ""),
    ] {
        fs::write(folder.path().join("crt"), certificate).unwrap();
        let output = cryptodemo(folder.path(), &["hybrid", "encrypt", "--quiet", "-r", "crt", "message", "out"]);
        assert_eq!(code(&output), 0);
        let said = complaint(&output);
        assert!(said.contains(warning) && said.is_empty() == warning.is_empty(), "{warning:?}: {said}");
    }
}

#[test]
fn the_examples_of_the_help_run() {
    for command in ["encrypt", "decrypt", "inspect"] {
        let folder = folder();
        let help = stdout(cryptodemo(folder.path(), &["hybrid", command, "--help"]));
        let printed = run_examples(folder.path(), &String::from_utf8(help).unwrap());
        let printed = String::from_utf8_lossy(&printed);
        // The other two write files, and nothing to standard output.
        assert_eq!(printed.contains("aes-256-gcm"), command == "inspect", "{command}: {printed}");
        if command != "inspect" {
            assert_eq!(fs::read_to_string(folder.path().join("message.out")).unwrap(), "hello\n");
        }
    }
}
