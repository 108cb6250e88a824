//! Questions, records and RRsets.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::Arc;

use smallvec::SmallVec;

use crate::{Class, Name, RrType, rdata};

/// Sets of a section, or fields of a set, among which one is looked for without a table.
const FEW: usize = 16;
/// Sets that most sections have at most.
const USUAL_SETS: usize = 4;

/// What is asked: a name and a type, class IN.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Question {
    /// The name, in the letter case of who asks.
    pub name: Name,
    /// The type.
    pub rtype: RrType,
}

impl Question {
    /// A question of class IN.
    pub fn new(name: Name, rtype: RrType) -> Self {
        Self { name, rtype }
    }
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.rtype)
    }
}

/// One resource record as it stands in a message or zone file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Owner name.
    pub name: Name,
    /// Type.
    pub rtype: RrType,
    /// Class.
    pub class: Class,
    /// Time to live in seconds, as it stood on the wire.
    pub ttl: u32,
    /// Data in uncompressed wire form; may be malformed, see [`rdata::check`].
    pub rdata: Box<[u8]>,
}

impl Record {
    /// A record of class IN.
    pub fn new(name: Name, rtype: RrType, ttl: u32, rdata: impl Into<Box<[u8]>>) -> Self {
        Self { name, rtype, class: Class::IN, ttl, rdata: rdata.into() }
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let data = rdata::present(self.rtype, &self.rdata);
        write!(f, "{} {} {} {} {data}", self.name, self.ttl, self.class, self.rtype)
    }
}

/// Credibility of data (RFC 2181 §5.4.1), from least to most credible.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rank {
    /// Additional section, and glue in a referral: leads to a server, never answers a client.
    Glue,
    /// Authority section of a referral: the parent's view of a delegation.
    Referral,
    /// Answer section of an answer without AA.
    NonAuthoritativeAnswer,
    /// Authority section of an authoritative answer.
    AuthoritativeAuthority,
    /// Answer section of an authoritative answer.
    AuthoritativeAnswer,
    /// Local data: configuration, root hints of the operator.
    Local,
}

/// What validation has found out about data (RFC 4035 §4.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Security {
    /// Not looked at yet.
    Unchecked,
    /// A chain of signatures leads to it from a trust anchor.
    Secure,
    /// Proven to lie outside every chain.
    Insecure,
    /// Should be signed and is not, or wrongly.
    Bogus,
}

/// Data fields of one RRset, packed in one allocation that clones share: length (2 octets) and octets of each.
#[derive(Clone, PartialEq, Eq)]
pub struct Rdatas {
    /// `None` without data: most sets have no signatures, and a block for nothing is too much for each of them.
    packed: Option<Arc<[u8]>>,
    count: u16,
}

impl Rdatas {
    /// No data.
    pub fn empty() -> Self {
        Self { packed: None, count: 0 }
    }

    /// Packs data fields in the given order.
    pub fn pack<'a>(fields: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut packed: SmallVec<[u8; 256]> = SmallVec::new();
        let mut count = 0;
        for field in fields {
            packed.extend_from_slice(&(field.len() as u16).to_be_bytes());
            packed.extend_from_slice(field);
            count += 1;
        }
        Self { packed: (count > 0).then(|| Arc::from(packed.as_slice())), count }
    }

    /// The data fields in order.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let mut rest = self.packed.as_deref().unwrap_or_default();
        std::iter::from_fn(move || {
            let (length, tail) = rest.split_first_chunk::<2>()?;
            let (field, tail) = tail.split_at(u16::from_be_bytes(*length) as usize);
            rest = tail;
            Some(field)
        })
    }

    /// Number of data fields.
    pub fn len(&self) -> usize {
        self.count as usize
    }

    /// True if there is none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Octets held.
    pub fn packed_len(&self) -> usize {
        self.packed.as_ref().map_or(0, |packed| packed.len())
    }
}

impl fmt::Debug for Rdatas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// An RRset (RFC 2181 §5) of class IN with the signatures that cover it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rrset {
    /// Owner name.
    pub name: Name,
    /// Type.
    pub rtype: RrType,
    /// Time to live in seconds, the lowest of the set (RFC 2181 §5.2); a top bit on the wire made it 0 (§8).
    pub ttl: u32,
    /// The data, without duplicates (RFC 2181 §5).
    pub rdatas: Rdatas,
    /// Data of the RRSIG records that cover the set.
    pub signatures: Rdatas,
}

