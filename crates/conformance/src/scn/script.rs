//! What a `.scn` file consists of.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use lab::{Behaviour, Override, Uplink, World};
use proto::{Edns, Name, Question, WallTime};

use super::expect::Expected;
use crate::setup::Setup;

/// One file: a world, a configuration, a conversation.
#[derive(Debug, Clone)]
pub struct Script {
    /// Which rule it guards.
    pub title: String,
    /// The internet, which tells the truth.
    pub(super) world: Arc<World>,
    /// How the resolver is configured.
    pub(super) setup: Setup,
    /// The true time at the start; zones are signed by it.
    pub(super) clock: WallTime,
    /// The conversation.
    pub(super) steps: Vec<Step>,
}

/// One line of the conversation.
#[derive(Debug, Clone)]
pub(super) struct Step {
    /// Where it stands in the file, counted from 1.
    pub(super) line: usize,
    /// The line as it stands there.
    pub(super) text: String,
    pub(super) kind: Kind,
}

/// What happens in a step.
#[derive(Debug, Clone)]
pub(super) enum Kind {
    /// From now on the server at the address behaves so.
    Server(IpAddr, Box<Behaviour>),
    /// The server at the address tells the truth again.
    Heal(IpAddr),
    /// From now on it tells this lie too.
    Lie(IpAddr, Override),
    /// What becomes of the network.
    Network(Network),
    /// A client asks, at the same moment as the one before it or when that one has its answer.
    Ask(Box<Asked>, When),
    /// Time passes.
    Pass(Duration),
    /// The resolver's wall clock is set forward; nothing else moves.
    Jump(Duration),
    /// Counts of what was sent begin anew.
    Mark,
    /// What was sent is counted.
    Sent(Sent),
}

/// What becomes of the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Network {
    /// Our own way to it.
    Uplink(Uplink),
    /// Packets to IPv6 addresses vanish.
    Ipv6Dead,
    /// IPv6 works.
    Ipv6Works,
}

/// When a client asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    /// After the step before.
    Then,
    /// Together with the question before.
    AtOnce,
}

/// A question of a client, and what must come.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) question: Question,
    pub(super) recursion_desired: bool,
    pub(super) checking_disabled: bool,
    pub(super) edns: Option<Edns>,
    pub(super) over: Over,
    pub(super) expected: Expected,
}

/// What carries a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Over {
    Udp,
    Tcp,
}

/// How many questions to servers there must have been since the last mark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sent {
    pub(super) least: usize,
    pub(super) most: usize,
    /// To this address; none: to any.
    pub(super) to: Option<IpAddr>,
    pub(super) over: Option<Over>,
    /// About this name and, if given, type.
    pub(super) name: Option<Name>,
    pub(super) rtype: Option<proto::RrType>,
}
