//! CMS: encrypted messages that other programs open too, and theirs.
//!
//! Written is AuthEnvelopedData (RFC 5083) in DER: the content under AES-256-GCM (RFC 5084) with a fresh key, that key
//! for each recipient under RSAES-OAEP with SHA-256 (RFC 5652 section 6.2.1, RFC 4055). A recipient given by a certificate
//! is named by issuer and serial number, one given by a bare key by its subject key identifier.
//!
//! Read is BER or DER, in PEM too, with content in one piece or many (as `openssl cms -stream` makes it), any number of
//! recipients, RSAES-OAEP with SHA-1, SHA-256, SHA-384 or SHA-512, AES-128-GCM and AES-256-GCM with tags of 12 to 16 bytes.
//! What has no tag (EnvelopedData) or a key under PKCS#1 v1.5 is opened only if the caller insists on it.
//!
//! A recipient is taken for the private key's if it gives one of its usual subject key identifiers (RFC 5280 section
//! 4.2.1.2, RFC 7093), or an issuer and serial number, which the key alone cannot tell, and a length that fits.
//!
//! The message is read twice, so it must be a file: once for its structure, for what the tag covers stands behind the
//! content; once to decrypt (and once more for each recipient under PKCS#1 v1.5, if several may have the key). Memory does not grow with the message. The one tag stands at the end, so **the caller must
//! keep the output out of sight until [`decrypt`] has returned**; [`NewFile`] does.
//!
//! Not here: signatures, compression, S/MIME, key agreement, passwords.

mod armor;
mod ber;
mod content;
mod content_key;
mod der;
mod inspect;
mod key_transport;
mod message;
mod oid;

use content::{Content, Opener};
use message::{Kind, Message};

pub use inspect::{Inspection, inspect};

use crate::aead::gcm_stream::{GcmSealer, MAX_LEN};
use crate::aead::{AeadAlgorithm, Nonce, TAG_LEN};
use crate::error::Error;
use crate::files::{Input, NewFile};
use crate::keys::PrivateKey;
use crate::recipient::{Recipient, subject_key_identifier};
use crate::{Result, Secret, report};

/// What to do with messages that are not safe to open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unsafe {
    /// Refuse them.
    Refuse,
    /// Open them: changes go unnoticed, or the key's encryption can be attacked by trying.
    Open,
}

/// Encrypts the input for the recipients; returns the number of bytes of plaintext. The caller commits the output.
///
/// # Errors
/// [`Error::Usage`] without recipients, for an algorithm that CMS does not have here, for an input whose length is not
/// known or that is too long for GCM; [`Error::Key`] for a key that is not RSA; [`Error::Io`] if the input or the output
/// fails, or if the input's length changes meanwhile.
pub fn encrypt(recipients: &[Recipient], aead: AeadAlgorithm, input: &mut Input, output: &mut NewFile) -> Result<u64> {
    let Some(len) = input.known_len() else {
        return Err(Error::Usage("CMS needs a file as input; for pipes use --format chunked".to_owned()));
    };
    if len > MAX_LEN {
        let most = report::size(MAX_LEN);
        return Err(Error::Usage(format!("CMS with AES-GCM holds at most {most}; use --format chunked")));
    }
    if recipients.is_empty() {
        return Err(Error::Usage("a message needs a recipient".to_owned()));
    }
    let nonce = Nonce::random();
    let Some(algorithm) = content::gcm_identifier(aead, &nonce.bytes()) else {
        return Err(Error::Usage(format!("CMS here has no {aead}; use --aead aes-256-gcm, or --format chunked")));
    };
    let key = Secret::random(aead.key_len());
    output.put(&opening(&encode_recipients(recipients, &key)?, &algorithm, len))?;
    let mut sealer = GcmSealer::new(&key, nonce, b"")?;
    let mut piece = vec![0; 64 * 1024];
    let mut total = 0;
    loop {
        let filled = input.fill(&mut piece)?;
        total += filled as u64;
        // The length stands in front already.
        if total > len || (filled == 0 && total < len) {
            return Err(Error::io(input.place())(std::io::Error::other("its length changed while it was read")));
        }
        if filled == 0 {
            break;
        }
        sealer.update(&mut piece[..filled])?;
        output.put(&piece[..filled])?;
    }
    output.put(&der::element(0x04, &[&sealer.finish()]))?;
    Ok(total)
}

