//! The two sides of the exchange.

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use hkdf::Hkdf;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::wire::{self, ALERT_FAILED, Field, Message};
use crate::aead::{AeadAlgorithm, OpeningKey, SealingKey, TAG_LEN};
use crate::certificates;
use crate::encryption::{self, EncryptionScheme};
use crate::error::Error;
use crate::keys::{PrivateKey, PublicKey};
use crate::{Backend, Result, Secret, time};

/// Length of the symmetric key in bytes.
const KEY_LEN: usize = 32;

/// A step as one side saw it.
#[derive(Debug, Clone, Serialize)]
pub struct Step {
    /// Number in the notes, 1 to 5.
    pub number: u8,
    /// Who did it, `A` or `B`.
    pub who: char,
    /// What was done.
    pub what: String,
    /// How long it took, in nanoseconds, without waiting for the other side.
    pub nanoseconds: u128,
    /// The message that was sent, if one was.
    pub sent: Option<Vec<Field>>,
    /// Length of that message in bytes.
    pub sent_length: usize,
}

/// What one side saw.
#[derive(Debug, Default)]
pub struct Report {
    /// The steps in their order, each with the moment it was over.
    pub steps: Vec<(Instant, Step)>,
    /// What the other side said.
    pub received: Vec<u8>,
    /// The symmetric key.
    pub key: Option<Secret>,
}

impl Report {
    fn add(&mut self, number: u8, who: char, what: String, took: Duration, sent: Option<&Message>) -> Result<()> {
        let sent_length = sent.map_or(Ok(0), |message| message.encode().map(|bytes| bytes.len()))?;
        let sent = sent.map(Message::fields);
        let step = Step { number, who, what, nanoseconds: took.as_nanos(), sent, sent_length };
        self.steps.push((time::now(), step));
        Ok(())
    }
}

/// Each key has one direction only, so the fixed part of the nonces need not tell directions apart.
const FIXED: [u8; 4] = [0; 4];

fn seal(key: &mut SealingKey, text: &[u8]) -> Result<Message> {
    let mut body = text.to_vec();
    // Header and length are authenticated with the data.
    let aad = wire::header(3, body.len() + TAG_LEN);
    let tag = key.seal(&aad, &mut body)?.tag;
    body.extend_from_slice(&tag);
    Ok(Message::Data(body))
}

fn open(key: &mut OpeningKey, body: &[u8]) -> Result<Vec<u8>> {
    let (data, tag) = body.split_last_chunk::<TAG_LEN>().ok_or_else(Error::decryption)?;
    let mut data = data.to_vec();
    key.open(&wire::header(3, body.len()), &mut data, tag)?;
    Ok(data)
}

/// Which side of the talk.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    A,
    B,
}

/// What the side seals and opens with: one key per direction, which hang on all that was said before.
fn channels(key: &Secret, said: [&Message; 2], side: Side) -> Result<(SealingKey, OpeningKey)> {
    let transcript = Sha256::digest([said[0].encode()?, said[1].encode()?].concat());
    let hkdf = Hkdf::<Sha256>::new(Some(&transcript), key.expose());
    let derive = |from: Side| {
        let label: &[u8] = if from == Side::A { b"cryptodemo ssl A to B" } else { b"cryptodemo ssl B to A" };
        let mut bytes = vec![0; KEY_LEN];
        hkdf.expand(label, &mut bytes).expect("32 bytes are far less than HKDF can give");
        Secret::new(bytes)
    };
    let other = if side == Side::A { Side::B } else { Side::A };
    Ok((
        SealingKey::new(AeadAlgorithm::Aes256Gcm, derive(side), FIXED)?,
        OpeningKey::new(AeadAlgorithm::Aes256Gcm, &derive(other), FIXED)?,
    ))
}