impl Rrset {
    /// An RRset without signatures.
    pub fn new<'a>(name: Name, rtype: RrType, ttl: u32, fields: impl IntoIterator<Item = &'a [u8]>) -> Self {
        Self { name, rtype, ttl, rdatas: Rdatas::pack(fields), signatures: Rdatas::empty() }
    }

    /// Sorts records of class IN into RRsets, in order of first appearance, and signatures to what they cover.
    ///
    /// Signatures that cover nothing in `records` become sets of type RRSIG of their own. Linear in the number of
    /// records, whatever they are: a message can hold thousands of sets.
    pub fn group<'a>(records: impl IntoIterator<Item = &'a Record>) -> Vec<Rrset> {
        let mut groups: SmallVec<[Group<'a>; USUAL_SETS]> = SmallVec::new();
        // Few sets are found sooner by looking at each.
        let mut places: HashMap<(&Name, RrType), usize> = HashMap::new();
        for record in records {
            if record.class != Class::IN {
                continue;
            }
            let covers = (record.rtype == RrType::RRSIG).then(|| rdata::rrsig_covers(&record.rdata)).flatten();
            let rtype = covers.unwrap_or(record.rtype);
            let known = if groups.len() <= FEW {
                groups.iter().position(|group| group.rtype == rtype && *group.name == record.name)
            } else {
                if places.is_empty() {
                    places.extend(groups.iter().enumerate().map(|(at, group)| ((group.name, group.rtype), at)));
                }
                places.get(&(&record.name, rtype)).copied()
            };
            let place = known.unwrap_or_else(|| {
                groups.push(Group::new(&record.name, rtype));
                if !places.is_empty() {
                    places.insert((&record.name, rtype), groups.len() - 1);
                }
                groups.len() - 1
            });
            let group = &mut groups[place];
            group.ttl = group.ttl.min(effective_ttl(record.ttl));
            let list = if covers.is_some() { &mut group.signatures } else { &mut group.fields };
            list.push(&record.rdata);
        }
        groups.into_iter().map(Group::into_rrset).collect()
    }

    /// The records of the set, signatures left out.
    pub fn records(&self) -> impl Iterator<Item = Record> + '_ {
        self.rdatas.iter().map(|field| Record::new(self.name.clone(), self.rtype, self.ttl, field))
    }

    /// The names in the data of an NS, CNAME, DNAME or PTR set.
    pub fn targets(&self) -> impl Iterator<Item = Name> + '_ {
        self.rdatas.iter().filter_map(rdata::target)
    }

    /// The addresses in the data of an A or AAAA set.
    pub fn addresses(&self) -> impl Iterator<Item = std::net::IpAddr> + '_ {
        self.rdatas.iter().filter_map(|field| rdata::address(self.rtype, field))
    }
}

/// A TTL with the top bit set counts as 0 (RFC 2181 §8).
pub fn effective_ttl(ttl: u32) -> u32 {
    if ttl > i32::MAX as u32 { 0 } else { ttl }
}

struct Group<'a> {
    name: &'a Name,
    rtype: RrType,
    ttl: u32,
    fields: Fields<'a>,
    signatures: Fields<'a>,
}

/// Most sets have few records.
type Fields<'a> = SmallVec<[&'a [u8]; 4]>;

impl<'a> Group<'a> {
    fn new(name: &'a Name, rtype: RrType) -> Self {
        Self { name, rtype, ttl: u32::MAX, fields: SmallVec::new(), signatures: SmallVec::new() }
    }

    fn into_rrset(self) -> Rrset {
        let fields = without_duplicates(self.fields);
        let signatures = without_duplicates(self.signatures);
        if fields.is_empty() {
            return Rrset::new(self.name.clone(), RrType::RRSIG, self.ttl, signatures);
        }
        let rrset = Rrset::new(self.name.clone(), self.rtype, self.ttl, fields);
        Rrset { signatures: Rdatas::pack(signatures), ..rrset }
    }
}

/// Keeps the first of equal fields, in order (RFC 2181 §5: an RRset has no two equal records).
fn without_duplicates(mut fields: Fields<'_>) -> Fields<'_> {
    if fields.len() > FEW {
        let mut seen = HashSet::with_capacity(fields.len());
        fields.retain(|field| seen.insert(*field));
        return fields;
    }
    for at in (1..fields.len()).rev() {
        if fields[..at].contains(&fields[at]) {
            fields.remove(at);
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(name: &str, ttl: u32, last: u8) -> Record {
        Record::new(name.parse().unwrap(), RrType::A, ttl, vec![192, 0, 2, last])
    }

    #[test]
    fn differing_ttls_take_the_lowest_rfc2181_5_2() {
        let sets = Rrset::group(&[record("a.", 300, 1), record("A.", 60, 2), record("b.", 5, 1)]);
        assert_eq!(sets.len(), 2);
        assert_eq!((sets[0].ttl, sets[0].rdatas.len()), (60, 2));
    }

    #[test]
    fn ttl_with_top_bit_is_zero_rfc2181_8() {
        assert_eq!(Rrset::group(&[record("a.", 0x8000_0000, 1)])[0].ttl, 0);
        assert_eq!(Rrset::group(&[record("a.", 0x7FFF_FFFF, 1)])[0].ttl, 0x7FFF_FFFF);
    }

    #[test]
    fn equal_records_are_one_rfc2181_5() {
        assert_eq!(Rrset::group(&[record("a.", 1, 1), record("a.", 1, 1)])[0].rdatas.len(), 1);
        for few_or_many in [3, 2 * FEW as u8] {
            let twice: Vec<Record> = (0..few_or_many).chain(0..few_or_many).map(|last| record("a.", 1, last)).collect();
            let sets = Rrset::group(&twice);
            let kept: Vec<u8> = sets[0].rdatas.iter().map(|field| field[3]).collect();
            assert_eq!(kept, (0..few_or_many).collect::<Vec<_>>(), "the first of each, in order");
        }
    }

    #[test]
    fn signatures_join_what_they_cover_rfc4034_3() {
        let signature = |covered: u16| {
            Record::new("a.".parse().unwrap(), RrType::RRSIG, 60, [&covered.to_be_bytes()[..], &[0; 20]].concat())
        };
        let sets = Rrset::group(&[record("a.", 60, 1), signature(1), signature(28)]);
        assert_eq!(sets[0].signatures.len(), 1);
        assert_eq!((sets[1].rtype, sets[1].rdatas.len()), (RrType::RRSIG, 1));
    }
}
