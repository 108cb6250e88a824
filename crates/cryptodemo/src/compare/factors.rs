//! Factors out of times, and what they say about the sentence. Nothing here measures.

use serde::Serialize;

use super::{CLAIM, Measured, Side, fastest};
use crate::Backend;
use crate::bench::Operation;
use crate::bench::statistics::geometric_mean;
use crate::report;

/// "About 1000" is within this factor of it, both ways: 500 to 2000.
pub const ABOUT: f64 = 2.0;

/// One algorithm of each side, the same operation on the same message.
#[derive(Debug, Clone, Serialize)]
pub struct Pair {
    /// The public-key algorithm and its backend.
    pub public: (String, Backend),
    /// The symmetric algorithm and its backend.
    pub symmetric: (String, Backend),
    /// Encrypt or decrypt, on both sides.
    pub operation: Operation,
    /// Bytes of the message.
    pub bytes: u64,
    /// How many times as long the public-key side takes.
    pub factor: f64,
}

impl std::fmt::Display for Pair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { public, symmetric, operation, bytes, .. } = self;
        let size = report::size(*bytes);
        write!(f, "{} ({}) by {} ({}), {operation} {size}", public.0, public.1, symmetric.0, symmetric.1)
    }
}

/// All pairs.
#[must_use]
pub fn pairs(all: &[Measured]) -> Vec<Pair> {
    let side = |side| all.iter().filter(move |measured| measured.side == side);
    let mut pairs = Vec::new();
    for public in side(Side::PublicKey) {
        for symmetric in side(Side::Symmetric) {
            if (public.operation, public.bytes) == (symmetric.operation, symmetric.bytes) {
                pairs.push(Pair {
                    public: (public.algorithm.clone(), public.backend),
                    symmetric: (symmetric.algorithm.clone(), symmetric.backend),
                    operation: public.operation,
                    bytes: public.bytes,
                    factor: public.nanoseconds / symmetric.nanoseconds,
                });
            }
        }
    }
    pairs
}

/// What a number of factors spans, and where 1000 lies in it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Range {
    /// Number of factors.
    pub pairs: usize,
    /// The smallest.
    pub lowest: f64,
    /// The geometric mean.
    pub typical: f64,
    /// The largest.
    pub highest: f64,
    /// How many are below 500.
    pub below: usize,
    /// How many are from 500 to 2000.
    pub about: usize,
    /// How many are above 2000.
    pub above: usize,
}

impl Range {
    /// The range of some pairs; `None` without any.
    #[must_use]
    pub fn of<'a>(pairs: impl Iterator<Item = &'a Pair>) -> Option<Self> {
        let factors: Vec<f64> = pairs.map(|pair| pair.factor).collect();
        let below = factors.iter().filter(|factor| **factor < CLAIM / ABOUT).count();
        let above = factors.iter().filter(|factor| **factor > CLAIM * ABOUT).count();
        Some(Self {
            pairs: factors.len(),
            lowest: factors.iter().copied().fold(f64::INFINITY, f64::min),
            typical: geometric_mean(&factors)?,
            highest: factors.iter().copied().fold(0.0, f64::max),
            below,
            about: factors.len() - below - above,
            above,
        })
    }

    const fn share(&self, number: usize) -> usize {
        (200 * number + self.pairs) / (2 * self.pairs)
    }
}

/// A range of factors for one operation and one size.
#[derive(Debug, Clone, Serialize)]
pub struct Group {
    /// Encrypt or decrypt.
    pub operation: Operation,
    /// Bytes of the message.
    pub bytes: u64,
    /// The factors.
    pub range: Range,
}

/// Ranges for each operation and size.
#[must_use]
pub fn groups(pairs: &[Pair]) -> Vec<Group> {
    let mut keys: Vec<(Operation, u64)> = pairs.iter().map(|pair| (pair.operation, pair.bytes)).collect();
    keys.sort_unstable();
    keys.dedup();
    let of = |(operation, bytes)| {
        let range = Range::of(pairs.iter().filter(|pair| (pair.operation, pair.bytes) == (operation, bytes)))?;
        Some(Group { operation, bytes, range })
    };
    keys.into_iter().filter_map(of).collect()
}

/// What the factors say about the sentence, in plain words: each line is computed from the measurements.
#[must_use]
pub fn verdict(all: &[Measured], pairs: &[Pair]) -> Vec<String> {
    let Some(whole) = Range::of(pairs.iter()) else { return vec!["Nothing was measured.".to_owned()] };
    let mut lines = vec![judgement(&whole)];
    for (operation, what) in [(Operation::Encrypt, "Encrypting"), (Operation::Decrypt, "Decrypting")] {
        if let Some(range) = Range::of(pairs.iter().filter(|pair| pair.operation == operation)) {
            lines.push(format!(
                "{what}: {} to {} times as slow, typically {}: {}.",
                factor(range.lowest),
                factor(range.highest),
                factor(range.typical),
                place(range.typical)
            ));
        }
    }
    let distance = |pair: &&Pair| (pair.factor / CLAIM).ln().abs();
    if let Some(nearest) = pairs.iter().min_by(|a, b| distance(a).total_cmp(&distance(b))) {
        lines.push(format!("Nearest to 1000: {nearest}: {}.", factor(nearest.factor)));
    }
    lines.extend(best_against_best(all));
    lines
}

