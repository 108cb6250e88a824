//! Key pairs made, and public keys printed.

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;

use super::check_streams;
use crate::cli::{Output, key_file};
use crate::error::Error;
use crate::keys::{KeyAlgorithm, PrivateKey, PublicKey};
use crate::{Result, files, report};

#[derive(Debug, clap::Args)]
pub(super) struct Keygen {
    /// The algorithm the keys are for
    #[arg(long, value_name = "NAME")]
    alg: KeyAlgorithm,
    /// New file for the private key, readable by its owner only
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// New file for the public key; FILE.pub if not given
    #[arg(long, value_name = "FILE")]
    public: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(super) struct Public {
    /// The private key
    #[arg(long, short, value_name = "KEY")]
    key: PathBuf,
    /// New file for the public key
    #[arg(value_name = "OUT", default_value = "-")]
    out: PathBuf,
}

pub(super) fn generate(keygen: &Keygen, output: &Output) -> Result<()> {
    let public = keygen.public.clone().unwrap_or_else(|| {
        let mut name = OsString::from(&keygen.out);
        name.push(".pub");
        name.into()
    });
    check_streams(output, &public)?;
    if public == keygen.out {
        return Err(Error::Usage("the private and the public key need a file each".to_owned()));
    }
    let key = PrivateKey::generate(keygen.alg);
    files::create_secret(&keygen.out, key.pkcs8_pem().expose())?;
    if let Err(error) = files::create_once(&public, key.public().spki_pem().as_bytes()) {
        // Half a key pair is of no use. The file was made a moment ago, by this process.
        let _ = fs::remove_file(&keygen.out);
        return Err(error);
    }
    if keygen.alg == KeyAlgorithm::ElGamal2048 {
        output.note("ElGamal is here for teaching: nobody has reviewed it; x25519 is for real use");
    }
    let fingerprint = fingerprint(key.public());
    if output.is_json() {
        return output.json(&serde_json::json!({
            "algorithm": keygen.alg,
            "private": keygen.out.display().to_string(),
            "public": public.display().to_string(),
            "fingerprint_sha256": fingerprint,
        }));
    }
    output.note(format!("private key: {}, readable by you only", keygen.out.display()));
    output.note(format!("public key:  {}", public.display()));
    output.note(format!("SHA-256:     {fingerprint}"));
    Ok(())
}

pub(super) fn print(arguments: &Public, output: &Output) -> Result<()> {
    let key = key_file::private(&arguments.key, output)?;
    let pem = key.public().spki_pem();
    if output.is_json() && files::is_standard_stream(&arguments.out) {
        return output.json(&serde_json::json!({
            "algorithm": key.algorithm(),
            "public_key": pem,
            "fingerprint_sha256": fingerprint(key.public()),
        }));
    }
    files::create_once(&arguments.out, pem.as_bytes())
}

fn fingerprint(key: &PublicKey) -> String {
    report::hex(&key.fingerprint())
}
