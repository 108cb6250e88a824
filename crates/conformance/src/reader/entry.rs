//! One entry: a message and its rules.

use data_encoding::HEXLOWER_PERMISSIVE;
use proto::{Class, Edns, Flags, Message, Name, OptionCode, Question, QuestionEntry, Rcode, Record, RrType, zonefile};

use super::ReadError;
use super::lines::{Line, Lines};
use crate::scenario::{Adjustment, Entry, Octets, Word};

/// The EDNS size of clients and servers.
pub(crate) const EDNS_OCTETS: u16 = 4096;

#[derive(Clone, Copy)]
enum Section {
    Question,
    Answer,
    Authority,
    Additional,
}

/// Reads from behind `ENTRY_BEGIN` to `ENTRY_END`.
pub(super) fn read(begin: &Line, lines: &mut Lines) -> Result<Entry, ReadError> {
    let mut entry = Entry {
        line: begin.number,
        words: Default::default(),
        adjustments: Default::default(),
        mandatory: false,
        message: Message::empty(0, Flags::default()),
        octets: None,
    };
    let (mut section, mut rcode) = (Section::Question, Rcode::NOERROR);
    loop {
        let mut line = lines.expect()?;
        match line.words().as_slice() {
            ["ENTRY_END", ..] => break,
            ["MATCH", words @ ..] => words.iter().try_for_each(|word| add_word(&mut entry, word, &line))?,
            ["ADJUST", words @ ..] => words.iter().try_for_each(|word| add_adjustment(&mut entry, word, &line))?,
            ["REPLY" | "FLAGS", words @ ..] => {
                for word in words {
                    rcode = add_flag(&mut entry.message, word, &line)?.unwrap_or(rcode);
                }
            }
            ["MANDATORY"] => entry.mandatory = true,
            ["SECTION", name] => section = section_of(name, &line)?,
            ["RAW"] => {
                entry.octets = Some(Octets::Raw(hex_until("ENTRY_END", lines)?));
                break;
            }
            ["HEX_ANSWER_BEGIN"] => entry.octets = Some(Octets::Answer(hex_until("HEX_ANSWER_END", lines)?)),
            ["HEX_EDNSDATA_BEGIN"] => {
                let options = hex_until("HEX_EDNSDATA_END", lines)?;
                edns(&mut entry.message).options =
                    read_options(&options).ok_or_else(|| line.error("broken options"))?;
            }
            _ => {
                lines.join(&mut line)?;
                add_record(&mut entry.message, section, &line)?;
            }
        }
    }
    entry.message.set_rcode(rcode);
    Ok(entry)
}

fn edns(message: &mut Message) -> &mut Edns {
    message.edns.get_or_insert_with(|| Edns::new(EDNS_OCTETS))
}

fn section_of(name: &str, line: &Line) -> Result<Section, ReadError> {
    match name {
        "QUESTION" => Ok(Section::Question),
        "ANSWER" => Ok(Section::Answer),
        "AUTHORITY" => Ok(Section::Authority),
        "ADDITIONAL" => Ok(Section::Additional),
        _ => Err(line.error(format!("{name} is no section"))),
    }
}

fn add_word(entry: &mut Entry, word: &str, line: &Line) -> Result<(), ReadError> {
    use Word::{Additional, All, Answer, Authority, Ede, Flags, Opcode, QName, QType, Subdomain, Tcp, Ttl, Udp};
    let words: &[Word] = match word {
        "opcode" => &[Opcode],
        "qname" => &[QName],
        "qtype" => &[QType],
        "question" => &[QName, QType],
        "subdomain" => &[Subdomain],
        "flags" => &[Flags],
        "rcode" => &[Word::Rcode],
        "answer" => &[Answer],
        "authority" => &[Authority],
        "additional" => &[Additional],
        "all" => &[Opcode, Flags, Word::Rcode, QName, QType, Answer, Authority, Additional, All],
        "ttl" => &[Ttl],
        "UDP" => &[Udp],
        "TCP" => &[Tcp],
        "ede=any" => &[Ede(None)],
        other => match other.strip_prefix("ede=").and_then(|code| code.parse().ok()) {
            Some(code) => &[Ede(Some(code))],
            None => return Err(line.error(format!("{other} is no word of MATCH"))),
        },
    };
    entry.words.extend(words);
    Ok(())
}

