//! DNS messages (RFC 1035 §4): reading and writing, with compression.
//!
//! Record data is kept as octets: one broken record costs that record (see [`rdata::check`]), not the message.
//!
//! ```
//! use proto::{Message, Question, RrType};
//! let query = Message::query(7, Question::new("example.".parse().unwrap(), RrType::A));
//! let read = Message::parse(&query.to_wire()).unwrap();
//! assert_eq!(read.question().unwrap().to_string(), "example. A");
//! ```

use crate::rdata;
use crate::writer::Writer;
use crate::{Class, Edns, Name, NameError, Opcode, Question, Rcode, Record, RrType};

/// Octets of the fixed header.
pub const HEADER_OCTETS: usize = 12;

/// The second word of the header: QR, opcode, AA, TC, RD, RA, Z, AD, CD, RCODE.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flags(pub u16);

#[allow(missing_docs, reason = "the names are the documentation: RFC 1035 §4.1.1, RFC 4035 §3.2.2")]
impl Flags {
    pub const QR: u16 = 0x8000;
    pub const AA: u16 = 0x0400;
    pub const TC: u16 = 0x0200;
    pub const RD: u16 = 0x0100;
    pub const RA: u16 = 0x0080;
    pub const AD: u16 = 0x0020;
    pub const CD: u16 = 0x0010;

    /// True if every bit of `mask` is set.
    pub fn has(self, mask: u16) -> bool {
        self.0 & mask == mask
    }

    /// Sets or clears the bits of `mask`.
    pub fn set(&mut self, mask: u16, on: bool) {
        if on {
            self.0 |= mask;
        } else {
            self.0 &= !mask;
        }
    }

    /// The operation code.
    pub fn opcode(self) -> Opcode {
        Opcode((self.0 >> 11 & 0xF) as u8)
    }

    /// The lower four bits of the response code.
    pub fn rcode_low(self) -> u8 {
        (self.0 & 0xF) as u8
    }
}

/// One entry of the question section, class included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuestionEntry {
    /// Name and type.
    pub question: Question,
    /// Class.
    pub class: Class,
}

/// A DNS message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Identifier.
    pub id: u16,
    /// Header flags, the low bits of the response code included.
    pub flags: Flags,
    /// Question section.
    pub questions: Vec<QuestionEntry>,
    /// Answer section.
    pub answer: Vec<Record>,
    /// Authority section.
    pub authority: Vec<Record>,
    /// Additional section without OPT.
    pub additional: Vec<Record>,
    /// The OPT record, if there is one.
    pub edns: Option<Edns>,
}

/// Octets that are no DNS message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// Fewer octets than header and counts announce.
    #[error("the message is cut off")]
    Truncated,
    /// A name cannot be read.
    #[error("a name is broken: {0}")]
    Name(#[from] NameError),
    /// More than one OPT record, or one outside the additional section (RFC 6891 §6.1.1).
    #[error("more than one OPT record, or one in the wrong place")]
    StrayOpt,
    /// Options that run over the end of the OPT record.
    #[error("the OPT record is broken")]
    BrokenOpt,
    /// Octets follow the last record.
    #[error("octets follow the last record")]
    TrailingOctets,
}

impl Message {
    /// A query of class IN without EDNS, RD clear.
    pub fn query(id: u16, question: Question) -> Self {
        let questions = vec![QuestionEntry { question, class: Class::IN }];
        Self { questions, ..Self::empty(id, Flags::default()) }
    }

    /// A message without sections.
    pub fn empty(id: u16, flags: Flags) -> Self {
        Self { id, flags, questions: vec![], answer: vec![], authority: vec![], additional: vec![], edns: None }
    }

    /// The first question of class IN.
    pub fn question(&self) -> Option<&Question> {
        self.questions.first().filter(|entry| entry.class == Class::IN).map(|entry| &entry.question)
    }

    /// The response code, all twelve bits (RFC 6891 §6.1.3).
    pub fn rcode(&self) -> Rcode {
        let high = self.edns.as_ref().map_or(0, |edns| edns.rcode_high);
        Rcode(u16::from(high) << 4 | u16::from(self.flags.rcode_low()))
    }

    /// Sets the response code; without EDNS only the lower four bits fit.
    pub fn set_rcode(&mut self, rcode: Rcode) {
        self.flags.0 = self.flags.0 & !0xF | rcode.0 & 0xF;
        if let Some(edns) = &mut self.edns {
            edns.rcode_high = (rcode.0 >> 4) as u8;
        }
    }

