//! The measurements as rows of text, the same in the terminal and on the page.

use super::{Measured, Side, algorithms, factors, fastest, sizes};
use crate::bench::Operation;
use crate::report;

/// Columns of words at the left of each table; the others are figures.
pub const WORDS: usize = 3;

/// A table with its heading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// What it shows.
    pub heading: &'static str,
    /// The columns' names, then the rows.
    pub rows: Vec<Vec<String>>,
}

/// Time for each message, by every backend; `!` where the spread is above 10 %.
#[must_use]
pub fn times(all: &[Measured]) -> Table {
    let cell =
        |m: &Measured| format!("{}{}", report::nanoseconds(m.nanoseconds), if m.timed.is_shaky() { "!" } else { "" });
    Table { heading: "Time per message, by every backend", rows: by_backend(all, cell) }
}

/// Time for each byte of a message, by every backend.
#[must_use]
pub fn per_byte(all: &[Measured]) -> Table {
    let cell = |m: &Measured| report::nanoseconds(m.nanoseconds_per_byte);
    Table { heading: "Time per byte of the message, by every backend", rows: by_backend(all, cell) }
}

fn by_backend(all: &[Measured], cell: impl Fn(&Measured) -> String) -> Vec<Vec<String>> {
    let sizes = sizes(all);
    let mut rows = vec![header(["algorithm", "", "backend"], &sizes)];
    let mut done: Vec<(&str, Operation, crate::Backend)> = Vec::new();
    for m in all {
        let key = (m.algorithm.as_str(), m.operation, m.backend);
        if done.contains(&key) {
            continue;
        }
        done.push(key);
        let mut row = vec![m.algorithm.clone(), m.operation.to_string(), m.backend.to_string()];
        row.extend(sizes.iter().map(|bytes| {
            let found = all.iter().find(|o| (o.algorithm.as_str(), o.operation, o.backend) == key && o.bytes == *bytes);
            found.map_or_else(String::new, &cell)
        }));
        rows.push(row);
    }
    rows
}

/// How many times as long the fastest RSA takes as the fastest symmetric cipher of each kind.
#[must_use]
pub fn slower(all: &[Measured]) -> Table {
    let sizes = sizes(all);
    let mut rows = vec![header(["public key", "", "against"], &sizes)];
    for public in algorithms(all, Side::PublicKey) {
        for operation in [Operation::Encrypt, Operation::Decrypt] {
            for symmetric in algorithms(all, Side::Symmetric) {
                let cell = |bytes: &u64| {
                    let times = fastest(all, public, operation, *bytes).zip(fastest(all, symmetric, operation, *bytes));
                    times.map_or_else(String::new, |(a, b)| factors::factor(a.nanoseconds / b.nanoseconds))
                };
                let mut row = vec![public.to_owned(), operation.to_string(), symmetric.to_owned()];
                row.extend(sizes.iter().map(cell));
                rows.push(row);
            }
        }
    }
    Table { heading: "Times as slow, fastest backend of each", rows }
}

fn header(words: [&str; WORDS], sizes: &[u64]) -> Vec<String> {
    words.into_iter().map(str::to_owned).chain(sizes.iter().map(|bytes| report::size(*bytes))).collect()
}

/// How the figures came about, in lines of at most 80 columns.
#[must_use]
pub fn method(all: &[Measured]) -> Vec<String> {
    let mut lengths: Vec<u64> = all.iter().filter_map(|m| m.blocks).map(|blocks| blocks.bytes).collect();
    lengths.sort_unstable();
    lengths.dedup();
    let lengths = lengths.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let scaled = all.iter().filter(|m| m.blocks.is_some_and(|blocks| blocks.measured < blocks.needed));
    let mut lines = vec![
        "Medians of interleaved rounds; keys and key schedules are made before.".to_owned(),
        format!("RSA is OAEP with SHA-256, in blocks of at most {lengths} B."),
    ];
    if let Some(shortest) = scaled.map(|m| m.bytes).min() {
        lines.push(format!(
            "From {} on, RSA is the time of one full block by the number of blocks.",
            report::size(shortest)
        ));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::super::examples;
    use super::*;

    #[test]
    fn every_table_has_all_its_cells() {
        let all = examples::all();
        for (table, rows) in [(times(&all), 9), (per_byte(&all), 9), (slower(&all), 9)] {
            assert_eq!(table.rows.len(), rows, "{}", table.heading);
            assert!(table.rows.iter().all(|row| row.len() == WORDS + 5), "{}", table.heading);
            assert!(table.rows[1..].iter().flatten().all(|cell| !cell.is_empty()), "{}", table.heading);
        }
    }

    #[test]
    fn factors_are_of_the_fastest_backends() {
        let mut all = examples::all();
        let mut slow = all[0].clone();
        slow.backend = crate::Backend::Rust;
        slow.nanoseconds *= 50.0;
        all.insert(0, slow);
        let table = slower(&all);
        assert_eq!(table.rows[1], ["rsa-2048", "encrypt", "aes-256-gcm", "10", "10", "10", "10", "10"]);
        assert_eq!(table.rows[3], ["rsa-2048", "decrypt", "aes-256-gcm", "1000", "1000", "1000", "1000", "1000"]);
    }

    #[test]
    fn the_method_tells_the_sample() {
        let mut all = examples::all();
        assert_eq!(method(&all).len(), 2);
        all[0].blocks = Some(super::super::Blocks { bytes: 190, needed: 345, measured: 1 });
        all[0].bytes = 64 << 10;
        assert!(method(&all)[2].contains("From 64 KiB on, RSA is the time of one full block"));
    }
}
