//! What a DNSKEY set tells of the keys of a trust point (RFC 5011 §2 and §4).

use std::time::Duration;

use proto::{RrType, Rrset, WallTime};

use super::{
    ADD_HOLD_DOWN, Change, KeyState, LONGEST_INTERVAL, LONGEST_RETRY, REMOVE_HOLD_DOWN, SHORTEST_INTERVAL, TrackedKey,
    TrustPoint, fits, pending, same_key,
};
use crate::keys::MAX_KEYS;
use crate::verify::{Valid, signed_by};
use crate::{Dnskey, Effort, Key, Policy, Rrsig};

/// What was found out of a set before anything changes.
struct Seen<'a> {
    set: &'a Rrset,
    /// Record data of the zone's keys that are not revoked.
    present: Vec<&'a [u8]>,
    /// Record data of those that are, by their own signature (RFC 5011 §2.1).
    revoked: Vec<&'a [u8]>,
    now: WallTime,
    policy: Policy,
    effort: Effort,
}

impl Seen<'_> {
    fn signed_by(&self, rdata: &[u8]) -> Option<Valid> {
        let key = Key::read(rdata)?;
        signed_by(self.set, &key, self.now, self.policy, &self.effort).ok()
    }

    fn has(&self, rdata: &[u8]) -> bool {
        self.present.iter().any(|present| same_key(present, rdata))
    }

    fn says_revoked(&self, rdata: &[u8]) -> bool {
        self.revoked.iter().any(|revoked| same_key(revoked, rdata))
    }

    /// The TTL that the set has in its zone, as the signature tells it.
    fn original_ttl(&self, valid: &Valid) -> u32 {
        let made = |rrsig: &Rrsig<'_>| rrsig.key_tag == valid.tag && rrsig.algorithm == valid.algorithm;
        let mut signatures = self.set.signatures.iter().filter_map(Rrsig::read).filter(made);
        signatures.next().map_or(self.set.ttl, |rrsig| rrsig.original_ttl)
    }
}

impl TrustPoint {
    /// Takes note of a DNSKEY set that a server of the zone has just given. It is checked here: without the signature of an
    /// anchor it says nothing, but that an anchor which has signed it is revoked.
    ///
    /// Returns what changed. Sets from a cache must not come here: a key has to be seen again after its hold-down
    /// (RFC 5011 §2.2).
    pub fn saw(&mut self, dnskeys: &Rrset, now: WallTime, policy: Policy) -> Vec<Change> {
        if dnskeys.name != self.zone || dnskeys.rtype != RrType::DNSKEY {
            return Vec::new();
        }
        let before = self.keys.clone();
        let seen = self.read(dnskeys, now, policy);
        self.revoke(&seen);
        self.trust_named(&seen);
        let signers: Vec<(u16, Valid)> = self.signers(&seen);
        if let Some((_, valid)) = signers.first() {
            let original_ttl = seen.original_ttl(valid);
            let tags: Vec<u16> = signers.iter().map(|(tag, _)| *tag).collect();
            self.advance(&seen, &tags, original_ttl);
            self.seen = Some(now);
            self.schedule(original_ttl, valid.remaining, now);
        }
        changes(&before, &self.keys)
    }

