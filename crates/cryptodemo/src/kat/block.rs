//! Symmetric ciphers: authenticated, and those of the notes.

use serde::Deserialize;

use super::runner::{Answer, Case};
use super::schema::{self, Common, Hex, Verdict};
use super::{cbc_hmac, gcm};
use crate::aead::{self, AeadAlgorithm, NONCE_LEN, TAG_LEN};
use crate::error::Error;
use crate::legacy::{self, BlockCipher, LegacyAlgorithm, Mode};
use crate::{Backend, Result, Secret};

#[derive(Deserialize)]
struct AlgorithmName {
    algorithm: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AeadGroup {
    /// Bits, as the two below.
    key_size: usize,
    iv_size: usize,
    tag_size: usize,
}

#[derive(Deserialize)]
pub(super) struct AeadTest {
    pub(super) key: Hex,
    pub(super) iv: Hex,
    pub(super) aad: Hex,
    pub(super) msg: Hex,
    pub(super) ct: Hex,
    pub(super) tag: Hex,
}

/// `aead_test_schema_v1.json`.
pub(super) fn aead_cases(what: &str, json: &[u8]) -> Result<Vec<Case>> {
    let AlgorithmName { algorithm } = schema::read(what, json)?;
    schema::cases(what, json, |group: &AeadGroup, common, test: AeadTest| match algorithm.as_str() {
        // These two are no command's. They show that the ciphers are right in other modes than OpenSSL's answers have.
        "A256CBC-HS512" => Case::new(common, &[Backend::Rust], move |_| cbc_hmac::answer(&test)),
        // SEED-GCM is no command's; it shows that SEED is right under another mode than OpenSSL's answers have.
        "SEED-GCM" => Case::new(common, &[Backend::Rust], move |_| gcm::seed_answer(&test)),
        name => aead_case(name, group, common, test),
    })
}

fn aead_case(name: &str, group: &AeadGroup, common: Common, test: AeadTest) -> Case {
    let algorithm = match (name, group.key_size) {
        ("AES-GCM", 128) => AeadAlgorithm::Aes128Gcm,
        ("AES-GCM", 256) => AeadAlgorithm::Aes256Gcm,
        ("ARIA-GCM", 128) => AeadAlgorithm::Aria128Gcm,
        ("ARIA-GCM", 256) => AeadAlgorithm::Aria256Gcm,
        ("CHACHA20-POLY1305", 256) => AeadAlgorithm::ChaCha20Poly1305,
        ("AES-GCM" | "ARIA-GCM", bits) => {
            return Case::skipped(common, format!("{name} with a key of {bits} bits is not offered"));
        }
        (name, _) => return Case::skipped(common, format!("{name} is not offered")),
    };
    if group.iv_size != 8 * NONCE_LEN {
        return Case::skipped(common, "only IVs of 96 bits are offered");
    }
    if group.tag_size != 8 * TAG_LEN {
        return Case::skipped(common, "only tags of 128 bits are offered");
    }
    let backends = algorithm.backends();
    let valid = common.result == Verdict::Valid;
    Case::new(common, backends, move |backend| aead_answer(algorithm, backend, &test, valid).into())
}

/// Opening must give the message; and sealing a valid test's message must give its ciphertext.
fn aead_answer(algorithm: AeadAlgorithm, backend: Backend, test: &AeadTest, valid: bool) -> Result<Answer> {
    let key = aead::raw_key(algorithm, backend, &Secret::from(test.key.0.as_slice()))?;
    let nonce = sized(&test.iv.0)?;
    let tag = sized(&test.tag.0)?;
    let mut opened = test.ct.0.clone();
    let opened = key.open_raw(&nonce, &test.aad.0, &mut opened, &tag).map(|()| opened);
    Ok(Answer::of_bytes(opened, &test.msg.0).and(|| {
        if !valid {
            return Answer::Agrees;
        }
        let mut sealed = test.msg.0.clone();
        let seal_tag = key.seal_raw(&nonce, &test.aad.0, &mut sealed);
        if (sealed, seal_tag) == (test.ct.0.clone(), tag) {
            Answer::Agrees
        } else {
            Answer::Differs("sealed to other bytes than the file".to_owned())
        }
    }))
}

fn sized<const N: usize>(bytes: &[u8]) -> Result<[u8; N]> {
    bytes.try_into().map_err(|_| Error::Usage(format!("{N} bytes expected")))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CbcGroup {
    /// Bits.
    key_size: usize,
}

#[derive(Deserialize)]
struct CbcTest {
    key: Hex,
    iv: Hex,
    msg: Hex,
    ct: Hex,
}

/// `ind_cpa_test_schema_v1.json`.
pub(super) fn cbc_cases(what: &str, json: &[u8]) -> Result<Vec<Case>> {
    let AlgorithmName { algorithm } = schema::read(what, json)?;
    schema::cases(what, json, |group: &CbcGroup, common, test: CbcTest| {
        let name = match algorithm.as_str() {
            "AES-CBC-PKCS5" => "aes",
            "ARIA-CBC-PKCS5" => "aria",
            other => return Case::skipped(common, format!("{other} is not offered")),
        };
        let bits = group.key_size;
        match LegacyAlgorithm::named(&format!("{name}-{bits}-cbc")) {
            Some(algorithm) => legacy_case(common, algorithm, test),
            None => Case::skipped(common, format!("{algorithm} with a key of {bits} bits is not offered")),
        }
    })
}

/// Decrypting must give the message; and encrypting a valid test's message must give its ciphertext.
fn legacy_case(common: Common, algorithm: LegacyAlgorithm, test: CbcTest) -> Case {
    let valid = common.result == Verdict::Valid;
    Case::new(common, &[Backend::Rust], move |_| {
        let answer = || {
            let key = legacy::key(algorithm, &Secret::from(test.key.0.as_slice()))?;
            let decrypted = Answer::of_bytes(key.decrypt(&test.iv.0, &test.ct.0), &test.msg.0);
            Ok(decrypted.and(|| {
                if valid { Answer::of_bytes(key.encrypt(&test.iv.0, &test.msg.0), &test.ct.0) } else { Answer::Agrees }
            }))
        };
        answer().into()
    })
}

#[derive(Deserialize)]
struct OpensslFile {
    tests: Vec<OpensslTest>,
}

#[derive(Deserialize)]
struct OpensslTest {
    alg: String,
    #[serde(flatten)]
    test: CbcTest,
}

/// Answers of `openssl enc`, numbered from 1 in their order.
pub(super) fn openssl_cases(what: &str, json: &[u8]) -> Result<Vec<Case>> {
    let file: OpensslFile = schema::read(what, json)?;
    Ok((1..)
        .zip(file.tests)
        .map(|(id, OpensslTest { alg, test })| {
            let common = Common { id, comment: format!("{alg}, {} bytes", test.msg.0.len()), result: Verdict::Valid };
            match LegacyAlgorithm::named(&alg) {
                Some(algorithm) => legacy_case(common, algorithm, test),
                None => Case::skipped(common, format!("{alg} is not offered")),
            }
        })
        .collect())
}

/// A block cipher alone, one block at a time.
pub(super) fn block_cipher(cipher: BlockCipher, key: &[u8]) -> Result<impl Fn(&mut [u8; 16])> {
    let key = legacy::raw_key(LegacyAlgorithm { cipher, mode: Mode::Ecb }, &Secret::from(key))?;
    Ok(move |block: &mut [u8; 16]| key.encrypt_blocks(&[], block))
}
