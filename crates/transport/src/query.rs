//! Making a query, and deciding whether a reply belongs to it. Pure: draws and octets come in, verdicts go out.

use std::net::SocketAddr;

use proto::{Class, Edns, Flags, HEADER_OCTETS, Message, Opcode, OptionCode, Question};

/// How a question is put to a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Style {
    /// Largest UDP reply to offer with EDNS(0), in octets; `None`: no EDNS.
    pub edns: Option<u16>,
    /// DO: ask for DNSSEC records.
    pub dnssec_ok: bool,
    /// Letter case of the name over UDP.
    pub case: Case,
    /// RD: set towards forwarders only.
    pub recursion_desired: bool,
    /// CD: set towards forwarders, so that what is bogus to them reaches our own validation (RFC 6840 §5.9).
    pub checking_disabled: bool,
    /// Cookies to send, with EDNS (RFC 7873).
    pub cookie: Option<Cookie>,
}

/// Letter case of the name in a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Case {
    /// Mixed at random and compared in the reply ("0x20").
    Mixed,
    /// As the question has it.
    AsGiven,
}

/// DNS cookies for one server (RFC 7873 §4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cookie {
    /// Ours, random for each server.
    pub client: [u8; 8],
    /// The server's, once it has given one; then a reply without cookies is not believed.
    pub server: Option<Vec<u8>>,
}

/// A query that is under way, with all that its reply is compared to.
#[derive(Debug, Clone)]
pub(crate) struct Sent<'a> {
    /// Its identifier stands in here, and its question with the letter case that was drawn.
    pub(crate) octets: Vec<u8>,
    server: SocketAddr,
    /// The question before its letter case was mixed.
    plain: &'a Question,
    cookie: Option<&'a Cookie>,
}

/// Why a datagram is not the reply to our query (RFC 5452 §9).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mismatch {
    /// It came from somewhere else.
    Source,
    /// It is no reply, or to another kind of request.
    NotAReply,
    /// Its identifier differs.
    Id,
    /// Its question differs, or it has none or several.
    Question,
    /// Its question differs in letter case only.
    Case,
    /// It lacks the cookie that this server is known to send, or has another.
    Cookie,
    /// It cannot be read.
    Malformed,
}

impl<'a> Sent<'a> {
    /// Makes the query; `id` and `case_bits` are fresh draws.
    pub(crate) fn new(
        server: SocketAddr,
        plain: &'a Question,
        style: &'a Style,
        id: u16,
        case_bits: impl FnMut() -> u64,
    ) -> Self {
        let name = match style.case {
            Case::Mixed => plain.name.with_random_case(case_bits),
            Case::AsGiven => plain.name.clone(),
        };
        let mut message = Message::query(id, Question::new(name, plain.rtype));
        message.flags.set(Flags::RD, style.recursion_desired);
        message.flags.set(Flags::CD, style.checking_disabled);
        if let Some(size) = style.edns {
            let mut edns = Edns::new(size);
            edns.dnssec_ok = style.dnssec_ok;
            if let Some(cookie) = &style.cookie {
                let server = cookie.server.as_deref().unwrap_or_default();
                edns.options.push((OptionCode::COOKIE, [&cookie.client[..], server].concat()));
            }
            message.edns = Some(edns);
        }
        let cookie = style.cookie.as_ref().filter(|_| style.edns.is_some());
        Self { octets: message.to_wire(), server, plain, cookie }
    }

