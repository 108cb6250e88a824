//! Completion scripts and manual pages, made from the command line's own description.

use anyhow::Context;
use clap::CommandFactory;
use clap_complete::Shell;
use clap_mangen::Man;

use crate::args::Cli;
use crate::exit::Exit;
use crate::terminal;

/// Prints the completion script for a shell.
pub(crate) fn completions(shell: Shell) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "rootwalk", &mut script);
    terminal::print(&String::from_utf8(script)?)?;
    Ok(Exit::Fine)
}

/// Prints the manual page of rootwalk, or of one of its commands.
pub(crate) fn manual(command: Option<&str>) -> anyhow::Result<Exit> {
    let mut root = Cli::command();
    root.build(); // gives each command its whole name, rootwalk-walk
    let page = match command {
        None => root,
        Some(name) => root.find_subcommand(name).context("there is no such command")?.clone(),
    };
    let mut text = Vec::new();
    Man::new(page).render(&mut text)?;
    terminal::print(&String::from_utf8(text)?)?;
    Ok(Exit::Fine)
}
