//! The ciphers by their standards.

use super::*;

#[test]
fn names_are_openssl_s_and_lead_back() {
    for algorithm in LegacyAlgorithm::all() {
        assert_eq!(LegacyAlgorithm::named(&algorithm.to_string()), Some(algorithm));
    }
    for name in ["aes-256-cbc", "aria-128-ecb", "seed-cbc", "seed-ecb", "des-ecb", "des-ede3-cbc", "aria-256-ctr"] {
        assert!(LegacyAlgorithm::named(name).is_some(), "{name}");
    }
    for name in ["", "seed-ctr", "des-ctr", "aes-192-cbc", "AES-256-CBC", "aes-256-gcm"] {
        assert!(LegacyAlgorithm::named(name).is_none(), "{name}");
    }
}

#[test]
fn everything_decrypts_what_it_encrypted() {
    for algorithm in LegacyAlgorithm::all() {
        let key = key(algorithm, &Secret::random(algorithm.cipher.key_len())).unwrap();
        let iv = vec![3; algorithm.iv_len()];
        for len in 0..70 {
            let message = vec![len as u8; len];
            let ciphertext = key.encrypt(&iv, &message).unwrap();
            assert_eq!(key.decrypt(&iv, &ciphertext).unwrap(), message, "{algorithm}, {len} bytes");
        }
    }
}

#[test]
fn first_blocks_are_those_of_the_standards() {
    // FIPS 197 appendix C.1 and C.3, RFC 5794 appendix A.1 and A.3, RFC 4269 appendix B.1, SP 800-17 table A.1.
    let counting: Vec<u8> = (0..32).collect();
    let pairs: Vec<u8> = (0..16u8).map(|i| i * 0x11).collect();
    let cases: [(&str, &[u8], &[u8], &str); 6] = [
        ("aes-128-ecb", &counting[..16], &pairs, "69c4e0d86a7b0430d8cdb78070b4c55a"),
        ("aes-256-ecb", &counting, &pairs, "8ea2b7ca516745bfeafc49904b496089"),
        ("aria-128-ecb", &counting[..16], &pairs, "d718fbd6ab644c739da95f3be6451778"),
        ("aria-256-ecb", &counting, &pairs, "f92bd7c79fb72e2f2b8f80c1972d24fc"),
        ("seed-ecb", &[0; 16], &counting[..16], "5ebac6e0054e166819aff1cc6d346cdb"),
        ("des-ecb", &[1; 8], &[0x80, 0, 0, 0, 0, 0, 0, 0], "95f8a5e5dd31d900"),
    ];
    for (name, secret, block, expected) in cases {
        let key = raw_key(LegacyAlgorithm::named(name).unwrap(), &Secret::from(secret)).unwrap();
        let mut data = block.to_vec();
        key.encrypt_blocks(&[], &mut data);
        let hex: String = data.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, expected, "{name}");
        key.decrypt_blocks(&[], &mut data);
        assert_eq!(data, block, "{name}");
    }
}

#[test]
fn padding_is_that_of_cms() {
    // RFC 5652 section 6.3.
    assert_eq!(pad(b"abcdef", 8), b"abcdef\x02\x02");
    assert_eq!(pad(b"abcdefgh", 8), b"abcdefgh\x08\x08\x08\x08\x08\x08\x08\x08");
    let cases: [(&[u8], Option<usize>); 6] = [
        (b"abcdef\x02\x02", Some(6)),
        (b"abcdef\x01\x02", None),
        (b"abcdefg\x00", None),
        (b"abcdefg\x09", None),
        (b"\x08\x08\x08\x08\x08\x08\x08\x08", Some(0)),
        (b"", None),
    ];
    for (padded, len) in cases {
        assert_eq!(unpadded_len(padded, 8), len, "{padded:?}");
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let cbc = LegacyAlgorithm::named("seed-cbc").expect("exists");
    assert!(matches!(key(cbc, &Secret::random(15)), Err(Error::Key(_))));
    let seed_ctr = LegacyAlgorithm { cipher: BlockCipher::Seed, mode: Mode::Ctr };
    assert!(matches!(key(seed_ctr, &Secret::random(16)), Err(Error::Usage(_))));
    let key = key(cbc, &Secret::random(16)).unwrap();
    assert!(matches!(key.encrypt(&[0; 8], b""), Err(Error::Usage(_))));
    assert!(matches!(key.decrypt(&[0; 16], &[0; 17]), Err(Error::Malformed { .. })));
    assert!(matches!(key.decrypt(&[0; 16], &[]), Err(Error::Malformed { .. })));
}

#[test]
fn counters_carry_through_the_whole_block() {
    // SP 800-38A appendix B.1 with m = 128, as OpenSSL does it: after ff...ff comes zero.
    let secret = Secret::random(16);
    let by_name = |name| raw_key(LegacyAlgorithm::named(name).unwrap(), &secret).unwrap();
    let mut stream = [0; 32];
    by_name("aria-128-ctr").encrypt_blocks(&[0xff; 16], &mut stream);
    let mut expected = [[0xff; 16], [0; 16]].concat();
    by_name("aria-128-ecb").encrypt_blocks(&[], &mut expected);
    assert_eq!(stream.as_slice(), expected);
}

/// NIST SP 800-67 section 3.3.2 for the weak keys, 3.2 for keys that are equal; parity bits do not count.
#[test]
fn weak_keys_of_des_are_known_whatever_their_parity() {
    let (a, b, c) = ([0x13; 8], [0x57; 8], [0x9b; 8]);
    let triple = |parts: [[u8; 8]; 3]| parts.concat();
    for (cipher, key, is_weak) in [
        (BlockCipher::Des, vec![1; 8], true),
        (BlockCipher::Des, vec![0; 8], true),
        (BlockCipher::Des, vec![0xe0, 0xfe, 0xe0, 0xfe, 0xf1, 0xfe, 0xf1, 0xfe], true),
        (BlockCipher::Des, b.to_vec(), false),
        (BlockCipher::DesEde3, triple([a, a, a]), true),
        (BlockCipher::DesEde3, triple([a, [0x12; 8], c]), true),
        (BlockCipher::DesEde3, triple([a, b, a]), true),
        (BlockCipher::DesEde3, triple([a, [1; 8], c]), true),
        (BlockCipher::DesEde3, triple([a, b, c]), false),
        (BlockCipher::Aes128, vec![1; 16], false),
    ] {
        let found = cipher.weak_key(&Secret::new(key.clone()));
        assert_eq!(found.is_some(), is_weak, "{} {key:02x?}", cipher.name());
    }
}
