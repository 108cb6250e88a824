//! Sockets: exactly the addresses given, UDP and TCP, and a helpful word when that does not work.

use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::num::NonZero;
use std::sync::Arc;

use socket2::{Domain, Socket, Type};

use crate::config::{ListenBy, ServerConfig};
use crate::holder::{self, Holder, Protocol};
use crate::stats::ServerStats;

/// What we ask the system to keep for each UDP socket, in octets: bursts wait there while threads are busy.
const SOCKET_BUFFER_OCTETS: usize = 4 << 20;
/// Connections that the system keeps until we accept them.
const TCP_BACKLOG: i32 = 1024;
/// Draws of a free port when port 0 was asked for: the port must be free for TCP and UDP.
const FREE_PORT_DRAWS: usize = 16;
/// Sockets per address at most; more cores than this share.
const MAX_SOCKETS_PER_ADDRESS: usize = 64;

/// Binds addresses.
#[derive(Debug)]
pub struct Server;

/// Bound sockets: from now on the system keeps what clients send.
#[derive(Debug)]
pub struct Bound {
    pub(crate) config: ServerConfig,
    pub(crate) sockets: Vec<Sockets>,
    addresses: Vec<SocketAddr>,
    skipped: Vec<BindError>,
    stats: Arc<ServerStats>,
}

/// The sockets of one address.
#[derive(Debug)]
pub(crate) struct Sockets {
    pub(crate) udp: Vec<UdpSocket>,
    pub(crate) tcp: TcpListener,
}

/// Why an address cannot be served.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BindError {
    /// Somebody has it.
    #[error("{address} is taken{}: choose another with --listen {}{}", by(holder.as_ref()), another(*address), or_stop(holder.as_ref()))]
    InUse {
        /// The address.
        address: SocketAddr,
        /// Who, where the system tells.
        holder: Option<Holder>,
    },
    /// The port needs a right that the process lacks.
    #[error(
        "not permitted to listen on {address}: ports below 1024 need a right; choose a port above 1023, give the right \
         with `sudo setcap cap_net_bind_service=+ep PATH-OF-ROOTWALK`, or start it from a systemd unit that says \
         AmbientCapabilities=CAP_NET_BIND_SERVICE"
    )]
    NotPermitted {
        /// The address.
        address: SocketAddr,
    },
    /// The host does not have it.
    #[error("{address} is no address of this host: see `ip address` for those it has")]
    NoSuchAddress {
        /// The address.
        address: SocketAddr,
    },
    /// Something else.
    #[error("cannot listen on {address}: {why}")]
    Failed {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        why: String,
    },
    /// There is nothing to listen on.
    #[error("there is no address to listen on: give one with --listen 127.0.0.1:5300")]
    NoAddress,
}

fn by(holder: Option<&Holder>) -> String {
    holder.map_or_else(String::new, |holder| format!(" by {holder}"))
}

fn or_stop(holder: Option<&Holder>) -> String {
    holder.map_or_else(String::new, |holder| format!(", or stop process {holder}"))
}

/// The next port, for a suggestion that is likely to work without rights.
fn another(address: SocketAddr) -> SocketAddr {
    let port = if address.port() < 1024 { 5300 } else { address.port().checked_add(1).unwrap_or(5300) };
    SocketAddr::new(address.ip(), port)
}

impl Server {
    /// Binds all addresses of `config`, UDP and TCP.
    ///
    /// # Errors
    /// When an address that was asked for cannot be bound, or none can.
    pub fn bind(config: ServerConfig) -> Result<Bound, BindError> {
        let sockets_each = match config.threads {
            0 => std::thread::available_parallelism().map_or(1, NonZero::get),
            threads => threads,
        };
        let (mut sockets, mut addresses, mut skipped) = (Vec::new(), Vec::new(), Vec::new());
        let mut seen = Vec::new();
        for address in &config.listen {
            if seen.contains(address) && address.port() != 0 {
                continue;
            }
            seen.push(*address);
            match bind_address(*address, sockets_each.min(MAX_SOCKETS_PER_ADDRESS)) {
                Ok((bound, actual)) => {
                    sockets.push(bound);
                    addresses.push(actual);
                }
                Err(error) if may_be_skipped(&error, config.listen_by) => skipped.push(error),
                Err(error) => return Err(error),
            }
        }
        if sockets.is_empty() {
            return Err(skipped.pop().unwrap_or(BindError::NoAddress));
        }
        Ok(Bound { config, sockets, addresses, skipped, stats: Arc::default() })
    }
}

