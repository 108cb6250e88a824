//! Where output goes: results on stdout, notes and progress on stderr, both plain without a terminal.

use std::io::{self, IsTerminal, Write};
use std::path::Path;

use serde::Serialize;

use super::Color;
use crate::error::{Error, Result};
use crate::files::STANDARD_OUTPUT;
use crate::report;

/// The two streams of the command and how to write on them.
#[derive(Debug)]
pub struct Output {
    json: bool,
    quiet: bool,
    stdout_colors: bool,
    stderr_colors: bool,
}

/// Kinds of emphasis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// A heading.
    Heading,
    /// Went well.
    Good,
    /// Went wrong, or is unsafe.
    Bad,
    /// Worth a second look.
    Warn,
    /// Less important.
    Faint,
}

impl Style {
    const fn code(self) -> &'static str {
        match self {
            Self::Heading => "1",
            Self::Good => "32",
            Self::Bad => "31",
            Self::Warn => "33",
            Self::Faint => "2",
        }
    }
}

impl Output {
    /// Output as the global options ask for.
    #[must_use]
    pub fn new(json: bool, color: Color, quiet: bool) -> Self {
        #[expect(
            clippy::disallowed_methods,
            reason = "https://no-color.org is a promise to the user, not configuration"
        )]
        let unwanted = std::env::var("NO_COLOR").is_ok_and(|value| !value.is_empty());
        let colors = |terminal: bool| match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => terminal && !unwanted,
        };
        Self {
            json,
            quiet,
            stdout_colors: colors(io::stdout().is_terminal()),
            stderr_colors: colors(io::stderr().is_terminal()),
        }
    }

    /// Whether the result is wanted as JSON.
    #[must_use]
    pub const fn is_json(&self) -> bool {
        self.json
    }

    /// Whether progress may be drawn on stderr.
    #[must_use]
    pub fn shows_progress(&self) -> bool {
        !self.quiet && io::stderr().is_terminal()
    }

    /// Columns to use: the terminal's, at most 100; 80 without a terminal.
    #[must_use]
    pub fn width(&self) -> usize {
        terminal_size::terminal_size().map_or(80, |(width, _)| usize::from(width.0).clamp(40, 100))
    }

    /// The text in a style, for stdout; plain where colours are off.
    #[must_use]
    pub fn style(&self, style: Style, text: &str) -> String {
        paint(self.stdout_colors, style, text)
    }

    /// Writes a line of the result on stdout.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be written.
    pub fn line(&self, text: impl AsRef<str>) -> Result<()> {
        let mut out = io::stdout().lock();
        writeln!(out, "{}", text.as_ref()).map_err(Error::io(STANDARD_OUTPUT))
    }

    /// Writes the whole result as JSON on stdout.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be written.
    pub fn json(&self, value: &impl Serialize) -> Result<()> {
        let text = serde_json::to_string_pretty(value).expect("results are made of strings and numbers");
        self.line(text)
    }

    /// A note on stderr; not with `--quiet`.
    pub fn note(&self, text: impl AsRef<str>) {
        if !self.quiet {
            // There is nobody to tell that stderr is gone.
            let _ = writeln!(io::stderr(), "{}", paint(self.stderr_colors, Style::Faint, text.as_ref()));
        }
    }

    /// A warning in one line on stderr, with `--quiet` too.
    pub fn warn(&self, text: impl AsRef<str>) {
        self.complain(Style::Warn, "warning", text.as_ref());
    }

    /// Why the command failed, in one line on stderr.
    pub fn error(&self, error: &Error) {
        if !is_reader_gone(error) {
            self.complain(Style::Bad, "error", &error.to_string());
        }
    }

    fn complain(&self, style: Style, what: &str, text: &str) {
        let text = report::plain(&text.replace('\n', " "));
        // There is nobody to tell that stderr is gone.
        let _ = writeln!(io::stderr(), "{}: {text}", paint(self.stderr_colors, style, what));
    }
}

/// Whether the reader of standard output left (`| head`): it has what it wanted. A pipe that was named, or the other side
/// of a connection, has not.
fn is_reader_gone(error: &Error) -> bool {
    matches!(error, Error::Io { place, source }
        if source.kind() == io::ErrorKind::BrokenPipe && place == Path::new(STANDARD_OUTPUT))
}

fn paint(colors: bool, style: Style, text: &str) -> String {
    if colors { format!("\x1b[{}m{text}\x1b[0m", style.code()) } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_standard_output_may_lose_its_reader_in_silence() {
        for (place, kind, is_silent) in [
            ("standard output", io::ErrorKind::BrokenPipe, true),
            ("standard output", io::ErrorKind::StorageFull, false),
            ("pipe", io::ErrorKind::BrokenPipe, false),
            ("TCP", io::ErrorKind::BrokenPipe, false),
            ("TLS", io::ErrorKind::BrokenPipe, false),
        ] {
            assert_eq!(is_reader_gone(&Error::io(place)(kind.into())), is_silent, "{place} {kind}");
        }
    }
}
