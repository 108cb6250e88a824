//! An RRset against the keys of its zone (RFC 4035 §5.3).

use proto::{Name, Rdatas, Rrset, WallTime};

use crate::canonical::signed_data;
use crate::{Effort, Key, Policy, Rrsig, Why, ZoneKeys, signature};

/// Signatures of one set that are looked at; BIND and Unbound have similar bounds since KeyTrap.
const MAX_SIGNATURES: usize = 8;
/// Signatures of one set that may turn out not to fit, before it is given up.
const MAX_FAILED: u32 = 2;
/// Keys of one tag and algorithm: two happen by chance, three by malice.
const MAX_KEYS_PER_TAG: usize = 2;
/// Clocks may be wrong by a tenth of a signature's lifetime, within these bounds (in seconds).
const SKEW: (u32, u32) = (3_600, 86_400);
/// Time to live, in seconds, of data whose signature has expired and counts only because clocks may be wrong.
const TTL_IN_SKEW: u32 = 60;

/// What a valid signature says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Valid {
    /// Tag of the key that made it.
    pub tag: u16,
    /// Algorithm of the key.
    pub algorithm: crate::Algorithm,
    /// The longest that the set may be kept, in seconds: its original TTL, and no longer than the signature lives
    /// (RFC 4035 §5.3.3).
    pub ttl: u32,
    /// Seconds to the end of the signature.
    pub remaining: u32,
    /// If the set was made from a wildcard: the closest encloser, below which the name must be denied
    /// (RFC 4035 §5.3.4).
    pub closest_encloser: Option<Name>,
    /// The zone that signed.
    pub signer: Name,
    /// Labels of the owner that was signed, as the signature counts them.
    pub labels: u8,
}

impl Valid {
    /// Takes away the signatures that say something else of the set than the one that fits: anybody may add such a one,
    /// and what it claims of signer or wildcard must not be believed because another one is good.
    pub fn strip_others(&self, set: &mut Rrset) {
        let agrees = |rrsig: &Rrsig<'_>| rrsig.signer == self.signer && rrsig.labels == self.labels;
        let fits = |rdata: &&[u8]| Rrsig::read(rdata).is_some_and(|rrsig| agrees(&rrsig));
        if !set.signatures.iter().all(|rdata| fits(&rdata)) {
            set.signatures = Rdatas::pack(set.signatures.iter().filter(fits).collect::<Vec<_>>());
        }
    }
}

/// Checks the set against the keys of the zone that it should belong to.
///
/// # Errors
/// The most telling reason why none of its signatures counts.
pub fn verify(set: &Rrset, keys: &ZoneKeys, now: WallTime, policy: Policy, effort: &Effort) -> Result<Valid, Why> {
    verify_with(set, &keys.zone, &keys.keys, now, policy, effort)
}

/// The DNSKEY set of a zone against one key alone. Other than anywhere else, a revoked key counts: that it signs the set in
/// which it is revoked is what proves the revocation (RFC 5011 §2.1).
pub(crate) fn signed_by(set: &Rrset, key: &Key, now: WallTime, policy: Policy, effort: &Effort) -> Result<Valid, Why> {
    // The tag stays that of the revoked key, and the set that is signed is the one with the bit.
    let key = Key { flags: key.flags & !crate::Dnskey::REVOKE, ..key.clone() };
    verify_with(set, &set.name, &[key], now, policy, effort)
}

