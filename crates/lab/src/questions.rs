//! Everything in a world that is worth asking.

use std::collections::BTreeSet;

use proto::{Name, Question, RrType};

use crate::truth::denies_nonterminals;
use crate::{World, Zone};

/// A type that no zone of the lab has.
const ABSENT_TYPE: RrType = RrType::HINFO;

pub(crate) fn all(world: &World) -> Vec<Question> {
    let mut questions = BTreeSet::new();
    for zone in world.zones() {
        let mut ask = |name: Name, rtype: RrType| {
            // Whoever learns that a name does not exist may conclude that nothing below it does (RFC 8020): a zone
            // that wrongly denies its non-terminals is asked about the names below them only.
            if !denies_nonterminals(world, zone, &name) && !is_flawed(world, &name, rtype) {
                questions.insert(Question::new(name, rtype));
            }
        };
        of_zone(zone, &mut ask);
    }
    questions.into_iter().collect()
}

/// Whether the zone of the name, or one above, is signed wrongly: what a resolver makes of it depends on whether it looks.
/// The museum has questions of its own.
fn is_flawed(world: &World, name: &Name, rtype: RrType) -> bool {
    let zones: Vec<&Zone> =
        name.ancestors().skip(usize::from(rtype.is_at_parent())).filter_map(|apex| world.zone(&apex)).collect();
    zones.iter().any(|zone| zone.flaw().is_some())
}

fn of_zone(zone: &Zone, ask: &mut impl FnMut(Name, RrType)) {
    for (owner, node) in zone.nodes() {
        let mut types: BTreeSet<RrType> = node.keys().copied().collect();
        types.extend([RrType::A, RrType::AAAA, ABSENT_TYPE]);
        if node.contains_key(&RrType::NS) {
            types.insert(RrType::DS);
        }
        for rtype in &types {
            ask(owner.clone(), *rtype);
            if let (true, Some(above)) = (owner.is_wildcard(), owner.parent()) {
                // One label and two labels in the place of the star (RFC 4592 §2.1.3).
                let below = |labels: &[&[u8]]| labels.iter().try_fold(above.clone(), |name, label| name.prepend(label));
                for name in [below(&[b"any"]), below(&[b"deep", b"any"])].into_iter().flatten() {
                    ask(name, *rtype);
                }
            }
        }
        for ancestor in owner.ancestors().skip(1).take_while(|ancestor| ancestor.is_below(&zone.apex)) {
            ask(ancestor.clone(), RrType::A);
            ask(ancestor, RrType::TXT);
        }
        if node.contains_key(&RrType::DNAME) {
            of_dname(zone, owner, ask);
        }
        if let Ok(missing) = owner.prepend(b"no-such-name") {
            ask(missing, RrType::A);
        }
    }
    if zone.is_numbered() {
        for label in [&b"n0"[..], b"n7", b"n99999"] {
            zone.apex.prepend(label).into_iter().for_each(|name| ask(name, RrType::A));
        }
    }
}

/// Names below a DNAME: some that its target has, one that it has not.
fn of_dname(zone: &Zone, owner: &Name, ask: &mut impl FnMut(Name, RrType)) {
    let target = zone.set(owner, RrType::DNAME).first().and_then(|record| proto::rdata::target(&record.rdata));
    let Some(target) = target else { return };
    let renamed = zone.nodes().filter_map(|(name, _)| name.replace_suffix(&target, owner)?.ok());
    for name in renamed.take(8) {
        ask(name, RrType::A);
    }
    owner.prepend(b"www").into_iter().for_each(|name| ask(name, RrType::A));
}
