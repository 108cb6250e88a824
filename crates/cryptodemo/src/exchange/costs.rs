//! The same message all by RSA, in chunks, against the hybrid way.

use serde::Serialize;

use super::actors::Actors;
use super::nanos;
use crate::aead::{self, AeadAlgorithm, NONCE_LEN, Nonce, TAG_LEN};
use crate::encryption::{self, Decryptor, EncryptionScheme, Encryptor};
use crate::error::Error;
use crate::time::{measure as timed, now};
use crate::{Backend, Result, Secret};

/// Most chunks that are really sent through RSA; the rest is extrapolated.
const SAMPLE_LIMIT: usize = 256;
/// The sample ends early when this many nanoseconds are used up, but not before [`SAMPLE_LEAST`] chunks.
const SAMPLE_NANOS: u64 = 500_000_000;
const SAMPLE_LEAST: usize = 8;
/// Runs of the hybrid way, of which the median counts.
const ROUNDS: usize = 5;

/// All by RSA against hybrid.
#[derive(Debug, Clone, Serialize)]
pub struct Costs {
    /// Each chunk by RSA-OAEP.
    pub all_rsa: AllRsa,
    /// One key by RSA-OAEP, the message by AES-256-GCM.
    pub hybrid: Hybrid,
    /// How many times longer all-RSA encryption takes.
    pub encrypt_factor: f64,
    /// How many times longer all-RSA decryption takes.
    pub decrypt_factor: f64,
    /// How many times more bytes all-RSA sends.
    pub bytes_factor: f64,
}

/// The message in chunks, each by RSA-OAEP.
#[derive(Debug, Clone, Serialize)]
pub struct AllRsa {
    /// Longest chunk that fits: the modulus less 66 bytes (RFC 8017 section 7.1.1).
    pub chunk_bytes: u64,
    /// Chunks of the whole message; an empty one still takes one.
    pub chunks: u64,
    /// Chunks that were really encrypted and decrypted.
    pub sample_chunks: u64,
    /// Median time for encrypting one chunk of the sample.
    pub chunk_encrypt_ns: u64,
    /// Median time for decrypting one chunk of the sample.
    pub chunk_decrypt_ns: u64,
    /// Whether the times below are extrapolated from the sample.
    pub extrapolated: bool,
    /// Time for encrypting all chunks: their number times the median.
    pub encrypt_ns: u64,
    /// Time for decrypting all chunks: their number times the median.
    pub decrypt_ns: u64,
    /// Bytes of all chunks' ciphertexts.
    pub bytes: u64,
}

/// A fresh key by RSA-OAEP, then the message by AES-256-GCM.
#[derive(Debug, Clone, Serialize)]
pub struct Hybrid {
    /// Runs, of which the median counts.
    pub rounds: u64,
    /// Median time for: fresh key, RSA-OAEP, key schedule, AES-256-GCM.
    pub encrypt_ns: u64,
    /// Median time for: RSA-OAEP, key schedule, AES-256-GCM.
    pub decrypt_ns: u64,
    /// Bytes of encrypted key, nonce, ciphertext and tag.
    pub bytes: u64,
}

/// Measures both ways with B's key.
pub(super) fn measure(actors: &Actors, message: &[u8]) -> Result<Costs> {
    let scheme = EncryptionScheme::RsaOaep;
    let encryptor = encryption::encryptor(scheme, Backend::AwsLc, actors.key.public())?;
    let decryptor = encryption::decryptor(scheme, Backend::AwsLc, &actors.key)?;
    // Once before anything is timed, so that neither way pays for cold caches.
    round_trip(&*encryptor, &*decryptor, b"warm-up")?;
    let all_rsa = all_rsa(&*encryptor, &*decryptor, message)?;
    let hybrid = hybrid(&*encryptor, &*decryptor, message)?;
    Ok(Costs {
        encrypt_factor: factor(all_rsa.encrypt_ns, hybrid.encrypt_ns),
        decrypt_factor: factor(all_rsa.decrypt_ns, hybrid.decrypt_ns),
        bytes_factor: factor(all_rsa.bytes, hybrid.bytes),
        all_rsa,
        hybrid,
    })
}

