//! Signatures and denials before an independent judge: hickory-proto, with its own canonical form.

use std::collections::BTreeSet;
use std::str::FromStr;

use proto::hickory::dnssec::Verifier;
use proto::hickory::dnssec::rdata::{DNSSECRData, RRSIG};
use proto::hickory::rr;
use proto::{Edns, Message, Question, rdata};

use super::*;
use crate::World;

const NOW: WallTime = WallTime(1_790_000_000_000);

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

fn ask(world: &World, zone: &str, question: &str, dnssec_ok: bool) -> Message {
    let (owner, rtype) = question.split_once(' ').unwrap();
    let mut query = Message::query(1, Question::new(name(owner), rtype.parse().unwrap()));
    query.edns = Some(Edns { dnssec_ok, ..Edns::new(1232) });
    world.zone(&name(zone)).unwrap().respond(&query, NOW)
}

fn rrsig(data: &[u8]) -> RRSIG {
    match rdata::to_hickory(RrType::RRSIG, data) {
        Some(rr::RData::DNSSEC(DNSSECRData::RRSIG(rrsig))) => rrsig,
        other => panic!("{other:?}"),
    }
}

/// The independent judge's word on one signature over one set.
fn fits(world: &World, set: &[Record], signature: &[u8]) -> bool {
    let sig = rrsig(signature);
    let owner = rr::Name::from_str(&set[0].name.to_string()).unwrap();
    let typed = |record: &Record| {
        let data = rdata::to_hickory(record.rtype, &record.rdata);
        rr::Record::from_rdata(owner.clone(), record.ttl, data.unwrap_or_else(|| panic!("{record}")))
    };
    let records: Vec<rr::Record> = set.iter().map(typed).collect();
    let signer = name(&sig.input().signer_name.to_ascii());
    let keys = world.zone(&signer).unwrap().set(&signer, RrType::DNSKEY);
    keys.iter().any(|key| match rdata::to_hickory(RrType::DNSKEY, &key.rdata) {
        Some(rr::RData::DNSSEC(DNSSECRData::DNSKEY(key))) => {
            key.calculate_key_tag().unwrap() == sig.input().key_tag
                && key.verify_rrsig(&owner, rr::DNSClass::IN, &sig, records.iter()).is_ok()
        }
        _ => false,
    })
}

/// The sets of a section that the judge finds signed, as `owner type`; a set with a wrong signature ends the test.
fn signed(world: &World, section: &[Record]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for record in section.iter().filter(|record| record.rtype == RrType::RRSIG) {
        let covers = rdata::rrsig_covers(&record.rdata).unwrap();
        let set: Vec<Record> = section.iter().filter(|r| r.name == record.name && r.rtype == covers).cloned().collect();
        assert!(fits(world, &set, &record.rdata), "{} {covers}", record.name);
        found.insert(format!("{} {covers}", record.name));
    }
    found
}

#[test]
fn every_set_of_the_embedded_world_is_signed_rfc4035_2_2() {
    let world = World::embedded();
    let mut algorithms = BTreeSet::new();
    let mut count = 0;
    for zone in world.zones().filter(|zone| zone.signing().is_some_and(|how| how.flaw.is_none())) {
        let evidence = zone.evidence(NOW).unwrap();
        for owner in nsec::owners(zone) {
            let is_cut = owner.types.contains(&RrType::NS) && owner.name != zone.apex;
            for rtype in owner.types.iter().filter(|rtype| !is_cut || **rtype == RrType::DS) {
                let (signatures, _) = evidence.of_data(&owner.name, *rtype);
                assert_eq!(signatures.len(), 1, "{} {rtype}", owner.name);
                let set = zone.set(&owner.name, *rtype);
                assert!(fits(&world, set, &signatures[0].rdata), "{} {rtype}", owner.name);
                algorithms.insert(signatures[0].rdata[2]);
                count += 1;
            }
        }
    }
    assert_eq!(algorithms, BTreeSet::from([8, 13, 15]));
    assert!(count > 300, "{count}");
}

#[test]
fn dnssec_records_go_to_who_sets_do_only_rfc4035_3_1() {
    let world = World::embedded();
    let plain = ask(&world, "rootwalk.net.", "www.rootwalk.net. A", false);
    assert!(plain.answer.iter().all(|record| record.rtype == RrType::A) && plain.authority.is_empty());
    let reply = ask(&world, "rootwalk.net.", "www.rootwalk.net. A", true);
    assert_eq!(signed(&world, &reply.answer), BTreeSet::from(["www.rootwalk.net. A".to_owned()]));
    let plain = ask(&world, "rootwalk.net.", "nobody-here.rootwalk.net. A", false);
    assert_eq!(plain.authority.len(), 1);
}

fn check(zone: &str, question: &str, authority: &[&str]) {
    let world = World::embedded();
    let reply = ask(&world, zone, question, true);
    let found = signed(&world, &reply.authority);
    let shown: Vec<String> = reply.authority.iter().map(ToString::to_string).collect();
    assert_eq!(found, authority.iter().map(|text| (*text).to_owned()).collect(), "{question}: {shown:#?}");
}

