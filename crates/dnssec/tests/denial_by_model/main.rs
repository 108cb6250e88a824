//! Denials against a model: random zones whose truth is known by brute force, their true chains of NSEC and NSEC3
//! records, and questions. What a server should send proves what is true; no choice of records proves what is not.
#![expect(clippy::unwrap_used, reason = "a model that cannot be made fails the test")]

mod chain;
mod draw;
mod foreign;
#[path = "../verify_rules/signer.rs"]
mod signer;
mod zone;

use dnssec::Effort;
use dnssec::denial::{NoDs, Proofs, Proven};
use proto::{Name, RrType, Rrset};

use crate::chain::{Chain, Method};
use crate::draw::Draw;
use crate::zone::{Place, Zone, random_name};

const TYPES: &[RrType] = &[RrType::A, RrType::MX, RrType::TXT, RrType::DS, RrType::NS, RrType::CNAME, RrType::ANY];

/// A zone, its chain, and what opt-out hides.
struct World {
    zone: Zone,
    visible: Zone,
    chain: Chain,
    method: Method,
    seed: u64,
}

impl World {
    fn new(seed: u64) -> (Self, Draw) {
        let mut draw = Draw::new(seed);
        let apex: Name = draw.one_of(&[".", "example.", "sub.example."]).parse().unwrap();
        let zone = Zone::random(&mut draw, &apex);
        let method = Method::random(&mut draw);
        (Self::with(zone, method, seed), draw)
    }

    fn with(zone: Zone, method: Method, seed: u64) -> Self {
        let opt_out = matches!(method, Method::Nsec3 { opt_out: true, .. });
        let visible = if opt_out { zone.visible() } else { zone.clone() };
        let chain = Chain::of(&zone, &method);
        Self { zone, visible, chain, method, seed }
    }

    fn uses_nsec(&self) -> bool {
        self.method == Method::Nsec
    }

    /// Whether an unsigned delegation may hide the name: an opt-out record spans what is next below its encloser.
    fn may_be_hidden(&self, name: &Name) -> bool {
        if self.visible.place(name) != Place::Nothing {
            return false;
        }
        let next_closer = name.suffix(self.visible.closest_encloser(name).label_count() + 1);
        self.chain.over(&next_closer).is_some_and(|link| link.opt_out)
    }

    fn expected(&self, name: &Name, visibly_true: bool) -> Option<Proven> {
        let hidden = self.may_be_hidden(name);
        visibly_true.then_some(if hidden { Proven::Insecure(None) } else { Proven::Secure })
    }

    /// A proof may fail; if it holds, what it says is true, and Insecure where the chain does not tell.
    fn check_sound(&self, what: &str, name: &Name, found: Option<&Proven>, truly: bool, records: &[Rrset]) {
        let fine = match found {
            None => true,
            Some(Proven::Secure) => truly,
            Some(Proven::Insecure(_)) => self.may_be_hidden(name),
        };
        assert!(fine, "{self}: {what} of {name} is {found:?}, the truth is {truly}: {records:?}");
    }

    fn check_question(&self, name: &Name, rtype: RrType, records: &[Rrset], complete: bool) {
        let proofs = Proofs::new(&self.zone.apex, records);
        let no_data = proofs.no_data(name, rtype, &Effort::new()).ok();
        self.check_sound(&format!("no {rtype}"), name, no_data.as_ref(), self.zone.no_data(name, rtype), records);
        let no_name = proofs.no_name(name, rtype, &Effort::new()).ok();
        self.check_sound("no name", name, no_name.as_ref(), self.zone.no_name(name), records);
        if complete {
            // In an opt-out span nothing can be told, unless a wildcard has the type.
            let untold = self.may_be_hidden(name) && self.visible.no_name(name);
            let expected = self.expected(name, untold || self.visible.no_data(name, rtype));
            assert_eq!(no_data, expected, "{self}: no {rtype} at {name}: {records:?}");
            let expected = self.expected(name, self.visible.no_name(name));
            assert_eq!(no_name, expected, "{self}: no {name}: {records:?}");
        }
    }

    fn check_expansion(&self, name: &Name, records: &[Rrset], complete: bool) {
        let proofs = Proofs::new(&self.zone.apex, records);
        for encloser in name.ancestors().skip(1).take_while(|above| above.is_at_or_below(&self.zone.apex)) {
            // A signature has shown that the wildcard is there.
            if !self.zone.nodes.contains_key(&encloser.prepend(b"*").unwrap()) {
                continue;
            }
            let found = proofs.no_closer_match(name, &encloser, RrType::A, &Effort::new()).ok();
            self.check_sound("expansion", name, found.as_ref(), self.zone.expands(name, &encloser), records);
            if complete {
                let expected = self.expected(name, self.visible.expands(name, &encloser));
                assert_eq!(found, expected, "{self}: {name} from *.{encloser}: {records:?}");
            }
        }
    }

