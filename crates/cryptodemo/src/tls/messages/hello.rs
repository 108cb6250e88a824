//! ClientHello and ServerHello (RFC 8446 sections 4.1.2 and 4.1.3; RFC 5246 section 7.4.1 has them the same).

use serde::Serialize;

use super::extensions::{self, Extension, Place};
use super::{KeyShare, Version};
use crate::Result;
use crate::error::Error;
use crate::tls::names::{self, Named};
use crate::tls::reader::Reader;

/// SHA-256 of "HelloRetryRequest": the random that makes a ServerHello one (RFC 8446 section 4.1.3).
const RETRY_RANDOM: [u8; 32] = [
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11,
    0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
];

/// What the client offers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClientHello {
    /// 0x0303 for middleboxes, whatever is offered (RFC 8446 section 4.1.2).
    pub legacy_version: Named,
    /// The client's 32 random bytes, which name the session in a key log.
    #[serde(serialize_with = "as_hex")]
    pub random: [u8; 32],
    /// Length of the session identifier in bytes; TLS 1.3 sends 32 random bytes for middleboxes.
    pub session_id_length: usize,
    /// Suites, the favourite first.
    pub cipher_suites: Vec<Named>,
    /// Extensions in their order.
    pub extensions: Vec<Extension>,
}

/// What the server chooses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ServerHello {
    /// 0x0303 for TLS 1.2 and, for middleboxes, TLS 1.3.
    pub legacy_version: Named,
    /// The server's 32 random bytes.
    #[serde(serialize_with = "as_hex")]
    pub random: [u8; 32],
    /// Length of the session identifier in bytes.
    pub session_id_length: usize,
    /// The suite.
    pub cipher_suite: Named,
    /// Extensions in their order.
    pub extensions: Vec<Extension>,
    /// Whether it asks for another ClientHello.
    pub is_retry_request: bool,
}

impl ClientHello {
    /// The keys that the client sent for the exchange.
    #[must_use]
    pub fn key_shares(&self) -> &[KeyShare] {
        key_shares(&self.extensions)
    }

    /// The name of the server, if the client says it.
    #[must_use]
    pub fn server_name(&self) -> Option<&str> {
        self.extensions.iter().find_map(|extension| match extension {
            Extension::ServerName { name } => name.as_deref(),
            _ => None,
        })
    }
}

impl ServerHello {
    /// The key that the server sent for the exchange (TLS 1.3).
    #[must_use]
    pub fn key_shares(&self) -> &[KeyShare] {
        key_shares(&self.extensions)
    }

    /// The version that the server chose (RFC 8446 section 4.2.1); `None` for those before TLS 1.2.
    #[must_use]
    pub fn version(&self) -> Option<Version> {
        let chosen = self.extensions.iter().find_map(|extension| match extension {
            Extension::SupportedVersions { versions } => versions.first().map(|version| version.code),
            _ => None,
        });
        match chosen.unwrap_or(self.legacy_version.code) {
            0x0303 => Some(Version::Tls12),
            0x0304 => Some(Version::Tls13),
            _ => None,
        }
    }
}

pub(super) fn client(body: &[u8]) -> Result<ClientHello> {
    let mut reader = Reader::new("ClientHello", body);
    let legacy_version = names::version(reader.u16()?);
    let random = reader.array()?;
    let session_id_length = session_id(&mut reader)?;
    let cipher_suites = reader.vector16("cipher suites")?.list(|r| r.u16().map(names::cipher_suite))?;
    reader.vector8("compression methods")?;
    // RFC 5246 section 7.4.1.2: there may be no extensions at all.
    let extensions =
        if reader.remaining() == 0 { Vec::new() } else { extensions::list(&mut reader, Place::ClientHello)? };
    reader.end()?;
    Ok(ClientHello { legacy_version, random, session_id_length, cipher_suites, extensions })
}

pub(super) fn server(body: &[u8]) -> Result<ServerHello> {
    let mut reader = Reader::new("ServerHello", body);
    let legacy_version = names::version(reader.u16()?);
    let random = reader.array()?;
    let session_id_length = session_id(&mut reader)?;
    let cipher_suite = names::cipher_suite(reader.u16()?);
    if reader.u8()? != 0 {
        return Err(Error::malformed("ServerHello", "compression, which nothing may use"));
    }
    let is_retry_request = random == RETRY_RANDOM;
    let place = if is_retry_request { Place::HelloRetryRequest } else { Place::ServerHello };
    let extensions = if reader.remaining() == 0 { Vec::new() } else { extensions::list(&mut reader, place)? };
    reader.end()?;
    Ok(ServerHello { legacy_version, random, session_id_length, cipher_suite, extensions, is_retry_request })
}

fn session_id(reader: &mut Reader<'_>) -> Result<usize> {
    match reader.vector8("session identifier")?.remaining() {
        length @ 0..=32 => Ok(length),
        length => Err(Error::malformed("session identifier", format!("{length} bytes, but 32 are allowed"))),
    }
}

fn key_shares(extensions: &[Extension]) -> &[KeyShare] {
    extensions
        .iter()
        .find_map(|extension| match extension {
            Extension::KeyShares { shares } => Some(shares.as_slice()),
            _ => None,
        })
        .unwrap_or_default()
}

fn as_hex<S: serde::Serializer>(bytes: &[u8; 32], serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serializer.serialize_str(&crate::report::hex(bytes))
}
