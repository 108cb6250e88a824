//! Values of the keys that are about zones and their servers.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use engine::Dns64;
use ipnet::Ipv6Net;
use proto::WallTime;
use toml::value::{Datetime, Offset};

use super::{Domain, UnitError};

/// The port of servers that are written without one.
const DNS_PORT: u16 = 53;
/// Stands between a name and the time at which what is said of it ends.
const UNTIL: &str = " until ";

/// The address of a server, `"192.0.2.1"`, with a port if that is not 53: `"192.0.2.1:5353"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Upstream(pub(crate) SocketAddr);

/// A domain name that something is true of for some time: `"corp.example. until 2026-12-24T00:00:00Z"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NegativeZone {
    pub(crate) zone: Domain,
    pub(crate) until: Option<Datetime>,
}

/// The prefix of DNS64; empty: off.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Synthesis(pub(crate) Option<Dns64>);

impl NegativeZone {
    /// When it ends by itself.
    pub(crate) fn until(&self) -> Option<WallTime> {
        self.until.as_ref().and_then(wall_time)
    }
}

impl FromStr for Upstream {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let bare = || text.parse::<IpAddr>().map(|address| SocketAddr::new(address, DNS_PORT));
        let server = text.parse::<SocketAddr>().or_else(|_| bare()).ok();
        let usable =
            |server: &SocketAddr| server.port() != 0 && !server.ip().is_unspecified() && !server.ip().is_multicast();
        server.filter(usable).map(Self).ok_or_else(|| UnitError::Upstream(text.to_owned()))
    }
}

impl FromStr for NegativeZone {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let Some((zone, until)) = text.split_once(UNTIL) else {
            // A blank would become part of the name, and nobody would be told.
            if let Some((_, rest)) = text.trim().split_once(char::is_whitespace) {
                return Err(UnitError::Moment(rest.trim().to_owned()));
            }
            return Ok(Self { zone: text.parse()?, until: None });
        };
        let moment = until.trim().parse::<Datetime>().ok().filter(|moment| wall_time(moment).is_some());
        let moment = moment.ok_or_else(|| UnitError::Moment(until.trim().to_owned()))?;
        Ok(Self { zone: zone.trim().parse()?, until: Some(moment) })
    }
}

impl FromStr for Synthesis {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        if text.is_empty() {
            return Ok(Self(None));
        }
        let prefix: Ipv6Net = text.parse().map_err(|_| UnitError::Ipv6Prefix(text.to_owned()))?;
        Ok(Self(Some(Dns64::new(prefix)?)))
    }
}

impl fmt::Display for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.port() == DNS_PORT { self.0.ip().fmt(f) } else { self.0.fmt(f) }
    }
}

impl fmt::Display for NegativeZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.zone.fmt(f)?;
        self.until.iter().try_for_each(|until| write!(f, "{UNTIL}{until}"))
    }
}

impl fmt::Display for Synthesis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|dns64| dns64.prefix().fmt(f))
    }
}

/// The moment of a date with a time and an offset from UTC; a time without an offset means different moments at
/// different places.
fn wall_time(moment: &Datetime) -> Option<WallTime> {
    let (date, time, offset) = (moment.date?, moment.time?, moment.offset?);
    let minutes = match offset {
        Offset::Z => 0,
        Offset::Custom { minutes } => i64::from(minutes),
    };
    let days = days_since_1970(i64::from(date.year), i64::from(date.month), i64::from(date.day));
    let second = i64::from(time.second.unwrap_or(0));
    let seconds = ((days * 24 + i64::from(time.hour)) * 60 + i64::from(time.minute) - minutes) * 60 + second;
    u64::try_from(seconds).ok().map(WallTime::from_secs)
}

/// Days from 1970-01-01 to a day of the Gregorian calendar. The year is counted from March, so that the leap day is its
/// last day.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    // 719 468 days lie between 0000-03-01 and 1970-01-01.
    year * 365 + year / 4 - year / 100 + year / 400 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_have_port_53_unless_it_is_written() {
        for (text, server, shown) in [
            ("192.0.2.1", "192.0.2.1:53", "192.0.2.1"),
            ("192.0.2.1:53", "192.0.2.1:53", "192.0.2.1"),
            ("192.0.2.1:5353", "192.0.2.1:5353", "192.0.2.1:5353"),
            ("2001:db8::1", "[2001:db8::1]:53", "2001:db8::1"),
            ("[2001:db8::1]:5353", "[2001:db8::1]:5353", "[2001:db8::1]:5353"),
        ] {
            let upstream: Upstream = text.parse().unwrap();
            assert_eq!((upstream.0, upstream.to_string().as_str()), (server.parse().unwrap(), shown));
        }
        for text in ["", "ns.example.", "192.0.2.1:0", "0.0.0.0", "224.0.0.1", "192.0.2.1:65536"] {
            assert_eq!(text.parse::<Upstream>(), Err(UnitError::Upstream(text.to_owned())));
        }
    }

    #[test]
    fn negative_anchors_may_end_rfc7646_2() {
        for (text, seconds) in [
            ("corp.example.", None),
            ("corp.example. until 2026-12-24T00:00:00Z", Some(1_798_070_400)),
            ("corp.example. until 2026-12-24T01:00:00+01:00", Some(1_798_070_400)),
            ("corp.example. until 2024-02-29T12:00:01Z", Some(1_709_208_001)),
            ("corp.example. until 1970-01-01T00:00:00Z", Some(0)),
        ] {
            let zone: NegativeZone = text.parse().unwrap();
            assert_eq!(zone.until(), seconds.map(WallTime::from_secs), "{text}");
            assert_eq!(zone.to_string(), text);
        }
        for (text, moment) in
            [("a. until soon", "soon"), ("a. until 2026-12-24", "2026-12-24"), ("a. for 1d", "for 1d")]
        {
            assert_eq!(text.parse::<NegativeZone>(), Err(UnitError::Moment(moment.to_owned())));
        }
        assert!(matches!("a..b".parse::<NegativeZone>(), Err(UnitError::Domain(..))));
    }

    #[test]
    fn dns64_takes_the_prefixes_of_rfc6052_2_2() {
        for (text, shown) in [("", ""), ("64:ff9b::0/96", "64:ff9b::/96"), ("2001:db8::/32", "2001:db8::/32")] {
            assert_eq!(text.parse::<Synthesis>().unwrap().to_string(), shown);
        }
        assert!(matches!("64:ff9b::/80".parse::<Synthesis>(), Err(UnitError::Synthesis(_))));
        assert!(matches!("10.0.0.0/8".parse::<Synthesis>(), Err(UnitError::Ipv6Prefix(_))));
    }
}
