//! Aliases: CNAME (RFC 1034 §3.6.2) and DNAME (RFC 6672). Pure.

use proto::{Name, RrType, Rrset};

/// One step of an alias chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Alias {
    /// The CNAME set, with the DNAME set it follows from in front.
    pub sets: Vec<Rrset>,
    /// Where it leads.
    pub target: Name,
}

/// What an alias record set gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Found {
    /// A step.
    Alias(Alias),
    /// The DNAME given makes the name longer than 255 octets: YXDOMAIN (RFC 6672 §2.2).
    TooLong(Rrset),
    /// Not exactly one target (RFC 2181 §10.1).
    Broken,
}

/// The type that SIG(0) and secure updates keep their keys in (RFC 2535 §3).
const KEY: RrType = RrType(25);

/// Whether a question for the type is answered at the name itself although an alias stands there: what belongs to DNSSEC may
/// stand beside it (RFC 4035 §2.5, RFC 2181 §10.1), and so may the alias that is asked for.
pub(crate) fn stands_beside(rtype: RrType) -> bool {
    matches!(rtype, RrType::CNAME | RrType::NSEC | RrType::RRSIG | KEY)
}

/// The step by a CNAME set at the name.
pub(crate) fn by_cname(cname: &Rrset) -> Found {
    let mut targets = cname.targets();
    match (targets.next(), targets.next()) {
        (Some(target), None) => Found::Alias(Alias { sets: vec![cname.clone()], target }),
        _ => Found::Broken,
    }
}

/// The step by a DNAME set above `name`.
///
/// The CNAME is made here and never taken from the reply, so it cannot contradict its DNAME (RFC 6672 §3.4); it has the
/// DNAME's TTL (§3.1) and no signature of its own.
pub(crate) fn by_dname(name: &Name, dname: &Rrset) -> Found {
    let mut targets = dname.targets();
    let (Some(target), None) = (targets.next(), targets.next()) else { return Found::Broken };
    match name.replace_suffix(&dname.name, &target) {
        Some(Ok(target)) => {
            let cname = Rrset::new(name.clone(), RrType::CNAME, dname.ttl, [target.wire()]);
            Found::Alias(Alias { sets: vec![dname.clone(), cname], target })
        }
        Some(Err(_)) => Found::TooLong(dname.clone()),
        None => Found::Broken,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(name: &str, rtype: RrType, targets: &[&str]) -> Rrset {
        let names: Vec<Name> = targets.iter().map(|target| target.parse().unwrap()).collect();
        Rrset::new(name.parse().unwrap(), rtype, 77, names.iter().map(Name::wire))
    }

    #[test]
    fn what_belongs_to_dnssec_stands_beside_an_alias_rfc4035_2_5() {
        for (rtype, expect) in [
            (RrType::CNAME, true),
            (RrType::NSEC, true),
            (RrType::RRSIG, true),
            (KEY, true),
            (RrType::A, false),
            (RrType::NSEC3, false),
            (RrType::DNSKEY, false),
            (RrType::ANY, false),
        ] {
            assert_eq!(stands_beside(rtype), expect, "{rtype}");
        }
    }

    #[test]
    fn cname_has_one_target_rfc2181_10_1() {
        let one = set("a.", RrType::CNAME, &["b."]);
        assert!(matches!(by_cname(&one), Found::Alias(alias) if alias.target.to_string() == "b."));
        assert_eq!(by_cname(&set("a.", RrType::CNAME, &["b.", "c."])), Found::Broken);
    }

    #[test]
    fn dname_makes_its_cname_rfc6672_3_1() {
        let dname = set("old.", RrType::DNAME, &["new.example."]);
        let name = "www.old.".parse().unwrap();
        let Found::Alias(alias) = by_dname(&name, &dname) else { panic!("an alias") };
        assert_eq!(alias.target.to_string(), "www.new.example.");
        assert_eq!((alias.sets[1].rtype, alias.sets[1].ttl, alias.sets[1].name.clone()), (RrType::CNAME, 77, name));
        let long = format!("{}old.", "abcdefg.".repeat(31).replacen("abcdefg.", "abcdef.", 1)).parse().unwrap();
        assert_eq!(by_dname(&long, &dname), Found::TooLong(dname.clone()));
        assert_eq!(by_dname(&"old.".parse().unwrap(), &dname), Found::Broken, "a DNAME does not rename its owner");
    }
}
