//! The walk: how a question is answered from the root down.
//!
//! What it is for: [`Resolver`] answers a [`ClientQuestion`] from the cache, or by iteration over the servers of the
//! root, the top-level domains and the zones below, and writes every step into a [`Trace`].
//!
//! What it deliberately does not do: listen to clients, open sockets, read a clock or draw random numbers by itself
//! (that is [`transport::Env`]), or keep data (that is [`cache::Cache`]).
//!
//! How it is built: functions that wait (`resolver`, `iterate`, `query_zone`, `addresses`) do not decide; functions that
//! decide (`classify`, `scrub`, `minimise`, `select`, `alias`, `budget`, `infra`) do not wait.

mod addresses;
mod alias;
mod anchors;
mod answer;
mod between;
mod budget;
mod classify;
mod config;
mod configured;
mod denials;
mod dns64;
mod error;
mod generations;
pub mod hints;
mod inflight;
mod infra;
mod iterate;
mod lasting;
mod led;
mod minimise;
mod query_zone;
mod race;
mod rebinding;
mod resolver;
mod scrub;
mod select;
mod sentinel;
mod signal;
mod trace;
mod trust;
mod validate;
mod work;

pub use answer::{Answer, Checking, ClientQuestion, Recursion, Synthesis};
pub use between::Hook;
pub use budget::Cost;
pub use config::{
    ConfiguredZone, EngineConfig, Limits, Minimisation, NegativeAnchor, RebindingFilter, RootServer, ServerKind, Stale,
    Validation, WhenTheyFail,
};
pub use dns64::{Dns64, Dns64Error};
pub use dnssec;
pub use error::{ResolveError, Unreachable};
pub use lasting::Lasting;
pub use led::{Led, Panicked};
pub use resolver::Resolver;
pub use trace::{
    CachedWhat, CutSource, Entry, Event, KeySeen, Outcome, Purpose, SignatureSeen, TRACE_VERSION, Trace, Transport,
    TrustSeen,
};
