//! Domain names in wire form.
//!
//! A [`Name`] is the uncompressed wire form of RFC 1035 §3.1 (length octet, label, ..., zero octet), at most 255
//! octets. Letter case is kept and ignored by `Eq`, `Ord` and `Hash` (RFC 4343). The order is the canonical one of
//! RFC 4034 §6.1, so a sorted list of names is in NSEC order.
//!
//! ```
//! use proto::Name;
//! let name: Name = "www.Example.com.".parse().unwrap();
//! assert!(name.is_at_or_below(&"example.COM".parse().unwrap()));
//! assert_eq!(name.to_string(), "www.Example.com.");
//! ```

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use smallvec::SmallVec;

/// Longest name in octets, root label included (RFC 1035 §3.1).
pub const MAX_NAME_OCTETS: usize = 255;
const MAX_LABEL_OCTETS: usize = 63;
/// Labels of one octet each, root left out.
const MAX_LABELS: usize = MAX_NAME_OCTETS / 2;

/// A fully qualified domain name in uncompressed wire form.
pub struct Name {
    wire: SmallVec<[u8; 40]>,
}

/// Why a text or octet string is not a domain name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// A label is empty although more follow.
    #[error("a label is empty")]
    EmptyLabel,
    /// A label has more than 63 octets.
    #[error("a label has more than 63 octets")]
    LabelTooLong,
    /// The name has more than 255 octets.
    #[error("the name has more than 255 octets")]
    NameTooLong,
    /// A backslash is not followed by a character or three digits up to 255.
    #[error("a backslash must be followed by a character or by three digits up to 255")]
    BadEscape,
    /// The octets end inside the name.
    #[error("the name is cut off")]
    Truncated,
    /// A label type other than length or pointer (RFC 6891 §5).
    #[error("unknown label type")]
    BadLabelType,
    /// A compression pointer does not point backwards (RFC 1035 §4.1.4).
    #[error("a compression pointer does not point backwards")]
    BadPointer,
}

impl Name {
    /// The root, `.`.
    pub fn root() -> Self {
        Self { wire: SmallVec::from_slice(&[0]) }
    }

    /// Takes a whole uncompressed wire form; nothing may follow the root label.
    pub fn from_wire(octets: &[u8]) -> Result<Self, NameError> {
        let (name, end) = Self::read(octets, 0)?;
        if end == octets.len() && name.wire.len() == end { Ok(name) } else { Err(NameError::Truncated) }
    }

    /// Reads a possibly compressed name that starts at `at` in `message`; gives the name and the offset behind it.
    ///
    /// Every pointer must point strictly before the place where the current run of labels began, which bounds the
    /// work by the name's own length however the pointers are laid (RFC 1035 §4.1.4).
    pub fn read(message: &[u8], at: usize) -> Result<(Self, usize), NameError> {
        let mut wire = SmallVec::new();
        let mut position = at;
        let mut run_start = at;
        let mut end = None;
        loop {
            let length = *message.get(position).ok_or(NameError::Truncated)? as usize;
            match length & 0xC0 {
                0x00 => {
                    position += 1 + length;
                    if position > message.len() {
                        return Err(NameError::Truncated);
                    }
                    if wire.len() + position - run_start > MAX_NAME_OCTETS {
                        return Err(NameError::NameTooLong);
                    }
                    if length == 0 {
                        // Labels that stand side by side are copied at once.
                        wire.extend_from_slice(&message[run_start..position]);
                        return Ok((Self { wire }, end.unwrap_or(position)));
                    }
                }
                0xC0 => {
                    let low = *message.get(position + 1).ok_or(NameError::Truncated)? as usize;
                    let target = (length & 0x3F) << 8 | low;
                    if target >= run_start {
                        return Err(NameError::BadPointer);
                    }
                    end.get_or_insert(position + 2);
                    wire.extend_from_slice(&message[run_start..position]);
                    position = target;
                    run_start = target;
                }
                _ => return Err(NameError::BadLabelType),
            }
        }
    }

    /// The uncompressed wire form, root label included.
    pub fn wire(&self) -> &[u8] {
        &self.wire
    }

    /// True for `.`.
    pub fn is_root(&self) -> bool {
        self.wire.len() == 1
    }

    /// True if the leftmost label is `*` (RFC 4592 §2.1.1).
    pub fn is_wildcard(&self) -> bool {
        self.wire.starts_with(b"\x01*")
    }

