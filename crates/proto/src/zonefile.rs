//! Zone files (RFC 1035 §5).
//!
//! hickory-proto reads the data of most types. Framing and the types whose data holds names are read here, because its
//! reader knows neither DNAME, nor generic data (RFC 3597 §5), nor where in the file an error is.

mod lexer;

use hickory_proto::rr::{RData, RecordType};
use lexer::{Line, Token};

use crate::{Class, Name, Record, RrType, rdata};

/// The text is not a zone file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct ZoneFileError {
    /// Where, counted from 1.
    pub line: usize,
    /// What is wrong.
    pub problem: String,
}

/// TTL of records that name none before any was set.
const DEFAULT_TTL: u32 = 3600;

/// Reads all records of a zone file, in canonical order of owner names; relative names are below `origin`.
///
/// `$INCLUDE` is refused, because a zone given as text has no folder to look into.
///
/// # Errors
/// When a line cannot be read.
pub fn parse(text: &str, origin: &Name) -> Result<Vec<Record>, ZoneFileError> {
    let mut reader = Reader { origin: origin.clone(), ttl: None, owner: None };
    let mut records = Vec::new();
    for line in lexer::lines(text)? {
        let read = reader.line(&line).map_err(|problem| ZoneFileError { line: line.number, problem })?;
        records.extend(read);
    }
    records.sort_by(|a, b| (&a.name, a.rtype).cmp(&(&b.name, b.rtype)));
    Ok(records)
}

struct Reader {
    origin: Name,
    ttl: Option<u32>,
    owner: Option<Name>,
}

impl Reader {
    fn line(&mut self, line: &Line) -> Result<Option<Record>, String> {
        let mut tokens = line.tokens.as_slice();
        match tokens {
            [] => return Ok(None),
            [Token { text, .. }, rest @ ..] if text.starts_with('$') && !line.indented => {
                self.directive(text, rest)?;
                return Ok(None);
            }
            [first, rest @ ..] if !line.indented => {
                self.owner = Some(self.name(&first.text)?);
                tokens = rest;
            }
            _ => {}
        }
        let name = self.owner.clone().ok_or("a record without owner comes before the first owner")?;
        let mut class = Class::IN;
        let mut ttl = None;
        // RFC 1035 §5.1: TTL and class, either first, each optional.
        while let [first, rest @ ..] = tokens {
            if let Some(named) = class_of(&first.text) {
                class = named;
            } else if first.text.starts_with(|c: char| c.is_ascii_digit()) && ttl.is_none() {
                ttl = Some(seconds(&first.text)?);
            } else {
                break;
            }
            tokens = rest;
        }
        let [rtype, fields @ ..] = tokens else { return Err("the type is missing".into()) };
        let rtype: RrType = rtype.text.parse().map_err(|error| format!("{}: {error}", rtype.text))?;
        let ttl = ttl.or(self.ttl).unwrap_or(DEFAULT_TTL);
        let data = self.data(rtype, fields).map_err(|problem| format!("{name} {rtype}: {problem}"))?;
        Ok(Some(Record { name, rtype, class, ttl, rdata: data.into() }))
    }

    fn directive(&mut self, word: &str, arguments: &[Token]) -> Result<(), String> {
        match (word.to_ascii_uppercase().as_str(), arguments) {
            ("$ORIGIN", [origin]) => self.origin = self.name(&origin.text)?,
            ("$TTL", [ttl]) => self.ttl = Some(seconds(&ttl.text)?),
            ("$INCLUDE", _) => return Err("$INCLUDE is not supported".into()),
            _ => return Err(format!("{word} is no directive, or has not one argument")),
        }
        Ok(())
    }

    /// A name, relative to the origin without its final dot.
    fn name(&self, text: &str) -> Result<Name, String> {
        if text == "@" {
            return Ok(self.origin.clone());
        }
        let absolute = text.ends_with('.') && !text.ends_with("\\.") || text == ".";
        let written = if absolute || self.origin.is_root() { text.into() } else { format!("{text}.{}", self.origin) };
        written.parse().map_err(|error| format!("{text}: {error}"))
    }

