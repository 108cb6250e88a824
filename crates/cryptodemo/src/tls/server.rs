//! One connection of a server over TCP: echoes lines, and tells a browser what was agreed on.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use rustls::ServerConnection;
use serde::Serialize;

use super::Negotiated;
use super::negotiated::{EarlyData, failure, failure_of_io};
use super::settings::{Acceptor, SchemeSeen};
use crate::{Error, Result};

/// How long a handshake may take in all: whoever connects and says nothing holds a place for no longer.
pub const HANDSHAKE_PATIENCE: Duration = Duration::from_secs(10);
/// How long a client may say nothing after it.
pub const IDLE_PATIENCE: Duration = Duration::from_secs(60);
/// Bytes of a line, or of the head of an HTTP request.
const MOST_REQUEST: usize = 16_384;

/// A connection that is over.
#[derive(Debug, Serialize)]
pub struct Served {
    /// What was agreed on.
    #[serde(flatten)]
    pub negotiated: Negotiated,
    /// Bytes of plaintext received, early data included.
    pub received: usize,
    /// Bytes of plaintext sent.
    pub sent: usize,
}

/// Serves one connection to its end.
///
/// # Errors
/// `Error::Rejected` or `Error::Malformed` if the client does not speak TLS or does not accept the server, `Error::Io` if
/// the connection breaks or takes too long.
pub fn serve(acceptor: &Acceptor, stream: TcpStream) -> Result<Served> {
    let peer = stream.peer_addr().map_or_else(|_| "client".to_owned(), |address| address.to_string());
    stream.set_nodelay(true).map_err(Error::io(&peer))?;
    let (connection, seen) = acceptor.connection()?;
    let line = Line { stream, deadline: crate::time::now() + HANDSHAKE_PATIENCE };
    let talk = Talk { waiting: Vec::new(), received: 0, sent: 0, is_over: false };
    let mut side = Side { connection, line, peer: &peer, talk, seen, early: EarlyData::NotSent, negotiated: None };
    side.run()?;
    let negotiated = side.negotiated.take().unwrap_or_else(|| side.agreed());
    Ok(Served { negotiated, received: side.talk.received, sent: side.talk.sent })
}

struct Side<'a> {
    connection: ServerConnection,
    line: Line,
    peer: &'a str,
    talk: Talk,
    seen: SchemeSeen,
    early: EarlyData,
    negotiated: Option<Negotiated>,
}

impl Side<'_> {
    fn run(&mut self) -> Result<()> {
        loop {
            let was_handshaking = self.connection.is_handshaking();
            let len = match self.connection.read_tls(&mut self.line) {
                // Many clients just leave; after the handshake that is no failure.
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset && !was_handshaking => return Ok(()),
                other => other.map_err(|error| failure_of_io(self.peer, error))?,
            };
            if len == 0 {
                let left = failure_of_io(self.peer, io::ErrorKind::UnexpectedEof.into());
                return if was_handshaking { Err(left) } else { Ok(()) };
            }
            let state = match self.connection.process_new_packets() {
                Ok(state) => state,
                Err(error) => {
                    // The alert that tells the client why; it may be gone already.
                    let _ = self.flush();
                    return Err(failure(self.peer, &error));
                }
            };
            self.converse()?;
            if !self.connection.is_handshaking() {
                self.line.deadline = crate::time::now() + IDLE_PATIENCE;
            }
            if state.peer_has_closed() || (self.talk.is_over && !self.connection.is_handshaking()) {
                self.connection.send_close_notify();
                let _ = self.flush();
                return Ok(());
            }
            self.flush()?;
        }
    }

    /// Takes what came, and answers it: early data before the handshake is over.
    fn converse(&mut self) -> Result<()> {
        let before = self.talk.waiting.len();
        if let Some(mut early) = self.connection.early_data() {
            self.early = EarlyData::Accepted;
            early.read_to_end(&mut self.talk.waiting).map_err(Error::io(self.peer))?;
        }
        let mut buffer = [0; 4096];
        while let Ok(len @ 1..) = self.connection.reader().read(&mut buffer) {
            self.talk.waiting.extend_from_slice(&buffer[..len]);
        }
        if self.talk.waiting.len() == before {
            return Ok(());
        }
        self.talk.received += self.talk.waiting.len() - before;
        let negotiated = match self.negotiated.take() {
            Some(negotiated) => negotiated,
            None => self.agreed(),
        };
        let answer = self.talk.answer(&negotiated);
        self.negotiated = Some(negotiated);
        self.talk.sent += answer.len();
        self.connection.writer().write_all(&answer).map_err(Error::io(self.peer))
    }

    fn agreed(&self) -> Negotiated {
        Negotiated::of(&self.connection, &self.seen, self.early)
    }

    fn flush(&mut self) -> Result<()> {
        while self.connection.wants_write() {
            self.connection.write_tls(&mut self.line).map_err(|error| failure_of_io(self.peer, error))?;
        }
        Ok(())
    }
}

/// What client and server say to each other under TLS.
struct Talk {
    waiting: Vec<u8>,
    received: usize,
    sent: usize,
    is_over: bool,
}

impl Talk {
    /// Answers to all requests that are complete: each line comes back as it is, and a request of HTTP/1 gets a page.
    fn answer(&mut self, negotiated: &Negotiated) -> Vec<u8> {
        let mut answer = Vec::new();
        while let Some(end) = self.waiting.iter().position(|byte| *byte == b'\n') {
            if is_http(&self.waiting[..end]) {
                let head_ended = [&b"\r\n\r\n"[..], b"\n\n"]
                    .iter()
                    .any(|end| self.waiting.windows(end.len()).any(|window| window == *end));
                if head_ended {
                    answer.extend(page(&self.waiting, negotiated));
                    self.waiting.clear();
                    self.is_over = true;
                }
                break;
            }
            answer.extend(self.waiting.drain(..=end));
        }
        if self.waiting.len() > MOST_REQUEST {
            answer.extend(b"too long\n");
            self.is_over = true;
        }
        answer
    }
}

fn is_http(line: &[u8]) -> bool {
    let line = line.trim_ascii_end();
    line.ends_with(b" HTTP/1.1") || line.ends_with(b" HTTP/1.0")
}

fn page(request: &[u8], negotiated: &Negotiated) -> Vec<u8> {
    let is_head = request.starts_with(b"HEAD ");
    let (status, body) = if is_head || request.starts_with(b"GET ") {
        let lines = negotiated.lines().map(|(label, text)| format!("{label:<13} {text}\n"));
        ("200 OK", lines.concat())
    } else {
        ("405 Method Not Allowed", "only GET and HEAD\n".to_owned())
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    if is_head { head.into_bytes() } else { (head + &body).into_bytes() }
}

/// The stream with a deadline for all that happens until then, not for each read: bytes that trickle in win nothing.
struct Line {
    stream: TcpStream,
    deadline: Instant,
}

impl Line {
    fn left(&self) -> io::Result<Option<Duration>> {
        let left = self.deadline.saturating_duration_since(crate::time::now());
        if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(Some(left)) }
    }
}

impl Read for Line {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(self.left()?)?;
        self.stream.read(buffer)
    }
}

impl Write for Line {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.stream.set_write_timeout(self.left()?)?;
        self.stream.write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}
