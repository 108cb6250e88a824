//! Values with units: each is written as text in rootwalk.toml and checked while it is read, so that a wrong one is
//! reported at its own line and column.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;
use std::time::Duration;

use ipnet::IpNet;
use proto::{Name, NameError};
use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

mod zones;

pub(crate) use zones::{NegativeZone, Synthesis, Upstream};

/// A length of time: `"400ms"`, `"30s"`, `"5m"`, `"1h"`, `"1d"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Period(pub(crate) Duration);

/// A number of octets: `"256MiB"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Size(pub(crate) u64);

/// An address prefix, `"192.0.2.0/24"`; a bare address is a prefix of its whole length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Prefix(pub(crate) IpNet);

/// A domain name; without a final dot it is fully qualified all the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Domain(pub(crate) Name);

/// An address and port, `"127.0.0.1:5300"` or `"[::1]:5300"`; port 0 lets the system choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Listen(pub(crate) SocketAddr);

/// A text that is not what its key wants; the message says what it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum UnitError {
    #[error("`{0}` is no length of time; write a whole number and ms, s, m, h or d, such as \"400ms\" or \"1h\"")]
    Period(String),
    #[error("`{0}` is no size; write a whole number and B, KiB, MiB or GiB, such as \"256MiB\"")]
    Size(String),
    #[error("`{0}` is no address prefix; write it as \"192.0.2.0/24\", \"2001:db8::/32\" or a single address")]
    Prefix(String),
    #[error("`{0}` is no domain name: {1}; write it as \"corp.example.\"")]
    Domain(String, NameError),
    #[error("`{0}` is no address with a port; write it as \"127.0.0.1:5300\" or \"[::1]:5300\"")]
    Listen(String),
    #[error("`{0}` is no server; write it as \"192.0.2.1\", \"192.0.2.1:5353\" or \"[2001:db8::1]:5353\"")]
    Upstream(String),
    #[error("`{0}` is no time; write it as \"2026-12-24T00:00:00Z\"")]
    Moment(String),
    #[error("`{0}` is no IPv6 prefix; write it as \"64:ff9b::/96\"")]
    Ipv6Prefix(String),
    #[error("{0}")]
    Synthesis(#[from] engine::Dns64Error),
}

const PERIOD_UNITS: [(&str, u64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];
const SIZE_UNITS: [(&str, u64); 4] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)];

/// `number` and `unit` of `text`, multiplied; `None` if either is missing, unknown or too big.
fn measure(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
    let &(_, factor) = units.iter().find(|(name, _)| *name == unit.trim_start())?;
    number.parse::<u64>().ok()?.checked_mul(factor)
}

/// `amount` in the biggest unit that leaves a whole number.
fn express(amount: u64, units: &[(&str, u64)], zero: &str) -> String {
    let fitting = units.iter().find(|(_, factor)| amount != 0 && amount.is_multiple_of(*factor));
    fitting.map_or_else(|| zero.to_owned(), |(name, factor)| format!("{}{name}", amount / factor))
}

impl Period {
    /// Whole seconds, as TTLs need them; `None` if there is a fraction or more than 32 bits hold.
    pub(crate) fn ttl(self) -> Option<u32> {
        (self.0.subsec_nanos() == 0).then(|| u32::try_from(self.0.as_secs()).ok()).flatten()
    }
}

impl FromStr for Period {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let millis = measure(text, &PERIOD_UNITS).ok_or_else(|| UnitError::Period(text.to_owned()))?;
        Ok(Self(Duration::from_millis(millis)))
    }
}

impl FromStr for Size {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        measure(text, &SIZE_UNITS).map(Self).ok_or_else(|| UnitError::Size(text.to_owned()))
    }
}

impl FromStr for Prefix {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let single = || text.parse::<IpAddr>().map(IpNet::from);
        let prefix = text.parse::<IpNet>().or_else(|_| single());
        prefix.map(|prefix| Self(prefix.trunc())).map_err(|_| UnitError::Prefix(text.to_owned()))
    }
}

