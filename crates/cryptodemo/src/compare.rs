//! "Public key is about 1000 times slower" as an experiment: the same messages by RSA and by symmetric ciphers, in both
//! directions, by every backend; and where 1000 lies within the factors.
//!
//! RSA encrypts short messages only (RFC 8017 section 7.1.1: 190 bytes for 2048 bits and SHA-256), so a longer one is cut
//! into blocks. Up to [`WHOLE`] all blocks are really encrypted and decrypted. Of longer messages one full block is, and
//! the time is its time by the number of blocks: [`Measured::blocks`] tells both.

pub mod factors;
pub mod measure;
pub mod page;
pub mod plot;
pub mod tables;

use serde::Serialize;

use crate::Backend;
use crate::bench::{Operation, Summary};

/// Sizes of messages, in bytes.
pub const SIZES: [u64; 5] = [32, 190, 1 << 10, 64 << 10, 1 << 20];

/// Longest message that RSA encrypts whole, in bytes. A sample of longer ones would be long enough for other programs to
/// come between.
pub const WHOLE: u64 = 1 << 10;

/// The factor of the notes.
pub const CLAIM: f64 = 1000.0;

/// The two sides of the sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// RSA.
    PublicKey,
    /// A cipher with one key for both.
    Symmetric,
}

/// How a message was cut for RSA.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Blocks {
    /// Longest block in bytes.
    pub bytes: u64,
    /// Blocks that the message takes.
    pub needed: u64,
    /// Blocks that were measured; where fewer than needed, the time is scaled.
    pub measured: u64,
}

/// The time of one operation on one message.
#[derive(Debug, Clone, Serialize)]
pub struct Measured {
    /// Public key or symmetric.
    pub side: Side,
    /// The algorithm: `rsa-2048`, `aes-256-gcm`.
    pub algorithm: String,
    /// The library.
    pub backend: Backend,
    /// Encrypt or decrypt.
    pub operation: Operation,
    /// Bytes of the message.
    pub bytes: u64,
    /// Nanoseconds for the whole message: the median.
    pub nanoseconds: f64,
    /// The same for each byte.
    pub nanoseconds_per_byte: f64,
    /// What was really timed: nanoseconds for the message, or for the sample of blocks.
    pub timed: Summary,
    /// Operations in each sample.
    pub iterations: usize,
    /// The blocks, for RSA.
    pub blocks: Option<Blocks>,
}

/// The fastest backend's time.
#[must_use]
pub fn fastest<'a>(all: &'a [Measured], algorithm: &str, operation: Operation, bytes: u64) -> Option<&'a Measured> {
    all.iter()
        .filter(|m| m.algorithm == algorithm && m.operation == operation && m.bytes == bytes)
        .min_by(|a, b| a.nanoseconds.total_cmp(&b.nanoseconds))
}

/// Names of the algorithms of a side, in the order measured.
#[must_use]
pub fn algorithms(all: &[Measured], side: Side) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for measured in all.iter().filter(|measured| measured.side == side) {
        if !names.contains(&measured.algorithm.as_str()) {
            names.push(&measured.algorithm);
        }
    }
    names
}

/// Sizes that occur, smallest first.
#[must_use]
pub fn sizes(all: &[Measured]) -> Vec<u64> {
    let mut sizes: Vec<u64> = all.iter().map(|measured| measured.bytes).collect();
    sizes.sort_unstable();
    sizes.dedup();
    sizes
}

#[cfg(test)]
pub(crate) mod examples {
    //! Figures that are made up, for the tests of what is computed from figures.

    use super::*;

    /// A measurement of that many nanoseconds.
    pub(crate) fn measured(
        side: Side,
        algorithm: &str,
        backend: Backend,
        operation: Operation,
        bytes: u64,
        nanoseconds: f64,
    ) -> Measured {
        #[expect(clippy::cast_precision_loss, reason = "small numbers")]
        let nanoseconds_per_byte = nanoseconds / bytes as f64;
        Measured {
            side,
            algorithm: algorithm.to_owned(),
            backend,
            operation,
            bytes,
            nanoseconds,
            nanoseconds_per_byte,
            timed: Summary::of(&[nanoseconds]).expect("there is a sample"),
            iterations: 1,
            blocks: None,
        }
    }

    /// RSA of two sizes against two ciphers, both directions, all sizes. Encryption is 10 times, decryption 1000 times as
    /// slow as the faster cipher.
    pub(crate) fn all() -> Vec<Measured> {
        let mut all = Vec::new();
        for bytes in SIZES {
            #[expect(clippy::cast_precision_loss, reason = "small numbers")]
            let time = bytes as f64;
            for (operation, factor) in [(Operation::Encrypt, 10.0), (Operation::Decrypt, 1000.0)] {
                for (name, by, times) in [("rsa-2048", Backend::AwsLc, 1.0), ("rsa-4096", Backend::Rust, 4.0)] {
                    all.push(measured(Side::PublicKey, name, by, operation, bytes, time * factor * times));
                }
                for (name, by, times) in [("aes-256-gcm", Backend::Ring, 1.0), ("seed-cbc", Backend::Rust, 100.0)] {
                    all.push(measured(Side::Symmetric, name, by, operation, bytes, time * times));
                }
            }
        }
        all
    }
}
