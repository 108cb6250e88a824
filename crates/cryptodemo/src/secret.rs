//! Bytes that must not be printed nor stay in memory.

use std::fmt;

use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// Secret bytes: a key, a shared secret, a private key's encoding. Overwritten when dropped; `Debug` tells the length only,
/// and the time of a comparison too.
#[derive(Clone, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// Takes the bytes over. A copy that the caller keeps is the caller's to overwrite.
    #[must_use]
    pub const fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// Fresh random bytes from the operating system.
    #[must_use]
    pub fn random(len: usize) -> Self {
        let mut bytes = vec![0; len];
        crate::random::fill(&mut bytes);
        Self(bytes)
    }

    /// The bytes. The long name makes each use visible in review.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// Number of bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no bytes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<&[u8]> for Secret {
    fn from(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_equal_if_all_their_bytes_are() {
        let secret = Secret::new(vec![1, 2, 3]);
        for (other, is_equal) in
            [(&[1, 2, 3][..], true), (&[1, 2], false), (&[1, 2, 3, 0], false), (&[0, 2, 3], false), (&[], false)]
        {
            assert_eq!(secret == Secret::from(other), is_equal, "{other:?}");
        }
        assert_eq!(format!("{secret:?}"), "Secret(3 bytes)");
    }
}
