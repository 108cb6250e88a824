//! `cryptodemo sym`: files under a key that both sides have.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde::Serialize;
use zeroize::Zeroizing;

use super::Output;
use crate::error::Error;
use crate::sym::{self, Algorithm};
use crate::{Result, Secret, files};

/// Arguments of `cryptodemo sym`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = HELP)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

const HELP: &str = r#"Algorithms:
  aes-128-gcm aes-256-gcm chacha20-poly1305 aria-128-gcm aria-256-gcm
  With --insecure: aes-128 aes-256 aria-128 aria-256 with -ecb -cbc -ctr;
  seed des des-ede3 with -ecb -cbc

Files:
  -gcm, -poly1305  nonce of 12 bytes, ciphertext, tag of 16 bytes
  -cbc             IV of one block, ciphertext padded by PKCS#7
  -ctr             first counter block, ciphertext
  -ecb             ciphertext padded by PKCS#7
A block has 8 bytes for des and des-ede3, else 16. Nonces and IVs are random.
Plaintext appears only after its tag was verified; the old modes have no tag,
nobody notices changes there, and they need --insecure. Inputs have at most
1 GiB; `cryptodemo hybrid encrypt --format chunked` takes any length.

Keys in files are hexadecimal digits, or else the raw bytes. A file of nothing
but digits is read as digits.

Examples:
  echo "see you at nine" > note.txt
  cryptodemo sym keygen --alg aes-256-gcm --out secret.key
  cryptodemo sym enc --alg aes-256-gcm --key-file secret.key note.txt note.gcm
  cryptodemo sym dec --alg aes-256-gcm --key-file secret.key note.gcm -

The old modes, and openssl (its `enc` has no authenticated modes):
  cryptodemo sym enc --insecure --alg aes-256-ecb --key-file secret.key \
    note.txt note.ecb
  openssl enc -d -aes-256-ecb -K "$(cat secret.key)" -in note.ecb
  cryptodemo sym enc --insecure --alg aes-256-cbc --key-file secret.key \
    note.txt note.cbc
  tail -c +17 note.cbc | openssl enc -d -aes-256-cbc -K "$(cat secret.key)" \
    -iv "$(head -c 16 note.cbc | od -An -v -tx1 | tr -d ' \n')"
With des and des-ede3: tail -c +9 and head -c 8. openssl has SEED and DES in its
legacy provider: add -provider legacy -provider default."#;

#[derive(Debug, Subcommand)]
enum Command {
    /// Encrypt a file
    Enc(Crypt),
    /// Decrypt a file
    Dec(Crypt),
    /// Make a random key, in a new file that only its owner can read
    Keygen(Keygen),
}

#[derive(Debug, clap::Args)]
struct Crypt {
    /// The algorithm, by OpenSSL's name
    #[arg(long, value_name = "NAME", value_parser = algorithm)]
    alg: Algorithm,
    #[command(flatten)]
    key: Key,
    /// Allow algorithms without authentication: nobody notices changes
    #[arg(long)]
    insecure: bool,
    /// Input file; "-" is standard input
    #[arg(value_name = "IN")]
    input: PathBuf,
    /// Output file; "-" is standard output
    #[arg(value_name = "OUT")]
    out: PathBuf,
}

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct Key {
    /// The key in hexadecimal, for test vectors: other users can see it in the list of processes
    #[arg(long, value_name = "HEX", value_parser = hidden)]
    key: Option<Hidden>,
    /// File with the key, in hexadecimal or raw
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
}

/// Text that `Debug` does not show.
#[derive(Clone)]
struct Hidden(Zeroizing<String>);

impl std::fmt::Debug for Hidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hidden")
    }
}

#[expect(clippy::unnecessary_wraps, reason = "the form that clap asks for")]
fn hidden(text: &str) -> std::result::Result<Hidden, std::convert::Infallible> {
    Ok(Hidden(Zeroizing::new(text.to_owned())))
}

