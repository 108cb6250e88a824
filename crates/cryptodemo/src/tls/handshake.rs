//! Handshakes in memory: client and server in one process, whole flights handed over, no sockets and no waiting.
//!
//! Good for counting round trips and for timing what the cryptography costs.

use std::io::{Read, Write};
use std::ops::DerefMut;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, ConnectionCommon, ServerConfig, ServerConnection, SideData};

use super::Negotiated;
use super::negotiated::{EarlyData, failure};
use super::settings::{ClientSettings, Group, Provider, SchemeSeen, ServerSettings, Version};
use crate::certificates::{Authority, Request};
use crate::keys::{KeyAlgorithm, PrivateKey};
use crate::{Error, Result};

/// Name that the certificates of these handshakes are for.
pub const NAME: &str = "server.example";
/// Flights of each side that any handshake of TLS 1.2 and 1.3 gets by with: two, and one more after a HelloRetryRequest.
const MOST_ROUND_TRIPS: u32 = 4;

/// A client and a server that can shake hands any number of times.
#[derive(Debug, Clone)]
pub struct Handshakes {
    client: Arc<ClientConfig>,
    seen: SchemeSeen,
    server: Arc<ServerConfig>,
}

/// A handshake that is over.
#[derive(Debug)]
pub struct Handshake {
    /// The client's side, ready for data.
    pub client: ClientConnection,
    /// The server's side, ready for data.
    pub server: ServerConnection,
    /// What they agreed on.
    pub negotiated: Negotiated,
    /// Times the client had to wait for the server before it could send data.
    pub round_trips: u32,
    /// Bytes that the client sent, until both were ready.
    pub client_bytes: usize,
    /// Bytes that the server sent, tickets included.
    pub server_bytes: usize,
    /// Early data as the server received it.
    pub early_data: Vec<u8>,
}

/// Full handshakes: no sessions are kept. A key pair and certificates are made here, not in [`Handshakes::once`].
///
/// # Errors
/// `Error::Usage` if provider, version and group do not go together, `Error::Key` if the key cannot sign.
pub fn full(version: Version, group: Group, provider: Provider, key: KeyAlgorithm) -> Result<Handshakes> {
    Handshakes::new(version, group, provider, key, Sessions::Forgotten)
}

/// Handshakes of which each but the first resumes the session before it.
///
/// # Errors
/// As [`full`].
pub fn resumed(version: Version, group: Group, provider: Provider, key: KeyAlgorithm) -> Result<Handshakes> {
    Handshakes::new(version, group, provider, key, Sessions::Kept)
}

