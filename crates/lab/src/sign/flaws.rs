//! What can be wrong with a signed zone, for the museum and for random worlds.

/// One thing that is wrong with a signed zone. All else about it is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// All signatures but those over the keys have expired.
    Expired,
    /// The signature over the keys has expired.
    KeySignatureExpired,
    /// All signatures but those over the keys begin in the future.
    NotYetValid,
    /// The signatures do not fit the data; the keys' own does.
    BadSignatures,
    /// There are no signatures but the one over the keys.
    NoSignatures,
    /// There is no DNSKEY set.
    NoKeys,
    /// The DS record at the parent names another key tag.
    WrongDsTag,
    /// The DS record at the parent has another digest.
    WrongDsDigest,
    /// The DS record at the parent has a digest type that is not assigned.
    UnknownDigest,
    /// The algorithm number is not assigned.
    UnknownAlgorithm,
    /// Negative answers come without NSEC or NSEC3 records.
    NoDenial,
    /// NSEC3 records name other parameters than those by which names were hashed.
    WrongNsec3Parameters,
    /// The key is revoked (RFC 5011 §2.1).
    RevokedKey,
    /// The key lacks the flag "zone key" (RFC 4034 §2.1.1).
    NoZoneKeyBit,
    /// Three keys have one tag.
    KeyTagCollisions,
    /// Dozens of keys with one tag, and dozens of signatures (KeyTrap, CVE-2023-50387).
    KeyTrap,
    /// Dozens of wrong signatures stand before the right one.
    ManySignatures,
    /// Signatures name the parent as signer.
    WrongSigner,
    /// Signatures count one label too many.
    WrongLabels,
    /// Signatures count one label less than the zone's own name has, as if a wildcard above the zone had made the data.
    TooFewLabels,
    /// The zone has DS records for its children, but shows neither them nor proof that there are none.
    HidesDs,
    /// NSEC records lead to a name outside the zone.
    NextNameOutside,
    /// Data of a wildcard comes without proof that the name does not exist.
    NoWildcardProof,
    /// Names that exist get the wildcard's data.
    ReplaysWildcard,
}
