//! The structure of encrypted messages (RFC 5652 section 6, RFC 5083), read from BER or DER.

use std::io::{BufRead, BufReader, Read};

use super::ber::Ber;
use super::{armor, key_transport, oid};
use crate::Result;
use crate::error::Error;
use crate::files::Input;

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const INTEGER: u8 = 0x02;
const OBJECT: u8 = 0x06;

/// Most bytes of everything but the content: it keeps a damaged or hostile message from costing memory.
const MAX_PART: usize = 256 * 1024;
const MAX_RECIPIENTS: usize = 1000;

/// What a message says before and after its content.
pub(super) struct Message {
    pub(super) kind: Kind,
    pub(super) recipients: Vec<Recipient>,
    pub(super) content_type: Vec<u8>,
    pub(super) algorithm: Algorithm,
    /// Bytes of encrypted content.
    pub(super) content_len: u64,
    /// Authenticated attributes, as the SET OF that the tag covers (RFC 5083 section 2.2).
    pub(super) attributes: Vec<u8>,
    /// Empty for enveloped-data, which has none.
    pub(super) tag: Vec<u8>,
}

/// Kinds of encrypted messages.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// With a tag (RFC 5083).
    AuthEnveloped,
    /// Without (RFC 5652 section 6).
    Enveloped,
}

/// An AlgorithmIdentifier (RFC 5280 section 4.1.1.2).
pub(super) struct Algorithm {
    pub(super) oid: Vec<u8>,
    /// The element as it stands; empty if absent.
    pub(super) parameters: Vec<u8>,
}

/// Who can open the message, and how.
pub(super) enum Recipient {
    KeyTransport {
        identifier: Identifier,
        scheme: key_transport::Scheme,
        encrypted_key: Vec<u8>,
    },
    /// Key agreement, a shared key, a password: named, but not opened here.
    Other(&'static str),
}

/// How a message names the recipient's key.
pub(super) enum Identifier {
    IssuerAndSerial {
        /// The name, DER.
        issuer: Vec<u8>,
        serial: Vec<u8>,
    },
    SubjectKey(Vec<u8>),
}

/// Reads a message from its first byte to its last. The encrypted content goes to the sink, piece by piece.
pub(super) fn read(input: Input, sink: &mut Sink) -> Result<Message> {
    read_counting(input, sink).map(|(message, _)| message)
}

/// As [`read`]; returns the number of bytes of the input too.
pub(super) fn read_counting(input: Input, sink: &mut Sink) -> Result<(Message, u64)> {
    let what = input.what();
    let mut reader = BufReader::with_capacity(64 * 1024, Counting { input, count: 0 });
    let is_text = reader.fill_buf().map_err(Error::io(&what))?.starts_with(b"-----");
    let message = if is_text {
        read_message(Ber::new(what, armor::Dearmored::new(&mut reader)), sink)
    } else {
        read_message(Ber::new(what, &mut reader), sink)
    }?;
    // The message was read to the input's end.
    Ok((message, reader.get_ref().count))
}

/// Takes the encrypted content.
pub(super) type Sink<'a> = dyn FnMut(&mut [u8]) -> Result<()> + 'a;

struct Counting {
    input: Input,
    count: u64,
}

impl Read for Counting {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.input.read(buffer)?;
        self.count += read as u64;
        Ok(read)
    }
}

