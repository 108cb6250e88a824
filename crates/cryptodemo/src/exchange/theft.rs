//! Somebody recorded the sessions, and later steals B's private key. What can he read?

use serde::Serialize;

use super::actors::Actors;
use super::client::{Client, SignatureCheck};
use super::message::{HEADER_LEN, Kind};
use super::server::{Identity, Server};
use super::session::{SECRET_LEN, Session, SessionKeys, Transcript};
use super::wire::{Party, Wire};
use super::{Form, preview};
use crate::encryption::{self, EncryptionScheme};
use crate::error::Error;
use crate::keys::PrivateKey;
use crate::{Backend, Result, Secret};

/// A recorded session, and what A said in it.
pub(super) struct Recording<'a> {
    pub(super) form: Form,
    pub(super) wire: Wire,
    /// Only to judge what the thief found; he does not have it.
    pub(super) message: &'a [u8],
}

/// What the thief got.
#[derive(Debug, Clone, Serialize)]
pub struct Theft {
    /// By form of the exchange.
    pub loot: Vec<Loot>,
    /// Whether A takes the thief for B in a new session: the stolen key still signs.
    pub impersonates: bool,
}

/// What the thief got out of one recording.
#[derive(Debug, Clone, Serialize)]
pub struct Loot {
    /// Form of the exchange.
    pub form: Form,
    /// Bytes that he recorded.
    pub recorded_bytes: u64,
    /// Records in it.
    pub records: u64,
    /// Parts of the recording that he tried to decrypt with the stolen key.
    pub decryptions_tried: u64,
    /// How many of these gave something.
    pub decrypted: u64,
    /// Secrets that he tried on the first record: what he decrypted, and any 32 bytes in a row of the exchange's messages
    /// and of the stolen key.
    pub secrets_tried: u64,
    /// Records that he read.
    pub messages_read: u64,
    /// Whether the first of them is what A sent.
    pub is_the_message: bool,
    /// Beginning of the first.
    pub preview: String,
}

impl Theft {
    /// What did not come out as it must.
    pub(super) fn fault(&self) -> Option<String> {
        let wrong = self.loot.iter().find(|loot| match loot.form {
            Form::RsaTransport => !loot.is_the_message || loot.messages_read != loot.records,
            Form::X25519 | Form::X25519MlKem768 => loot.messages_read != 0,
        });
        match wrong {
            Some(loot) => Some(format!("{}: the thief read {} messages", loot.form.name(), loot.messages_read)),
            None if !self.impersonates => Some("the stolen key should sign a new session".to_owned()),
            None => None,
        }
    }
}

/// Steals B's key and tries it on all recordings.
pub(super) fn steal(actors: &Actors, recordings: &[Recording<'_>]) -> Result<Theft> {
    // The key as a file would have it: that is all the thief needs.
    let stolen = PrivateKey::parse("the stolen key", actors.key.pkcs8_der().expose())?;
    let loot = recordings.iter().map(|recording| plunder(recording, &stolen)).collect::<Result<_>>()?;
    Ok(Theft { loot, impersonates: impersonate(actors, &stolen).is_ok() })
}

fn plunder(recording: &Recording<'_>, stolen: &PrivateKey) -> Result<Loot> {
    let frames = recording.wire.frames();
    let handshake =
        || frames.iter().filter(|frame| frame.kind != Some(Kind::Record)).map(|frame| frame.bytes.as_slice());
    let mut transcript = Transcript::default();
    handshake().for_each(|frame| transcript.add(frame));
    let decryptor = encryption::decryptor(EncryptionScheme::RsaOaep, Backend::AwsLc, stolen)?;
    let bodies = || handshake().filter_map(|frame| frame.get(HEADER_LEN..));
    let decrypted: Vec<Secret> = bodies().filter_map(|body| decryptor.decrypt(body).ok()).collect();
    let mut tried = 0;
    let windows = || {
        let places = handshake().chain([stolen.pkcs8_der().expose()]);
        places.flat_map(|place| place.windows(SECRET_LEN)).map(Secret::from)
    };
    let found = decrypted.iter().cloned().chain(windows()).find_map(|secret| {
        tried += 1;
        read_all(&recording.wire, &secret, &transcript)
    });
    let messages = found.unwrap_or_default();
    Ok(Loot {
        form: recording.form,
        recorded_bytes: recording.wire.bytes(),
        records: (frames.len() - handshake().count()) as u64,
        decryptions_tried: bodies().count() as u64,
        decrypted: decrypted.len() as u64,
        secrets_tried: tried,
        messages_read: messages.len() as u64,
        is_the_message: messages.first().is_some_and(|first| first == recording.message),
        preview: messages.first().map_or_else(String::new, |first| preview(first)),
    })
}

/// All records of both directions, if the secret is that of the session.
fn read_all(wire: &Wire, secret: &Secret, transcript: &Transcript) -> Option<Vec<Vec<u8>>> {
    // Whoever has the secret is as good as either side.
    let end = |own| Session::new(own, SessionKeys::derive(secret, transcript));
    let (mut as_a, mut as_b) = (end(Party::A).ok()?, end(Party::B).ok()?);
    let records = wire.frames().iter().filter(|frame| frame.kind == Some(Kind::Record));
    records
        .map(|frame| match frame.from {
            Party::A => as_b.open(&frame.bytes).ok(),
            Party::B => as_a.open(&frame.bytes).ok(),
        })
        .collect()
}

/// A new session in which the thief answers in B's place, with B's certificate and the stolen key.
fn impersonate(actors: &Actors, stolen: &PrivateKey) -> Result<()> {
    let identity = Identity::new(stolen, actors.identity.certificate_der.clone())?;
    let (a, hello) = Client::start(Form::X25519);
    let (thief, certificate) = Server::greet(&identity, &hello)?;
    let offer = thief.offer(&identity)?;
    let mut a = a.check(&actors.trust, &certificate)?.accept(&offer.share, &offer.signature, SignatureCheck::Done)?;
    let (mut thief, said) = (offer.session, b"to B");
    if thief.open(&a.seal(said)?)? == said { Ok(()) } else { Err(Error::decryption()) }
}