fn judgement(range: &Range) -> String {
    let shares = format!(
        "Of {} pairs {} % are about 1000 (500 to 2000), {} % are below, {} % above",
        range.pairs,
        range.share(range.about),
        range.share(range.below),
        range.share(range.above)
    );
    let says = if 2 * range.about >= range.pairs {
        "the sentence holds for most"
    } else if range.lowest > CLAIM * ABOUT || range.highest < CLAIM / ABOUT {
        "the sentence holds for none"
    } else {
        "no single factor describes them, 1000 lies within their range"
    };
    format!("{shares}: {says}.")
}

/// The fastest RSA against the fastest symmetric cipher, for the longest message.
fn best_against_best(all: &[Measured]) -> Option<String> {
    let longest = all.iter().map(|measured| measured.bytes).max()?;
    let best = |side, operation| {
        let names = super::algorithms(all, side);
        let times = names.into_iter().filter_map(|name| fastest(all, name, operation, longest));
        times.min_by(|a, b| a.nanoseconds.total_cmp(&b.nanoseconds))
    };
    let of = |operation| -> Option<(&Measured, &Measured, f64)> {
        let (public, symmetric) = (best(Side::PublicKey, operation)?, best(Side::Symmetric, operation)?);
        Some((public, symmetric, public.nanoseconds / symmetric.nanoseconds))
    };
    let (encrypting, decrypting) = (of(Operation::Encrypt)?, of(Operation::Decrypt)?);
    Some(format!(
        "The fastest of both sides for {}: {} ({}) takes {} times as long as {} ({}) to encrypt, {} times to decrypt.",
        report::size(longest),
        encrypting.0.algorithm,
        encrypting.0.backend,
        factor(encrypting.2),
        encrypting.1.algorithm,
        encrypting.1.backend,
        factor(decrypting.2)
    ))
}

fn place(value: f64) -> &'static str {
    if value < CLAIM / ABOUT {
        "below 1000"
    } else if value > CLAIM * ABOUT {
        "above 1000"
    } else {
        "about 1000"
    }
}

/// A factor with two or three digits that count: `0.42`, `8.3`, `950`, `12 000`.
#[must_use]
pub fn factor(value: f64) -> String {
    if value < 1.0 {
        return format!("{value:.2}");
    }
    if value < 10.0 {
        return format!("{value:.1}");
    }
    let unit = 10_f64.powi(if value < 1e3 {
        0
    } else if value < 1e4 {
        1
    } else {
        value.log10().floor() as i32 - 2
    });
    let digits = format!("{:.0}", (value / unit).round() * unit);
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) && digits.len() > 4 {
            grouped.push(' ');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::super::examples;
    use super::*;

    #[test]
    fn pairs_do_the_same_to_the_same_message() {
        let pairs = pairs(&examples::all());
        // 2 public, 2 symmetric, 2 operations, 5 sizes.
        assert_eq!(pairs.len(), 40);
        let expect = |pair: &Pair| {
            let operation = if pair.operation == Operation::Encrypt { 10.0 } else { 1000.0 };
            let public = if pair.public.0 == "rsa-4096" { 4.0 } else { 1.0 };
            let symmetric = if pair.symmetric.0 == "seed-cbc" { 100.0 } else { 1.0 };
            operation * public / symmetric
        };
        for pair in &pairs {
            assert!((pair.factor - expect(pair)).abs() < 1e-9, "{pair}");
        }
    }

    #[test]
    fn ranges_tell_where_1000_lies() {
        let pairs = pairs(&examples::all());
        let groups = groups(&pairs);
        assert_eq!(groups.len(), 10);
        // Encryption: 0.1, 0.4, 10, 40. Decryption: 10, 40, 1000, 4000.
        for group in groups {
            let Range { lowest, highest, below, about, above, .. } = group.range;
            let expect = if group.operation == Operation::Encrypt { (4, 0, 0) } else { (2, 1, 1) };
            assert_eq!((below, about, above), expect);
            let ends = if group.operation == Operation::Encrypt { (0.1, 40.0) } else { (10.0, 4000.0) };
            assert!((lowest - ends.0).abs() < 1e-9 && (highest - ends.1).abs() < 1e-9);
        }
        assert_eq!(Range::of([].iter()), None);
    }

    #[test]
    fn the_verdict_follows_the_figures() {
        let all = examples::all();
        let lines = verdict(&all, &pairs(&all)).join("\n");
        for part in [
            "Of 40 pairs 13 % are about 1000 (500 to 2000), 75 % are below, 13 % above: no single factor",
            "Encrypting: 0.10 to 40 times as slow, typically 2.0: below 1000.",
            "Decrypting: 10 to 4000 times as slow",
            "Nearest to 1000: rsa-2048 (aws-lc) by aes-256-gcm (ring), decrypt 32 B: 1000.",
            "takes 10 times as long as aes-256-gcm (ring) to encrypt, 1000 times to decrypt.",
        ] {
            assert!(lines.contains(part), "{part} is not in\n{lines}");
        }
        let decryption: Vec<Measured> = all
            .into_iter()
            .filter(|m| m.operation == Operation::Decrypt && m.algorithm != "seed-cbc" && m.algorithm != "rsa-4096")
            .collect();
        assert!(verdict(&decryption, &pairs(&decryption))[0].ends_with("the sentence holds for most."));
        assert_eq!(verdict(&[], &[]), ["Nothing was measured."]);
    }

    #[test]
    fn factors_are_written_with_the_digits_that_count() {
        for (value, expect) in [
            (0.416, "0.42"),
            (8.34, "8.3"),
            (950.4, "950"),
            (1234.0, "1230"),
            (12_345.0, "12 300"),
            (1_234_567.0, "1 230 000"),
        ] {
            assert_eq!(factor(value), expect);
        }
    }
}
