//! Scrubbing: what of a reply may be looked at. Pure.
//!
//! Only well-formed records of class IN inside the zone that was asked remain; addresses of name servers are kept apart
//! as [`Scrubbed::glue`], because they lead to servers and never answer a client (RFC 2181 §5.4.1).

use proto::{Class, Message, Name, Record, RrType, Rrset, rdata};
use smallvec::SmallVec;

/// Records of one set that are kept; sets beyond that are dropped whole (CVE-2024-1737: huge sets are a weapon).
const MAX_RECORDS_PER_RRSET: usize = 100;

/// A reply without what the server had no right to say.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Scrubbed {
    /// Answer section.
    pub answer: Vec<Rrset>,
    /// Authority section.
    pub authority: Vec<Rrset>,
    /// Addresses in the additional section.
    pub glue: Vec<Rrset>,
    /// What was dropped, and why.
    pub dropped: Vec<Dropped>,
}

/// A record that was dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dropped {
    /// The record, in presentation form.
    pub record: String,
    /// Its type.
    pub rtype: RrType,
    /// The rule it broke.
    pub why: Why,
}

/// Why a record is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    /// Its owner is not in the zone that was asked (RFC 5452 §6).
    OutOfBailiwick,
    /// Its data does not have the form of its type.
    Malformed,
    /// Its class is not IN, or its type may not stand in a message.
    WrongClassOrType,
    /// It denies names outside the zone that was asked.
    SpansBeyond,
    /// Its set has too many records.
    TooManyRecords,
}

impl Why {
    /// In words.
    pub(crate) fn describe(self) -> &'static str {
        match self {
            Self::OutOfBailiwick => "outside the zone that was asked",
            Self::Malformed => "malformed",
            Self::WrongClassOrType => "wrong class or type",
            Self::SpansBeyond => "denies names outside the zone that was asked",
            Self::TooManyRecords => "too many records in one set",
        }
    }
}

/// Which addresses a zone may give for the name servers it delegates to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GlueRule {
    /// Those of names inside the zone.
    InsideZone,
    /// Any.
    Any,
}

/// Scrubs the reply of a server of `zone`.
pub(crate) fn scrub(reply: &Message, zone: &Name, rule: GlueRule) -> Scrubbed {
    let mut out = Scrubbed::default();
    let answer = reply.answer.iter().chain(stray_signatures(reply));
    out.answer = section(answer, |record| record.name.is_at_or_below(zone), zone, &mut out.dropped);
    out.authority = section(&reply.authority, |record| record.name.is_at_or_below(zone), zone, &mut out.dropped);
    let addresses = reply.additional.iter().filter(|record| matches!(record.rtype, RrType::A | RrType::AAAA));
    let inside = |record: &Record| rule == GlueRule::Any || record.name.is_at_or_below(zone);
    out.glue = section(addresses, inside, zone, &mut out.dropped);
    out
}

/// Signatures over sets of the answer that stand in the additional section: some servers sort them there. They belong
/// beside their sets (RFC 4035 §3.1.1), and what they are worth is checked anyway.
fn stray_signatures(reply: &Message) -> impl Iterator<Item = &Record> {
    reply.additional.iter().filter(|record| {
        let covered = (record.rtype == RrType::RRSIG).then(|| rdata::rrsig_covers(&record.rdata)).flatten();
        let is_covered = |set: &Record| covered == Some(set.rtype) && set.name == record.name;
        covered.is_some() && reply.answer.iter().any(is_covered) && !reply.answer.contains(record)
    })
}

/// Whether it is an NSEC record that spans names outside the zone: such a one would deny what the zone cannot know of
/// (RFC 4034 §4.1.1: the next name is one of the zone).
fn spans_beyond(record: &Record, zone: &Name) -> bool {
    let next = || Name::read(&record.rdata, 0).is_ok_and(|(next, _)| !next.is_at_or_below(zone));
    record.rtype == RrType::NSEC && next()
}

