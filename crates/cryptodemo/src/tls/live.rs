//! Live sessions over TCP: a client, a server of our own, and both with the tap between.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use serde::Serialize;

use super::messages::Version;
use super::negotiated::{failure, failure_of_io};
use super::tap::{Chunk, Tap, prepare};
use crate::certificates::{Authority, Request};
use crate::error::Error;
use crate::keys::{KeyAlgorithm, PrivateKey};
use crate::{Result, time};

/// Longest answer that a client reads, in bytes.
const MAX_ANSWER: u64 = 1 << 16;
/// How many bytes of 0-RTT data our servers take (RFC 8446 section 4.2.10).
const MAX_EARLY_DATA: u32 = 1 << 14;

/// A server's key and certificate, and the authority that vouches for it.
#[derive(Debug)]
pub struct Identity {
    /// The authority's certificate, DER: what clients trust.
    pub authority_der: Vec<u8>,
    /// The server's certificate, DER.
    pub certificate_der: Vec<u8>,
    /// The server's key.
    pub key: PrivateKey,
}

impl Identity {
    /// A fresh authority (P-256), and a server with a fresh key and a certificate for the names, valid for a day.
    ///
    /// # Errors
    /// As [`Authority::issue`].
    pub fn new(names: &[&str], algorithm: KeyAlgorithm) -> Result<Self> {
        let day = Duration::from_hours(24);
        let authority = Authority::new("cryptodemo CA", KeyAlgorithm::P256, day);
        let key = PrivateKey::generate(algorithm);
        let names = names.iter().map(|&name| name.to_owned()).collect();
        // Clocks differ by minutes between machines.
        let not_before = time::wall() - Duration::from_mins(5);
        let certificate_der = authority.issue(&Request { names, not_before, lifetime: day }, &key)?;
        Ok(Self { authority_der: authority.certificate_der().to_vec(), certificate_der, key })
    }

    /// The certificate and key as rustls takes them. The key is borrowed: what rustls owns it does not overwrite.
    fn for_rustls(&self) -> std::result::Result<CertifiedKey, rustls::Error> {
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.key.pkcs8_der().expose()));
        let key = aws_lc_rs::sign::any_supported_type(&key)?;
        let certified = CertifiedKey::new(vec![CertificateDer::from(self.certificate_der.clone())], key);
        certified.keys_match().map(|()| certified)
    }

    /// Settings of a server of that version.
    ///
    /// # Errors
    /// [`Error::Key`] if rustls refuses the key.
    pub fn server(&self, version: Version) -> Result<ServerConfig> {
        let key = self.for_rustls().map_err(|error| Error::Key(format!("the server's key or certificate: {error}")))?;
        let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_protocol_versions(&[rustls_version(version)])
            .expect("the provider has suites for both versions")
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(SingleCertAndKey::from(key)));
        if version == Version::Tls13 {
            config.max_early_data_size = MAX_EARLY_DATA;
            // The answer to 0-RTT data need not wait for the client's Finished (RFC 8446 section 2.3).
            config.send_half_rtt_data = true;
        }
        Ok(config)
    }
}

/// Groups for the key exchange that a client can be told to use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, clap::ValueEnum)]
pub enum Group {
    /// X25519 (RFC 7748).
    #[value(name = "x25519")]
    X25519,
    /// The curve P-256.
    #[value(name = "secp256r1", alias = "p256")]
    Secp256r1,
    /// The curve P-384.
    #[value(name = "secp384r1", alias = "p384")]
    Secp384r1,
    /// X25519 and ML-KEM-768 together, safe against quantum computers too. TLS 1.3 only.
    #[value(name = "x25519mlkem768")]
    X25519MlKem768,
}

/// Settings of a client that trusts the authorities, of that version, with one group or the provider's choice. The
/// certificate is always checked.
///
/// # Errors
/// [`Error::Malformed`] for an authority that is no certificate, [`Error::Usage`] for a group that the version lacks.
pub fn client(authorities: &[Vec<u8>], version: Option<Version>, group: Option<Group>) -> Result<ClientConfig> {
    let mut provider: CryptoProvider = aws_lc_rs::default_provider();
    if let Some(group) = group {
        if group == Group::X25519MlKem768 && version == Some(Version::Tls12) {
            return Err(Error::Usage("x25519mlkem768 is for TLS 1.3 only; take --tls 1.3".to_owned()));
        }
        provider.kx_groups = vec![match group {
            Group::X25519 => aws_lc_rs::kx_group::X25519,
            Group::Secp256r1 => aws_lc_rs::kx_group::SECP256R1,
            Group::Secp384r1 => aws_lc_rs::kx_group::SECP384R1,
            Group::X25519MlKem768 => aws_lc_rs::kx_group::X25519MLKEM768,
        }];
    }
    let versions = match version {
        Some(version) => vec![rustls_version(version)],
        None => rustls::ALL_VERSIONS.to_vec(),
    };
    let config = ClientConfig::builder_with_provider(Arc::new(provider))
        .with_protocol_versions(&versions)
        .expect("the provider has suites for both versions")
        .with_root_certificates(roots(authorities)?)
        .with_no_client_auth();
    Ok(config)
}

