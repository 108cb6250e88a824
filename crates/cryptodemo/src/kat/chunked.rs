//! Chunked encryption of C2SP with AES-256-GCM and SHA-512 ("Cobblestone-256", <https://c2sp.org/chunked-encryption>).
//!
//! No command writes this format. Its vectors are run because the same dangers (order, truncation, trailing data) are
//! those of any format in chunks, and because long messages go through AES-256-GCM of every backend.

use serde::Deserialize;
use sha2::{Digest, Sha512};

use super::runner::{Answer, Case};
use super::schema::{self, Hex};
use crate::aead::{self, AeadAlgorithm, NONCE_LEN, TAG_LEN};
use crate::error::Error;
use crate::{Backend, Result, Secret};

const CHUNK_LEN: usize = 16 * 1024;
const SALT_LEN: usize = 24;
const COMMITMENT_LEN: usize = 32;
/// Longest ciphertext that a vector may unfold to; the longest of Wycheproof has 4 MiB.
const MAX_UNFOLDED: usize = 64 << 20;

#[derive(Deserialize)]
struct Group {
    aead: String,
    sha: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Test {
    key: Hex,
    ctx: Hex,
    /// Compressed: most of it is regular, for the sake of the file's size.
    ct: Hex,
    msg_sha512: Option<Hex>,
}

/// `c2sp_chunked_encryption_schema.json`.
pub(super) fn cases(what: &str, json: &[u8]) -> Result<Vec<Case>> {
    schema::cases(what, json, |group: &Group, common, test: Test| {
        if (group.aead.as_str(), group.sha.as_str()) != ("AEAD_AES_256_GCM", "SHA-512") {
            return Case::skipped(common, format!("{} with {} is not offered", group.aead, group.sha));
        }
        let Ok(ciphertext) = miniz_oxide::inflate::decompress_to_vec_zlib_with_limit(&test.ct.0, MAX_UNFOLDED) else {
            return Case::skipped(common, "its ciphertext does not unfold");
        };
        Case::new(common, AeadAlgorithm::Aes256Gcm.backends(), move |backend| {
            match open(backend, &test.key.0, &test.ctx.0, &ciphertext) {
                Ok(message) => {
                    let expected = test.msg_sha512.as_ref().map_or(&[][..], |hash| &hash.0);
                    Answer::of_bytes(Ok::<_, ()>(Sha512::digest(message)), expected)
                }
                Err(_) => Answer::Refuses,
            }
        })
    })
}

fn open(backend: Backend, key: &[u8], context: &[u8], ciphertext: &[u8]) -> Result<Vec<u8>> {
    if key.len() != AeadAlgorithm::Aes256Gcm.key_len() {
        return Err(Error::Key("the input key has the length of the cipher's".to_owned()));
    }
    let (salt, rest) = ciphertext.split_at_checked(SALT_LEN).ok_or_else(Error::decryption)?;
    let (commitment, chunks) = rest.split_at_checked(COMMITMENT_LEN).ok_or_else(Error::decryption)?;
    let derived = derive(key, salt, context)?;
    let (cipher_key, rest) = derived.split_at(AeadAlgorithm::Aes256Gcm.key_len());
    let (base, expected) = rest.split_first_chunk::<NONCE_LEN>().expect("as many bytes were asked for");
    if commitment != expected {
        return Err(Error::decryption());
    }
    let cipher = aead::raw_key(AeadAlgorithm::Aes256Gcm, backend, &Secret::from(cipher_key))?;
    let mut message = Vec::with_capacity(chunks.len());
    let full = CHUNK_LEN + TAG_LEN;
    // The last chunk is the one that is shorter, if only by being empty.
    for index in 0..=chunks.len() / full {
        let chunk = &chunks[index * full..chunks.len().min((index + 1) * full)];
        let (data, tag) = chunk.split_last_chunk::<TAG_LEN>().ok_or_else(Error::decryption)?;
        let start = message.len();
        message.extend_from_slice(data);
        cipher.open_raw(&nonce(*base, index as u64), &[], &mut message[start..], tag)?;
    }
    Ok(message)
}

/// Key, base nonce and commitment, by HKDF-Expand.
fn derive(key: &[u8], salt: &[u8], context: &[u8]) -> Result<Vec<u8>> {
    let mut output = vec![0; AeadAlgorithm::Aes256Gcm.key_len() + NONCE_LEN + COMMITMENT_LEN];
    let info = [b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0".as_slice(), salt, context];
    // The step of extraction is left out, so the key's length need not be the hash's: HMAC is asked directly.
    let mut previous = Vec::new();
    for (number, part) in (1_u8..).zip(output.chunks_mut(Sha512::output_size())) {
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA512, key);
        let block = ring::hmac::sign(&key, &[&previous, info.concat().as_slice(), &[number]].concat());
        part.copy_from_slice(&block.as_ref()[..part.len()]);
        previous = block.as_ref().to_vec();
    }
    Ok(output)
}

/// The base nonce with the chunk's number exclusive-ored into its end.
fn nonce(mut base: [u8; NONCE_LEN], index: u64) -> [u8; NONCE_LEN] {
    base[4..].iter_mut().zip(index.to_be_bytes()).for_each(|(byte, number)| *byte ^= number);
    base
}
