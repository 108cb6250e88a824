//! What the reply of a resolver ("forwarder") means: it has done the whole work, so that it refers nowhere. Pure.

use proto::{Message, Name, Question, Rank, Rcode, RrType};

use super::{Answered, Defect, End, Last, Meaning, Verdict, follow, proofs, soa_for};
use crate::scrub::Scrubbed;

/// Reads the scrubbed reply of a resolver that answers for `zone` and all below it.
///
/// AA counts for nothing here, and the answer has the rank of one from the zone's own servers: there are no others to
/// ask.
pub(crate) fn classify_recursive(reply: &Message, scrubbed: &Scrubbed, ask: &Question, zone: &Name) -> Verdict {
    let rcode = reply.rcode();
    if !matches!(rcode, Rcode::NOERROR | Rcode::NXDOMAIN | Rcode::YXDOMAIN) {
        return Verdict::Unusable(Defect::Rcode(rcode));
    }
    let (aliases, last) = match follow(scrubbed, ask, zone) {
        Ok(followed) => followed,
        Err(defect) => return Verdict::Unusable(defect),
    };
    let end = match (last, rcode) {
        (Last::TooLong(name), _) => End::TooLong(name),
        (Last::Data(set), Rcode::NOERROR) => End::Data(set),
        (Last::Data(_), _) => return Verdict::Unusable(Defect::Contradiction),
        (Last::Outside(name), _) => End::Target(name),
        (Last::Open(name), Rcode::NXDOMAIN) => End::NxDomain { soa: soa_for(scrubbed, &name), name },
        (Last::Open(name), Rcode::NOERROR) => match soa_for(scrubbed, &name) {
            // RFC 2308 §2.2: NS records without SOA make a referral, and a resolver that refers has not resolved.
            None if aliases.is_empty() && scrubbed.authority.iter().any(|set| set.rtype == RrType::NS) => {
                return Verdict::Unusable(Defect::Empty);
            }
            // It followed the aliases until it knew no further; what is left is asked for by itself.
            None if !aliases.is_empty() => End::Target(name),
            soa => End::NoData { name, soa },
        },
        (Last::Open(_), rcode) => return Verdict::Unusable(Defect::Rcode(rcode)),
    };
    let proofs = proofs(scrubbed);
    let rank = Rank::AuthoritativeAnswer;
    Verdict::Usable(Meaning::Answer(Answered { aliases, end, rank, glue: vec![], proofs, own_servers: None }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scrub::{GlueRule, scrub};
    use proto::zonefile;

    fn brief(zone: &str, rcode: Rcode, answer: &str, authority: &str) -> String {
        let zone: Name = zone.parse().unwrap();
        let ask = Question::new("www.example.".parse().unwrap(), RrType::A);
        let mut reply = Message::query(1, ask.clone());
        reply.set_rcode(rcode);
        reply.answer = zonefile::parse(answer, &Name::root()).unwrap();
        reply.authority = zonefile::parse(authority, &Name::root()).unwrap();
        let scrubbed = scrub(&reply, &zone, GlueRule::InsideZone);
        match classify_recursive(&reply, &scrubbed, &ask, &zone) {
            Verdict::Usable(Meaning::Answer(answered)) => {
                let end = match answered.end {
                    End::Data(set) => format!("data of {}", set.name),
                    End::Target(name) => format!("target {name}"),
                    End::NoData { name, soa } => format!("no data at {name}, SOA {}", soa.is_some()),
                    End::NxDomain { name, soa } => format!("no name {name}, SOA {}", soa.is_some()),
                    End::TooLong(name) => format!("too long {name}"),
                };
                format!("{} aliases, {end}", answered.aliases.len())
            }
            Verdict::Unusable(defect) => format!("unusable: {}", defect.describe()),
            other => format!("{other:?}"),
        }
    }

    const SOA: &str = "example. 60 SOA ns.example. host.example. 1 2 3 4 5\n";
    const CHAIN: &str = "www.example. 60 CNAME a.other.\na.other. 60 A 192.0.2.1\n";

    #[test]
    fn whole_answers_are_taken_without_aa() {
        for (answer, authority, rcode, expected) in [
            ("www.example. 60 A 192.0.2.1\n", "", Rcode::NOERROR, "0 aliases, data of www.example."),
            (CHAIN, "", Rcode::NOERROR, "1 aliases, data of a.other."),
            ("", SOA, Rcode::NOERROR, "0 aliases, no data at www.example., SOA true"),
            ("", "", Rcode::NOERROR, "0 aliases, no data at www.example., SOA false"),
            ("", SOA, Rcode::NXDOMAIN, "0 aliases, no name www.example., SOA true"),
            ("www.example. 60 CNAME a.other.\n", "", Rcode::NXDOMAIN, "1 aliases, no name a.other., SOA false"),
            ("www.example. 60 CNAME a.other.\n", "", Rcode::NOERROR, "1 aliases, target a.other."),
        ] {
            assert_eq!(brief(".", rcode, answer, authority), expected);
        }
    }

    #[test]
    fn nothing_outside_the_forwarded_zone_is_believed_rfc5452_6() {
        assert_eq!(brief("example.", Rcode::NOERROR, CHAIN, ""), "1 aliases, target a.other.");
        let foreign = "other. 60 SOA ns.other. host.other. 1 2 3 4 5\n";
        let nodata = brief("example.", Rcode::NOERROR, "", foreign);
        assert_eq!(nodata, "0 aliases, no data at www.example., SOA false");
    }

    #[test]
    fn a_resolver_that_has_not_resolved_is_of_no_use() {
        let referral = brief(".", Rcode::NOERROR, "", "example. 60 NS ns.example.\n");
        assert_eq!(referral, "unusable: neither data nor denial nor referral");
        assert_eq!(brief(".", Rcode::SERVFAIL, "", ""), "unusable: SERVFAIL");
        let both = brief(".", Rcode::NXDOMAIN, "www.example. 60 A 192.0.2.1\n", SOA);
        assert_eq!(both, "unusable: the reply contradicts itself");
    }
}
