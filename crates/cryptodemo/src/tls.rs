//! TLS 1.2 and 1.3 by rustls, with the provider always named: what servers, clients and timings share.

pub mod explain;
pub mod live;
pub mod messages;
pub mod names;
mod opening;
mod reader;
pub mod record;
pub mod secrets;
pub mod tap;

/// Bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
