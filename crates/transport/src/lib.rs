//! One question to one server, over the three doors to the outside.
//!
//! What it is for: [`exchange`] sends a question so that a forged reply has the worst chance (random identifier, port
//! and letter case, cookies; RFC 5452, RFC 7873), drops what does not match, and goes over TCP where UDP does not do.
//! [`Network`], [`Clock`] and [`Entropy`] are the only ways to sockets, time and chance; the simulation replaces them.
//!
//! What it deliberately does not do: choose servers, retry, cache, or read the meaning of a reply.

mod clock;
mod datagrams;
mod entropy;
mod exchange;
mod network;
mod os;
mod query;
mod tcp;

pub use clock::Clock;
pub use datagrams::Datagrams;
pub use entropy::Entropy;
pub use exchange::{Again, Ask, Begin, ExchangeError, Listener, Patience, Progress, Reply, exchange};
pub use network::{Network, UdpFlow};
pub use os::{OsNetwork, OsTcp, OsUdp};
pub use query::{Case, Cookie, Mismatch, Style};
pub use tcp::TcpConnections;

/// The three doors to the outside: sockets, time, chance. Everything else takes `now`, a draw, or octets as arguments.
#[derive(Debug, Clone)]
pub struct Env<N> {
    /// Sockets.
    pub net: N,
    /// Time.
    pub clock: Clock,
    /// Chance.
    pub entropy: Entropy,
}
