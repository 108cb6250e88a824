//! Whole files under a key that both sides have: the format of `cryptodemo sym`.
//!
//! | algorithm | file |
//! |---|---|
//! | authenticated | nonce of 12 bytes, ciphertext as long as the plaintext, tag of 16 bytes |
//! | CBC | IV of one block, ciphertext padded to whole blocks |
//! | CTR | first counter block, ciphertext as long as the plaintext |
//! | ECB | ciphertext padded to whole blocks |
//!
//! Nonces and IVs are random for every file. The whole file is in memory; [`MAX_LEN`] bounds it.

use zeroize::Zeroizing;

use crate::aead::{self, AeadAlgorithm, NONCE_LEN, Nonce, TAG_LEN};
use crate::error::Error;
use crate::legacy::{self, LegacyAlgorithm, Mode};
use crate::{Result, Secret};

/// Longest input in bytes, for it is held in memory.
pub const MAX_LEN: u64 = 1 << 30;

/// An algorithm of [`encrypt`] and [`decrypt`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// Notices every change.
    Authenticated(AeadAlgorithm),
    /// Notices nothing but broken padding.
    Legacy(LegacyAlgorithm),
}

impl Algorithm {
    /// All of them, the authenticated ones first.
    pub fn all() -> impl Iterator<Item = Self> {
        AeadAlgorithm::ALL.into_iter().map(Self::Authenticated).chain(LegacyAlgorithm::all().map(Self::Legacy))
    }

    /// By its name as on the command line and in OpenSSL.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::all().find(|algorithm| algorithm.to_string() == name)
    }

    /// Length of the key in bytes.
    #[must_use]
    pub const fn key_len(self) -> usize {
        match self {
            Self::Authenticated(algorithm) => algorithm.key_len(),
            Self::Legacy(algorithm) => algorithm.cipher.key_len(),
        }
    }
}

impl std::fmt::Display for Algorithm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Authenticated(algorithm) => algorithm.fmt(f),
            Self::Legacy(algorithm) => algorithm.fmt(f),
        }
    }
}

/// An encrypted file: its three parts in order, each possibly empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encrypted {
    /// Nonce or IV.
    pub front: Vec<u8>,
    /// Ciphertext.
    pub body: Vec<u8>,
    /// Tag.
    pub back: Vec<u8>,
}

impl Encrypted {
    /// The parts in the order of the file.
    #[must_use]
    pub fn parts(&self) -> [&[u8]; 3] {
        [&self.front, &self.body, &self.back]
    }
}

/// Encrypts a whole message under a fresh nonce or IV.
///
/// # Errors
/// [`Error::Key`] if the key's length is wrong.
pub fn encrypt(algorithm: Algorithm, key: &Secret, mut message: Vec<u8>) -> Result<Encrypted> {
    match algorithm {
        Algorithm::Authenticated(algorithm) => {
            let key = aead::key(algorithm, key)?;
            let nonce = Nonce::random();
            let front = nonce.bytes().to_vec();
            let tag = key.seal(nonce, &[], &mut message);
            Ok(Encrypted { front, body: message, back: tag.to_vec() })
        }
        Algorithm::Legacy(algorithm) => {
            let key = legacy::key(algorithm, key)?;
            let mut iv = vec![0; algorithm.iv_len()];
            crate::random::fill(&mut iv);
            let body = key.encrypt(&iv, &message)?;
            Ok(Encrypted { front: iv, body, back: Vec::new() })
        }
    }
}

