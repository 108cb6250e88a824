//! What a client must get: fields that are listed are compared, the rest is free. Pure.

use std::time::Duration;

use proto::{Ede, Flags, Message, Name, OptionCode, Rcode, RrType, rdata, zonefile};

use super::lines::Words;
use crate::compare::lower;

/// What must come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Expected {
    /// The response code; none: no reply at all.
    rcode: Option<Rcode>,
    /// Flags that must be set, or clear.
    flags: Vec<(&'static str, u16, bool)>,
    /// All answer records of the types that are named here: type and data.
    records: Vec<(RrType, Vec<u8>)>,
    /// Whether the answer section must be empty.
    no_answer: bool,
    /// Extended errors: code, and what the text must contain.
    errors: Vec<(u16, Option<String>)>,
    /// The highest TTL that answer and authority may have, in seconds.
    most_ttl: Option<u32>,
    /// When it must have come.
    within: Option<Duration>,
}

/// Words for flags.
const FLAGS: &[(&str, u16, bool)] = &[
    ("AD", Flags::AD, true),
    ("no-AD", Flags::AD, false),
    ("AA", Flags::AA, true),
    ("TC", Flags::TC, true),
    ("no-TC", Flags::TC, false),
];

impl Expected {
    /// Reads what follows the word `expect`.
    pub(super) fn read(words: &mut Words) -> Result<Self, String> {
        let rcode = if words.take("silence") { None } else { Some(words.rcode()?) };
        let mut expected = Self {
            rcode,
            flags: vec![],
            records: vec![],
            no_answer: false,
            errors: vec![],
            most_ttl: None,
            within: None,
        };
        while let Some(word) = words.next() {
            if let Some(flag) = FLAGS.iter().find(|(name, ..)| *name == word.text) {
                expected.flags.push(*flag);
                continue;
            }
            match word.text.as_str() {
                "no-answer" => expected.no_answer = true,
                "EDE" => {
                    let code = words.number("the code of an extended error")?;
                    expected.errors.push((code, words.quoted()));
                }
                "ttl-at-most" => expected.most_ttl = Some(words.number("a number of seconds")?),
                "within" => expected.within = Some(words.duration()?),
                _ => expected.records.push(record(&word.text, words)?),
            }
        }
        Ok(expected)
    }

    /// What of a reply, which took so long, is not as expected.
    pub(super) fn differences(&self, came: Option<&Message>, took: Duration) -> Vec<String> {
        let (rcode, came) = match (self.rcode, came) {
            (None, None) => return vec![],
            (None, Some(came)) => return vec![format!("no reply expected, {} came", told(came))],
            (Some(rcode), None) => return vec![format!("{rcode} expected, no reply came")],
            (Some(rcode), Some(came)) => (rcode, came),
        };
        let mut found = Vec::new();
        if came.rcode() != rcode {
            found.push(format!("{rcode} expected, {} came", told(came)));
        }
        for (name, mask, wanted) in &self.flags {
            if came.flags.has(*mask) != *wanted {
                found.push(format!("{name} expected, it is {}", if *wanted { "clear" } else { "set" }));
            }
        }
        if self.no_answer && !came.answer.is_empty() {
            found.push(format!("no answer records expected, {} came", told(came)));
        }
        found.extend(self.records_missing(came));
        found.extend(self.errors_missing(came));
        let highest = came.answer.iter().chain(&came.authority).map(|record| record.ttl).max();
        if let (Some(most), Some(highest)) = (self.most_ttl, highest)
            && highest > most
        {
            found.push(format!("TTLs of at most {most} s expected, {highest} s came"));
        }
        if let Some(within) = self.within.filter(|within| took > *within) {
            found.push(format!("a reply within {} ms expected, it took {}", within.as_millis(), took.as_millis()));
        }
        found
    }

    /// Of each type that is named the records must be exactly these, in any order.
    fn records_missing(&self, came: &Message) -> Option<String> {
        let key = |rtype: RrType, data: &[u8]| (rtype, lower(rtype, data));
        let is_named = |rtype: RrType| self.records.iter().any(|(named, _)| *named == rtype);
        let mut wanted: Vec<_> = self.records.iter().map(|(rtype, data)| key(*rtype, data)).collect();
        let named = came.answer.iter().filter(|record| is_named(record.rtype));
        let mut there: Vec<_> = named.map(|record| key(record.rtype, &record.rdata)).collect();
        wanted.sort();
        there.sort();
        let list = |records: &[(RrType, Vec<u8>)]| {
            let one = |(rtype, data): &(RrType, Vec<u8>)| format!("{rtype} {}", rdata::present(*rtype, data));
            records.iter().map(one).collect::<Vec<_>>().join(" + ")
        };
        (wanted != there).then(|| format!("answer: [{}] expected, [{}] came", list(&wanted), list(&there)))
    }

    fn errors_missing(&self, came: &Message) -> Option<String> {
        let errors = extended_errors(came);
        let is_there = |(code, text): &(u16, Option<String>)| {
            let says = |ede: &Ede| text.as_ref().is_none_or(|text| ede.text.contains(text.as_str()));
            errors.iter().any(|ede| ede.code.0 == *code && says(ede))
        };
        let missing: Vec<String> = self
            .errors
            .iter()
            .filter(|wanted| !is_there(wanted))
            .map(|(code, text)| format!("EDE {code} {}", text.as_deref().unwrap_or_default()))
            .collect();
        (!missing.is_empty()).then(|| format!("{} expected, {} came", missing.join(", "), told(came)))
    }
}

/// A record type and its data, as one word or several in quotation marks.
fn record(word: &str, words: &mut Words) -> Result<(RrType, Vec<u8>), String> {
    let rtype: RrType =
        word.parse().map_err(|_| format!("{word} is neither a record type nor anything else that can be expected"))?;
    let data = words.expect("the data of the record")?;
    let line = format!(". 0 IN {rtype} {data}");
    let read = zonefile::parse(&line, &Name::root()).map_err(|error| error.problem)?;
    let [record] = read.as_slice() else { return Err(format!("{data} is not the data of one record")) };
    Ok((rtype, record.rdata.to_vec()))
}

fn extended_errors(came: &Message) -> Vec<Ede> {
    let options = came.edns.iter().flat_map(|edns| &edns.options).filter(|(code, _)| *code == OptionCode::EDE);
    options.filter_map(|(_, data)| Ede::from_option(data)).collect()
}

/// A reply in short.
pub(super) fn told(came: &Message) -> String {
    let mut parts = vec![came.rcode().to_string()];
    let shown = came.answer.iter().take(4).map(|record| {
        let data: String = rdata::present(record.rtype, &record.rdata).chars().take(60).collect();
        format!("{} {} {data}", record.name, record.rtype)
    });
    parts.extend(shown);
    parts.extend(came.answer.len().checked_sub(5).map(|more| format!("{} more records", more + 1)));
    parts.extend(extended_errors(came).iter().map(Ede::to_string));
    parts.join(", ")
}
