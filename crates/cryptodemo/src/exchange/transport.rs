//! The exchange of the notes, step by step, each step timed.

use sha2::{Digest, Sha256};
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

use super::actors::{AUTHORITY_NAME, Actors, NAME};
use super::client::{Checked, Client};
use super::message::Kind;
use super::server::Server;
use super::session::{Session, SessionKeys};
use super::steps::{Exchange, Step, Who, WireFrame};
use super::wire::{Party, Wire};
use super::{Event, Form, Settings, nanos};
use crate::bench::waiting::Waiting;
use crate::error::Error;
use crate::report;
use crate::report::hex;
use crate::{Result, Secret};

/// Runs the exchange; also returns all that passed.
pub(super) fn run(
    actors: &Actors,
    settings: &Settings,
    observe: &mut dyn FnMut(Event<'_>) -> Result<()>,
) -> Result<(Exchange, Wire)> {
    let mut run =
        Run { actors, settings, observe, wire: Wire::default(), steps: Vec::new(), waiting: Waiting::of_this_thread() };
    run.before()?;
    let (a, b) = run.handshake()?;
    run.talk(a, b)?;
    let Run { wire, steps, .. } = run;
    let handshake_bytes = wire.frames().iter().filter(|frame| frame.kind != Some(Kind::Record));
    let exchange = Exchange {
        wire_bytes: wire.bytes(),
        handshake_bytes: handshake_bytes.map(|frame| frame.bytes.len() as u64).sum(),
        wire: wire.frames().iter().map(WireFrame::from).collect(),
        total_ns: steps.iter().filter(|step| step.counted).map(|step| step.time_ns).sum(),
        steps,
    };
    Ok((exchange, wire))
}

struct Run<'a> {
    actors: &'a Actors,
    settings: &'a Settings,
    observe: &'a mut dyn FnMut(Event<'_>) -> Result<()>,
    wire: Wire,
    steps: Vec<Step>,
    waiting: Waiting,
}

/// A step without its number.
struct Done {
    who: Who,
    name: &'static str,
    what: String,
    time: std::time::Duration,
    details: Vec<(String, String)>,
    secrets: Vec<(String, String)>,
}

impl Done {
    fn by(who: Party, name: &'static str, what: impl Into<String>, time: std::time::Duration) -> Self {
        Self { who: Who::Party(who), name, what: what.into(), time, details: Vec::new(), secrets: Vec::new() }
    }

    fn detail(mut self, name: &str, text: impl Into<String>) -> Self {
        self.details.push((name.to_owned(), text.into()));
        self
    }
}

