//! A reader of BER (X.690 section 8) from a stream, as far as CMS needs it: definite and indefinite lengths, constructed
//! octet strings, tags of one byte. It never takes memory by a length that it was told.

use std::io::Read;

use crate::Result;
use crate::error::Error;

/// Deepest nesting accepted. CMS needs about ten levels.
const MAX_DEPTH: usize = 24;

/// A reader within one input.
pub(super) struct Ber<R> {
    reader: R,
    what: String,
    position: u64,
    peeked: Option<u8>,
    open: Vec<End>,
}

/// Where an element that has been entered ends.
#[derive(Clone, Copy)]
enum End {
    At(u64),
    Marker,
}

const CONSTRUCTED: u8 = 0x20;

impl<R: Read> Ber<R> {
    pub(super) fn new(what: String, reader: R) -> Self {
        Self { reader, what, position: 0, peeked: None, open: Vec::new() }
    }

    /// Tag of the next element within the current one; `None` at its end.
    pub(super) fn peek(&mut self) -> Result<Option<u8>> {
        match self.open.last() {
            Some(End::At(end)) if self.position == *end => Ok(None),
            None => self.peek_byte(),
            Some(end) => {
                let is_marked = matches!(end, End::Marker);
                let tag = self.peek_byte()?.ok_or_else(|| self.truncated())?;
                match (tag, is_marked) {
                    (0, true) => Ok(None),
                    (0, false) => Err(self.wrong("an end-of-contents marker in an element of known length")),
                    (tag, _) => Ok(Some(tag)),
                }
            }
        }
    }

    /// Enters the next element, which must have the tag and be constructed.
    pub(super) fn enter(&mut self, tag: u8) -> Result<()> {
        debug_assert!(tag & CONSTRUCTED != 0);
        if self.open.len() == MAX_DEPTH {
            return Err(self.wrong("nested too deeply"));
        }
        let end = match self.header(tag)? {
            Some(len) => End::At(self.position + len),
            None => End::Marker,
        };
        self.open.push(end);
        Ok(())
    }

    /// Leaves the current element, which must be at its end.
    pub(super) fn leave(&mut self) -> Result<()> {
        if let Some(tag) = self.peek()? {
            return Err(self.wrong(&format!("unexpected element with tag {tag:02x}")));
        }
        if matches!(self.open.pop().expect("each leave follows an enter"), End::Marker) {
            self.byte()?;
            if self.byte()? != 0 {
                return Err(self.wrong("a broken end-of-contents marker"));
            }
        }
        Ok(())
    }

    /// Contents of a primitive element of at most `max` bytes.
    pub(super) fn primitive(&mut self, tag: u8, max: usize) -> Result<Vec<u8>> {
        let len = self.primitive_header(tag)?;
        self.take_bounded(len, max)
    }

