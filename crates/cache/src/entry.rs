//! One entry: its octets, and its rules (when it is live, what it may replace).
//!
//! An entry is a head of fixed form, its owner in lower case, and its value as [`packed`](crate::packed) writes it. The
//! head alone is changed in place.

use std::borrow::Cow;
use std::sync::Arc;

use proto::{Ede, EdeCode, Name, Rank, RrType, Rrset, Security, WallTime};

use crate::key::Place;
use crate::packed::{Reader, Writer, name_length};
use crate::stats::Kind;
use crate::{Delegation, Denial, Found, Known, NameServer, Negative, Provenance, ttl};

/// What an entry holds, before it is packed.
#[derive(Debug, Clone)]
pub(crate) enum Value<'v> {
    /// An RRset.
    Rrset {
        /// The set; its TTL is the entry's.
        set: &'v Rrset,
        /// What denies the name itself, if the set was made from a wildcard.
        proofs: &'v [Rrset],
        /// Where it comes from.
        origin: Origin<'v>,
    },
    /// A negative answer.
    Negative { negative: &'v Negative, origin: Origin<'v> },
    /// A zone cut.
    Delegation(&'v Delegation),
    /// A failure that happened so many times in a row.
    Failure { error: &'v Ede, times: u32 },
}

impl Value<'_> {
    /// Credibility of what answers clients.
    pub(crate) fn rank(&self) -> Option<Rank> {
        match self {
            Value::Rrset { origin, .. } | Value::Negative { origin, .. } => Some(origin.standing.rank),
            Value::Delegation(_) | Value::Failure { .. } => None,
        }
    }
}

/// A [`Provenance`] in few octets.
#[derive(Debug, Clone)]
pub(crate) struct Origin<'v> {
    standing: Standing,
    zone: Zone<'v>,
}

/// What decides between old and new data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) rank: Rank,
    pub(crate) security: Security,
}

/// The zone is nearly always an ancestor of the owner: its label count says which.
#[derive(Debug, Clone)]
enum Zone<'v> {
    OwnersLast(u8),
    Elsewhere(Cow<'v, Name>),
}

impl<'v> Origin<'v> {
    pub(crate) fn new(provenance: &'v Provenance, owner: &Name) -> Self {
        let zone = if owner.is_at_or_below(&provenance.zone) {
            Zone::OwnersLast(provenance.zone.label_count() as u8) // at most 127 labels
        } else {
            Zone::Elsewhere(Cow::Borrowed(&provenance.zone))
        };
        Self { standing: Standing { rank: provenance.rank, security: provenance.security }, zone }
    }

    fn provenance(self, owner: &Name) -> Provenance {
        let zone = match self.zone {
            Zone::OwnersLast(labels) => owner.suffix(usize::from(labels)),
            Zone::Elsewhere(name) => name.into_owned(),
        };
        Provenance { rank: self.standing.rank, zone, security: self.standing.security }
    }

    /// In one octet and the zone: three bits of rank, two of security, one for the kind of zone, one that is free.
    fn write(&self, flag: bool, writer: &mut Writer<'_>) {
        let elsewhere = matches!(self.zone, Zone::Elsewhere(_));
        let security = SECURITIES.iter().position(|security| *security == self.standing.security).unwrap_or(0);
        let rank = RANKS.iter().position(|rank| *rank == self.standing.rank).unwrap_or(0);
        writer.octet((rank | security << 3 | usize::from(elsewhere) << 5 | usize::from(flag) << 6) as u8);
        match &self.zone {
            Zone::OwnersLast(labels) => writer.octet(*labels),
            Zone::Elsewhere(name) => writer.name(name),
        }
    }

    fn read(reader: &mut Reader<'_>) -> Option<(Origin<'static>, bool)> {
        let octet = reader.octet()?;
        let zone = match octet & 1 << 5 {
            0 => Zone::OwnersLast(reader.octet()?),
            _ => Zone::Elsewhere(Cow::Owned(reader.name()?)),
        };
        Some((Origin { standing: Standing::read(octet)?, zone }, octet & 1 << 6 != 0))
    }
}

const RANKS: [Rank; 6] = [
    Rank::Glue,
    Rank::Referral,
    Rank::NonAuthoritativeAnswer,
    Rank::AuthoritativeAuthority,
    Rank::AuthoritativeAnswer,
    Rank::Local,
];
const SECURITIES: [Security; 4] = [Security::Unchecked, Security::Secure, Security::Insecure, Security::Bogus];

