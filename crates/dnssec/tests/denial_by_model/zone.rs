//! A small zone by brute force: what is true of its names follows from the set of its names and types alone, with no
//! order of names, no hashes and no records of denial.

use std::collections::{BTreeMap, BTreeSet};

use proto::{Name, RrType};

use crate::draw::Draw;

/// What a zone may say of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Data of the zone, or a delegation.
    Node,
    /// Something stands below it only.
    Empty,
    /// Nothing stands at or below it.
    Nothing,
    /// Below a delegation or a DNAME: not for this zone to say.
    Elsewhere,
}

#[derive(Debug, Clone)]
pub(crate) struct Zone {
    pub(crate) apex: Name,
    pub(crate) nodes: BTreeMap<Name, BTreeSet<u16>>,
}

const LABELS: &[&str] = &["a", "b", "c", "B0", "*", "z", "\\000"];

/// A name with up to so many labels below the apex.
pub(crate) fn random_name(draw: &mut Draw, apex: &Name, depth: usize) -> Name {
    let mut name = apex.clone();
    for _ in 0..draw.below(depth + 1) {
        let label: &[u8] = match *draw.one_of(LABELS) {
            "\\000" => &[0],
            label => label.as_bytes(),
        };
        name = name.prepend(label).unwrap();
    }
    name
}

impl Zone {
    pub(crate) fn random(draw: &mut Draw, apex: &Name) -> Self {
        let mut zone = Self { apex: apex.clone(), nodes: BTreeMap::new() };
        let mut types = BTreeSet::from([RrType::NS.0, RrType::SOA.0, RrType::DNSKEY.0]);
        if draw.once_in(30) {
            types.insert(RrType::DNAME.0);
        }
        zone.nodes.insert(apex.clone(), types);
        for _ in 0..=draw.below(7) {
            let name = random_name(draw, apex, 4);
            let under_wildcard = name.labels().any(|label| label == b"*");
            let types: &[RrType] = match draw.below(10) {
                0 | 1 if !under_wildcard => &[RrType::NS],
                2 if !under_wildcard => &[RrType::NS, RrType::DS],
                3 if !under_wildcard => &[RrType::DNAME, RrType::TXT],
                4 => &[RrType::CNAME],
                5 | 6 => &[RrType::A, RrType::MX],
                7 => &[RrType::TXT],
                _ => &[RrType::A],
            };
            zone.nodes.entry(name).or_insert_with(|| types.iter().map(|rtype| rtype.0).collect());
        }
        zone.drop_hidden();
        zone
    }

    /// Delegates a name.
    pub(crate) fn delegate(&mut self, name: &Name, types: &[RrType]) {
        self.nodes.insert(name.clone(), types.iter().map(|rtype| rtype.0).collect());
        self.drop_hidden();
    }

    fn drop_hidden(&mut self) {
        let hidden: Vec<Name> = self.nodes.keys().filter(|name| self.is_elsewhere(name)).cloned().collect();
        hidden.iter().for_each(|name| _ = self.nodes.remove(name));
    }

    pub(crate) fn has(&self, name: &Name, rtype: RrType) -> bool {
        self.nodes.get(name).is_some_and(|types| types.contains(&rtype.0))
    }

    pub(crate) fn is_delegation(&self, name: &Name) -> bool {
        *name != self.apex && self.has(name, RrType::NS)
    }

    fn is_elsewhere(&self, name: &Name) -> bool {
        let mut above = name.ancestors().skip(1);
        above.any(|above| self.is_delegation(&above) || self.has(&above, RrType::DNAME))
    }

    pub(crate) fn place(&self, name: &Name) -> Place {
        if self.is_elsewhere(name) {
            Place::Elsewhere
        } else if self.nodes.contains_key(name) {
            Place::Node
        } else if self.nodes.keys().any(|node| node.is_below(name)) {
            Place::Empty
        } else {
            Place::Nothing
        }
    }

    /// The deepest name above that is there.
    pub(crate) fn closest_encloser(&self, name: &Name) -> Name {
        let mut above = name.ancestors().skip(1);
        above.find(|above| matches!(self.place(above), Place::Node | Place::Empty)).unwrap()
    }

    fn wildcard(&self, name: &Name) -> Name {
        self.closest_encloser(name).prepend(b"*").unwrap()
    }

    /// Whether a question for the type at the name has the answer "no data".
    pub(crate) fn no_data(&self, name: &Name, rtype: RrType) -> bool {
        match self.place(name) {
            Place::Elsewhere => false,
            Place::Empty => true,
            Place::Node => self.node_lacks(name, rtype),
            Place::Nothing => match self.place(&self.wildcard(name)) {
                Place::Node => self.node_lacks(&self.wildcard(name), rtype),
                Place::Empty => true,
                Place::Nothing | Place::Elsewhere => false,
            },
        }
    }

    fn node_lacks(&self, name: &Name, rtype: RrType) -> bool {
        // The apex has its DS above; a delegation has all but its DS below.
        let other_side = match rtype {
            RrType::DS => *name == self.apex && !name.is_root(),
            _ => self.is_delegation(name),
        };
        let alias = self.has(name, RrType::CNAME);
        rtype != RrType::ANY && !other_side && !alias && !self.has(name, rtype)
    }

    /// Whether the answer is "no such name".
    pub(crate) fn no_name(&self, name: &Name) -> bool {
        self.place(name) == Place::Nothing && self.place(&self.wildcard(name)) == Place::Nothing
    }

    /// Whether the wildcard below the given encloser is the one to stand in for the name.
    pub(crate) fn expands(&self, name: &Name, encloser: &Name) -> bool {
        self.place(name) == Place::Nothing && self.closest_encloser(name) == *encloser
    }

    /// The zone as it is without what an opt-out chain leaves out: unsigned delegations.
    pub(crate) fn visible(&self) -> Self {
        let hidden = |name: &Name| self.is_delegation(name) && !self.has(name, RrType::DS);
        let nodes = self.nodes.iter().filter(|(name, _)| !hidden(name));
        Self { apex: self.apex.clone(), nodes: nodes.map(|(name, types)| (name.clone(), types.clone())).collect() }
    }

    /// Names with nothing but others below.
    pub(crate) fn empty_names(&self) -> BTreeSet<Name> {
        let above = self.nodes.keys().flat_map(|name| name.ancestors().skip(1).collect::<Vec<_>>());
        above.filter(|name| name.is_below(&self.apex) && self.place(name) == Place::Empty).collect()
    }
}
