//! Secrets of sessions in a file, in the format of NSS that Wireshark reads.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use rustls::KeyLog;

use super::hex;
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
    /// `Error::Io` if it cannot be opened for appending.
    pub fn open(path: &Path) -> Result<Self> {
        let file = OpenOptions::new().append(true).create(true).mode(0o600).open(path).map_err(Error::io(path))?;
        Ok(Self { file: Mutex::new(file) })
    }
}

impl KeyLog for KeyLogFile {
    fn log(&self, label: &str, client_random: &[u8], secret: &[u8]) {
        let line = zeroize::Zeroizing::new(format!("{label} {} {}\n", hex(client_random), hex(secret)));
        // rustls gives no way to report it; the session itself goes on without its secrets in the file.
        let _ = self.file.lock().unwrap_or_else(PoisonError::into_inner).write_all(line.as_bytes());
    }
}
