//! `cryptodemo tls`: servers, clients and handshakes explained.

mod explain;

use clap::Subcommand;

use super::Output;
use crate::Result;

/// Arguments of `cryptodemo tls`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Each record of a live session: name, length, meaning, encrypted or not
    Explain(explain::Arguments),
}

/// Runs the command.
pub(super) fn run(arguments: Arguments, output: &Output) -> Result<()> {
    match arguments.command {
        Command::Explain(arguments) => explain::run(arguments, output),
    }
}