fn add_adjustment(entry: &mut Entry, word: &str, line: &Line) -> Result<(), ReadError> {
    entry.adjustments.insert(match word {
        "copy_id" => Adjustment::CopyId,
        "copy_query" => Adjustment::CopyQuery,
        "do_not_answer" => Adjustment::DoNotAnswer,
        "raw_id" => Adjustment::RawId,
        other => return Err(line.error(format!("{other} is no word of ADJUST"))),
    });
    Ok(())
}

/// Sets a flag or an operation code; a response code is given back, because it needs to know whether there is EDNS.
fn add_flag(message: &mut Message, word: &str, line: &Line) -> Result<Option<Rcode>, ReadError> {
    let flag = match word {
        "QR" => Flags::QR,
        "AA" => Flags::AA,
        "TC" => Flags::TC,
        "RD" => Flags::RD,
        "RA" => Flags::RA,
        "AD" => Flags::AD,
        "CD" => Flags::CD,
        "DO" => {
            edns(message).dnssec_ok = true;
            return Ok(None);
        }
        other => {
            if let Some(opcode) =
                ["QUERY", "IQUERY", "STATUS", "", "NOTIFY", "UPDATE"].iter().position(|op| op == &other)
            {
                message.flags.0 = message.flags.0 & !0x7800 | (opcode as u16) << 11;
                return Ok(None);
            }
            let rcodes = [
                "NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN", "YXRRSET", "NXRRSET",
                "NOTAUTH", "NOTZONE",
            ];
            let named = rcodes.iter().position(|rcode| rcode == &other).map(|code| Rcode(code as u16));
            let known = named.or((other == "BADVERS").then_some(Rcode::BADVERS));
            return known.map(Some).ok_or_else(|| line.error(format!("{other} is no flag and no code")));
        }
    };
    message.flags.set(flag, true);
    Ok(None)
}

fn add_record(message: &mut Message, section: Section, line: &Line) -> Result<(), ReadError> {
    let list = match section {
        Section::Question => {
            message.questions.push(question(line)?);
            return Ok(());
        }
        Section::Answer => &mut message.answer,
        Section::Authority => &mut message.authority,
        Section::Additional => &mut message.additional,
    };
    list.push(record(&line.text).map_err(|problem| line.error(problem))?);
    Ok(())
}

/// One record; names are absolute with or without final dot.
fn record(text: &str) -> Result<Record, String> {
    // Some signatures are nonsense on purpose, with more padding than their length needs.
    let read = |text: &str| zonefile::parse(text, &Name::root()).map_err(|error| error.problem);
    let mut records = read(text).or_else(|problem| read(text.trim_end_matches('=')).map_err(|_| problem))?;
    records.pop().filter(|_| records.is_empty()).ok_or_else(|| "this is not one record".to_owned())
}

fn question(line: &Line) -> Result<QuestionEntry, ReadError> {
    let words = line.words();
    let (name, class, rtype) = match words.as_slice() {
        [name, rtype] => (name, "IN", rtype),
        [name, class, rtype] => (name, *class, rtype),
        _ => return Err(line.error("a question is a name, a class and a type")),
    };
    let class = match class.to_ascii_uppercase().as_str() {
        "IN" => Class::IN,
        "CH" => Class::CH,
        "ANY" => Class::ANY,
        other => return Err(line.error(format!("{other} is no class"))),
    };
    let name: Name = name.parse().map_err(|error| line.error(format!("{name}: {error}")))?;
    let rtype: RrType = rtype.parse().map_err(|error| line.error(format!("{rtype}: {error}")))?;
    Ok(QuestionEntry { question: Question::new(name, rtype), class })
}

fn hex_until(end: &str, lines: &mut Lines) -> Result<Vec<u8>, ReadError> {
    let mut digits = String::new();
    loop {
        let line = lines.expect()?;
        if line.first_word() == end {
            let octets = HEXLOWER_PERMISSIVE.decode(digits.as_bytes());
            return octets.map_err(|_| line.error("these are no hexadecimal digits"));
        }
        digits.extend(line.text.chars().filter(|character| !character.is_whitespace()));
    }
}

fn read_options(mut octets: &[u8]) -> Option<Vec<(OptionCode, Vec<u8>)>> {
    let mut options = Vec::new();
    while !octets.is_empty() {
        let (header, rest) = octets.split_first_chunk::<4>()?;
        let (data, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes([header[2], header[3]])))?;
        options.push((OptionCode(u16::from_be_bytes([header[0], header[1]])), data.to_vec()));
        octets = rest;
    }
    Some(options)
}
