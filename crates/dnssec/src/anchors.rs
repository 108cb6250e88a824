//! Trust anchors: where chains of trust begin.

use std::collections::BTreeMap;

use proto::{Class, Name, Record, RrType, zonefile};

use crate::keys::Voucher;
use crate::{Ds, Key};

/// DS records of the root's keys as IANA publishes them: of 2017, and of 2024, which signs since October 2026.
const ROOT: &str = "\
. IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D
. IN DS 38696 8 2 683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16
";

/// A text that cannot be read as trust anchors.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnchorError {
    /// Not in the form of a zone file, nor of a file of managed keys.
    #[error("{0}")]
    Unreadable(String),
    /// A record of another type.
    #[error("{name} {rtype}: a trust anchor is a DS or DNSKEY record")]
    WrongType {
        /// Its owner.
        name: Name,
        /// Its type.
        rtype: RrType,
    },
    /// A record of a class without public zones to vouch for.
    #[error("{name} {rtype}: a trust anchor is of class IN")]
    WrongClass {
        /// Its owner.
        name: Name,
        /// Its type.
        rtype: RrType,
    },
    /// Data that is cut off.
    #[error("{name} {rtype}: the data is too short")]
    Malformed {
        /// Its owner.
        name: Name,
        /// Its type.
        rtype: RrType,
    },
    /// A statement of a `managed-keys` or `trust-anchors` clause that is not understood.
    #[error("not understood: {0}")]
    Statement(String),
}

/// Trust anchors by zone.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TrustAnchors {
    zones: BTreeMap<Name, Voucher>,
}

impl TrustAnchors {
    /// None: then nothing is validated.
    pub fn none() -> Self {
        Self::default()
    }

    /// The root's, as compiled in.
    pub fn root() -> Self {
        let mut anchors = Self::none();
        anchors.add_text(ROOT).expect("written above");
        anchors
    }

    /// Adds the anchors of a text: records in the form of a zone file (`root.key`), or a `managed-keys`, `trusted-keys` or
    /// `trust-anchors` clause. Keys that the state file of RFC 5011 followers keeps, but does not trust, are left out.
    ///
    /// # Errors
    /// What cannot be read.
    pub fn add_text(&mut self, text: &str) -> Result<(), AnchorError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text); // some editors begin files with it
        let records = match clause(text)? {
            Some(lines) => parse(&lines)?,
            None => parse(&trusted_lines(text))?,
        };
        for record in records {
            self.add(&record)?;
        }
        Ok(())
    }

    /// Adds one anchor. A key that is marked as revoked is left out: it must not begin a chain (RFC 5011 §2.1).
    ///
    /// # Errors
    /// [`AnchorError::WrongType`] and [`AnchorError::WrongClass`] for anything but DS and DNSKEY of class IN,
    /// [`AnchorError::Malformed`] for data that cannot be one of a zone.
    pub fn add(&mut self, record: &Record) -> Result<(), AnchorError> {
        let (name, rtype) = (record.name.clone(), record.rtype);
        // An entry without anchors would count as a zone whose algorithms nobody knows: judge first.
        if record.class != Class::IN {
            return Err(AnchorError::WrongClass { name, rtype });
        }
        let readable = match rtype {
            RrType::DS => Ds::read(&record.rdata).is_some(),
            RrType::DNSKEY => match Key::read(&record.rdata) {
                Some(key) if key.is_revoked() => return Ok(()),
                // RFC 4034 §2.1.1 and §2.1.2: anything else signs no zone.
                key => key.is_some_and(|key| key.signs()),
            },
            _ => return Err(AnchorError::WrongType { name, rtype }),
        };
        if !readable {
            return Err(AnchorError::Malformed { name, rtype });
        }
        let voucher = self.zones.entry(name).or_insert(Voucher { ds: vec![], dnskeys: vec![] });
        let list = if rtype == RrType::DS { &mut voucher.ds } else { &mut voucher.dnskeys };
        if !list.contains(&record.rdata) {
            list.push(record.rdata.clone());
        }
        Ok(())
    }

    /// Replaces the anchors of a zone, as RFC 5011 demands from time to time.
    pub fn set(&mut self, zone: Name, voucher: Voucher) {
        self.zones.insert(zone, voucher);
    }

    /// Takes the anchors of a zone away, as if none had ever been there (RFC 5011 §5).
    pub fn remove(&mut self, zone: &Name) {
        self.zones.remove(zone);
    }

    /// What vouches for the keys of exactly this zone.
    pub fn of(&self, zone: &Name) -> Option<&Voucher> {
        self.zones.get(zone)
    }

    /// The deepest zone with an anchor at or above the name.
    pub fn above(&self, name: &Name) -> Option<&Name> {
        name.ancestors().find_map(|zone| self.zones.get_key_value(&zone).map(|(zone, _)| zone))
    }

    /// The zones that have anchors.
    pub fn zones(&self) -> impl Iterator<Item = (&Name, &Voucher)> {
        self.zones.iter()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.zones.is_empty()
    }
}

