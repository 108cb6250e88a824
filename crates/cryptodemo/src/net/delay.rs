//! A TCP relay on loopback that delays each direction, so that round trips become visible without a far server.
//!
//! Bytes are delayed, not slowed: those that arrive together leave together. TCP's own handshake is not delayed, for the
//! system answers it before the relay is asked.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::mpsc;

use crate::{Error, Result};

/// Pieces on their way in each direction; the sender waits beyond that.
const MOST_PIECES: usize = 256;
/// Bytes of a piece at most.
const PIECE_BYTES: usize = 16_384;

/// The relay. It works until it is dropped.
#[derive(Debug)]
pub struct DelayedLine {
    address: SocketAddr,
    delay: Duration,
    runtime: Option<Runtime>,
}

impl DelayedLine {
    /// Starts a relay to the target on a free port of loopback. Each direction takes `delay` longer.
    ///
    /// # Errors
    /// `Error::Io` if no port or no thread can be had.
    pub fn to(target: SocketAddr, delay: Duration) -> Result<Self> {
        let failed = || Error::io("delaying proxy");
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().map_err(failed())?;
        let listener = runtime.block_on(TcpListener::bind(("127.0.0.1", 0))).map_err(failed())?;
        let address = listener.local_addr().map_err(failed())?;
        runtime.spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                tokio::spawn(relay(near, target, delay));
            }
        });
        Ok(Self { address, delay, runtime: Some(runtime) })
    }

    /// Where to connect to instead of the target.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// What one round trip takes, without what the machine itself needs.
    #[must_use]
    pub const fn round_trip(&self) -> Duration {
        self.delay.saturating_mul(2)
    }
}

impl Drop for DelayedLine {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn relay(near: TcpStream, target: SocketAddr, delay: Duration) {
    // Dropping the near side tells the client that there is nobody.
    let Ok(far) = TcpStream::connect(target).await else { return };
    let _ = (near.set_nodelay(true), far.set_nodelay(true));
    let (near_in, near_out) = near.into_split();
    let (far_in, far_out) = far.into_split();
    tokio::join!(one_way(near_in, far_out, delay), one_way(far_in, near_out, delay));
}

async fn one_way(from: impl AsyncRead + Unpin, to: impl AsyncWrite + Unpin, delay: Duration) {
    let (sender, receiver) = mpsc::channel(MOST_PIECES);
    tokio::join!(collect(from, sender, delay), deliver(receiver, to));
}

async fn collect(mut from: impl AsyncRead + Unpin, pieces: mpsc::Sender<(Instant, Vec<u8>)>, delay: Duration) {
    let mut buffer = vec![0; PIECE_BYTES];
    loop {
        let len = from.read(&mut buffer).await.unwrap_or(0);
        // An empty piece is the end, which is delayed too.
        let piece = (crate::time::now() + delay, buffer[..len].to_vec());
        if pieces.send(piece).await.is_err() || len == 0 {
            return;
        }
    }
}

async fn deliver(mut pieces: mpsc::Receiver<(Instant, Vec<u8>)>, mut to: impl AsyncWrite + Unpin) {
    while let Some((due, piece)) = pieces.recv().await {
        tokio::time::sleep_until(due.into()).await;
        if piece.is_empty() || to.write_all(&piece).await.is_err() {
            break;
        }
    }
    let _ = to.shutdown().await;
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::{Shutdown, TcpListener, TcpStream};

    use super::*;

    /// Nothing is lost, the order stays, and the end of each direction is passed on.
    #[test]
    fn bytes_arrive_whole_and_in_order() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let line = DelayedLine::to(listener.local_addr().unwrap(), Duration::from_millis(5)).unwrap();
        let echo = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut all = Vec::new();
            stream.read_to_end(&mut all).unwrap();
            stream.write_all(&all).unwrap();
        });
        let sent: Vec<u8> = (0..100_000_u32).flat_map(u32::to_le_bytes).collect();
        let mut received = Vec::new();
        let mut stream = TcpStream::connect(line.address()).unwrap();
        stream.write_all(&sent).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        stream.read_to_end(&mut received).unwrap();
        echo.join().unwrap();
        assert!(received == sent);
    }
}
