//! Records as lines: owner, TTL, type, and data folded to the width of the tree.

use proto::{Rrset, rdata};

use super::style::{Role, Style, clean};

/// Widest line; terminals and books agree on about this.
pub(super) const LINE_WIDTH: usize = 100;
const NAME_WIDTH: usize = 24;
/// Lines that one set may take before the rest is only counted (`--json` has all of it).
const MAX_LINES: usize = 4;
/// Narrowest column for data, however deep the tree.
const MIN_DATA_WIDTH: usize = 24;

/// The lines of a set, each behind `prefix`, which is `indent` columns wide.
pub(super) fn lines(rrset: &Rrset, prefix: &str, indent: usize, style: Style) -> String {
    let name = format!("{:<NAME_WIDTH$}", rrset.name.to_string());
    let head = format!("{name} {:>6}  {:<5} ", rrset.ttl, rrset.rtype.to_string());
    let width = LINE_WIDTH.saturating_sub(indent + head.chars().count()).max(MIN_DATA_WIDTH);
    let present = |field| shorten(&clean(&rdata::present(rrset.rtype, field)), width, style);
    let fields: Vec<String> = rrset.rdatas.iter().flat_map(present).collect();
    let blank = " ".repeat(head.chars().count());
    let mut out = String::new();
    for (index, data) in fold(&fields, width, style).iter().enumerate() {
        let lead = if index == 0 { style.paint(Role::Faint, &head) } else { blank.clone() };
        out.push_str(&format!("{prefix}{lead}{data}\n"));
    }
    out
}

/// As many fields per line as fit, at most [`MAX_LINES`] lines.
fn fold(fields: &[String], width: usize, style: Style) -> Vec<String> {
    let mut folded: Vec<String> = Vec::new();
    for (index, field) in fields.iter().enumerate() {
        let fits = |line: &String| line.chars().count() + 2 + field.chars().count() <= width;
        let lines = folded.len();
        if let Some(line) = folded.last_mut().filter(|line| fits(line)) {
            line.push_str("  ");
            line.push_str(field);
        } else if lines < MAX_LINES {
            folded.push(field.clone());
        } else {
            folded.push(format!("{} {} more", style.ellipsis(), fields.len() - index));
            break;
        }
    }
    folded
}

/// `text` on one line or, broken at a space, on two; what is longer is cut and its whole length told.
fn shorten(text: &str, width: usize, style: Style) -> Vec<String> {
    let length = text.chars().count();
    if length <= width {
        return vec![text.to_owned()];
    }
    let head: String = text.chars().take(width + 1).collect();
    if let Some((first, _)) = head.rsplit_once(' ') {
        let second = text[first.len()..].trim_start();
        if second.chars().count() <= width {
            return vec![first.to_owned(), second.to_owned()];
        }
    }
    let tail = format!("{} ({length} characters)", style.ellipsis());
    let kept = width.saturating_sub(tail.chars().count());
    vec![text.chars().take(kept).collect::<String>() + &tail]
}

#[cfg(test)]
mod tests {
    use proto::RrType;

    use super::super::style::{Charset, Palette};
    use super::*;

    const PLAIN: Style = Style { palette: Palette::Plain, charset: Charset::Unicode };

    fn addresses(count: u8) -> Rrset {
        let fields: Vec<[u8; 4]> = (1..=count).map(|last| [192, 0, 2, last]).collect();
        Rrset::new("www.example.".parse().unwrap(), RrType::A, 300, fields.iter().map(<[u8; 4]>::as_slice))
    }

    #[test]
    fn few_records_share_a_line() {
        let expected = "> www.example.                300  A     192.0.2.1  192.0.2.2\n";
        assert_eq!(lines(&addresses(2), "> ", 2, PLAIN), expected);
    }

    #[test]
    fn many_records_are_folded_and_counted() {
        let text = lines(&addresses(200), "", 0, PLAIN);
        assert_eq!(text.lines().count(), MAX_LINES + 1);
        assert!(text.lines().all(|line| line.chars().count() <= LINE_WIDTH), "{text}");
        assert!(text.trim_end().ends_with("more"), "{text}");
    }

    #[test]
    fn long_data_tells_its_length() {
        let long = [&[255][..], &[b'x'; 255]].concat();
        let set = Rrset::new("t.example.".parse().unwrap(), RrType::TXT, 5, [long.as_slice()]);
        let text = lines(&set, "", 0, PLAIN);
        assert_eq!(text.trim_end().chars().count(), LINE_WIDTH);
        assert!(text.trim_end().ends_with("xxx… (257 characters)"), "{text}");
    }

    #[test]
    fn data_a_little_too_long_is_broken_at_a_space() {
        let data = rdata::parse(
            RrType::SOA,
            "ns1.rootwalk.net. mail.rootwalk.net. 2026010101 3600 600 604800 30",
            &proto::Name::root(),
        );
        let set = Rrset::new("rootwalk.net.".parse().unwrap(), RrType::SOA, 5, [data.unwrap().as_slice()]);
        let text = lines(&set, "", 10, PLAIN);
        let data: Vec<&str> = text.lines().map(|line| line[39..].trim_end()).collect();
        assert_eq!(data, ["ns1.rootwalk.net. mail.rootwalk.net. 2026010101", "3600 600 604800 30"]);
    }
}
