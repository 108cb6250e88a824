//! A resolver on the embedded internet, without sockets: ask it for an address, then ask again.
//!
//! Run it with `cargo run --example resolve_in_memory`, or with a name and a type of your own:
//! `cargo run --example resolve_in_memory -- naver.com MX`.
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;
use std::sync::Arc;

use cache::{Cache, CacheConfig};
use engine::{Answer, ClientQuestion, EngineConfig, Resolver, RootServer, Trace, Validation};
use lab::{Faults, SimNetwork, World};
use proto::{Question, RrType};
use transport::{Clock, Entropy, Env};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().unwrap_or_else(|| "www.naver.com".into());
    let rtype: RrType = arguments.next().unwrap_or_else(|| "A".into()).parse()?;
    let question = Question::new(name.parse()?, rtype);

    // The internet: zones and servers from the binary, with 20, 30 and 40 ms to root, TLD and leaf servers.
    let world = World::embedded();
    let root_hints = world.root_servers().into_iter().map(|(name, addresses)| RootServer { name, addresses }).collect();
    let net = SimNetwork::new(world, Faults::default(), Entropy::seeded(1));

    // The three doors to the outside: here the sockets are simulated, time and chance are real.
    let env = Env { net, clock: Clock::system(), entropy: Entropy::system()? };
    // The embedded servers live on loopback addresses, which a resolver does not ask by default.
    // The world is signed, from a root of its own.
    let mut validation = Validation::off();
    for anchor in lab::anchors() {
        validation.anchors.add(&anchor)?;
    }
    let config = EngineConfig { root_hints, query_localhost: true, validation, ..EngineConfig::default() };
    let resolver = Resolver::new(env.clone(), Arc::new(Cache::new(CacheConfig::default())), config);

    for attempt in ["walked", "from the cache"] {
        let began = env.clock.now();
        let answer = resolver.resolve(ClientQuestion::new(question.clone()), Trace::off()).await;
        println!("{question}  {}  in {} ms, {attempt}", answer.rcode, (env.clock.now() - began).as_millis());
        print(&answer);
    }
    Ok(())
}

fn print(answer: &Answer) {
    for set in answer.answer.iter().chain(&answer.authority) {
        for record in set.records() {
            let data = proto::rdata::present(record.rtype, &record.rdata);
            println!("    {} {} {} {data}", record.name, record.ttl, record.rtype);
        }
    }
    for error in &answer.extended_errors {
        println!("    {error}");
    }
}
