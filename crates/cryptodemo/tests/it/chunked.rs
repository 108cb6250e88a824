//! The chunked container: its layout, every key, pipes, and damage of all kinds.

use std::fs;

use aes_gcm::aead::{AeadInOut, KeyInit};
use cryptodemo::aead::AeadAlgorithm;
use cryptodemo::chunked::{CHUNK_LEN, Header};
use cryptodemo::files::Input;
use cryptodemo::kem::KemAlgorithm;
use cryptodemo::keys::{KeyAlgorithm, PrivateKey};
use cryptodemo::random;

use crate::memory::{message, open_chunked, seal_chunked, test_key, vector, vector_path};
use crate::support::{BINARY, assert_refused, code, cryptodemo, folder, openssl, run, stdout};

const FULL: usize = CHUNK_LEN + 16;

fn x25519() -> PrivateKey {
    PrivateKey::generate(KeyAlgorithm::X25519)
}

fn seal(key: &PrivateKey, message: &[u8]) -> Vec<u8> {
    let kem = KemAlgorithm::for_key(key.public()).expect("no key for signatures only");
    seal_chunked(key.public(), kem, AeadAlgorithm::Aes256Gcm, message)
}

/// Header and chunks of a container.
fn parts(sealed: &[u8]) -> (Vec<u8>, Vec<Vec<u8>>) {
    let header = Header::read(&mut Input::from_memory("container", sealed.to_vec())).expect("a container").encode();
    let chunks = sealed[header.len()..].chunks(FULL).map(<[u8]>::to_vec).collect();
    (header, chunks)
}

#[test]
fn every_kind_of_key_and_cipher_opens_what_it_sealed() {
    let keys = [
        KeyAlgorithm::X25519,
        KeyAlgorithm::P256,
        KeyAlgorithm::MlKem768,
        KeyAlgorithm::X25519MlKem768,
        KeyAlgorithm::ElGamal2048,
    ];
    let keys: Vec<_> = keys.map(PrivateKey::generate).into_iter().chain([test_key(2048), test_key(3072)]).collect();
    for key in &keys {
        let kem = KemAlgorithm::for_key(key.public()).unwrap();
        for aead in AeadAlgorithm::ALL {
            let sealed = seal_chunked(key.public(), kem, aead, b"hello");
            let (result, opened) = open_chunked(key, &sealed);
            assert_eq!((result.unwrap(), opened), (5, b"hello".to_vec()), "{:?} {aead}", key.algorithm());
            for other in keys.iter().filter(|other| other.public() != key.public()) {
                assert_eq!(open_chunked(other, &sealed).0.unwrap_err().exit_code(), 5);
            }
        }
    }
}

#[test]
fn messages_of_every_size_come_back() {
    let key = x25519();
    for size in [0, 1, 15, 16, 17, CHUNK_LEN - 1, CHUNK_LEN, CHUNK_LEN + 1, 2 * CHUNK_LEN, 3 * CHUNK_LEN + 5, 1 << 20] {
        let sealed = seal(&key, &message(size));
        let (header, chunks) = parts(&sealed);
        assert_eq!(sealed.len(), header.len() + size + 16 * chunks.len());
        let (result, opened) = open_chunked(&key, &sealed);
        assert_eq!(result.unwrap(), size as u64);
        assert!(opened == message(size), "{size} bytes");
    }
}

