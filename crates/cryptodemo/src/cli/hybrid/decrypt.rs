//! `cryptodemo hybrid decrypt`.

use std::path::PathBuf;

use serde::Serialize;

use crate::cli::{Output, key_file};
use crate::container::{self, Format};
use crate::error::Error;
use crate::files::{Input, NewFile};
use crate::{Result, chunked, cms, report};

/// Arguments of `cryptodemo hybrid decrypt`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = HELP)]
pub(super) struct Arguments {
    /// The private key, PKCS#8 in PEM or DER
    #[arg(long, short, value_name = "KEY")]
    key: PathBuf,
    /// Open CMS that has no tag (AES-CBC), or whose key is under PKCS#1 v1.5
    #[arg(long)]
    insecure: bool,
    /// The encrypted file, CMS or chunked; "-" is standard input (chunked only)
    #[arg(value_name = "IN")]
    input: PathBuf,
    /// Where to write; "-" is standard output (chunked only)
    #[arg(value_name = "OUT")]
    out: PathBuf,
}

const HELP: &str = "\
OUT appears when everything has been verified, and not at all otherwise.

To a pipe, a chunked file's plaintext goes chunk by chunk, each after its own
tag was verified. Whether the end was cut off is known at the end only: look at
the exit code before you act on what came out.

Opens what `openssl cms -encrypt` makes with -aes-256-gcm and RSA-OAEP, in DER
or PEM, with -stream too. What openssl makes by default (AES-CBC without a tag,
keys under PKCS#1 v1.5) needs --insecure. With AES-CBC a wrong key or a change
may give wrong data without an error.

Examples:
  openssl req -x509 -newkey rsa:2048 -noenc -subj /CN=B -keyout b.key -out b.crt
  echo hello > message.txt
  openssl cms -encrypt -binary -in message.txt -outform DER -out message.cms \\
    -aes-256-gcm -recip b.crt -keyopt rsa_padding_mode:oaep \\
    -keyopt rsa_oaep_md:sha256
  cryptodemo hybrid decrypt -k b.key message.cms message.out";

/// What was done, for `--json`.
#[derive(Debug, Serialize)]
struct Done {
    format: Format,
    message_bytes: u64,
    output: PathBuf,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, output: &Output) -> Result<()> {
    super::no_json_into_output(output, &arguments.out)?;
    let key = key_file::private(&arguments.key, output)?;
    let mut input = Input::open(&arguments.input)?;
    let format = container::detect(&mut input)?;
    let mut out = NewFile::create(&arguments.out)?;
    let message_bytes = match format {
        Format::Chunked => chunked::decrypt(&key, &mut input, &mut out)?,
        Format::Cms => {
            // It is read twice, and its only tag stands at the end.
            if input.known_len().is_none() || out.is_stream() {
                return Err(Error::Usage("CMS is decrypted from file to file; pipes are for chunked".to_owned()));
            }
            let allowed = if arguments.insecure { cms::Unsafe::Open } else { cms::Unsafe::Refuse };
            cms::decrypt(&key, allowed, &|| Input::open(&arguments.input), &mut out)?
        }
    };
    let place = out.place().to_owned();
    out.commit()?;
    if output.is_json() {
        return output.json(&Done { format, message_bytes, output: place });
    }
    output.note(format!("{}: {} decrypted, format {}", place.display(), report::size(message_bytes), format.name()));
    Ok(())
}
