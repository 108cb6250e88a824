//! JSON Web Encryption in the compact form (RFC 7516), opened with the primitives of the commands.
//!
//! No command reads this format. Its vectors are the only ones that use RSA-OAEP and AES-GCM together, as the hybrid
//! exchange does.

use base64ct::{Base64UrlUnpadded, Encoding};
use serde::Deserialize;
use serde_json::Value;

use super::cbc_hmac;
use super::der::{element, integer};
use super::rsa::{self, Oaep};
use super::runner::{Answer, Case};
use super::schema::{self, Common, Hex, Verdict};
use crate::aead::{self, AeadAlgorithm};
use crate::encryption::EncryptionScheme;
use crate::error::Error;
use crate::rsa::oaep::Hash;
use crate::{Backend, Result, Secret};

#[derive(Deserialize)]
struct Group {
    private: Jwk,
}

/// A private key (RFC 7518 section 6).
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Jwk {
    alg: Option<String>,
    #[serde(flatten)]
    parts: serde_json::Map<String, Value>,
}

impl Jwk {
    fn part(&self, name: &str) -> Option<Vec<u8>> {
        Base64UrlUnpadded::decode_vec(self.parts.get(name)?.as_str()?).ok()
    }
}

#[derive(Deserialize)]
struct Test {
    jwe: String,
    pt: Option<Hex>,
}

/// The header that is authenticated with the message (RFC 7516 section 4).
#[derive(Debug, Clone, Deserialize)]
struct Header {
    alg: String,
    enc: String,
    zip: Option<String>,
    iv: Option<String>,
    tag: Option<String>,
}

/// `json_web_encryption_schema_v1.json`.
pub(super) fn cases(what: &str, json: &[u8]) -> Result<Vec<Case>> {
    schema::cases(what, json, |group: &Group, common, test: Test| match missing(&group.private, &common, &test.jwe) {
        Some(reason) => Case::skipped(common, reason),
        None => case(common, group.private.clone(), test),
    })
}

/// Algorithms for the content that are offered.
const CONTENT: [&str; 4] = ["A128GCM", "A256GCM", "A128CBC-HS256", "A256CBC-HS512"];

/// Why nobody can run the test.
fn missing(key: &Jwk, common: &Common, jwe: &str) -> Option<String> {
    let algorithm = key.alg.as_deref().unwrap_or("no algorithm");
    if !matches!(algorithm, "RSA-OAEP" | "RSA-OAEP-256" | "RSA1_5" | "A128GCMKW" | "A256GCMKW" | "A128GCM" | "A256GCM")
    {
        return Some(format!("keys for {algorithm} are not offered"));
    }
    // An invalid one may be refused for a reason that the test does not mean, unless all that it names is offered.
    let header = jwe.split('.').next().and_then(header);
    match header {
        Some(header) if !CONTENT.contains(&header.enc.as_str()) => Some(format!("{} is not offered", header.enc)),
        Some(header) if header.zip.is_some() => Some("compressed plaintext is not offered".to_owned()),
        Some(_) => None,
        None if common.result == Verdict::Invalid => None,
        None => Some("its header is not known here".to_owned()),
    }
}

fn header(part: &str) -> Option<Header> {
    serde_json::from_slice(&decode(part)?).ok()
}

fn decode(part: &str) -> Option<Vec<u8>> {
    Base64UrlUnpadded::decode_vec(part).ok()
}

fn case(common: Common, key: Jwk, test: Test) -> Case {
    Case::new(common, &[Backend::AwsLc, Backend::Rust], move |backend| {
        let message = open(backend, &key, &test.jwe).ok_or_else(Error::decryption);
        Answer::of_bytes(message, test.pt.as_ref().map_or(&[], |message| &message.0))
    })
}

