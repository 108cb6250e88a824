//! Ciphers without authentication: what the notes name, for comparison and for attacks. Nothing here is for real use.
//!
//! A changed ciphertext decrypts to something else without anybody noticing; at best the padding is wrong, and telling
//! that to whoever sent the ciphertext gives the plaintext away (see `attack::padding_oracle`).

mod modes;
mod seed;

use serde::Serialize;

use crate::error::Error;
use crate::{Result, Secret};

/// Block ciphers in CBC and ECB mode with PKCS#7 padding (NIST SP 800-38A, RFC 5652 section 6.3), and in CTR mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct LegacyAlgorithm {
    /// The block cipher.
    pub cipher: BlockCipher,
    /// The mode of operation.
    pub mode: Mode,
}

/// Block ciphers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum BlockCipher {
    /// AES-128 (FIPS 197).
    Aes128,
    /// AES-256 (FIPS 197).
    Aes256,
    /// ARIA-128 (RFC 5794).
    Aria128,
    /// ARIA-256 (RFC 5794).
    Aria256,
    /// SEED (RFC 4269).
    Seed,
    /// DES (FIPS 46-3). Broken: 56 bits of key.
    Des,
    /// Three-key Triple DES (NIST SP 800-67).
    DesEde3,
}

impl BlockCipher {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Aes128, Self::Aes256, Self::Aria128, Self::Aria256, Self::Seed, Self::Des, Self::DesEde3];

    /// Name as OpenSSL's, without the mode.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Aes128 => "aes-128",
            Self::Aes256 => "aes-256",
            Self::Aria128 => "aria-128",
            Self::Aria256 => "aria-256",
            Self::Seed => "seed",
            Self::Des => "des",
            Self::DesEde3 => "des-ede3",
        }
    }

    /// Length of the key in bytes. DES uses 7 of its 8 bits per byte.
    #[must_use]
    pub const fn key_len(self) -> usize {
        match self {
            Self::Des => 8,
            Self::Aes128 | Self::Aria128 | Self::Seed => 16,
            Self::DesEde3 => 24,
            Self::Aes256 | Self::Aria256 => 32,
        }
    }

    /// Length of a block in bytes.
    #[must_use]
    pub const fn block_len(self) -> usize {
        match self {
            Self::Des | Self::DesEde3 => 8,
            Self::Aes128 | Self::Aes256 | Self::Aria128 | Self::Aria256 | Self::Seed => 16,
        }
    }
}

impl BlockCipher {
    /// What is wrong with a key that makes DES or Triple DES weaker than it is anyway (NIST SP 800-67 sections 3.2, 3.3.2).
    #[must_use]
    pub fn weak_key(self, key: &Secret) -> Option<&'static str> {
        // The lowest bit of each byte is parity, which the cipher does not use.
        let part = |part: &[u8; 8]| u64::from_be_bytes(*part) & 0xfefe_fefe_fefe_fefe;
        let parts = zeroize::Zeroizing::new(key.expose().as_chunks().0.iter().map(part).collect::<Vec<_>>());
        match (self, parts.as_slice()) {
            (Self::DesEde3, [first, second, third]) if first == second || second == third => {
                Some("two keys in a row are equal and cancel out: single DES is left")
            }
            (Self::DesEde3, [first, _, third]) if first == third => {
                Some("the first key is the third: two-key Triple DES")
            }
            (Self::Des, [only]) if WEAK_DES.contains(only) => {
                Some("a weak key of DES: encrypting again, with it or its partner, gives the message")
            }
            (Self::DesEde3, parts) if parts.iter().any(|part| WEAK_DES.contains(part)) => {
                Some("one of its three keys is a weak key of DES")
            }
            _ => None,
        }
    }
}

