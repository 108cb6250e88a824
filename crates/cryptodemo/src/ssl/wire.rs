//! Messages on the wire: one byte of type, four of length, the body.

use std::io::{self, Read};

use serde::Serialize;

use crate::Result;
use crate::aead::TAG_LEN;
use crate::error::Error;

/// Length of the header in bytes.
pub const HEADER_LEN: usize = 5;
/// Longest body in bytes; a peer that announces more is refused before anything is allocated.
pub const MAX_BODY: usize = 1 << 16;
/// The one reason an alert gives: something did not verify. There is no other, so that it tells nothing.
pub const ALERT_FAILED: u8 = 1;

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// B's certificate, DER.
    Certificate(Vec<u8>),
    /// The symmetric key under B's public key (RSA-OAEP).
    Key(Vec<u8>),
    /// Ciphertext and tag.
    Data(Vec<u8>),
    /// The end, with [`ALERT_FAILED`].
    Alert(u8),
}

/// A field of a message as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Field {
    /// Where it begins in the message, in bytes.
    pub offset: usize,
    /// Its name.
    pub name: &'static str,
    /// Its bytes in hexadecimal.
    pub hex: String,
    /// What it means.
    pub meaning: String,
}

impl Message {
    const fn code(&self) -> u8 {
        match self {
            Self::Certificate(_) => 1,
            Self::Key(_) => 2,
            Self::Data(_) => 3,
            Self::Alert(_) => 4,
        }
    }

    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Certificate(_) => "Certificate",
            Self::Key(_) => "Key",
            Self::Data(_) => "Data",
            Self::Alert(_) => "Alert",
        }
    }

    fn body(&self) -> &[u8] {
        match self {
            Self::Certificate(body) | Self::Key(body) | Self::Data(body) => body,
            Self::Alert(reason) => std::slice::from_ref(reason),
        }
    }

    /// The message as sent.
    ///
    /// # Errors
    /// [`Error::Usage`] if the body is longer than [`MAX_BODY`].
    pub fn encode(&self) -> Result<Vec<u8>> {
        let body = self.body();
        if body.len() > MAX_BODY {
            return Err(Error::Usage(format!("{} bytes are too long for one message; {MAX_BODY} fit", body.len())));
        }
        let mut bytes = header(self.code(), body.len()).to_vec();
        bytes.extend_from_slice(body);
        Ok(bytes)
    }

    /// Reads one message.
    ///
    /// # Errors
    /// [`Error::Malformed`] if it is truncated, too long, of an unknown type or of a length its type cannot have;
    /// [`Error::Io`] if the network fails.
    pub fn read(stream: &mut impl Read) -> Result<Self> {
        let mut head = [0; HEADER_LEN];
        read_exact(stream, &mut head)?;
        let [code, a, b, c, d] = head;
        let len = u32::from_be_bytes([a, b, c, d]) as usize;
        let malformed = |why: String| Err(Error::malformed("message", why));
        if len > MAX_BODY {
            return malformed(format!("{len} bytes, but {MAX_BODY} are allowed"));
        }
        match (code, len) {
            (1 | 2, 1..) | (4, 1) => {}
            (3, _) if len >= TAG_LEN => {}
            (1..=4, _) => return malformed(format!("{len} bytes cannot be a message of type {code}")),
            _ => return malformed(format!("no message has the type {code}")),
        }
        let mut body = vec![0; len];
        read_exact(stream, &mut body)?;
        Ok(match code {
            1 => Self::Certificate(body),
            2 => Self::Key(body),
            3 => Self::Data(body),
            _ => Self::Alert(body[0]),
        })
    }

    /// The fields, with the sequence number for messages that have one.
    #[must_use]
    pub fn fields(&self) -> Vec<Field> {
        let body = self.body();
        let head = header(self.code(), body.len());
        let mut fields = vec![
            field(0, "type", &head[..1], self.name()),
            field(1, "length", &head[1..], &format!("{} bytes follow", body.len())),
        ];
        let split = body.len().saturating_sub(TAG_LEN);
        match self {
            Self::Certificate(_) => {
                fields.push(field(HEADER_LEN, "certificate", body, "B's name and public key, signed"))
            }
            Self::Key(_) => fields.push(field(HEADER_LEN, "encrypted_key", body, "RSA-OAEP under B's public key")),
            Self::Data(_) => {
                fields.push(field(HEADER_LEN, "ciphertext", &body[..split], "AES-256-GCM"));
                fields.push(field(HEADER_LEN + split, "tag", &body[split..], "nobody changed it on the way"));
            }
            Self::Alert(_) => fields.push(field(HEADER_LEN, "reason", body, "did not verify; the end")),
        }
        fields
    }
}

/// The header of a message; it is authenticated with the data.
pub(super) fn header(code: u8, len: usize) -> [u8; HEADER_LEN] {
    let [a, b, c, d] = u32::try_from(len).expect("bodies are bounded").to_be_bytes();
    [code, a, b, c, d]
}

fn field(offset: usize, name: &'static str, bytes: &[u8], meaning: &str) -> Field {
    Field { offset, name, hex: crate::report::hex(bytes), meaning: meaning.to_owned() }
}

fn read_exact(stream: &mut impl Read, buffer: &mut [u8]) -> Result<()> {
    stream.read_exact(buffer).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => Error::malformed("message", "the connection ended in the middle"),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
            Error::io("TCP")(io::Error::new(io::ErrorKind::TimedOut, "no answer in time"))
        }
        _ => Error::io("TCP")(error),
    })
}
