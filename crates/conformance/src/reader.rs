//! From the text of a file to a [`Scenario`].

pub(crate) mod entry;
mod lines;

use std::time::Duration;

use lines::Lines;

use crate::config::Settings;
use crate::scenario::{Dialect, Kind, Range, Scenario, Step};

/// A file that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct ReadError {
    /// Where, counted from 1.
    pub line: usize,
    /// What is wrong.
    pub problem: String,
}

/// Reads a scenario.
///
/// # Errors
/// When a line has no meaning in the dialect.
pub fn read(octets: &[u8], dialect: Dialect) -> Result<Scenario, ReadError> {
    let text = String::from_utf8_lossy(octets);
    let mut lines = Lines::new(&text);
    let mut settings = Settings::read(dialect, &lines.configuration()?)
        .map_err(|problem| ReadError { line: lines.number(), problem })?;
    let (title, mut ranges, mut steps) = (lines.title()?, Vec::new(), Vec::new());
    while let Some(line) = lines.next() {
        match line.first_word() {
            "SCENARIO_END" => break,
            "RANGE_BEGIN" => ranges.push(range(&line, &mut lines)?),
            "STEP" => steps.push(step(&line, &mut lines)?),
            other => return Err(line.error(format!("{other} has no meaning here"))),
        }
    }
    let mut scenario = Scenario { dialect, title, settings: settings.clone(), ranges, steps };
    settings.complete(&scenario);
    scenario.settings = settings;
    Ok(scenario)
}

fn range(begin: &lines::Line, lines: &mut Lines) -> Result<Range, ReadError> {
    let words = begin.words();
    let [_, first, last, rest @ ..] = words.as_slice() else { return Err(begin.error("RANGE_BEGIN first last")) };
    let number = |word: &&str| word.parse().map_err(|_| begin.error(format!("{word} is no number")));
    // Deckard also takes addresses here.
    let addresses: Result<_, _> = rest.iter().map(|word| word.parse()).collect();
    let addresses = addresses.map_err(|_| begin.error("RANGE_BEGIN first last [address]"))?;
    let mut range = Range { first: number(first)?, last: number(last)?, addresses, entries: vec![] };
    loop {
        let line = lines.expect()?;
        match line.words().as_slice() {
            ["RANGE_END", ..] => return Ok(range),
            ["ADDRESS", address] => {
                let address = address.parse().map_err(|_| line.error(format!("{address} is no address")))?;
                range.addresses.push(address);
            }
            ["ENTRY_BEGIN", ..] => range.entries.push(entry::read(&line, lines)?),
            _ => return Err(line.error("in a range there are addresses and entries")),
        }
    }
}

fn step(begin: &lines::Line, lines: &mut Lines) -> Result<Step, ReadError> {
    let words = begin.words();
    let [_, number, kind, arguments @ ..] = words.as_slice() else { return Err(begin.error("STEP number KIND")) };
    let number = number.parse().map_err(|_| begin.error(format!("{number} is no number")))?;
    let kind = match *kind {
        "QUERY" => Kind::Query(step_entry(lines)?),
        "CHECK_ANSWER" => Kind::Check(step_entry(lines)?),
        "TIME_PASSES" => Kind::Pass(elapse(arguments).ok_or_else(|| begin.error("TIME_PASSES ELAPSE seconds"))?),
        "TRAFFIC" => Kind::Traffic,
        "NOTHING" => Kind::Nothing,
        "CHECK_OUT_QUERY" => {
            step_entry(lines)?;
            Kind::Nothing
        }
        other => return Err(begin.error(format!("{other} is no kind of step"))),
    };
    Ok(Step { number, line: begin.number, kind })
}

fn step_entry(lines: &mut Lines) -> Result<crate::scenario::Entry, ReadError> {
    let line = lines.expect()?;
    if line.first_word() == "ENTRY_BEGIN" {
        entry::read(&line, lines)
    } else {
        Err(line.error("an entry has to follow"))
    }
}

fn elapse(arguments: &[&str]) -> Option<Duration> {
    let [word, seconds] = arguments else { return None };
    let seconds: f64 = seconds.parse().ok().filter(|_| *word == "ELAPSE")?;
    Duration::try_from_secs_f64(seconds).ok()
}

#[cfg(test)]
mod tests;