/// RFC 7516 section 5.2.
fn open(backend: Backend, key: &Jwk, jwe: &str) -> Option<Vec<u8>> {
    let parts: Vec<&str> = jwe.split('.').collect();
    let [protected, encrypted_key, iv, ciphertext, tag] = parts.as_slice().try_into().ok()?;
    let header = header(protected)?;
    // The key says what it is for: a header that says something else is an attack (RFC 8725 section 3.1).
    let key_algorithm = key.alg.as_deref()?;
    if header.alg != key_algorithm && !(header.alg == "dir" && header.enc == key_algorithm) {
        return None;
    }
    let content_key = content_key(backend, key, &header, &decode(encrypted_key)?)?;
    let (iv, mut ciphertext, tag) = (decode(iv)?, decode(ciphertext)?, decode(tag)?);
    match header.enc.as_str() {
        "A128GCM" | "A256GCM" => {
            gcm(backend, &header.enc, &content_key, &iv, protected.as_bytes(), &mut ciphertext, &tag).ok()?;
            Some(ciphertext)
        }
        "A128CBC-HS256" if content_key.len() == 32 => {
            cbc_hmac::open(&content_key, &iv, protected.as_bytes(), &ciphertext, &tag).ok()
        }
        "A256CBC-HS512" if content_key.len() == 64 => {
            cbc_hmac::open(&content_key, &iv, protected.as_bytes(), &ciphertext, &tag).ok()
        }
        _ => None,
    }
}

fn content_key(backend: Backend, key: &Jwk, header: &Header, encrypted: &[u8]) -> Option<Vec<u8>> {
    match header.alg.as_str() {
        // RFC 7518 section 4.5.
        "dir" => encrypted.is_empty().then(|| key.part("k"))?,
        "RSA1_5" => rsa::by_command(EncryptionScheme::RsaPkcs1, backend, &pkcs8(key)?, encrypted).ok()?,
        "RSA-OAEP" => oaep(key, Hash::Sha1)?.decrypt(backend, &[], encrypted).ok()?,
        "RSA-OAEP-256" => oaep(key, Hash::Sha256)?.decrypt(backend, &[], encrypted).ok()?,
        // RFC 7518 section 4.7.
        "A128GCMKW" | "A256GCMKW" => {
            let (iv, tag) = (decode(header.iv.as_deref()?)?, decode(header.tag.as_deref()?)?);
            let mut content_key = encrypted.to_vec();
            let name = header.alg.strip_suffix("KW")?;
            gcm(backend, name, &key.part("k")?, &iv, &[], &mut content_key, &tag).ok()?;
            Some(content_key)
        }
        _ => None,
    }
}

fn gcm(backend: Backend, name: &str, key: &[u8], iv: &[u8], aad: &[u8], data: &mut [u8], tag: &[u8]) -> Result<()> {
    let algorithm = if name == "A128GCM" { AeadAlgorithm::Aes128Gcm } else { AeadAlgorithm::Aes256Gcm };
    let wrong_length = |_| Error::decryption();
    let (iv, tag) = (iv.try_into().map_err(wrong_length)?, tag.try_into().map_err(wrong_length)?);
    aead::raw_key(algorithm, backend, &Secret::from(key))?.open_raw(iv, aad, data, tag)
}

fn oaep(key: &Jwk, hash: Hash) -> Option<Oaep> {
    let bits = 8 * key.part("n")?.len();
    Some(Oaep { pkcs8: pkcs8(key)?, bits, hash, mgf_hash: hash })
}

/// PKCS#8 (RFC 5958) around an RSAPrivateKey (RFC 8017 appendix A.1.2).
fn pkcs8(key: &Jwk) -> Option<Vec<u8>> {
    let parts = ["n", "e", "d", "p", "q", "dp", "dq", "qi"].map(|name| key.part(name).map(|bytes| integer(&bytes)));
    let mut inner = integer(&[]);
    for part in parts {
        inner.extend(part?);
    }
    /// rsaEncryption with its NULL.
    const ALGORITHM: [u8; 15] = [0x30, 13, 0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0];
    let inner = element(0x04, &element(0x30, &inner));
    Some(element(0x30, &[&integer(&[]), ALGORITHM.as_slice(), &inner].concat()))
}
