//! A relay for UDP on loopback that delivers each datagram a fixed time later.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::net::UdpSocket;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::Result;
use crate::error::Error;

/// Datagrams under way at most; the relay drops what is more, as a router would.
const MAX_UNDER_WAY: usize = 1024;

/// Rest after an error of a socket: one that lasts must not keep a core busy.
const AFTER_ERROR: Duration = Duration::from_millis(1);

/// A relay to one server; stops when dropped.
#[derive(Debug)]
pub struct DelayUdp {
    address: SocketAddr,
    workers: [JoinHandle<()>; 2],
}

impl DelayUdp {
    /// Starts a relay; the delay is for each way. Answers go to whoever sent last.
    ///
    /// # Errors
    /// [`Error::Io`] if the sockets cannot be made.
    pub async fn start(server: SocketAddr, delay: Duration) -> Result<Self> {
        let bind = || UdpSocket::bind((Ipv4Addr::LOCALHOST, 0));
        let front = Arc::new(bind().await.map_err(Error::io("UDP"))?);
        let back = Arc::new(bind().await.map_err(Error::io("UDP"))?);
        back.connect(server).await.map_err(Error::io("UDP"))?;
        let address = front.local_addr().map_err(Error::io("UDP"))?;
        let client = Arc::new(Mutex::new(None));
        let up = tokio::spawn(to_server(Arc::clone(&front), Arc::clone(&back), Arc::clone(&client), delay));
        let down = tokio::spawn(to_client(back, front, client, delay));
        Ok(Self { address, workers: [up, down] })
    }

    /// Where clients send to.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for DelayUdp {
    fn drop(&mut self) {
        self.workers.iter().for_each(JoinHandle::abort);
    }
}

type Client = Arc<Mutex<Option<SocketAddr>>>;
type Queue = mpsc::Sender<(Instant, Vec<u8>)>;

async fn to_server(front: Arc<UdpSocket>, back: Arc<UdpSocket>, client: Client, delay: Duration) {
    let (queue, mut waiting) = mpsc::channel(MAX_UNDER_WAY);
    let receive = async {
        let mut buffer = vec![0; 1 << 16];
        loop {
            let Ok((len, from)) = front.recv_from(&mut buffer).await else {
                tokio::time::sleep(AFTER_ERROR).await;
                continue;
            };
            *client.lock().unwrap_or_else(PoisonError::into_inner) = Some(from);
            enqueue(&queue, delay, &buffer[..len]);
        }
    };
    let deliver = async {
        while let Some(bytes) = next(&mut waiting).await {
            // A datagram that cannot be sent is lost, as datagrams are.
            let _ = back.send(&bytes).await;
        }
    };
    tokio::join!(receive, deliver);
}

async fn to_client(back: Arc<UdpSocket>, front: Arc<UdpSocket>, client: Client, delay: Duration) {
    let (queue, mut waiting) = mpsc::channel(MAX_UNDER_WAY);
    let receive = async {
        let mut buffer = vec![0; 1 << 16];
        loop {
            // An ICMP error of an earlier datagram shows up here; the sender retries.
            let Ok(len) = back.recv(&mut buffer).await else {
                tokio::time::sleep(AFTER_ERROR).await;
                continue;
            };
            enqueue(&queue, delay, &buffer[..len]);
        }
    };
    let deliver = async {
        while let Some(bytes) = next(&mut waiting).await {
            let to = *client.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(to) = to {
                let _ = front.send_to(&bytes, to).await;
            }
        }
    };
    tokio::join!(receive, deliver);
}

fn enqueue(queue: &Queue, delay: Duration, bytes: &[u8]) {
    // A full queue drops, as a router would.
    let _ = queue.try_send((crate::time::now() + delay, bytes.to_vec()));
}

/// The next datagram, at its time. One queue keeps the order: 0-RTT packets that overtake the Initial would be lost.
async fn next(waiting: &mut mpsc::Receiver<(Instant, Vec<u8>)>) -> Option<Vec<u8>> {
    let (due, bytes) = waiting.recv().await?;
    let left = due.saturating_duration_since(crate::time::now());
    if !left.is_zero() {
        tokio::time::sleep(left).await;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_runtime(test: impl Future<Output = ()>) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime can be made").block_on(test);
    }

    // What was asked for first has to arrive first: 0-RTT packets before the Initial are lost (RFC 9001 section 4.6).
    #[test]
    fn datagrams_keep_their_order_both_ways() {
        with_runtime(async {
            let server = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
            let relay = DelayUdp::start(server.local_addr().unwrap(), Duration::from_millis(3)).await.unwrap();
            let client = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
            let mut buffer = [0; 16];
            for number in 0..50_u8 {
                client.send_to(&[number; 9], relay.address()).await.unwrap();
            }
            for number in 0..50_u8 {
                let (len, from) = server.recv_from(&mut buffer).await.unwrap();
                assert_eq!(buffer[..len], [number; 9]);
                server.send_to(&[number; 5], from).await.unwrap();
            }
            for number in 0..50_u8 {
                let (len, from) = client.recv_from(&mut buffer).await.unwrap();
                assert_eq!((&buffer[..len], from), (&[number; 5][..], relay.address()));
            }
        });
    }

    #[test]
    fn a_full_queue_drops_what_comes_last() {
        with_runtime(async {
            let (queue, mut waiting) = mpsc::channel(2);
            for number in 0..3_u8 {
                enqueue(&queue, Duration::ZERO, &[number]);
            }
            drop(queue);
            assert_eq!(next(&mut waiting).await, Some(vec![0]));
            assert_eq!(next(&mut waiting).await, Some(vec![1]));
            assert_eq!(next(&mut waiting).await, None);
        });
    }
}
