//! `rootwalk config`: whether a file can be used, and what is in effect.

use crate::args;
use crate::config;
use crate::exit::Exit;
use crate::terminal;

/// Checks or shows.
pub(crate) fn run(args: &args::Config) -> anyhow::Result<Exit> {
    match args {
        args::Config::Check { file } => {
            config::load(Some(file), None)?;
            terminal::print(&format!("{}: fine\n", file.display()))?;
        }
        args::Config::Show { config: file } => {
            terminal::print(&config::load(file.as_deref(), None)?.to_toml(file.as_deref()))?;
        }
    }
    Ok(Exit::Fine)
}
