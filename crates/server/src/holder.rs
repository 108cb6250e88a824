//! Which process holds a port, as far as the system tells (Linux: `/proc`).

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;

/// At most so many processes and descriptors of each are looked at: this runs at start, for an error message.
const MAX_PROCESSES: usize = 100_000;
const MAX_DESCRIPTORS: usize = 100_000;
/// State of a listening socket in `/proc/net/tcp`.
const LISTENING: &str = "0A";

/// A process that holds a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Its name.
    pub name: String,
    /// Its number.
    pub pid: u32,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (pid {})", self.name, self.pid)
    }
}

/// Which protocol's port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    Udp,
    Tcp,
}

/// The process that holds a port, if the system tells us: of other users' processes it does not.
pub(crate) fn find(address: SocketAddr, protocol: Protocol) -> Option<Holder> {
    let tables = match protocol {
        Protocol::Udp => ["udp", "udp6"],
        Protocol::Tcp => ["tcp", "tcp6"],
    };
    let inodes: Vec<u64> = tables
        .iter()
        .filter_map(|table| std::fs::read_to_string(Path::new("/proc/net").join(table)).ok())
        .flat_map(|table| inodes(&table, address, protocol))
        .collect();
    if inodes.is_empty() {
        return None;
    }
    let processes = std::fs::read_dir("/proc").ok()?.flatten().take(MAX_PROCESSES);
    let mut numbers = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let pid = numbers.find(|pid| holds(*pid, &inodes))?;
    let name = std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    Some(Holder { name: name.trim().to_owned(), pid })
}

fn holds(pid: u32, inodes: &[u64]) -> bool {
    let Ok(descriptors) = std::fs::read_dir(format!("/proc/{pid}/fd")) else { return false };
    let mut links =
        descriptors.flatten().take(MAX_DESCRIPTORS).filter_map(|entry| std::fs::read_link(entry.path()).ok());
    links.any(|link| link.to_str().and_then(socket_inode).is_some_and(|inode| inodes.contains(&inode)))
}

/// The number in `socket:[12345]`.
fn socket_inode(link: &str) -> Option<u64> {
    link.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()
}

/// The inodes of sockets in a table of `/proc/net` that keep others from binding `address`.
fn inodes(table: &str, address: SocketAddr, protocol: Protocol) -> Vec<u64> {
    let lines = table.lines().skip(1).map(|line| line.split_ascii_whitespace().collect::<Vec<_>>());
    lines
        .filter(|fields| protocol == Protocol::Udp || fields.get(3) == Some(&LISTENING))
        .filter(|fields| {
            fields.get(1).and_then(|local| local_address(local)).is_some_and(|local| in_the_way(local, address))
        })
        .filter_map(|fields| fields.get(9)?.parse().ok())
        .collect()
}

fn in_the_way(local: SocketAddr, wanted: SocketAddr) -> bool {
    let wildcard = |address: IpAddr| address.is_unspecified();
    local.port() == wanted.port()
        && (local.ip().to_canonical() == wanted.ip().to_canonical() || wildcard(local.ip()) || wildcard(wanted.ip()))
}

/// Reads `0100007F:14B4`: the address in words of host byte order, the port.
fn local_address(text: &str) -> Option<SocketAddr> {
    let (address, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let words: Vec<[u8; 4]> = (0..address.len())
        .step_by(8)
        .map(|at| Some(u32::from_str_radix(address.get(at..at + 8)?, 16).ok()?.to_ne_bytes()))
        .collect::<Option<_>>()?;
    let address: IpAddr = match words.as_slice() {
        [v4] => Ipv4Addr::from(*v4).into(),
        [_, _, _, _] => Ipv6Addr::from(<[u8; 16]>::try_from(words.concat()).ok()?).into(),
        _ => return None,
    };
    Some(SocketAddr::new(address, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    const UDP: &str = "\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  101: 0100007F:14B4 00000000:0000 07 00000000:00000000 00:00000000 00000000  1000        0 4711 2 0000000000000000 0
  102: 00000000:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4712 2 0000000000000000 0
  103: 0200007F:14B4 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4713 2 0000000000000000 0
";
    const TCP6: &str = "\
  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when
   0: 00000000000000000000000001000000:14B4 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 0 0 0 91
   1: 00000000000000000000000001000000:14B4 00000000000000000000000001000000:9C40 01 00000000:00000000 00:00000000 0 0 0 92
   2: broken
   3: 0000:zz
";

    fn check(table: &str, address: &str, protocol: Protocol) -> Vec<u64> {
        inodes(table, address.parse().unwrap(), protocol)
    }

    #[cfg(target_endian = "little")] // as the tables above are
    #[test]
    fn sockets_in_the_way_are_found() {
        assert_eq!(check(UDP, "127.0.0.1:5300", Protocol::Udp), [4711]);
        assert_eq!(check(UDP, "127.0.0.1:53", Protocol::Udp), [4712], "a wildcard holds all addresses");
        assert_eq!(check(UDP, "0.0.0.0:5300", Protocol::Udp), [4711, 4713]);
        assert_eq!(check(UDP, "127.0.0.3:5300", Protocol::Udp), []);
        assert_eq!(check(TCP6, "[::1]:5300", Protocol::Tcp), [91], "connections do not listen");
        assert_eq!(check("", "[::1]:5300", Protocol::Tcp), []);
    }

    #[test]
    fn links_of_descriptors() {
        for (link, inode) in
            [("socket:[4711]", Some(4711)), ("pipe:[4711]", None), ("/dev/null", None), ("socket:[x]", None)]
        {
            assert_eq!(socket_inode(link), inode, "{link}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn our_own_socket_is_found() {
        let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let holder = find(socket.local_addr().unwrap(), Protocol::Udp).unwrap();
        assert_eq!(holder.pid, std::process::id());
        assert!(!holder.name.is_empty());
    }
}
