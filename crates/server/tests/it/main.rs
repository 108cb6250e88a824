//! The server over real loopback sockets, with the built-in internet behind it.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod bench;
mod bind;
mod oracle;
mod sockets;
