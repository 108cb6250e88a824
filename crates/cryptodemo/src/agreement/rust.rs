//! Key agreement by x25519-dalek and p256.

use p256::elliptic_curve::Generate as _;
use zeroize::Zeroizing;

use super::{Curve, Ephemeral, Static};
use crate::Secret;

struct Montgomery(x25519_dalek::StaticSecret);
struct Weierstrass(p256::SecretKey);
struct MontgomeryPeer(x25519_dalek::PublicKey);
struct WeierstrassPeer(p256::PublicKey);

pub(super) fn with_key(curve: Curve, private: &[u8]) -> Option<Box<dyn Static>> {
    Some(match curve {
        Curve::X25519 => {
            let scalar: Zeroizing<[u8; 32]> = Zeroizing::new(private.try_into().ok()?);
            Box::new(Montgomery(x25519_dalek::StaticSecret::from(*scalar)))
        }
        Curve::P256 if private.len() == 32 => Box::new(Weierstrass(p256::SecretKey::from_slice(private).ok()?)),
        Curve::P256 => return None,
    })
}

pub(super) fn with_fresh_keys(curve: Curve, public: &[u8]) -> Option<Box<dyn Ephemeral>> {
    Some(match curve {
        Curve::X25519 => Box::new(MontgomeryPeer(x25519_point(public)?)),
        Curve::P256 => Box::new(WeierstrassPeer(p256_point(public)?)),
    })
}

fn x25519_point(public: &[u8]) -> Option<x25519_dalek::PublicKey> {
    Some(x25519_dalek::PublicKey::from(<[u8; 32]>::try_from(public).ok()?))
}

fn p256_point(public: &[u8]) -> Option<p256::PublicKey> {
    if public.len() == Curve::P256.public_len() { p256::PublicKey::from_sec1_bytes(public).ok() } else { None }
}

fn x25519(scalar: &x25519_dalek::StaticSecret, point: &x25519_dalek::PublicKey) -> Option<Secret> {
    let shared = scalar.diffie_hellman(point);
    // All zero for points of small order (RFC 7748 section 6.1).
    shared.was_contributory().then(|| Secret::from(&shared.as_bytes()[..]))
}

fn p256(scalar: &p256::SecretKey, point: &p256::PublicKey) -> Secret {
    Secret::from(&scalar.diffie_hellman(point).raw_secret_bytes()[..])
}

impl Static for Montgomery {
    fn agree(&self, public: &[u8]) -> Option<Secret> {
        x25519(&self.0, &x25519_point(public)?)
    }
}

impl Static for Weierstrass {
    fn agree(&self, public: &[u8]) -> Option<Secret> {
        Some(p256(&self.0, &p256_point(public)?))
    }
}

impl Ephemeral for MontgomeryPeer {
    fn agree(&self) -> Option<(Secret, Vec<u8>)> {
        let scalar = x25519_dalek::StaticSecret::random_from_rng(&mut crate::random::generator());
        let own = x25519_dalek::PublicKey::from(&scalar);
        Some((x25519(&scalar, &self.0)?, own.to_bytes().to_vec()))
    }
}

impl Ephemeral for WeierstrassPeer {
    fn agree(&self) -> Option<(Secret, Vec<u8>)> {
        let scalar = p256::SecretKey::generate_from_rng(&mut crate::random::generator());
        Some((p256(&scalar, &self.0), scalar.public_key().to_sec1_bytes().to_vec()))
    }
}
