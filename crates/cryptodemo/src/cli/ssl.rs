//! `cryptodemo ssl`.

use super::Output;
use crate::Result;

/// Arguments of `cryptodemo ssl`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {}

/// Runs the command.
pub(super) fn run(arguments: Arguments, output: &Output) -> Result<()> {
    todo!("{arguments:?} {output:?}")
}
