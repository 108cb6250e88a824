//! What a reply means (RFC 1034 §5.3.3 step 4). Pure.

mod recursive;

use std::net::IpAddr;

use cache::{Delegation, NameServer};
use proto::{Flags, Message, Name, Question, Rank, Rcode, RrType, Rrset};

use crate::alias::{self, Alias};
use crate::scrub::Scrubbed;

/// Aliases read from one message; longer chains are asked on from there.
const MAX_ALIASES_PER_MESSAGE: usize = 16;

pub(crate) use recursive::classify_recursive;

/// How far a reply can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It answers the question, or leads on.
    Usable(Meaning),
    /// It would do if no other server says anything better: the server does not claim authority (AA clear).
    Doubtful(Meaning),
    /// The server is of no use for this question.
    Unusable(Defect),
}

/// What a usable reply says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// Ask the servers of a zone below.
    Referral(Referral),
    /// The answer, or the part of it that this zone knows.
    Answer(Answered),
}

/// A delegation as its parent gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Referral {
    /// Zone, servers and glue.
    pub delegation: Delegation,
    /// TTL of the NS set, in seconds.
    pub ttl: u32,
    /// The DS set, if the parent showed one.
    pub ds: Option<Rrset>,
    /// NSEC and NSEC3 sets of the authority section: they may prove that there is no DS.
    pub proofs: Vec<Rrset>,
}

impl Referral {
    /// The NS set, as far as it was kept.
    pub(crate) fn ns_set(&self) -> Option<Rrset> {
        let servers = &self.delegation.servers;
        let targets = servers.iter().map(|server| server.name.wire());
        (!servers.is_empty()).then(|| Rrset::new(self.delegation.zone.clone(), RrType::NS, self.ttl, targets))
    }
}

/// An answer: aliases in order, and where they end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answered {
    /// CNAME sets, and DNAME sets in front of the CNAME that follows from them.
    pub aliases: Vec<Rrset>,
    /// What stands at the end.
    pub end: End,
    /// Credibility of all of it.
    pub rank: Rank,
    /// Addresses of the name servers in an NS answer of the zone itself; leads to servers only (priming, RFC 9609 §4).
    pub glue: Vec<Rrset>,
    /// NSEC and NSEC3 sets of the authority section.
    pub proofs: Vec<Rrset>,
    /// What the zone's own server says beside the answer of the servers of its zone. It redirects nothing.
    pub own_servers: Option<Rrset>,
}

/// What stands at the end of the aliases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum End {
    /// The data asked for.
    Data(Rrset),
    /// A name that has to be asked for next.
    Target(Name),
    /// `name` exists without the type.
    NoData {
        /// The last name of the chain.
        name: Name,
        /// SOA of its zone.
        soa: Option<Rrset>,
    },
    /// `name` does not exist.
    NxDomain {
        /// The last name of the chain.
        name: Name,
        /// SOA of its zone.
        soa: Option<Rrset>,
    },
    /// A DNAME makes the name longer than 255 octets (RFC 6672 §2.2).
    TooLong(Name),
}

/// Why a server is of no use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Defect {
    /// A response code that ends nothing.
    Rcode(Rcode),
    /// A referral to the zone itself or above it.
    UpwardReferral,
    /// A referral to a zone that does not lead to the name.
    SidewaysReferral,
    /// A denial that speaks for another zone.
    WrongZone,
    /// Neither data nor denial nor referral.
    Empty,
    /// Denial and data at once, or several targets for one alias.
    Contradiction,
}

impl Defect {
    /// Whether it says that the server does not serve the zone at all (remembered), or only not this question.
    ///
    /// A refusal, a failure or nothing at all count for whole questions only: some servers dislike minimised ones.
    pub(crate) fn is_lameness(self, whole: bool) -> bool {
        match self {
            Self::Rcode(_) | Self::Empty => whole,
            Self::UpwardReferral | Self::SidewaysReferral | Self::WrongZone => true,
            Self::Contradiction => false,
        }
    }

    /// In words.
    pub(crate) fn describe(self) -> String {
        match self {
            Self::Rcode(rcode) => rcode.to_string(),
            Self::UpwardReferral => "refers to its own zone or above it".into(),
            Self::SidewaysReferral => "refers to a zone that does not lead to the name".into(),
            Self::WrongZone => "answers for another zone".into(),
            Self::Empty => "neither data nor denial nor referral".into(),
            Self::Contradiction => "the reply contradicts itself".into(),
        }
    }
}

/// Limits applied when a referral is read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ReferralLimits {
    /// Name servers kept.
    pub servers: usize,
    /// Addresses kept for each.
    pub addresses: usize,
}