    /// Labels from left to right, without the root label.
    pub fn labels(&self) -> Labels<'_> {
        Labels { rest: &self.wire }
    }

    /// Number of labels without the root label: 3 for `www.example.com.`.
    pub fn label_count(&self) -> usize {
        self.labels().count()
    }

    /// The name without its leftmost label; `None` for the root.
    pub fn parent(&self) -> Option<Self> {
        let skip = self.wire[0] as usize + 1;
        (!self.is_root()).then(|| Self { wire: SmallVec::from_slice(&self.wire[skip..]) })
    }

    /// The last `count` labels; the whole name if it has no more than that.
    pub fn suffix(&self, count: usize) -> Self {
        let mut skip = self.label_count().saturating_sub(count);
        let mut at = 0;
        while skip > 0 {
            at += self.wire[at] as usize + 1;
            skip -= 1;
        }
        Self { wire: SmallVec::from_slice(&self.wire[at..]) }
    }

    /// This name and its ancestors, the root last.
    pub fn ancestors(&self) -> impl Iterator<Item = Name> + '_ {
        std::iter::successors(Some(self.clone()), Name::parent)
    }

    /// True if `self` equals `zone` or lies below it.
    pub fn is_at_or_below(&self, zone: &Name) -> bool {
        let (own, other) = (self.wire.as_slice(), zone.wire.as_slice());
        let Some(start) = own.len().checked_sub(other.len()) else { return false };
        if !own[start..].eq_ignore_ascii_case(other) {
            return false;
        }
        // The suffix must begin at a label boundary.
        let mut at = 0;
        while at < start {
            at += own[at] as usize + 1;
        }
        at == start
    }

    /// True if `self` lies below `zone` and is not `zone` itself.
    pub fn is_below(&self, zone: &Name) -> bool {
        self.wire.len() > zone.wire.len() && self.is_at_or_below(zone)
    }

    /// The number of labels, from the right, that both names share.
    pub fn common_labels(&self, other: &Name) -> usize {
        let (own, others) = (LabelStarts::of(&self.wire), LabelStarts::of(&other.wire));
        let pairs = own.labels(&self.wire).zip(others.labels(&other.wire));
        pairs.take_while(|(a, b)| a.eq_ignore_ascii_case(b)).count()
    }

    /// `label` put in front of this name.
    pub fn prepend(&self, label: &[u8]) -> Result<Self, NameError> {
        if label.is_empty() {
            return Err(NameError::EmptyLabel);
        }
        if label.len() > MAX_LABEL_OCTETS {
            return Err(NameError::LabelTooLong);
        }
        if label.len() + 1 + self.wire.len() > MAX_NAME_OCTETS {
            return Err(NameError::NameTooLong);
        }
        let mut wire = SmallVec::with_capacity(label.len() + 1 + self.wire.len());
        wire.push(label.len() as u8);
        wire.extend_from_slice(label);
        wire.extend_from_slice(&self.wire);
        Ok(Self { wire })
    }

    /// Replaces the suffix `from` by `to`, as a DNAME record does (RFC 6672 §2.2).
    ///
    /// `None` if `self` does not lie below `from`; `NameTooLong` if the result has more than 255 octets.
    pub fn replace_suffix(&self, from: &Name, to: &Name) -> Option<Result<Self, NameError>> {
        if !self.is_below(from) {
            return None;
        }
        let kept = self.wire.len() - from.wire.len();
        if kept + to.wire.len() > MAX_NAME_OCTETS {
            return Some(Err(NameError::NameTooLong));
        }
        let mut wire = SmallVec::from_slice(&self.wire[..kept]);
        wire.extend_from_slice(&to.wire);
        Some(Ok(Self { wire }))
    }

    /// The same name in lower case (canonical form, RFC 4034 §6.2).
    pub fn to_lowercase(&self) -> Self {
        let mut wire = self.clone().wire;
        wire.make_ascii_lowercase(); // length octets are below 64 and no letters
        Self { wire }
    }

    /// The same name with the case of its letters taken from `bits`, a fresh word per 64 letters ("0x20").
    pub fn with_random_case(&self, mut bits: impl FnMut() -> u64) -> Self {
        let mut wire = self.clone().wire;
        let (mut word, mut left) = (0, 0);
        let mut at = 0;
        while wire[at] != 0 {
            let length = wire[at] as usize;
            for octet in &mut wire[at + 1..at + 1 + length] {
                if !octet.is_ascii_alphabetic() {
                    continue;
                }
                if left == 0 {
                    (word, left) = (bits(), 64);
                }
                *octet = if word & 1 == 1 { octet.to_ascii_uppercase() } else { octet.to_ascii_lowercase() };
                word >>= 1;
                left -= 1;
            }
            at += length + 1;
        }
        Self { wire }
    }

    /// Equality that does not ignore letter case.
    pub fn eq_with_case(&self, other: &Name) -> bool {
        self.wire == other.wire
    }
}

