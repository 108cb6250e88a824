//! The exchange of the notes between A and B, run for real: A encrypts a symmetric key with B's public key, B opens it
//! with its private key, then both use it. Beside it the forms that replaced it, what happens when somebody interferes,
//! and what a thief of B's private key can read afterwards.
//!
//! A and B have nothing in common but the bytes that pass between them ([`message`], [`wire`]), so that the bytes counted
//! are those that would pass over a network, and the recording that the thief gets is what he would have. Nothing here
//! opens a connection; `cryptodemo ssl` and `cryptodemo tls` do.
//!
//! ```
//! use cryptodemo::exchange::{self, Settings};
//! use cryptodemo::keys::KeyAlgorithm;
//!
//! let settings = Settings { key_algorithm: KeyAlgorithm::Rsa2048, message: b"hello".to_vec(), show_secrets: false };
//! let report = exchange::run(&settings, &mut |_| Ok(()))?;
//! report.verdict()?;
//! # Ok::<(), cryptodemo::Error>(())
//! ```

mod actors;
mod client;
mod costs;
mod forms;
pub mod message;
mod middle;
mod server;
mod session;
mod steps;
mod theft;
mod transport;
mod trials;
pub mod wire;

use std::time::Duration;

use serde::Serialize;

pub use actors::NAME;
pub use costs::{AllRsa, Costs, Hybrid};
pub use forms::FormCost;
pub use middle::Middle;
pub use steps::{Exchange, Step, Who, WireFrame};
pub use theft::{Loot, Theft};
pub use trials::{Stage, Trial};

use crate::error::Error;
use crate::kem::KemAlgorithm;
use crate::keys::KeyAlgorithm;
use crate::{Backend, Result};

/// The longest message, in bytes: the exchange holds it in memory three times over.
pub const MESSAGE_LIMIT: u64 = 256 << 20;

/// How A and B get their session key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub enum Form {
    /// A makes it and sends it under B's RSA key (RFC 5246 section 7.4.7.1, gone from TLS 1.3).
    #[serde(rename = "rsa-transport")]
    RsaTransport,
    /// Ephemeral X25519 (RFC 7748), B's share signed by the certificate's key.
    #[serde(rename = "x25519")]
    X25519,
    /// Ephemeral X25519 and ML-KEM-768 (FIPS 203) together, B's share signed by the certificate's key.
    #[serde(rename = "x25519mlkem768")]
    X25519MlKem768,
}

impl Form {
    /// All of them, the oldest first.
    pub const ALL: [Self; 3] = [Self::RsaTransport, Self::X25519, Self::X25519MlKem768];

    /// The byte that stands for it in A's hello.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::RsaTransport => 1,
            Self::X25519 => 2,
            Self::X25519MlKem768 => 3,
        }
    }

    /// The form that the byte stands for.
    #[must_use]
    pub fn of(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|form| form.code() == code)
    }

    /// Name for people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::RsaTransport => "RSA transport",
            Self::X25519 => "X25519",
            Self::X25519MlKem768 => "X25519MLKEM768",
        }
    }

    /// Whether today's knowledge has no way to read a recorded session with a quantum computer. Shor's algorithm breaks
    /// RSA and elliptic curves; for ML-KEM nothing of the kind is known.
    #[must_use]
    pub const fn is_post_quantum(self) -> bool {
        matches!(self, Self::X25519MlKem768)
    }

    /// The mechanism and the kind of A's ephemeral key.
    const fn kem(self) -> Option<(KemAlgorithm, KeyAlgorithm)> {
        match self {
            Self::RsaTransport => None,
            Self::X25519 => Some((KemAlgorithm::X25519, KeyAlgorithm::X25519)),
            Self::X25519MlKem768 => Some((KemAlgorithm::X25519MlKem768, KeyAlgorithm::X25519MlKem768)),
        }
    }
}

/// What to run.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Kind of B's key: one of the RSA sizes.
    pub key_algorithm: KeyAlgorithm,
    /// What A wants to tell B, at most [`MESSAGE_LIMIT`] bytes.
    pub message: Vec<u8>,
    /// Whether session keys appear in the report.
    pub show_secrets: bool,
}

