//! Keys that sign zones. They follow from the name of their zone: the same world has the same keys, and nothing that they
//! protect is secret.

use std::fmt;
use std::sync::OnceLock;

use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use proto::Name;
use ring::digest;
use ring::rand::SystemRandom;
use ring::rsa::PublicKeyComponents;
use ring::signature::{Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};

/// Flag bit of keys of zones (RFC 4034 §2.1.1).
pub(crate) const ZONE_KEY: u16 = 0x0100;
/// Flag bit of keys that a DS record names.
pub(crate) const ENTRY_POINT: u16 = 0x0001;

/// Flag bit of keys that are not to be trusted any more (RFC 5011 §7).
pub(crate) const REVOKED: u16 = 0x0080;

/// The keys in `keys/`, which say in their names that they are the lab's.
const RSA_KEYS: [&[u8]; 2] =
    [include_bytes!("../../keys/lab-only-rsa-1.pk8"), include_bytes!("../../keys/lab-only-rsa-2.pk8")];

/// How a zone of the lab is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SigningAlgorithm {
    /// ECDSA P-256 with SHA-256 (RFC 6605), with deterministic signatures (RFC 6979).
    EcdsaP256,
    /// RSA with SHA-256 (RFC 5702), 2048 bits.
    RsaSha256,
    /// Ed25519 (RFC 8080).
    Ed25519,
}

impl SigningAlgorithm {
    /// The number in DNSKEY, DS and RRSIG records.
    pub fn number(self) -> u8 {
        match self {
            Self::RsaSha256 => 8,
            Self::EcdsaP256 => 13,
            Self::Ed25519 => 15,
        }
    }
}

enum Secret {
    EcdsaP256(Box<SigningKey>),
    Rsa(&'static RsaKeyPair),
    Ed25519(Box<Ed25519KeyPair>),
}

/// One key pair of a zone.
pub(crate) struct Key {
    /// The data of its DNSKEY record.
    pub(crate) dnskey: Vec<u8>,
    secret: Secret,
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.tag())
    }
}

impl Key {
    /// The key number `number` of a zone.
    pub(crate) fn of_zone(zone: &Name, number: u8, algorithm: SigningAlgorithm, flags: u16) -> Self {
        let seed = digest::digest(&digest::SHA256, &[b"lab key", zone.to_lowercase().wire(), &[number]].concat());
        let (secret, public) = match algorithm {
            SigningAlgorithm::EcdsaP256 => {
                let key =
                    SigningKey::from_slice(seed.as_ref()).expect("one hash in 2^32 is no key; none of ours is it");
                let point = key.verifying_key().to_sec1_point(false);
                (Secret::EcdsaP256(Box::new(key)), point.as_bytes()[1..].to_vec()) // RFC 6605 §4: without the 0x04
            }
            SigningAlgorithm::RsaSha256 => {
                let key = rsa(usize::from(seed.as_ref()[0] & 1));
                (Secret::Rsa(key), rsa_public(key))
            }
            SigningAlgorithm::Ed25519 => {
                let key = Ed25519KeyPair::from_seed_unchecked(seed.as_ref()).expect("a seed has 32 octets");
                let public = key.public_key().as_ref().to_vec();
                (Secret::Ed25519(Box::new(key)), public)
            }
        };
        let dnskey = [&flags.to_be_bytes()[..], &[3, algorithm.number()], &public].concat();
        Self { dnskey, secret }
    }

    /// The same under another algorithm number.
    pub(crate) fn renumbered(mut self, algorithm: u8) -> Self {
        self.dnskey[3] = algorithm;
        self
    }

    pub(crate) fn algorithm(&self) -> u8 {
        self.dnskey[3]
    }

    pub(crate) fn tag(&self) -> u16 {
        tag_of(&self.dnskey)
    }

    /// A signature in the form of the algorithm's RFC.
    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        match &self.secret {
            Secret::EcdsaP256(key) => {
                let signature: Signature = key.sign(message);
                signature.to_bytes().to_vec()
            }
            Secret::Rsa(key) => {
                let mut signature = vec![0; key.public().modulus_len()];
                // PKCS #1 v1.5 is deterministic; the random numbers only blind the computation.
                key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).expect("the key is sound");
                signature
            }
            Secret::Ed25519(key) => key.sign(message).as_ref().to_vec(),
        }
    }
}

fn rsa(number: usize) -> &'static RsaKeyPair {
    static KEYS: [OnceLock<RsaKeyPair>; RSA_KEYS.len()] = [const { OnceLock::new() }; RSA_KEYS.len()];
    KEYS[number].get_or_init(|| RsaKeyPair::from_pkcs8(RSA_KEYS[number]).expect("a key in keys/"))
}

/// RFC 3110 §2: length of the exponent, exponent, modulus.
fn rsa_public(key: &RsaKeyPair) -> Vec<u8> {
    let public: PublicKeyComponents<Vec<u8>> = key.public().into();
    [&[public.e.len() as u8], public.e.as_slice(), &public.n].concat()
}

/// The key tag of DNSKEY data (RFC 4034 appendix B).
pub(crate) fn tag_of(dnskey: &[u8]) -> u16 {
    let words = dnskey.chunks(2).map(|pair| u32::from(pair[0]) << 8 | u32::from(pair.get(1).copied().unwrap_or(0)));
    let sum: u32 = words.sum();
    (sum + (sum >> 16)) as u16
}

/// Other data with the same tag and beginning, of a key or a signature: the tag is a sum of pairs of octets, so those may
/// change places. The last 32 octets make enough of it.
pub(crate) fn double(data: &[u8], number: u8) -> Vec<u8> {
    let mut out = data.to_vec();
    let number = usize::from(number);
    let start = (out.len() - 16) & !1;
    let end = start + 16.min((out.len() - start) & !1);
    out[start..end].rotate_left(2 * (1 + number % 7));
    out[start - 16..start].rotate_left(2 * (number / 7 % 8));
    out
}

/// DS data for DNSKEY data, with SHA-256 (RFC 4509 §2).
pub(crate) fn ds_of(zone: &Name, dnskey: &[u8]) -> Vec<u8> {
    let digest = digest::digest(&digest::SHA256, &[zone.to_lowercase().wire(), dnskey].concat());
    [&tag_of(dnskey).to_be_bytes()[..], &[dnskey[3], 2], digest.as_ref()].concat()
}
