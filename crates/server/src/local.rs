//! Data of one's own: records, hosts and zones from the configuration, before anything else is asked. Pure.
//!
//! Data answers wherever it is; a name without data is its zone's to decide about, the deepest one's above it.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

use engine::Answer;
use proto::{Ede, EdeCode, Name, Question, Rcode, Record, RrType, Rrset, rdata};

use crate::config::{LocalConfig, LocalZoneKind};

/// Aliases followed within local data; more of them lead nowhere.
const MAX_ALIASES: usize = 11;
/// TTL of denials in zones without an SOA record of their own, in seconds.
const DENIAL_TTL: u32 = 300;

/// What local data makes of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Local {
    /// This answer.
    Answer(Answer),
    /// These aliases, and behind them whatever a name outside of local data has.
    Alias(Vec<Rrset>, Name),
    /// No reply.
    Silence,
}

/// The data, ready to answer.
#[derive(Debug, Clone, Default)]
pub struct LocalData {
    names: HashMap<Name, Vec<Rrset>>,
    zones: HashMap<Name, LocalZoneKind>,
    /// Names in zones that exist because names below them do (RFC 4592 §2.2.2).
    nonterminals: HashSet<Name>,
}

/// What one name has.
enum Found {
    Data(Rrset),
    Alias(Rrset),
    NoData,
    /// Its zone, if any, has to decide.
    Nothing,
}

impl LocalData {
    /// The data of a configuration.
    pub fn new(config: &LocalConfig) -> Self {
        let zones = config.zones.iter().map(|zone| (zone.name.clone(), zone.kind)).collect();
        let mut data = Self { zones, ..Self::default() };
        let of_zones = config.zones.iter().flat_map(|zone| &zone.records);
        data.extend(of_zones.chain(&config.records));
        let reverse = reverse_records(&config.records);
        let free: Vec<&Record> = reverse.iter().filter(|record| !data.names.contains_key(&record.name)).collect();
        data.extend(free);
        data
    }

    /// The answer, if the name is local.
    pub fn answer(&self, question: &Question) -> Option<Local> {
        if self.names.is_empty() && self.zones.is_empty() {
            return None;
        }
        let mut name = question.name.clone();
        let mut aliases: Vec<Rrset> = Vec::new();
        while aliases.len() <= MAX_ALIASES {
            let ask = Question::new(name.clone(), question.rtype);
            match self.one_name(&ask) {
                None if aliases.is_empty() => return None,
                None => return Some(Local::Alias(aliases, name)),
                Some(Local::Answer(end)) => {
                    aliases.extend(end.answer);
                    // RFC 1035 §4.1.1: AA is about the name that was asked for. Single records make no zone.
                    let decided = matches!(end.rcode, Rcode::NOERROR | Rcode::NXDOMAIN);
                    let authoritative = decided && self.zone_of(&question.name).is_some();
                    return Some(Local::Answer(Answer { answer: aliases, authoritative, ..end }));
                }
                Some(Local::Alias(sets, target)) => {
                    aliases.extend(sets);
                    name = target;
                }
                Some(Local::Silence) => return Some(Local::Silence),
            }
        }
        let why = Ede::new(EdeCode::OTHER, format!("the local aliases of {} do not end", question.name));
        Some(Local::Answer(Answer::failure(Rcode::SERVFAIL, why)))
    }

    fn one_name(&self, ask: &Question) -> Option<Local> {
        let zone = self.zone_of(&ask.name);
        // Whether a zone is signed is told in its parent, which is not ours (RFC 4035 §3.1.4.1).
        if ask.rtype.is_at_parent() && zone.is_some_and(|(apex, _)| *apex == ask.name) {
            return None;
        }
        match self.find(ask, zone) {
            Found::Data(set) => Some(Local::Answer(Answer { answer: vec![set], ..Answer::empty(Rcode::NOERROR) })),
            Found::Alias(set) => {
                let target = set.targets().next()?;
                Some(Local::Alias(vec![set], target))
            }
            Found::NoData => Some(Local::Answer(self.denial(Rcode::NOERROR, zone.map(|(apex, _)| apex)))),
            Found::Nothing => {
                let (apex, kind) = zone?;
                match kind {
                    LocalZoneKind::Transparent => None,
                    LocalZoneKind::Deny => Some(Local::Silence),
                    LocalZoneKind::Refuse => {
                        let why = Ede::new(EdeCode::BLOCKED, format!("{apex} is refused here"));
                        Some(Local::Answer(Answer::failure(Rcode::REFUSED, why)))
                    }
                    LocalZoneKind::Static | LocalZoneKind::NxDomain | LocalZoneKind::Redirect => {
                        let apex_exists = ask.name == *apex && kind != LocalZoneKind::NxDomain;
                        let rcode = if apex_exists { Rcode::NOERROR } else { Rcode::NXDOMAIN };
                        Some(Local::Answer(self.denial(rcode, Some(apex))))
                    }
                }
            }
        }
    }