/// Iterator over labels, see [`Name::labels`].
#[derive(Debug, Clone)]
pub struct Labels<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Labels<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let length = *self.rest.first()? as usize;
        if length == 0 {
            return None;
        }
        let (label, rest) = self.rest[1..].split_at(length);
        self.rest = rest;
        Some(label)
    }
}

impl Clone for Name {
    fn clone(&self) -> Self {
        // SmallVec's own takes octet after octet.
        Self { wire: SmallVec::from_slice(&self.wire) }
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.wire.eq_ignore_ascii_case(&other.wire)
    }
}

impl Eq for Name {}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let mut lower = [0; MAX_NAME_OCTETS];
        let lower = &mut lower[..self.wire.len()];
        lower.copy_from_slice(&self.wire);
        lower.make_ascii_lowercase();
        state.write(lower);
    }
}

impl Ord for Name {
    fn cmp(&self, other: &Self) -> Ordering {
        let (own, others) = (LabelStarts::of(&self.wire), LabelStarts::of(&other.wire));
        for (a, b) in own.labels(&self.wire).zip(others.labels(&other.wire)) {
            let order = a.iter().map(u8::to_ascii_lowercase).cmp(b.iter().map(u8::to_ascii_lowercase));
            if order != Ordering::Equal {
                return order;
            }
        }
        own.count.cmp(&others.count)
    }
}

/// Where the labels of a name begin: names are compared from their end (RFC 4034 §6.1), and read from their start.
struct LabelStarts {
    starts: [u8; MAX_LABELS],
    count: usize,
}

impl LabelStarts {
    fn of(wire: &[u8]) -> Self {
        let mut found = Self { starts: [0; MAX_LABELS], count: 0 };
        let mut at = 0;
        while wire[at] != 0 {
            found.starts[found.count] = at as u8; // a name has 255 octets at most
            found.count += 1;
            at += usize::from(wire[at]) + 1;
        }
        found
    }

