//! The formats of encrypted files, and how to tell them apart.

use serde::Serialize;

use crate::files::Input;
use crate::{Result, chunked, error::Error};

/// Formats of encrypted files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// CMS AuthEnvelopedData, which openssl opens (RSA, AES-GCM, files)
    Cms,
    /// Chunks with a tag each (any key, any AEAD, pipes too)
    Chunked,
}

impl Format {
    /// Name as on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cms => "cms",
            Self::Chunked => "chunked",
        }
    }
}

/// Looks at the first bytes; they stay in the input.
///
/// # Errors
/// [`Error::Malformed`] if it is none of the formats, [`Error::Io`] if it cannot be read.
pub fn detect(input: &mut Input) -> Result<Format> {
    let mut start = [0; chunked::MAGIC.len()];
    let filled = input.fill(&mut start)?;
    input.put_back(start[..filled].to_vec());
    match &start[..filled] {
        start if start == chunked::MAGIC => Ok(Format::Chunked),
        // A SEQUENCE, or the armour of PEM.
        [0x30, ..] | [b'-', b'-', b'-', b'-', b'-', ..] => Ok(Format::Cms),
        [] => Err(Error::malformed(input.what(), "empty")),
        _ => Err(Error::malformed(input.what(), "neither CMS nor a chunked container")),
    }
}
