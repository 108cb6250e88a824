//! What a validator must find, from the definitions (RFC 4035 §5, RFC 5155 §12.2, RFC 9276 §3.2).

use proto::{Name, RrType};

use super::{Step, TruthSecurity};
use crate::sign::{DenialKind, Nsec3};
use crate::{World, Zone};

/// More iterations prove nothing.
const MAX_ITERATIONS: u16 = 50;

/// How what `zone` says of `name` stands.
pub(super) fn of(world: &World, zone: &Zone, name: &Name, rtype: RrType, step: &Step) -> TruthSecurity {
    let chain = of_zone(world, zone);
    let Some(DenialKind::Nsec3(how)) = zone.signing().map(|how| &how.denial) else { return chain };
    let from_wildcard = !zone.exists(name);
    match step {
        // What needs no proof beside its signature.
        Step::Data(_) if !from_wildcard => chain,
        Step::Alias(sets, _) if !from_wildcard || sets.iter().any(|set| set.rtype == RrType::DNAME) => chain,
        Step::TooLong(_) | Step::Cut(_) => chain,
        _ => chain.min(of_proof(zone, how, name, rtype)),
    }
}

fn of_proof(zone: &Zone, how: &Nsec3, name: &Name, rtype: RrType) -> TruthSecurity {
    if how.iterations > MAX_ITERATIONS {
        return TruthSecurity::Insecure;
    }
    match zone.node(name) {
        _ if !how.opt_out => TruthSecurity::Secure,
        // An unsigned delegation may lie in a span.
        Some(node) if rtype == RrType::DS && *name != zone.apex && node.contains_key(&RrType::NS) => {
            TruthSecurity::Insecure
        }
        Some(_) => TruthSecurity::Secure,
        None if zone.exists(name) => TruthSecurity::Either,
        None => TruthSecurity::Insecure,
    }
}

/// Whether DS records lead to the zone from the root, or from an anchor below it.
fn of_zone(world: &World, zone: &Zone) -> TruthSecurity {
    if zone.flaw().is_some() {
        return TruthSecurity::Unknown;
    }
    let Some(how) = zone.signing() else { return unless_flawed_above(world, zone) };
    // Who denies with more iterations than anybody counts can be made to seem to deny DS sets, at any of its names.
    let own = match &how.denial {
        DenialKind::Nsec3(how) if how.iterations > MAX_ITERATIONS => TruthSecurity::Either,
        _ => TruthSecurity::Secure,
    };
    let parent = parent_of(world, zone).filter(|_| !zone.is_anchored());
    let Some(parent) = parent else { return own };
    let above = of_zone(world, parent).min(own);
    if parent.set(&zone.apex, RrType::DS).is_empty() { above.min(TruthSecurity::Insecure) } else { above }
}

fn unless_flawed_above(world: &World, zone: &Zone) -> TruthSecurity {
    let above = parent_of(world, zone).map_or(TruthSecurity::Insecure, |parent| of_zone(world, parent));
    above.min(TruthSecurity::Insecure)
}

fn parent_of<'w>(world: &'w World, zone: &Zone) -> Option<&'w Zone> {
    zone.apex.ancestors().skip(1).find_map(|name| world.zone(&name))
}
