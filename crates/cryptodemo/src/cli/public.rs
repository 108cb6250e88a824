//! `cryptodemo pub`: key pairs, public-key encryption and signatures.

mod crypt;
mod keygen;
mod sign;

use clap::Subcommand;

use super::Output;
use crate::error::Error;
use crate::{Result, files};

/// Arguments of `cryptodemo pub`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = HELP)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

const HELP: &str = "\
What keys are for:
  rsa-2048 rsa-3072 rsa-4096  encrypt, sign; hybrid encrypt
  ed25519                     sign
  p256                        sign; hybrid encrypt
  x25519 ml-kem-768 x25519mlkem768  hybrid encrypt
  elgamal-2048                encrypt; hybrid encrypt. For teaching only.

Schemes:
  rsa-oaep    RSA-OAEP with SHA-256: 190, 318 or 446 bytes at most (default)
  rsa-pkcs1   encryption by PKCS#1 v1.5, with --insecure only: Bleichenbacher's
              attack opens such messages; as a signature it is still sound
  rsa-pss     RSA-PSS with SHA-256 and a salt of 32 bytes (default)
  ed25519     Ed25519
  ecdsa-p256  ECDSA on P-256 with SHA-256, the signature in DER
  elgamal     hashed ElGamal over ffdhe2048 with AES-256-GCM

Keys are PKCS#8 and SubjectPublicKeyInfo in PEM, as openssl has them; wherever
a public key is asked for, a certificate will do. No key file is overwritten.
Messages to sign or verify have at most 1 GiB.

Examples:
  echo \"see you at nine\" > note.txt
  cryptodemo pub keygen --alg rsa-3072 --out bob.key
  cryptodemo pub encrypt -r bob.key.pub note.txt note.enc
  cryptodemo pub decrypt -k bob.key note.enc -
  openssl pkeyutl -decrypt -inkey bob.key -in note.enc \\
    -pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256
  cryptodemo pub sign -k bob.key note.txt note.sig
  cryptodemo pub verify -r bob.key.pub note.txt note.sig
  openssl dgst -sha256 -verify bob.key.pub -sigopt rsa_padding_mode:pss \\
    -signature note.sig note.txt

The same with another key:
  cryptodemo pub keygen --alg ed25519 --out amy.key
  cryptodemo pub public -k amy.key
  cryptodemo pub sign -k amy.key note.txt note.amy
  openssl pkeyutl -verify -pubin -inkey amy.key.pub -rawin -in note.txt \\
    -sigfile note.amy";

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a key pair
    Keygen(keygen::Keygen),
    /// Print the public key of a private one
    Public(keygen::Public),
    /// Encrypt a short message to a public key
    Encrypt(crypt::Encrypt),
    /// Decrypt a message with the private key
    Decrypt(crypt::Decrypt),
    /// Sign a file
    Sign(sign::Sign),
    /// Check the signature of a file
    Verify(sign::Verify),
}

/// Runs the command.
pub(super) fn run(arguments: Arguments, output: &Output) -> Result<()> {
    match arguments.command {
        Command::Keygen(keygen) => keygen::generate(&keygen, output),
        Command::Public(public) => keygen::print(&public, output),
        Command::Encrypt(encrypt) => crypt::encrypt(&encrypt, output),
        Command::Decrypt(decrypt) => crypt::decrypt(&decrypt, output),
        Command::Sign(sign) => sign::sign(&sign, output),
        Command::Verify(verify) => sign::verify(&verify, output),
    }
}

/// Refuses to mix a JSON document with data.
fn check_streams(output: &Output, out: &std::path::Path) -> Result<()> {
    if output.is_json() && files::is_standard_stream(out) {
        return Err(Error::Usage("--json and the data cannot share standard output: name a file".to_owned()));
    }
    Ok(())
}
