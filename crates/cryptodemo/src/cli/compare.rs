//! `cryptodemo compare`.

mod show;

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;

use super::bench::Bar;
use super::{Output, quantity};
use crate::bench::{DebugTiming, Environment, Profile, require_release};
use crate::compare::factors::{self, Group, Pair, Range};
use crate::compare::{Measured, measure, page, plot};
use crate::error::{Error, Result};
use crate::files;

const EXAMPLES: &str = "\
RSA with 2048, 3072 and 4096 bits against AES-256-GCM, ARIA-256-GCM, SEED-CBC
and 3DES-CBC, by every backend, for messages from 32 B to 1 MiB. RSA takes long
messages in blocks; above 1 KiB its time is computed from that of one block.

Examples:
  cryptodemo compare
  cryptodemo compare --seconds 5 --plot compare.svg
  cryptodemo compare --plot compare.html --quiet
  cryptodemo compare --json";

/// Arguments of `cryptodemo compare`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// Write the plot, or a page with plot and tables, by the name's ending: .svg or .html
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,
    /// Seconds to measure, about; at least five rounds are run
    #[arg(long, value_name = "S", default_value = "10", value_parser = quantity::seconds)]
    seconds: Duration,
    /// Time a debug build nonetheless
    #[arg(long)]
    allow_debug: bool,
}

/// Kinds of plots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Plot {
    Svg,
    Html,
}

impl Plot {
    fn of(path: &Path) -> Result<Self> {
        let ending = path.extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase);
        match ending.as_deref() {
            Some("svg") => Ok(Self::Svg),
            Some("html") => Ok(Self::Html),
            _ => Err(Error::Usage(format!("{}: plots end in .svg or .html", path.display()))),
        }
    }
}

/// Result of the command, as in the JSON.
#[derive(Debug, Serialize)]
struct Results {
    environment: Environment,
    /// Times, in nanoseconds.
    measured: Vec<Measured>,
    /// Factors of all pairs.
    pairs: Vec<Pair>,
    /// Ranges for each operation and size.
    groups: Vec<Group>,
    /// The range over all pairs.
    range: Option<Range>,
    verdict: Vec<String>,
}

/// Runs the command.
pub(super) fn run(arguments: Arguments, output: &Output) -> Result<()> {
    let kind = arguments.plot.as_deref().map(Plot::of).transpose()?;
    if let Some(path) = &arguments.plot {
        files::check_folder(path)?;
    }
    let debug = if arguments.allow_debug { DebugTiming::Allowed } else { DebugTiming::Refused };
    require_release(Profile::current(), debug)?;
    let environment = Environment::look();
    if environment.build == Profile::Debug {
        output.warn("a debug build: its times say nothing about the algorithms");
    }
    let bar = Bar::new(output);
    let measured = measure::run(arguments.seconds, |done, of| bar.show(done, of))?;
    let pairs = factors::pairs(&measured);
    let results = Results {
        groups: factors::groups(&pairs),
        range: Range::of(pairs.iter()),
        verdict: factors::verdict(&measured, &pairs),
        environment,
        measured,
        pairs,
    };
    // What was measured is shown even if the plot cannot be written.
    if output.is_json() {
        output.json(&results)?
    } else {
        show::results(&results, output)?
    }
    if let Some((path, kind)) = arguments.plot.as_deref().zip(kind) {
        let text = match kind {
            Plot::Svg => plot::svg(&results.measured, &results.environment)?,
            Plot::Html => page::html(&results.measured, &results.environment)?,
        };
        files::write(path, text.as_bytes())?;
        output.note(format!("wrote {}", path.display()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plots_are_known_by_their_ending() {
        for (name, expect) in [
            ("a.svg", Ok(Plot::Svg)),
            ("a.b.HTML", Ok(Plot::Html)),
            ("a.png", Err(2)),
            ("svg", Err(2)),
            (".svg", Err(2)),
            ("", Err(2)),
        ] {
            assert_eq!(Plot::of(Path::new(name)).map_err(|error| error.exit_code()), expect, "{name}");
        }
    }
}
