use super::*;
use crate::testing::{address, ask, at, authoritative, cache, denial, from, name, soa};
use crate::{CacheConfig, Kind, Known};
use proto::Security;

const A: RrType = RrType::A;

fn ttl(found: &Found) -> u32 {
    match &found.known {
        Known::Rrset(rrset) => rrset.ttl,
        Known::Negative(negative) => negative.soa.as_ref().unwrap().ttl,
    }
}

fn denied(found: Option<Found>) -> Option<Denial> {
    match found?.known {
        Known::Rrset(_) => None,
        Known::Negative(negative) => Some(negative.denial),
    }
}

fn last_octet(found: Option<Found>) -> Option<u8> {
    match found?.known {
        Known::Rrset(rrset) => rrset.rdatas.iter().next()?.last().copied(),
        Known::Negative(_) => None,
    }
}

#[test]
fn answers_carry_the_remaining_ttl_rfc1034_5_3_3() {
    let cache = cache(0);
    let _ = cache.put_rrset(address("www.example.", 300, 1), authoritative(), at(0));
    for (now, expect) in [
        (at(0), Some(300)),
        (WallTime(at(0).0 + 1), Some(299)),
        (WallTime(at(0).0 + 1000), Some(299)),
        (WallTime(at(300).0 - 1), Some(0)),
        (at(300), None),
    ] {
        assert_eq!(cache.lookup(&ask("www.example.", A), now).as_ref().map(ttl), expect, "{now:?}");
    }
}

#[test]
fn found_tells_provenance_and_times() {
    let cache = Cache::new(CacheConfig { max_ttl: 60, ..CacheConfig::default() });
    let _ = cache.put_rrset(address("www.example.", 300, 1), authoritative(), at(0));
    let found = cache.lookup(&ask("WWW.example.", A), at(10)).unwrap();
    assert_eq!((found.provenance.clone(), found.expires, found.stored_ttl), (authoritative(), at(60), 60));
    let Known::Rrset(rrset) = found.known else { panic!("an RRset") };
    assert!(rrset.name.eq_with_case(&name("WWW.example.")), "owner in the case of the question");
    assert_eq!(rrset, address("www.example.", 50, 1));
}

#[test]
fn glue_never_answers_a_client_rfc2181_5_4_1() {
    let cache = cache(60);
    for rank in [Rank::Glue, Rank::Referral] {
        assert_eq!(cache.put_rrset(address("ns.example.", 300, 1), from(rank), at(0)), Put::Refused);
        let negative = denial(Denial::NxDomain, 60);
        assert_eq!(cache.put_negative(&ask("ns.example.", A), negative, from(rank), at(0)), Put::Refused);
    }
    assert_eq!(cache.lookup_stale(&ask("ns.example.", A), at(0)), None);
    assert_eq!(cache.stats().refused, 4);
}

#[test]
fn lower_rank_never_replaces_live_higher_rank_rfc2181_5_4_1() {
    let cache = cache(600);
    let question = ask("www.example.", A);
    let low = || from(Rank::NonAuthoritativeAnswer);
    assert_eq!(cache.put_rrset(address("www.example.", 60, 1), authoritative(), at(0)), Put::Stored);
    assert_eq!(cache.put_rrset(address("www.example.", 60, 2), low(), at(59)), Put::KeptBetter);
    for kind in [Denial::NoData, Denial::NxDomain] {
        assert_eq!(cache.put_negative(&question, denial(kind, 60), low(), at(59)), Put::KeptBetter);
    }
    assert_eq!(last_octet(cache.lookup(&question, at(59))), Some(1));
    assert_eq!(cache.put_rrset(address("www.example.", 60, 3), authoritative(), at(59)), Put::Stored);
    assert_eq!(last_octet(cache.lookup(&question, at(59))), Some(3), "equal rank replaces");
    assert_eq!(cache.put_rrset(address("www.example.", 60, 4), low(), at(119)), Put::Stored);
    assert_eq!(last_octet(cache.lookup(&question, at(119))), Some(4), "expired data defends nothing");
}

#[test]
fn lower_rank_never_replaces_a_live_denial_rfc2181_5_4_1() {
    for kind in [Denial::NoData, Denial::NxDomain] {
        let cache = cache(0);
        let question = ask("www.example.", A);
        let _ = cache.put_negative(&question, denial(kind, 60), authoritative(), at(0));
        let low = from(Rank::NonAuthoritativeAnswer);
        assert_eq!(cache.put_rrset(address("www.example.", 60, 2), low, at(1)), Put::KeptBetter);
        assert_eq!(denied(cache.lookup(&question, at(1))), Some(kind));
    }
}

