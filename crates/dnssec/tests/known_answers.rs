//! The examples of the RFCs: keys, signatures and digests that others have made.
#![expect(clippy::unwrap_used, reason = "data that cannot be read fails the test")]

use dnssec::keys::{Voucher, authenticate, ds_of};
use dnssec::verify::{Valid, verify};
use dnssec::{DigestType, Ds, Effort, Key, Policy, Why, ZoneKeys};
use proto::{Name, RrType, Rrset, WallTime, zonefile};

fn sets(text: &str) -> Vec<Rrset> {
    // A line that begins with a blank would belong to the owner before.
    let text: String = text.lines().flat_map(|line| [line.trim_start(), "\n"]).collect();
    let records = zonefile::parse(&text, &Name::root()).unwrap();
    Rrset::group(&records)
}

fn of_type(sets: &[Rrset], rtype: RrType) -> &Rrset {
    sets.iter().find(|set| set.rtype == rtype).unwrap()
}

fn keys(sets: &[Rrset]) -> ZoneKeys {
    let set = of_type(sets, RrType::DNSKEY);
    ZoneKeys { zone: set.name.clone(), keys: set.rdatas.iter().map(|rdata| Key::read(rdata).unwrap()).collect() }
}

fn check(sets: &[Rrset], rtype: RrType, now: u64) -> Result<Valid, Why> {
    let now = WallTime::from_secs(now);
    verify(of_type(sets, rtype), &keys(sets), now, Policy::default(), &Effort::new())
}

/// Each DS record of the text is that of its one key.
fn check_digests(sets: &[Rrset], tag: u16) {
    let (key, ds) = (keys(sets).keys[0].clone(), of_type(sets, RrType::DS));
    assert_eq!(key.tag, tag);
    for rdata in ds.rdatas.iter() {
        let digest = Ds::read(rdata).unwrap().digest_type;
        assert_eq!(ds_of(&ds.name, &key, digest).unwrap(), rdata, "{digest}");
    }
}

/// 2015-08-01, within the signatures of RFC 8080; 2010-08-20, of RFC 6605; 2010-01-01, of RFC 5702; 2004-05-01, of RFC 4035.
const RFC8080: u64 = 1_438_387_200;
const RFC6605: u64 = 1_282_262_400;
const RFC5702: u64 = 1_262_304_000;
const RFC4035: u64 = 1_083_369_600;

#[test]
fn ed25519_rfc8080_6_1() {
    for (tag, text) in [
        (
            3613,
            "example.com. 3600 IN DNSKEY 257 3 15 l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=
             example.com. 3600 IN DS 3613 15 2 3aa5ab37efce57f737fc1627013fee07bdf241bd10f3b1964ab55c78e79a304b
             example.com. 3600 IN MX 10 mail.example.com.
             example.com. 3600 IN RRSIG MX 15 2 3600 1440021600 1438207200 3613 example.com. (
               oL9krJun7xfBOIWcGHi7mag5/hdZrKWw15jPGrHpjQeRAvTdszaPD+QLs3fx8A4M3e23mRZ9VrbpMngwcrqNAg== )",
        ),
        (
            35217,
            "example.com. 3600 IN DNSKEY 257 3 15 zPnZ/QwEe7S8C5SPz2OfS5RR40ATk2/rYnE9xHIEijs=
             example.com. 3600 IN DS 35217 15 2 401781b934e392de492ec77ae2e15d70f6575a1c0bc59c5275c04ebe80c6614c
             example.com. 3600 IN MX 10 mail.example.com.
             example.com. 3600 IN RRSIG MX 15 2 3600 1440021600 1438207200 35217 example.com. (
               zXQ0bkYgQTEFyfLyi9QoiY6D8ZdYo4wyUhVioYZXFdT410QPRITQSqJSnzQoSm5poJ7gD7AQR0O7KuI5k2pcBg== )",
        ),
    ] {
        let sets = sets(text);
        check_digests(&sets, tag);
        assert_eq!(check(&sets, RrType::MX, RFC8080).unwrap().tag, tag);
    }
}

