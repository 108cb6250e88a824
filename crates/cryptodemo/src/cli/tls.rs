//! `cryptodemo tls`: servers, clients and handshakes explained.

mod connect;
mod explain;
mod serve;

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
    /// Serve TLS: lines come back, browsers are told what was negotiated
    Serve(serve::Arguments),
    /// Connect to a TLS server, and time and count each step
    Connect(connect::Arguments),
    /// Each record of a live session: name, length, meaning, encrypted or not
    Explain(explain::Arguments),
}

/// Runs the command.
pub(super) fn run(arguments: Arguments, output: &Output) -> Result<()> {
    match arguments.command {
        Command::Serve(arguments) => serve::run(&arguments, output),
        Command::Connect(arguments) => connect::run(&arguments, output),
        Command::Explain(arguments) => explain::run(arguments, output),
    }
}
