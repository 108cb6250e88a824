//! From a shared value to a key: HKDF with SHA-256 (RFC 5869).

use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::{KemAlgorithm, SHARED_SECRET_LEN};
use crate::Secret;

/// Salt: empty. Input keying material: the shared values in order. Info: the label `cryptodemo kem ` with the
/// algorithm's name and a zero byte, the encapsulation, the recipient's public key; the lengths of both are fixed by the
/// algorithm. So the secret is bound to everything that was sent (RFC 9180 section 4.1 does the same).
pub(super) fn derive(algorithm: KemAlgorithm, shared: &[&[u8]], encapsulation: &[u8], recipient: &[u8]) -> Secret {
    let keying = Zeroizing::new(shared.concat());
    let mut secret = Zeroizing::new([0; SHARED_SECRET_LEN]);
    Hkdf::<Sha256>::new(None, &keying)
        .expand_multi_info(
            &[b"cryptodemo kem ", algorithm.name().as_bytes(), &[0], encapsulation, recipient],
            &mut *secret,
        )
        .expect("32 bytes are fewer than 255 hashes");
    Secret::from(&secret[..])
}
