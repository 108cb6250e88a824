//! Replies that the server did not send (RFC 5452 §3).

use proto::{Edns, Flags, Message, Name, Opcode, Record, RrType};

use super::{FORGED_ADDRESS, Outgoing, Source};
use crate::behaviour::Forgery;
use crate::respond::{SERVER_PAYLOAD_OCTETS, reply_to};

/// Forged replies of one kind: each would be believed if the one thing that is wrong with it were not looked at.
pub(super) fn forge(forgery: Forgery, query: &Message) -> Vec<Outgoing> {
    let Some(question) = query.question().filter(|_| query.flags.opcode() == Opcode::QUERY) else { return Vec::new() };
    let forged = |change: &dyn Fn(&mut Message)| {
        let mut reply = reply_to(query);
        reply.flags.set(Flags::AA, true);
        reply.edns = query.edns.as_ref().map(|_| Edns::new(SERVER_PAYLOAD_OCTETS));
        change(&mut reply);
        let name = reply.questions[0].question.name.clone();
        reply.answer.push(Record::new(name, RrType::A, 86400, FORGED_ADDRESS.octets()));
        reply.to_wire()
    };
    let one = |octets, from| vec![Outgoing { octets, from, forged: true }];
    match forgery {
        Forgery::Address => one(forged(&|_| ()), Source::OtherAddress),
        Forgery::Port => one(forged(&|_| ()), Source::OtherPort),
        Forgery::Id(count) => {
            let wrong = |n: u16| forged(&|reply| reply.id = query.id.wrapping_add(n));
            (1..=count).map(|n| Outgoing { octets: wrong(n), from: Source::Server, forged: true }).collect()
        }
        Forgery::Question => {
            let other = question.name.prepend(b"x").unwrap_or_else(|_| Name::root());
            one(forged(&|reply| reply.questions[0].question.name = other.clone()), Source::Server)
        }
        Forgery::Case => {
            let other = other_case(&question.name);
            if other.eq_with_case(&question.name) {
                return Vec::new(); // no letters: nothing would be wrong
            }
            one(forged(&|reply| reply.questions[0].question.name = other.clone()), Source::Server)
        }
        Forgery::Query => one(forged(&|reply| reply.flags.set(Flags::QR, false)), Source::Server),
        Forgery::Garbage => one(vec![0xFF; 7], Source::Server),
    }
}

/// The same name with the case of every letter turned round.
fn other_case(name: &Name) -> Name {
    let turned =
        |octet: u8| if octet.is_ascii_lowercase() { octet.to_ascii_uppercase() } else { octet.to_ascii_lowercase() };
    // Length octets are below 64 and no letters.
    let wire: Vec<u8> = name.wire().iter().map(|octet| turned(*octet)).collect();
    Name::from_wire(&wire).expect("letter case does not change the form of a name")
}
