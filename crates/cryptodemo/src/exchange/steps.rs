//! The exchange of the notes as it is told: its steps and what passed.

use serde::Serialize;

use super::message::Kind;
use super::wire::{Frame, Party};

/// Who does a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Who {
    /// The certification authority.
    #[serde(rename = "CA")]
    Authority,
    /// One of the two.
    #[serde(untagged)]
    Party(Party),
}

impl Who {
    /// Name for people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Authority => "CA",
            Self::Party(party) => party.name(),
        }
    }
}

/// One step of the exchange.
#[derive(Debug, Clone, Serialize)]
pub struct Step {
    /// Number of the step; 0 for what was done before.
    pub number: usize,
    /// Who does it.
    pub who: Who,
    /// Whether it sends something to the other side, and how many bytes.
    pub sent_bytes: Option<u64>,
    /// Short name, for tables.
    pub name: &'static str,
    /// What is done.
    pub what: String,
    /// Time it takes.
    pub time_ns: u64,
    /// Whether the time is part of the total: what is made once for many sessions is not.
    pub counted: bool,
    /// More about it: a name and a text each.
    pub details: Vec<(String, String)>,
    /// Keys in hexadecimal; empty unless asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<(String, String)>,
}

/// The whole exchange.
#[derive(Debug, Clone, Serialize)]
pub struct Exchange {
    /// Its steps, in order.
    pub steps: Vec<Step>,
    /// What passed between A and B: who sent what, and how many bytes.
    pub wire: Vec<WireFrame>,
    /// All bytes that passed.
    pub wire_bytes: u64,
    /// Those of them that set the session up.
    pub handshake_bytes: u64,
    /// Sum of the counted times.
    pub total_ns: u64,
}

/// One message as it passed.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct WireFrame {
    /// Who sent it.
    pub from: Party,
    /// What it is.
    pub kind: Option<Kind>,
    /// How many bytes.
    pub bytes: u64,
}

impl From<&Frame> for WireFrame {
    fn from(frame: &Frame) -> Self {
        Self { from: frame.from, kind: frame.kind, bytes: frame.bytes.len() as u64 }
    }
}
