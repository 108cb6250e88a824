//! What of an answer is not as expected. Pure.

use proto::{Class, Ede, Flags, Message, Name, OptionCode, Record, RrType, rdata};

use crate::scenario::{Dialect, Entry, Word};

/// Flags that are compared: QR AA TC RD RA AD CD.
const COMPARED: u16 = Flags::QR | Flags::AA | Flags::TC | Flags::RD | Flags::RA | Flags::AD | Flags::CD;

/// One thing that is not as expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// What: `rcode`, `answer` ...
    pub what: &'static str,
    /// What was expected, and what came.
    pub told: String,
    /// Whether it is only noted in the relaxed verdict.
    pub is_noted: bool,
}

/// What of `came` is not as `entry` expects.
pub fn differences(entry: &Entry, came: &Message, dialect: Dialect) -> Vec<Difference> {
    let mut found = Vec::new();
    let expected = &entry.message;
    for word in &entry.words {
        match word {
            Word::Opcode => {
                let (ours, theirs) = (expected.flags.opcode().0, came.flags.opcode().0);
                tell(&mut found, "opcode", &ours.to_string(), &theirs.to_string());
            }
            Word::Rcode => tell(&mut found, "rcode", &expected.rcode().to_string(), &came.rcode().to_string()),
            Word::Flags => tell(&mut found, "flags", &flags(expected), &flags(came)),
            Word::QName => tell(&mut found, "qname", &qname(expected), &qname(came)),
            Word::QType => {
                let all = entry.compares(Word::All) || dialect == Dialect::Deckard;
                tell(&mut found, "qtype", &qtype(expected, all), &qtype(came, all));
            }
            Word::Answer => {
                let ttl = entry.compares(Word::Ttl);
                section(&mut found, "answer", &expected.answer, &came.answer, ttl);
            }
            Word::Authority => {
                section(&mut found, "authority", &expected.authority, &came.authority, false);
            }
            Word::Additional => section(&mut found, "additional", &expected.additional, &came.additional, false),
            Word::All if dialect == Dialect::Unbound => {
                let wants = expected.edns.as_ref().is_some_and(|edns| edns.dnssec_ok);
                if wants && came.edns.is_none() {
                    tell(&mut found, "edns", "EDNS", "none");
                }
            }
            Word::Ede(code) => extended_error(&mut found, *code, came),
            Word::All | Word::Ttl | Word::Udp | Word::Tcp | Word::Subdomain => {}
        }
    }
    found
}

fn tell(found: &mut Vec<Difference>, what: &'static str, expected: &str, came: &str) {
    if expected != came {
        found.push(Difference { what, told: format!("{what}: {expected} expected, {came} came"), is_noted: false });
    }
}

fn flags(message: &Message) -> String {
    let names = [
        (Flags::QR, "QR"),
        (Flags::AA, "AA"),
        (Flags::TC, "TC"),
        (Flags::RD, "RD"),
        (Flags::RA, "RA"),
        (Flags::AD, "AD"),
        (Flags::CD, "CD"),
    ];
    let set = names.iter().filter(|(mask, _)| message.flags.has(*mask & COMPARED));
    set.map(|(_, name)| *name).collect::<Vec<_>>().join(" ")
}

fn qname(message: &Message) -> String {
    message.questions.first().map_or_else(|| "none".into(), |entry| entry.question.name.to_lowercase().to_string())
}

fn qtype(message: &Message, with_class: bool) -> String {
    message.questions.first().map_or_else(
        || "none".into(),
        |entry| {
            let class = if with_class { entry.class.to_string() } else { String::new() };
            format!("{class} {}", entry.question.rtype)
        },
    )
}

fn extended_error(found: &mut Vec<Difference>, code: Option<u16>, came: &Message) {
    let codes: Vec<u16> = extended_errors(came).map(|ede| ede.code.0).collect();
    // 0 is no extended error at all where testbound is concerned: "other" is what it calls it when there is none.
    if codes.is_empty() || code.is_some_and(|code| !codes.contains(&code)) {
        let wanted = code.map_or_else(|| "any".to_owned(), |code| code.to_string());
        let told = format!("ede: {wanted} expected, {codes:?} came");
        found.push(Difference { what: "ede", told, is_noted: true });
    }
}

