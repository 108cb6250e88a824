//! A page that needs nothing else: the plot, the verdict and the tables.

use std::fmt::Write as _;

use super::factors::{pairs, verdict};
use super::tables::{self, Table, WORDS};
use super::{Measured, plot};
use crate::bench::Environment;
use crate::error::Result;

const STYLE: &str = "\
body{font:16px/1.5 sans-serif;max-width:1000px;margin:2em auto;padding:0 1em;color:#282828}
svg{max-width:100%;height:auto}
table{border-collapse:collapse;font-size:14px;margin-bottom:2em}
th,td{padding:.2em .7em;text-align:right;border-bottom:1px solid #e1e1e1;white-space:nowrap}
th.word,td.word{text-align:left}
.faint{color:#666;font-size:14px}";

/// The page.
///
/// # Errors
/// As [`plot::svg`].
pub fn html(all: &[Measured], environment: &Environment) -> Result<String> {
    let picture = plot::svg(all, environment)?;
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n\
         <meta name=\"viewport\" content=\"width=device-width\"/>\n\
         <title>Is public key about 1000 times slower?</title>\n<style>{STYLE}</style>\n</head>\n<body>\n{picture}\n"
    );
    let mut list = |heading: &str, class: &str, lines: &[String]| {
        let items: String = lines.iter().map(|line| format!("<li>{}</li>\n", escape(line))).collect();
        // Writing into a string does not fail.
        let _ = writeln!(page, "<h2>{heading}</h2>\n<ul{class}>\n{items}</ul>");
    };
    list("What the figures say", "", &verdict(all, &pairs(all)));
    list("How they came about", " class=\"faint\"", &[tables::method(all), environment.lines()].concat());
    for table in [tables::slower(all), tables::times(all), tables::per_byte(all)] {
        page.push_str(&rows(&table));
    }
    page.push_str("</body>\n</html>\n");
    Ok(page)
}

fn rows(table: &Table) -> String {
    let row = |(index, row): (usize, &Vec<String>)| {
        let tag = if index == 0 { "th" } else { "td" };
        let cell = |(column, cell): (usize, &String)| {
            let class = if column < WORDS { " class=\"word\"" } else { "" };
            format!("<{tag}{class}>{}</{tag}>", escape(cell))
        };
        format!("<tr>{}</tr>\n", row.iter().enumerate().map(cell).collect::<String>())
    };
    let rows: String = table.rows.iter().enumerate().map(row).collect();
    format!("<h2>{}</h2>\n<table>\n{rows}</table>\n", escape(table.heading))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::super::examples;
    use super::*;

    #[test]
    fn the_page_holds_the_plot_the_verdict_and_all_tables() {
        let mut environment = Environment::look();
        environment.cpu = "<script>".to_owned();
        let page = html(&examples::all(), &environment).expect("there is something to show");
        assert!(!page.contains("<script"), "text is not escaped");
        assert!(!page.contains("src=") && !page.contains("href="), "it needs something else");
        for part in ["<svg", "</svg>", "Decrypting: 10 to 4000 times as slow", "<td class=\"word\">seed-cbc</td>"] {
            assert!(page.contains(part), "{part} is missing");
        }
        assert_eq!(page.matches("<table>").count(), 3);
        assert_eq!(page.matches("<tr>").count(), page.matches("</tr>").count());
        assert_eq!(page.matches("<tr>").count(), 27);
    }
}
