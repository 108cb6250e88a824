//! Lines, words, and how they are read. Pure.

use std::net::IpAddr;
use std::time::Duration;

use proto::{Name, Rcode, RrType, WallTime};

/// A line with those indented below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// Where it stands, counted from 1.
    pub(super) number: usize,
    /// Without the comment.
    pub(super) text: String,
    /// The indented lines that follow, with their numbers, without comments and indentation.
    pub(super) block: Vec<(usize, String)>,
}

/// A word; what stood in quotation marks is one, and keeps blanks and what looks like a keyword.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) text: String,
    pub(super) quoted: bool,
}

/// Splits a file into lines. A comment begins with `#` at the beginning of a line or behind a blank.
pub(super) fn lines(text: &str) -> Result<Vec<Line>, (usize, String)> {
    let mut found: Vec<Line> = Vec::new();
    for (index, raw) in text.lines().enumerate() {
        let (number, code) = (index + 1, without_comment(raw).trim_end());
        if code.is_empty() {
            continue;
        }
        if code.starts_with(char::is_whitespace) {
            let Some(last) = found.last_mut() else {
                return Err((number, "an indented line goes on with the line above, and there is none".into()));
            };
            last.block.push((number, code.trim_start().to_owned()));
        } else {
            found.push(Line { number, text: code.to_owned(), block: Vec::new() });
        }
    }
    Ok(found)
}

fn without_comment(line: &str) -> &str {
    let (mut quoted, mut after_blank) = (false, true);
    for (at, c) in line.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '#' if !quoted && after_blank => return &line[..at],
            _ => {}
        }
        after_blank = c.is_whitespace();
    }
    line
}

impl Line {
    /// All words, those of the indented lines included.
    pub(super) fn words(&self) -> Result<Words, String> {
        let mut found = words(&self.text)?;
        for (_, text) in &self.block {
            found.extend(words(text)?);
        }
        Ok(Words { words: found, at: 0 })
    }

    /// The words of the line alone: what is indented below is something else.
    pub(super) fn own_words(&self) -> Result<Words, String> {
        Ok(Words { words: words(&self.text)?, at: 0 })
    }
}

fn words(text: &str) -> Result<Vec<Word>, String> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (word, quoted, after) = match rest.strip_prefix('"') {
            Some(inner) => {
                let (word, after) = inner.split_once('"').ok_or("a quotation mark is not closed")?;
                (word, true, after)
            }
            None => {
                let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
                (&rest[..end], false, &rest[end..])
            }
        };
        found.push(Word { text: word.to_owned(), quoted });
        rest = after.trim_start();
    }
    Ok(found)
}

/// Words, read from left to right.
#[derive(Debug, Clone)]
pub(super) struct Words {
    words: Vec<Word>,
    at: usize,
}

impl Words {
    /// The next word, whatever it is.
    pub(super) fn next(&mut self) -> Option<Word> {
        let word = self.words.get(self.at).cloned();
        self.at += usize::from(word.is_some());
        word
    }

    /// The next word, which has to be there and to be `what`.
    pub(super) fn expect(&mut self, what: &str) -> Result<String, String> {
        self.next().map(|word| word.text).ok_or_else(|| format!("{what} is missing at the end"))
    }

    /// The next word without going on.
    pub(super) fn peek(&self) -> Option<&str> {
        self.words.get(self.at).filter(|word| !word.quoted).map(|word| word.text.as_str())
    }

    /// The next word if it stands in quotation marks.
    pub(super) fn quoted(&mut self) -> Option<String> {
        let word = self.words.get(self.at).filter(|word| word.quoted)?;
        self.at += 1;
        Some(word.text.clone())
    }

    /// Whether the next word is this one; then it is behind us.
    pub(super) fn take(&mut self, keyword: &str) -> bool {
        let is_it = self.peek() == Some(keyword);
        self.at += usize::from(is_it);
        is_it
    }