    fn find(&self, ask: &Question, zone: Option<(&Name, LocalZoneKind)>) -> Found {
        let Some(owner) = self.owner(&ask.name, zone) else {
            return if self.nonterminals.contains(&ask.name) { Found::NoData } else { Found::Nothing };
        };
        let sets = &self.names[&owner];
        let of_type = |rtype| sets.iter().find(|set| set.rtype == rtype);
        let renamed = |set: &Rrset| Rrset { name: ask.name.clone(), ..set.clone() };
        match (of_type(ask.rtype), of_type(RrType::CNAME)) {
            (Some(set), _) => Found::Data(renamed(set)),
            (None, Some(cname)) => Found::Alias(renamed(cname)),
            (None, None) => Found::NoData,
        }
    }

    /// The name whose data a name has: its own, that of a wildcard, or that of the apex of a redirected zone.
    fn owner(&self, name: &Name, zone: Option<(&Name, LocalZoneKind)>) -> Option<Name> {
        if self.names.contains_key(name) {
            return Some(name.clone());
        }
        let (apex, kind) = zone?;
        if kind == LocalZoneKind::Redirect {
            return Some(apex.clone()).filter(|apex| self.names.contains_key(apex));
        }
        if self.nonterminals.contains(name) {
            return None;
        }
        // RFC 4592 §3.3.1: the wildcard right below the closest name that exists.
        let mut above = name.ancestors().skip(1).take_while(|above| above.is_at_or_below(apex));
        let exists =
            |above: &Name| above == apex || self.names.contains_key(above) || self.nonterminals.contains(above);
        let wildcard = above.find(exists)?.prepend(b"*").ok()?;
        Some(wildcard).filter(|wildcard| self.names.contains_key(wildcard))
    }

    fn zone_of(&self, name: &Name) -> Option<(&Name, LocalZoneKind)> {
        if self.zones.is_empty() {
            return None;
        }
        name.ancestors().find_map(|above| self.zones.get_key_value(&above).map(|(apex, kind)| (apex, *kind)))
    }

    /// A denial with the SOA record of the zone, made up if it has none (RFC 2308 §5: without one it is not cached).
    fn denial(&self, rcode: Rcode, apex: Option<&Name>) -> Answer {
        let soa = apex.map(|apex| {
            let of_apex = self.names.get(apex).map_or(&[][..], Vec::as_slice);
            of_apex.iter().find(|set| set.rtype == RrType::SOA).map_or_else(|| made_up_soa(apex), negative_soa)
        });
        Answer { authority: soa.into_iter().collect(), ..Answer::empty(rcode) }
    }

    fn extend<'r>(&mut self, records: impl IntoIterator<Item = &'r Record>) {
        let sets = Rrset::group(records);
        for set in &sets {
            let Some((apex, kind)) = self.zone_of(&set.name) else { continue };
            // Elsewhere the zone has no say in whether a name exists.
            if !matches!(kind, LocalZoneKind::Static | LocalZoneKind::NxDomain | LocalZoneKind::Redirect) {
                continue;
            }
            let between: Vec<Name> =
                set.name.ancestors().skip(1).take_while(|above| above.is_at_or_below(apex)).collect();
            self.nonterminals.extend(between);
        }
        for set in sets {
            self.names.entry(set.name.clone()).or_default().push(set);
        }
    }
}

/// The reverse names of the addresses (RFC 1035 §3.5, RFC 3596 §2.5): each leads to the name that has it first, as
/// hosts files have it.
fn reverse_records(records: &[Record]) -> Vec<Record> {
    let mut met = HashSet::new();
    let mut reverse = Vec::new();
    for record in records.iter().filter(|record| !record.name.is_wildcard()) {
        let Some(address) = rdata::address(record.rtype, &record.rdata) else { continue };
        if !address.is_unspecified() && met.insert(address) {
            reverse.push(Record::new(reverse_name(address), RrType::PTR, record.ttl, record.name.wire().to_vec()));
        }
    }
    reverse
}

fn reverse_name(address: IpAddr) -> Name {
    let text = match address {
        IpAddr::V4(v4) => {
            let [a, b, c, d] = v4.octets();
            format!("{d}.{c}.{b}.{a}.in-addr.arpa.")
        }
        IpAddr::V6(v6) => {
            let digits = (0..32).map(|place| format!("{:x}.", u128::from(v6) >> (4 * place) & 0xF));
            format!("{}ip6.arpa.", digits.collect::<String>())
        }
    };
    text.parse().expect("short labels below arpa")
}

/// The SOA record with the TTL of denials (RFC 2308 §3).
fn negative_soa(soa: &Rrset) -> Rrset {
    let minimum =
        soa.rdatas.iter().next().and_then(|data| data.last_chunk::<4>()).map(|octets| u32::from_be_bytes(*octets));
    Rrset { ttl: soa.ttl.min(minimum.unwrap_or(0)), ..soa.clone() }
}

/// The zone is its own server, nobody is responsible (as RFC 6303 §3 has it).
fn made_up_soa(apex: &Name) -> Rrset {
    let mailbox: Name = "nobody.invalid.".parse().expect("a name");
    let mut data = [apex.wire(), mailbox.wire()].concat();
    for number in [1_u32, 3600, 1200, 604_800, DENIAL_TTL] {
        data.extend_from_slice(&number.to_be_bytes());
    }
    Rrset::new(apex.clone(), RrType::SOA, DENIAL_TTL, [data.as_slice()])
}

#[cfg(test)]
mod tests;
