//! What lies between A and B: it passes bytes on and keeps a copy, as anybody on the way can.

use serde::{Serialize, Serializer};

use super::message::Kind;

/// Who takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub enum Party {
    /// Begins; has no certificate.
    A,
    /// Has the certificate.
    B,
}

impl Party {
    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }

    /// Name for people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
        }
    }
}

/// One message as it passed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Frame {
    /// Who sent it.
    pub from: Party,
    /// What it is, by its first byte.
    pub kind: Option<Kind>,
    /// All its bytes; in JSON only how many.
    #[serde(serialize_with = "number_of_bytes")]
    pub bytes: Vec<u8>,
}

fn number_of_bytes<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(bytes.len() as u64)
}

/// The connection and all that passed on it.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(transparent)]
pub struct Wire {
    frames: Vec<Frame>,
}

impl Wire {
    /// Passes a message on; what is returned is what the other side receives.
    pub fn send(&mut self, from: Party, bytes: Vec<u8>) -> &[u8] {
        self.frames.push(Frame { from, kind: Kind::of(&bytes), bytes });
        self.last()
    }

    /// What passed last; nothing before the first message.
    #[must_use]
    pub fn last(&self) -> &[u8] {
        self.frames.last().map_or(&[], |frame| &frame.bytes)
    }

    /// All that passed, in order.
    #[must_use]
    pub fn frames(&self) -> &[Frame] {
        &self.frames
    }

    /// Number of bytes that passed, both ways.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.frames.iter().map(|frame| frame.bytes.len() as u64).sum()
    }
}
