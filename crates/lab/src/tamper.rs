//! Somebody between server and resolver who can change what he likes, but has no key: lies about signed zones.

use proto::{Message, Name, Question, Rcode, Record, RrType, WallTime};

use crate::reply::FORGED_ADDRESS;
use crate::sign::Evidence;
use crate::{World, Zone};

/// What is changed in the replies about one zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tampering {
    /// The zone.
    pub zone: Name,
    /// What is done to its data.
    pub kind: TamperingKind,
}

/// A lie about a signed zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TamperingKind {
    /// Signatures are taken away.
    DropSignatures,
    /// Addresses are changed, signatures stay.
    ChangeData,
    /// Addresses are changed and signed by another key, which takes the place of the zone's.
    SwapKey,
    /// The same, with another key beside the zone's.
    AddKey,
    /// What exists is denied by records that deny something else.
    MoveDenial,
    /// What exists is denied by records that were changed so that they deny it.
    ForgeDenial,
    /// Names that exist get the data of a wildcard above them.
    ReplayWildcard,
    /// DS sets are taken out of referrals and denied without proof.
    StripDs,
    /// DS sets are denied by the records of the child's own apex.
    DenyDsByChild,
    /// Beside each signature stands another one, which says that the data comes from a wildcard.
    AddSignature,
}

impl TamperingKind {
    pub(crate) const ALL: [Self; 10] = [
        Self::DropSignatures,
        Self::ChangeData,
        Self::SwapKey,
        Self::AddKey,
        Self::MoveDenial,
        Self::ForgeDenial,
        Self::ReplayWildcard,
        Self::StripDs,
        Self::DenyDsByChild,
        Self::AddSignature,
    ];
}

/// Changes a reply of `zone`.
pub(crate) fn tamper(
    world: &World,
    zone: &Zone,
    kind: TamperingKind,
    question: &Question,
    now: WallTime,
    reply: &mut Message,
) {
    let Some(evidence) = zone.evidence(now) else { return };
    match kind {
        TamperingKind::DropSignatures => {
            reply.answer.retain(|record| record.rtype != RrType::RRSIG);
            reply.authority.retain(|record| record.rtype != RrType::RRSIG);
        }
        TamperingKind::ChangeData => change_addresses(&mut reply.answer),
        TamperingKind::SwapKey => sign_anew(&evidence, reply, &[]),
        TamperingKind::AddKey => sign_anew(&evidence, reply, zone.set(&zone.apex, RrType::DNSKEY)),
        TamperingKind::MoveDenial => deny(zone, &evidence, question, reply, |_, records| records),
        TamperingKind::ForgeDenial => deny(zone, &evidence, question, reply, cover_everything),
        TamperingKind::AddSignature => add_signatures(&mut reply.answer),
        TamperingKind::ReplayWildcard => replay(zone, &evidence, question, reply),
        TamperingKind::StripDs => strip_ds(zone, question, reply, &[]),
        TamperingKind::DenyDsByChild => {
            let cut = reply.authority.iter().find(|record| record.rtype == RrType::DS).map(|record| &record.name);
            let child = world.zone(cut.unwrap_or(&question.name));
            let denial = child.filter(|child| child.apex != zone.apex).and_then(|child| child.evidence(now));
            let records = denial.map(|denial| denial.no_data(&denial.zone().apex)).unwrap_or_default();
            strip_ds(zone, question, reply, &records);
        }
    }
}

fn change_addresses(records: &mut [Record]) {
    for record in records.iter_mut().filter(|record| record.rtype == RrType::A) {
        record.rdata = FORGED_ADDRESS.octets().into();
    }
}

/// The label count is the fourth octet of a signature's data (RFC 4034 §3.1).
fn add_signatures(records: &mut Vec<Record>) {
    let lied = |record: &Record| {
        let mut octets = record.rdata.to_vec();
        octets[3] = octets[3].saturating_sub(1);
        *octets.last_mut().expect("a signature has octets") ^= 1;
        Record { rdata: octets.into(), ..record.clone() }
    };
    let lies: Vec<Record> = records.iter().filter(|record| record.rtype == RrType::RRSIG).map(lied).collect();
    records.splice(0..0, lies);
}

