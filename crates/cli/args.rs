//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use proto::RrType;

use crate::config::MAX_THREADS;
use crate::target::{Target, TargetError};

const EXIT_CODES: &str = "\
Exit codes:
  0  fine
  1  failure at run time
  2  wrong usage or configuration";

const WALK_EXIT_CODES: &str = "\
Exit codes:
  0  NOERROR: there is an answer, or the name has no data of the type
  1  failure at run time
  2  wrong usage or configuration
  3  NXDOMAIN: there is no such name
  4  SERVFAIL or no answer";

/// A caching recursive DNS resolver that shows every step of the walk.
#[derive(Debug, Parser)]
#[command(name = "rootwalk", version, max_term_width = 100, arg_required_else_help = true, after_help = concat!("\
Examples:
  rootwalk serve --lab                  resolver on 127.0.0.1:5300 over the built-in internet
  rootwalk walk --lab www.naver.com     every step from the root to an address
  rootwalk lab                          the servers and zones of the built-in internet

Exit codes:
  0  fine
  1  failure at run time
  2  wrong usage or configuration
  3  walk: NXDOMAIN
  4  walk: SERVFAIL or no answer"))]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Answer DNS clients over UDP and TCP.
    ///
    /// Stays in the foreground and logs to standard error. Prints `listening on ADDR:PORT (udp, tcp)` for each address
    /// when it is ready to answer. SIGTERM and SIGINT end it after open questions are answered; SIGHUP checks the
    /// configuration file again (changes need a restart).
    #[command(after_long_help = format!("\
Examples:
  rootwalk serve --lab
  rootwalk serve --config rootwalk.toml
  rootwalk serve --listen 127.0.0.1:5353 --listen '[::1]:5353'

{EXIT_CODES}"))]
    Serve(Serve),
    /// Resolve one name from a cold cache and show every step.
    ///
    /// Prints the walk as it happens: zone cuts, servers asked, what they were asked, what they said, how long it took,
    /// what was thrown away and why. With --json the same as one JSON document.
    #[command(visible_alias = "resolve", after_long_help = format!("\
Examples:
  rootwalk walk --lab www.naver.com
  rootwalk walk example.com MX
  rootwalk walk 192.0.2.1                  (asks PTR of 1.2.0.192.in-addr.arpa)
  rootwalk walk --json example.com | jq .answer

{WALK_EXIT_CODES}"))]
    Walk(Walk),
    /// List the servers and zones of the built-in internet, or run its servers alone.
    ///
    /// Without options: every server with its address in the built-in internet, the loopback socket where it can be
    /// asked while `rootwalk lab --listen` or `rootwalk serve --lab` runs, its zones and how it behaves; then what there
    /// is to see.
    #[command(after_long_help = format!("\
Examples:
  rootwalk lab
  rootwalk lab --zones
  rootwalk lab --listen

{EXIT_CODES}"))]
    Lab(Lab),
    /// Check or show the configuration.
    #[command(subcommand, after_long_help = EXIT_CODES)]
    Config(Config),
    /// Print a completion script for a shell.
    #[command(after_long_help = format!("\
Examples:
  rootwalk completions bash > ~/.local/share/bash-completion/completions/rootwalk
  rootwalk completions fish > ~/.config/fish/completions/rootwalk.fish

{EXIT_CODES}"))]
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// Print the manual page, of rootwalk or of one of its commands.
    #[command(after_long_help = format!("\
Examples:
  rootwalk man | man -l -
  rootwalk man walk > rootwalk-walk.1

{EXIT_CODES}"))]
    Man {
        /// One of the commands.
        #[arg(value_parser = ["serve", "walk", "lab", "config", "completions"])]
        command: Option<String>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Read this file; without it every setting has its default.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Answer on this address, instead of those of the configuration; may be given more than once. Port 0: any.
    #[arg(long, value_name = "ADDR:PORT")]
    pub(crate) listen: Vec<SocketAddr>,
    #[command(flatten)]
    pub(crate) world: WorldChoice,
    /// Worker threads, instead of those of the configuration; 0: one per core.
    #[arg(long, value_name = "N", value_parser = thread_count)]
    pub(crate) threads: Option<usize>,
}

impl Serve {
    /// The addresses that count in place of those of the configuration.
    pub(crate) fn own_addresses(&self) -> Option<&[SocketAddr]> {
        Some(self.listen.as_slice()).filter(|listen| !listen.is_empty())
    }
}

