//! QUIC (RFC 9000, RFC 9001) beside TCP and TLS: how long until the request can leave, and until the answer is there.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use quinn::crypto::rustls::{QuicClientConfig, QuicServerConfig};
use quinn::{Connection, Endpoint};
use rustls_pki_types::ServerName;
use serde::Serialize;

use crate::error::Error;
use crate::keys::KeyAlgorithm;
use crate::net::delay_udp::DelayUdp;
use crate::tls::live::{self, Identity};
use crate::tls::messages::Version;
use crate::tls::tap::PATIENCE;
use crate::{Result, time};

const NAME: &str = "localhost";
const PROTOCOL: &[u8] = b"cryptodemo";
/// Longest request and answer in bytes.
const MAX_MESSAGE: usize = 1 << 16;

/// One way to send a request, measured.
#[derive(Debug, Clone, Serialize)]
pub struct Measured {
    /// Protocol and kind of handshake.
    pub way: &'static str,
    /// Milliseconds from the client's first packet until the first byte of the request could leave.
    pub request_ms: f64,
    /// Milliseconds until the first bytes of the answer were there.
    pub answer_ms: f64,
    /// The same in round trips of the delay, rounded; `None` without a delay.
    pub request_round_trips: Option<u32>,
    /// The answer's time in round trips.
    pub answer_round_trips: Option<u32>,
    /// Whether an attacker can send the recorded request again.
    pub replayable: bool,
}

impl Measured {
    fn new(way: &'static str, (request, answer): (Duration, Duration), delay: Duration, replayable: bool) -> Self {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small number, never negative")]
        let trips = |time: Duration| {
            (!delay.is_zero()).then(|| (time.as_secs_f64() / (2.0 * delay.as_secs_f64())).round() as u32)
        };
        Self {
            way,
            request_ms: request.as_secs_f64() * 1e3,
            answer_ms: answer.as_secs_f64() * 1e3,
            request_round_trips: trips(request),
            answer_round_trips: trips(answer),
            replayable,
        }
    }
}

/// Measures all six ways, with a delay each way.
///
/// # Errors
/// [`Error::Rejected`] if a handshake fails, or a session that was to be resumed was not; [`Error::Io`] if the network
/// fails.
pub fn compare(message: &str, delay: Duration) -> Result<Vec<Measured>> {
    let identity = Identity::new(&[NAME], KeyAlgorithm::P256)?;
    let mut all = by_tcp(&identity, message, delay)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    all.extend(runtime.map_err(Error::io("tasks"))?.block_on(by_quic(&identity, message, delay))?);
    Ok(all)
}

fn by_tcp(identity: &Identity, message: &str, delay: Duration) -> Result<Vec<Measured>> {
    let name = ServerName::try_from(NAME).expect("a good name");
    let message = format!("{}\n", message.trim_end_matches('\n'));
    let mut all = Vec::new();
    for (version, early, ways) in [
        (Version::Tls12, false, &["TCP + TLS 1.2"][..]),
        (Version::Tls13, false, &["TCP + TLS 1.3", "TCP + TLS 1.3 resumed"]),
        (Version::Tls13, true, &["", "TCP + TLS 1.3 0-RTT"]),
    ] {
        let server = Arc::new(identity.server(version)?);
        let mut client = live::client(std::slice::from_ref(&identity.authority_der), Some(version), None)?;
        client.enable_early_data = early;
        let client = Arc::new(client);
        for (index, way) in ways.iter().enumerate() {
            // The session that only fetches a ticket need not be slow.
            let delay_now = if way.is_empty() { Duration::ZERO } else { delay };
            let (_, outcome) = live::recorded_with_delay(&server, &client, &name, message.as_bytes(), delay_now)?;
            let resumed = outcome.kind == Some(rustls::HandshakeKind::Resumed);
            if resumed != (index > 0) || outcome.early_data_accepted != (early && index > 0) {
                return Err(Error::Rejected(format!("{way}: the handshake was not of the kind to be measured")));
            }
            if !way.is_empty() {
                all.push(Measured::new(way, (outcome.request_after, outcome.answer_after), delay, early));
            }
        }
    }
    Ok(all)
}

async fn by_quic(identity: &Identity, message: &str, delay: Duration) -> Result<Vec<Measured>> {
    let server =
        Endpoint::server(server_config(identity)?, (Ipv4Addr::LOCALHOST, 0).into()).map_err(Error::io("UDP"))?;
    let relay = DelayUdp::start(server.local_addr().map_err(Error::io("UDP"))?, delay).await?;
    let accepting = server.clone();
    let serving = tokio::spawn(async move {
        while let Some(incoming) = accepting.accept().await {
            tokio::spawn(serve(incoming));
        }
    });
    let mut client = Endpoint::client((Ipv4Addr::LOCALHOST, 0).into()).map_err(Error::io("UDP"))?;
    client.set_default_client_config(client_config(identity)?);
    let mut all = Vec::new();
    for (way, early) in [("QUIC 1-RTT", false), ("QUIC 0-RTT", true)] {
        let times = tokio::time::timeout(PATIENCE, session(&client, relay.address(), message, early)).await;
        let late = |_| Error::io("QUIC")(std::io::ErrorKind::TimedOut.into());
        all.push(Measured::new(way, times.map_err(late)??, delay, early));
    }
    server.close(0_u8.into(), b"");
    serving.abort();
    Ok(all)
}

