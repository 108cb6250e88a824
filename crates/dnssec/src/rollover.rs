//! Trust anchors that follow the keys of their zone (RFC 5011).
//!
//! What it is for: a [`TrustPoint`] begins with the configured anchors of a zone, is shown every DNSKEY set that its
//! servers give ([`TrustPoint::saw`]), and says which anchors count now ([`TrustPoint::anchors`]) and when the zone has to
//! be asked again ([`TrustPoint::due`]).
//!
//! What it deliberately does not do: fetch, read a clock, write files. All of its state is in public fields, so that whoever
//! keeps it over a restart chooses the form; [`TrustPoint::resume`] takes back what is sound of it.

mod observe;
#[cfg(test)]
mod tests;

use std::time::Duration;

use proto::{Name, WallTime};

use crate::keys::{Voucher, ds_of};
use crate::{Dnskey, Ds, Key, Policy};

/// How long a new key has to be seen before it counts, at least (RFC 5011 §2.4.1).
pub const ADD_HOLD_DOWN: Duration = Duration::from_secs(30 * DAY);
/// How long a revoked key has to be gone before it is history (RFC 5011 §2.4.2).
pub const REMOVE_HOLD_DOWN: Duration = Duration::from_secs(30 * DAY);
/// The zone is asked at least this often (RFC 5011 §2.3).
pub const LONGEST_INTERVAL: Duration = Duration::from_secs(15 * DAY);
/// The zone is not asked more often than this (RFC 5011 §2.3).
pub const SHORTEST_INTERVAL: Duration = Duration::from_secs(HOUR);
/// A question that failed is repeated at least this often (RFC 5011 §2.3).
const LONGEST_RETRY: Duration = Duration::from_secs(DAY);
/// Keys of one zone that are followed, those of the past included. A real zone has a handful in its whole life.
const MAX_KEYS: usize = 128;

const HOUR: u64 = 3_600;
const DAY: u64 = 86_400;

/// A zone whose keys are followed, begun with configured anchors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustPoint {
    /// The zone.
    pub zone: Name,
    /// The configured anchors with which it began.
    pub configured: Voucher,
    /// DS data of these for which no key has been seen yet.
    pub waiting: Vec<Box<[u8]>>,
    /// Every key that is followed.
    pub keys: Vec<TrackedKey>,
    /// When a set that counts was seen last.
    pub seen: Option<WallTime>,
    /// When to look next.
    pub next_look: WallTime,
    /// How long to wait after a look that failed, in seconds.
    pub retry: u32,
}

/// A key that is followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrackedKey {
    /// Data of its DNSKEY record without the bit that revokes it.
    pub rdata: Box<[u8]>,
    /// Where it stands.
    pub state: KeyState,
    /// Since when.
    pub since: WallTime,
}

/// Where a key stands (RFC 5011 §4.2). "Start" is the state of keys that are not followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyState {
    /// It has been seen, and may become an anchor.
    AddPend {
        /// For how long it has to be seen, in seconds.
        hold_down: u32,
        /// Tags of the anchors that had signed the set in which it was new.
        signed_by: Vec<u16>,
    },
    /// It is an anchor.
    Valid,
    /// It is an anchor, though it was not in the set that was seen last.
    Missing,
    /// It has said itself that it does not count any more.
    Revoked {
        /// Since when it has been gone from the set.
        gone: Option<WallTime>,
    },
    /// It was revoked and is gone for good.
    Removed,
}

/// A key that went from one state to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Its tag, without the bit that revokes.
    pub tag: u16,
    /// Where it stands now; `None`: not followed any more, it left before its time.
    pub to: Option<KeyState>,
}

/// Why a state cannot be taken up again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unsound {
    /// Not the data of a DNSKEY record that could be an anchor.
    #[error("{zone}: key {place} is no key that can be followed")]
    NoKey {
        /// The zone.
        zone: Name,
        /// Which one, counted from 1.
        place: usize,
    },
    /// One key stands there twice.
    #[error("{zone}: key {tag} is there twice")]
    Twice {
        /// The zone.
        zone: Name,
        /// Its tag.
        tag: u16,
    },
    /// More keys than are followed.
    #[error("{zone}: more than {MAX_KEYS} keys")]
    TooMany {
        /// The zone.
        zone: Name,
    },
    /// None of the anchors that are configured today has to do with it.
    #[error("{zone}: it began with other anchors than those that are configured now")]
    OtherAnchors {
        /// The zone.
        zone: Name,
    },
}