impl Run<'_> {
    /// What A and B bring along.
    fn before(&mut self) -> Result<()> {
        let actors = self.actors;
        let key = algorithm_name(actors.key.algorithm());
        let made = Done::by(Party::B, "key pair", format!("makes its key pair: {key}"), actors.key_time)
            .detail("", "Not counted: made once and used for years.");
        self.tell(made, None, Counted::No)?;
        let signed = Done {
            who: Who::Authority,
            ..Done::by(
                Party::B,
                "certificate signed",
                format!("signs the certificate of {NAME}"),
                actors.certificate_time,
            )
        };
        let signed = signed.detail(
            "",
            "Not counted either. A CA signs, it does not encrypt: whoever has the CA's public key can check that name and \
             public key belong together. The CA never sees B's private key nor the messages.",
        );
        self.tell(signed, None, Counted::No)
    }

    /// From nothing to a session on both sides.
    fn handshake(&mut self) -> Result<(Session, Session)> {
        let actors = self.actors;
        let ((client, hello), time) = self.waiting.measure(|| Client::start(Form::RsaTransport));
        self.send(Done::by(Party::A, "hello", "hello: 32 random bytes", time), hello)?;

        let (greeting, time) = self.waiting.measure(|| Server::greet(&actors.identity, self.wire.last()));
        let (server, certificate) = greeting?;
        self.send(Done::by(Party::B, "certificate", "certificate, 32 random bytes", time), certificate)?;

        let (checked, time) = self.waiting.measure(|| client.check(&actors.trust, self.wire.last()));
        let checked = checked?;
        self.tell(
            with_facts(Done::by(Party::A, "check", "checks the certificate, reads B's key", time), actors)?,
            None,
            Counted::Yes,
        )?;

        let (key, time) = self.waiting.measure(Checked::fresh_key);
        let nonce_text = "\"A->B\" and a counter from 0. A nonce must be new for its key, not secret; with a fresh key \
                          the first one is.";
        let fresh = Done::by(Party::A, "fresh key", "makes a fresh AES-256 session key", time)
            .detail("key", "256 bits from the operating system's generator")
            .detail("nonce", nonce_text);
        self.tell(self.with_secret(fresh, "session key", &key), None, Counted::Yes)?;

        let (sent, time) = self.waiting.measure(|| checked.send_key(key));
        let (a, encrypted_key) = sent?;
        let step = Done::by(Party::A, "RSA-OAEP encrypt", "RSA-OAEP: session key to B's public key", time);
        self.send(step, encrypted_key)?;

        let (opened, time) = self.waiting.measure(|| server.receive_key(&actors.identity, self.wire.last()));
        let b = opened?;
        let step = Done::by(Party::B, "RSA-OAEP decrypt", "RSA-OAEP: opens it with the private key", time)
            .detail("", "Nobody else can. One such step per session, not per message.");
        self.tell(step, None, Counted::Yes)?;

        let (session, time) = self.waiting.measure(|| a.session());
        let a = session?;
        let step = Done::by(Party::A, "keys per direction", "HKDF-SHA-256: a key per direction, ready", time)
            .detail("", "Bound to all messages so far: whoever changed one has other keys.");
        self.tell(self.with_directions(step, a.keys()), None, Counted::Yes)?;
        let (session, time) = self.waiting.measure(|| b.session());
        let step = Done::by(Party::B, "keys per direction", "HKDF-SHA-256: the same keys", time);
        self.tell(step, None, Counted::Yes)?;
        Ok((a, session?))
    }

    /// The message, the answer, and more messages under the same keys.
    fn talk(&mut self, mut a: Session, mut b: Session) -> Result<()> {
        let message = &self.settings.message;
        let what = format!("AES-256-GCM: the message, {}", report::size(message.len() as u64));
        self.seal(&mut a, message, "message sealed", &what)?;
        let got = self.open(&mut b, "message opened", "AES-256-GCM: checks the tag, opens", message)?;
        let answer = format!("B has {} bytes with SHA-256 {}", got.len(), hex(&Sha256::digest(&got)));
        drop(got);
        self.seal(&mut b, answer.as_bytes(), "answer sealed", "AES-256-GCM: the answer, SHA-256 of it all")?;
        let answered =
            self.open(&mut a, "answer opened", "AES-256-GCM: opens the answer, compares", answer.as_bytes())?;
        // A computes what the answer must be from its own message: B really had all of it.
        let expected = format!("B has {} bytes with SHA-256 {}", message.len(), hex(&Sha256::digest(message)));
        if answered != expected.as_bytes() {
            return Err(Error::Rejected("B's answer does not fit the message".to_owned()));
        }
        for (number, from_a) in [(1, true), (2, false), (3, true)] {
            let (from, to) = if from_a { (&mut a, &mut b) } else { (&mut b, &mut a) };
            let text = format!("message {number} after the answer: no RSA any more");
            self.seal(from, text.as_bytes(), "further sealed", &format!("AES-256-GCM: further message {number}"))?;
            self.open(to, "further opened", "AES-256-GCM: opens it", text.as_bytes())?;
        }
        Ok(())
    }

    fn seal(&mut self, session: &mut Session, message: &[u8], name: &'static str, what: &str) -> Result<()> {
        let (frame, time) = self.waiting.measure(|| session.seal(message));
        self.send(Done::by(session.own(), name, what, time), frame?)
    }

    /// Opens what passed last, and makes sure that it is what was sent.
    fn open(&mut self, session: &mut Session, name: &'static str, what: &str, sent: &[u8]) -> Result<Vec<u8>> {
        let (message, time) = self.waiting.measure(|| session.open(self.wire.last()));
        let message = message?;
        if message != sent {
            return Err(Error::Rejected("what arrived is not what was sent".to_owned()));
        }
        self.tell(Done::by(session.own(), name, what, time), None, Counted::Yes)?;
        Ok(message)
    }

    fn send(&mut self, done: Done, frame: Vec<u8>) -> Result<()> {
        let bytes = frame.len() as u64;
        let Who::Party(from) = done.who else { unreachable!("the authority sends nothing here") };
        self.wire.send(from, frame);
        self.tell(done, Some(bytes), Counted::Yes)
    }

    fn tell(&mut self, done: Done, sent_bytes: Option<u64>, counted: Counted) -> Result<()> {
        let number = match counted {
            Counted::No => 0,
            Counted::Yes => self.steps.last().map_or(0, |step| step.number) + 1,
        };
        let step = Step {
            number,
            who: done.who,
            name: done.name,
            sent_bytes,
            what: done.what,
            time_ns: nanos(done.time),
            counted: counted == Counted::Yes,
            details: done.details,
            secrets: done.secrets,
        };
        (self.observe)(Event::Step(&step))?;
        self.steps.push(step);
        Ok(())
    }

    fn with_secret(&self, mut done: Done, name: &str, secret: &Secret) -> Done {
        if self.settings.show_secrets {
            done.secrets.push((name.to_owned(), hex(secret.expose())));
        }
        done
    }

    fn with_directions(&self, done: Done, keys: &SessionKeys) -> Done {
        let done = self.with_secret(done, "key A to B", &keys.a_to_b);
        self.with_secret(done, "key B to A", &keys.b_to_a)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Counted {
    Yes,
    No,
}

/// Name of an algorithm as on the command line.
pub(super) fn algorithm_name(algorithm: crate::keys::KeyAlgorithm) -> String {
    clap::ValueEnum::to_possible_value(&algorithm).map_or_else(String::new, |value| value.get_name().to_uppercase())
}

/// What the certificate says, read from the certificate itself.
fn with_facts(done: Done, actors: &Actors) -> Result<Done> {
    let unreadable = || Error::malformed("B's certificate", "cannot be read");
    let (_, certificate) = X509Certificate::from_der(&actors.identity.certificate_der).map_err(|_| unreadable())?;
    let names = certificate.subject_alternative_name().ok().flatten().map_or_else(Vec::new, |extension| {
        let names = extension.value.general_names.iter();
        names.filter_map(|name| if let GeneralName::DNSName(name) = name { Some(*name) } else { None }).collect()
    });
    let validity = certificate.validity();
    let day = |time: x509_parser::time::ASN1Time| time.to_datetime().date().to_string();
    let scheme = match certificate.signature_algorithm.algorithm.to_id_string().as_str() {
        "1.2.840.10045.4.3.2" => "ECDSA with SHA-256 (a key that cannot even encrypt)".to_owned(),
        other => format!("algorithm {other}"),
    };
    Ok(done
        .detail("name", format!("{}: is whom A wants to talk to", names.join(", ")))
        .detail("dates", format!("{} to {}: today lies between", day(validity.not_before), day(validity.not_after)))
        .detail("chain", format!("issued by {}, which A trusts ({AUTHORITY_NAME})", certificate.issuer()))
        .detail("signature", format!("{scheme}, fits the CA's public key")))
}
