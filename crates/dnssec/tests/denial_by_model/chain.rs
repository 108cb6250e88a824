//! The true chains of denial records of a zone, and which of them a proof needs.

use proto::{Name, RrType, Rrset};
use ring::digest;

use crate::draw::Draw;
use crate::zone::{Place, Zone};

/// How a zone denies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Method {
    Nsec,
    Nsec3 { opt_out: bool, salt: Vec<u8>, iterations: u16 },
}

impl Method {
    pub(crate) fn random(draw: &mut Draw) -> Self {
        if draw.once_in(2) {
            return Self::Nsec;
        }
        let salt = (0..draw.below(5)).map(|_| draw.next() as u8).collect();
        Self::Nsec3 { opt_out: draw.once_in(2), salt, iterations: draw.below(4) as u16 }
    }
}

/// One denial record.
#[derive(Debug, Clone)]
pub(crate) struct Link {
    pub(crate) set: Rrset,
    /// Name it stands at, hashed if the chain is.
    at: Place3,
    next: Place3,
    pub(crate) opt_out: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Place3 {
    Name(Name),
    Hash([u8; 20]),
}

pub(crate) struct Chain {
    pub(crate) links: Vec<Link>,
    method: Method,
}

impl Chain {
    pub(crate) fn of(zone: &Zone, method: &Method) -> Self {
        let links = match method {
            Method::Nsec => nsec(zone),
            Method::Nsec3 { opt_out, salt, iterations } => nsec3(zone, *opt_out, salt, *iterations),
        };
        Self { links, method: method.clone() }
    }

    pub(crate) fn at(&self, name: &Name) -> Option<&Link> {
        let place = self.place(name);
        self.links.iter().find(|link| link.at == place)
    }

    /// The record that spans the name or hash.
    pub(crate) fn over(&self, name: &Name) -> Option<&Link> {
        let spans = |link: &&Link| match (&link.at, &link.next, &self.place(name)) {
            (Place3::Name(at), Place3::Name(next), Place3::Name(name)) => {
                if at < next {
                    at < name && name < next
                } else {
                    at < name
                }
            }
            (Place3::Hash(at), Place3::Hash(next), Place3::Hash(hash)) => {
                if at < next {
                    at < hash && hash < next
                } else {
                    (at < hash || hash < next) && at != hash
                }
            }
            _ => false,
        };
        self.links.iter().find(spans)
    }

    fn place(&self, name: &Name) -> Place3 {
        match &self.method {
            Method::Nsec => Place3::Name(name.clone()),
            Method::Nsec3 { salt, iterations, .. } => Place3::Hash(hash(name, salt, *iterations)),
        }
    }

    /// What an honest server sends about the name, as the zone without hidden delegations sees it
    /// (RFC 4035 §3.1.3, RFC 5155 §7.2).
    pub(crate) fn proof(&self, visible: &Zone, name: &Name) -> Vec<Rrset> {
        if visible.place(name) == Place::Elsewhere {
            return vec![];
        }
        let mut links = vec![self.at(name)];
        if visible.place(name) == Place::Nothing {
            let encloser = visible.closest_encloser(name);
            let wildcard = encloser.prepend(b"*").unwrap();
            let next_closer = name.suffix(encloser.label_count() + 1);
            links.extend([self.at(&encloser), self.over(&next_closer), self.over(name)]);
            links.extend([self.at(&wildcard), self.over(&wildcard)]);
        } else if self.method == Method::Nsec {
            links.push(self.over(name));
        }
        let mut sets: Vec<Rrset> = vec![];
        for link in links.into_iter().flatten() {
            if !sets.contains(&link.set) {
                sets.push(link.set.clone());
            }
        }
        sets
    }
}

fn nsec(zone: &Zone) -> Vec<Link> {
    let names: Vec<&Name> = zone.nodes.keys().collect();
    let link = |(place, name): (usize, &&Name)| {
        let next = names[(place + 1) % names.len()];
        let mut types: Vec<u16> = zone.nodes[*name].iter().copied().collect();
        types.extend([RrType::RRSIG.0, RrType::NSEC.0]);
        let rdata = [next.wire(), &bitmap(&types)].concat();
        Link {
            set: Rrset::new((*name).clone(), RrType::NSEC, 300, [rdata.as_slice()]),
            at: Place3::Name((*name).clone()),
            next: Place3::Name(next.clone()),
            opt_out: false,
        }
    };
    names.iter().enumerate().map(link).collect()
}

fn nsec3(zone: &Zone, opt_out: bool, salt: &[u8], iterations: u16) -> Vec<Link> {
    let shown = if opt_out { zone.visible() } else { zone.clone() };
    let mut hashed: Vec<([u8; 20], Vec<u8>)> = vec![];
    for (name, types) in &shown.nodes {
        let mut types: Vec<u16> = types.iter().copied().collect();
        if !(shown.is_delegation(name) && types.len() == 1) {
            types.push(RrType::RRSIG.0);
        }
        hashed.push((hash(name, salt, iterations), bitmap(&types)));
    }
    hashed.extend(shown.empty_names().iter().map(|name| (hash(name, salt, iterations), vec![])));
    hashed.sort();
    let link = |(place, (at, types)): (usize, &([u8; 20], Vec<u8>))| {
        let next = hashed[(place + 1) % hashed.len()].0;
        let mut rdata = vec![1, u8::from(opt_out)];
        rdata.extend(iterations.to_be_bytes());
        rdata.push(salt.len() as u8);
        rdata.extend(salt);
        rdata.push(20);
        rdata.extend(next);
        rdata.extend(types);
        let label = data_encoding::BASE32HEX_NOPAD.encode(at).to_ascii_lowercase();
        let owner = zone.apex.prepend(label.as_bytes()).unwrap();
        let set = Rrset::new(owner, RrType::NSEC3, 300, [rdata.as_slice()]);
        Link { set, at: Place3::Hash(*at), next: Place3::Hash(next), opt_out }
    };
    hashed.iter().enumerate().map(link).collect()
}

pub(crate) fn hash(name: &Name, salt: &[u8], iterations: u16) -> [u8; 20] {
    let mut octets = name.wire().to_ascii_lowercase();
    for _ in 0..=iterations {
        octets.extend(salt);
        octets = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, &octets).as_ref().to_vec();
    }
    octets.try_into().unwrap()
}

/// Types below 256, in one window.
fn bitmap(types: &[u16]) -> Vec<u8> {
    let length = types.iter().max().map_or(0, |top| usize::from(*top) / 8 + 1);
    let mut octets = vec![0; length + 2];
    octets[1] = length as u8;
    for rtype in types {
        octets[2 + usize::from(*rtype) / 8] |= 0x80 >> (rtype % 8);
    }
    octets
}
