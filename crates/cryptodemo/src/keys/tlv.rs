//! As much of DER (X.690) as keys need: elements read one by one, and written.
//!
//! Read here and not by types of a library, because the key kind of our own has an object identifier of 128 bits, which
//! libraries refuse, and because any byte of the input may be wrong.

use zeroize::Zeroizing;

pub(super) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const NULL: u8 = 0x05;
pub(super) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(super) const SEQUENCE: u8 = 0x30;

/// Reads elements one after the other. `None` means: not DER, or not what was asked for.
#[derive(Clone)]
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Reads these bytes.
    pub(super) const fn over(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The contents of the one element of that tag which the bytes must be, and nothing after it.
    pub(super) fn whole(tag: u8, bytes: &'a [u8]) -> Option<Self> {
        let mut outer = Self(bytes);
        let contents = outer.next(tag)?;
        outer.is_empty().then_some(Self(contents))
    }

    /// The contents of the next element if it has that tag.
    pub(super) fn next(&mut self, tag: u8) -> Option<&'a [u8]> {
        let (&found, rest) = self.0.split_first()?;
        if found != tag {
            return None;
        }
        let (len, rest) = length(rest)?;
        let (contents, rest) = rest.split_at_checked(len)?;
        self.0 = rest;
        Some(contents)
    }

    /// As [`Reader::next`], to be read further.
    pub(super) fn enter(&mut self, tag: u8) -> Option<Self> {
        self.next(tag).map(Self)
    }

    /// An INTEGER that is not negative, without leading zeros; empty for zero.
    pub(super) fn unsigned(&mut self) -> Option<&'a [u8]> {
        match self.next(INTEGER)? {
            [0] => Some(&[]),
            [0, rest @ ..] if rest[0] & 0x80 != 0 => Some(rest),
            [0, ..] | [] => None,
            [first, ..] if first & 0x80 != 0 => None,
            contents => Some(contents),
        }
    }

    /// A BIT STRING of whole bytes.
    pub(super) fn bits(&mut self, tag: u8) -> Option<&'a [u8]> {
        self.next(tag)?.strip_prefix(&[0])
    }

    /// Tag of the next element.
    pub(super) fn peek(&self) -> Option<u8> {
        self.0.first().copied()
    }

    /// Whether all was read.
    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A definite length in its shortest form (X.690 section 10.1), and what follows it.
fn length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (&first, rest) = bytes.split_first()?;
    if first < 0x80 {
        return Some((usize::from(first), rest));
    }
    let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
    if digits.is_empty() || digits.len() > 4 || digits[0] == 0 {
        return None;
    }
    let len = digits.iter().fold(0_usize, |sum, digit| (sum << 8) | usize::from(*digit));
    (len >= 0x80).then_some((len, rest))
}

/// An element with these contents, one after the other. Zeroized, for it may hold a private key.
pub(super) fn encode(tag: u8, contents: &[&[u8]]) -> Zeroizing<Vec<u8>> {
    let len: usize = contents.iter().map(|part| part.len()).sum();
    let digits = len.to_be_bytes();
    let digits = &digits[(len.leading_zeros() / 8) as usize..];
    // All the room at once: growing would leave copies behind.
    let mut element = Zeroizing::new(Vec::with_capacity(2 + digits.len() + len));
    element.push(tag);
    match len {
        0..0x80 => element.push(len.to_be_bytes()[size_of::<usize>() - 1]),
        _ => {
            element.push(0x80 | digits.len().to_be_bytes()[size_of::<usize>() - 1]);
            element.extend_from_slice(digits);
        }
    }
    for part in contents {
        element.extend_from_slice(part);
    }
    element
}

/// An INTEGER from big-endian bytes without sign.
pub(super) fn encode_unsigned(bytes: &[u8]) -> Zeroizing<Vec<u8>> {
    let start = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len());
    let digits = &bytes[start..];
    let pad: &[u8] = if digits.first().is_none_or(|first| first & 0x80 != 0) { &[0] } else { &[] };
    encode(INTEGER, &[pad, digits])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// X.690 section 10.1 and 8.3.2: one encoding only for each value.
    #[test]
    fn only_the_shortest_encoding_is_read() {
        for (bytes, expect) in [
            (&[2, 1, 0][..], Some(&[][..])),
            (&[2, 1, 127], Some(&[127])),
            (&[2, 2, 0, 128], Some(&[128])),
            (&[2, 1, 128], None),
            (&[2, 2, 0, 127], None),
            (&[2, 0], None),
            (&[2, 0x81, 1, 5], None),
            (&[2, 0x80, 5, 0, 0], None),
            (&[2, 2, 5], None),
            (&[2, 0x85, 0, 0, 0, 0, 1, 5], None),
            (&[2], None),
            (&[], None),
        ] {
            assert_eq!(Reader(bytes).unsigned(), expect, "{bytes:02x?}");
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        for len in [0, 1, 127, 128, 255, 256, 65_536] {
            let contents = vec![0xa5; len];
            let element = encode(OCTET_STRING, &[&contents[..len / 2], &contents[len / 2..]]);
            assert_eq!(Reader(&element).next(OCTET_STRING), Some(&contents[..]), "{len}");
        }
        for value in [&[][..], &[1], &[0x7f], &[0x80], &[0xff, 0]] {
            assert_eq!(Reader(&encode_unsigned(value)).unsigned(), Some(value));
        }
    }
}