/// Decrypts a whole file. For authenticated algorithms nothing of the plaintext exists unless the tag fits.
///
/// # Errors
/// [`Error::Key`] if the key's length is wrong, [`Error::Malformed`] if the file cannot have this format, and
/// [`Error::Rejected`] if the tag, or for CBC and ECB the padding, is wrong.
pub fn decrypt(algorithm: Algorithm, key: &Secret, mut file: Vec<u8>) -> Result<Vec<u8>> {
    match algorithm {
        Algorithm::Authenticated(algorithm) => {
            let key = aead::key(algorithm, key)?;
            let body_len = file.len().checked_sub(NONCE_LEN + TAG_LEN).ok_or_else(|| {
                let why = format!("{} bytes are too few: nonce and tag alone have {}", file.len(), NONCE_LEN + TAG_LEN);
                Error::malformed("encrypted file", why)
            })?;
            let tag = file[NONCE_LEN + body_len..].try_into().expect("just this many are left");
            let nonce = file[..NONCE_LEN].try_into().expect("checked above");
            file.truncate(NONCE_LEN + body_len);
            key.open(&nonce, &[], &mut file[NONCE_LEN..], &tag)?;
            file.drain(..NONCE_LEN);
            Ok(file)
        }
        Algorithm::Legacy(algorithm) => {
            let key = legacy::key(algorithm, key)?;
            let (iv, body) = file.split_at_checked(algorithm.iv_len()).ok_or_else(|| {
                let why = format!("{} bytes are too few: the IV alone has {}", file.len(), algorithm.iv_len());
                Error::malformed("encrypted file", why)
            })?;
            key.decrypt(iv, body)
        }
    }
}

/// What is wrong with a mode, in one line for a warning.
#[must_use]
pub const fn weakness(algorithm: LegacyAlgorithm) -> &'static str {
    match algorithm.mode {
        Mode::Ecb => "equal blocks stay equal, and nobody notices changes",
        Mode::Cbc => "nobody notices changes, and whoever learns whether the padding was right can decrypt it",
        Mode::Ctr => "nobody notices changes, and each flipped bit flips the same bit of the plaintext",
    }
}

/// The key in a file: hexadecimal digits with white space around them, or else the bytes themselves.
///
/// Digits win: a raw key that consists of digits only is next to impossible, a short key in digits taken for a long one
/// in bytes would be a weak key.
///
/// # Errors
/// [`Error::Malformed`] if it looks like digits but is not, [`Error::Key`] if the length is not the algorithm's.
pub fn key_from_file(algorithm: Algorithm, what: &str, content: &[u8]) -> Result<Secret> {
    let must = algorithm.key_len();
    let text = content.trim_ascii();
    if !text.is_empty() && text.iter().all(u8::is_ascii_hexdigit) {
        return key_from_hex(algorithm, text).map_err(|error| match error {
            Error::Usage(why) => Error::malformed(what, why),
            other => other,
        });
    }
    if content.len() == must {
        return Ok(Secret::from(content));
    }
    if text.len() == 2 * must && text.is_ascii() {
        return Err(Error::malformed(what, "not all of it are hexadecimal digits"));
    }
    Err(wrong_length(algorithm, &format!("{what} has {}", counted(content.len(), "byte"))))
}

