//! How a server behaves: well, or wrongly in one or several of the ways seen in the wild. Data, not code.

use std::time::Duration;

use proto::{Name, Record};

use crate::overrides::Override;
use crate::tamper::Tampering;

/// The habits of one server. [`Behaviour::default`] is a good server; habits combine.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Behaviour {
    /// What it makes of a question.
    pub conduct: Conduct,
    /// What it makes of EDNS.
    pub edns: EdnsHabit,
    /// What it does with DNS cookies (RFC 7873).
    pub cookies: CookieHabit,
    /// Whether its UDP replies are whole.
    pub udp: UdpHabit,
    /// Whether it serves TCP.
    pub tcp: TcpHabit,
    /// Whether it keeps the letter case of the question.
    pub case: CaseHabit,
    /// What it says about empty non-terminals.
    pub nonterminals: NonTerminalHabit,
    /// Time it thinks before it replies, added to the latency of the network.
    pub delay: Duration,
    /// Records it adds to every reply that it gives as a serving server.
    pub lies: Vec<Lie>,
    /// Forged replies that reach the asker before the true one.
    pub forgeries: Vec<Forgery>,
    /// What somebody on the way does to its replies about a signed zone.
    pub tampering: Option<Tampering>,
    /// What it changes in its replies to some questions, last of all.
    pub overrides: Vec<Override>,
}

/// What a server makes of a question about its zone.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Conduct {
    /// Answers from its zones.
    #[default]
    Serves,
    /// Never says anything.
    Dead,
    /// REFUSED, as a server that does not know the zone.
    Refuses,
    /// SERVFAIL, as a server whose zone has expired.
    ServFail,
    /// NOTIMP.
    NotImp,
    /// FORMERR whatever the form.
    FormErr,
    /// NOERROR with nothing in it and AA clear.
    Empty,
    /// Refers to the root ("upward referral").
    Upward,
    /// Refers to this zone, which is not on the way ("sideways referral").
    Sideways(Name),
    /// Refers to the very zone that was asked.
    SelfReferral,
    /// The right answer with AA clear, as from somebody's cache; knows no referral.
    NonAuthoritative,
    /// Denies everything, with AA and the SOA of this other zone.
    WrongZone(Name),
}

/// What a server makes of a query with an OPT record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EdnsHabit {
    /// RFC 6891.
    #[default]
    Speaks,
    /// Answers as if there were none, and without OPT.
    Ignores,
    /// FORMERR without OPT (RFC 6891 §7).
    FormErr,
    /// NOTIMP without OPT.
    NotImp,
    /// No reply.
    Silent,
    /// BADVERS although version 0 was asked.
    BadVers,
}

/// What a server does with cookies (RFC 7873 §5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CookieHabit {
    /// Does not know the option.
    #[default]
    Ignores,
    /// Gives a server cookie to who sent a client cookie.
    Gives,
    /// Over UDP, BADCOOKIE for who does not send the server cookie back, TC for who sends none.
    Demands,
}

/// UDP replies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UdpHabit {
    /// Whole if they fit.
    #[default]
    Whole,
    /// Always empty with TC.
    Truncates,
}

/// TCP service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TcpHabit {
    /// As RFC 7766 demands.
    #[default]
    Serves,
    /// Connections are refused.
    Refuses,
    /// Takes connections and questions, and says nothing.
    Silent,
    /// Closes after the first question.
    Closes,
    /// Sets TC over TCP too.
    Truncates,
    /// Answers one octet at a time, one per second.
    Drips,
}

/// Letter case of the question in replies ("0x20").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CaseHabit {
    /// As asked.
    #[default]
    Keeps,
    /// In lower case.
    Lowers,
}

/// Replies about empty non-terminals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NonTerminalHabit {
    /// NODATA (RFC 8020 §2).
    #[default]
    NoData,
    /// NXDOMAIN, which breaks strict minimisation.
    NxDomain,
}

/// A record that a lying server adds to its replies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lie {
    /// Where it adds it.
    pub section: Section,
    /// What it adds.
    pub record: Record,
}

/// A section of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// Answer.
    Answer,
    /// Authority.
    Authority,
    /// Additional.
    Additional,
}

/// One kind of forged reply (RFC 5452 §3), over UDP. What it says is always [`FORGED_ADDRESS`](crate::FORGED_ADDRESS).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Forgery {
    /// All is right but the address that it comes from.
    Address,
    /// All is right but the port that it comes from.
    Port,
    /// So many replies that have all right but the ID.
    Id(u16),
    /// The name asked about is another one.
    Question,
    /// The letter case of the name is another one.
    Case,
    /// QR is clear.
    Query,
    /// Octets that are no message.
    Garbage,
}

/// Longest thinking time of a server that is still called good: well inside a resolver's last try.
const GOOD_DELAY: Duration = Duration::from_millis(700);

impl Behaviour {
    /// A good server.
    pub fn normal() -> Self {
        Self::default()
    }

    /// A server with this conduct and no other habit.
    pub fn of(conduct: Conduct) -> Self {
        Self { conduct, ..Self::default() }
    }

    /// A server that never says anything.
    pub fn dead() -> Self {
        Self::of(Conduct::Dead)
    }

    /// True if a resolver that knows its trade gets answers here, loss apart.
    pub fn is_good(&self) -> bool {
        let edns = !matches!(self.edns, EdnsHabit::BadVers | EdnsHabit::NotImp);
        self.conduct == Conduct::Serves && edns && self.tcp == TcpHabit::Serves && self.delay <= GOOD_DELAY
    }

    /// True if some resolver, lenient or lucky, gets a right answer here.
    pub fn may_answer(&self) -> bool {
        let mute = self.udp == UdpHabit::Truncates && self.tcp != TcpHabit::Serves;
        matches!(self.conduct, Conduct::Serves | Conduct::NonAuthoritative) && !mute
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_servers_answer_and_some_others_may() {
        let normal = Behaviour::normal;
        let mute = |tcp| Behaviour { udp: UdpHabit::Truncates, tcp, ..normal() };
        for (behaviour, good, may_answer) in [
            (normal(), true, true),
            (Behaviour { edns: EdnsHabit::FormErr, ..normal() }, true, true),
            (Behaviour { edns: EdnsHabit::Silent, ..normal() }, true, true),
            (Behaviour { edns: EdnsHabit::BadVers, ..normal() }, false, true),
            (Behaviour { edns: EdnsHabit::NotImp, ..normal() }, false, true),
            (Behaviour { delay: GOOD_DELAY * 2, ..normal() }, false, true),
            (Behaviour { tcp: TcpHabit::Refuses, ..normal() }, false, true),
            (mute(TcpHabit::Serves), true, true),
            (mute(TcpHabit::Silent), false, false),
            (Behaviour::of(Conduct::NonAuthoritative), false, true),
            (Behaviour::of(Conduct::Upward), false, false),
            (Behaviour::dead(), false, false),
        ] {
            assert_eq!((behaviour.is_good(), behaviour.may_answer()), (good, may_answer), "{behaviour:?}");
        }
    }
}