/// The authorities as rustls takes them.
pub(crate) fn roots(authorities: &[Vec<u8>]) -> Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    for der in authorities {
        roots
            .add(CertificateDer::from(der.clone()))
            .map_err(|error| Error::malformed("certificate of the authority", error.to_string()))?;
    }
    Ok(roots)
}

const fn rustls_version(version: Version) -> &'static rustls::SupportedProtocolVersion {
    match version {
        Version::Tls12 => &rustls::version::TLS12,
        Version::Tls13 => &rustls::version::TLS13,
    }
}

/// What the client saw.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The server's answer.
    pub answer: Vec<u8>,
    /// How rustls calls the handshake: full, full with a retry, or resumed.
    pub kind: Option<rustls::HandshakeKind>,
    /// Whether 0-RTT data was sent and accepted.
    pub early_data_accepted: bool,
    /// When the first byte of the request could leave, counted from the client's first packet.
    pub request_after: Duration,
    /// When the first byte of the answer was there.
    pub answer_after: Duration,
}

/// Handshake, request, answer, close. `start` is when the client began to connect.
///
/// # Errors
/// [`Error::Rejected`] if the handshake fails, [`Error::Io`] if the network does.
pub fn request(
    stream: &mut TcpStream,
    start: Instant,
    config: &Arc<ClientConfig>,
    name: &ServerName<'static>,
    message: &[u8],
) -> Result<Outcome> {
    prepare(stream).map_err(Error::io("TCP"))?;
    let mut connection = ClientConnection::new(Arc::clone(config), name.clone()).map_err(tls_error)?;
    let mut request_after = None;
    if let Some(mut early) = connection.early_data()
        && early.bytes_left() >= message.len()
    {
        early.write_all(message).map_err(io_error)?;
        request_after = Some(start.elapsed());
    }
    while connection.is_handshaking() {
        connection.complete_io(stream).map_err(io_error)?;
    }
    let early_data_accepted = request_after.is_some() && connection.is_early_data_accepted();
    if !early_data_accepted {
        request_after = Some(start.elapsed());
        connection.writer().write_all(message).map_err(io_error)?;
    }
    while connection.wants_write() {
        connection.write_tls(stream).map_err(io_error)?;
    }
    let kind = connection.handshake_kind();
    let mut tls = rustls::Stream::new(&mut connection, stream);
    let (answer, answer_after) = read_answer(&mut tls, start)?;
    connection.send_close_notify();
    while connection.wants_write() && connection.write_tls(stream).is_ok() {}
    // The server may have closed first.
    let _ = stream.shutdown(Shutdown::Write);
    Ok(Outcome {
        answer,
        kind,
        early_data_accepted,
        request_after: request_after.expect("set on both ways"),
        answer_after,
    })
}

fn read_answer(tls: &mut impl Read, start: Instant) -> Result<(Vec<u8>, Duration)> {
    let mut answer = vec![0];
    if let Err(error) = tls.read_exact(&mut answer) {
        return Err(io_error(error));
    }
    let answer_after = start.elapsed();
    match tls.take(MAX_ANSWER).read_to_end(&mut answer) {
        Ok(_) => Ok((answer, answer_after)),
        // Servers that keep the connection open, or close it without close_notify, have answered nonetheless.
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::WouldBlock
                    | io::ErrorKind::TimedOut
                    | io::ErrorKind::UnexpectedEof
                    | io::ErrorKind::ConnectionReset
            ) =>
        {
            Ok((answer, answer_after))
        }
        Err(error) => Err(io_error(error)),
    }
}

