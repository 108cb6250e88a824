//! `cryptodemo ca issue`.

use std::path::PathBuf;

use super::{DAY, files};
use crate::certificates::{Authority, Request, self_signed};
use crate::cli::{Output, key_file};
use crate::keys::{KeyAlgorithm, PrivateKey};
use crate::{Error, Result};

/// The name on a certificate that is for somebody else.
const OTHER_HOST: &str = "another-host.example";

/// Arguments of `cryptodemo ca issue`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Folder of the authority
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// DNS names and IP addresses of the server
    #[arg(value_name = "NAME", required = true)]
    names: Vec<String>,
    /// Write PREFIX.pem and PREFIX.key
    #[arg(long, value_name = "PREFIX")]
    out: PathBuf,
    /// Kind of the key: rsa-2048, rsa-3072, rsa-4096, p256 or ed25519
    #[arg(long, value_name = "ALG", default_value = "p256", value_parser = files::signing_algorithm)]
    alg: KeyAlgorithm,
    /// Days of validity
    #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(u32).range(1..=36_500))]
    days: u32,
    /// For trying failures: its time passed yesterday
    #[arg(long, conflicts_with = "not_yet_valid")]
    expired: bool,
    /// For trying failures: its time comes tomorrow
    #[arg(long)]
    not_yet_valid: bool,
    /// For trying failures: it is for another-host.example
    #[arg(long)]
    wrong_host: bool,
    /// For trying failures: signed by its own key, not by the authority
    #[arg(long)]
    self_signed: bool,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, output: &Output) -> Result<()> {
    let with_ending = |ending: &str| {
        let mut name = arguments.out.clone().into_os_string();
        name.push(ending);
        PathBuf::from(name)
    };
    let (certificate, key) = (with_ending(".pem"), with_ending(".key"));
    files::absent(&[&certificate, &key])?;
    let (authority, authority_key) = files::of_authority(&arguments.folder);
    let what = authority.display().to_string();
    let der = files::certificates(&authority)?.swap_remove(0);
    let authority = Authority::load(&what, der, key_file::private(&authority_key, output)?)?;
    let lifetime = DAY * arguments.days;
    let now = crate::time::wall();
    let not_before = if arguments.expired {
        now.checked_sub(lifetime + DAY)
            .ok_or_else(|| Error::Usage("--days is too large for a certificate of the past".to_owned()))?
    } else if arguments.not_yet_valid {
        now + DAY
    } else {
        now
    };
    let names = if arguments.wrong_host { vec![OTHER_HOST.to_owned()] } else { arguments.names.clone() };
    let request = Request { names, not_before, lifetime };
    let private = PrivateKey::generate(arguments.alg);
    let der =
        if arguments.self_signed { self_signed(&request, &private)? } else { authority.issue(&request, &private)? };
    files::write_pair(&certificate, &der, &key, &private)?;
    files::tell(output, &certificate, &key, "the server shows it", "the server's; keep it secret")
}
