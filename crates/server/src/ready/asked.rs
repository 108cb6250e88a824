//! Reading a question in place. Pure, without allocation.
//!
//! What it deliberately does not do: understand everything. A plain query (one question of class IN, at most an OPT record
//! without options) is read here; whatever is unusual is left to [`receive`](crate::receive).

use proto::{Flags, HEADER_OCTETS, MAX_NAME_OCTETS};

/// Longest label (RFC 1035 §2.3.4); larger octets are pointers or unknown.
const MAX_LABEL_OCTETS: u8 = 63;
/// Type and class behind the name.
const FIELDS_OCTETS: usize = 4;
const CLASS_IN: [u8; 2] = [0, 1];
/// An OPT record without options (RFC 6891 §6.1.2): owner, type, size, extended code, version, flags, length.
const OPT_OCTETS: usize = 11;

/// What of a plain query makes its reply different from others, as bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Variant(u8);

impl Variant {
    const RD: u8 = 1;
    const CD: u8 = 2;
    const AD: u8 = 4;
    const EDNS: u8 = 8;
    const DO: u8 = 16;

    /// The bits, for hashing.
    pub(crate) fn bits(self) -> u8 {
        self.0
    }
}

/// A plain query.
#[derive(Debug, Clone)]
pub(crate) struct Asked<'a> {
    /// The query as it came.
    request: &'a [u8],
    /// Name in lower case, type, class.
    question: [u8; MAX_NAME_OCTETS + FIELDS_OCTETS],
    question_octets: usize,
    /// What else the reply depends on.
    pub(crate) variant: Variant,
    /// The largest datagram that the client takes, if it says so.
    pub(crate) payload: Option<u16>,
}

impl<'a> Asked<'a> {
    /// Reads a query, if it is plain.
    pub(crate) fn read(request: &'a [u8]) -> Option<Self> {
        let header = request.first_chunk::<HEADER_OCTETS>()?;
        let flags = u16::from_be_bytes([header[2], header[3]]);
        let [additional @ (0 | 1)] = header[11..] else { return None };
        if flags & !(Flags::RD | Flags::CD | Flags::AD) != 0 || header[4..11] != [0, 1, 0, 0, 0, 0, 0] {
            return None;
        }
        let name_end = name_end(request)?;
        let end = name_end + FIELDS_OCTETS;
        let asked = request.get(HEADER_OCTETS..end)?;
        if !asked.ends_with(&CLASS_IN) {
            return None;
        }
        let mut variant = 0;
        for (flag, bit) in [(Flags::RD, Variant::RD), (Flags::CD, Variant::CD), (Flags::AD, Variant::AD)] {
            variant |= if flags & flag != 0 { bit } else { 0 };
        }
        let payload = match (additional, &request[end..]) {
            (0, []) => None,
            (1, opt) => {
                let opt: &[u8; OPT_OCTETS] = opt.try_into().ok()?;
                let [0, 0, 41, high, low, 0, 0, dnssec_ok @ (0 | 0x80), 0, 0, 0] = *opt else { return None };
                variant |= Variant::EDNS | if dnssec_ok == 0 { 0 } else { Variant::DO };
                Some(u16::from_be_bytes([high, low]))
            }
            _ => return None,
        };
        let mut question = [0; MAX_NAME_OCTETS + FIELDS_OCTETS];
        let question_octets = asked.len();
        question[..question_octets].copy_from_slice(asked);
        question[..question_octets - FIELDS_OCTETS].make_ascii_lowercase(); // length octets are no letters
        Some(Self { request, question, question_octets, variant: Variant(variant), payload })
    }

    /// Name in lower case, type, class.
    pub(crate) fn question(&self) -> &[u8] {
        &self.question[..self.question_octets]
    }

    /// Makes a reply to this question, letter case aside, the reply to this query.
    pub(crate) fn address(&self, reply: &mut [u8]) {
        let name = HEADER_OCTETS..HEADER_OCTETS + self.question_octets - FIELDS_OCTETS;
        reply[..2].copy_from_slice(&self.request[..2]);
        reply[name.clone()].copy_from_slice(&self.request[name]);
    }
}

/// Where the name of the question ends, if it is written out and no longer than names may be.
fn name_end(request: &[u8]) -> Option<usize> {
    let mut at = HEADER_OCTETS;
    loop {
        match *request.get(at)? {
            0 => break,
            length @ 1..=MAX_LABEL_OCTETS => at += usize::from(length) + 1,
            _ => return None,
        }
    }
    let end = at + 1;
    (end - HEADER_OCTETS <= MAX_NAME_OCTETS).then_some(end)
}