/// One session of our own server: reads a request that ends with a newline, answers with its length, closes.
///
/// # Errors
/// As [`request`].
pub fn answer(mut stream: TcpStream, config: &Arc<ServerConfig>) -> Result<()> {
    prepare(&stream).map_err(Error::io("TCP"))?;
    let mut connection = ServerConnection::new(Arc::clone(config)).map_err(tls_error)?;
    let mut received = Vec::new();
    let mut answered = false;
    loop {
        while connection.wants_write() {
            connection.write_tls(&mut stream).map_err(io_error)?;
        }
        if answered && !connection.is_handshaking() {
            break;
        }
        if connection.read_tls(&mut stream).map_err(io_error)? == 0 {
            return Err(Error::Rejected("TLS: the client left before its request was complete".to_owned()));
        }
        if let Err(error) = connection.process_new_packets() {
            // The alert tells the client why; if it is gone, nobody wants to know.
            let _ = connection.write_tls(&mut stream);
            return Err(tls_error(error));
        }
        read_available(&mut connection, &mut received)?;
        if !answered && received.ends_with(b"\n") {
            let text = format!("B got {} bytes\n", received.len());
            connection.writer().write_all(text.as_bytes()).map_err(io_error)?;
            answered = true;
        }
    }
    connection.send_close_notify();
    while connection.wants_write() {
        connection.write_tls(&mut stream).map_err(io_error)?;
    }
    stream.shutdown(Shutdown::Write).map_err(Error::io("TCP"))?;
    // Closing with unread bytes would reset the connection and could take the answer with it.
    let _ = io::copy(&mut stream.take(MAX_ANSWER), &mut io::sink());
    Ok(())
}

fn read_available(connection: &mut ServerConnection, received: &mut Vec<u8>) -> Result<()> {
    if let Some(mut early) = connection.early_data() {
        early.read_to_end(received).map_err(io_error)?;
    }
    let mut buffer = [0; 4096];
    loop {
        match connection.reader().read(&mut buffer) {
            Ok(0) => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
            Ok(_) if received.len() > 1 << 20 => {
                return Err(Error::Rejected("TLS: the request is longer than 1 MiB".to_owned()));
            }
            Ok(len) => received.extend_from_slice(&buffer[..len]),
            Err(error) => return Err(io_error(error)),
        }
    }
}

/// A session with a server somewhere, recorded. What the tap saw comes with it whether the session worked or not.
pub fn recorded(
    server: SocketAddr,
    config: &Arc<ClientConfig>,
    name: &ServerName<'static>,
    message: &[u8],
) -> (Vec<Chunk>, Result<Outcome>) {
    let start = time::now();
    match Tap::connect(server) {
        Err(error) => (Vec::new(), Err(error)),
        Ok((mut stream, tap)) => {
            let outcome = request(&mut stream, start, config, name, message);
            // Both ends must be closed, or the tap would wait for them.
            let _ = stream.shutdown(Shutdown::Both);
            drop(stream);
            (tap.finish(), outcome)
        }
    }
}

/// A session between a client and a server of our own, recorded.
///
/// # Errors
/// As [`request`]; the client's error goes first.
pub fn recorded_with_own_server(
    server: &Arc<ServerConfig>,
    client: &Arc<ClientConfig>,
    name: &ServerName<'static>,
    message: &[u8],
) -> Result<(Vec<Chunk>, Outcome)> {
    recorded_with_delay(server, client, name, message, Duration::ZERO)
}

/// As [`recorded_with_own_server`], with a delay each way.
///
/// # Errors
/// As [`request`]; the client's error goes first.
pub fn recorded_with_delay(
    server: &Arc<ServerConfig>,
    client: &Arc<ClientConfig>,
    name: &ServerName<'static>,
    message: &[u8],
    delay: Duration,
) -> Result<(Vec<Chunk>, Outcome)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(Error::io("TCP"))?;
    let address = listener.local_addr().map_err(Error::io("TCP"))?;
    let start = time::now();
    let (mut stream, tap) = Tap::connect_delayed(address, delay)?;
    let (accepted, _) = listener.accept().map_err(Error::io("TCP"))?;
    let server = Arc::clone(server);
    let worker = std::thread::spawn(move || answer(accepted, &server));
    let outcome = request(&mut stream, start, client, name, message);
    let _ = stream.shutdown(Shutdown::Both);
    drop(stream);
    let served = worker.join().expect("the server does not panic");
    let recording = tap.finish();
    let outcome = outcome?;
    served.map(|()| (recording, outcome))
}

/// What errors call the other end.
const PEER: &str = "the other side";

/// An error of rustls, sorted as everywhere.
pub(crate) fn tls_error(error: rustls::Error) -> Error {
    failure(PEER, &error)
}

/// An error of a stream under or above TLS.
pub(crate) fn io_error(error: io::Error) -> Error {
    failure_of_io(PEER, error)
}
