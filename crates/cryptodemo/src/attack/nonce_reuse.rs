//! AES-GCM with one nonce for two messages: the second is read, and then anything is forged.
//!
//! GCM encrypts by a key stream that depends on key and nonce only. Two messages under one nonce share it, so their
//! ciphertexts differ exactly as their plaintexts do. Their tags share the mask, which uncovers the hash key
//! (A. Joux, "Authentication failures in NIST version of GCM").

mod field;

use ghash::GHash;
use ghash::universal_hash::UniversalHash;

use self::field::Element;
use super::story::{self, Step, Story, hex, text};
use crate::aead::{self, AeadAlgorithm, NONCE_LEN, Nonce, RawAead, TAG_LEN};
use crate::error::Error;
use crate::{Result, Secret};

/// Longest message of the demonstration in bytes.
pub const MAX_MESSAGE: usize = 64 * 1024;

const BLOCK_LEN: usize = 16;

/// A message as it crosses the wire. The nonce is no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Captured {
    /// The nonce.
    pub nonce: [u8; NONCE_LEN],
    /// The ciphertext.
    pub ciphertext: Vec<u8>,
    /// The tag.
    pub tag: [u8; TAG_LEN],
}

/// The attacker reads: the plaintext of the second message, as far as the known one reaches.
#[must_use]
pub fn read(known: &[u8], known_ciphertext: &[u8], ciphertext: &[u8]) -> Vec<u8> {
    known.iter().zip(known_ciphertext).zip(ciphertext).map(|((known, first), second)| known ^ first ^ second).collect()
}

/// The attacker's prize: the hash key H and the mask of the tags of one nonce.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Forger {
    hash_key: Element,
    mask: Element,
}

impl Forger {
    /// From two messages of one nonce, equally long and of at most one block: their tags differ by (C1 + C2) H^2, so
    /// that H is the square root of a quotient. `None` if the messages are equal or do not have that form.
    #[must_use]
    pub fn recover(first: &Captured, second: &Captured) -> Option<Self> {
        let len = first.ciphertext.len();
        if first.nonce != second.nonce || len != second.ciphertext.len() || len > BLOCK_LEN {
            return None;
        }
        let block = |captured: &Captured| {
            let mut block = [0; BLOCK_LEN];
            block[..len].copy_from_slice(&captured.ciphertext);
            Element::from_bytes(block)
        };
        let tag = |captured: &Captured| Element::from_bytes(captured.tag);
        let difference = block(first).plus(block(second)).inverse()?;
        let hash_key = tag(first).plus(tag(second)).times(difference).square_root();
        let mask = tag(first).plus(hash(hash_key, &first.ciphertext));
        Some(Self { hash_key, mask })
    }

    /// The tag that the owner of the key would compute for this ciphertext under the same nonce.
    #[must_use]
    pub fn tag(&self, ciphertext: &[u8]) -> [u8; TAG_LEN] {
        hash(self.hash_key, ciphertext).plus(self.mask).to_bytes()
    }

    /// The hash key H: the encryption of a block of zeros (SP 800-38D section 7.1 step 1).
    #[must_use]
    pub const fn hash_key(&self) -> [u8; BLOCK_LEN] {
        self.hash_key.to_bytes()
    }
}

/// GHASH without associated data (SP 800-38D section 7.1 step 5).
fn hash(key: Element, ciphertext: &[u8]) -> Element {
    let mut hash = GHash::new(&key.to_bytes().into());
    hash.update_padded(ciphertext);
    let mut lengths = [0; BLOCK_LEN];
    lengths[8..].copy_from_slice(&(8 * ciphertext.len() as u64).to_be_bytes());
    hash.update(&[lengths.into()]);
    Element::from_bytes(hash.finalize().into())
}

fn seal(key: &dyn RawAead, nonce: [u8; NONCE_LEN], message: &[u8]) -> Captured {
    let mut ciphertext = message.to_vec();
    let tag = key.seal_raw(&nonce, &[], &mut ciphertext);
    Captured { nonce, ciphertext, tag }
}