    /// Reads a message.
    pub fn parse(octets: &[u8]) -> Result<Self, WireError> {
        let mut reader = Reader { octets, at: 0 };
        let id = reader.u16()?;
        let flags = Flags(reader.u16()?);
        let [questions, answers, authorities, additionals] =
            [reader.u16()?, reader.u16()?, reader.u16()?, reader.u16()?];
        let mut message = Self::empty(id, flags);
        for _ in 0..questions {
            message.questions.push(reader.question()?);
        }
        let mut opt = None;
        reader.records(answers, &mut message.answer, None)?;
        reader.records(authorities, &mut message.authority, None)?;
        reader.records(additionals, &mut message.additional, Some(&mut opt))?;
        message.edns = opt;
        if reader.at == octets.len() { Ok(message) } else { Err(WireError::TrailingOctets) }
    }

    /// The wire form, compressed, whatever its size.
    pub fn to_wire(&self) -> Vec<u8> {
        self.to_wire_within(usize::from(u16::MAX)).octets
    }

    /// The wire form in at most `limit` octets: sections are cut at the end of an RRset, TC tells if anything of the
    /// answer or authority is missing (RFC 2181 §9).
    pub fn to_wire_within(&self, limit: usize) -> Wire {
        let opt_len = self.edns.as_ref().map_or(0, Edns::wire_len);
        let mut writer = Writer::new(self.id, self.flags, limit.saturating_sub(opt_len));
        for entry in &self.questions {
            writer.question(entry);
        }
        let whole = writer.section(1, &self.answer) && writer.section(2, &self.authority);
        if whole {
            writer.section(3, &self.additional);
        } else {
            writer.set_truncated();
        }
        if let Some(edns) = &self.edns {
            writer.edns(edns);
        }
        Wire { octets: writer.finish(), truncated: !whole }
    }
}

/// A message in wire form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wire {
    /// The octets.
    pub octets: Vec<u8>,
    /// True if records were left out and TC is set.
    pub truncated: bool,
}

