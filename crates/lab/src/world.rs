//! A world: zones and the servers that serve them.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use proto::{Name, Question, Record, RrType};

use crate::behaviour::Behaviour;
use crate::reach::Reach;
use crate::truth::Truth;
use crate::{Exhibit, LabError, Tampering, Zone};

/// How far away a server is: its latency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// A root server.
    Root,
    /// A server of a top-level domain or of a registry zone.
    Tld,
    /// Any other.
    Leaf,
}

/// A name server.
#[derive(Debug, Clone)]
pub struct Server {
    /// Its name.
    pub name: Name,
    /// Its addresses as zone data knows them.
    pub addresses: Vec<IpAddr>,
    /// The zones that it has; a lame server lacks one that the parent says it has.
    pub zones: Vec<Name>,
    /// How far away it is.
    pub level: Level,
    /// How it behaves.
    pub behaviour: Behaviour,
}

/// An internet: immutable and shared; [`SimNetwork`](crate::SimNetwork) changes behaviour over it at run time.
#[derive(Debug, Clone)]
pub struct World {
    zones: BTreeMap<Name, Zone>,
    servers: Vec<Server>,
    by_address: BTreeMap<IpAddr, usize>,
    /// Numbers of the servers of each zone.
    served_by: BTreeMap<Name, Vec<usize>>,
    catalogue: Vec<Exhibit>,
    reach: Reach,
}

impl World {
    /// Puts a world together and fills in what ALIAS directives stand for.
    ///
    /// # Errors
    /// When a server serves a zone that is not there, or two have one address.
    pub fn new(
        zones: impl IntoIterator<Item = Zone>,
        servers: Vec<Server>,
        catalogue: Vec<Exhibit>,
    ) -> Result<Self, LabError> {
        let zones: BTreeMap<Name, Zone> = zones.into_iter().map(|zone| (zone.apex.clone(), zone)).collect();
        let (mut by_address, mut served_by) = (BTreeMap::new(), BTreeMap::<Name, Vec<usize>>::new());
        for (index, server) in servers.iter().enumerate() {
            for zone in &server.zones {
                if !zones.contains_key(zone) {
                    return Err(LabError::NoSuchZone { server: server.name.clone(), zone: zone.clone() });
                }
                served_by.entry(zone.clone()).or_default().push(index);
            }
            for address in &server.addresses {
                if by_address.insert(*address, index).is_some() {
                    return Err(LabError::SameAddress(*address));
                }
            }
        }
        let mut world = Self { zones, servers, by_address, served_by, catalogue, reach: Reach::default() };
        world.reach = Reach::of(&world);
        world.fill_aliases()?;
        crate::sign::sign(&mut world.zones)?;
        Ok(world)
    }

    /// An ALIAS owner has the addresses that its target has, with the lower TTL of both.
    fn fill_aliases(&mut self) -> Result<(), LabError> {
        let wanted: Vec<_> = self
            .zones
            .values()
            .flat_map(|zone| zone.aliases().iter().map(|alias| (zone.apex.clone(), alias.clone())))
            .collect();
        for (apex, alias) in wanted {
            for rtype in [RrType::A, RrType::AAAA] {
                let truth = self.truth(&Question::new(alias.target.clone(), rtype));
                let Some(set) = truth.answer.last().filter(|set| set.rtype == rtype) else { continue };
                let zone = self.zones.get_mut(&apex).expect("the alias was found in this zone");
                for mut record in set.records() {
                    record.name = alias.owner.clone();
                    record.ttl = record.ttl.min(alias.ttl);
                    zone.insert(record)?;
                }
            }
        }
        Ok(())
    }

    /// All zones in canonical order.
    pub fn zones(&self) -> impl Iterator<Item = &Zone> {
        self.zones.values()
    }

    /// The zone with this apex.
    pub fn zone(&self, apex: &Name) -> Option<&Zone> {
        self.zones.get(apex)
    }

    /// All servers.
    pub fn servers(&self) -> &[Server] {
        &self.servers
    }

    /// The server at an address.
    pub fn server_at(&self, address: IpAddr) -> Option<&Server> {
        self.by_address.get(&address).map(|index| &self.servers[*index])
    }

    /// The servers of a zone.
    pub fn servers_of(&self, zone: &Name) -> impl Iterator<Item = &Server> {
        self.served_by.get(zone).into_iter().flatten().map(|index| &self.servers[*index])
    }

    /// True if a server has a zone.
    pub(crate) fn serves(&self, server: &Server, zone: &Name) -> bool {
        self.servers_of(zone).any(|other| std::ptr::eq(other, server))
    }

    /// The zone of a server that knows best about a question.
    pub(crate) fn zone_for(&self, server: &Server, question: &Question) -> Option<&Zone> {
        let best = |name: Name| self.zones.get(&name).filter(|zone| self.serves(server, &zone.apex));
        // RFC 4035 §3.1.4.1: about DS, a server that has the parent zone answers from that one.
        let above = question.name.ancestors().skip(usize::from(question.rtype.is_at_parent())).find_map(best);
        above.or_else(|| question.name.ancestors().find_map(best))
    }

    /// The trust anchors of this world as DS records: of its root if that is signed, and of islands that have one.
    pub fn anchors(&self) -> Vec<Record> {
        self.zones().filter(|zone| zone.apex.is_root() || zone.is_anchored()).filter_map(crate::sign::anchor).collect()
    }

    /// Names and addresses of the root servers: the hints to begin with.
    pub fn root_servers(&self) -> Vec<(Name, Vec<IpAddr>)> {
        let roots = self.servers.iter().filter(|server| server.level == Level::Root);
        roots.map(|server| (server.name.clone(), server.addresses.clone())).collect()
    }

    /// What is worth seeing, with what to ask and what to expect.
    pub fn catalogue(&self) -> &[Exhibit] {
        &self.catalogue
    }

    /// The same world with another behaviour of the servers that `choose` changes; the oracle knows about it.
    pub fn with_behaviours(&self, change: impl Fn(&Server) -> Option<Behaviour>) -> Arc<Self> {
        let mut world = self.clone();
        for server in &mut world.servers {
            if let Some(behaviour) = change(server) {
                server.behaviour = behaviour;
            }
        }
        world.reach = Reach::of(&world);
        Arc::new(world)
    }

    /// The same world as somebody without IPv6 knows it: IPv6 addresses lead nowhere, and the oracle knows about it.
    pub fn without_ipv6(&self) -> Arc<Self> {
        let mut world = self.clone();
        world.by_address.retain(|address, _| address.is_ipv4());
        for server in &mut world.servers {
            server.addresses.retain(IpAddr::is_ipv4);
        }
        world.reach = Reach::of(&world);
        Arc::new(world)
    }

    /// What somebody does to replies about a signed zone.
    pub fn tampering(&self) -> Option<&Tampering> {
        self.servers.iter().find_map(|server| server.behaviour.tampering.as_ref())
    }

    /// The right answer to a question, from zone data alone.
    pub fn truth(&self, question: &Question) -> Truth {
        crate::truth::tell(self, question)
    }

    /// Every name and type worth asking, in canonical order: owners, empty non-terminals, wildcard instances, aliases,
    /// names that do not exist, types that do not.
    pub fn questions(&self) -> Vec<Question> {
        crate::questions::all(self)
    }

    pub(crate) fn reach(&self) -> &Reach {
        &self.reach
    }
}
