//! Files of an authority and of those whom it certified.

use std::path::{Path, PathBuf};

use crate::certificates::{from_pem_or_der, to_pem};
use crate::cli::Output;
use crate::files::{create_once, create_secret};
use crate::keys::{KeyAlgorithm, PrivateKey};
use crate::{Error, Result};

/// Bytes of a file with certificates or a key.
const MOST_BYTES: u64 = 1 << 20;

/// Certificate and key of the authority in the folder.
pub(super) fn of_authority(folder: &Path) -> (PathBuf, PathBuf) {
    (folder.join("ca.pem"), folder.join("ca.key"))
}

/// The certificates of a file, DER.
pub(in crate::cli) fn certificates(path: &Path) -> Result<Vec<Vec<u8>>> {
    let bytes = crate::files::read(path, MOST_BYTES)?;
    from_pem_or_der(&path.display().to_string(), &bytes)
}

/// Kinds of keys that a certificate can be signed with.
pub(in crate::cli) fn signing_algorithm(name: &str) -> std::result::Result<KeyAlgorithm, String> {
    match name {
        "rsa-2048" => Ok(KeyAlgorithm::Rsa2048),
        "rsa-3072" => Ok(KeyAlgorithm::Rsa3072),
        "rsa-4096" => Ok(KeyAlgorithm::Rsa4096),
        "p256" => Ok(KeyAlgorithm::P256),
        "ed25519" => Ok(KeyAlgorithm::Ed25519),
        _ => Err("one of rsa-2048, rsa-3072, rsa-4096, p256, ed25519".to_owned()),
    }
}

/// Refuses early what would be refused after the work, so that there is no half of a pair.
pub(super) fn absent(paths: &[&Path]) -> Result<()> {
    match paths.iter().find(|path| path.symlink_metadata().is_ok()) {
        None => Ok(()),
        Some(path) => Err(Error::Unsafe(format!(
            "{} exists already and is not overwritten; remove it or take another name",
            path.display()
        ))),
    }
}

/// Writes the key with mode 0600, then the certificate; neither over anything that is there, and both or none.
pub(super) fn write_pair(certificate: &Path, der: &[u8], key: &Path, private: &PrivateKey) -> Result<()> {
    create_secret(key, private.pkcs8_pem().expose())?;
    create_once(certificate, to_pem(der).as_bytes()).inspect_err(|_| {
        // It was made just now, and nobody has a use for it without the certificate.
        let _ = std::fs::remove_file(key);
    })
}

/// Tells which files were written.
pub(super) fn tell(output: &Output, certificate: &Path, key: &Path, public: &str, secret: &str) -> Result<()> {
    if output.is_json() {
        return output.json(&serde_json::json!({ "certificate": certificate, "key": key }));
    }
    output.line(format!("{}  the certificate: {public}", certificate.display()))?;
    output.line(format!("{}  the private key: {secret}", key.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_no_half_of_a_pair() {
        let folder = tempfile::tempdir().unwrap();
        let (certificate, key) = (folder.path().join("missing/a.pem"), folder.path().join("a.key"));
        let private = PrivateKey::generate(KeyAlgorithm::Ed25519);
        assert_eq!(write_pair(&certificate, b"DER", &key, &private).unwrap_err().exit_code(), 6);
        assert!(!key.exists());
        // A key that was there before stays.
        create_secret(&key, b"mine").unwrap();
        assert_eq!(write_pair(&certificate, b"DER", &key, &private).unwrap_err().exit_code(), 7);
        assert!(key.exists());
    }
}
