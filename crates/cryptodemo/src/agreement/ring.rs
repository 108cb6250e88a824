//! Key agreement by ring, which takes no private keys from outside.

use ring::agreement::{Algorithm, ECDH_P256, EphemeralPrivateKey, UnparsedPublicKey, X25519, agree_ephemeral};
use ring::rand::SystemRandom;

use super::{Curve, Ephemeral};
use crate::Secret;

struct Peer {
    algorithm: &'static Algorithm,
    /// ring parses it at each agreement; it has no type for a parsed one.
    public: Vec<u8>,
}

pub(super) fn with_fresh_keys(curve: Curve, public: &[u8]) -> Box<dyn Ephemeral> {
    let algorithm = match curve {
        Curve::X25519 => &X25519,
        Curve::P256 => &ECDH_P256,
    };
    Box::new(Peer { algorithm, public: public.to_vec() })
}

impl Ephemeral for Peer {
    fn agree(&self) -> Option<(Secret, Vec<u8>)> {
        let key = EphemeralPrivateKey::generate(self.algorithm, &SystemRandom::new()).ok()?;
        let own = key.compute_public_key().ok()?.as_ref().to_vec();
        let public = UnparsedPublicKey::new(self.algorithm, &self.public);
        let shared = agree_ephemeral(key, &public, |shared| Secret::from(shared)).ok()?;
        Some((shared, own))
    }
}
