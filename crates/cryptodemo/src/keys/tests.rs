//! Keys of all kinds: written and read again, and everything that may be wrong with a file.

use super::*;

/// One key of each kind; RSA only in its smallest size, for the sake of time.
fn keys() -> Vec<PrivateKey> {
    let slow = [KeyAlgorithm::Rsa3072, KeyAlgorithm::Rsa4096];
    KeyAlgorithm::ALL.into_iter().filter(|it| !slow.contains(it)).map(PrivateKey::generate).collect()
}

fn same(one: &PrivateKey, other: &PrivateKey) -> bool {
    one.pkcs8_der() == other.pkcs8_der() && one.public() == other.public() && one.material() == other.material()
}

/// RFC 5958 and RFC 5280 section 4.1.2.7, in DER and in PEM (RFC 7468).
#[test]
fn keys_are_read_as_they_were_written() {
    for key in keys() {
        let algorithm = key.algorithm();
        for bytes in [key.pkcs8_der(), &key.pkcs8_pem()] {
            let again = PrivateKey::parse("key", bytes.expose()).expect("it was written here");
            assert!(same(&again, &key), "{algorithm}");
        }
        for bytes in [key.public().spki_der(), key.public().spki_pem().as_bytes()] {
            assert_eq!(&PublicKey::parse("key", bytes).expect("it was written here"), key.public(), "{algorithm}");
        }
        assert_eq!(key.public().algorithm(), algorithm);
        assert_eq!(key.public().fingerprint(), <[u8; 32]>::from(Sha256::digest(key.public().spki_der())));
    }
}

/// One line and one of two exit codes for whatever the file is; and no panic.
fn assert_clear(algorithm: KeyAlgorithm, error: &Error) {
    assert!(matches!(error, Error::Malformed { .. } | Error::Key(_)), "{algorithm}: {error:?}");
    assert!(!error.to_string().contains('\n'));
}

/// A file cut short is never a key, wherever it was cut.
#[test]
fn truncated_keys_are_refused() {
    for key in keys() {
        let private = [key.pkcs8_der().clone(), key.pkcs8_pem()];
        let public = [key.public().spki_der().to_vec(), key.public().spki_pem().into_bytes()];
        for (private, public) in private.iter().zip(&public) {
            // The last line's end is no part of it.
            for cut in (0..private.len() - 1).step_by(step(private.len())) {
                let error = PrivateKey::parse("key", &private.expose()[..cut]).expect_err("cut short");
                assert_clear(key.algorithm(), &error);
            }
            for cut in (0..public.len() - 1).step_by(step(public.len())) {
                assert_clear(key.algorithm(), &PublicKey::parse("key", &public[..cut]).expect_err("cut short"));
            }
        }
    }
}

/// Every place in files of up to a thousand; in larger ones about a thousand places.
fn step(len: usize) -> usize {
    len / 1000 + 1
}

/// A changed bit either shows, or makes another key whose parts fit: it never leads to a panic, nor to the same key.
#[test]
fn flipped_bits_never_give_the_same_key() {
    for key in keys() {
        let algorithm = key.algorithm();
        // A consistency check of RSA takes a while: not every bit of it, but every part.
        let step = if algorithm.is_rsa() { 37 } else { step(key.pkcs8_der().len() * 8) };
        for bit in (0..key.pkcs8_der().len() * 8).step_by(step) {
            let mut bytes = key.pkcs8_der().expose().to_vec();
            bytes[bit / 8] ^= 1 << (bit % 8);
            match PrivateKey::parse("key", &bytes) {
                // X25519 ignores five bits of a private key (RFC 7748 section 5): the public key is the same then.
                Ok(other) => assert_ne!(other.material(), key.material(), "{algorithm}: bit {bit}"),
                Err(error) => assert_clear(algorithm, &error),
            }
        }
        let spki = key.public().spki_der();
        for bit in (0..spki.len() * 8).step_by(self::step(spki.len() * 8)) {
            let mut bytes = spki.to_vec();
            bytes[bit / 8] ^= 1 << (bit % 8);
            match PublicKey::parse("key", &bytes) {
                Ok(other) => assert_ne!(&other, key.public(), "{algorithm}: bit {bit}"),
                Err(error) => assert_clear(algorithm, &error),
            }
        }
    }
}

