//! Answers to queries that a scenario does not foresee.
//!
//! Resolvers differ in what they look up again; the authors of a scenario wrote down what their own looks up. What the
//! rest of the file says without contradiction is filled in; all else fails.

use std::collections::BTreeSet;
use std::net::IpAddr;

use proto::{Flags, Message, Name, Record, RrType, rdata};

use crate::mock::is_internet;
use crate::scenario::Scenario;

/// TTL of what is filled in, in seconds.
const TTL: u32 = 3600;

type Data = BTreeSet<Vec<u8>>;

/// Fills a reply; `None` if the file says nothing, or contradicts itself.
pub(crate) fn fill(
    scenario: &Scenario,
    address: IpAddr,
    step: u32,
    query: &Message,
    reply: &mut Message,
) -> Option<&'static str> {
    let question = query.question().filter(|_| is_internet(query))?;
    let name = &question.name;
    let what = match question.rtype {
        RrType::A | RrType::AAAA => {
            let ours = server_address(scenario, name, question.rtype)?;
            reply.answer = records(name, question.rtype, ours);
            "the address of a server"
        }
        RrType::NS => {
            let set = agreed(scenario, name, RrType::NS).ok().flatten()?;
            let mut servers = set.iter().filter_map(|data| rdata::target(data));
            let is_theirs = |server: Name| {
                let (rtype, data) = rdata::from_address(address);
                agreed(scenario, &server, rtype).ok().flatten().is_some_and(|set| set.contains(&data))
            };
            servers.any(is_theirs).then_some(())?;
            reply.answer = records(name, RrType::NS, set);
            "the servers of the zone"
        }
        RrType::DS => {
            delegation_proof(scenario, address, step, name, reply)?;
            "what the referral says"
        }
        _ => return None,
    };
    reply.flags.set(Flags::AA, true);
    Some(what)
}

fn records(name: &Name, rtype: RrType, data: Data) -> Vec<Record> {
    data.into_iter().map(|data| Record::new(name.clone(), rtype, TTL, data)).collect()
}

/// The addresses of a name that is the target of an NS record somewhere; empty if it has only the other family.
fn server_address(scenario: &Scenario, name: &Name, rtype: RrType) -> Option<Data> {
    let is_server = scenario
        .scripted()
        .flat_map(all)
        .any(|record| record.rtype == RrType::NS && rdata::target(&record.rdata).is_some_and(|target| target == *name));
    let other = if rtype == RrType::A { RrType::AAAA } else { RrType::A };
    let (ours, others) = (agreed(scenario, name, rtype).ok()?, agreed(scenario, name, other));
    let known = is_server && (ours.is_some() || !matches!(others, Ok(None)));
    known.then(|| ours.unwrap_or_default())
}

/// The set that all messages which have one agree on; `Ok(None)` if none has.
fn agreed(scenario: &Scenario, name: &Name, rtype: RrType) -> Result<Option<Data>, ()> {
    let mut found: Option<Data> = None;
    for message in scenario.scripted() {
        let same = all(message).filter(|record| record.rtype == rtype && record.name == *name);
        let set: Data = same.map(lower).collect();
        match &found {
            _ if set.is_empty() => {}
            None => found = Some(set),
            Some(before) if *before != set => return Err(()),
            Some(_) => {}
        }
    }
    Ok(found)
}

/// Letter case does not make another server.
fn lower(record: &Record) -> Vec<u8> {
    match record.rtype {
        RrType::NS => rdata::target(&record.rdata).map(|name| name.to_lowercase().wire().to_vec()),
        _ => None,
    }
    .unwrap_or_else(|| record.rdata.to_vec())
}

fn all(message: &Message) -> impl Iterator<Item = &Record> {
    message.answer.iter().chain(&message.authority).chain(&message.additional)
}

/// The DS set of a referral, or what denies it.
fn delegation_proof(scenario: &Scenario, address: IpAddr, step: u32, name: &Name, reply: &mut Message) -> Option<()> {
    let entries = scenario.ranges.iter().filter(|range| range.covers(address, step)).flat_map(|range| &range.entries);
    for entry in entries.filter(|entry| entry.octets.is_none()) {
        let message = &entry.message;
        let delegates = message.authority.iter().any(|record| record.rtype == RrType::NS && record.name == *name);
        if !delegates || !message.answer.is_empty() {
            continue;
        }
        let of = |types: &[RrType]| -> Vec<Record> {
            let wanted = |record: &&Record| {
                let covered = rdata::rrsig_covers(&record.rdata).filter(|_| record.rtype == RrType::RRSIG);
                types.contains(&covered.unwrap_or(record.rtype))
            };
            let found = message.authority.iter().filter(wanted).cloned();
            found.map(|record| Record { ttl: TTL, ..record }).collect()
        };
        let ds: Vec<Record> = of(&[RrType::DS]).into_iter().filter(|record| record.name == *name).collect();
        let proofs = of(&[RrType::NSEC, RrType::NSEC3]);
        if ds.iter().any(|record| record.rtype == RrType::DS) {
            reply.answer = ds;
            return Some(());
        }
        if !proofs.is_empty() {
            reply.authority = proofs;
            return Some(());
        }
    }
    None
}
