//! Messages of the handshake (RFC 8446 section 4, RFC 5246 section 7.4), alerts and ChangeCipherSpec, parsed as far as
//! a reader wants to see them. No bytes from the network make these functions panic, and nothing is kept of long fields
//! but their lengths.

mod extensions;
mod hello;

pub use extensions::{Extension, KeyShare};
pub use hello::{ClientHello, ServerHello};
use serde::Serialize;

use super::names::{self, Named};
use super::reader::Reader;
use crate::Result;
use crate::error::Error;

/// Longest handshake message that is read, in bytes. The header could say 16 MiB; certificate chains are far shorter.
pub const MAX_HANDSHAKE: usize = 1 << 18;

/// Which rules the messages follow; some look different in TLS 1.3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Version {
    /// RFC 5246.
    #[serde(rename = "TLS 1.2")]
    Tls12,
    /// RFC 8446.
    #[serde(rename = "TLS 1.3")]
    Tls13,
}

impl Version {
    /// Name as people write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tls12 => "TLS 1.2",
            Self::Tls13 => "TLS 1.3",
        }
    }
}

/// A certificate within a message: lengths, and who it is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CertificateEntry {
    /// Length of the certificate in bytes, DER.
    pub length: usize,
    /// Its subject, if the certificate can be read.
    pub subject: Option<String>,
}

/// What was said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "message", rename_all = "kebab-case")]
pub enum Message {
    /// RFC 8446 section 4.1.2.
    ClientHello(ClientHello),
    /// RFC 8446 section 4.1.3.
    ServerHello(ServerHello),
    /// A ServerHello with a certain random: the client is to try again (RFC 8446 section 4.1.4).
    HelloRetryRequest(ServerHello),
    /// RFC 8446 section 4.3.1.
    EncryptedExtensions {
        /// The extensions.
        extensions: Vec<Extension>,
    },
    /// RFC 8446 section 4.3.2.
    CertificateRequest {
        /// Length of the body in bytes.
        length: usize,
    },
    /// RFC 8446 section 4.4.2, RFC 5246 section 7.4.2.
    Certificate {
        /// The sender's certificate first.
        chain: Vec<CertificateEntry>,
    },
    /// RFC 8446 section 4.4.3.
    CertificateVerify {
        /// How it was signed.
        scheme: Named,
        /// Length of the signature in bytes.
        signature_length: usize,
    },
    /// RFC 8446 section 4.4.1 of TLS 1.2's extension (RFC 6066 section 8).
    CertificateStatus {
        /// Length of the body in bytes.
        length: usize,
    },
    /// TLS 1.2 with an ephemeral key on a curve (RFC 8422 section 5.4).
    ServerKeyExchange {
        /// The group.
        group: Named,
        /// Length of the public key in bytes.
        public_length: usize,
        /// How it was signed.
        scheme: Named,
        /// Length of the signature in bytes.
        signature_length: usize,
    },
    /// RFC 5246 section 7.4.5.
    ServerHelloDone,
    /// RFC 5246 section 7.4.7, RFC 8422 section 5.7.
    ClientKeyExchange {
        /// Length of the public key in bytes.
        public_length: usize,
    },
    /// RFC 8446 section 4.4.4.
    Finished {
        /// Length of the authentication code in bytes.
        verify_length: usize,
    },
    /// RFC 8446 section 4.6.1, RFC 5077 section 3.3.
    NewSessionTicket {
        /// How long it may be used, in seconds.
        lifetime_seconds: u32,
        /// Length of the ticket in bytes.
        ticket_length: usize,
        /// How many bytes may be sent as 0-RTT data.
        max_early_data: Option<u32>,
    },
    /// RFC 8446 section 4.5.
    EndOfEarlyData,
    /// RFC 8446 section 4.6.3.
    KeyUpdate {
        /// Whether the peer is to do the same.
        request: bool,
    },
    /// Any other message of the handshake.
    Other {
        /// Its type on the wire.
        code: u8,
        /// Length of the body in bytes.
        length: usize,
    },
    /// RFC 5246 section 7.1; RFC 8446 section 5 for middleboxes only.
    ChangeCipherSpec,
    /// RFC 8446 section 6.
    Alert {
        /// Whether the connection is over.
        fatal: bool,
        /// Why.
        description: Named,
    },
    /// Data of the application.
    ApplicationData {
        /// Length of the data in bytes.
        length: usize,
        /// The first characters, everything unusual replaced by dots.
        preview: String,
    },
    /// A part of a message that goes on in the next record.
    Fragment {
        /// Length of the part in bytes.
        length: usize,
    },
    /// Encrypted, and not opened here.
    Sealed {
        /// Length in bytes.
        length: usize,
    },
}

