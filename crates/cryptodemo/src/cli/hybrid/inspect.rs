//! `cryptodemo hybrid inspect`.

use std::path::PathBuf;

use serde::Serialize;

use super::kem_name;
use crate::aead::{AeadAlgorithm, TAG_LEN};
use crate::chunked::{self, CHUNK_LEN};
use crate::cli::Output;
use crate::cli::output::Style;
use crate::cms;
use crate::container::{self, Format};
use crate::error::Error;
use crate::files::Input;
use crate::kem::KemAlgorithm;
use crate::{Result, report};

/// Arguments of `cryptodemo hybrid inspect`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = HELP)]
pub(super) struct Arguments {
    /// The encrypted file, CMS or chunked; "-" is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

const HELP: &str = "\
Everything told here stands in the file unencrypted, and anybody may have
changed it: only decryption verifies it. Whether a chunked file is whole cannot
be judged without the key, unless its length rules it out.

Examples:
  openssl genpkey -algorithm X25519 -out x.key
  openssl pkey -in x.key -pubout -out x.pub
  echo hello | cryptodemo hybrid encrypt -r x.pub - message.chk
  cryptodemo hybrid inspect message.chk";

/// What a file tells.
#[derive(Debug, Serialize)]
struct Told {
    format: Format,
    file_bytes: u64,
    message_bytes: Option<u64>,
    overhead_bytes: Option<u64>,
    #[serde(flatten)]
    details: Details,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Details {
    Chunked(Chunked),
    Cms(cms::Inspection),
}

#[derive(Debug, Serialize)]
struct Chunked {
    kem: KemAlgorithm,
    aead: AeadAlgorithm,
    /// SHA-256 of the recipient's SubjectPublicKeyInfo, hexadecimal.
    recipient: String,
    header_bytes: u64,
    encapsulation_bytes: usize,
    chunks: u64,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, output: &Output) -> Result<()> {
    let mut input = Input::open(&arguments.file)?;
    let told = match container::detect(&mut input)? {
        Format::Chunked => chunked(input)?,
        Format::Cms => cms(input)?,
    };
    if output.is_json() { output.json(&told) } else { print(&told, output) }
}

fn chunked(mut input: Input) -> Result<Told> {
    let header = chunked::Header::read(&mut input)?;
    let header_bytes = header.encode().len() as u64;
    let payload = rest(&mut input)?;
    let Some((message, chunks)) = chunked::message_len(payload) else {
        return Err(Error::malformed(
            input.what(),
            format!("its end was cut off: {payload} bytes of chunks cannot be whole"),
        ));
    };
    let file_bytes = header_bytes + payload;
    Ok(Told {
        format: Format::Chunked,
        file_bytes,
        message_bytes: Some(message),
        overhead_bytes: Some(file_bytes - message),
        details: Details::Chunked(Chunked {
            kem: header.kem,
            aead: header.aead,
            recipient: report::hex(&header.recipient),
            header_bytes,
            encapsulation_bytes: header.encapsulation.len(),
            chunks,
        }),
    })
}

fn cms(input: Input) -> Result<Told> {
    let (inspection, file_bytes) = cms::inspect(input)?;
    // Content in AES-CBC is padded: how long the message is, the key alone tells.
    let message_bytes = inspection.authenticated.then_some(inspection.content_len);
    Ok(Told {
        format: Format::Cms,
        file_bytes,
        message_bytes,
        overhead_bytes: message_bytes.map(|message| file_bytes - message),
        details: Details::Cms(inspection),
    })
}

/// Counts what is left, without keeping it.
fn rest(input: &mut Input) -> Result<u64> {
    let mut buffer = vec![0; CHUNK_LEN];
    let mut total = 0;
    loop {
        match input.fill(&mut buffer)? {
            0 => return Ok(total),
            filled => total += filled as u64,
        }
    }
}

fn print(told: &Told, output: &Output) -> Result<()> {
    let line = |name: &str, value: String| output.line(format!("{name:<15} {value}"));
    output.line(output.style(Style::Heading, &format!("{} (nothing of this is verified)", told.format.name())))?;
    match &told.details {
        Details::Chunked(chunked) => {
            line("recipient", "the key whose SubjectPublicKeyInfo has this SHA-256:".to_owned())?;
            line("", chunked.recipient.clone())?;
            line(
                "key by",
                format!("{}, {} bytes of encapsulation", kem_name(chunked.kem), chunked.encapsulation_bytes),
            )?;
            line("content by", format!("{}, a tag of {TAG_LEN} bytes per chunk", chunked.aead))?;
            line("header", format!("{} bytes", chunked.header_bytes))?;
            line("chunks", format!("{} of at most {}", chunked.chunks, report::size(CHUNK_LEN as u64)))?;
        }
        Details::Cms(inspection) => print_cms(inspection, output)?,
    }
    match (told.message_bytes, told.overhead_bytes) {
        (Some(message), Some(overhead)) => {
            line("message", format!("{message} bytes"))?;
            line("file", format!("{} bytes, {overhead} of them overhead", told.file_bytes))
        }
        _ => line("file", format!("{} bytes", told.file_bytes)),
    }
}

fn print_cms(inspection: &cms::Inspection, output: &Output) -> Result<()> {
    let line = |name: &str, value: String| output.line(format!("{name:<15} {value}"));
    line("type", inspection.kind.to_owned())?;
    for (number, recipient) in inspection.recipients.iter().enumerate() {
        let (first, second) = match recipient.identifier.split_once(", serial number ") {
            Some((issuer, serial)) => (issuer, Some(serial)),
            None => (recipient.identifier.as_str(), None),
        };
        line(&format!("recipient {}", number + 1), first.to_owned())?;
        if let Some(serial) = second {
            line("", format!("serial number {serial}"))?;
        }
        line("  key by", format!("{}, {} bytes", recipient.scheme, recipient.encrypted_key_len))?;
    }
    let tag = if inspection.authenticated {
        format!("a tag of {} bytes", inspection.tag_len)
    } else {
        output.style(Style::Bad, "no tag: changes go unnoticed")
    };
    line("content by", format!("{}, {tag}", inspection.algorithm))?;
    line("content", format!("{} bytes of type {}", inspection.content_len, inspection.content_type))
}
