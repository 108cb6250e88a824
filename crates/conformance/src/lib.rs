//! Scripted scenarios for a recursive resolver, in the dialects of Deckard and of Unbound's testbound, and how to play them.
//!
//! What it is for: a scenario is a small internet, a configuration and a conversation. [`reader`] reads it, [`setup`]
//! makes settings of its configuration, [`network`] answers the resolver's questions from its ranges, [`conversation`]
//! plays the client, and [`compare`] says what of an answer is not as expected. [`mod@run`] does it all in this process;
//! `xtask` uses the same parts for the binary in a network namespace.
//!
//! What it deliberately does not do: hold any scenario, know any of them by name, or bend an answer.

pub mod compare;
pub mod config;
pub mod conversation;
pub mod fill;
pub mod mock;
pub mod network;
pub mod reader;
pub mod run;
pub mod scenario;
pub mod scn;
pub mod setup;
pub mod suite;

pub use reader::{ReadError, read};
pub use run::{Failure, Outcome, run};
pub use scenario::{Dialect, Scenario};