fn read_message<R: Read>(mut ber: Ber<R>, sink: &mut Sink) -> Result<Message> {
    ber.enter(SEQUENCE)?;
    let kind = ber.primitive(OBJECT, 64)?;
    let kind = match kind.as_slice() {
        oid::AUTH_ENVELOPED_DATA => Kind::AuthEnveloped,
        oid::ENVELOPED_DATA => Kind::Enveloped,
        other => return Err(ber.wrong(&format!("CMS of the type {}, not an encrypted message", oid::name(other)))),
    };
    ber.enter(0xa0)?;
    ber.enter(SEQUENCE)?;
    ber.primitive(INTEGER, 1)?;
    if ber.peek()? == Some(0xa0) {
        ber.raw(MAX_PART)?;
    }
    let recipients = read_recipients(&mut ber)?;
    ber.enter(SEQUENCE)?;
    let content_type = ber.primitive(OBJECT, 64)?;
    let algorithm = read_algorithm(&mut ber)?;
    if ber.peek()?.is_none() {
        return Err(ber.wrong("the encrypted content is not in the message"));
    }
    let mut content_len = 0;
    ber.octet_pieces(0x80, &mut |piece| {
        content_len += piece.len() as u64;
        sink(piece)
    })?;
    ber.leave()?;
    let mut attributes = Vec::new();
    if ber.peek()? == Some(0xa1) {
        attributes = ber.raw(MAX_PART)?;
        // RFC 5083 section 2.2: the tag covers a SET OF, not the implicit tag.
        attributes[0] = SET;
    }
    let tag = if kind == Kind::AuthEnveloped { ber.octets(64)? } else { Vec::new() };
    if kind == Kind::AuthEnveloped && ber.peek()? == Some(0xa2) {
        ber.raw(MAX_PART)?;
    }
    for _ in 0..3 {
        ber.leave()?;
    }
    ber.finish()?;
    Ok(Message { kind, recipients, content_type, algorithm, content_len, attributes, tag })
}

fn read_recipients<R: Read>(ber: &mut Ber<R>) -> Result<Vec<Recipient>> {
    let mut recipients = Vec::new();
    let mut left = MAX_PART;
    ber.enter(SET)?;
    while let Some(tag) = ber.peek()? {
        if recipients.len() == MAX_RECIPIENTS {
            return Err(ber.wrong("too many recipients"));
        }
        let raw = ber.raw(left)?;
        left = left.checked_sub(raw.len()).ok_or_else(|| ber.wrong("recipients longer than they may be"))?;
        recipients.push(match tag {
            SEQUENCE => read_key_transport(&raw).map_err(|error| ber.wrong(&format!("a recipient: {error}")))?,
            0xa1 => Recipient::Other("key agreement"),
            0xa2 => Recipient::Other("a shared key"),
            0xa3 => Recipient::Other("a password"),
            0xa4 => Recipient::Other("another way"),
            _ => return Err(ber.wrong("a recipient of an unknown form")),
        });
    }
    ber.leave()?;
    Ok(recipients)
}

/// RFC 5652 section 6.2.1.
fn read_key_transport(raw: &[u8]) -> Result<Recipient> {
    let mut ber = Ber::new("KeyTransRecipientInfo".to_owned(), raw);
    ber.enter(SEQUENCE)?;
    ber.primitive(INTEGER, 1)?;
    let identifier = if ber.peek()? == Some(SEQUENCE) {
        ber.enter(SEQUENCE)?;
        let issuer = ber.raw(MAX_PART)?;
        let serial = ber.primitive(INTEGER, 64)?;
        ber.leave()?;
        Identifier::IssuerAndSerial { issuer, serial }
    } else {
        Identifier::SubjectKey(ber.primitive(0x80, 256)?)
    };
    let algorithm = read_algorithm(&mut ber)?;
    let encrypted_key = ber.octets(4096)?;
    ber.leave()?;
    Ok(Recipient::KeyTransport { identifier, scheme: key_transport::Scheme::read(&algorithm)?, encrypted_key })
}

pub(super) fn read_algorithm<R: Read>(ber: &mut Ber<R>) -> Result<Algorithm> {
    ber.enter(SEQUENCE)?;
    let oid = ber.primitive(OBJECT, 64)?;
    let parameters = if ber.peek()?.is_some() { ber.raw(MAX_PART)? } else { Vec::new() };
    ber.leave()?;
    Ok(Algorithm { oid, parameters })
}
