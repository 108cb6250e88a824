//! Algorithm and digest numbers, and which of them count here.

use std::fmt;

/// A DNSSEC algorithm number (RFC 4034 appendix A.1, RFC 8624).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Algorithm(pub u8);

/// A DS digest type (RFC 4034 appendix A.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DigestType(pub u8);

/// What the operator accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Whether RSASHA1 and RSASHA1-NSEC3-SHA1 count as supported.
    pub accept_sha1: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Self { accept_sha1: true }
    }
}

impl Algorithm {
    /// RSA/SHA-1 (RFC 3110).
    pub const RSASHA1: Self = Self(5);
    /// RSA/SHA-1 for zones with NSEC3 (RFC 5155 §2).
    pub const RSASHA1_NSEC3_SHA1: Self = Self(7);
    /// RSA/SHA-256 (RFC 5702).
    pub const RSASHA256: Self = Self(8);
    /// RSA/SHA-512 (RFC 5702).
    pub const RSASHA512: Self = Self(10);
    /// ECDSA P-256 with SHA-256 (RFC 6605).
    pub const ECDSAP256SHA256: Self = Self(13);
    /// ECDSA P-384 with SHA-384 (RFC 6605).
    pub const ECDSAP384SHA384: Self = Self(14);
    /// Ed25519 (RFC 8080).
    pub const ED25519: Self = Self(15);

    /// Whether signatures of this algorithm are checked here. A zone with others only counts as unsigned
    /// (RFC 4035 §5.2).
    pub fn is_supported(self, policy: Policy) -> bool {
        match self {
            Self::RSASHA1 | Self::RSASHA1_NSEC3_SHA1 => policy.accept_sha1,
            Self::RSASHA256 | Self::RSASHA512 | Self::ECDSAP256SHA256 | Self::ECDSAP384SHA384 | Self::ED25519 => true,
            _ => false,
        }
    }

    /// The mnemonic, if there is one.
    pub fn mnemonic(self) -> Option<&'static str> {
        proto::rdata::dnssec::algorithm_mnemonic(self.0)
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.mnemonic() {
            Some(mnemonic) => f.pad(mnemonic),
            None => write!(f, "algorithm {}", self.0),
        }
    }
}

impl DigestType {
    /// SHA-1 (RFC 3658).
    pub const SHA1: Self = Self(1);
    /// SHA-256 (RFC 4509).
    pub const SHA256: Self = Self(2);
    /// SHA-384 (RFC 6605).
    pub const SHA384: Self = Self(4);

    /// The digest function, if it is supported.
    pub(crate) fn function(self) -> Option<&'static ring::digest::Algorithm> {
        match self {
            Self::SHA1 => Some(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY),
            Self::SHA256 => Some(&ring::digest::SHA256),
            Self::SHA384 => Some(&ring::digest::SHA384),
            _ => None,
        }
    }

    /// Whether digests of this type are compared here.
    pub fn is_supported(self) -> bool {
        self.function().is_some()
    }

    /// Order of preference among supported ones (RFC 4509 §3: SHA-1 only if there is nothing better).
    pub(crate) fn strength(self) -> u8 {
        match self {
            Self::SHA384 => 3,
            Self::SHA256 => 2,
            Self::SHA1 => 1,
            _ => 0,
        }
    }
}

impl fmt::Display for DigestType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            1 => f.pad("SHA-1"),
            2 => f.pad("SHA-256"),
            3 => f.pad("GOST R 34.11-94"),
            4 => f.pad("SHA-384"),
            other => write!(f, "digest type {other}"),
        }
    }
}
