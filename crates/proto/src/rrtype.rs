//! Record types, classes, response codes and operation codes: the numbers of the IANA registry under their names.

use std::fmt;
use std::str::FromStr;

use hickory_proto::rr::RecordType;

/// A record type, any of the 65,536.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RrType(pub u16);

#[allow(missing_docs, reason = "the names are the documentation: IANA's DNS parameters")]
impl RrType {
    pub const A: Self = Self(1);
    pub const NS: Self = Self(2);
    pub const CNAME: Self = Self(5);
    pub const SOA: Self = Self(6);
    pub const NULL: Self = Self(10);
    pub const PTR: Self = Self(12);
    pub const HINFO: Self = Self(13);
    pub const MX: Self = Self(15);
    pub const TXT: Self = Self(16);
    pub const AAAA: Self = Self(28);
    pub const SRV: Self = Self(33);
    pub const DNAME: Self = Self(39);
    pub const OPT: Self = Self(41);
    pub const DS: Self = Self(43);
    pub const RRSIG: Self = Self(46);
    pub const NSEC: Self = Self(47);
    pub const DNSKEY: Self = Self(48);
    pub const NSEC3: Self = Self(50);
    pub const NSEC3PARAM: Self = Self(51);
    pub const SVCB: Self = Self(64);
    pub const HTTPS: Self = Self(65);
    pub const TKEY: Self = Self(249);
    pub const TSIG: Self = Self(250);
    pub const IXFR: Self = Self(251);
    pub const AXFR: Self = Self(252);
    pub const MAILB: Self = Self(253);
    pub const MAILA: Self = Self(254);
    pub const ANY: Self = Self(255);
}

impl RrType {
    /// Question and meta types (RFC 6895 §3.1: 128–255, and OPT) and the reserved 0: they never own data in a zone.
    pub fn is_meta(self) -> bool {
        self.0 == 0 || self == Self::OPT || (128..=255).contains(&self.0)
    }

    /// Types that live at the parent side of a zone cut (RFC 4035 §2.6).
    pub fn is_at_parent(self) -> bool {
        self == Self::DS
    }
}

/// Assigned types of the last years that hickory-proto does not name (IANA's DNS parameters).
const MORE_NAMES: [(u16, &str); 14] = [
    (17, "RP"),
    (18, "AFSDB"),
    (29, "LOC"),
    (36, "KX"),
    (42, "APL"),
    (45, "IPSECKEY"),
    (49, "DHCID"),
    (55, "HIP"),
    (63, "ZONEMD"),
    (99, "SPF"),
    (108, "EUI48"),
    (109, "EUI64"),
    (256, "URI"),
    (32_769, "DLV"),
];

impl fmt::Display for RrType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match RecordType::from(self.0) {
            RecordType::Unknown(code) => match MORE_NAMES.iter().find(|(number, _)| *number == code) {
                Some((_, name)) => f.write_str(name),
                None => write!(f, "TYPE{code}"), // RFC 3597 §5
            },
            known => write!(f, "{known}"),
        }
    }
}

impl fmt::Debug for RrType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text names no record type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a record type; use a name such as A, AAAA, MX, TXT, or TYPE and a number")]
pub struct UnknownRrType;

impl FromStr for RrType {
    type Err = UnknownRrType;

    fn from_str(text: &str) -> Result<Self, UnknownRrType> {
        let upper = text.to_ascii_uppercase();
        if let Some(digits) = upper.strip_prefix("TYPE") {
            return digits.parse().map(Self).map_err(|_| UnknownRrType);
        }
        if let Ok(known) = RecordType::from_str(&upper) {
            return Ok(Self(known.into()));
        }
        // hickory writes more names than it reads (OPT, RRSIG, AXFR ...); all assigned numbers lie in these ranges.
        let mut assigned = (1..=260).chain(32_768..=32_770).map(Self);
        assigned.find(|rtype| rtype.to_string() == upper).ok_or(UnknownRrType)
    }
}

/// A class; the resolver serves IN, and CH for its own identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Class(pub u16);

#[allow(missing_docs, reason = "the names are the documentation: IANA's DNS parameters")]
impl Class {
    pub const IN: Self = Self(1);
    pub const CH: Self = Self(3);
    pub const NONE: Self = Self(254);
    pub const ANY: Self = Self(255);
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::IN => f.write_str("IN"),
            Self::CH => f.write_str("CH"),
            Self::NONE => f.write_str("NONE"),
            Self::ANY => f.write_str("ANY"),
            Self(code) => write!(f, "CLASS{code}"),
        }
    }
}

/// A response code, twelve bits with EDNS (RFC 6891 §6.1.3).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Rcode(pub u16);

#[allow(missing_docs, reason = "the names are the documentation: IANA's DNS parameters")]
impl Rcode {
    pub const NOERROR: Self = Self(0);
    pub const FORMERR: Self = Self(1);
    pub const SERVFAIL: Self = Self(2);
    pub const NXDOMAIN: Self = Self(3);
    pub const NOTIMP: Self = Self(4);
    pub const REFUSED: Self = Self(5);
    pub const YXDOMAIN: Self = Self(6);
    pub const NOTAUTH: Self = Self(9);
    pub const BADVERS: Self = Self(16);
    pub const BADCOOKIE: Self = Self(23);
}

impl fmt::Display for Rcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match *self {
            Self::NOERROR => "NOERROR",
            Self::FORMERR => "FORMERR",
            Self::SERVFAIL => "SERVFAIL",
            Self::NXDOMAIN => "NXDOMAIN",
            Self::NOTIMP => "NOTIMP",
            Self::REFUSED => "REFUSED",
            Self::YXDOMAIN => "YXDOMAIN",
            Self::NOTAUTH => "NOTAUTH",
            Self::BADVERS => "BADVERS",
            Self::BADCOOKIE => "BADCOOKIE",
            Self(code) => return write!(f, "RCODE{code}"),
        };
        f.write_str(name)
    }
}

impl fmt::Debug for Rcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// An operation code, four bits (RFC 1035 §4.1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Opcode(pub u8);

#[allow(missing_docs, reason = "the names are the documentation: IANA's DNS parameters")]
impl Opcode {
    pub const QUERY: Self = Self(0);
    pub const NOTIFY: Self = Self(4);
    pub const UPDATE: Self = Self(5);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_read_and_write_names_and_numbers_rfc3597_5() {
        let all = (1..=65_535).map(RrType).filter(|rtype| !rtype.to_string().starts_with("TYPE"));
        for rtype in all {
            assert_eq!(rtype.to_string().parse(), Ok(rtype), "{rtype}");
        }
        for (text, number) in [("A", 1), ("AAAA", 28), ("HTTPS", 65), ("TYPE65280", 65280), ("ANY", 255)] {
            assert_eq!(text.parse::<RrType>().unwrap(), RrType(number));
            assert_eq!(RrType(number).to_string(), text);
        }
        assert_eq!("mx".parse::<RrType>().unwrap(), RrType::MX);
        assert!("NONSENSE".parse::<RrType>().is_err());
        assert!("TYPE65536".parse::<RrType>().is_err());
    }
}
