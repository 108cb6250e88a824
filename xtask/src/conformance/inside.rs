//! One scenario inside its namespace.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use ::conformance::conversation::{ClientQuery, Party, play as converse};
use ::conformance::network::Servers;
use ::conformance::{Failure, Scenario};
use tokio::sync::mpsc::{self, UnboundedSender};

use super::binary::Binary;
use super::clock::FakedClock;
use super::namespace::Places;
use super::{Inside, Outcome, config, namespace, sockets};

/// Plays it, and tells what came of it.
pub(super) async fn play(scenario: Arc<Scenario>, arguments: &Inside) -> anyhow::Result<Outcome> {
    let settings = &scenario.settings;
    let places = Places::new(settings);
    let servers = Servers::new(scenario.clone());
    namespace::set_up(places, servers.addresses())?;
    sockets::listen(&servers).await?;
    let clock = FakedClock::new(&arguments.scratch, settings)?;
    let file = arguments.scratch.join("rootwalk.toml");
    fs::write(&file, config::text(settings, !arguments.full_names, places.resolver))?;
    if let Some(hints) = config::root_hints(settings) {
        fs::write(arguments.scratch.join(config::ROOT_HINTS), hints)?;
    }
    let binary = Binary::start(arguments, &file, &clock, places.resolver).await?;
    let (arriving, arrived) = mpsc::unbounded_channel();
    let mut party = Real { binary, clock, places, arriving };
    let said = converse(&scenario, &servers, &mut party, arrived).await;
    let ended = party.binary.end().await;
    let failure = said.failure.as_ref().map(Failure::to_string).or_else(|| ended.err());
    Ok(Outcome { failure, noted: said.noted, answers: said.answers, log: servers.log() })
}

/// The real resolver behind real sockets.
struct Real {
    binary: Binary,
    clock: FakedClock,
    places: Places,
    arriving: UnboundedSender<Vec<u8>>,
}

impl Party for Real {
    async fn ask(&mut self, query: ClientQuery) -> Result<(), String> {
        let asked = sockets::ask(self.places, query, self.arriving.clone()).await;
        asked.map_err(|error| format!("the client cannot ask: {error}"))
    }

    fn pass(&mut self, time: Duration) -> Result<(), String> {
        self.clock.pass(time).map_err(|error| format!("the clock cannot be moved: {error}"))
    }

    fn is_alive(&mut self) -> Result<(), String> {
        self.binary.is_alive()
    }
}
