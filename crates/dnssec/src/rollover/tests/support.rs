//! Keys that sign, sets signed by them, and a trust point that looks at them.

use proto::{Name, Rdatas, RrType, Rrset, WallTime};
use ring::signature::{Ed25519KeyPair, KeyPair};

use super::super::{Change, KeyState, TrustPoint};
use crate::canonical::signed_data;
use crate::keys::{Voucher, ds_of};
use crate::{DigestType, Dnskey, Key, Policy, Rrsig};

/// One day, in seconds.
pub(super) const DAY: u64 = 86_400;
/// TTL of the root's DNSKEY set.
pub(super) const TTL: u32 = 172_800;
/// Flags of a key-signing key, a zone-signing key, and one that is revoked.
pub(super) const KSK: u16 = 257;
pub(super) const ZSK: u16 = 256;
pub(super) const REVOKED: u16 = KSK | Dnskey::REVOKE;

/// A key of the zone, by a number.
pub(super) struct TestKey(Ed25519KeyPair);

impl TestKey {
    pub(super) fn new(number: u8) -> Self {
        Self(Ed25519KeyPair::from_seed_unchecked(&[number; 32]).unwrap())
    }

    pub(super) fn rdata(&self, flags: u16) -> Box<[u8]> {
        let mut rdata = flags.to_be_bytes().to_vec();
        rdata.extend([3, 15]);
        rdata.extend_from_slice(self.0.public_key().as_ref());
        rdata.into()
    }

    pub(super) fn tag(&self, flags: u16) -> u16 {
        Dnskey::read(&self.rdata(flags)).unwrap().tag()
    }

    pub(super) fn ds(&self) -> Box<[u8]> {
        ds_of(&Name::root(), &Key::read(&self.rdata(KSK)).unwrap(), DigestType::SHA256).unwrap().into()
    }
}

/// A set of the root: its keys with their flags, and those of them that sign.
pub(super) struct Set<'a> {
    pub(super) keys: Vec<(&'a TestKey, u16)>,
    pub(super) signers: Vec<(&'a TestKey, u16)>,
    pub(super) ttl: u32,
    /// Seconds that the signatures live on.
    pub(super) remaining: u32,
}

impl<'a> Set<'a> {
    /// Signed for the next three weeks, like the root's.
    pub(super) fn new(keys: &[(&'a TestKey, u16)], signers: &[(&'a TestKey, u16)]) -> Self {
        Self { keys: keys.to_vec(), signers: signers.to_vec(), ttl: TTL, remaining: 21 * DAY as u32 }
    }

    /// The set as it is published at a time.
    pub(super) fn at(&self, now: WallTime) -> Rrset {
        let fields: Vec<Box<[u8]>> = self.keys.iter().map(|(key, flags)| key.rdata(*flags)).collect();
        let mut set = Rrset::new(Name::root(), RrType::DNSKEY, self.ttl, fields.iter().map(|field| &**field));
        let signatures: Vec<Vec<u8>> = self.signers.iter().map(|signer| self.signature(&set, signer, now)).collect();
        set.signatures = Rdatas::pack(signatures.iter().map(Vec::as_slice));
        set
    }

    fn signature(&self, set: &Rrset, (key, flags): &(&TestKey, u16), now: WallTime) -> Vec<u8> {
        let seconds = now.as_secs() as u32;
        let mut rdata = RrType::DNSKEY.0.to_be_bytes().to_vec();
        rdata.extend([15, 0]);
        for field in [self.ttl, seconds + self.remaining, seconds - DAY as u32] {
            rdata.extend(field.to_be_bytes());
        }
        rdata.extend(key.tag(*flags).to_be_bytes());
        rdata.push(0); // the root signs
        let data = signed_data(&Rrsig::read(&rdata).unwrap(), &set.name, set.rtype, &set.rdatas);
        rdata.extend_from_slice(key.0.sign(&data).as_ref());
        rdata
    }
}

/// A day of the test, counted from some day in the past.
pub(super) fn day(number: u64) -> WallTime {
    WallTime::from_secs(1_500_000_000 + number * DAY)
}

/// A voucher of DS data.
pub(super) fn by_ds(keys: &[&TestKey]) -> Voucher {
    Voucher { ds: keys.iter().map(|key| key.ds()).collect(), dnskeys: vec![] }
}

/// A trust point at the root that begins with DS data of the keys.
pub(super) fn begin(keys: &[&TestKey], now: WallTime) -> TrustPoint {
    TrustPoint::begin(Name::root(), by_ds(keys), Policy::default(), now)
}

/// Shows a set, signed on the day on which it is seen.
pub(super) fn show(point: &mut TrustPoint, set: &Set<'_>, now: WallTime) -> Vec<Change> {
    point.saw(&set.at(now), now, Policy::default())
}

/// Where a key stands, in one word; "Start" if it is not followed.
pub(super) fn state(point: &TrustPoint, key: &TestKey) -> &'static str {
    let found = point.keys.iter().find(|tracked| tracked.rdata == key.rdata(KSK));
    match found.map(|tracked| &tracked.state) {
        None => "Start",
        Some(KeyState::AddPend { .. }) => "AddPend",
        Some(KeyState::Valid) => "Valid",
        Some(KeyState::Missing) => "Missing",
        Some(KeyState::Revoked { .. }) => "Revoked",
        Some(KeyState::Removed) => "Removed",
    }
}

/// Whether a key is an anchor now, by itself or by DS data.
pub(super) fn anchors(point: &TrustPoint, key: &TestKey) -> bool {
    let voucher = point.anchors();
    voucher.is_some_and(|voucher| voucher.dnskeys.contains(&key.rdata(KSK)) || voucher.ds.contains(&key.ds()))
}
