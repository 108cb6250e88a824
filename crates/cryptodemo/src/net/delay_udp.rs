//! A relay for UDP on loopback that delivers each datagram a fixed time later.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use crate::Result;
use crate::error::Error;

/// Datagrams under way at most; the relay drops what is more, as a router would.
const MAX_UNDER_WAY: usize = 1024;

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
        let under_way = Arc::new(Semaphore::new(MAX_UNDER_WAY));
        let up = tokio::spawn(to_server(
            Arc::clone(&front),
            Arc::clone(&back),
            Arc::clone(&client),
            delay,
            Arc::clone(&under_way),
        ));
        let down = tokio::spawn(to_client(back, front, client, delay, under_way));
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

async fn to_server(
    front: Arc<UdpSocket>,
    back: Arc<UdpSocket>,
    client: Client,
    delay: Duration,
    limit: Arc<Semaphore>,
) {
    let mut buffer = vec![0; 1 << 16];
    loop {
        let Ok((len, from)) = front.recv_from(&mut buffer).await else { continue };
        *client.lock().unwrap_or_else(PoisonError::into_inner) = Some(from);
        let Ok(permit) = Arc::clone(&limit).try_acquire_owned() else { continue };
        let (bytes, back) = (buffer[..len].to_vec(), Arc::clone(&back));
        tokio::spawn(async move {
            tokio::time::sleep(delay).await;
            // A datagram that cannot be sent is lost, as datagrams are.
            let _ = back.send(&bytes).await;
            drop(permit);
        });
    }
}

async fn to_client(
    back: Arc<UdpSocket>,
    front: Arc<UdpSocket>,
    client: Client,
    delay: Duration,
    limit: Arc<Semaphore>,
) {
    let mut buffer = vec![0; 1 << 16];
    loop {
        // An ICMP error of an earlier datagram shows up here; the sender retries.
        let Ok(len) = back.recv(&mut buffer).await else {
            tokio::task::yield_now().await;
            continue;
        };
        let Some(to) = *client.lock().unwrap_or_else(PoisonError::into_inner) else { continue };
        let Ok(permit) = Arc::clone(&limit).try_acquire_owned() else { continue };
        let (bytes, front) = (buffer[..len].to_vec(), Arc::clone(&front));
        tokio::spawn(async move {
            tokio::time::sleep(delay).await;
            let _ = front.send_to(&bytes, to).await;
            drop(permit);
        });
    }
}
