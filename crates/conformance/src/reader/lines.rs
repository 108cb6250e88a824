//! Lines without comments and blanks around them.

use super::ReadError;

/// One line.
#[derive(Debug, Clone)]
pub(super) struct Line {
    /// Where it stands, counted from 1.
    pub(super) number: usize,
    /// What is left of it.
    pub(super) text: String,
}

impl Line {
    pub(super) fn words(&self) -> Vec<&str> {
        self.text.split_whitespace().collect()
    }

    pub(super) fn first_word(&self) -> &str {
        self.text.split_whitespace().next().unwrap_or_default()
    }

    pub(super) fn error(&self, problem: impl Into<String>) -> ReadError {
        ReadError { line: self.number, problem: problem.into() }
    }
}

/// Where `#` begins a comment.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Hash {
    Anywhere,
    FirstOnly,
}

/// The lines of a file, one after the other.
pub(super) struct Lines<'a> {
    rest: std::iter::Enumerate<std::str::Lines<'a>>,
    number: usize,
}

impl<'a> Lines<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { rest: text.lines().enumerate(), number: 0 }
    }

    /// The line read last.
    pub(super) fn number(&self) -> usize {
        self.number
    }

    fn step(&mut self, hash: Hash) -> Option<Line> {
        loop {
            let (index, raw) = self.rest.next()?;
            self.number = index + 1;
            let text = without_comment(raw.trim(), hash);
            if !text.is_empty() {
                return Some(Line { number: self.number, text: text.to_owned() });
            }
        }
    }

    /// The next line that says anything.
    pub(super) fn next(&mut self) -> Option<Line> {
        self.step(Hash::FirstOnly)
    }

    /// The same, where the file may not end.
    pub(super) fn expect(&mut self) -> Result<Line, ReadError> {
        self.next().ok_or_else(|| ReadError { line: self.number, problem: "the file ends too early".into() })
    }

    /// The lines up to `CONFIG_END`.
    pub(super) fn configuration(&mut self) -> Result<Vec<String>, ReadError> {
        let mut found = Vec::new();
        while let Some(line) = self.step(Hash::Anywhere) {
            if line.first_word() == "CONFIG_END" {
                return Ok(found);
            }
            found.push(line.text);
        }
        Err(ReadError { line: self.number, problem: "CONFIG_END is missing".into() })
    }

    pub(super) fn title(&mut self) -> Result<String, ReadError> {
        let line = self.expect()?;
        let title = line.text.strip_prefix("SCENARIO_BEGIN").ok_or_else(|| line.error("SCENARIO_BEGIN is missing"))?;
        Ok(title.trim().to_owned())
    }

    /// The rest of a record that begins in `line`: brackets join lines.
    pub(super) fn join(&mut self, line: &mut Line) -> Result<(), ReadError> {
        while open_brackets(&line.text) {
            let next = self.expect()?;
            line.text.push(' ');
            line.text.push_str(&next.text);
        }
        Ok(())
    }
}

/// Walks over a line outside quotes, `\` protecting the next character.
fn outside_quotes(text: &str) -> impl Iterator<Item = (usize, char)> + '_ {
    let (mut quoted, mut protected) = (false, false);
    text.char_indices().filter(move |(_, character)| {
        let was_protected = std::mem::replace(&mut protected, false);
        match character {
            _ if was_protected => return false,
            '\\' => protected = true,
            '"' => quoted = !quoted,
            _ => return !quoted,
        }
        false
    })
}

fn without_comment(line: &str, hash: Hash) -> &str {
    if line.starts_with('#') {
        return "";
    }
    let is_start = |character| character == ';' || (character == '#' && hash == Hash::Anywhere);
    let end = outside_quotes(line).find(|(_, character)| is_start(*character)).map_or(line.len(), |(at, _)| at);
    line[..end].trim_end()
}

fn open_brackets(text: &str) -> bool {
    let count = |bracket| outside_quotes(text).filter(|(_, character)| *character == bracket).count();
    count('(') > count(')')
}
