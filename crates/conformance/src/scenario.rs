//! What a scenario consists of.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use proto::Message;

use crate::config::Settings;

/// Whose way of writing scenarios.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// Deckard.
    Deckard,
    /// Unbound's testbound.
    Unbound,
}

/// One scenario.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// Its dialect.
    pub dialect: Dialect,
    /// Its title.
    pub title: String,
    /// How the resolver is configured.
    pub settings: Settings,
    /// What the servers answer, in the order of the file.
    pub ranges: Vec<Range>,
    /// The conversation.
    pub steps: Vec<Step>,
}

/// What some servers answer during some steps.
#[derive(Debug, Clone)]
pub struct Range {
    /// First step.
    pub first: u32,
    /// Last step.
    pub last: u32,
    /// The servers' addresses; none: every address.
    pub addresses: Vec<IpAddr>,
    /// Answers; the first that fits counts.
    pub entries: Vec<Entry>,
}

/// A message with rules.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Where it begins in the file.
    pub line: usize,
    /// What is compared.
    pub words: BTreeSet<Word>,
    /// What is done to the message before it is sent.
    pub adjustments: BTreeSet<Adjustment>,
    /// Whether it has to be used.
    pub mandatory: bool,
    /// The message; EDNS if the entry names DO or has a block of options.
    pub message: Message,
    /// Octets that are sent instead of the message.
    pub octets: Option<Octets>,
}

/// Octets that are sent instead of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Octets {
    /// As they are, unless `raw_id` is among the adjustments.
    Raw(Vec<u8>),
    /// Always with the query's identifier.
    Answer(Vec<u8>),
}

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the names are those of the files")]
pub enum Word {
    Opcode,
    QName,
    QType,
    Subdomain,
    Flags,
    Rcode,
    Answer,
    Authority,
    Additional,
    /// `all` stood there: classes and EDNS count too.
    All,
    Ttl,
    Udp,
    Tcp,
    /// An extended error of this code, or any.
    Ede(Option<u16>),
}

/// What is done to a message before it is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Adjustment {
    /// The query's identifier.
    CopyId,
    /// The query's question.
    CopyQuery,
    /// Silence.
    DoNotAnswer,
    /// The query's identifier in the first two octets.
    RawId,
}

/// One step of the conversation.
#[derive(Debug, Clone)]
pub struct Step {
    /// Its number.
    pub number: u32,
    /// Where it begins in the file.
    pub line: usize,
    /// What happens.
    pub kind: Kind,
}

/// What happens in a step.
#[derive(Debug, Clone)]
pub enum Kind {
    /// The client asks.
    Query(Entry),
    /// The client's next answer is compared.
    Check(Entry),
    /// The clock moves.
    Pass(Duration),
    /// What is under way comes to rest.
    Traffic,
    /// Nothing.
    Nothing,
}

impl std::fmt::Display for Dialect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Deckard => "deckard",
            Self::Unbound => "unbound",
        })
    }
}

impl Range {
    /// Whether the range speaks for an address at a step.
    pub fn covers(&self, address: IpAddr, step: u32) -> bool {
        (self.first..=self.last).contains(&step) && (self.addresses.is_empty() || self.addresses.contains(&address))
    }
}

impl Entry {
    /// Whether a word is among those to compare.
    pub fn compares(&self, word: Word) -> bool {
        self.words.contains(&word)
    }
}

impl Scenario {
    /// All messages that servers send.
    pub fn scripted(&self) -> impl Iterator<Item = &Message> {
        self.ranges.iter().flat_map(|range| &range.entries).map(|entry| &entry.message)
    }
}
