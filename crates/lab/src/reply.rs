//! What comes back from a server for one query: a pure function of world, server, habits and query.

mod forge;

use std::net::{IpAddr, Ipv4Addr};

use proto::{Flags, Message, Name, OptionCode, Question, Rcode, Record, RrType, WallTime, rdata};

use crate::behaviour::{
    Behaviour, CaseHabit, Conduct, CookieHabit, EdnsHabit, NonTerminalHabit, Section, TcpHabit, UdpHabit,
};
use crate::overrides;
use crate::respond::{SERVER_PAYLOAD_OCTETS, refusal, reply_to};
use crate::tamper::tamper;
use crate::{Server, World};

/// What every forged reply says; no zone of the lab has it.
pub const FORGED_ADDRESS: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 66);

/// UDP replies to queries without EDNS (RFC 1035 §4.2.1).
const PLAIN_PAYLOAD_OCTETS: u16 = 512;

/// How a query came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Transport {
    /// In a datagram.
    Udp,
    /// On a connection.
    Tcp,
}

/// A reply and where it seems to come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outgoing {
    pub(crate) octets: Vec<u8>,
    pub(crate) from: Source,
    /// True if the server did not send it.
    pub(crate) forged: bool,
}

/// Where a reply seems to come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// The server that was asked.
    Server,
    /// Another address.
    OtherAddress,
    /// Another port of the server.
    OtherPort,
}

/// Everything that comes back for `query`, in order; forged replies first.
pub(crate) fn replies(
    world: &World,
    server: &Server,
    behaviour: &Behaviour,
    query: &[u8],
    transport: Transport,
    now: WallTime,
) -> Vec<Outgoing> {
    let parsed = match Message::parse(query) {
        // Never answer an answer: two servers would talk for ever.
        Ok(message) if message.flags.has(Flags::QR) => return Vec::new(),
        Ok(message) => message,
        Err(_) => return format_error(behaviour, query),
    };
    let true_reply = decide(world, server, behaviour, &parsed, transport, now);
    let mut out = Vec::new();
    if transport == Transport::Udp {
        out.extend(behaviour.forgeries.iter().flat_map(|forgery| forge::forge(*forgery, &parsed)));
    }
    let concerned = || {
        let about = |other: &&overrides::Override| parsed.question().is_some_and(|question| other.is_about(question));
        behaviour.overrides.iter().filter(about)
    };
    let told = match (true_reply, parsed.question()) {
        (Some(reply), Some(question)) => overrides::apply(concerned(), (world, server), question, now, reply),
        (reply, _) => reply,
    };
    if let Some(reply) = told {
        let limit = limit(&parsed, &reply, transport);
        out.push(Outgoing {
            octets: overrides::to_octets(concerned(), reply, limit),
            from: Source::Server,
            forged: false,
        });
    }
    out
}

/// RFC 6891 §6.2.3: the lower of what both sides can take.
fn limit(query: &Message, reply: &Message, transport: Transport) -> usize {
    if transport == Transport::Tcp {
        return usize::from(u16::MAX);
    }
    let offered = query.edns.as_ref().filter(|_| reply.edns.is_some()).map(|edns| edns.udp_payload_size);
    usize::from(offered.unwrap_or(0).clamp(PLAIN_PAYLOAD_OCTETS, SERVER_PAYLOAD_OCTETS))
}

fn format_error(behaviour: &Behaviour, query: &[u8]) -> Vec<Outgoing> {
    let header = query.first_chunk::<{ proto::HEADER_OCTETS }>();
    let Some(header) = header.filter(|header| header[2] & 0x80 == 0 && behaviour.conduct != Conduct::Dead) else {
        return Vec::new();
    };
    let mut reply = Message::empty(u16::from_be_bytes([header[0], header[1]]), Flags(Flags::QR));
    reply.set_rcode(Rcode::FORMERR);
    vec![Outgoing { octets: reply.to_wire(), from: Source::Server, forged: false }]
}

