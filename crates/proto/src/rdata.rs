//! Record data as octets, and the few readings of it that a resolver needs.
//!
//! Data is kept in uncompressed wire form. Typed views, presentation form and the check for well-formedness come from
//! hickory-proto; they are used where people read or where data enters, never on the way of a cached answer.

pub mod dnssec;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use hickory_proto::rr::{Name as HickoryName, RData, RecordType};
use hickory_proto::serialize::binary::{BinDecoder, BinEncodable, BinEncoder, NameEncoding, Restrict};

use crate::{Name, NameError, RrType};

/// Record data cannot be read as its type demands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the record data does not have the form of its type")]
pub struct MalformedRdata;

/// Where names stand in the data of the types of RFC 1035, which alone may be compressed (RFC 3597 §4).
pub(crate) struct NameLayout {
    /// Octets in front of the first name.
    pub(crate) prefix: usize,
    /// Number of names.
    pub(crate) names: usize,
}

/// The layout of types whose names may be compressed on the wire; `None` for all others.
///
/// RP, AFSDB, RT, PX, NXT, SRV, NAPTR and KX are read tolerantly too (RFC 3597 §4), but never written compressed.
pub(crate) fn compressible(rtype: RrType) -> Option<NameLayout> {
    let (prefix, names) = match rtype.0 {
        2 | 3 | 4 | 5 | 7 | 8 | 9 | 12 => (0, 1), // NS MD MF CNAME MB MG MR PTR
        6 | 14 => (0, 2),                         // SOA MINFO
        15 => (2, 1),                             // MX
        _ => return None,
    };
    Some(NameLayout { prefix, names })
}

/// Types whose names a sender may have compressed although it should not (RFC 3597 §4).
fn tolerated(rtype: RrType) -> Option<NameLayout> {
    let (prefix, names) = match rtype.0 {
        17 => (0, 2),           // RP
        18 | 21 | 36 => (2, 1), // AFSDB RT KX
        26 => (2, 2),           // PX
        33 => (6, 1),           // SRV
        39 => (0, 1),           // DNAME
        _ => return None,
    };
    Some(NameLayout { prefix, names })
}

/// Octets that most names do not exceed.
const USUAL_NAME: usize = 64;

/// Copies record data out of `message` with all names uncompressed.
pub(crate) fn decompress(rtype: RrType, message: &[u8], at: usize, length: usize) -> Result<Vec<u8>, NameError> {
    let end = at + length;
    let octets = message.get(at..end).ok_or(NameError::Truncated)?;
    let Some(layout) = compressible(rtype).or_else(|| tolerated(rtype)) else { return Ok(octets.to_vec()) };
    if length < layout.prefix {
        return Ok(octets.to_vec()); // malformed; kept as it is, `check` will say so
    }
    let mut data = Vec::with_capacity(length + layout.names * USUAL_NAME);
    data.extend_from_slice(&octets[..layout.prefix]);
    let mut position = at + layout.prefix;
    for _ in 0..layout.names {
        let (name, next) = Name::read(message, position)?;
        if next > end {
            return Err(NameError::Truncated);
        }
        data.extend_from_slice(name.wire());
        position = next;
    }
    data.extend_from_slice(&message[position..end]);
    Ok(data)
}

/// Checks that uncompressed `rdata` has the form that `rtype` demands, as far as a resolver reads it. Types younger than
/// those of RFC 1035 are for clients to read and pass through as they are (RFC 3597 §3).
pub fn check(rtype: RrType, rdata: &[u8]) -> Result<(), MalformedRdata> {
    let good = match rtype {
        RrType::A => rdata.len() == 4,
        RrType::AAAA => rdata.len() == 16,
        RrType::NS | RrType::CNAME | RrType::DNAME | RrType::PTR => Name::from_wire(rdata).is_ok(),
        RrType::SOA => Soa::read(rdata).is_some(),
        RrType::MX => rdata.len() > 2 && Name::from_wire(&rdata[2..]).is_ok(),
        RrType::TXT => character_strings_fit(rdata),
        _ if dnssec::is_ours(rtype) => dnssec::is_well_formed(rtype, rdata),
        // Names that a sender may have compressed have been read; what is left of them must be whole.
        _ => compressible(rtype).or_else(|| tolerated(rtype)).is_none_or(|layout| names_fit(&layout, rdata)),
    };
    good.then_some(()).ok_or(MalformedRdata)
}