/// Reads the scrubbed reply of a server of `zone` to `ask`.
pub(crate) fn classify(
    reply: &Message,
    scrubbed: &Scrubbed,
    ask: &Question,
    zone: &Name,
    limits: ReferralLimits,
) -> Verdict {
    let rcode = reply.rcode();
    if !matches!(rcode, Rcode::NOERROR | Rcode::NXDOMAIN | Rcode::YXDOMAIN) {
        return Verdict::Unusable(Defect::Rcode(rcode));
    }
    let authoritative = reply.flags.has(Flags::AA);
    let rank = if authoritative { Rank::AuthoritativeAnswer } else { Rank::NonAuthoritativeAnswer };
    let judged = |meaning| if authoritative { Verdict::Usable(meaning) } else { Verdict::Doubtful(meaning) };
    let (aliases, last) = match follow(scrubbed, ask, zone) {
        Ok(followed) => followed,
        Err(defect) => return Verdict::Unusable(defect),
    };
    let end = match last {
        Last::TooLong(name) => End::TooLong(name),
        Last::Data(set) if rcode == Rcode::NOERROR => End::Data(set),
        Last::Data(_) => return Verdict::Unusable(Defect::Contradiction),
        Last::Outside(name) => End::Target(name),
        Last::Open(name) => {
            let soa = soa_for(scrubbed, &name);
            if soa.is_none() && aliases.is_empty() && speaks_for_another_zone(scrubbed) {
                return Verdict::Unusable(Defect::WrongZone);
            }
            // The owner of an SOA exists: who denies it in its own name serves something else.
            // And a denial of DS in the name of the child comes from the wrong side of the cut (RFC 4035 §3.1.4.1).
            let by_apex = soa.as_ref().is_some_and(|soa| soa.name == name && name != *zone);
            if by_apex && (rcode == Rcode::NXDOMAIN || ask.rtype.is_at_parent()) {
                return Verdict::Unusable(Defect::WrongZone);
            }
            match (rcode, aliases.is_empty()) {
                // Neither AA nor SOA: nobody vouches for it.
                (Rcode::NXDOMAIN, true) if soa.is_none() && !authoritative => return Verdict::Unusable(Defect::Empty),
                (Rcode::NXDOMAIN, true) => End::NxDomain { name, soa },
                // RFC 6604 §3: the code speaks of the last name of the chain; believed with its SOA only.
                (Rcode::NXDOMAIN, false) if soa.is_some() => End::NxDomain { name, soa },
                (Rcode::NOERROR, false) if soa.is_some() => End::NoData { name, soa },
                (_, false) => End::Target(name),
                (Rcode::NOERROR, true) => {
                    // What was taken out because it says too much is as good as not said.
                    let too_much = |dropped: &crate::scrub::Dropped| dropped.why == crate::scrub::Why::SpansBeyond;
                    let otherwise = !reply.answer.is_empty() && !scrubbed.dropped.iter().any(too_much);
                    return without_answer(scrubbed, ask, zone, limits, authoritative, soa, otherwise);
                }
                (_, true) => return Verdict::Unusable(Defect::Rcode(rcode)),
            }
        }
    };
    let asked_for_servers = ask.rtype == RrType::NS && ask.name == *zone;
    let glue = if asked_for_servers { scrubbed.glue.clone() } else { vec![] };
    let own_servers = own_servers(scrubbed, ask, zone).filter(|_| authoritative);
    judged(Meaning::Answer(Answered { aliases, end, rank, glue, proofs: proofs(scrubbed), own_servers }))
}

/// NOERROR without an answer: a referral, NODATA, or nothing of use.
fn without_answer(
    scrubbed: &Scrubbed,
    ask: &Question,
    zone: &Name,
    limits: ReferralLimits,
    authoritative: bool,
    soa: Option<Rrset>,
    answered_otherwise: bool,
) -> Verdict {
    if soa.is_none()
        && let Some(answered) = ds_in_referral(scrubbed, ask, zone)
    {
        return Verdict::Usable(Meaning::Answer(answered));
    }
    if soa.is_none()
        && let Some(referral) = referral(scrubbed, ask, zone, limits)
    {
        // A referral carries no authority by nature; some servers set AA all the same.
        return Verdict::Usable(Meaning::Referral(referral));
    }
    let rank = if authoritative { Rank::AuthoritativeAnswer } else { Rank::NonAuthoritativeAnswer };
    let no_data = |soa| {
        Meaning::Answer(Answered {
            aliases: vec![],
            end: End::NoData { name: ask.name.clone(), soa },
            rank,
            glue: vec![],
            proofs: proofs(scrubbed),
            own_servers: own_servers(scrubbed, ask, zone).filter(|_| authoritative),
        })
    };
    match (soa, authoritative) {
        (Some(soa), true) => Verdict::Usable(no_data(Some(soa))),
        (Some(soa), false) => Verdict::Doubtful(no_data(Some(soa))),
        // RFC 2308 §2.2: NODATA without SOA (type 3) from an authority.
        // But not if it had something to say that could not be used: no denial follows from broken or foreign data.
        (None, true) if answered_otherwise => Verdict::Unusable(Defect::Contradiction),
        // RFC 2308 §2.2: NS records without SOA make a referral; one that leads up comes from a server that knows nothing.
        (None, true) if refers_outside(scrubbed) => Verdict::Unusable(Defect::UpwardReferral),
        (None, true) => Verdict::Usable(no_data(None)),
        (None, false) => Verdict::Unusable(defect_of_referral(scrubbed, zone)),
    }
}

