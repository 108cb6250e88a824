//! Messages encrypted with a public key, and opened with the private one.

use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::check_streams;
use crate::cli::{Output, key_file};
use crate::encryption::{self, EncryptionScheme};
use crate::error::Error;
use crate::keys::{KeyAlgorithm, PublicKey};
use crate::{Result, files};

/// Longest message for ElGamal, which has no limit of its own: it is encrypted in memory.
const MAX_LEN: u64 = 1 << 30;
/// What ElGamal adds to a message: a group element and a tag.
const ELGAMAL_OVERHEAD: u64 = 256 + 16;

#[derive(Debug, clap::Args)]
pub(super) struct Encrypt {
    /// The recipient's public key or certificate
    #[arg(long, short, value_name = "PUBLIC")]
    recipient: PathBuf,
    #[command(flatten)]
    how: How,
}

#[derive(Debug, clap::Args)]
pub(super) struct Decrypt {
    /// The private key
    #[arg(long, short, value_name = "KEY")]
    key: PathBuf,
    #[command(flatten)]
    how: How,
}

#[derive(Debug, clap::Args)]
struct How {
    /// The scheme; the key's usual one if not given
    #[arg(long, value_name = "NAME")]
    scheme: Option<EncryptionScheme>,
    /// Allow PKCS#1 v1.5, which Bleichenbacher's attack opens: decryption tells by its exit code whether the padding was
    /// right, so never let strangers have messages decrypted
    #[arg(long)]
    insecure: bool,
    /// Input file; "-" is standard input
    #[arg(value_name = "IN")]
    input: PathBuf,
    /// Output file; "-" is standard output
    #[arg(value_name = "OUT")]
    out: PathBuf,
}

pub(super) fn encrypt(arguments: &Encrypt, output: &Output) -> Result<()> {
    let how = &arguments.how;
    check(how, output)?;
    let key = key_file::public(&arguments.recipient)?;
    let scheme = scheme(how, &key)?;
    let encryptor = encryption::encryptor(scheme, scheme.backends()[0], &key)?;
    let max = scheme.max_len(key.algorithm());
    let message = files::read(&how.input, max.map_or(MAX_LEN, |max| max as u64)).map_err(|error| match error {
        Error::Malformed { what, .. } => {
            let limit = max.map_or_else(|| "1 GiB".to_owned(), |max| format!("{max} bytes"));
            Error::Usage(format!(
                "{what}: {scheme} with {} takes {limit} at most; `cryptodemo hybrid encrypt` has no limit",
                key.algorithm()
            ))
        }
        other => other,
    })?;
    let message = Zeroizing::new(message);
    finish(how, output, scheme, message.len(), &encryptor.encrypt(&message)?)
}

pub(super) fn decrypt(arguments: &Decrypt, output: &Output) -> Result<()> {
    let how = &arguments.how;
    check(how, output)?;
    let key = key_file::private(&arguments.key, output)?;
    let scheme = scheme(how, key.public())?;
    let decryptor = encryption::decryptor(scheme, scheme.backends()[0], &key)?;
    let ciphertext = read_ciphertext(&how.input, key.algorithm())?;
    let message = decryptor.decrypt(&ciphertext)?;
    finish(how, output, scheme, ciphertext.len(), message.expose())
}

/// What must hold before anything is read.
fn check(how: &How, output: &Output) -> Result<()> {
    check_streams(output, &how.out)?;
    if how.scheme == Some(EncryptionScheme::RsaPkcs1) && !how.insecure {
        return Err(Error::Unsafe(
            "rsa-pkcs1: Bleichenbacher's attack opens messages of PKCS#1 v1.5; --insecure does it nonetheless"
                .to_owned(),
        ));
    }
    Ok(())
}

fn scheme(how: &How, key: &PublicKey) -> Result<EncryptionScheme> {
    let usual = EncryptionScheme::for_key(key)?;
    Ok(how.scheme.unwrap_or(usual))
}

/// The length of a ciphertext is no secret, so a wrong one may be told apart from what fails in decryption.
fn read_ciphertext(path: &Path, key: KeyAlgorithm) -> Result<Vec<u8>> {
    let modulus = match key {
        KeyAlgorithm::Rsa2048 => 256,
        KeyAlgorithm::Rsa3072 => 384,
        KeyAlgorithm::Rsa4096 => 512,
        _ => {
            let ciphertext = files::read(path, MAX_LEN + ELGAMAL_OVERHEAD)?;
            let len = ciphertext.len();
            return if len as u64 >= ELGAMAL_OVERHEAD {
                Ok(ciphertext)
            } else {
                let why =
                    format!("{len} bytes, and an ElGamal message has {ELGAMAL_OVERHEAD} at least: it is cut short");
                Err(Error::malformed(path.display().to_string(), why))
            };
        }
    };
    let wrong = |is: &str| {
        let why = format!("{is} bytes, and a message encrypted with {key} has {modulus}");
        Error::malformed(path.display().to_string(), why)
    };
    let ciphertext = files::read(path, modulus).map_err(|error| match error {
        Error::Malformed { .. } => wrong("more"),
        other => other,
    })?;
    if ciphertext.len() as u64 == modulus { Ok(ciphertext) } else { Err(wrong(&ciphertext.len().to_string())) }
}

fn finish(how: &How, output: &Output, scheme: EncryptionScheme, input_len: usize, bytes: &[u8]) -> Result<()> {
    files::write(&how.out, bytes)?;
    if output.is_json() {
        return output.json(&serde_json::json!({
            "scheme": scheme,
            "input_bytes": input_len,
            "output_bytes": bytes.len(),
            "output": how.out.display().to_string(),
        }));
    }
    output.note(format!("{scheme}: {input_len} bytes in, {} bytes out", bytes.len()));
    Ok(())
}
