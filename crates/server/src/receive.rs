//! Reading a client's message. Pure: octets come in, a verdict goes out.
//!
//! What it deliberately does not do: decide what the question means ([`policy`](crate::policy)) or who may ask.

use engine::Answer;
use proto::{Ede, EdeCode, Edns, Flags, HEADER_OCTETS, Message, Opcode, QuestionEntry, Rcode};

/// What a client's octets are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Received {
    /// Nothing that may be answered.
    Ignore,
    /// A message that is answered without looking at its question.
    Reject(ReplyTo, Answer),
    /// A query with one question.
    Query(Query),
}

/// A query with one question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// What is asked, in the client's letter case.
    pub entry: QuestionEntry,
    /// What the reply must repeat or respect.
    pub reply_to: ReplyTo,
}

/// What of a query its reply must repeat or respect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplyTo {
    /// Identifier.
    pub id: u16,
    /// Flags of the query.
    pub flags: Flags,
    /// The question, where there is exactly one.
    pub entry: Option<QuestionEntry>,
    /// EDNS of the query.
    pub edns: Option<Edns>,
}

impl ReplyTo {
    /// DO: the client wants DNSSEC records (RFC 3225).
    pub fn dnssec_ok(&self) -> bool {
        self.edns.as_ref().is_some_and(|edns| edns.dnssec_ok)
    }
}

/// Reads a client's octets.
pub fn read(octets: &[u8]) -> Received {
    let Some(header) = octets.first_chunk::<HEADER_OCTETS>() else { return Received::Ignore };
    let id = u16::from_be_bytes([header[0], header[1]]);
    let flags = Flags(u16::from_be_bytes([header[2], header[3]]));
    if flags.has(Flags::QR) {
        // An answer to a reply is the beginning of a loop between two servers.
        return Received::Ignore;
    }
    let (entry, edns, readable) = match Message::parse(octets) {
        Ok(message) => {
            let entry = <[QuestionEntry; 1]>::try_from(message.questions).map(|[entry]| entry).ok();
            (entry, message.edns, Ok(()))
        }
        Err(error) => (None, None, Err(error)),
    };
    let version = edns.as_ref().map_or(0, |edns| edns.version);
    let reply_to = ReplyTo { id, flags, entry, edns };
    // Other operations need not look like a query: the operation is judged before the form.
    if flags.opcode() != Opcode::QUERY {
        return reject(reply_to, Rcode::NOTIMP, EdeCode::NOT_SUPPORTED, "only queries are known here");
    }
    if readable.is_err() {
        return reject(reply_to, Rcode::FORMERR, EdeCode::OTHER, "the message is malformed");
    }
    if version > 0 {
        // RFC 6891 §6.1.3
        return reject(reply_to, Rcode::BADVERS, EdeCode::NOT_SUPPORTED, "only EDNS version 0 is known here");
    }
    match reply_to.entry.clone() {
        Some(entry) => Received::Query(Query { entry, reply_to }),
        // RFC 9619 §4
        None => reject(reply_to, Rcode::FORMERR, EdeCode::OTHER, "a query has exactly one question"),
    }
}

fn reject(to: ReplyTo, rcode: Rcode, code: EdeCode, text: &str) -> Received {
    Received::Reject(to, Answer::failure(rcode, Ede::new(code, text)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proto::{OptionCode, Question, RrType};

    fn query() -> Message {
        let mut message = Message::query(0x1234, Question::new("wWw.Example.".parse().unwrap(), RrType::A));
        message.flags.set(Flags::RD, true);
        message
    }

    fn outcome(octets: &[u8]) -> String {
        match read(octets) {
            Received::Ignore => "ignored".into(),
            Received::Reject(to, answer) => format!("{:x} {}", to.id, answer.rcode),
            Received::Query(query) => format!("{:x} {} {}", query.reply_to.id, query.entry.class, query.entry.question),
        }
    }

    fn changed(change: impl FnOnce(&mut Message)) -> String {
        let mut message = query();
        change(&mut message);
        outcome(&message.to_wire())
    }

    fn with_edns(message: &mut Message, change: impl FnOnce(&mut Edns)) {
        let mut edns = Edns::new(1232);
        change(&mut edns);
        message.edns = Some(edns);
    }

    #[test]
    fn a_query_keeps_its_letter_case_rfc1035_4_1_2() {
        assert_eq!(changed(|_| ()), "1234 IN wWw.Example. A");
    }

    #[test]
    fn replies_and_scraps_are_never_answered_rfc1035_4_1_1() {
        assert_eq!(changed(|message| message.flags.set(Flags::QR, true)), "ignored");
        let wire = query().to_wire();
        for end in 0..HEADER_OCTETS {
            assert_eq!(outcome(&wire[..end]), "ignored", "{end}");
        }
    }

    #[test]
    fn a_broken_message_with_a_readable_header_is_formerr_rfc1035_4_1_1() {
        let wire = query().to_wire();
        for end in HEADER_OCTETS..wire.len() {
            assert_eq!(outcome(&wire[..end]), "1234 FORMERR", "{end}");
        }
        assert_eq!(outcome(&[&wire[..], b"x"].concat()), "1234 FORMERR");
    }

    #[test]
    fn exactly_one_question_rfc9619_4() {
        assert_eq!(changed(|message| message.questions.clear()), "1234 FORMERR");
        assert_eq!(changed(|message| message.questions.push(message.questions[0].clone())), "1234 FORMERR");
    }

    #[test]
    fn other_operations_are_not_implemented_rfc1035_4_1_1() {
        for opcode in 1..16 {
            assert_eq!(changed(|message| message.flags.0 |= opcode << 11), "1234 NOTIMP", "{opcode}");
            let mut update = query();
            update.flags.0 |= opcode << 11;
            update.questions.clear();
            assert_eq!(outcome(&update.to_wire()), "1234 NOTIMP", "{opcode}: its form is not judged");
        }
    }

    #[test]
    fn unknown_edns_versions_are_badvers_rfc6891_6_1_3() {
        assert_eq!(changed(|message| with_edns(message, |edns| edns.version = 1)), "1234 BADVERS");
        assert_eq!(changed(|message| with_edns(message, |edns| edns.version = 255)), "1234 BADVERS");
    }

    #[test]
    fn unknown_options_do_not_matter_rfc6891_6_1_2() {
        let options = |edns: &mut Edns| edns.options = (0..200).map(|n| (OptionCode(65_000 + n), vec![1])).collect();
        assert_eq!(changed(|message| with_edns(message, options)), "1234 IN wWw.Example. A");
    }

    #[test]
    fn two_opt_records_are_formerr_rfc6891_6_1_1() {
        let mut message = query();
        with_edns(&mut message, |_| ());
        let mut wire = message.to_wire();
        wire.extend_from_within(wire.len() - 11..);
        wire[11] = 2;
        assert_eq!(outcome(&wire), "1234 FORMERR");
    }

    #[test]
    fn a_name_of_pointers_is_formerr_rfc1035_4_1_4() {
        let wire = [&query().to_wire()[..HEADER_OCTETS], b"\xC0\x0C\x00\x01\x00\x01"].concat();
        assert_eq!(outcome(&wire), "1234 FORMERR");
    }
}