/// SP 800-56B section 6.4.1: a private RSA key whose parts do not fit would give away its factors when used.
#[test]
fn no_flipped_bit_of_an_rsa_key_gives_a_usable_one() {
    let key = PrivateKey::generate(KeyAlgorithm::Rsa2048);
    let der = key.pkcs8_der().expose();
    for byte in (30..der.len()).step_by(41) {
        let mut bytes = der.to_vec();
        bytes[byte] ^= 0x10;
        let error = PrivateKey::parse("key", &bytes).expect_err("the parts do not fit");
        assert_clear(key.algorithm(), &error);
    }
}

#[test]
fn the_wrong_half_is_named() {
    for key in keys() {
        let (private, public) = (key.pkcs8_pem(), key.public().spki_pem());
        for bytes in [public.as_bytes(), key.public().spki_der()] {
            let error = PrivateKey::parse("it.pub", bytes).expect_err("it is public");
            assert!(matches!(&error, Error::Key(text) if text.contains("a private key is needed")), "{error}");
        }
        for bytes in [private.expose(), key.pkcs8_der().expose()] {
            let error = PublicKey::parse("it", bytes).expect_err("it is private");
            assert!(matches!(&error, Error::Key(text) if text.contains("this is a private key")), "{error}");
        }
    }
}

#[test]
fn whatever_else_is_wrong_with_a_file_is_told() {
    let key = PrivateKey::generate(KeyAlgorithm::Ed25519);
    let pem = String::from_utf8(key.pkcs8_pem().expose().to_vec()).expect("PEM is text");
    let der = key.pkcs8_der().expose();
    let encrypted = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
    let old = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: X,Y\n\nAAAA\n-----END RSA PRIVATE KEY-----\n";
    for (bytes, expect) in [
        (Vec::new(), "empty"),
        (b"hello".to_vec(), "no private key"),
        (vec![0; 100], "no private key"),
        ([der, &[0]].concat(), "no private key"),
        (pem.replace("END PRIVATE", "END PUBLIC").into_bytes(), "ends as something else"),
        (pem.replace("MC4C", "MC*C").into_bytes(), "base64"),
        (format!("{pem}{pem}").into_bytes(), "several private keys"),
        (encrypted.into(), "openssl pkey"),
        (old.into(), "openssl pkey"),
        (pem.replace("BEGIN PRIVATE KEY-----", "BEGIN PRIVATE KEY").into_bytes(), "damaged"),
        ([pem.as_bytes(), b"\xff\xfe"].concat(), "no text"),
    ] {
        let error = PrivateKey::parse("file", &bytes).expect_err(expect);
        assert!(error.to_string().contains(expect), "{expect}: {error}");
        assert!(error.to_string().starts_with("file: "), "{error}");
    }
}

/// RFC 5958 section 2: the public key of version 2 must be the private one's.
#[test]
fn halves_that_do_not_belong_together_are_refused() {
    let (one, other) = (PrivateKey::generate(KeyAlgorithm::Ed25519), PrivateKey::generate(KeyAlgorithm::Ed25519));
    for (public, fits) in [(one.public(), true), (other.public(), false)] {
        let bits = tlv::encode(0x81, &[&[0], public.bits()]);
        let seed = tlv::encode(tlv::OCTET_STRING, &[&tlv::encode(tlv::OCTET_STRING, &[one.material().expose()])]);
        let der = tlv::encode(tlv::SEQUENCE, &[&tlv::encode_unsigned(&[1]), &Kind::Ed25519.encode(), &seed, &bits]);
        match PrivateKey::parse("file", &der) {
            Ok(key) => assert!(fits && same(&key, &one)),
            Err(error) => assert!(!fits && matches!(error, Error::Key(_)), "{error}"),
        }
    }
}

