//! `cryptodemo tls explain`.

use crate::Result;
use crate::cli::Output;

/// Arguments of `cryptodemo tls explain`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {}

/// Runs the command.
pub(super) fn run(arguments: Arguments, output: &Output) -> Result<()> {
    todo!("{arguments:?} {output:?}")
}