fn parse(text: &str) -> Result<Vec<Record>, AnchorError> {
    zonefile::parse(text, &Name::root()).map_err(|error| AnchorError::Unreadable(error.to_string()))
}

/// The lines of a `root.key` whose key counts: each may end in `;;state=2 [ VALID ] …`. State 3, missing, is trusted as
/// well; 1 is waiting, 4 revoked, 5 removed (RFC 5011 §4).
fn trusted_lines(text: &str) -> String {
    let state = |line: &str| line.split_once(";;state=").and_then(|(_, rest)| rest.trim_start().chars().next());
    let trusted = text.lines().filter(|line| state(line).is_none_or(|state| state == '2' || state == '3'));
    trusted.flat_map(|line| [line, "\n"]).collect()
}

/// A line of a clause without its comment. Base64 has slashes too, but never behind a blank.
fn without_comment(line: &str) -> &str {
    let starts = ["//", "#"].iter().filter_map(|mark| {
        let mut places = line.match_indices(mark).map(|(at, _)| at);
        places.find(|at| line[..*at].chars().next_back().is_none_or(|before| before.is_whitespace() || before == ';'))
    });
    &line[..starts.min().unwrap_or(line.len())]
}

/// A text without comments of the form `/* … */`. There is no `*` in Base64.
fn without_blocks(text: &str) -> String {
    let mut parts = text.split("/*");
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        kept += part.split_once("*/").map_or("", |(_, behind)| behind);
    }
    kept
}

const CLAUSES: [&str; 3] = ["managed-keys", "trusted-keys", "trust-anchors"];

/// The statements of clauses as records, if the text has such: `. initial-key 257 3 8 "AwEA…";`.
fn clause(text: &str) -> Result<Option<String>, AnchorError> {
    let text = without_blocks(text);
    let text: Vec<&str> = text.lines().map(without_comment).collect();
    let text = text.join("\n");
    let mut rest = text.trim_start();
    if !CLAUSES.iter().any(|word| rest.starts_with(word)) {
        return Ok(None);
    }
    let mut lines = String::new();
    while !rest.is_empty() {
        let begun = CLAUSES.iter().find_map(|word| rest.strip_prefix(word)?.trim_start().strip_prefix('{'));
        // There are no braces in names and Base64.
        let Some((statements, behind)) = begun.and_then(|begun| begun.split_once('}')) else {
            let line = rest.lines().next().unwrap_or_default();
            return Err(AnchorError::Statement(format!("{line} (a clause is trust-anchors {{ ... }};)")));
        };
        for statement in statements.split(';').map(str::trim).filter(|statement| !statement.is_empty()) {
            lines += &record_of(statement).ok_or_else(|| AnchorError::Statement(statement.to_owned()))?;
            lines.push('\n');
        }
        rest = behind.trim_start_matches(|c: char| c == ';' || c.is_whitespace());
    }
    Ok(Some(lines))
}

