//! Records that an attacker has: all that the zone and the zone below it have ever signed, under other names and changed.

use dnssec::verify::verify;
use dnssec::{Effort, Policy};
use proto::{Name, RrType, Rrset, WallTime};

use crate::chain::Method;
use crate::draw::Draw;
use crate::signer::{NOW, keys, name, signed};
use crate::zone::{Zone, random_name};
use crate::{TYPES, World, interesting};

/// What a validator keeps of them: signed by the zone, and as they stand in it (RFC 4035 §5.4).
fn checked(sets: &[Rrset], zone: &str) -> Vec<Rrset> {
    let (keys, now) = (keys(zone, &[1]), WallTime::from_secs(u64::from(NOW)));
    let stands = |set: &&Rrset| {
        let valid = verify(set, &keys, now, Policy::default(), &Effort::new());
        valid.is_ok_and(|valid| valid.closest_encloser.is_none())
    };
    sets.iter().filter(stands).cloned().collect()
}

/// The record moved to another name, as if made from a wildcard.
fn moved(draw: &mut Draw, set: &Rrset) -> Rrset {
    let above = set.name.parent().unwrap();
    let name = random_name(draw, &above, 3);
    let name = if name == above { set.name.clone() } else { name };
    Rrset { name, ..set.clone() }
}

/// The record with an octet changed, its signature kept.
fn changed(draw: &mut Draw, set: &Rrset) -> Rrset {
    let mut rdata = set.rdatas.iter().next().unwrap().to_vec();
    let place = draw.below(rdata.len());
    rdata[place] ^= 1 << draw.below(8);
    let forged = Rrset::new(set.name.clone(), set.rtype, set.ttl, [rdata.as_slice()]);
    Rrset { signatures: set.signatures.clone(), ..forged }
}

/// A zone and the zone below it, which has the same key.
fn worlds(draw: &mut Draw, seed: u64) -> (World, World) {
    let (apex, cut) = (name("example."), name("sub.example."));
    let mut parent = Zone::random(draw, &apex);
    if !parent.has(&apex, RrType::DNAME) {
        let types: &[RrType] = if draw.once_in(2) { &[RrType::NS, RrType::DS] } else { &[RrType::NS] };
        parent.delegate(&cut, types);
    }
    let child = Zone::random(draw, &cut);
    let methods = (Method::random(draw), Method::random(draw));
    (World::with(parent, methods.0, seed), World::with(child, methods.1, seed))
}

#[test]
fn records_of_others_forged_or_moved_prove_nothing() {
    let mut kept = 0;
    for seed in 0..150 {
        let mut draw = Draw::new(seed);
        let (parent, child) = worlds(&mut draw, seed);
        let mut records: Vec<Rrset> = vec![];
        for (world, zone) in [(&parent, "example."), (&child, "sub.example.")] {
            for link in &world.chain.links {
                let honest = signed(&link.set, zone, 1);
                records.extend([changed(&mut draw, &honest), honest.clone()]);
                if honest.name.parent().is_some() {
                    records.push(moved(&mut draw, &honest));
                }
            }
        }
        for (world, zone) in [(&parent, "example."), (&child, "sub.example.")] {
            let records = checked(&records, zone);
            let honest = |set: &Rrset| world.chain.links.iter().any(|link| link.set.rdatas == set.rdatas);
            assert!(records.iter().all(honest), "{world}: {records:?}");
            kept += records.len();
            for _ in 0..30 {
                let bits = draw.next();
                let chosen = records.iter().enumerate().filter(|(place, _)| bits >> (place % 64) & 1 == 1);
                let chosen: Vec<Rrset> = chosen.map(|(_, set)| set.clone()).collect();
                let near = if draw.once_in(2) { &parent.zone } else { &child.zone };
                let asked: Name = interesting(&mut draw, near);
                if asked.is_at_or_below(&world.zone.apex) {
                    world.check(&asked, *draw.one_of(TYPES), &chosen, false);
                }
            }
        }
    }
    assert!(kept > 1_000, "{kept}");
}
