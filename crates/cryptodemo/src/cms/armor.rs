//! PEM (RFC 7468) around CMS, decoded while it is read.

use std::io::{self, BufRead, Read};

use base64ct::{Base64, Encoding};

/// What a message in PEM starts with.
pub(super) const BEGIN: &[u8] = b"-----BEGIN CMS-----";
const END: &[u8] = b"-----END CMS-----";

/// Characters decoded at a time; a multiple of four.
const BLOCK: usize = 64 * 1024;

/// The bytes within the armour.
pub(super) struct Dearmored<R> {
    lines: R,
    decoded: io::Cursor<Vec<u8>>,
    state: State,
}

#[derive(PartialEq, Eq)]
enum State {
    /// Before the first line.
    Before,
    /// In the middle; whether the padding that ends base64 was seen.
    Within {
        padded: bool,
    },
    After,
}

impl<R: BufRead> Dearmored<R> {
    pub(super) fn new(lines: R) -> Self {
        Self { lines, decoded: io::Cursor::default(), state: State::Before }
    }

    /// Decodes the next block; an empty one at the end.
    fn decode(&mut self) -> io::Result<Vec<u8>> {
        if self.state == State::Before {
            if self.line()? != Some(BEGIN.to_vec()) {
                return Err(wrong("does not begin as PEM of CMS should"));
            }
            self.state = State::Within { padded: false };
        }
        let mut characters = Vec::new();
        while let State::Within { padded } = self.state
            && characters.len() < BLOCK
        {
            let Some(line) = self.line()? else { return Err(wrong("ends before the last line of its PEM")) };
            if line == END {
                self.state = State::After;
                self.only_blank()?;
            } else if padded && !line.is_empty() {
                return Err(wrong("goes on after the end of its base64"));
            } else if line.len() > MAX_LINE || line.starts_with(b"-") {
                return Err(wrong("has a line in its PEM that is no base64"));
            } else {
                self.state = State::Within { padded: padded || line.ends_with(b"=") };
                characters.extend(line);
            }
            // Lines of other lengths than 64: a block ends where a group of four does.
            if self.state != State::After && characters.len() >= BLOCK && characters.len() % 4 != 0 {
                return Err(wrong("has lines in its PEM that are not multiples of four"));
            }
        }
        let text = std::str::from_utf8(&characters).map_err(|_| wrong("has a line in its PEM that is no base64"))?;
        Base64::decode_vec(text).map_err(|_| wrong("has a line in its PEM that is no base64"))
    }

    /// A line without the white space at its end; `None` at the input's end.
    fn line(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut line = Vec::new();
        // One more than the longest line, and its end: a file without ends of lines costs no memory.
        let read = self.lines.by_ref().take(MAX_LINE as u64 + 3).read_until(b'\n', &mut line)?;
        line.truncate(line.trim_ascii_end().len());
        Ok((read > 0).then_some(line))
    }

    fn only_blank(&mut self) -> io::Result<()> {
        while let Some(line) = self.line()? {
            if !line.is_empty() {
                return Err(wrong("goes on after the last line of its PEM"));
            }
        }
        Ok(())
    }
}

/// Longest line accepted; writers make 64 (RFC 7468 section 2) or 76.
const MAX_LINE: usize = 1024;

impl<R: BufRead> Read for Dearmored<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.decoded.read(buffer)?;
            if read > 0 || self.state == State::After || buffer.is_empty() {
                return Ok(read);
            }
            self.decoded = io::Cursor::new(self.decode()?);
        }
    }
}

fn wrong(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(text: &str) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        Dearmored::new(text.as_bytes()).read_to_end(&mut bytes).map(|_| bytes)
    }

    #[test]
    fn what_is_in_the_armour_comes_out() {
        let bytes: Vec<u8> = (0..200_000).map(|n: u32| n.to_le_bytes()[0]).collect();
        let encoded = Base64::encode_string(&bytes);
        for end in ["\n", "\r\n"] {
            let lines: Vec<_> = encoded.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
            let text = format!("-----BEGIN CMS-----{end}{}{end}-----END CMS-----{end}{end}", lines.join(end));
            assert_eq!(decode(&text).unwrap(), bytes);
        }
    }

    #[test]
    fn broken_armour_is_told() {
        for text in [
            "",
            "-----BEGIN CMS-----\n",
            "-----BEGIN CMS-----\nAAAA\n",
            "-----BEGIN CMS-----\nAAA*\n-----END CMS-----\n",
            "-----BEGIN CMS-----\nAA==\nAAAA\n-----END CMS-----\n",
            "-----BEGIN CMS-----\nAA==\n\nAAAA\n-----END CMS-----\n",
            "-----BEGIN CMS-----\nAAAA\n-----END PKCS7-----\n",
            "-----BEGIN CMS-----\nAAAA\n-----END CMS-----\nmore\n",
            "-----BEGIN PKCS7-----\nAAAA\n-----END PKCS7-----\n",
        ] {
            assert_eq!(decode(text).unwrap_err().kind(), io::ErrorKind::InvalidData, "{text}");
        }
    }
}