#[test]
fn validated_data_stays_against_unvalidated_rfc4035_4_3() {
    let cache = cache(0);
    let secure = Provenance { security: Security::Secure, ..authoritative() };
    let _ = cache.put_rrset(address("www.example.", 60, 1), secure, at(0));
    assert_eq!(cache.put_rrset(address("www.example.", 60, 2), authoritative(), at(1)), Put::KeptBetter);
    let found = cache.lookup(&ask("www.example.", A), at(1)).unwrap();
    assert_eq!(found.provenance.security, Security::Secure);
}

#[test]
fn nxdomain_is_of_all_types_and_nodata_of_one_rfc2308_5() {
    let cache = cache(0);
    let (gone, bare) = (ask("gone.example.", A), ask("bare.example.", A));
    let _ = cache.put_negative(&gone, denial(Denial::NxDomain, 60), authoritative(), at(0));
    let _ = cache.put_negative(&bare, denial(Denial::NoData, 60), authoritative(), at(0));
    assert_eq!(denied(cache.lookup(&ask("GONE.example.", RrType::MX), at(1))), Some(Denial::NxDomain));
    assert_eq!(denied(cache.lookup(&bare, at(1))), Some(Denial::NoData));
    assert_eq!(cache.lookup(&ask("bare.example.", RrType::MX), at(1)), None);
    assert_eq!(cache.lookup(&ask("x.gone.example.", A), at(1)), None);
}

#[test]
fn negative_ttl_falls_in_soa_and_proofs_rfc2308_5() {
    let cache = cache(0);
    let proofs = vec![soa("a.example.", 700, 0)];
    let negative = Negative { soa: Some(soa("example.", 900, 600)), ..denial(Denial::NoData, 0) };
    let _ = cache.put_negative(&ask("a.example.", A), Negative { proofs, ..negative }, authoritative(), at(0));
    let found = cache.lookup(&ask("a.example.", A), at(100)).unwrap();
    assert_eq!((ttl(&found), found.stored_ttl), (500, 600));
    let Known::Negative(negative) = found.known else { panic!("a denial") };
    assert_eq!(negative.proofs[0].ttl, 500);
    assert_eq!(cache.lookup(&ask("a.example.", A), at(600)), None);
}

#[test]
fn later_truth_takes_the_place_of_the_earlier_at_equal_rank() {
    let cache = cache(600);
    let (a, mx) = (ask("www.example.", A), ask("www.example.", RrType::MX));
    let put = |kind, question| cache.put_negative(question, denial(kind, 60), authoritative(), at(0));
    let _ = cache.put_rrset(address("www.example.", 3600, 1), authoritative(), at(0));
    let _ = put(Denial::NoData, &mx);
    assert_eq!(put(Denial::NxDomain, &a), Put::Stored);
    assert_eq!(denied(cache.lookup(&a, at(0))), Some(Denial::NxDomain));
    assert_eq!(denied(cache.lookup(&mx, at(0))), Some(Denial::NxDomain));
    assert_eq!(cache.lookup(&a, at(61)), None, "the superseded RRset does not come back after the denial");
    let _ = cache.put_rrset(address("www.example.", 60, 2), authoritative(), at(0));
    assert_eq!(last_octet(cache.lookup(&a, at(0))), Some(2));
    assert_eq!(cache.nxdomain_above(&a.name, at(0)), None);
    let _ = put(Denial::NoData, &a);
    assert_eq!(denied(cache.lookup(&a, at(0))), Some(Denial::NoData));
    assert_eq!(cache.stats().entries(), 1);
}

#[test]
fn nothing_exists_below_nxdomain_rfc8020_2() {
    let cache = cache(600);
    for (denied, ttl) in [("example.", 600), ("b.example.", 60)] {
        let _ = cache.put_negative(&ask(denied, A), denial(Denial::NxDomain, ttl), authoritative(), at(0));
    }
    let _ = cache.put_negative(&ask("a.b.example.", A), denial(Denial::NoData, 600), authoritative(), at(0));
    let above = |text: &str, seconds| cache.nxdomain_above(&name(text), at(seconds)).map(|(denied, _)| denied);
    assert_eq!(above("x.a.B.example.", 0), Some(name("b.example.")));
    assert_eq!(above("b.example.", 0), Some(name("b.example.")));
    assert_eq!(above("x.a.b.example.", 60), Some(name("example.")), "an expired denial denies nothing");
    assert_eq!(above("elsewhere.", 0), None);
    let (_, found) = cache.nxdomain_above(&name("x.b.example."), at(10)).unwrap();
    assert_eq!((ttl(&found), found.provenance), (50, authoritative()));
}

#[test]
fn an_alias_is_no_answer_for_another_type() {
    let cache = cache(600);
    let alias = Rrset::new(name("a.example."), RrType::CNAME, 60, [name("b.example.").wire()]);
    let _ = cache.put_rrset(alias, authoritative(), at(0));
    assert_eq!(cache.lookup_stale(&ask("a.example.", A), at(0)), None);
    assert!(cache.lookup(&ask("a.example.", RrType::CNAME), at(0)).is_some());
}

