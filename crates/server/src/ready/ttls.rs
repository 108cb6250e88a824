//! Where the TTLs of a message stand. Pure.

use proto::{HEADER_OCTETS, RrType};

/// Records of a message that is kept ready; one with more of them is rare and large.
const MAX_RECORDS: usize = 64;
/// Type, class, TTL and length of a record.
const FIELDS_OCTETS: usize = 10;

/// Offsets of the TTLs of all records but OPT, and the least TTL; none if the message has no records with a TTL (so no failure has
/// any), too many of them, or is not whole.
pub(crate) fn find(message: &[u8]) -> Option<(Vec<u16>, u32)> {
    let header = message.first_chunk::<HEADER_OCTETS>()?;
    let count = |section: usize| usize::from(u16::from_be_bytes([header[4 + 2 * section], header[5 + 2 * section]]));
    let records = count(1) + count(2) + count(3);
    if count(0) != 1 || records > MAX_RECORDS {
        return None;
    }
    let mut at = skip_name(message, HEADER_OCTETS)? + 4;
    let (mut offsets, mut least) = (Vec::with_capacity(records), None);
    for _ in 0..records {
        at = skip_name(message, at)?;
        let fields = message.get(at..at + FIELDS_OCTETS)?;
        if fields[..2] != RrType::OPT.0.to_be_bytes() {
            let ttl = u32::from_be_bytes([fields[4], fields[5], fields[6], fields[7]]);
            offsets.push(u16::try_from(at + 4).ok()?);
            least = Some(least.map_or(ttl, |least: u32| least.min(ttl)));
        }
        at += FIELDS_OCTETS + usize::from(u16::from_be_bytes([fields[8], fields[9]]));
    }
    (at == message.len()).then_some((offsets, least?))
}

/// The offset behind a name that is written out or ends in a pointer.
fn skip_name(message: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match *message.get(at)? {
            0 => return Some(at + 1),
            0xC0.. => return Some(at + 2),
            length => at += usize::from(length) + 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use proto::{Edns, Flags, Message, Question, QuestionEntry, Record};

    use super::*;

    fn message(ttls: &[u32]) -> Message {
        let mut message = Message::empty(1, Flags(Flags::QR));
        let question = Question::new("www.example.".parse().unwrap(), RrType::A);
        message.questions.push(QuestionEntry { question, class: proto::Class::IN });
        let record = |ttl| Record::new("www.example.".parse().unwrap(), RrType::A, ttl, vec![192, 0, 2, 1]);
        message.answer = ttls.iter().map(|ttl| record(*ttl)).collect();
        message.edns = Some(Edns::new(1232));
        message
    }

    #[test]
    fn all_ttls_are_found_and_that_of_opt_is_none_rfc6891_6_1_3() {
        let mut wire = message(&[300, 7]);
        wire.authority.push(Record::new("example.".parse().unwrap(), RrType::TXT, 60, vec![1, b'x']));
        let wire = wire.to_wire();
        let (offsets, least) = find(&wire).unwrap();
        let ttl = |at: &u16| u32::from_be_bytes(wire[usize::from(*at)..][..4].try_into().unwrap());
        assert_eq!((offsets.iter().map(ttl).collect::<Vec<_>>(), least), (vec![300, 7, 60], 7));
    }

    #[test]
    fn what_has_no_ttl_or_is_broken_is_not_kept() {
        assert_eq!(find(&message(&[]).to_wire()), None);
        assert!(find(&message(&[1; MAX_RECORDS - 1]).to_wire()).is_some());
        assert_eq!(find(&message(&[1; MAX_RECORDS]).to_wire()), None);
        let wire = message(&[1]).to_wire();
        assert!((0..wire.len()).all(|end| find(&wire[..end]).is_none()));
    }
}
