//! `cryptodemo hybrid`: the exchange shown live, and files encrypted for a recipient.

mod demo;

use clap::Subcommand;

use super::Output;
use crate::Result;

/// Arguments of `cryptodemo hybrid`.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    demo: demo::Arguments,
}

#[derive(Debug, Subcommand)]
enum Command {}

/// Runs the command.
pub(super) fn run(arguments: Arguments, output: &Output) -> Result<()> {
    match arguments.command {
        None => demo::run(arguments.demo, output),
        Some(command) => match command {},
    }
}
