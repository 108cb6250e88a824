//! Whatever octets come in, readers give an answer: never a panic, never a proof.
#![expect(clippy::unwrap_used, reason = "data that cannot be made fails the test")]

#[path = "denial_by_model/draw.rs"]
mod draw;

use dnssec::anchors::TrustAnchors;
use dnssec::denial::{Proofs, nsec3_hash, nsec3_owner_hash};
use dnssec::keys::{Voucher, authenticate};
use dnssec::verify::verify;
use dnssec::{Dnskey, Ds, Effort, Key, Policy, Rrsig, TypeBitmap, ZoneKeys};
use proto::{Name, Rdatas, RrType, Rrset, WallTime};

use crate::draw::Draw;

const NOW: WallTime = WallTime(1_790_000_000_000);

/// Octets that are nearly what a reader wants: small numbers, lengths that fit, some noise.
fn octets(draw: &mut Draw) -> Vec<u8> {
    let length = draw.below(80);
    (0..length)
        .map(|_| match draw.below(4) {
            0 => 0,
            1 => draw.below(4) as u8,
            2 => draw.below(64) as u8,
            _ => draw.next() as u8,
        })
        .collect()
}

/// Data with what the type begins with.
fn rdata(draw: &mut Draw, rtype: RrType) -> Vec<u8> {
    let mut start: Vec<u8> = match rtype {
        RrType::NSEC => b"\x01b\x07example\x00".to_vec(),
        RrType::NSEC3 => [&[1, 0, 0, 0, 0, 20][..], &[7; 20]].concat(),
        RrType::DNSKEY => vec![1, 0, 3, *draw.one_of(&[5, 8, 10, 13, 14, 15])],
        RrType::RRSIG => [&[0, 1, *draw.one_of(&[5, 8, 13, 15]), 1, 0, 0, 0, 60][..], &[0x7F; 4], &[0x60; 4]].concat(),
        _ => vec![],
    };
    start.truncate(draw.below(start.len() * 4 + 1));
    start.extend(octets(draw));
    start
}

fn set(draw: &mut Draw, owner: &str, rtype: RrType) -> Rrset {
    let fields: Vec<Vec<u8>> = (0..=draw.below(2)).map(|_| rdata(draw, rtype)).collect();
    let signatures: Vec<Vec<u8>> = (0..draw.below(3)).map(|_| rdata(draw, RrType::RRSIG)).collect();
    let set = Rrset::new(owner.parse().unwrap(), rtype, 60, fields.iter().map(Vec::as_slice));
    Rrset { signatures: Rdatas::pack(signatures.iter().map(Vec::as_slice)), ..set }
}

#[test]
fn data_of_any_octets_is_read_or_refused() {
    for seed in 0..40_000 {
        let mut draw = Draw::new(seed);
        let given = octets(&mut draw);
        if let Some(bitmap) = TypeBitmap::read(&given) {
            for rtype in bitmap.types() {
                assert!(bitmap.has(rtype), "seed {seed}: {rtype} in {given:?}");
            }
            assert_eq!(bitmap.is_empty(), bitmap.types().count() == 0, "seed {seed}");
            assert!(!format!("{bitmap:?}").is_empty());
        }
        if let Some(rrsig) = Rrsig::read(&given) {
            assert!(rrsig.signature.len() + rrsig.signer.wire().len() + 18 == given.len(), "seed {seed}");
        }
        assert_eq!(Ds::read(&given).is_some(), given.len() >= 4);
        assert_eq!(Dnskey::read(&given).map(|key| key.tag()), Key::read(&given).map(|key| key.tag), "seed {seed}");
        if let Ok(name) = Name::root().prepend(&given[..given.len().min(63)]) {
            assert!(nsec3_owner_hash(&name).is_none() || given.len() == 32, "seed {seed}");
        }
    }
}