fn record_of(statement: &str) -> Option<String> {
    let words: Vec<String> = statement.split_whitespace().map(|word| word.replace('"', "")).collect();
    let mut words = words.iter().map(String::as_str);
    let name = words.next().filter(|name| !name.is_empty())?;
    let name = if name.ends_with('.') { name.to_owned() } else { format!("{name}.") };
    let mut rest: Vec<&str> = words.collect();
    let rtype = match *rest.first()? {
        "initial-key" | "static-key" => {
            rest.remove(0);
            "DNSKEY"
        }
        "initial-ds" | "static-ds" => {
            rest.remove(0);
            "DS"
        }
        // trusted-keys has no word in between.
        _ => "DNSKEY",
    };
    (rest.len() >= 4).then(|| format!("{name} IN {rtype} {}", rest.join(" ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_keys_of_the_root_are_compiled_in() {
        let anchors = TrustAnchors::root();
        let voucher = anchors.of(&Name::root()).unwrap();
        let tags: Vec<u16> = voucher.ds.iter().map(|ds| crate::Ds::read(ds).unwrap().key_tag).collect();
        assert_eq!(tags, [20326, 38696]);
    }

    #[test]
    fn the_deepest_anchor_above_a_name_counts() {
        let mut anchors = TrustAnchors::root();
        anchors.add_text("example. IN DS 1 13 2 00").unwrap();
        let above = |name: &str| anchors.above(&name.parse().unwrap()).unwrap().to_string();
        assert_eq!(above("www.example."), "example.");
        assert_eq!(above("example."), "example.");
        assert_eq!(above("other."), ".");
        assert!(TrustAnchors::none().above(&Name::root()).is_none());
    }

    #[test]
    fn clauses_of_managed_keys_are_read() {
        let mut anchors = TrustAnchors::none();
        let text = "managed-keys {\n  // the root\n  . initial-key 257 3 8 \"AwEAAaz//\n   Am8//8=\"; // end\n};\n";
        anchors.add_text(text).unwrap();
        assert_eq!(anchors.of(&Name::root()).unwrap().dnskeys.len(), 1);
        let mut anchors = TrustAnchors::none();
        let text = "trust-anchors {\n example initial-ds 20326 8 2 \"E06D\"; # comment\n};";
        anchors.add_text(text).unwrap();
        assert_eq!(anchors.of(&"example.".parse().unwrap()).unwrap().ds.len(), 1);
    }

    #[test]
    fn other_records_are_refused() {
        let mut anchors = TrustAnchors::none();
        assert!(matches!(anchors.add_text(". IN A 192.0.2.1"), Err(AnchorError::WrongType { .. })));
        for text in ["managed-keys { . what; };", "trusted-keys { };\nzones { };", "trusted-keys {", "trusted-keys } {"]
        {
            assert!(matches!(anchors.add_text(text), Err(AnchorError::Statement(_))), "{text}");
        }
        assert!(anchors.add_text("nonsense").is_err());
    }

    #[test]
    fn what_is_refused_leaves_nothing_behind() {
        // An entry without anchors would count as a zone signed with algorithms that nobody knows.
        // The last two: a key without the flag of a zone key, and one of another protocol (RFC 4034 §2.1.1 and §2.1.2).
        let texts = [
            ". IN A 192.0.2.1",
            ". CH DS 20326 8 2 E06D",
            ". IN TYPE43 \\# 3 010203",
            ". IN DNSKEY \\# 2 0101",
            ". IN DNSKEY 0 3 8 AwEAAaz/",
            ". IN DNSKEY 257 2 8 AwEAAaz/",
        ];
        for text in texts {
            let mut anchors = TrustAnchors::none();
            assert!(anchors.add_text(text).is_err(), "{text}");
            assert!(anchors.is_empty(), "{text}");
        }
    }

    #[test]
    fn revoked_keys_are_no_anchors_rfc5011_2_1() {
        let mut anchors = TrustAnchors::none();
        anchors.add_text(". IN DNSKEY 385 3 8 AwEAAaz/\n").unwrap();
        assert!(anchors.is_empty());
    }

    #[test]
    fn the_state_of_a_key_in_root_key_counts_rfc5011_4() {
        for (state, trusted) in [(0, false), (1, false), (2, true), (3, true), (4, false), (5, false)] {
            let text = format!(
                "; autotrust trust anchor file\n;;id: . 1\n;;last_queried: 1 ;;Thu\n\
                 .\t86400\tIN\tDNSKEY\t257 3 8 AwEAAaz/ ;{{id = 1 (ksk), size = 8b}} ;;state={state} [ X ] ;;count=0\n"
            );
            let mut anchors = TrustAnchors::none();
            anchors.add_text(&text).unwrap();
            assert_eq!(!anchors.is_empty(), trusted, "state {state}");
        }
    }

    #[test]
    fn the_forms_of_files_are_read() {
        let key = "AwEAAaz/";
        for (text, ds, dnskeys) in [
            (". 3600 IN DS 20326 8 2 ( E06D\n 44B8 ) ; comment\n", 1, 0),
            (". DS 20326 8 2 E06D44B8", 1, 0),
            (&format!(". IN DNSKEY 257 3 8 {key} ;{{id = 20326 (ksk), size = 2048b}}\n"), 0, 1),
            (&format!("$ORIGIN .\n@ 172800 IN DNSKEY 257 3 8 {key}\n"), 0, 1),
            (&format!("\u{feff}. 172800 IN DNSKEY 257 3 8 {key}\n"), 0, 1),
            (&format!("trusted-keys {{ \".\" 257 3 8 \"{key}\"; }};"), 0, 1),
            ("/* two\n lines */\n# head\nmanaged-keys { . initial-key 257 3 8 \"Aw EA\n Aaz/\"; };", 0, 1),
            (&format!("trust-anchors {{ . static-key 257 3 8 \"{key}\"; . static-ds 1 8 2 \"AB CD\"; }};"), 1, 1),
            (
                &format!("trusted-keys {{ . 257 3 8 \"{key}\"; }};\n\ntrust-anchors {{ . static-ds 1 8 2 \"AB\"; }};"),
                1,
                1,
            ),
        ] {
            let mut anchors = TrustAnchors::none();
            anchors.add_text(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            let voucher = anchors.of(&Name::root()).unwrap();
            assert_eq!((voucher.ds.len(), voucher.dnskeys.len()), (ds, dnskeys), "{text}");
        }
    }
}