/// The extended errors of a message.
pub(crate) fn extended_errors(message: &Message) -> impl Iterator<Item = Ede> + '_ {
    let options = message.edns.iter().flat_map(|edns| &edns.options).filter(|(code, _)| *code == OptionCode::EDE);
    options.filter_map(|(_, data)| Ede::from_option(data))
}

/// All of a message that two runs of a scenario have in common, in one line: the order of records does not count, nor
/// does a TTL where the clock runs.
pub(crate) fn brief(message: &Message, dialect: Dialect) -> String {
    let line = |record: &Record| match dialect {
        Dialect::Deckard => short(record),
        Dialect::Unbound => format!("{} (ttl {})", short(record), record.ttl),
    };
    let section = |records: &[Record]| {
        let mut lines: Vec<String> = records.iter().map(line).collect();
        lines.sort_unstable();
        format!("[{}]", lines.join(" + "))
    };
    let errors: Vec<String> = extended_errors(message).map(|ede| ede.code.0.to_string()).collect();
    let sections = [&message.answer, &message.authority, &message.additional].map(|records| section(records));
    format!("{} {} ede [{}] {}", message.rcode(), flags(message), errors.join(" "), sections.join(" "))
}

/// A record as it is compared: letter case does not count.
type Key = (Name, Class, RrType, Vec<u8>);

fn key(record: &Record) -> Key {
    (record.name.to_lowercase(), record.class, record.rtype, lower(record.rtype, &record.rdata))
}

/// Record data with its names in lower case.
pub(crate) fn lower(rtype: RrType, data: &[u8]) -> Vec<u8> {
    let (prefix, names) = match rtype.0 {
        2 | 3 | 4 | 5 | 7 | 8 | 9 | 12 | 39 | 47 => (0, 1),
        6 | 14 | 17 => (0, 2),
        15 | 18 | 21 | 36 => (2, 1),
        33 => (6, 1),
        46 => (18, 1),
        _ => (0, 0),
    };
    let mut out = data.to_vec();
    let mut at = prefix;
    for _ in 0..names {
        let Ok((_, next)) = Name::read(data, at) else { break };
        out[at..next].make_ascii_lowercase();
        at = next;
    }
    out
}

fn section(found: &mut Vec<Difference>, what: &'static str, expected: &[Record], came: &[Record], ttl: bool) {
    let (missing, extra) = unequal(expected, came);
    let is_soa = |records: &[&Record]| records.iter().any(|record| record.rtype == RrType::SOA);
    let wants_soa = expected.iter().any(|record| record.rtype == RrType::SOA);
    let about_soa = wants_soa && (is_soa(&missing) || is_soa(&extra));
    if !missing.is_empty() || !extra.is_empty() {
        let list = |records: &[&Record]| records.iter().map(|record| short(record)).collect::<Vec<_>>().join(" + ");
        let told = format!("{what}: missing [{}], extra [{}]", list(&missing), list(&extra));
        let is_noted = match what {
            "answer" => false,
            "authority" => !about_soa,
            _ => true,
        };
        found.push(Difference { what, told, is_noted });
    } else if ttl {
        ttls(found, what, expected, came);
    }
}

/// Records of one list that the other lacks, each list a multiset.
fn unequal<'a>(expected: &'a [Record], came: &'a [Record]) -> (Vec<&'a Record>, Vec<&'a Record>) {
    let mut extra: Vec<&Record> = came.iter().collect();
    let mut missing = Vec::new();
    for record in expected {
        match extra.iter().position(|other| key(other) == key(record)) {
            Some(at) => {
                extra.remove(at);
            }
            None => missing.push(record),
        }
    }
    (missing, extra)
}

fn ttls(found: &mut Vec<Difference>, what: &'static str, expected: &[Record], came: &[Record]) {
    for record in expected {
        let Some(other) = came.iter().find(|other| key(other) == key(record)) else { continue };
        if other.ttl + 3 < record.ttl || other.ttl > record.ttl + 1 {
            let told = format!("ttl: {} expected, {} came: {}", record.ttl, other.ttl, short(other));
            found.push(Difference { what: "ttl", told, is_noted: what != "answer" });
        }
    }
}

fn short(record: &Record) -> String {
    let data = rdata::present(record.rtype, &record.rdata);
    let mut data: String = data.chars().take(60).collect();
    if data.len() == 60 {
        data.push('…');
    }
    format!("{} {} {data}", record.name, record.rtype)
}
