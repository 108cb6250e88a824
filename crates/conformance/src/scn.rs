//! The project's own scenarios (`.scn`): one file is one small internet and one conversation with the resolver.
//!
//! Zones tell the truth, overrides tell the lies. [`read`] reads a file, [`run`] plays it to the real resolver behind the
//! real service, on the lab's simulated network and a paused clock. The grammar is told in `docs/scenarios.md`.

mod behaviour;
mod changes;
mod expect;
mod lines;
mod play;
mod reader;
mod script;
mod settings;
mod world;

pub use play::{Failure, Outcome, run};
pub use reader::{ReadError, read};
pub use script::Script;
