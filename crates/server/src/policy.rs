//! What is answered without looking anything up: classes and types that are not resolved, and the server's identity.

use engine::{Answer, Checking, ClientQuestion, Recursion, Synthesis};
use proto::{Class, Ede, EdeCode, Flags, Question, Rcode, RrType, Rrset};

use crate::client::Transport;
use crate::config::Identity;
use crate::receive::Query;

/// TTL of the record that stands for the answer to ANY, in seconds (RFC 8482 §4.2 suggests a long one).
const ANY_TTL: u32 = 3600;
/// The type NXNAME, which owns no data and must not be asked for (RFC 9824 §3.3).
const NXNAME: RrType = RrType(128);

/// What a query calls for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// This answer.
    Answer(Answer),
    /// Nothing over a datagram: the client is to come back over TCP.
    ComeBackOverTcp,
    /// A look-up.
    Resolve(ClientQuestion),
}

/// Decides about a query by its class and type.
pub fn decide(query: &Query, transport: Transport, identity: &Identity) -> Decision {
    let question = &query.entry.question;
    match query.entry.class {
        Class::IN => by_type(query, transport),
        Class::CH => Decision::Answer(chaos(question, identity)),
        _ => refuse(Rcode::REFUSED, EdeCode::NOT_SUPPORTED, "only class IN is resolved"),
    }
}

fn by_type(query: &Query, transport: Transport) -> Decision {
    match query.entry.question.rtype {
        RrType::AXFR | RrType::IXFR => {
            refuse(Rcode::REFUSED, EdeCode::NOT_SUPPORTED, "a resolver does not transfer zones")
        }
        RrType::ANY => any(&query.entry.question, transport),
        // RFC 6891 §6.1.1, RFC 8945 §4.2, RFC 9824 §3.3: these stand in messages, nobody can ask for them.
        RrType::OPT | RrType::TSIG | NXNAME | RrType(0) => {
            refuse(Rcode::FORMERR, EdeCode::INVALID_QUERY_TYPE, "nobody can ask for this type")
        }
        other if other.is_meta() => refuse(Rcode::NOTIMP, EdeCode::INVALID_QUERY_TYPE, "this type is not resolved"),
        _ => Decision::Resolve(client_question(query)),
    }
}

/// One rule for ANY, whatever the name has (RFC 8482 §4.2): one small HINFO record, once the client's address is proven.
///
/// Over a datagram the reply is empty with TC, because ANY is what reflection attacks ask.
fn any(question: &Question, transport: Transport) -> Decision {
    if transport == Transport::Datagram {
        return Decision::ComeBackOverTcp;
    }
    let hinfo = [b"\x07RFC8482\x00".as_slice()];
    let set = Rrset::new(question.name.clone(), RrType::HINFO, ANY_TTL, hinfo);
    Decision::Answer(Answer { answer: vec![set], ..Answer::empty(Rcode::NOERROR) })
}

/// The server's own name and version, if they are not hidden (RFC 4892).
fn chaos(question: &Question, identity: &Identity) -> Answer {
    let hidden = || Answer::failure(Rcode::REFUSED, Ede::new(EdeCode::PROHIBITED, "this server does not tell"));
    let Some(told) = identity.octets() else { return hidden() };
    let name = question.name.to_lowercase().to_string();
    let text: &[u8] = match name.as_str() {
        "id.server." | "hostname.bind." => told,
        "version.server." | "version.bind." => concat!("rootwalk ", env!("CARGO_PKG_VERSION")).as_bytes(),
        _ => return hidden(),
    };
    let text = &text[..text.len().min(usize::from(u8::MAX))]; // one character-string holds no more
    if !matches!(question.rtype, RrType::TXT | RrType::ANY) {
        return Answer::empty(Rcode::NOERROR);
    }
    let data = [&[text.len() as u8], text].concat();
    let set = Rrset::new(question.name.clone(), RrType::TXT, 0, [data.as_slice()]);
    Answer { answer: vec![set], ..Answer::empty(Rcode::NOERROR) }
}

fn client_question(query: &Query) -> ClientQuestion {
    let flags = query.reply_to.flags;
    let validates_itself = flags.has(Flags::CD) && query.reply_to.dnssec_ok();
    ClientQuestion {
        question: query.entry.question.clone(),
        recursion: if flags.has(Flags::RD) { Recursion::Desired } else { Recursion::CacheOnly },
        checking: if flags.has(Flags::CD) { Checking::Disabled } else { Checking::Enabled },
        synthesis: if validates_itself { Synthesis::Forbidden } else { Synthesis::Allowed },
    }
}

