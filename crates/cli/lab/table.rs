//! Columns of text, each as wide as its widest cell.

use std::fmt;

/// Four columns under their titles.
#[derive(Debug)]
pub(super) struct Table {
    rows: Vec<[String; 4]>,
}

impl Table {
    /// Titles and no rows.
    pub(super) fn new(titles: [&str; 4]) -> Self {
        Self { rows: vec![titles.map(str::to_owned)] }
    }

    /// One more row.
    pub(super) fn row(&mut self, cells: [String; 4]) {
        self.rows.push(cells);
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = |column: usize| self.rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths: [usize; 4] = std::array::from_fn(width);
        for row in &self.rows {
            let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}  "));
            writeln!(f, "{}", cells.collect::<String>().trim_end())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let mut table = Table::new(["A", "B", "C", "D"]);
        table.row(["long".into(), "x".into(), String::new(), "end".into()]);
        assert_eq!(table.to_string(), "A     B  C  D\nlong  x     end\n");
    }
}
