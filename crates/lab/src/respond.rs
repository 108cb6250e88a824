//! The authoritative side of DNS: one zone, one query, one reply (RFC 1034 §4.3.2).

use proto::{Class, Edns, Flags, Message, Name, Opcode, Question, Rcode, Record, RrType, WallTime, rdata};

use crate::Zone;
use crate::sign::Evidence;
use crate::zone::Node;

/// Octets that the lab's servers take and give over UDP.
pub(crate) const SERVER_PAYLOAD_OCTETS: u16 = 1232;

/// Aliases of one zone put into one reply; a loop ends here at the latest.
const MAX_ALIASES: usize = 20;

/// What a zone has for a name and a type.
enum Found {
    Records(Vec<Record>),
    Alias { records: Vec<Record>, target: Name },
    TooLong(Vec<Record>),
    Referral(Vec<Record>),
    NoData,
    NxDomain,
}

impl Zone {
    /// The reply of a server that serves this zone and behaves well, with signatures valid at `now` for who asks for such;
    /// of any size, the transport cuts it.
    pub fn respond(&self, query: &Message, now: WallTime) -> Message {
        let mut reply = reply_to(query);
        if let Some(rcode) = refusal(query) {
            reply.set_rcode(rcode);
            return reply;
        }
        match query.question() {
            Some(question) if question.name.is_at_or_below(&self.apex) => {
                // RFC 4035 §3.1: DNSSEC records go to who sets DO only.
                let asks = question.rtype == RrType::RRSIG;
                let wanted = asks || query.edns.as_ref().is_some_and(|edns| edns.dnssec_ok);
                self.answer(question, wanted.then(|| self.evidence(now)).flatten(), &mut reply);
            }
            _ => reply.set_rcode(Rcode::REFUSED),
        }
        reply
    }

    fn answer(&self, question: &Question, evidence: Option<Evidence<'_>>, reply: &mut Message) {
        let mut name = question.name.clone();
        let mut seen = Vec::new();
        // RFC 1034 §4.1.1: AA speaks of the first owner name; a referral alone clears it.
        reply.flags.set(Flags::AA, true);
        while name.is_at_or_below(&self.apex) && seen.len() < MAX_ALIASES && !seen.contains(&name) {
            match self.look_up(&name, question.rtype) {
                Found::Alias { records, target } => {
                    vouch(evidence, records, reply);
                    seen.push(std::mem::replace(&mut name, target));
                    continue;
                }
                Found::Records(records) => {
                    reply.additional = self.helpful_addresses(&records);
                    vouch(evidence, records, reply);
                }
                Found::TooLong(records) => {
                    vouch(evidence, records, reply);
                    reply.set_rcode(Rcode::YXDOMAIN);
                }
                Found::Referral(records) => {
                    reply.flags.set(Flags::AA, !reply.answer.is_empty());
                    reply.additional = self.helpful_addresses(&records);
                    let cut = records.first().map(|record| record.name.clone());
                    reply.authority.extend(records);
                    if let (Some(evidence), Some(cut)) = (evidence, cut) {
                        add_each_once(&mut reply.authority, evidence.of_referral(&cut));
                    }
                }
                // A type of its own for who asks for it by name, but no set of the zone (RFC 4035 §2.2).
                Found::NoData if question.rtype == RrType::RRSIG && self.is_signed_at(&name, evidence) => {
                    reply.answer.extend(self.signatures_at(&name, evidence));
                }
                Found::NoData => self.deny(evidence, reply, |evidence| evidence.no_data(&name)),
                Found::NxDomain => {
                    self.deny(evidence, reply, |evidence| evidence.no_name(&name));
                    reply.set_rcode(Rcode::NXDOMAIN);
                }
            }
            return;
        }
    }

    fn deny<'z>(
        &'z self,
        evidence: Option<Evidence<'z>>,
        reply: &mut Message,
        proof: impl FnOnce(Evidence<'z>) -> Vec<Record>,
    ) {
        reply.authority.push(self.negative_soa());
        if let Some(evidence) = evidence {
            reply.authority.extend(evidence.of_soa());
            add_each_once(&mut reply.authority, proof(evidence));
        }
    }