/// The same with a choice of keys.
pub(crate) fn verify_with(
    set: &Rrset,
    zone: &Name,
    keys: &[Key],
    now: WallTime,
    policy: Policy,
    effort: &Effort,
) -> Result<Valid, Why> {
    let (name, rtype) = (set.name.clone(), set.rtype);
    let mut worst = Why::NoSignature { name: name.clone(), rtype, zone: zone.clone() };
    let mut note = |why: Why| {
        if weight(&why) > weight(&worst) {
            worst = why;
        }
    };
    let mut failed = 0;
    for rdata in set.signatures.iter().take(MAX_SIGNATURES) {
        let Some(rrsig) = Rrsig::read(rdata).filter(|rrsig| rrsig.covers == rtype) else {
            note(Why::NoUsableSignature { name: name.clone(), rtype, zone: zone.clone(), readable: None });
            continue;
        };
        let window = match usable(&rrsig, set, zone, now, policy) {
            Ok(window) => window,
            Err(why) => {
                note(why);
                continue;
            }
        };
        let fitting = |key: &&Key| key.tag == rrsig.key_tag && key.algorithm == rrsig.algorithm && key.signs();
        let candidates: Vec<&Key> = keys.iter().filter(fitting).collect();
        if candidates.is_empty() {
            note(Why::NoKey { name: name.clone(), rtype, tag: rrsig.key_tag, zone: zone.clone() });
            continue;
        }
        if candidates.len() > MAX_KEYS_PER_TAG {
            return Err(Why::KeyTagCollisions { zone: zone.clone(), tag: rrsig.key_tag });
        }
        let labels = usize::from(rrsig.labels);
        let source = if labels < label_count(&name) { Some(name.suffix(labels)) } else { None };
        let owner = match &source {
            Some(encloser) => encloser.prepend(b"*").expect("shorter than the name that it stands for"),
            None => name.clone(),
        };
        let data = signed_data(&rrsig, &owner, rtype, &set.rdatas);
        for key in candidates {
            effort.may_check(zone, key.tag)?;
            if signature::fits(rrsig.algorithm, &key.public_key, &data, rrsig.signature) {
                let ttl = if window == 0 { TTL_IN_SKEW } else { window };
                return Ok(Valid {
                    tag: key.tag,
                    algorithm: key.algorithm,
                    ttl: rrsig.original_ttl.min(ttl),
                    remaining: window,
                    closest_encloser: source,
                    signer: rrsig.signer,
                    labels: rrsig.labels,
                });
            }
            effort.check_failed();
            failed += 1;
            let (name, zone) = (name.clone(), zone.clone());
            note(Why::BadSignature { name, rtype, zone, tag: key.tag, algorithm: key.algorithm });
            if failed >= MAX_FAILED {
                return Err(worst);
            }
        }
    }
    Err(worst)
}

/// Checks all that can be checked without arithmetic; seconds until the end of the signature, 0 if it is over but
/// within what clocks may be wrong.
fn usable(rrsig: &Rrsig<'_>, set: &Rrset, zone: &Name, now: WallTime, policy: Policy) -> Result<u32, Why> {
    let (name, rtype, tag) = (set.name.clone(), set.rtype, rrsig.key_tag);
    let zone = zone.clone();
    if rrsig.signer != zone {
        return Err(Why::WrongSigner { name, rtype, signer: rrsig.signer.clone(), tag: Some(tag), zone });
    }
    let labels = usize::from(rrsig.labels);
    if labels > label_count(&name) || labels < label_count(&zone) {
        return Err(Why::WrongLabels { name, rtype, zone, tag });
    }
    if !rrsig.algorithm.is_supported(policy) {
        return Err(Why::NoUsableSignature { name, rtype, zone, readable: Some((tag, rrsig.algorithm)) });
    }
    // Serial arithmetic (RFC 4034 §3.1.5): differences count, not values.
    let now = now.as_secs() as u32;
    let lifetime = rrsig.expiration.wrapping_sub(rrsig.inception);
    if (lifetime as i32) < 0 {
        return Err(Why::ExpiredBeforeValid { name, rtype, zone, tag });
    }
    let skew = (lifetime / 10).clamp(SKEW.0, SKEW.1) as i32;
    let since_inception = now.wrapping_sub(rrsig.inception) as i32;
    if since_inception < -skew {
        return Err(Why::NotYetValid { name, rtype, zone, tag, until: since_inception.unsigned_abs() });
    }
    let until_expiration = rrsig.expiration.wrapping_sub(now) as i32;
    if until_expiration < -skew {
        return Err(Why::Expired { name, rtype, zone, tag, since: until_expiration.unsigned_abs() });
    }
    Ok(until_expiration.max(0) as u32)
}

/// Labels as RRSIG counts them: a leading `*` does not count (RFC 4034 §3.1.3).
fn label_count(name: &Name) -> usize {
    name.label_count() - usize::from(name.is_wildcard())
}

/// Which of several reasons tells most.
fn weight(why: &Why) -> u8 {
    match why {
        Why::BadSignature { .. } => 8,
        Why::Expired { .. } => 7,
        Why::NotYetValid { .. } => 6,
        Why::ExpiredBeforeValid { .. } => 5,
        Why::NoKey { .. } => 4,
        Why::WrongSigner { .. } | Why::WrongLabels { .. } => 3,
        // One that can be read names its key.
        Why::NoUsableSignature { readable: Some(_), .. } => 2,
        Why::NoUsableSignature { readable: None, .. } => 1,
        _ => 0,
    }
}