impl Message {
    /// Name of the message as in its standard.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::ClientHello(_) => "ClientHello",
            Self::ServerHello(_) => "ServerHello",
            Self::HelloRetryRequest(_) => "HelloRetryRequest",
            Self::EncryptedExtensions { .. } => "EncryptedExtensions",
            Self::CertificateRequest { .. } => "CertificateRequest",
            Self::Certificate { .. } => "Certificate",
            Self::CertificateVerify { .. } => "CertificateVerify",
            Self::CertificateStatus { .. } => "CertificateStatus",
            Self::ServerKeyExchange { .. } => "ServerKeyExchange",
            Self::ServerHelloDone => "ServerHelloDone",
            Self::ClientKeyExchange { .. } => "ClientKeyExchange",
            Self::Finished { .. } => "Finished",
            Self::NewSessionTicket { .. } => "NewSessionTicket",
            Self::EndOfEarlyData => "EndOfEarlyData",
            Self::KeyUpdate { .. } => "KeyUpdate",
            Self::Other { .. } => "other handshake message",
            Self::ChangeCipherSpec => "ChangeCipherSpec",
            Self::Alert { .. } => "Alert",
            Self::ApplicationData { .. } => "application data",
            Self::Fragment { .. } => "part of a message",
            Self::Sealed { .. } => "sealed",
        }
    }
}

/// Takes the first handshake message (RFC 8446 section 4) off the stream; `None` if it is not complete yet.
///
/// # Errors
/// [`Error::Malformed`] if the message is longer than [`MAX_HANDSHAKE`] or its fields do not fit its length.
pub fn next_handshake(stream: &mut &[u8], version: Option<Version>) -> Result<Option<Message>> {
    let Some((&[code, a, b, c], rest)) = stream.split_first_chunk::<4>() else { return Ok(None) };
    let len = u32::from_be_bytes([0, a, b, c]) as usize;
    if len > MAX_HANDSHAKE {
        return Err(Error::malformed("handshake message", format!("{len} bytes, but {MAX_HANDSHAKE} are read")));
    }
    if rest.len() < len {
        return Ok(None);
    }
    let (body, rest) = rest.split_at(len);
    *stream = rest;
    handshake(code, body, version).map(Some)
}

/// Parses the body of one handshake message. While no version is agreed on, only the hellos can be read.
///
/// # Errors
/// [`Error::Malformed`] if the fields do not fit the length.
pub fn handshake(code: u8, body: &[u8], version: Option<Version>) -> Result<Message> {
    let tls13 = version == Some(Version::Tls13);
    match code {
        1 => hello::client(body).map(Message::ClientHello),
        2 => hello::server(body).map(|hello| {
            if hello.is_retry_request { Message::HelloRetryRequest(hello) } else { Message::ServerHello(hello) }
        }),
        4 if tls13 => ticket13(body),
        4 => ticket12(body),
        5 if tls13 => empty("EndOfEarlyData", body, Message::EndOfEarlyData),
        8 if tls13 => {
            let mut reader = Reader::new("EncryptedExtensions", body);
            let extensions = extensions::list(&mut reader, extensions::Place::EncryptedExtensions)?;
            reader.end().map(|()| Message::EncryptedExtensions { extensions })
        }
        11 => certificate(body, tls13),
        12 if !tls13 => server_key_exchange(body),
        13 => Ok(Message::CertificateRequest { length: body.len() }),
        14 if !tls13 => empty("ServerHelloDone", body, Message::ServerHelloDone),
        15 => certificate_verify(body),
        16 if !tls13 => {
            let mut reader = Reader::new("ClientKeyExchange", body);
            let public_length = reader.vector8("public key")?.remaining();
            reader.end().map(|()| Message::ClientKeyExchange { public_length })
        }
        20 => Ok(Message::Finished { verify_length: body.len() }),
        22 if !tls13 => Ok(Message::CertificateStatus { length: body.len() }),
        24 if tls13 => match body {
            [request @ (0 | 1)] => Ok(Message::KeyUpdate { request: *request == 1 }),
            _ => Err(Error::malformed("KeyUpdate", "neither 0 nor 1")),
        },
        _ => Ok(Message::Other { code, length: body.len() }),
    }
}