/// Signs with a key that nobody vouches for, beside which these others are published.
fn sign_anew(evidence: &Evidence<'_>, reply: &mut Message, others: &[Record]) {
    let (key, sign) = evidence.impostor();
    change_addresses(&mut reply.answer);
    let mut sets: Vec<Vec<Record>> = Vec::new();
    for record in std::mem::take(&mut reply.answer) {
        match sets.last_mut().filter(|set| set[0].name == record.name && set[0].rtype == record.rtype) {
            Some(set) => set.push(record),
            None => sets.push(vec![record]),
        }
    }
    for set in sets.iter_mut().filter(|set| set[0].rtype != RrType::RRSIG) {
        if set[0].rtype == RrType::DNSKEY {
            let ours = Record { rdata: key.clone().into(), ..set[0].clone() };
            *set = [&[ours], others].concat();
        }
        let signature = Record::new(set[0].name.clone(), RrType::RRSIG, set[0].ttl, sign(set));
        reply.answer.append(set);
        reply.answer.push(signature);
    }
}

/// Denies what the reply says that there is, with records that deny another name.
fn deny(
    zone: &Zone,
    evidence: &Evidence<'_>,
    question: &Question,
    reply: &mut Message,
    change: impl Fn(&Zone, Vec<Record>) -> Vec<Record>,
) {
    let Ok(missing) = zone.apex.prepend(b"zz-not-there") else { return };
    if reply.answer.is_empty() || question.rtype == RrType::DNSKEY {
        let records = change(zone, evidence.no_name(&missing));
        return strip_ds(zone, question, reply, &records);
    }
    let whole_name = question.rtype != RrType::DS && question.name != zone.apex;
    reply.answer.clear();
    reply.authority = vec![zone.negative_soa()];
    reply.authority.extend(evidence.of_soa());
    let records = if whole_name { evidence.no_name(&missing) } else { evidence.no_data(&missing) };
    reply.authority.extend(change(zone, records));
    reply.set_rcode(if whole_name { Rcode::NXDOMAIN } else { Rcode::NOERROR });
}

/// NSEC records that lead from their owner to the apex: nothing is between.
fn cover_everything(zone: &Zone, mut records: Vec<Record>) -> Vec<Record> {
    for record in records.iter_mut().filter(|record| record.rtype == RrType::NSEC) {
        record.name = zone.apex.clone();
        record.rdata = [zone.apex.wire(), &proto::rdata::dnssec::bitmap([RrType::NSEC])].concat().into();
    }
    // The hash of an NSEC3 record stands behind salt and length: the last octets of 20 before the bitmap.
    for record in records.iter_mut().filter(|record| record.rtype == RrType::NSEC3) {
        let start = 6 + usize::from(record.rdata[4]);
        record.rdata[start..start + 20].fill(0xFF);
    }
    records
}

fn replay(zone: &Zone, evidence: &Evidence<'_>, question: &Question, reply: &mut Message) {
    let wildcards = zone.records().filter(|record| record.name.is_wildcard() && record.rtype == question.rtype);
    let above = |record: &&Record| record.name.parent().is_some_and(|above| question.name.is_below(&above));
    let Some(owner) = wildcards.filter(above).map(|record| record.name.clone()).next() else { return };
    let Some(other) = owner.parent().and_then(|above| above.prepend(b"zz-not-there").ok()) else { return };
    let set = zone.set(&owner, question.rtype);
    let (signatures, proof) = evidence.of_data(&other, question.rtype);
    let renamed = set.iter().chain(&signatures).map(|record| Record { name: question.name.clone(), ..record.clone() });
    reply.answer = renamed.collect();
    reply.authority = proof;
    reply.set_rcode(Rcode::NOERROR);
}

/// Takes DS sets away, and puts other records in the place of what would prove it.
fn strip_ds(zone: &Zone, question: &Question, reply: &mut Message, instead: &[Record]) {
    let is_referral = reply.answer.is_empty() && reply.authority.iter().any(|record| record.rtype == RrType::NS);
    if is_referral {
        reply.authority.retain(|record| record.rtype == RrType::NS);
        reply.authority.extend_from_slice(instead);
    } else if question.rtype == RrType::DS && question.name != zone.apex {
        reply.answer.clear();
        reply.authority = [&[zone.negative_soa()], instead].concat();
    }
}
