//! `cryptodemo pub`.

use super::Output;
use crate::Result;

/// Arguments of `cryptodemo pub`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {}

/// Runs the command.
pub(super) fn run(arguments: Arguments, output: &Output) -> Result<()> {
    todo!("{arguments:?} {output:?}")
}
