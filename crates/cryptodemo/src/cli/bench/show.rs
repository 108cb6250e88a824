//! The results as tables of at most 80 columns.

use super::{OpensslResult, Part, PartResult, Results};
use crate::bench::cases::public::key_name;
use crate::bench::generation::Generated;
use crate::bench::{Summary, Timed};
use crate::cli::Output;
use crate::cli::output::Style;
use crate::cli::table::{self, Align};
use crate::error::Result;
use crate::report;

/// Columns of sizes beside each other.
const SIZES_PER_TABLE: usize = 5;
/// Width of the bars.
const BAR: usize = 26;

pub(super) fn results(results: &Results, output: &Output) -> Result<()> {
    for line in results.environment.lines() {
        output.line(output.style(Style::Faint, &line))?;
    }
    for part in &results.parts {
        output.line("")?;
        show_part(part, output)?;
    }
    if let Some(openssl) = &results.openssl {
        output.line("")?;
        beside_openssl(results, openssl, output)?;
    }
    Ok(())
}

fn show_part(part: &PartResult, output: &Output) -> Result<()> {
    let heading = match part.part {
        Part::Sym => "Symmetric ciphers: time per message, median and spread",
        Part::Pub => "Public key: time per operation (messages of 32 B)",
        Part::Kex => "Key exchange: time per operation",
        Part::Tls => "TLS handshakes in memory: time for both sides together",
    };
    output.line(output.style(Style::Heading, heading))?;
    if part.part == Part::Sym {
        by_size(&part.cases, output)?;
        throughput(&part.cases, output)?;
    } else {
        by_operation(&part.cases, output)?;
    }
    if part.cases.iter().any(|case| case.nanoseconds.is_shaky()) {
        output.line("! spread above 10 %: something else ran, do not rely on the figure")?;
    }
    if !part.key_generation.is_empty() {
        output.line("")?;
        generation(&part.key_generation, output)?;
    }
    Ok(())
}

/// A row per backend under a heading per algorithm and operation, a column per size.
fn by_size(cases: &[Timed], output: &Output) -> Result<()> {
    let mut sizes: Vec<u64> = cases.iter().filter_map(|case| case.label.bytes).collect();
    sizes.sort_unstable();
    sizes.dedup();
    let mut groups: Vec<(&str, &str, Vec<&Timed>)> = Vec::new();
    for case in cases {
        let key = (case.label.algorithm.as_str(), case.label.operation.name());
        match groups.iter_mut().find(|group| (group.0, group.1) == key) {
            Some(group) => group.2.push(case),
            None => groups.push((key.0, key.1, vec![case])),
        }
    }
    for sizes in sizes.chunks(SIZES_PER_TABLE) {
        let header = sizes.iter().map(|bytes| format!("{:>14}", report::size(*bytes))).collect::<String>();
        output.line(output.style(Style::Faint, &format!("{:8}{header}", "")))?;
        for (algorithm, operation, cases) in &groups {
            output.line(format!("{algorithm} {operation}"))?;
            let mut backends: Vec<_> = cases.iter().map(|case| case.label.backend).collect();
            backends.dedup();
            backends.sort_unstable();
            backends.dedup();
            for backend in backends {
                let at = |bytes: &u64| {
                    cases.iter().find(|case| case.label.backend == backend && case.label.bytes == Some(*bytes))
                };
                let cells =
                    sizes.iter().map(|bytes| format!("{:>14}", at(bytes).map_or_else(String::new, |case| cell(case))));
                output.line(format!("  {backend:6}{}", cells.collect::<String>()))?;
            }
        }
    }
    Ok(())
}

fn cell(case: &Timed) -> String {
    format!("{} {}", report::nanoseconds(case.nanoseconds.median), spread(&case.nanoseconds))
}

/// The spread in percent, with its mark or a blank for it: four columns.
fn spread(summary: &Summary) -> String {
    let mark = if summary.is_shaky() { "!" } else { " " };
    format!("{:>2.0}%{mark}", (summary.spread * 100.0).min(99.0))
}

/// Bytes per second of the longest message, with bars.
fn throughput(cases: &[Timed], output: &Output) -> Result<()> {
    let Some(longest) = cases.iter().filter_map(|case| case.label.bytes).max() else { return Ok(()) };
    let rows: Vec<(&Timed, f64)> = cases
        .iter()
        .filter(|case| case.label.bytes == Some(longest))
        .filter_map(|case| case.bytes_per_second().map(|rate| (case, rate)))
        .collect();
    let most = rows.iter().map(|(_, rate)| *rate).fold(0.0, f64::max);
    output.line("")?;
    output.line(output.style(Style::Heading, &format!("Throughput for messages of {}", report::size(longest))))?;
    let cells: Vec<Vec<String>> = rows
        .iter()
        .map(|(case, rate)| {
            let label = &case.label;
            let words = [label.algorithm.clone(), label.operation.to_string(), label.backend.to_string()];
            let mut row: Vec<String> = words.into();
            row.extend([report::rate(*rate), report::bar(rate / most, BAR)]);
            row
        })
        .collect();
    lines(&[Align::Left, Align::Left, Align::Left, Align::Right, Align::Left], &cells, output)
}

