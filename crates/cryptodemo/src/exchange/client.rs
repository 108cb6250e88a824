//! A: checks B's certificate, then either sends a key to it or agrees on one with it.

use std::time::SystemTime;

use super::Form;
use super::message::{self, Message};
use super::session::{Agreed, SECRET_LEN, Session, SessionKeys, Transcript};
use super::wire::Party;
use crate::certificates::{self, Refusal};
use crate::encryption::{self, EncryptionScheme, Encryptor};
use crate::error::Error;
use crate::kem::{self, KemAlgorithm};
use crate::keys::{PrivateKey, PublicKey};
use crate::signature::{self, SignatureScheme};
use crate::{Backend, Result, Secret};

/// Whom A trusts, whom it wants to talk to, and when.
#[derive(Debug, Clone)]
pub(super) struct Trust {
    pub(super) authority_der: Vec<u8>,
    pub(super) name: String,
    pub(super) at: SystemTime,
}

/// A after its hello.
pub(super) struct Client {
    transcript: Transcript,
    ephemeral: Option<(KemAlgorithm, PrivateKey)>,
}

/// A after B's certificate was accepted.
pub(super) struct Checked {
    transcript: Transcript,
    server_key: PublicKey,
    means: Means,
}

/// By what A gets a key in common with B, ready for use.
enum Means {
    Encryption(Box<dyn Encryptor>),
    Agreement(KemAlgorithm, PrivateKey),
}

/// Whether A looks at B's signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SignatureCheck {
    /// As it must.
    Done,
    /// Left out, to show what becomes possible.
    LeftOut,
}

impl Client {
    /// Begins: for an ephemeral exchange with a fresh key pair for this session alone.
    pub(super) fn start(form: Form) -> (Self, Vec<u8>) {
        let ephemeral = form.kem().map(|(kem, key)| (kem, PrivateKey::generate(key)));
        let share = ephemeral.as_ref().map_or(&[][..], |(_, key)| key.public().spki_der());
        let hello = Message::Hello { form, random: crate::random::array(), share }.encode();
        let mut transcript = Transcript::default();
        transcript.add(&hello);
        (Self { transcript, ephemeral }, hello)
    }

    /// Checks B's certificate: name, dates, chain up to the trusted authority, signature; and makes the key in it ready.
    pub(super) fn check(mut self, trust: &Trust, frame: &[u8]) -> Result<Checked> {
        let Message::Certificate { certificate_der, .. } = Message::parse(frame)? else {
            return Err(message::malformed("a certificate was expected"));
        };
        certificates::verify(certificate_der, &[], &[&trust.authority_der], &trust.name, trust.at)
            .map_err(Refusal::error)?;
        self.transcript.add(frame);
        let server_key = PublicKey::parse("B's certificate", certificate_der)?;
        let means = match self.ephemeral {
            Some((kem, key)) => Means::Agreement(kem, key),
            None => Means::Encryption(encryption::encryptor(EncryptionScheme::RsaOaep, Backend::AwsLc, &server_key)?),
        };
        Ok(Checked { transcript: self.transcript, server_key, means })
    }
}

impl Checked {
    /// The session key under B's public key by RSA-OAEP.
    pub(super) fn send_key(mut self, secret: Secret) -> Result<(Agreed, Vec<u8>)> {
        let Means::Encryption(encryptor) = &self.means else {
            return Err(message::malformed("a share was announced, not an encrypted key"));
        };
        let frame = Message::EncryptedKey { ciphertext: &encryptor.encrypt(secret.expose())? }.encode();
        self.transcript.add(&frame);
        Ok((Agreed { own: Party::A, secret, transcript: self.transcript }, frame))
    }

    /// A fresh session key.
    pub(super) fn fresh_key() -> Secret {
        Secret::random(SECRET_LEN)
    }

    /// The session from B's share, if B signed it together with all that came before.
    pub(super) fn accept(mut self, share: &[u8], signature: &[u8], check: SignatureCheck) -> Result<Session> {
        let (Message::Share { encapsulation }, Message::Signature { signature: signed }, Means::Agreement(kem, key)) =
            (Message::parse(share)?, Message::parse(signature)?, &self.means)
        else {
            return Err(message::malformed("a share and a signature were expected"));
        };
        self.transcript.add(share);
        if check == SignatureCheck::Done {
            let scheme = SignatureScheme::for_key(&self.server_key)?;
            signature::verifier(scheme, Backend::AwsLc, &self.server_key)?
                .verify(&to_be_signed(&self.transcript), signed)
                .map_err(|_| {
                    Error::Rejected("the signature is not that of the certificate's key over this share".into())
                })?;
        }
        self.transcript.add(signature);
        let secret = kem::decapsulator(*kem, kem.backends()[0], key)?.decapsulate(encapsulation)?;
        Session::new(Party::A, SessionKeys::derive(&secret, &self.transcript))
    }
}

/// What B signs: who signs and what for, then the hash of hello (with A's share), certificate and B's share.
///
/// As in TLS 1.3 (RFC 8446 section 4.4.3) a label keeps the signature from meaning anything elsewhere.
pub(super) fn to_be_signed(transcript: &Transcript) -> Vec<u8> {
    [b"cryptodemo exchange: B answers A\0".as_slice(), &transcript.hash()].concat()
}