#[test]
fn stale_data_has_ttl_zero_and_an_end_rfc8767_4() {
    let cache = cache(100);
    let question = ask("www.example.", A);
    let _ = cache.put_rrset(address("www.example.", 60, 1), authoritative(), at(0));
    for (seconds, expect) in [(10, Some(50)), (60, Some(0)), (159, Some(0)), (160, None), (100, None)] {
        assert_eq!(cache.lookup_stale(&question, at(seconds)).as_ref().map(ttl), expect, "{seconds}");
    }
    assert_eq!(cache.stats().kind(Kind::Rrset).expired, 1, "met when over, dropped");
}

#[test]
fn ttl_zero_is_for_one_use_rfc1035_3_2_1() {
    let question = ask("www.example.", A);
    for (max_stale, put, stale) in [(0, Put::Refused, false), (60, Put::Stored, true)] {
        let cache = cache(max_stale);
        let _ = cache.put_rrset(address("www.example.", 60, 1), authoritative(), at(0));
        assert_eq!(cache.put_rrset(address("www.example.", 0, 2), authoritative(), at(1)), put);
        assert_eq!(cache.lookup(&question, at(1)), None, "the older set is superseded all the same");
        assert_eq!(cache.lookup_stale(&question, at(1)).is_some(), stale);
    }
}

#[test]
fn a_clock_set_back_makes_nothing_immortal() {
    let cache = cache(600);
    let question = ask("www.example.", A);
    let store = || cache.put_rrset(address("www.example.", 300, 1), authoritative(), at(10_000));
    let _ = store();
    let slightly = cache.lookup(&question, at(9_999)).unwrap();
    assert_eq!(ttl(&slightly), 300, "never more than the TTL stored");
    assert_eq!(cache.lookup(&question, at(9_998)), None);
    assert_eq!(cache.lookup(&question, at(10_001)), None, "and it does not come back to life");
    assert_eq!(cache.lookup_stale(&question, at(10_597)).as_ref().map(ttl), Some(0));
    assert_eq!(cache.lookup_stale(&question, at(10_598)), None);
}

#[test]
fn all_of_a_name_is_removed_and_nothing_else() {
    let cache = cache(0);
    for owner in ["www.example.", "a.www.example.", "example."] {
        let _ = cache.put_rrset(address(owner, 60, 1), authoritative(), at(0));
    }
    let mx = ask("www.example.", RrType::MX);
    let _ = cache.put_negative(&mx, denial(Denial::NoData, 60), authoritative(), at(0));
    assert_eq!(cache.remove_name(&name("WWW.example.")), 2);
    assert_eq!(cache.remove_name(&name("www.example.")), 0);
    assert_eq!(cache.stats().entries(), 2);
    cache.clear();
    assert_eq!((cache.stats().entries(), cache.stats().kind(Kind::Rrset).bytes), (0, 0));
    assert_eq!(cache.lookup(&ask("example.", A), at(0)), None);
}

#[test]
fn nobody_looks_for_dnames_where_none_can_be() {
    let cache = cache(0);
    let put = |set: Rrset| assert_eq!(cache.put_rrset(set, authoritative(), at(0)), Put::Stored);
    put(address("www.example.", 60, 1));
    assert!(!cache.may_hold_dnames(at(0)));
    let target = name("example.net.");
    put(Rrset::new(name("example."), RrType::DNAME, 30, [target.wire()]));
    put(Rrset::new(name("example.org."), RrType::DNAME, 20, [target.wire()]));
    assert!(cache.may_hold_dnames(at(29)));
    assert!(!cache.may_hold_dnames(at(30)));
}

#[test]
fn what_is_known_is_told_without_taking_it_out() {
    let cache = cache(0);
    let _ = cache.put_rrset(address("www.example.", 60, 1), authoritative(), at(0));
    let _ = cache.put_negative(&ask("bare.example.", A), denial(Denial::NoData, 60), authoritative(), at(0));
    let _ = cache.put_negative(&ask("gone.example.", A), denial(Denial::NxDomain, 60), authoritative(), at(0));
    for (owner, rtype, seconds, known, has_rrset) in [
        ("WWW.example.", A, 0, true, true),
        ("www.example.", A, 60, false, false),
        ("www.example.", RrType::AAAA, 0, false, false),
        ("bare.example.", A, 59, true, false),
        ("bare.example.", RrType::AAAA, 0, false, false),
        ("gone.example.", RrType::AAAA, 0, true, false),
    ] {
        let question = ask(owner, rtype);
        let told = (cache.is_known(&question, at(seconds)), cache.has_rrset(&question, at(seconds)));
        assert_eq!(told, (known, has_rrset), "{owner} {rtype} {seconds}");
        assert_eq!(cache.lookup(&question, at(seconds)).is_some(), known, "{owner} {rtype} {seconds}");
    }
}
