//! Lies about single questions, as data: what is changed in a server's reply to one name, or to all names below one.
//!
//! Zones tell the truth; what a scenario wants a server to say instead is a list of [`Change`]s, made in order to the
//! true reply.

use proto::{Edns, Flags, Message, Name, OptionCode, Question, Rcode, Record, RrType, WallTime};

use crate::behaviour::Section;
use crate::respond::SERVER_PAYLOAD_OCTETS;
use crate::{Server, World};

/// What a server changes in its replies to some questions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    /// The names asked about.
    pub names: Names,
    /// The type asked for; `None`: any.
    pub rtype: Option<RrType>,
    /// What is changed, in order.
    pub changes: Vec<Change>,
}

/// Names that an override is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Names {
    /// This one.
    Exactly(Name),
    /// This one and all below.
    AtOrBelow(Name),
}

/// One change of a reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A record more.
    Add(Section, Record),
    /// A section is emptied.
    Empty(Section),
    /// Records of this type go, in all sections, with their signatures.
    Drop(RrType),
    /// The signatures of this type go.
    DropSignatures(RrType),
    /// The signatures of this type are spoilt.
    SpoilSignatures(RrType),
    /// Another response code.
    Rcode(Rcode),
    /// AA is set.
    SetAa,
    /// AA is cleared.
    ClearAa,
    /// The OPT record goes.
    DropOpt,
    /// The name does not exist, says the zone that the server has, without proof.
    Deny,
    /// A set of a zone of this world with its signatures, and what proves that a wildcard made it.
    Borrow(Section, Name, RrType),
    /// The records by which a zone of this world denies the name.
    BorrowDenial {
        /// The zone.
        zone: Name,
        /// The name denied.
        name: Name,
    },
    /// The records by which a zone of this world denies a type at the name.
    BorrowNoData {
        /// The zone.
        zone: Name,
        /// The name that lacks the type.
        name: Name,
    },
    /// So many EDNS options of one code, without data.
    Options(OptionCode, u16),
    /// The answer section consists of these octets, which are said to be so many records.
    RawAnswer {
        /// The number of records in the header.
        count: u16,
        /// The section as it is sent.
        octets: Vec<u8>,
    },
    /// No reply at all.
    Silence,
}

impl Override {
    /// Whether it is about a question.
    pub fn is_about(&self, question: &Question) -> bool {
        let name = match &self.names {
            Names::Exactly(name) => question.name == *name,
            Names::AtOrBelow(name) => question.name.is_at_or_below(name),
        };
        name && self.rtype.is_none_or(|rtype| question.rtype == rtype)
    }
}

/// Makes the changes; `None` for silence. What has to be done to the octets is left for [`to_octets`].
pub(crate) fn apply<'o>(
    overrides: impl Iterator<Item = &'o Override>,
    (world, server): (&World, &Server),
    question: &Question,
    now: WallTime,
    mut reply: Message,
) -> Option<Message> {
    for change in overrides.flat_map(|other| &other.changes) {
        match change {
            Change::Silence => return None,
            Change::Borrow(section, name, rtype) => {
                borrow(world, name, *rtype, now, section_of(&mut reply, *section));
            }
            Change::BorrowDenial { zone, name } => {
                let evidence = world.zone(zone).and_then(|zone| zone.evidence(now));
                reply.authority.extend(evidence.map(|evidence| evidence.no_name(name)).unwrap_or_default());
            }
            Change::BorrowNoData { zone, name } => {
                let evidence = world.zone(zone).and_then(|zone| zone.evidence(now));
                reply.authority.extend(evidence.map(|evidence| evidence.no_data(name)).unwrap_or_default());
            }
            Change::Deny => {
                for section in [Section::Answer, Section::Authority, Section::Additional] {
                    section_of(&mut reply, section).clear();
                }
                reply.authority.extend(world.zone_for(server, question).map(crate::Zone::negative_soa));
                reply.set_rcode(Rcode::NXDOMAIN);
                reply.flags.set(Flags::AA, true);
            }
            other => edit(other, &mut reply),
        }
    }
    Some(reply)
}