/// A part of the report that has just been finished, for those who want to show it at once.
#[derive(Debug, Clone, Copy)]
pub enum Event<'a> {
    /// One step of the exchange.
    Step(&'a Step),
    /// The exchange is over.
    Exchange(&'a Exchange),
    /// All by RSA against hybrid.
    Costs(&'a Costs),
    /// The forms of the exchange side by side.
    Forms(&'a [FormCost]),
    /// What happens when something is wrong.
    Trials(&'a [Trial]),
    /// Somebody between A and B.
    Middle(&'a [Middle]),
    /// The private key is stolen afterwards.
    Theft(&'a Theft),
}

/// All that was done and found.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Kind of B's key.
    pub key_algorithm: KeyAlgorithm,
    /// The library that did the public-key operations and AES.
    pub backend: Backend,
    /// Length of A's message.
    pub message_bytes: u64,
    /// Whether this is a release build; figures of a debug build are no measure.
    pub optimized: bool,
    /// The exchange of the notes.
    pub exchange: Exchange,
    /// All by RSA against hybrid.
    pub costs: Costs,
    /// The forms of the exchange side by side.
    pub forms: Vec<FormCost>,
    /// What happens when something is wrong.
    pub trials: Vec<Trial>,
    /// Somebody between A and B, for each ephemeral form.
    pub middle: Vec<Middle>,
    /// The private key is stolen afterwards.
    pub theft: Theft,
    /// Time for everything.
    pub elapsed_ns: u64,
}

impl Report {
    /// Whether everything came out as it must: nothing wrong was accepted, nothing right refused, and the claims about
    /// the man in the middle and the thief held.
    ///
    /// # Errors
    /// [`Error::Rejected`] with the first thing that did not.
    pub fn verdict(&self) -> Result<()> {
        let trial = self.trials.iter().find(|trial| !trial.is_as_it_must()).map(|trial| {
            let was = if trial.refused.is_none() { "accepted" } else { "refused" };
            format!("{}: was {was}", trial.what)
        });
        let middle = self.middle.iter().find_map(Middle::fault);
        match trial.or(middle).or_else(|| self.theft.fault()) {
            None => Ok(()),
            Some(what) => Err(Error::Rejected(format!("the demonstration failed: {what}"))),
        }
    }
}

/// Runs everything, and tells of each part as soon as it is done.
///
/// # Errors
/// [`Error::Usage`] for a key that is not RSA and for a message that is too long; what the observer returns; and
/// [`Error::Rejected`] if the undisturbed exchange fails. What the disturbed ones show is in the report.
pub fn run(settings: &Settings, observe: &mut dyn FnMut(Event<'_>) -> Result<()>) -> Result<Report> {
    if !matches!(settings.key_algorithm, KeyAlgorithm::Rsa2048 | KeyAlgorithm::Rsa3072 | KeyAlgorithm::Rsa4096) {
        return Err(Error::Usage("the exchange of the notes needs an RSA key".to_owned()));
    }
    let message = &settings.message;
    if message.len() as u64 > MESSAGE_LIMIT {
        return Err(Error::Usage(format!("a message has at most {}", crate::report::size(MESSAGE_LIMIT))));
    }
    let start = crate::time::now();
    let actors = actors::Actors::new(settings.key_algorithm)?;
    // Once before anything is timed, so that no step pays for cold caches and for what libraries set up once.
    forms::converse(forms::handshake(&actors, Form::RsaTransport)?, b"warm-up")?;
    let (exchange, recording) = transport::run(&actors, settings, observe)?;
    observe(Event::Exchange(&exchange))?;
    let costs = costs::measure(&actors, message)?;
    observe(Event::Costs(&costs))?;
    // The rest does not depend on the length of the message.
    let short = &message[..message.len().min(SHORT_LEN)];
    let (forms, mut recordings) = forms::measure(&actors, short)?;
    recordings.insert(0, theft::Recording { form: Form::RsaTransport, wire: recording, message });
    let theft = theft::steal(&actors, &recordings)?;
    let forms = forms.into_iter().map(|form| form.after(&theft)).collect::<Vec<_>>();
    observe(Event::Forms(&forms))?;
    let trials = trials::run(&actors, short)?;
    observe(Event::Trials(&trials))?;
    let middle = middle::run(&actors, short)?;
    observe(Event::Middle(&middle))?;
    observe(Event::Theft(&theft))?;
    Ok(Report {
        key_algorithm: settings.key_algorithm,
        backend: Backend::AwsLc,
        message_bytes: message.len() as u64,
        optimized: !cfg!(debug_assertions),
        exchange,
        costs,
        forms,
        trials,
        middle,
        theft,
        elapsed_ns: nanos(start.elapsed()),
    })
}

/// How much of the message is used where its length does not matter.
const SHORT_LEN: usize = 4096;
/// How much of a message is shown.
const PREVIEW_LEN: usize = 32;

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// The beginning of a message, printable; ends with dots if there is more.
fn preview(message: &[u8]) -> String {
    let shown = message[..message.len().min(PREVIEW_LEN)].escape_ascii();
    if message.len() > PREVIEW_LEN { format!("{shown}...") } else { shown.to_string() }
}

#[cfg(test)]
mod tests;