    /// Reads a datagram if it is the reply to this query; `octets` are changed to the plain letter case.
    ///
    /// RFC 5452 §9.1: source address and port, identifier and question must all be those sent.
    pub(crate) fn read_reply(&self, source: SocketAddr, octets: &mut [u8]) -> Result<Message, Mismatch> {
        if source != self.server {
            return Err(Mismatch::Source);
        }
        let Some(header) = octets.first_chunk::<HEADER_OCTETS>() else { return Err(Mismatch::Malformed) };
        if header[..2] != self.octets[..2] {
            return Err(Mismatch::Id);
        }
        let flags = Flags(u16::from_be_bytes([header[2], header[3]]));
        if !flags.has(Flags::QR) || flags.opcode() != Opcode::QUERY {
            return Err(Mismatch::NotAReply);
        }
        let plain = self.plain.name.wire();
        let end = HEADER_OCTETS + plain.len() + 4;
        let Some(question) = octets.get(HEADER_OCTETS..end).filter(|_| header[4..6] == [0, 1]) else {
            return Err(Mismatch::Question);
        };
        let (name, kind) = question.split_at(question.len() - 4);
        let [t1, t0] = self.plain.rtype.0.to_be_bytes();
        let [c1, c0] = Class::IN.0.to_be_bytes();
        let sent = &self.octets[HEADER_OCTETS..][..plain.len()];
        if kind != [t1, t0, c1, c0] || !name.eq_ignore_ascii_case(sent) {
            return Err(Mismatch::Question);
        }
        if name != sent {
            return Err(Mismatch::Case);
        }
        // Compressed names point into the question: give it back its own letter case before they are read.
        octets[HEADER_OCTETS..HEADER_OCTETS + plain.len()].copy_from_slice(plain);
        let message = Message::parse(octets).map_err(|_| Mismatch::Malformed)?;
        self.check_cookie(&message)?;
        Ok(message)
    }

    /// RFC 7873 §5.3: a reply with a wrong client cookie is forged; so is one without from a server that has them.
    fn check_cookie(&self, reply: &Message) -> Result<(), Mismatch> {
        let Some(sent) = self.cookie else { return Ok(()) };
        // An option of a length that RFC 7873 §4 does not know is no cookie.
        let legal = |cookie: &&[u8]| matches!(cookie.len(), 8 | 16..=40);
        let got = reply.edns.as_ref().and_then(|edns| edns.option(OptionCode::COOKIE)).filter(legal);
        match got {
            Some(cookie) if cookie.get(..8) == Some(&sent.client) => Ok(()),
            None if sent.server.is_none() => Ok(()),
            Some(_) | None => Err(Mismatch::Cookie),
        }
    }
}

