//! A key exchange without signatures: whoever stands between reads and changes everything.

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use hkdf::Hkdf;
use sha2::Sha256;
use x25519_dalek::{PublicKey, StaticSecret};

use super::story::{self, Step, Story, hex, text};
use crate::aead::AeadAlgorithm;
use crate::error::Error;
use crate::sym::{self, Algorithm};
use crate::{Result, Secret};

/// Longest message of the demonstration in bytes.
pub const MAX_MESSAGE: usize = 64 * 1024;

const AEAD: Algorithm = Algorithm::Authenticated(AeadAlgorithm::Aes256Gcm);

/// An ephemeral key pair of X25519 (RFC 7748 section 6.1).
struct Ephemeral {
    secret: StaticSecret,
    public: [u8; 32],
}

impl Ephemeral {
    fn generate() -> Self {
        let secret = StaticSecret::random_from_rng(&mut crate::random::generator());
        let public = PublicKey::from(&secret).to_bytes();
        Self { secret, public }
    }

    /// The session's key, by HKDF-SHA256 (RFC 5869) from the shared secret.
    fn session(&self, theirs: &[u8; 32]) -> Secret {
        let shared = self.secret.diffie_hellman(&PublicKey::from(*theirs));
        let mut key = vec![0; AEAD.key_len()];
        let derived = Hkdf::<Sha256>::new(None, shared.as_bytes()).expand(b"cryptodemo attack mitm", &mut key);
        derived.expect("32 bytes are below the limit");
        Secret::new(key)
    }
}

/// The one between A and B. Both believe to talk to each other.
struct Mallory {
    own: Ephemeral,
    with_a: Option<Secret>,
    with_b: Option<Secret>,
}

impl Mallory {
    fn new() -> Self {
        Self { own: Ephemeral::generate(), with_a: None, with_b: None }
    }

    /// Takes A's public key off the wire; what B gets instead.
    fn public_from_a(&mut self, public: &[u8; 32]) -> [u8; 32] {
        self.with_a = Some(self.own.session(public));
        self.own.public
    }

    /// Takes B's public key off the wire; what A gets instead.
    fn public_from_b(&mut self, public: &[u8; 32]) -> [u8; 32] {
        self.with_b = Some(self.own.session(public));
        self.own.public
    }

    /// Takes a message of A off the wire: what it says, and what B gets instead.
    fn message_from_a(&self, wire: &[u8], instead: &[u8]) -> Result<(Vec<u8>, Vec<u8>)> {
        let (Some(with_a), Some(with_b)) = (&self.with_a, &self.with_b) else {
            return Err(Error::decryption());
        };
        Ok((sym::decrypt(AEAD, with_a, wire.to_vec())?, encrypt(with_b, instead)?))
    }
}

fn encrypt(key: &Secret, message: &[u8]) -> Result<Vec<u8>> {
    Ok(sym::encrypt(AEAD, key, message.to_vec())?.parts().concat())
}

/// What Mallory got out of the exchange.
#[derive(Debug, PartialEq, Eq)]
struct Robbed {
    a_public: [u8; 32],
    b_public: [u8; 32],
    mallory_public: [u8; 32],
    wire: Vec<u8>,
    read: Vec<u8>,
    b_reads: Vec<u8>,
}

fn exchange_without_signatures(message: &[u8], instead: &[u8]) -> Result<Robbed> {
    let (a, b, mut mallory) = (Ephemeral::generate(), Ephemeral::generate(), Mallory::new());
    let b_received = mallory.public_from_a(&a.public);
    let a_received = mallory.public_from_b(&b.public);
    let wire = encrypt(&a.session(&a_received), message)?;
    let (read, replaced) = mallory.message_from_a(&wire, instead)?;
    let b_reads = sym::decrypt(AEAD, &b.session(&b_received), replaced)?;
    Ok(Robbed { a_public: a.public, b_public: b.public, mallory_public: mallory.own.public, wire, read, b_reads })
}

/// What B signs: both public keys as B knows them.
fn transcript(a_public: &[u8; 32], b_public: &[u8; 32]) -> Vec<u8> {
    [b"cryptodemo attack mitm: key exchange".as_slice(), a_public, b_public].concat()
}

/// How A answers to what arrives under B's name: B's own key; Mallory's under B's signature, where Mallory has put her key
/// in towards both or towards A only; and Mallory's under her own signature.
#[derive(Debug, PartialEq, Eq)]
struct Signed {
    genuine: bool,
    towards_both: bool,
    towards_a: bool,
    mallory_signature: bool,
}

