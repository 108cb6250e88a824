//! Who asks, and over what.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::time::Duration;

/// Who asks, and over what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Client {
    /// Its address, as the transport saw it.
    pub address: SocketAddr,
    /// What carries question and answer.
    pub transport: Transport,
}

/// What carries question and answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// One packet each way: the address may be forged, the reply must be small.
    Datagram,
    /// A connection: the address is proven, the reply may have 65,535 octets.
    Stream {
        /// How long the connection may stay idle at the moment (RFC 7828).
        idle: Duration,
    },
}

/// What stands for one client in quotas: an IPv4 address, or a /64, which is what one IPv6 host can have to itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ClientKey(IpAddr);

impl Client {
    /// A client that sent a datagram.
    pub fn datagram(address: SocketAddr) -> Self {
        Self { address, transport: Transport::Datagram }
    }

    pub(crate) fn key(&self) -> ClientKey {
        ClientKey::of(self.address.ip())
    }
}

impl ClientKey {
    pub(crate) fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V6(v6) => {
                let network = u128::from(v6) >> 64 << 64;
                Self(Ipv6Addr::from(network).into())
            }
            v4 => Self(v4),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_of_one_ipv6_network_share_their_quotas() {
        let same = |a: &str, b: &str| ClientKey::of(a.parse().unwrap()) == ClientKey::of(b.parse().unwrap());
        assert!(same("2001:db8::1", "2001:db8::ffff:0:0:1"));
        assert!(!same("2001:db8::1", "2001:db8:0:1::1"));
        assert!(!same("192.0.2.1", "192.0.2.2"));
        assert!(same("192.0.2.1", "::ffff:192.0.2.1"));
    }
}
