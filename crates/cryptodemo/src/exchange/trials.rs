//! What happens when something is wrong: each really tried, through the same functions as the exchange that works.

use serde::Serialize;

use super::Form;
use super::actors::{self, AUTHORITY_NAME, Actors};
use super::client::{Checked, Client, Trust};
use super::message::{HEADER_LEN, Kind};
use super::server::{Identity, Server};
use super::session::Session;
use super::wire::{Party, Wire};
use crate::aead::NONCE_LEN;
use crate::error::Error;
use crate::keys::PrivateKey;
use crate::{Result, random};

/// Where an exchange stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// A and B say hello.
    Greeting,
    /// A checks B's certificate.
    Certificate,
    /// A sends the session key.
    SendingKey,
    /// B opens the session key.
    OpeningKey,
    /// A checks B's signature over the shares.
    Signature,
    /// A message is opened.
    OpeningMessage,
}

/// One thing made wrong, and what came of it.
#[derive(Debug, Clone, Serialize)]
pub struct Trial {
    /// What is wrong.
    pub what: String,
    /// Whether it has to be accepted: true of the one in which nothing is wrong.
    pub must_work: bool,
    /// Who stopped where, and why; nothing if the message arrived.
    pub refused: Option<Refused>,
}

/// Who stopped, where, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refused {
    /// Who noticed.
    pub by: Party,
    /// What it was doing.
    pub at: Stage,
    /// The reason as the check gave it.
    pub reason: String,
}

impl Trial {
    /// Whether it came out as it must.
    #[must_use]
    pub const fn is_as_it_must(&self) -> bool {
        self.must_work == self.refused.is_none()
    }
}

/// Names who stopped and where.
pub(super) fn refused(by: Party, at: Stage) -> impl FnOnce(Error) -> Refused {
    move |error| Refused { by, at, reason: error.to_string() }
}

/// Tries everything with RSA transport; the man in the middle of the ephemeral forms is in `middle`.
pub(super) fn run(actors: &Actors, message: &[u8]) -> Result<Vec<Trial>> {
    let (trust, at) = (&actors.trust, actors.trust.at);
    // An empty message has no bit to flip.
    let message = if message.is_empty() { b"no words" } else { message };
    let attempt = |identity: &Identity, trust: &Trust, network: Network<'_>| attempt(identity, trust, message, network);
    let wrong = |what: &str, result: std::result::Result<(), Refused>| Trial {
        what: what.to_owned(),
        must_work: false,
        refused: result.err(),
    };
    let certified = |request, authority: &crate::certificates::Authority| {
        Identity::new(&actors.key, authority.issue(&request, &actors.key)?)
    };
    let other_key =
        Identity::new(&PrivateKey::generate(actors.key.algorithm()), actors.identity.certificate_der.clone())?;
    let other_authority = certified(actors::valid(at), &actors::authority("another CA"))?;
    let same_name = certified(actors::valid(at), &actors::authority(AUTHORITY_NAME))?;
    let expired = certified(actors::expired(at), &actors.authority)?;
    let for_another = certified(actors::for_another(at), &actors.authority)?;
    let own = &actors.identity;
    let control = attempt(own, trust, &mut |_| {});
    Ok(vec![
        Trial { what: "nothing is wrong".to_owned(), must_work: true, refused: control.err() },
        wrong("one bit of the ciphertext is flipped", attempt(own, trust, &mut |frame| flip(frame, Part::Ciphertext))),
        wrong("one bit of the tag is flipped", attempt(own, trust, &mut |frame| flip(frame, Part::Tag))),
        wrong("one bit of the encrypted key is flipped", attempt(own, trust, &mut |frame| flip(frame, Part::Key))),
        wrong(
            "one bit of the certificate is flipped",
            attempt(own, trust, &mut |frame| flip(frame, Part::Certificate)),
        ),
        wrong("B has another private key (wrong key)", attempt(&other_key, trust, &mut |_| {})),
        wrong("another CA signed, say a man in the middle's", attempt(&other_authority, trust, &mut |_| {})),
        wrong("another CA with the same name signed", attempt(&same_name, trust, &mut |_| {})),
        wrong("the certificate is expired", attempt(&expired, trust, &mut |_| {})),
        wrong("the certificate is for another host", attempt(&for_another, trust, &mut |_| {})),
        wrong("a record is sent twice", again(actors, message, Again::ToB)),
        wrong("a record is sent back to its sender", again(actors, message, Again::ToA)),
        wrong("a record under another session's key", other_session(actors, message)),
    ])
}

