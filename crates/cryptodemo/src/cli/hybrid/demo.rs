//! `cryptodemo hybrid` without a command: the exchange, live.

mod costs;
mod input;
mod layout;
mod steps;
mod trouble;

use std::path::PathBuf;

use crate::Result;
use crate::cli::Output;
use crate::exchange::{self, Event, Settings};
use crate::keys::KeyAlgorithm;

/// Examples for the help.
pub(super) const EXAMPLES: &str = "\
Without a command the exchange is shown live.

Examples:
  cryptodemo hybrid
  cryptodemo hybrid --size 64KiB --key-alg rsa-3072
  cryptodemo hybrid --size 0 --show-secrets
  cryptodemo --json hybrid --size 1000";

/// Arguments of `cryptodemo hybrid` without a command: the exchange, live.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Length of A's message: a number with B, KiB, MiB, kB or MB; at most 256 MiB
    #[arg(long, value_name = "SIZE", default_value = "1MiB", value_parser = input::parse_size)]
    size: u64,
    /// A's message is this file, at most 256 MiB
    #[arg(long = "in", value_name = "FILE", conflicts_with = "size")]
    input: Option<PathBuf>,
    /// Kind of B's key
    #[arg(long, value_name = "ALG", default_value = "rsa-2048")]
    key_alg: RsaKey,
    /// Print the session keys too
    #[arg(long)]
    show_secrets: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum RsaKey {
    #[value(name = "rsa-2048")]
    Rsa2048,
    #[value(name = "rsa-3072")]
    Rsa3072,
    #[value(name = "rsa-4096")]
    Rsa4096,
}

impl From<RsaKey> for KeyAlgorithm {
    fn from(key: RsaKey) -> Self {
        match key {
            RsaKey::Rsa2048 => Self::Rsa2048,
            RsaKey::Rsa3072 => Self::Rsa3072,
            RsaKey::Rsa4096 => Self::Rsa4096,
        }
    }
}

/// Runs the command.
pub(super) fn run(arguments: Arguments, output: &Output) -> Result<()> {
    let message = input::message(arguments.input.as_deref(), arguments.size)?;
    let key_algorithm = arguments.key_alg.into();
    let settings = Settings { key_algorithm, message, show_secrets: arguments.show_secrets };
    if cfg!(debug_assertions) {
        output.note("This is a debug build: its times are no measure of anything.");
    }
    if output.is_json() {
        let report = exchange::run(&settings, &mut |_| Ok(()))?;
        output.json(&report)?;
        return report.verdict();
    }
    write(output, &steps::opening(output, &settings))?;
    let report = exchange::run(&settings, &mut |event| write(output, &lines(output, event)))?;
    write(output, &trouble::closing(output, &report))?;
    report.verdict()
}

fn write(output: &Output, lines: &[String]) -> Result<()> {
    lines.iter().try_for_each(|line| output.line(line))
}

/// What is printed when a part is done.
fn lines(output: &Output, event: Event<'_>) -> Vec<String> {
    match event {
        Event::Step(step) => steps::step(output, step),
        Event::Exchange(exchange) => steps::summary(output, exchange),
        Event::Costs(measured) => costs::costs(output, measured),
        Event::Forms(forms) => costs::forms(output, forms),
        Event::Trials(trials) => trouble::trials(output, trials),
        Event::Middle(middle) => trouble::middle(output, middle),
        Event::Theft(theft) => trouble::theft(output, theft),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Color;

    #[test]
    fn everything_printed_is_plain_and_fits_80_columns() {
        for (size, show_secrets) in [(0, true), (5000, false)] {
            let message = input::message(None, size).unwrap();
            let settings = Settings { key_algorithm: KeyAlgorithm::Rsa2048, message, show_secrets };
            let output = Output::new(false, Color::Never, false);
            let mut printed = steps::opening(&output, &settings);
            let report = exchange::run(&settings, &mut |event| {
                printed.extend(lines(&output, event));
                Ok(())
            })
            .unwrap();
            printed.extend(trouble::closing(&output, &report));
            assert!(printed.len() > 80, "{} lines", printed.len());
            for line in &printed {
                assert!(line.chars().count() <= 80, "{} columns: {line}", line.chars().count());
                assert!(!line.contains(['\x1b', '\n', '\t']), "{line:?}");
                assert_eq!(line.trim_end(), line, "blanks at the end");
            }
            let session_key = printed.iter().any(|line| line.contains("session key") && line.contains("secret"));
            assert_eq!(session_key, show_secrets);
        }
    }
}