/// The true reply, whatever its size; `None` for silence.
fn decide(
    world: &World,
    server: &Server,
    behaviour: &Behaviour,
    query: &Message,
    transport: Transport,
    now: WallTime,
) -> Option<Message> {
    if behaviour.conduct == Conduct::Dead {
        return None;
    }
    let mut query = query.clone();
    if query.edns.is_some() && refusal(&query) != Some(Rcode::BADVERS) {
        match behaviour.edns {
            EdnsHabit::Speaks => {}
            EdnsHabit::Ignores => query.edns = None,
            EdnsHabit::FormErr => return Some(plain(&query, Rcode::FORMERR)),
            EdnsHabit::NotImp => return Some(plain(&query, Rcode::NOTIMP)),
            EdnsHabit::Silent => return None,
            EdnsHabit::BadVers => return Some(bare(&query, Rcode::BADVERS)),
        }
    }
    let mut reply = match refusal(&query) {
        Some(rcode) => bare(&query, rcode),
        None => converse(world, server, behaviour, &query, now),
    };
    bake(server, behaviour.cookies, &query, transport, &mut reply);
    let cut = match transport {
        Transport::Udp => behaviour.udp == UdpHabit::Truncates,
        Transport::Tcp => behaviour.tcp == TcpHabit::Truncates,
    };
    // A refusal is small: nobody cuts it off.
    if cut && matches!(reply.rcode(), Rcode::NOERROR | Rcode::NXDOMAIN | Rcode::YXDOMAIN) {
        truncate(&mut reply);
    }
    if behaviour.case == CaseHabit::Lowers {
        for entry in &mut reply.questions {
            entry.question.name = entry.question.name.to_lowercase();
        }
    }
    Some(reply)
}

fn bare(query: &Message, rcode: Rcode) -> Message {
    let mut reply = reply_to(query);
    reply.set_rcode(rcode);
    reply
}

fn plain(query: &Message, rcode: Rcode) -> Message {
    let mut reply = reply_to(query);
    reply.edns = None;
    reply.set_rcode(rcode);
    reply
}

fn truncate(reply: &mut Message) {
    reply.answer.clear();
    reply.authority.clear();
    reply.additional.clear();
    reply.flags.set(Flags::TC, true);
}

/// What the server's conduct makes of a well-formed question.
fn converse(world: &World, server: &Server, behaviour: &Behaviour, query: &Message, now: WallTime) -> Message {
    let Some(question) = query.question() else { return bare(query, Rcode::FORMERR) };
    match &behaviour.conduct {
        Conduct::Serves => serve(world, server, behaviour, query, now),
        Conduct::Dead | Conduct::Empty => reply_to(query),
        Conduct::Refuses => bare(query, Rcode::REFUSED),
        Conduct::ServFail => bare(query, Rcode::SERVFAIL),
        Conduct::NotImp => bare(query, Rcode::NOTIMP),
        Conduct::FormErr => bare(query, Rcode::FORMERR),
        Conduct::Upward => refer(world, query, &Name::root()),
        Conduct::Sideways(zone) => refer(world, query, zone),
        Conduct::SelfReferral => {
            let zone = world.zone_for(server, question);
            refer(world, query, zone.map_or(&question.name, |zone| &zone.apex))
        }
        Conduct::NonAuthoritative => {
            let mut reply = from_zone(world, server, query, question, now);
            if reply.answer.is_empty() && !reply.flags.has(Flags::AA) {
                return reply_to(query); // a cache has no referrals to give
            }
            reply.flags.set(Flags::AA, false);
            reply
        }
        Conduct::WrongZone(zone) => {
            let mut reply = bare(query, Rcode::NXDOMAIN);
            reply.flags.set(Flags::AA, true);
            reply.authority.extend(world.zone(zone).map(crate::Zone::negative_soa));
            reply
        }
    }
}

