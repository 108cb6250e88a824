//! What can go wrong, sorted by what the caller does next: each variant is one exit code of the command line.

use std::io;
use std::path::{Path, PathBuf};

/// Result of this crate's functions.
pub type Result<T> = std::result::Result<T, Error>;

/// Why something could not be done. The text of each is one line, and says what to do where that is not plain.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request itself makes no sense: a size out of range, options that exclude each other. Exit code 2.
    #[error("{0}")]
    Usage(String),
    /// A tag, a signature, a certificate or a known answer did not verify. Exit code 3.
    ///
    /// For decryption there is one text for all reasons: a text for each would be an oracle (RFC 8017 section 7.1.2).
    #[error("{0}")]
    Rejected(String),
    /// The input is not what it should be, or ends too early. Exit code 4.
    #[error("{what}: {why}")]
    Malformed {
        /// The file, or the part of it.
        what: String,
        /// What is wrong there.
        why: String,
    },
    /// A key that cannot be used here, or a message for other recipients. Exit code 5.
    #[error("{0}")]
    Key(String),
    /// The system refused to read or write. Exit code 6.
    #[error("{}: {source}", place.display())]
    Io {
        /// The file, or what was being read or written.
        place: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// It could be done, but is not safe; the text names what can be done. Exit code 7.
    #[error("{0}")]
    Unsafe(String),
}

impl Error {
    /// One text for every decryption that fails, whatever the reason.
    #[must_use]
    pub fn decryption() -> Self {
        Self::Rejected("decryption failed: wrong key, or the data was changed".to_owned())
    }

    /// Input that is not what it should be.
    pub fn malformed(what: impl Into<String>, why: impl Into<String>) -> Self {
        Self::Malformed { what: what.into(), why: why.into() }
    }

    /// A failure of the system, with the place it happened at: `.map_err(Error::io(path))`.
    pub fn io(place: impl AsRef<Path>) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { place: place.as_ref().to_owned(), source }
    }

    /// Exit code of the command line.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            Self::Rejected(_) => 3,
            Self::Malformed { .. } => 4,
            Self::Key(_) => 5,
            Self::Io { .. } => 6,
            Self::Unsafe(_) => 7,
        }
    }
}
