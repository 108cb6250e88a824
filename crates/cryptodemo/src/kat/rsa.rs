//! RSA decryption: RSAES-OAEP and RSAES-PKCS1-v1_5 (RFC 8017 section 7).
//!
//! What the commands offer is decrypted by their code. Labels, other hashes and other sizes of keys are no command's;
//! they go to the libraries directly.

use aws_lc_rs::rsa::{
    OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OAEP_SHA384_MGF1SHA384, OAEP_SHA512_MGF1SHA512, OaepAlgorithm,
    OaepPrivateDecryptingKey, PrivateDecryptingKey,
};
use serde::Deserialize;

use super::runner::{Answer, Case};
use super::schema::{self, Hex};
use crate::encryption::{EncryptionScheme, decryptor};
use crate::keys::PrivateKey;
use crate::rsa::oaep::{self, Hash};
use crate::{Backend, Result};

const BACKENDS: [Backend; 2] = [Backend::Rust, Backend::AwsLc];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OaepGroup {
    sha: String,
    mgf: String,
    mgf_sha: String,
    key_size: usize,
    private_key_pkcs8: Hex,
}

#[derive(Deserialize)]
struct OaepTest {
    msg: Hex,
    ct: Hex,
    label: Hex,
}

/// `rsaes_oaep_decrypt_schema_v1.json`.
pub(super) fn oaep_cases(what: &str, json: &[u8]) -> Result<Vec<Case>> {
    schema::cases(what, json, |group: &OaepGroup, common, test: OaepTest| {
        let (Some(hash), Some(mgf_hash), "MGF1") = (Hash::named(&group.sha), Hash::named(&group.mgf_sha), &*group.mgf)
        else {
            return Case::skipped(
                common,
                format!("{} with {} of {} is not offered", group.sha, group.mgf, group.mgf_sha),
            );
        };
        let oaep = Oaep { pkcs8: group.private_key_pkcs8.0.clone(), bits: group.key_size, hash, mgf_hash };
        Case::new(common, &BACKENDS, move |backend| {
            answer(oaep.decrypt(backend, &test.label.0, &test.ct.0), &test.msg.0)
        })
    })
}

/// A key and how it is used.
pub(super) struct Oaep {
    pub(super) pkcs8: Vec<u8>,
    pub(super) bits: usize,
    pub(super) hash: Hash,
    pub(super) mgf_hash: Hash,
}

/// A message, `None` if the ciphertext is refused; or why the library cannot be asked.
pub(super) type Decrypted = std::result::Result<Option<Vec<u8>>, String>;

impl Oaep {
    pub(super) fn decrypt(&self, backend: Backend, label: &[u8], ciphertext: &[u8]) -> Decrypted {
        let is_offered = (self.hash, self.mgf_hash) == (Hash::Sha256, Hash::Sha256) && label.is_empty();
        if is_offered && [2048, 3072, 4096].contains(&self.bits) {
            return by_command(EncryptionScheme::RsaOaep, backend, &self.pkcs8, ciphertext);
        }
        match backend {
            Backend::AwsLc => self.by_aws_lc(label, ciphertext),
            Backend::Ring | Backend::Rust => oaep::decrypt(&self.pkcs8, self.hash, self.mgf_hash, label, ciphertext),
        }
    }

    fn by_aws_lc(&self, label: &[u8], ciphertext: &[u8]) -> Decrypted {
        let algorithm: &'static OaepAlgorithm = match (self.hash, self.mgf_hash) {
            (Hash::Sha1, Hash::Sha1) => &OAEP_SHA1_MGF1SHA1,
            (Hash::Sha256, Hash::Sha256) => &OAEP_SHA256_MGF1SHA256,
            (Hash::Sha384, Hash::Sha384) => &OAEP_SHA384_MGF1SHA384,
            (Hash::Sha512, Hash::Sha512) => &OAEP_SHA512_MGF1SHA512,
            _ => return Err("it has no OAEP with this pair of hashes".to_owned()),
        };
        let unusable = "it does not load the key";
        let key = PrivateDecryptingKey::from_pkcs8(&self.pkcs8).map_err(|_| unusable.to_owned())?;
        let key = OaepPrivateDecryptingKey::new(key).map_err(|_| unusable.to_owned())?;
        let mut buffer = vec![0; key.min_output_size()];
        let label = Some(label).filter(|label| !label.is_empty());
        Ok(key.decrypt(algorithm, ciphertext, &mut buffer, label).ok().map(|message| message.to_vec()))
    }
}

fn answer(decrypted: Decrypted, expected: &[u8]) -> Answer {
    match decrypted {
        Ok(message) => Answer::of_bytes(message.ok_or(()), expected),
        Err(reason) => Answer::Skipped(reason),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Pkcs1Group {
    private_key_pkcs8: Hex,
}

#[derive(Deserialize)]
struct Pkcs1Test {
    msg: Hex,
    ct: Hex,
}

/// `rsaes_pkcs1_decrypt_schema_v1.json`. A library that gives an invented message instead of an error has refused too:
/// that keeps Bleichenbacher's attack from learning anything (implicit rejection). It must not give the right message.
pub(super) fn pkcs1_cases(what: &str, json: &[u8]) -> Result<Vec<Case>> {
    schema::cases(what, json, |group: &Pkcs1Group, common, test: Pkcs1Test| {
        let pkcs8 = group.private_key_pkcs8.0.clone();
        let scheme = EncryptionScheme::RsaPkcs1;
        let case = Case::new(common, scheme.backends(), move |backend| {
            answer(by_command(scheme, backend, &pkcs8, &test.ct.0), &test.msg.0)
        });
        case.another_answer_refuses()
    })
}

/// By the code behind `pub decrypt`.
pub(super) fn by_command(scheme: EncryptionScheme, backend: Backend, pkcs8: &[u8], ciphertext: &[u8]) -> Decrypted {
    if !scheme.backends().contains(&backend) {
        return Err("it does not have the scheme".to_owned());
    }
    // A key that cannot be used refuses nothing: the test says something about ciphertexts only.
    let key = PrivateKey::parse("the key", pkcs8).and_then(|key| decryptor(scheme, backend, &key));
    let decryptor = key.map_err(|error| error.to_string())?;
    Ok(decryptor.decrypt(ciphertext).ok().map(|message| message.expose().to_vec()))
}
