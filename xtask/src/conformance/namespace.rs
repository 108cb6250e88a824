//! The network that a scenario is played in: a namespace with nothing but the loopback device, which has the addresses
//! of all servers. What is not there is unreachable at once.

use std::collections::BTreeSet;
use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::process::{Command, Stdio};

use ::conformance::Dialect;
use ::conformance::config::Settings;
use anyhow::{Context, bail};

/// Port of the resolver, and of the servers.
pub(super) const PORT: u16 = 53;

/// Who the client and the resolver are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Places {
    pub(super) client: IpAddr,
    pub(super) resolver: SocketAddr,
}

impl Places {
    /// Unbound's client is on the same host as the resolver, Deckard's is not; who has an IPv6 root server uses IPv6.
    pub(super) fn new(settings: &Settings) -> Self {
        let ipv6 = settings.root_hints.first().is_some_and(|(_, address)| address.is_ipv6());
        let (client, resolver): (IpAddr, IpAddr) = match (settings.dialect, ipv6) {
            (Dialect::Unbound, _) => (Ipv4Addr::LOCALHOST.into(), Ipv4Addr::new(127, 0, 0, 251).into()),
            (Dialect::Deckard, false) => (Ipv4Addr::new(192, 0, 2, 250).into(), Ipv4Addr::new(192, 0, 2, 251).into()),
            (Dialect::Deckard, true) => (
                Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0x250).into(),
                Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0x251).into(),
            ),
        };
        Self { client, resolver: (resolver, PORT).into() }
    }
}

/// Brings the namespace's loopback device up, with all addresses.
pub(super) fn set_up(places: Places, servers: &BTreeSet<IpAddr>) -> anyhow::Result<()> {
    if servers.contains(&places.resolver.ip()) || (servers.contains(&places.client) && !places.client.is_loopback()) {
        bail!("a server of the scenario has the address of the client or the resolver");
    }
    let addresses: BTreeSet<IpAddr> = servers.iter().copied().chain([places.client, places.resolver.ip()]).collect();
    let mut ip = Command::new("ip").args(["-batch", "-"]).stdin(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    ip.stdin.take().context("piped")?.write_all(commands(&addresses).as_bytes())?;
    let output = ip.wait_with_output()?;
    if !output.status.success() {
        bail!("ip cannot add the addresses: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(())
}

/// What `ip` is told. 127.0.0.0/8 and ::1 are there already.
fn commands(addresses: &BTreeSet<IpAddr>) -> String {
    let mut lines = "link set lo up\n".to_owned();
    for address in addresses.iter().filter(|address| !address.is_loopback()) {
        lines += &match address {
            IpAddr::V4(v4) => format!("address add {v4}/32 dev lo\n"),
            // Nobody else can have it: without the wait for duplicates it can be used at once.
            IpAddr::V6(v6) => format!("address add {v6}/128 dev lo nodad\n"),
        };
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_there_already() {
        let addresses = ["127.0.0.2", "192.0.2.1", "::1", "::2"].map(|text| text.parse().unwrap());
        let expected = "link set lo up\naddress add 192.0.2.1/32 dev lo\naddress add ::2/128 dev lo nodad\n";
        assert_eq!(commands(&addresses.into()), expected);
    }
}
