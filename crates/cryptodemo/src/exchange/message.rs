//! The messages between A and B, as bytes: a kind, a length of four bytes, a body. Made for this demonstration; TLS has
//! other bytes and the same contents.

use serde::Serialize;

use super::Form;
use crate::Result;
use crate::aead::{NONCE_LEN, TAG_LEN};
use crate::error::Error;

/// Length of the kind and the length before each body, in bytes.
pub const HEADER_LEN: usize = 5;
/// Length of the random values that make each session another one, in bytes.
pub const RANDOM_LEN: usize = 32;

/// Kinds of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A begins.
    Hello,
    /// B says who it is.
    Certificate,
    /// The session key, encrypted to B's certificate.
    EncryptedKey,
    /// B's half of an ephemeral exchange.
    Share,
    /// B's signature over all messages before it.
    Signature,
    /// Something encrypted with a session key.
    Record,
}

impl Kind {
    const ALL: [Self; 6] =
        [Self::Hello, Self::Certificate, Self::EncryptedKey, Self::Share, Self::Signature, Self::Record];

    /// The byte that stands for the kind.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Hello => 1,
            Self::Certificate => 2,
            Self::EncryptedKey => 3,
            Self::Share => 4,
            Self::Signature => 5,
            Self::Record => 6,
        }
    }

    /// Kind of the message in the bytes, by their first one; `None` if there is none such.
    #[must_use]
    pub fn of(frame: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| frame.first() == Some(&kind.code()))
    }

    /// Name for people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hello => "hello",
            Self::Certificate => "certificate",
            Self::EncryptedKey => "encrypted key",
            Self::Share => "share",
            Self::Signature => "signature",
            Self::Record => "record",
        }
    }
}

/// A message, its contents still where they arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Message<'a> {
    /// A begins: the form of the exchange, a random value, and A's ephemeral public key (empty for RSA transport).
    Hello {
        /// How the session key comes to be.
        form: Form,
        /// Makes the session another one than all before.
        random: [u8; RANDOM_LEN],
        /// SubjectPublicKeyInfo of A's ephemeral key.
        share: &'a [u8],
    },
    /// B answers with its certificate.
    Certificate {
        /// Makes the session another one than all before; without it, A's part could be replayed to B.
        random: [u8; RANDOM_LEN],
        /// The certificate, DER.
        certificate_der: &'a [u8],
    },
    /// A's session key under RSA-OAEP.
    EncryptedKey {
        /// As long as B's modulus.
        ciphertext: &'a [u8],
    },
    /// B's half of the ephemeral exchange.
    Share {
        /// What the KEM's encapsulation gives.
        encapsulation: &'a [u8],
    },
    /// B's signature.
    Signature {
        /// By the certificate's key.
        signature: &'a [u8],
    },
    /// An encrypted message.
    Record {
        /// Direction and number of the record.
        nonce: [u8; NONCE_LEN],
        /// The message under the key, followed by the tag.
        sealed: &'a [u8],
    },
}

impl<'a> Message<'a> {
    /// Kind of the message.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Hello { .. } => Kind::Hello,
            Self::Certificate { .. } => Kind::Certificate,
            Self::EncryptedKey { .. } => Kind::EncryptedKey,
            Self::Share { .. } => Kind::Share,
            Self::Signature { .. } => Kind::Signature,
            Self::Record { .. } => Kind::Record,
        }
    }

    /// The message as bytes. Bodies of 2^32 bytes and more are not to be passed.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let form;
        let parts: [&[u8]; 3] = match self {
            Self::Hello { form: wanted, random, share } => {
                form = [wanted.code()];
                [&form, random, share]
            }
            Self::Certificate { random, certificate_der } => [random, certificate_der, &[]],
            Self::EncryptedKey { ciphertext } => [ciphertext, &[], &[]],
            Self::Share { encapsulation } => [encapsulation, &[], &[]],
            Self::Signature { signature } => [signature, &[], &[]],
            Self::Record { nonce, sealed } => [nonce, sealed, &[]],
        };
        let mut frame = header(self.kind(), parts.iter().map(|part| part.len()).sum()).to_vec();
        for part in parts {
            frame.extend_from_slice(part);
        }
        frame
    }

    /// Reads one message, and nothing after it.
    ///
    /// # Errors
    /// [`Error::Malformed`] if it is anything else.
    pub fn parse(frame: &'a [u8]) -> Result<Self> {
        let kind = Kind::of(frame).ok_or_else(|| malformed("no message starts like this"))?;
        let (header, body) = frame.split_at_checked(HEADER_LEN).ok_or_else(|| malformed("ends within its header"))?;
        let said = u32::from_be_bytes([header[1], header[2], header[3], header[4]]);
        if usize::try_from(said) != Ok(body.len()) {
            return Err(malformed(format!("says that {said} bytes follow, {} do", body.len())));
        }
        Ok(match kind {
            Kind::Hello => {
                let (code, rest) = body.split_first().ok_or_else(|| malformed("a hello without a form"))?;
                let form = Form::of(*code).ok_or_else(|| malformed("a hello of an unknown form"))?;
                let (random, share) = split(rest)?;
                Self::Hello { form, random, share }
            }
            Kind::Certificate => {
                let (random, certificate_der) = split(body)?;
                Self::Certificate { random, certificate_der }
            }
            Kind::EncryptedKey => Self::EncryptedKey { ciphertext: body },
            Kind::Share => Self::Share { encapsulation: body },
            Kind::Signature => Self::Signature { signature: body },
            Kind::Record => {
                let (nonce, sealed) = split(body)?;
                if sealed.len() < TAG_LEN {
                    return Err(malformed("a record shorter than its tag"));
                }
                Self::Record { nonce, sealed }
            }
        })
    }
}

