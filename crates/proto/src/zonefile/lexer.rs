//! Lines and words of a zone file: comments, quotation marks, parentheses (RFC 1035 §5.1).

use super::ZoneFileError;

/// One entry, which parentheses may spread over several lines of the file.
pub(super) struct Line {
    /// The line on which it begins, from 1.
    pub(super) number: usize,
    /// Whether it begins with a blank: then it has the owner of the entry before.
    pub(super) indented: bool,
    /// Its words.
    pub(super) tokens: Vec<Token>,
}

/// One word; escapes are kept, quotation marks are not.
pub(super) struct Token {
    pub(super) text: String,
    pub(super) quoted: bool,
}

/// Splits a text into entries; empty ones are left out.
pub(super) fn lines(text: &str) -> Result<Vec<Line>, ZoneFileError> {
    let mut entries: Vec<Line> = Vec::new();
    let mut open: Option<usize> = None;
    for (index, raw) in text.lines().enumerate() {
        let number = index + 1;
        if open.is_none() {
            let indented = raw.starts_with([' ', '\t']);
            entries.push(Line { number, indented, tokens: Vec::new() });
        }
        let entry = entries.last_mut().expect("an entry was just pushed or is open");
        words(raw, number, &mut entry.tokens, &mut open)?;
        if open.is_none() && entry.tokens.is_empty() {
            entries.pop();
        }
    }
    match open {
        Some(line) => Err(ZoneFileError { line, problem: "a parenthesis is not closed".into() }),
        None => Ok(entries),
    }
}

fn words(line: &str, number: usize, tokens: &mut Vec<Token>, open: &mut Option<usize>) -> Result<(), ZoneFileError> {
    let error = |problem: &str| ZoneFileError { line: number, problem: problem.into() };
    let unclosed = || error("a quotation mark is not closed");
    let mut characters = line.chars().peekable();
    while let Some(&character) = characters.peek() {
        match character {
            ';' => return Ok(()),
            '(' if open.is_some() => return Err(error("parentheses do not nest")),
            '(' => *open = Some(number),
            ')' if open.is_none() => return Err(error("a parenthesis is closed that was not opened")),
            ')' => *open = None,
            '"' => {
                characters.next();
                let text = quoted(&mut characters).ok_or_else(unclosed)?;
                tokens.push(Token { text, quoted: true });
                continue;
            }
            blank if blank.is_whitespace() => {}
            _ => {
                let mut text = String::new();
                while let Some(&next) = characters.peek() {
                    if next.is_whitespace() || matches!(next, ';' | '(' | ')') {
                        break;
                    }
                    characters.next();
                    // `alpn="h2,h3"` (RFC 9460 §2.1) is one word; its quotation marks stay.
                    text.push(next);
                    match next {
                        '\\' => text.extend(characters.next()),
                        '"' => text.push_str(&quoted(&mut characters).ok_or_else(unclosed)?),
                        _ => {}
                    }
                    if next == '"' {
                        text.push('"');
                    }
                }
                tokens.push(Token { text, quoted: false });
                continue;
            }
        }
        characters.next();
    }
    Ok(())
}

/// What stands before the closing quotation mark; `None` if there is none.
fn quoted(characters: &mut impl Iterator<Item = char>) -> Option<String> {
    let mut text = String::new();
    loop {
        match characters.next()? {
            '"' => return Some(text),
            '\\' => text.extend(['\\'].into_iter().chain(characters.next())),
            other => text.push(other),
        }
    }
}

/// The octets of a character string (RFC 1035 §5.1): `\X` is X, `\DDD` is the octet DDD.
pub(super) fn unescape(text: &str) -> Result<Vec<u8>, String> {
    let mut out = Vec::with_capacity(text.len());
    let mut octets = text.bytes();
    while let Some(octet) = octets.next() {
        if octet != b'\\' {
            out.push(octet);
            continue;
        }
        let first = octets.next().ok_or("a backslash ends the string")?;
        if !first.is_ascii_digit() {
            out.push(first);
            continue;
        }
        let digits = [Some(first), octets.next(), octets.next()];
        let value = digits.into_iter().try_fold(0_u32, |value, digit| {
            let digit = digit.filter(u8::is_ascii_digit)?;
            Some(value * 10 + u32::from(digit - b'0'))
        });
        out.push(value.and_then(|value| u8::try_from(value).ok()).ok_or("an escape is not three digits up to 255")?);
    }
    Ok(out)
}