    fn check_cut(&self, name: &Name, records: &[Rrset], complete: bool) {
        let found = Proofs::new(&self.zone.apex, records).no_ds(name, &Effort::new()).ok();
        let place = self.zone.place(name);
        let (delegation, signed) = (self.zone.is_delegation(name), self.zone.has(name, RrType::DS));
        let fine = match &found {
            None => true,
            Some(NoDs::Unsigned) => place == Place::Node && delegation && !signed,
            Some(NoDs::NoCut) => place != Place::Elsewhere && !delegation,
            Some(NoDs::OptOut) => self.may_be_hidden(name) && !signed,
            Some(NoDs::TooManyIterations(_)) => false,
        };
        assert!(fine, "{self}: the cut at {name} is {found:?}: {records:?}");
        if complete {
            let apex = *name == self.zone.apex;
            let expected = match self.visible.place(name) {
                Place::Elsewhere => None,
                Place::Node if apex && !name.is_root() => None,
                Place::Node if self.visible.is_delegation(name) => (!signed).then_some(NoDs::Unsigned),
                Place::Node | Place::Empty => Some(NoDs::NoCut),
                Place::Nothing if self.may_be_hidden(name) => Some(NoDs::OptOut),
                Place::Nothing => Some(NoDs::NoCut),
            };
            assert_eq!(found, expected, "{self}: the cut at {name}: {records:?}");
        }
    }

    fn check(&self, name: &Name, rtype: RrType, records: &[Rrset], complete: bool) {
        self.check_question(name, rtype, records, complete);
        self.check_expansion(name, records, complete);
        self.check_cut(name, records, complete);
    }
}

impl std::fmt::Display for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "seed {}: {} {:?} {:?}", self.seed, self.zone.apex, self.method, self.zone.nodes)
    }
}

/// A name near those of the zone: one of them, above, below or beside one, or any.
fn interesting(draw: &mut Draw, zone: &Zone) -> Name {
    let nodes: Vec<&Name> = zone.nodes.keys().collect();
    let node = *draw.one_of(&nodes);
    match draw.below(4) {
        0 => node.clone(),
        1 => node.suffix(draw.below(node.label_count() + 1).max(zone.apex.label_count())),
        2 => random_name(draw, node, 2),
        _ => random_name(draw, &zone.apex, 5),
    }
}

#[test]
fn what_a_server_should_send_proves_what_is_true_and_nothing_else() {
    for seed in 0..2_000 {
        let (world, mut draw) = World::new(seed);
        for _ in 0..12 {
            let name = interesting(&mut draw, &world.zone);
            let records = world.chain.proof(&world.visible, &name);
            assert!(records.len() <= dnssec::denial::MAX_RECORDS, "{world}");
            world.check(&name, *draw.one_of(TYPES), &records, true);
        }
    }
}

#[test]
fn no_choice_of_records_proves_what_is_not_true() {
    for seed in 0..700 {
        let (world, mut draw) = World::new(seed);
        let all: Vec<Rrset> = world.chain.links.iter().map(|link| link.set.clone()).collect();
        let questions: Vec<(Name, RrType)> =
            (0..4).map(|_| (interesting(&mut draw, &world.zone), *draw.one_of(TYPES))).collect();
        let choices = if all.len() <= 6 { 1 << all.len() } else { 64 };
        for choice in 0..choices {
            let bits = if all.len() <= 6 { choice } else { draw.next() };
            let chosen = all.iter().enumerate().filter(|(place, _)| bits >> place & 1 == 1);
            let chosen: Vec<Rrset> = chosen.map(|(_, set)| set.clone()).collect();
            for (name, rtype) in &questions {
                world.check(name, *rtype, &chosen, false);
            }
        }
    }
}

/// The model has to meet every kind of answer, or it checks less than it seems to.
#[test]
fn the_model_meets_every_kind_of_denial() {
    let mut seen = std::collections::BTreeMap::<String, usize>::new();
    for seed in 0..400 {
        let (world, mut draw) = World::new(seed);
        for _ in 0..12 {
            let name = interesting(&mut draw, &world.zone);
            let hidden = world.may_be_hidden(&name);
            let kind = format!("{:?} nsec {} hidden {hidden}", world.zone.place(&name), world.uses_nsec());
            *seen.entry(kind).or_default() += 1;
            let wildcard = world.zone.place(&name) == Place::Nothing && world.zone.no_data(&name, RrType::TXT);
            *seen.entry(format!("no data of a wildcard {wildcard}")).or_default() += 1;
        }
    }
    for place in ["Node", "Empty", "Nothing", "Elsewhere"] {
        for rest in ["nsec true hidden false", "nsec false hidden false"] {
            assert!(seen.get(&format!("{place} {rest}")).copied() > Some(20), "{seen:?}");
        }
    }
    for kind in ["Node nsec false hidden true", "Elsewhere nsec false hidden true", "no data of a wildcard true"] {
        assert!(seen.get(kind).copied() > Some(5), "{kind}: {seen:?}");
    }
}