    fn data(&self, rtype: RrType, fields: &[Token]) -> Result<Vec<u8>, String> {
        if let [Token { text, quoted: false }, length, rest @ ..] = fields
            && text == "\\#"
        {
            return generic(&length.text, rest);
        }
        let words: Vec<&str> = fields.iter().map(|token| token.text.as_str()).collect();
        let mut out = Vec::new();
        match (rtype, words.as_slice()) {
            (RrType::NS | RrType::CNAME | RrType::DNAME | RrType::PTR, [target]) => {
                out.extend_from_slice(self.name(target)?.wire());
            }
            (RrType::MX, [preference, target]) => {
                out.extend_from_slice(&number::<u16>(preference)?.to_be_bytes());
                out.extend_from_slice(self.name(target)?.wire());
            }
            (RrType::SRV, [priority, weight, port, target]) => {
                for word in [priority, weight, port] {
                    out.extend_from_slice(&number::<u16>(word)?.to_be_bytes());
                }
                out.extend_from_slice(self.name(target)?.wire());
            }
            (RrType::SOA, [primary, mailbox, serial, times @ ..]) if times.len() == 4 => {
                out.extend_from_slice(self.name(primary)?.wire());
                out.extend_from_slice(self.name(mailbox)?.wire());
                out.extend_from_slice(&number::<u32>(serial)?.to_be_bytes());
                for time in times {
                    out.extend_from_slice(&seconds(time)?.to_be_bytes());
                }
            }
            (RrType::TXT, [_, ..]) => {
                for word in &words {
                    let octets = lexer::unescape(word)?;
                    let length = u8::try_from(octets.len()).map_err(|_| "a string has more than 255 octets")?;
                    out.push(length);
                    out.extend_from_slice(&octets);
                }
            }
            _ if rdata::dnssec::is_ours(rtype) => return rdata::dnssec::parse(rtype, &words, |text| self.name(text)),
            _ => return by_hickory(rtype, fields),
        }
        Ok(out)
    }
}

fn by_hickory(rtype: RrType, fields: &[Token]) -> Result<Vec<u8>, String> {
    let word = |token: &Token| if token.quoted { format!("\"{}\"", token.text) } else { token.text.clone() };
    let text: Vec<String> = fields.iter().map(word).collect();
    let data = RData::try_from_str(RecordType::from(rtype.0), &text.join(" ")).map_err(|error| error.to_string())?;
    rdata::from_hickory(&data).ok_or_else(|| "the data cannot be encoded".into())
}

/// RFC 3597 §5: length in octets, then hexadecimal digits.
fn generic(length: &str, digits: &[Token]) -> Result<Vec<u8>, String> {
    let text: String = digits.iter().map(|token| token.text.as_str()).collect();
    let pairs = text.as_bytes().chunks(2);
    let octet = |pair: &[u8]| std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok());
    let data: Option<Vec<u8>> = pairs.map(|pair| octet(pair).filter(|_| pair.len() == 2)).collect();
    let data = data.ok_or("generic data is not hexadecimal")?;
    if data.len() == number::<usize>(length)? { Ok(data) } else { Err("generic data has another length".into()) }
}

fn class_of(text: &str) -> Option<Class> {
    match text.to_ascii_uppercase().as_str() {
        "IN" => Some(Class::IN),
        "CH" => Some(Class::CH),
        _ => None,
    }
}

fn number<T: std::str::FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("{text} is not a number that fits"))
}

