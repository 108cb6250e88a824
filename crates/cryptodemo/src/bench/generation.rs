//! How long keys take to make. Apart from all else: RSA looks for primes, and how many numbers it tries is chance, so that
//! one run may take ten times as long as the next. The median of few runs says little there; the ends are told as well.

use std::time::Duration;

use serde::Serialize;

use super::Summary;
use crate::error::{Error, Result};
use crate::keys::{KeyAlgorithm, PrivateKey, PublicKey};
use crate::time;

/// Fewest runs for each kind of key.
pub const LEAST_RUNS: usize = 5;
/// Most runs.
const MOST_RUNS: usize = 100;

/// Times of making keys of one kind.
#[derive(Debug, Clone, Serialize)]
pub struct Generated {
    /// The kind of key.
    pub algorithm: KeyAlgorithm,
    /// Nanoseconds per key; `samples` is the number of runs.
    pub nanoseconds: Summary,
}

/// Makes keys for about the budget, at least [`LEAST_RUNS`].
///
/// # Errors
/// [`Error::Rejected`] if a key does not survive being written and read.
pub fn run(algorithm: KeyAlgorithm, budget: Duration) -> Result<Generated> {
    let mut samples = Vec::new();
    let (mut spent, _) = generate(algorithm)?;
    while samples.len() < LEAST_RUNS || (spent < budget && samples.len() < MOST_RUNS) {
        let (taken, key) = generate(algorithm)?;
        drop(key);
        spent += taken;
        samples.push(taken.as_secs_f64() * 1e9);
    }
    Ok(Generated { algorithm, nanoseconds: Summary::of(&samples).expect("there are five runs") })
}

fn generate(algorithm: KeyAlgorithm) -> Result<(Duration, PrivateKey)> {
    let (key, taken) = time::measure(|| PrivateKey::generate(algorithm));
    let read = PublicKey::parse("the generated key", key.public().spki_der())?;
    if read == *key.public() && read.algorithm() == algorithm {
        Ok((taken, key))
    } else {
        Err(Error::Rejected("a generated key is read as another".to_owned()))
    }
}
