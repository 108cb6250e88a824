//! Worlds with as many zones and names as a load test wants.

use std::sync::Arc;

use proto::{Name, Question, Record, RrType};

use crate::embedded::{self, name};
use crate::{Behaviour, Level, Server, World, Zone};

/// The zone that delegates the generated ones.
const PARENT: &str = "load.rootwalk.net.";

/// Servers of the generated zones.
const SERVERS: [(&str, &str); 2] =
    [("ns1.load.rootwalk.net.", "127.53.4.17"), ("ns2.load.rootwalk.net.", "127.53.4.18")];

impl World {
    /// The embedded world with `zones` more zones `g0.load.rootwalk.net.`, `g1...`, each with a delegation of its own
    /// and an address for `n0`, `n1`, ... by rule, without a record in memory for any of them.
    pub fn generated(zones: u32) -> Arc<World> {
        Arc::new(embedded::with(|all, servers| add(zones, all, servers)))
    }
}

/// The question number `number` for a world of so many generated zones: all are distinct and have an answer.
pub fn generated_question(number: u32, zones: u32) -> Question {
    let zone = number % zones.max(1);
    Question::new(name(&format!("n{number}.g{zone}.{PARENT}")), RrType::A)
}

fn add(zones: u32, all: &mut Vec<Zone>, servers: &mut Vec<Server>) {
    let parent = name(PARENT);
    let mut hub = empty_zone(&parent);
    let above = all.iter_mut().find(|zone| zone.apex == name("rootwalk.net.")).expect("the showroom is embedded");
    let mut served = vec![parent.clone()];
    for (host, address) in SERVERS {
        let address: std::net::Ipv4Addr = address.parse().expect("an address written in this file");
        let glue = Record::new(name(host), RrType::A, 3600, address.octets());
        above.insert(glue.clone()).expect("below rootwalk.net");
        above.insert(ns(&parent, host)).expect("below rootwalk.net");
        hub.insert(glue).expect("below load.rootwalk.net");
    }
    for number in 0..zones {
        let apex = name(&format!("g{number}.{PARENT}"));
        SERVERS.iter().for_each(|(host, _)| hub.insert(ns(&apex, host)).expect("below load.rootwalk.net"));
        let mut zone = empty_zone(&apex);
        zone.number();
        served.push(apex);
        all.push(zone);
    }
    all.push(hub);
    servers.extend(SERVERS.map(|(host, address)| Server {
        name: name(host),
        addresses: vec![address.parse().expect("an address written in this file")],
        zones: served.clone(),
        level: Level::Leaf,
        behaviour: Behaviour::normal(),
    }));
}

fn ns(owner: &Name, host: &str) -> Record {
    Record::new(owner.clone(), RrType::NS, 3600, name(host).wire())
}

fn empty_zone(apex: &Name) -> Zone {
    let numbers = [1u32, 7200, 3600, 1_209_600, 60].map(u32::to_be_bytes).concat();
    let soa = [name(SERVERS[0].0).wire(), name("hostmaster.rootwalk.net.").wire(), &numbers].concat();
    let records = [Record::new(apex.clone(), RrType::SOA, 3600, soa)];
    Zone::from_records(apex.clone(), records.into_iter().chain(SERVERS.iter().map(|(host, _)| ns(apex, host))))
        .expect("SOA and NS are all that a zone needs")
}
