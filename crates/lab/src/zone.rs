//! A zone: records below an apex, indexed by owner name and type.
//!
//! The text is a zone file (RFC 1035 §5). Two directives, written as comments so that every other reader of zone files
//! takes them for that, say what the format cannot:
//!
//! ```text
//! ;! ALIAS owner ttl target    the owner has the addresses that the target has ("hosted zone" alias at an apex)
//! ;! NUMBERED                  n0, n1, n2, ... below the apex have an A record made from the number
//! ```

mod text;

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::Arc;

use proto::{Name, Record, RrType, rdata, zonefile};

use crate::LabError;
use crate::sign::{DsAtParent, Flaw, Signer, Signing};

/// The records of one name by type.
pub(crate) type Node = BTreeMap<RrType, Vec<Record>>;

/// A zone with all its records.
#[derive(Debug, Clone)]
pub struct Zone {
    /// Name of the zone.
    pub apex: Name,
    title: String,
    nodes: BTreeMap<Name, Node>,
    aliases: Vec<Alias>,
    numbered: Numbered,
    signing: Option<Signing>,
    /// Made when the world is built.
    signer: Option<Arc<Signer>>,
}

/// An ALIAS directive: addresses of another name, copied when the world is built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Alias {
    pub(crate) owner: Name,
    pub(crate) ttl: u32,
    pub(crate) target: Name,
}

/// Whether the zone makes up `nNUMBER` names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Numbered {
    No,
    Yes,
}

/// TTL of the records of numbered names, in seconds.
const NUMBERED_TTL: u32 = 300;

impl Zone {
    /// Reads a zone file; relative names are below `apex`.
    ///
    /// # Errors
    /// When the text is no zone file, or the zone lacks SOA or NS, or holds what no zone may hold.
    pub fn parse(text: &str, apex: &Name) -> Result<Self, LabError> {
        let (text_of_most, text_of_dnames) = text::split_dnames(&text::on_one_line(text));
        let read = |text: &str| {
            zonefile::parse(text, apex).map_err(|source| LabError::ZoneFile { apex: apex.clone(), source })
        };
        let dnames = read(&text_of_dnames)?.into_iter().map(|record| Record { rtype: RrType::DNAME, ..record });
        let mut zone = Self::from_records(apex.clone(), read(&text_of_most)?.into_iter().chain(dnames))?;
        zone.title = text::title(text).to_owned();
        for line in text.lines() {
            if let Some(directive) = line.trim_start().strip_prefix(";!") {
                zone.obey(directive)?;
            }
        }
        Ok(zone)
    }

    /// What the zone is there for: the first comment of its file.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// A zone of these records.
    ///
    /// # Errors
    /// As [`Zone::parse`].
    pub fn from_records(apex: Name, records: impl IntoIterator<Item = Record>) -> Result<Self, LabError> {
        let mut zone = Self {
            apex,
            title: String::new(),
            nodes: BTreeMap::new(),
            aliases: Vec::new(),
            numbered: Numbered::No,
            signing: None,
            signer: None,
        };
        for record in records {
            zone.insert(record)?;
        }
        zone.check()?;
        Ok(zone)
    }

    /// The same zone, to be signed when it becomes part of a world. Not for zones with numbered names: those are without
    /// number.
    #[must_use]
    pub fn signed(self, how: Signing) -> Self {
        Self { signing: Some(how), ..self }
    }

    /// How it is signed, if it is.
    pub fn signing(&self) -> Option<&Signing> {
        self.signing.as_ref()
    }

    pub(crate) fn signer(&self) -> Option<&Signer> {
        self.signer.as_deref()
    }

    /// Whether it has a trust anchor of its own in place of a DS record at its parent.
    pub(crate) fn is_anchored(&self) -> bool {
        self.signing.as_ref().is_some_and(|how| how.delegation == DsAtParent::Anchored)
    }

    /// What is wrong with its signing.
    pub(crate) fn flaw(&self) -> Option<Flaw> {
        self.signing.as_ref().and_then(|how| how.flaw)
    }

    /// Whether the name gets the data of the wildcard below the apex although it exists.
    pub(crate) fn replays_wildcard(&self, name: &Name) -> bool {
        self.flaw() == Some(Flaw::ReplaysWildcard) && name.is_below(&self.apex)
    }

