//! Proofs by NSEC (RFC 4035 §5.4, RFC 6840 §4).

use proto::{Name, RrType};

use super::{NoDs, Proven};
use crate::TypeBitmap;
use crate::nsec::Nsec;

/// Stands in a bitmap for "this name does not exist" (RFC 9824 §3.1).
pub(super) const NXNAME: RrType = RrType(128);

pub(super) fn no_data(records: &[Nsec<'_>], zone: &Name, name: &Name, rtype: RrType) -> Result<Proven, &'static str> {
    if let Some(record) = records.iter().find(|record| record.owner == name) {
        return lacks(record, zone, name, rtype).map(|()| Proven::Secure);
    }
    if records.iter().any(|record| record.makes_empty_non_terminal(name, zone)) {
        return Ok(Proven::Secure);
    }
    // The name does not exist, and the wildcard that stands in for it lacks the type (RFC 4035 §3.1.3.4).
    let Some(denying) = records.iter().find(|record| record.denies(name, zone)) else {
        return Err("no NSEC record stands at the name or spans it");
    };
    let Ok(wildcard) = denying.closest_encloser(name).prepend(b"*") else { return Err("the name is too long") };
    match records.iter().find(|record| *record.owner == wildcard) {
        Some(record) => lacks(record, zone, &wildcard, rtype).map(|()| Proven::Secure),
        None if records.iter().any(|record| record.makes_empty_non_terminal(&wildcard, zone)) => Ok(Proven::Secure),
        None => Err("the name is denied, but not that a wildcard has the type"),
    }
}

/// Whether the bitmap has the type, or any type at all if all are asked for. What every NSEC record has in its bitmap says
/// nothing: names that only seem to exist have that too (RFC 9824 §3.2).
pub(super) fn says_present(types: &TypeBitmap<'_>, rtype: RrType) -> bool {
    let own = [RrType::RRSIG, RrType::NSEC, NXNAME];
    if rtype == RrType::ANY { types.types().any(|there| !own.contains(&there)) } else { types.has(rtype) }
}

/// KEY (RFC 2535 §3).
const KEY: RrType = RrType(25);

/// Whether records of the type may stand beside an alias, which then is not followed (RFC 2181 §10.1, RFC 4034 §3 and §4).
pub(super) fn stands_beside_alias(rtype: RrType) -> bool {
    matches!(rtype, RrType::NSEC | RrType::RRSIG | KEY)
}

/// Whether an alias stands at the name, and therefore no delegation (RFC 1034 §3.6.2).
pub(super) fn is_alias_only(types: &TypeBitmap<'_>) -> bool {
    types.has(RrType::CNAME) && !types.has(RrType::NS) && !types.has(RrType::DS)
}

/// Whether the record at the name denies the type there.
fn lacks(record: &Nsec<'_>, zone: &Name, name: &Name, rtype: RrType) -> Result<(), &'static str> {
    if says_present(&record.types, rtype) {
        return Err("the NSEC record at the name says that the type is there");
    }
    if record.types.has(RrType::CNAME) && !stands_beside_alias(rtype) {
        return Err("the NSEC record at the name says that there is an alias");
    }
    // RFC 6840 §4.1 and §4.4: above a cut only DS can be denied, below it everything but DS.
    if rtype.is_at_parent() {
        let from_child = record.types.has(RrType::SOA) && !name.is_root();
        return if from_child { Err("the NSEC record is the child's, not the parent's") } else { Ok(()) };
    }
    if record.is_delegation() && name != zone {
        return Err("the NSEC record is the parent's, not the child's");
    }
    Ok(())
}

pub(super) fn no_name(records: &[Nsec<'_>], zone: &Name, name: &Name) -> Result<Proven, &'static str> {
    if let Some(record) = records.iter().find(|record| record.owner == name) {
        let nothing = record.types.has(NXNAME);
        return if nothing { Ok(Proven::Secure) } else { Err("an NSEC record stands at the name") };
    }
    let Some(denying) = records.iter().find(|record| record.denies(name, zone)) else {
        return Err("no NSEC record spans the name");
    };
    let Ok(wildcard) = denying.closest_encloser(name).prepend(b"*") else { return Ok(Proven::Secure) };
    if records.iter().any(|record| record.denies(&wildcard, zone)) {
        Ok(Proven::Secure)
    } else {
        Err("the name is denied, but not the wildcard that could stand in for it")
    }
}

pub(super) fn no_closer_match(
    records: &[Nsec<'_>],
    zone: &Name,
    name: &Name,
    closest_encloser: &Name,
) -> Result<Proven, &'static str> {
    // The record names the closest encloser as well: another one contradicts the wildcard (RFC 4592 §3.3.1).
    let fits = |record: &&Nsec<'_>| record.denies(name, zone) && record.closest_encloser(name) == *closest_encloser;
    match records.iter().find(fits) {
        Some(_) => Ok(Proven::Secure),
        None => Err("no NSEC record spans it below that wildcard's parent"),
    }
}

pub(super) fn no_ds(records: &[Nsec<'_>], zone: &Name, name: &Name) -> Result<NoDs, &'static str> {
    if let Some(record) = records.iter().find(|record| record.owner == name) {
        if is_alias_only(&record.types) {
            return Ok(NoDs::NoCut);
        }
        lacks(record, zone, name, RrType::DS)?;
        return Ok(if record.is_delegation() { NoDs::Unsigned } else { NoDs::NoCut });
    }
    let spanned = |record: &Nsec<'_>| record.makes_empty_non_terminal(name, zone) || record.denies(name, zone);
    if records.iter().any(spanned) { Ok(NoDs::NoCut) } else { Err("no NSEC record stands at the name or spans it") }
}
