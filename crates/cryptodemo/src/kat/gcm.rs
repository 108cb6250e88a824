//! Galois/Counter Mode over any block cipher of 128 bits (NIST SP 800-38D), for the vectors of SEED-GCM.

use ghash::GHash;
use ghash::universal_hash::UniversalHash;

use super::block::{AeadTest, block_cipher};
use super::runner::Answer;
use crate::Result;
use crate::error::Error;
use crate::legacy::BlockCipher;

/// SEED in GCM: opening gives the message, and sealing the message gives ciphertext and tag.
pub(super) fn seed_answer(test: &AeadTest) -> Answer {
    // SP 800-38D section 5.2.1.1: an IV has one bit at least. An empty one would give the key of the hash away.
    if test.iv.0.is_empty() {
        return Answer::Refuses;
    }
    let answer = || {
        let encrypt = block_cipher(BlockCipher::Seed, &test.key.0)?;
        let opened = open(&encrypt, &test.iv.0, &test.aad.0, &test.ct.0, &test.tag.0);
        Ok(Answer::of_bytes(opened, &test.msg.0).and(|| {
            let (sealed, tag) = seal(&encrypt, &test.iv.0, &test.aad.0, &test.msg.0);
            Answer::of_bytes(Ok::<_, ()>([sealed, tag.to_vec()].concat()), &[&*test.ct.0, &*test.tag.0].concat())
        }))
    };
    answer().into()
}

/// SP 800-38D algorithm 4.
fn seal(encrypt: &impl Fn(&mut [u8; 16]), iv: &[u8], aad: &[u8], message: &[u8]) -> (Vec<u8>, [u8; 16]) {
    let first = first_counter(encrypt, iv);
    let mut data = message.to_vec();
    counter_mode(encrypt, first, &mut data);
    let tag = tag(encrypt, first, aad, &data);
    (data, tag)
}

/// SP 800-38D algorithm 5.
fn open(encrypt: &impl Fn(&mut [u8; 16]), iv: &[u8], aad: &[u8], ciphertext: &[u8], tag_: &[u8]) -> Result<Vec<u8>> {
    let first = first_counter(encrypt, iv);
    if tag(encrypt, first, aad, ciphertext) != tag_ {
        return Err(Error::decryption());
    }
    let mut data = ciphertext.to_vec();
    counter_mode(encrypt, first, &mut data);
    Ok(data)
}

/// SP 800-38D section 7.1, step 2: the IV with the number 1 if it has 96 bits, its hash if not.
fn first_counter(encrypt: &impl Fn(&mut [u8; 16]), iv: &[u8]) -> [u8; 16] {
    if let Ok(iv) = <[u8; 12]>::try_from(iv) {
        let mut counter = [0; 16];
        counter[..12].copy_from_slice(&iv);
        counter[15] = 1;
        return counter;
    }
    hash(encrypt, &[], iv)
}

/// From the second counter on: the first one masks the tag. The last 32 bits count, and wrap.
fn counter_mode(encrypt: &impl Fn(&mut [u8; 16]), first: [u8; 16], data: &mut [u8]) {
    let mut counter = first;
    for chunk in data.chunks_mut(16) {
        let (_, low) = counter.split_last_chunk_mut::<4>().expect("a block is longer than four bytes");
        *low = u32::from_be_bytes(*low).wrapping_add(1).to_be_bytes();
        let mut stream = counter;
        encrypt(&mut stream);
        chunk.iter_mut().zip(stream).for_each(|(byte, mask)| *byte ^= mask);
    }
}

fn tag(encrypt: &impl Fn(&mut [u8; 16]), first: [u8; 16], aad: &[u8], ciphertext: &[u8]) -> [u8; 16] {
    let mut tag = hash(encrypt, aad, ciphertext);
    let mut mask = first;
    encrypt(&mut mask);
    tag.iter_mut().zip(mask).for_each(|(byte, mask)| *byte ^= mask);
    tag
}

/// GHASH over both, each padded with zeros to whole blocks, and their lengths in bits. For an IV the first is empty.
fn hash(encrypt: &impl Fn(&mut [u8; 16]), aad: &[u8], data: &[u8]) -> [u8; 16] {
    let mut key = [0; 16];
    encrypt(&mut key);
    let mut hash = GHash::new(&key.into());
    hash.update_padded(aad);
    hash.update_padded(data);
    let bits = |bytes: &[u8]| 8 * bytes.len() as u64;
    let mut lengths = [0; 16];
    lengths[..8].copy_from_slice(&bits(aad).to_be_bytes());
    lengths[8..].copy_from_slice(&bits(data).to_be_bytes());
    hash.update(&[lengths.into()]);
    hash.finalize().into()
}
