//! What an attack did, step by step.

use serde::Serialize;

use crate::error::Error;
use crate::{Result, report};

/// An attack as it was carried out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Story {
    /// Its name on the command line.
    pub attack: &'static str,
    /// What it shows, in one line.
    pub title: &'static str,
    /// What happened, in order.
    pub steps: Vec<Step>,
    /// What the attacker got in the end, as text.
    pub recovered: String,
    /// Whether that is what they wanted.
    pub succeeded: bool,
    /// What prevents it, in plain words.
    pub prevention: &'static str,
    /// The same attack tried against the prevention.
    pub prevention_steps: Vec<Step>,
    /// Whether the prevention held.
    pub prevented: bool,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// In plain words.
    pub text: String,
    /// What was seen there.
    pub facts: Vec<Fact>,
}

/// Something seen in a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fact {
    /// What it is.
    pub name: &'static str,
    /// Its value, for reading: bytes in hexadecimal, text in quotes.
    pub value: String,
}

impl Step {
    /// A step without facts.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), facts: Vec::new() }
    }

    /// Adds a fact.
    #[must_use]
    pub fn fact(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.facts.push(Fact { name, value: value.into() });
        self
    }
}

impl Story {
    /// Whether the demonstration showed what it is for.
    ///
    /// # Errors
    /// [`Error::Rejected`] if the attack failed, or the prevention did.
    pub fn verdict(&self) -> Result<()> {
        let Self { attack, .. } = self;
        match (self.succeeded, self.prevented) {
            (true, true) => Ok(()),
            (false, _) => Err(Error::Rejected(format!("{attack}: the attack did not succeed"))),
            (true, false) => Err(Error::Rejected(format!("{attack}: the prevention did not hold"))),
        }
    }
}

/// Bytes in hexadecimal; a long value is cut, and says so.
pub(super) fn hex(bytes: &[u8]) -> String {
    const SHOWN: usize = 64;
    let digits = report::hex(&bytes[..bytes.len().min(SHOWN)]);
    if bytes.len() <= SHOWN { digits } else { format!("{digits}... ({} bytes)", bytes.len()) }
}

/// What the attacker got, for [`Story::recovered`].
pub(super) fn recovered(bytes: Option<&[u8]>) -> String {
    bytes.map_or_else(String::new, |bytes| String::from_utf8_lossy(bytes).into_owned())
}

/// Bytes as text in quotes, with what is no text escaped; a long value is cut, and says so.
pub(super) fn text(bytes: &[u8]) -> String {
    const SHOWN: usize = 200;
    let all = String::from_utf8_lossy(bytes);
    let shown: String = all.chars().take(SHOWN).collect();
    if shown.len() == all.len() { format!("{shown:?}") } else { format!("{shown:?}... ({} bytes)", bytes.len()) }
}