impl FromStr for Domain {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        text.parse().map(Self).map_err(|error| UnitError::Domain(text.to_owned(), error))
    }
}

impl FromStr for Listen {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        text.parse().map(Self).map_err(|_| UnitError::Listen(text.to_owned()))
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = u64::try_from(self.0.as_millis()).unwrap_or(u64::MAX);
        f.write_str(&express(millis, &PERIOD_UNITS, "0s"))
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&express(self.0, &SIZE_UNITS, "0B"))
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Read from a text inside the visitor, where a failure still knows its place in the file.
macro_rules! through_text {
    ($($type:ident: $wanted:literal,)*) => {
        $(impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Reader;
                impl Visitor<'_> for Reader {
                    type Value = $type;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str($wanted)
                    }

                    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<$type, E> {
                        text.parse().map_err(E::custom)
                    }
                }
                deserializer.deserialize_str(Reader)
            }
        }

        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        })*
    };
}

through_text! {
    Period: "a length of time in quotes",
    Size: "a size in quotes",
    Prefix: "an address prefix in quotes",
    Domain: "a domain name in quotes",
    Listen: "an address and port in quotes",
    Upstream: "the address of a server in quotes",
    NegativeZone: "a domain name in quotes",
    Synthesis: "an IPv6 prefix in quotes",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_read_and_write() {
        for (text, millis, shown) in [
            ("400ms", 400, "400ms"),
            ("4500ms", 4500, "4500ms"),
            ("8s", 8000, "8s"),
            ("90s", 90_000, "90s"),
            ("60s", 60_000, "1m"),
            ("24h", 86_400_000, "1d"),
            ("0s", 0, "0s"),
            ("0ms", 0, "0s"),
            ("5 m", 300_000, "5m"),
        ] {
            let period: Period = text.parse().unwrap();
            assert_eq!((period.0, period.to_string().as_str()), (Duration::from_millis(millis), shown));
        }
        for text in
            ["", "s", "5", "5 parsecs", "-1s", "1.5s", "99999999999999999999s", "18446744073709551615d", "1h30m"]
        {
            assert_eq!(text.parse::<Period>(), Err(UnitError::Period(text.to_owned())));
        }
    }

    #[test]
    fn ttls_are_whole_seconds_of_32_bits() {
        for (text, ttl) in [("1d", Some(86_400)), ("0s", Some(0)), ("1500ms", None), ("999999d", None)] {
            assert_eq!(text.parse::<Period>().unwrap().ttl(), ttl, "{text}");
        }
    }

    #[test]
    fn sizes_read_and_write() {
        for (text, octets, shown) in [
            ("256MiB", 256 << 20, "256MiB"),
            ("1024KiB", 1 << 20, "1MiB"),
            ("1000B", 1000, "1000B"),
            ("2GiB", 2 << 30, "2GiB"),
        ] {
            let size: Size = text.parse().unwrap();
            assert_eq!((size.0, size.to_string().as_str()), (octets, shown));
        }
        for text in ["256", "256MB", "MiB", "1.5GiB", "99999999999GiB"] {
            assert_eq!(text.parse::<Size>(), Err(UnitError::Size(text.to_owned())));
        }
    }

    #[test]
    fn prefixes_take_bare_addresses_and_lose_host_bits() {
        for (text, shown) in [
            ("127.0.0.0/8", "127.0.0.0/8"),
            ("10.1.2.3/8", "10.0.0.0/8"),
            ("192.0.2.1", "192.0.2.1/32"),
            ("::1", "::1/128"),
        ] {
            assert_eq!(text.parse::<Prefix>().unwrap().to_string(), shown);
        }
        for text in ["10.0.0.0/33", "localhost", "", "10.0.0/8"] {
            assert_eq!(text.parse::<Prefix>(), Err(UnitError::Prefix(text.to_owned())));
        }
    }
}