async fn session(
    client: &Endpoint,
    server: std::net::SocketAddr,
    message: &str,
    early: bool,
) -> Result<(Duration, Duration)> {
    let start = time::now();
    let connecting = client.connect(server, NAME).map_err(failed)?;
    let (connection, accepted) = if early {
        let no_ticket = |_| Error::Rejected("QUIC: there is no ticket for 0-RTT".to_owned());
        let (connection, accepted) = connecting.into_0rtt().map_err(no_ticket)?;
        (connection, Some(accepted))
    } else {
        (connecting.await.map_err(failed)?, None)
    };
    let request_after = start.elapsed();
    let (mut send, mut receive) = connection.open_bi().await.map_err(failed)?;
    send.write_all(message.as_bytes()).await.map_err(failed)?;
    send.finish().map_err(failed)?;
    let answer = receive.read_to_end(MAX_MESSAGE).await.map_err(failed)?;
    let answer_after = start.elapsed();
    if answer != answer_for(message.len()).as_bytes() {
        return Err(Error::Rejected("QUIC: the answer is not the server's".to_owned()));
    }
    if let Some(accepted) = accepted
        && !accepted.await
    {
        return Err(Error::Rejected("QUIC: the server did not take the 0-RTT data".to_owned()));
    }
    connection.close(0_u8.into(), b"done");
    Ok((request_after, answer_after))
}

async fn serve(incoming: quinn::Incoming) -> std::result::Result<(), quinn::ConnectionError> {
    let connecting = incoming.accept()?;
    // Here it means: take 0-RTT data, and answer before the client's Finished (RFC 9001 section 4.1.1).
    let connection: Connection = match connecting.into_0rtt() {
        Ok((connection, _)) => connection,
        Err(connecting) => connecting.await?,
    };
    let (mut send, mut receive) = connection.accept_bi().await?;
    if let Ok(request) = receive.read_to_end(MAX_MESSAGE).await {
        // A client that has left needs no answer.
        let _ = send.write_all(answer_for(request.len()).as_bytes()).await;
        let _ = send.finish();
    }
    connection.closed().await;
    Ok(())
}

fn answer_for(len: usize) -> String {
    format!("B got {len} bytes")
}

fn server_config(identity: &Identity) -> Result<quinn::ServerConfig> {
    let mut config = identity.server(Version::Tls13)?;
    config.alpn_protocols = vec![PROTOCOL.to_vec()];
    // RFC 9001 section 4.6.1: nothing else means that 0-RTT is allowed; QUIC's own limits bound it.
    config.max_early_data_size = u32::MAX;
    let crypto = QuicServerConfig::try_from(config).expect("the provider has AES-128-GCM, which QUIC needs");
    Ok(quinn::ServerConfig::with_crypto(Arc::new(crypto)))
}

fn client_config(identity: &Identity) -> Result<quinn::ClientConfig> {
    let mut config = live::client(std::slice::from_ref(&identity.authority_der), Some(Version::Tls13), None)?;
    config.alpn_protocols = vec![PROTOCOL.to_vec()];
    config.enable_early_data = true;
    let crypto = QuicClientConfig::try_from(config).expect("the provider has AES-128-GCM, which QUIC needs");
    Ok(quinn::ClientConfig::new(Arc::new(crypto)))
}

fn failed(error: impl std::fmt::Display) -> Error {
    Error::Rejected(format!("QUIC: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 9001 section 4.6 and RFC 8446 section 2.3: 0-RTT is accepted, or compare() fails; no times are judged.
    #[test]
    fn all_six_ways_work_and_only_0rtt_can_be_replayed() {
        let all = compare("hello", Duration::ZERO).unwrap();
        let ways: Vec<_> = all.iter().map(|measured| (measured.way, measured.replayable)).collect();
        assert_eq!(
            ways,
            [
                ("TCP + TLS 1.2", false),
                ("TCP + TLS 1.3", false),
                ("TCP + TLS 1.3 resumed", false),
                ("TCP + TLS 1.3 0-RTT", true),
                ("QUIC 1-RTT", false),
                ("QUIC 0-RTT", true),
            ]
        );
        assert!(all.iter().all(|measured| measured.answer_round_trips.is_none()), "there was no delay");
    }

    #[test]
    fn round_trips_are_times_by_two_delays() {
        let ms = Duration::from_millis;
        for (request, answer, delay, expected) in [
            (ms(301), ms(405), ms(50), (Some(3), Some(4))),
            (ms(49), ms(51), ms(50), (Some(0), Some(1))),
            (ms(5), ms(6), ms(0), (None, None)),
        ] {
            let measured = Measured::new("a way", (request, answer), delay, false);
            assert_eq!((measured.request_round_trips, measured.answer_round_trips), expected);
        }
    }
}
