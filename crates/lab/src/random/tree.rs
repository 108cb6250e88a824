//! The tree of zones of a random world, and which hosts serve them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use proto::Name;

use super::{Draw, level};
use crate::{Behaviour, Server};

/// Zones of one world: enough for every shape, few enough for thousands of worlds.
const MAX_ZONES: usize = 24;
/// Zone cuts from the root to the deepest zone.
const MAX_DEPTH: u32 = 4;
/// Look-ups of server addresses that lead to further ones: nobody need go deeper.
const MAX_INDIRECTION: u32 = 2;

/// Zones and hosts before they have content and faults.
pub(super) struct Tree {
    pub(super) plots: Vec<Plot>,
    pub(super) hosts: Vec<Host>,
}

/// A zone to be.
pub(super) struct Plot {
    pub(super) apex: Name,
    pub(super) depth: u32,
    /// Hosts that the parent names, by number.
    pub(super) ns: Vec<usize>,
    /// Hosts that only the zone itself names.
    pub(super) more_ns: Vec<usize>,
    pub(super) children: Vec<usize>,
    indirection: u32,
}

/// A name server to be.
pub(super) struct Host {
    pub(super) name: Name,
    /// Number of the zone that holds its addresses.
    pub(super) home: usize,
    pub(super) addresses: Vec<IpAddr>,
    /// Zones that it serves, by number.
    pub(super) serves: Vec<usize>,
}

impl Tree {
    pub(super) fn server(&self, host: &Host) -> Server {
        let depth = host.serves.iter().map(|zone| self.plots[*zone].depth).min().unwrap_or(self.plots[host.home].depth);
        Server {
            name: host.name.clone(),
            addresses: host.addresses.clone(),
            zones: host.serves.iter().map(|zone| self.plots[*zone].apex.clone()).collect(),
            level: level(depth),
            behaviour: Behaviour::normal(),
        }
    }

    fn plant(&mut self, apex: Name, depth: u32, indirection: u32) -> usize {
        self.plots.push(Plot { apex, depth, ns: vec![], more_ns: vec![], children: vec![], indirection });
        self.plots.len() - 1
    }

    /// A host named in its own zone.
    fn settle(&mut self, zone: usize, draw: &Draw) -> usize {
        let number = self.hosts.len();
        let home = &self.plots[zone].apex;
        let label = format!("ns{number}");
        // The root's hosts stand below a label of their own, so that no host looks like a top-level domain.
        let above = if home.is_root() { home.prepend(b"rs") } else { Ok(home.clone()) };
        let name = above.and_then(|above| above.prepend(label.as_bytes())).expect("short names");
        self.hosts.push(Host { name, home: zone, addresses: addresses(number, draw), serves: vec![zone] });
        number
    }

    /// Gives a zone its servers: own ones, another zone's, or some of both.
    fn staff(&mut self, zone: usize, parent: usize, draw: &Draw) {
        let reach = self.plots[zone].indirection;
        let lenders: Vec<usize> = (1..zone).filter(|other| self.plots[*other].indirection < MAX_INDIRECTION).collect();
        let lender = draw.pick(&lenders).copied().filter(|_| draw.percent(35));
        if let Some(lender) = lender {
            let lent = self.plots[lender].ns.clone();
            self.plots[zone].indirection = reach.max(self.plots[lender].indirection + 1);
            self.hire(zone, &lent);
        }
        if lender.is_none() || draw.percent(40) {
            for _ in 0..draw.between(1, 3) {
                let host = self.settle(zone, draw);
                self.plots[zone].ns.push(host);
            }
        }
        if draw.percent(15) {
            let above = self.plots[parent].ns.clone(); // one server for parent and child
            self.hire(zone, &above);
        }
        // RFC 1034 §4.1: two servers at least; of one the parent may not know.
        if draw.percent(20) {
            let host = self.settle(zone, draw);
            self.plots[zone].more_ns.push(host);
        }
        // The first server of each zone has an IPv4 address, whatever happens to IPv6.
        let first = self.plots[zone].ns[0];
        if !self.hosts[first].addresses.iter().any(IpAddr::is_ipv4) {
            self.hosts[first].addresses.insert(0, v4(first));
        }
    }

    fn hire(&mut self, zone: usize, hosts: &[usize]) {
        for &host in hosts {
            if !self.plots[zone].ns.contains(&host) {
                self.plots[zone].ns.push(host);
                self.hosts[host].serves.push(zone);
            }
        }
    }
}

/// A root, top-level domains, and zones below them.
pub(super) fn grow(draw: &Draw) -> Tree {
    let mut tree = Tree { plots: Vec::new(), hosts: Vec::new() };
    let root = tree.plant(Name::root(), 0, 0);
    for _ in 0..draw.between(2, 3) {
        let host = tree.settle(root, draw);
        tree.plots[root].ns.push(host);
    }
    tree.hosts[0].addresses = vec![v4(0), v6(0)];
    let mut next = 0;
    while next < tree.plots.len() {
        let depth = tree.plots[next].depth;
        let most = if next == root { 4 } else { 3 };
        let least = if next == root { 2 } else { 0 };
        let wanted = if depth < MAX_DEPTH { draw.between(least, most) } else { 0 };
        for _ in 0..wanted {
            if tree.plots.len() < MAX_ZONES {
                let number = tree.plots.len();
                let apex = child_name(&tree.plots[next].apex, number, draw);
                let child = tree.plant(apex, depth + 1, tree.plots[next].indirection);
                tree.plots[next].children.push(child);
                tree.staff(child, next, draw);
            }
        }
        next += 1;
    }
    tree
}

/// Mostly one label below the parent, at times two, with an empty non-terminal between.
fn child_name(parent: &Name, number: usize, draw: &Draw) -> Name {
    let label = format!("z{number}");
    let above = if !parent.is_root() && draw.percent(15) {
        parent.prepend(format!("e{number}").as_bytes())
    } else {
        Ok(parent.clone())
    };
    above.and_then(|above| above.prepend(label.as_bytes())).expect("short names")
}

fn addresses(number: usize, draw: &Draw) -> Vec<IpAddr> {
    match draw.between(0, 99) {
        0..50 => vec![v4(number)],
        50..85 => vec![v4(number), v6(number)],
        _ => vec![v6(number)],
    }
}

/// 198.18.0.0/15 is for tests of networks (RFC 2544).
fn v4(number: usize) -> IpAddr {
    Ipv4Addr::new(198, 18, (number / 200) as u8, (number % 200) as u8 + 1).into()
}

/// A /48 of its own in the documentation prefix (RFC 3849).
fn v6(number: usize) -> IpAddr {
    Ipv6Addr::new(0x2001, 0xdb8, number as u16 + 1, 0, 0, 0, 0, 0x53).into()
}