fn by_operation(cases: &[Timed], output: &Output) -> Result<()> {
    let header = ["algorithm", "operation", "backend", "median", "spread", "per second"];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    for case in cases {
        rows.push(vec![
            case.label.algorithm.clone(),
            case.label.operation.to_string(),
            case.label.backend.to_string(),
            report::nanoseconds(case.nanoseconds.median),
            spread(&case.nanoseconds),
            per_second(1e9 / case.nanoseconds.median),
        ]);
    }
    lines(&[Align::Left, Align::Left, Align::Left], &rows, output)
}

fn generation(generated: &[Generated], output: &Output) -> Result<()> {
    output.line(output.style(Style::Heading, "Making a key, apart from all above"))?;
    let mut rows = vec![["key", "runs", "fastest", "median", "slowest"].map(str::to_owned).to_vec()];
    for Generated { algorithm, nanoseconds } in generated {
        let mut row = vec![key_name(*algorithm).to_owned(), nanoseconds.samples.to_string()];
        row.extend([nanoseconds.min, nanoseconds.median, nanoseconds.max].map(report::nanoseconds));
        rows.push(row);
    }
    lines(&[Align::Left], &rows, output)
}

fn beside_openssl(results: &Results, openssl: &OpensslResult, output: &Output) -> Result<()> {
    let heading = format!("Speed beside `openssl speed` ({}), in turn", openssl.version);
    output.line(output.style(Style::Heading, &heading))?;
    let header = ["algorithm", "operation", "size", "backend", "ours", "openssl", "ratio", "from", "to"];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    for case in &openssl.cases {
        let is_cipher = case.label.operation == crate::bench::Operation::Encrypt;
        let speed = |value: f64| if is_cipher { report::rate(value) } else { format!("{}/s", per_second(value)) };
        let mut row = vec![case.label.algorithm.clone(), case.label.operation.to_string()];
        row.push(case.label.bytes.filter(|_| is_cipher).map_or_else(String::new, report::size));
        row.push(case.label.backend.to_string());
        row.extend([case.ours.median, case.openssl.median].map(speed));
        row.extend([case.ratio.median, case.ratio.min, case.ratio.max].map(|ratio| format!("{ratio:.2}")));
        rows.push(row);
    }
    lines(&[Align::Left, Align::Left, Align::Right, Align::Left], &rows, output)?;
    let rounds = openssl.cases.first().map_or(0, |case| case.ratio.samples);
    output.line(format!("Ratio: ours by openssl's, median of {rounds} rounds; above 1 ours is faster. For"))?;
    output.line("RSA, openssl signs by PKCS#1 v1.5; decryption here is OAEP, which adds hashing")?;
    output.line("to the same power.")?;
    if results.environment.instructions.contains(&"VAES") && lacks_vaes(&openssl.version) {
        output.line("This processor has VAES. aws-lc and ring use it for AES-GCM, OpenSSL does from")?;
        output.line("3.1 on: ratios far above 1 are no error. With")?;
        output.line("OPENSSL_ia32cap=:~0x60000000000 in the environment aws-lc and openssl leave it")?;
        output.line("out, ring does not.")?;
    }
    if results.environment.instructions.contains(&"AVX512-IFMA") {
        output.line("This processor has AVX512-IFMA. For RSA-2048 aws-lc and openssl use it, ring")?;
        output.line("does not. With OPENSSL_ia32cap=:~0x200000 in the environment openssl leaves it")?;
        output.line("out.")?;
    }
    Ok(())
}

/// Whether it is OpenSSL before 3.1, whose AES-GCM knows AES-NI only (its NEWS for 3.1).
fn lacks_vaes(version: &str) -> bool {
    let number = version.strip_prefix("OpenSSL ").unwrap_or_default();
    number.starts_with("1.") || number.starts_with("3.0.")
}

fn lines(columns: &[Align], rows: &[Vec<String>], output: &Output) -> Result<()> {
    table::lines(columns, rows).into_iter().try_for_each(|line| output.line(line))
}

fn per_second(value: f64) -> String {
    if value >= 1e6 { format!("{:.2} M", value / 1e6) } else { format!("{value:.0}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn openssl_uses_vaes_from_3_1_on() {
        for (version, lacks) in [
            ("OpenSSL 1.1.1w", true),
            ("OpenSSL 3.0.19", true),
            ("OpenSSL 3.1.0", false),
            ("OpenSSL 3.5.1", false),
            ("LibreSSL 3.0.2", false),
        ] {
            assert_eq!(lacks_vaes(version), lacks, "{version}");
        }
    }
}
