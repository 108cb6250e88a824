//! A relay on loopback that passes bytes on and keeps a copy: the eavesdropper of every explanation.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::Result;
use crate::error::Error;

/// How long anything here waits for the network.
pub const PATIENCE: Duration = Duration::from_secs(10);
/// Bytes that are kept at most; what follows is passed on unrecorded.
const MAX_RECORDED: usize = 4 << 20;

/// Which way bytes went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// From client to server.
    ToServer,
    /// From server to client.
    ToClient,
}

/// Bytes as they passed.
#[derive(Debug, Clone)]
pub struct Chunk {
    /// Which way.
    pub direction: Direction,
    /// When, after the start of the connection.
    pub at: Duration,
    /// What.
    pub bytes: Vec<u8>,
}

type Recording = Arc<Mutex<Vec<Chunk>>>;

/// One connection that is being recorded.
#[derive(Debug)]
pub struct Tap {
    recording: Recording,
    workers: [JoinHandle<()>; 2],
}

impl Tap {
    /// Connects to the server through a new tap. The stream is the client's end.
    ///
    /// # Errors
    /// [`Error::Io`] if the server cannot be reached.
    pub fn connect(server: SocketAddr) -> Result<(TcpStream, Self)> {
        Self::connect_delayed(server, Duration::ZERO)
    }

    /// As [`Tap::connect`], but everything takes `delay` each way. The connection itself, which loopback makes at once,
    /// is held back for one round trip, as the packets of TCP's own handshake would be (RFC 9293 section 3.5).
    ///
    /// # Errors
    /// As [`Tap::connect`].
    pub fn connect_delayed(server: SocketAddr, delay: Duration) -> Result<(TcpStream, Self)> {
        let start = crate::time::now();
        let open = || -> io::Result<(TcpStream, TcpStream, TcpStream)> {
            let listener = TcpListener::bind(("127.0.0.1", 0))?;
            // The connection waits in the listener's queue, so no thread is needed to accept it.
            let client = TcpStream::connect_timeout(&listener.local_addr()?, PATIENCE)?;
            let inside = loop {
                // Whoever else connects to the port is not our client.
                let (stream, peer) = listener.accept()?;
                if peer == client.local_addr()? {
                    break stream;
                }
            };
            Ok((client, inside, TcpStream::connect_timeout(&server, PATIENCE)?))
        };
        let (client, inside, outside) = open().map_err(Error::io(format!("connection to {server}")))?;
        prepare(&client).map_err(Error::io("tap"))?;
        let recording = Recording::default();
        let relay = |from: &TcpStream, to: &TcpStream, direction| -> io::Result<JoinHandle<()>> {
            prepare(from)?;
            let (from, to, recording) = (from.try_clone()?, to.try_clone()?, Arc::clone(&recording));
            Ok(std::thread::spawn(move || pass_on(from, to, direction, (start, delay), &recording)))
        };
        let up = relay(&inside, &outside, Direction::ToServer).map_err(Error::io("tap"))?;
        let down = relay(&outside, &inside, Direction::ToClient).map_err(Error::io("tap"))?;
        wait_until(start + 2 * delay);
        Ok((client, Self { recording, workers: [up, down] }))
    }

    /// Waits for both ends to close and returns what passed, in its order.
    #[must_use]
    pub fn finish(self) -> Vec<Chunk> {
        for worker in self.workers {
            // A worker that panicked has recorded what it passed on; there is nothing else to save.
            let _ = worker.join();
        }
        std::mem::take(&mut *self.recording.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Sockets answer at once and do not wait for ever.
pub(crate) fn prepare(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))
}

/// Reads and records in this thread; writes in another, so that what waits does not hold up what follows.
fn pass_on(
    mut from: TcpStream,
    to: TcpStream,
    direction: Direction,
    (start, delay): (Instant, Duration),
    recording: &Recording,
) {
    // A bounded queue: a reader that is slower than its peer makes the peer wait, as TCP does.
    let (sender, queue) = mpsc::sync_channel::<(Instant, Vec<u8>)>(256);
    let writer = std::thread::spawn(move || write_in_time(to, &queue));
    let mut buffer = vec![0; 1 << 15];
    let mut recorded = 0;
    while let Ok(len @ 1..) = from.read(&mut buffer) {
        let bytes = buffer[..len].to_vec();
        if recorded < MAX_RECORDED {
            let chunk = Chunk { direction, at: start.elapsed(), bytes: bytes.clone() };
            // Recorded before it is passed on: no answer can come before its question in the list.
            recording.lock().unwrap_or_else(PoisonError::into_inner).push(chunk);
            recorded += len;
        }
        if sender.send((crate::time::now() + delay, bytes)).is_err() {
            break;
        }
    }
    drop(sender);
    // A writer that panicked has nothing left to write.
    let _ = writer.join();
}

fn write_in_time(mut to: TcpStream, queue: &mpsc::Receiver<(Instant, Vec<u8>)>) {
    for (due, bytes) in queue {
        wait_until(due);
        if to.write_all(&bytes).is_err() {
            break;
        }
    }
    // The other end may be gone already.
    let _ = to.shutdown(Shutdown::Write);
}

fn wait_until(due: Instant) {
    loop {
        let left = due.saturating_duration_since(crate::time::now());
        if left.is_zero() {
            return;
        }
        std::thread::park_timeout(left);
    }
}
