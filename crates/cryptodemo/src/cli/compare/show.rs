//! The results as tables and bars of at most 80 columns.

use super::Results;
use crate::cli::Output;
use crate::cli::output::Style;
use crate::cli::table::{self, Align};
use crate::compare::CLAIM;
use crate::compare::factors::{Group, factor};
use crate::compare::tables::{self, Table};
use crate::error::Result;
use crate::report;

/// Columns of the bars.
const BAR: usize = 36;

pub(super) fn results(results: &Results, output: &Output) -> Result<()> {
    for line in results.environment.lines() {
        output.line(output.style(Style::Faint, &line))?;
    }
    for table in [tables::times(&results.measured), tables::per_byte(&results.measured)] {
        show(&table, output)?;
    }
    if results.measured.iter().any(|measured| measured.timed.is_shaky()) {
        output.line("! spread above 10 %: something else ran, do not rely on the figure")?;
    }
    for line in tables::method(&results.measured) {
        output.line(output.style(Style::Faint, &line))?;
    }
    show(&tables::slower(&results.measured), output)?;
    bars(&results.groups, output)?;
    output.line("")?;
    output.line(output.style(Style::Heading, "\"Public key is about 1000 times slower\""))?;
    for line in &results.verdict {
        for (index, part) in wrap(line, 76).into_iter().enumerate() {
            output.line(format!("{} {part}", if index == 0 { "-" } else { " " }))?;
        }
    }
    Ok(())
}

fn show(table: &Table, output: &Output) -> Result<()> {
    output.line("")?;
    output.line(output.style(Style::Heading, table.heading))?;
    table::lines(&[Align::Left; tables::WORDS], &table.rows).into_iter().try_for_each(|line| output.line(line))
}

/// Where the factors of all pairs lie, on a logarithmic scale: from the smallest to the largest, with the typical one and
/// 1000 marked.
fn bars(groups: &[Group], output: &Output) -> Result<()> {
    let lowest = groups.iter().map(|group| group.range.lowest).fold(1.0, f64::min);
    let highest = groups.iter().map(|group| group.range.highest).fold(CLAIM, f64::max);
    let place = |value: f64| column(report::log_share(value, lowest, highest));
    output.line("")?;
    output.line(output.style(Style::Heading, "Times as slow, all pairs of backends and algorithms (logarithmic)"))?;
    let mut scale = " ".repeat(BAR);
    scale.replace_range(place(CLAIM)..=place(CLAIM), "v");
    output.line(format!("{:15}{scale} v 1000, o typical", ""))?;
    for group in groups {
        let (from, to) = (place(group.range.lowest), place(group.range.highest));
        let typical = place(group.range.typical);
        let mark = |column| match column {
            _ if column == typical => 'o',
            _ if (from..=to).contains(&column) => '█',
            _ if column == place(CLAIM) => '|',
            _ => ' ',
        };
        let bar: String = (0..BAR).map(mark).collect();
        output.line(format!(
            "{} {:>6} {bar} {} to {}",
            group.operation.name(),
            report::size(group.bytes),
            factor(group.range.lowest),
            factor(group.range.highest)
        ))?;
    }
    Ok(())
}

fn column(share: f64) -> usize {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "clamped")]
    let column = (share.clamp(0.0, 1.0) * (BAR - 1) as f64).round() as usize;
    column
}

fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.last_mut().expect("there is a line");
        if line.is_empty() {
            line.push_str(word);
        } else if line.chars().count() + 1 + word.chars().count() <= width {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_wrapped_between_words() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("", 7), [""]);
        assert_eq!(wrap("a-very-long-word b", 7), ["a-very-long-word", "b"]);
    }

    #[test]
    fn columns_stay_within_the_bar() {
        assert_eq!([0.0, 0.5, 1.0, 2.0].map(column), [0, 18, 35, 35]);
    }
}