/// Seconds, bare or with the units that servers take: `1h30m`, `2d`, `1w`.
fn seconds(text: &str) -> Result<u32, String> {
    let (mut total, mut run, mut unit_seen) = (0_u64, String::new(), false);
    for character in text.chars() {
        if character.is_ascii_digit() {
            run.push(character);
            continue;
        }
        let factor = match character.to_ascii_lowercase() {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 86_400,
            'w' => 604_800,
            _ => return Err(format!("{text} is no time")),
        };
        total = number::<u64>(&run)?.saturating_mul(factor).saturating_add(total);
        run.clear();
        unit_seen = true;
    }
    if !run.is_empty() || !unit_seen {
        total = total.saturating_add(number::<u64>(&run)?);
    }
    u32::try_from(total).map_err(|_| format!("{text} is too long a time"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        parse(text, &"example.".parse().unwrap()).unwrap().iter().map(Record::to_string).collect()
    }

    fn problem(text: &str) -> String {
        parse(text, &"example.".parse().unwrap()).unwrap_err().to_string()
    }

    #[test]
    fn zone_file_reads_rfc1035_5() {
        let text = "$TTL 60\n@ IN SOA ns host ( 1 2h ; refresh (not a list)\n 3 4 5 )\n  IN NS ns\nns 30 IN A 192.0.2.1\n*.w IN TXT \"a b;\" c\n";
        assert_eq!(
            lines(text),
            [
                "example. 60 IN NS ns.example.",
                "example. 60 IN SOA ns.example. host.example. 1 7200 3 4 5",
                "ns.example. 30 IN A 192.0.2.1",
                "*.w.example. 60 IN TXT \"a b;\" \"c\"",
            ]
        );
    }

    #[test]
    fn directives_apply_from_there_on_rfc2308_4() {
        let text = "a A 192.0.2.1\n$TTL 1h\n$ORIGIN sub\nb A 192.0.2.2\n$ORIGIN other.\nc IN 1m A 192.0.2.3\n";
        assert_eq!(
            lines(text),
            ["a.example. 3600 IN A 192.0.2.1", "b.sub.example. 3600 IN A 192.0.2.2", "c.other. 60 IN A 192.0.2.3",]
        );
    }

    #[test]
    fn types_with_names_and_generic_data_rfc3597_5() {
        let text = "a DNAME target\nb SRV 1 2 443 c\nd TYPE65280 \\# 3 01 02ff\ne CAA 0 issue \"ca.example\"\n";
        assert_eq!(
            lines(text),
            [
                "a.example. 3600 IN DNAME target.example.",
                "b.example. 3600 IN SRV 1 2 443 c.example.",
                "d.example. 3600 IN TYPE65280 \\# 3 0102FF",
                "e.example. 3600 IN CAA 0 issue \"ca.example\"",
            ]
        );
    }

    #[test]
    fn quotation_marks_may_stand_within_a_word_rfc9460_2_1() {
        let records = parse("a HTTPS 1 . alpn=\"h2,h3\" port=443\n", &Name::root()).unwrap();
        assert_eq!(*records[0].rdata, *b"\x00\x01\x00\x00\x01\x00\x06\x02h2\x02h3\x00\x03\x00\x02\x01\xBB");
    }

    #[test]
    fn errors_name_their_line() {
        for (text, expected) in [
            ("a A 192.0.2.1\nb A nonsense\n", "line 2: b.example. A: "),
            ("a A 192.0.2.1\nb NONSENSE x\n", "line 2: NONSENSE: not a record type"),
            ("  A 192.0.2.1\n", "line 1: a record without owner"),
            ("\n\na SOA ( 1 2\n", "line 3: a parenthesis is not closed"),
            ("a TXT \"open\n", "line 1: a quotation mark is not closed"),
            ("$INCLUDE /etc/passwd\n", "line 1: $INCLUDE is not supported"),
            ("a TYPE1 \\# 4 0102\n", "line 1: a.example. A: generic data has another length"),
            ("a..b A 192.0.2.1\n", "line 1: a..b: a label is empty"),
        ] {
            let problem = problem(text);
            assert!(problem.starts_with(expected), "{problem}");
        }
    }
}
