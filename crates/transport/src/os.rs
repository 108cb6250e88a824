//! The real network: sockets of the operating system.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use socket2::{Domain, Protocol, Socket, Type};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{Datagrams, Network, UdpFlow};
use idle::{Idle, Kept};

mod idle;

/// Sockets that wait for their next exchange, at most.
const MOST_IDLE: usize = 128;

/// Sockets used when nothing else is said: within the soft limit of 1,024 descriptors that most systems set.
const USUAL_SOCKETS: usize = 512;

/// Sockets of the operating system, no more at a time than it has descriptors for.
///
/// Who needs one more is told at once that all are busy, which blames no server: one dead zone must not take the
/// descriptors that clients' connections live on.
#[derive(Debug, Clone)]
pub struct OsNetwork {
    sources: Arc<Sources>,
    /// TCP has a share of its own: idle connections must not hold up datagrams.
    datagrams: Arc<Semaphore>,
    connections: Arc<Semaphore>,
    idle: Arc<Idle>,
}

impl Default for OsNetwork {
    fn default() -> Self {
        Self::new(&[], USUAL_SOCKETS)
    }
}

#[derive(Debug, Default)]
struct Sources {
    ipv4: Vec<Ipv4Addr>,
    ipv6: Vec<Ipv6Addr>,
    next: AtomicUsize,
}

