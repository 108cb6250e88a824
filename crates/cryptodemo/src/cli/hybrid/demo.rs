//! `cryptodemo hybrid` without a command: the exchange, live.

use crate::Result;
use crate::cli::Output;

/// Arguments of `cryptodemo hybrid` without a command: the exchange, live.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {}

/// Runs the command.
pub(super) fn run(arguments: Arguments, output: &Output) -> Result<()> {
    todo!("{arguments:?} {output:?}")
}