/// Kind and length as they stand before the body.
pub(super) fn header(kind: Kind, body_len: usize) -> [u8; HEADER_LEN] {
    let len = u32::try_from(body_len).expect("messages are bounded far below 4 GiB").to_be_bytes();
    [kind.code(), len[0], len[1], len[2], len[3]]
}

/// The error for a message that makes no sense here.
pub(super) fn malformed(why: impl Into<String>) -> Error {
    Error::malformed("a message between A and B", why)
}

fn split<const N: usize>(bytes: &[u8]) -> Result<([u8; N], &[u8])> {
    let (first, rest) = bytes.split_first_chunk().ok_or_else(|| malformed("ends too early"))?;
    Ok((*first, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn examples() -> [Message<'static>; 6] {
        [
            Message::Hello { form: Form::X25519, random: [7; RANDOM_LEN], share: b"a share" },
            Message::Certificate { random: [8; RANDOM_LEN], certificate_der: b"a certificate" },
            Message::EncryptedKey { ciphertext: b"a ciphertext" },
            Message::Share { encapsulation: b"a share" },
            Message::Signature { signature: b"" },
            Message::Record { nonce: [9; NONCE_LEN], sealed: &[1; TAG_LEN] },
        ]
    }

    #[test]
    fn messages_come_back_as_they_were() {
        for message in examples() {
            let frame = message.encode();
            assert_eq!(Message::parse(&frame).unwrap(), message);
            assert_eq!(Kind::of(&frame), Some(message.kind()));
        }
    }

    #[test]
    fn every_truncation_and_every_addition_is_malformed() {
        for message in examples() {
            let mut frame = message.encode();
            for end in 0..frame.len() {
                let error = Message::parse(&frame[..end]).unwrap_err();
                assert_eq!(error.exit_code(), 4, "{message:?} cut to {end} bytes");
            }
            frame.push(0);
            assert_eq!(Message::parse(&frame).unwrap_err().exit_code(), 4, "{message:?} with a byte more");
        }
    }

    #[test]
    fn bodies_too_short_for_their_kind_are_malformed() {
        for (kind, len) in [(Kind::Hello, 0), (Kind::Hello, 32), (Kind::Certificate, 31), (Kind::Record, 27)] {
            let mut frame = header(kind, len).to_vec();
            frame.resize(HEADER_LEN + len, 1);
            assert_eq!(Message::parse(&frame).unwrap_err().exit_code(), 4, "{kind:?} of {len} bytes");
        }
        let mut unknown_form = header(Kind::Hello, 33).to_vec();
        unknown_form.resize(HEADER_LEN + 33, 0xee);
        assert_eq!(Message::parse(&unknown_form).unwrap_err().exit_code(), 4);
    }

    #[test]
    fn no_bytes_make_the_parser_panic() {
        for first in 0..=u8::MAX {
            for len in 0..80_usize {
                let mut frame = vec![first; len];
                if let Some(place) = frame.get_mut(1..5) {
                    place.copy_from_slice(&u32::try_from(len - 5).unwrap_or(0).to_be_bytes());
                }
                if let Ok(message) = Message::parse(&frame) {
                    assert_eq!(message.encode(), frame);
                }
            }
        }
    }
}
