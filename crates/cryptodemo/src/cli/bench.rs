//! `cryptodemo bench`.

mod parts;
mod show;

use std::time::Duration;

use clap::ValueEnum;
use indicatif::ProgressBar;
use serde::Serialize;

use super::{Output, quantity};
use crate::Backend;
use crate::bench::against::{self, Against};
use crate::bench::generation::Generated;
use crate::bench::{DebugTiming, Environment, Profile, Timed, cases, openssl, require_release};
use crate::error::{Error, Result};

const EXAMPLES: &str = "\
All cases are checked by known answers first; one that fails is never timed
(exit code 3). Then rounds go over all cases in turn, and the median of the
rounds is told with its spread (distance of the quartiles by the median); a
spread above 10 % is marked by \"!\". Key generation and key schedules are
outside the times.

Examples:
  cryptodemo bench sym --sizes 1KiB,1MiB --backend ring
  cryptodemo bench pub --seconds 2
  cryptodemo bench kex
  cryptodemo bench tls --json
  cryptodemo bench sym --compare-openssl";

/// Arguments of `cryptodemo bench`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    /// What to time [default: all of them]
    #[arg(value_name = "PART")]
    part: Option<Part>,
    /// Sizes of messages for symmetric ciphers [default: 32,190,1KiB,64KiB,1MiB]
    #[arg(long, value_name = "SIZES", value_delimiter = ',', value_parser = quantity::size)]
    sizes: Vec<u64>,
    /// Seconds for each part, about; at least five rounds are run
    #[arg(long, value_name = "S", default_value = "5", value_parser = quantity::seconds)]
    seconds: Duration,
    /// Which libraries
    #[arg(long, default_value = "all")]
    backend: Wanted,
    /// Run the installed `openssl speed` in turn and print the ratio (16 KiB and 1 MiB, and RSA)
    #[arg(long, conflicts_with = "sizes")]
    compare_openssl: bool,
    /// Time a debug build nonetheless
    #[arg(long)]
    allow_debug: bool,
}

/// What there is to time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Part {
    /// Symmetric ciphers
    Sym,
    /// Public-key encryption and signatures, and the making of keys
    Pub,
    /// Key exchange: key encapsulation mechanisms, and the making of keys
    Kex,
    /// Full and resumed TLS handshakes in memory
    Tls,
}

/// Which backends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Wanted {
    /// RustCrypto and dalek
    Rust,
    /// ring
    Ring,
    /// AWS-LC
    AwsLc,
    /// All three
    All,
}

impl Wanted {
    fn backends(self) -> Vec<Backend> {
        match self {
            Self::Rust => vec![Backend::Rust],
            Self::Ring => vec![Backend::Ring],
            Self::AwsLc => vec![Backend::AwsLc],
            Self::All => Backend::ALL.to_vec(),
        }
    }
}

/// Result of the command, as in the JSON.
#[derive(Debug, Serialize)]
struct Results {
    environment: Environment,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parts: Vec<PartResult>,
    #[serde(skip_serializing_if = "Option::is_none")]
    openssl: Option<OpensslResult>,
}

/// Result of one part. Times are nanoseconds per operation.
#[derive(Debug, Serialize)]
struct PartResult {
    part: Part,
    cases: Vec<Timed>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    key_generation: Vec<Generated>,
}

/// Result beside openssl. Speeds are bytes or operations per second.
#[derive(Debug, Serialize)]
struct OpensslResult {
    version: String,
    cases: Vec<Against>,
}

/// Runs the command.
pub(super) fn run(arguments: Arguments, output: &Output) -> Result<()> {
    let debug = if arguments.allow_debug { DebugTiming::Allowed } else { DebugTiming::Refused };
    require_release(Profile::current(), debug)?;
    let environment = Environment::look();
    if environment.build == Profile::Debug {
        output.warn("a debug build: its times say nothing about the algorithms");
    }
    let results = if arguments.compare_openssl {
        Results { environment, parts: Vec::new(), openssl: Some(beside_openssl(&arguments, output)?) }
    } else {
        Results { environment, parts: time_parts(&arguments, output)?, openssl: None }
    };
    if output.is_json() { output.json(&results) } else { show::results(&results, output) }
}

fn time_parts(arguments: &Arguments, output: &Output) -> Result<Vec<PartResult>> {
    let sizes = if arguments.sizes.is_empty() { cases::SIZES.to_vec() } else { arguments.sizes.clone() };
    let backends = arguments.backend.backends();
    let wanted = arguments.part.map_or_else(|| Part::value_variants().to_vec(), |part| vec![part]);
    let mut parts = Vec::new();
    for part in wanted {
        let cases = parts::cases(part, &backends, &sizes)?;
        if cases.is_empty() && arguments.part.is_some() {
            return Err(Error::Usage("this backend has nothing of that part: leave --backend out".to_owned()));
        }
        let bar = Bar::new(output);
        let cases = crate::bench::timing::run(cases, arguments.seconds, |done, of| bar.show(done, of))?;
        let key_generation = parts::key_generation(part, arguments.seconds)?;
        parts.push(PartResult { part, cases, key_generation });
    }
    Ok(parts)
}

fn beside_openssl(arguments: &Arguments, output: &Output) -> Result<OpensslResult> {
    let version = openssl::version()?;
    let backends = arguments.backend.backends();
    let mut cases = Vec::new();
    let bar = Bar::new(output);
    if matches!(arguments.part, None | Some(Part::Sym)) {
        cases.extend(against::ciphers(&backends, arguments.seconds, |done, of| bar.show(done, of))?);
    }
    if matches!(arguments.part, None | Some(Part::Pub)) {
        cases.extend(against::rsa(&backends, arguments.seconds, |done, of| bar.show(done, of))?);
    }
    if matches!(arguments.part, Some(Part::Kex | Part::Tls)) {
        return Err(Error::Usage("openssl speed is compared for sym and pub only".to_owned()));
    }
    Ok(OpensslResult { version, cases })
}

/// Progress on stderr, where there is somebody to see it.
pub(super) struct Bar(ProgressBar);

impl Bar {
    pub(super) fn new(output: &Output) -> Self {
        Self(if output.shows_progress() { ProgressBar::new(0) } else { ProgressBar::hidden() })
    }

    pub(super) fn show(&self, done: usize, of: usize) {
        self.0.set_length(of as u64);
        self.0.set_position(done as u64);
        if done == of {
            self.0.finish_and_clear();
        }
    }
}