fn names_fit(layout: &NameLayout, rdata: &[u8]) -> bool {
    let first = (rdata.len() >= layout.prefix).then_some(layout.prefix);
    let end = (0..layout.names).try_fold(first, |at, _| {
        let (name, next) = Name::read(rdata, at?).ok()?;
        (next - at? == name.wire().len()).then_some(Some(next))
    });
    end.flatten() == Some(rdata.len())
}

fn character_strings_fit(rdata: &[u8]) -> bool {
    let mut at = 0;
    while let Some(&length) = rdata.get(at) {
        at += 1 + length as usize;
    }
    at == rdata.len() && at > 0
}

/// The typed form of hickory-proto; `None` if the data is malformed.
pub fn to_hickory(rtype: RrType, rdata: &[u8]) -> Option<RData> {
    let length = u16::try_from(rdata.len()).ok()?;
    let mut decoder = BinDecoder::new(rdata);
    RData::read(&mut decoder, RecordType::from(rtype.0), Restrict::new(length)).ok()
}

/// Octets of a typed form of hickory-proto, names uncompressed.
pub fn from_hickory(rdata: &RData) -> Option<Vec<u8>> {
    let mut octets = Vec::new();
    let mut encoder = BinEncoder::new(&mut octets);
    encoder.set_name_encoding(NameEncoding::Uncompressed);
    rdata.emit(&mut encoder).ok()?;
    Some(octets)
}

/// Presentation form (RFC 1035 §5.1); data that is malformed or of an unknown type in the form of RFC 3597 §5.
pub fn present(rtype: RrType, rdata: &[u8]) -> String {
    match rtype {
        RrType::NS | RrType::CNAME | RrType::DNAME | RrType::PTR => {
            if let Ok(name) = Name::from_wire(rdata) {
                return name.to_string();
            }
        }
        RrType::TXT => {
            if let Some(text) = present_strings(rdata) {
                return text;
            }
        }
        _ if dnssec::is_ours(rtype) => {
            if let Some(text) = dnssec::present(rtype, rdata) {
                return text;
            }
        }
        _ => {
            if let Some(data) = to_hickory(rtype, rdata).filter(|data| !matches!(data, RData::Unknown { .. })) {
                return data.to_string();
            }
        }
    }
    let hex: String = rdata.iter().map(|octet| format!("{octet:02X}")).collect();
    format!("\\# {} {hex}", rdata.len()).trim_end().to_owned()
}

fn present_strings(rdata: &[u8]) -> Option<String> {
    character_strings_fit(rdata).then(|| {
        let mut out = String::new();
        let mut at = 0;
        while at < rdata.len() {
            let length = rdata[at] as usize;
            out.push_str(if at == 0 { "\"" } else { " \"" });
            for &octet in &rdata[at + 1..at + 1 + length] {
                match octet {
                    b'"' | b'\\' => out.extend(['\\', octet as char]),
                    0x20..=0x7E => out.push(octet as char),
                    _ => out.push_str(&format!("\\{octet:03}")),
                }
            }
            out.push('"');
            at += 1 + length;
        }
        out
    })
}

/// Reads the data of one record from presentation form, by hickory-proto's reader; relative names are below `origin`.
pub fn parse(rtype: RrType, text: &str, origin: &Name) -> Result<Vec<u8>, MalformedRdata> {
    let zone = format!("$ORIGIN {origin}\n@ 0 IN {rtype} {text}\n");
    let records = crate::zonefile::parse(&zone, origin).map_err(|_| MalformedRdata)?;
    match records.as_slice() {
        [record] if record.rtype == rtype => Ok(record.rdata.to_vec()),
        _ => Err(MalformedRdata),
    }
}

/// The address in the data of an A or AAAA record.
pub fn address(rtype: RrType, rdata: &[u8]) -> Option<IpAddr> {
    match rtype {
        RrType::A => <[u8; 4]>::try_from(rdata).ok().map(|octets| Ipv4Addr::from(octets).into()),
        RrType::AAAA => <[u8; 16]>::try_from(rdata).ok().map(|octets| Ipv6Addr::from(octets).into()),
        _ => None,
    }
}

/// The data of an A or AAAA record, with its type.
pub fn from_address(address: IpAddr) -> (RrType, Vec<u8>) {
    match address {
        IpAddr::V4(v4) => (RrType::A, v4.octets().to_vec()),
        IpAddr::V6(v6) => (RrType::AAAA, v6.octets().to_vec()),
    }
}

