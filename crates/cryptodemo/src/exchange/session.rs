//! After the exchange: keys for each direction from one secret, and records under them.

use hkdf::Hkdf;
use sha2::{Digest, Sha256};

use super::message::{self, HEADER_LEN, Kind, Message};
use super::wire::Party;
use crate::aead::{AeadAlgorithm, NONCE_LEN, OpeningKey, SealingKey, TAG_LEN};
use crate::error::Error;
use crate::{Result, Secret};

/// Length of the secret from which a session's keys come, in bytes: as long as a key of AES-256.
pub(super) const SECRET_LEN: usize = 32;
const ALGORITHM: AeadAlgorithm = AeadAlgorithm::Aes256Gcm;

/// A running hash of the messages that set the session up. Both sides and the signature depend on all of them.
#[derive(Clone, Default)]
pub(super) struct Transcript(Sha256);

impl Transcript {
    pub(super) fn add(&mut self, frame: &[u8]) {
        self.0.update(frame);
    }

    pub(super) fn hash(&self) -> [u8; 32] {
        self.0.clone().finalize().into()
    }
}

/// The keys made of the secret that both sides have.
pub(super) struct SessionKeys {
    pub(super) a_to_b: Secret,
    pub(super) b_to_a: Secret,
}

impl SessionKeys {
    /// HKDF-SHA-256 (RFC 5869): the hash of all messages as salt, one label per direction.
    pub(super) fn derive(secret: &Secret, transcript: &Transcript) -> Self {
        let hkdf = Hkdf::<Sha256>::new(Some(&transcript.hash()), secret.expose());
        let key = |label: &str| {
            let mut key = vec![0; ALGORITHM.key_len()];
            hkdf.expand(label.as_bytes(), &mut key).expect("32 bytes are far below HKDF's limit");
            Secret::new(key)
        };
        Self { a_to_b: key("cryptodemo exchange: A to B"), b_to_a: key("cryptodemo exchange: B to A") }
    }

    const fn of(&self, sender: Party) -> &Secret {
        match sender {
            Party::A => &self.a_to_b,
            Party::B => &self.b_to_a,
        }
    }
}

/// A side that has the secret of the session, and not yet its keys.
pub(super) struct Agreed {
    pub(super) own: Party,
    pub(super) secret: Secret,
    pub(super) transcript: Transcript,
}

impl Agreed {
    /// Keys per direction, ready for use.
    pub(super) fn session(self) -> Result<Session> {
        Session::new(self.own, SessionKeys::derive(&self.secret, &self.transcript))
    }
}

/// One side's end of a session that is set up.
pub(super) struct Session {
    own: Party,
    keys: SessionKeys,
    sends: SealingKey,
    receives: OpeningKey,
}

/// The fixed part of the nonces of what this party sends.
const fn fixed(sender: Party) -> [u8; 4] {
    match sender {
        Party::A => *b"A->B",
        Party::B => *b"B->A",
    }
}

impl Session {
    pub(super) fn new(own: Party, keys: SessionKeys) -> Result<Self> {
        // The keys stay here for the thief and the report, who open with them and never seal.
        let sends = SealingKey::new(ALGORITHM, keys.of(own).clone(), fixed(own))?;
        let receives = OpeningKey::new(ALGORITHM, keys.of(own.other()), fixed(own.other()))?;
        Ok(Self { own, keys, sends, receives })
    }

    pub(super) const fn keys(&self) -> &SessionKeys {
        &self.keys
    }

    pub(super) const fn own(&self) -> Party {
        self.own
    }

    /// The message as a record: header, nonce, ciphertext, tag. The header is authenticated too.
    pub(super) fn seal(&mut self, message: &[u8]) -> Result<Vec<u8>> {
        let header = message::header(Kind::Record, NONCE_LEN + message.len() + TAG_LEN);
        let mut frame = Vec::with_capacity(HEADER_LEN + NONCE_LEN + message.len() + TAG_LEN);
        frame.extend_from_slice(&header);
        frame.extend_from_slice(&[0; NONCE_LEN]);
        frame.extend_from_slice(message);
        let sealed = self.sends.seal(&header, &mut frame[HEADER_LEN + NONCE_LEN..])?;
        frame[HEADER_LEN..][..NONCE_LEN].copy_from_slice(&sealed.nonce);
        frame.extend_from_slice(&sealed.tag);
        Ok(frame)
    }

    /// The message in a record, if it is the next one of the other side.
    pub(super) fn open(&mut self, frame: &[u8]) -> Result<Vec<u8>> {
        let Message::Record { nonce, sealed } = Message::parse(frame)? else {
            return Err(message::malformed("a record was expected"));
        };
        // Numbers that must fit keep old records from being sent again, and all records in their order.
        if self.receives.expects() != nonce {
            return Err(Error::Rejected(
                "not the next record: sent again, left out, or from the other direction".into(),
            ));
        }
        let (body, tag) = sealed.split_last_chunk::<TAG_LEN>().ok_or_else(Error::decryption)?;
        let mut message = body.to_vec();
        self.receives.open(&frame[..HEADER_LEN], &mut message, tag)?;
        Ok(message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair() -> (Session, Session) {
        let make = |own| {
            let keys = SessionKeys::derive(&Secret::new(vec![7; SECRET_LEN]), &Transcript::default());
            Session::new(own, keys).expect("the key has its length")
        };
        (make(Party::A), make(Party::B))
    }

    #[test]
    fn records_open_once_and_in_order() {
        let (mut a, mut b) = pair();
        let first = a.seal(b"first").unwrap();
        let second = a.seal(b"second").unwrap();
        assert_eq!(b.open(&first).unwrap(), b"first");
        assert_eq!(b.open(&first).unwrap_err().exit_code(), 3, "sent again");
        let (mut a, mut b) = pair();
        a.seal(b"left out").unwrap();
        assert_eq!(b.open(&a.seal(b"second").unwrap()).unwrap_err().exit_code(), 3, "one left out");
        assert_ne!(first, second);
    }

    #[test]
    fn directions_have_keys_and_nonces_of_their_own() {
        let (mut a, mut b) = pair();
        assert_ne!(a.keys().a_to_b, a.keys().b_to_a);
        let from_a = a.seal(b"the same").unwrap();
        let from_b = b.seal(b"the same").unwrap();
        assert_ne!(from_a[HEADER_LEN..][..NONCE_LEN], from_b[HEADER_LEN..][..NONCE_LEN]);
        assert_eq!(a.open(&from_a).unwrap_err().exit_code(), 3, "A's own record, sent back");
    }

    #[test]
    fn every_flipped_bit_of_a_record_is_noticed() {
        let frame = pair().0.seal(b"message").unwrap();
        for bit in 0..frame.len() * 8 {
            let mut changed = frame.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(pair().1.open(&changed).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn keys_depend_on_every_message_before() {
        let mut other = Transcript::default();
        other.add(b"x");
        let keys = |transcript: &Transcript| SessionKeys::derive(&Secret::new(vec![7; SECRET_LEN]), transcript).a_to_b;
        assert_ne!(keys(&other), keys(&Transcript::default()));
    }
}
