//! The measurements: which cases there are, and what their times say about whole messages.

use std::time::Duration;

use super::{Blocks, Measured, SIZES, Side, WHOLE};
use crate::Backend;
use crate::aead::AeadAlgorithm;
use crate::bench::cases::{public, sym};
use crate::bench::timing::{self, Case, Timed};
use crate::encryption::{EncryptionScheme, encryptor};
use crate::error::{Error, Result};
use crate::keys::{KeyAlgorithm, PrivateKey};

/// The public-key side.
const KEYS: [KeyAlgorithm; 3] = [KeyAlgorithm::Rsa2048, KeyAlgorithm::Rsa3072, KeyAlgorithm::Rsa4096];
/// The symmetric side: authenticated where it can be.
const AEADS: [AeadAlgorithm; 2] = [AeadAlgorithm::Aes256Gcm, AeadAlgorithm::Aria256Gcm];
/// The symmetric side: ciphers that come without authentication.
const LEGACY: [&str; 2] = ["seed-cbc", "des-ede3-cbc"];

/// Bytes of a message and its blocks.
type Message = (u64, Option<Blocks>);

/// What a case stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Subject {
    side: Side,
    algorithm: String,
    /// Messages that its time tells, with their blocks.
    messages: Vec<Message>,
}

/// Measures all within about the budget; keys are made before, and not counted.
///
/// # Errors
/// [`Error::Rejected`] if an algorithm fails its known-answer check.
pub fn run(budget: Duration, progress: impl FnMut(usize, usize)) -> Result<Vec<Measured>> {
    let (subjects, cases): (Vec<Subject>, Vec<Case>) = cases()?.into_iter().unzip();
    let timed = timing::run(cases, budget, progress)?;
    let mut all: Vec<Measured> =
        subjects.iter().zip(&timed).flat_map(|(subject, timed)| measured(subject, timed)).collect();
    // As people read it: public key first, by algorithm, operation, backend and size.
    let names: Vec<String> = subjects.iter().map(|subject| subject.algorithm.clone()).collect();
    all.sort_by_key(|m| {
        let place = names.iter().position(|name| *name == m.algorithm);
        (place, m.operation, m.backend, m.bytes)
    });
    Ok(all)
}

fn cases() -> Result<Vec<(Subject, Case)>> {
    let mut cases = Vec::new();
    for algorithm in KEYS {
        let key = PrivateKey::generate(algorithm);
        for backend in EncryptionScheme::RsaOaep.backends() {
            cases.extend(rsa(&key, *backend)?);
        }
    }
    let subject = |algorithm: &str, bytes| Subject {
        side: Side::Symmetric,
        algorithm: algorithm.to_owned(),
        messages: vec![(bytes, None)],
    };
    for bytes in SIZES {
        for algorithm in AEADS {
            for backend in algorithm.backends() {
                cases.extend(
                    sym::aead(algorithm, *backend, bytes)?.map(|case| (subject(algorithm.name(), bytes), case)),
                );
            }
        }
        for name in LEGACY {
            cases.extend(sym::legacy(name, bytes)?.map(|case| (subject(name, bytes), case)));
        }
    }
    Ok(cases)
}

/// Both directions of RSA for all sizes. Messages that are measured on the same sample share a case.
fn rsa(key: &PrivateKey, backend: Backend) -> Result<Vec<(Subject, Case)>> {
    let scheme = EncryptionScheme::RsaOaep;
    let longest = encryptor(scheme, backend, key.public())?.max_len();
    let longest = longest.ok_or_else(|| Error::Key("this key encrypts messages of any length".to_owned()))? as u64;
    let mut plans: Vec<(Vec<usize>, Vec<Message>)> = Vec::new();
    for bytes in SIZES {
        let (blocks, lengths) = cut(bytes, longest);
        match plans.iter_mut().find(|plan| plan.0 == lengths) {
            Some(plan) => plan.1.push((bytes, Some(blocks))),
            None => plans.push((lengths, vec![(bytes, Some(blocks))])),
        }
    }
    let mut cases = Vec::new();
    for (lengths, messages) in plans {
        let algorithm = public::key_name(key.algorithm()).to_owned();
        let subject = Subject { side: Side::PublicKey, algorithm, messages };
        cases.extend(public::encryption(scheme, backend, key, &lengths)?.map(|case| (subject.clone(), case)));
    }
    Ok(cases)
}