    fn read<'a>(&self, set: &'a Rrset, now: WallTime, policy: Policy) -> Seen<'a> {
        let of_zone = |rdata: &&[u8]| Dnskey::read(rdata).is_some_and(|key| key.has(Dnskey::ZONE) && key.protocol == 3);
        let keys = set.rdatas.iter().take(MAX_KEYS).filter(of_zone);
        let (revoked, present): (Vec<&[u8]>, Vec<&[u8]>) = keys.partition(|rdata| is_revoked(rdata));
        let mut seen = Seen { set, present, revoked: Vec::new(), now, policy, effort: Effort::new() };
        // Only what concerns us is checked: keys of others that carry the bit cost nothing.
        let ours = |rdata: &&[u8]| self.keys.iter().any(|key| key.is(rdata)) || self.names(rdata);
        seen.revoked = revoked.into_iter().filter(ours).filter(|rdata| seen.signed_by(rdata).is_some()).collect();
        // Whatever it says beside that: a revoked key is not present.
        let Seen { present, revoked, .. } = &mut seen;
        present.retain(|rdata| !revoked.iter().any(|revoked| same_key(revoked, rdata)));
        seen
    }

    fn names(&self, rdata: &[u8]) -> bool {
        self.waiting.iter().any(|ds| fits(&self.zone, ds, rdata))
    }

    /// Revocation is immediate and for ever (RFC 5011 §2.1), also of a key that a configured DS names.
    fn revoke(&mut self, seen: &Seen<'_>) {
        for rdata in &seen.revoked {
            if self.names(rdata) {
                self.forget_ds_of(rdata);
                if !self.keys.iter().any(|key| key.is(rdata)) {
                    self.follow(rdata, KeyState::Revoked { gone: None }, seen.now);
                }
            }
        }
        for key in self.keys.iter_mut().filter(|key| key.is_anchor() && seen.says_revoked(&key.rdata)) {
            key.state = KeyState::Revoked { gone: None };
            key.since = seen.now;
        }
        // One that was no anchor yet leaves as any other that goes too early (RFC 5011 §4.1 has no RevBit for it).
        self.keys.retain(|key| !(pending(key) && seen.says_revoked(&key.rdata)));
    }

    /// Keys that configured DS data names become anchors with the first set that they or another anchor have signed.
    fn trust_named(&mut self, seen: &Seen<'_>) {
        let named: Vec<&[u8]> = seen.present.iter().copied().filter(|rdata| self.names(rdata)).collect();
        let signs = |rdata: &&[u8]| seen.signed_by(rdata).is_some();
        let counts = named.iter().any(signs) || !self.signers(seen).is_empty();
        for rdata in named.iter().filter(|_| counts) {
            self.forget_ds_of(rdata);
            self.trust(rdata, seen.now);
        }
    }

    fn forget_ds_of(&mut self, rdata: &[u8]) {
        let zone = self.zone.clone();
        self.waiting.retain(|ds| !fits(&zone, ds, rdata));
    }

    /// The anchors that have signed the set, by tag, the signature that lives longest first.
    fn signers(&self, seen: &Seen<'_>) -> Vec<(u16, Valid)> {
        let anchors = self.keys.iter().filter(|key| key.is_anchor() && seen.has(&key.rdata));
        let mut signers: Vec<_> = anchors.filter_map(|key| Some((key.tag(), seen.signed_by(&key.rdata)?))).collect();
        signers.sort_by_key(|(_, valid)| std::cmp::Reverse(valid.remaining));
        signers
    }

    /// The table of RFC 5011 §4.1 for a set that an anchor has signed.
    fn advance(&mut self, seen: &Seen<'_>, signers: &[u16], original_ttl: u32) {
        let revoked: Vec<u16> = self.keys.iter().filter(|key| is_past(key)).map(TrackedKey::tag).collect();
        self.keys.retain(|key| !pending(key) || seen.has(&key.rdata));
        for key in &mut self.keys {
            let present = seen.has(&key.rdata);
            let lapsed = || key.since.until(seen.now);
            let next = match &key.state {
                // A clock that was set back has counted too much: the wait begins anew.
                KeyState::AddPend { .. } if seen.now < key.since => Some(new_key(signers, original_ttl)),
                // RFC 5011 §2.2: those who vouched for it have turned out to be worth nothing.
                KeyState::AddPend { signed_by, .. } if signed_by.iter().all(|tag| revoked.contains(tag)) => {
                    Some(new_key(signers, original_ttl))
                }
                KeyState::AddPend { hold_down, .. } => {
                    (lapsed() >= Duration::from_secs((*hold_down).into())).then_some(KeyState::Valid)
                }
                KeyState::Valid => (!present).then_some(KeyState::Missing),
                KeyState::Missing => present.then_some(KeyState::Valid),
                KeyState::Revoked { gone } => after_revocation(*gone, seen, &key.rdata),
                KeyState::Removed => None,
            };
            if let Some(next) = next {
                if std::mem::discriminant(&next) != std::mem::discriminant(&key.state) || pending_again(&next) {
                    key.since = seen.now;
                }
                key.state = next;
            }
        }
        for rdata in &seen.present {
            let entry_point = Dnskey::read(rdata).is_some_and(|key| key.has(Dnskey::SEP));
            if entry_point && !self.keys.iter().any(|key| key.is(rdata)) {
                self.follow(rdata, new_key(signers, original_ttl), seen.now);
            }
        }
    }

    /// When to look again, and how soon if that fails (RFC 5011 §2.3).
    fn schedule(&mut self, original_ttl: u32, remaining: u32, now: WallTime) {
        let shorter = Duration::from_secs(original_ttl.min(remaining).into());
        self.next_look = now + (shorter / 2).clamp(SHORTEST_INTERVAL, LONGEST_INTERVAL);
        let retry = (shorter / 10).clamp(SHORTEST_INTERVAL, LONGEST_RETRY);
        self.retry = u32::try_from(retry.as_secs()).unwrap_or(u32::MAX);
    }
}

/// The state of a key that was not there before (RFC 5011 §2.4.1).
fn new_key(signers: &[u16], original_ttl: u32) -> KeyState {
    let least = u32::try_from(ADD_HOLD_DOWN.as_secs()).unwrap_or(u32::MAX);
    KeyState::AddPend { hold_down: original_ttl.max(least), signed_by: signers.to_vec() }
}

fn pending_again(state: &KeyState) -> bool {
    matches!(state, KeyState::AddPend { .. })
}

fn is_past(key: &TrackedKey) -> bool {
    matches!(key.state, KeyState::Revoked { .. } | KeyState::Removed)
}

/// A revoked key is removed when it has been gone for long enough (RFC 5011 §2.4.2).
fn after_revocation(gone: Option<WallTime>, seen: &Seen<'_>, rdata: &[u8]) -> Option<KeyState> {
    match gone {
        _ if seen.says_revoked(rdata) || seen.has(rdata) => Some(KeyState::Revoked { gone: None }),
        Some(gone) if gone.until(seen.now) >= REMOVE_HOLD_DOWN => Some(KeyState::Removed),
        Some(gone) if gone <= seen.now => None,
        _ => Some(KeyState::Revoked { gone: Some(seen.now) }),
    }
}

fn is_revoked(rdata: &[u8]) -> bool {
    Dnskey::read(rdata).is_some_and(|key| key.has(Dnskey::REVOKE))
}

fn changes(before: &[TrackedKey], after: &[TrackedKey]) -> Vec<Change> {
    let found = |keys: &[TrackedKey], key: &TrackedKey| keys.iter().find(|other| other.is(&key.rdata)).cloned();
    let kind = |key: &TrackedKey| (std::mem::discriminant(&key.state), key.since);
    let gone = before.iter().filter(|key| found(after, key).is_none());
    let gone = gone.map(|key| Change { tag: key.tag(), to: None });
    let moved = after.iter().filter(|key| found(before, key).as_ref().map(kind) != Some(kind(key)));
    gone.chain(moved.map(|key| Change { tag: key.tag(), to: Some(key.state.clone()) })).collect()
}
