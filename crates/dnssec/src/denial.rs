//! Denials of existence: what a set of NSEC or NSEC3 records proves (RFC 4035 §5.4, RFC 5155 §8, RFC 6840 §4).
//!
//! The records come in checked: each is signed by a key of the zone, and none was made from a wildcard.

mod by_nsec;
mod by_nsec3;

use proto::{Name, RrType, Rrset};

use crate::nsec::Nsec;
use crate::nsec3::{Hasher, Judgement, Nsec3, from_base32hex, hash};
use crate::{Effort, Why};

/// Denial records of one answer that are looked at; a proof needs three.
pub const MAX_RECORDS: usize = 8;

/// A zone says nothing of names outside it; its last NSEC record would seem to.
const FOREIGN: &str = "the name is not in the zone of the records";

/// The hash in the owner name of an NSEC3 record.
pub fn nsec3_owner_hash(owner: &Name) -> Option<[u8; 20]> {
    from_base32hex(owner.labels().next()?)
}

/// The hash of a name with the parameters of an NSEC3 set; `None` if they cost more than anybody has to pay.
pub fn nsec3_hash(name: &Name, like: &Rrset) -> Option<[u8; 20]> {
    let zone = like.name.parent()?;
    let record = Nsec3::read(like, &zone)?;
    let parameters = record.parameters;
    (parameters.judge(&zone) == Judgement::Fine).then(|| hash(name, parameters.salt, parameters.iterations))
}

/// How far a proof reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proven {
    /// It holds.
    Secure,
    /// It holds, but for unsigned delegations that an opt-out span may hide (RFC 5155 §6), or the zone hashes more
    /// often than anybody has to follow. The denial counts as unsigned.
    Insecure(Option<Why>),
}

/// What a proof says of a name that may be a delegation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoDs {
    /// A delegation without DS: the zone below is unsigned.
    Unsigned,
    /// The name may be an unsigned delegation, hidden in an opt-out span.
    OptOut,
    /// No delegation: the name belongs to the zone, or does not exist.
    NoCut,
    /// The zone hashes more often than anybody has to follow: what is below counts as unsigned.
    TooManyIterations(Why),
}

/// Checked denial records of one zone.
///
/// A zone that goes over from one kind to the other may show both. Each kind has to prove by itself; records of the one
/// do not fill gaps of the other.
#[derive(Debug)]
pub struct Proofs<'a> {
    zone: &'a Name,
    nsec: Vec<Nsec<'a>>,
    nsec3: Vec<Nsec3<'a>>,
}

impl<'a> Proofs<'a> {
    /// Takes those of the sets that are sound denial records of the zone, the first [`MAX_RECORDS`] of both kinds together.
    ///
    /// NSEC3 records with other parameters than the first are left out (RFC 5155 §8.2).
    pub fn new(zone: &'a Name, sets: impl IntoIterator<Item = &'a Rrset>) -> Self {
        let (mut nsec, mut nsec3) = (Vec::new(), Vec::new());
        for set in sets {
            if nsec.len() + nsec3.len() == MAX_RECORDS {
                break;
            }
            if let Some(record) = Nsec::read(set, zone) {
                nsec.push(record);
            } else if let Some(record) = Nsec3::read(set, zone) {
                nsec3.push(record);
            }
        }
        if let Some(first) = nsec3.first().map(|record| record.parameters) {
            nsec3.retain(|record| record.parameters == first);
        }
        Self { zone, nsec, nsec3 }
    }

    /// Whether there is nothing to prove anything with.
    pub fn is_empty(&self) -> bool {
        self.nsec.is_empty() && self.nsec3.is_empty()
    }

    /// That the name exists without the type (NODATA), or that the wildcard it falls under does.
    ///
    /// # Errors
    /// What is missing.
    pub fn no_data(&self, name: &Name, rtype: RrType, effort: &Effort) -> Result<Proven, Why> {
        self.run(
            name,
            rtype,
            effort,
            |zone, records| by_nsec::no_data(records, zone, name, rtype),
            |records, hasher| by_nsec3::no_data(records, self.zone, hasher, name, rtype),
        )
    }