/// How a message is cut, and the lengths of the blocks to measure.
fn cut(bytes: u64, longest: u64) -> (Blocks, Vec<usize>) {
    let needed = bytes.div_ceil(longest).max(1);
    let measured = if bytes <= WHOLE { needed } else { 1 };
    let last = if measured == needed { bytes - (needed - 1) * longest } else { longest };
    let mut lengths = vec![to_usize(longest); to_usize(measured) - 1];
    lengths.push(to_usize(last));
    (Blocks { bytes: longest, needed, measured }, lengths)
}

fn to_usize(number: u64) -> usize {
    usize::try_from(number).expect("blocks are few and short")
}

#[expect(clippy::cast_precision_loss, reason = "sizes are below 2^52 bytes")]
fn measured(subject: &Subject, timed: &Timed) -> Vec<Measured> {
    let of = |(bytes, blocks): &(u64, Option<Blocks>)| {
        let scale = blocks.map_or(1.0, |blocks| blocks.needed as f64 / blocks.measured as f64);
        let nanoseconds = timed.nanoseconds.median * scale;
        Measured {
            side: subject.side,
            algorithm: subject.algorithm.clone(),
            backend: timed.label.backend,
            operation: timed.label.operation,
            bytes: *bytes,
            nanoseconds,
            nanoseconds_per_byte: nanoseconds / *bytes as f64,
            timed: timed.nanoseconds,
            iterations: timed.iterations,
            blocks: *blocks,
        }
    };
    subject.messages.iter().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::Summary;
    use crate::bench::timing::{Label, Operation};

    #[test]
    fn messages_are_cut_into_blocks_and_long_ones_sampled() {
        // RFC 8017 section 7.1.1: k - 2 hLen - 2 is 190, 318 and 446 for these keys and SHA-256.
        for (bytes, longest, needed, lengths) in [
            (32, 190, 1, vec![32]),
            (190, 190, 1, vec![190]),
            (191, 190, 2, vec![190, 1]),
            (1024, 190, 6, vec![190, 190, 190, 190, 190, 74]),
            (1024, 446, 3, vec![446, 446, 132]),
            (1025, 190, 6, vec![190]),
            (1 << 20, 190, 5519, vec![190]),
        ] {
            let (blocks, is) = cut(bytes, longest);
            assert_eq!(is, lengths, "{bytes} by {longest}");
            assert_eq!(blocks, Blocks { bytes: longest, needed, measured: lengths.len() as u64 });
        }
    }

    #[test]
    fn a_sample_is_scaled_to_the_whole_message() {
        let blocks = |needed| Some(Blocks { bytes: 190, needed, measured: 6 });
        let subject = Subject {
            side: Side::PublicKey,
            algorithm: "rsa-2048".to_owned(),
            messages: vec![(64 << 10, blocks(345)), (1 << 20, blocks(5519))],
        };
        let label = Label {
            algorithm: "rsa-2048 oaep".to_owned(),
            backend: Backend::Rust,
            operation: Operation::Decrypt,
            bytes: Some(1140),
        };
        let nanoseconds = Summary::of(&[600.0]).expect("there is a sample");
        let all = measured(&subject, &Timed { label, iterations: 3, nanoseconds });
        assert_eq!(all.iter().map(|m| m.nanoseconds).collect::<Vec<_>>(), [34_500.0, 551_900.0]);
        assert!((all[0].nanoseconds_per_byte - 34_500.0 / 65_536.0).abs() < 1e-9);
    }
}
