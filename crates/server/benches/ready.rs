//! What an answer costs that is ready, beside one that is put together from the cache.
//!
//! `cargo bench -p rootwalk-server --bench ready` measures time. `-- --replay N` answers N questions and ends, so that somebody
//! else can count instructions (`scripts/instructions.sh`).
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark that cannot run says so")]

use std::sync::Arc;

use cache::{Cache, CacheConfig};
use divan::{Bencher, black_box};
use engine::{EngineConfig, Resolver, RootServer, Validation};
use lab::{Faults, SimNetwork, World};
use proto::{Edns, Flags, Message, Question, RrType};
use server::{Client, ServerConfig, Service, Step};
use tokio::runtime::Runtime;
use transport::{Clock, Entropy, Env};

/// Distinct names: enough to leave the processor's first cache.
const NAMES: usize = 1000;

struct Bench {
    runtime: Runtime,
    service: Arc<Service<SimNetwork>>,
    queries: Vec<Vec<u8>>,
    client: Client,
}

impl Bench {
    fn new(dnssec_ok: bool) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let service = runtime.block_on(async { service() });
        let queries: Vec<_> = (0..NAMES).map(|number| query(number, dnssec_ok)).collect();
        let client = Client::datagram(([127, 0, 0, 1], 4000).into());
        for query in queries.iter().chain(&queries) {
            runtime.block_on(service.handle(query, client)).unwrap();
        }
        Self { runtime, service, queries, client }
    }

    /// Answers one question after the other that is ready; gives the octets of the replies.
    fn replay(&self, number: usize) -> usize {
        let (now, mut out, mut octets) = (self.service.wall(), Vec::with_capacity(1 << 16), 0);
        for query in self.queries.iter().cycle().take(number) {
            out.clear();
            assert!(self.service.answer_ready(query, self.client, now, &mut out), "it is not ready");
            octets += out.len();
        }
        octets
    }
}

fn service() -> Arc<Service<SimNetwork>> {
    let (world, entropy) = (World::embedded(), Entropy::seeded(1));
    let hints = world.root_servers().into_iter();
    let mut validation = Validation::off();
    world.anchors().iter().for_each(|anchor| validation.anchors.add(anchor).unwrap());
    let config = EngineConfig {
        validation,
        root_hints: hints.map(|(name, addresses)| RootServer { name, addresses }).collect(),
        query_localhost: true,
        ..EngineConfig::default()
    };
    let net = SimNetwork::new(world, Faults::none(), entropy.stream("net"));
    let cache = Arc::new(Cache::new(CacheConfig::default()));
    let resolver = Resolver::new(Env { net, clock: Clock::system(), entropy }, cache, config);
    Service::new(resolver, &ServerConfig::default(), Arc::default())
}

fn query(number: usize, dnssec_ok: bool) -> Vec<u8> {
    let name = format!("n{number}.gen.rootwalk.net.").parse().unwrap();
    let mut message = Message::query(number as u16, Question::new(name, RrType::A));
    message.flags = Flags(Flags::RD | Flags::AD);
    message.edns = Some(Edns { dnssec_ok, ..Edns::new(1232) });
    message.to_wire()
}

#[divan::bench(args = [false, true])]
fn ready(bencher: Bencher<'_, '_>, dnssec_ok: bool) {
    let bench = Bench::new(dnssec_ok);
    bencher.counter(divan::counter::ItemsCount::new(NAMES)).bench_local(|| black_box(bench.replay(NAMES)));
}

#[divan::bench(args = [false, true])]
fn from_the_cache(bencher: Bencher<'_, '_>, dnssec_ok: bool) {
    let bench = Bench::new(dnssec_ok);
    let _inside = bench.runtime.enter();
    let begin = |query: &Vec<u8>| matches!(bench.service.begin(query, bench.client), Step::Reply(_));
    let all = || assert!(bench.queries.iter().all(begin));
    bencher.counter(divan::counter::ItemsCount::new(NAMES)).bench_local(all);
}

fn main() {
    let mut arguments = std::env::args().skip_while(|argument| argument != "--replay").skip(1);
    match arguments.next() {
        Some(number) => println!("{} octets", Bench::new(false).replay(number.parse().unwrap())),
        None => divan::main(),
    }
}
