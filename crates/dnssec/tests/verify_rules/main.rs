//! The rules for a signature over a set (RFC 4035 §5.3), one table per rule.
#![expect(clippy::unwrap_used, reason = "data that cannot be made fails the test")]

mod chain;
mod signer;

use dnssec::verify::{Valid, verify};
use dnssec::{Effort, Key, Policy, Why, ZoneKeys};
use proto::{Name, RrType, Rrset, WallTime};

use crate::signer::{NOW, Sign, dnskey, key, keys, name, signed, with};

fn www() -> Rrset {
    Rrset::new(name("www.example."), RrType::A, 3600, [[192, 0, 2, 1].as_slice(), &[192, 0, 2, 2]])
}

fn check_at(now: u64, set: &Rrset, keys: &ZoneKeys) -> Result<Valid, Why> {
    verify(set, keys, WallTime::from_secs(now), Policy::default(), &Effort::new())
}

fn check(set: &Rrset, keys: &ZoneKeys) -> Result<Valid, Why> {
    check_at(u64::from(NOW), set, keys)
}

/// The name of the reason, or "valid".
fn verdict(result: &Result<Valid, Why>) -> String {
    let Err(why) = result else { return "valid".to_owned() };
    format!("{why:?}").split([' ', '{']).next().unwrap().to_owned()
}

#[test]
fn every_field_of_a_signature_counts_rfc4035_5_3_1() {
    type Change = fn(&mut Sign);
    let table: &[(&str, Change, &str)] = &[
        ("honest", |_| (), "valid"),
        ("other type covered", |sign| sign.covers = RrType::AAAA, "NoUsableSignature"),
        ("signer above", |sign| sign.signer = Name::root(), "WrongSigner"),
        ("signer below", |sign| sign.signer = name("www.example."), "WrongSigner"),
        ("signer beside", |sign| sign.signer = name("example.org."), "WrongSigner"),
        ("too many labels", |sign| sign.labels = 3, "WrongLabels"),
        ("255 labels", |sign| sign.labels = 255, "WrongLabels"),
        ("fewer labels than the zone", |sign| (sign.labels, sign.owner) = (0, name("*.")), "WrongLabels"),
        ("fewer labels, not signed so", |sign| sign.labels = 1, "BadSignature"),
        ("another key's tag", |sign| sign.tag ^= 1, "NoKey"),
        ("another algorithm", |sign| sign.algorithm = 13, "NoKey"),
        ("private algorithm", |sign| sign.algorithm = 253, "NoUsableSignature"),
        ("algorithm 0", |sign| sign.algorithm = 0, "NoUsableSignature"),
        ("Ed448", |sign| sign.algorithm = 16, "NoUsableSignature"),
        ("made by another key", |sign| sign.by = 2, "BadSignature"),
        ("other owner", |sign| sign.owner = name("ftp.example."), "BadSignature"),
        ("a record less", |sign| _ = sign.data.pop(), "BadSignature"),
        ("expires before it begins", |sign| sign.expiration = sign.inception - 1, "ExpiredBeforeValid"),
    ];
    for (what, change, expect) in table {
        let mut sign = Sign::honest(&www(), "example.", 1);
        change(&mut sign);
        let result = check(&with(&www(), &[sign.rdata()]), &keys("example.", &[1]));
        assert_eq!(verdict(&result), *expect, "{what}: {result:?}");
        // Whoever has to mend it is told which zone and which key. A signature over another type is no signature of this set.
        if let Err(why) = result {
            let (text, key) = (why.to_string(), format!("key {}", sign.tag));
            assert!(text.split([' ', ',', ')']).any(|word| word == "example."), "{what}: {text}");
            assert!(text.contains(&key) || sign.covers != RrType::A, "{what}: {text}");
        }
    }
    assert_eq!(verdict(&check(&www(), &keys("example.", &[1]))), "NoSignature");
    // What cannot be read hides no key that can be named, in whatever order they come.
    let mut unknown = Sign::honest(&www(), "example.", 1);
    unknown.algorithm = 200;
    let (cut, whole) = (vec![0, 1, 13], unknown.rdata());
    for signatures in [[cut.clone(), whole.clone()], [whole, cut]] {
        let why = check(&with(&www(), &signatures), &keys("example.", &[1])).unwrap_err();
        assert!(why.to_string().contains(&format!("key {} of example.", unknown.tag)), "{why}");
    }
    for cut in [0, 1, 17, 18, 25] {
        let rdata = Sign::honest(&www(), "example.", 1).rdata()[..cut].to_vec();
        assert_eq!(verdict(&check(&with(&www(), &[rdata]), &keys("example.", &[1]))), "NoUsableSignature", "{cut}");
    }
}

