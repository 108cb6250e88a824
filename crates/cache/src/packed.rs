//! Values in few octets, and back.
//!
//! What an entry says again is left out: names share the labels of the owner, signatures the type and the time to live of what
//! they cover. Nothing is lost: letter case and order stay. Lengths take one octet up to 127.

use std::net::IpAddr;

use proto::{Name, RrType, Rrset, rdata};

/// An RRSIG whose type covered is that of its set, and whose signer stands as a name: the other octets before and behind.
const TIDY: u8 = 1;
/// Beside [`TIDY`]: the original TTL is the one that the set has.
const SAME_TTL: u8 = 2;
/// Octets of an RRSIG before the signer (RFC 4034 §3.1).
const SIGNATURE_HEAD: usize = 18;

/// Writes values that belong to one owner.
pub(crate) struct Writer<'a> {
    owner: &'a [u8],
    pub(crate) octets: Vec<u8>,
}

impl<'a> Writer<'a> {
    /// Goes on behind `octets`; `owner` is in lower case.
    pub(crate) fn new(owner: &'a [u8], octets: Vec<u8>) -> Self {
        Self { owner, octets }
    }

    pub(crate) fn octet(&mut self, octet: u8) {
        self.octets.push(octet);
    }

    pub(crate) fn number(&mut self, number: u64) {
        let mut rest = number;
        while rest > 0x7F {
            self.octets.push(rest as u8 | 0x80);
            rest >>= 7;
        }
        self.octets.push(rest as u8);
    }

    pub(crate) fn field(&mut self, field: &[u8]) {
        self.number(field.len() as u64);
        self.octets.extend_from_slice(field);
    }

    /// The number of labels that the owner ends with as well, root left out, then those before them.
    pub(crate) fn name(&mut self, name: &Name) {
        let wire = name.wire();
        let (shared, at) = common_suffix(wire, self.owner);
        self.octets.push(shared);
        self.octets.extend_from_slice(&wire[..at]);
        self.octets.push(0);
    }

    pub(crate) fn address(&mut self, address: IpAddr) {
        match address {
            IpAddr::V4(v4) => self.field(&v4.octets()),
            IpAddr::V6(v6) => self.field(&v6.octets()),
        }
    }

    pub(crate) fn fields<'f>(&mut self, count: usize, fields: impl Iterator<Item = &'f [u8]>) {
        self.number(count as u64);
        fields.for_each(|field| self.field(field));
    }

    /// The data and signatures of a set with this type and TTL.
    pub(crate) fn data(&mut self, set: &Rrset) {
        self.fields(set.rdatas.len(), set.rdatas.iter());
        self.number(set.signatures.len() as u64);
        for signature in set.signatures.iter() {
            self.signature(signature, set.rtype, set.ttl);
        }
    }

    /// A whole set.
    pub(crate) fn set(&mut self, set: &Rrset) {
        self.name(&set.name);
        self.number(u64::from(set.rtype.0));
        self.number(u64::from(set.ttl));
        self.data(set);
    }

    pub(crate) fn sets(&mut self, sets: &[Rrset]) {
        self.number(sets.len() as u64);
        sets.iter().for_each(|set| self.set(set));
    }

    fn signature(&mut self, signature: &[u8], covered: RrType, ttl: u32) {
        let tidy = signature.len() > SIGNATURE_HEAD && rdata::rrsig_covers(signature) == Some(covered);
        let signer = tidy.then(|| Name::read(signature, SIGNATURE_HEAD).ok()).flatten();
        // A compressed signer cannot stand here; if it did, it would not come back as it was.
        let signer = signer.filter(|(name, end)| *end == SIGNATURE_HEAD + name.wire().len());
        let Some((signer, end)) = signer else {
            self.octet(0);
            return self.field(signature);
        };
        let same = signature[4..8] == ttl.to_be_bytes();
        self.octet(if same { TIDY | SAME_TTL } else { TIDY });
        self.octets.extend_from_slice(&signature[2..4]);
        if !same {
            self.octets.extend_from_slice(&signature[4..8]);
        }
        self.octets.extend_from_slice(&signature[8..SIGNATURE_HEAD]);
        self.name(&signer);
        self.field(&signature[end..]);
    }
}

