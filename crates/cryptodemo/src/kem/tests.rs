//! Every mechanism by every backend, against every other.

use super::*;

fn key_for(algorithm: KemAlgorithm) -> PrivateKey {
    PrivateKey::generate(match algorithm {
        KemAlgorithm::RsaOaep => KeyAlgorithm::Rsa2048,
        KemAlgorithm::X25519 => KeyAlgorithm::X25519,
        KemAlgorithm::P256 => KeyAlgorithm::P256,
        KemAlgorithm::MlKem768 => KeyAlgorithm::MlKem768,
        KemAlgorithm::X25519MlKem768 => KeyAlgorithm::X25519MlKem768,
        KemAlgorithm::ElGamal => KeyAlgorithm::ElGamal2048,
    })
}

fn pairs(algorithm: KemAlgorithm) -> Vec<(Backend, Backend)> {
    let to = algorithm.backends();
    algorithm.encapsulating_backends().iter().flat_map(|a| to.iter().map(|b| (*a, *b))).collect()
}

/// RFC 9180 section 4: decapsulation gives the encapsulated secret, whoever made it.
#[test]
fn backends_agree_on_the_secret() {
    for algorithm in KemAlgorithm::ALL {
        let key = key_for(algorithm);
        for (from, to) in pairs(algorithm) {
            let (secret, encapsulation) = encapsulator(algorithm, from, key.public())
                .and_then(|it| it.encapsulate())
                .expect("the backend has it");
            let got = decapsulator(algorithm, to, &key).and_then(|it| it.decapsulate(&encapsulation)).expect("it fits");
            assert_eq!(got, secret, "{algorithm} {from} {to}");
            assert_eq!(secret.len(), SHARED_SECRET_LEN);
            let (another, _) = encapsulator(algorithm, from, key.public())
                .and_then(|it| it.encapsulate())
                .expect("the backend has it");
            assert_ne!(another, secret, "{algorithm} {from}: secrets are fresh");
        }
    }
}

#[test]
fn backends_say_what_they_lack() {
    for algorithm in KemAlgorithm::ALL {
        let key = key_for(algorithm);
        assert_eq!(KemAlgorithm::for_key(key.public()).expect("it is for encryption"), algorithm);
        for backend in Backend::ALL {
            let sends = algorithm.encapsulating_backends().contains(&backend);
            assert_eq!(encapsulator(algorithm, backend, key.public()).is_ok(), sends, "{algorithm} {backend}");
            let receives = algorithm.backends().contains(&backend);
            assert_eq!(decapsulator(algorithm, backend, &key).is_ok(), receives, "{algorithm} {backend}");
        }
        let wrong = key_for(if algorithm == KemAlgorithm::P256 { KemAlgorithm::X25519 } else { KemAlgorithm::P256 });
        let error = encapsulator(algorithm, algorithm.backends()[0], wrong.public()).err().expect("another kind");
        assert!(matches!(error, Error::Key(_)), "{error}");
    }
    let signing = PrivateKey::generate(KeyAlgorithm::Ed25519);
    assert!(matches!(KemAlgorithm::for_key(signing.public()), Err(Error::Key(_))));
}

/// What the documentation of [`Encapsulator`] and [`Decapsulator`] promises.
#[test]
fn encapsulations_have_their_lengths_and_others_are_rejected() {
    for (algorithm, len) in [
        (KemAlgorithm::RsaOaep, 256),
        (KemAlgorithm::X25519, 32),
        (KemAlgorithm::P256, 65),
        (KemAlgorithm::MlKem768, 1088),
        (KemAlgorithm::X25519MlKem768, 1120),
        (KemAlgorithm::ElGamal, 256),
    ] {
        let key = key_for(algorithm);
        for from in algorithm.encapsulating_backends() {
            let (_, made) = encapsulator(algorithm, *from, key.public()).and_then(|it| it.encapsulate()).unwrap();
            assert_eq!(made.len(), len, "{algorithm} {from}");
        }
        for backend in algorithm.backends() {
            let decapsulator = decapsulator(algorithm, *backend, &key).unwrap();
            for wrong in [0, len - 1, len + 1] {
                assert!(
                    matches!(decapsulator.decapsulate(&vec![7; wrong]), Err(Error::Rejected(_))),
                    "{algorithm} {wrong}"
                );
            }
        }
    }
    // FIPS 203 section 6.3: implicit rejection.
    let key = key_for(KemAlgorithm::MlKem768);
    for backend in KemAlgorithm::MlKem768.backends() {
        assert!(decapsulator(KemAlgorithm::MlKem768, *backend, &key).unwrap().decapsulate(&[7; 1088]).is_ok());
    }
}

