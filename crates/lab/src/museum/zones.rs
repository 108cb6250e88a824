//! The museum's zones and servers.

use proto::Name;

use super::PARENT;
use super::pieces::PIECES;
use crate::embedded::name;
use crate::{Behaviour, Level, Server, Signing, SigningAlgorithm, Zone};

/// Where the parent lives, the zones below it, and the zones below those: no server has a zone and its parent, so that
/// there are referrals everywhere.
const SERVERS: [(&str, &str); 3] = [
    ("ns1.museum.rootwalk.net.", "127.53.7.1"),
    ("ns2.museum.rootwalk.net.", "127.53.7.2"),
    ("ns3.museum.rootwalk.net.", "127.53.7.3"),
];

/// Zones below a zone of the museum, and whether they are signed.
const GRANDCHILDREN: [(&str, bool); 2] = [("child.opt-out", false), ("child.hides-ds", true)];

/// Adds the museum to the embedded world.
pub(crate) fn add(zones: &mut Vec<Zone>, servers: &mut Vec<Server>) {
    let ground = zones.iter_mut().find(|zone| zone.apex == name("rootwalk.net.")).expect("the showroom is embedded");
    for record in parse(&name("rootwalk.net."), &format!("museum NS ns1.museum\nns1.museum A {}\n", SERVERS[0].1)) {
        ground.insert(record).expect("the owner is below rootwalk.net");
    }
    let mut served = [vec![name(PARENT)], Vec::new(), Vec::new()];
    let mut delegations = String::new();
    for piece in PIECES {
        let apex = name(&format!("{}.{PARENT}", piece.zone));
        if served[1].contains(&apex) {
            continue;
        }
        delegations += &format!("{} NS ns2\n", piece.zone);
        zones.push(sign(zone(piece.wrong, &apex, 1, &below(piece.zone)), (piece.how)()));
        served[1].push(apex);
    }
    for (label, is_signed) in GRANDCHILDREN {
        let apex = name(&format!("{label}.{PARENT}"));
        let how = is_signed.then(|| Signing::with(SigningAlgorithm::EcdsaP256));
        zones.push(sign(zone("below a zone of the museum", &apex, 2, ""), how));
        served[2].push(apex);
    }
    let hosts: String = SERVERS.iter().map(|(host, address)| format!("{host} A {address}\n")).collect();
    let parent = zone("zones that are signed wrongly", &name(PARENT), 0, &(hosts + &delegations));
    zones.push(sign(parent, Some(Signing::with(SigningAlgorithm::EcdsaP256))));
    for ((host, address), zones) in SERVERS.iter().zip(served) {
        servers.push(Server {
            name: name(host),
            addresses: vec![address.parse().expect("an address written in this file")],
            zones,
            level: Level::Leaf,
            behaviour: Behaviour::normal(),
        });
    }
}

/// What one zone has and others have not.
fn below(zone: &str) -> String {
    let children = GRANDCHILDREN.iter().filter_map(|(child, _)| child.strip_suffix(zone)?.strip_suffix('.'));
    let delegations: String = children.map(|label| format!("{label} NS {}\n", SERVERS[2].0)).collect();
    match zone {
        "wildcard-replayed" => "* A 198.51.100.171\n".to_owned(),
        _ => delegations,
    }
}

fn zone(title: &str, apex: &Name, server: usize, more: &str) -> Zone {
    let host = SERVERS[server].0;
    let text = format!(
        "; Museum: {title}.\n$TTL 300\n@ SOA {host} hostmaster.rootwalk.net. 1 7200 3600 1209600 60\n@ NS {host}\n\
         @ A 198.51.100.170\nwww A 198.51.100.170\n*.wild A 198.51.100.170\n{more}"
    );
    Zone::parse(&text, apex).expect("the museum is built by a test")
}

fn sign(zone: Zone, how: Option<Signing>) -> Zone {
    match how {
        Some(how) => zone.signed(how),
        None => zone,
    }
}

fn parse(origin: &Name, text: &str) -> Vec<proto::Record> {
    proto::zonefile::parse(&format!("$TTL 300\n{text}"), origin).expect("written in this file")
}