/// A: checks the certificate for the name against the authorities, sends a key and the message, reads the answer.
///
/// # Errors
/// [`Error::Rejected`] if the certificate is refused, a tag does not fit or B sends an alert; [`Error::Malformed`] for
/// messages that cannot be; [`Error::Io`] if the network fails; [`Error::Key`] if B's key is no RSA key.
pub fn client(stream: &mut (impl Read + Write), authorities: &[&[u8]], name: &str, text: &[u8]) -> Result<Report> {
    let mut report = Report::default();
    let certificate = Message::read(stream)?;
    let Message::Certificate(der) = &certificate else { return Err(unexpected(&certificate)) };

    let (checked, took) = time::measure(|| certificates::verify(der, &[], authorities, name, time::wall()));
    if let Err(refusal) = checked {
        let _ = send(stream, &Message::Alert(ALERT_FAILED));
        return Err(refusal.error());
    }
    report.add(2, 'A', format!("checks the certificate: name {name}, dates, chain, signature"), took, None)?;

    let ((key, encrypted), took) = time::measure(|| -> (Secret, Result<Vec<u8>>) {
        let key = Secret::random(KEY_LEN);
        let public = PublicKey::parse("B's certificate", der);
        let scheme = EncryptionScheme::RsaOaep;
        let encryptor = public.and_then(|public| encryption::encryptor(scheme, Backend::AwsLc, &public));
        let encrypted = encryptor.and_then(|encryptor| encryptor.encrypt(key.expose()));
        (key, encrypted)
    });
    let encrypted = Message::Key(encrypted?);
    send(stream, &encrypted)?;
    report.add(3, 'A', "makes a symmetric key, encrypts it with B's public key".to_owned(), took, Some(&encrypted))?;

    let (mut sealing, mut opening) = channels(&key, [&certificate, &encrypted], Side::A)?;
    let (data, took) = time::measure(|| seal(&mut sealing, text));
    let data = data?;
    send(stream, &data)?;
    report.add(5, 'A', "encrypts its message with the symmetric key".to_owned(), took, Some(&data))?;

    report.received = receive(stream, &mut opening)?;
    report.key = Some(key);
    Ok(report)
}

/// B: sends its certificate, opens A's key, reads A's message and answers.
///
/// # Errors
/// As [`client`]. If the key does not open or the message's tag does not fit, A gets the same alert at the same point,
/// and the error is the same too.
pub fn server(stream: &mut (impl Read + Write), certificate_der: &[u8], key: &PrivateKey) -> Result<Report> {
    let mut report = Report::default();
    let decryptor = encryption::decryptor(EncryptionScheme::RsaOaep, Backend::AwsLc, key)?;
    let certificate = Message::Certificate(certificate_der.to_vec());
    send(stream, &certificate)?;
    report.add(1, 'B', "sends its certificate".to_owned(), Duration::ZERO, Some(&certificate))?;

    let encrypted = Message::read(stream)?;
    let Message::Key(wrapped) = &encrypted else { return Err(unexpected(&encrypted)) };
    // RFC 5246 section 7.4.7.1: the random key is made in any case, and taken if the other does not open or is too
    // short. What follows is the same for both; only the tag of the first message tells them apart.
    let (key, took) = time::measure(|| {
        let substitute = Secret::random(KEY_LEN);
        match decryptor.decrypt(wrapped) {
            Ok(key) if key.len() == KEY_LEN => key,
            _ => substitute,
        }
    });
    report.add(4, 'B', "opens the symmetric key with its private key".to_owned(), took, None)?;

    let (mut sealing, mut opening) = channels(&key, [&certificate, &encrypted], Side::B)?;
    report.received = match receive(stream, &mut opening) {
        Err(error @ Error::Rejected(_)) => {
            let _ = send(stream, &Message::Alert(ALERT_FAILED));
            return Err(error);
        }
        other => other?,
    };
    let answer = format!("B got {} bytes", report.received.len());
    let (data, took) = time::measure(|| seal(&mut sealing, answer.as_bytes()));
    let data = data?;
    send(stream, &data)?;
    report.add(5, 'B', "opens the message and answers under its own key".to_owned(), took, Some(&data))?;
    report.key = Some(key);
    Ok(report)
}

fn receive(stream: &mut impl Read, key: &mut OpeningKey) -> Result<Vec<u8>> {
    match Message::read(stream)? {
        Message::Data(body) => open(key, &body),
        other => Err(unexpected(&other)),
    }
}

fn send(stream: &mut impl Write, message: &Message) -> Result<()> {
    let bytes = message.encode()?;
    stream.write_all(&bytes).and_then(|()| stream.flush()).map_err(Error::io("TCP"))
}

fn unexpected(message: &Message) -> Error {
    match message {
        Message::Alert(_) => Error::Rejected("the other side refused: what it got did not verify".to_owned()),
        other => Error::malformed("message", format!("{} is not expected here", other.name())),
    }
}
