//! What a signature is made over (RFC 4034 §3.1.8.1 and §6, RFC 6840 §5.1).

use proto::{Name, Rdatas, RrType};

use crate::Rrsig;

/// Names inside record data that are lowered before signing.
struct Names {
    /// Octets in front of the first name.
    prefix: usize,
    /// Number of names.
    count: usize,
}

/// The types of RFC 4034 §6.2 as amended by RFC 6840 §5.1: NSEC is not among them.
fn names_in(rtype: RrType) -> Option<Names> {
    let (prefix, count) = match rtype.0 {
        2 | 3 | 4 | 5 | 7 | 8 | 9 | 12 | 39 => (0, 1), // NS MD MF CNAME MB MG MR PTR DNAME
        6 | 14 | 17 => (0, 2),                         // SOA MINFO RP
        15 | 18 | 21 | 36 => (2, 1),                   // MX AFSDB RT KX
        26 => (2, 2),                                  // PX
        33 => (6, 1),                                  // SRV
        24 | 46 => (18, 1),                            // SIG RRSIG
        30 => (0, 1),                                  // NXT
        _ => return None,
    };
    Some(Names { prefix, count })
}

/// Record data in canonical form. Malformed data stays as it is: no signature fits it but one made over it.
fn canonical(rtype: RrType, rdata: &[u8]) -> Vec<u8> {
    let mut out = rdata.to_vec();
    // NAPTR: order, preference and three strings stand before the name.
    let layout =
        if rtype.0 == 35 { strings_end(rdata, 4, 3).map(|prefix| Names { prefix, count: 1 }) } else { names_in(rtype) };
    let Some(Names { prefix, count }) = layout else { return out };
    let mut at = prefix;
    for _ in 0..count {
        if at >= rdata.len() {
            break;
        }
        let Ok((name, next)) = Name::read(rdata, at) else { break };
        // Data is kept uncompressed: a name takes the octets that it has.
        if next - at != name.wire().len() {
            break;
        }
        out[at..next].make_ascii_lowercase();
        at = next;
    }
    out
}

fn strings_end(rdata: &[u8], mut at: usize, count: usize) -> Option<usize> {
    for _ in 0..count {
        at += 1 + usize::from(*rdata.get(at)?);
    }
    Some(at)
}

/// The octets that `rrsig` signs for a set of `rtype` at `owner`, which is the name in the zone: a wildcard if the set came
/// from one.
pub(crate) fn signed_data(rrsig: &Rrsig<'_>, owner: &Name, rtype: RrType, rdatas: &Rdatas) -> Vec<u8> {
    let mut fields: Vec<Vec<u8>> = rdatas.iter().map(|rdata| canonical(rtype, rdata)).collect();
    fields.sort_unstable();
    fields.dedup(); // two spellings of one name are one record (RFC 4034 §6.3)
    let owner = owner.to_lowercase();
    let signer = rrsig.signer.to_lowercase();
    let mut head = owner.wire().to_vec();
    head.extend_from_slice(&rtype.0.to_be_bytes());
    head.extend_from_slice(&1_u16.to_be_bytes()); // class IN
    head.extend_from_slice(&rrsig.original_ttl.to_be_bytes());
    let octets = fields.iter().map(|field| head.len() + 2 + field.len()).sum::<usize>();
    let mut out = Vec::with_capacity(rrsig.fixed.len() + signer.wire().len() + octets);
    out.extend_from_slice(rrsig.fixed);
    out.extend_from_slice(signer.wire());
    for field in fields {
        out.extend_from_slice(&head);
        out.extend_from_slice(&(field.len() as u16).to_be_bytes());
        out.extend_from_slice(&field);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rdata(rtype: RrType, text: &str) -> Vec<u8> {
        proto::rdata::parse(rtype, text, &Name::root()).unwrap()
    }

    #[test]
    fn names_of_the_old_types_are_lowered_rfc4034_6_2() {
        for (rtype, text) in [
            (RrType::NS, "NS.Example."),
            (RrType::MX, "10 Mail.Example."),
            (RrType::SRV, "1 2 3 Host.Example."),
            (RrType::SOA, "Ns.Example. Root.Example. 1 2 3 4 5"),
        ] {
            assert_eq!(canonical(rtype, &rdata(rtype, text)), rdata(rtype, &text.to_lowercase()), "{rtype}");
        }
    }

    #[test]
    fn other_data_is_left_alone_rfc6840_5_1() {
        let nsec = [b"\x03WWW\x00".as_slice(), &[0, 1, 0x40]].concat();
        assert_eq!(canonical(RrType::NSEC, &nsec), nsec);
        assert_eq!(canonical(RrType::TXT, b"\x03ABC"), b"\x03ABC");
    }

    #[test]
    fn broken_data_is_left_alone() {
        for broken in [&b""[..], b"\x05AB", b"\xC0\x00", b"\x00\x0A"] {
            assert_eq!(canonical(RrType::NS, broken), broken);
            assert_eq!(canonical(RrType(35), broken), broken);
        }
    }

    #[test]
    fn naptr_lowers_its_replacement_only() {
        let data = [&[0, 1, 0, 2][..], b"\x01U\x03SIP\x02!A\x03WWW\x00"].concat();
        let lowered = [&[0, 1, 0, 2][..], b"\x01U\x03SIP\x02!A\x03www\x00"].concat();
        assert_eq!(canonical(RrType(35), &data), lowered);
    }
}
