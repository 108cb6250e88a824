//! Fitting an answer into the client's message. Pure.

use engine::Answer;
use proto::{Class, Ede, EdeCode, Edns, Flags, Message, OptionCode, Rcode, Record, RrType, Rrset, Security};

use crate::client::Transport;
use crate::config::{Identity, MinimalResponses};
use crate::receive::ReplyTo;

/// Largest reply in a datagram unless configured otherwise, in octets: no fragments on any usual path (RFC 9715 §3).
pub const MAX_DATAGRAM_OCTETS: u16 = 1232;
/// Largest reply in a datagram to a client without EDNS, in octets (RFC 1035 §4.2.1).
const PLAIN_DATAGRAM_OCTETS: u16 = 512;
/// The bits of a query's flags that its reply repeats: opcode, RD, CD (RFC 1035 §4.1.1, RFC 4035 §3.2.2).
const REPEATED: u16 = 0xF << 11 | Flags::RD | Flags::CD;

/// What the configuration says about replies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Style {
    /// Whether sections that are not needed are left out.
    pub minimal: MinimalResponses,
    /// What NSID tells (RFC 5001).
    pub identity: Identity,
    /// Largest reply in a datagram, and what we offer to take, in octets.
    pub datagram_octets: u16,
}

/// What the reply says.
#[derive(Debug, Clone, Copy)]
pub enum Content<'a> {
    /// This answer.
    Answer(&'a Answer),
    /// Nothing: the client is to come back over TCP.
    ComeBackOverTcp,
    /// That the client may not ask.
    Denied,
}

/// A reply in wire form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The octets.
    pub octets: Vec<u8>,
    /// TC is set.
    pub truncated: bool,
    /// Its response code.
    pub rcode: Rcode,
    /// Nothing was left out to make it smaller: every client that takes so much gets the same.
    pub whole: bool,
}

/// Writes the reply to a query.
pub fn build(to: &ReplyTo, content: Content<'_>, transport: Transport, style: &Style) -> Reply {
    match content {
        Content::Answer(answer) => fit(to, answer, transport, style),
        Content::ComeBackOverTcp => truncated(to, Rcode::NOERROR, transport, style),
        Content::Denied => {
            let why = Ede::new(EdeCode::PROHIBITED, "this server does not answer your address");
            let mut message = frame(to, &Answer::failure(Rcode::REFUSED, why), transport, style);
            message.flags.set(Flags::RA, false); // no recursion is available to this client
            finish(&message)
        }
    }
}

/// The largest reply that the client can take, in octets.
pub fn limit(to: &ReplyTo, transport: Transport, style: &Style) -> usize {
    match (transport, &to.edns) {
        (Transport::Stream { .. }, _) => usize::from(u16::MAX),
        (Transport::Datagram, edns) => datagram_limit(edns.as_ref().map(|edns| edns.udp_payload_size), style),
    }
}

/// The largest datagram for a client that offers to take so much with EDNS, or says nothing.
pub(crate) fn datagram_limit(payload: Option<u16>, style: &Style) -> usize {
    // RFC 6891 §6.2.3: sizes below 512 mean 512.
    let limit = payload.map(|payload| payload.clamp(PLAIN_DATAGRAM_OCTETS, style.datagram_octets));
    usize::from(limit.unwrap_or(PLAIN_DATAGRAM_OCTETS))
}

/// What is left out when a reply is too large, before the client is sent to TCP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Detail {
    Full,
    /// Without the sections that only help.
    NoExtras,
    /// Without the words of extended errors too.
    NoWords,
}

fn fit(to: &ReplyTo, answer: &Answer, transport: Transport, style: &Style) -> Reply {
    let limit = limit(to, transport, style);
    for detail in [Detail::Full, Detail::NoExtras, Detail::NoWords] {
        let wire = compose(to, answer, transport, style, detail).to_wire_within(limit);
        if !wire.truncated {
            let whole = detail == Detail::Full;
            return Reply { octets: wire.octets, truncated: false, rcode: answer.rcode, whole };
        }
    }
    match transport {
        // Half an answer is of no use, and more than an unproven address should get (RFC 2181 §9).
        Transport::Datagram => truncated(to, answer.rcode, transport, style),
        Transport::Stream { .. } => {
            let why = Ede::new(EdeCode::OTHER, "the answer is larger than a message can be");
            finish(&frame(to, &Answer::failure(Rcode::SERVFAIL, why), transport, style))
        }
    }
}

