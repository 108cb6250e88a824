//! `lie` lines: what a server changes in its replies to some questions.

use lab::{Change, Names, Override, Section};
use proto::{Name, OptionCode, Record, zonefile};

use super::lines::Words;

/// Reads what follows the address: `on NAME TYPE CHANGE...` or `under NAME TYPE CHANGE...`.
pub(super) fn lie(words: &mut Words) -> Result<Override, String> {
    let names: fn(Name) -> Names = match words.expect("on or under")?.as_str() {
        "on" => Names::Exactly,
        "under" => Names::AtOrBelow,
        other => return Err(format!("{other}: write on NAME TYPE, or under NAME TYPE for all names below too")),
    };
    let names = names(words.name("the name asked about")?);
    let rtype = words.rtype_or_any()?;
    let mut changes = Vec::new();
    while let Some(word) = words.next() {
        changes.push(change(&word.text, words)?);
    }
    if changes.is_empty() {
        return Err("the lie is missing; docs/scenarios.md lists what can be changed".into());
    }
    Ok(Override { names, rtype, changes })
}

fn change(word: &str, words: &mut Words) -> Result<Change, String> {
    Ok(match word {
        "add-answer" => Change::Add(Section::Answer, record(words)?),
        "add-authority" => Change::Add(Section::Authority, record(words)?),
        "add-additional" => Change::Add(Section::Additional, record(words)?),
        "no-answer" => Change::Empty(Section::Answer),
        "no-authority" => Change::Empty(Section::Authority),
        "no-additional" => Change::Empty(Section::Additional),
        "drop" => Change::Drop(words.rtype()?),
        "drop-signatures" => Change::DropSignatures(words.rtype()?),
        "spoil-signatures" => Change::SpoilSignatures(words.rtype()?),
        "rcode" => Change::Rcode(words.rcode()?),
        "aa" => Change::SetAa,
        "no-aa" => Change::ClearAa,
        "no-opt" => Change::DropOpt,
        "denies" => Change::Deny,
        "silent" => Change::Silence,
        "borrow-answer" => Change::Borrow(Section::Answer, words.name("a name")?, words.rtype()?),
        "borrow-authority" => Change::Borrow(Section::Authority, words.name("a name")?, words.rtype()?),
        "borrow-denial" => {
            Change::BorrowDenial { zone: words.name("the zone that denies")?, name: words.name("the name denied")? }
        }
        "borrow-no-data" => {
            Change::BorrowNoData { zone: words.name("the zone that denies")?, name: words.name("the name denied")? }
        }
        "options" => Change::Options(OptionCode(words.number("an option code")?), words.number("a number of options")?),
        "raw-answer" => Change::RawAnswer { count: words.number("a number of records")?, octets: octets(words)? },
        other => return Err(format!("{other} is no change; docs/scenarios.md lists them")),
    })
}

fn record(words: &mut Words) -> Result<Record, String> {
    let text = words.quoted().ok_or("a record in quotation marks has to follow")?;
    let read = zonefile::parse(&text, &Name::root()).map_err(|error| format!("{text}: {}", error.problem))?;
    let [record] = read.as_slice() else { return Err(format!("{text} is not one record")) };
    Ok(record.clone())
}

/// Hexadecimal digits; `x300` behind them repeats what stands before.
fn octets(words: &mut Words) -> Result<Vec<u8>, String> {
    let mut out: Vec<u8> = Vec::new();
    let text = words.quoted().ok_or("octets in quotation marks have to follow")?;
    for word in text.split_whitespace() {
        if let Some(times) = word.strip_prefix('x') {
            let times: usize = times.parse().map_err(|_| format!("{word}: write x and a number of times"))?;
            out = out.repeat(times);
            continue;
        }
        let pairs = word.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).ok());
        let octets: Option<Vec<u8>> = pairs.map(|pair| u8::from_str_radix(pair?, 16).ok()).collect();
        out.extend(octets.filter(|_| word.len() % 2 == 0).ok_or_else(|| format!("{word} is not hexadecimal"))?);
    }
    Ok(out)
}
