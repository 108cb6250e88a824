//! A relay on loopback that passes bytes on and keeps a copy: the eavesdropper of every explanation.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
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
            Ok(std::thread::spawn(move || pass_on(from, to, direction, start, &recording)))
        };
        let up = relay(&inside, &outside, Direction::ToServer).map_err(Error::io("tap"))?;
        let down = relay(&outside, &inside, Direction::ToClient).map_err(Error::io("tap"))?;
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

fn pass_on(mut from: TcpStream, mut to: TcpStream, direction: Direction, start: Instant, recording: &Recording) {
    let mut buffer = vec![0; 1 << 15];
    let mut recorded = 0;
    while let Ok(len @ 1..) = from.read(&mut buffer) {
        if recorded < MAX_RECORDED {
            let chunk = Chunk { direction, at: start.elapsed(), bytes: buffer[..len].to_vec() };
            // Recorded before it is passed on: no answer can come before its question in the list.
            recording.lock().unwrap_or_else(PoisonError::into_inner).push(chunk);
            recorded += len;
        }
        if to.write_all(&buffer[..len]).is_err() {
            break;
        }
    }
    // The other end may be gone already.
    let _ = to.shutdown(Shutdown::Write);
}