#[derive(Debug, clap::Args)]
struct Keygen {
    /// The algorithm the key is for
    #[arg(long, value_name = "NAME", value_parser = algorithm)]
    alg: Algorithm,
    /// The new file; an existing one is never overwritten
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

fn algorithm(name: &str) -> std::result::Result<Algorithm, String> {
    Algorithm::named(name).ok_or_else(|| {
        let names: Vec<String> = Algorithm::all().map(|algorithm| algorithm.to_string()).collect();
        format!("the names are {}", names.join(", "))
    })
}

/// What was done, for `--json`.
#[derive(Debug, Serialize)]
struct Done {
    algorithm: String,
    input_bytes: u64,
    output_bytes: u64,
    output: PathBuf,
}

/// Runs the command.
pub(super) fn run(arguments: Arguments, output: &Output) -> Result<()> {
    match arguments.command {
        Command::Enc(crypt) => encrypt(&crypt, output),
        Command::Dec(crypt) => decrypt(&crypt, output),
        Command::Keygen(keygen) => make_key(&keygen, output),
    }
}

fn encrypt(crypt: &Crypt, output: &Output) -> Result<()> {
    let key = check(crypt, output)?;
    let message = read(&crypt.input)?;
    let input_bytes = message.len() as u64;
    let file = sym::encrypt(crypt.alg, &key, message)?;
    write(crypt, output, input_bytes, &file.parts())
}

fn decrypt(crypt: &Crypt, output: &Output) -> Result<()> {
    let key = check(crypt, output)?;
    let file = read(&crypt.input)?;
    let input_bytes = file.len() as u64;
    let message = Zeroizing::new(sym::decrypt(crypt.alg, &key, file)?);
    write(crypt, output, input_bytes, &[&message])
}

/// What must hold before anything is read; returns the key.
fn check(crypt: &Crypt, output: &Output) -> Result<Secret> {
    if output.is_json() && files::is_standard_stream(&crypt.out) {
        return Err(Error::Usage("--json and the data cannot share standard output: name a file".to_owned()));
    }
    if let Algorithm::Legacy(algorithm) = crypt.alg {
        let weakness = sym::weakness(algorithm);
        if !crypt.insecure {
            return Err(Error::Unsafe(format!("{algorithm}: {weakness}; --insecure does it nonetheless")));
        }
        output.note(format!("{algorithm}: {weakness}"));
        let key = key(&crypt.key, crypt.alg, output)?;
        if let Some(weakness) = algorithm.cipher.weak_key(&key) {
            output.warn(format!("{algorithm}: {weakness}"));
        }
        return Ok(key);
    }
    key(&crypt.key, crypt.alg, output)
}

fn key(key: &Key, algorithm: Algorithm, output: &Output) -> Result<Secret> {
    if let Some(digits) = &key.key {
        output.warn("other users of this machine can see --key in the list of processes; --key-file hides it");
        return sym::key_from_hex(algorithm, digits.0.as_bytes());
    }
    /// No key is this long, however it is written.
    const MAX_KEY_FILE: u64 = 4096;
    let path = key.key_file.as_deref().expect("clap requires one of the two");
    let content = files::read(path, MAX_KEY_FILE).map_err(|error| match error {
        Error::Malformed { what, why } => Error::Key(format!("{what}: {why}: not a key of {algorithm}")),
        other => other,
    })?;
    sym::key_from_file(algorithm, &path.display().to_string(), &Zeroizing::new(content))
}

fn read(path: &Path) -> Result<Vec<u8>> {
    files::read(path, sym::MAX_LEN).map_err(|error| match error {
        Error::Malformed { what, why } => {
            Error::Usage(format!("{what}: {why}; `cryptodemo hybrid encrypt --format chunked` takes any length"))
        }
        other => other,
    })
}

fn write(crypt: &Crypt, output: &Output, input_bytes: u64, parts: &[&[u8]]) -> Result<()> {
    let mut file = files::NewFile::create(&crypt.out)?;
    for part in parts {
        file.put(part)?;
    }
    file.commit()?;
    let output_bytes = parts.iter().map(|part| part.len() as u64).sum();
    if output.is_json() {
        let algorithm = crypt.alg.to_string();
        return output.json(&Done { algorithm, input_bytes, output_bytes, output: crypt.out.clone() });
    }
    output.note(format!("{}: {input_bytes} bytes in, {output_bytes} bytes out", crypt.alg));
    Ok(())
}

fn make_key(keygen: &Keygen, output: &Output) -> Result<()> {
    let key = Secret::random(keygen.alg.key_len());
    let mut text = Zeroizing::new(String::with_capacity(2 * key.len() + 1));
    for byte in key.expose() {
        text.push_str(&Zeroizing::new(format!("{byte:02x}")));
    }
    text.push('\n');
    files::create_secret(&keygen.out, text.as_bytes())?;
    let done = format!("{}: a key of {} bytes for {}", keygen.out.display(), key.len(), keygen.alg);
    if output.is_json() {
        let (algorithm, path) = (keygen.alg.to_string(), keygen.out.display().to_string());
        return output.json(&serde_json::json!({ "algorithm": algorithm, "key_bytes": key.len(), "output": path }));
    }
    output.note(done);
    Ok(())
}
