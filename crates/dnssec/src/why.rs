//! Why data is not secure: one value per reason, with its extended error (RFC 8914).

use std::fmt;

use proto::{EdeCode, Name, RrType};

use crate::{Algorithm, DigestType};

/// Why data is bogus, or why a zone counts as unsigned although it is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// No signature covers the set, and the zone is signed.
    NoSignature {
        /// Owner of the set.
        name: Name,
        /// Type of the set.
        rtype: RrType,
        /// The zone that it stands in.
        zone: Name,
    },
    /// The signature does not fit the data.
    BadSignature {
        /// Owner of the set.
        name: Name,
        /// Type of the set.
        rtype: RrType,
        /// The zone that it stands in.
        zone: Name,
        /// Tag of the key that should have made it.
        tag: u16,
        /// Its algorithm.
        algorithm: Algorithm,
    },
    /// The time of the signature is over.
    Expired {
        /// Owner of the set.
        name: Name,
        /// Type of the set.
        rtype: RrType,
        /// The zone that it stands in.
        zone: Name,
        /// Tag of the key.
        tag: u16,
        /// Seconds since it expired.
        since: u32,
    },
    /// The time of the signature has not come.
    NotYetValid {
        /// Owner of the set.
        name: Name,
        /// Type of the set.
        rtype: RrType,
        /// The zone that it stands in.
        zone: Name,
        /// Tag of the key.
        tag: u16,
        /// Seconds until it begins.
        until: u32,
    },
    /// The signature expires before it begins.
    ExpiredBeforeValid {
        /// Owner of the set.
        name: Name,
        /// Type of the set.
        rtype: RrType,
        /// The zone that it stands in.
        zone: Name,
        /// Tag of the key.
        tag: u16,
    },
    /// The zone has no key that the signature names.
    NoKey {
        /// Owner of the set.
        name: Name,
        /// Type of the set.
        rtype: RrType,
        /// Tag that the signature names.
        tag: u16,
        /// Zone whose keys were searched.
        zone: Name,
    },
    /// The signature was made by somebody who has no right to: not the zone of the data.
    WrongSigner {
        /// Owner of the set.
        name: Name,
        /// Type of the set.
        rtype: RrType,
        /// Who signed.
        signer: Name,
        /// Tag of the key.
        tag: Option<u16>,
        /// The zone of the data.
        zone: Name,
    },
    /// The label count of the signature does not fit the owner (RFC 4035 §5.3.1).
    WrongLabels {
        /// Owner of the set.
        name: Name,
        /// Type of the set.
        rtype: RrType,
        /// The zone that it stands in.
        zone: Name,
        /// Tag of the key.
        tag: u16,
    },
    /// All signatures are malformed or of algorithms that are not checked here, though the zone promised others.
    NoUsableSignature {
        /// Owner of the set.
        name: Name,
        /// Type of the set.
        rtype: RrType,
        /// The zone that it stands in.
        zone: Name,
        /// Key tag and algorithm of the first of them that can be read.
        readable: Option<(u16, Algorithm)>,
    },
    /// More than two keys of one tag and algorithm (KeyTrap).
    KeyTagCollisions {
        /// The zone.
        zone: Name,
        /// The tag.
        tag: u16,
    },
    /// The zone has no DNSKEY set, or it cannot be had.
    NoDnskey {
        /// The zone.
        zone: Name,
        /// Tags that the DS records or trust anchors name.
        tags: Vec<u16>,
    },
    /// No key of the zone fits the DS records of its parent, or the trust anchor.
    NoMatchingKey {
        /// The zone.
        zone: Name,
        /// Tags that the DS records name.
        tags: Vec<u16>,
    },
    /// The key that the DS record or trust anchor names is no zone key.
    NoZoneKeyBit {
        /// The zone.
        zone: Name,
        /// Its tag.
        tag: u16,
    },
    /// The key that the DS record or trust anchor names is revoked (RFC 5011 §2.1).
    Revoked {
        /// The zone.
        zone: Name,
        /// Its tag, with the revocation bit.
        tag: u16,
    },
    /// The DNSKEY set is not signed by a key that a DS record or trust anchor vouches for.
    KeysNotSigned {
        /// The zone.
        zone: Name,
        /// What is wrong with the signatures.
        why: Box<Why>,
    },
    /// No DS record has an algorithm that is checked here: the zone counts as unsigned (RFC 4035 §5.2).
    UnsupportedAlgorithm {
        /// The zone.
        zone: Name,
        /// Tag of a key that has it.
        tag: u16,
        /// One of its algorithms.
        algorithm: Algorithm,
    },
    /// No DS record has a digest that is compared here: the zone counts as unsigned (RFC 4509 §3).
    UnsupportedDigest {
        /// The zone.
        zone: Name,
        /// Tag of the key that its DS record names.
        tag: u16,
        /// One of its digest types.
        digest: DigestType,
    },
    /// A denial without the records that prove it.
    NoProof {
        /// What is denied.
        name: Name,
        /// Type that is denied.
        rtype: RrType,
        /// The zone that has to prove it.
        zone: Name,
        /// What is missing or wrong.
        what: &'static str,
    },
    /// Data that comes from a wildcard, without the records that deny the name itself (RFC 4035 §5.3.4).
    WildcardNotProven {
        /// Owner of the set.
        name: Name,
        /// Type of the set.
        rtype: RrType,
        /// The zone that it stands in.
        zone: Name,
        /// What is missing or wrong.
        what: &'static str,
    },
    /// NSEC3 with so many iterations that nobody has to count them (RFC 9276 §3.2).
    TooManyIterations {
        /// The zone.
        zone: Name,
        /// The number.
        iterations: u16,
    },
    /// The zone spent the allowance for work.
    TooMuchWork {
        /// On what.
        what: &'static str,
        /// The zone.
        zone: Name,
        /// Tag of the key that was about to be tried, if it was about keys.
        tag: Option<u16>,
    },
    /// Data of a zone whose existence the signed zone above denies, and that no trust anchor is for.
    NotDelegated {
        /// Owner of the set.
        name: Name,
        /// Type of the set.
        rtype: RrType,
        /// The zone.
        zone: Name,
    },
    /// A negative trust anchor of the operator covers the name (RFC 7646).
    NegativeTrustAnchor {
        /// The anchor.
        name: Name,
    },
}

