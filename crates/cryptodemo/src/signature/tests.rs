//! Every scheme by every backend, against every other.

use super::*;

fn key_for(scheme: SignatureScheme) -> PrivateKey {
    PrivateKey::generate(match scheme {
        SignatureScheme::RsaPss | SignatureScheme::RsaPkcs1 => KeyAlgorithm::Rsa2048,
        SignatureScheme::Ed25519 => KeyAlgorithm::Ed25519,
        SignatureScheme::EcdsaP256 => KeyAlgorithm::P256,
    })
}

/// RFC 8017 section 8, RFC 8032 section 5.1, FIPS 186-5 section 6.4: what one signs the others accept, and nothing else.
#[test]
fn backends_accept_each_others_signatures() {
    for scheme in SignatureScheme::ALL {
        let (key, other) = (key_for(scheme), key_for(scheme));
        for from in scheme.backends() {
            let signer = signer(scheme, *from, &key).expect("the backend has it");
            for message in [&b""[..], b"hello", &[7; 5000]] {
                let signature = signer.sign(message);
                let mut changed = signature.clone();
                changed[signature.len() / 2] ^= 1;
                let short = &signature[..signature.len() - 1];
                let long = [&signature[..], &[0]].concat();
                for by in scheme.backends() {
                    let verifier = |key| verifier(scheme, *by, key).expect("the backend has it");
                    let mine = verifier(key.public());
                    mine.verify(message, &signature).unwrap_or_else(|error| panic!("{scheme} {from} {by}: {error}"));
                    for bad in [&changed[..], short, &long, &[], &vec![0; signature.len()]] {
                        assert!(matches!(mine.verify(message, bad), Err(Error::Rejected(_))), "{scheme} {from} {by}");
                    }
                    assert!(mine.verify(b"another message", &signature).is_err(), "{scheme} {from} {by}");
                    assert!(verifier(other.public()).verify(message, &signature).is_err(), "{scheme} {from} {by}");
                }
            }
        }
    }
}

/// What the documentation of [`Signer`] promises.
#[test]
fn signatures_have_their_lengths() {
    for scheme in SignatureScheme::ALL {
        let key = key_for(scheme);
        let lens = match scheme {
            SignatureScheme::RsaPss | SignatureScheme::RsaPkcs1 => 256..=256,
            SignatureScheme::Ed25519 => 64..=64,
            SignatureScheme::EcdsaP256 => 8..=72,
        };
        for backend in scheme.backends() {
            let signature = signer(scheme, *backend, &key).unwrap().sign(b"hello");
            assert!(lens.contains(&signature.len()), "{scheme} {backend}: {}", signature.len());
        }
    }
}

/// A PSS signature is none of PKCS#1 v1.5, and the other way round.
#[test]
fn schemes_of_one_key_are_kept_apart() {
    let key = key_for(SignatureScheme::RsaPss);
    let schemes = [SignatureScheme::RsaPss, SignatureScheme::RsaPkcs1];
    for (of, by) in [(0, 1), (1, 0)] {
        let signature = signer(schemes[of], Backend::AwsLc, &key).expect("AWS-LC has it").sign(b"hello");
        for backend in Backend::ALL {
            let verifier = verifier(schemes[by], backend, key.public()).expect("the backend has it");
            assert!(verifier.verify(b"hello", &signature).is_err(), "{backend}");
        }
    }
}

#[test]
fn keys_that_do_not_sign_are_refused() {
    for algorithm in [KeyAlgorithm::X25519, KeyAlgorithm::MlKem768, KeyAlgorithm::ElGamal2048] {
        let key = PrivateKey::generate(algorithm);
        assert!(matches!(SignatureScheme::for_key(key.public()), Err(Error::Key(_))));
        for scheme in SignatureScheme::ALL {
            assert!(matches!(signer(scheme, Backend::AwsLc, &key).err(), Some(Error::Key(_))));
            assert!(matches!(verifier(scheme, Backend::AwsLc, key.public()).err(), Some(Error::Key(_))));
        }
    }
    let key = key_for(SignatureScheme::Ed25519);
    for scheme in [SignatureScheme::RsaPss, SignatureScheme::RsaPkcs1, SignatureScheme::EcdsaP256] {
        assert!(matches!(signer(scheme, Backend::AwsLc, &key).err(), Some(Error::Key(_))));
    }
}