/// Decrypts a message, which `open` opens anew each time; returns the number of bytes of plaintext. The caller commits
/// the output, and must not if this fails.
///
/// # Errors
/// [`Error::Malformed`] if it is no such message or ends too early, [`Error::Key`] if it is for others or encrypted in a
/// way not known here, [`Error::Rejected`] if the key does not open it or something in it was changed, [`Error::Unsafe`]
/// for what is only opened on demand, [`Error::Io`] if the input or the output fails.
pub fn decrypt(
    key: &PrivateKey,
    allowed: Unsafe,
    open: &dyn Fn() -> Result<Input>,
    output: &mut NewFile,
) -> Result<u64> {
    let message = message::read(open()?, &mut |_| Ok(()))?;
    if message.kind == Kind::Enveloped && allowed == Unsafe::Refuse {
        return Err(Error::Unsafe(
            "the message has no tag (EnvelopedData): changes would go unnoticed; --insecure decrypts it nonetheless"
                .to_owned(),
        ));
    }
    let content = Content::of(&message)?;
    let keys = content_key::content_keys(&message, content.key_len(), key, allowed)?;
    let content_key = fitting(&message, &content, keys, open)?;
    open_content(&message, &content, &content_key, open, output)
}

/// The one of the keys that opens the content. If none does or several do (AES-CBC alone can be so unlucky), it is the
/// same failure: nothing tells which key was made up.
fn fitting(
    message: &Message,
    content: &Content,
    mut keys: Vec<Secret>,
    open: &dyn Fn() -> Result<Input>,
) -> Result<Secret> {
    if keys.len() > 1 {
        let mut fits = Vec::new();
        for key in &keys {
            let mut nowhere = NewFile::stream("nowhere", std::io::sink());
            fits.push(match open_content(message, content, key, open, &mut nowhere) {
                Ok(_) => true,
                Err(Error::Rejected(_)) => false,
                Err(other) => return Err(other),
            });
        }
        if fits.iter().filter(|fits| **fits).count() != 1 {
            return Err(Error::decryption());
        }
        keys.swap(0, fits.iter().position(|fits| *fits).unwrap_or(0));
    }
    Ok(keys.swap_remove(0))
}

/// Decrypts the content into the output; returns the number of bytes written.
fn open_content(
    message: &Message,
    content: &Content,
    key: &Secret,
    open: &dyn Fn() -> Result<Input>,
    output: &mut NewFile,
) -> Result<u64> {
    let mut opener = Opener::new(content, key, &message.attributes)?;
    let mut written = 0;
    message::read(open()?, &mut |piece| {
        written += opener.update(piece, output)? as u64;
        Ok(())
    })?;
    written += opener.finish(&message.tag, output)? as u64;
    Ok(written)
}

/// Everything before the content: with its length known, all the lengths around it are.
fn opening(recipients: &[u8], algorithm: &[u8], len: u64) -> Vec<u8> {
    let data = der::element(0x06, &[oid::DATA]);
    let content = der::opening(0x80, len);
    let info_len = (data.len() + algorithm.len() + content.len()) as u64 + len;
    let info = [der::opening(0x30, info_len), data, algorithm.to_vec(), content].concat();
    // RFC 5083 section 2.1: the version is 0.
    let before = [der::element(0x02, &[&[0]]), recipients.to_vec(), info].concat();
    let enveloped_len = before.len() as u64 + len + 2 + TAG_LEN as u64;
    let enveloped = der::opening(0x30, enveloped_len);
    let explicit_len = enveloped.len() as u64 + enveloped_len;
    let explicit = der::opening(0xa0, explicit_len);
    let kind = der::element(0x06, &[oid::AUTH_ENVELOPED_DATA]);
    let whole = der::opening(0x30, (kind.len() + explicit.len()) as u64 + explicit_len);
    [whole, kind, explicit, enveloped, before].concat()
}

/// RFC 5652 section 6.2.1: version 0 goes with issuer and serial number, version 2 with a subject key identifier.
fn encode_recipients(recipients: &[Recipient], key: &Secret) -> Result<Vec<u8>> {
    let mut encoded = Vec::new();
    for recipient in recipients {
        let (version, identifier) = match recipient.issuer_and_serial() {
            Some((issuer, serial)) => (0, der::element(0x30, &[issuer, &der::element(0x02, &[serial])])),
            None => (2, der::element(0x80, &[&subject_key_identifier(recipient.key())?])),
        };
        let encrypted = der::element(0x04, &[&key_transport::wrap(recipient.key(), key)?]);
        let version = der::element(0x02, &[&[version]]);
        encoded
            .push(der::element(0x30, &[&version, &identifier, &key_transport::oaep_sha256_identifier(), &encrypted]));
    }
    // X.690 section 11.6: DER sorts a SET OF.
    encoded.sort();
    Ok(der::element(0x31, &encoded.iter().map(Vec::as_slice).collect::<Vec<_>>()))
}

#[cfg(test)]
mod tests;
