//! The internet that is in the binary: zone files, and who serves them.

mod servers;
mod signing;

use std::net::IpAddr;
use std::sync::{Arc, OnceLock};

use proto::{Name, Record, RrType, rdata};

use crate::{Level, Server, World, Zone, catalogue, museum};

/// Apex and text of every zone.
const ZONES: &[(&str, &str)] = &[
    (".", include_str!("../zones/root.zone")),
    ("arpa.", include_str!("../zones/arpa.zone")),
    ("in-addr.arpa.", include_str!("../zones/in-addr.arpa.zone")),
    ("123.123.12.in-addr.arpa.", include_str!("../zones/123.123.12.in-addr.arpa.zone")),
    ("53.127.in-addr.arpa.", include_str!("../zones/53.127.in-addr.arpa.zone")),
    ("ip6.arpa.", include_str!("../zones/ip6.arpa.zone")),
    ("3.5.d.f.ip6.arpa.", include_str!("../zones/3.5.d.f.ip6.arpa.zone")),
    ("com.", include_str!("../zones/com.zone")),
    ("hosting.com.", include_str!("../zones/hosting.com.zone")),
    ("naver.com.", include_str!("../zones/naver.com.zone")),
    ("ring-a.com.", include_str!("../zones/ring-a.com.zone")),
    ("io.", include_str!("../zones/io.zone")),
    ("rootwalk.io.", include_str!("../zones/rootwalk.io.zone")),
    ("hosted.rootwalk.io.", include_str!("../zones/hosted.rootwalk.io.zone")),
    ("kr.", include_str!("../zones/kr.zone")),
    ("co.kr.", include_str!("../zones/co.kr.zone")),
    ("hosting.co.kr.", include_str!("../zones/hosting.co.kr.zone")),
    ("shop.co.kr.", include_str!("../zones/shop.co.kr.zone")),
    ("step-two.kr.", include_str!("../zones/step-two.kr.zone")),
    ("xn--hq1bm8jm9l.kr.", include_str!("../zones/xn--hq1bm8jm9l.kr.zone")),
    ("net.", include_str!("../zones/net.zone")),
    ("gtld-servers.net.", include_str!("../zones/gtld-servers.net.zone")),
    ("hosting.net.", include_str!("../zones/hosting.net.zone")),
    ("root-servers.net.", include_str!("../zones/root-servers.net.zone")),
    ("rootwalk.net.", include_str!("../zones/rootwalk.net.zone")),
    ("alldead.rootwalk.net.", include_str!("../zones/alldead.rootwalk.net.zone")),
    ("badvers.rootwalk.net.", include_str!("../zones/badvers.rootwalk.net.zone")),
    ("case.rootwalk.net.", include_str!("../zones/case.rootwalk.net.zone")),
    ("cookie.rootwalk.net.", include_str!("../zones/cookie.rootwalk.net.zone")),
    ("denial.rootwalk.net.", include_str!("../zones/denial.rootwalk.net.zone")),
    ("disagree.rootwalk.net.", include_str!("../zones/disagree.rootwalk.net.zone")),
    ("gen.rootwalk.net.", include_str!("../zones/gen.rootwalk.net.zone")),
    ("glueless.rootwalk.net.", include_str!("../zones/glueless.rootwalk.net.zone")),
    ("idflood.rootwalk.net.", include_str!("../zones/idflood.rootwalk.net.zone")),
    ("lame.rootwalk.net.", include_str!("../zones/lame.rootwalk.net.zone")),
    ("liar.rootwalk.net.", include_str!("../zones/liar.rootwalk.net.zone")),
    ("muteedns.rootwalk.net.", include_str!("../zones/muteedns.rootwalk.net.zone")),
    ("noedns.rootwalk.net.", include_str!("../zones/noedns.rootwalk.net.zone")),
    ("oddlylame.rootwalk.net.", include_str!("../zones/oddlylame.rootwalk.net.zone")),
    ("onedead.rootwalk.net.", include_str!("../zones/onedead.rootwalk.net.zone")),
    ("partlylame.rootwalk.net.", include_str!("../zones/partlylame.rootwalk.net.zone")),
    ("severalns.rootwalk.net.", include_str!("../zones/severalns.rootwalk.net.zone")),
    ("slow.rootwalk.net.", include_str!("../zones/slow.rootwalk.net.zone")),
    ("spoofed.rootwalk.net.", include_str!("../zones/spoofed.rootwalk.net.zone")),
    ("tc.rootwalk.net.", include_str!("../zones/tc.rootwalk.net.zone")),
    ("v6.rootwalk.net.", include_str!("../zones/v6.rootwalk.net.zone")),
    ("org.", include_str!("../zones/org.zone")),
    ("hosting.org.", include_str!("../zones/hosting.org.zone")),
    ("ring-b.org.", include_str!("../zones/ring-b.org.zone")),
    ("rootwalk.org.", include_str!("../zones/rootwalk.org.zone")),
    ("step-one.org.", include_str!("../zones/step-one.org.zone")),
];

