//! NSEC records (RFC 4034 §4) and what each of them says.

use proto::{Name, RrType, Rrset};

use crate::TypeBitmap;

/// An NSEC record of a zone.
#[derive(Debug, Clone)]
pub(crate) struct Nsec<'a> {
    pub(crate) owner: &'a Name,
    pub(crate) next: Name,
    pub(crate) types: TypeBitmap<'a>,
}

impl<'a> Nsec<'a> {
    /// Reads a set of one record that belongs to the zone.
    ///
    /// `None` if owner or next name lie outside the zone: such a record proves nothing and is not kept
    /// (it would deny names of others).
    pub(crate) fn read(set: &'a Rrset, zone: &Name) -> Option<Self> {
        let rdata = set.rdatas.iter().next().filter(|_| set.rtype == RrType::NSEC && set.rdatas.len() == 1)?;
        let (next, used) = Name::read(rdata, 0).ok()?;
        let types = TypeBitmap::read(&rdata[used..])?;
        let inside = set.name.is_at_or_below(zone) && next.is_at_or_below(zone);
        inside.then_some(Self { owner: &set.name, next, types })
    }

    /// Whether the name lies strictly between owner and next name (RFC 4034 §6.1 gives the order).
    pub(crate) fn spans(&self, name: &Name, zone: &Name) -> bool {
        // The last record of the zone leads back to the apex.
        *self.owner < *name && (*name < self.next || self.next == *zone)
    }

    /// Whether it proves that nothing stands at the name: neither data nor an empty non-terminal.
    pub(crate) fn denies(&self, name: &Name, zone: &Name) -> bool {
        self.spans(name, zone) && !self.is_above_cut(name) && !self.next.is_below(name)
    }

    /// Whether the name is an empty non-terminal: something stands below it (RFC 4592 §2.2.2).
    pub(crate) fn makes_empty_non_terminal(&self, name: &Name, zone: &Name) -> bool {
        self.spans(name, zone) && !self.is_above_cut(name) && self.next.is_below(name)
    }

    /// Whether the owner is a delegation or DNAME above the name: then it cannot know what is below
    /// (RFC 6840 §4.1, RFC 6672 §5.3.4.1).
    fn is_above_cut(&self, name: &Name) -> bool {
        name.is_below(self.owner) && (self.is_delegation() || self.types.has(RrType::DNAME))
    }

    /// Whether the owner is a zone cut, seen from above.
    pub(crate) fn is_delegation(&self) -> bool {
        self.types.has(RrType::NS) && !self.types.has(RrType::SOA)
    }

    /// The deepest name above (or at) the denied name that must exist, as far as this record tells (RFC 4592 §3.3.1).
    pub(crate) fn closest_encloser(&self, name: &Name) -> Name {
        let labels = name.common_labels(self.owner).max(name.common_labels(&self.next));
        name.suffix(labels)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        text.parse().unwrap()
    }

    fn set(owner: &str, next: &str, bitmap: &[u8]) -> Rrset {
        let rdata = [name(next).wire(), bitmap].concat();
        Rrset::new(name(owner), RrType::NSEC, 60, [rdata.as_slice()])
    }

    const A: &[u8] = &[0, 1, 0x40];
    const NS: &[u8] = &[0, 1, 0x20];

    #[test]
    fn records_that_leave_their_zone_say_nothing() {
        assert!(Nsec::read(&set("a.example.", "b.example.", A), &name("example.")).is_some());
        assert!(Nsec::read(&set("a.example.", "b.other.", A), &name("example.")).is_none());
        assert!(Nsec::read(&set("a.other.", "b.example.", A), &name("example.")).is_none());
        assert!(Nsec::read(&set("a.example.", "b.example.", &[0]), &name("example.")).is_none(), "bitmap malformed");
    }

    #[test]
    fn names_between_owner_and_next_are_denied_rfc4034_6_1() {
        let zone = name("example.");
        let set = set("a.example.", "y.d.example.", A);
        let nsec = Nsec::read(&set, &zone).unwrap();
        for (ask, denied) in [
            ("b.example.", true),
            ("x.a.example.", true),
            ("a.d.example.", true),
            ("d.example.", false),   // an empty non-terminal
            ("a.example.", false),   // the owner
            ("y.d.example.", false), // the next
            ("z.example.", false),
        ] {
            assert_eq!(nsec.denies(&name(ask), &zone), denied, "{ask}");
        }
        assert!(nsec.makes_empty_non_terminal(&name("d.example."), &zone));
    }

    #[test]
    fn the_last_record_leads_to_the_apex() {
        let zone = name("example.");
        let set = set("m.example.", "example.", A);
        let nsec = Nsec::read(&set, &zone).unwrap();
        assert!(nsec.denies(&name("z.example."), &zone));
        assert!(!nsec.denies(&name("b.example."), &zone));
    }

    #[test]
    fn a_delegation_denies_nothing_below_itself_rfc6840_4_1() {
        let zone = name("example.");
        let set = set("sub.example.", "z.example.", NS);
        let nsec = Nsec::read(&set, &zone).unwrap();
        assert!(!nsec.denies(&name("www.sub.example."), &zone));
        assert!(nsec.denies(&name("t.example."), &zone));
    }
}
