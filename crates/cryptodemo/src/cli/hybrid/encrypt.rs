//! `cryptodemo hybrid encrypt`.

use std::path::PathBuf;

use serde::Serialize;

use super::kem_name;
use crate::aead::AeadAlgorithm;
use crate::cli::Output;
use crate::container::Format;
use crate::error::Error;
use crate::files::{self, Input, NewFile};
use crate::kem::KemAlgorithm;
use crate::recipient::Recipient;
use crate::{Result, chunked, cms, report};

/// Most bytes of a certificate or key.
const MAX_KEY_FILE: u64 = 1 << 20;

/// Arguments of `cryptodemo hybrid encrypt`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = HELP)]
pub(super) struct Arguments {
    /// Certificate or public key of the recipient, PEM or DER; several for CMS
    #[arg(long, short, required = true, value_name = "CERT|PUBKEY")]
    recipient: Vec<PathBuf>,
    /// How a key gets to the recipient; what fits the recipient's key if not given
    #[arg(long, value_name = "NAME")]
    kem: Option<KemAlgorithm>,
    /// What encrypts the content
    #[arg(long, value_name = "NAME", default_value = "aes-256-gcm")]
    aead: AeadAlgorithm,
    /// Format of the result: CMS for RSA with AES-GCM from file to file, else chunked, if not given
    #[arg(long, value_name = "NAME")]
    format: Option<Format>,
    /// What to encrypt; "-" is standard input
    #[arg(value_name = "IN")]
    input: PathBuf,
    /// Where to write; "-" is standard output
    #[arg(value_name = "OUT")]
    out: PathBuf,
}

const HELP: &str = "\
A fresh key encrypts the file; the recipient's public key encrypts that key.

Formats:
  cms      AuthEnvelopedData of RFC 5083: RSA keys, aes-256-gcm or aes-128-gcm,
           several recipients, files only. `openssl cms -decrypt` opens it.
  chunked  chunks of 64 KiB with a tag each: all keys and algorithms, one
           recipient, files and pipes of any size.

A certificate's chain is not checked here, nor whose it is: `cryptodemo ca
verify` or `openssl verify` does that. Expired certificates give a warning.

OUT is written under a temporary name and appears when it is complete.

Examples:
  openssl req -x509 -newkey rsa:2048 -noenc -subj /CN=B -keyout b.key -out b.crt
  echo hello > message.txt
  cryptodemo hybrid encrypt -r b.crt message.txt message.cms
  openssl cms -decrypt -inform DER -in message.cms -inkey b.key -recip b.crt
  cryptodemo hybrid decrypt -k b.key message.cms message.out
  openssl genpkey -algorithm X25519 -out x.key
  openssl pkey -in x.key -pubout -out x.pub
  cat message.txt | cryptodemo hybrid encrypt -r x.pub - message.chk
  cryptodemo hybrid decrypt -k x.key message.chk -";

/// What was done, for `--json`.
#[derive(Debug, Serialize)]
struct Done {
    format: Format,
    kem: KemAlgorithm,
    aead: AeadAlgorithm,
    recipients: usize,
    message_bytes: u64,
    output: PathBuf,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, output: &Output) -> Result<()> {
    super::no_json_into_output(output, &arguments.out)?;
    let recipients = recipients(arguments, output)?;
    let kems = recipients.iter().map(|recipient| kem_for(arguments, recipient)).collect::<Result<Vec<_>>>()?;
    let mut input = Input::open(&arguments.input)?;
    let mut out = NewFile::create(&arguments.out)?;
    let all_rsa = kems.iter().all(|kem| *kem == KemAlgorithm::RsaOaep);
    let fits_cms = all_rsa && is_for_cms(arguments.aead) && input.known_len().is_some() && !out.is_stream();
    let format = arguments.format.unwrap_or(if fits_cms { Format::Cms } else { Format::Chunked });
    let kem = kems[0];
    let message_bytes = match format {
        Format::Cms => {
            check_cms(arguments, &kems, &out)?;
            cms::encrypt(&recipients, arguments.aead, &mut input, &mut out)?
        }
        Format::Chunked => {
            let [recipient] = recipients.as_slice() else { return Err(several_recipients(&kems)) };
            chunked::encrypt(recipient.key(), kem, arguments.aead, &mut input, &mut out)?
        }
    };
    let place = out.place().to_owned();
    out.commit()?;
    let aead = arguments.aead;
    if output.is_json() {
        let recipients = recipients.len();
        return output.json(&Done { format, kem, aead, recipients, message_bytes, output: place });
    }
    let size = report::size(message_bytes);
    output.note(format!(
        "{}: {size} encrypted by {} and {aead}, format {}",
        place.display(),
        kem_name(kem),
        format.name()
    ));
    Ok(())
}

fn recipients(arguments: &Arguments, output: &Output) -> Result<Vec<Recipient>> {
    let now = crate::time::wall();
    arguments
        .recipient
        .iter()
        .map(|path| {
            let bytes = files::read(path, MAX_KEY_FILE)?;
            let recipient = Recipient::parse(&path.display().to_string(), &bytes)?;
            for warning in recipient.warnings(now) {
                output.warn(format!("{}: {warning}", path.display()));
            }
            Ok(recipient)
        })
        .collect()
}

fn kem_for(arguments: &Arguments, recipient: &Recipient) -> Result<KemAlgorithm> {
    let fitting = KemAlgorithm::for_key(recipient.key())?;
    match arguments.kem {
        Some(kem) if kem != fitting => {
            let key = recipient.key().algorithm();
            Err(Error::Usage(format!(
                "--kem {} does not fit the recipient's {key} key; use --kem {}",
                kem_name(kem),
                kem_name(fitting)
            )))
        }
        _ => Ok(fitting),
    }
}

const fn is_for_cms(aead: AeadAlgorithm) -> bool {
    matches!(aead, AeadAlgorithm::Aes128Gcm | AeadAlgorithm::Aes256Gcm)
}

fn check_cms(arguments: &Arguments, kems: &[KemAlgorithm], out: &NewFile) -> Result<()> {
    let usage = |text: String| Err(Error::Usage(text));
    if let Some(kem) = kems.iter().find(|kem| **kem != KemAlgorithm::RsaOaep) {
        return usage(format!("CMS here is for RSA keys, not {}; use --format chunked", kem_name(*kem)));
    }
    if !is_for_cms(arguments.aead) {
        return usage(format!("CMS here has no {}; use --aead aes-256-gcm, or --format chunked", arguments.aead));
    }
    if out.is_stream() {
        return usage("CMS is written to files only; for pipes use --format chunked".to_owned());
    }
    Ok(())
}

fn several_recipients(kems: &[KemAlgorithm]) -> Error {
    let others = kems.iter().find(|kem| **kem != KemAlgorithm::RsaOaep);
    Error::Usage(match others {
        Some(kem) => {
            format!("several recipients need CMS, which has no {}; encrypt for one at a time", kem_name(*kem))
        }
        None => "a chunked container has one recipient; for several use --format cms from file to file".to_owned(),
    })
}
