//! The keys of a zone, and what vouches for them: DS records of the parent or trust anchors (RFC 4035 §5.2).

use proto::{Name, Rrset, WallTime};
use ring::digest;

use crate::verify::{Valid, verify_with};
use crate::{Algorithm, DigestType, Dnskey, Ds, Effort, Policy, Why};

/// Keys of a zone that are looked at.
pub(crate) const MAX_KEYS: usize = 64;
/// DS records of a zone, of those that count, that are compared with its keys.
const MAX_DS: usize = 32;

/// One key of a zone.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key {
    /// Flags of the DNSKEY record.
    pub flags: u16,
    /// Protocol field; 3 in keys that count.
    pub protocol: u8,
    /// Algorithm.
    pub algorithm: Algorithm,
    /// Tag.
    pub tag: u16,
    /// The public key.
    pub public_key: Box<[u8]>,
}

impl Key {
    /// Reads the data of a DNSKEY record.
    pub fn read(rdata: &[u8]) -> Option<Self> {
        let Dnskey { flags, protocol, algorithm, public_key, .. } = Dnskey::read(rdata)?;
        let tag = Dnskey::read(rdata)?.tag();
        Some(Self { flags, protocol, algorithm, tag, public_key: public_key.into() })
    }

    /// Whether it may sign data of the zone (RFC 4034 §2.1.1 and §2.1.2, RFC 5011 §2.1).
    pub fn signs(&self) -> bool {
        self.is_zone_key() && self.protocol == 3 && !self.is_revoked()
    }

    /// Whether the flag "zone key" is set.
    pub fn is_zone_key(&self) -> bool {
        self.flags & Dnskey::ZONE != 0
    }

    /// Whether the flag "revoked" is set.
    pub fn is_revoked(&self) -> bool {
        self.flags & Dnskey::REVOKE != 0
    }

    /// Whether the flag "secure entry point" is set.
    pub fn is_entry_point(&self) -> bool {
        self.flags & Dnskey::SEP != 0
    }

    fn rdata(&self) -> Vec<u8> {
        let mut rdata = self.flags.to_be_bytes().to_vec();
        rdata.extend([self.protocol, self.algorithm.0]);
        rdata.extend_from_slice(&self.public_key);
        rdata
    }
}

/// The keys of a zone that something vouches for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ZoneKeys {
    /// The zone.
    pub zone: Name,
    /// Its keys.
    pub keys: Vec<Key>,
}

impl ZoneKeys {
    /// The keys in a DNSKEY set, those that can be read; nothing vouches for them yet.
    pub fn read(dnskeys: &Rrset) -> Self {
        let keys = dnskeys.rdatas.iter().take(MAX_KEYS).filter_map(Key::read).collect();
        Self { zone: dnskeys.name.clone(), keys }
    }
}

/// What vouches for the keys of a zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Voucher {
    /// DS data, from the parent or as trust anchors.
    pub ds: Vec<Box<[u8]>>,
    /// DNSKEY data, as trust anchors.
    pub dnskeys: Vec<Box<[u8]>>,
}

impl Voucher {
    /// By a DS set of the parent.
    pub fn by_parent(ds: &Rrset) -> Self {
        Self { ds: ds.rdatas.iter().map(Into::into).collect(), dnskeys: vec![] }
    }

    /// Whether it vouches for nothing that can be checked here; then the zone counts as unsigned (RFC 4035 §5.2).
    ///
    /// Data that cannot be read is no reason: it vouches for nothing, and the zone stays signed.
    pub fn unsupported(&self, zone: &Name, policy: Policy) -> Option<Why> {
        let keys: Vec<Key> = self.dnskeys.iter().filter_map(|rdata| Key::read(rdata)).collect();
        if keys.iter().any(|key| key.algorithm.is_supported(policy)) {
            return None;
        }
        // All of them: whoever orders the records must not choose which of them count.
        let ds = self.records();
        if ds.len() < self.ds.len() || (ds.is_empty() && keys.is_empty()) {
            return None;
        }
        let known = |ds: &&Ds<'_>| ds.algorithm.is_supported(policy);
        if ds.iter().any(|ds| known(&ds) && ds.digest_type.is_supported()) {
            return None;
        }
        let zone = zone.clone();
        Some(match ds.iter().find(known) {
            Some(ds) => Why::UnsupportedDigest { zone, tag: ds.key_tag, digest: ds.digest_type },
            None => {
                let by_key = || keys.first().map(|key| (key.tag, key.algorithm));
                let (tag, algorithm) = ds.first().map(|ds| (ds.key_tag, ds.algorithm)).or_else(by_key)?;
                Why::UnsupportedAlgorithm { zone, tag, algorithm }
            }
        })
    }