/// Noise that is the message each of so many times is none: 2^-64 for the shortest.
const DRAWS: u32 = 8;

/// Two short orders of one length, and what the attacker wants to stand there.
const ORDERS: [&[u8]; 3] = [b"pay Bob    10 EU", b"pay Carol  25 EU", b"pay Eve  9999 EU"];

/// Carries the attack out: the message is known to the sender only.
///
/// # Errors
/// None that could be foreseen: keys are made here.
pub fn demonstrate(message: &[u8]) -> Result<Story> {
    let key = aead::raw_key(AeadAlgorithm::Aes256Gcm, AeadAlgorithm::Aes256Gcm.backends()[0], &Secret::random(32))?;
    // Only this crate's own code can do so: the public interface uses a nonce up.
    let nonce = crate::random::array();
    let known: Vec<u8> = b"A newsletter that everybody got. ".iter().copied().cycle().take(message.len()).collect();
    let (first, second) = (seal(&key, nonce, &known), seal(&key, nonce, message));
    let recovered = read(&known, &first.ciphertext, &second.ciphertext);
    let mut steps = vec![
        Step::new("A encrypts two messages with AES-256-GCM under the same key and, by mistake, the same nonce.")
            .fact("nonce", hex(&nonce))
            .fact("ciphertext 1", hex(&first.ciphertext))
            .fact("ciphertext 2", hex(&second.ciphertext)),
        Step::new("The attacker knows the text of the first, a newsletter.").fact("text 1", text(&known)),
        Step::new(
            "Both ciphertexts are their text XOR the same key stream. So text 2 = ciphertext 2 XOR ciphertext 1 XOR \
                   text 1; the key is not needed.",
        )
        .fact("recovered", text(&recovered)),
    ];
    let (forged, orders_steps) = forge(&key, nonce, ORDERS[2]);
    steps.extend(orders_steps);
    let succeeded = recovered == message && forged;

    let noise = || {
        let [first, second] = [known.as_slice(), message].map(|text| seal(&key, Nonce::random().bytes(), text));
        read(&known, &first.ciphertext, &second.ciphertext)
    };
    // Noise of one octet is the right one once in 256 times; what is prevented does not come out right each time.
    let garbage = (0..DRAWS).map(|_| noise()).find(|garbage| garbage != message).unwrap_or_else(|| message.to_vec());
    let [first, second] = [ORDERS[0], ORDERS[1]].map(|order| seal(&key, Nonce::random().bytes(), order));
    let forger = Forger::recover(&first, &Captured { nonce: first.nonce, ..second });
    let rejected = forger.is_some_and(|forger| open(&key, &forge_order(&forger, &first, ORDERS[2])).is_err());
    let prevention_steps = vec![
        Step::new("The same two messages, each with a nonce of its own: the calculation gives noise.")
            .fact("recovered", hex(&garbage)),
        Step::new("The hash key calculated from tags of different nonces is wrong; the forged order is refused.")
            .fact("forgery", if rejected { "rejected" } else { "accepted" }),
    ];
    Ok(Story {
        attack: "nonce-reuse",
        title: "One nonce for two messages of AES-GCM gives both away",
        steps,
        recovered: story::recovered(Some(&recovered)),
        succeeded,
        prevention: "A nonce is used once per key: count, or draw at random and change the key in time. This crate's \
                     interface takes the nonce away from the caller that encrypts with it.",
        prevention_steps,
        prevented: garbage != message && rejected,
    })
}