#[test]
fn denials_by_names_rfc4035_3_1_3() {
    let (net, soa) = ("rootwalk.net.", "rootwalk.net. SOA");
    // §3.1.3.1: the record at the name; of an empty non-terminal, the one before it.
    check(net, "www.rootwalk.net. MX", &[soa, "www.rootwalk.net. NSEC"]);
    check(net, "b.ent.rootwalk.net. A", &[soa, "endless18.rootwalk.net. NSEC"]);
    // §3.1.3.2: the name, and the wildcard that could have answered.
    check(net, "nobody-here.rootwalk.net. A", &[soa, "www.new.rootwalk.net. NSEC", "rootwalk.net. NSEC"]);
    // §3.1.3.3: no closer match than the wildcard.
    check(net, "any.wild.rootwalk.net. A", &["*.wild.rootwalk.net. NSEC"]);
    // §3.1.3.4: the name, and what the wildcard lacks.
    check(net, "zzz.wild.rootwalk.net. MX", &[soa, "*.wild.rootwalk.net. NSEC", "x.there.wild.rootwalk.net. NSEC"]);
    // §3.1.4: referrals.
    check(net, "www.tc.rootwalk.net. A", &["tc.rootwalk.net. DS"]);
    check(net, "n1.gen.rootwalk.net. A", &["gen.rootwalk.net. NSEC"]);
}

#[test]
fn an_alias_by_dname_is_signed_once_rfc6672_5_3_1() {
    let world = World::embedded();
    let reply = ask(&world, "rootwalk.net.", "www.old.rootwalk.net. A", true);
    let expected = ["old.rootwalk.net. DNAME", "www.new.rootwalk.net. A"].map(str::to_owned);
    assert_eq!(signed(&world, &reply.answer), BTreeSet::from(expected));
}

/// How many NSEC3 records a reply has; all of them are signed.
fn nsec3s(zone: &str, question: &str) -> usize {
    let world = World::embedded();
    let reply = ask(&world, zone, question, true);
    let count = reply.authority.iter().filter(|record| record.rtype == RrType::NSEC3).count();
    let signed = signed(&world, &reply.authority);
    assert_eq!(signed.iter().filter(|set| set.ends_with(" NSEC3")).count(), count, "{question}");
    count
}

#[test]
fn denials_by_hashes_rfc5155_7_2() {
    let org = "rootwalk.org.";
    assert_eq!(nsec3s(org, "ns1.rootwalk.org. MX"), 1, "§7.2.3");
    assert_eq!(nsec3s(org, "y.moved.rootwalk.org. A"), 1, "§7.1: empty non-terminals have records too");
    assert!((2..=3).contains(&nsec3s(org, "nobody.rootwalk.org. A")), "§7.2.2");
    assert_eq!(nsec3s("com.", "www.naver.com. A"), 0, "§7.2.7: DS instead");
    assert!((1..=2).contains(&nsec3s("com.", "www.hosting.com. A")), "§7.2.7 with opt-out");
    assert_eq!(nsec3s("net.", "www.hosting.net. A"), 1, "§7.2.7 without opt-out");
    assert_eq!(nsec3s("hosted.rootwalk.io.", "hosted.rootwalk.io. HINFO"), 1, "§7.2.3");
}

/// The hash of the example in RFC 5155 appendix A.
#[test]
fn names_are_hashed_as_rfc5155_5_says() {
    let how = Nsec3 { salt: vec![0xAA, 0xBB, 0xCC, 0xDD], iterations: 12, opt_out: true };
    let hash = data_encoding::BASE32HEX_NOPAD.encode(&how.hash(&name("a.example."))).to_lowercase();
    assert_eq!(hash, "35mthgpgcu1qg68fab165klnsnk3dpvl");
}

#[test]
fn signatures_are_valid_around_the_time_of_asking_whatever_it_is() {
    let world = World::embedded();
    let zone = world.zone(&Name::root()).unwrap();
    for now in [1_000_000_000_u64, 1_790_000_000, 1_790_604_799, 4_000_000_000] {
        let (signatures, _) = zone.evidence(WallTime::from_secs(now)).unwrap().of_data(&Name::root(), RrType::SOA);
        let sig = rrsig(&signatures[0].rdata);
        let (begin, end) = (sig.input().sig_inception.get(), sig.input().sig_expiration.get());
        assert!(u64::from(begin) + DAY <= now && now + WEEK <= u64::from(end), "{begin} {now} {end}");
    }
}

#[test]
fn the_same_world_has_the_same_keys_and_signatures() {
    let make = |algorithm| {
        let key = Key::of_zone(&name("example."), 0, algorithm, ZONE_KEY);
        (key.dnskey.clone(), key.sign(b"message"))
    };
    for algorithm in [SigningAlgorithm::EcdsaP256, SigningAlgorithm::RsaSha256, SigningAlgorithm::Ed25519] {
        assert_eq!(make(algorithm), make(algorithm));
    }
}

#[test]
fn an_island_has_no_ds_at_its_parent() {
    let world = World::embedded();
    assert!(world.zone(&name("hosting.co.kr.")).unwrap().signing().is_some());
    let parent = world.zone(&name("co.kr.")).unwrap();
    assert!(parent.set(&name("hosting.co.kr."), RrType::DS).is_empty());
    assert_eq!(parent.set(&name("shop.co.kr."), RrType::DS).len(), 1);
}
