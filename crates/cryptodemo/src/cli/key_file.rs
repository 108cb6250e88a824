//! Keys named on the command line.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use zeroize::Zeroizing;

use super::Output;
use crate::keys::{PrivateKey, PublicKey};
use crate::{Result, files};

/// No key is this long, nor a chain of certificates.
const MAX_LEN: u64 = 1 << 20;

/// Reads a private key, and warns if others than its owner can read the file too.
///
/// # Errors
/// As [`PrivateKey::parse`], `Error::Io` if the file cannot be read.
pub(super) fn private(path: &Path, output: &Output) -> Result<PrivateKey> {
    let bytes = Zeroizing::new(files::read(path, MAX_LEN)?);
    let key = PrivateKey::parse(&path.display().to_string(), &bytes)?;
    let mode = fs::metadata(path).ok().filter(fs::Metadata::is_file).map_or(0, |it| it.permissions().mode());
    if mode & 0o044 != 0 {
        let path = path.display();
        output.warn(format!("{path}: others can read this private key; `chmod 600 {path}` stops that"));
    }
    Ok(key)
}

/// Reads a public key or the one in a certificate.
///
/// # Errors
/// As [`PublicKey::parse`], `Error::Io` if the file cannot be read.
pub(super) fn public(path: &Path) -> Result<PublicKey> {
    PublicKey::parse(&path.display().to_string(), &files::read(path, MAX_LEN)?)
}
