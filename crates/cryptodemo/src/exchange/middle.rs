//! A man in the middle of the ephemeral exchange, M: he puts his own share in the place of B's. With B's signature checked
//! he fails; without, he reads everything, and neither A nor B notices.

use serde::Serialize;

use super::actors::Actors;
use super::client::{Checked, Client, SignatureCheck};
use super::server::{Identity, Offer, Server};
use super::session::Session;
use super::trials::{Refused, Stage, Trial, refused};
use super::wire::Party;
use super::{Form, preview};
use crate::Result;
use crate::keys::PrivateKey;

/// What M achieved in one form of the exchange.
#[derive(Debug, Clone, Serialize)]
pub struct Middle {
    /// Which one.
    pub form: Form,
    /// His share with B's signature over another one, and with a signature of his own: A checks as it must.
    pub checked: Vec<Trial>,
    /// The same if A left the check of the signature out.
    pub unchecked: Unchecked,
}

/// What M achieves if nobody checks the signature.
#[derive(Debug, Clone, Serialize)]
pub struct Unchecked {
    /// What stopped him, if anything did.
    pub refused: Option<Refused>,
    /// Whether he read A's message.
    pub read: bool,
    /// Beginning of what he read.
    pub preview: String,
    /// Whether B received the message as if it came from A, and A an answer.
    pub unnoticed: bool,
}

impl Middle {
    /// What did not come out as it must.
    pub(super) fn fault(&self) -> Option<String> {
        let trial = self.checked.iter().find(|trial| !trial.is_as_it_must());
        match trial {
            Some(trial) => Some(format!("{}, {}: was accepted", self.form.name(), trial.what)),
            None if !self.unchecked.read || !self.unchecked.unnoticed => {
                Some(format!("{}: without the signature the man in the middle should succeed", self.form.name()))
            }
            None => None,
        }
    }
}

/// Tries both ephemeral forms.
pub(super) fn run(actors: &Actors, message: &[u8]) -> Result<Vec<Middle>> {
    let own_key = PrivateKey::generate(actors.key.algorithm());
    // He has no certificate of the authority; he shows B's, and signs with a key of his own.
    let own = Identity::new(&own_key, actors.identity.certificate_der.clone())?;
    let forms = Form::ALL.into_iter().filter(|form| form.kem().is_some());
    Ok(forms
        .map(|form| {
            let wrong = |what: &str, signs: Signs| Trial {
                what: what.to_owned(),
                must_work: false,
                refused: intrude(actors, &own, form, signs, SignatureCheck::Done).err(),
            };
            Middle {
                form,
                checked: vec![
                    wrong("M's share with B's signature passed on", Signs::PassesOn),
                    wrong("M's share with M's own signature", Signs::Himself),
                ],
                unchecked: unchecked(actors, &own, form, message),
            }
        })
        .collect())
}

/// Which signature M sends to A.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Signs {
    PassesOn,
    Himself,
}

/// The four ends of two sessions: A with M, and M with B.
struct Ends {
    a: Session,
    m_to_a: Session,
    m_to_b: Session,
    b: Session,
}

/// M answers A in B's place, and talks to B as anybody may.
fn intrude(
    actors: &Actors,
    own: &Identity,
    form: Form,
    signs: Signs,
    check: SignatureCheck,
) -> std::result::Result<Ends, Refused> {
    let greeting = |by| refused(by, Stage::Greeting);
    let (a, hello) = Client::start(form);
    // Towards B, M is a client like any other: B does not ask who its clients are.
    let (m, own_hello) = Client::start(form);
    let (b, certificate) = Server::greet(&actors.identity, &own_hello).map_err(greeting(Party::B))?;
    let of_b = b.offer(&actors.identity).map_err(greeting(Party::B))?;
    let m = m.check(&actors.trust, &certificate).map_err(greeting(Party::B))?;
    let m_to_b = m.accept(&of_b.share, &of_b.signature, SignatureCheck::Done).map_err(greeting(Party::B))?;
    // Towards A he shows B's true certificate, and a share of his own.
    let (in_place_of_b, certificate) = Server::greet(own, &hello).map_err(greeting(Party::A))?;
    let checked: Checked = a.check(&actors.trust, &certificate).map_err(refused(Party::A, Stage::Certificate))?;
    let passed_on = (signs == Signs::PassesOn).then_some(&of_b.signature);
    let Offer { share, signature, session } = in_place_of_b.offer_signed(own, passed_on).map_err(greeting(Party::A))?;
    let a = checked.accept(&share, &signature, check).map_err(refused(Party::A, Stage::Signature))?;
    Ok(Ends { a, m_to_a: session, m_to_b, b: of_b.session })
}

fn unchecked(actors: &Actors, own: &Identity, form: Form, message: &[u8]) -> Unchecked {
    let nothing = |refused| Unchecked { refused, read: false, preview: String::new(), unnoticed: false };
    match intrude(actors, own, form, Signs::PassesOn, SignatureCheck::LeftOut) {
        Ok(ends) => relay(ends, message).unwrap_or_else(|error| {
            nothing(Some(Refused { by: Party::B, at: Stage::OpeningMessage, reason: error.to_string() }))
        }),
        Err(refused) => nothing(Some(refused)),
    }
}

/// A's message by way of M to B, and B's answer back: M opens each and seals it again.
fn relay(ends: Ends, message: &[u8]) -> Result<Unchecked> {
    let Ends { mut a, mut m_to_a, mut m_to_b, mut b } = ends;
    let read = m_to_a.open(&a.seal(message)?)?;
    let arrived = b.open(&m_to_b.seal(&read)?)?;
    let answer = b"B has it";
    let read_answer = m_to_b.open(&b.seal(answer)?)?;
    let answered = a.open(&m_to_a.seal(&read_answer)?)?;
    Ok(Unchecked {
        refused: None,
        read: read == message && read_answer == answer,
        preview: preview(&read),
        unnoticed: arrived == message && answered == answer,
    })
}
