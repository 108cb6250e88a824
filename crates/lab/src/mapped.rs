//! A network in which the zones' addresses lead to loopback sockets, and all others nowhere.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use transport::{Network, UdpFlow};

/// Loopback socket of every address that zone data knows.
pub type AddressMap = BTreeMap<IpAddr, SocketAddr>;

/// Translates between zone addresses (at any port) and loopback sockets; what is not in the map is refused, so that in
/// lab mode no packet leaves the machine.
#[derive(Debug, Clone)]
pub struct Mapped<N> {
    inner: N,
    map: Arc<AddressMap>,
}

/// A UDP socket of a [`Mapped`] network.
#[derive(Debug)]
pub struct MappedFlow<F> {
    inner: F,
    /// What the owner of the flow thinks it talks to.
    to: SocketAddr,
    /// What it talks to.
    socket: SocketAddr,
}

impl<N> Mapped<N> {
    /// Puts `map` in front of `inner`.
    pub fn new(inner: N, map: AddressMap) -> Self {
        Self { inner, map: Arc::new(map) }
    }

    fn socket(&self, to: SocketAddr) -> io::Result<SocketAddr> {
        let found = self.map.get(&to.ip()).copied();
        found.ok_or_else(|| io::Error::new(io::ErrorKind::HostUnreachable, "no server of the lab has this address"))
    }
}

impl<N: Network> Network for Mapped<N> {
    type Udp = MappedFlow<N::Udp>;
    type Tcp = N::Tcp;

    async fn udp(&self, to: SocketAddr, port: u16) -> io::Result<Self::Udp> {
        let socket = self.socket(to)?;
        Ok(MappedFlow { inner: self.inner.udp(socket, port).await?, to, socket })
    }

    async fn tcp(&self, to: SocketAddr) -> io::Result<Self::Tcp> {
        self.inner.tcp(self.socket(to)?).await
    }
}

impl<F: UdpFlow> UdpFlow for MappedFlow<F> {
    async fn send(&mut self, datagram: &[u8]) -> io::Result<()> {
        self.inner.send(datagram).await
    }

    async fn readable(&mut self) -> io::Result<()> {
        self.inner.readable().await
    }

    async fn recv(&mut self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        let (length, from) = self.inner.recv(buffer).await?;
        // Anybody else keeps his own address, so that the caller sees a stranger.
        Ok((length, if from == self.socket { self.to } else { from }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Faults, SimNetwork, World};
    use proto::{Message, Question, RrType};
    use transport::Entropy;

    #[tokio::test(start_paused = true)]
    async fn replies_seem_to_come_from_the_zone_address_and_strangers_are_refused() {
        let real: SocketAddr = "127.53.0.1:5301".parse().unwrap();
        let zone_address: IpAddr = "fd53::1".parse().unwrap();
        let inner = SimNetwork::new(World::embedded(), Faults::none(), Entropy::seeded(1));
        let network = Mapped::new(inner, AddressMap::from([(zone_address, real)]));
        let mut flow = network.udp(SocketAddr::new(zone_address, 53), 4000).await.unwrap();
        let query = Message::query(1, Question::new("com.".parse().unwrap(), RrType::NS));
        flow.send(&query.to_wire()).await.unwrap();
        let (_, from) = flow.recv(&mut [0; 512]).await.unwrap();
        assert_eq!(from, SocketAddr::new(zone_address, 53));
        let stranger = "198.51.100.1:53".parse().unwrap();
        assert_eq!(network.udp(stranger, 4001).await.unwrap_err().kind(), io::ErrorKind::HostUnreachable);
        assert_eq!(network.tcp(stranger).await.unwrap_err().kind(), io::ErrorKind::HostUnreachable);
    }
}