    /// The tags of the keys that it vouches for, in order; no more than are compared.
    pub fn tags(&self) -> Vec<u16> {
        let keys = self.dnskeys.iter().filter_map(|rdata| Some(Key::read(rdata)?.tag));
        let mut tags: Vec<u16> = self.records().iter().map(|ds| ds.key_tag).chain(keys).collect();
        tags.sort_unstable();
        tags.dedup();
        tags.truncate(MAX_DS);
        tags
    }

    fn records(&self) -> Vec<Ds<'_>> {
        self.ds.iter().filter_map(|rdata| Ds::read(rdata)).collect()
    }
}

/// Takes the keys of a zone if a key that is vouched for has signed all of them.
///
/// # Errors
/// Why not. Ask [`Voucher::unsupported`] first: what it names is no failure.
pub fn authenticate(
    dnskeys: &Rrset,
    voucher: &Voucher,
    now: WallTime,
    policy: Policy,
    effort: &Effort,
) -> Result<(ZoneKeys, Valid), Why> {
    let zone = &dnskeys.name;
    let keys = ZoneKeys::read(dnskeys);
    let vouched = vouched_for(zone, &keys.keys, voucher, policy, effort)?;
    let usable: Vec<Key> = vouched.iter().filter(|key| key.signs()).map(|key| (*key).clone()).collect();
    let Some(first) = vouched.first() else {
        return Err(Why::NoMatchingKey { zone: zone.clone(), tags: voucher.tags() });
    };
    if usable.is_empty() {
        let (zone, tag) = (zone.clone(), first.tag);
        return Err(if first.is_revoked() { Why::Revoked { zone, tag } } else { Why::NoZoneKeyBit { zone, tag } });
    }
    let valid = verify_with(dnskeys, zone, &usable, now, policy, effort);
    let valid = valid.map_err(|why| match why {
        // Says nothing of the keys: the next question may find them sound.
        spent @ Why::TooMuchWork { .. } => spent,
        why => Why::KeysNotSigned { zone: zone.clone(), why: Box::new(why) },
    })?;
    Ok((keys, valid))
}

fn vouched_for<'a>(
    zone: &Name,
    keys: &'a [Key],
    voucher: &Voucher,
    policy: Policy,
    effort: &Effort,
) -> Result<Vec<&'a Key>, Why> {
    let anchors = voucher.dnskeys.iter().filter_map(|rdata| Key::read(rdata));
    let anchors: Vec<Key> = anchors.filter(|anchor| !anchor.is_revoked()).collect();
    // A key that was revoked after it became an anchor has another tag, and is the same key.
    let same = |a: &Key, b: &Key| a.algorithm == b.algorithm && a.public_key == b.public_key;
    let mut found: Vec<&Key> = keys.iter().filter(|key| anchors.iter().any(|anchor| same(anchor, key))).collect();
    let records = voucher.records();
    let counts = |ds: &&Ds<'_>| ds.algorithm.is_supported(policy) && ds.digest_type.is_supported();
    // RFC 4509 §3: a weaker digest does not count beside a stronger one, or an attacker would choose.
    let strongest = records.iter().filter(counts).map(|ds| ds.digest_type.strength()).max().unwrap_or(0);
    for ds in records.iter().filter(counts).filter(|ds| ds.digest_type.strength() == strongest).take(MAX_DS) {
        for key in keys.iter().filter(|key| key.tag == ds.key_tag && key.algorithm == ds.algorithm) {
            effort.may_digest(zone, key.tag)?;
            if ds.digest == key_digest(zone, key, ds.digest_type) {
                // Once, though an anchor or another DS record names it too: twice would look like a collision of tags.
                if !found.contains(&key) {
                    found.push(key);
                }
            } else {
                effort.digest_failed();
            }
        }
    }
    Ok(found)
}

/// The digest of a key as DS has it (RFC 4034 §5.1.4).
fn key_digest(zone: &Name, key: &Key, digest_type: DigestType) -> Vec<u8> {
    let Some(function) = digest_type.function() else { return vec![] };
    let mut context = digest::Context::new(function);
    context.update(zone.to_lowercase().wire());
    context.update(&key.rdata());
    context.finish().as_ref().to_vec()
}

/// The data of the DS record of a key; `None` for a digest type that is not known here.
pub fn ds_of(zone: &Name, key: &Key, digest_type: DigestType) -> Option<Vec<u8>> {
    digest_type.function()?;
    let mut rdata = key.tag.to_be_bytes().to_vec();
    rdata.extend([key.algorithm.0, digest_type.0]);
    rdata.extend(key_digest(zone, key, digest_type));
    Some(rdata)
}
