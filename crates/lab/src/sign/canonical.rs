//! What a signature is made over (RFC 4034 §3.1.8.1). Written apart from the validator, so that a mistake of the one is
//! not made by the other.

use proto::{Name, Record, RrType};

/// Where names stand in the data of the types that the lab has and RFC 4034 §6.2 lowers: octets before the first, count.
fn names_of(rtype: RrType) -> (usize, usize) {
    match rtype {
        RrType::NS | RrType::CNAME | RrType::PTR | RrType::DNAME => (0, 1),
        RrType::SOA => (0, 2),
        RrType::MX => (2, 1),
        RrType::SRV => (6, 1),
        _ => (0, 0),
    }
}

fn canonical_data(rtype: RrType, rdata: &[u8]) -> Vec<u8> {
    let (before, names) = names_of(rtype);
    let mut out = rdata.to_vec();
    let mut at = before;
    for _ in 0..names {
        // Length octets are below 64 and no letters, so a whole name may be lowered.
        while out[at] != 0 {
            let next = at + 1 + usize::from(out[at]);
            out[at..next].make_ascii_lowercase();
            at = next;
        }
        at += 1;
    }
    out
}

/// RRSIG data up to the signature, and the set in canonical form and order behind it.
pub(super) fn message(head: &[u8], owner: &Name, rtype: RrType, original_ttl: u32, records: &[Record]) -> Vec<u8> {
    let mut fields: Vec<Vec<u8>> = records.iter().map(|record| canonical_data(rtype, &record.rdata)).collect();
    fields.sort();
    fields.dedup();
    let mut out = head.to_vec();
    for field in fields {
        out.extend_from_slice(owner.to_lowercase().wire());
        out.extend(rtype.0.to_be_bytes());
        out.extend(1_u16.to_be_bytes()); // class IN
        out.extend(original_ttl.to_be_bytes());
        out.extend((field.len() as u16).to_be_bytes());
        out.extend(field);
    }
    out
}
