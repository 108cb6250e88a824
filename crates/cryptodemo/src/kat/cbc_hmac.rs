//! AES-CBC with HMAC (RFC 7518 section 5.2), for its vectors and for JSON Web Encryption.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Sha256, Sha512};

use super::block::AeadTest;
use super::runner::Answer;
use crate::error::Error;
use crate::legacy::{self, BlockCipher, LegacyAlgorithm, Mode};
use crate::{Result, Secret};

/// AES-256 with HMAC-SHA-512: opening gives the message, and sealing the message gives ciphertext and tag.
pub(super) fn answer(test: &AeadTest) -> Answer {
    let answer = || {
        let opened = open(&test.key.0, &test.iv.0, &test.aad.0, &test.ct.0, &test.tag.0);
        Ok(Answer::of_bytes(opened, &test.msg.0).and(|| {
            let sealed = seal(&test.key.0, &test.iv.0, &test.aad.0, &test.msg.0);
            Answer::of_bytes(sealed, &[&*test.ct.0, &*test.tag.0].concat())
        }))
    };
    answer().into()
}

/// Checks the tag, then decrypts. The key's length says which: 32 bytes AES-128 and SHA-256, 64 AES-256 and SHA-512.
pub(super) fn open(key: &[u8], iv: &[u8], aad: &[u8], ciphertext: &[u8], tag: &[u8]) -> Result<Vec<u8>> {
    let (mac_key, cipher) = halves(key)?;
    if mac(mac_key, iv, aad, ciphertext) != tag {
        return Err(Error::decryption());
    }
    cipher.decrypt(iv, ciphertext)
}

/// Ciphertext and tag.
fn seal(key: &[u8], iv: &[u8], aad: &[u8], message: &[u8]) -> Result<Vec<u8>> {
    let (mac_key, cipher) = halves(key)?;
    let mut sealed = cipher.encrypt(iv, message)?;
    sealed.extend(mac(mac_key, iv, aad, &sealed));
    Ok(sealed)
}

/// Section 5.2.2.1 step 1: the first half is the key of the MAC, the second that of the cipher.
fn halves(key: &[u8]) -> Result<(&[u8], Box<dyn legacy::Legacy>)> {
    let (mac_key, cipher_key) = key.split_at(key.len() / 2);
    let cipher = match key.len() {
        32 => BlockCipher::Aes128,
        64 => BlockCipher::Aes256,
        other => {
            return Err(Error::Key(format!("AES-CBC with HMAC takes 32 or 64 bytes of key, this one has {other}")));
        }
    };
    let cipher = legacy::key(LegacyAlgorithm { cipher, mode: Mode::Cbc }, &Secret::from(cipher_key))?;
    Ok((mac_key, cipher))
}

/// Half of the HMAC over the associated data, the IV, the ciphertext, and the length of the first in bits.
fn mac(key: &[u8], iv: &[u8], aad: &[u8], ciphertext: &[u8]) -> Vec<u8> {
    let bits = 8 * aad.len() as u64;
    let input = [aad, iv, ciphertext, &bits.to_be_bytes()].concat();
    let mut tag = if key.len() == 16 { hmac::<Hmac<Sha256>>(key, &input) } else { hmac::<Hmac<Sha512>>(key, &input) };
    tag.truncate(key.len());
    tag
}

fn hmac<M: Mac + KeyInit>(key: &[u8], input: &[u8]) -> Vec<u8> {
    let mac = <M as KeyInit>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.chain_update(input).finalize().into_bytes().to_vec()
}
