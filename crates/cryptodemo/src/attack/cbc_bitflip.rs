//! CBC without authentication: a bit flipped in one block flips the same bit of the next block's plaintext.

use super::story::{self, Step, Story, hex, text};
use crate::aead::{self, AeadAlgorithm, Nonce};
use crate::legacy::{self, BlockCipher, LegacyAlgorithm, Mode};
use crate::{Result, Secret};

/// The attacker: changes a captured `IV || ciphertext` so that text known to stand at the offset becomes other text of
/// the same length. `false`, and nothing changed, if the lengths differ or the text does not lie within the captured.
///
/// The block before the changed one decrypts to noise, unless that is the IV: changes within the first block leave no trace.
pub fn rewrite(captured: &mut [u8], offset: usize, known: &[u8], wanted: &[u8]) -> bool {
    if known.len() != wanted.len() {
        return false;
    }
    // Plaintext block i is XORed with what stands one block before its ciphertext: with IV in front, the same offset.
    let Some(before) = offset.checked_add(known.len()).and_then(|end| captured.get_mut(offset..end)) else {
        return false;
    };
    before.iter_mut().zip(known.iter().zip(wanted)).for_each(|(byte, (known, wanted))| *byte ^= known ^ wanted);
    true
}

const COOKIE: &[u8] = b"role=user ;name=eve;since=2019";
const KNOWN: &[u8] = b"user ";
const WANTED: &[u8] = b"admin";
const OFFSET: usize = 5;

/// Carries the attack out on a cookie that a server has given to its user.
///
/// # Errors
/// None that could be foreseen: keys are made here.
pub fn demonstrate() -> Result<Story> {
    let key = legacy::key(LegacyAlgorithm { cipher: BlockCipher::Aes128, mode: Mode::Cbc }, &Secret::random(16))?;
    let iv: [u8; 16] = crate::random::array();
    let cookie = [iv.as_slice(), &key.encrypt(&iv, COOKIE)?].concat();
    let mut changed = cookie.clone();
    let fits = rewrite(&mut changed, OFFSET, KNOWN, WANTED);
    let (iv, body) = changed.split_at(16);
    let opened = key.decrypt(iv, body);
    let expected = b"role=admin;name=eve;since=2019";
    let succeeded = fits && opened.as_deref().is_ok_and(|opened| opened == expected);
    let got = story::recovered(opened.as_deref().ok());
    let steps = vec![
        Step::new(
            "A server encrypts a cookie with AES-128-CBC and gives it to user eve. Without the key she cannot read \
                   it, but she knows how such cookies look.",
        )
        .fact("text", text(COOKIE))
        .fact("IV and ciphertext", hex(&cookie)),
        Step::new(
            "CBC decrypts a block and XORs it with what came before; before the first block comes the IV. She XORs \
                   the IV with \"user \" XOR \"admin\" at the place of the role.",
        )
        .fact("changed", hex(&changed)),
        Step::new("The server decrypts without complaint: the padding is right, and nothing else is checked.")
            .fact("server reads", opened.map_or_else(|error| error.to_string(), |opened| text(&opened))),
    ];

    let safe = aead::key(AeadAlgorithm::Aes128Gcm, &Secret::random(16))?;
    let nonce = Nonce::random();
    let public = nonce.bytes();
    let mut data = COOKIE.to_vec();
    let tag = safe.seal(nonce, &[], &mut data);
    // GCM flips the plaintext at the very place of the flip, so the same function aims well.
    let aimed = rewrite(&mut data, OFFSET, KNOWN, WANTED);
    let answer = safe.open(&public, &[], &mut data, &tag);
    let prevention_steps = vec![
        Step::new("The same cookie under AES-128-GCM, with the same bits flipped: the tag does not fit.")
            .fact("server says", answer.as_ref().map_or_else(ToString::to_string, |()| "accepted".to_owned())),
    ];
    Ok(Story {
        attack: "cbc-bitflip",
        title: "Encryption alone does not protect against changes",
        steps,
        recovered: got,
        succeeded,
        prevention: "Authenticated encryption: the tag is checked before anything is decrypted.",
        prevention_steps,
        prevented: aimed && answer.is_err(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_within_a_block_becomes_any_other() {
        // SP 800-38A appendix D: bit errors in C(j-1) occur in P(j) at the same places.
        let key = legacy::key(LegacyAlgorithm::named("aes-256-cbc").unwrap(), &Secret::random(32)).unwrap();
        for offset in 0..64 {
            for len in 0..=16 - offset % 16 {
                let iv: [u8; 16] = crate::random::array();
                let message: [u8; 64] = crate::random::array();
                let wanted = crate::random::array::<16>();
                let mut captured = [iv.as_slice(), &key.encrypt(&iv, &message).unwrap()].concat();
                assert!(rewrite(&mut captured, offset, &message[offset..][..len], &wanted[..len]));
                let opened = key.decrypt(&captured[..16], &captured[16..]).unwrap();
                assert_eq!(&opened[offset..][..len], &wanted[..len], "offset {offset}");
                assert_eq!(opened[offset + len..], message[offset + len..], "offset {offset}");
                let before = offset / 16 * 16;
                assert_eq!(opened[before..offset], message[before..offset], "offset {offset}");
            }
        }
    }

    #[test]
    fn what_does_not_fit_changes_nothing() {
        let mut captured = [7; 32];
        assert!(!rewrite(&mut captured, 0, b"ab", b"abc"));
        assert!(!rewrite(&mut captured, 31, b"ab", b"cd"));
        assert!(!rewrite(&mut captured, usize::MAX, b"ab", b"cd"));
        assert_eq!(captured, [7; 32]);
    }

    #[test]
    fn the_story_holds() {
        demonstrate().unwrap().verdict().unwrap();
    }
}
