//! Plain tables: columns by their widest cell, two spaces between them.

/// How a column is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Align {
    /// Words.
    Left,
    /// Figures.
    Right,
}

/// The rows as lines, without trailing spaces. Columns beyond the given ones are figures.
pub(super) fn lines(columns: &[Align], rows: &[Vec<String>]) -> Vec<String> {
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..count).map(|column| width(column).unwrap_or(0)).collect();
    let set = |(column, cell): (usize, &String)| {
        let width = widths[column];
        match columns.get(column).unwrap_or(&Align::Right) {
            Align::Left => format!("{cell:<width$}"),
            Align::Right => format!("{cell:>width$}"),
        }
    };
    let line = |row: &Vec<String>| row.iter().enumerate().map(set).collect::<Vec<_>>().join("  ");
    rows.iter().map(|row| line(row).trim_end().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [vec!["name", "µs"], vec!["a", "100"], vec!["longer"]];
        let rows: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(ToString::to_string).collect()).collect();
        assert_eq!(lines(&[Align::Left], &rows), ["name     µs", "a       100", "longer"]);
        assert!(lines(&[], &[]).is_empty());
    }
}