    /// Nothing may follow.
    pub(super) fn end(&mut self) -> Result<(), String> {
        self.next().map_or(Ok(()), |word| Err(format!("{} has no meaning here; take it away", word.text)))
    }

    pub(super) fn name(&mut self, what: &str) -> Result<Name, String> {
        let text = self.expect(what)?;
        if !text.ends_with('.') {
            return Err(format!("{text}: write names with their last dot, {text}."));
        }
        text.parse().map_err(|error| format!("{text}: {error}"))
    }

    pub(super) fn rtype(&mut self) -> Result<RrType, String> {
        let text = self.expect("a record type")?;
        text.parse().map_err(|error| format!("{text}: {error}"))
    }

    /// A record type, or `any`.
    pub(super) fn rtype_or_any(&mut self) -> Result<Option<RrType>, String> {
        if self.take("any") { Ok(None) } else { self.rtype().map(Some) }
    }

    pub(super) fn address(&mut self) -> Result<IpAddr, String> {
        let text = self.expect("an address")?;
        text.parse().map_err(|_| format!("{text} is no address; write one such as 192.0.2.53 or 2001:db8::53"))
    }

    pub(super) fn number<T: std::str::FromStr>(&mut self, what: &str) -> Result<T, String> {
        let text = self.expect(what)?;
        text.parse().map_err(|_| format!("{text} is not {what} that fits"))
    }

    pub(super) fn duration(&mut self) -> Result<Duration, String> {
        let text = self.expect("a time")?;
        duration(&text)
    }

    pub(super) fn rcode(&mut self) -> Result<Rcode, String> {
        let text = self.expect("a response code")?;
        rcode(&text).ok_or_else(|| format!("{text} is no response code; write one such as NOERROR or SERVFAIL"))
    }
}

/// A time such as `400ms`, `30s`, `2h`, `7d`.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let milliseconds = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => 0,
    };
    let number = number.parse().ok().filter(|_| milliseconds > 0);
    let number: u64 = number.ok_or_else(|| format!("{text} is no time; write one such as 400ms, 30s, 2h or 7d"))?;
    Ok(Duration::from_millis(number.saturating_mul(milliseconds)))
}

/// The response code of a name.
pub(super) fn rcode(text: &str) -> Option<Rcode> {
    (0..=23).map(Rcode).find(|rcode| rcode.to_string() == text)
}

/// A moment such as `2026-01-01T00:00:00Z`.
pub(super) fn moment(text: &str) -> Result<WallTime, String> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let form: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    let well_formed = form == "0000-00-00T00:00:00Z";
    let seconds = well_formed.then(|| proto::rdata::dnssec::time(&digits).ok()).flatten();
    seconds
        .map(|seconds| WallTime::from_secs(u64::from(seconds)))
        .ok_or_else(|| format!("{text} is no moment; write one such as 2026-01-01T00:00:00Z"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_quotation_marks_and_indentation() {
        let found = lines("# a\ntitle a#b # c\nlie x\n  add \"a # b\"  # c\n\n").unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].text, "title a#b");
        assert_eq!((found[1].number, &found[1].block), (3, &vec![(4, "add \"a # b\"".to_owned())]));
        let mut words = found[1].words().unwrap();
        assert_eq!(words.expect("").unwrap(), "lie");
        assert!(words.take("x") && !words.take("y") && words.take("add"));
        assert_eq!(words.quoted().as_deref(), Some("a # b"));
        assert!(words.end().is_ok());
        assert_eq!(lines("  x").unwrap_err().0, 1);
    }

    #[test]
    fn times_have_units() {
        assert_eq!(duration("2h"), Ok(Duration::from_secs(7200)));
        assert_eq!(duration("400ms"), Ok(Duration::from_millis(400)));
        assert!(duration("2").is_err() && duration("h").is_err() && duration("2y").is_err());
        assert_eq!(moment("1970-01-02T00:00:01Z"), Ok(WallTime::from_secs(86_401)));
        assert!(moment("2026-01-01").is_err() && moment("20260101000000").is_err());
    }
}
