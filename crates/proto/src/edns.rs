//! EDNS(0): the OPT pseudo-record (RFC 6891), its options, and extended errors (RFC 8914).

use std::fmt;

/// Option codes that the resolver knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OptionCode(pub u16);

#[allow(missing_docs, reason = "the names are the documentation: IANA's DNS parameters")]
impl OptionCode {
    pub const NSID: Self = Self(3);
    pub const COOKIE: Self = Self(10);
    pub const TCP_KEEPALIVE: Self = Self(11);
    pub const PADDING: Self = Self(12);
    pub const EDE: Self = Self(15);
}

/// At most so many options of one message are looked at; the rest is skipped unread.
pub const MAX_OPTIONS: usize = 100;

/// The content of an OPT record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edns {
    /// Largest UDP message that the sender can take, in octets.
    pub udp_payload_size: u16,
    /// Version; only 0 is defined.
    pub version: u8,
    /// "DNSSEC OK" (RFC 3225).
    pub dnssec_ok: bool,
    /// Upper eight bits of the response code.
    pub rcode_high: u8,
    /// Options in order, at most [`MAX_OPTIONS`].
    pub options: Vec<(OptionCode, Vec<u8>)>,
}

impl Edns {
    /// Version 0 without options.
    pub fn new(udp_payload_size: u16) -> Self {
        Self { udp_payload_size, version: 0, dnssec_ok: false, rcode_high: 0, options: Vec::new() }
    }

    /// The first option of a code.
    pub fn option(&self, code: OptionCode) -> Option<&[u8]> {
        self.options.iter().find(|(have, _)| *have == code).map(|(_, data)| data.as_slice())
    }

    /// Reads class, TTL and data of an OPT record; `None` if an option runs over the end.
    pub(crate) fn read(class: u16, ttl: u32, rdata: &[u8]) -> Option<Self> {
        let [rcode_high, version, flags, _] = ttl.to_be_bytes();
        let mut options = Vec::new();
        let mut rest = rdata;
        while !rest.is_empty() {
            let (header, tail) = rest.split_first_chunk::<4>()?;
            let length = u16::from_be_bytes([header[2], header[3]]) as usize;
            let data = tail.get(..length)?;
            if options.len() < MAX_OPTIONS {
                options.push((OptionCode(u16::from_be_bytes([header[0], header[1]])), data.to_vec()));
            }
            rest = &tail[length..];
        }
        Some(Self { udp_payload_size: class, version, dnssec_ok: flags & 0x80 != 0, rcode_high, options })
    }

    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&[0, 0, 41]);
        out.extend_from_slice(&self.udp_payload_size.to_be_bytes());
        out.extend_from_slice(&[self.rcode_high, self.version, if self.dnssec_ok { 0x80 } else { 0 }, 0]);
        let length: usize = self.options.iter().map(|(_, data)| data.len() + 4).sum();
        out.extend_from_slice(&(length as u16).to_be_bytes());
        for (code, data) in &self.options {
            out.extend_from_slice(&code.0.to_be_bytes());
            out.extend_from_slice(&(data.len() as u16).to_be_bytes());
            out.extend_from_slice(data);
        }
    }

    /// Octets that [`Edns`] takes in a message.
    pub fn wire_len(&self) -> usize {
        11 + self.options.iter().map(|(_, data)| data.len() + 4).sum::<usize>()
    }
}

/// An extended error: a code of RFC 8914 §5.2 and a text for people.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Ede {
    /// What went wrong, as a number.
    pub code: EdeCode,
    /// What went wrong, in words.
    pub text: String,
}

impl Ede {
    /// An extended error.
    pub fn new(code: EdeCode, text: impl Into<String>) -> Self {
        Self { code, text: text.into() }
    }

    /// The option that carries it. Text is cut to 200 octets at a character boundary so that answers stay small.
    pub fn to_option(&self) -> (OptionCode, Vec<u8>) {
        let mut end = self.text.len().min(200);
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        (OptionCode::EDE, [&self.code.0.to_be_bytes()[..], &self.text.as_bytes()[..end]].concat())
    }

    /// Reads the data of an option.
    pub fn from_option(data: &[u8]) -> Option<Self> {
        let (code, text) = data.split_first_chunk::<2>()?;
        Some(Self { code: EdeCode(u16::from_be_bytes(*code)), text: String::from_utf8_lossy(text).into_owned() })
    }
}

impl fmt::Display for Ede {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EDE {} ({})", self.code.0, self.code)?;
        if self.text.is_empty() { Ok(()) } else { write!(f, ": {}", self.text) }
    }
}

/// A code of the IANA registry "Extended DNS Error Codes".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EdeCode(pub u16);

macro_rules! ede_codes {
    ($($name:ident = $code:literal, $text:literal;)*) => {
        #[allow(missing_docs, reason = "the names are the documentation: RFC 8914 §5.2")]
        impl EdeCode {
            $(pub const $name: Self = Self($code);)*
        }

        impl fmt::Display for EdeCode {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self.0 {
                    $($code => f.write_str($text),)*
                    code => write!(f, "code {code}"),
                }
            }
        }
    };
}

ede_codes! {
    OTHER = 0, "Other Error";
    UNSUPPORTED_DNSKEY_ALGORITHM = 1, "Unsupported DNSKEY Algorithm";
    UNSUPPORTED_DS_DIGEST = 2, "Unsupported DS Digest Type";
    STALE_ANSWER = 3, "Stale Answer";
    FORGED_ANSWER = 4, "Forged Answer";
    DNSSEC_INDETERMINATE = 5, "DNSSEC Indeterminate";
    DNSSEC_BOGUS = 6, "DNSSEC Bogus";
    SIGNATURE_EXPIRED = 7, "Signature Expired";
    SIGNATURE_NOT_YET_VALID = 8, "Signature Not Yet Valid";
    DNSKEY_MISSING = 9, "DNSKEY Missing";
    RRSIGS_MISSING = 10, "RRSIGs Missing";
    NO_ZONE_KEY_BIT = 11, "No Zone Key Bit Set";
    NSEC_MISSING = 12, "NSEC Missing";
    CACHED_ERROR = 13, "Cached Error";
    NOT_READY = 14, "Not Ready";
    BLOCKED = 15, "Blocked";
    CENSORED = 16, "Censored";
    FILTERED = 17, "Filtered";
    PROHIBITED = 18, "Prohibited";
    STALE_NXDOMAIN = 19, "Stale NXDOMAIN Answer";
    NOT_AUTHORITATIVE = 20, "Not Authoritative";
    NOT_SUPPORTED = 21, "Not Supported";
    NO_REACHABLE_AUTHORITY = 22, "No Reachable Authority";
    NETWORK_ERROR = 23, "Network Error";
    INVALID_DATA = 24, "Invalid Data";
    SIGNATURE_EXPIRED_BEFORE_VALID = 25, "Signature Expired before Valid";
    TOO_EARLY = 26, "Too Early";
    UNSUPPORTED_NSEC3_ITERATIONS = 27, "Unsupported NSEC3 Iterations Value";
    UNABLE_TO_CONFORM_TO_POLICY = 28, "Unable to conform to policy";
    SYNTHESIZED = 29, "Synthesized";
    INVALID_QUERY_TYPE = 30, "Invalid Query Type";
    RATE_LIMITED = 31, "Rate Limited";
    OVER_QUOTA = 32, "Over Quota";
    NEGATIVE_TRUST_ANCHOR = 33, "Negative Trust Anchor";
}
