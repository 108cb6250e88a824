//! Opens encrypted records with the session's secrets: what an owner of one end can do, and nobody else.

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Sha256, Sha384};
use zeroize::Zeroizing;

use super::messages::Version;
use super::record::{ContentType, HEADER_LEN, Record};
use crate::aead::{self, Aead, AeadAlgorithm, NONCE_LEN, TAG_LEN};
use crate::error::Error;
use crate::{Result, Secret};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hash {
    Sha256,
    Sha384,
}

/// What a cipher suite says about the protection of records.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Suite {
    aead: AeadAlgorithm,
    hash: Hash,
}

impl Suite {
    /// The suites that rustls has; `None` for others.
    pub(crate) const fn from_code(code: u16) -> Option<Self> {
        let (aead, hash) = match code {
            0x1301 | 0xc02b | 0xc02f => (AeadAlgorithm::Aes128Gcm, Hash::Sha256),
            0x1302 | 0xc02c | 0xc030 => (AeadAlgorithm::Aes256Gcm, Hash::Sha384),
            0x1303 | 0xcca8 | 0xcca9 => (AeadAlgorithm::ChaCha20Poly1305, Hash::Sha256),
            _ => return None,
        };
        Some(Self { aead, hash })
    }
}

/// The inside of an encrypted record.
#[derive(Debug)]
pub(crate) struct Inner {
    /// What it really is.
    pub(crate) content_type: ContentType,
    /// The plaintext.
    pub(crate) content: Vec<u8>,
    /// Zeros that hide the length (RFC 8446 section 5.4).
    pub(crate) padding: usize,
}

/// Keys of one direction.
pub(crate) struct Opener {
    key: Box<dyn Aead>,
    iv: Secret,
    explicit_nonce: bool,
    version: Version,
    sequence: u64,
}

impl Opener {
    /// Keys from a traffic secret of TLS 1.3 (RFC 8446 section 7.3).
    pub(crate) fn tls13(suite: Suite, secret: &Secret) -> Result<Self> {
        let key = expand_label(suite.hash, secret, "key", suite.aead.key_len())?;
        let iv = expand_label(suite.hash, secret, "iv", NONCE_LEN)?;
        let key = aead::key(suite.aead, &key)?;
        Ok(Self { key, iv, explicit_nonce: false, version: Version::Tls13, sequence: 0 })
    }

    /// Keys of client and server from the master secret of TLS 1.2 (RFC 5246 section 6.3).
    pub(crate) fn tls12(suite: Suite, master: &Secret, client: &[u8; 32], server: &[u8; 32]) -> Result<[Self; 2]> {
        // RFC 5288 section 3: GCM takes 4 bytes from here and 8 from each record; RFC 7905 section 2: ChaCha20 all 12.
        let explicit_nonce = suite.aead != AeadAlgorithm::ChaCha20Poly1305;
        let (key_len, iv_len) = (suite.aead.key_len(), if explicit_nonce { 4 } else { NONCE_LEN });
        let block = key_block(suite.hash, master, server, client, 2 * (key_len + iv_len));
        let (keys, ivs) = block.expose().split_at(2 * key_len);
        let side = |index: usize| -> Result<Self> {
            Ok(Self {
                key: aead::key(suite.aead, &Secret::from(&keys[index * key_len..][..key_len]))?,
                iv: Secret::from(&ivs[index * iv_len..][..iv_len]),
                explicit_nonce,
                version: Version::Tls12,
                sequence: 0,
            })
        };
        Ok([side(0)?, side(1)?])
    }

    /// Opens the next record. After a record that does not open, the sequence number stays as it was.
    pub(crate) fn open(&mut self, record: &Record<'_>) -> Result<Inner> {
        let mut nonce = [0; NONCE_LEN];
        let sealed = if self.explicit_nonce {
            let (explicit, sealed) = record.fragment.split_at_checked(8).ok_or_else(Error::decryption)?;
            nonce[..4].copy_from_slice(self.iv.expose());
            nonce[4..].copy_from_slice(explicit);
            sealed
        } else {
            // RFC 8446 section 5.3: the sequence number, padded on the left, XOR the IV.
            nonce[4..].copy_from_slice(&self.sequence.to_be_bytes());
            nonce.iter_mut().zip(self.iv.expose()).for_each(|(byte, iv)| *byte ^= iv);
            record.fragment
        };
        let (data, tag) = sealed.split_last_chunk::<TAG_LEN>().ok_or_else(Error::decryption)?;
        let mut content = data.to_vec();
        self.key.open(&nonce, &self.associated_data(record, content.len()), &mut content, tag)?;
        self.sequence += 1;
        match self.version {
            Version::Tls12 => Ok(Inner { content_type: record.content_type, content, padding: 0 }),
            Version::Tls13 => strip(content),
        }
    }

