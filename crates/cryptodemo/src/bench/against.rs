//! Cases beside `openssl speed`, in turn: ours, openssl, ours, openssl, so that a slow minute of the machine hits both.

use std::time::Duration;

use serde::Serialize;

use super::cases::{public, sym};
use super::timing::{self, Case, Label, Operation};
use super::{Summary, openssl};
use crate::Backend;
use crate::aead::AeadAlgorithm;
use crate::encryption::EncryptionScheme;
use crate::error::Result;
use crate::keys::{KeyAlgorithm, PrivateKey};
use crate::signature::SignatureScheme;

/// Rounds of ours and openssl's: fewest and most.
const ROUNDS: (usize, usize) = (3, 20);
/// Time for each of our cases in a round.
const SHARE: Duration = Duration::from_millis(200);

/// A case beside openssl.
#[derive(Debug, Clone, Serialize)]
pub struct Against {
    /// Our case.
    #[serde(flatten)]
    pub label: Label,
    /// Ours: bytes per second where there is a message, else operations per second. Each sample is a round's median.
    pub ours: Summary,
    /// What `openssl speed` says, in the same unit.
    pub openssl: Summary,
    /// Ours by openssl's, round by round: above one we are faster.
    pub ratio: Summary,
}

/// What one run of openssl is compared with.
struct Group {
    /// Makes the cases anew for each round: timing uses them up.
    cases: Box<dyn Fn() -> Result<Vec<Case>>>,
    /// Speeds by openssl for these operations.
    openssl: Box<dyn Fn() -> Result<Speeds>>,
}

/// Operations or bytes per second.
struct Speeds {
    private: f64,
    public: f64,
}

impl Speeds {
    const fn of(&self, operation: Operation) -> f64 {
        match operation {
            Operation::Sign | Operation::Decrypt => self.private,
            _ => self.public,
        }
    }
}

/// Encryption by all algorithms that both have, for the sizes of [`openssl::SIZES`].
///
/// # Errors
/// As [`openssl::cipher`] and [`timing::run`].
pub fn ciphers(backends: &[Backend], budget: Duration, progress: impl FnMut(usize, usize)) -> Result<Vec<Against>> {
    let mut groups = Vec::new();
    for algorithm in AeadAlgorithm::ALL {
        let backends: Vec<Backend> = algorithm.backends().iter().copied().filter(|by| backends.contains(by)).collect();
        for bytes in openssl::SIZES {
            let backends = backends.clone();
            let encrypt = move |backend: &Backend| {
                let [encrypt, _] = sym::aead(algorithm, *backend, bytes)?;
                Ok(encrypt)
            };
            groups.push(Group {
                cases: Box::new(move || backends.iter().map(encrypt).collect()),
                openssl: Box::new(move || {
                    openssl::cipher(algorithm, bytes).map(|rate| Speeds { private: rate, public: rate })
                }),
            });
        }
    }
    run(&groups, budget, progress)
}

/// RSA: signing (PKCS#1 v1.5, as openssl does) and decryption (OAEP) against openssl's private operation, checking of
/// signatures against its public one.
///
/// # Errors
/// As [`openssl::rsa`] and [`timing::run`].
pub fn rsa(backends: &[Backend], budget: Duration, progress: impl FnMut(usize, usize)) -> Result<Vec<Against>> {
    let sizes = [(KeyAlgorithm::Rsa2048, 2048), (KeyAlgorithm::Rsa3072, 3072), (KeyAlgorithm::Rsa4096, 4096)];
    let groups: Vec<Group> = sizes
        .into_iter()
        .map(|(algorithm, bits)| {
            let key = PrivateKey::generate(algorithm);
            let backends = backends.to_vec();
            Group {
                cases: Box::new(move || rsa_cases(&backends, &key)),
                openssl: Box::new(move || {
                    openssl::rsa(bits).map(|speed| Speeds { private: speed.private, public: speed.public })
                }),
            }
        })
        .collect();
    run(&groups, budget, progress)
}

fn rsa_cases(backends: &[Backend], key: &PrivateKey) -> Result<Vec<Case>> {
    let (signing, encryption) = (SignatureScheme::RsaPkcs1, EncryptionScheme::RsaOaep);
    let mut cases = Vec::new();
    for backend in signing.backends().iter().filter(|by| backends.contains(by)) {
        cases.extend(public::signature(signing, *backend, key)?);
    }
    for backend in encryption.backends().iter().filter(|by| backends.contains(by)) {
        let [_, decrypt] = public::encryption(encryption, *backend, key, &[32])?;
        cases.push(decrypt);
    }
    Ok(cases)
}

fn run(groups: &[Group], budget: Duration, mut progress: impl FnMut(usize, usize)) -> Result<Vec<Against>> {
    // A round takes about a second per group for openssl, and as long for ours.
    let seconds_per_round = 2 * groups.len().max(1) as u64;
    let rounds = usize::try_from(budget.as_secs() / seconds_per_round).unwrap_or(ROUNDS.1).clamp(ROUNDS.0, ROUNDS.1);
    let mut found: Vec<(Label, Vec<f64>, Vec<f64>)> = Vec::new();
    for round in 0..rounds {
        let mut place = 0;
        for (index, group) in groups.iter().enumerate() {
            let cases = (group.cases)()?;
            let share = SHARE * u32::try_from(cases.len()).unwrap_or(1);
            let timed = timing::run(cases, share, |_, _| ())?;
            let theirs = (group.openssl)()?;
            for timed in timed {
                let ours = timed.bytes_per_second().filter(|_| timed.label.operation == Operation::Encrypt);
                let ours = ours.unwrap_or(1e9 / timed.nanoseconds.median);
                let openssl = theirs.of(timed.label.operation);
                if round == 0 {
                    found.push((timed.label, vec![ours], vec![openssl]));
                } else {
                    found[place].1.push(ours);
                    found[place].2.push(openssl);
                }
                place += 1;
            }
            progress(round * groups.len() + index + 1, rounds * groups.len());
        }
    }
    Ok(found.into_iter().map(|(label, ours, openssl)| against(label, &ours, &openssl)).collect())
}

fn against(label: Label, ours: &[f64], openssl: &[f64]) -> Against {
    let ratios: Vec<f64> = ours.iter().zip(openssl).map(|(ours, openssl)| ours / openssl).collect();
    let summary = |samples: &[f64]| Summary::of(samples).expect("there are at least three rounds");
    Against { label, ours: summary(ours), openssl: summary(openssl), ratio: summary(&ratios) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ratio_is_taken_round_by_round() {
        let label = Label {
            algorithm: "aes-256-gcm".to_owned(),
            backend: Backend::Ring,
            operation: Operation::Encrypt,
            bytes: Some(1 << 20),
        };
        // The machine is half as fast in the second round, for both.
        let against = against(label, &[8.0, 4.0, 9.0], &[10.0, 5.0, 10.0]);
        assert!((against.ratio.median - 0.8).abs() < 1e-9);
        assert!((against.ratio.max - 0.9).abs() < 1e-9);
        assert!((against.openssl.min - 5.0).abs() < 1e-9);
    }
}
