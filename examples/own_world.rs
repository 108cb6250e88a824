//! A small internet of one's own: three zones as text, one of whose servers lies, and a resolver that is not impressed.
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;
use std::sync::Arc;

use cache::{Cache, CacheConfig};
use engine::{ClientQuestion, EngineConfig, Event, Resolver, RootServer, Trace, Validation};
use lab::{Behaviour, Faults, Level, Lie, Section, Server, SimNetwork, World, Zone};
use proto::{Name, Question, RrType, zonefile};
use transport::{Clock, Entropy, Env};

const ROOT: &str = "
. 3600 SOA ns.root. host.root. 1 3600 900 604800 300
. 3600 NS ns.root.
ns.root. 3600 A 192.0.2.1
shop. 3600 NS ns.shop.
ns.shop. 3600 A 192.0.2.2
bank. 3600 NS ns.bank.
ns.bank. 3600 A 192.0.2.3
";
const SHOP: &str = "
shop. 3600 SOA ns.shop. host.shop. 1 3600 900 604800 300
shop. 3600 NS ns.shop.
ns.shop. 3600 A 192.0.2.2
www.shop. 300 A 198.51.100.7
";
const BANK: &str = "
bank. 3600 SOA ns.bank. host.bank. 1 3600 900 604800 300
bank. 3600 NS ns.bank.
ns.bank. 3600 A 192.0.2.3
www.bank. 300 A 198.51.100.99
";
/// What the server of `shop.` says about a zone that is not its own, beside each of its answers.
const LIE: &str = "www.bank. 86400 A 203.0.113.66";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let zones = [(".", ROOT), ("shop.", SHOP), ("bank.", BANK)];
    let zones = zones.map(|(apex, text)| Zone::parse(text, &apex.parse::<Name>().expect("a name written above")));
    let zones: Vec<Zone> = zones.into_iter().collect::<Result<_, _>>()?;
    let record = zonefile::parse(LIE, &Name::root())?.remove(0);
    let liar = Behaviour { lies: vec![Lie { section: Section::Answer, record }], ..Behaviour::normal() };
    let servers = vec![
        server("ns.root.", "192.0.2.1", ".", Level::Root, Behaviour::normal())?,
        server("ns.shop.", "192.0.2.2", "shop.", Level::Tld, liar)?,
        server("ns.bank.", "192.0.2.3", "bank.", Level::Tld, Behaviour::normal())?,
    ];
    let world = Arc::new(World::new(zones, servers, vec![])?);

    let root_hints = world.root_servers().into_iter().map(|(name, addresses)| RootServer { name, addresses }).collect();
    let net = SimNetwork::new(world, Faults::default(), Entropy::seeded(1));
    let env = Env { net, clock: Clock::system(), entropy: Entropy::system()? };
    // This world has no keys; a signed one would give its anchors here.
    let validation = Validation::off();
    let config = EngineConfig { root_hints, validation, ..EngineConfig::default() };
    let resolver = Resolver::new(env.clone(), Arc::new(Cache::new(CacheConfig::default())), config);

    let mut found = Vec::new();
    for name in ["www.shop.", "www.bank."] {
        let question = Question::new(name.parse()?, RrType::A);
        let trace = Trace::on(env.clock.now());
        let answer = resolver.resolve(ClientQuestion::new(question.clone()), trace.clone()).await;
        let addresses: Vec<_> = answer.answer.iter().flat_map(|set| set.addresses()).collect();
        println!("{question}  {}  {addresses:?}", answer.rcode);
        for entry in trace.entries() {
            if let Event::Scrubbed { record, why, .. } = entry.event {
                println!("    thrown away: {record} ({why})");
            }
        }
        found.extend(addresses);
    }
    let right: Vec<std::net::IpAddr> = vec!["198.51.100.7".parse()?, "198.51.100.99".parse()?];
    assert_eq!(found, right, "the lie reached nobody");
    Ok(())
}

fn server(name: &str, address: &str, zone: &str, level: Level, behaviour: Behaviour) -> Result<Server, Box<dyn Error>> {
    let (name, zones) = (name.parse()?, vec![zone.parse()?]);
    Ok(Server { name, addresses: vec![address.parse()?], zones, level, behaviour })
}