fn refuse(rcode: Rcode, code: EdeCode, text: &str) -> Decision {
    Decision::Answer(Answer::failure(rcode, Ede::new(code, text)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    use proto::{QuestionEntry, rdata};

    use crate::receive::ReplyTo;

    const TCP: Transport = Transport::Stream { idle: Duration::from_secs(10) };

    fn query(text: &str, class: Class, flags: u16) -> Query {
        let (name, rtype) = text.split_once(' ').unwrap();
        let question = Question::new(name.parse().unwrap(), rtype.parse().unwrap());
        let entry = QuestionEntry { question, class };
        Query { reply_to: ReplyTo { id: 7, flags: Flags(flags), entry: Some(entry.clone()), edns: None }, entry }
    }

    fn outcome(text: &str, class: Class, transport: Transport, identity: &str) -> String {
        match decide(&query(text, class, Flags::RD), transport, &Identity(identity.into())) {
            Decision::Resolve(asked) => format!("resolve {}", asked.question),
            Decision::ComeBackOverTcp => "tcp".into(),
            Decision::Answer(answer) => {
                let records = answer.answer.iter().flat_map(Rrset::records);
                let data = records.map(|record| format!(" {}", rdata::present(record.rtype, &record.rdata)));
                let errors = answer.extended_errors.iter().map(|error| format!(" EDE {}", error.code.0));
                format!("{}{}", answer.rcode, data.chain(errors).collect::<String>())
            }
        }
    }

    #[test]
    fn types_that_are_not_resolved_rfc6895_3_1() {
        for (text, expected) in [
            ("www.example. A", "resolve www.example. A"),
            ("www.example. TYPE65280", "resolve www.example. TYPE65280"),
            ("www.example. TYPE46", "resolve www.example. RRSIG"),
            ("example. TYPE252", "REFUSED EDE 21"),
            ("example. TYPE251", "REFUSED EDE 21"),
            ("example. TYPE41", "FORMERR EDE 30"),
            ("example. TYPE250", "FORMERR EDE 30"),
            ("example. TYPE128", "FORMERR EDE 30"),
            ("example. TYPE0", "FORMERR EDE 30"),
            ("example. TYPE249", "NOTIMP EDE 30"),
            ("example. TYPE253", "NOTIMP EDE 30"),
            ("example. TYPE254", "NOTIMP EDE 30"),
            ("example. TYPE200", "NOTIMP EDE 30"),
        ] {
            for transport in [Transport::Datagram, TCP] {
                assert_eq!(outcome(text, Class::IN, transport, ""), expected, "{text}");
            }
        }
    }

    #[test]
    fn any_is_one_small_record_for_a_proven_address_rfc8482_4_2() {
        assert_eq!(outcome("example. ANY", Class::IN, Transport::Datagram, ""), "tcp");
        assert_eq!(outcome("example. ANY", Class::IN, TCP, ""), "NOERROR RFC8482 ");
    }

    #[test]
    fn other_classes_are_refused_rfc1035_3_2_4() {
        for class in [Class(0), Class(4), Class::NONE, Class::ANY] {
            assert_eq!(outcome("www.example. A", class, TCP, "me"), "REFUSED EDE 21", "{class}");
        }
    }

    #[test]
    fn the_server_tells_about_itself_if_it_may_rfc4892_3() {
        let version = concat!("NOERROR \"rootwalk ", env!("CARGO_PKG_VERSION"), "\"");
        for (text, expected) in [
            ("id.server. TXT", "NOERROR \"here\""),
            ("Hostname.Bind. TXT", "NOERROR \"here\""),
            ("version.bind. TXT", version),
            ("version.server. TXT", version),
            ("id.server. A", "NOERROR"),
            ("authors.bind. TXT", "REFUSED EDE 18"),
        ] {
            assert_eq!(outcome(text, Class::CH, Transport::Datagram, "here"), expected, "{text}");
            assert_eq!(outcome(text, Class::CH, Transport::Datagram, ""), "REFUSED EDE 18", "{text} hidden");
        }
        let long = "x".repeat(300);
        assert_eq!(outcome("id.server. TXT", Class::CH, TCP, &long), format!("NOERROR \"{}\"", "x".repeat(255)));
    }

    #[test]
    fn rd_and_cd_reach_the_engine_rfc1034_4_3_1_rfc4035_3_2_2() {
        for (flags, recursion, checking) in [
            (0, Recursion::CacheOnly, Checking::Enabled),
            (Flags::RD, Recursion::Desired, Checking::Enabled),
            (Flags::RD | Flags::CD, Recursion::Desired, Checking::Disabled),
        ] {
            let asked = query("www.example. A", Class::IN, flags);
            let Decision::Resolve(question) = decide(&asked, TCP, &Identity::default()) else { panic!("{flags}") };
            assert_eq!((question.recursion, question.checking), (recursion, checking));
        }
    }
}