impl Standing {
    fn read(octet: u8) -> Option<Self> {
        Some(Self {
            rank: *RANKS.get(usize::from(octet & 7))?,
            security: *SECURITIES.get(usize::from(octet >> 3 & 3))?,
        })
    }

    /// True if this data must stay when `new` contradicts it (RFC 2181 §5.4.1).
    ///
    /// Among equal ranks what is validated stays against what is not. Bogus data defends nothing.
    fn outranks(self, new: Standing) -> bool {
        if self.security == Security::Bogus {
            return false;
        }
        let validated = self.security == Security::Secure && new.security != Security::Secure;
        self.rank > new.rank || (self.rank == new.rank && validated)
    }
}

/// Where the parts of the head stand.
mod head {
    use std::ops::Range;

    pub(super) const LENGTH: Range<usize> = 0..3;
    pub(super) const USES: usize = 3;
    pub(super) const EXPIRES: Range<usize> = 4..10;
    pub(super) const TTL: Range<usize> = 10..14;
    pub(super) const PLACE: usize = 14;
    pub(super) const RTYPE: Range<usize> = 15..17;
    pub(super) const OCTETS: usize = 17;
    /// In the octet of the place: the value is a denial.
    pub(super) const NEGATIVE: u8 = 0x80;
}

/// No moment lies behind this one; it is in the year 10889.
const LAST_MOMENT: u64 = (1 << 48) - 1;
/// The length of an entry has three octets; nothing that a message can bring comes near.
const LONGEST: usize = 1 << 24;

/// An entry that is live for `ttl` seconds until `expires`; `owner` is in lower case. None if it is far too long.
pub(crate) fn pack(owner: &[u8], place: Place, value: &Value<'_>, expires: WallTime, ttl: u32) -> Option<Vec<u8>> {
    let mut octets = Vec::with_capacity(256);
    octets.resize(head::OCTETS, 0);
    octets[head::EXPIRES].copy_from_slice(&expires.0.min(LAST_MOMENT).to_le_bytes()[..6]);
    octets[head::TTL].copy_from_slice(&ttl.to_le_bytes());
    let (kind, rtype) = place_octets(place);
    octets[head::PLACE] = kind | if matches!(value, Value::Negative { .. }) { head::NEGATIVE } else { 0 };
    octets[head::RTYPE].copy_from_slice(&rtype.0.to_le_bytes());
    octets.extend_from_slice(owner);
    let mut writer = Writer::new(owner, octets);
    write(value, &mut writer);
    let mut octets = writer.octets;
    let length = octets.len();
    octets[head::LENGTH].copy_from_slice(&(length as u32).to_le_bytes()[..3]);
    (length < LONGEST).then_some(octets)
}

fn write(value: &Value<'_>, writer: &mut Writer<'_>) {
    match value {
        Value::Rrset { set, proofs, origin } => {
            origin.write(!proofs.is_empty(), writer);
            writer.data(set);
            if !proofs.is_empty() {
                writer.sets(proofs);
            }
        }
        Value::Negative { negative, origin } => {
            origin.write(negative.soa.is_some(), writer);
            negative.soa.iter().for_each(|soa| writer.set(soa));
            writer.sets(&negative.proofs);
        }
        Value::Delegation(delegation) => {
            writer.name(&delegation.zone);
            writer.name(&delegation.parent);
            writer.number(delegation.servers.len() as u64);
            for server in &delegation.servers {
                writer.name(&server.name);
                writer.number(server.glue.len() as u64);
                server.glue.iter().for_each(|address| writer.address(*address));
            }
        }
        Value::Failure { error, times } => {
            writer.number(u64::from(error.code.0));
            writer.number(u64::from(*times));
            writer.field(error.text.as_bytes());
        }
    }
}

fn place_octets(place: Place) -> (u8, RrType) {
    match place {
        Place::Type(rtype) => (0, rtype),
        Place::NxDomain => (1, RrType(0)),
        Place::Delegation => (2, RrType(0)),
        Place::FailureValidated(rtype) => (3, rtype),
        Place::FailureUnvalidated(rtype) => (4, rtype),
    }
}