    /// The last label first.
    fn labels<'w>(&self, wire: &'w [u8]) -> impl Iterator<Item = &'w [u8]> {
        self.starts[..self.count].iter().rev().map(|start| {
            let start = usize::from(*start);
            &wire[start + 1..=start + usize::from(wire[start])]
        })
    }
}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_root() {
            return f.write_str(".");
        }
        for label in self.labels() {
            for &octet in label {
                match octet {
                    b'.' | b'\\' | b'"' | b';' | b'(' | b')' | b'@' | b'$' => write!(f, "\\{}", octet as char)?,
                    0x21..=0x7E => write!(f, "{}", octet as char)?,
                    _ => write!(f, "\\{octet:03}")?,
                }
            }
            f.write_str(".")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Name {
    type Err = NameError;

    /// Reads presentation form (RFC 1035 §5.1); a name without final dot is taken as fully qualified all the same.
    fn from_str(text: &str) -> Result<Self, NameError> {
        if text == "." {
            return Ok(Self::root());
        }
        let mut wire: SmallVec<[u8; 40]> = SmallVec::new();
        let mut label: SmallVec<[u8; 63]> = SmallVec::new();
        let mut octets = text.bytes();
        let mut ended = false;
        while let Some(octet) = octets.next() {
            ended = false;
            match octet {
                b'.' => {
                    push_label(&mut wire, &label)?;
                    label.clear();
                    ended = true;
                }
                b'\\' => label.push(read_escape(&mut octets)?),
                _ => label.push(octet),
            }
        }
        if !ended {
            push_label(&mut wire, &label)?;
        }
        wire.push(0);
        if wire.len() > MAX_NAME_OCTETS {
            return Err(NameError::NameTooLong);
        }
        Ok(Self { wire })
    }
}

fn push_label(wire: &mut SmallVec<[u8; 40]>, label: &[u8]) -> Result<(), NameError> {
    if label.is_empty() {
        return Err(NameError::EmptyLabel);
    }
    if label.len() > MAX_LABEL_OCTETS {
        return Err(NameError::LabelTooLong);
    }
    wire.push(label.len() as u8);
    wire.extend_from_slice(label);
    Ok(())
}

fn read_escape(octets: &mut std::str::Bytes<'_>) -> Result<u8, NameError> {
    let first = octets.next().ok_or(NameError::BadEscape)?;
    if !first.is_ascii_digit() {
        return Ok(first);
    }
    let mut value = u16::from(first - b'0');
    for _ in 0..2 {
        let digit = octets.next().filter(u8::is_ascii_digit).ok_or(NameError::BadEscape)?;
        value = value * 10 + u16::from(digit - b'0');
    }
    u8::try_from(value).map_err(|_| NameError::BadEscape)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        text.parse().unwrap()
    }

    #[test]
    fn presentation_form_reads_and_writes_rfc1035_5_1() {
        for text in [".", "com.", "www.example.com.", "a\\.b.c.", "\\000\\255.", "*.x."] {
            assert_eq!(name(text).to_string(), text);
        }
        assert_eq!(name("no.dot").to_string(), "no.dot.");
        for (text, error) in [
            ("a..b", NameError::EmptyLabel),
            ("", NameError::EmptyLabel),
            ("\\25", NameError::BadEscape),
            ("\\256", NameError::BadEscape),
            (&"a".repeat(64), NameError::LabelTooLong),
            (&"abcdefg.".repeat(32), NameError::NameTooLong),
        ] {
            assert_eq!(text.parse::<Name>().unwrap_err(), error, "{text}");
        }
    }

    #[test]
    fn case_is_kept_and_ignored_rfc4343() {
        let (a, b) = (name("WWW.example."), name("www.EXAMPLE."));
        assert_eq!(a, b);
        assert!(!a.eq_with_case(&b));
        assert_eq!(a.cmp(&b), Ordering::Equal);
        assert_eq!(a.to_string(), "WWW.example.");
    }

    #[test]
    fn canonical_order_rfc4034_6_1() {
        let sorted = [
            "example.",
            "a.example.",
            "yljkjljk.a.example.",
            "Z.a.example.",
            "zABC.a.EXAMPLE.",
            "z.example.",
            "\\001.z.example.",
            "*.z.example.",
            "\\200.z.example.",
        ];
        for pair in sorted.windows(2) {
            assert_eq!(name(pair[0]).cmp(&name(pair[1])), Ordering::Less, "{pair:?}");
        }
    }

    #[test]
    fn subdomains_end_at_label_boundaries() {
        assert!(name("a.example.").is_at_or_below(&name("example.")));
        assert!(name("example.").is_at_or_below(&name("example.")));
        assert!(!name("example.").is_below(&name("example.")));
        assert!(!name("badexample.").is_at_or_below(&name("example.")));
        // The label "a\007example" ends in octets that look like the wire form of example.
        assert!(!name("a\\007example.").is_at_or_below(&name("example.")));
        assert!(name("x.").is_below(&Name::root()));
        assert_eq!(name("a.b.c.").suffix(2), name("b.c."));
        assert_eq!(name("a.b.c.").common_labels(&name("x.B.c.")), 2);
    }

    #[test]
    fn compression_pointers_only_go_back_rfc1035_4_1_4() {
        let message = b"\x03com\x00\x03www\xC0\x00\xC0\x0B\xC0\x05";
        assert_eq!(Name::read(message, 5).unwrap(), (name("www.com."), 11));
        assert_eq!(Name::read(message, 11).unwrap_err(), NameError::BadPointer);
        assert_eq!(Name::read(message, 13).unwrap().0, name("www.com."));
        // A pointer into its own run of labels would loop for ever.
        assert_eq!(Name::read(b"\x01a\xC0\x00", 0).unwrap_err(), NameError::BadPointer);
        assert_eq!(Name::read(b"\x40", 0).unwrap_err(), NameError::BadLabelType);
        assert_eq!(Name::read(b"\x05ab", 0).unwrap_err(), NameError::Truncated);
    }

    #[test]
    fn dname_substitution_rfc6672_2_2() {
        let (from, to) = (name("old."), name("new.example."));
        assert_eq!(name("a.b.old.").replace_suffix(&from, &to).unwrap().unwrap(), name("a.b.new.example."));
        assert!(name("old.").replace_suffix(&from, &to).is_none());
        let long = name(&format!("{}old.", "abcdefg.".repeat(31).replacen("abcdefg.", "ab.", 1)));
        assert_eq!(long.replace_suffix(&from, &to).unwrap().unwrap_err(), NameError::NameTooLong);
    }

    #[test]
    fn random_case_touches_letters_only() {
        let mixed = name("a1-b.\\@c.").with_random_case(|| u64::MAX);
        assert_eq!(mixed.to_string(), "A1-B.\\@C.");
    }
}
