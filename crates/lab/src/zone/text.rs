//! The text of a zone file, made fit for the reader of zone files.

/// The first comment that is no directive.
pub(super) fn title(text: &str) -> &str {
    let comments = text.lines().filter_map(|line| line.strip_prefix(';'));
    comments.map(str::trim).find(|comment| !comment.starts_with('!')).unwrap_or_default()
}

/// Takes parentheses away by putting what stands between them on one line (RFC 1035 §5.1): the reader of zone files
/// splits quoted strings between parentheses.
pub(super) fn on_one_line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut depth, mut quoted, mut comment, mut escaped) = (0u32, false, false, false);
    for c in text.chars() {
        let plain = !quoted && !comment && !escaped;
        match c {
            '\n' => {
                comment = false;
                out.push(if depth > 0 { ' ' } else { '\n' });
                continue;
            }
            '"' if !comment && !escaped => quoted = !quoted,
            ';' if plain => comment = true,
            '(' if plain => depth += 1,
            ')' if plain => depth = depth.saturating_sub(1),
            _ => {}
        }
        escaped = c == '\\' && !escaped && !comment;
        if !(comment || plain && (c == '(' || c == ')')) {
            out.push(c);
        }
    }
    out
}

/// Sorts out DNAME records, which the reader of zone files does not know, and writes them as CNAME records: their data
/// has the same form. A DNAME line must name its owner.
pub(super) fn split_dnames(text: &str) -> (String, String) {
    let (mut most, mut dnames) = (String::new(), String::new());
    for line in text.lines() {
        let is_dname = |word: &&str| word.eq_ignore_ascii_case("DNAME");
        // Owner, then TTL and class in any order, then the type (RFC 1035 §5.1).
        let dname = line.split_whitespace().skip(1).take(3).find(is_dname);
        match dname.filter(|_| !line.starts_with(char::is_whitespace)) {
            Some(word) => dnames += &format!("{}\n", line.replacen(word, "CNAME", 1)),
            None => {
                most += &format!("{line}\n");
                if line.starts_with('$') {
                    dnames += &format!("{line}\n");
                }
            }
        }
    }
    (most, dnames)
}