    /// Contents of an OCTET STRING of at most `max` bytes, in one piece or several.
    pub(super) fn octets(&mut self, max: usize) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.octet_pieces(OCTETS, &mut |piece| {
            bytes.extend_from_slice(piece);
            if bytes.len() > max { Err(Error::malformed("octet string", "too long")) } else { Ok(()) }
        })?;
        Ok(bytes)
    }

    /// Contents of an octet string with that tag (its primitive form), given to the sink in pieces.
    pub(super) fn octet_pieces(&mut self, tag: u8, sink: &mut dyn FnMut(&mut [u8]) -> Result<()>) -> Result<()> {
        if self.peek()? != Some(tag | CONSTRUCTED) {
            let len = self.primitive_header(tag)?;
            return self.take(len, sink);
        }
        self.enter(tag | CONSTRUCTED)?;
        while self.peek()?.is_some() {
            self.octet_pieces(OCTETS, sink)?;
        }
        self.leave()
    }

    /// The next element as it stands, header included, of at most `max` bytes.
    pub(super) fn raw(&mut self, max: usize) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.raw_into(&mut bytes, max)?;
        Ok(bytes)
    }

    /// The end of the input, with nothing behind it.
    pub(super) fn finish(&mut self) -> Result<()> {
        match self.peek_byte()? {
            None => Ok(()),
            Some(_) => Err(self.wrong("data after the end of the message")),
        }
    }

    pub(super) fn wrong(&self, why: &str) -> Error {
        Error::malformed(self.what.clone(), format!("{why} (at byte {})", self.position))
    }

    fn raw_into(&mut self, bytes: &mut Vec<u8>, max: usize) -> Result<()> {
        let tag = self.peek()?.ok_or_else(|| self.wrong("an element is missing"))?;
        let len = self.header(tag)?;
        bytes.push(tag);
        match len {
            // Written again in the shortest form, which is the one of DER.
            Some(len) => {
                bytes.extend(super::der::length(len));
                let room = self.room(bytes, max)?;
                bytes.extend(self.take_bounded(len, room)?);
                return Ok(());
            }
            None => bytes.push(0x80),
        }
        self.room(bytes, max)?;
        if self.open.len() == MAX_DEPTH {
            return Err(self.wrong("nested too deeply"));
        }
        self.open.push(End::Marker);
        while self.peek()?.is_some() {
            self.raw_into(bytes, max)?;
        }
        self.leave()?;
        bytes.extend([0, 0]);
        self.room(bytes, max).map(drop)
    }

    /// How many bytes more may come: headers and end markers count too.
    fn room(&self, bytes: &[u8], max: usize) -> Result<usize> {
        max.checked_sub(bytes.len()).ok_or_else(|| self.wrong("an element longer than it may be"))
    }

    fn take_bounded(&mut self, len: u64, max: usize) -> Result<Vec<u8>> {
        if len > max as u64 {
            return Err(self.wrong(&format!("an element of {len} bytes, longer than it may be")));
        }
        let mut bytes = Vec::new();
        self.take(len, &mut |piece| {
            bytes.extend_from_slice(piece);
            Ok(())
        })?;
        Ok(bytes)
    }

    fn take(&mut self, mut len: u64, sink: &mut dyn FnMut(&mut [u8]) -> Result<()>) -> Result<()> {
        const PIECE: usize = 64 * 1024;
        let mut piece = vec![0; usize::try_from(len).unwrap_or(PIECE).min(PIECE)];
        while len > 0 {
            let part = usize::try_from(len).unwrap_or(PIECE).min(PIECE);
            self.exact(&mut piece[..part])?;
            sink(&mut piece[..part])?;
            len -= part as u64;
        }
        Ok(())
    }

    fn primitive_header(&mut self, tag: u8) -> Result<u64> {
        self.header(tag)?.ok_or_else(|| self.wrong("an indefinite length where none may be"))
    }

    /// Reads tag and length. `None` is the indefinite length, which constructed elements alone may have.
    fn header(&mut self, expected: u8) -> Result<Option<u64>> {
        let Some(tag) = self.peek()? else {
            return Err(self.wrong(&format!("an element with tag {expected:02x} is missing")));
        };
        if tag != expected {
            return Err(self.wrong(&format!("an element with tag {expected:02x} was expected, not {tag:02x}")));
        }
        if tag & 0x1f == 0x1f {
            return Err(self.wrong("a tag of several bytes"));
        }
        self.byte()?;
        let len = match self.byte()? {
            short @ 0..0x80 => u64::from(short),
            0x80 if tag & CONSTRUCTED != 0 => return Ok(None),
            0x80 => return Err(self.wrong("an indefinite length where none may be")),
            long => {
                let count = long & 0x7f;
                if count > 8 {
                    return Err(self.wrong("a length of more than eight bytes"));
                }
                let mut len = 0;
                for _ in 0..count {
                    len = len << 8 | u64::from(self.byte()?);
                }
                len
            }
        };
        let end = self.position.checked_add(len).ok_or_else(|| self.wrong("a length beyond all bounds"))?;
        match self.innermost_end() {
            Some(outer) if end > outer => Err(self.wrong("an element longer than the one around it")),
            _ => Ok(Some(len)),
        }
    }

    /// The nearest end that is known, through elements of indefinite length.
    fn innermost_end(&self) -> Option<u64> {
        self.open.iter().rev().find_map(|end| match end {
            End::At(end) => Some(*end),
            End::Marker => None,
        })
    }

    fn peek_byte(&mut self) -> Result<Option<u8>> {
        if self.peeked.is_none() {
            let mut byte = [0];
            if self.fill(&mut byte)? == 1 {
                self.peeked = Some(byte[0]);
            }
        }
        Ok(self.peeked)
    }

    fn byte(&mut self) -> Result<u8> {
        let mut byte = [0];
        self.exact(&mut byte)?;
        Ok(byte[0])
    }

    fn exact(&mut self, bytes: &mut [u8]) -> Result<()> {
        let end = self.position + bytes.len() as u64;
        if self.innermost_end().is_some_and(|outer| end > outer) {
            return Err(self.wrong("an element longer than the one around it"));
        }
        let mut filled = 0;
        if let (Some(first), Some(byte)) = (bytes.first_mut(), self.peeked) {
            *first = byte;
            self.peeked = None;
            filled = 1;
        }
        if filled + self.fill(&mut bytes[filled..])? < bytes.len() {
            return Err(self.truncated());
        }
        self.position = end;
        Ok(())
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<usize> {
        let mut filled = 0;
        while filled < bytes.len() {
            match self.reader.read(&mut bytes[filled..]) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == std::io::ErrorKind::InvalidData => {
                    return Err(self.wrong(&error.to_string()));
                }
                Err(error) => return Err(Error::io(&self.what)(error)),
            }
        }
        Ok(filled)
    }

    fn truncated(&self) -> Error {
        self.wrong("ends too early")
    }
}

