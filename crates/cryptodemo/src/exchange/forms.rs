//! The forms of the exchange side by side: time of A, time of B, bytes.

use serde::Serialize;

use super::actors::Actors;
use super::client::{Checked, Client, SignatureCheck};
use super::costs::median;
use super::server::Server;
use super::session::Session;
use super::theft::{Recording, Theft};
use super::wire::{Party, Wire};
use super::{Form, nanos};
use crate::Result;
use crate::bench::waiting::Waiting;
use crate::error::Error;

/// Rounds in which the forms take turns; the median counts. One more before, not counted.
const ROUNDS: usize = 11;

/// What one form of the exchange costs, from nothing to keys on both sides.
#[derive(Debug, Clone, Serialize)]
pub struct FormCost {
    /// Which one.
    pub form: Form,
    /// Rounds, of which the median counts.
    pub rounds: u64,
    /// Median time of A, with the check of the certificate.
    pub a_ns: u64,
    /// Median time of B.
    pub b_ns: u64,
    /// Bytes both ways, with the certificate.
    pub bytes: u64,
    /// Whether recorded sessions stay secret when B's private key is stolen: as the theft in this report found.
    pub forward_secret: bool,
    /// Whether recorded sessions stay secret from a quantum computer, by today's knowledge.
    pub post_quantum: bool,
}

impl FormCost {
    /// With what the thief found.
    pub(super) fn after(mut self, theft: &Theft) -> Self {
        self.forward_secret = theft.loot.iter().any(|loot| loot.form == self.form && loot.messages_read == 0);
        self
    }
}

/// One handshake, with the time that each side took.
pub(super) struct Timed {
    pub(super) a: Session,
    pub(super) b: Session,
    pub(super) wire: Wire,
    a_ns: u64,
    b_ns: u64,
}

/// Runs one handshake.
pub(super) fn handshake(actors: &Actors, form: Form) -> Result<Timed> {
    let waiting = Waiting::of_this_thread();
    let mut wire = Wire::default();
    let ((client, hello), start_time) = waiting.measure(|| Client::start(form));
    wire.send(Party::A, hello);
    let (greeting, greet_time) = waiting.measure(|| Server::greet(&actors.identity, wire.last()));
    let (server, certificate) = greeting?;
    wire.send(Party::B, certificate);
    let (checked, check_time) = waiting.measure(|| client.check(&actors.trust, wire.last()));
    let checked = checked?;
    let (a, finish_time, b, answer_time) = if form.kem().is_none() {
        let (sent, send_time) = waiting.measure(|| checked.send_key(Checked::fresh_key()));
        let (a, encrypted_key) = sent?;
        wire.send(Party::A, encrypted_key);
        let (a, a_time) = waiting.measure(|| a.session());
        let (b, b_time) = waiting.measure(|| server.receive_key(&actors.identity, wire.last())?.session());
        (a?, send_time + a_time, b?, b_time)
    } else {
        let (offer, b_time) = waiting.measure(|| server.offer(&actors.identity));
        let offer = offer?;
        let (a, a_time) = waiting.measure(|| checked.accept(&offer.share, &offer.signature, SignatureCheck::Done));
        wire.send(Party::B, offer.share);
        wire.send(Party::B, offer.signature);
        (a?, a_time, offer.session, b_time)
    };
    Ok(Timed { a, b, wire, a_ns: nanos(start_time + check_time + finish_time), b_ns: nanos(greet_time + answer_time) })
}

/// Measures all forms, and records a session of each ephemeral one with a message and an answer.
pub(super) fn measure<'a>(actors: &Actors, message: &'a [u8]) -> Result<(Vec<FormCost>, Vec<Recording<'a>>)> {
    let mut times = [const { (Vec::new(), Vec::new()) }; Form::ALL.len()];
    for round in 0..=ROUNDS {
        for (form, (a, b)) in Form::ALL.into_iter().zip(&mut times) {
            let timed = handshake(actors, form)?;
            if round > 0 {
                a.push(timed.a_ns);
                b.push(timed.b_ns);
            }
        }
    }
    let (mut costs, mut recordings) = (Vec::new(), Vec::new());
    for (form, (mut a, mut b)) in Form::ALL.into_iter().zip(times) {
        let session = handshake(actors, form)?;
        costs.push(FormCost {
            form,
            rounds: ROUNDS as u64,
            a_ns: median(&mut a),
            b_ns: median(&mut b),
            bytes: session.wire.bytes(),
            forward_secret: false,
            post_quantum: form.is_post_quantum(),
        });
        if form.kem().is_some() {
            recordings.push(Recording { form, wire: converse(session, message)?, message });
        }
    }
    Ok((costs, recordings))
}

/// The message and an answer in a session, and all that passed.
pub(super) fn converse(session: Timed, message: &[u8]) -> Result<Wire> {
    let Timed { mut a, mut b, mut wire, .. } = session;
    if b.open(wire.send(Party::A, a.seal(message)?))? != message {
        return Err(Error::Rejected("what arrived is not what was sent".to_owned()));
    }
    a.open(wire.send(Party::B, b.seal(b"B has it")?))?;
    Ok(wire)
}