#[test]
fn ecdsa_rfc6605_6() {
    let p256 = sets(
        "example.net. 3600 IN DNSKEY 257 3 13 (
           GojIhhXUN/u4v54ZQqGSnyhWJwaubCvTmeexv7bR6edbkrSqQpF64cYbcB7wNcP+e+MAnLr+Wi9xMWyQLc8NAA== )
         example.net. 3600 IN DS 55648 13 2 b4c8c1fe2e7477127b27115656ad6256f424625bf5c1e2770ce6d6e37df61d17
         www.example.net. 3600 IN A 192.0.2.1
         www.example.net. 3600 IN RRSIG A 13 3 3600 20100909100439 20100812100439 55648 example.net. (
           qx6wLYqmh+l9oCKTN6qIc+bw6ya+KJ8oMz0YP107epXAyGmt+3SNruPFKG7tZoLBLlUzGGus7ZwmwWep666VCw== )",
    );
    check_digests(&p256, 55648);
    assert_eq!(check(&p256, RrType::A, RFC6605).unwrap().tag, 55648);
    let p384 = sets(
        "example.net. 3600 IN DNSKEY 257 3 14 (
           xKYaNhWdGOfJ+nPrL8/arkwf2EY3MDJ+SErKivBVSum1w/egsXvSADtNJhyem5RCOpgQ6K8X1DRSEkrbYQ+OB+v8/uX45NBwY8rp65F6
           Glur8I/mlVNgF6W/qTI37m40 )
         example.net. 3600 IN DS 10771 14 4 (
           72d7b62976ce06438e9c0bf319013cf801f09ecc84b8d7e9495f27e305c6a9b0563a9b5f4d288405c3008a946df983d6 )
         www.example.net. 3600 IN A 192.0.2.1
         www.example.net. 3600 IN RRSIG A 14 3 3600 20100909102025 20100812102025 10771 example.net. (
           /L5hDKIvGDyI1fcARX3z65qrmPsVz73QD1Mr5CEqOiLP95hxQouuroGCeZOvzFaxsT8Glr74hbavRKayJNuydCuzWTSSPdz7wnqXL5bd
           cJzusdnI0RSMROxxwGipWcJm )",
    );
    check_digests(&p384, 10771);
    assert_eq!(check(&p384, RrType::A, RFC6605).unwrap().tag, 10771);
}

#[test]
fn rsa_with_sha2_rfc5702_6() {
    let sha512 = sets(
        "example.net. 3600 IN DNSKEY 256 3 10 (
           AwEAAdHoNTOW+et86KuJOWRDp1pndvwb6Y83nSVXXyLA3DLroROUkN6X0O6pnWnjJQujX/AyhqFDxj13tOnD9u/1kTg7cV6rklMrZDtJCQ5P
           Cl/D7QNPsgVsMu1J2Q8gpMpztNFLpPBz1bWXjDtaR7ZQBlZ3PFY12ZTSncorffcGmhOL )
         www.example.net. 3600 IN A 192.0.2.91
         www.example.net. 3600 IN RRSIG A 10 3 3600 20300101000000 20000101000000 3740 example.net. (
           tsb4wnjRUDnB1BUi+t6TMTXThjVnG+eCkWqjvvjhzQL1d0YRoOe0CbxrVDYd0xDtsuJRaeUw1ep94PzEWzr0iGYgZBWm/zpq+9fOuagYJRfD
           qfReKBzMweOLDiNa8iP5g9vMhpuv6OPlvpXwm9Sa9ZXIbNl1MBGk0fthPgxdDLw= )",
    );
    assert_eq!(check(&sha512, RrType::A, RFC5702).unwrap().tag, 3740);
    // The other example has a key of 512 bits: too small to mean anything, and not checked here.
    let sha256 = sets(
        "example.net. 3600 IN DNSKEY 256 3 8 (
           AwEAAcFcGsaxxdgiuuGmCkVImy4h99CqT7jwY3pexPGcnUFtR2Fh36BponcwtkZ4cAgtvd4Qs8PkxUdp6p/DlUmObdk= )
         www.example.net. 3600 IN A 192.0.2.91
         www.example.net. 3600 IN RRSIG A 8 3 3600 20300101000000 20000101000000 9033 example.net. (
           kRCOH6u7l0QGy9qpC9l1sLncJcOKFLJ7GhiUOibu4teYp5VE9RncriShZNz85mwlMgNEacFYK/lPtPiVYP4bwg== )",
    );
    assert_eq!(keys(&sha256).keys[0].tag, 9033);
    assert!(matches!(check(&sha256, RrType::A, RFC5702), Err(Why::BadSignature { tag: 9033, .. })));
}

