//! Reads the trace of a walk: typed events, in order, with the time at which they happened.
//!
//! `rootwalk walk` prints a tree from the same list and `--json` the list itself; here it is only counted and filtered,
//! as a test or a monitoring tool would.
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;

use cache::{Cache, CacheConfig};
use engine::{ClientQuestion, EngineConfig, Event, Outcome, Resolver, RootServer, Trace, Validation};
use lab::{Faults, SimNetwork, World};
use proto::{Question, RrType};
use transport::{Clock, Entropy, Env};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let world = World::embedded();
    let root_hints = world.root_servers().into_iter().map(|(name, addresses)| RootServer { name, addresses }).collect();
    // A seed for everything that is left to chance: the same seed makes the same choices.
    let entropy = Entropy::seeded(7);
    let net = SimNetwork::new(world, Faults::default(), entropy.clone());
    let env = Env { net, clock: Clock::system(), entropy };
    // The world is signed, from a root of its own.
    let mut validation = Validation::off();
    for anchor in lab::anchors() {
        validation.anchors.add(&anchor)?;
    }
    let config = EngineConfig { root_hints, query_localhost: true, validation, ..EngineConfig::default() };
    let resolver = Resolver::new(env.clone(), Arc::new(Cache::new(CacheConfig::default())), config);

    // Three zones of three owners: the alias leads from rootwalk.net over rootwalk.io to shop.co.kr.
    let question = Question::new("alias3.rootwalk.net.".parse()?, RrType::A);
    let trace = Trace::on(env.clock.now());
    let answer = resolver.resolve(ClientQuestion::new(question), trace.clone()).await;

    let mut asked = BTreeMap::new();
    for entry in trace.entries() {
        let at = entry.at.as_millis();
        match entry.event {
            Event::AtCut { zone, servers, .. } => println!("{at:>4} ms  at {zone} with {} servers", servers.len()),
            Event::Asked { exchange, server, question, .. } => {
                asked.insert(exchange, format!("{server} about {question}"));
            }
            Event::Replied { exchange, outcome, .. } => {
                let asked = asked.get(&exchange).map(String::as_str).unwrap_or_default();
                println!("{at:>4} ms    asked {asked}: {}", in_words(&outcome));
            }
            Event::Followed { from, to } => println!("{at:>4} ms  {from} is an alias of {to}"),
            Event::Finished { rcode, upstream_queries, bytes } if entry.span == 0 => {
                println!("{at:>4} ms  {rcode} after {upstream_queries} questions and {bytes} octets");
            }
            _ => {}
        }
    }
    assert_eq!(answer.answer.len(), 3, "two aliases and an address");
    Ok(())
}

fn in_words(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Referral { zone } => format!("referral to {zone}"),
        Outcome::Alias { target } => format!("alias of {target}"),
        Outcome::NoCut => "no zone cut there".into(),
        other => format!("{other:?}"),
    }
}