    /// That the name does not exist, and no wildcard stands in for it (NXDOMAIN).
    ///
    /// # Errors
    /// What is missing.
    pub fn no_name(&self, name: &Name, rtype: RrType, effort: &Effort) -> Result<Proven, Why> {
        self.run(
            name,
            rtype,
            effort,
            |zone, records| by_nsec::no_name(records, zone, name),
            |records, hasher| by_nsec3::no_name(records, self.zone, hasher, name),
        )
    }

    /// That nothing closer than the wildcard below the closest encloser matches the name (RFC 4035 §5.3.4).
    ///
    /// # Errors
    /// What is missing.
    pub fn no_closer_match(
        &self,
        name: &Name,
        closest_encloser: &Name,
        rtype: RrType,
        effort: &Effort,
    ) -> Result<Proven, Why> {
        let next_closer = name.suffix(closest_encloser.label_count() + 1);
        let proven = self.run(
            name,
            rtype,
            effort,
            |zone, records| by_nsec::no_closer_match(records, zone, name, closest_encloser),
            |records, hasher| by_nsec3::no_closer_match(records, hasher, &next_closer),
        );
        proven.map_err(|why| match why {
            Why::NoProof { name, rtype, zone, what } => Why::WildcardNotProven { name, rtype, zone, what },
            other => other,
        })
    }

    /// What the records say of a delegation at the name, seen from the zone above.
    ///
    /// # Errors
    /// What is missing.
    pub fn no_ds(&self, name: &Name, effort: &Effort) -> Result<NoDs, Why> {
        let missing = |what| Why::NoProof { name: name.clone(), rtype: RrType::DS, zone: self.zone.clone(), what };
        if !name.is_at_or_below(self.zone) {
            return Err(missing(FOREIGN));
        }
        self.either(
            missing,
            |records| by_nsec::no_ds(records, self.zone, name),
            |records| {
                self.by_hashes(records, effort, NoDs::TooManyIterations, |hasher| {
                    by_nsec3::no_ds(records, self.zone, hasher, name).map_err(|failure| failure.into_why(missing))
                })
            },
        )
    }

    fn run(
        &self,
        name: &Name,
        rtype: RrType,
        effort: &Effort,
        nsec: impl FnOnce(&Name, &[Nsec<'a>]) -> Result<Proven, &'static str>,
        nsec3: impl FnOnce(&[Nsec3<'a>], &Hasher<'_>) -> Result<Proven, by_nsec3::Failure>,
    ) -> Result<Proven, Why> {
        let missing = |what| Why::NoProof { name: name.clone(), rtype, zone: self.zone.clone(), what };
        if !name.is_at_or_below(self.zone) {
            return Err(missing(FOREIGN));
        }
        self.either(
            missing,
            |records| nsec(self.zone, records),
            |records| {
                self.by_hashes(
                    records,
                    effort,
                    |why| Proven::Insecure(Some(why)),
                    |hasher| nsec3(records, hasher).map_err(|failure| failure.into_why(missing)),
                )
            },
        )
    }

    /// What NSEC proves, which costs least; where it does not suffice, what NSEC3 proves.
    fn either<T>(
        &self,
        missing: impl Fn(&'static str) -> Why,
        nsec: impl FnOnce(&[Nsec<'a>]) -> Result<T, &'static str>,
        nsec3: impl FnOnce(&[Nsec3<'a>]) -> Result<T, Why>,
    ) -> Result<T, Why> {
        let nothing = "there are no NSEC or NSEC3 records";
        let by_nsec = if self.nsec.is_empty() { Err(nothing) } else { nsec(&self.nsec) };
        match by_nsec {
            Err(_) if !self.nsec3.is_empty() => nsec3(&self.nsec3),
            outcome => outcome.map_err(missing),
        }
    }

    /// Hashes, if the zone's parameters are such that anybody has to.
    fn by_hashes<T>(
        &self,
        records: &[Nsec3<'a>],
        effort: &Effort,
        insecure: impl FnOnce(Why) -> T,
        prove: impl FnOnce(&Hasher<'_>) -> Result<T, Why>,
    ) -> Result<T, Why> {
        let parameters = records.first().expect("asked with records only").parameters;
        match parameters.judge(self.zone) {
            Judgement::Insecure(why) => Ok(insecure(why)),
            Judgement::Fine => prove(&Hasher::new(self.zone, parameters, effort)),
        }
    }
}
