//! Writing messages: compression (RFC 1035 §4.1.4) and size limits.

use crate::message::{Flags, HEADER_OCTETS, QuestionEntry};
use crate::rdata;
use crate::{Edns, Name, Record};

/// So many suffixes are remembered as targets of pointers; bounds the work on a message with many names.
const MAX_TARGETS: usize = 64;

/// Builds one message.
pub(crate) struct Writer {
    out: Vec<u8>,
    limit: usize,
    /// Offsets where a name or a suffix of one stands uncompressed.
    targets: Vec<u16>,
}

impl Writer {
    pub(crate) fn new(id: u16, flags: Flags, limit: usize) -> Self {
        let mut out = Vec::with_capacity(512);
        out.extend_from_slice(&id.to_be_bytes());
        out.extend_from_slice(&flags.0.to_be_bytes());
        out.extend_from_slice(&[0; HEADER_OCTETS - 4]);
        Self { out, limit, targets: Vec::with_capacity(16) }
    }

    pub(crate) fn question(&mut self, entry: &QuestionEntry) {
        self.name(&entry.question.name);
        self.out.extend_from_slice(&entry.question.rtype.0.to_be_bytes());
        self.out.extend_from_slice(&entry.class.0.to_be_bytes());
        self.count(0);
    }

    /// Writes records as long as whole RRsets fit; true if all did.
    pub(crate) fn section(&mut self, index: usize, records: &[Record]) -> bool {
        let mut rest = records;
        while let Some(first) = rest.first() {
            let set = rest.iter().take_while(|record| record.rtype == first.rtype && record.name == first.name).count();
            let start = (self.out.len(), self.targets.len());
            for record in &rest[..set] {
                self.record(record);
                if self.out.len() > self.limit {
                    self.out.truncate(start.0);
                    self.targets.truncate(start.1);
                    return false;
                }
            }
            for _ in 0..set {
                self.count(index);
            }
            rest = &rest[set..];
        }
        true
    }

    pub(crate) fn edns(&mut self, edns: &Edns) {
        edns.write(&mut self.out);
        self.count(3);
    }

    pub(crate) fn set_truncated(&mut self) {
        self.out[2] |= (Flags::TC >> 8) as u8;
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        self.out
    }

    fn count(&mut self, section: usize) {
        let at = 4 + 2 * section;
        let count = u16::from_be_bytes([self.out[at], self.out[at + 1]]).saturating_add(1);
        self.out[at..at + 2].copy_from_slice(&count.to_be_bytes());
    }

    fn record(&mut self, record: &Record) {
        self.name(&record.name);
        self.out.extend_from_slice(&record.rtype.0.to_be_bytes());
        self.out.extend_from_slice(&record.class.0.to_be_bytes());
        self.out.extend_from_slice(&record.ttl.to_be_bytes());
        let length_at = self.out.len();
        self.out.extend_from_slice(&[0, 0]);
        self.data(record);
        let length = (self.out.len() - length_at - 2) as u16;
        self.out[length_at..length_at + 2].copy_from_slice(&length.to_be_bytes());
    }

    /// Record data; names are compressed in the types of RFC 1035 only (RFC 3597 §4).
    fn data(&mut self, record: &Record) {
        let data = &record.rdata;
        let layout = rdata::compressible(record.rtype).filter(|_| rdata::check(record.rtype, data).is_ok());
        let Some(layout) = layout else { return self.out.extend_from_slice(data) };
        self.out.extend_from_slice(&data[..layout.prefix]);
        let mut at = layout.prefix;
        for _ in 0..layout.names {
            let Ok((name, end)) = Name::read(data, at) else { break };
            self.name(&name);
            at = end;
        }
        self.out.extend_from_slice(&data[at..]);
    }

    fn name(&mut self, name: &Name) {
        let wire = name.wire();
        let mut at = 0;
        while wire[at] != 0 {
            if let Some(target) = self.find(&wire[at..]) {
                self.out.extend_from_slice(&(0xC000 | target).to_be_bytes());
                return;
            }
            let here = self.out.len();
            if here < 0x4000 && self.targets.len() < MAX_TARGETS {
                self.targets.push(here as u16);
            }
            let next = at + 1 + wire[at] as usize;
            self.out.extend_from_slice(&wire[at..next]);
            at = next;
        }
        self.out.push(0);
    }

    fn find(&self, suffix: &[u8]) -> Option<u16> {
        self.targets.iter().copied().find(|&target| self.stands_at(usize::from(target), suffix))
    }

    /// True if the possibly compressed name at `at` equals `suffix`, letter case ignored.
    fn stands_at(&self, mut at: usize, mut suffix: &[u8]) -> bool {
        loop {
            // A name that is being written ends in the open: "1.1" must not find its second label in its first.
            let Some(&length) = self.out.get(at) else { return false };
            if length >= 0xC0 {
                at = usize::from(length & 0x3F) << 8 | usize::from(self.out[at + 1]);
                continue;
            }
            let octets = usize::from(length) + 1;
            let same = suffix.len() >= octets
                && self.out.get(at..at + octets).is_some_and(|label| label.eq_ignore_ascii_case(&suffix[..octets]));
            if !same || length == 0 {
                return same;
            }
            at += octets;
            suffix = &suffix[octets..];
        }
    }
}
