//! The oracle: the right answer to a question, from zone data alone.
//!
//! It is written from the definitions (RFC 1034 §3.6.2, RFC 4592 §2, RFC 6672 §2) and shares no code with the servers'
//! look-up, so that each checks the other.

use proto::{Name, Question, Rcode, Record, RrType, Rrset};

mod security;

use crate::behaviour::NonTerminalHabit;
use crate::{World, Zone};

/// Longest alias chain that anybody may follow.
const MAX_ALIASES: usize = 16;

/// Longest alias chain that everybody must follow.
const CERTAIN_ALIASES: usize = 11;

/// The right answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Truth {
    /// Response code; SERVFAIL if there is no answer to be had.
    pub rcode: Rcode,
    /// Alias chain and data, in order, with the TTLs of the zone files.
    pub answer: Vec<Rrset>,
    /// SOA of the zone that says no, with its negative TTL.
    pub soa: Option<Rrset>,
    /// What the answer is.
    pub kind: TruthKind,
    /// Whether a chain of signatures leads to all of it.
    pub security: TruthSecurity,
    /// True if every zone on the way has a good server and the aliases are at most eleven, so that a failure needs
    /// another excuse (loss, a deadline).
    pub certain: bool,
}

/// What an answer is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TruthKind {
    /// Data of the type.
    Answer,
    /// The name exists, the type does not.
    NoData,
    /// The name does not exist.
    NxDomain,
    /// No resolver can tell.
    Unanswerable(Why),
}

/// Whether a chain of signatures leads to data or denial, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TruthSecurity {
    /// Its zone is signed wrongly: anything may come of it.
    Unknown,
    /// No chain leads there, or only one that proves nothing (opt-out, too many NSEC3 iterations).
    Insecure,
    /// A chain may or may not lead there: an empty non-terminal in an opt-out zone, or what is below a zone whose denials
    /// prove nothing.
    Either,
    /// A chain leads there.
    Secure,
}

/// Why a question has no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// The aliases go round.
    AliasLoop,
    /// There are more than sixteen aliases.
    TooManyAliases,
    /// A DNAME makes the name longer than 255 octets (RFC 6672 §2.2); the response code is YXDOMAIN.
    NameTooLong,
    /// No server of this zone works, or none can be found.
    NoServer(Name),
}

/// What one zone says about one name.
enum Step {
    Cut(Name),
    Alias(Vec<Rrset>, Name),
    TooLong(Rrset),
    Data(Vec<Rrset>),
    NoData,
    NxDomain,
}

pub(crate) fn tell(world: &World, question: &Question) -> Truth {
    let mut truth = Truth {
        rcode: Rcode::NOERROR,
        answer: vec![],
        soa: None,
        kind: TruthKind::Answer,
        security: TruthSecurity::Secure,
        certain: true,
    };
    let mut name = question.name.clone();
    let mut seen = Vec::new();
    loop {
        if seen.contains(&name) {
            return truth.fail(Why::AliasLoop);
        }
        if seen.len() > MAX_ALIASES {
            return truth.fail(Why::TooManyAliases);
        }
        truth.certain &= seen.len() <= CERTAIN_ALIASES;
        seen.push(name.clone());
        let (zone, step) = match authority(world, &name, question.rtype, &mut truth) {
            Ok(found) => found,
            Err(zone) => return truth.fail(Why::NoServer(zone)),
        };
        truth.security = truth.security.min(security::of(world, zone, &name, question.rtype, &step));
        match step {
            Step::Alias(sets, target) => {
                truth.answer.extend(sets);
                name = target;
            }
            Step::TooLong(set) => {
                truth.answer.push(set);
                return Truth { rcode: Rcode::YXDOMAIN, ..truth.fail(Why::NameTooLong) };
            }
            Step::Data(sets) => {
                truth.answer.extend(sets);
                return truth;
            }
            Step::NoData => return truth.deny(zone, Rcode::NOERROR, TruthKind::NoData),
            Step::NxDomain => return truth.deny(zone, Rcode::NXDOMAIN, TruthKind::NxDomain),
            Step::Cut(_) => unreachable!("authority() goes on at a cut"),
        }
    }
}

impl Truth {
    fn fail(self, why: Why) -> Self {
        Self { rcode: Rcode::SERVFAIL, kind: TruthKind::Unanswerable(why), ..self }
    }

    fn deny(self, zone: &Zone, rcode: Rcode, kind: TruthKind) -> Self {
        let soa = Rrset::group([&zone.negative_soa()]).pop();
        Self { rcode, kind, soa, ..self }
    }

