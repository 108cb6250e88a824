//! The servers of the embedded world: name, addresses, zones, distance, habits.
//!
//! An IPv4 address is the loopback address of the server's own socket: 127.53.0.0/24 root servers, .1 registries,
//! .2 naver.com, .3 hosting, .4 well-behaved zones, .5 the ones that are not. IPv6 addresses are in fd53::/16, each in
//! a /48 of its own; the loopback socket of each is 127.53.6.x.

use std::time::Duration;

use proto::{Record, RrType, rdata};

use super::name;
use crate::{
    Behaviour, CaseHabit, Conduct, CookieHabit, EdnsHabit, FORGED_ADDRESS, Forgery, Level, Lie, NonTerminalHabit,
    Section, Server, UdpHabit,
};

const ROOT_ZONES: &str = ". root-servers.net. arpa.";
const GTLD_ZONES: &str = "com. net. gtld-servers.net.";
const IN_ADDR_ZONES: &str = "in-addr.arpa. 53.127.in-addr.arpa.";
const NAVER_ZONES: &str = "naver.com. 123.123.12.in-addr.arpa.";
const SHOWROOM_ZONES: &str = "rootwalk.net. gen.rootwalk.net.";

/// Good servers: name, addresses, zones, level.
const GOOD: &[(&str, &str, &str, Level)] = &[
    ("a.root-servers.net.", "127.53.0.1 fd53:0:1::53", ROOT_ZONES, Level::Root),
    ("b.root-servers.net.", "127.53.0.2 fd53:0:2::53", ROOT_ZONES, Level::Root),
    ("c.root-servers.net.", "127.53.0.3", ROOT_ZONES, Level::Root),
    ("a.gtld-servers.net.", "127.53.1.1 fd53:0:11::53", GTLD_ZONES, Level::Tld),
    ("b.gtld-servers.net.", "127.53.1.2", GTLD_ZONES, Level::Tld),
    ("a.nic.org.", "127.53.1.5", "org.", Level::Tld),
    ("b.nic.org.", "127.53.1.6", "org.", Level::Tld),
    ("b.dns.kr.", "127.53.1.9 fd53:0:19::53", "kr. co.kr.", Level::Tld),
    ("g.dns.kr.", "127.53.1.10", "kr. co.kr.", Level::Tld),
    ("a.nic.io.", "127.53.1.13", "io.", Level::Tld),
    ("b.nic.io.", "127.53.1.14", "io.", Level::Tld),
    ("a.in-addr-servers.arpa.", "127.53.1.17", IN_ADDR_ZONES, Level::Tld),
    ("b.in-addr-servers.arpa.", "127.53.1.18", IN_ADDR_ZONES, Level::Tld),
    ("a.ip6-servers.arpa.", "127.53.1.21", "ip6.arpa. 3.5.d.f.ip6.arpa.", Level::Tld),
    ("ns1.naver.com.", "127.53.2.1", NAVER_ZONES, Level::Leaf),
    ("ns2.naver.com.", "127.53.2.2", NAVER_ZONES, Level::Leaf),
    ("ns3.naver.com.", "127.53.2.3", NAVER_ZONES, Level::Leaf),
    ("ns4.naver.com.", "127.53.2.4", NAVER_ZONES, Level::Leaf),
    ("ns-101.hosting.com.", "127.53.3.1", "hosted.rootwalk.io. hosting.com. hosting.net.", Level::Leaf),
    ("ns-202.hosting.net.", "127.53.3.2", "hosted.rootwalk.io. hosting.com. hosting.net.", Level::Leaf),
    ("ns-303.hosting.org.", "127.53.3.3", "hosted.rootwalk.io. hosting.com. hosting.org. hosting.co.kr.", Level::Leaf),
    (
        "ns-404.hosting.co.kr.",
        "127.53.3.4",
        "hosted.rootwalk.io. hosting.com. hosting.org. hosting.co.kr.",
        Level::Leaf,
    ),
    ("ns1.rootwalk.io.", "127.53.3.9", "rootwalk.io.", Level::Leaf),
    ("ns2.rootwalk.io.", "127.53.3.10", "rootwalk.io.", Level::Leaf),
    ("ns1.rootwalk.net.", "127.53.4.1 fd53:0:41::53", SHOWROOM_ZONES, Level::Leaf),
    ("ns2.rootwalk.net.", "127.53.4.2", SHOWROOM_ZONES, Level::Leaf),
    ("ns1.rootwalk.org.", "127.53.4.5", "rootwalk.org.", Level::Leaf),
    ("ns1.shop.co.kr.", "127.53.4.9", "shop.co.kr.", Level::Leaf),
    ("ns2.shop.co.kr.", "127.53.4.10", "shop.co.kr.", Level::Leaf),
    ("ns1.xn--hq1bm8jm9l.kr.", "127.53.4.13", "xn--hq1bm8jm9l.kr.", Level::Leaf),
    ("ns1.v6.rootwalk.net.", "fd53:0:51::53", "v6.rootwalk.net.", Level::Leaf),
    ("ns2.v6.rootwalk.net.", "fd53:0:52::53", "v6.rootwalk.net.", Level::Leaf),
    ("ns1.disagree.rootwalk.net.", "127.53.5.41", "disagree.rootwalk.net.", Level::Leaf),
    ("ns2.disagree.rootwalk.net.", "127.53.5.42", "disagree.rootwalk.net.", Level::Leaf),
    ("ns3.disagree.rootwalk.net.", "127.53.5.43", "disagree.rootwalk.net.", Level::Leaf),
    ("ns1.step-one.org.", "127.53.5.64", "glueless.rootwalk.net.", Level::Leaf),
    ("ns1.step-two.kr.", "127.53.5.65", "step-one.org. step-two.kr.", Level::Leaf),
    ("ns.ring-a.com.", "127.53.5.68", "ring-b.org.", Level::Leaf),
    ("ns.ring-b.org.", "127.53.5.69", "ring-a.com.", Level::Leaf),
];