/// The four weak keys and the twelve half-weak ones, without parity (NIST SP 800-67 section 3.3.2).
const WEAK_DES: [u64; 16] = [
    0x0000_0000_0000_0000,
    0xfefe_fefe_fefe_fefe,
    0xe0e0_e0e0_f0f0_f0f0,
    0x1e1e_1e1e_0e0e_0e0e,
    0x00fe_00fe_00fe_00fe,
    0xfe00_fe00_fe00_fe00,
    0x1ee0_1ee0_0ef0_0ef0,
    0xe01e_e01e_f00e_f00e,
    0x00e0_00e0_00f0_00f0,
    0xe000_e000_f000_f000,
    0x1efe_1efe_0efe_0efe,
    0xfe1e_fe1e_fe0e_fe0e,
    0x001e_001e_000e_000e,
    0x1e00_1e00_0e00_0e00,
    0xe0fe_e0fe_f0fe_f0fe,
    0xfee0_fee0_fef0_fef0,
];

/// Modes of operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Mode {
    /// Each block alone: equal blocks stay equal.
    Ecb,
    /// Each block over the one before.
    Cbc,
    /// A key stream from a counter.
    Ctr,
}

impl Mode {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Ecb, Self::Cbc, Self::Ctr];

    /// Name as OpenSSL's.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ecb => "ecb",
            Self::Cbc => "cbc",
            Self::Ctr => "ctr",
        }
    }
}

impl LegacyAlgorithm {
    /// All that exist: CTR needs blocks of 16 bytes, and like OpenSSL has none over SEED.
    pub fn all() -> impl Iterator<Item = Self> {
        let pairs = BlockCipher::ALL.into_iter().flat_map(|cipher| Mode::ALL.map(|mode| Self { cipher, mode }));
        pairs.filter(|algorithm| algorithm.exists())
    }

    const fn exists(self) -> bool {
        !matches!(self, Self { cipher: BlockCipher::Seed | BlockCipher::Des | BlockCipher::DesEde3, mode: Mode::Ctr })
    }

    /// By its name as in OpenSSL: `aria-256-cbc`, `seed-ecb`, `des-ede3-cbc`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::all().find(|algorithm| algorithm.to_string() == name)
    }

    /// Length of the IV in bytes: the block's, none for ECB.
    #[must_use]
    pub const fn iv_len(self) -> usize {
        match self.mode {
            Mode::Ecb => 0,
            Mode::Cbc | Mode::Ctr => self.cipher.block_len(),
        }
    }
}

impl std::fmt::Display for LegacyAlgorithm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&format!("{}-{}", self.cipher.name(), self.mode.name()))
    }
}

/// A block cipher with its key schedule ready.
pub trait Legacy: Send + Sync {
    /// Pads and encrypts; CTR does not pad. The IV has the block's length; ECB takes an empty one.
    ///
    /// # Errors
    /// `Error::Usage` if the IV's length is wrong.
    fn encrypt(&self, iv: &[u8], message: &[u8]) -> Result<Vec<u8>>;

    /// Decrypts and removes the padding.
    ///
    /// # Errors
    /// `Error::Usage` if the IV's length is wrong, `Error::Malformed` if the length is no multiple of the block's,
    /// `Error::Rejected` if the padding is wrong: which is all that these modes can notice.
    fn decrypt(&self, iv: &[u8], ciphertext: &[u8]) -> Result<Vec<u8>>;
}

/// What a cipher in a mode implements: whole blocks in place, without padding and without allocation. Timing loops use
/// it, with the key schedule outside the loop.
pub(crate) trait RawLegacy: Send + Sync {
    /// The algorithm.
    fn algorithm(&self) -> LegacyAlgorithm;

    /// Encrypts in place. The length is a multiple of the block's (any for CTR), the IV's is [`LegacyAlgorithm::iv_len`].
    fn encrypt_blocks(&self, iv: &[u8], data: &mut [u8]);

    /// Decrypts in place, on the same conditions.
    fn decrypt_blocks(&self, iv: &[u8], data: &mut [u8]);
}

impl<T: RawLegacy + ?Sized> Legacy for T {
    fn encrypt(&self, iv: &[u8], message: &[u8]) -> Result<Vec<u8>> {
        check_iv(self.algorithm(), iv)?;
        let mut data = match self.algorithm() {
            LegacyAlgorithm { mode: Mode::Ctr, .. } => message.to_vec(),
            LegacyAlgorithm { cipher, .. } => pad(message, cipher.block_len()),
        };
        self.encrypt_blocks(iv, &mut data);
        Ok(data)
    }