impl Why {
    /// The extended error that tells it.
    pub fn ede(&self) -> EdeCode {
        match self {
            Self::NoSignature { .. } => EdeCode::RRSIGS_MISSING,
            Self::BadSignature { .. }
            | Self::WrongSigner { .. }
            | Self::WrongLabels { .. }
            | Self::KeyTagCollisions { .. }
            // RFC 8914 §4.13 is for data that is missing; this is there.
            | Self::WildcardNotProven { .. }
            | Self::NotDelegated { .. }
            | Self::TooMuchWork { .. } => EdeCode::DNSSEC_BOGUS,
            Self::NoUsableSignature { readable: Some(_), .. } => EdeCode::UNSUPPORTED_DNSKEY_ALGORITHM,
            Self::NoUsableSignature { readable: None, .. } => EdeCode::DNSSEC_BOGUS,
            Self::Expired { .. } => EdeCode::SIGNATURE_EXPIRED,
            Self::NotYetValid { .. } => EdeCode::SIGNATURE_NOT_YET_VALID,
            Self::ExpiredBeforeValid { .. } => EdeCode::SIGNATURE_EXPIRED_BEFORE_VALID,
            Self::NoKey { .. } | Self::NoDnskey { .. } | Self::NoMatchingKey { .. } | Self::Revoked { .. } => {
                EdeCode::DNSKEY_MISSING
            }
            Self::NoZoneKeyBit { .. } => EdeCode::NO_ZONE_KEY_BIT,
            // A DNSKEY set that its own keys do not vouch for is as good as none, but the reason is the better news.
            Self::KeysNotSigned { why, .. } => why.ede(),
            Self::UnsupportedAlgorithm { .. } => EdeCode::UNSUPPORTED_DNSKEY_ALGORITHM,
            Self::UnsupportedDigest { .. } => EdeCode::UNSUPPORTED_DS_DIGEST,
            Self::NoProof { .. } => EdeCode::NSEC_MISSING,
            Self::TooManyIterations { .. } => EdeCode::UNSUPPORTED_NSEC3_ITERATIONS,
            Self::NegativeTrustAnchor { .. } => EdeCode::NEGATIVE_TRUST_ANCHOR,
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSignature { name, rtype, zone } => {
                write!(f, "{name} {rtype} has no signature, and {zone} is signed")
            }
            Self::BadSignature { name, rtype, zone, tag, algorithm } => write!(
                f,
                "the signature over {name} {rtype} by key {tag} of {zone} ({algorithm}) does not fit the data"
            ),
            Self::Expired { name, rtype, zone, tag, since } => {
                write!(f, "the signature over {name} {rtype} by key {tag} of {zone} expired {} ago", Span(*since))
            }
            Self::NotYetValid { name, rtype, zone, tag, until } => {
                write!(f, "the signature over {name} {rtype} by key {tag} of {zone} begins in {}", Span(*until))
            }
            Self::ExpiredBeforeValid { name, rtype, zone, tag } => {
                write!(f, "the signature over {name} {rtype} by key {tag} of {zone} expires before it begins")
            }
            Self::NoKey { name, rtype, tag, zone } => {
                write!(f, "{name} {rtype} is signed by key {tag}, which {zone} does not have")
            }
            Self::WrongSigner { name, rtype, signer, tag: Some(tag), zone } => {
                write!(f, "{name} {rtype} is signed by key {tag} of {signer}, but belongs to {zone}")
            }
            Self::WrongSigner { name, rtype, signer, tag: None, zone } => {
                write!(f, "{name} {rtype} claims to be of {signer}, but belongs to {zone}")
            }
            Self::WrongLabels { name, rtype, zone, tag } => write!(
                f,
                "the signature over {name} {rtype} by key {tag} of {zone} has a label count that does not fit the name"
            ),
            Self::NoUsableSignature { name, rtype, zone, readable: Some((tag, algorithm)) } => write!(
                f,
                "{name} {rtype} is signed with {algorithm} only (key {tag} of {zone}), which is not supported"
            ),
            Self::NoUsableSignature { name, rtype, zone, readable: None } => {
                write!(f, "the signatures over {name} {rtype} are malformed, and {zone} is signed")
            }
            Self::KeyTagCollisions { zone, tag } => write!(f, "{zone} has more than two keys with tag {tag}"),
            Self::NoDnskey { zone, tags } if zone.is_root() => {
                write!(f, "there is a trust anchor for the root{}, but no DNSKEY can be had", Tags(tags))
            }
            Self::NoDnskey { zone, tags } => {
                write!(f, "{zone} has a DS record or trust anchor{}, but no DNSKEY can be had", Tags(tags))
            }
            Self::NoMatchingKey { zone, tags } => {
                let vouchers = if zone.is_root() {
                    "its trust anchors"
                } else {
                    "the DS records at its parent or the trust anchors"
                };
                write!(f, "no DNSKEY of {zone} matches {vouchers}{}", Tags(tags))
            }
            Self::NoZoneKeyBit { zone, tag } => write!(f, "key {tag} of {zone} is not marked as a zone key"),
            Self::Revoked { zone, tag } => write!(f, "key {tag} of {zone} is revoked"),
            Self::KeysNotSigned { zone, why } => write!(f, "the keys of {zone} are not vouched for: {why}"),
            Self::UnsupportedAlgorithm { zone, tag, algorithm } => write!(
                f,
                "{zone} is signed with {algorithm} only (key {tag}), which is not supported: treated as unsigned"
            ),
            Self::UnsupportedDigest { zone, tag, digest } => write!(
                f,
                "the DS records of {zone} use {digest} only (key {tag}), which is not supported: treated as unsigned"
            ),
            Self::NoProof { name, rtype, zone, what } => {
                write!(f, "the denial of {name} {rtype} is not proven by {zone}: {what}")
            }
            Self::WildcardNotProven { name, rtype, zone, what } => {
                write!(f, "{name} {rtype} comes from a wildcard of {zone}, and the name is not denied: {what}")
            }
            Self::TooManyIterations { zone, iterations } => {
                write!(f, "{zone} uses NSEC3 with {iterations} iterations")
            }
            Self::TooMuchWork { what, zone, tag: Some(tag) } => {
                write!(f, "{zone} needs too many {what}; the next would be for key {tag}")
            }
            Self::TooMuchWork { what, zone, tag: None } => write!(f, "{zone} needs too many {what}"),
            Self::NotDelegated { name, rtype, zone } => write!(
                f,
                "{name} {rtype} comes from {zone}, which the signed zone above it denies; \
                 a private zone needs a trust anchor or a negative trust anchor"
            ),
            Self::NegativeTrustAnchor { name } => {
                write!(f, "validation is switched off for {name} by a negative trust anchor")
            }
        }
    }
}

/// Key tags in brackets; nothing if there are none.
struct Tags<'a>(&'a [u16]);

impl fmt::Display for Tags<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((first, others)) = self.0.split_first() else { return Ok(()) };
        write!(f, " (key {first}")?;
        others.iter().try_for_each(|tag| write!(f, ", {tag}"))?;
        f.write_str(")")
    }
}

/// A number of seconds in the largest whole unit.
struct Span(u32);

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            seconds @ 172_800.. => write!(f, "{} days", seconds / 86_400),
            seconds @ 7_200.. => write!(f, "{} hours", seconds / 3_600),
            seconds @ 120.. => write!(f, "{} minutes", seconds / 60),
            seconds => write!(f, "{seconds} s"),
        }
    }
}
