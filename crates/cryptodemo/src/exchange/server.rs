//! B: shows its certificate, then either opens a key or agrees on one and signs its share.

use super::Form;
use super::client::to_be_signed;
use super::message::{self, Message};
use super::session::{Agreed, SECRET_LEN, Session, SessionKeys, Transcript};
use super::wire::Party;
use crate::encryption::{self, Decryptor, EncryptionScheme};
use crate::error::Error;
use crate::kem::{self, KemAlgorithm};
use crate::keys::{PrivateKey, PublicKey};
use crate::signature::{self, SignatureScheme, Signer};
use crate::{Backend, Result};

/// B's certificate and what its private key can do, ready for use.
pub(super) struct Identity {
    pub(super) certificate_der: Vec<u8>,
    decryptor: Box<dyn Decryptor>,
    signer: Box<dyn Signer>,
}

/// B after A's hello.
pub(super) struct Server {
    transcript: Transcript,
    share_of_a: Option<(KemAlgorithm, PublicKey)>,
}

/// B's half of an ephemeral exchange: what it sends, and the session that it has then.
pub(super) struct Offer {
    pub(super) share: Vec<u8>,
    pub(super) signature: Vec<u8>,
    pub(super) session: Session,
}

impl Identity {
    /// The certificate need not belong to the key: that is for the other side to find out.
    pub(super) fn new(key: &PrivateKey, certificate_der: Vec<u8>) -> Result<Self> {
        let scheme = SignatureScheme::for_key(key.public())?;
        Ok(Self {
            certificate_der,
            decryptor: encryption::decryptor(EncryptionScheme::RsaOaep, Backend::AwsLc, key)?,
            signer: signature::signer(scheme, Backend::AwsLc, key)?,
        })
    }
}

impl Server {
    /// Answers the hello with the certificate.
    pub(super) fn greet(identity: &Identity, hello: &[u8]) -> Result<(Self, Vec<u8>)> {
        let Message::Hello { form, share, .. } = Message::parse(hello)? else {
            return Err(message::malformed("a hello was expected"));
        };
        let share_of_a = share_of_a(form, share)?;
        let certificate_der = &identity.certificate_der;
        let answer = Message::Certificate { random: crate::random::array(), certificate_der }.encode();
        let mut transcript = Transcript::default();
        transcript.add(hello);
        transcript.add(&answer);
        Ok((Self { transcript, share_of_a }, answer))
    }

    /// Opens A's session key.
    pub(super) fn receive_key(mut self, identity: &Identity, frame: &[u8]) -> Result<Agreed> {
        let Message::EncryptedKey { ciphertext } = Message::parse(frame)? else {
            return Err(message::malformed("an encrypted key was expected"));
        };
        let secret = identity.decryptor.decrypt(ciphertext)?;
        // A key of another length was not made by A; to say so would tell more than that decryption failed.
        if secret.len() != SECRET_LEN {
            return Err(Error::decryption());
        }
        self.transcript.add(frame);
        Ok(Agreed { own: Party::B, secret, transcript: self.transcript })
    }

    /// Makes a share for A's, and signs all messages so far with it.
    pub(super) fn offer(self, identity: &Identity) -> Result<Offer> {
        self.offer_signed(identity, None)
    }

    /// As `offer`, but with somebody else's signature message if there is one: for the man in the middle.
    pub(super) fn offer_signed(mut self, identity: &Identity, passed_on: Option<&Vec<u8>>) -> Result<Offer> {
        let Some((kem, key)) = &self.share_of_a else {
            return Err(message::malformed("the hello has no share to answer"));
        };
        let (secret, encapsulation) = kem::encapsulator(*kem, kem.backends()[0], key)?.encapsulate()?;
        let share = Message::Share { encapsulation: &encapsulation }.encode();
        self.transcript.add(&share);
        let signature = passed_on.cloned().unwrap_or_else(|| {
            Message::Signature { signature: &identity.signer.sign(&to_be_signed(&self.transcript)) }.encode()
        });
        self.transcript.add(&signature);
        let session = Session::new(Party::B, SessionKeys::derive(&secret, &self.transcript))?;
        Ok(Offer { share, signature, session })
    }
}

fn share_of_a(form: Form, share: &[u8]) -> Result<Option<(KemAlgorithm, PublicKey)>> {
    let Some((kem, algorithm)) = form.kem() else {
        return Ok(None);
    };
    let key = PublicKey::parse("A's share", share)?;
    if key.algorithm() != algorithm {
        return Err(message::malformed("a share of another kind than the hello says"));
    }
    Ok(Some((kem, key)))
}