/// The documented layout, decoded by openssl and code that knows only the document.
#[test]
fn the_layout_is_what_the_document_says() {
    let folder = folder();
    let sealed = seal(&test_key(2048), &message(CHUNK_LEN + 3));
    assert_eq!(&sealed[..11], b"\x89CDCHK\r\n\x01\x01\x01");
    let (header, chunks) = sealed.split_at(8 + 3 + 32 + 32 + 2 + 256);
    assert_eq!(header[75..77], [1, 0]);
    let key = vector_path("test_rsa2048.key.der");
    let pkey = ["pkeyutl", "-decrypt", "-inkey", &key, "-keyform", "DER", "-pkeyopt", "rsa_padding_mode:oaep"];
    let hash = ["-pkeyopt", "rsa_oaep_md:sha256", "-pkeyopt", "rsa_mgf1_md:sha256"];
    let shared = stdout(openssl(folder.path(), &[&pkey[..], &hash].concat(), &header[77..]));
    let spki =
        stdout(openssl(folder.path(), &["pkey", "-in", &key, "-inform", "DER", "-pubout", "-outform", "DER"], b""));
    let digest = stdout(openssl(folder.path(), &["dgst", "-sha256", "-binary"], &spki));
    assert_eq!(header[11..43], digest);

    let mut file_key = [0; 32];
    let info = [b"cryptodemo chunked v1", header].concat();
    hkdf::Hkdf::<sha2::Sha256>::new(Some(&header[43..75]), &shared).expand(&info, &mut file_key).unwrap();
    let cipher = aes_gcm::Aes256Gcm::new(&file_key.into());
    let mut opened = Vec::new();
    for (number, (chunk, last)) in [(&chunks[..FULL], 0), (&chunks[FULL..], 1)].into_iter().enumerate() {
        let mut nonce = [0; 12];
        nonce[11] = u8::try_from(number).unwrap();
        let (data, tag) = chunk.split_last_chunk::<16>().unwrap();
        let mut data = data.to_vec();
        cipher.decrypt_inout_detached(&nonce.into(), &[last], data.as_mut_slice().into(), &(*tag).into()).unwrap();
        opened.extend(data);
    }
    assert!(opened == message(CHUNK_LEN + 3));
}

/// What STREAM promises (Hoang, Reyhanitabar, Rogaway, Vizár 2015): nothing but a genuine beginning ever comes out.
#[test]
fn chunks_are_not_reordered_dropped_repeated_nor_spliced() {
    let key = x25519();
    let original = message(3 * CHUNK_LEN + 100);
    let (header, chunks) = parts(&seal(&key, &original));
    let (other_header, other) = parts(&seal(&key, &original));
    let build = |header: &[u8], numbers: &[usize]| {
        let chosen = numbers.iter().map(|number| if *number < 10 { &chunks[*number] } else { &other[*number - 10] });
        chosen.fold(header.to_vec(), |mut sealed, chunk| {
            sealed.extend(chunk);
            sealed
        })
    };
    assert!(open_chunked(&key, &build(&header, &[0, 1, 2, 3])).1 == original);
    for (why, header, numbers) in [
        ("reordered", &header, &[1, 0, 2, 3][..]),
        ("reordered", &header, &[0, 2, 1, 3]),
        ("dropped first", &header, &[1, 2, 3]),
        ("dropped middle", &header, &[0, 2, 3]),
        ("dropped final", &header, &[0, 1, 2]),
        ("only the header", &header, &[]),
        ("repeated", &header, &[0, 1, 1, 2, 3]),
        ("repeated final", &header, &[0, 1, 2, 3, 3]),
        ("extended", &header, &[0, 1, 2, 3, 0]),
        ("spliced", &header, &[0, 11, 2, 3]),
        ("spliced final", &header, &[0, 1, 2, 13]),
        ("header of another file", &other_header, &[0, 1, 2, 3]),
    ] {
        let (result, left) = open_chunked(&key, &build(header, numbers));
        let error = result.expect_err(why);
        assert!(matches!(error.exit_code(), 3 | 4), "{why}: {error}");
        assert!(original.starts_with(&left), "{why}: other bytes than the message's came out");
    }
}

/// Two full chunks: the second is final, and an empty one behind it would be a second way to write the same message.
#[test]
fn a_full_final_chunk_ends_the_message() {
    let key = x25519();
    let (header, chunks) = parts(&seal(&key, &message(2 * CHUNK_LEN)));
    assert_eq!(chunks.len(), 2);
    let first = [&header[..], &chunks[0]].concat();
    assert_eq!(open_chunked(&key, &first).0.unwrap_err().exit_code(), 3);
    let more = [&header[..], &chunks[0], &chunks[1], &[0; 16]].concat();
    assert_eq!(open_chunked(&key, &more).0.unwrap_err().exit_code(), 3);
}

