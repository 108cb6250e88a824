//! Scripted scenarios for a recursive resolver, in the dialects of Deckard and of Unbound's testbound, run in process.
//!
//! What it is for: a scenario is a small internet, a configuration and a conversation. [`reader`] reads it, [`setup`]
//! makes settings of its configuration, [`network`] answers the resolver's questions from its ranges, [`mod@run`] plays the
//! client, and [`compare`] says what of an answer is not as expected.
//!
//! What it deliberately does not do: hold any scenario, know any of them by name, or bend an answer.

pub mod compare;
pub mod config;
pub mod fill;
pub mod mock;
pub mod network;
pub mod reader;
pub mod run;
pub mod scenario;
pub mod scn;
pub mod setup;

pub use reader::{ReadError, read};
pub use run::{Failure, Outcome, run};
pub use scenario::{Dialect, Scenario};
