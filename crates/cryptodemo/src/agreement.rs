//! Key agreement on one curve, raw: both sides get the same shared value, which is no key yet. [`crate::kem`] derives
//! keys from it.

mod aws_lc;
mod ring;
mod rust;

use serde::Serialize;

use crate::{Backend, Error, Result, Secret};

/// Curves for key agreement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Curve {
    /// X25519 (RFC 7748): private keys, public keys and shared values of 32 bytes.
    #[serde(rename = "x25519")]
    X25519,
    /// ECDH on P-256 (SP 800-56A section 5.7.1.2): private keys and shared values of 32 bytes, public keys as uncompressed
    /// points of 65 bytes.
    #[serde(rename = "p256")]
    P256,
}

/// One private key, ready to agree with any public key.
pub trait Static: Send + Sync {
    /// The shared value. `None` if the other's public key is invalid, or the shared value all zero (RFC 7748 section 6.1).
    fn agree(&self, public: &[u8]) -> Option<Secret>;
}

/// One public key of the other side, ready for agreements with fresh keys.
pub trait Ephemeral: Send + Sync {
    /// Makes a fresh key pair and agrees: the shared value and the fresh public key. `None` as for [`Static::agree`].
    fn agree(&self) -> Option<(Secret, Vec<u8>)>;
}

impl Curve {
    /// Length of a public key in bytes.
    #[must_use]
    pub const fn public_len(self) -> usize {
        match self {
            Self::X25519 => 32,
            Self::P256 => 65,
        }
    }

    /// Name as on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::X25519 => "x25519",
            Self::P256 => "p256",
        }
    }
}

/// Backends that agree with private keys that they are given. ring makes its own only.
pub const STATIC_BACKENDS: &[Backend] = &[Backend::AwsLc, Backend::Rust];
/// Backends that agree with fresh private keys.
pub const EPHEMERAL_BACKENDS: &[Backend] = &Backend::ALL;

/// Ready to agree with a private key of 32 bytes.
///
/// # Errors
/// `Error::Key` if the key is invalid, `Error::Usage` if the backend takes no private keys.
pub fn with_key(curve: Curve, backend: Backend, private: &Secret) -> Result<Box<dyn Static>> {
    match backend {
        Backend::AwsLc => aws_lc::with_key(curve, private.expose()),
        Backend::Ring => {
            return Err(Error::Usage(format!(
                "ring agrees with keys of its own making only, not with {}",
                curve.name()
            )));
        }
        Backend::Rust => rust::with_key(curve, private.expose()),
    }
    .ok_or_else(|| invalid(curve))
}

/// Ready to agree with fresh keys, with the holder of a public key.
///
/// # Errors
/// `Error::Key` if the public key is invalid.
pub fn with_fresh_keys(curve: Curve, backend: Backend, public: &[u8]) -> Result<Box<dyn Ephemeral>> {
    if public.len() != curve.public_len() {
        return Err(invalid(curve));
    }
    match backend {
        Backend::AwsLc => aws_lc::with_fresh_keys(curve, public),
        Backend::Ring => Some(ring::with_fresh_keys(curve, public)),
        Backend::Rust => rust::with_fresh_keys(curve, public),
    }
    .ok_or_else(|| invalid(curve))
}

fn invalid(curve: Curve) -> Error {
    Error::Key(format!("the key is no valid key of {}", curve.name()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7748 section 6.1: with points of small order every key agrees on zero, which must be noticed; P-256 refuses
    /// what is not on the curve (SP 800-56A section 5.6.2.3.3).
    #[test]
    fn bad_public_values_are_refused_by_all_backends() {
        let mut one = [0; 32];
        one[0] = 1;
        let mut outside = [1; 65];
        outside[0] = 4;
        let bad = [
            (Curve::X25519, vec![0; 32]),
            (Curve::X25519, one.to_vec()),
            (Curve::P256, outside.to_vec()),
            (Curve::P256, vec![0; 65]),
            (Curve::X25519, vec![9; 31]),
            (Curve::P256, vec![4; 64]),
        ];
        for (curve, public) in bad {
            for backend in EPHEMERAL_BACKENDS {
                let shared = with_fresh_keys(curve, *backend, &public).ok().and_then(|it| it.agree());
                assert!(shared.is_none(), "{backend} {public:?}");
            }
            for backend in STATIC_BACKENDS {
                let key = with_key(curve, *backend, &Secret::new(vec![7; 32])).expect("a valid key");
                assert!(key.agree(&public).is_none(), "{backend} {public:?}");
            }
        }
    }

    /// RFC 7748 section 5.2: the first value of its iteration, scalar and point both 9.
    #[test]
    fn x25519_gives_the_published_value() {
        let mut nine = [0; 32];
        nine[0] = 9;
        let expect = "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079";
        for backend in STATIC_BACKENDS {
            let key = with_key(Curve::X25519, *backend, &Secret::from(&nine[..])).expect("a valid key");
            let shared = key.agree(&nine).expect("a valid point");
            let hex: String = shared.expose().iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(hex, expect, "{backend}");
        }
    }
}
