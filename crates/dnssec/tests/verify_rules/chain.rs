//! Keys of a zone against what vouches for them (RFC 4035 §5.2, RFC 4509 §3, RFC 5011 §2.1).

use dnssec::keys::{Voucher, authenticate, ds_of};
use dnssec::{DigestType, Effort, Key, Policy, Why, ZoneKeys};
use proto::{RrType, Rrset, WallTime};

use crate::signer::{NOW, Sign, dnskey, name, with};

/// A DNSKEY set of example., signed by the pair of that number.
fn key_set(rdatas: &[Vec<u8>], by: u8, tag: u16) -> Rrset {
    let set = Rrset::new(name("example."), RrType::DNSKEY, 3600, rdatas.iter().map(Vec::as_slice));
    let mut sign = Sign { tag, ..Sign::honest(&set, "example.", by) };
    sign.data.sort();
    sign.data.dedup();
    with(&set, &[sign.rdata()])
}

fn tag(rdata: &[u8]) -> u16 {
    Key::read(rdata).unwrap().tag
}

fn ds(rdata: &[u8], digest: DigestType) -> Vec<u8> {
    ds_of(&name("example."), &Key::read(rdata).unwrap(), digest).unwrap()
}

fn by_ds(records: &[Vec<u8>]) -> Voucher {
    Voucher { ds: records.iter().map(|rdata| rdata.as_slice().into()).collect(), dnskeys: vec![] }
}

fn run(set: &Rrset, voucher: &Voucher, effort: &Effort) -> Result<ZoneKeys, Why> {
    let now = WallTime::from_secs(u64::from(NOW));
    authenticate(set, voucher, now, Policy::default(), effort).map(|(keys, _)| keys)
}

fn verdict(set: &Rrset, voucher: &Voucher) -> String {
    if voucher.unsupported(&set.name, Policy::default()).is_some() {
        return "unsupported".to_owned();
    }
    match run(set, voucher, &Effort::new()) {
        Ok(_) => "valid".to_owned(),
        Err(why) => format!("{why:?}").split([' ', '{']).next().unwrap().to_owned(),
    }
}

#[test]
fn the_strongest_digest_decides_rfc4509_3() {
    let key = dnskey(1, 0x0101, 3);
    let set = key_set(std::slice::from_ref(&key), 1, tag(&key));
    let good = |digest| ds(&key, digest);
    let bad = |digest| {
        let mut rdata = ds(&key, digest);
        *rdata.last_mut().unwrap() ^= 1;
        rdata
    };
    let (sha1, sha256, sha384) = (DigestType::SHA1, DigestType::SHA256, DigestType::SHA384);
    let with_type = |number: u8, rdata: Vec<u8>| [&rdata[..3], &[number], &rdata[4..]].concat();
    let with_algorithm = |number: u8, rdata: Vec<u8>| [&rdata[..2], &[number], &rdata[3..]].concat();
    for (what, records, expect) in [
        ("SHA-1 alone", vec![good(sha1)], "valid"),
        ("SHA-256", vec![good(sha256)], "valid"),
        ("SHA-384", vec![good(sha384)], "valid"),
        ("a bad SHA-1 beside a good SHA-256", vec![bad(sha1), good(sha256)], "valid"),
        ("a good SHA-1 beside a bad SHA-256", vec![good(sha1), bad(sha256)], "NoMatchingKey"),
        ("a good SHA-256 beside a bad SHA-384", vec![good(sha256), bad(sha384)], "NoMatchingKey"),
        ("one good of two", vec![bad(sha256), good(sha256)], "valid"),
        ("the same twice", vec![good(sha256), good(sha256), good(sha256)], "valid"),
        ("unknown digest", vec![with_type(200, good(sha256))], "unsupported"),
        ("unknown digest beside a good one", vec![with_type(200, good(sha256)), good(sha1)], "valid"),
        ("digest cut off", vec![good(sha256)[..20].to_vec()], "NoMatchingKey"),
        ("digest too long", vec![[good(sha256), vec![0]].concat()], "NoMatchingKey"),
        ("no digest", vec![good(sha256)[..4].to_vec()], "NoMatchingKey"),
        ("unreadable", vec![vec![1, 2, 3]], "NoMatchingKey"),
        ("unreadable beside unsupported", vec![vec![1], with_algorithm(253, good(sha256))], "NoMatchingKey"),
        ("nothing", vec![], "NoMatchingKey"),
        ("another algorithm", vec![with_algorithm(13, good(sha256))], "NoMatchingKey"),
        ("algorithm 0", vec![with_algorithm(0, good(sha256))], "unsupported"),
        ("Ed448, which is not checked here", vec![with_algorithm(16, good(sha256))], "unsupported"),
        ("Ed448 beside Ed25519", vec![with_algorithm(16, good(sha256)), good(sha256)], "valid"),
        ("private algorithm", vec![with_algorithm(253, good(sha256))], "unsupported"),
        ("unknown algorithm with the strongest digest", vec![with_algorithm(253, bad(sha384)), good(sha1)], "valid"),
    ] {
        assert_eq!(verdict(&set, &by_ds(&records)), expect, "{what}");
    }
    // However many unsupported records stand in front.
    let mut records: Vec<Vec<u8>> = (0..100).map(|number| with_type(100 + number, good(sha256))).collect();
    records.push(good(sha256));
    assert_eq!(verdict(&set, &by_ds(&records)), "valid");
}