#[cfg(test)]
mod tests {
    use proto::{Edns, Message, Name, OptionCode, Question, RrType};

    use super::*;

    fn query(change: impl FnOnce(&mut Message)) -> Vec<u8> {
        let mut message = Message::query(0x1234, Question::new("wWw.Example.".parse().unwrap(), RrType::A));
        message.flags.set(Flags::RD, true);
        change(&mut message);
        message.to_wire()
    }

    fn bits(change: impl FnOnce(&mut Message)) -> Option<u8> {
        Asked::read(&query(change)).map(|asked| asked.variant.bits())
    }

    fn with_edns(change: impl FnOnce(&mut Edns)) -> impl FnOnce(&mut Message) {
        |message| {
            let mut edns = Edns::new(1400);
            change(&mut edns);
            message.edns = Some(edns);
        }
    }

    #[test]
    fn what_changes_the_reply_makes_another_variant() {
        assert_eq!(bits(|_| ()), Some(1));
        assert_eq!(bits(|message| message.flags.0 = 0), Some(0));
        assert_eq!(bits(|message| message.flags.set(Flags::CD, true)), Some(3));
        assert_eq!(bits(|message| message.flags.set(Flags::AD, true)), Some(5));
        assert_eq!(bits(with_edns(|_| ())), Some(9));
        assert_eq!(bits(with_edns(|edns| edns.dnssec_ok = true)), Some(25));
    }

    #[test]
    fn the_question_is_read_without_regard_to_case_rfc4343() {
        let octets = query(with_edns(|_| ()));
        let asked = Asked::read(&octets).unwrap();
        assert_eq!(asked.question(), b"\x03www\x07example\x00\x00\x01\x00\x01");
        assert_eq!(asked.payload, Some(1400));
        let mut reply = query(|message| {
            message.questions[0].question.name = "www.example.".parse().unwrap();
            message.id = 0;
        });
        asked.address(&mut reply);
        assert_eq!(reply, query(|_| ()));
    }

    #[test]
    fn the_unusual_is_left_to_others() {
        let unusual: [fn(&mut Message); 10] = [
            |message| message.flags.set(Flags::QR, true),
            |message| message.flags.0 |= 2 << 11,
            |message| message.flags.set(Flags::TC, true),
            |message| message.flags.0 |= 0x40,
            |message| message.questions.clear(),
            |message| message.questions.push(message.questions[0].clone()),
            |message| message.questions[0].class = proto::Class::CH,
            |message| with_edns(|edns| edns.version = 1)(message),
            |message| with_edns(|edns| edns.options.push((OptionCode::COOKIE, vec![1; 8])))(message),
            |message| {
                let record = proto::Record::new(Name::root(), RrType::A, 0, vec![192, 0, 2, 1]);
                message.answer.push(record);
            },
        ];
        for (number, change) in unusual.into_iter().enumerate() {
            assert_eq!(bits(change), None, "{number}");
        }
        let flagged = [&query(with_edns(|_| ()))[..], &[]].concat();
        let mut other_flag = flagged.clone();
        let at = other_flag.len() - 3;
        other_flag[at] = 1;
        assert!(Asked::read(&flagged).is_some() && Asked::read(&other_flag).is_none(), "a flag beside DO");
    }

    #[test]
    fn what_is_cut_off_or_goes_on_is_left_to_others() {
        for wire in [query(|_| ()), query(with_edns(|_| ()))] {
            for end in 0..wire.len() {
                assert!(Asked::read(&wire[..end]).is_none(), "{end}");
            }
            assert!(Asked::read(&[&wire[..], &[0]].concat()).is_none());
        }
        let pointer = [&query(|_| ())[..HEADER_OCTETS], b"\xC0\x0C\x00\x01\x00\x01"].concat();
        assert!(Asked::read(&pointer).is_none());
        let labels = |count: usize| {
            let name = [b"\x01a".repeat(count), vec![0, 0, 1, 0, 1]].concat();
            [&query(|_| ())[..HEADER_OCTETS], &name].concat()
        };
        assert!(Asked::read(&labels(127)).is_some());
        assert!(Asked::read(&labels(128)).is_none(), "257 octets are no name");
    }
}
