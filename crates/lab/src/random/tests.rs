use super::*;
use std::collections::BTreeSet;

#[test]
fn same_seed_same_world() {
    let text = |seed| {
        let world = World::random(seed, RandomFaults::default());
        let records: Vec<String> = world.zones().flat_map(|zone| zone.records().map(ToString::to_string)).collect();
        (records, format!("{:?}", world.servers()))
    };
    assert_eq!(text(7), text(7));
    assert_ne!(text(7), text(8));
}

#[test]
fn every_zone_keeps_a_good_server_if_asked() {
    for seed in 0..150 {
        let world = World::random(seed, RandomFaults { broken: 0.8, ..RandomFaults::default() });
        let reached = &world.reach().surely;
        let missing: Vec<_> =
            world.zones().filter(|zone| !reached.contains(&zone.apex)).map(|zone| &zone.apex).collect();
        assert!(missing.is_empty(), "seed {seed}: {missing:?}");
    }
}

#[test]
fn without_the_promise_some_zones_are_lost() {
    let faults = RandomFaults { broken: 0.8, good: GoodServers::Perhaps, ..RandomFaults::default() };
    let lost = |seed| {
        let world = World::random(seed, faults);
        world.zones().filter(|zone| !world.reach().maybe.contains(&zone.apex)).count()
    };
    assert!((0..20).map(lost).sum::<usize>() > 20);
}

#[test]
fn random_worlds_have_every_kind_of_thing() {
    let mut kinds = BTreeSet::new();
    for seed in 0..60 {
        let world = World::random(seed, RandomFaults::default());
        for zone in world.zones() {
            kinds.extend(zone.records().map(|record| record.rtype.to_string()));
            kinds.extend(zone.records().filter(|record| record.name.is_wildcard()).map(|_| "wildcard".to_owned()));
        }
        for server in world.servers() {
            let behaviour = format!("{:?}", server.behaviour);
            let words = behaviour.split(|c: char| !c.is_alphabetic());
            kinds.extend(words.filter(|word| !word.is_empty()).map(str::to_owned));
        }
    }
    for kind in
        ["CNAME", "DNAME", "TXT", "MX", "AAAA", "wildcard", "Dead", "Upward", "Sideways", "WrongZone", "Truncates"]
    {
        assert!(kinds.contains(kind), "{kind}");
    }
    for kind in ["FormErr", "Silent", "Lowers", "Demands", "Lie", "Case", "Port", "NxDomain"] {
        assert!(kinds.contains(kind), "{kind}");
    }
}

#[test]
fn signed_worlds_have_every_kind_of_signing_and_of_lie() {
    let mut kinds = BTreeSet::new();
    for seed in 0..150 {
        let world = World::random_signed(seed, RandomLie::One);
        assert!(!world.anchors().is_empty());
        kinds.extend(world.tampering().map(|tampering| format!("{:?}", tampering.kind)));
        for how in world.zones().map(|zone| format!("{:?}", zone.signing())) {
            kinds.extend(how.split(|c: char| !c.is_alphanumeric()).map(str::to_owned));
        }
    }
    let signing = [
        "None",
        "EcdsaP256",
        "Ed25519",
        "RsaSha256",
        "Split",
        "Combined",
        "Nsec",
        "Nsec3",
        "true",
        "Absent",
        "Anchored",
    ];
    let lies = crate::TamperingKind::ALL.map(|kind| format!("{kind:?}"));
    for kind in signing.map(str::to_owned).iter().chain(&lies) {
        assert!(kinds.contains(kind), "{kind}");
    }
}

#[test]
fn the_same_seed_has_the_same_keys_with_and_without_a_lie() {
    let keys = |lie| {
        let world = World::random_signed(11, lie);
        world.zones().flat_map(|zone| zone.records().map(ToString::to_string).collect::<Vec<_>>()).collect::<Vec<_>>()
    };
    assert_eq!(keys(RandomLie::None), keys(RandomLie::One));
}
