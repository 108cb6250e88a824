//! Secrets of sessions in a file, in the format of NSS that Wireshark reads.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use rustls::KeyLog;

use crate::report::hex;
use crate::{Error, Result};

/// Appends the secrets of each session to a file. Whoever reads it can decrypt those sessions.
#[derive(Debug)]
pub struct KeyLogFile {
    file: Mutex<File>,
}

impl KeyLogFile {
    /// Opens the file, or makes it with mode 0600.
    ///
    /// # Errors
    /// `Error::Io` if it cannot be opened for appending, `Error::Unsafe` for a file that others than its owner can read
    /// or change.
    pub fn open(path: &Path) -> Result<Self> {
        let file = OpenOptions::new().append(true).create(true).mode(0o600).open(path).map_err(Error::io(path))?;
        let metadata = file.metadata().map_err(Error::io(path))?;
        if metadata.is_file() && metadata.permissions().mode() & 0o077 != 0 {
            let path = path.display();
            return Err(Error::Unsafe(format!(
                "{path}: others could read the sessions' secrets there; `chmod 600 {path}`, or name a new file"
            )));
        }
        Ok(Self { file: Mutex::new(file) })
    }
}

impl KeyLog for KeyLogFile {
    fn log(&self, label: &str, client_random: &[u8], secret: &[u8]) {
        let secret = zeroize::Zeroizing::new(hex(secret));
        let line = zeroize::Zeroizing::new(format!("{label} {} {}\n", hex(client_random), *secret));
        // rustls gives no way to report it; the session itself goes on without its secrets in the file.
        let _ = self.file.lock().unwrap_or_else(PoisonError::into_inner).write_all(line.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};

    use super::*;

    #[test]
    fn secrets_go_to_the_owners_files_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        KeyLogFile::open(&path).unwrap().log("LABEL", &[1], &[2]);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        for mode in [0o644, 0o640, 0o620, 0o602] {
            fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            let error = KeyLogFile::open(&path).unwrap_err();
            assert!(error.exit_code() == 7 && error.to_string().contains("chmod 600"), "{mode:o}: {error}");
        }
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        KeyLogFile::open(&path).unwrap().log("LABEL", &[3], &[4]);
        assert_eq!(fs::read_to_string(&path).unwrap(), "LABEL 01 02\nLABEL 03 04\n");
    }
}