/// The octets of a reply, no more than `limit`, or those that an override wants.
pub(crate) fn to_octets<'o>(
    overrides: impl Iterator<Item = &'o Override>,
    mut reply: Message,
    limit: usize,
) -> Vec<u8> {
    let raw = overrides.flat_map(|other| &other.changes).find_map(|change| match change {
        Change::RawAnswer { count, octets } => Some((*count, octets)),
        _ => None,
    });
    let Some((count, section)) = raw else { return reply.to_wire_within(limit).octets };
    reply.answer.clear();
    let mut octets = reply.to_wire_within(limit).octets;
    // The answer begins behind the question, which is written as it is: nothing stands before it to point to.
    let question = reply.questions.first().map_or(0, |entry| entry.question.name.wire().len() + 4);
    let at = proto::HEADER_OCTETS + question;
    octets.splice(at..at, section.iter().copied());
    octets[6..8].copy_from_slice(&count.to_be_bytes());
    octets
}

fn edit(change: &Change, reply: &mut Message) {
    let all = [Section::Answer, Section::Authority, Section::Additional];
    let signs = |record: &Record, rtype: RrType| {
        record.rtype == RrType::RRSIG && proto::rdata::rrsig_covers(&record.rdata) == Some(rtype)
    };
    match change {
        Change::Add(section, record) => section_of(reply, *section).push(record.clone()),
        Change::Empty(section) => section_of(reply, *section).clear(),
        Change::Drop(rtype) => {
            for section in all {
                section_of(reply, section).retain(|record| record.rtype != *rtype && !signs(record, *rtype));
            }
        }
        Change::DropSignatures(rtype) => {
            for section in all {
                section_of(reply, section).retain(|record| !signs(record, *rtype));
            }
        }
        Change::SpoilSignatures(rtype) => {
            let records = reply.answer.iter_mut().chain(&mut reply.authority);
            for record in records.filter(|record| signs(record, *rtype)) {
                if let Some(last) = record.rdata.last_mut() {
                    *last ^= 1;
                }
            }
        }
        Change::Rcode(rcode) => reply.set_rcode(*rcode),
        Change::SetAa => reply.flags.set(Flags::AA, true),
        Change::ClearAa => reply.flags.set(Flags::AA, false),
        Change::DropOpt => reply.edns = None,
        Change::Options(code, count) => {
            let edns = reply.edns.get_or_insert_with(|| Edns::new(SERVER_PAYLOAD_OCTETS));
            edns.options.extend((0..*count).map(|_| (*code, Vec::new())));
        }
        // These need the world, or the octets.
        Change::Deny | Change::Borrow(..) | Change::BorrowDenial { .. } | Change::BorrowNoData { .. } => {}
        Change::RawAnswer { .. } | Change::Silence => {}
    }
}

fn section_of(reply: &mut Message, section: Section) -> &mut Vec<Record> {
    match section {
        Section::Answer => &mut reply.answer,
        Section::Authority => &mut reply.authority,
        Section::Additional => &mut reply.additional,
    }
}

/// Takes a set from the deepest zone that has it, wildcards included.
fn borrow(world: &World, name: &Name, rtype: RrType, now: WallTime, into: &mut Vec<Record>) {
    let at = |zone: &Name| world.zone(zone).filter(|zone| !zone.set(name, rtype).is_empty());
    let Some(zone) = name.ancestors().find_map(|above| at(&above)) else { return };
    into.extend_from_slice(zone.set(name, rtype));
    let evidence = zone.evidence(now).map(|evidence| evidence.of_data(name, rtype));
    into.extend(evidence.into_iter().flat_map(|(signatures, proof)| [signatures, proof].concat()));
}

#[cfg(test)]
mod tests;
