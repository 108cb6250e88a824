//! The command `rootwalk`.
//!
//! What it is for: the command line, the configuration file, the log, and putting the other crates together. What it
//! deliberately does not do: DNS.

mod anchors;
mod args;
mod config;
mod descriptors;
mod exit;
mod lab;
mod logging;
mod render;
mod serve;
mod settings;
mod shell;
mod signals;
mod target;
mod terminal;
mod walk;

use std::process::ExitCode;

use args::{Cli, Command};
use clap::Parser;

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Serve(args) => serve::run(&args),
        Command::Walk(args) => walk::run(&args),
        Command::Lab(args) => lab::run(&args),
        Command::Config(args) => settings::run(&args),
        Command::Completions { shell } => shell::completions(shell),
        Command::Man { command } => shell::manual(command.as_deref()),
    };
    done.unwrap_or_else(|error| exit::report(&error)).into()
}