#[derive(Debug, Args)]
pub(crate) struct Walk {
    /// The name, international ones as they are written; an IP address stands for its name in the reverse tree.
    pub(crate) name: Target,
    /// The record type, such as A, AAAA, MX, TXT or TYPE65; A if left out, PTR for an address.
    #[arg(value_name = "TYPE", value_parser = ordinary_type)]
    pub(crate) rtype: Option<RrType>,
    /// Read this file; without it every setting has its default.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) world: WorldChoice,
    /// Print one JSON document with the trace and the answer, when the walk is over.
    #[arg(long)]
    pub(crate) json: bool,
    /// Colours: auto means on a terminal and without NO_COLOR in the environment.
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: Color,
}

/// Which internet.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct WorldChoice {
    /// Walk the built-in internet instead of the real one; nothing leaves the machine.
    #[arg(long)]
    pub(crate) lab: bool,
    /// Whether servers of the built-in internet take as long as far ones do.
    #[arg(long, value_name = "on|off", default_value = "on", requires = "lab")]
    pub(crate) lab_latency: Switch,
    /// Share of packets that get lost on the way to and from the servers of the built-in internet, in percent.
    #[arg(long, value_name = "PERCENT", default_value_t = 0, requires = "lab",
          value_parser = clap::value_parser!(u8).range(0..=100))]
    pub(crate) lab_loss: u8,
}

#[derive(Debug, Args)]
pub(crate) struct Lab {
    /// Print the zones as zone files.
    #[arg(long, conflicts_with = "listen")]
    pub(crate) zones: bool,
    /// Run the servers on their loopback sockets until SIGINT or SIGTERM, so that `dig +norecurse` can ask them.
    #[arg(long)]
    pub(crate) listen: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Config {
    /// Say whether a file can be used, and if not, where and why.
    #[command(after_long_help = format!("Example:\n  rootwalk config check rootwalk.toml\n\n{EXIT_CODES}"))]
    Check {
        /// The file.
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Print the effective configuration as TOML: the file's values and the defaults of the rest.
    #[command(after_long_help = format!("\
Examples:
  rootwalk config show > rootwalk.toml
  rootwalk config show --config rootwalk.toml

{EXIT_CODES}"))]
    Show {
        /// Read this file; without it every setting has its default.
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Switch {
    On,
    Off,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

/// A type that can own data: meta types (RFC 6895 §3.1) name no data to walk to.
fn ordinary_type(text: &str) -> Result<RrType, String> {
    let rtype: RrType = text.parse().map_err(|error: proto::UnknownRrType| error.to_string())?;
    if rtype.is_meta() { Err(format!("{rtype} is not a type of data that a walk can find")) } else { Ok(rtype) }
}

/// As many threads as the configuration allows.
fn thread_count(text: &str) -> Result<usize, String> {
    let count = text.parse().map_err(|_| "not a number".to_owned())?;
    if count > MAX_THREADS { Err(format!("more than {MAX_THREADS} threads")) } else { Ok(count) }
}

impl std::str::FromStr for Target {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        Target::read(text)
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn examples_of_the_help_texts_are_accepted() {
        let mut command = Cli::command();
        let mut texts = vec![command.render_long_help().to_string()];
        texts.extend(command.get_subcommands_mut().map(|sub| sub.render_long_help().to_string()));
        let lines = texts.iter().flat_map(|text| text.lines());
        let examples: Vec<&str> = lines.filter_map(|line| line.strip_prefix("  rootwalk ")).collect();
        assert!(examples.len() > 12, "{examples:?}");
        for example in examples {
            let words =
                example.split(['|', '>', '(']).next().unwrap_or_default().split("   ").next().unwrap_or_default();
            let words = words.split_whitespace().map(|word| word.trim_matches('\''));
            Cli::try_parse_from(std::iter::once("rootwalk").chain(words)).unwrap();
        }
    }

    #[test]
    fn meta_types_are_refused_rfc6895_3_1() {
        for (text, fine) in
            [("A", true), ("type65", true), ("AXFR", false), ("ANY", false), ("OPT", false), ("X", false)]
        {
            assert_eq!(ordinary_type(text).is_ok(), fine, "{text}");
        }
    }
}