    pub(crate) fn set_signer(&mut self, signer: Arc<Signer>) {
        self.signer = Some(signer);
    }

    /// Adds a record; an equal one is there once (RFC 2181 §5).
    pub(crate) fn insert(&mut self, record: Record) -> Result<(), LabError> {
        if !record.name.is_at_or_below(&self.apex) {
            return Err(LabError::OutOfZone { apex: self.apex.clone(), owner: record.name });
        }
        let set = self.nodes.entry(record.name.clone()).or_default().entry(record.rtype).or_default();
        if !set.iter().any(|have| have.rdata == record.rdata) {
            set.push(record);
        }
        Ok(())
    }

    /// Takes away an RRset.
    pub(crate) fn remove(&mut self, name: &Name, rtype: RrType) {
        if let Some(node) = self.nodes.get_mut(name) {
            node.remove(&rtype);
            if node.is_empty() {
                self.nodes.remove(name);
            }
        }
    }

    fn check(&self) -> Result<(), LabError> {
        let soas: Vec<&Record> = self.records().filter(|record| record.rtype == RrType::SOA).collect();
        if soas.len() != 1 || soas[0].name != self.apex {
            return Err(LabError::Soa(self.apex.clone()));
        }
        if self.set(&self.apex, RrType::NS).is_empty() {
            return Err(LabError::Ns(self.apex.clone()));
        }
        let mixed = |node: &Node| node.get(&RrType::CNAME).is_some_and(|set| node.len() > 1 || set.len() > 1);
        match self.nodes.iter().find(|(_, node)| mixed(node)) {
            Some((owner, _)) => Err(LabError::CnameAndOther { apex: self.apex.clone(), owner: owner.clone() }),
            None => Ok(()),
        }
    }

    fn obey(&mut self, directive: &str) -> Result<(), LabError> {
        let words: Vec<&str> = directive.split_whitespace().collect();
        let bad = || LabError::Directive { apex: self.apex.clone(), line: directive.trim().to_owned() };
        match words.as_slice() {
            ["NUMBERED"] => self.numbered = Numbered::Yes,
            ["ALIAS", owner, ttl, target] => {
                let owner = if *owner == "@" { Ok(self.apex.clone()) } else { owner.parse() };
                let alias = Alias {
                    owner: owner.map_err(|_| bad())?,
                    ttl: ttl.parse().map_err(|_| bad())?,
                    target: target.parse().map_err(|_| bad())?,
                };
                self.aliases.push(alias);
            }
            _ => return Err(bad()),
        }
        Ok(())
    }

    /// All records in canonical order of their owners.
    pub fn records(&self) -> impl Iterator<Item = &Record> {
        self.nodes.values().flat_map(Node::values).flatten()
    }

    /// All owner names with their records, in canonical order.
    pub(crate) fn nodes(&self) -> impl Iterator<Item = (&Name, &Node)> {
        self.nodes.iter()
    }

    /// The owner names up to this one, in canonical order.
    pub(crate) fn nodes_up_to(&self, name: &Name) -> impl DoubleEndedIterator<Item = (&Name, &Node)> {
        self.nodes.range(..=name)
    }

    pub(crate) fn node(&self, name: &Name) -> Option<&Node> {
        self.nodes.get(name)
    }

    /// The records of one RRset; none if there is no such set.
    pub(crate) fn set(&self, name: &Name, rtype: RrType) -> &[Record] {
        self.nodes.get(name).and_then(|node| node.get(&rtype)).map_or(&[], Vec::as_slice)
    }

    /// True if the name owns records or an ancestor role: an empty non-terminal exists too (RFC 4592 §2.2.2).
    pub(crate) fn exists(&self, name: &Name) -> bool {
        // In canonical order what lies below a name follows it at once.
        self.nodes.range(name..).next().is_some_and(|(owner, _)| owner.is_at_or_below(name))
    }

    /// The SOA record.
    pub(crate) fn soa(&self) -> &Record {
        self.set(&self.apex, RrType::SOA).first().expect("a zone without SOA is refused when it is built")
    }

    /// The SOA record as it stands in a negative answer: its TTL is at most the minimum field (RFC 2308 §3).
    pub(crate) fn negative_soa(&self) -> Record {
        let mut soa = self.soa().clone();
        let minimum = rdata::Soa::read(&soa.rdata).map_or(soa.ttl, |data| data.minimum);
        soa.ttl = soa.ttl.min(minimum);
        soa
    }