#[test]
fn only_keys_that_may_sign_count_rfc4034_2_1() {
    for (what, rdata, expect) in [
        ("zone key", dnskey(1, 0x0100, 3), "valid"),
        ("entry point", dnskey(1, 0x0101, 3), "valid"),
        ("no zone key", dnskey(1, 0x0001, 3), "NoKey"),
        ("no flags", dnskey(1, 0, 3), "NoKey"),
        ("protocol 2", dnskey(1, 0x0100, 2), "NoKey"),
        ("revoked (RFC 5011 §2.1)", dnskey(1, 0x0180, 3), "NoKey"),
    ] {
        let only = Key::read(&rdata).unwrap();
        let sign = Sign { tag: only.tag, ..Sign::honest(&www(), "example.", 1) };
        let keys = ZoneKeys { zone: name("example."), keys: vec![only] };
        assert_eq!(verdict(&check(&with(&www(), &[sign.rdata()]), &keys)), expect, "{what}");
    }
}

#[test]
fn clocks_may_be_wrong_by_a_tenth_of_the_lifetime() {
    for (lifetime, skew) in [(0, 3_600), (3_600, 3_600), (72_000, 7_200), (864_000, 86_400), (8_640_000, 86_400)] {
        // The second beginning lies before the end of 32-bit time, the end behind it (RFC 4034 §3.1.5).
        for begin in [u64::from(NOW), (1 << 32) - 1_800] {
            let end = begin + lifetime;
            let (inception, expiration) = (begin as u32, end as u32);
            let sign = Sign { inception, expiration, ..Sign::honest(&www(), "example.", 1) };
            let set = with(&www(), &[sign.rdata()]);
            for (now, expect) in [
                (begin, "valid"),
                (end, "valid"),
                (begin - skew, "valid"),
                (begin - skew - 1, "NotYetValid"),
                (end + skew, "valid"),
                (end + skew + 1, "Expired"),
                (begin - (1 << 30), "NotYetValid"),
                (end + (1 << 30), "Expired"),
            ] {
                let result = check_at(now, &set, &keys("example.", &[1]));
                assert_eq!(verdict(&result), expect, "{lifetime} s from {begin}, at {now}: {result:?}");
            }
        }
    }
}

#[test]
fn data_lives_no_longer_than_its_signature_says_rfc4035_5_3_3() {
    for (original_ttl, remaining, ttl) in [
        (300, 864_000, 300),
        (3600, 100, 100),
        (3600, 1, 1),
        (0, 100, 0),
        (3600, 0, 60),
        (3600, -60, 60),
        (30, -60, 30),
    ] {
        let expiration = (NOW as i32 + remaining) as u32;
        let sign = Sign { original_ttl, expiration, ..Sign::honest(&www(), "example.", 1) };
        let valid = check(&with(&www(), &[sign.rdata()]), &keys("example.", &[1])).unwrap();
        assert_eq!((valid.ttl, valid.remaining), (ttl, remaining.max(0) as u32), "{original_ttl} {remaining}");
    }
}

