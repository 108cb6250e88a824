//! Many datagrams with one system call, where the system has one for it.

use std::io;
#[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd", target_os = "netbsd"))]
use std::net::SocketAddr;

use super::Served;
use super::batch::{BATCH, Buffers};

#[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd", target_os = "netbsd"))]
pub(super) use many::Exchange;
#[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd", target_os = "netbsd")))]
pub(super) use single::Exchange;

#[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd", target_os = "netbsd"))]
mod many;
/// Compiled for tests too, so that it does not rot.
#[cfg_attr(any(target_os = "linux", target_os = "android", target_os = "freebsd", target_os = "netbsd"), cfg(test))]
mod single;

#[cfg(test)]
mod tests;