fn exchange_with_signatures() -> Result<Signed> {
    let identity = || Ed25519KeyPair::generate().map_err(|_| Error::Key("no Ed25519 key was made".to_owned()));
    // A knows B's long-term public key beforehand: a certificate brings it.
    let (b_identity, mallory_identity) = (identity()?, identity()?);
    let b_known = UnparsedPublicKey::new(&ED25519, b_identity.public_key().as_ref());
    let (a, b, mut mallory) = (Ephemeral::generate(), Ephemeral::generate(), Mallory::new());
    let a_accepts =
        |received: &[u8; 32], signature: &[u8]| b_known.verify(&transcript(&a.public, received), signature).is_ok();
    let over_own = b_identity.sign(&transcript(&a.public, &b.public));
    let b_received = mallory.public_from_a(&a.public);
    let a_received = mallory.public_from_b(&b.public);
    let over_both = b_identity.sign(&transcript(&b_received, &b.public));
    let by_mallory = mallory_identity.sign(&transcript(&a.public, &a_received));
    Ok(Signed {
        genuine: a_accepts(&b.public, over_own.as_ref()),
        towards_both: a_accepts(&a_received, over_both.as_ref()),
        towards_a: a_accepts(&a_received, over_own.as_ref()),
        mallory_signature: a_accepts(&a_received, by_mallory.as_ref()),
    })
}

/// Carries the attack out: A sends the message, and Mallory has B read the other one.
///
/// # Errors
/// [`Error::Key`] if no signature key can be made.
pub fn demonstrate(message: &[u8], instead: &[u8]) -> Result<Story> {
    let robbed = exchange_without_signatures(message, instead)?;
    let succeeded = robbed.read == message && robbed.b_reads == instead;
    let steps = vec![
        Step::new(
            "A and B send each other fresh X25519 public keys. Mallory stands between, keeps both, and gives each \
                   of them a key of her own.",
        )
        .fact("A sends", hex(&robbed.a_public))
        .fact("B sends", hex(&robbed.b_public))
        .fact("both receive", hex(&robbed.mallory_public)),
        Step::new(
            "A shares a secret with Mallory, and so does B. Neither notices: any 32 bytes look like the other's key. A \
                   encrypts with AES-256-GCM; Mallory has the key.",
        )
        .fact("A sends", hex(&robbed.wire))
        .fact("Mallory reads", text(&robbed.read)),
        Step::new("Mallory encrypts another message with the key she shares with B. Its tag is right.")
            .fact("B reads", text(&robbed.b_reads)),
    ];
    let signed = exchange_with_signatures()?;
    let says = |accepted| if accepted { "accepted" } else { "rejected" };
    let prevention_steps = vec![
        Step::new("B signs both public keys with its Ed25519 key, which A knows by a certificate. Without Mallory:")
            .fact("A says", says(signed.genuine)),
        Step::new("Mallory puts in her key and passes B's signature on: it is over other keys.")
            .fact("put in on both sides, A says", says(signed.towards_both))
            .fact("put in towards A only, A says", says(signed.towards_a)),
        Step::new("Mallory signs herself: it is not B's signature.").fact("A says", says(signed.mallory_signature)),
    ];
    let prevented = signed == Signed { genuine: true, towards_both: false, towards_a: false, mallory_signature: false };
    Ok(Story {
        attack: "mitm",
        title: "A key exchange that nobody signs is an exchange with anybody",
        steps,
        recovered: story::recovered(Some(&robbed.read)),
        succeeded,
        prevention: "A signature over the exchange by a key that a certificate vouches for, as in TLS.",
        prevention_steps,
        prevented,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_message_is_read_and_replaced() {
        // RFC 7748 section 7: Diffie-Hellman alone authenticates nobody.
        for len in [0, 1, 16, 1000] {
            let (message, instead) = (vec![b'm'; len], vec![b'i'; 2 * len]);
            let robbed = exchange_without_signatures(&message, &instead).unwrap();
            assert_eq!((robbed.read, robbed.b_reads), (message, instead));
        }
    }

    #[test]
    fn signatures_cover_both_keys() {
        // RFC 8446 section 4.4.3: a signature over less could be moved to another exchange.
        let keys = [[1; 32], [2; 32], [3; 32]];
        let signed = transcript(&keys[0], &keys[1]);
        for (a_public, b_public) in [(0, 2), (2, 1), (1, 0)] {
            assert_ne!(transcript(&keys[a_public], &keys[b_public]), signed);
        }
    }

    #[test]
    fn without_both_keys_nothing_is_read() {
        let mut mallory = Mallory::new();
        mallory.public_from_a(&Ephemeral::generate().public);
        assert!(matches!(mallory.message_from_a(&[0; 40], b""), Err(Error::Rejected(_))));
    }

    #[test]
    fn the_story_holds() {
        demonstrate(b"pay Bob 10", b"pay Eve 99").unwrap().verdict().unwrap();
    }
}
