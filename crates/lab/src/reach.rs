//! Which zones a resolver can reach: those with a working server whose address can be learnt from reachable zones.
//!
//! A least fixed point, begun at the root: delegation loops fall out of it by themselves.

use std::collections::{BTreeMap, BTreeSet};

use proto::{Name, RrType};

use crate::{Server, World};

/// The zones that can, and the zones that may be reached.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reach {
    /// A good server is known: not to get an answer is the resolver's fault, loss and deadlines apart.
    pub(crate) surely: BTreeSet<Name>,
    /// Some server may answer.
    pub(crate) maybe: BTreeSet<Name>,
}

impl Reach {
    pub(crate) fn of(world: &World) -> Self {
        Self {
            surely: closure(world, |server| server.behaviour.is_good()),
            maybe: closure(world, |server| server.behaviour.may_answer()),
        }
    }
}

fn closure(world: &World, works: impl Fn(&Server) -> bool) -> BTreeSet<Name> {
    let root = Name::root();
    let mut reached = BTreeSet::new();
    let answers_for = |server: &Server, zone: &Name| works(server) && world.serves(server, zone);
    if world.servers().iter().any(|server| server.level == crate::Level::Root && answers_for(server, &root)) {
        reached.insert(root.clone());
    }
    let parents: BTreeMap<&Name, &Name> =
        world.zones().filter_map(|zone| Some((&zone.apex, parent_of(world, &zone.apex)?))).collect();
    loop {
        let mut more = BTreeSet::new();
        for (child, parent) in parents.iter().filter(|(child, _)| !reached.contains(**child)) {
            if reached.contains(*parent) && has_server(world, &reached, child, parent, &answers_for) {
                more.insert((*child).clone());
            }
        }
        if more.is_empty() {
            return reached;
        }
        reached.append(&mut more);
    }
}

/// The zone that delegates `zone`: the deepest one above it.
fn parent_of<'a>(world: &'a World, zone: &Name) -> Option<&'a Name> {
    zone.ancestors().skip(1).find_map(|name| world.zone(&name).map(|parent| &parent.apex))
}

fn has_server(
    world: &World,
    reached: &BTreeSet<Name>,
    child: &Name,
    parent: &Name,
    answers_for: &impl Fn(&Server, &Name) -> bool,
) -> bool {
    let Some(above) = world.zone(parent) else { return false };
    let names = above.set(child, RrType::NS).iter().filter_map(|record| proto::rdata::target(&record.rdata));
    names.into_iter().any(|name| {
        // Glue, if the parent zone has some; otherwise the address is a question of its own, to a zone that must be
        // reachable already, so it is never the one that we are looking for.
        let holder = match parent_of(world, &name.prepend(b"x").unwrap_or_else(|_| name.clone())) {
            Some(zone) => reached.contains(zone).then(|| world.zone(zone)).flatten(),
            _ => None,
        };
        [Some(above), holder].into_iter().flatten().any(|zone| {
            [RrType::A, RrType::AAAA].into_iter().flat_map(|rtype| zone.set(&name, rtype)).any(|record| {
                let address = proto::rdata::address(record.rtype, &record.rdata);
                let server = address.and_then(|address| world.server_at(address));
                server.is_some_and(|server| answers_for(server, child))
            })
        })
    })
}