/// An entry in its octets; what follows them is not looked at.
#[derive(Clone, Copy)]
pub(crate) struct Entry<'e>(&'e [u8]);

impl<'e> Entry<'e> {
    /// The entry that `octets` begin with.
    pub(crate) fn of(octets: &'e [u8]) -> Option<Self> {
        (octets.len() > head::OCTETS).then_some(Self(octets))
    }

    /// Number of its octets.
    pub(crate) fn length(self) -> usize {
        let [a, b, c] = self.fixed(head::LENGTH.start);
        u32::from_le_bytes([a, b, c, 0]) as usize
    }

    /// All of its octets and no more.
    pub(crate) fn octets(self) -> &'e [u8] {
        self.0.get(..self.length()).unwrap_or_default()
    }

    /// How often it was asked of late.
    pub(crate) fn uses(self) -> u8 {
        self.0[head::USES]
    }

    /// Whether the owner is this name in lower-case wire form. No such name is the beginning of another one.
    pub(crate) fn is_of(self, owner: &[u8]) -> bool {
        self.0[head::OCTETS..].starts_with(owner)
    }

    /// The owner in lower-case wire form.
    pub(crate) fn owner(self) -> &'e [u8] {
        let rest = &self.0[head::OCTETS..];
        &rest[..name_length(rest).unwrap_or(0)]
    }

    /// What of its owner it is.
    pub(crate) fn place(self) -> Place {
        let rtype = RrType(u16::from_le_bytes(self.fixed(head::RTYPE.start)));
        match self.0[head::PLACE] & !head::NEGATIVE {
            0 => Place::Type(rtype),
            1 => Place::NxDomain,
            2 => Place::Delegation,
            3 => Place::FailureValidated(rtype),
            _ => Place::FailureUnvalidated(rtype),
        }
    }

    pub(crate) fn kind(self) -> Kind {
        match self.place() {
            Place::Type(_) if self.is_negative() => Kind::NoData,
            Place::Type(_) => Kind::Rrset,
            Place::NxDomain => Kind::NxDomain,
            Place::Delegation => Kind::Delegation,
            Place::FailureValidated(_) | Place::FailureUnvalidated(_) => Kind::Failure,
        }
    }

    pub(crate) fn expires(self) -> WallTime {
        let [a, b, c, d, e, f] = self.fixed(head::EXPIRES.start);
        WallTime(u64::from_le_bytes([a, b, c, d, e, f, 0, 0]))
    }

    pub(crate) fn ttl(self) -> u32 {
        u32::from_le_bytes(self.fixed(head::TTL.start))
    }

    pub(crate) fn is_live(self, now: WallTime) -> bool {
        now < self.expires()
    }

    /// True if it is of no use any more, neither stale (RFC 8767) nor as memory of a failure.
    pub(crate) fn is_over(self, now: WallTime, max_stale: u32) -> bool {
        let afterlife = match self.kind() {
            Kind::Rrset | Kind::NoData | Kind::NxDomain => max_stale,
            Kind::Delegation => 0,
            Kind::Failure => self.ttl().saturating_mul(2), // until then another failure is a repetition
        };
        now >= self.expires().plus_ttl(afterlife)
    }

    /// True if this entry must stay when `new` contradicts it.
    pub(crate) fn outranks(self, new: Entry<'_>, now: WallTime) -> bool {
        let standings = self.standing().zip(new.standing());
        self.is_live(now) && standings.is_some_and(|(own, other)| own.outranks(other))
    }

    fn standing(self) -> Option<Standing> {
        match self.kind() {
            Kind::Rrset | Kind::NoData | Kind::NxDomain => {
                Standing::read(*self.0.get(head::OCTETS + self.owner().len())?)
            }
            Kind::Delegation | Kind::Failure => None,
        }
    }

    fn is_negative(self) -> bool {
        self.0[head::PLACE] & head::NEGATIVE != 0
    }

    fn fixed<const N: usize>(self, start: usize) -> [u8; N] {
        self.0[start..].first_chunk().copied().expect("an entry is longer than its head")
    }
}