/// Parses an alert (RFC 8446 section 6).
///
/// # Errors
/// [`Error::Malformed`] if it is not two bytes, the first 1 or 2.
pub fn alert(fragment: &[u8]) -> Result<Message> {
    match fragment {
        [level @ (1 | 2), code] => Ok(Message::Alert { fatal: *level == 2, description: names::alert(*code) }),
        _ => Err(Error::malformed("alert", "not a level and a description")),
    }
}

/// Parses a ChangeCipherSpec (RFC 5246 section 7.1).
///
/// # Errors
/// [`Error::Malformed`] if it is not the byte 1.
pub fn change_cipher_spec(fragment: &[u8]) -> Result<Message> {
    match fragment {
        [1] => Ok(Message::ChangeCipherSpec),
        _ => Err(Error::malformed("ChangeCipherSpec", "not the one byte 1")),
    }
}

/// Application data with what can be shown of it.
#[must_use]
pub fn application_data(data: &[u8]) -> Message {
    let dot = |&byte: &u8| if byte == b' ' || byte.is_ascii_graphic() { char::from(byte) } else { '.' };
    Message::ApplicationData { length: data.len(), preview: data.iter().take(40).map(dot).collect() }
}

fn empty(what: &'static str, body: &[u8], message: Message) -> Result<Message> {
    Reader::new(what, body).end().map(|()| message)
}

fn certificate(body: &[u8], tls13: bool) -> Result<Message> {
    let mut reader = Reader::new("Certificate", body);
    if tls13 {
        reader.vector8("certificate request context")?;
    }
    let chain = reader.vector24("certificate list")?.list(|list| {
        let der = list.vector24("certificate")?.take_rest();
        if tls13 {
            list.vector16("certificate's extensions")?;
        }
        let subject = x509_parser::parse_x509_certificate(der).ok().map(|(_, parsed)| parsed.subject().to_string());
        Ok(CertificateEntry { length: der.len(), subject })
    })?;
    reader.end().map(|()| Message::Certificate { chain })
}

fn certificate_verify(body: &[u8]) -> Result<Message> {
    let mut reader = Reader::new("CertificateVerify", body);
    let scheme = names::signature_scheme(reader.u16()?);
    let signature_length = reader.vector16("signature")?.remaining();
    reader.end().map(|()| Message::CertificateVerify { scheme, signature_length })
}

fn server_key_exchange(body: &[u8]) -> Result<Message> {
    let mut reader = Reader::new("ServerKeyExchange", body);
    // RFC 8422 section 5.4: 3 is "named curve"; the other types are gone, and finite-field groups look different.
    if reader.u8()? != 3 {
        return Ok(Message::Other { code: 12, length: body.len() });
    }
    let group = names::group(reader.u16()?);
    let public_length = reader.vector8("public key")?.remaining();
    let scheme = names::signature_scheme(reader.u16()?);
    let signature_length = reader.vector16("signature")?.remaining();
    reader.end().map(|()| Message::ServerKeyExchange { group, public_length, scheme, signature_length })
}

fn ticket12(body: &[u8]) -> Result<Message> {
    let mut reader = Reader::new("NewSessionTicket", body);
    let lifetime_seconds = reader.u32()?;
    let ticket_length = reader.vector16("ticket")?.remaining();
    reader.end().map(|()| Message::NewSessionTicket { lifetime_seconds, ticket_length, max_early_data: None })
}

fn ticket13(body: &[u8]) -> Result<Message> {
    let mut reader = Reader::new("NewSessionTicket", body);
    let lifetime_seconds = reader.u32()?;
    reader.u32()?;
    reader.vector8("ticket nonce")?;
    let ticket_length = reader.vector16("ticket")?.remaining();
    let extensions = extensions::list(&mut reader, extensions::Place::NewSessionTicket)?;
    let max_early_data = extensions.iter().find_map(|extension| match extension {
        Extension::EarlyData { max } => *max,
        _ => None,
    });
    reader.end().map(|()| Message::NewSessionTicket { lifetime_seconds, ticket_length, max_early_data })
}
