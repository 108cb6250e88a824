//! Extensions of the hellos (RFC 8446 section 4.2): those that decide about the session, the others by name.

use serde::Serialize;

use crate::Result;
use crate::error::Error;
use crate::tls::names::{self, Named};
use crate::tls::reader::Reader;

/// Which message an extension stands in: several look different in each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    ClientHello,
    ServerHello,
    HelloRetryRequest,
    EncryptedExtensions,
    NewSessionTicket,
}

/// A public key for the exchange (RFC 8446 section 4.2.8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct KeyShare {
    /// Its group.
    pub group: Named,
    /// Its length in bytes.
    pub length: usize,
}

/// One extension.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "extension", rename_all = "kebab-case")]
pub enum Extension {
    /// The name the client wants (RFC 6066 section 3); `None` where the server only agrees.
    ServerName {
        /// The name.
        name: Option<String>,
    },
    /// Groups for the key exchange, the favourite first (RFC 8446 section 4.2.7).
    SupportedGroups {
        /// The groups.
        groups: Vec<Named>,
    },
    /// Signatures that are understood (RFC 8446 section 4.2.3).
    SignatureAlgorithms {
        /// The schemes.
        schemes: Vec<Named>,
    },
    /// Protocols above TLS (RFC 7301).
    Alpn {
        /// Their names.
        protocols: Vec<String>,
    },
    /// Versions offered, or the one chosen (RFC 8446 section 4.2.1).
    SupportedVersions {
        /// The versions.
        versions: Vec<Named>,
    },
    /// Public keys for the exchange (RFC 8446 section 4.2.8).
    KeyShares {
        /// The keys.
        shares: Vec<KeyShare>,
    },
    /// The group that the client is to send a key for (RFC 8446 section 4.2.8, in HelloRetryRequest).
    RetryGroup {
        /// The group.
        group: Named,
    },
    /// Sessions that the client can resume (RFC 8446 section 4.2.11).
    PreSharedKeys {
        /// Length of each identity (ticket) in bytes.
        identity_lengths: Vec<usize>,
        /// Length of each binder in bytes; it proves that the client knows the key.
        binder_lengths: Vec<usize>,
    },
    /// The session that the server resumes.
    PreSharedKeySelected {
        /// Its place in the client's list.
        index: u16,
    },
    /// Whether a resumed session still makes a fresh exchange (RFC 8446 section 4.2.9).
    PskModes {
        /// With (EC)DHE: forward secrecy for the resumed session too.
        with_key_exchange: bool,
        /// Without.
        key_only: bool,
    },
    /// 0-RTT data follows, is accepted, or would be (RFC 8446 section 4.2.10).
    EarlyData {
        /// In a ticket: how many bytes are allowed.
        max: Option<u32>,
    },
    /// A ticket of TLS 1.2, or the wish for one (RFC 5077 section 3.2).
    SessionTicket {
        /// Length of the ticket in bytes.
        length: usize,
    },
    /// Any other.
    Other {
        /// Its name.
        name: Named,
        /// Length of its data in bytes.
        length: usize,
    },
}

/// Reads a list of extensions. Each may occur once (RFC 8446 section 4.2).
pub(super) fn list(reader: &mut Reader<'_>, place: Place) -> Result<Vec<Extension>> {
    // 65535 bytes hold 16383 empty extensions: a table of what was seen keeps the check for doubles linear.
    let mut seen = std::collections::HashSet::new();
    reader.vector16("extensions")?.list(|list| {
        let code = list.u16()?;
        if !seen.insert(code) {
            return Err(Error::malformed("extensions", format!("{} occurs twice", names::extension(code))));
        }
        let mut data = list.vector16("extension")?;
        let extension = one(code, &mut data, place)?;
        data.end().map(|()| extension)
    })
}

fn one(code: u16, data: &mut Reader<'_>, place: Place) -> Result<Extension> {
    use Place::{ClientHello, EncryptedExtensions, HelloRetryRequest, NewSessionTicket, ServerHello};
    Ok(match (code, place) {
        (0, ClientHello) => server_name(data)?,
        (0, ServerHello | EncryptedExtensions) if data.remaining() == 0 => Extension::ServerName { name: None },
        (10, ClientHello | EncryptedExtensions) => {
            Extension::SupportedGroups { groups: data.vector16("groups")?.list(|r| r.u16().map(names::group))? }
        }
        (13, ClientHello) => Extension::SignatureAlgorithms {
            schemes: data.vector16("signature schemes")?.list(|r| r.u16().map(names::signature_scheme))?,
        },
        (16, ClientHello | ServerHello | EncryptedExtensions) => {
            let text = |r: &mut Reader<'_>| Ok(printable(r.vector8("protocol name")?.take_rest()));
            Extension::Alpn { protocols: data.vector16("protocol names")?.list(text)? }
        }
        (35, ClientHello | ServerHello) => Extension::SessionTicket { length: data.take_rest().len() },
        (41, ClientHello) => pre_shared_keys(data)?,
        (41, ServerHello) => Extension::PreSharedKeySelected { index: data.u16()? },
        (42, NewSessionTicket) => Extension::EarlyData { max: Some(data.u32()?) },
        (42, ClientHello | EncryptedExtensions) => Extension::EarlyData { max: None },
        (43, ClientHello) => {
            Extension::SupportedVersions { versions: data.vector8("versions")?.list(|r| r.u16().map(names::version))? }
        }
        (43, ServerHello | HelloRetryRequest) => {
            Extension::SupportedVersions { versions: vec![names::version(data.u16()?)] }
        }
        (45, ClientHello) => {
            let modes = data.vector8("key exchange modes")?.take_rest();
            Extension::PskModes { with_key_exchange: modes.contains(&1), key_only: modes.contains(&0) }
        }
        (51, ClientHello) => Extension::KeyShares { shares: data.vector16("key shares")?.list(key_share)? },
        (51, ServerHello) => Extension::KeyShares { shares: vec![key_share(data)?] },
        (51, HelloRetryRequest) => Extension::RetryGroup { group: names::group(data.u16()?) },
        _ => Extension::Other { name: names::extension(code), length: data.take_rest().len() },
    })
}

fn key_share(reader: &mut Reader<'_>) -> Result<KeyShare> {
    Ok(KeyShare { group: names::group(reader.u16()?), length: reader.vector16("key share")?.remaining() })
}

fn server_name(data: &mut Reader<'_>) -> Result<Extension> {
    let names = data.vector16("server names")?.list(|list| {
        let kind = list.u8()?;
        Ok((kind, list.vector16("server name")?.take_rest()))
    })?;
    let host = names.iter().find(|(kind, _)| *kind == 0);
    Ok(Extension::ServerName { name: host.map(|(_, name)| printable(name)) })
}

fn pre_shared_keys(data: &mut Reader<'_>) -> Result<Extension> {
    let identity_lengths = data.vector16("identities")?.list(|list| {
        let length = list.vector16("identity")?.remaining();
        list.u32().map(|_age| length)
    })?;
    let binder_lengths = data.vector16("binders")?.list(|list| Ok(list.vector8("binder")?.remaining()))?;
    Ok(Extension::PreSharedKeys { identity_lengths, binder_lengths })
}

/// Text from the network, safe for a terminal.
fn printable(bytes: &[u8]) -> String {
    bytes.iter().map(|&byte| if byte.is_ascii_graphic() { char::from(byte) } else { '.' }).collect()
}