#[test]
fn wildcards_tell_their_closest_encloser_rfc4035_5_3_2() {
    for (owner, labels, source, zone, expect) in [
        ("a.example.", 1, "*.example.", "example.", Ok(Some("example."))),
        ("b.a.example.", 1, "*.example.", "example.", Ok(Some("example."))),
        ("b.a.example.", 2, "*.a.example.", "example.", Ok(Some("a.example."))),
        ("a.", 0, "*.", ".", Ok(Some("."))),
        // The wildcard itself, and a wildcard made from another.
        ("*.example.", 1, "*.example.", "example.", Ok(None)),
        ("*.example.", 2, "*.example.", "example.", Err("WrongLabels")),
        ("*.a.example.", 1, "*.example.", "example.", Ok(Some("example."))),
        ("*.example.", 0, "*.", ".", Ok(Some("."))),
        // A zone at a wildcard; names above it are not its own.
        ("*.example.", 1, "*.example.", "*.example.", Ok(None)),
        ("*.example.", 0, "*.", "*.example.", Err("WrongLabels")),
        ("a.sub.example.", 1, "*.example.", "sub.example.", Err("WrongLabels")),
    ] {
        let set = Rrset::new(name(owner), RrType::A, 60, [[192, 0, 2, 1].as_slice()]);
        let sign = Sign { labels, owner: name(source), ..Sign::honest(&set, zone, 1) };
        let result = check(&with(&set, &[sign.rdata()]), &keys(zone, &[1]));
        match expect {
            Ok(encloser) => assert_eq!(result.unwrap().closest_encloser, encloser.map(name), "{owner} from {source}"),
            Err(why) => assert_eq!(verdict(&result), why, "{owner} from {source}"),
        }
    }
}

#[test]
fn names_of_255_octets_may_come_from_a_wildcard() {
    let mut long = name("example.");
    while let Ok(longer) = long.prepend(b"a") {
        long = longer;
    }
    for labels in 1..long.label_count() {
        let set = Rrset::new(long.clone(), RrType::A, 60, [[192, 0, 2, 1].as_slice()]);
        let owner = long.suffix(labels).prepend(b"*").unwrap();
        let sign = Sign { labels: labels as u8, owner, ..Sign::honest(&set, "example.", 1) };
        let valid = check(&with(&set, &[sign.rdata()]), &keys("example.", &[1])).unwrap();
        assert_eq!(valid.closest_encloser.unwrap().label_count(), labels);
    }
}

#[test]
fn spelling_and_order_do_not_count_rfc4034_6() {
    let mx = |text: &str| proto::rdata::parse(RrType::MX, text, &Name::root()).unwrap();
    let given = [mx("20 B.Example."), mx("10 MAIL.example."), mx("10 mail.Example."), mx("20 b.example.")];
    let set = Rrset::new(name("WWW.Example."), RrType::MX, 60, given.iter().map(Vec::as_slice));
    let data = vec![mx("10 mail.example."), mx("20 b.example.")];
    let sign = Sign { data, ..Sign::honest(&set, "example.", 1) };
    assert_eq!(verdict(&check(&with(&set, &[sign.rdata()]), &keys("EXAMPLE.", &[1]))), "valid");
    // The signer's name is signed in lower case, however it is written (RFC 4034 §6.2).
    let mut rdata = Sign::honest(&www(), "example.", 1).rdata();
    rdata[19..26].make_ascii_uppercase();
    assert_eq!(verdict(&check(&with(&www(), &[rdata]), &keys("example.", &[1]))), "valid");
    // Text is data: its case counts.
    let set = Rrset::new(name("www.example."), RrType::TXT, 60, [b"\x01A".as_slice()]);
    let sign = Sign { data: vec![b"\x01a".to_vec()], ..Sign::honest(&set, "example.", 1) };
    assert_eq!(verdict(&check(&with(&set, &[sign.rdata()]), &keys("example.", &[1]))), "BadSignature");
    // Shorter data comes first (RFC 4034 §6.3).
    let set = Rrset::new(name("www.example."), RrType(65_280), 60, [b"ab".as_slice(), b"a", b"\xFF", b""]);
    let data = [b"".as_slice(), b"a", b"ab", b"\xFF"].map(<[u8]>::to_vec).to_vec();
    let sign = Sign { data, ..Sign::honest(&set, "example.", 1) };
    assert_eq!(verdict(&check(&with(&set, &[sign.rdata()]), &keys("example.", &[1]))), "valid");
}