#[test]
fn digests_rfc4034_5_4_and_rfc4509_2_3() {
    let sets = sets(
        "dskey.example.com. 86400 IN DNSKEY 256 3 5 (
           AQOeiiR0GOMYkDshWoSKz9XzfwJr1AYtsmx3TGkJaNXVbfi/2pHm822aJ5iI9BMzNXxeYCmZDRD99WYwYqUSdjMmmAphXdvxegXd/M5+X7Or
           zKBaMbCVdFLUUh6DhweJBjEVv5f2wwjM9XzcnOf+EPbtG9DMBmADjFDc2w/rljwvFw== )
         dskey.example.com. 86400 IN DS 60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118
         dskey.example.com. 86400 IN DS 60485 5 2 D4B7D520E7BB5F0F67674A0CCEB1E3E0614B93C4F9E99B8383F6A1E4469DA50A",
    );
    check_digests(&sets, 60485);
}

#[test]
fn a_wildcard_expansion_rfc4035_b_6() {
    let sets = sets(
        "example. 3600 IN DNSKEY 256 3 5 (
           AQOy1bZVvpPqhg4j7EJoM9rI3ZmyEx2OzDBVrZy/lvI5CQePxXHZS4i8dANH4DX3tbHol61ek8EFMcsGXxKciJFHyhl94C+NwILQdzsUlSFo
           vBZsyl/NX6yEbtw/xN9ZNcrbYvgjjZ/UVPZIySFNsgEYvh0z2542lzMKR4Dh8uZffQ== )
         a.z.w.example. 3600 IN MX 1 ai.example.
         a.z.w.example. 3600 IN RRSIG MX 5 2 3600 20040509183619 20040409183619 38519 example. (
           OMK8rAZlepfzLWW75Dxd63jy2wswESzxDKG2f9AMN1CytCd10cYISAxfAdvXSZ7xujKAtPbctvOQ2ofO7AZJ+d01EeeQTVBPq4/6KCWhqe2X
           TjnkVLNvvhnc0u28aoSsG0+4InvkkOHknKxw4kX18MMR34i8lC36SR5xBni8vHI= )",
    );
    let valid = check(&sets, RrType::MX, RFC4035).unwrap();
    assert_eq!((valid.tag, valid.ttl), (38519, 3600));
    assert_eq!(valid.closest_encloser, Some("w.example.".parse().unwrap()));
    // An operator who does not trust SHA-1 any more does not check it.
    let strict = Policy { accept_sha1: false };
    let now = WallTime::from_secs(RFC4035);
    let result = verify(of_type(&sets, RrType::MX), &keys(&sets), now, strict, &Effort::new());
    assert!(matches!(result, Err(Why::NoUsableSignature { readable: Some(_), .. })), "{result:?}");
}

#[test]
fn the_roots_key_of_2017_has_its_digest_rfc7958() {
    let sets = sets(
        ". 172800 IN DNSKEY 257 3 8 (
           AwEAAaz/tAm8yTn4Mfeh5eyI96WSVexTBAvkMgJzkKTOiW1vkIbzxeF3+/4RgWOq7HrxRixHlFlExOLAJr5emLvN7SWXgnLh4+B5xQlNVz8O
           g8kvArMtNROxVQuCaSnIDdD5LKyWbRd2n9WGe2R8PzgCmr3EgVLrjyBxWezF0jLHwVN8efS3rCj/EWgvIWgb9tarpVUDK/b58Da+sqqls3eN
           buv7pr+eoZG+SrDK6nWeL3c6H5Apxz7LjVc1uTIdsIXxuOLYA4/ilBmSVIzuDWfdRUfhHdY6+cn8HFRm+2hM8AnXGXws9555KrUB5qihylGa
           8subX2Nn6UwNR1AkUTV74bU= )
         . 172800 IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D",
    );
    check_digests(&sets, 20326);
    let root = dnssec::anchors::TrustAnchors::root();
    let voucher: &Voucher = root.of(&Name::root()).unwrap();
    // Without a signature it is found, and not enough.
    let now = WallTime::from_secs(RFC4035);
    let result = authenticate(of_type(&sets, RrType::DNSKEY), voucher, now, Policy::default(), &Effort::new());
    assert!(matches!(result, Err(Why::KeysNotSigned { .. })), "{result:?}");
    assert_eq!(DigestType::SHA256.to_string(), "SHA-256");
}
