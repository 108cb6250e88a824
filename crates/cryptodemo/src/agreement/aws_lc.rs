//! Key agreement by AWS-LC.

use aws_lc_rs::agreement::{Algorithm, ECDH_P256, ParsedPublicKey, PrivateKey, UnparsedPublicKey, X25519, agree};

use super::{Curve, Ephemeral, Static};
use crate::Secret;

struct Holder {
    algorithm: &'static Algorithm,
    key: PrivateKey,
}

struct Peer {
    algorithm: &'static Algorithm,
    public: ParsedPublicKey,
}

const fn algorithm(curve: Curve) -> &'static Algorithm {
    match curve {
        Curve::X25519 => &X25519,
        Curve::P256 => &ECDH_P256,
    }
}

pub(super) fn with_key(curve: Curve, private: &[u8]) -> Option<Box<dyn Static>> {
    let algorithm = algorithm(curve);
    Some(Box::new(Holder { algorithm, key: PrivateKey::from_private_key(algorithm, private).ok()? }))
}

pub(super) fn with_fresh_keys(curve: Curve, public: &[u8]) -> Option<Box<dyn Ephemeral>> {
    let algorithm = algorithm(curve);
    Some(Box::new(Peer { algorithm, public: UnparsedPublicKey::new(algorithm, public).try_into().ok()? }))
}

impl Static for Holder {
    fn agree(&self, public: &[u8]) -> Option<Secret> {
        // AWS-LC would read other encodings of a point too; there shall be one.
        let curve = if self.algorithm == &X25519 { Curve::X25519 } else { Curve::P256 };
        if public.len() != curve.public_len() {
            return None;
        }
        let public = UnparsedPublicKey::new(self.algorithm, public);
        agree(&self.key, public, (), |shared| Ok(Secret::from(shared))).ok()
    }
}

impl Ephemeral for Peer {
    fn agree(&self) -> Option<(Secret, Vec<u8>)> {
        let key = PrivateKey::generate(self.algorithm).ok()?;
        let own = key.compute_public_key().ok()?.as_ref().to_vec();
        let shared = agree(&key, self.public.clone(), (), |shared| Ok(Secret::from(shared))).ok()?;
        Some((shared, own))
    }
}
