//! One connection of a client over TCP, with each step timed and each round trip counted.

use std::io::{self, IoSlice, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection};
use serde::Serialize;

use super::Negotiated;
use super::negotiated::{EarlyData, failure, failure_of_io};
use super::settings::{ClientSettings, SchemeSeen};
use crate::{Error, Result};

/// How long the other side may say nothing.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long the other side may take to say goodbye.
const GOODBYE: Duration = Duration::from_secs(2);
/// Bytes of an answer that are kept.
const MOST_ANSWER: usize = 1 << 20;
/// Content type of a ChangeCipherSpec record.
const CHANGE_CIPHER_SPEC: u8 = 20;

/// Where an answer ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerEnd {
    /// At the end of the first line.
    Line,
    /// When the server closes the connection.
    Close,
}

/// A client, which remembers sessions from one connection to the next.
#[derive(Debug)]
pub struct Client {
    config: Arc<ClientConfig>,
    seen: SchemeSeen,
    name: ServerName<'static>,
    peer: String,
}

/// A connection that is over.
#[derive(Debug, Serialize)]
pub struct Exchange {
    /// What was agreed on.
    #[serde(flatten)]
    pub negotiated: Negotiated,
    /// When things happened.
    pub timing: Timing,
    /// What the server answered.
    #[serde(skip)]
    pub answer: Vec<u8>,
}

/// When things happened. Each is nanoseconds in JSON.
#[derive(Debug, Clone, Serialize)]
pub struct Timing {
    /// TCP's own handshake.
    #[serde(serialize_with = "nanoseconds", rename = "tcp_connect_ns")]
    pub tcp_connect: Duration,
    /// From then on, until data could leave.
    #[serde(serialize_with = "nanoseconds", rename = "data_can_leave_ns")]
    pub data_can_leave: Duration,
    /// From then on, until the handshake was over.
    #[serde(serialize_with = "nanoseconds", rename = "handshake_ns")]
    pub handshake: Duration,
    /// From then on, until the first byte of the answer; none if nothing was asked.
    #[serde(serialize_with = "maybe_nanoseconds", rename = "first_byte_ns")]
    pub first_byte: Option<Duration>,
    /// Times the client had written and had to wait for the server, before data could leave.
    pub round_trips_before_data: u32,
    /// The same until the handshake was over.
    pub round_trips_of_handshake: u32,
}

impl Client {
    /// A client for one server, whose certificate must be for this name.
    ///
    /// # Errors
    /// `Error::Usage` for a name that is none, and as [`ClientSettings::rustls`].
    pub fn new(settings: &ClientSettings, name: &str) -> Result<Self> {
        let server_name = ServerName::try_from(name.to_owned())
            .map_err(|_| Error::Usage(format!("{name:?} is neither a DNS name nor an IP address")))?;
        let (config, seen) = settings.rustls()?;
        Ok(Self { config, seen, name: server_name, peer: name.to_owned() })
    }

    /// One connection: handshake, the message (with the first flight if a session allows early data), the answer. With an
    /// empty message there is no answer to wait for.
    ///
    /// # Errors
    /// `Error::Io` if the server cannot be reached, `Error::Rejected` if one side does not accept the other,
    /// `Error::Malformed` if the server does not speak TLS.
    pub fn exchange(&self, address: SocketAddr, message: &[u8], end: AnswerEnd) -> Result<Exchange> {
        let (stream, tcp_connect) = crate::time::measure(|| TcpStream::connect_timeout(&address, PATIENCE));
        let stream = stream.map_err(Error::io(address.to_string()))?;
        let mut line = Line::new(stream).map_err(Error::io(address.to_string()))?;
        let connection = ClientConnection::new(Arc::clone(&self.config), self.name.clone())
            .map_err(|error| failure(&self.peer, &error))?;
        let mut session = Session { connection, line: &mut line, peer: &self.peer, start: crate::time::now() };
        let (early_data, timing) = session.handshake(message, tcp_connect)?;
        let negotiated = Negotiated::of(&session.connection, &self.seen, early_data);
        let mut exchange = Exchange { negotiated, timing, answer: Vec::new() };
        session.ask(message, end, &mut exchange)?;
        session.goodbye();
        Ok(exchange)
    }
}

struct Session<'a> {
    connection: ClientConnection,
    line: &'a mut Line,
    peer: &'a str,
    start: Instant,
}

