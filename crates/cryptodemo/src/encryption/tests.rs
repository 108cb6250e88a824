//! Every scheme by every backend, against every other.

use super::*;

fn key_for(scheme: EncryptionScheme) -> PrivateKey {
    PrivateKey::generate(match scheme {
        EncryptionScheme::RsaOaep | EncryptionScheme::RsaPkcs1 => KeyAlgorithm::Rsa2048,
        EncryptionScheme::ElGamal => KeyAlgorithm::ElGamal2048,
    })
}

/// What one backend encrypts another opens, up to the longest message (RFC 8017 sections 7.1.1 and 7.2.1).
#[test]
fn backends_open_each_others_messages() {
    for scheme in EncryptionScheme::ALL {
        let key = key_for(scheme);
        let max = scheme.max_len(key.algorithm()).unwrap_or(100_000);
        for (from, to) in scheme.backends().iter().flat_map(|a| scheme.backends().iter().map(move |b| (*a, *b))) {
            let encryptor = encryptor(scheme, from, key.public()).expect("the backend has it");
            let decryptor = decryptor(scheme, to, &key).expect("the backend has it");
            for len in [0, 1, 16, max] {
                let message = vec![0x5a; len];
                let ciphertext = encryptor.encrypt(&message).expect("it is short enough");
                assert_eq!(decryptor.decrypt(&ciphertext).expect("it fits").expose(), message, "{scheme} {from} {to}");
            }
            assert_eq!(encryptor.max_len(), scheme.max_len(key.algorithm()));
        }
    }
}

#[test]
fn backends_say_what_they_lack() {
    for scheme in EncryptionScheme::ALL {
        let key = key_for(scheme);
        for backend in Backend::ALL {
            let has = scheme.backends().contains(&backend);
            assert_eq!(encryptor(scheme, backend, key.public()).is_ok(), has);
            assert_eq!(decryptor(scheme, backend, &key).is_ok(), has);
        }
        let other = PrivateKey::generate(KeyAlgorithm::Ed25519);
        let error = encryptor(scheme, scheme.backends()[0], other.public()).err().expect("a key for signatures");
        assert!(matches!(error, Error::Key(_)), "{error}");
    }
}

/// One byte too many: the limit is told, and where to go.
#[test]
fn messages_too_long_are_refused_with_the_limit() {
    let key = key_for(EncryptionScheme::RsaOaep);
    for (scheme, max) in [(EncryptionScheme::RsaOaep, 190), (EncryptionScheme::RsaPkcs1, 245)] {
        for backend in scheme.backends() {
            let encryptor = encryptor(scheme, *backend, key.public()).expect("the backend has it");
            let error = encryptor.encrypt(&vec![0; max + 1]).expect_err("too long");
            assert!(matches!(&error, Error::Usage(text) if text.contains(&format!("takes {max} at most"))), "{error}");
        }
    }
}

/// RFC 8017 section 7.1.2, step 3g: which check failed must not show.
#[test]
fn all_failures_of_decryption_look_the_same() {
    for scheme in [EncryptionScheme::RsaOaep, EncryptionScheme::ElGamal] {
        let key = key_for(scheme);
        let expect = Error::decryption().to_string();
        for backend in scheme.backends() {
            let decryptor = decryptor(scheme, *backend, &key).expect("the backend has it");
            let good = encryptor(scheme, *backend, key.public()).and_then(|it| it.encrypt(b"hello")).expect("short");
            let mut flipped = good.clone();
            flipped[100] ^= 1;
            let mut last = good.clone();
            *last.last_mut().expect("not empty") ^= 1;
            let (short, long) = (good[..good.len() - 1].to_vec(), [&good[..], &[0]].concat());
            for bad in [flipped, last, short, long, Vec::new(), vec![0; good.len()], vec![0xff; good.len()]] {
                assert_eq!(decryptor.decrypt(&bad).expect_err("changed").to_string(), expect, "{scheme} {backend}");
            }
        }
    }
}

/// Implicit rejection (draft-irtf-cfrg-rsa-guidance): a wrong padding gives the same made-up message each time by the
/// crate `rsa`; AWS-LC gives the one error.
#[test]
fn a_wrong_pkcs1_padding_is_no_oracle() {
    let (key, scheme) = (key_for(EncryptionScheme::RsaPkcs1), EncryptionScheme::RsaPkcs1);
    let oaep = encryptor(EncryptionScheme::RsaOaep, Backend::AwsLc, key.public()).expect("AWS-LC has it");
    let wrong = oaep.encrypt(b"padded otherwise").expect("short");
    let by_rust = decryptor(scheme, Backend::Rust, &key).expect("rust has it");
    let made_up = by_rust.decrypt(&wrong).expect("no error");
    assert_eq!(by_rust.decrypt(&wrong).expect("no error"), made_up);
    let by_aws_lc = decryptor(scheme, Backend::AwsLc, &key).expect("AWS-LC has it");
    assert_eq!(by_aws_lc.decrypt(&wrong).expect_err("an error").to_string(), Error::decryption().to_string());
}
