//! A recorded session explained: each record with its direction, time, length, content and meaning, and who can read it.
//!
//! The explanation is typed and serialisable. [`explain`] is pure: it works on any recording, also on one that is cut
//! short or is no TLS at all.

mod meaning;
pub mod text;
mod walk;

#[cfg(test)]
mod tests;

use serde::Serialize;

use super::messages::{Message, Version};
use super::names::Named;
use super::record::ContentType;
use super::secrets::SessionSecrets;
use super::tap::{Chunk, Direction};
use crate::Result;

/// Who can read a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Readable {
    /// Not encrypted: everyone on the way.
    Everyone,
    /// Encrypted; opened here because one end of the session is ours.
    KeyHolders,
    /// Encrypted, and there is no key for it here.
    NotHere,
}

/// Which keys protect a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Keys {
    /// From the ticket of an earlier session, for 0-RTT data.
    Early,
    /// For the rest of the handshake of TLS 1.3.
    Handshake,
    /// For the data; in TLS 1.2 for Finished too.
    Application,
}

/// One record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExplainedRecord {
    /// Which way it went.
    pub direction: Direction,
    /// When its last byte passed, in microseconds after the start of the connection.
    pub at_us: u64,
    /// Length in bytes on the wire, the header included.
    pub length: usize,
    /// What the header says is inside.
    pub outer_type: ContentType,
    /// The version in the header.
    pub legacy_version: Named,
    /// Who can read it.
    pub readable: Readable,
    /// The keys, if it is encrypted and was opened.
    pub keys: Option<Keys>,
    /// What is inside; the same as `outer_type` if not encrypted, `None` if it was not opened.
    pub inner_type: Option<ContentType>,
    /// Zeros inside that hide the length, in bytes.
    pub padding: usize,
    /// The messages that end in this record.
    pub messages: Vec<ExplainedMessage>,
}

/// One message with what it is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExplainedMessage {
    /// Its fields.
    #[serde(flatten)]
    pub message: Message,
    /// Its name.
    pub name: &'static str,
    /// What it means, in a sentence.
    pub meaning: String,
}

/// A whole session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The version agreed on; `None` if there was no ServerHello.
    pub version: Option<Version>,
    /// The suite agreed on.
    pub cipher_suite: Option<Named>,
    /// The group of the key exchange, if there was one.
    pub group: Option<Named>,
    /// Whether an earlier session was resumed, as the hellos tell.
    pub resumed: bool,
    /// Whether 0-RTT data was sent.
    pub early_data: bool,
    /// How often the client waited for the server before its first application data left; TCP's own round trip is not
    /// counted. `None` if it sent none.
    pub round_trips_before_request: Option<usize>,
    /// Bytes from client to server, without TCP and IP.
    pub bytes_to_server: usize,
    /// Bytes from server to client.
    pub bytes_to_client: usize,
    /// The records in their order.
    pub records: Vec<ExplainedRecord>,
    /// Bytes at the end that are no complete record.
    pub incomplete_bytes: usize,
}

/// Explains a recording. Without secrets, encrypted records stay sealed.
///
/// # Errors
/// [`crate::Error::Malformed`] if a record or a message cannot be what TLS has.
pub fn explain(recording: &[Chunk], secrets: Option<&SessionSecrets>) -> Result<Explanation> {
    walk::walk(recording, secrets)
}
