//! The command line: one module per command, each with its arguments and a `run`.

mod attack;
mod bench;
mod ca;
mod compare;
mod hybrid;
mod kat;
mod key_file;
mod output;
mod public;
mod quantity;
mod quic;
mod ssl;
mod sym;
mod table;
mod tls;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};

pub use output::Output;

use crate::files::STANDARD_OUTPUT;
use crate::{Error, Result};

/// See and measure how symmetric and public-key encryption differ, and why TLS uses both.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 80, after_long_help = EXIT_CODES)]
struct Arguments {
    /// Print results as JSON
    #[arg(long, global = true)]
    json: bool,
    /// Colour the output
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: Color,
    /// Print no progress and no notes
    #[arg(long, short, global = true)]
    quiet: bool,
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  done
  2  the command line makes no sense
  3  verification or decryption failed
  4  malformed or truncated input
  5  unusable key, or a message for other recipients
  6  reading or writing failed
  7  refused as unsafe; the message names the way out: an option, another name
  130  ended by SIGINT, SIGTERM or SIGHUP; unfinished output was removed";

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// If the output is a terminal and NO_COLOR is not set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// The exchange of SSL live, step by step; or encrypt, decrypt and inspect files
    Hybrid(hybrid::Arguments),
    /// Encrypt and decrypt files with a key that both sides have
    Sym(sym::Arguments),
    /// Key pairs, public-key encryption and signatures
    Pub(public::Arguments),
    /// "Public key is about 1000 times slower" as an experiment
    Compare(compare::Arguments),
    /// Time algorithms by every backend
    Bench(bench::Arguments),
    /// The five steps of the notes as a protocol over TCP, then TLS 1.2 and 1.3
    Ssl(ssl::Arguments),
    /// A certification authority for demonstrations
    Ca(ca::Arguments),
    /// TLS servers, clients and handshakes explained
    Tls(tls::Arguments),
    /// QUIC handshakes beside those of TLS
    Quic(quic::Arguments),
    /// Attacks on keys of its own, in process
    Attack(attack::Arguments),
    /// Known-answer tests: Wycheproof and OpenSSL vectors
    Kat(kat::Arguments),
}

impl Command {
    fn run(self, output: &Output) -> Result<()> {
        match self {
            Self::Hybrid(arguments) => hybrid::run(arguments, output),
            Self::Sym(arguments) => sym::run(arguments, output),
            Self::Pub(arguments) => public::run(arguments, output),
            Self::Compare(arguments) => compare::run(arguments, output),
            Self::Bench(arguments) => bench::run(arguments, output),
            Self::Ssl(arguments) => ssl::run(arguments, output),
            Self::Ca(arguments) => ca::run(arguments, output),
            Self::Tls(arguments) => tls::run(arguments, output),
            Self::Quic(arguments) => quic::run(arguments, output),
            Self::Attack(arguments) => attack::run(arguments, output),
            Self::Kat(arguments) => kat::run(arguments, output),
        }
    }
}

/// Parses the command line and runs it.
#[must_use]
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version are answers, not mistakes; a reader that has left is no reason to complain.
            let printed = error.print().and_then(|()| io::stdout().flush());
            return match printed {
                _ if error.use_stderr() => ExitCode::from(2),
                Err(failure) if failure.kind() != io::ErrorKind::BrokenPipe => {
                    let failure = Error::io(STANDARD_OUTPUT)(failure);
                    Output::new(false, Color::Auto, false).error(&failure);
                    ExitCode::from(failure.exit_code())
                }
                _ => ExitCode::SUCCESS,
            };
        }
    };
    let output = Output::new(arguments.json, arguments.color, arguments.quiet);
    match arguments.command.run(&output) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output.error(&error);
            ExitCode::from(error.exit_code())
        }
    }
}