    /// True if there is nothing that a resolver could answer but failure.
    pub fn is_unanswerable(&self) -> bool {
        matches!(self.kind, TruthKind::Unanswerable(_))
    }
}

/// Goes down from the root to the zone that has the last word on `name`.
fn authority<'a>(world: &'a World, name: &Name, rtype: RrType, truth: &mut Truth) -> Result<(&'a Zone, Step), Name> {
    let mut apex = Name::root();
    loop {
        if !world.reach().maybe.contains(&apex) {
            return Err(apex);
        }
        truth.certain &= world.reach().surely.contains(&apex);
        let zone = world.zone(&apex).ok_or_else(|| apex.clone())?;
        match ask(zone, name, rtype) {
            Step::Cut(below) => apex = below,
            Step::NoData if denies_nonterminals(world, zone, name) => return Ok((zone, Step::NxDomain)),
            step => return Ok((zone, step)),
        }
    }
}

/// True if `name` is an empty non-terminal of a zone whose servers deny those.
pub(crate) fn denies_nonterminals(world: &World, zone: &Zone, name: &Name) -> bool {
    let mut serving = world.servers_of(&zone.apex);
    zone.node(name).is_none()
        && zone.nodes().any(|(owner, _)| owner.is_below(name))
        && serving.any(|server| server.behaviour.nonterminals == NonTerminalHabit::NxDomain)
}

fn ask(zone: &Zone, name: &Name, rtype: RrType) -> Step {
    let sets_at = |owner: &Name| -> Vec<Rrset> {
        let records: Vec<Record> =
            zone.node(owner).into_iter().flat_map(|node| node.values()).flatten().cloned().collect();
        Rrset::group(&records)
    };
    // Cuts and DNAMEs above the name come first, the one nearest to the apex before the others.
    let mut above: Vec<Name> = name.ancestors().filter(|ancestor| ancestor.is_at_or_below(&zone.apex)).collect();
    above.reverse();
    for ancestor in &above {
        let Some(node) = zone.node(ancestor) else { continue };
        let at_parent = ancestor == name && rtype == RrType::DS;
        if *ancestor != zone.apex && !at_parent && node.contains_key(&RrType::NS) {
            return Step::Cut(ancestor.clone());
        }
        let dname = node.get(&RrType::DNAME).and_then(|records| Rrset::group(records).pop());
        if let Some(set) = dname.filter(|_| ancestor != name) {
            return rename(name, set);
        }
    }
    if let Some(record) = zone.numbered_address(name) {
        let sets = Rrset::group([&record]);
        return if rtype == RrType::A { Step::Data(sets) } else { Step::NoData };
    }
    // RFC 4592 §2.2: a name exists if it or anything below it owns a record.
    let exists = |name: &Name| zone.node(name).is_some() || zone.nodes().any(|(owner, _)| owner.is_below(name));
    let source = if exists(name) {
        name.clone()
    } else {
        let encloser = above.iter().rev().find(|ancestor| exists(ancestor)).unwrap_or(&zone.apex);
        match encloser.prepend(b"*") {
            Ok(wildcard) if exists(&wildcard) => wildcard,
            _ => return Step::NxDomain,
        }
    };
    let mut sets = sets_at(&source);
    for set in &mut sets {
        set.name = name.clone();
    }
    choose(sets, rtype)
}

fn choose(sets: Vec<Rrset>, rtype: RrType) -> Step {
    if rtype == RrType::ANY && !sets.is_empty() {
        return Step::Data(sets);
    }
    // RFC 4035 §2.5: NSEC is the one type beside a CNAME that can be asked for.
    let alias = sets.iter().find(|set| set.rtype == RrType::CNAME && ![RrType::CNAME, RrType::NSEC].contains(&rtype));
    if let Some((set, target)) = alias.and_then(|set| Some((set, set.targets().next()?))) {
        return Step::Alias(vec![set.clone()], target);
    }
    match sets.into_iter().find(|set| set.rtype == rtype) {
        Some(set) => Step::Data(vec![set]),
        None => Step::NoData,
    }
}

fn rename(name: &Name, dname: Rrset) -> Step {
    let target = dname.targets().next().and_then(|to| name.replace_suffix(&dname.name, &to));
    match target {
        Some(Ok(target)) => {
            let cname = Rrset::new(name.clone(), RrType::CNAME, dname.ttl, [target.wire()]);
            Step::Alias(vec![dname, cname], target)
        }
        _ => Step::TooLong(dname),
    }
}