/// What the network does to a message on its way.
type Network<'a> = &'a mut dyn FnMut(&mut Vec<u8>);

fn attempt(
    identity: &Identity,
    trust: &Trust,
    message: &[u8],
    network: Network<'_>,
) -> std::result::Result<(), Refused> {
    let (mut a, mut b, mut wire) = set_up(identity, trust, network)?;
    let at = Stage::OpeningMessage;
    let mut record = a.seal(message).map_err(refused(Party::A, at))?;
    network(&mut record);
    b.open(wire.send(Party::A, record)).map(drop).map_err(refused(Party::B, at))
}

/// The exchange of the notes over a network that may change messages.
fn set_up(
    identity: &Identity,
    trust: &Trust,
    network: Network<'_>,
) -> std::result::Result<(Session, Session, Wire), Refused> {
    let mut wire = Wire::default();
    let mut send = |from, mut frame: Vec<u8>| {
        network(&mut frame);
        wire.send(from, frame).to_vec()
    };
    let (client, hello) = Client::start(Form::RsaTransport);
    let hello = send(Party::A, hello);
    let (server, certificate) = Server::greet(identity, &hello).map_err(refused(Party::B, Stage::Greeting))?;
    let certificate = send(Party::B, certificate);
    let checked = client.check(trust, &certificate).map_err(refused(Party::A, Stage::Certificate))?;
    let (a, key) = checked.send_key(Checked::fresh_key()).map_err(refused(Party::A, Stage::SendingKey))?;
    let key = send(Party::A, key);
    let b = server.receive_key(identity, &key).map_err(refused(Party::B, Stage::OpeningKey))?;
    let a = a.session().map_err(refused(Party::A, Stage::SendingKey))?;
    let b = b.session().map_err(refused(Party::B, Stage::OpeningKey))?;
    Ok((a, b, wire))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Ciphertext,
    Tag,
    Key,
    Certificate,
}

/// Flips one random bit in a part of the message, if it has that part.
fn flip(frame: &mut [u8], part: Part) {
    let tag = frame.len().saturating_sub(crate::aead::TAG_LEN);
    let range = match (part, Kind::of(frame)) {
        (Part::Ciphertext, Some(Kind::Record)) => HEADER_LEN + NONCE_LEN..tag,
        (Part::Tag, Some(Kind::Record)) => tag..frame.len(),
        (Part::Key, Some(Kind::EncryptedKey)) => HEADER_LEN..frame.len(),
        // The last bytes: those of the signature, so that the certificate can still be read.
        (Part::Certificate, Some(Kind::Certificate)) => frame.len() - 16..frame.len(),
        _ => return,
    };
    let chance = usize::from(u16::from_be_bytes(random::array()));
    let place = range.start + chance % range.len();
    frame[place] ^= 1 << (random::array::<1>()[0] % 8);
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Again {
    ToA,
    ToB,
}

/// A record that has arrived is sent once more, to B or back to A.
fn again(actors: &Actors, message: &[u8], to: Again) -> std::result::Result<(), Refused> {
    let (mut a, mut b, mut wire) = set_up(&actors.identity, &actors.trust, &mut |_| {})?;
    let at = Stage::OpeningMessage;
    let record = wire.send(Party::A, a.seal(message).map_err(refused(Party::A, at))?);
    b.open(record).map_err(refused(Party::B, Stage::Greeting))?;
    let (session, party) = match to {
        Again::ToA => (&mut a, Party::A),
        Again::ToB => (&mut b, Party::B),
    };
    session.open(record).map(drop).map_err(refused(party, at))
}

/// A record of one session arrives in another with the same B.
fn other_session(actors: &Actors, message: &[u8]) -> std::result::Result<(), Refused> {
    let (mut a, ..) = set_up(&actors.identity, &actors.trust, &mut |_| {})?;
    let (_, mut b, _) = set_up(&actors.identity, &actors.trust, &mut |_| {})?;
    let at = Stage::OpeningMessage;
    let record = a.seal(message).map_err(refused(Party::A, at))?;
    b.open(&record).map(drop).map_err(refused(Party::B, at))
}
