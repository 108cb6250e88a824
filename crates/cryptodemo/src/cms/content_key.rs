//! Which recipient's key opens the content, told without telling how its padding was.
//!
//! Whoever learns whether a PKCS#1 v1.5 padding was right can decrypt with somebody else's key, by trying
//! (Bleichenbacher). So, as RFC 3218 section 2.3.2 has it, a padding that is wrong gives a key too, which nobody knows,
//! and the content's tag or padding decides. What is for others is told by names and lengths alone, before any private
//! operation.

use hkdf::Hkdf;
use sha2::{Digest, Sha256, Sha384, Sha512};

use super::Unsafe;
use super::key_transport::{Scheme, Unwrapper};
use super::message::{Identifier, Message, Recipient};
use crate::error::Error;
use crate::keys::{PrivateKey, PublicKey};
use crate::recipient::subject_key_identifier;
use crate::{Result, Secret};

/// Most recipients under PKCS#1 v1.5 that may have this key: the content is tried with the key of each.
const MOST_TRIED: usize = 16;

/// A recipient that may have this private key.
struct Candidate<'a> {
    scheme: &'a Scheme,
    encrypted_key: &'a [u8],
    /// Whether it names this key; if not, it names a certificate that is not at hand.
    is_named: bool,
}

/// Keys of the content's length, one at least. If there are several, the content decides which is right.
pub(super) fn content_keys(message: &Message, len: usize, key: &PrivateKey, allowed: Unsafe) -> Result<Vec<Secret>> {
    let unwrapper = Unwrapper::new(key)?;
    let candidates = choose(message, unwrapper.len(), key.public(), allowed)?;
    let substitutes: Vec<_> = candidates.iter().map(|one| substitute(key, one.encrypted_key, len)).collect();
    let mut keys = Vec::new();
    let mut unused = None;
    for (candidate, substitute) in candidates.iter().zip(substitutes) {
        let unwrapped = unwrapper.unwrap(candidate.scheme, candidate.encrypted_key).filter(|key| key.len() == len);
        match (candidate.scheme, unwrapped) {
            (Scheme::Pkcs1, unwrapped) => keys.push(unwrapped.unwrap_or(substitute)),
            // Nobody can make an OAEP message from another's that he cannot read: that it opens tells nothing.
            (_, Some(key)) => return Ok(vec![key]),
            (_, None) => unused = Some(substitute),
        }
    }
    if keys.is_empty() {
        keys.extend(unused);
    }
    Ok(keys)
}

/// The recipients to try, the ones under OAEP first, by what everybody can read.
fn choose<'a>(message: &'a Message, len: usize, key: &PublicKey, allowed: Unsafe) -> Result<Vec<Candidate<'a>>> {
    let mut candidates = Vec::new();
    for recipient in &message.recipients {
        let Recipient::KeyTransport { identifier, scheme, encrypted_key } = recipient else { continue };
        let is_named = match identifier {
            Identifier::SubjectKey(id) if names(id, key)? => true,
            Identifier::SubjectKey(_) => continue,
            Identifier::IssuerAndSerial { .. } => false,
        };
        if encrypted_key.len() == len {
            candidates.push(Candidate { scheme, encrypted_key, is_named });
        }
    }
    if candidates.iter().any(|candidate| candidate.is_named) {
        candidates.retain(|candidate| candidate.is_named);
    }
    let whose = match message.recipients.len() {
        1 => "its one recipient has another key".to_owned(),
        count => format!("none of its {count} recipients has a key like this one"),
    };
    let mut reason = Error::Key(format!("the message is for others: {whose}"));
    candidates.retain(|candidate| match candidate.scheme {
        Scheme::Unsupported(name) => {
            reason = Error::Key(format!("the message's key is encrypted by {name}, which is not supported"));
            false
        }
        Scheme::Pkcs1 if allowed == Unsafe::Refuse => {
            reason = Error::Unsafe(
                "the message's key is encrypted by PKCS#1 v1.5, which can be attacked by trying; \
                 --insecure decrypts it nonetheless"
                    .to_owned(),
            );
            false
        }
        Scheme::Pkcs1 | Scheme::Oaep(_) => true,
    });
    if candidates.is_empty() {
        return Err(reason);
    }
    candidates.sort_by_key(|candidate| *candidate.scheme == Scheme::Pkcs1);
    if candidates.iter().filter(|candidate| *candidate.scheme == Scheme::Pkcs1).count() > MOST_TRIED {
        return Err(Error::Key(format!(
            "more than {MOST_TRIED} recipients under PKCS#1 v1.5 may have this key; so many are not tried"
        )));
    }
    Ok(candidates)
}

