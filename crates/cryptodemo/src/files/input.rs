//! Inputs: files, pipes, and standard input.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::error::Error;
use crate::{Result, report};

/// An input being read.
pub struct Input {
    reader: Box<dyn Read + Send>,
    place: PathBuf,
    len: Option<u64>,
}

impl Input {
    /// Opens a file, or standard input for "-".
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be opened, or is a folder.
    pub fn open(path: &Path) -> Result<Self> {
        if super::is_standard_stream(path) {
            return Ok(Self { reader: Box::new(io::stdin()), place: "standard input".into(), len: None });
        }
        let file = File::open(path).map_err(Error::io(path))?;
        let metadata = file.metadata().map_err(Error::io(path))?;
        if metadata.is_dir() {
            return Err(Error::io(path)(io::ErrorKind::IsADirectory.into()));
        }
        let len = metadata.is_file().then_some(metadata.len());
        Ok(Self { reader: Box::new(file), place: path.to_owned(), len })
    }

    /// Length in bytes, if it is a regular file; it may change while being read.
    #[must_use]
    pub const fn known_len(&self) -> Option<u64> {
        self.len
    }

    /// An input that is in memory; `what` names it in errors.
    #[must_use]
    pub fn from_memory(what: &str, bytes: Vec<u8>) -> Self {
        let len = Some(bytes.len() as u64);
        Self { reader: Box::new(io::Cursor::new(bytes)), place: what.into(), len }
    }

    /// What errors call it.
    #[must_use]
    pub fn place(&self) -> &Path {
        &self.place
    }

    /// What errors call it, as text.
    #[must_use]
    pub fn what(&self) -> String {
        self.place.display().to_string()
    }

    /// Puts bytes that were read back in front of the others.
    pub fn put_back(&mut self, bytes: Vec<u8>) {
        let rest = std::mem::replace(&mut self.reader, Box::new(io::empty()));
        self.reader = Box::new(io::Cursor::new(bytes).chain(rest));
    }

    /// Reads until the buffer is full or the input ends; returns the number of bytes read.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be read.
    pub fn fill(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let mut filled = 0;
        while filled < buffer.len() {
            match self.reader.read(&mut buffer[filled..]) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Error::io(&self.place)(error)),
            }
        }
        Ok(filled)
    }
}

impl Read for Input {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.reader.read(buffer)
    }
}

impl std::fmt::Debug for Input {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Input").field("place", &self.place).field("len", &self.len).finish_non_exhaustive()
    }
}

/// Reads a whole input of at most `max` bytes; "-" is standard input.
///
/// # Errors
/// [`Error::Io`] if it cannot be read, [`Error::Malformed`] if it is longer.
pub fn read(path: &Path, max: u64) -> Result<Vec<u8>> {
    let input = Input::open(path)?;
    let place = input.place;
    let expected = input.len.unwrap_or(0).min(max);
    // One byte more than allowed tells a longer input, however its length was announced.
    let mut bytes = read_all(input.reader.take(max.saturating_add(1)), expected).map_err(Error::io(&place))?;
    if bytes.len() as u64 > max {
        let most = report::size(max);
        return Err(Error::malformed(
            place.display().to_string(),
            format!("longer than {most}, the most allowed here"),
        ));
    }
    Ok(std::mem::take(&mut *bytes))
}

/// Bytes read at a time.
const PIECE: usize = 64 * 1024;

/// Reads to the end. It may be a key: where the bytes must move to a larger place, the smaller one is overwritten.
fn read_all(mut reader: impl Read, expected: u64) -> io::Result<Zeroizing<Vec<u8>>> {
    // With room for one byte more, a file as long as expected ends without moving.
    let room = usize::try_from(expected).unwrap_or(PIECE).saturating_add(1);
    let mut bytes = Zeroizing::new(Vec::with_capacity(room));
    loop {
        if bytes.len() == bytes.capacity() {
            let mut larger = Zeroizing::new(Vec::with_capacity((2 * bytes.capacity()).max(PIECE)));
            larger.extend_from_slice(&bytes);
            bytes = larger;
        }
        let filled = bytes.len();
        let end = bytes.capacity().min(filled + PIECE);
        bytes.resize(end, 0);
        let read = match reader.read(&mut bytes[filled..]) {
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                bytes.truncate(filled);
                continue;
            }
            Err(error) => return Err(error),
        };
        bytes.truncate(filled + read);
        if read == 0 {
            return Ok(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Growing in the usual way leaves copies of a key in memory.
    #[test]
    fn a_file_is_read_without_moving() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        for len in [0, 1, 1700, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE + 5] {
            let content: Vec<u8> = (0..len).map(|n| n.to_le_bytes()[0]).collect();
            std::fs::write(&path, &content).unwrap();
            for max in [len as u64, 1 << 20] {
                let read = read(&path, max).unwrap();
                assert!(read == content && read.capacity() == len + 1, "{len} of {max}: {}", read.capacity());
            }
            assert_eq!(read(&path, (len as u64).saturating_sub(1)).is_err(), len > 0, "{len}");
        }
    }

    #[test]
    fn inputs_of_unknown_length_are_whole() {
        /// Gives a few bytes at a time, with interruptions between.
        struct Slow<'a>(&'a [u8], bool);
        impl Read for Slow<'_> {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                self.1 = !self.1;
                let few = buffer.len().min(999);
                if self.1 { Err(io::ErrorKind::Interrupted.into()) } else { self.0.read(&mut buffer[..few]) }
            }
        }
        let content: Vec<u8> = (0..5 * PIECE + 7).map(|n| (n ^ (n >> 8)).to_le_bytes()[0]).collect();
        for expected in [0, 10, content.len() as u64, 1 << 20] {
            assert!(*read_all(Slow(&content, false), expected).unwrap() == content, "{expected}");
        }
    }
}