impl TrackedKey {
    /// Its tag, as long as it is not revoked.
    pub fn tag(&self) -> u16 {
        Dnskey::read(&self.rdata).map_or(0, |key| key.tag())
    }

    /// Whether it is an anchor now.
    pub fn is_anchor(&self) -> bool {
        matches!(self.state, KeyState::Valid | KeyState::Missing)
    }

    fn is(&self, rdata: &[u8]) -> bool {
        same_key(&self.rdata, rdata)
    }
}

impl TrustPoint {
    /// A zone with nothing but its configured anchors: keys count at once, those that DS data names as soon as a set that
    /// counts has them (RFC 5011 §2.2 leaves the first anchor to the operator).
    pub fn begin(zone: Name, configured: Voucher, policy: Policy, now: WallTime) -> Self {
        let mut point = Self {
            zone,
            waiting: Vec::new(),
            keys: Vec::new(),
            seen: None,
            next_look: now,
            retry: HOUR as u32,
            configured: Voucher { ds: vec![], dnskeys: vec![] },
        };
        point.configure(configured, policy, now);
        point
    }

    /// Goes on from a state that was kept, with the anchors that are configured today: new ones are added, and those
    /// that the zone has revoked stay revoked, whatever the configuration says.
    ///
    /// # Errors
    /// Why the state cannot be used; then [`begin`](Self::begin) anew.
    pub fn resume(kept: Self, configured: Voucher, policy: Policy, now: WallTime) -> Result<Self, Unsound> {
        let mut point = kept;
        point.check()?;
        let (zone, was) = (&point.zone, &point.configured);
        let followed = |named: &dyn Fn(&[u8]) -> bool| point.keys.iter().any(|key| named(&key.rdata));
        let old_ds = |ds: &[u8]| was.ds.iter().any(|known| **known == *ds) || followed(&|key| fits(zone, ds, key));
        let old_key = |key: &[u8]| {
            was.dnskeys.iter().any(|known| same_key(known, key)) || followed(&|tracked| same_key(tracked, key))
        };
        if !configured.ds.iter().any(|ds| old_ds(ds)) && !configured.dnskeys.iter().any(|key| old_key(key)) {
            return Err(Unsound::OtherAnchors { zone: zone.clone() });
        }
        point.waiting.retain(|ds| configured.ds.contains(ds));
        let past = |at: WallTime| at.min(now);
        point.seen = point.seen.map(past);
        point.configure(configured, policy, now);
        Ok(point)
    }

    fn check(&self) -> Result<(), Unsound> {
        let zone = || self.zone.clone();
        if self.keys.len() > MAX_KEYS {
            return Err(Unsound::TooMany { zone: zone() });
        }
        for (index, key) in self.keys.iter().enumerate() {
            let sound = Key::read(&key.rdata).is_some_and(|key| key.signs() && !key.public_key.is_empty());
            if !sound {
                return Err(Unsound::NoKey { zone: zone(), place: index + 1 });
            }
            if self.keys[..index].iter().any(|other| other.is(&key.rdata)) {
                return Err(Unsound::Twice { zone: zone(), tag: key.tag() });
            }
        }
        Ok(())
    }

    /// Takes configured anchors that are new to it.
    fn configure(&mut self, configured: Voucher, policy: Policy, now: WallTime) {
        for rdata in configured.dnskeys.iter().filter(|rdata| Key::read(rdata).is_some_and(|key| key.signs())) {
            let before = self.configured.dnskeys.iter().any(|known| same_key(known, rdata));
            if !before {
                self.trust(rdata, now);
            }
        }
        for ds in strongest(&configured.ds, policy) {
            let before = self.configured.ds.contains(ds);
            let gone = self.keys.iter().any(|key| !pending(key) && fits(&self.zone, ds, &key.rdata));
            if !before && !gone && !self.waiting.contains(ds) {
                self.waiting.push(ds.clone());
            }
        }
        self.configured = configured;
    }

