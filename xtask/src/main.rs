//! `cargo xtask`: chores of the repository that need more than a shell script.
//!
//! What it deliberately does not do: anything that a user of rootwalk needs.
#![expect(clippy::print_stdout, reason = "what came of a chore is what one runs it for")]

mod conformance;

use std::process::ExitCode;

use clap::Parser;

/// Chores of the repository.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", disable_help_subcommand = true)]
enum Task {
    /// Plays the scenarios of others to the real binary, each in a network namespace of its own
    Conformance(conformance::Arguments),
    /// One scenario, inside its namespace
    #[command(hide = true)]
    ConformanceInside(conformance::Inside),
}

fn main() -> ExitCode {
    let outcome = match Task::parse() {
        Task::Conformance(arguments) => conformance::run(&arguments),
        Task::ConformanceInside(inside) => conformance::run_inside(&inside),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::from(2)
    })
}
