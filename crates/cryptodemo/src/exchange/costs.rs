//! The same message all by RSA, in chunks, against the hybrid way.

use serde::Serialize;

use super::actors::Actors;
use super::nanos;
use crate::aead::{self, Aead, AeadAlgorithm, NONCE_LEN, Nonce, TAG_LEN};
use crate::bench::waiting::Waiting;
use crate::encryption::{self, Decryptor, EncryptionScheme, Encryptor};
use crate::error::Error;
use crate::time::now;
use crate::{Backend, Result, Secret};

/// Most chunks that are really sent through RSA; the rest is extrapolated.
const SAMPLE_LIMIT: usize = 256;
/// Rounds. Each takes a share of the sample through RSA and then the message through the hybrid way, so that a slow
/// moment of the machine hits both.
const ROUNDS: usize = 5;
/// A round's share of the sample ends early when this many nanoseconds are used up, but not before [`SHARE_LEAST`]
/// chunks.
const SHARE_NANOS: u64 = 100_000_000;
const SHARE_LEAST: usize = 2;

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
    /// Median time for making what RSA has ready too: fresh key, nonce, key schedule. Not part of the next.
    pub encrypt_setup_ns: u64,
    /// Median time for: the key by RSA-OAEP, the message by AES-256-GCM.
    pub encrypt_ns: u64,
    /// Median time for the key schedule of the key that was opened. Not part of the next.
    pub decrypt_setup_ns: u64,
    /// Median time for: the key by RSA-OAEP, the message by AES-256-GCM.
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
    let sides = Sides { encryptor: &*encryptor, decryptor: &*decryptor, waiting: Waiting::of_this_thread(), message };
    let (mut rsa, mut hybrid) = (RsaTimes::default(), HybridTimes::default());
    for round in 0..ROUNDS {
        sides.some_chunks(round, &mut rsa)?;
        sides.hybrid_once(&mut hybrid)?;
    }
    let (all_rsa, hybrid) = (sides.all_rsa(rsa), hybrid.medians());
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

/// Both sides with all keys of RSA ready.
struct Sides<'a> {
    encryptor: &'a dyn Encryptor,
    decryptor: &'a dyn Decryptor,
    waiting: Waiting,
    message: &'a [u8],
}

/// One entry per chunk.
#[derive(Default)]
struct RsaTimes {
    encrypt: Vec<u64>,
    decrypt: Vec<u64>,
    ciphertext_len: usize,
}

/// One entry per round.
#[derive(Default)]
struct HybridTimes {
    encrypt_setup: Vec<u64>,
    encrypt: Vec<u64>,
    decrypt_setup: Vec<u64>,
    decrypt: Vec<u64>,
    bytes: usize,
}

impl Sides<'_> {
    fn chunk_len(&self) -> usize {
        self.encryptor.max_len().unwrap_or(usize::MAX)
    }

    fn chunks(&self) -> usize {
        self.message.len().div_ceil(self.chunk_len()).max(1)
    }

    /// Runs the work without the waiting, and keeps its time.
    fn timed<T>(&self, times: &mut Vec<u64>, work: impl FnOnce() -> T) -> T {
        let (result, time) = self.waiting.measure(work);
        times.push(nanos(time));
        result
    }

    /// The round's share of the sample. A message of few chunks has each taken several times.
    fn some_chunks(&self, round: usize, times: &mut RsaTimes) -> Result<()> {
        let (chunk_len, chunks) = (self.chunk_len(), self.chunks());
        let wanted = chunks.clamp(ROUNDS, SAMPLE_LIMIT);
        let share = (round + 1) * wanted / ROUNDS - round * wanted / ROUNDS;
        let begin = now();
        for done in 0..share {
            if done >= SHARE_LEAST && nanos(begin.elapsed()) >= SHARE_NANOS {
                break;
            }
            let start = times.encrypt.len() % chunks * chunk_len;
            let chunk = &self.message[start..self.message.len().min(start + chunk_len)];
            let ciphertext = self.timed(&mut times.encrypt, || self.encryptor.encrypt(chunk))?;
            let opened = self.timed(&mut times.decrypt, || self.decryptor.decrypt(&ciphertext))?;
            same(chunk, opened.expose())?;
            times.ciphertext_len = ciphertext.len();
        }
        Ok(())
    }

    fn hybrid_once(&self, times: &mut HybridTimes) -> Result<()> {
        let mut data = self.message.to_vec();
        let (key, nonce, aead) = self.timed(&mut times.encrypt_setup, || -> Result<_> {
            let key = Secret::random(AeadAlgorithm::Aes256Gcm.key_len());
            let aead = aead::key(AeadAlgorithm::Aes256Gcm, &key)?;
            Ok((key, Nonce::random(), aead))
        })?;
        let public_nonce = nonce.bytes();
        let (encrypted_key, tag) = self.timed(&mut times.encrypt, || -> Result<_> {
            Ok((self.encryptor.encrypt(key.expose())?, aead.seal(nonce, &[], &mut data)))
        })?;
        times.bytes = encrypted_key.len() + NONCE_LEN + data.len() + TAG_LEN;
        let (key, key_time) = self.waiting.measure(|| self.decryptor.decrypt(&encrypted_key));
        let key = key?;
        let aead: Box<dyn Aead> = self.timed(&mut times.decrypt_setup, || aead::key(AeadAlgorithm::Aes256Gcm, &key))?;
        let (opened, open_time) = self.waiting.measure(|| aead.open(&public_nonce, &[], &mut data, &tag));
        opened?;
        times.decrypt.push(nanos(key_time + open_time));
        same(self.message, &data)
    }

    fn all_rsa(&self, mut times: RsaTimes) -> AllRsa {
        let chunks = self.chunks();
        let sample = times.encrypt.len().min(chunks);
        let (chunk_encrypt_ns, chunk_decrypt_ns) = (median(&mut times.encrypt), median(&mut times.decrypt));
        AllRsa {
            chunk_bytes: self.chunk_len() as u64,
            chunks: chunks as u64,
            sample_chunks: sample as u64,
            chunk_encrypt_ns,
            chunk_decrypt_ns,
            extrapolated: sample < chunks,
            encrypt_ns: chunk_encrypt_ns.saturating_mul(chunks as u64),
            decrypt_ns: chunk_decrypt_ns.saturating_mul(chunks as u64),
            bytes: (chunks * times.ciphertext_len) as u64,
        }
    }
}

impl HybridTimes {
    fn medians(mut self) -> Hybrid {
        Hybrid {
            rounds: self.encrypt.len() as u64,
            encrypt_setup_ns: median(&mut self.encrypt_setup),
            encrypt_ns: median(&mut self.encrypt),
            decrypt_setup_ns: median(&mut self.decrypt_setup),
            decrypt_ns: median(&mut self.decrypt),
            bytes: self.bytes as u64,
        }
    }
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
