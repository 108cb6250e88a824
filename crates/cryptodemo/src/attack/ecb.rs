//! ECB on text: equal blocks show, and who may put text in front of a secret reads the secret byte by byte.

use std::collections::HashMap;

use super::story::{self, Step, Story, hex, text};
use crate::aead::{self, AeadAlgorithm, Nonce};
use crate::legacy::{self, BlockCipher, LegacyAlgorithm, Mode};
use crate::{Result, Secret};

const BLOCK_LEN: usize = 16;
/// Longest secret of the demonstration in bytes.
pub const MAX_MESSAGE: usize = 1024;

/// The attacker's eye: gives each different block of a ciphertext a number in order of appearance.
#[must_use]
pub fn block_pattern(ciphertext: &[u8]) -> Vec<usize> {
    let mut numbers = HashMap::new();
    let blocks = ciphertext.chunks(BLOCK_LEN);
    blocks
        .map(|block| {
            let next = numbers.len();
            *numbers.entry(block).or_insert(next)
        })
        .collect()
}

/// What the attacker has read, and how often the server was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovered {
    /// The secret.
    pub secret: Vec<u8>,
    /// Encryptions asked for.
    pub queries: usize,
}

/// The attacker: reads the secret that a server appends to the attacker's text before it encrypts. Two questions a byte:
/// one shifts the next unknown byte to the end of a block, one has all 256 candidates for that block encrypted.
/// `None` if the ciphertexts do not behave like ECB.
pub fn recover_suffix(mut encrypt: impl FnMut(&[u8]) -> Vec<u8>) -> Option<Recovered> {
    let shortest = encrypt(&[]).len();
    let growing = (1..=BLOCK_LEN).find(|len| encrypt(&vec![0; *len]).len() > shortest)?;
    let secret_len = shortest.checked_sub(growing)?;
    let mut queries = 1 + growing;
    // Zeros stand before the secret while fewer than 15 of its bytes are known.
    let mut known = vec![0; BLOCK_LEN - 1];
    for position in 0..secret_len {
        let filler = vec![0; BLOCK_LEN - 1 - position % BLOCK_LEN];
        let shifted = encrypt(&filler);
        let wanted = shifted.chunks_exact(BLOCK_LEN).nth(position / BLOCK_LEN)?;
        let last = &known[known.len() - (BLOCK_LEN - 1)..];
        let candidates: Vec<u8> = (0..=u8::MAX).flat_map(|byte| [last, &[byte]].concat()).collect();
        let answers = encrypt(&candidates);
        let found = answers.chunks_exact(BLOCK_LEN).take(256).position(|block| block == wanted)?;
        known.push(u8::try_from(found).ok()?);
        queries += 2;
    }
    Some(Recovered { secret: known.split_off(BLOCK_LEN - 1), queries })
}

/// Carries the attack out on a secret that only the server knows.
///
/// # Errors
/// None that could be foreseen: keys are made here.
pub fn demonstrate(message: &[u8]) -> Result<Story> {
    let algorithm = LegacyAlgorithm { cipher: BlockCipher::Aes128, mode: Mode::Ecb };
    let key = legacy::key(algorithm, &Secret::random(16))?;
    let table = b"salary 3100 EUR;salary 2900 EUR;salary 3100 EUR;salary 3100 EUR;";
    let seen = key.encrypt(&[], table)?;
    let pattern = block_pattern(&seen[..table.len()]);
    let mut steps = vec![
        Step::new("A encrypts a table with AES-128 in ECB mode. The attacker sees the ciphertext only.")
            .fact("blocks", seen.chunks(BLOCK_LEN).map(hex).collect::<Vec<_>>().join(" ")),
        Step::new(
            "Equal blocks of text are equal blocks of ciphertext: without the key the attacker knows who earns the \
                   same.",
        )
        .fact("pattern", letters(&pattern)),
        Step::new("A server puts a secret behind any text that it is sent, and encrypts both in ECB mode."),
    ];
    let recovered = recover_suffix(|prefix| key.encrypt(&[], &[prefix, message].concat()).expect("ECB takes no IV"));
    let succeeded = recovered.as_ref().is_some_and(|recovered| recovered.secret == message) && pattern == [0, 1, 0, 0];
    steps.push(match &recovered {
        Some(Recovered { secret, queries }) => Step::new(
            "The attacker sends texts one byte shorter than a block, so that one unknown byte ends the block, and has the \
             256 possible blocks encrypted to compare. Byte by byte the secret comes out.",
        )
        .fact("questions asked", queries.to_string())
        .fact("recovered", text(secret)),
        None => Step::new("The attacker finds no block that fits."),
    });

    let safe = aead::key(AeadAlgorithm::Aes128Gcm, &Secret::random(16))?;
    let encrypt = |message: &[u8]| {
        let mut data = message.to_vec();
        safe.seal(Nonce::random(), &[], &mut data);
        data
    };
    let safe_pattern = block_pattern(&encrypt(table));
    // GCM does not pad, so a secret of one byte looks like none.
    let safe_recovered = recover_suffix(|prefix| encrypt(&[prefix, message].concat()));
    let prevented = safe_pattern == [0, 1, 2, 3] && safe_recovered.as_ref().is_none_or(|found| found.secret != message);
    let prevention_steps = vec![
        Step::new("The same table under AES-128-GCM: no two blocks are equal.").fact("pattern", letters(&safe_pattern)),
        Step::new(
            "The same server with AES-128-GCM and a fresh nonce each time: the blocks to compare never come twice.",
        )
        .fact(
            "recovered",
            safe_recovered
                .filter(|found| !found.secret.is_empty())
                .map_or("nothing".to_owned(), |recovered| text(&recovered.secret)),
        ),
    ];
    Ok(Story {
        attack: "ecb",
        title: "ECB encrypts equal blocks to equal blocks",
        steps,
        recovered: story::recovered(recovered.as_ref().map(|found| found.secret.as_slice())),
        succeeded,
        prevention: "A mode with a fresh nonce, best an authenticated one: AES-GCM, ChaCha20-Poly1305.",
        prevention_steps,
        prevented,
    })
}

fn letters(pattern: &[usize]) -> String {
    let letter =
        |number: &usize| u8::try_from(*number).map_or('?', |number| char::from(b'A' + number % 26)).to_string();
    pattern.iter().map(letter).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_secret_is_recovered_from_ecb() {
        // SP 800-38A section 6.1: under one key, a block of plaintext always gives the same block of ciphertext.
        let algorithm = LegacyAlgorithm { cipher: BlockCipher::Aes128, mode: Mode::Ecb };
        let key = legacy::key(algorithm, &Secret::random(16)).unwrap();
        for len in (0..50).chain([MAX_MESSAGE]) {
            let mut secret = vec![0; len];
            crate::random::fill(&mut secret);
            let recovered = recover_suffix(|prefix| key.encrypt(&[], &[prefix, &secret].concat()).unwrap()).unwrap();
            assert_eq!(recovered.secret, secret);
            assert!(recovered.queries <= 2 * len + 17);
        }
    }

    #[test]
    fn the_story_holds() {
        for message in [b"x".as_slice(), b"the password is swordfish"] {
            demonstrate(message).unwrap().verdict().unwrap();
        }
    }
}
