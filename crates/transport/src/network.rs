//! The one door to the network.

use std::future::Future;
use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncRead, AsyncWrite};

/// Sockets, and nothing above them: ports, identifiers, letter case and the defence against spoofing stay inside the
/// simulated part. The real one is [`OsNetwork`](crate::OsNetwork); the lab has a simulated one.
pub trait Network: Clone + Send + Sync + 'static {
    /// One UDP socket that talks to one server.
    type Udp: UdpFlow;
    /// One TCP connection.
    type Tcp: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    /// Opens a UDP socket towards `to` from local port `port`; `AddrInUse` asks the caller for another draw.
    fn udp(&self, to: SocketAddr, port: u16) -> impl Future<Output = io::Result<Self::Udp>> + Send;

    /// Opens a TCP connection to `to`.
    fn tcp(&self, to: SocketAddr) -> impl Future<Output = io::Result<Self::Tcp>> + Send;
}

/// One UDP socket towards one server.
pub trait UdpFlow: Send + 'static {
    /// Sends one datagram to the server.
    fn send(&mut self, datagram: &[u8]) -> impl Future<Output = io::Result<()>> + Send;

    /// Waits until [`recv`](Self::recv) has something to give, or might have: so long nobody needs a buffer.
    fn readable(&mut self) -> impl Future<Output = io::Result<()>> + Send {
        std::future::ready(Ok(()))
    }

    /// Waits for a datagram from anybody; gives its length and its source.
    ///
    /// The caller compares the source: an implementation may filter (a connected socket does), it need not.
    fn recv(&mut self, buffer: &mut [u8]) -> impl Future<Output = io::Result<(usize, SocketAddr)>> + Send;

    /// The exchange has ended well: nothing else is to come. An implementation may ask the same server once more from the
    /// same port; a socket that is dropped instead is closed.
    fn keep(self)
    where
        Self: Sized,
    {
    }
}
