//! What is wrong with a configuration file, told so that it can be put right: file, line, column, key, hint.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    /// Octets of the file that are meant.
    pub(crate) span: Range<usize>,
    /// The whole key, `resolver.limits.depth`; empty if the file is no TOML.
    pub(crate) key: String,
    /// What is wrong.
    pub(crate) what: String,
    /// What to do about it.
    pub(crate) hint: Option<String>,
}

/// A configuration that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ConfigError {
    file: PathBuf,
    text: String,
    problems: Vec<Problem>,
}

impl ConfigError {
    /// All that is wrong with `text`, read from `file`, in the order of the file.
    pub(crate) fn new(file: &Path, text: &str, mut problems: Vec<Problem>) -> Self {
        problems.sort_by_key(|problem| problem.span.start);
        Self { file: file.to_owned(), text: text.to_owned(), problems }
    }

    #[cfg(test)]
    pub(crate) fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

/// Line and column, both from 1, the column in characters.
fn place(text: &str, at: usize) -> (usize, usize) {
    let before = &text.as_bytes()[..at.min(text.len())];
    let line_start = before.iter().rposition(|&octet| octet == b'\n').map_or(0, |newline| newline + 1);
    let line = before.iter().filter(|&&octet| octet == b'\n').count() + 1;
    (line, String::from_utf8_lossy(&before[line_start..]).chars().count() + 1)
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            self.write_problem(f, problem)?;
        }
        Ok(())
    }
}

impl ConfigError {
    fn write_problem(&self, f: &mut fmt::Formatter<'_>, problem: &Problem) -> fmt::Result {
        let (line, column) = place(&self.text, problem.span.start);
        let colon = if problem.key.is_empty() { "" } else { ": " };
        writeln!(f, "{}:{line}:{column}: {}{colon}{}", self.file.display(), problem.key, problem.what)?;
        let source = self.text.lines().nth(line - 1).unwrap_or_default();
        let number = line.to_string();
        let gutter = " ".repeat(number.len());
        let meant = self.text.get(problem.span.clone()).unwrap_or_default().lines().next().unwrap_or_default();
        let marks = "^".repeat(meant.chars().count().max(1));
        // Control characters of the file are not the terminal's business; tabs keep the marks in line as spaces.
        let shown: String = source.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        writeln!(f, " {gutter} |\n {number} | {shown}\n {gutter} | {}{marks}", " ".repeat(column - 1))?;
        problem.hint.iter().try_for_each(|hint| writeln!(f, " {gutter} = hint: {hint}"))
    }
}

impl std::error::Error for ConfigError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_from_one_and_columns_are_characters() {
        let text = "a = 1\nü = 2\n";
        assert_eq!(place(text, 0), (1, 1));
        assert_eq!(place(text, 6), (2, 1));
        assert_eq!(place(text, 8), (2, 2));
        assert_eq!(place(text, 99), (3, 1));
        assert_eq!(place("", 0), (1, 1));
    }

    #[test]
    fn problem_shows_line_marks_and_hint() {
        let problem = Problem {
            span: 9..14,
            key: "server.lisen".to_owned(),
            what: "unknown key".to_owned(),
            hint: Some("did you mean `listen`?".to_owned()),
        };
        let error = ConfigError::new(Path::new("r.toml"), "[server]\nlisen = []\n", vec![problem]);
        let expected = "\
r.toml:2:1: server.lisen: unknown key
   |
 2 | lisen = []
   | ^^^^^
   = hint: did you mean `listen`?
";
        assert_eq!(error.to_string(), expected);
    }
}
