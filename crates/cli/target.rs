//! What the user wants to know about: a name, an international name, or an address.

use std::net::IpAddr;

use proto::{Name, NameError, RrType};

/// What to walk to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    /// The name to ask for.
    pub(crate) name: Name,
    /// The type to ask for unless another one is wanted.
    pub(crate) rtype: RrType,
    /// What the user wrote, if the name to ask for looks different.
    pub(crate) written: Option<String>,
}

/// The text stands for no name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TargetError {
    /// Not a domain name.
    #[error("not a domain name: {0}")]
    Name(#[from] NameError),
    /// More than a name.
    #[error("a URL is more than a name; write the host alone: {0}")]
    Url(String),
    /// A name or address with a port.
    #[error("a port has no place here; write the host alone: {0}")]
    Port(String),
    /// Letters that no domain name may have (RFC 5891, UTS 46).
    #[error("not an international domain name (UTS 46)")]
    International,
}

impl Target {
    /// Reads a name or an address.
    pub(crate) fn read(text: &str) -> Result<Self, TargetError> {
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(Self { name: reverse(address), rtype: RrType::PTR, written: Some(text.to_owned()) });
        }
        if let Some((_, rest)) = text.split_once("://") {
            let host = rest.split(['/', ':', '?', '#']).next().unwrap_or_default();
            return Err(TargetError::Url(host.to_owned()));
        }
        if let Some((host, port)) = text.rsplit_once(':')
            && port.parse::<u16>().is_ok()
        {
            return Err(TargetError::Port(host.to_owned()));
        }
        if text.is_ascii() {
            return Ok(Self { name: text.parse()?, rtype: RrType::A, written: None });
        }
        let ascii = idna::domain_to_ascii(text).map_err(|_| TargetError::International)?;
        Ok(Self { name: ascii.parse()?, rtype: RrType::A, written: Some(text.to_owned()) })
    }
}

/// The name of an address in the reverse tree (RFC 1035 §3.5, RFC 3596 §2.5).
fn reverse(address: IpAddr) -> Name {
    let text = match address {
        IpAddr::V4(v4) => {
            let [a, b, c, d] = v4.octets();
            format!("{d}.{c}.{b}.{a}.in-addr.arpa.")
        }
        IpAddr::V6(v6) => {
            let nibbles = v6.octets().into_iter().rev().map(|octet| format!("{:x}.{:x}.", octet & 15, octet >> 4));
            nibbles.collect::<String>() + "ip6.arpa."
        }
    };
    text.parse().expect("digits and dots make a name")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_addresses_become_questions() {
        for (text, name, rtype) in [
            ("www.naver.com", "www.naver.com.", RrType::A),
            (".", ".", RrType::A),
            ("_dmarc.Example.com.", "_dmarc.Example.com.", RrType::A),
            ("12.123.123.1", "1.123.123.12.in-addr.arpa.", RrType::PTR),
            ("::1", &format!("1.{}ip6.arpa.", "0.".repeat(31)), RrType::PTR),
            ("한국.kr", "xn--3e0b707e.kr.", RrType::A),
            ("BÜCHER。example", "xn--bcher-kva.example.", RrType::A),
        ] {
            let target = Target::read(text).unwrap();
            assert_eq!((target.name.to_string().as_str(), target.rtype), (name, rtype), "{text}");
            assert_eq!(
                target.written.is_some(),
                !name.eq_ignore_ascii_case(text) && rtype == RrType::PTR || !text.is_ascii()
            );
        }
    }

    #[test]
    fn reverse_names_have_nibbles_rfc3596_2_5() {
        let name = Target::read("2001:db8::ab").unwrap().name.to_string();
        assert!(name.starts_with("b.a.0.0."), "{name}");
        assert!(name.ends_with(".0.8.b.d.0.1.0.0.2.ip6.arpa."), "{name}");
    }

    #[test]
    fn what_is_no_name_is_refused() {
        assert_eq!(Target::read("https://www.naver.com/x").unwrap_err(), TargetError::Url("www.naver.com".into()));
        assert_eq!(Target::read("www.naver.com:53").unwrap_err(), TargetError::Port("www.naver.com".into()));
        for text in ["", "a..b", &"a".repeat(64), "a\\300", "\u{202E}abc.example"] {
            assert!(Target::read(text).is_err(), "{text:?}");
        }
    }
}
