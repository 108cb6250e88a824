//! Files as this crate reads and writes them: bounded inputs, and outputs that are complete or not there at all.
//!
//! A [`NewFile`] grows under a temporary name in the folder of its destination, readable by its owner only, and takes the
//! place of the destination at [`NewFile::commit`]. Dropped before that (an error, a panic) or on SIGINT, SIGTERM and
//! SIGHUP it is removed. So what cannot be verified to its end never shows up, and input and output may be one file.
//!
//! Not here: what a killed process (SIGKILL) or a power failure leaves behind. It stays under its temporary name
//! (`.cryptodemo-…`), still with mode 0600.

mod input;
mod new_file;
mod registry;

use std::path::Path;

pub use input::{Input, read};
pub use new_file::{NewFile, check_folder, create_once, create_secret};

use crate::Result;

/// Name of the standard streams on the command line.
const STANDARD_STREAM: &str = "-";

/// What errors call standard output.
pub(crate) const STANDARD_OUTPUT: &str = "standard output";

/// Whether the path means standard input or output.
#[must_use]
pub fn is_standard_stream(path: &Path) -> bool {
    path == Path::new(STANDARD_STREAM)
}

/// Writes a whole file: all of it, or nothing. "-" is standard output.
///
/// # Errors
/// [`crate::Error::Io`] if it cannot be written; an earlier file of that name is untouched then.
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut file = NewFile::create(path)?;
    file.put(bytes)?;
    file.commit()
}
