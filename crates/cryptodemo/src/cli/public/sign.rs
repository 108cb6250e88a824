//! Files signed, and their signatures checked.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use super::check_streams;
use crate::cli::{Output, key_file};
use crate::error::Error;
use crate::keys::KeyAlgorithm;
use crate::signature::{self, SignatureScheme};
use crate::{Result, files};

/// Longest message: it is hashed in memory.
const MAX_LEN: u64 = 1 << 30;

#[derive(Debug, clap::Args)]
pub(super) struct Sign {
    /// The private key
    #[arg(long, short, value_name = "KEY")]
    key: PathBuf,
    /// The scheme; the key's usual one if not given
    #[arg(long, value_name = "NAME")]
    scheme: Option<SignatureScheme>,
    /// The file to sign; "-" is standard input
    #[arg(value_name = "IN")]
    input: PathBuf,
    /// File for the signature; "-" is standard output
    #[arg(value_name = "SIGNATURE")]
    signature: PathBuf,
}

#[derive(Debug, clap::Args)]
pub(super) struct Verify {
    /// The signer's public key or certificate
    #[arg(long = "recipient", visible_alias = "signer", short, value_name = "PUBLIC")]
    recipient: PathBuf,
    /// The scheme; the key's usual one if not given
    #[arg(long, value_name = "NAME")]
    scheme: Option<SignatureScheme>,
    /// The file that was signed; "-" is standard input
    #[arg(value_name = "IN")]
    input: PathBuf,
    /// The signature
    #[arg(value_name = "SIGNATURE")]
    signature: PathBuf,
}

pub(super) fn sign(arguments: &Sign, output: &Output) -> Result<()> {
    check_streams(output, &arguments.signature)?;
    let key = key_file::private(&arguments.key, output)?;
    let scheme = scheme(arguments.scheme, SignatureScheme::for_key(key.public())?);
    let signer = signature::signer(scheme, scheme.backends()[0], &key)?;
    let message = read(&arguments.input)?;
    let signature = signer.sign(&message);
    files::write(&arguments.signature, &signature)?;
    if output.is_json() {
        return output.json(&serde_json::json!({
            "scheme": scheme,
            "input_bytes": message.len(),
            "signature_bytes": signature.len(),
            "output": arguments.signature.display().to_string(),
        }));
    }
    output.note(format!("{scheme}: {} bytes signed, the signature has {}", message.len(), signature.len()));
    Ok(())
}

pub(super) fn verify(arguments: &Verify, output: &Output) -> Result<()> {
    if files::is_standard_stream(&arguments.input) && files::is_standard_stream(&arguments.signature) {
        return Err(Error::Usage("the message and the signature cannot both be standard input".to_owned()));
    }
    let key = key_file::public(&arguments.recipient)?;
    let scheme = scheme(arguments.scheme, SignatureScheme::for_key(&key)?);
    let verifier = signature::verifier(scheme, scheme.backends()[0], &key)?;
    let signature = read_signature(&arguments.signature, key.algorithm())?;
    let message = read(&arguments.input)?;
    let verdict = verifier.verify(&message, &signature);
    if output.is_json() && matches!(verdict, Ok(()) | Err(Error::Rejected(_))) {
        output.json(&serde_json::json!({
            "scheme": scheme,
            "input_bytes": message.len(),
            "verified": verdict.is_ok(),
        }))?;
        return verdict;
    }
    verdict?;
    output.line(format!("the signature fits: {scheme} over {} bytes", message.len()))
}

fn scheme(asked: Option<SignatureScheme>, usual: SignatureScheme) -> SignatureScheme {
    asked.unwrap_or(usual)
}

fn read(path: &Path) -> Result<Vec<u8>> {
    files::read(path, MAX_LEN).map_err(|error| match error {
        Error::Malformed { what, why } => Error::Usage(format!("{what}: {why}; messages of up to 1 GiB can be signed")),
        other => other,
    })
}

/// A signature of a length that no signature of the key has is another file, or cut short.
fn read_signature(path: &Path, key: KeyAlgorithm) -> Result<Vec<u8>> {
    let lengths = signature_len(key);
    let wrong = |is: &str| {
        let (min, max) = (lengths.start(), lengths.end());
        let must = if min == max { max.to_string() } else { format!("{min} to {max}") };
        let why = format!("{is}; a signature by {key} has {must} bytes");
        Error::malformed(path.display().to_string(), why)
    };
    let signature = files::read(path, *lengths.end()).map_err(|error| match error {
        Error::Malformed { .. } => wrong("too long"),
        other => other,
    })?;
    if lengths.contains(&(signature.len() as u64)) {
        Ok(signature)
    } else {
        Err(wrong(&format!("{} bytes", signature.len())))
    }
}

const fn signature_len(key: KeyAlgorithm) -> RangeInclusive<u64> {
    match key {
        KeyAlgorithm::Rsa2048 => 256..=256,
        KeyAlgorithm::Rsa3072 => 384..=384,
        KeyAlgorithm::Rsa4096 => 512..=512,
        KeyAlgorithm::Ed25519 => 64..=64,
        // Two integers of 1 to 33 bytes in DER.
        _ => 8..=72,
    }
}