/// To be called whenever an entry is met: if the clock was set back, nobody knows how old the entry is, so its life ends
/// here. Otherwise a wrong clock would make data immortal.
pub(crate) fn settle(octets: &mut [u8], now: WallTime) {
    let Some(entry) = Entry::of(octets) else { return };
    if ttl::lies_in_the_future(entry.expires(), entry.ttl(), now) {
        octets[head::EXPIRES].copy_from_slice(&now.0.min(LAST_MOMENT).to_le_bytes()[..6]);
    }
}

/// Notes how often an entry was asked of late.
pub(crate) fn set_uses(octets: &mut [u8], uses: u8) {
    if let Some(octet) = octets.get_mut(head::USES) {
        *octet = uses;
    }
}

/// What is taken out of the cache while a shard is locked; it is unpacked afterwards.
pub(crate) struct Copied(Vec<u8>);

impl Copied {
    pub(crate) fn new(entry: Entry<'_>) -> Self {
        Self(entry.octets().to_vec())
    }

    fn entry(&self) -> Option<(Entry<'_>, Reader<'_>)> {
        let entry = Entry::of(&self.0)?;
        let owner = entry.owner();
        Some((entry, Reader::new(owner, self.0.get(head::OCTETS + owner.len()..)?)))
    }

    /// When it stops, or stopped, being live.
    pub(crate) fn expires(&self) -> WallTime {
        Entry::of(&self.0).map_or(WallTime(0), Entry::expires)
    }

    /// The answer with remaining TTLs; `None` for what is no answer.
    pub(crate) fn into_found(self, owner: &Name, rtype: RrType, now: WallTime) -> Option<Found> {
        let (entry, mut reader) = self.entry()?;
        let (expires, stored_ttl) = (entry.expires(), entry.ttl());
        let left = now.ttl_left(expires).min(stored_ttl);
        let mut beside = Vec::new();
        let (known, origin) = match entry.kind() {
            Kind::Rrset => {
                let (origin, from_wildcard) = Origin::read(&mut reader)?;
                // What was left out of signatures is the TTL that was stored.
                let mut set = reader.data(owner.clone(), rtype, stored_ttl)?;
                set.ttl = left;
                if from_wildcard {
                    beside = reader.sets()?;
                    beside.iter_mut().for_each(|proof| proof.ttl = proof.ttl.min(left));
                }
                (Known::Rrset(set), origin)
            }
            kind @ (Kind::NoData | Kind::NxDomain) => {
                let (origin, with_soa) = Origin::read(&mut reader)?;
                let mut soa = if with_soa { Some(reader.set()?) } else { None };
                let mut proofs = reader.sets()?;
                for rrset in soa.iter_mut().chain(&mut proofs) {
                    rrset.ttl = left; // RFC 2308 §5: the TTL of the denial, counting down
                }
                let denial = if kind == Kind::NoData { Denial::NoData } else { Denial::NxDomain };
                (Known::Negative(Negative { denial, soa, proofs }), origin)
            }
            Kind::Delegation | Kind::Failure => return None,
        };
        Some(Found { known, provenance: origin.provenance(owner), expires, stored_ttl, proofs: beside })
    }

    /// The zone cut, if it is one.
    pub(crate) fn into_delegation(self) -> Option<Arc<Delegation>> {
        let (entry, mut reader) = self.entry()?;
        if entry.kind() != Kind::Delegation {
            return None;
        }
        let (zone, parent) = (reader.name()?, reader.name()?);
        let count = reader.number()?;
        let mut servers = Vec::with_capacity(usize::try_from(count).ok()?);
        for _ in 0..count {
            let name = reader.name()?;
            let addresses = reader.number()?;
            let glue: Option<Vec<_>> = (0..addresses).map(|_| reader.address()).collect();
            servers.push(NameServer { name, glue: glue? });
        }
        Some(Arc::new(Delegation { zone, parent, servers }))
    }

    /// Whether it is a zone cut with this server.
    pub(crate) fn names_server(&self, server: &Name) -> bool {
        let found = || {
            let (_, mut reader) = self.entry().filter(|(entry, _)| entry.kind() == Kind::Delegation)?;
            reader.name()?; // the zone
            reader.name()?; // its parent
            for _ in 0..reader.number()? {
                if reader.name()? == *server {
                    return Some(());
                }
                for _ in 0..reader.number()? {
                    reader.address()?;
                }
            }
            None
        };
        found().is_some()
    }