/// The addresses of the real root servers a to m, as IANA publishes them (RFC 9609 §2).
const REAL_ROOT_SERVERS: [(&str, &str, &str); 13] = [
    ("a", "198.41.0.4", "2001:503:ba3e::2:30"),
    ("b", "170.247.170.2", "2801:1b8:10::b"),
    ("c", "192.33.4.12", "2001:500:2::c"),
    ("d", "199.7.91.13", "2001:500:2d::d"),
    ("e", "192.203.230.10", "2001:500:a8::e"),
    ("f", "192.5.5.241", "2001:500:2f::f"),
    ("g", "192.112.36.4", "2001:500:12::d0d"),
    ("h", "198.97.190.53", "2001:500:1::53"),
    ("i", "192.36.148.17", "2001:7fe::53"),
    ("j", "192.58.128.30", "2001:503:c27::2:30"),
    ("k", "193.0.14.129", "2001:7fd::1"),
    ("l", "199.7.83.42", "2001:500:9f::42"),
    ("m", "202.12.27.33", "2001:dc3::35"),
];

const BUILT: &str = "the embedded world is built by a test";
const REVERSE_TTL: u32 = 3600;

impl World {
    /// The internet that ships in the binary.
    pub fn embedded() -> Arc<World> {
        static WORLD: OnceLock<Arc<World>> = OnceLock::new();
        WORLD.get_or_init(|| Arc::new(with(|_, _| ()))).clone()
    }

    /// The same, but its root servers are thirteen and live at the addresses of the real ones, so that a resolver with
    /// the real root hints finds it.
    pub fn embedded_at_root_addresses() -> Arc<World> {
        let mut servers = servers::all();
        let mut zones = zones();
        add_reverse_names(&mut zones, &servers);
        museum::add(&mut zones, &mut servers);
        let served = servers.iter().find(|server| server.level == Level::Root).expect(BUILT).zones.clone();
        servers.retain(|server| server.level != Level::Root);
        let roots = REAL_ROOT_SERVERS.iter().map(|(letter, v4, v6)| Server {
            name: name(&format!("{letter}.root-servers.net.")),
            addresses: [v4, v6].iter().map(|text| text.parse().expect("an address")).collect(),
            zones: served.clone(),
            level: Level::Root,
            behaviour: crate::Behaviour::normal(),
        });
        servers.splice(0..0, roots);
        for zone in &mut zones {
            move_root_servers(zone, &servers[..REAL_ROOT_SERVERS.len()]);
        }
        Arc::new(World::new(zones, servers, catalogue::exhibits()).expect(BUILT))
    }
}

pub(crate) fn name(text: &str) -> Name {
    text.parse().expect("a name written in this crate")
}

fn zones() -> Vec<Zone> {
    ZONES.iter().map(|(apex, text)| signing::mark(Zone::parse(text, &name(apex)).expect(BUILT))).collect()
}

/// Adds the zones and servers of the embedded world to others that are to live beside them.
pub(crate) fn with(more: impl FnOnce(&mut Vec<Zone>, &mut Vec<Server>)) -> World {
    let mut servers = servers::all();
    let mut zones = zones();
    add_reverse_names(&mut zones, &servers);
    museum::add(&mut zones, &mut servers);
    more(&mut zones, &mut servers);
    World::new(zones, servers, catalogue::exhibits()).expect(BUILT)
}

/// A PTR record for every server whose address lies in a reverse zone of the lab.
fn add_reverse_names(zones: &mut [Zone], servers: &[Server]) {
    for server in servers {
        for address in &server.addresses {
            let owner = reverse_name(*address);
            let within = |zone: &&mut Zone| owner.is_below(&zone.apex) && zone.apex.label_count() > 3;
            if let Some(zone) = zones.iter_mut().find(within) {
                let record = Record::new(owner.clone(), RrType::PTR, REVERSE_TTL, server.name.wire());
                zone.insert(record).expect("the owner lies in the zone");
            }
        }
    }
}

/// The name under which an address is looked up (RFC 1035 §3.5, RFC 3596 §2.5).
pub(crate) fn reverse_name(address: IpAddr) -> Name {
    let text = match address {
        IpAddr::V4(v4) => {
            let [a, b, c, d] = v4.octets();
            format!("{d}.{c}.{b}.{a}.in-addr.arpa.")
        }
        IpAddr::V6(v6) => {
            let nibbles = v6.octets().into_iter().rev().flat_map(|octet| [octet & 15, octet >> 4]);
            nibbles.map(|nibble| format!("{nibble:x}.")).collect::<String>() + "ip6.arpa."
        }
    };
    name(&text)
}

/// Puts `roots` in the place of the root servers that the zone file names.
fn move_root_servers(zone: &mut Zone, roots: &[Server]) {
    let ours = name("root-servers.net.");
    let led_by_them = |record: &Record| rdata::target(&record.rdata).is_some_and(|target| target.is_below(&ours));
    let cuts: Vec<(Name, u32)> = zone
        .records()
        .filter(|record| record.rtype == RrType::NS && led_by_them(record))
        .map(|record| (record.name.clone(), record.ttl))
        .collect();
    let old: Vec<Name> =
        zone.records().map(|record| record.name.clone()).filter(|owner| owner.is_below(&ours)).collect();
    let glued = !old.is_empty();
    old.iter().for_each(|owner| [RrType::A, RrType::AAAA].iter().for_each(|rtype| zone.remove(owner, *rtype)));
    cuts.iter().for_each(|(cut, _)| zone.remove(cut, RrType::NS));
    let mut insert = |record| zone.insert(record).expect("the owner was in the zone before");
    for root in roots {
        for (cut, ttl) in &cuts {
            insert(Record::new(cut.clone(), RrType::NS, *ttl, root.name.wire()));
        }
        for address in root.addresses.iter().filter(|_| glued) {
            let (rtype, data) = rdata::from_address(*address);
            insert(Record::new(root.name.clone(), rtype, 518_400, data));
        }
    }
}
