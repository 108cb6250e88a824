//! The record layer (RFC 8446 section 5.1, RFC 5246 section 6.2): five bytes of header, then the fragment.

use serde::Serialize;

use crate::Result;
use crate::error::Error;

/// Length of a record's header in bytes.
pub const HEADER_LEN: usize = 5;
/// Longest fragment of an unencrypted record in bytes (RFC 8446 section 5.1).
pub const MAX_PLAINTEXT: usize = 1 << 14;
/// Longest fragment of any record in bytes: what TLS 1.2 may add when it encrypts (RFC 5246 section 6.2.3). TLS 1.3
/// allows 256 bytes more than the plaintext (RFC 8446 section 5.2).
pub const MAX_FRAGMENT: usize = MAX_PLAINTEXT + 2048;

/// What a record holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ContentType {
    /// One byte that says that encryption starts (TLS 1.2), or nothing at all (TLS 1.3).
    ChangeCipherSpec,
    /// A warning or the end.
    Alert,
    /// Messages of the handshake, one or several or a part of one.
    Handshake,
    /// Data of the application; in TLS 1.3 everything that is encrypted looks like this.
    ApplicationData,
}

impl ContentType {
    /// The type for a code on the wire.
    #[must_use]
    pub const fn from_code(code: u8) -> Option<Self> {
        match code {
            20 => Some(Self::ChangeCipherSpec),
            21 => Some(Self::Alert),
            22 => Some(Self::Handshake),
            23 => Some(Self::ApplicationData),
            _ => None,
        }
    }

    /// The code on the wire.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::ChangeCipherSpec => 20,
            Self::Alert => 21,
            Self::Handshake => 22,
            Self::ApplicationData => 23,
        }
    }

    /// Name as in RFC 8446 section 5.1.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ChangeCipherSpec => "change_cipher_spec",
            Self::Alert => "alert",
            Self::Handshake => "handshake",
            Self::ApplicationData => "application_data",
        }
    }
}

/// One record as it lies in the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record<'a> {
    /// What the header says is inside.
    pub content_type: ContentType,
    /// The version in the header; 0x0301 or 0x0303 whatever the session's version is (RFC 8446 section 5.1).
    pub version: u16,
    /// The header, which is authenticated with the fragment in TLS 1.3 (RFC 8446 section 5.2).
    pub header: [u8; HEADER_LEN],
    /// The fragment, encrypted or not.
    pub fragment: &'a [u8],
}

/// Takes the first record off the stream; `None` if it is not complete yet.
///
/// # Errors
/// [`Error::Malformed`] for an unknown type, a version that is not 3.x, or a fragment longer than [`MAX_FRAGMENT`]
/// or empty where that is not allowed.
pub fn next<'a>(stream: &mut &'a [u8]) -> Result<Option<Record<'a>>> {
    let Some((header, rest)) = stream.split_first_chunk::<HEADER_LEN>() else { return Ok(None) };
    let [code, major, minor, high, low] = *header;
    let content_type = ContentType::from_code(code)
        .ok_or_else(|| Error::malformed("TLS record", format!("no content type has the code {code}")))?;
    if major != 3 {
        return Err(Error::malformed("TLS record", format!("version {major}.{minor} is no version of TLS")));
    }
    let len = usize::from(u16::from_be_bytes([high, low]));
    if len > MAX_FRAGMENT {
        return Err(Error::malformed("TLS record", format!("{len} bytes, but {MAX_FRAGMENT} are allowed")));
    }
    // RFC 8446 section 5.1: only application data may come in empty fragments.
    if len == 0 && content_type != ContentType::ApplicationData {
        return Err(Error::malformed("TLS record", format!("an empty {} record", content_type.name())));
    }
    if rest.len() < len {
        return Ok(None);
    }
    let (fragment, rest) = rest.split_at(len);
    *stream = rest;
    Ok(Some(Record { content_type, version: u16::from_be_bytes([major, minor]), header: *header, fragment }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_follow_each_other_and_wait_for_their_rest() {
        let bytes = [20, 3, 3, 0, 1, 1, 23, 3, 3, 0, 2, 7, 8];
        for cut in 0..bytes.len() {
            let mut stream = &bytes[..cut];
            let mut seen = 0;
            while next(&mut stream).unwrap().is_some() {
                seen += 1;
            }
            assert_eq!(seen, usize::from(cut >= 6), "cut at {cut}");
        }
        let mut stream = &bytes[..];
        assert_eq!(next(&mut stream).unwrap().unwrap().content_type, ContentType::ChangeCipherSpec);
        assert_eq!(next(&mut stream).unwrap().unwrap().fragment, [7, 8]);
        assert!(stream.is_empty());
    }

    // RFC 8446 section 5.1 and RFC 5246 section 6.2.
    #[test]
    fn records_that_cannot_be_are_malformed() {
        for (header, why) in [
            ([24, 3, 3, 0, 1], "heartbeat is not known"),
            ([22, 2, 0, 0, 1], "SSL 2"),
            ([22, 3, 3, 0x48, 1], "one byte too long"),
            ([22, 3, 3, 0, 0], "an empty handshake record"),
        ] {
            assert!(matches!(next(&mut &header[..]), Err(Error::Malformed { .. })), "{why}");
        }
        assert_eq!(next(&mut &[22, 3, 3, 0x48, 0][..]).unwrap(), None, "the longest there is");
        assert!(next(&mut &[23, 3, 3, 0, 0][..]).unwrap().is_some(), "application data may be empty");
    }
}