    /// The failure and how often it happened, if it is one.
    pub(crate) fn into_failure(self) -> Option<(Ede, u32)> {
        let (entry, mut reader) = self.entry()?;
        if entry.kind() != Kind::Failure {
            return None;
        }
        let code = EdeCode(u16::try_from(reader.number()?).ok()?);
        let times = u32::try_from(reader.number()?).ok()?;
        let text = std::str::from_utf8(reader.field()?).ok()?;
        Some((Ede::new(code, text), times))
    }
}

#[cfg(test)]
mod tests {
    use proto::Rdatas;

    use super::*;

    #[test]
    fn credibility_decides_what_stays_rfc2181_5_4_1() {
        use Rank::{AuthoritativeAnswer as High, NonAuthoritativeAnswer as Low};
        use Security::{Bogus, Insecure, Secure, Unchecked};
        let standing = |(rank, security)| Standing { rank, security };
        for (old, new, stays) in [
            ((High, Unchecked), (Low, Unchecked), true),
            ((High, Unchecked), (Low, Secure), true),
            ((Low, Secure), (High, Unchecked), false),
            ((High, Unchecked), (High, Unchecked), false),
            ((High, Secure), (High, Unchecked), true),
            ((High, Secure), (High, Bogus), true),
            ((High, Secure), (High, Secure), false),
            ((High, Insecure), (High, Unchecked), false),
            ((High, Bogus), (Low, Unchecked), false),
        ] {
            assert_eq!(standing(old).outranks(standing(new)), stays, "{old:?} {new:?}");
        }
    }

    #[test]
    fn provenance_survives_its_short_form() {
        let owner: Name = "www.example.".parse().unwrap();
        for zone in [".", "example.", "www.example.", "elsewhere."] {
            for (rank, security, flag) in RANKS.into_iter().flat_map(|rank| {
                SECURITIES.into_iter().flat_map(move |security| [true, false].map(|flag| (rank, security, flag)))
            }) {
                let provenance = Provenance { rank, zone: zone.parse().unwrap(), security };
                let mut writer = Writer::new(owner.wire(), Vec::new());
                Origin::new(&provenance, &owner).write(flag, &mut writer);
                let (origin, read) = Origin::read(&mut Reader::new(owner.wire(), &writer.octets)).unwrap();
                assert_eq!((origin.provenance(&owner), read), (provenance, flag));
            }
        }
    }

    #[test]
    fn heads_come_back() {
        let owner: Name = "www.example.".parse().unwrap();
        let error = Ede::new(EdeCode(22), "why");
        for place in [
            Place::Type(RrType(0xABCD)),
            Place::NxDomain,
            Place::Delegation,
            Place::FailureValidated(RrType::A),
            Place::FailureUnvalidated(RrType::TXT),
        ] {
            let value = Value::Failure { error: &error, times: 3 };
            let octets = pack(owner.wire(), place, &value, WallTime(1_790_000_000_123), 77).unwrap();
            let entry = Entry::of(&octets).unwrap();
            assert_eq!((entry.place(), entry.ttl(), entry.expires()), (place, 77, WallTime(1_790_000_000_123)));
            assert_eq!((entry.owner(), entry.length(), entry.uses()), (owner.wire(), octets.len(), 0));
            assert!(entry.is_of(owner.wire()) && !entry.is_of("example.".parse::<Name>().unwrap().wire()));
        }
    }

    #[test]
    fn a_signed_address_takes_few_octets() {
        let owner: Name = "www.example.".parse().unwrap();
        let mut set = Rrset::new(owner.clone(), RrType::A, 300, [&[192, 0, 2, 1][..]]);
        let zone: Name = "example.".parse().unwrap();
        let head = [0, 1, 13, 2, 0, 0, 1, 44, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        set.signatures = Rdatas::pack([[&head[..], zone.wire(), &[0; 64]].concat().as_slice()]);
        let provenance = Provenance { rank: Rank::AuthoritativeAnswer, zone, security: Security::Secure };
        let origin = Origin::new(&provenance, &owner);
        let value = Value::Rrset { set: &set, proofs: &[], origin };
        let octets = pack(owner.wire(), Place::Type(RrType::A), &value, WallTime(0), 300).unwrap();
        assert_eq!(octets.len(), head::OCTETS + owner.wire().len() + 2 + 6 + 81);
    }
}