#[test]
fn eight_signatures_are_looked_at_and_two_may_fail() {
    let good = Sign::honest(&www(), "example.", 1);
    let foreign = Sign { tag: good.tag ^ 1, ..good.clone() }.rdata();
    let bad = Sign { by: 2, ..good.clone() }.rdata();
    for (what, before, count, expect) in [
        ("unusable", &foreign, 7, "valid"),
        ("unusable", &foreign, 8, "NoKey"),
        ("bad", &bad, 1, "valid"),
        ("bad", &bad, 2, "BadSignature"),
    ] {
        let mut signatures = vec![before.clone(); count];
        signatures.push(good.rdata());
        let effort = Effort::new();
        let (keys, now) = (keys("example.", &[1]), WallTime::from_secs(u64::from(NOW)));
        let result = verify(&with(&www(), &signatures), &keys, now, Policy::default(), &effort);
        assert_eq!(verdict(&result), expect, "{count} {what}");
        assert!(effort.checks_done() <= 2);
    }
}

#[test]
fn two_keys_may_share_a_tag_and_three_may_not() {
    let twin = |number: u8| Key { tag: key(1).tag, ..key(number) };
    for (numbers, expect) in
        [(vec![1], "valid"), (vec![1, 2], "valid"), (vec![2, 1], "valid"), (vec![2, 3, 1], "KeyTagCollisions")]
    {
        let keys = ZoneKeys { zone: name("example."), keys: numbers.iter().map(|number| twin(*number)).collect() };
        assert_eq!(verdict(&check(&signed(&www(), "example.", 1), &keys)), expect, "{numbers:?}");
    }
    // Keys that may not sign, or of other algorithms, do not collide.
    let others = [Key { flags: 0, ..twin(2) }, Key { algorithm: dnssec::Algorithm(13), ..twin(3) }];
    let keys = ZoneKeys { zone: name("example."), keys: others.into_iter().chain([key(1)]).collect() };
    assert_eq!(verdict(&check(&signed(&www(), "example.", 1), &keys)), "valid");
}

#[test]
fn failed_checks_are_bounded_per_question() {
    let effort = Effort::new();
    let (keys, now) = (keys("example.", &[1]), WallTime::from_secs(u64::from(NOW)));
    let bad = with(&www(), &[Sign { by: 2, ..Sign::honest(&www(), "example.", 1) }.rdata()]);
    let run = |set: &Rrset| verdict(&verify(set, &keys, now, Policy::default(), &effort));
    let good = signed(&www(), "example.", 1);
    for _ in 0..8 {
        assert_eq!(run(&bad), "BadSignature");
    }
    assert_eq!(run(&bad), "TooMuchWork");
    assert_eq!(run(&good), "TooMuchWork", "the allowance is one for good and bad");
    assert_eq!(effort.checks_done(), 8);
}

#[test]
fn the_most_telling_reason_is_given() {
    let good = Sign::honest(&www(), "example.", 1);
    let expired = Sign { inception: NOW - 900_000, expiration: NOW - 800_000, ..good.clone() }.rdata();
    let bad = Sign { by: 2, ..good.clone() }.rdata();
    let foreign = Sign { signer: name("org."), ..good.clone() }.rdata();
    for (signatures, expect) in [
        ([&expired, &bad], "BadSignature"),
        ([&bad, &expired], "BadSignature"),
        ([&foreign, &expired], "Expired"),
        ([&expired, &foreign], "Expired"),
    ] {
        let set = with(&www(), &signatures.map(Clone::clone));
        assert_eq!(verdict(&check(&set, &keys("example.", &[1]))), expect);
    }
}
