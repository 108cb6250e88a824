//! The real network: sockets of the operating system.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::net::{TcpSocket, TcpStream, UdpSocket};

use crate::{Network, UdpFlow};

/// Sockets of the operating system.
#[derive(Debug, Clone, Default)]
pub struct OsNetwork {
    sources: Arc<Sources>,
}

#[derive(Debug, Default)]
struct Sources {
    ipv4: Vec<Ipv4Addr>,
    ipv6: Vec<Ipv6Addr>,
    next: AtomicUsize,
}

impl OsNetwork {
    /// Sends from the given addresses in turn, or from what the system chooses for a family without any.
    pub fn new(source_addresses: &[IpAddr]) -> Self {
        let mut sources = Sources::default();
        for address in source_addresses {
            match address {
                IpAddr::V4(v4) => sources.ipv4.push(*v4),
                IpAddr::V6(v6) => sources.ipv6.push(*v6),
            }
        }
        Self { sources: Arc::new(sources) }
    }

    fn source(&self, to: SocketAddr) -> IpAddr {
        let turn = self.sources.next.fetch_add(1, Ordering::Relaxed);
        let pick = |count: usize| (count > 0).then(|| turn % count);
        match to {
            SocketAddr::V4(_) => {
                pick(self.sources.ipv4.len()).map_or(Ipv4Addr::UNSPECIFIED, |i| self.sources.ipv4[i]).into()
            }
            SocketAddr::V6(_) => {
                pick(self.sources.ipv6.len()).map_or(Ipv6Addr::UNSPECIFIED, |i| self.sources.ipv6[i]).into()
            }
        }
    }
}

impl Network for OsNetwork {
    type Udp = OsUdp;
    type Tcp = TcpStream;

    async fn udp(&self, to: SocketAddr, port: u16) -> io::Result<OsUdp> {
        let socket = UdpSocket::bind((self.source(to), port)).await?;
        // A connected socket gets replies from this address and port only, and hears of ICMP errors.
        socket.connect(to).await?;
        Ok(OsUdp { socket, peer: to })
    }

    async fn tcp(&self, to: SocketAddr) -> io::Result<TcpStream> {
        let socket = if to.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        let source = self.source(to);
        if !source.is_unspecified() {
            socket.bind((source, 0).into())?;
        }
        let stream = socket.connect(to).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }
}

/// A connected UDP socket.
#[derive(Debug)]
pub struct OsUdp {
    socket: UdpSocket,
    peer: SocketAddr,
}

impl UdpFlow for OsUdp {
    async fn send(&mut self, datagram: &[u8]) -> io::Result<()> {
        self.socket.send(datagram).await.map(drop)
    }

    async fn recv(&mut self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        Ok((self.socket.recv(buffer).await?, self.peer))
    }
}
