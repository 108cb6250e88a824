//! Lines of text within the width.

use std::time::Duration;

use crate::cli::Output;
use crate::cli::output::Style;
use crate::report;

/// Wraps the text at blanks; the first line starts with `first`, the others with as many blanks.
pub(super) fn wrapped(output: &Output, first: &str, text: &str) -> Vec<String> {
    let indent = first.chars().count();
    let width = output.width().min(80);
    let mut lines = Vec::new();
    let mut line = first.to_owned();
    let mut used = indent;
    for word in text.split_whitespace() {
        let mut word = word;
        let mut len = word.chars().count();
        if used > indent && used + 1 + len > width {
            lines.push(std::mem::replace(&mut line, " ".repeat(indent)));
            used = indent;
        }
        if used > indent {
            line.push(' ');
            used += 1;
        }
        // A word that is longer than a line is cut.
        while used + len > width {
            let room = width.saturating_sub(used).max(1);
            let cut = word.char_indices().nth(room).map_or(word.len(), |(at, _)| at);
            line.push_str(&word[..cut]);
            lines.push(std::mem::replace(&mut line, " ".repeat(indent)));
            word = &word[cut..];
            used = indent;
            len = word.chars().count();
        }
        line.push_str(word);
        used += len;
    }
    lines.push(line.trim_end().to_owned());
    lines
}

/// A heading, with an empty line before it.
pub(super) fn heading(output: &Output, text: &str) -> Vec<String> {
    let lines = wrapped(output, "", text).into_iter().map(|line| output.style(Style::Heading, &line));
    std::iter::once(String::new()).chain(lines).collect()
}

/// A duration in nanoseconds for people.
pub(super) fn time(nanos: u64) -> String {
    report::duration(Duration::from_nanos(nanos))
}

/// A factor with about three digits.
pub(super) fn factor(value: f64) -> String {
    if value >= 100.0 { format!("{value:.0}x") } else { format!("{value:.1}x") }
}

/// Share of one number in another, for bars.
#[expect(clippy::cast_precision_loss, reason = "a bar has a dozen marks")]
pub(super) fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Color;

    #[test]
    fn text_is_wrapped_at_blanks_and_long_words_are_cut() {
        let output = Output::new(false, Color::Never, false);
        let text = format!("{} {}", "word ".repeat(40), "x".repeat(200));
        let lines = wrapped(&output, "- ", &text);
        assert!(lines.iter().all(|line| line.chars().count() <= 80), "{lines:#?}");
        assert!(lines[1].starts_with("  word"), "{lines:#?}");
        let words: String = lines.concat().replace(' ', "");
        assert_eq!(words, format!("-{}{}", "word".repeat(40), "x".repeat(200)));
        assert_eq!(wrapped(&output, "", ""), [""]);
    }
}
