//! What a server of a scenario answers. Pure: the query and the step are arguments.

use std::net::IpAddr;

use proto::{Class, Edns, Flags, Message, Rcode};

use crate::fill;
use crate::reader::entry::EDNS_OCTETS;
use crate::scenario::{Adjustment, Dialect, Entry, Octets, Scenario, Word};

/// What carries a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carrier {
    /// A datagram.
    Udp,
    /// A connection.
    Tcp,
}

/// What comes of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// What is sent; `None`: silence.
    pub octets: Option<Vec<u8>>,
    /// Range and entry that it comes from; `None`: the scenario does not foresee the query.
    pub entry: Option<(usize, usize)>,
    /// For people.
    pub told: String,
}

/// The answer of the server at `address` at `step`.
pub fn reply(scenario: &Scenario, address: IpAddr, step: u32, query: &Message, carrier: Carrier) -> Reply {
    for (index, range) in scenario.ranges.iter().enumerate() {
        if !range.covers(address, step) {
            continue;
        }
        if let Some(at) = range.entries.iter().position(|entry| fits(entry, query, carrier, scenario.dialect)) {
            let entry = &range.entries[at];
            let told = format!("line {}", entry.line);
            return Reply { octets: compose(entry, query, scenario.dialect), entry: Some((index, at)), told };
        }
    }
    let mut filled = Message::empty(query.id, Flags(Flags::QR | query.flags.0 & Flags::RD));
    filled.questions.clone_from(&query.questions);
    filled.edns = edns_for(query);
    let told = match fill::fill(scenario, address, step, query, &mut filled) {
        Some(what) => format!("unforeseen; {what}"),
        None => {
            filled.set_rcode(Rcode::SERVFAIL);
            "unforeseen; SERVFAIL".to_owned()
        }
    };
    Reply { octets: Some(filled.to_wire()), entry: None, told }
}

/// Whether an entry fits a query.
fn fits(entry: &Entry, query: &Message, carrier: Carrier, dialect: Dialect) -> bool {
    let (ours, theirs) = (entry.message.questions.first(), query.questions.first());
    let all = entry.compares(Word::All);
    entry.words.iter().all(|word| match word {
        Word::Opcode => entry.message.flags.opcode() == query.flags.opcode(),
        Word::QName => match (ours, theirs) {
            (Some(ours), Some(theirs)) => ours.question.name == theirs.question.name,
            (None, theirs) => dialect == Dialect::Unbound || theirs.is_none(),
            (Some(_), None) => false,
        },
        Word::QType => match (ours, theirs) {
            (Some(ours), Some(theirs)) => {
                ours.question.rtype == theirs.question.rtype && (!all || ours.class == theirs.class)
            }
            (None, theirs) => dialect == Dialect::Unbound || theirs.is_none(),
            (Some(_), None) => false,
        },
        Word::Subdomain => match (ours, theirs) {
            (Some(ours), Some(theirs)) => theirs.question.name.is_at_or_below(&ours.question.name),
            (ours, _) => ours.is_none(),
        },
        Word::Udp => carrier == Carrier::Udp,
        Word::Tcp => carrier == Carrier::Tcp,
        // The others speak of answers.
        _ => true,
    })
}

fn compose(entry: &Entry, query: &Message, dialect: Dialect) -> Option<Vec<u8>> {
    let does = |adjustment| entry.adjustments.contains(&adjustment);
    if does(Adjustment::DoNotAnswer) {
        return None;
    }
    let with_id = |octets: &[u8]| {
        let mut octets = octets.to_vec();
        octets.iter_mut().zip(query.id.to_be_bytes()).for_each(|(octet, id)| *octet = id);
        octets
    };
    match &entry.octets {
        Some(Octets::Raw(octets)) if does(Adjustment::RawId) => return Some(with_id(octets)),
        Some(Octets::Raw(octets)) => return Some(octets.clone()),
        Some(Octets::Answer(octets)) => return Some(with_id(octets)),
        None => {}
    }
    let mut message = entry.message.clone();
    if dialect == Dialect::Unbound || does(Adjustment::CopyId) {
        message.id = query.id;
    }
    if does(Adjustment::CopyQuery) {
        message.questions.clone_from(&query.questions);
    } else if let (Some(scripted), Some(asked)) = (message.questions.first_mut(), query.questions.first())
        && scripted.question.name == asked.question.name
    {
        scripted.question.name = asked.question.name.clone();
    }
    let rcode = message.rcode();
    message.edns = edns_for(query);
    message.set_rcode(rcode);
    Some(message.to_wire())
}

fn edns_for(query: &Message) -> Option<Edns> {
    let asked = query.edns.as_ref()?;
    Some(Edns { dnssec_ok: asked.dnssec_ok, ..Edns::new(EDNS_OCTETS) })
}

/// Whether a class is the usual one.
pub(crate) fn is_internet(query: &Message) -> bool {
    query.questions.first().is_some_and(|entry| entry.class == Class::IN)
}
