//! The encrypted content: AES-GCM (RFC 5084), and AES-CBC of old messages (RFC 3565).

use aws_lc_rs::cipher::{AES_128, AES_192, AES_256, DecryptionContext, StreamingDecryptingKey, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;

use super::ber::Ber;
use super::message::{Algorithm, Kind, Message};
use super::{der, oid};
use crate::aead::gcm_stream::{GcmOpener, MIN_TAG_LEN};
use crate::aead::{AeadAlgorithm, NONCE_LEN, TAG_LEN};
use crate::error::Error;
use crate::files::NewFile;
use crate::{Result, Secret};

/// How the content is encrypted.
pub(super) enum Content {
    Gcm {
        key_len: usize,
        nonce: [u8; NONCE_LEN],
    },
    /// Without a tag: whoever changes it goes unnoticed.
    Cbc {
        key_len: usize,
        initial: [u8; 16],
    },
}

impl Content {
    /// What the message says of its content, checked.
    pub(super) fn of(message: &Message) -> Result<Self> {
        let malformed = |why: String| Error::malformed("CMS message", why);
        let name = oid::name(&message.algorithm.oid);
        let key_len = match (message.kind, message.algorithm.oid.as_slice()) {
            (Kind::AuthEnveloped, oid::AES128_GCM) | (Kind::Enveloped, oid::AES128_CBC) => 16,
            (Kind::Enveloped, oid::AES192_CBC) => 24,
            (Kind::AuthEnveloped, oid::AES256_GCM) | (Kind::Enveloped, oid::AES256_CBC) => 32,
            _ => return Err(malformed(format!("content encrypted by {name}, which is not supported in this place"))),
        };
        if message.kind == Kind::Enveloped {
            let mut ber = Ber::new("parameters of the content".to_owned(), message.algorithm.parameters.as_slice());
            let initial =
                ber.octets(16)?.try_into().map_err(|_| malformed("an IV that has not 16 bytes".to_owned()))?;
            return Ok(Self::Cbc { key_len, initial });
        }
        let (nonce, tag_len) = gcm_parameters(&message.algorithm)?;
        if !(MIN_TAG_LEN..=TAG_LEN).contains(&tag_len) || message.tag.len() != tag_len {
            let is = message.tag.len();
            return Err(malformed(format!("a tag of {is} bytes where {tag_len} were announced; 12 to 16 are allowed")));
        }
        Ok(Self::Gcm { key_len, nonce })
    }

    pub(super) const fn key_len(&self) -> usize {
        match self {
            Self::Gcm { key_len, .. } | Self::Cbc { key_len, .. } => *key_len,
        }
    }
}

/// RFC 5084 section 3.2: `SEQUENCE { nonce OCTET STRING, ICVlen INTEGER DEFAULT 12 }`.
fn gcm_parameters(algorithm: &Algorithm) -> Result<([u8; NONCE_LEN], usize)> {
    let mut ber = Ber::new("parameters of the content".to_owned(), algorithm.parameters.as_slice());
    ber.enter(0x30)?;
    let nonce = ber.octets(256)?;
    let tag_len =
        if ber.peek()?.is_some() { usize::from(ber.primitive(0x02, 1)?.first().copied().unwrap_or(0)) } else { 12 };
    ber.leave()?;
    ber.finish()?;
    let nonce = <[u8; NONCE_LEN]>::try_from(nonce).map_err(|nonce| {
        Error::malformed("CMS message", format!("a nonce of {} bytes; 12 are supported", nonce.len()))
    })?;
    Ok((nonce, tag_len))
}

/// The AlgorithmIdentifier of the content, and the nonce in it.
pub(super) fn gcm_identifier(aead: AeadAlgorithm, nonce: &[u8; NONCE_LEN]) -> Option<Vec<u8>> {
    let oid = match aead {
        AeadAlgorithm::Aes128Gcm => oid::AES128_GCM,
        AeadAlgorithm::Aes256Gcm => oid::AES256_GCM,
        AeadAlgorithm::ChaCha20Poly1305 | AeadAlgorithm::Aria128Gcm | AeadAlgorithm::Aria256Gcm => return None,
    };
    let parameters = der::element(0x30, &[&der::element(0x04, &[nonce]), &der::element(0x02, &[&[16]])]);
    Some(der::element(0x30, &[&der::element(0x06, &[oid]), &parameters]))
}

/// Decrypts content that comes in pieces.
pub(super) enum Opener {
    Gcm(Box<GcmOpener>),
    Cbc { key: StreamingDecryptingKey, buffer: zeroize::Zeroizing<Vec<u8>> },
}

impl Opener {
    /// The key must have the content's length.
    pub(super) fn new(content: &Content, key: &Secret, attributes: &[u8]) -> Result<Self> {
        let (key_len, initial) = match content {
            Content::Gcm { nonce, .. } => return Ok(Self::Gcm(Box::new(GcmOpener::new(key, nonce, attributes)?))),
            Content::Cbc { key_len, initial } => (*key_len, *initial),
        };
        let algorithm = match key_len {
            16 => &AES_128,
            24 => &AES_192,
            _ => &AES_256,
        };
        let context = DecryptionContext::Iv128(FixedLength::from(initial));
        let key = UnboundCipherKey::new(algorithm, key.expose())
            .and_then(|key| StreamingDecryptingKey::cbc_pkcs7(key, context))
            .map_err(|_| Error::decryption())?;
        Ok(Self::Cbc { key, buffer: zeroize::Zeroizing::new(Vec::new()) })
    }

    /// Decrypts the next piece into the output; returns the number of bytes written.
    pub(super) fn update(&mut self, piece: &mut [u8], output: &mut NewFile) -> Result<usize> {
        match self {
            Self::Gcm(opener) => {
                opener.update(piece)?;
                output.put(piece)?;
                Ok(piece.len())
            }
            Self::Cbc { key, buffer } => {
                buffer.resize(piece.len() + 16, 0);
                let update = key.update(piece, buffer).map_err(|_| Error::decryption())?;
                output.put(update.written())?;
                Ok(update.written().len())
            }
        }
    }

    /// The end: the tag, or the padding, must fit. Returns the number of bytes written.
    pub(super) fn finish(self, tag: &[u8], output: &mut NewFile) -> Result<usize> {
        match self {
            Self::Gcm(opener) => opener.finish_truncated(tag).map(|()| 0),
            Self::Cbc { key, mut buffer } => {
                buffer.resize(16, 0);
                let last = key.finish(&mut buffer).map_err(|_| Error::decryption())?;
                output.put(last.written())?;
                Ok(last.written().len())
            }
        }
    }
}