    fn decrypt(&self, iv: &[u8], ciphertext: &[u8]) -> Result<Vec<u8>> {
        let algorithm = self.algorithm();
        check_iv(algorithm, iv)?;
        let padded = algorithm.mode != Mode::Ctr;
        let block_len = algorithm.cipher.block_len();
        if padded && (ciphertext.is_empty() || !ciphertext.len().is_multiple_of(block_len)) {
            let why = format!("{} bytes are no whole number of blocks of {block_len} bytes", ciphertext.len());
            return Err(Error::malformed("ciphertext", why));
        }
        let mut data = ciphertext.to_vec();
        self.decrypt_blocks(iv, &mut data);
        if padded {
            let len = unpadded_len(&data, block_len).ok_or_else(Error::decryption)?;
            data.truncate(len);
        }
        Ok(data)
    }
}

fn check_iv(algorithm: LegacyAlgorithm, iv: &[u8]) -> Result<()> {
    let (is, must) = (iv.len(), algorithm.iv_len());
    if is == must { Ok(()) } else { Err(Error::Usage(format!("{algorithm} takes an IV of {must} bytes, not {is}"))) }
}

/// RFC 5652 section 6.3: 1 to `block_len` bytes, each with their number.
pub(crate) fn pad(message: &[u8], block_len: usize) -> Vec<u8> {
    let count = block_len - message.len() % block_len;
    let mut padded = Vec::with_capacity(message.len() + count);
    padded.extend_from_slice(message);
    padded.resize(message.len() + count, u8::try_from(count).expect("blocks are short"));
    padded
}

/// Length without the padding; `None` if that is wrong.
pub(crate) fn unpadded_len(padded: &[u8], block_len: usize) -> Option<usize> {
    let count = *padded.last()?;
    let len = padded.len().checked_sub(usize::from(count))?;
    let fits = (1..=block_len).contains(&usize::from(count)) && padded[len..].iter().all(|byte| *byte == count);
    fits.then_some(len)
}

/// A key ready for use.
///
/// # Errors
/// `Error::Key` if the key's length is wrong, `Error::Usage` if the cipher has no such mode here.
pub fn key(algorithm: LegacyAlgorithm, key: &Secret) -> Result<Box<dyn Legacy>> {
    // A box of the raw trait is a Legacy itself, by the implementation above.
    Ok(Box::new(raw_key(algorithm, key)?))
}

impl RawLegacy for Box<dyn RawLegacy> {
    fn algorithm(&self) -> LegacyAlgorithm {
        (**self).algorithm()
    }

    fn encrypt_blocks(&self, iv: &[u8], data: &mut [u8]) {
        (**self).encrypt_blocks(iv, data);
    }

    fn decrypt_blocks(&self, iv: &[u8], data: &mut [u8]) {
        (**self).decrypt_blocks(iv, data);
    }
}

/// A key for whole blocks in place.
pub(crate) fn raw_key(algorithm: LegacyAlgorithm, key: &Secret) -> Result<Box<dyn RawLegacy>> {
    let (is, must) = (key.len(), algorithm.cipher.key_len());
    if is != must {
        return Err(Error::Key(format!("{algorithm} takes a key of {must} bytes, this one has {is}")));
    }
    if !algorithm.exists() {
        return Err(Error::Usage(format!("there is no {algorithm}")));
    }
    Ok(match algorithm.cipher {
        BlockCipher::Aes128 => modes::key16::<aes::Aes128>(algorithm, key.expose()),
        BlockCipher::Aes256 => modes::key16::<aes::Aes256>(algorithm, key.expose()),
        BlockCipher::Aria128 => modes::key16::<aria::Aria128>(algorithm, key.expose()),
        BlockCipher::Aria256 => modes::key16::<aria::Aria256>(algorithm, key.expose()),
        BlockCipher::Seed => seed::key(algorithm, key.expose()),
        BlockCipher::Des => modes::key8::<des::Des>(algorithm, key.expose()),
        BlockCipher::DesEde3 => modes::key8::<des::TdesEde3>(algorithm, key.expose()),
    })
}

#[cfg(test)]
mod tests;