impl Session<'_> {
    fn handshake(&mut self, message: &[u8], tcp_connect: Duration) -> Result<(EarlyData, Timing)> {
        let early = match self.connection.early_data() {
            Some(mut early) if !message.is_empty() => early.write(message).map_err(Error::io("early data"))?,
            _ => 0,
        };
        let with_first_flight = self.start.elapsed();
        self.flush()?;
        while self.connection.is_handshaking() {
            self.receive()?;
            self.flush()?;
        }
        let handshake = self.start.elapsed();
        let early_data = match (early, self.connection.is_early_data_accepted()) {
            (0, _) => EarlyData::NotSent,
            (_, true) => EarlyData::Accepted,
            (_, false) => EarlyData::Rejected,
        };
        let accepted = early_data == EarlyData::Accepted;
        let rest = if accepted { &message[early..] } else { message };
        self.connection.writer().write_all(rest).map_err(Error::io(self.peer))?;
        let timing = Timing {
            tcp_connect,
            data_can_leave: if accepted { with_first_flight } else { handshake },
            handshake,
            first_byte: None,
            round_trips_before_data: if accepted { 0 } else { self.line.round_trips },
            round_trips_of_handshake: self.line.round_trips,
        };
        Ok((early_data, timing))
    }

    fn ask(&mut self, message: &[u8], end: AnswerEnd, exchange: &mut Exchange) -> Result<()> {
        self.flush()?;
        while !message.is_empty() {
            let open = self.take_plaintext(&mut exchange.answer);
            if !exchange.answer.is_empty() && exchange.timing.first_byte.is_none() {
                exchange.timing.first_byte = Some(self.start.elapsed());
            }
            let line_ended = end == AnswerEnd::Line && exchange.answer.contains(&b'\n');
            if !open || line_ended || exchange.answer.len() >= MOST_ANSWER {
                break;
            }
            if !self.receive()? {
                break;
            }
        }
        Ok(())
    }

    /// Whether more may come.
    fn take_plaintext(&mut self, answer: &mut Vec<u8>) -> bool {
        let mut buffer = [0; 4096];
        loop {
            match self.connection.reader().read(&mut buffer) {
                Ok(0) => return false,
                Ok(len) => answer.extend_from_slice(&buffer[..len]),
                Err(error) => return error.kind() == io::ErrorKind::WouldBlock,
            }
        }
    }

    /// Says goodbye and waits for the other side's, so that tickets on their way still arrive. Nothing depends on it.
    fn goodbye(&mut self) {
        self.connection.send_close_notify();
        let _ = self.line.stream.set_read_timeout(Some(GOODBYE));
        let mut left = Vec::new();
        // Some servers answer the end of TCP only, not that of TLS.
        let _ = self.flush().map(|()| self.line.stream.shutdown(Shutdown::Write));
        while self.flush().is_ok() && left.len() < MOST_ANSWER && self.take_plaintext(&mut left) {
            if !matches!(self.receive(), Ok(true)) {
                return;
            }
        }
    }

    /// Whether there was anything; no is the end of the connection, which a handshake does not survive.
    fn receive(&mut self) -> Result<bool> {
        let len = self.connection.read_tls(self.line).map_err(|error| failure_of_io(self.peer, error))?;
        if len == 0 && self.connection.is_handshaking() {
            return Err(failure_of_io(self.peer, io::ErrorKind::UnexpectedEof.into()));
        }
        if let Err(error) = self.connection.process_new_packets() {
            // The alert that tells the other side why; it may be gone already.
            let _ = self.flush();
            return Err(failure(self.peer, &error));
        }
        Ok(len > 0)
    }

    fn flush(&mut self) -> Result<()> {
        while self.connection.wants_write() {
            self.connection.write_tls(self.line).map_err(|error| failure_of_io(self.peer, error))?;
        }
        Ok(())
    }
}

/// The stream, and how often somebody waited on it for an answer.
#[derive(Debug)]
struct Line {
    stream: TcpStream,
    has_asked: bool,
    round_trips: u32,
}

impl Line {
    fn new(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Self { stream, has_asked: false, round_trips: 0 })
    }

    fn note(&mut self, record: &[u8]) {
        // RFC 8446 appendix D.4: a ChangeCipherSpec on its own is for middleboxes; nobody answers it.
        self.has_asked |= record.first().is_some_and(|content_type| *content_type != CHANGE_CIPHER_SPEC);
    }
}

impl Read for Line {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if std::mem::take(&mut self.has_asked) {
            self.round_trips += 1;
        }
        self.stream.read(buffer)
    }
}

impl Write for Line {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.note(buffer);
        self.stream.write(buffer)
    }

    fn write_vectored(&mut self, buffers: &[IoSlice<'_>]) -> io::Result<usize> {
        for buffer in buffers {
            self.note(buffer);
        }
        self.stream.write_vectored(buffers)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

fn nanoseconds<S: serde::Serializer>(time: &Duration, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX))
}

fn maybe_nanoseconds<S: serde::Serializer>(
    time: &Option<Duration>,
    serializer: S,
) -> std::result::Result<S::Ok, S::Error> {
    match time {
        Some(time) => nanoseconds(time, serializer),
        None => serializer.serialize_none(),
    }
}