/// Reads what a [`Writer`] wrote; `None` for anything else.
pub(crate) struct Reader<'a> {
    owner: &'a [u8],
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(owner: &'a [u8], octets: &'a [u8]) -> Self {
        Self { owner, rest: octets }
    }

    pub(crate) fn octet(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    pub(crate) fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let octet = self.octet()?;
            number |= u64::from(octet & 0x7F) << shift;
            if octet < 0x80 {
                return Some(number);
            }
        }
        None
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(taken)
    }

    pub(crate) fn field(&mut self) -> Option<&'a [u8]> {
        let length = self.number()?;
        self.take(usize::try_from(length).ok()?)
    }

    pub(crate) fn name(&mut self) -> Option<Name> {
        let shared = self.octet()?;
        let before = self.take(name_length(self.rest)?)?;
        let suffix = suffix(self.owner, usize::from(shared))?;
        let mut wire = [0; proto::MAX_NAME_OCTETS];
        let labels = before.len() - 1; // its own end
        let whole = wire.get_mut(..labels + suffix.len())?;
        whole[..labels].copy_from_slice(&before[..labels]);
        whole[labels..].copy_from_slice(suffix);
        Name::from_wire(whole).ok()
    }

    pub(crate) fn address(&mut self) -> Option<IpAddr> {
        let field = self.field()?;
        match (<[u8; 4]>::try_from(field), <[u8; 16]>::try_from(field)) {
            (Ok(v4), _) => Some(v4.into()),
            (_, Ok(v6)) => Some(v6.into()),
            _ => None,
        }
    }

    /// Data and signatures, as of `set` with its owner, type and TTL.
    pub(crate) fn data(&mut self, name: Name, rtype: RrType, ttl: u32) -> Option<Rrset> {
        let mut set = Rrset::new(name, rtype, ttl, []);
        set.rdatas = self.fields(|reader| reader.field().map(std::borrow::Cow::Borrowed))?;
        set.signatures = self.fields(|reader| reader.signature(rtype, ttl))?;
        Some(set)
    }

    fn fields(
        &mut self,
        mut read: impl FnMut(&mut Self) -> Option<std::borrow::Cow<'a, [u8]>>,
    ) -> Option<proto::Rdatas> {
        let count = self.number()?;
        let fields: Option<Vec<_>> = (0..count).map(|_| read(self)).collect();
        Some(proto::Rdatas::pack(fields?.iter().map(|field| field.as_ref())))
    }

    pub(crate) fn set(&mut self) -> Option<Rrset> {
        let name = self.name()?;
        let rtype = RrType(u16::try_from(self.number()?).ok()?);
        let ttl = u32::try_from(self.number()?).ok()?;
        self.data(name, rtype, ttl)
    }

    pub(crate) fn sets(&mut self) -> Option<Vec<Rrset>> {
        let count = self.number()?;
        (0..count).map(|_| self.set()).collect()
    }

    fn signature(&mut self, covered: RrType, ttl: u32) -> Option<std::borrow::Cow<'a, [u8]>> {
        let form = self.octet()?;
        if form & TIDY == 0 {
            return self.field().map(std::borrow::Cow::Borrowed);
        }
        let mut signature = Vec::with_capacity(128);
        signature.extend_from_slice(&covered.0.to_be_bytes());
        signature.extend_from_slice(self.take(2)?);
        match form & SAME_TTL {
            0 => signature.extend_from_slice(self.take(4)?),
            _ => signature.extend_from_slice(&ttl.to_be_bytes()),
        }
        signature.extend_from_slice(self.take(SIGNATURE_HEAD - 8)?);
        signature.extend_from_slice(self.name()?.wire());
        signature.extend_from_slice(self.field()?);
        Some(signature.into())
    }
}

/// Octets of the name in wire form that `octets` begins with.
pub(crate) fn name_length(octets: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        match octets.get(at)? {
            0 => return Some(at + 1),
            length => at += usize::from(*length) + 1,
        }
    }
}