fn round_trip(encryptor: &dyn Encryptor, decryptor: &dyn Decryptor, message: &[u8]) -> Result<()> {
    same(message, decryptor.decrypt(&encryptor.encrypt(message)?)?.expose())
}

fn same(sent: &[u8], got: &[u8]) -> Result<()> {
    if sent == got { Ok(()) } else { Err(Error::Rejected("what was decrypted is not what was encrypted".into())) }
}

fn all_rsa(encryptor: &dyn Encryptor, decryptor: &dyn Decryptor, message: &[u8]) -> Result<AllRsa> {
    let chunk_bytes = encryptor.max_len().unwrap_or(usize::MAX);
    let chunks = message.len().div_ceil(chunk_bytes).max(1);
    let (mut ciphertexts, mut encrypt, mut decrypt) = (Vec::new(), Vec::new(), Vec::new());
    let begin = now();
    while ciphertexts.len() < chunks.min(SAMPLE_LIMIT)
        && (ciphertexts.len() < SAMPLE_LEAST || nanos(begin.elapsed()) < SAMPLE_NANOS)
    {
        let start = ciphertexts.len() * chunk_bytes;
        let chunk = &message[start..message.len().min(start + chunk_bytes)];
        let (ciphertext, time) = timed(|| encryptor.encrypt(chunk));
        encrypt.push(nanos(time));
        let ciphertext = ciphertext?;
        let (opened, time) = timed(|| decryptor.decrypt(&ciphertext));
        decrypt.push(nanos(time));
        same(chunk, opened?.expose())?;
        ciphertexts.push(ciphertext);
    }
    let sample = ciphertexts.len();
    // Medians, as for the hybrid way: else what else the machine does would be counted on one side only.
    let (chunk_encrypt_ns, chunk_decrypt_ns) = (median(&mut encrypt), median(&mut decrypt));
    Ok(AllRsa {
        chunk_bytes: chunk_bytes as u64,
        chunks: chunks as u64,
        sample_chunks: sample as u64,
        chunk_encrypt_ns,
        chunk_decrypt_ns,
        extrapolated: sample < chunks,
        encrypt_ns: chunk_encrypt_ns.saturating_mul(chunks as u64),
        decrypt_ns: chunk_decrypt_ns.saturating_mul(chunks as u64),
        bytes: (chunks * ciphertexts[0].len()) as u64,
    })
}

fn hybrid(encryptor: &dyn Encryptor, decryptor: &dyn Decryptor, message: &[u8]) -> Result<Hybrid> {
    let (mut encrypt, mut decrypt, mut bytes) = (Vec::new(), Vec::new(), 0);
    let mut data = Vec::with_capacity(message.len());
    for _ in 0..ROUNDS {
        data.clear();
        data.extend_from_slice(message);
        let (sealed, time) = timed(|| -> Result<_> {
            let key = Secret::random(AeadAlgorithm::Aes256Gcm.key_len());
            let encrypted_key = encryptor.encrypt(key.expose())?;
            let nonce = Nonce::random();
            let nonce_bytes = nonce.bytes();
            let tag = aead::key(AeadAlgorithm::Aes256Gcm, &key)?.seal(nonce, &[], &mut data);
            Ok((encrypted_key, nonce_bytes, tag))
        });
        encrypt.push(nanos(time));
        let (encrypted_key, nonce, tag) = sealed?;
        bytes = encrypted_key.len() + NONCE_LEN + data.len() + TAG_LEN;
        let (opened, time) = timed(|| {
            let key = decryptor.decrypt(&encrypted_key)?;
            aead::key(AeadAlgorithm::Aes256Gcm, &key)?.open(&nonce, &[], &mut data, &tag)
        });
        decrypt.push(nanos(time));
        opened?;
        same(message, &data)?;
    }
    Ok(Hybrid {
        rounds: ROUNDS as u64,
        encrypt_ns: median(&mut encrypt),
        decrypt_ns: median(&mut decrypt),
        bytes: bytes as u64,
    })
}

/// The middle one; the later of two.
pub(super) fn median(values: &mut [u64]) -> u64 {
    values.sort_unstable();
    values.get(values.len() / 2).copied().unwrap_or(0)
}

#[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
fn factor(one: u64, other: u64) -> f64 {
    one as f64 / other.max(1) as f64
}