    fn signatures_at<'z>(
        &'z self,
        name: &'z Name,
        evidence: Option<Evidence<'z>>,
    ) -> impl Iterator<Item = Record> + use<'z> {
        let types = self.node(name).into_iter().flat_map(Node::keys);
        types.flat_map(move |rtype| evidence.map_or_else(Vec::new, |evidence| evidence.of_data(name, *rtype).0))
    }

    fn is_signed_at(&self, name: &Name, evidence: Option<Evidence<'_>>) -> bool {
        self.signatures_at(name, evidence).next().is_some()
    }

    /// RFC 1034 §4.3.2 step 3, with DNAME (RFC 6672 §3.2) and wildcards (RFC 4592 §4.1).
    fn look_up(&self, name: &Name, rtype: RrType) -> Found {
        for labels in self.apex.label_count()..=name.label_count() {
            let ancestor = name.suffix(labels);
            let Some(node) = self.node(&ancestor) else { continue };
            // RFC 4035 §3.1.4.1: the DS set of a delegation is the parent's own data.
            let own = ancestor == self.apex || (ancestor == *name && rtype.is_at_parent());
            if let Some(cut) = node.get(&RrType::NS).filter(|_| !own) {
                return Found::Referral(cut.clone());
            }
            if let Some(dname) = node.get(&RrType::DNAME).filter(|_| ancestor != *name) {
                return substitute(name, &dname[0]);
            }
        }
        let replayed = self.apex.prepend(b"*").ok().filter(|_| self.replays_wildcard(name));
        if let Some(node) = replayed.and_then(|wildcard| self.node(&wildcard)) {
            return from_node(node, name, rtype);
        }
        if let Some(node) = self.node(name) {
            return from_node(node, name, rtype);
        }
        if let Some(record) = self.numbered_address(name) {
            return if rtype == RrType::A { Found::Records(vec![record]) } else { Found::NoData };
        }
        if self.exists(name) {
            return Found::NoData;
        }
        let encloser = name.ancestors().find(|ancestor| self.exists(ancestor));
        let source = encloser.and_then(|encloser| self.node(&encloser.prepend(b"*").ok()?));
        source.map_or(Found::NxDomain, |node| from_node(node, name, rtype))
    }

    /// Addresses, as far as this zone has them, of the servers and mail hosts that `records` name (RFC 1035 §3.3).
    fn helpful_addresses(&self, records: &[Record]) -> Vec<Record> {
        let mut found: Vec<Record> = Vec::new();
        for record in records {
            let target = match record.rtype {
                RrType::NS => rdata::target(&record.rdata),
                RrType::MX => record.rdata.get(2..).and_then(rdata::target),
                RrType::SRV => record.rdata.get(6..).and_then(rdata::target),
                _ => None,
            };
            for rtype in [RrType::A, RrType::AAAA] {
                let set = target.as_ref().map_or(&[][..], |target| self.set(target, rtype));
                if set.iter().all(|address| !found.contains(address)) {
                    found.extend_from_slice(set);
                }
            }
        }
        found
    }
}

/// Adds data to the answer, each set with its signatures, and the proof that a wildcard rightly answers.
fn vouch(evidence: Option<Evidence<'_>>, records: Vec<Record>, reply: &mut Message) {
    let Some(evidence) = evidence else { return reply.answer.extend(records) };
    // RFC 6672 §5.3.1: the CNAME that follows from a DNAME is not signed.
    let signed = if records.first().is_some_and(|record| record.rtype == RrType::DNAME) { 1 } else { records.len() };
    let mut at = 0;
    for set in records.chunk_by(|a, b| a.rtype == b.rtype) {
        reply.answer.extend_from_slice(set);
        if at < signed {
            let (signatures, proof) = evidence.of_data(&set[0].name, set[0].rtype);
            reply.answer.extend(signatures);
            add_each_once(&mut reply.authority, proof);
        }
        at += set.len();
    }
}

fn add_each_once(section: &mut Vec<Record>, records: Vec<Record>) {
    for record in records {
        if !section.contains(&record) {
            section.push(record);
        }
    }
}

/// The data of a node, owned by `name` (which differs from the node's own name if that is a wildcard).
fn from_node(node: &Node, name: &Name, rtype: RrType) -> Found {
    let owned = |records: &[Record]| -> Vec<Record> {
        records.iter().map(|record| Record { name: name.clone(), ..record.clone() }).collect()
    };
    // RFC 4035 §2.5: NSEC and RRSIG stand beside a CNAME and are asked for as if there were none.
    if let Some(cname) = node.get(&RrType::CNAME)
        && ![RrType::CNAME, RrType::ANY, RrType::NSEC, RrType::RRSIG].contains(&rtype)
    {
        return match rdata::target(&cname[0].rdata) {
            Some(target) => Found::Alias { records: owned(cname), target },
            None => Found::Records(owned(cname)),
        };
    }
    if rtype == RrType::ANY {
        return Found::Records(node.values().flat_map(|set| owned(set)).collect());
    }
    node.get(&rtype).map_or(Found::NoData, |set| Found::Records(owned(set)))
}

/// DNAME substitution (RFC 6672 §2.2); the synthesised CNAME has the DNAME's TTL (§3.1).
fn substitute(name: &Name, dname: &Record) -> Found {
    let target = rdata::target(&dname.rdata).and_then(|to| name.replace_suffix(&dname.name, &to));
    match target {
        Some(Ok(target)) => {
            let cname = Record::new(name.clone(), RrType::CNAME, dname.ttl, target.wire());
            Found::Alias { records: vec![dname.clone(), cname], target }
        }
        _ => Found::TooLong(vec![dname.clone()]),
    }
}

/// An empty reply with what is copied from the query.
pub(crate) fn reply_to(query: &Message) -> Message {
    let kept = query.flags.0 & (0x7800 | Flags::RD | Flags::CD);
    let mut reply = Message::empty(query.id, Flags(Flags::QR | kept));
    reply.questions.clone_from(&query.questions);
    reply.edns = query.edns.as_ref().map(|edns| Edns { dnssec_ok: edns.dnssec_ok, ..Edns::new(SERVER_PAYLOAD_OCTETS) });
    reply
}

/// The response code for queries that no zone is asked about.
pub(crate) fn refusal(query: &Message) -> Option<Rcode> {
    if query.flags.opcode() != Opcode::QUERY {
        return Some(Rcode::NOTIMP);
    }
    if query.edns.as_ref().is_some_and(|edns| edns.version != 0) {
        return Some(Rcode::BADVERS); // RFC 6891 §6.1.3
    }
    match query.questions.as_slice() {
        [entry] if entry.class != Class::IN => Some(Rcode::REFUSED),
        [entry] if matches!(entry.question.rtype, RrType::AXFR | RrType::IXFR) => Some(Rcode::REFUSED),
        [_] => None,
        _ => Some(Rcode::FORMERR), // RFC 9619 §4
    }
}

#[cfg(test)]
mod tests;