/// As [`resumed`], where the client may send early data in each but the first. TLS 1.3 only.
///
/// # Errors
/// As [`full`].
pub fn early(group: Group, provider: Provider, key: KeyAlgorithm) -> Result<Handshakes> {
    Handshakes::new(Version::Tls13, group, provider, key, Sessions::KeptForEarlyData)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sessions {
    Forgotten,
    Kept,
    KeptForEarlyData,
}

impl Handshakes {
    fn new(version: Version, group: Group, provider: Provider, key: KeyAlgorithm, sessions: Sessions) -> Result<Self> {
        if version == Version::Tls12 && group == Group::X25519MlKem768 {
            return Err(Error::Usage("TLS 1.2 has no X25519MLKEM768; take --tls 1.3".to_owned()));
        }
        let lifetime = Duration::from_secs(86_400);
        let authority = Authority::new("cryptodemo handshakes", KeyAlgorithm::P256, lifetime);
        let key = PrivateKey::generate(key);
        let request = Request { names: vec![NAME.to_owned()], not_before: crate::time::wall(), lifetime };
        let certificate = authority.issue(&request, &key)?;
        let (client, seen) = ClientSettings {
            provider,
            version: Some(version),
            groups: vec![group],
            resumption: sessions != Sessions::Forgotten,
            early_data: sessions == Sessions::KeptForEarlyData,
            ..ClientSettings::trusting(vec![authority.certificate_der().to_vec()])
        }
        .rustls()?;
        let server = ServerSettings {
            provider,
            version: Some(version),
            groups: vec![group],
            resumption: sessions != Sessions::Forgotten,
            early_data: sessions == Sessions::KeptForEarlyData,
            ..ServerSettings::new(vec![certificate], &key)
        }
        .rustls()?;
        Ok(Self { client, seen, server })
    }

    /// One handshake.
    ///
    /// # Errors
    /// `Error::Rejected` or `Error::Malformed` if they do not come to an agreement.
    pub fn once(&self) -> Result<Handshake> {
        run(&self.client, &self.seen, &self.server, NAME, &[])
    }

    /// One handshake with early data, which is sent as far as the session allows.
    ///
    /// # Errors
    /// As [`Self::once`].
    pub fn once_with_early_data(&self, data: &[u8]) -> Result<Handshake> {
        run(&self.client, &self.seen, &self.server, NAME, data)
    }
}

/// One handshake between any two configurations, until both sides are ready and tickets are delivered.
///
/// # Errors
/// `Error::Rejected` or `Error::Malformed` if they do not come to an agreement, `Error::Usage` for a name that is none.
pub fn run(
    client: &Arc<ClientConfig>,
    seen: &SchemeSeen,
    server: &Arc<ServerConfig>,
    name: &str,
    early_data: &[u8],
) -> Result<Handshake> {
    let name = ServerName::try_from(name.to_owned())
        .map_err(|_| Error::Usage(format!("{name:?} is neither a DNS name nor an IP address")))?;
    let setup = |error| failure("the other side", &error);
    let mut client = ClientConnection::new(Arc::clone(client), name).map_err(setup)?;
    let mut server = ServerConnection::new(Arc::clone(server)).map_err(setup)?;
    let sent_early = match client.early_data() {
        Some(mut early) if !early_data.is_empty() => early.write(early_data).map_err(Error::io("early data"))?,
        _ => 0,
    };
    let mut done = Done::default();
    while client.is_handshaking() {
        if done.round_trips == MOST_ROUND_TRIPS {
            return Err(Error::malformed("handshake", "it does not end"));
        }
        done.hand_to_server(&mut client, &mut server)?;
        done.hand_to_client(&mut server, &mut client)?;
        done.round_trips += 1;
    }
    done.hand_to_server(&mut client, &mut server)?;
    done.hand_to_client(&mut server, &mut client)?;
    let outcome = match (sent_early, client.is_early_data_accepted()) {
        (0, _) => EarlyData::NotSent,
        (_, true) => EarlyData::Accepted,
        (_, false) => EarlyData::Rejected,
    };
    let negotiated = Negotiated::of(&client, seen, outcome);
    let round_trips = if outcome == EarlyData::Accepted { 0 } else { done.round_trips };
    let Done { client_bytes, server_bytes, early_data, .. } = done;
    Ok(Handshake { client, server, negotiated, round_trips, client_bytes, server_bytes, early_data })
}

#[derive(Debug, Default)]
struct Done {
    round_trips: u32,
    client_bytes: usize,
    server_bytes: usize,
    early_data: Vec<u8>,
}

impl Done {
    fn hand_to_server(&mut self, client: &mut ClientConnection, server: &mut ServerConnection) -> Result<()> {
        self.client_bytes += hand_over(client, server)?;
        if let Some(mut early) = server.early_data() {
            early.read_to_end(&mut self.early_data).map_err(Error::io("early data"))?;
        }
        Ok(())
    }

    fn hand_to_client(&mut self, server: &mut ServerConnection, client: &mut ClientConnection) -> Result<()> {
        self.server_bytes += hand_over(server, client)?;
        Ok(())
    }
}

/// Everything that one side has to send, to the other.
fn hand_over<From, To, S, T>(from: &mut From, to: &mut To) -> Result<usize>
where
    From: DerefMut<Target = ConnectionCommon<S>>,
    To: DerefMut<Target = ConnectionCommon<T>>,
    S: SideData,
    T: SideData,
{
    let mut flight = Vec::new();
    while from.wants_write() {
        from.write_tls(&mut flight).map_err(Error::io("memory"))?;
    }
    let mut rest = flight.as_slice();
    while !rest.is_empty() {
        to.read_tls(&mut rest).map_err(Error::io("memory"))?;
        to.process_new_packets().map_err(|error| failure("the other side", &error))?;
    }
    Ok(flight.len())
}

#[cfg(test)]
mod tests {
    use super::super::negotiated::Kind;
    use super::*;

    /// RFC 5246 section 7.3: two round trips, one when resumed; RFC 8446 section 2: one, and none before early data.
    #[test]
    fn round_trips_before_data() {
        let (group, key) = (Group::X25519, KeyAlgorithm::P256);
        for provider in [Provider::AwsLc, Provider::Ring] {
            for (version, first, second) in [(Version::Tls12, 2, 1), (Version::Tls13, 1, 1)] {
                let full = full(version, group, provider, key).unwrap();
                let resumed = resumed(version, group, provider, key).unwrap();
                for (handshakes, again, kind) in [(&full, first, Kind::Full), (&resumed, second, Kind::Resumed)] {
                    let one = handshakes.once().unwrap();
                    let two = handshakes.once().unwrap();
                    assert_eq!((one.round_trips, one.negotiated.kind), (first, Kind::Full), "{version} {provider}");
                    assert_eq!((two.round_trips, two.negotiated.kind), (again, kind), "{version} {provider}");
                    assert_eq!(one.negotiated.version, version.to_string());
                }
            }
            let early = early(group, provider, key).unwrap();
            let one = early.once_with_early_data(b"too early").unwrap();
            assert_eq!((one.round_trips, one.negotiated.early_data), (1, EarlyData::NotSent), "{provider}");
            let two = early.once_with_early_data(b"hello").unwrap();
            assert_eq!((two.round_trips, two.negotiated.early_data), (0, EarlyData::Accepted), "{provider}");
            assert_eq!(two.early_data, b"hello");
        }
    }

    /// RFC 8446 section 9.2: each group and kind of key that is offered is what is agreed on.
    #[test]
    fn what_is_asked_for_is_negotiated() {
        use Version::{Tls12, Tls13};
        let (p256, ed25519, rsa) = (KeyAlgorithm::P256, KeyAlgorithm::Ed25519, KeyAlgorithm::Rsa2048);
        for (version, group, key, group_name, scheme) in [
            (Tls13, Group::X25519MlKem768, p256, "X25519MLKEM768", "ecdsa_nistp256_sha256"),
            (Tls13, Group::X25519, ed25519, "x25519", "ed25519"),
            (Tls13, Group::P256, rsa, "secp256r1", "rsa_pss_sha512"),
            (Tls12, Group::P256, ed25519, "secp256r1", "ed25519"),
            (Tls12, Group::X25519, rsa, "x25519", "rsa_pss_sha512"),
        ] {
            let negotiated = full(version, group, Provider::AwsLc, key).unwrap().once().unwrap().negotiated;
            assert_eq!(negotiated.group.as_deref(), Some(group_name));
            assert_eq!(negotiated.signature_scheme.as_deref(), Some(scheme), "{group_name}");
        }
        assert_eq!(full(Tls12, Group::X25519MlKem768, Provider::AwsLc, p256).unwrap_err().exit_code(), 2);
        assert_eq!(full(Tls13, Group::X25519MlKem768, Provider::Ring, p256).unwrap_err().exit_code(), 2);
    }
}