/// The key from hexadecimal digits.
///
/// # Errors
/// [`Error::Usage`] if they are none or an odd number of them, [`Error::Key`] if the length is not the algorithm's.
pub fn key_from_hex(algorithm: Algorithm, digits: &[u8]) -> Result<Secret> {
    let value = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
    let malformed = || Error::Usage("a key is an even number of hexadecimal digits".to_owned());
    if !digits.len().is_multiple_of(2) {
        return Err(malformed());
    }
    // As long as it will be: growing would leave parts of the key behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(digits.len() / 2));
    for pair in digits.chunks_exact(2) {
        let (Some(high), Some(low)) = (value(pair[0]), value(pair[1])) else { return Err(malformed()) };
        bytes.push(high << 4 | low);
    }
    let key = Secret::new(std::mem::take(&mut *bytes));
    if key.len() == algorithm.key_len() {
        Ok(key)
    } else {
        Err(wrong_length(algorithm, &format!("{} digits are {}", digits.len(), counted(key.len(), "byte"))))
    }
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

fn wrong_length(algorithm: Algorithm, is: &str) -> Error {
    Error::Key(format!("{algorithm} takes a key of {} bytes; {is}", algorithm.key_len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn concat(file: &Encrypted) -> Vec<u8> {
        file.parts().concat()
    }

    #[test]
    fn files_come_back_and_never_look_the_same_twice() {
        for algorithm in Algorithm::all() {
            let key = Secret::random(algorithm.key_len());
            for len in [0, 1, 15, 16, 17, 1000] {
                let message = vec![b'm'; len];
                let (first, second) = (
                    encrypt(algorithm, &key, message.clone()).unwrap(),
                    encrypt(algorithm, &key, message.clone()).unwrap(),
                );
                let deterministic = matches!(algorithm, Algorithm::Legacy(LegacyAlgorithm { mode: Mode::Ecb, .. }));
                assert_eq!(first == second, deterministic, "{algorithm}: only ECB has neither nonce nor IV");
                assert_eq!(decrypt(algorithm, &key, concat(&first)).unwrap(), message, "{algorithm}");
            }
        }
    }

    #[test]
    fn every_truncated_or_changed_authenticated_file_is_refused() {
        // RFC 5116 section 2.2.
        for algorithm in AeadAlgorithm::ALL.map(Algorithm::Authenticated) {
            let key = Secret::random(algorithm.key_len());
            let file = concat(&encrypt(algorithm, &key, b"twenty bytes of text".to_vec()).unwrap());
            for len in 0..file.len() {
                let error = decrypt(algorithm, &key, file[..len].to_vec()).unwrap_err();
                assert_eq!(error.exit_code(), if len < 28 { 4 } else { 3 }, "{algorithm} cut to {len}");
            }
            for bit in 0..8 * file.len() {
                let mut changed = file.clone();
                changed[bit / 8] ^= 1 << (bit % 8);
                assert_eq!(decrypt(algorithm, &key, changed).unwrap_err().exit_code(), 3, "{algorithm} bit {bit}");
            }
        }
    }

    #[test]
    fn truncated_legacy_files_are_malformed_or_rejected() {
        for algorithm in LegacyAlgorithm::all().filter(|algorithm| algorithm.mode != Mode::Ctr) {
            let block_len = algorithm.cipher.block_len();
            let (algorithm, iv_len) = (Algorithm::Legacy(algorithm), algorithm.iv_len());
            let key = Secret::random(algorithm.key_len());
            let file = concat(&encrypt(algorithm, &key, vec![0; 40]).unwrap());
            for len in 0..file.len() {
                let result = decrypt(algorithm, &key, file[..len].to_vec());
                let whole = len > iv_len && len.is_multiple_of(block_len);
                // Whole blocks of zeros end in no padding.
                let code = if whole { 3 } else { 4 };
                assert_eq!(result.unwrap_err().exit_code(), code, "{algorithm} cut to {len}");
            }
        }
    }

    #[test]
    fn keys_come_as_digits_or_bytes() {
        let algorithm = Algorithm::named("aes-128-gcm").expect("exists");
        let expected = Secret::from(b"0123456789abcde\xff".as_slice());
        let read = |content: &[u8]| key_from_file(algorithm, "key", content);
        assert_eq!(read(b"303132333435363738396162636465ff").unwrap(), expected);
        assert_eq!(read(b" 303132333435363738396162636465FF\r\n").unwrap(), expected);
        assert_eq!(read(b"0123456789abcde\xff").unwrap(), expected);
        let cases: [(&[u8], u8); 7] = [
            (b"", 5),
            (b"0123456789abcdef", 5),
            (b"303132333435363738396162636465f", 4),
            (b"303132333435363738396162636465fg", 4),
            (b"303132333435363738396162636465", 5),
            (&[0xff; 15], 5),
            (&[0xff; 32], 5),
        ];
        for (content, code) in cases {
            assert_eq!(read(content).unwrap_err().exit_code(), code, "{content:?}");
        }
        assert_eq!(key_from_hex(algorithm, b"xyz").unwrap_err().exit_code(), 2);
    }
}