#[test]
fn the_key_that_is_vouched_for_signs_the_set() {
    let (ksk, zsk) = (dnskey(1, 0x0101, 3), dnskey(2, 0x0100, 3));
    let both = [ksk.clone(), zsk.clone()];
    let sha256 = |rdata: &[u8]| by_ds(&[ds(rdata, DigestType::SHA256)]);
    assert_eq!(verdict(&key_set(&both, 1, tag(&ksk)), &sha256(&ksk)), "valid");
    assert_eq!(verdict(&key_set(&both, 2, tag(&zsk)), &sha256(&ksk)), "KeysNotSigned");
    assert_eq!(verdict(&key_set(&both, 2, tag(&ksk)), &sha256(&ksk)), "KeysNotSigned");
    // An attacker's key in the set, with the set signed by it.
    assert_eq!(verdict(&key_set(&both, 2, tag(&zsk)), &sha256(&dnskey(3, 0x0101, 3))), "NoMatchingKey");
    let found = run(&key_set(&both, 1, tag(&ksk)), &sha256(&ksk), &Effort::new()).unwrap();
    assert_eq!(found.keys.len(), 2);
}

#[test]
fn keys_that_may_not_sign_begin_no_chain() {
    for (flags, protocol, expect) in [(0x0181, 3, "Revoked"), (0x0001, 3, "NoZoneKeyBit"), (0x0101, 3, "valid")] {
        let key = dnskey(1, flags, protocol);
        let set = key_set(std::slice::from_ref(&key), 1, tag(&key));
        assert_eq!(verdict(&set, &by_ds(&[ds(&key, DigestType::SHA256)])), expect, "{flags:x}");
    }
}

#[test]
fn anchors_may_be_keys_rfc5011() {
    let by_key = |rdata: Vec<u8>| Voucher { ds: vec![], dnskeys: vec![rdata.into()] };
    let (ksk, zsk) = (dnskey(1, 0x0101, 3), dnskey(2, 0x0100, 3));
    let set = key_set(&[ksk.clone(), zsk.clone()], 1, tag(&ksk));
    assert_eq!(verdict(&set, &by_key(ksk.clone())), "valid");
    assert_eq!(verdict(&set, &by_key(dnskey(3, 0x0101, 3))), "NoMatchingKey");
    // The zone has revoked the anchor, or somebody gave a revoked key as one.
    let revoked = dnskey(1, 0x0181, 3);
    let revoked_set = key_set(&[revoked.clone(), zsk.clone()], 1, tag(&revoked));
    assert_eq!(verdict(&revoked_set, &by_key(ksk.clone())), "Revoked");
    assert_eq!(verdict(&set, &by_key(revoked)), "NoMatchingKey");
    // Named as key and as digest, it is still one key.
    let twice = Voucher { ds: by_ds(&[ds(&ksk, DigestType::SHA256)]).ds, dnskeys: by_key(ksk.clone()).dnskeys };
    assert_eq!(verdict(&set, &twice), "valid");
    let effort = Effort::new();
    let badly = key_set(&[ksk.clone(), zsk], 2, tag(&ksk));
    assert!(run(&badly, &twice, &effort).is_err());
    assert_eq!(effort.checks_done(), 1, "one key, one check");
}

#[test]
fn colliding_tags_cost_little() {
    // Forged DS records, each with the tag of the key and another digest, before the right one.
    let key = dnskey(1, 0x0101, 3);
    let set = key_set(std::slice::from_ref(&key), 1, tag(&key));
    let right = ds(&key, DigestType::SHA256);
    let with_forged = |count: u8| {
        let forged = (0..count).map(|number| {
            let mut rdata = right.clone();
            rdata[10] = number + u8::from(number >= right[10]);
            rdata
        });
        by_ds(&forged.chain([right.clone()]).collect::<Vec<_>>())
    };
    for (forged, sound) in [(0, true), (3, true), (4, false), (100, false)] {
        let outcome = run(&set, &with_forged(forged), &Effort::new());
        let spent = matches!(outcome, Err(Why::TooMuchWork { .. }));
        assert_eq!((outcome.is_ok(), spent), (sound, !sound), "{forged} before the right one");
    }
}

#[test]
fn an_allowance_that_is_spent_says_nothing_of_the_keys() {
    let key = dnskey(1, 0x0101, 3);
    let (good, bad) =
        (key_set(std::slice::from_ref(&key), 1, tag(&key)), key_set(std::slice::from_ref(&key), 2, tag(&key)));
    let (voucher, effort) = (by_ds(&[ds(&key, DigestType::SHA256)]), Effort::new());
    let mut last = run(&bad, &voucher, &effort);
    assert!(matches!(last, Err(Why::KeysNotSigned { .. })), "{last:?}");
    for _ in 0..10 {
        last = run(&bad, &voucher, &effort);
    }
    assert!(matches!(last, Err(Why::TooMuchWork { .. })), "{last:?}");
    assert!(matches!(run(&good, &voucher, &effort), Err(Why::TooMuchWork { .. })));
    assert!(run(&good, &voucher, &Effort::new()).is_ok());
}

#[test]
fn sixty_four_keys_are_looked_at() {
    for (others, expect) in [(63, "valid"), (64, "NoMatchingKey")] {
        let mut rdatas: Vec<Vec<u8>> = (0..others).map(|number| dnskey(100 + number, 0x0100, 3)).collect();
        let key = dnskey(1, 0x0101, 3);
        rdatas.push(key.clone());
        let set = key_set(&rdatas, 1, tag(&key));
        assert_eq!(verdict(&set, &by_ds(&[ds(&key, DigestType::SHA256)])), expect, "{others}");
    }
}
