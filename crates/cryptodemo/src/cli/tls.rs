//! `cryptodemo tls`: servers, clients and handshakes explained.

mod accept_errors;
mod connect;
mod explain;
mod serve;

use std::path::Path;
use std::sync::Arc;

use clap::Subcommand;
use rustls::KeyLog;

use super::Output;
use crate::Result;
use crate::tls::key_log::KeyLogFile;

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

/// The file for the sessions' secrets, if one was named, with a warning.
fn key_log(path: Option<&Path>, output: &Output) -> Result<Option<Arc<dyn KeyLog>>> {
    let Some(path) = path else { return Ok(None) };
    output.warn(format!("whoever reads {} can decrypt these sessions", path.display()));
    Ok(Some(Arc::new(KeyLogFile::open(path)?)))
}
