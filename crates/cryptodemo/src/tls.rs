//! TLS 1.2 and 1.3 by rustls, with the provider always named: what servers, clients and timings share.

pub mod client;
pub mod explain;
pub mod handshake;
pub mod key_log;
pub mod live;
pub mod messages;
pub mod names;
pub mod negotiated;
mod observe;
mod opening;
mod reader;
pub mod record;
pub mod secrets;
pub mod server;
pub mod settings;
pub mod tap;

pub use negotiated::Negotiated;
pub use settings::{ClientSettings, Group, Provider, ServerSettings, Trust, Version};