#[test]
fn proofs_of_any_octets_prove_nothing_and_end() {
    let zone: Name = "example.".parse().unwrap();
    for seed in 0..10_000 {
        let mut draw = Draw::new(seed);
        let owners = [("a.example.", RrType::NSEC), ("0p9mhaveqvm6t7vbl5lop2u3t2rp3tom.example.", RrType::NSEC3)];
        let (owner, rtype) = *draw.one_of(&owners);
        let sets = [set(&mut draw, owner, rtype), set(&mut draw, owner, rtype)];
        let proofs = Proofs::new(&zone, &sets);
        for asked in ["example.", "a.example.", "b.a.example.", "zz.example.", "org.", "."] {
            let (asked, effort): (Name, _) = (asked.parse().unwrap(), Effort::new());
            _ = proofs.no_data(&asked, RrType(draw.next() as u16), &effort);
            _ = proofs.no_ds(&asked, &effort);
            _ = proofs.no_closer_match(&asked, &zone, RrType::A, &effort);
            if proofs.is_empty() {
                assert!(proofs.no_name(&asked, RrType::A, &effort).is_err(), "seed {seed}");
            }
        }
        _ = nsec3_hash(&zone, &sets[0]);
    }
}

#[test]
fn signatures_and_keys_of_any_octets_are_never_valid() {
    for seed in 0..6_000 {
        let mut draw = Draw::new(seed);
        let keys: Vec<Key> = (0..4).filter_map(|_| Key::read(&rdata(&mut draw, RrType::DNSKEY))).collect();
        let mut forged = set(&mut draw, "www.example.", RrType::A);
        // A signature that gets as far as the arithmetic: the tag is that of a key.
        if let Some(key) = keys.first() {
            let mut rrsig = vec![0, 1, key.algorithm.0, 2, 0, 0, 0, 60, 0x7F, 0, 0, 0, 0x60, 0, 0, 0];
            rrsig.extend(key.tag.to_be_bytes());
            rrsig.extend(b"\x07example\x00");
            rrsig.extend(octets(&mut draw));
            forged.signatures = Rdatas::pack([rrsig.as_slice()]);
        }
        let keys = ZoneKeys { zone: "example.".parse().unwrap(), keys };
        assert!(verify(&forged, &keys, NOW, Policy::default(), &Effort::new()).is_err(), "seed {seed}");
        let dnskeys = set(&mut draw, "example.", RrType::DNSKEY);
        let ds: Vec<Box<[u8]>> = (0..3).map(|_| octets(&mut draw).into()).collect();
        let anchors = dnskeys.rdatas.iter().map(Into::into).collect();
        for voucher in [Voucher { ds, dnskeys: vec![] }, Voucher { ds: vec![], dnskeys: anchors }] {
            _ = voucher.unsupported(&dnskeys.name, Policy::default());
            let result = authenticate(&dnskeys, &voucher, NOW, Policy::default(), &Effort::new());
            assert!(result.is_err(), "seed {seed}");
        }
    }
}

#[test]
fn anchors_of_any_text_are_read_or_refused() {
    let words = [
        "managed-keys",
        "trust-anchors",
        "trusted-keys",
        "{",
        "}",
        "};",
        ";",
        "\"",
        "initial-key",
        "static-ds",
        ".",
        "example",
        "257",
        "3",
        "8",
        "13",
        "AwEAAaz/",
        "IN",
        "DNSKEY",
        "DS",
        "20326",
        "2",
        "E06D",
        "\n",
        "//",
        "#",
        "/*",
        "*/",
        "(",
        ")",
        ";;state=2",
        ";;state=",
        "\\",
        "$ORIGIN",
        "é",
        "\0",
        "\t",
        "A",
    ];
    for seed in 0..20_000 {
        let mut draw = Draw::new(seed);
        let text: Vec<&str> = (0..draw.below(24)).map(|_| *draw.one_of(&words)).collect();
        let text = text.join(if draw.once_in(4) { "" } else { " " });
        let mut anchors = TrustAnchors::none();
        _ = anchors.add_text(&text);
        for (zone, voucher) in anchors.zones() {
            assert!(!voucher.ds.is_empty() || !voucher.dnskeys.is_empty(), "seed {seed}: {zone} in {text:?}");
        }
    }
}
