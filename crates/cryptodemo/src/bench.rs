//! Timing that can be believed: cases prepared beforehand and checked by known answers, warm-up, interleaved rounds, and
//! the median with its spread.
//!
//! What is timed is one operation with a key that is ready: key generation, parsing, key schedules and the making of
//! inputs lie outside, for all backends alike. Encryption and decryption are separate figures. Time in which the system
//! ran another program instead is taken off, where the system tells it (Linux): `openssl speed` counts processor time as
//! well.
//!
//! Nonces. A timing loop encrypts one buffer again and again, so it repeats its nonce, which would be fatal in real use:
//! two messages under one nonce give away the XOR of both, and in GCM the key of the tag (NIST SP 800-38D appendix A).
//! Three things keep that apart from real code. Encryption as the public trait [`Aead`](crate::aead::Aead) has it takes a
//! [`Nonce`](crate::aead::Nonce) by value, which is neither cloned nor made from bytes. The trait that takes a nonce by
//! reference is visible in this crate only. And here it is reached by `rehearsal` alone, whose key is made by
//! itself, from randomness, and is neither taken from nor given to anybody; its buffers are filled by itself as well.

pub mod against;
pub mod cases;
pub mod environment;
pub mod generation;
pub mod openssl;
mod rehearsal;
pub mod statistics;
pub mod timing;
pub(crate) mod waiting;

pub use environment::{Environment, Profile};
pub use statistics::Summary;
pub use timing::{Case, Label, Operation, Timed};

use crate::error::{Error, Result};

/// A spread above this share of the median is marked: the figure is not to be relied on.
pub const SPREAD_LIMIT: f64 = 0.10;

/// What to do about a build whose times mean nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DebugTiming {
    /// Do not time it.
    Refused,
    /// The user wants it nonetheless.
    Allowed,
}

/// Lets only optimised builds be timed: without optimisation Rust code is slower by a factor of ten to a thousand, while
/// the assembly of the other backends is not, so that every conclusion would be wrong.
///
/// # Errors
/// [`Error::Unsafe`] for a debug build, unless it is allowed.
pub fn require_release(profile: Profile, debug: DebugTiming) -> Result<()> {
    match (profile, debug) {
        (Profile::Debug, DebugTiming::Refused) => Err(Error::Unsafe(
            "this is a debug build, its times mean nothing: build with --release, or give --allow-debug".to_owned(),
        )),
        (Profile::Release, _) | (_, DebugTiming::Allowed) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_debug_build_is_not_timed_unless_told() {
        let refused = require_release(Profile::Debug, DebugTiming::Refused).expect_err("it is a debug build");
        assert_eq!(refused.exit_code(), 7);
        assert!(refused.to_string().contains("--allow-debug"));
        assert!(require_release(Profile::Debug, DebugTiming::Allowed).is_ok());
        assert!(require_release(Profile::Release, DebugTiming::Refused).is_ok());
    }
}