/// The last `labels` labels of a name in wire form, with its end.
fn suffix(wire: &[u8], labels: usize) -> Option<&[u8]> {
    let count = starts(wire).count();
    let at = starts(wire).chain([wire.len() - 1]).nth(count.checked_sub(labels)?)?;
    wire.get(at..)
}

/// How many labels two names in wire form end with alike, and where they begin in `wire`.
fn common_suffix(wire: &[u8], owner: &[u8]) -> (u8, usize) {
    let count = starts(wire).count();
    let shared = starts(wire).enumerate().find(|(_, at)| {
        let suffix = &wire[*at..];
        // What looks like the end of the owner has to begin with a label there too.
        owner.ends_with(suffix) && starts(owner).any(|start| start == owner.len() - suffix.len())
    });
    shared.map_or((0, wire.len() - 1), |(before, at)| ((count - before) as u8, at)) // at most 127 labels
}

/// Where the labels of a name in wire form begin.
fn starts(wire: &[u8]) -> impl Iterator<Item = usize> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        let length = *wire.get(at).filter(|length| **length > 0)?;
        let start = at;
        at += usize::from(length) + 1;
        Some(start)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        text.parse().unwrap()
    }

    #[test]
    fn names_come_back_with_their_letters_and_share_what_they_can() {
        for (owner, text, octets) in [
            ("www.example.", "example.", 2),
            ("www.example.", "www.example.", 2),
            ("www.example.", ".", 2),
            (".", "com.", 6),
            ("www.example.", "ns.example.", 5),
            ("www.example.", "ns.Example.", 13),
            ("www.example.", "wxample.", 10),
            ("a.b.example.", "ab.example.", 5),
            ("b.a.example.", "a.b.example.", 6),
        ] {
            let owner = name(owner);
            let mut writer = Writer::new(owner.wire(), Vec::new());
            writer.name(&name(text));
            assert_eq!(writer.octets.len(), octets, "{owner} {text}");
            let read = Reader::new(owner.wire(), &writer.octets).name().unwrap();
            assert!(read.eq_with_case(&name(text)), "{owner} {text}: {read}");
        }
    }

    #[test]
    fn numbers_of_any_size_come_back() {
        for number in [0, 1, 127, 128, 16_383, 16_384, u64::from(u32::MAX), u64::MAX] {
            let mut writer = Writer::new(&[0], Vec::new());
            writer.number(number);
            assert_eq!(Reader::new(&[0], &writer.octets).number(), Some(number));
        }
        assert_eq!(Reader::new(&[0], &[0xFF; 11]).number(), None);
    }

    #[test]
    fn sets_come_back_as_they_were_whatever_stands_in_their_signatures() {
        let owner = name("www.example.");
        let signer = name("example.");
        let head = |covered: u8| [&[0, covered, 13, 2, 0, 0, 1, 44][..], &[7; 10]].concat();
        let signatures: Vec<Vec<u8>> = vec![
            [head(1), signer.wire().to_vec(), vec![9; 64]].concat(),
            [head(16), signer.wire().to_vec(), vec![9; 64]].concat(), // covers another type
            [head(1), vec![0xC0, 0x0C], vec![9; 64]].concat(),        // no name
            [head(1), signer.wire().to_vec()].concat(),               // nothing behind the signer
            head(1),
            vec![],
        ];
        for ttl in [300, 299] {
            let mut set = Rrset::new(owner.clone(), RrType::A, ttl, [&[192, 0, 2, 1][..], &[], &[0; 300]]);
            set.signatures = proto::Rdatas::pack(signatures.iter().map(Vec::as_slice));
            let mut writer = Writer::new(owner.wire(), Vec::new());
            writer.set(&set);
            assert_eq!(Reader::new(owner.wire(), &writer.octets).set(), Some(set));
        }
    }

    #[test]
    fn what_is_cut_off_is_nothing() {
        let owner = name("www.example.");
        let set = Rrset::new(owner.clone(), RrType::A, 300, [&[192, 0, 2, 1][..]]);
        let mut writer = Writer::new(owner.wire(), Vec::new());
        writer.set(&set);
        for length in 0..writer.octets.len() {
            assert_eq!(Reader::new(owner.wire(), &writer.octets[..length]).set(), None, "{length}");
        }
    }
}