/// RUSTSEC-2023-0071: the crate `rsa` is never the first choice where a private RSA key decrypts.
#[test]
fn rsa_is_decrypted_by_aws_lc() {
    assert_eq!(KemAlgorithm::RsaOaep.backends()[0], Backend::AwsLc);
    assert_eq!(KemAlgorithm::RsaOaep.encapsulating_backends()[0], Backend::AwsLc);
    for scheme in [EncryptionScheme::RsaOaep, EncryptionScheme::RsaPkcs1] {
        assert_eq!(scheme.backends()[0], Backend::AwsLc, "{scheme}");
    }
}

/// A changed encapsulation or another's key never gives the secret, and all errors read the same.
#[test]
fn changed_encapsulations_never_give_the_secret() {
    let expect = Error::decryption().to_string();
    for algorithm in KemAlgorithm::ALL {
        let key = key_for(algorithm);
        let other = key_for(algorithm);
        for backend in algorithm.backends() {
            let (secret, good) =
                encapsulator(algorithm, *backend, key.public()).and_then(|it| it.encapsulate()).expect("it has it");
            let decapsulator = |key| decapsulator(algorithm, *backend, key).expect("it has it");
            let mut bad = vec![Vec::new(), good[..good.len() - 1].to_vec(), [&good[..], &[0]].concat()];
            bad.push(vec![0; good.len()]);
            bad.push(vec![0xff; good.len()]);
            for at in (0..good.len()).step_by(good.len() / 4) {
                let mut flipped = good.clone();
                flipped[at] ^= 4;
                bad.push(flipped);
            }
            for bytes in &bad {
                match decapsulator(&key).decapsulate(bytes) {
                    Ok(got) => assert_ne!(got, secret, "{algorithm} {backend}"),
                    Err(error) => assert_eq!(error.to_string(), expect, "{algorithm} {backend}"),
                }
            }
            match decapsulator(&other).decapsulate(&good) {
                Ok(got) => assert_ne!(got, secret, "{algorithm} {backend}"),
                Err(error) => assert_eq!(error.to_string(), expect),
            }
        }
    }
}

/// RFC 7748 section 6.1, within the joined mechanism too: the X25519 half must not be all zero.
#[test]
fn points_of_small_order_are_refused() {
    for algorithm in [KemAlgorithm::X25519, KemAlgorithm::X25519MlKem768] {
        let key = key_for(algorithm);
        for backend in algorithm.backends() {
            let (_, mut encapsulation) =
                encapsulator(algorithm, *backend, key.public()).and_then(|it| it.encapsulate()).expect("it has it");
            let point = encapsulation.len() - 32;
            encapsulation[point..].fill(0);
            let result = decapsulator(algorithm, *backend, &key).and_then(|it| it.decapsulate(&encapsulation));
            assert_eq!(result.expect_err("small order").to_string(), Error::decryption().to_string(), "{backend}");
        }
    }
}

/// An ElGamal encapsulation outside the subgroup of prime order would tell a bit of the key: -c for c.
#[test]
fn elgamal_refuses_values_outside_the_subgroup() {
    let key = key_for(KemAlgorithm::ElGamal);
    let (_, good) = encapsulator(KemAlgorithm::ElGamal, Backend::Rust, key.public())
        .and_then(|it| it.encapsulate())
        .expect("rust has it");
    let prime = crate::elgamal::prime();
    let mut borrow = 0_i16;
    let mut negative = vec![0; good.len()];
    for at in (0..good.len()).rev() {
        let digit = i16::from(prime[at]) - i16::from(good[at]) - borrow;
        borrow = i16::from(digit < 0);
        negative[at] = digit.rem_euclid(256).to_le_bytes()[0];
    }
    let decapsulator = decapsulator(KemAlgorithm::ElGamal, Backend::Rust, &key).expect("rust has it");
    assert!(decapsulator.decapsulate(&good).is_ok());
    assert!(decapsulator.decapsulate(&negative).is_err());
}

/// The derived secret depends on all that it is said to (see `derive`).
#[test]
fn the_secret_is_bound_to_all_that_was_sent() {
    let base = derive::derive(KemAlgorithm::X25519, &[b"shared"], b"sent", b"to");
    for other in [
        derive::derive(KemAlgorithm::P256, &[b"shared"], b"sent", b"to"),
        derive::derive(KemAlgorithm::X25519, &[b"shares"], b"sent", b"to"),
        derive::derive(KemAlgorithm::X25519, &[b"shared"], b"sens", b"to"),
        derive::derive(KemAlgorithm::X25519, &[b"shared"], b"sent", b"tp"),
    ] {
        assert_ne!(other, base);
    }
}