    fn associated_data(&self, record: &Record<'_>, len: usize) -> Vec<u8> {
        if self.version == Version::Tls13 {
            return record.header.to_vec(); // RFC 8446 section 5.2
        }
        // RFC 5246 section 6.2.3.3: the number of the record, its type and version, the length of the plaintext.
        let mut data = self.sequence.to_be_bytes().to_vec();
        data.extend_from_slice(&record.header[..HEADER_LEN - 2]);
        data.extend_from_slice(&u16::try_from(len).expect("fragments are bounded").to_be_bytes());
        data
    }
}

/// RFC 8446 section 5.2: content, then its type, then zeros.
fn strip(mut content: Vec<u8>) -> Result<Inner> {
    let end = content.iter().rposition(|&byte| byte != 0);
    let end = end.ok_or_else(|| Error::malformed("TLS record", "nothing but padding inside"))?;
    let padding = content.len() - end - 1;
    let content_type = ContentType::from_code(content[end])
        .ok_or_else(|| Error::malformed("TLS record", format!("unknown inner type {}", content[end])))?;
    content.truncate(end);
    Ok(Inner { content_type, content, padding })
}

/// The next secret after a KeyUpdate (RFC 8446 section 7.2).
pub(crate) fn next_secret(suite: Suite, secret: &Secret) -> Result<Secret> {
    expand_label(suite.hash, secret, "traffic upd", secret.len())
}

/// HKDF-Expand-Label with an empty context (RFC 8446 section 7.1).
fn expand_label(hash: Hash, secret: &Secret, label: &str, len: usize) -> Result<Secret> {
    let mut info = u16::try_from(len).expect("keys are short").to_be_bytes().to_vec();
    info.push(u8::try_from("tls13 ".len() + label.len()).expect("labels are short"));
    info.extend_from_slice(b"tls13 ");
    info.extend_from_slice(label.as_bytes());
    info.push(0);
    let mut output = vec![0; len];
    let short = |_| Error::Key("the traffic secret is shorter than the hash of the suite".to_owned());
    match hash {
        Hash::Sha256 => Hkdf::<Sha256>::from_prk(secret.expose()).map_err(short)?.expand(&info, &mut output),
        Hash::Sha384 => Hkdf::<Sha384>::from_prk(secret.expose()).map_err(short)?.expand(&info, &mut output),
    }
    .expect("keys are far shorter than what HKDF can give");
    Ok(Secret::new(output))
}

/// Bytes of SHA-384.
const MOST_HASH_LEN: usize = 48;

/// PRF(master_secret, "key expansion", server_random + client_random) (RFC 5246 sections 5 and 6.3).
fn key_block(hash: Hash, master: &Secret, server: &[u8; 32], client: &[u8; 32], len: usize) -> Secret {
    let seed = [&b"key expansion"[..], server, client].concat();
    let mac = |parts: &[&[u8]]| match hash {
        Hash::Sha256 => authenticate(Hmac::<Sha256>::new_from_slice(master.expose()), parts),
        Hash::Sha384 => authenticate(Hmac::<Sha384>::new_from_slice(master.expose()), parts),
    };
    // With room for the last hash in full: growing would leave keys behind.
    let mut output = Vec::with_capacity(len + MOST_HASH_LEN);
    let mut a = Zeroizing::new(seed.clone());
    while output.len() < len {
        a = mac(&[&a]);
        output.extend_from_slice(&mac(&[&a, &seed]));
    }
    output.truncate(len);
    Secret::new(output)
}

fn authenticate<M: Mac>(
    mac: std::result::Result<M, hmac::digest::InvalidLength>,
    parts: &[&[u8]],
) -> Zeroizing<Vec<u8>> {
    let mut mac = mac.expect("HMAC takes keys of any length");
    parts.iter().for_each(|part| mac.update(part));
    Zeroizing::new(mac.finalize().into_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(hex: &str) -> Vec<u8> {
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex")).collect()
    }

    // RFC 8448 section 3: the server's handshake traffic secret and the keys from it.
    #[test]
    fn keys_are_those_of_the_published_trace() {
        let secret = Secret::new(bytes("b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38"));
        let key = expand_label(Hash::Sha256, &secret, "key", 16).unwrap();
        assert_eq!(key.expose(), bytes("3fce516009c21727d0f2e4e86ee403bc"));
        let iv = expand_label(Hash::Sha256, &secret, "iv", 12).unwrap();
        assert_eq!(iv.expose(), bytes("5d313eb2671276ee13000b30"));
    }

    #[test]
    fn padding_is_taken_off_and_a_record_of_zeros_is_malformed() {
        let inner = strip(vec![1, 2, 0, 22, 0, 0, 0]).unwrap();
        assert_eq!((inner.content, inner.content_type, inner.padding), (vec![1, 2, 0], ContentType::Handshake, 3));
        assert!(matches!(strip(vec![0; 9]), Err(Error::Malformed { .. })));
        assert!(matches!(strip(vec![1, 99]), Err(Error::Malformed { .. })));
    }
}