/// Whether the subject key identifier is one of this key: SHA-1 of its bits or 60 bits of it (RFC 5280 section 4.2.1.2),
/// or the front of a longer hash of its bits or of its whole encoding (RFC 7093 section 2).
fn names(id: &[u8], key: &PublicKey) -> Result<bool> {
    let sha1 = subject_key_identifier(key)?;
    let mut short = [0; 8];
    short.copy_from_slice(&sha1[12..]);
    short[0] = 0x40 | (short[0] & 0x0f);
    if id == sha1 || id == short {
        return Ok(true);
    }
    let is_front = |hash: &[u8]| id.len() >= sha1.len() && hash.starts_with(id);
    Ok([key.bits(), key.spki_der()].into_iter().any(|bytes| {
        is_front(&Sha256::digest(bytes)) || is_front(&Sha384::digest(bytes)) || is_front(&Sha512::digest(bytes))
    }))
}

/// The key that takes the place of one whose padding is wrong. RFC 3218 has a random one; this one is random to whoever
/// lacks the private key, and the same each time, so that trying a message again tells nothing either.
fn substitute(key: &PrivateKey, encrypted_key: &[u8], len: usize) -> Secret {
    let mut bytes = vec![0; len];
    Hkdf::<Sha256>::new(Some(encrypted_key), key.pkcs8_der().expose())
        .expand(b"cryptodemo cms substitute", &mut bytes)
        .expect("a key is shorter than what HKDF can give");
    Secret::new(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::KeyAlgorithm;

    /// RFC 5280 section 4.2.1.2 and RFC 7093 section 2.
    #[test]
    fn every_usual_identifier_names_the_key() {
        let (key, other) = (PrivateKey::generate(KeyAlgorithm::P256), PrivateKey::generate(KeyAlgorithm::P256));
        let sha1 = subject_key_identifier(key.public()).unwrap();
        let sha256 = Sha256::digest(key.public().bits());
        let short = [&[0x40 | (sha1[12] & 0x0f)], &sha1[13..]].concat();
        let whole = Sha384::digest(key.public().spki_der());
        for id in [&sha1[..], &short, &sha256, &sha256[..20], &whole, &whole[..20]] {
            assert!(names(id, key.public()).unwrap(), "{id:02x?}");
            assert!(!names(id, other.public()).unwrap(), "{id:02x?}");
        }
        for id in [&[][..], &sha1[..19], &sha256[..19], &sha256[1..]] {
            assert!(!names(id, key.public()).unwrap(), "{id:02x?}");
        }
    }

    /// Tried again, a wrong padding must look as it did before; and nobody must know the key from outside.
    #[test]
    fn substitutes_hang_on_key_and_message() {
        let (key, other) = (PrivateKey::generate(KeyAlgorithm::P256), PrivateKey::generate(KeyAlgorithm::P256));
        let made = substitute(&key, b"encrypted", 32);
        assert_eq!(made, substitute(&key, b"encrypted", 32));
        assert_ne!(made, substitute(&key, b"encrypteD", 32));
        assert_ne!(made, substitute(&other, b"encrypted", 32));
    }
}