/// The server's cookie in a reply (RFC 7873 §4.2: 8 to 32 octets).
pub(crate) fn server_cookie(reply: &Message) -> Option<Vec<u8>> {
    let cookie = reply.edns.as_ref()?.option(OptionCode::COOKIE)?;
    cookie.get(8..).filter(|server| (8..=32).contains(&server.len())).map(<[u8]>::to_vec)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::LazyLock;

    use proto::{Name, Record, RrType};

    static QUESTION: LazyLock<Question> = LazyLock::new(|| Question::new("www.example.".parse().unwrap(), RrType::A));
    static STYLE: LazyLock<Style> = LazyLock::new(style);

    fn style() -> Style {
        let cookie = Some(Cookie { client: [7; 8], server: None });
        Style {
            edns: Some(1232),
            dnssec_ok: false,
            case: Case::Mixed,
            recursion_desired: false,
            checking_disabled: false,
            cookie,
        }
    }

    fn sent() -> Sent<'static> {
        Sent::new("192.0.2.1:53".parse().unwrap(), &QUESTION, &STYLE, 0x1234, || 0b1011)
    }

    fn reply_to(sent: &Sent<'_>) -> Message {
        let mut reply = Message::parse(&sent.octets).unwrap();
        reply.flags.set(Flags::QR, true);
        let owner = reply.questions[0].question.name.clone();
        reply.answer.push(Record::new(owner, RrType::A, 60, vec![192, 0, 2, 7]));
        reply.edns = None;
        reply
    }

    #[test]
    fn forwarders_are_asked_for_recursion_and_servers_are_not_rfc6840_5_9() {
        let question = Question::new("www.example.".parse().unwrap(), RrType::A);
        for (recursion_desired, checking_disabled) in [(false, false), (true, false), (true, true)] {
            let style = Style { recursion_desired, checking_disabled, ..style() };
            let sent = Sent::new("192.0.2.1:53".parse().unwrap(), &question, &style, 1, || 0);
            let flags = Message::parse(&sent.octets).unwrap().flags;
            assert_eq!((flags.has(Flags::RD), flags.has(Flags::CD)), (recursion_desired, checking_disabled));
        }
    }

    #[test]
    fn only_the_exact_reply_is_taken_rfc5452_9_1() {
        let sent = sent();
        let good = reply_to(&sent);
        let check = |source: &str, change: &dyn Fn(&mut Message)| {
            let mut reply = good.clone();
            change(&mut reply);
            sent.read_reply(source.parse().unwrap(), &mut reply.to_wire()).map(drop)
        };
        assert_eq!(check("192.0.2.1:53", &|_| ()), Ok(()));
        assert_eq!(check("192.0.2.2:53", &|_| ()), Err(Mismatch::Source));
        assert_eq!(check("192.0.2.1:54", &|_| ()), Err(Mismatch::Source));
        assert_eq!(check("192.0.2.1:53", &|reply| reply.id ^= 1), Err(Mismatch::Id));
        assert_eq!(check("192.0.2.1:53", &|reply| reply.flags.set(Flags::QR, false)), Err(Mismatch::NotAReply));
        assert_eq!(check("192.0.2.1:53", &|reply| reply.flags.0 |= 4 << 11), Err(Mismatch::NotAReply));
        assert_eq!(check("192.0.2.1:53", &|reply| reply.questions.clear()), Err(Mismatch::Question));
        assert_eq!(
            check("192.0.2.1:53", &|reply| reply.questions.push(reply.questions[0].clone())),
            Err(Mismatch::Question)
        );
        assert_eq!(
            check("192.0.2.1:53", &|reply| reply.questions[0].question.rtype = RrType::AAAA),
            Err(Mismatch::Question)
        );
        assert_eq!(check("192.0.2.1:53", &|reply| reply.questions[0].class = Class::CH), Err(Mismatch::Question));
        // 0x20: the same name in other letters is another name here.
        let lower = |reply: &mut Message| {
            let name = reply.questions[0].question.name.to_lowercase();
            reply.questions[0].question.name = name;
        };
        assert_eq!(check("192.0.2.1:53", &lower), Err(Mismatch::Case));
    }

    #[test]
    fn a_query_offers_1232_octets_and_asks_for_no_recursion_rfc9715_3_1() {
        let message = Message::parse(&sent().octets).unwrap();
        assert_eq!(message.edns.unwrap().udp_payload_size, 1232);
        assert!(!message.flags.has(Flags::RD));
    }

    #[test]
    fn names_get_their_own_letter_case_back() {
        let sent = sent();
        let mut octets = reply_to(&sent).to_wire();
        let reply = sent.read_reply(sent.server, &mut octets).unwrap();
        let plain: Name = "www.example.".parse().unwrap();
        assert!(reply.answer[0].name.eq_with_case(&plain));
        let asked = Message::parse(&sent.octets).unwrap().questions[0].question.name.clone();
        assert!(!asked.eq_with_case(&plain), "the query itself was in mixed case");
    }

    #[test]
    fn cookies_are_compared_rfc7873_5_3() {
        let question = Question::new("www.example.".parse().unwrap(), RrType::A);
        let check = |server: Option<Vec<u8>>, returned: Option<Vec<u8>>| {
            let mut style = style();
            style.cookie = Some(Cookie { client: [7; 8], server });
            let sent = Sent::new("192.0.2.1:53".parse().unwrap(), &question, &style, 1, || 0);
            let mut reply = reply_to(&sent);
            let mut edns = Edns::new(1232);
            edns.options.extend(returned.map(|cookie| (OptionCode::COOKIE, cookie)));
            reply.edns = Some(edns);
            sent.read_reply(sent.server, &mut reply.to_wire()).map(|reply| server_cookie(&reply))
        };
        let ours = [[7; 8], [9; 8]].concat();
        assert_eq!(check(None, Some(ours.clone())), Ok(Some(vec![9; 8])));
        assert_eq!(check(None, None), Ok(None));
        assert_eq!(check(None, Some(vec![8; 16])), Err(Mismatch::Cookie));
        assert_eq!(check(Some(vec![9; 8]), None), Err(Mismatch::Cookie));
        assert_eq!(check(Some(vec![9; 8]), Some(ours)), Ok(Some(vec![9; 8])));
    }
}