/// RFC 9935 section 6: three forms of one ML-KEM key, and one whose halves do not fit.
#[test]
fn ml_kem_keys_are_read_in_all_forms() {
    let key = PrivateKey::generate(KeyAlgorithm::MlKem768);
    let seed = key.material().expose();
    let expanded = material::ml_kem_expanded(&material::ml_kem_key(key.material()).expect("a seed is a key"));
    let file = |contents: &[u8]| {
        let octets = tlv::encode(tlv::OCTET_STRING, &[contents]);
        tlv::encode(tlv::SEQUENCE, &[&tlv::encode_unsigned(&[]), &Kind::MlKem768.encode(), &octets])
    };
    let octets = |contents: &[u8]| tlv::encode(tlv::OCTET_STRING, &[contents]);
    let both = |seed: &[u8]| tlv::encode(tlv::SEQUENCE, &[&octets(seed), &octets(expanded.expose())]);
    for contents in [tlv::encode(0x80, &[seed]), octets(expanded.expose()), both(seed)] {
        let read = PrivateKey::parse("file", &file(&contents)).expect("a form of RFC 9935");
        assert_eq!(read.public(), key.public());
        let again = PrivateKey::parse("file", read.pkcs8_der().expose()).expect("it was written here");
        assert!(same(&again, &read));
    }
    let error = PrivateKey::parse("file", &file(&both(&[7; 64]))).expect_err("another seed");
    assert!(error.to_string().contains("does not give the expanded key"), "{error}");
    let mut damaged = expanded.expose().to_vec();
    damaged[1500] ^= 1;
    let error = PrivateKey::parse("file", &file(&octets(&damaged))).expect_err("the hash in it does not fit");
    assert!(matches!(error, Error::Key(_)), "{error}");
}

fn public_of(kind: Kind, bits: &[u8]) -> Result<PublicKey> {
    PublicKey::parse("file", &public::encode(kind, bits))
}

/// Values that are encoded well and are no keys all the same.
#[test]
fn invalid_public_values_are_refused() {
    let prime = crate::elgamal::prime();
    let mut below = prime;
    below[255] -= 1;
    let mut two_below = prime;
    two_below[255] -= 2;
    let number = |bytes: &[u8]| tlv::encode_unsigned(bytes).to_vec();
    let mut off_curve = PrivateKey::generate(KeyAlgorithm::P256).public().bits().to_vec();
    off_curve[64] ^= 1;
    let mut identity = [0; 32];
    identity[0] = 1;
    for (kind, bits, rule) in [
        (Kind::ElGamal, number(&[]), "RFC 2631 section 2.1.5: zero"),
        (Kind::ElGamal, number(&[1]), "RFC 2631 section 2.1.5: one"),
        (Kind::ElGamal, number(&below), "RFC 2631 section 2.1.5: p - 1, of order two"),
        (Kind::ElGamal, number(&two_below), "p - 2, the negative of a square, is none"),
        (Kind::ElGamal, number(&prime), "not below p"),
        (Kind::P256, off_curve, "SP 800-56A section 5.6.2.3.3"),
        (Kind::P256, vec![0], "the point at infinity"),
        (Kind::X25519, vec![0; 32], "RFC 7748 section 6.1"),
        (Kind::X25519, identity.to_vec(), "RFC 7748 section 6.1"),
        (Kind::Ed25519, identity.to_vec(), "small order"),
        (Kind::MlKem768, vec![0xff; 1184], "FIPS 203 section 7.2: coefficients from 3329 on"),
    ] {
        let error = public_of(kind, &bits).expect_err(rule);
        assert!(matches!(error, Error::Key(_)), "{rule}: {error}");
    }
    // 2 generates the group, 4 is another member.
    for member in [2, 4] {
        assert!(public_of(Kind::ElGamal, &number(&[member])).is_ok());
    }
}

/// Sizes of RSA: 2048, 3072 and 4096 bits and nothing between; exponents from 3 up to 2^33.
#[test]
fn rsa_of_other_sizes_is_refused() {
    let rsa = |len: usize, exponent: &[u8]| {
        let modulus = tlv::encode_unsigned(&vec![0xff; len]);
        public_of(Kind::Rsa, &tlv::encode(tlv::SEQUENCE, &[&modulus, &tlv::encode_unsigned(exponent)]))
    };
    for len in [256, 384, 512] {
        assert!(rsa(len, &[1, 0, 1]).is_ok());
    }
    for len in [0, 64, 128, 255, 257, 1024, 2048] {
        let error = rsa(len, &[1, 0, 1]).expect_err("another size");
        assert!(matches!(&error, Error::Key(text) if text.contains("2048, 3072 and 4096")), "{error}");
    }
    for exponent in [&[][..], &[1], &[2], &[1, 0, 0], &[2, 0, 0, 0, 1], &[1, 0, 0, 0, 0, 1]] {
        assert!(matches!(rsa(256, exponent), Err(Error::Key(_))), "{exponent:?}");
    }
    assert!(rsa(256, &[3]).is_ok());
}
