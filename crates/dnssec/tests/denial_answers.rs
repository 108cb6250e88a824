//! The zones and answers of RFC 4035 appendices A and B and of RFC 5155 appendices A and B, and the limits of proofs.
#![expect(clippy::unwrap_used, reason = "data that cannot be read fails the test")]

use dnssec::denial::{NoDs, Proofs, Proven};
use dnssec::{Effort, Why};
use proto::{Name, RrType, Rrset, zonefile};

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

fn sets(lines: &[&str]) -> Vec<Rrset> {
    Rrset::group(&zonefile::parse(&lines.join("\n"), &name("example.")).unwrap())
}

fn prove<T>(lines: &[&str], ask: impl FnOnce(&Proofs<'_>, &Effort) -> Result<T, Why>) -> Result<T, Why> {
    let (zone, sets) = (name("example."), sets(lines));
    ask(&Proofs::new(&zone, &sets), &Effort::new())
}

fn no_data(lines: &[&str], ask: &str, rtype: RrType) -> Option<Proven> {
    prove(lines, |proofs, effort| proofs.no_data(&name(ask), rtype, effort)).ok()
}

fn no_name(lines: &[&str], ask: &str) -> Option<Proven> {
    prove(lines, |proofs, effort| proofs.no_name(&name(ask), RrType::A, effort)).ok()
}

fn no_closer(lines: &[&str], ask: &str, encloser: &str) -> Option<Proven> {
    prove(lines, |proofs, effort| proofs.no_closer_match(&name(ask), &name(encloser), RrType::MX, effort)).ok()
}

fn no_ds(lines: &[&str], ask: &str) -> Option<NoDs> {
    prove(lines, |proofs, effort| proofs.no_ds(&name(ask), effort)).ok()
}

/// RFC 4035 appendix A.
mod nsec {
    pub(super) const APEX: &str = "example. 3600 IN NSEC a.example. NS SOA MX RRSIG NSEC DNSKEY";
    pub(super) const A: &str = "a.example. 3600 IN NSEC ai.example. NS DS RRSIG NSEC";
    pub(super) const B: &str = "b.example. 3600 IN NSEC ns1.example. NS RRSIG NSEC";
    pub(super) const NS1: &str = "ns1.example. 3600 IN NSEC ns2.example. A RRSIG NSEC";
    pub(super) const NS2: &str = "ns2.example. 3600 IN NSEC *.w.example. A RRSIG NSEC";
    pub(super) const WILDCARD: &str = "*.w.example. 3600 IN NSEC x.w.example. MX RRSIG NSEC";
    pub(super) const X_Y_W: &str = "x.y.w.example. 3600 IN NSEC xx.example. MX RRSIG NSEC";
    pub(super) const XX: &str = "xx.example. 3600 IN NSEC example. A HINFO AAAA RRSIG NSEC";
}

/// RFC 5155 appendix A; all of it is opt-out, salt aabbccdd, 12 iterations.
mod nsec3 {
    pub(super) const APEX: &str = "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom.example. 3600 IN NSEC3 1 1 12 aabbccdd \
         2t7b4g4vsa5smi47k61mv5bv1a22bojr MX DNSKEY NS SOA NSEC3PARAM RRSIG";
    pub(super) const NS1: &str = "2t7b4g4vsa5smi47k61mv5bv1a22bojr.example. 3600 IN NSEC3 1 1 12 aabbccdd \
         2vptu5timamqttgl4luu9kg21e0aor3s A RRSIG";
    pub(super) const A: &str = "35mthgpgcu1qg68fab165klnsnk3dpvl.example. 3600 IN NSEC3 1 1 12 aabbccdd \
         b4um86eghhds6nea196smvmlo4ors995 NS DS RRSIG";
    pub(super) const X_W: &str = "b4um86eghhds6nea196smvmlo4ors995.example. 3600 IN NSEC3 1 1 12 aabbccdd \
         gjeqe526plbf1g8mklp59enfd789njgi MX RRSIG";
    pub(super) const AI: &str = "gjeqe526plbf1g8mklp59enfd789njgi.example. 3600 IN NSEC3 1 1 12 aabbccdd \
         ji6neoaepv8b5o6k4ev33abha8ht9fgc HINFO A AAAA RRSIG";
    pub(super) const Y_W: &str = "ji6neoaepv8b5o6k4ev33abha8ht9fgc.example. 3600 IN NSEC3 1 1 12 aabbccdd \
         k8udemvp1j2f7eg6jebps17vp3n8i58h";
    pub(super) const W: &str = "k8udemvp1j2f7eg6jebps17vp3n8i58h.example. 3600 IN NSEC3 1 1 12 aabbccdd \
         kohar7mbb8dc2ce8a9qvl8hon4k53uhi";
    pub(super) const NS2: &str = "q04jkcevqvmu85r014c7dkba38o0ji5r.example. 3600 IN NSEC3 1 1 12 aabbccdd \
         r53bq7cc2uvmubfu5ocmm6pers9tk9en A RRSIG";
    pub(super) const WILDCARD: &str = "r53bq7cc2uvmubfu5ocmm6pers9tk9en.example. 3600 IN NSEC3 1 1 12 aabbccdd \
         t644ebqk9bibcna874givr6joj62mlhv MX RRSIG";
}

#[test]
fn the_answers_of_rfc4035_b() {
    use nsec::{A, APEX, B, NS1, NS2, WILDCARD, X_Y_W, XX};
    // B.2: the name, and the wildcard below the apex.
    assert_eq!(no_name(&[B, APEX], "ml.example."), Some(Proven::Secure));
    assert_eq!(no_name(&[B], "ml.example."), None);
    assert_eq!(no_name(&[APEX], "ml.example."), None);
    // B.3, B.5, B.7, B.8
    assert_eq!(no_data(&[NS1], "ns1.example.", RrType::MX), Some(Proven::Secure));
    assert_eq!(no_ds(&[B], "b.example."), Some(NoDs::Unsigned));
    assert_eq!(no_data(&[X_Y_W, WILDCARD], "a.z.w.example.", RrType::AAAA), Some(Proven::Secure));
    assert_eq!(no_data(&[X_Y_W, WILDCARD], "a.z.w.example.", RrType::MX), None);
    assert_eq!(no_data(&[X_Y_W], "a.z.w.example.", RrType::AAAA), None);
    // B.8: the child's apex record does not deny what is at the parent.
    assert_eq!(no_data(&[APEX], "example.", RrType::DS), None);
    // B.6
    assert_eq!(no_closer(&[X_Y_W], "a.z.w.example.", "w.example."), Some(Proven::Secure));
    assert_eq!(no_closer(&[X_Y_W], "a.z.w.example.", "example."), None, "the encloser is deeper");
    assert_eq!(no_closer(&[X_Y_W], "a.z.w.example.", "z.w.example."), None, "the encloser is higher");
    assert_eq!(no_closer(&[XX], "a.z.w.example.", "w.example."), None);
    // An empty non-terminal, the last record, and what delegations cannot say (RFC 6840 §4.1).
    assert_eq!(no_data(&[NS2], "w.example.", RrType::A), Some(Proven::Secure));
    assert_eq!(no_name(&[NS2, APEX], "w.example."), None);
    assert_eq!(no_name(&[XX, APEX], "zz.example."), Some(Proven::Secure));
    assert_eq!(no_ds(&[A], "a.example."), None);
    assert_eq!(no_ds(&[B], "c.b.example."), None);
    assert_eq!(no_name(&[B, APEX], "c.b.example."), None);
    assert_eq!(no_data(&[B], "b.example.", RrType::A), None);
    assert_eq!(no_data(&[B], "b.example.", RrType::DS), Some(Proven::Secure));
    assert_eq!(no_ds(&[NS1], "ns1.example."), Some(NoDs::NoCut));
}

#[test]
fn the_answers_of_rfc5155_b() {
    use nsec3::{A, APEX, NS1, NS2, W, WILDCARD, X_W, Y_W};
    let hidden = Some(Proven::Insecure(None));
    // B.1: the next closer name lies in an opt-out span.
    assert_eq!(no_name(&[APEX, X_W, A], "a.c.x.w.example."), hidden);
    assert_eq!(no_name(&[APEX, X_W], "a.c.x.w.example."), None);
    assert_eq!(no_name(&[X_W, A], "a.c.x.w.example."), None);
    // B.2 and B.2.1
    assert_eq!(no_data(&[NS1], "ns1.example.", RrType::MX), Some(Proven::Secure));
    assert_eq!(no_data(&[NS1], "ns1.example.", RrType::A), None);
    assert_eq!(no_data(&[Y_W], "y.w.example.", RrType::A), Some(Proven::Secure));
    // B.3
    assert_eq!(no_ds(&[A, APEX], "c.example."), Some(NoDs::OptOut));
    assert_eq!(no_ds(&[APEX], "c.example."), None);
    // B.4
    assert_eq!(no_closer(&[NS2], "a.z.w.example.", "w.example."), hidden);
    assert_eq!(no_closer(&[WILDCARD], "a.z.w.example.", "w.example."), None);
    // B.5
    assert_eq!(no_data(&[W, NS2, WILDCARD], "a.z.w.example.", RrType::AAAA), hidden);
    assert_eq!(no_data(&[W, NS2, WILDCARD], "a.z.w.example.", RrType::MX), None);
    // B.6: the apex denies no DS of its own.
    assert_eq!(no_data(&[APEX], "example.", RrType::DS), None);
    assert_eq!(no_ds(&[A], "a.example."), None);
}

#[test]
fn compact_denial_says_that_a_name_is_not_there_rfc9824() {
    let compact = "x.example. 3600 IN NSEC \\000.x.example. RRSIG NSEC TYPE128";
    let ordinary = "x.example. 3600 IN NSEC \\000.x.example. A RRSIG NSEC";
    let empty = "x.example. 3600 IN NSEC \\000.x.example. RRSIG NSEC";
    assert_eq!(no_name(&[compact], "x.example."), Some(Proven::Secure));
    assert_eq!(no_data(&[compact], "x.example.", RrType::A), Some(Proven::Secure), "told as NODATA");
    assert_eq!(no_data(&[compact], "x.example.", RrType::ANY), Some(Proven::Secure));
    assert_eq!(no_ds(&[compact], "x.example."), Some(NoDs::NoCut));
    assert_eq!(no_name(&[ordinary], "x.example."), None);
    assert_eq!(no_name(&[empty], "x.example."), None);
    assert_eq!(no_name(&[compact], "y.example."), None);
    assert_eq!(no_name(&[compact], "y.x.example."), None);
    assert_eq!(no_data(&[empty], "x.example.", RrType::MX), Some(Proven::Secure));
    assert_eq!(no_data(&[ordinary], "x.example.", RrType::ANY), None);
}

#[test]
fn aliases_and_dnames_deny_little_rfc6840_4_3_and_rfc6672_5_3_4() {
    let alias = "x.example. 3600 IN NSEC z.example. CNAME RRSIG NSEC";
    assert_eq!(no_data(&[alias], "x.example.", RrType::A), None);
    assert_eq!(no_ds(&[alias], "x.example."), Some(NoDs::NoCut));
    let dname = "x.example. 3600 IN NSEC z.example. DNAME RRSIG NSEC";
    assert_eq!(no_name(&[dname, nsec::APEX], "a.x.example."), None);
    assert_eq!(no_closer(&[dname], "a.x.example.", "example."), None);
    assert_eq!(no_data(&[dname], "x.example.", RrType::A), Some(Proven::Secure));
}

#[test]
fn foreign_names_and_mixed_records_prove_nothing() {
    use nsec::XX;
    // The last record leads to the apex; what sorts behind it may still be somebody else's.
    assert_eq!(no_name(&[XX], "zz.org."), None);
    assert_eq!(no_ds(&[XX], "org."), None);
    let two = ["b.example. 3600 IN NSEC c.example. A", "b.example. 3600 IN NSEC d.example. MX"];
    assert_eq!(no_data(&two, "b.example.", RrType::TXT), None, "two records at one name");
    // Records with other parameters do not help each other (RFC 5155 §8.2).
    let salted = nsec3::A.replace("aabbccdd", "aabbccde");
    assert_eq!(no_ds(&[nsec3::APEX, &salted], "c.example."), None);
    // Unknown hash, unknown flags (RFC 5155 §8.1 and §8.2).
    for (from, to) in [("NSEC3 1 1 12", "NSEC3 2 1 12"), ("NSEC3 1 1 12", "NSEC3 1 3 12")] {
        let (apex, other) = (nsec3::APEX.replace(from, to), nsec3::A.replace(from, to));
        assert_eq!(no_ds(&[&apex, &other], "c.example."), None, "{to}");
    }
    // A hash two labels below the apex is not the zone's (RFC 5155 §3).
    let deep = nsec3::NS1.replace(".example.", ".sub.example.");
    assert_eq!(no_data(&[&deep], "ns1.example.", RrType::MX), None);
}

#[test]
fn of_both_kinds_the_one_that_proves_counts_rfc5155_10_4() {
    use nsec3::{A as HASHED_A, APEX as HASHED_APEX, NS1 as HASHED_NS1, NS2 as HASHED_NS2};
    let (b, apex, x_y_w) = (nsec::B, nsec::APEX, nsec::X_Y_W);
    let (secure, hidden) = (Some(Proven::Secure), Some(Proven::Insecure(None)));
    let open = |records: &[&str]| no_name(records, "ml.example.");
    // The apex, what covers ml.example., what covers the wildcard.
    let hashed = [HASHED_APEX, nsec3::X_W, nsec3::AI];
    for (what, records, expect) in [
        ("NSEC is whole", vec![b, apex, HASHED_NS1], secure.clone()),
        ("NSEC is whole and stands behind", vec![HASHED_NS1, b, apex], secure.clone()),
        ("both are whole: NSEC says more", [&[b, apex][..], &hashed].concat(), secure.clone()),
        ("NSEC3 is whole", [&[b][..], &hashed].concat(), hidden.clone()),
        ("NSEC3 is whole, and NSEC is of other names", [&hashed[..], &[x_y_w]].concat(), hidden.clone()),
        ("neither is: halves do not add up", vec![b, hashed[0], hashed[1]], None),
        ("neither is, the other half", vec![apex, hashed[0], hashed[2]], None),
    ] {
        assert_eq!(open(&records), expect, "{what}");
    }
    assert_eq!(no_data(&[x_y_w, HASHED_NS1], "ns1.example.", RrType::MX), secure);
    assert_eq!(no_data(&[nsec::NS1, HASHED_NS2], "ns1.example.", RrType::MX), secure);
    assert_eq!(no_ds(&[x_y_w, HASHED_A, HASHED_APEX], "c.example."), Some(NoDs::OptOut));
    assert_eq!(no_ds(&[b, HASHED_A], "b.example."), Some(NoDs::Unsigned));
    assert_eq!(no_closer(&[nsec::XX, HASHED_NS2], "a.z.w.example.", "w.example."), hidden);
    assert_eq!(no_closer(&[x_y_w, HASHED_NS2], "a.z.w.example.", "w.example."), secure);
}

#[test]
fn the_second_kind_costs_hashes_only_when_the_first_does_not_prove() {
    let (zone, effort) = (name("example."), Effort::new());
    let run = |lines: &[&str], times: u32| {
        let sets = sets(lines);
        let proofs = Proofs::new(&zone, &sets);
        (0..times).map(|_| proofs.no_data(&name("ns1.example."), RrType::MX, &effort)).last().unwrap()
    };
    assert_eq!(run(&[nsec::NS1, nsec3::NS1], 1000), Ok(Proven::Secure), "no hash is needed");
    assert_eq!(run(&[nsec::B, nsec3::NS1], 64), Ok(Proven::Secure), "one hash each");
    assert!(matches!(run(&[nsec::B, nsec3::NS1], 1), Err(Why::TooMuchWork { .. })));
    // Eight records of both kinds together are looked at.
    let padding: Vec<String> = (0..8).map(|n| format!("0{n}.example. 60 IN NSEC 0{n}x.example. A")).collect();
    let padded = |count: usize| {
        let first: Vec<&str> = padding[..count].iter().map(String::as_str).collect();
        no_data(&[&first[..], &[nsec::B, nsec3::NS1]].concat(), "ns1.example.", RrType::MX)
    };
    assert_eq!((padded(7), padded(8)), (Some(Proven::Secure), None));
}

#[test]
fn many_iterations_are_not_followed_rfc9276_3_2() {
    for (iterations, salt, expect) in [
        (50, 64, "missing"),
        (51, 4, "insecure"),
        (500, 4, "insecure"),
        (0, 65, "insecure"),
        (501, 4, "insecure"),
        (65535, 4, "insecure"),
    ] {
        let salt = "ab".repeat(salt);
        let record = nsec3::NS1.replace("12 aabbccdd", &format!("{iterations} {salt}"));
        let found = prove(&[&record], |proofs, effort| proofs.no_name(&name("ml.example."), RrType::A, effort));
        let seen = match &found {
            Ok(Proven::Insecure(Some(Why::TooManyIterations { .. }))) => "insecure",
            Err(Why::NoProof { .. }) => "missing",
            _ => "other",
        };
        assert_eq!(seen, expect, "{iterations} {}: {found:?}", salt.len() / 2);
        let cut = prove(&[&record], |proofs, effort| proofs.no_ds(&name("ml.example."), effort));
        assert_eq!(matches!(cut, Ok(NoDs::TooManyIterations(_))), expect == "insecure");
    }
}

#[test]
fn long_names_cost_no_more_hashes_than_they_need() {
    let zone = name("example.");
    let mut long = zone.clone();
    while let Ok(longer) = long.prepend(b"a") {
        long = longer;
    }
    assert!(long.label_count() > 120);
    // The apex, a record over everything else.
    let apex = "0p9mhaveqvm6t7vbl5lop2u3t2rp3tom.example. 3600 IN NSEC3 1 0 12 aabbccdd \
         0p9mhaveqvm6t7vbl5lop2u3t2rp3tom SOA NS DNSKEY RRSIG NSEC3PARAM";
    let sets = sets(&[apex]);
    let effort = Effort::new();
    let proofs = Proofs::new(&zone, &sets);
    // Each takes four: the name, the apex, the next closer name, the wildcard.
    for _ in 0..16 {
        assert_eq!(proofs.no_name(&long, RrType::A, &effort), Ok(Proven::Secure));
    }
    assert!(matches!(proofs.no_name(&long, RrType::A, &effort), Err(Why::TooMuchWork { .. })));
    // Records that match nothing let no search go on for ever.
    let other = nsec3::NS2.to_owned();
    let found = prove(&[&other], |proofs, effort| proofs.no_name(&long, RrType::A, effort));
    assert!(matches!(found, Err(Why::TooMuchWork { .. })), "{found:?}");
}

#[test]
fn what_is_missing_has_its_extended_error_rfc8914() {
    use proto::EdeCode;
    let ask = name("a.z.w.example.");
    let denied = prove(&[nsec::XX], |proofs, effort| proofs.no_name(&ask, RrType::A, effort));
    assert_eq!(denied.unwrap_err().ede(), EdeCode::NSEC_MISSING);
    // The data is there, and so it is not missing that makes it bogus (§4.13).
    let expand = |lines: &[&str]| {
        prove(lines, |proofs, effort| proofs.no_closer_match(&ask, &name("w.example."), RrType::MX, effort))
    };
    for lines in [&[nsec::XX][..], &[nsec3::WILDCARD], &[]] {
        assert_eq!(expand(lines).unwrap_err().ede(), EdeCode::DNSSEC_BOGUS, "{lines:?}");
    }
    let many = nsec3::NS2.replace("1 1 12", "1 1 501");
    let Ok(Proven::Insecure(Some(why))) = expand(&[&many]) else { panic!("nobody counts so far") };
    assert_eq!(why.ede(), EdeCode::UNSUPPORTED_NSEC3_ITERATIONS);
}
