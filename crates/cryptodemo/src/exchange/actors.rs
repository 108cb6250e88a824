//! Who takes part: the authority, B with key and certificate, and what A believes.

use std::time::{Duration, SystemTime};

use super::client::Trust;
use super::server::Identity;
use crate::Result;
use crate::certificates::{Authority, Request};
use crate::keys::{KeyAlgorithm, PrivateKey};

/// B's name, which A wants to talk to. The domain is reserved for examples (RFC 2606).
pub const NAME: &str = "b.example";
/// Name of the authority.
pub(super) const AUTHORITY_NAME: &str = "cryptodemo demo CA";
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The authority and B, and what A believes.
pub(super) struct Actors {
    pub(super) authority: Authority,
    pub(super) key: PrivateKey,
    pub(super) identity: Identity,
    pub(super) trust: Trust,
    pub(super) key_time: Duration,
    pub(super) certificate_time: Duration,
}

impl Actors {
    pub(super) fn new(algorithm: KeyAlgorithm) -> Result<Self> {
        let at = crate::time::wall();
        let authority = authority(AUTHORITY_NAME);
        let (key, key_time) = crate::time::measure(|| PrivateKey::generate(algorithm));
        let (certificate, certificate_time) = crate::time::measure(|| authority.issue(&valid(at), &key));
        let identity = Identity::new(&key, certificate?)?;
        let trust = Trust { authority_der: authority.certificate_der().to_vec(), name: NAME.to_owned(), at };
        Ok(Self { authority, key, identity, trust, key_time, certificate_time })
    }
}

/// A new authority. ECDSA on purpose: with a key that cannot encrypt at all it is plain that an authority signs.
pub(super) fn authority(name: &str) -> Authority {
    Authority::new(name, KeyAlgorithm::P256, 365 * DAY)
}

/// A certificate in order.
pub(super) fn valid(at: SystemTime) -> Request {
    Request { names: vec![NAME.to_owned()], not_before: at - DAY, lifetime: 30 * DAY }
}

/// One whose time has passed.
pub(super) fn expired(at: SystemTime) -> Request {
    Request { names: vec![NAME.to_owned()], not_before: at - 30 * DAY, lifetime: 29 * DAY }
}

/// One for another name.
pub(super) fn for_another(at: SystemTime) -> Request {
    Request { names: vec!["c.example".to_owned()], not_before: at - DAY, lifetime: 30 * DAY }
}
