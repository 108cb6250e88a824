//! Special names: answered here, because they have no place in the public DNS. Pure.
//!
//! `localhost`, `invalid`, `test` (RFC 6761), `onion` (RFC 7686), `home.arpa` (RFC 8375), `resolver.arpa` (RFC 9462) and
//! the reverse zones of addresses that everybody may use (RFC 6303, RFC 7793). A zone that somebody serves (the lab, the
//! configuration) wins over a special one that is not closer to the name.

use std::collections::{HashMap, HashSet};
use std::net::{Ipv4Addr, Ipv6Addr};

use engine::Answer;
use proto::{Name, Question, Rcode, RrType, Rrset};

use crate::config::{SpecialNamesConfig, SpecialNamesMode};

/// TTL of everything told here, in seconds (RFC 6303 §3).
const TTL: u32 = 10_800;

/// How a special zone answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Every name has the loopback addresses (RFC 6761 §6.3).
    Localhost,
    /// No name exists, the apex included (RFC 6761 §6.2, §6.4, RFC 7686 §2).
    Nothing,
    /// A zone with nothing but its SOA and NS records (RFC 6303 §3).
    Empty,
    /// Every name exists and has no data (RFC 9462 §6.4).
    NoData,
}

/// The zones and how they answer (RFC 6303 §4 for the reverse zones).
const ZONES: &[(&str, Kind)] = &[
    ("localhost.", Kind::Localhost),
    ("invalid.", Kind::Nothing),
    ("test.", Kind::Nothing),
    ("onion.", Kind::Nothing),
    ("home.arpa.", Kind::Empty),
    ("resolver.arpa.", Kind::NoData),
    ("0.in-addr.arpa.", Kind::Empty),
    ("10.in-addr.arpa.", Kind::Empty),
    ("127.in-addr.arpa.", Kind::Empty),
    ("254.169.in-addr.arpa.", Kind::Empty),
    ("168.192.in-addr.arpa.", Kind::Empty),
    ("2.0.192.in-addr.arpa.", Kind::Empty),
    ("100.51.198.in-addr.arpa.", Kind::Empty),
    ("113.0.203.in-addr.arpa.", Kind::Empty),
    ("255.255.255.255.in-addr.arpa.", Kind::Empty),
    ("d.f.ip6.arpa.", Kind::Empty),
    ("8.e.f.ip6.arpa.", Kind::Empty),
    ("9.e.f.ip6.arpa.", Kind::Empty),
    ("a.e.f.ip6.arpa.", Kind::Empty),
    ("b.e.f.ip6.arpa.", Kind::Empty),
    ("8.b.d.0.1.0.0.2.ip6.arpa.", Kind::Empty),
];

/// No special zone has another last label, which spares most questions the search.
const LAST_LABELS: [&[u8]; 5] = [b"arpa", b"localhost", b"invalid", b"test", b"onion"];

/// The special names that are answered here.
#[derive(Debug, Clone)]
pub struct SpecialNames {
    zones: HashMap<Name, Kind>,
    /// Zones that somebody serves.
    exempt: HashSet<Name>,
    /// Names in special zones that exist: they and the names that lead there are not denied.
    existing: Vec<Name>,
}

impl SpecialNames {
    /// The names that `config` leaves to us.
    pub fn new(config: &SpecialNamesConfig) -> Self {
        let zones = match config.mode {
            SpecialNamesMode::Local => all_zones(),
            SpecialNamesMode::Resolved => HashMap::new(),
        };
        let existing = config.exempt.iter().cloned().chain([loopback_v4(), loopback_v6()]).collect();
        Self { zones, exempt: config.exempt.iter().cloned().collect(), existing }
    }