    /// Makes a key an anchor because the operator vouches for it, unless it has been revoked.
    fn trust(&mut self, rdata: &[u8], now: WallTime) -> bool {
        match self.keys.iter_mut().find(|key| key.is(rdata)) {
            Some(key) if pending(key) => {
                key.state = KeyState::Valid;
                key.since = now;
                true
            }
            Some(_) => false,
            None => self.follow(rdata, KeyState::Valid, now),
        }
    }

    fn follow(&mut self, rdata: &[u8], state: KeyState, now: WallTime) -> bool {
        let room = self.keys.len() < MAX_KEYS;
        if room {
            self.keys.push(TrackedKey { rdata: without_revocation(rdata), state, since: now });
        }
        room
    }

    /// The anchors that count now. `None`: all of them have been revoked, and the zone counts as if none had ever been
    /// configured (RFC 5011 §5).
    pub fn anchors(&self) -> Option<Voucher> {
        let keys = self.keys.iter().filter(|key| key.is_anchor());
        let voucher = Voucher { ds: self.waiting.clone(), dnskeys: keys.map(|key| key.rdata.clone()).collect() };
        (!voucher.ds.is_empty() || !voucher.dnskeys.is_empty()).then_some(voucher)
    }

    /// Whether the zone has to be asked for its keys now: when the time has come, or when the clock has been set back so
    /// far that it would never come.
    pub fn due(&self, now: WallTime) -> bool {
        now >= self.next_look || self.next_look > now + LONGEST_INTERVAL
    }

    /// A look that brought nothing: says when the next one is due (RFC 5011 §2.3).
    pub fn failed(&mut self, now: WallTime) {
        self.next_look = now + Duration::from_secs(self.retry.into()).clamp(SHORTEST_INTERVAL, LONGEST_RETRY);
    }
}

/// Whether the key has been seen, but is no anchor yet.
fn pending(key: &TrackedKey) -> bool {
    matches!(key.state, KeyState::AddPend { .. })
}

/// The data of a DNSKEY record as it was before the key was revoked.
fn without_revocation(rdata: &[u8]) -> Box<[u8]> {
    let mut rdata: Box<[u8]> = rdata.into();
    if let Some([high, low]) = rdata.first_chunk_mut::<2>() {
        let flags = u16::from_be_bytes([*high, *low]) & !Dnskey::REVOKE;
        [*high, *low] = flags.to_be_bytes();
    }
    rdata
}

/// Whether two records have the same key, whatever their flags: tags change when a key is revoked (RFC 5011 §2.1).
fn same_key(a: &[u8], b: &[u8]) -> bool {
    match (Dnskey::read(a), Dnskey::read(b)) {
        (Some(a), Some(b)) => a.algorithm == b.algorithm && a.public_key == b.public_key,
        _ => false,
    }
}

/// The DS data that counts: none with a weaker digest beside a stronger one, now or later (RFC 4509 §3).
fn strongest(all: &[Box<[u8]>], policy: Policy) -> impl Iterator<Item = &Box<[u8]>> {
    let strength = move |rdata: &[u8]| {
        let ds = Ds::read(rdata).filter(|ds| ds.algorithm.is_supported(policy));
        ds.map_or(0, |ds| ds.digest_type.strength())
    };
    let most = all.iter().map(|rdata| strength(rdata)).max().unwrap_or(0);
    all.iter().filter(move |rdata| strength(rdata) == most)
}

/// Whether DS data names the key.
fn fits(zone: &Name, ds: &[u8], dnskey: &[u8]) -> bool {
    let Some(digest_type) = Ds::read(ds).map(|ds| ds.digest_type) else { return false };
    let key = Key::read(&without_revocation(dnskey));
    key.and_then(|key| ds_of(zone, &key, digest_type)).is_some_and(|named| *named == *ds)
}
