//! ML-KEM-768 (FIPS 203): by the code behind the commands, and where randomness must be given, by the crate under it.

use ml_kem::kem::KeyExport;
use ml_kem::ml_kem_768::{DecapsulationKey, EncapsulationKey};
use serde::Deserialize;

use super::der::element;
use super::runner::{Answer, Case};
use super::schema::{self, Common, Hex, Verdict};
use crate::error::Error;
use crate::kem::{self, KemAlgorithm};
use crate::keys::{PrivateKey, PublicKey};
use crate::{Backend, Result};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Group {
    parameter_set: String,
}

fn cases<T: serde::de::DeserializeOwned>(
    what: &str,
    json: &[u8],
    mut case: impl FnMut(Common, T) -> Case,
) -> Result<Vec<Case>> {
    schema::cases(what, json, |group: &Group, common, test: T| {
        if group.parameter_set == "ML-KEM-768" {
            case(common, test)
        } else {
            Case::skipped(common, format!("{} is not offered", group.parameter_set))
        }
    })
}

#[derive(Deserialize)]
struct GenerationTest {
    seed: Hex,
    ek: Hex,
    dk: Hex,
}

/// `mlkem_keygen_seed_test_schema.json`: both keys from the seed.
pub(super) fn generation_cases(what: &str, json: &[u8]) -> Result<Vec<Case>> {
    cases(what, json, |common, test: GenerationTest| {
        Case::new(common, &[Backend::Rust], move |_| {
            let answer = || {
                let key = private_key(&test.seed.0)?;
                let public = key.public().spki_der();
                let seed =
                    test.seed.0.as_slice().try_into().map_err(|_| Error::Key("a seed has 64 bytes".to_owned()))?;
                let key = DecapsulationKey::from_seed(seed);
                #[expect(deprecated, reason = "the vectors have the expanded form")]
                let expanded = ml_kem::ExpandedKeyEncoding::to_expanded_bytes(&key);
                Ok(Answer::of_bytes(Ok::<_, ()>(expanded), &test.dk.0)
                    .and(|| Answer::of_bytes(Ok::<_, ()>(public), &spki(&test.ek.0))))
            };
            answer().into()
        })
    })
}

#[derive(Deserialize)]
struct EncapsulationTest {
    m: Hex,
    ek: Hex,
    c: Hex,
    #[serde(rename = "K")]
    k: Hex,
}

/// `mlkem_encaps_test_schema.json`: ciphertext and secret from given randomness; keys that are to be refused.
pub(super) fn encapsulation_cases(what: &str, json: &[u8]) -> Result<Vec<Case>> {
    cases(what, json, |common, test: EncapsulationTest| match common.result {
        Verdict::Valid => Case::new(common, KemAlgorithm::MlKem768.backends(), move |backend| match backend {
            Backend::Rust => encapsulate(&test).into(),
            Backend::AwsLc | Backend::Ring => Answer::Skipped("it takes no randomness from the caller".to_owned()),
        }),
        // A key is refused before any randomness is used, by all backends.
        Verdict::Invalid | Verdict::Acceptable => {
            Case::new(common, KemAlgorithm::MlKem768.backends(), move |backend| {
                let encapsulated = PublicKey::parse("the key", &spki(&test.ek.0))
                    .and_then(|key| kem::encapsulator(KemAlgorithm::MlKem768, backend, &key))
                    .and_then(|encapsulator| encapsulator.encapsulate());
                Answer::of_check(encapsulated.map(|_| ()))
            })
        }
    })
}

fn encapsulate(test: &EncapsulationTest) -> Result<Answer> {
    let refused = |_| Error::Key("the key is refused".to_owned());
    let key = test.ek.0.as_slice().try_into().map_err(refused)?;
    let key = EncapsulationKey::new(key).map_err(|_| Error::Key("the key is refused".to_owned()))?;
    let m = test.m.0.as_slice().try_into().map_err(|_| Error::Usage("32 bytes of randomness expected".to_owned()))?;
    let (ciphertext, secret) = key.encapsulate_deterministic(m);
    Ok(Answer::of_bytes(Ok::<_, ()>(ciphertext), &test.c.0)
        .and(|| Answer::of_bytes(Ok::<_, ()>(secret), &test.k.0))
        .and(|| Answer::of_bytes(Ok::<_, ()>(key.to_bytes()), &test.ek.0)))
}

#[derive(Deserialize)]
struct DecapsulationTest {
    seed: Hex,
    c: Hex,
    #[serde(rename = "K")]
    k: Hex,
}

/// `mlkem_test_schema.json`: the secret from the seed of the key and the ciphertext.
pub(super) fn decapsulation_cases(what: &str, json: &[u8]) -> Result<Vec<Case>> {
    cases(what, json, |common, test: DecapsulationTest| {
        Case::new(common, KemAlgorithm::MlKem768.backends(), move |backend| {
            let answer = || {
                let key = private_key(&test.seed.0)?;
                let decapsulator = kem::decapsulator(KemAlgorithm::MlKem768, backend, &key)?;
                let secret = decapsulator.decapsulate(&test.c.0);
                Ok(Answer::of_bytes(secret.as_ref().map(|secret| secret.expose()), &test.k.0))
            };
            answer().into()
        })
    })
}

/// id-alg-ml-kem-768 as AlgorithmIdentifier (RFC 9935 section 3).
const ALGORITHM: [u8; 13] = [0x30, 11, 0x06, 9, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x04, 0x02];

/// PKCS#8 of a seed (RFC 9935 section 6).
fn private_key(seed: &[u8]) -> Result<PrivateKey> {
    let key = element(0x04, &element(0x80, seed));
    let pkcs8 = element(0x30, &[&[0x02, 1, 0], ALGORITHM.as_slice(), &key].concat());
    PrivateKey::parse("the seed", &pkcs8)
}

/// SubjectPublicKeyInfo of an encapsulation key (RFC 9935 section 4).
fn spki(key: &[u8]) -> Vec<u8> {
    element(0x30, &[&ALGORITHM, element(0x03, &[&[0], key].concat()).as_slice()].concat())
}
