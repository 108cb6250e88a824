//! `cryptodemo hybrid`: the exchange shown live, and files encrypted for a recipient.

mod decrypt;
mod demo;
mod encrypt;
mod inspect;

use std::path::Path;

use clap::{Subcommand, ValueEnum};

use super::Output;
use crate::error::Error;
use crate::kem::KemAlgorithm;
use crate::{Result, files};

/// Arguments of `cryptodemo hybrid`.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, after_long_help = demo::EXAMPLES)]
#[group(skip)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    demo: demo::Arguments,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Encrypt a file for the holder of a private key
    Encrypt(encrypt::Arguments),
    /// Decrypt a file with a private key
    Decrypt(decrypt::Arguments),
    /// Tell what an encrypted file says without a key
    Inspect(inspect::Arguments),
}

/// Runs the command.
pub(super) fn run(arguments: Arguments, output: &Output) -> Result<()> {
    match arguments.command {
        None => demo::run(arguments.demo, output),
        Some(Command::Encrypt(arguments)) => encrypt::run(&arguments, output),
        Some(Command::Decrypt(arguments)) => decrypt::run(&arguments, output),
        Some(Command::Inspect(arguments)) => inspect::run(&arguments, output),
    }
}

/// The JSON of the result and the data cannot both go to standard output.
fn no_json_into_output(output: &Output, out: &Path) -> Result<()> {
    if output.is_json() && files::is_standard_stream(out) {
        return Err(Error::Usage("--json writes to standard output, so OUT must be a file".to_owned()));
    }
    Ok(())
}

/// Name as on the command line.
fn kem_name(kem: KemAlgorithm) -> String {
    kem.to_possible_value().expect("no KEM is hidden").get_name().to_owned()
}