fn serve(world: &World, server: &Server, behaviour: &Behaviour, query: &Message, now: WallTime) -> Message {
    let Some(question) = query.question() else { return bare(query, Rcode::FORMERR) };
    let mut reply = from_zone(world, server, query, question, now);
    if behaviour.nonterminals == NonTerminalHabit::NxDomain
        && reply.flags.has(Flags::AA)
        && let Some(zone) = world.zone_for(server, question)
    {
        let last = reply.answer.last();
        let alias = last.filter(|record| record.rtype == RrType::CNAME && question.rtype != RrType::CNAME);
        let end = alias.and_then(|record| rdata::target(&record.rdata));
        let end = end.as_ref().unwrap_or(&question.name);
        let data = last.is_some() && alias.is_none();
        if !data && end.is_at_or_below(&zone.apex) && zone.exists(end) && zone.node(end).is_none() {
            reply.set_rcode(Rcode::NXDOMAIN);
        }
    }
    let told = world.zone_for(server, question);
    if let (Some(zone), Some(tampering)) = (told, &behaviour.tampering)
        && zone.apex == tampering.zone
    {
        tamper(world, zone, tampering.kind, question, now, &mut reply);
    }
    for lie in &behaviour.lies {
        let section = match lie.section {
            Section::Answer => &mut reply.answer,
            Section::Authority => &mut reply.authority,
            Section::Additional => &mut reply.additional,
        };
        section.push(lie.record.clone());
    }
    reply
}

fn from_zone(world: &World, server: &Server, query: &Message, question: &Question, now: WallTime) -> Message {
    match world.zone_for(server, question) {
        Some(zone) => zone.respond(query, now),
        None => bare(query, Rcode::REFUSED),
    }
}

/// A referral to a zone of this world, glue included.
fn refer(world: &World, query: &Message, to: &Name) -> Message {
    let mut reply = reply_to(query);
    let Some(zone) = world.zone(to) else { return reply };
    reply.authority = zone.set(to, RrType::NS).to_vec();
    for name in reply.authority.iter().filter_map(|record| rdata::target(&record.rdata)) {
        let addresses = world.servers().iter().filter(|server| server.name == name).flat_map(|s| &s.addresses);
        reply.additional.extend(addresses.map(|address| {
            let (rtype, data) = rdata::from_address(*address);
            Record::new(name.clone(), rtype, 3600, data)
        }));
    }
    reply
}

/// The server's side of DNS cookies (RFC 7873 §5.2).
fn bake(server: &Server, habit: CookieHabit, query: &Message, transport: Transport, reply: &mut Message) {
    let Some(sent) = query.edns.as_ref().filter(|_| habit != CookieHabit::Ignores) else { return };
    let demands = habit == CookieHabit::Demands && transport == Transport::Udp;
    let Some(cookie) = sent.option(OptionCode::COOKIE) else {
        if demands {
            truncate(reply); // §5.2.3: no cookie, no proof of address; TCP proves it
        }
        return;
    };
    let Some(client) = cookie.first_chunk::<8>().filter(|_| matches!(cookie.len(), 8 | 16..=40)) else {
        *reply = bare(query, Rcode::FORMERR); // §5.2.2
        return;
    };
    let whole = [&client[..], &server_cookie(server, *client)].concat();
    if demands && cookie != whole {
        *reply = bare(query, Rcode::BADCOOKIE); // §5.2.4
    }
    if let Some(edns) = &mut reply.edns {
        edns.options.push((OptionCode::COOKIE, whole));
    }
}

/// Repeatable, so that a simulation is; nobody attacks the lab.
fn server_cookie(server: &Server, client: [u8; 8]) -> [u8; 8] {
    let octets = server.name.wire().iter().map(u8::to_ascii_lowercase).chain(client);
    let fnv = |hash: u64, octet: u8| (hash ^ u64::from(octet)).wrapping_mul(0x0000_0100_0000_01B3);
    octets.fold(0xCBF2_9CE4_8422_2325, fnv).to_be_bytes()
}

/// The address that a [`Source::OtherAddress`] shows, of the same family as the true one.
pub(crate) fn other_address(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::new(203, 0, 113, 99)),
        IpAddr::V6(_) => IpAddr::V6(std::net::Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0x99)),
    }
}

#[cfg(test)]
mod tests;