fn refers_outside(scrubbed: &Scrubbed) -> bool {
    scrubbed.dropped.iter().any(|dropped| dropped.rtype == RrType::NS)
}

fn defect_of_referral(scrubbed: &Scrubbed, zone: &Name) -> Defect {
    let outside = refers_outside(scrubbed);
    match scrubbed.authority.iter().find(|set| set.rtype == RrType::NS) {
        Some(set) if set.name == *zone => Defect::UpwardReferral,
        Some(_) => Defect::SidewaysReferral,
        None if outside => Defect::UpwardReferral,
        None => Defect::Empty,
    }
}

/// A server that takes a question for DS for one for the child refers there; the answer stands in the referral all the same
/// (RFC 4035 §3.1.4: the DS set, or the proof that there is none, comes with every referral of a signed zone).
fn ds_in_referral(scrubbed: &Scrubbed, ask: &Question, zone: &Name) -> Option<Answered> {
    let refers = |set: &Rrset| set.rtype == RrType::NS && set.name == ask.name && set.name.is_below(zone);
    if !ask.rtype.is_at_parent() || !scrubbed.authority.iter().any(refers) {
        return None;
    }
    let proofs = proofs(scrubbed);
    let end = match scrubbed.authority.iter().find(|set| set.rtype == ask.rtype && set.name == ask.name) {
        Some(ds) => End::Data(Rrset { name: ask.name.clone(), ..ds.clone() }),
        None if proofs.is_empty() => return None,
        None => End::NoData { name: ask.name.clone(), soa: None },
    };
    let rank = Rank::AuthoritativeAuthority;
    Some(Answered { aliases: vec![], end, rank, glue: vec![], proofs, own_servers: None })
}

/// A referral leads strictly down from `zone` towards the name (RFC 1034 §5.3.3 step 4b).
fn referral(scrubbed: &Scrubbed, ask: &Question, zone: &Name, limits: ReferralLimits) -> Option<Referral> {
    let sets = scrubbed.authority.iter().filter(|set| set.rtype == RrType::NS);
    let down = sets.filter(|set| set.name.is_below(zone) && ask.name.is_at_or_below(&set.name));
    // DS is the parent's to answer; a referral to the child instead leads to the wrong side (RFC 4035 §3.1.4.1).
    let down = down.filter(|set| !ask.rtype.is_at_parent() || set.name != ask.name);
    let ns = down.max_by_key(|set| set.name.label_count())?;
    let servers = ns.targets().take(limits.servers).map(|name| {
        let of_server = scrubbed.glue.iter().filter(|set| set.name == name);
        let glue: Vec<IpAddr> = of_server.flat_map(Rrset::addresses).take(limits.addresses).collect();
        NameServer { name, glue }
    });
    let ds = scrubbed.authority.iter().find(|set| set.rtype == RrType::DS && set.name == ns.name).cloned();
    let delegation = Delegation { zone: ns.name.clone(), parent: zone.clone(), servers: servers.collect() };
    Some(Referral { delegation, ttl: ns.ttl, ds, proofs: proofs(scrubbed) })
}

/// The denial records of a reply. More than a proof can need are not looked at (CVE-2023-50868).
fn proofs(scrubbed: &Scrubbed) -> Vec<Rrset> {
    let denials = scrubbed.authority.iter().filter(|set| matches!(set.rtype, RrType::NSEC | RrType::NSEC3));
    denials.take(dnssec::denial::MAX_RECORDS).cloned().collect()
}

