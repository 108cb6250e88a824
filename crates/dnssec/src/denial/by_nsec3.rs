//! Proofs by NSEC3 (RFC 5155 §8).

use proto::{Name, RrType};

use super::by_nsec::{NXNAME, is_alias_only, says_present, stands_beside_alias};
use super::{NoDs, Proven};
use crate::Why;
use crate::nsec3::{Hasher, Nsec3};

/// Why a proof fails.
#[derive(Debug)]
pub(super) enum Failure {
    /// Something is missing.
    Missing(&'static str),
    /// The allowance is spent.
    Stopped(Why),
}

impl Failure {
    pub(super) fn into_why(self, missing: impl FnOnce(&'static str) -> Why) -> Why {
        match self {
            Self::Missing(what) => missing(what),
            Self::Stopped(why) => why,
        }
    }
}

impl From<Why> for Failure {
    fn from(why: Why) -> Self {
        Self::Stopped(why)
    }
}

impl From<&'static str> for Failure {
    fn from(what: &'static str) -> Self {
        Self::Missing(what)
    }
}

/// The deepest existing name above a name, and what spans the next one (RFC 5155 §8.3).
struct Encloser {
    name: Name,
    /// Whether the record that covers the next closer name is opt-out.
    opt_out: bool,
}

fn matching<'r, 'a>(
    records: &'r [Nsec3<'a>],
    hasher: &Hasher<'_>,
    name: &Name,
) -> Result<Option<&'r Nsec3<'a>>, Failure> {
    let hash = hasher.hash(name)?;
    Ok(records.iter().find(|record| record.owner_hash == hash))
}

fn covering<'r, 'a>(
    records: &'r [Nsec3<'a>],
    hasher: &Hasher<'_>,
    name: &Name,
) -> Result<Option<&'r Nsec3<'a>>, Failure> {
    let hash = hasher.hash(name)?;
    Ok(records.iter().find(|record| record.covers(&hash)))
}

/// Searches from the apex down: what a covered name has below it costs no hashes, however many labels there are.
fn closest_encloser(records: &[Nsec3<'_>], zone: &Name, hasher: &Hasher<'_>, name: &Name) -> Result<Encloser, Failure> {
    let mut found = false;
    for labels in zone.label_count()..name.label_count() {
        let candidate = name.suffix(labels);
        let Some(record) = matching(records, hasher, &candidate)? else { continue };
        if record.cannot_enclose() {
            return Err("a name above is a delegation or an alias for all below".into());
        }
        found = true;
        if let Some(cover) = covering(records, hasher, &name.suffix(labels + 1))? {
            return Ok(Encloser { name: candidate, opt_out: cover.opt_out });
        }
    }
    Err(if found { "no NSEC3 record covers the next closer name" } else { "no NSEC3 record stands at a name above" }
        .into())
}

fn proven(opt_out: bool) -> Proven {
    if opt_out { Proven::Insecure(None) } else { Proven::Secure }
}

pub(super) fn no_name(records: &[Nsec3<'_>], zone: &Name, hasher: &Hasher<'_>, name: &Name) -> Result<Proven, Failure> {
    if let Some(record) = matching(records, hasher, name)? {
        let nothing = record.types.has(NXNAME);
        return if nothing { Ok(Proven::Secure) } else { Err("an NSEC3 record stands at the name".into()) };
    }
    let encloser = closest_encloser(records, zone, hasher, name)?;
    let Ok(wildcard) = encloser.name.prepend(b"*") else { return Ok(proven(encloser.opt_out)) };
    match covering(records, hasher, &wildcard)? {
        // An opt-out span may hide an unsigned delegation, never a wildcard; what counts is the next closer name.
        Some(_) => Ok(proven(encloser.opt_out)),
        None => Err("the name is denied, but not the wildcard that could stand in for it".into()),
    }
}

pub(super) fn no_data(
    records: &[Nsec3<'_>],
    zone: &Name,
    hasher: &Hasher<'_>,
    name: &Name,
    rtype: RrType,
) -> Result<Proven, Failure> {
    if let Some(record) = matching(records, hasher, name)? {
        lacks(record, zone, name, rtype)?;
        return Ok(Proven::Secure);
    }
    let encloser = closest_encloser(records, zone, hasher, name)?;
    if let Ok(wildcard) = encloser.name.prepend(b"*")
        && let Some(record) = matching(records, hasher, &wildcard)?
    {
        lacks(record, zone, &wildcard, rtype)?;
        return Ok(proven(encloser.opt_out));
    }
    // RFC 5155 §8.6: no DS for a name in an opt-out span. Erratum 3441: nor is anything else known there.
    if encloser.opt_out {
        return Ok(Proven::Insecure(None));
    }
    Err("no NSEC3 record stands at the name".into())
}

fn lacks(record: &Nsec3<'_>, zone: &Name, name: &Name, rtype: RrType) -> Result<(), Failure> {
    if says_present(&record.types, rtype) {
        return Err("the NSEC3 record at the name says that the type is there".into());
    }
    if record.types.has(RrType::CNAME) && !stands_beside_alias(rtype) {
        return Err("the NSEC3 record at the name says that there is an alias".into());
    }
    if rtype.is_at_parent() {
        let from_child = record.types.has(RrType::SOA) && !name.is_root();
        return if from_child { Err("the NSEC3 record is the child's, not the parent's".into()) } else { Ok(()) };
    }
    if record.is_delegation() && name != zone {
        return Err("the NSEC3 record is the parent's, not the child's".into());
    }
    Ok(())
}

pub(super) fn no_closer_match(
    records: &[Nsec3<'_>],
    hasher: &Hasher<'_>,
    next_closer: &Name,
) -> Result<Proven, Failure> {
    match covering(records, hasher, next_closer)? {
        Some(cover) => Ok(proven(cover.opt_out)),
        None => Err("no NSEC3 record covers the next closer name".into()),
    }
}

pub(super) fn no_ds(records: &[Nsec3<'_>], zone: &Name, hasher: &Hasher<'_>, name: &Name) -> Result<NoDs, Failure> {
    if let Some(record) = matching(records, hasher, name)? {
        if is_alias_only(&record.types) {
            return Ok(NoDs::NoCut);
        }
        lacks(record, zone, name, RrType::DS)?;
        return Ok(if record.is_delegation() { NoDs::Unsigned } else { NoDs::NoCut });
    }
    let encloser = closest_encloser(records, zone, hasher, name)?;
    Ok(if encloser.opt_out { NoDs::OptOut } else { NoDs::NoCut })
}