    pub(crate) fn aliases(&self) -> &[Alias] {
        &self.aliases
    }

    /// Makes the zone answer for `n0`, `n1`, ... below its apex.
    pub(crate) fn number(&mut self) {
        self.numbered = Numbered::Yes;
    }

    pub(crate) fn is_numbered(&self) -> bool {
        self.numbered == Numbered::Yes
    }

    /// The A record of a numbered name, if this zone has them and `name` is one.
    pub(crate) fn numbered_address(&self, name: &Name) -> Option<Record> {
        let number = self.is_numbered().then(|| number_of(name, &self.apex)).flatten()?;
        // 11.0.0.0/8 has room for 16 million distinct answers.
        let address = Ipv4Addr::from(0x0B00_0000 | number & 0x00FF_FFFF);
        Some(Record::new(name.clone(), RrType::A, NUMBERED_TTL, address.octets()))
    }
}

/// The number in a name such as `n42` right below `apex`.
fn number_of(name: &Name, apex: &Name) -> Option<u32> {
    if name.label_count() != apex.label_count() + 1 || !name.is_below(apex) {
        return None;
    }
    let label = name.labels().next()?;
    let digits = label.strip_prefix(b"n").or_else(|| label.strip_prefix(b"N"))?;
    let canonical = digits == b"0" || digits.first().is_some_and(|first| *first != b'0');
    canonical.then(|| std::str::from_utf8(digits).ok()?.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Zone, LabError> {
        let head = "$TTL 60\n@ IN SOA ns host 1 2 3 4 5\n@ IN NS ns\n";
        Zone::parse(&format!("{head}{text}"), &"example.".parse().unwrap())
    }

    #[test]
    fn what_no_zone_may_hold_is_refused_rfc1035_5_2() {
        assert!(matches!(parse("other.org. IN A 192.0.2.1\n"), Err(LabError::OutOfZone { .. })));
        assert!(matches!(parse("a IN CNAME b\na IN A 192.0.2.1\n"), Err(LabError::CnameAndOther { .. })));
        assert!(matches!(parse("a IN SOA ns host 1 2 3 4 5\n"), Err(LabError::Soa(_))));
        assert!(matches!(parse(";! ALIAS @ soon x.\n"), Err(LabError::Directive { .. })));
        assert!(matches!(Zone::parse("@ 60 IN A 192.0.2.1\n", &"example.".parse().unwrap()), Err(LabError::Soa(_))));
    }

    #[test]
    fn parentheses_join_lines_and_quotes_hide_them_rfc1035_5_1() {
        let zone = parse("t IN TXT ( ; first\n  \"a (b; \\\" c)\"\n  second )\nu IN A 192.0.2.1\n").unwrap();
        let text = zone.set(&"t.example.".parse().unwrap(), RrType::TXT)[0].to_string();
        assert_eq!(text, r#"t.example. 60 IN TXT "a (b; \" c)" "second""#);
        assert!(zone.exists(&"u.example.".parse().unwrap()));
    }

    #[test]
    fn dname_records_are_read_rfc6672_2_1() {
        let zone = parse("old IN 30 DNAME new\n").unwrap();
        let text = zone.set(&"old.example.".parse().unwrap(), RrType::DNAME)[0].to_string();
        assert_eq!(text, "old.example. 30 IN DNAME new.example.");
    }

    #[test]
    fn negative_ttl_is_the_smaller_of_ttl_and_minimum_rfc2308_3() {
        assert_eq!(parse("").unwrap().negative_soa().ttl, 5);
    }

    #[test]
    fn numbered_names_have_distinct_addresses() {
        let zone = parse(";! NUMBERED\n").unwrap();
        let address = |name: &str| zone.numbered_address(&name.parse().unwrap()).map(|record| record.rdata.to_vec());
        assert_eq!(address("n0.example."), Some(vec![11, 0, 0, 0]));
        assert_eq!(address("N70000.example."), Some(vec![11, 1, 17, 112]));
        for other in ["n.example.", "n01.example.", "m1.example.", "n1.n1.example.", "n1.org.", "example."] {
            assert_eq!(address(other), None, "{other}");
        }
    }
}