#[test]
fn every_truncation_is_told() {
    let key = x25519();
    let short = seal(&key, b"twenty bytes of text");
    for len in 0..short.len() {
        let (result, left) = open_chunked(&key, &short[..len]);
        let error = result.unwrap_err();
        assert!(matches!(error.exit_code(), 3 | 4) && left.is_empty(), "{len} bytes: {error}");
    }
    let original = message(2 * CHUNK_LEN + 40);
    let long = seal(&key, &original);
    let header = parts(&long).0.len();
    for border in [header, header + FULL, header + 2 * FULL, long.len()] {
        for len in (border.saturating_sub(20)..border + 20).filter(|len| *len < long.len()) {
            let (result, left) = open_chunked(&key, &long[..len]);
            assert!(matches!(result.unwrap_err().exit_code(), 3 | 4), "{len} bytes");
            assert!(original.starts_with(&left) && left.len() < original.len(), "{len} bytes");
        }
    }
}

#[test]
fn no_flipped_bit_goes_unnoticed() {
    let original = message(CHUNK_LEN + 3000);
    for key in [x25519(), PrivateKey::generate(KeyAlgorithm::X25519MlKem768), test_key(2048)] {
        let sealed = seal(&key, &original);
        let header = parts(&sealed).0.len();
        // Half of them in the header, which is a small part of the file.
        for range in [header, sealed.len()] {
            for _ in 0..100 {
                let bit = u64::from_le_bytes(random::array()) % (8 * range as u64);
                let mut changed = sealed.clone();
                changed[usize::try_from(bit / 8).unwrap()] ^= 1 << (bit % 8);
                let (result, left) = open_chunked(&key, &changed);
                let error = result.expect_err("each bit of the file is authenticated");
                assert!(matches!(error.exit_code(), 3..=5), "bit {bit}: {error}");
                assert!(original.starts_with(&left), "bit {bit}: other bytes than the message's came out");
            }
        }
    }
}

#[test]
fn pipes_carry_chunks_that_were_verified() {
    let folder = folder();
    let key = vector_path("test_rsa2048.key.der");
    let certificate = vector_path("test_rsa2048.crt.pem");
    let original = message(2 * CHUNK_LEN + 77);
    let sealed = stdout(run(folder.path(), BINARY, &["hybrid", "encrypt", "-r", &certificate, "-", "-"], &original));
    let decrypt = |sealed: &[u8], out| run(folder.path(), BINARY, &["hybrid", "decrypt", "-k", &key, "-", out], sealed);
    assert!(stdout(decrypt(&sealed, "-")) == original);
    // Cut within the second chunk: the first has left, and the exit code tells.
    let cut = &sealed[..parts(&sealed).0.len() + FULL + 1000];
    let output = decrypt(cut, "-");
    assert_eq!(code(&output), 3);
    assert!(output.stdout == original[..CHUNK_LEN]);
    // To a file nothing comes.
    assert_refused(&decrypt(cut, "out"), 3, "cut off");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn inspect_tells_without_a_key() {
    let folder = folder();
    let key = x25519();
    fs::write(folder.path().join("sealed"), seal(&key, &message(70_000))).unwrap();
    let told = stdout(cryptodemo(folder.path(), &["--json", "hybrid", "inspect", "sealed"]));
    let told: serde_json::Value = serde_json::from_slice(&told).unwrap();
    let header = 8 + 3 + 32 + 32 + 2 + 32;
    for (name, expected) in [
        ("message_bytes", 70_000),
        ("chunks", 2),
        ("header_bytes", header),
        ("overhead_bytes", header + 32),
        ("file_bytes", 70_000 + header + 32),
    ] {
        assert_eq!(told[name], expected, "{name}");
    }
    assert_eq!(
        (&told["format"], &told["kem"], &told["aead"]),
        (&"chunked".into(), &"x25519".into(), &"aes-256-gcm".into())
    );
    fs::write(folder.path().join("other"), vector("payload.bin")).unwrap();
    assert_refused(&cryptodemo(folder.path(), &["hybrid", "inspect", "other"]), 4, "neither CMS nor");
}