fn compose(to: &ReplyTo, answer: &Answer, transport: Transport, style: &Style, detail: Detail) -> Message {
    let mut message = frame(to, answer, transport, style);
    if detail == Detail::NoWords
        && let Some(edns) = &mut message.edns
    {
        let errors = edns.options.iter_mut().filter(|(code, _)| *code == OptionCode::EDE);
        errors.for_each(|(_, data)| data.truncate(2));
    }
    let minimal = style.minimal == MinimalResponses::On || detail != Detail::Full;
    let referral = is_referral(answer);
    let wanted = |set: &&Rrset| match set.rtype {
        // Without the servers a referral says nothing (RFC 1034 §4.3.1).
        RrType::NS if referral => true,
        RrType::SOA => true, // RFC 2308 §5: a denial without it is not cached
        // RFC 4035 §3.1: proofs for clients that can read them.
        RrType::NSEC | RrType::NSEC3 | RrType::RRSIG => to.dnssec_ok(),
        _ => !minimal,
    };
    push_records(&mut message.answer, answer.answer.iter(), to);
    push_records(&mut message.authority, answer.authority.iter().filter(wanted), to);
    if !minimal || referral {
        push_records(&mut message.additional, answer.additional.iter(), to);
    }
    message
}

/// Whether an answer does nothing but name the servers that may know more.
fn is_referral(answer: &Answer) -> bool {
    let has = |rtype| answer.authority.iter().any(|set| set.rtype == rtype);
    answer.rcode == Rcode::NOERROR && answer.answer.is_empty() && has(RrType::NS) && !has(RrType::SOA)
}

/// Names come back in the letter case of the question ("0x20"): the writer makes them pointers to it.
fn push_records<'a>(section: &mut Vec<Record>, sets: impl Iterator<Item = &'a Rrset>, to: &ReplyTo) {
    let class = to.entry.as_ref().map_or(Class::IN, |entry| entry.class);
    for set in sets {
        let record =
            |rtype, data: &[u8]| Record { name: set.name.clone(), rtype, class, ttl: set.ttl, rdata: data.into() };
        section.extend(set.rdatas.iter().map(|data| record(set.rtype, data)));
        // RFC 4035 §3.2.1: no signatures for a client that did not ask for them.
        if to.dnssec_ok() {
            section.extend(set.signatures.iter().map(|data| record(RrType::RRSIG, data)));
        }
    }
}

/// Header, question and OPT record of a reply. AA stays clear but for zones of one's own: over all others a resolver has
/// no authority.
fn frame(to: &ReplyTo, answer: &Answer, transport: Transport, style: &Style) -> Message {
    let mut flags = Flags(Flags::QR | Flags::RA | to.flags.0 & REPEATED);
    // RFC 6840 §5.7, §5.8: AD for those who show that they know what it means. With CD too, if the data was checked
    // before (RFC 4035 §3.2.3 makes no difference); what comes unchecked is never secure.
    let asked = to.dnssec_ok() || to.flags.has(Flags::AD);
    flags.set(Flags::AD, asked && answer.security == Security::Secure);
    // What cannot be read was not asked of a resolver: nothing is offered to its sender.
    flags.set(Flags::RA, answer.rcode != Rcode::FORMERR);
    flags.set(Flags::AA, answer.authoritative);
    let mut message = Message::empty(to.id, flags);
    message.questions.extend(to.entry.clone());
    message.edns = to.edns.as_ref().map(|asked| reply_edns(asked, answer, transport, style));
    message.set_rcode(answer.rcode);
    message
}

/// The OPT record of a reply to a query that had one (RFC 6891 §7). Unknown options are not repeated (§6.1.2).
fn reply_edns(asked: &Edns, answer: &Answer, transport: Transport, style: &Style) -> Edns {
    let mut edns = Edns::new(style.datagram_octets);
    edns.dnssec_ok = asked.dnssec_ok; // RFC 3225 §3
    if let (Some(_), Some(identity)) = (asked.option(OptionCode::NSID), style.identity.octets()) {
        edns.options.push((OptionCode::NSID, identity.to_vec()));
    }
    if let (Some(_), Transport::Stream { idle }) = (asked.option(OptionCode::TCP_KEEPALIVE), transport) {
        // RFC 7828 §3.1: in units of 100 ms; never over UDP (§3.2.1).
        let units = u16::try_from(idle.as_millis() / 100).unwrap_or(u16::MAX);
        edns.options.push((OptionCode::TCP_KEEPALIVE, units.to_be_bytes().to_vec()));
    }
    edns.options.extend(answer.extended_errors.iter().map(Ede::to_option));
    edns
}

/// An empty reply with TC.
fn truncated(to: &ReplyTo, rcode: Rcode, transport: Transport, style: &Style) -> Reply {
    let mut message = frame(to, &Answer::empty(rcode), transport, style);
    message.flags.set(Flags::TC, true);
    finish(&message)
}

fn finish(message: &Message) -> Reply {
    let truncated = message.flags.has(Flags::TC);
    Reply { truncated, rcode: message.rcode(), octets: message.to_wire(), whole: false }
}

/// SERVFAIL from the header alone, for when even reading the rest went wrong.
pub(crate) fn internal_error(request: &[u8]) -> Option<Vec<u8>> {
    let header = request.first_chunk::<4>()?;
    let flags = u16::from_be_bytes([header[2], header[3]]) & REPEATED | Flags::QR | Flags::RA;
    let mut message = Message::empty(u16::from_be_bytes([header[0], header[1]]), Flags(flags));
    message.set_rcode(Rcode::SERVFAIL);
    Some(message.to_wire())
}

#[cfg(test)]
mod tests;