fn section<'a>(
    records: impl IntoIterator<Item = &'a Record>,
    in_bailiwick: impl Fn(&Record) -> bool,
    zone: &Name,
    dropped: &mut Vec<Dropped>,
) -> Vec<Rrset> {
    let mut kept: SmallVec<[&Record; 16]> = SmallVec::new();
    for record in records {
        let why = if record.class != Class::IN || record.rtype.is_meta() {
            Some(Why::WrongClassOrType)
        } else if !in_bailiwick(record) {
            Some(Why::OutOfBailiwick)
        } else if rdata::check(record.rtype, &record.rdata).is_err() {
            Some(Why::Malformed)
        } else if spans_beyond(record, zone) {
            Some(Why::SpansBeyond)
        } else {
            None
        };
        match why {
            Some(why) => dropped.push(Dropped { rtype: record.rtype, record: record.to_string(), why }),
            None => kept.push(record),
        }
    }
    let mut sets = Rrset::group(kept);
    sets.retain(|set| {
        let fits = set.rdatas.len() <= MAX_RECORDS_PER_RRSET;
        if !fits {
            let record = format!("{} {} ({} records)", set.name, set.rtype, set.rdatas.len());
            dropped.push(Dropped { rtype: set.rtype, record, why: Why::TooManyRecords });
        }
        fits
    });
    sets
}

#[cfg(test)]
mod tests {
    use super::*;
    use proto::{Question, zonefile};

    fn reply(answer: &str, additional: &str) -> Message {
        let mut message = Message::query(1, Question::new("www.example.".parse().unwrap(), RrType::A));
        message.answer = zonefile::parse(answer, &Name::root()).unwrap();
        message.additional = zonefile::parse(additional, &Name::root()).unwrap();
        message
    }

    fn example() -> Name {
        "example.".parse().unwrap()
    }

    #[test]
    fn nothing_from_outside_the_zone_asked_rfc5452_6() {
        let message = reply("www.example. 60 A 192.0.2.1\nbank. 60 A 192.0.2.66\n", "ns.bank. 60 A 192.0.2.66\n");
        let scrubbed = scrub(&message, &example(), GlueRule::InsideZone);
        assert_eq!(scrubbed.answer.len(), 1);
        assert!(scrubbed.glue.is_empty());
        assert_eq!(scrubbed.dropped.len(), 2);
        assert!(scrubbed.dropped.iter().all(|dropped| dropped.why == Why::OutOfBailiwick));
        assert_eq!(scrub(&message, &example(), GlueRule::Any).glue.len(), 1, "unless glue is not hardened");
    }

    #[test]
    fn nsec_stays_within_its_zone_rfc4034_4_1_1() {
        let message = reply("a.example. 60 NSEC z.example. A\nb.example. 60 NSEC a.other. A\n", "");
        let scrubbed = scrub(&message, &example(), GlueRule::InsideZone);
        assert_eq!(scrubbed.answer.len(), 1);
        assert_eq!(scrubbed.dropped[0].why, Why::SpansBeyond);
        assert_eq!(scrub(&message, &Name::root(), GlueRule::InsideZone).answer.len(), 2);
    }

    #[test]
    fn signatures_in_the_additional_section_find_their_sets() {
        let signature = "RRSIG A 13 2 60 20300101000000 20200101000000 7 example. AAAA";
        let additional = format!("www.example. 60 {signature}\nns.example. 60 {signature}\n");
        let scrubbed = scrub(&reply("www.example. 60 A 192.0.2.1\n", &additional), &example(), GlueRule::InsideZone);
        assert_eq!(scrubbed.answer.len(), 1, "that of another name stays where it is");
        assert_eq!(scrubbed.answer[0].signatures.len(), 1);
    }

    #[test]
    fn malformed_records_and_other_classes_are_dropped_alone() {
        let mut message = reply("www.example. 60 A 192.0.2.1\n", "");
        message.answer.push(Record::new("www.example.".parse().unwrap(), RrType::AAAA, 60, vec![1, 2, 3]));
        let mut chaos = Record::new("www.example.".parse().unwrap(), RrType::TXT, 60, b"\x01x".to_vec());
        chaos.class = Class::CH;
        message.answer.push(chaos);
        let scrubbed = scrub(&message, &example(), GlueRule::InsideZone);
        assert_eq!(scrubbed.answer.len(), 1);
        let why: Vec<Why> = scrubbed.dropped.iter().map(|dropped| dropped.why).collect();
        assert_eq!(why, [Why::Malformed, Why::WrongClassOrType]);
    }

    #[test]
    fn sets_of_more_than_a_hundred_records_are_dropped() {
        let mut message = reply("", "");
        for number in 0..=100_u32 {
            let record = Record::new("www.example.".parse().unwrap(), RrType::A, 60, number.to_be_bytes().to_vec());
            message.answer.push(record);
        }
        assert_eq!(scrub(&message, &example(), GlueRule::InsideZone).dropped[0].why, Why::TooManyRecords);
        message.answer.pop();
        assert_eq!(scrub(&message, &example(), GlueRule::InsideZone).answer.len(), 1);
    }
}