/// All servers, root servers first.
pub(super) fn all() -> Vec<Server> {
    let good =
        GOOD.iter().map(|(host, addresses, zones, level)| server(host, addresses, zones, *level, Behaviour::normal()));
    good.chain(showroom().into_iter().map(|(host, last_octet, behaviour)| {
        let full = format!("{host}.rootwalk.net.");
        let (_, zone) = full.split_once('.').expect("a name with several labels");
        server(&full, &format!("127.53.5.{last_octet}"), zone, Level::Leaf, behaviour)
    }))
    .collect()
}

fn server(host: &str, addresses: &str, zones: &str, level: Level, behaviour: Behaviour) -> Server {
    let addresses = addresses.split(' ').map(|text| text.parse().expect("an address written in this file")).collect();
    Server { name: name(host), addresses, zones: zones.split(' ').map(name).collect(), level, behaviour }
}

/// Servers of the zones that are broken in their own way: name below rootwalk.net, last octet of 127.53.5.x, habits.
fn showroom() -> Vec<(&'static str, u8, Behaviour)> {
    let normal = Behaviour::normal;
    vec![
        ("ns1.onedead", 1, Behaviour::dead()),
        ("ns2.onedead", 2, normal()),
        ("ns3.onedead", 3, normal()),
        ("ns1.alldead", 5, Behaviour::dead()),
        ("ns2.alldead", 6, Behaviour::dead()),
        ("ns1.lame", 9, Behaviour::of(Conduct::Refuses)),
        ("ns2.lame", 10, Behaviour::of(Conduct::Upward)),
        ("ns3.lame", 11, Behaviour::of(Conduct::Sideways(name("naver.com.")))),
        ("ns1.partlylame", 13, Behaviour::of(Conduct::Refuses)),
        ("ns2.partlylame", 14, Behaviour::of(Conduct::Upward)),
        ("ns3.partlylame", 15, normal()),
        ("ns1.oddlylame", 17, Behaviour::of(Conduct::NonAuthoritative)),
        ("ns2.oddlylame", 18, Behaviour::of(Conduct::WrongZone(name("rootwalk.org.")))),
        ("ns3.oddlylame", 19, Behaviour::of(Conduct::SelfReferral)),
        ("ns4.oddlylame", 20, Behaviour::of(Conduct::ServFail)),
        ("ns5.oddlylame", 21, normal()),
        ("ns1.noedns", 25, Behaviour { edns: EdnsHabit::FormErr, ..normal() }),
        ("ns1.muteedns", 26, Behaviour { edns: EdnsHabit::Silent, ..normal() }),
        ("ns1.badvers", 27, Behaviour { edns: EdnsHabit::BadVers, ..normal() }),
        ("ns2.badvers", 28, normal()),
        ("ns1.slow", 29, Behaviour { delay: Duration::from_millis(600), ..normal() }),
        ("ns1.case", 33, Behaviour { case: CaseHabit::Lowers, ..normal() }),
        ("ns1.tc", 34, Behaviour { udp: UdpHabit::Truncates, ..normal() }),
        ("ns1.denial", 37, Behaviour { nonterminals: NonTerminalHabit::NxDomain, ..normal() }),
        ("ns1.liar", 45, Behaviour { lies: lies(), ..normal() }),
        ("ns1.severalns", 46, Behaviour { lies: several_ns_sets(), ..normal() }),
        ("ns1.cookie", 49, Behaviour { cookies: CookieHabit::Demands, ..normal() }),
        ("ns1.spoofed", 53, Behaviour { forgeries: every_forgery(), ..normal() }),
        ("ns1.idflood", 54, Behaviour { forgeries: vec![Forgery::Id(40)], ..normal() }),
    ]
}

/// What a promiscuous server would have us believe about zones that are not its own.
fn lies() -> Vec<Lie> {
    let ns = |zone: &str| Record::new(name(zone), RrType::NS, 86400, name("ns.stranger.net.").wire());
    let (rtype, address) = rdata::from_address(FORGED_ADDRESS.into());
    let a = |owner: &str| Record::new(name(owner), rtype, 86400, address.clone());
    let lie = |section, record| Lie { section, record };
    vec![
        lie(Section::Answer, a("www.naver.com.")),
        lie(Section::Authority, ns("com.")),
        lie(Section::Authority, ns("rootwalk.net.")),
        lie(Section::Additional, a("ns.stranger.net.")),
        lie(Section::Additional, a("ns1.naver.com.")),
        lie(Section::Additional, a("a.root-servers.net.")),
    ]
}

fn several_ns_sets() -> Vec<Lie> {
    let ns = |zone: &str, host: &str| Record::new(name(zone), RrType::NS, 3600, name(host).wire());
    let records = [
        ns("severalns.rootwalk.net.", "ns1.severalns.rootwalk.net."),
        ns("rootwalk.net.", "ns1.severalns.rootwalk.net."),
        ns("naver.com.", "ns1.severalns.rootwalk.net."),
    ];
    records.into_iter().map(|record| Lie { section: Section::Authority, record }).collect()
}

fn every_forgery() -> Vec<Forgery> {
    use Forgery::{Address, Case, Garbage, Id, Port, Query, Question};
    vec![Address, Port, Id(1), Question, Case, Query, Garbage]
}