    /// The answer, if the name is special.
    pub fn answer(&self, question: &Question) -> Option<Answer> {
        let last = question.name.labels().last()?;
        if !LAST_LABELS.iter().any(|label| label.eq_ignore_ascii_case(last)) {
            return None;
        }
        let (zone, kind) = self.closest(&question.name)?;
        // RFC 8375 §4: whether a zone is signed is the parent's to say, and the parent is in the public DNS.
        if question.rtype.is_at_parent() && question.name == *zone && kind != Kind::Nothing {
            return None;
        }
        Some(self.answer_in(zone, kind, question))
    }

    /// The special zone of a name; none if a zone that somebody serves is as close.
    fn closest(&self, name: &Name) -> Option<(&Name, Kind)> {
        for above in name.ancestors() {
            if self.exempt.contains(&above) {
                return None;
            }
            if let Some((zone, kind)) = self.zones.get_key_value(&above) {
                return Some((zone, *kind));
            }
        }
        None
    }

    fn answer_in(&self, zone: &Name, kind: Kind, question: &Question) -> Answer {
        if let Some(set) = data(zone, kind, question) {
            return Answer { answer: vec![set], ..Answer::empty(Rcode::NOERROR) };
        }
        let leads_on = || self.existing.iter().any(|name| name.is_at_or_below(&question.name));
        let exists = match kind {
            Kind::Localhost | Kind::NoData => true,
            Kind::Nothing => leads_on(),
            Kind::Empty => question.name == *zone || leads_on(),
        };
        let rcode = if exists { Rcode::NOERROR } else { Rcode::NXDOMAIN };
        Answer { authority: vec![soa(zone)], ..Answer::empty(rcode) } // RFC 2308 §5
    }
}

fn data(zone: &Name, kind: Kind, question: &Question) -> Option<Rrset> {
    let owner = &question.name;
    let set = |rtype, data: &[u8]| Some(Rrset::new(owner.clone(), rtype, TTL, [data]));
    match (kind, question.rtype) {
        (Kind::Nothing, _) => None,
        (_, RrType::SOA) if owner == zone => Some(soa(zone)),
        (_, RrType::NS) if owner == zone => set(RrType::NS, zone.wire()),
        (Kind::Localhost, RrType::A) => set(RrType::A, &Ipv4Addr::LOCALHOST.octets()),
        (Kind::Localhost, RrType::AAAA) => set(RrType::AAAA, &Ipv6Addr::LOCALHOST.octets()),
        (Kind::Empty, RrType::PTR) if *owner == loopback_v4() || *owner == loopback_v6() => {
            set(RrType::PTR, name("localhost.").wire())
        }
        _ => None,
    }
}

/// RFC 6303 §3: the zone is its own server, nobody is responsible.
fn soa(zone: &Name) -> Rrset {
    let mut data = [zone.wire(), name("nobody.invalid.").wire()].concat();
    for number in [1_u32, 3600, 1200, 604_800, TTL] {
        data.extend_from_slice(&number.to_be_bytes());
    }
    Rrset::new(zone.clone(), RrType::SOA, TTL, [data.as_slice()])
}

fn all_zones() -> HashMap<Name, Kind> {
    let mut zones: HashMap<Name, Kind> = ZONES.iter().map(|(text, kind)| (name(text), *kind)).collect();
    // 172.16.0.0/12, and 100.64.0.0/10 (RFC 7793 §3).
    zones.extend((16..32).map(|octet| (name(&format!("{octet}.172.in-addr.arpa.")), Kind::Empty)));
    zones.extend((64..128).map(|octet| (name(&format!("{octet}.100.in-addr.arpa.")), Kind::Empty)));
    zones.insert(loopback_v6(), Kind::Empty);
    zones.insert(name(&format!("{}ip6.arpa.", "0.".repeat(32))), Kind::Empty);
    zones
}

fn loopback_v4() -> Name {
    name("1.0.0.127.in-addr.arpa.")
}

fn loopback_v6() -> Name {
    name(&format!("1.{}ip6.arpa.", "0.".repeat(31)))
}

fn name(text: &str) -> Name {
    text.parse().expect("the names in this file are well-formed")
}

#[cfg(test)]
mod tests;