/// The NS set of the very zone that was asked, in the authority section.
fn own_servers(scrubbed: &Scrubbed, ask: &Question, zone: &Name) -> Option<Rrset> {
    let own =
        |set: &&Rrset| set.rtype == RrType::NS && set.name == *zone && *ask != Question::new(zone.clone(), RrType::NS);
    scrubbed.authority.iter().find(own).cloned()
}

/// The SOA that vouches for a denial of `name`: of a zone that encloses it.
fn soa_for(scrubbed: &Scrubbed, name: &Name) -> Option<Rrset> {
    let enclosing = |set: &&Rrset| set.rtype == RrType::SOA && name.is_at_or_below(&set.name);
    scrubbed.authority.iter().find(enclosing).cloned()
}

/// Called where no SOA vouches for the denial: is there one that vouches for something else?
fn speaks_for_another_zone(scrubbed: &Scrubbed) -> bool {
    let dropped = scrubbed.dropped.iter().any(|dropped| dropped.rtype == RrType::SOA);
    dropped || scrubbed.authority.iter().any(|set| set.rtype == RrType::SOA)
}

/// Where a chain of aliases ends within one message.
enum Last {
    Data(Rrset),
    /// In the zone that was asked, without data.
    Open(Name),
    /// Outside of it: what the message says of that name does not count.
    Outside(Name),
    TooLong(Name),
}

fn follow(scrubbed: &Scrubbed, ask: &Question, zone: &Name) -> Result<(Vec<Rrset>, Last), Defect> {
    let mut aliases = Vec::new();
    let mut seen = vec![ask.name.clone()];
    let mut name = ask.name.clone();
    // Owners get the letter case of the chain: servers echo the mixed case of the question into names they make.
    let set_at = |name: &Name, rtype| {
        let set = scrubbed.answer.iter().find(|set| set.rtype == rtype && set.name == *name)?;
        Some(Rrset { name: name.clone(), ..set.clone() })
    };
    // RFC 2181 §10.1: beside an alias there is nothing but what belongs to DNSSEC. A server that sends both has a broken
    // zone; what it says first counts.
    let aliased = |name: &Name| {
        let at = |rtype| scrubbed.answer.iter().position(|set| set.rtype == rtype && set.name == *name);
        !alias::stands_beside(ask.rtype)
            && at(RrType::CNAME).is_some_and(|alias| at(ask.rtype).is_none_or(|data| alias < data))
    };
    for _ in 0..MAX_ALIASES_PER_MESSAGE {
        // DNAME first, also for questions about CNAME: the CNAME in the reply is not data but follows from it.
        let dname = scrubbed.answer.iter().find(|set| set.rtype == RrType::DNAME && name.is_below(&set.name));
        if dname.is_none()
            && !aliased(&name)
            && let Some(data) =
                if ask.rtype == RrType::RRSIG { signatures_at(scrubbed, &name) } else { set_at(&name, ask.rtype) }
        {
            return Ok((aliases, Last::Data(data)));
        }
        let alias = match dname {
            Some(dname) => Some(alias::by_dname(&name, dname)),
            None if ask.rtype == RrType::CNAME => None,
            None => set_at(&name, RrType::CNAME).as_ref().map(alias::by_cname),
        };
        let Some(alias) = alias else { return Ok((aliases, Last::Open(name))) };
        let Alias { sets, target } = match alias {
            alias::Found::Alias(alias) => alias,
            alias::Found::TooLong(dname) => {
                aliases.push(dname);
                return Ok((aliases, Last::TooLong(name)));
            }
            alias::Found::Broken => return Err(Defect::Contradiction),
        };
        aliases.extend(sets);
        // A chain that leaves the zone or meets itself is somebody else's to judge.
        if !target.is_at_or_below(zone) || seen.contains(&target) {
            return Ok((aliases, Last::Outside(target)));
        }
        seen.push(target.clone());
        name = target;
    }
    Ok((aliases, Last::Outside(name)))
}

/// All RRSIG records at a name, whatever they cover: a question for the type wants them as data (RFC 4035 §2.2: they are
/// no RRset, and nothing signs them).
fn signatures_at(scrubbed: &Scrubbed, name: &Name) -> Option<Rrset> {
    let at_name = scrubbed.answer.iter().filter(|set| set.name == *name);
    let fields: Vec<&[u8]> = at_name
        .clone()
        .flat_map(|set| {
            let own = if set.rtype == RrType::RRSIG { &set.rdatas } else { &set.signatures };
            own.iter().collect::<Vec<_>>()
        })
        .collect();
    let ttl = at_name.map(|set| set.ttl).min()?;
    (!fields.is_empty()).then(|| Rrset::new(name.clone(), RrType::RRSIG, ttl, fields))
}

#[cfg(test)]
mod tests;