/// The attacker recovers the hash key from two orders and forges a third; tells whether B accepts it.
fn forge(key: &dyn RawAead, nonce: [u8; NONCE_LEN], wanted: &[u8]) -> (bool, Vec<Step>) {
    let (first, second) = (seal(key, nonce, ORDERS[0]), seal(key, nonce, ORDERS[1]));
    let mut steps = vec![
        Step::new(
            "Two short orders follow under that nonce. Their tags share the secret mask: tag 1 XOR tag 2 = \
                   (ciphertext 1 XOR ciphertext 2) times H squared, in the field of 2^128 elements.",
        )
        .fact("tag 1", hex(&first.tag))
        .fact("tag 2", hex(&second.tag)),
    ];
    let Some(forger) = Forger::recover(&first, &second) else {
        steps.push(Step::new("No hash key fits."));
        return (false, steps);
    };
    let forgery = forge_order(&forger, &first, wanted);
    let opened = open(key, &forgery);
    let accepted = opened.as_deref().is_ok_and(|opened| opened == wanted);
    steps.push(
        Step::new("Division and a square root give H, the key of the authentication.")
            .fact("H", hex(&forger.hash_key())),
    );
    steps.push(
        Step::new("With H the attacker writes an order and computes its tag. B decrypts it and finds the tag right.")
            .fact("B reads", opened.map_or_else(|error| error.to_string(), |opened| text(&opened))),
    );
    (accepted, steps)
}

/// A captured order with another text, which the attacker knows how to place and to tag.
fn forge_order(forger: &Forger, captured: &Captured, wanted: &[u8]) -> Captured {
    let ciphertext = read(ORDERS[0], &captured.ciphertext, wanted);
    Captured { nonce: captured.nonce, tag: forger.tag(&ciphertext), ciphertext }
}

fn open(key: &dyn RawAead, captured: &Captured) -> std::result::Result<Vec<u8>, Error> {
    let mut data = captured.ciphertext.clone();
    key.open_raw(&captured.nonce, &[], &mut data, &captured.tag)?;
    Ok(data)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new_key() -> Box<dyn RawAead> {
        aead::raw_key(AeadAlgorithm::Aes256Gcm, crate::Backend::Rust, &Secret::random(32)).expect("32 bytes")
    }

    #[test]
    fn any_message_is_read() {
        // SP 800-38D section 8: a nonce repeats with probability below 2^-32, or all is lost.
        for len in (0..70).chain([1000]) {
            let (key, nonce) = (new_key(), crate::random::array());
            let (mut known, mut message) = (vec![0; len], vec![0; len]);
            crate::random::fill(&mut known);
            crate::random::fill(&mut message);
            let (first, second) = (seal(&key, nonce, &known), seal(&key, nonce, &message));
            assert_eq!(read(&known, &first.ciphertext, &second.ciphertext), message);
        }
    }

    #[test]
    fn forged_messages_of_any_length_are_accepted() {
        for len in 1..=BLOCK_LEN {
            let (key, nonce) = (new_key(), crate::random::array());
            let captured = |byte| seal(&key, nonce, &vec![byte; len]);
            let forger = Forger::recover(&captured(1), &captured(2)).unwrap();
            // Any bytes are a ciphertext; only the tag is hard to get.
            for forged_len in [0, 1, 16, 17, 100] {
                let ciphertext = vec![0x5a; forged_len];
                let tag = forger.tag(&ciphertext);
                open(&key, &Captured { nonce, ciphertext, tag }).unwrap();
            }
        }
    }

    #[test]
    fn equal_or_unrelated_messages_give_no_key() {
        let (key, nonce) = (new_key(), crate::random::array());
        let captured = seal(&key, nonce, b"same");
        assert!(Forger::recover(&captured, &captured).is_none());
        assert!(Forger::recover(&captured, &seal(&key, nonce, b"longer")).is_none());
        assert!(Forger::recover(&captured, &seal(&key, [0; NONCE_LEN], b"diff")).is_none());
    }

    #[test]
    fn the_story_holds() {
        // Often enough to meet every chance that one octet has.
        for message in
            [b"x".as_slice(); 600].into_iter().chain([b"meet me at the old bridge, half past nine".as_slice()])
        {
            demonstrate(message).unwrap().verdict().unwrap();
        }
    }
}
