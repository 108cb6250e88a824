//! Clients: who may ask, what they asked, and an answer that fits into their message.
//!
//! What it is for: [`Server`] binds UDP and TCP sockets and runs a [`Service`], which is one function from a client's
//! octets to the octets of the reply. Whatever carries the octets (UDP, TCP, and later encrypted transports) calls the
//! same function.
//!
//! What it deliberately does not do: resolve (that is [`engine::Resolver`]), cache, or decide what a name means beyond
//! the special names of RFC 6761 and its relatives.
//!
//! What was asked and answered before goes out ready-made. The way of all other questions: [`receive`] reads it, [`access`](AccessList) decides about the client, [`policy`] answers what
//! needs no look-up, [`local`] data of one's own, [`special`] what has no place in the public DNS, then the cache; what is left waits for the walk,
//! identical questions together. [`respond`] writes the reply.
//!
//! ```
//! use server::{ServerConfig, special};
//! use proto::{Question, Rcode, RrType};
//! let asked = Question::new("secret.onion.".parse().unwrap(), RrType::A);
//! let answer = special::SpecialNames::new(&ServerConfig::default().special_names).answer(&asked).unwrap();
//! assert_eq!(answer.rcode, Rcode::NXDOMAIN);
//! ```

mod access;
mod bind;
mod client;
mod config;
mod holder;
pub mod hosts;
pub mod local;
pub mod policy;
mod questions;
mod ready;
pub mod receive;
pub mod respond;
mod run;
mod service;
pub mod special;
mod stats;
mod tcp;
#[cfg(test)]
mod testing;
mod udp;

pub use access::AccessList;
pub use bind::{BindError, Bound, Server};
pub use client::{Client, Transport};
pub use config::{
    Identity, ListenBy, LocalConfig, LocalZone, LocalZoneKind, MinimalResponses, QuestionLimits, ServerConfig,
    SpecialNamesConfig, SpecialNamesMode, TcpLimits,
};
pub use holder::Holder;
pub use run::Drained;
pub use service::{Service, Step, Waiting};
pub use stats::{Counter, ServerStats};