/// The one name in the data of NS, CNAME, DNAME or PTR.
pub fn target(rdata: &[u8]) -> Option<Name> {
    Name::from_wire(rdata).ok()
}

/// The type that an RRSIG covers (RFC 4034 §3.1.1).
pub fn rrsig_covers(rdata: &[u8]) -> Option<RrType> {
    Some(RrType(u16::from_be_bytes([*rdata.first()?, *rdata.get(1)?])))
}

/// The data of an SOA record (RFC 1035 §3.3.13).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Soa {
    /// Primary server.
    pub mname: Name,
    /// Mailbox of the person responsible.
    pub rname: Name,
    /// Serial number.
    pub serial: u32,
    /// TTL of negative answers, in seconds (RFC 2308 §4).
    pub minimum: u32,
}

impl Soa {
    /// Reads the data; `None` if it is malformed.
    pub fn read(rdata: &[u8]) -> Option<Self> {
        let (mname, at) = Name::read(rdata, 0).ok()?;
        let (rname, at) = Name::read(rdata, at).ok()?;
        let numbers = rdata.get(at..).filter(|rest| rest.len() == 20)?;
        let number = |i: usize| u32::from_be_bytes([numbers[i], numbers[i + 1], numbers[i + 2], numbers[i + 3]]);
        Some(Self { mname, rname, serial: number(0), minimum: number(16) })
    }
}

impl From<&Name> for HickoryName {
    fn from(name: &Name) -> Self {
        HickoryName::from_labels(name.labels()).unwrap_or_else(|_| HickoryName::root())
    }
}

impl From<&HickoryName> for Name {
    fn from(name: &HickoryName) -> Self {
        let mut wire = Vec::with_capacity(name.len() + 1);
        for label in name.iter() {
            wire.push(label.len() as u8);
            wire.extend_from_slice(label);
        }
        wire.push(0);
        Name::from_wire(&wire).expect("hickory's names keep the limits of RFC 1035")
    }
}

/// Reads an address or a name from text, whichever it is.
pub fn is_address(text: &str) -> bool {
    IpAddr::from_str(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn malformed_data_is_recognised_rfc1035_3_3() {
        let good: [(RrType, &[u8]); 6] = [
            (RrType::A, &[192, 0, 2, 1]),
            (RrType::NS, b"\x02ns\x00"),
            (RrType::TXT, b"\x02hi"),
            (RrType::MX, b"\x00\x0a\x02mx\x00"),
            (RrType(65280), b"anything"),
            (RrType::HTTPS, b"\x00\x01\x00\x00\x01\x00\x04\x02h"), // for clients to read, RFC 3597 §3
        ];
        for (rtype, data) in good {
            assert_eq!(check(rtype, data), Ok(()), "{rtype}");
        }
        let bad: [(RrType, &[u8]); 8] = [
            (RrType::A, &[192, 0, 2]),
            (RrType::AAAA, &[0; 15]),
            (RrType::NS, b"\x02ns"),
            (RrType::TXT, b"\x05hi"),
            (RrType::TXT, b""),
            (RrType::MX, b"\x00\x0a"),
            (RrType::SOA, b"\x00\x00\x00\x00"),
            (RrType::SRV, b"\x00\x01\x00\x01\x00\x35\xC0\x0C"),
        ];
        for (rtype, data) in bad {
            assert_eq!(check(rtype, data), Err(MalformedRdata), "{rtype} {data:?}");
        }
    }

    #[test]
    fn presentation_form_goes_both_ways() {
        for (rtype, text) in [
            (RrType::A, "192.0.2.1"),
            (RrType::AAAA, "2001:db8::1"),
            (RrType::MX, "10 mail.example."),
            (RrType::SOA, "ns.example. host.example. 1 2 3 4 5"),
            (RrType::TXT, "\"one\" \"two words\""),
            (RrType::SRV, "1 2 443 host.example."),
        ] {
            let data = parse(rtype, text, &Name::root()).unwrap();
            assert_eq!(present(rtype, &data), text);
        }
        assert_eq!(present(RrType(65280), &[1, 0xAB]), "\\# 2 01AB");
        assert_eq!(present(RrType::A, &[1, 2, 3]), "\\# 3 010203");
    }
}
