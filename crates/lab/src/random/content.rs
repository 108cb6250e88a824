//! What the zones of a random world hold.

use proto::{Name, Record, RrType, rdata};

use super::Draw;
use super::tree::{Plot, Tree};
use crate::Zone;

const TTLS: [u32; 7] = [0, 5, 60, 300, 3600, 86_400, 604_800];

/// Which of the optional things a zone has; drawn for all zones before any record is made, because aliases lead to them.
struct Traits {
    hosts: u32,
    aliases: u32,
    wildcard: Option<Name>,
    dname: Option<Name>,
    nonterminal: bool,
}

/// A record source for one zone.
struct Bed<'a> {
    draw: &'a Draw,
    apex: &'a Name,
    records: Vec<Record>,
}

pub(super) fn zones(tree: &Tree, draw: &Draw) -> Vec<Zone> {
    let traits: Vec<Traits> = tree.plots.iter().map(|plot| traits(plot, draw)).collect();
    let targets: Vec<Name> = tree.plots.iter().zip(&traits).flat_map(|(plot, traits)| names(plot, traits)).collect();
    let apexes: Vec<&Name> = tree.plots.iter().map(|plot| &plot.apex).collect();
    let zone = |(number, traits): (usize, &Traits)| {
        let plot = &tree.plots[number];
        let mut bed = Bed { draw, apex: &plot.apex, records: Vec::new() };
        bed.infrastructure(tree, number);
        if number > 0 {
            bed.contents(traits, &targets, &apexes);
        }
        Zone::from_records(plot.apex.clone(), bed.records).expect("random zones are well-formed by construction")
    };
    traits.iter().enumerate().map(zone).collect()
}

fn traits(plot: &Plot, draw: &Draw) -> Traits {
    let below = |label: &str, percent| draw.percent(percent).then(|| child(&plot.apex, label));
    Traits {
        hosts: draw.between(1, 4),
        aliases: draw.between(0, 3),
        // At times the apex itself has the wildcard, and nothing below it is missing.
        wildcard: if draw.percent(10) { Some(plot.apex.clone()) } else { below("w", 40) },
        dname: below("d", 30),
        nonterminal: draw.percent(50),
    }
}

/// Names that an alias may lead to: there, not there, and led further.
fn names(plot: &Plot, traits: &Traits) -> Vec<Name> {
    let apex = &plot.apex;
    let hosts = (0..traits.hosts).map(|number| child(apex, &format!("h{number}")));
    let aliases = (0..traits.aliases).map(|number| child(apex, &format!("c{number}")));
    let mut names: Vec<Name> = hosts.chain(aliases).collect();
    names.extend([child(apex, "gone"), apex.clone()]);
    names.extend(traits.wildcard.iter().map(|above| child(above, "any")));
    names.extend(traits.dname.iter().map(|above| child(above, "h0")));
    names.extend(traits.nonterminal.then(|| child(&child(apex, "e"), "b")));
    names
}

impl Bed<'_> {
    fn add(&mut self, owner: Name, rtype: RrType, rdata: Vec<u8>) {
        let ttl = *self.draw.pick(&TTLS).expect("there are TTLs");
        self.add_with(owner, rtype, ttl, rdata);
    }

    /// Records of one set have one TTL (RFC 2181 §5.2): the first one's.
    fn add_with(&mut self, owner: Name, rtype: RrType, ttl: u32, rdata: Vec<u8>) {
        let of_set = self.records.iter().find(|record| record.rtype == rtype && record.name == owner);
        let ttl = of_set.map_or(ttl, |record| record.ttl);
        self.records.push(Record::new(owner, rtype, ttl, rdata));
    }

    /// SOA, NS, the addresses of the zone's own hosts, delegations and their glue.
    fn infrastructure(&mut self, tree: &Tree, number: usize) {
        let plot = &tree.plots[number];
        let minimum = *self.draw.pick(&[5, 30, 300, 10_800]).expect("there are minima");
        let primary = &tree.hosts[plot.ns[0]].name;
        let numbers = [1u32, 7200, 3600, 1_209_600, minimum].map(u32::to_be_bytes).concat();
        self.add(plot.apex.clone(), RrType::SOA, [primary.wire(), primary.wire(), &numbers].concat());
        for host in plot.ns.iter().chain(&plot.more_ns) {
            self.add_with(plot.apex.clone(), RrType::NS, 3600, tree.hosts[*host].name.wire().to_vec());
        }
        for host in tree.hosts.iter().filter(|host| host.home == number) {
            self.addresses(host);
        }
        for child in plot.children.iter().map(|child| &tree.plots[*child]) {
            for host in child.ns.iter().map(|host| &tree.hosts[*host]) {
                self.add_with(child.apex.clone(), RrType::NS, 3600, host.name.wire().to_vec());
                let own = host.home == number || !host.name.is_at_or_below(&plot.apex);
                let needed = host.name.is_at_or_below(&child.apex);
                let there = self.records.iter().any(|record| record.name == host.name);
                if !own && !there && (needed || self.draw.percent(50)) {
                    self.addresses(host);
                }
            }
        }
    }

    fn addresses(&mut self, host: &super::tree::Host) {
        for address in &host.addresses {
            let (rtype, data) = rdata::from_address(*address);
            self.add_with(host.name.clone(), rtype, 3600, data);
        }
    }

    fn contents(&mut self, traits: &Traits, targets: &[Name], apexes: &[&Name]) {
        for number in 0..traits.hosts {
            let owner = child(self.apex, &format!("h{number}"));
            self.host(&owner);
        }
        for number in 0..traits.aliases {
            let target = self.draw.pick(targets).expect("every zone gives targets").clone();
            self.add(child(self.apex, &format!("c{number}")), RrType::CNAME, target.wire().to_vec());
        }
        if let Some(above) = &traits.wildcard {
            let owner = child(above, "*");
            if self.draw.percent(25) {
                let target = self.draw.pick(targets).expect("every zone gives targets").clone();
                self.add(owner, RrType::CNAME, target.wire().to_vec());
            } else {
                self.host(&owner);
            }
        }
        if let Some(owner) = &traits.dname {
            let target = self.draw.pick(apexes).expect("there are zones");
            self.add(owner.clone(), RrType::DNAME, target.wire().to_vec());
        }
        if traits.nonterminal {
            let owner = child(&child(&child(self.apex, "e"), "b"), "a");
            self.host(&owner);
        }
        let mail = [&[0, 10][..], child(self.apex, "h0").wire()].concat();
        self.add(self.apex.clone(), RrType::MX, mail);
    }

    /// Addresses, and at times a text, at times a big one.
    fn host(&mut self, owner: &Name) {
        for _ in 0..self.draw.between(1, 3) {
            let [.., a, b] = self.draw.between(1, 0xFFFF).to_be_bytes();
            self.add(owner.clone(), RrType::A, vec![192, 0, a, b]);
        }
        if self.draw.percent(40) {
            let last = self.draw.between(1, 255) as u8;
            self.add(owner.clone(), RrType::AAAA, [&[0x20, 1, 0xd, 0xb8][..], &[0; 11], &[last]].concat());
        }
        if self.draw.percent(30) {
            // Up to 3 kB: fits, does not fit 512 octets, does not fit 1232.
            let strings = self.draw.between(1, 15) as usize;
            let text = [&[200u8][..], &[b't'; 200]].concat().repeat(strings);
            self.add(owner.clone(), RrType::TXT, text);
        }
    }
}

fn child(name: &Name, label: &str) -> Name {
    name.prepend(label.as_bytes()).expect("short names")
}