impl OsNetwork {
    /// Sends from the given addresses in turn, or from what the system chooses for a family without any; `sockets` may
    /// be open at a time.
    pub fn new(source_addresses: &[IpAddr], sockets: usize) -> Self {
        let mut sources = Sources::default();
        for address in source_addresses {
            match address {
                IpAddr::V4(v4) => sources.ipv4.push(*v4),
                IpAddr::V6(v6) => sources.ipv6.push(*v6),
            }
        }
        let share = |part: usize| Arc::new(Semaphore::new(part.clamp(1, Semaphore::MAX_PERMITS)));
        let connections = sockets / 4;
        let idle = Arc::new(Idle::new((sockets / 4).min(MOST_IDLE)));
        Self {
            sources: Arc::new(sources),
            datagrams: share(sockets - connections),
            connections: share(connections),
            idle,
        }
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
    type Tcp = OsTcp;

    async fn udp(&self, to: SocketAddr, port: u16) -> io::Result<OsUdp> {
        if let Some(kept) = self.idle.take(to) {
            return Ok(OsUdp { kept: Some(kept), idle: self.idle.clone() });
        }
        let place = loop {
            match place(&self.datagrams) {
                Ok(place) => break place,
                Err(busy) if !self.idle.close_one() => return Err(busy),
                Err(_) => {}
            }
        };
        let socket = datagram_socket(SocketAddr::new(self.source(to), port), to)?;
        let kept = Kept { socket, peer: to, opened: self.idle.now(), exchanges: 1, _place: place };
        Ok(OsUdp { kept: Some(kept), idle: self.idle.clone() })
    }

    async fn tcp(&self, to: SocketAddr) -> io::Result<OsTcp> {
        let place = place(&self.connections)?;
        let socket = if to.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        let source = self.source(to);
        if !source.is_unspecified() {
            socket.bind((source, 0).into())?;
        }
        let stream = socket.connect(to).await?;
        stream.set_nodelay(true)?;
        Ok(OsTcp { stream, _place: place })
    }
}

fn datagram_socket(from: SocketAddr, to: SocketAddr) -> io::Result<Datagrams> {
    let socket = Socket::new(Domain::for_address(to), Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_nonblocking(true)?;
    socket.bind(&from.into())?;
    // A connected socket gets replies from this address and port only, and hears of ICMP errors.
    socket.connect(&to.into())?;
    Datagrams::new(socket.into())
}

/// A place for one more socket.
fn place(free: &Arc<Semaphore>) -> io::Result<OwnedSemaphorePermit> {
    free.clone().try_acquire_owned().map_err(|_| io::ErrorKind::ResourceBusy.into())
}

/// A connected UDP socket.
#[derive(Debug)]
pub struct OsUdp {
    /// None once it has been given back.
    kept: Option<Kept>,
    idle: Arc<Idle>,
}

impl OsUdp {
    fn kept(&self) -> &Kept {
        self.kept.as_ref().expect("only `keep`, which ends the flow, takes it")
    }
}

impl Drop for OsUdp {
    fn drop(&mut self) {
        // The exchange came to nothing, or looked suspicious: the next one shall have a port that nobody can know yet.
        if let Some(kept) = &self.kept {
            self.idle.forget(kept.peer);
        }
    }
}

/// A TCP connection.
#[derive(Debug)]
pub struct OsTcp {
    stream: TcpStream,
    _place: OwnedSemaphorePermit,
}

impl AsyncRead for OsTcp {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for OsTcp {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl UdpFlow for OsUdp {
    async fn send(&mut self, datagram: &[u8]) -> io::Result<()> {
        self.kept().socket.send(datagram).await.map(drop)
    }

    async fn readable(&mut self) -> io::Result<()> {
        self.kept().socket.readable().await
    }

    async fn recv(&mut self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        Ok((self.kept().socket.recv(buffer).await?, self.kept().peer))
    }

    fn keep(mut self) {
        if let Some(kept) = self.kept.take() {
            self.idle.put(kept);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn sockets_are_bounded() {
        let network = OsNetwork::new(&[], 2); // two datagram sockets and, at least, one connection
        let to: SocketAddr = "127.0.0.1:9".parse().unwrap();
        let first = network.udp(to, 0).await.unwrap();
        let _second = network.udp(to, 0).await.unwrap();
        assert_eq!(network.udp(to, 0).await.unwrap_err().kind(), io::ErrorKind::ResourceBusy);
        drop(first);
        network.udp(to, 0).await.unwrap();
    }

    fn port(flow: &OsUdp) -> u16 {
        flow.kept().socket.socket().local_addr().unwrap().port()
    }

    #[tokio::test]
    async fn a_port_is_used_for_one_server_alone_and_a_few_exchanges_only_rfc5452_9_2() {
        let network = OsNetwork::new(&[], 64);
        let [one, other] = ["127.0.0.1:9", "127.0.0.1:10"].map(|text| text.parse::<SocketAddr>().unwrap());
        let flow = network.udp(one, 0).await.unwrap();
        let first = port(&flow);
        flow.keep();
        let elsewhere = network.udp(other, 0).await.unwrap();
        assert_ne!(port(&elsewhere), first, "another server");
        for _ in 1..idle::MOST_EXCHANGES {
            let flow = network.udp(one, 0).await.unwrap();
            assert_eq!(port(&flow), first);
            let beside = network.udp(one, 0).await.unwrap();
            assert_ne!(port(&beside), first, "one exchange at a time");
            drop(beside);
            flow.keep();
        }
        assert_ne!(port(&network.udp(one, 0).await.unwrap()), first, "used up");
    }

    #[tokio::test]
    async fn a_socket_that_was_not_given_back_is_closed() {
        let network = OsNetwork::new(&[], 64);
        let to: SocketAddr = "127.0.0.1:9".parse().unwrap();
        let flow = network.udp(to, 0).await.unwrap();
        let first = port(&flow);
        drop(flow);
        std::net::UdpSocket::bind(("0.0.0.0", first)).unwrap();
    }

    #[tokio::test]
    async fn an_exchange_that_ends_badly_closes_what_waits_for_its_server_rfc5452_9() {
        let network = OsNetwork::new(&[], 64);
        let to: SocketAddr = "127.0.0.1:9".parse().unwrap();
        let (one, other) = (network.udp(to, 0).await.unwrap(), network.udp(to, 0).await.unwrap());
        let first = port(&one);
        one.keep();
        drop(other);
        assert_ne!(port(&network.udp(to, 0).await.unwrap()), first);
    }

    #[tokio::test]
    async fn what_has_come_meanwhile_closes_the_socket() {
        let server = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let to = server.local_addr().unwrap();
        let network = OsNetwork::new(&[], 64);
        let flow = network.udp(to, 0).await.unwrap();
        let first = port(&flow);
        flow.keep();
        server.send_to(b"late", ("127.0.0.1", first)).unwrap();
        assert_ne!(port(&network.udp(to, 0).await.unwrap()), first);
    }

    #[tokio::test]
    async fn idle_sockets_make_room() {
        let network = OsNetwork::new(&[], 4); // three datagram sockets
        let [one, other] = ["127.0.0.1:9", "127.0.0.1:10"].map(|text| text.parse::<SocketAddr>().unwrap());
        network.udp(one, 0).await.unwrap().keep();
        let mut busy = Vec::new();
        for _ in 0..3 {
            busy.push(network.udp(other, 0).await.unwrap());
        }
        assert_eq!(network.udp(other, 0).await.unwrap_err().kind(), io::ErrorKind::ResourceBusy);
    }
}