struct Reader<'a> {
    octets: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn u16(&mut self) -> Result<u16, WireError> {
        let octets = self.octets.get(self.at..self.at + 2).ok_or(WireError::Truncated)?;
        self.at += 2;
        Ok(u16::from_be_bytes([octets[0], octets[1]]))
    }

    fn u32(&mut self) -> Result<u32, WireError> {
        Ok(u32::from(self.u16()?) << 16 | u32::from(self.u16()?))
    }

    fn name(&mut self) -> Result<Name, WireError> {
        let (name, end) = Name::read(self.octets, self.at).map_err(|error| match error {
            NameError::Truncated => WireError::Truncated,
            other => WireError::Name(other),
        })?;
        self.at = end;
        Ok(name)
    }

    fn question(&mut self) -> Result<QuestionEntry, WireError> {
        let name = self.name()?;
        let question = Question::new(name, RrType(self.u16()?));
        Ok(QuestionEntry { question, class: Class(self.u16()?) })
    }

    fn records(
        &mut self,
        count: u16,
        into: &mut Vec<Record>,
        mut opt: Option<&mut Option<Edns>>,
    ) -> Result<(), WireError> {
        for _ in 0..count {
            let record = self.record()?;
            if record.rtype != RrType::OPT {
                into.push(record);
                continue;
            }
            // RFC 6891 §6.1.1: one OPT record at most, in the additional section, owned by the root.
            let slot = opt.as_deref_mut().filter(|slot| slot.is_none() && record.name.is_root());
            let slot = slot.ok_or(WireError::StrayOpt)?;
            *slot = Some(Edns::read(record.class.0, record.ttl, &record.rdata).ok_or(WireError::BrokenOpt)?);
        }
        Ok(())
    }

    fn record(&mut self) -> Result<Record, WireError> {
        let name = self.name()?;
        let rtype = RrType(self.u16()?);
        let class = Class(self.u16()?);
        let ttl = self.u32()?;
        let length = usize::from(self.u16()?);
        if self.octets.len() < self.at + length {
            return Err(WireError::Truncated);
        }
        let rdata = rdata::decompress(rtype, self.octets, self.at, length)
            // A name that leaves its data is broken data: keep the octets, `rdata::check` refuses them.
            .unwrap_or_else(|_| self.octets[self.at..self.at + length].to_vec());
        self.at += length;
        Ok(Record { name, rtype, class, ttl, rdata: rdata.into() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::OptionCode;

    fn name(text: &str) -> Name {
        text.parse().unwrap()
    }

    fn sample() -> Message {
        let mut message = Message::query(0x1234, Question::new(name("www.example.com."), RrType::MX));
        message.flags = Flags(Flags::QR | Flags::RD | Flags::RA);
        let ns = b"\x02ns\x07example\x03com\x00".to_vec();
        for priority in 0..3u8 {
            let data = [&[0, priority][..], b"\x04mail\x07example\x03com\x00"].concat();
            message.answer.push(Record::new(name("www.example.com."), RrType::MX, 300, data));
        }
        message.authority.push(Record::new(name("example.com."), RrType::NS, 60, ns));
        message.additional.push(Record::new(name("mail.example.com."), RrType::A, 60, vec![192, 0, 2, 9]));
        let mut edns = Edns::new(1232);
        edns.dnssec_ok = true;
        edns.options.push((OptionCode::NSID, b"id".to_vec()));
        message.edns = Some(edns);
        message
    }

    #[test]
    fn wire_form_goes_both_ways_rfc1035_4() {
        let message = sample();
        let wire = message.to_wire();
        assert_eq!(Message::parse(&wire).unwrap(), message);
        // Compression (§4.1.4): the name of the question is written once.
        assert_eq!(wire.windows(8).filter(|part| part.eq_ignore_ascii_case(b"\x07example")).count(), 1);
    }

    #[test]
    fn a_name_of_equal_labels_is_not_compressed_into_itself_rfc1035_4_1_4() {
        let message = Message::query(1, Question::new(name("1.1.1.1.in-addr.arpa."), RrType::PTR));
        assert_eq!(Message::parse(&message.to_wire()).unwrap(), message);
    }

    #[test]
    fn every_cut_of_a_message_is_an_error_not_a_panic() {
        let wire = sample().to_wire();
        for end in 0..wire.len() {
            assert!(Message::parse(&wire[..end]).is_err(), "{end}");
        }
        assert_eq!(Message::parse(&[&wire[..], b"x"].concat()), Err(WireError::TrailingOctets));
    }

    #[test]
    fn truncation_leaves_out_whole_sets_rfc2181_9() {
        let mut message = sample();
        let big = vec![255; 256];
        message.answer.push(Record::new(name("www.example.com."), RrType::TXT, 60, big.clone()));
        message.answer.push(Record::new(name("www.example.com."), RrType::TXT, 60, big));
        let wire = message.to_wire_within(512);
        assert!(wire.truncated && wire.octets.len() <= 512);
        let read = Message::parse(&wire.octets).unwrap();
        assert!(read.flags.has(Flags::TC));
        assert_eq!(read.answer.len(), 3, "the MX set stays, no half TXT set");
        assert_eq!(read.edns, message.edns, "OPT always fits");
    }

    #[test]
    fn extra_records_do_not_set_tc_rfc2181_9() {
        let mut message = sample();
        message.additional.push(Record::new(name("big."), RrType::NULL, 60, vec![0; 600]));
        let wire = message.to_wire_within(512);
        assert!(!wire.truncated);
        assert!(!Message::parse(&wire.octets).unwrap().flags.has(Flags::TC));
    }

    #[test]
    fn one_opt_record_in_the_additional_section_rfc6891_6_1_1() {
        let mut wire = sample().to_wire();
        let opt: Vec<u8> = {
            let mut out = Vec::new();
            Edns::new(512).write(&mut out);
            out
        };
        wire.extend_from_slice(&opt);
        wire[11] += 1;
        assert_eq!(Message::parse(&wire), Err(WireError::StrayOpt));
    }

    #[test]
    fn a_broken_record_stays_broken_and_alone() {
        let mut message = sample();
        message.answer.push(Record::new(name("www.example.com."), RrType::A, 60, vec![1, 2, 3]));
        let read = Message::parse(&message.to_wire()).unwrap();
        assert!(rdata::check(RrType::A, &read.answer[3].rdata).is_err());
        assert!(rdata::check(RrType::MX, &read.answer[0].rdata).is_ok());
    }

    #[test]
    fn extended_rcode_rfc6891_6_1_3() {
        let mut message = sample();
        message.set_rcode(Rcode::BADVERS);
        assert_eq!(Message::parse(&message.to_wire()).unwrap().rcode(), Rcode::BADVERS);
    }

    #[test]
    fn endless_pointers_cost_nothing() {
        // 60 kB of questions whose names are pointers to pointers: refused at the first forward one, linear otherwise.
        let mut wire = vec![0, 1, 0, 0, 0x27, 0x10, 0, 0, 0, 0, 0, 0];
        for _ in 0..10_000 {
            wire.extend_from_slice(b"\xC0\x0C\x00\x01\x00\x01");
        }
        assert_eq!(Message::parse(&wire), Err(WireError::Name(NameError::BadPointer)));
    }
}