/// Tag of a primitive OCTET STRING.
pub(super) const OCTETS: u8 = 0x04;

#[cfg(test)]
mod tests {
    use super::*;

    fn octets(bytes: &[u8]) -> std::result::Result<Vec<u8>, String> {
        let mut ber = Ber::new("test".to_owned(), bytes);
        ber.octets(100).and_then(|octets| ber.finish().map(|()| octets)).map_err(|error| error.to_string())
    }

    /// X.690 sections 8.1.3 and 8.7.
    #[test]
    fn octet_strings_come_in_one_piece_or_several() {
        for bytes in [
            &[0x04, 3, 1, 2, 3][..],
            &[0x04, 0x82, 0, 3, 1, 2, 3],
            &[0x24, 7, 0x04, 1, 1, 0x04, 2, 2, 3],
            &[0x24, 0x80, 0x04, 1, 1, 0x04, 2, 2, 3, 0, 0],
            &[0x24, 0x80, 0x24, 0x80, 0x04, 3, 1, 2, 3, 0, 0, 0x04, 0, 0, 0],
        ] {
            assert_eq!(octets(bytes).unwrap(), [1, 2, 3], "{bytes:02x?}");
        }
    }

    #[test]
    fn broken_lengths_are_told() {
        for (bytes, why) in [
            (&[0x04, 4, 1, 2, 3][..], "ends too early"),
            (&[0x04][..], "ends too early"),
            (&[][..], "missing"),
            (&[0x04, 0x80, 1, 0, 0], "indefinite length where none may be"),
            (&[0x04, 0x89, 1, 1, 1, 1, 1, 1, 1, 1, 1], "more than eight bytes"),
            (&[0x04, 0x88, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0], "beyond all bounds"),
            (&[0x04, 0x84, 0xff, 0xff, 0xff, 0xff, 0], "too long"),
            (&[0x24, 3, 0x04, 2, 1], "longer than the one around"),
            (&[0x24, 4, 0x04, 0, 0, 0], "end-of-contents marker in an element of known length"),
            (&[0x24, 0x80, 0x04, 1, 1, 0, 1], "broken end-of-contents"),
            (&[0x24, 0x80, 0x04, 1, 1], "ends too early"),
            (&[0x24, 0x80, 0x02, 1, 1, 0, 0], "was expected"),
            (&[0x04, 1, 1, 0], "data after the end"),
        ] {
            let error = octets(bytes).unwrap_err();
            assert!(
                error.contains(why) || (why == "too long" && error.contains("ends too early")),
                "{bytes:02x?}: {error}"
            );
        }
    }

    /// Headers and end markers (X.690 section 8.1.5) count: whoever subtracts the length from a limit must not get below
    /// nothing.
    #[test]
    fn an_element_as_it_stands_is_never_longer_than_allowed() {
        for bytes in [
            &[0xa1, 0][..],
            &[0xa1, 2, 7, 7],
            &[0xa1, 0x80, 0, 0],
            &[0xa1, 0x80, 0xa1, 0x80, 0x04, 1, 7, 0, 0, 0, 0],
            &[0xa1, 0x80, 0x04, 0, 0x04, 0, 0, 0],
        ] {
            for max in 0..bytes.len() + 2 {
                let read = Ber::new("test".to_owned(), bytes).raw(max);
                match read {
                    Ok(read) => assert!(max >= bytes.len() && read == bytes, "{max} {bytes:02x?}"),
                    Err(error) => assert!(max < bytes.len() && error.exit_code() == 4, "{max} {bytes:02x?}: {error}"),
                }
            }
        }
    }

    #[test]
    fn nesting_is_bounded() {
        let deep: Vec<u8> = [0x24, 0x80].repeat(1_000_000);
        assert!(octets(&deep).unwrap_err().contains("nested too deeply"));
    }

    /// A length of 2^40 in a file of a few bytes must cost neither memory nor time.
    #[test]
    fn a_length_alone_takes_no_memory() {
        assert!(octets(&[0x04, 0x86, 1, 0, 0, 0, 0, 0, 7]).unwrap_err().contains("ends too early"));
    }
}
