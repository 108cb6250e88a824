//! `cryptodemo ca`: a certification authority for demonstrations.

mod files;
mod issue;
mod show;
mod verify;

use std::path::PathBuf;
use std::time::Duration;

use clap::Subcommand;

use super::Output;
use crate::Result;
use crate::certificates::Authority;
use crate::keys::KeyAlgorithm;

pub(super) use files::certificates;

const DAY: Duration = Duration::from_secs(86_400);

/// Arguments of `cryptodemo ca`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  cryptodemo ca init demo-ca
  cryptodemo ca issue demo-ca localhost 127.0.0.1 --out server
  cryptodemo ca show server.pem
  cryptodemo ca verify server.pem --ca demo-ca/ca.pem --name localhost
  openssl verify -CAfile demo-ca/ca.pem -verify_hostname localhost server.pem";

#[derive(Debug, Subcommand)]
enum Command {
    /// Make an authority: DIR/ca.pem to give away, DIR/ca.key to keep
    Init(Init),
    /// Issue a certificate with a fresh key: PREFIX.pem and PREFIX.key
    Issue(issue::Arguments),
    /// Tell what a certificate says
    Show(show::Arguments),
    /// Check a server's certificate: signature, chain, dates, name
    Verify(verify::Arguments),
}

#[derive(Debug, clap::Args)]
struct Init {
    /// Folder for the two files; it is made if it is missing
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Kind of the key: rsa-2048, rsa-3072, rsa-4096, p256 or ed25519
    #[arg(long, value_name = "ALG", default_value = "p256", value_parser = files::signing_algorithm)]
    alg: KeyAlgorithm,
    /// Name of the authority
    #[arg(long, default_value = "cryptodemo demo CA", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    name: String,
    /// Days of validity
    #[arg(long, default_value_t = 3650, value_parser = clap::value_parser!(u32).range(1..=36_500))]
    days: u32,
}

/// Runs the command.
pub(super) fn run(arguments: Arguments, output: &Output) -> Result<()> {
    match arguments.command {
        Command::Init(arguments) => init(&arguments, output),
        Command::Issue(arguments) => issue::run(&arguments, output),
        Command::Show(arguments) => show::run(&arguments, output),
        Command::Verify(arguments) => verify::run(&arguments, output),
    }
}

fn init(arguments: &Init, output: &Output) -> Result<()> {
    let (certificate, key) = files::of_authority(&arguments.folder);
    files::absent(&[&certificate, &key])?;
    std::fs::create_dir_all(&arguments.folder).map_err(crate::Error::io(&arguments.folder))?;
    let authority = Authority::new(&arguments.name, arguments.alg, DAY * arguments.days);
    files::write_pair(&certificate, authority.certificate_der(), &key, authority.key())?;
    files::tell(output, &certificate, &key, "clients trust it", "it signs; keep it secret")
}