impl Bound {
    /// The addresses bound, with the actual port where port 0 was asked for.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Default addresses that this host cannot serve, for a note to the user.
    pub fn skipped(&self) -> &[BindError] {
        &self.skipped
    }

    /// The counters.
    pub fn stats(&self) -> &Arc<ServerStats> {
        &self.stats
    }
}

/// A host without IPv6 is no reason not to serve IPv4, unless the user wanted IPv6.
fn may_be_skipped(error: &BindError, listen_by: ListenBy) -> bool {
    matches!((error, listen_by), (BindError::NoSuchAddress { address }, ListenBy::Default) if address.is_ipv6())
}

fn bind_address(address: SocketAddr, udp_sockets: usize) -> Result<(Sockets, SocketAddr), BindError> {
    let draws = if address.port() == 0 { FREE_PORT_DRAWS } else { 1 };
    let mut last = BindError::NoAddress;
    for _ in 0..draws {
        match bind_once(address, udp_sockets) {
            Err(in_use @ BindError::InUse { .. }) => last = in_use,
            other => return other,
        }
    }
    Err(last)
}

fn bind_once(address: SocketAddr, udp_sockets: usize) -> Result<(Sockets, SocketAddr), BindError> {
    // TCP first: its port cannot be shared, which tells of another rootwalk before we share its UDP port.
    let tcp = tcp_listener(address).map_err(|error| explain(&error, address, Protocol::Tcp))?;
    let actual = tcp.local_addr().map_err(|error| explain(&error, address, Protocol::Tcp))?;
    let failed = |error: io::Error| explain(&error, actual, Protocol::Udp);
    // SO_REUSEPORT would silently share the port with any process of this user that uses it too: look without first.
    drop(udp_socket(actual, Sharing::Alone).map_err(failed)?);
    let udp = (0..udp_sockets.max(1)).map(|_| udp_socket(actual, Sharing::AmongOurs)).collect::<Result<_, _>>();
    Ok((Sockets { udp: udp.map_err(failed)?, tcp }, actual))
}

/// Whether several sockets may have one port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sharing {
    Alone,
    AmongOurs,
}

fn udp_socket(address: SocketAddr, sharing: Sharing) -> io::Result<UdpSocket> {
    let socket = new_socket(address, Type::DGRAM)?;
    #[cfg(unix)]
    socket.set_reuse_port(sharing == Sharing::AmongOurs)?;
    socket.bind(&address.into())?;
    // The system may give less: then a burst loses more, and clients ask again.
    let _ = socket.set_recv_buffer_size(SOCKET_BUFFER_OCTETS);
    let _ = socket.set_send_buffer_size(SOCKET_BUFFER_OCTETS);
    Ok(socket.into())
}

fn tcp_listener(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = new_socket(address, Type::STREAM)?;
    // Old connections in TIME-WAIT must not keep a restarted server from its port.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    // RFC 7766 §8 wants replies at once; without it they are only later.
    let _ = socket.set_tcp_nodelay(true);
    socket.listen(TCP_BACKLOG)?;
    Ok(socket.into())
}

fn new_socket(address: SocketAddr, kind: Type) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), kind, None)?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?; // exactly the address given
    }
    socket.set_nonblocking(true)?;
    Ok(socket)
}

fn explain(error: &io::Error, address: SocketAddr, protocol: Protocol) -> BindError {
    match error.kind() {
        io::ErrorKind::AddrInUse => BindError::InUse { address, holder: holder::find(address, protocol) },
        io::ErrorKind::PermissionDenied => BindError::NotPermitted { address },
        io::ErrorKind::AddrNotAvailable => BindError::NoSuchAddress { address },
        // A kernel without IPv6 does not know the family at all.
        _ if error.raw_os_error() == Some(libc::EAFNOSUPPORT) => BindError::NoSuchAddress { address },
        _ => BindError::Failed { address, why: error.to_string() },
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<_> = self.addresses.iter().map(|address| format!("listening on {address} (udp, tcp)")).collect();
        f.write_str(&lines.join("\n"))
    }
}
