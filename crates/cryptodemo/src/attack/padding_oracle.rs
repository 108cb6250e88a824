//! CBC and a server that tells whether the padding was right: it decrypts everything (S. Vaudenay, Eurocrypt 2002).

use super::story::{self, Step, Story, hex, text};
use crate::aead::{self, AeadAlgorithm, Nonce};
use crate::legacy::{self, BlockCipher, LegacyAlgorithm, Mode};
use crate::{Error, Result, Secret};

const BLOCK_LEN: usize = 16;
type Block = [u8; BLOCK_LEN];

/// Longest message of the demonstration in bytes.
pub const MAX_MESSAGE: usize = 1024;

/// What the attacker has read, and how often the server was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decrypted {
    /// The message without its padding.
    pub message: Vec<u8>,
    /// Questions asked.
    pub queries: usize,
}

/// The attacker: decrypts `IV || ciphertext` of a cipher with blocks of 16 bytes by nothing but the answers of the server
/// to messages of two blocks, `IV || block`. `None` if the answers do not tell; the number of questions then is in `Err`.
///
/// # Errors
/// The number of questions asked in vain.
pub fn decrypt(captured: &[u8], mut is_accepted: impl FnMut(&[u8]) -> bool) -> std::result::Result<Decrypted, usize> {
    let mut queries = 0;
    let mut ask = |before: &Block, block: &Block| {
        queries += 1;
        is_accepted(&[*before, *block].concat())
    };
    let (blocks, rest) = captured.as_chunks::<BLOCK_LEN>();
    if !rest.is_empty() {
        return Err(0);
    }
    let plaintext = blocks.windows(2).map(|pair| {
        let decrypted = decrypt_block(&pair[1], &mut ask)?;
        Some(std::array::from_fn::<u8, BLOCK_LEN, _>(|i| decrypted[i] ^ pair[0][i]))
    });
    let plaintext = plaintext.collect::<Option<Vec<Block>>>().map(|blocks| blocks.concat());
    let message = plaintext.and_then(|mut plaintext| {
        let len = legacy::unpadded_len(&plaintext, BLOCK_LEN)?;
        plaintext.truncate(len);
        Some(plaintext)
    });
    message.map(|message| Decrypted { message, queries }).ok_or(queries)
}

/// What the block cipher makes of one block, before CBC's XOR: found from the last byte to the first.
fn decrypt_block(block: &Block, ask: &mut impl FnMut(&Block, &Block) -> bool) -> Option<Block> {
    let mut decrypted = [0; BLOCK_LEN];
    for position in (0..BLOCK_LEN).rev() {
        let padding = u8::try_from(BLOCK_LEN - position).expect("at most 16");
        let mut before = decrypted.map(|byte| byte ^ padding);
        before[..=position].fill(0);
        let guess = (0..=u8::MAX).find(|guess| {
            before[position] = *guess;
            ask(&before, block) && (position < BLOCK_LEN - 1 || is_padding_of_one(before, block, ask))
        })?;
        decrypted[position] = guess ^ padding;
    }
    Some(decrypted)
}

/// At the last byte 02 02, 03 03 03 and so on are accepted as well; they are not if the byte before changes.
fn is_padding_of_one(mut before: Block, block: &Block, ask: &mut impl FnMut(&Block, &Block) -> bool) -> bool {
    before[BLOCK_LEN - 2] ^= 1;
    ask(&before, block)
}

/// Carries the attack out on a message that only the server can read.
///
/// # Errors
/// None that could be foreseen: keys are made here.
pub fn demonstrate(message: &[u8]) -> Result<Story> {
    let key = legacy::key(LegacyAlgorithm { cipher: BlockCipher::Aes128, mode: Mode::Cbc }, &Secret::random(16))?;
    let iv: Block = crate::random::array();
    let captured = [iv.as_slice(), &key.encrypt(&iv, message)?].concat();
    // The server's whole answer: whether the padding was wrong. It does not say what it read.
    let server = |sent: &[u8]| !matches!(key.decrypt(&sent[..BLOCK_LEN], &sent[BLOCK_LEN..]), Err(Error::Rejected(_)));
    let result = decrypt(&captured, server);
    let succeeded = result.as_ref().is_ok_and(|decrypted| decrypted.message == message);
    let mut steps = vec![
        Step::new("The attacker captures a message to a server, encrypted with AES-128-CBC.")
            .fact("IV and ciphertext", hex(&captured)),
        Step::new(
            "The server answers every message with \"padding wrong\" or with something else. The attacker puts a \
                   block of own choice before a captured block and tries its last byte until the padding is right: then \
                   the plaintext there ends in 01, and one XOR gives the true byte. Then 02 02, and so on.",
        ),
    ];
    steps.push(match &result {
        Ok(Decrypted { message, queries }) => {
            Step::new("Byte by byte the message comes out; the server never showed it.")
                .fact("questions asked", queries.to_string())
                .fact("per byte", format!("{:.0}", *queries as f64 / (captured.len() - BLOCK_LEN) as f64))
                .fact("recovered", text(message))
        }
        Err(queries) => Step::new(format!("{queries} questions told nothing.")),
    });

    let safe = aead::key(AeadAlgorithm::Aes128Gcm, &Secret::random(16))?;
    let nonce = Nonce::random();
    let public = nonce.bytes();
    // Padded here too, so that the attacker finds the blocks that the method needs.
    let mut sealed = legacy::pad(message, BLOCK_LEN);
    let tag = safe.seal(nonce, &[], &mut sealed);
    let captured = [vec![0; BLOCK_LEN], sealed].concat();
    let safe_result = decrypt(&captured, |sent| safe.open(&public, &[], &mut sent.to_vec(), &tag).is_ok());
    let answer = match &safe_result {
        Ok(decrypted) => text(&decrypted.message),
        Err(queries) => format!("nothing: {queries} questions, {queries} times \"rejected\""),
    };
    Ok(Story {
        attack: "padding-oracle",
        title: "\"Padding wrong\" is enough to decrypt CBC",
        steps,
        recovered: story::recovered(result.as_ref().ok().map(|decrypted| decrypted.message.as_slice())),
        succeeded,
        prevention: "Authenticated encryption: whatever was changed gets the same answer, before any padding is looked at.",
        prevention_steps: vec![Step::new("The same attack on AES-128-GCM.").fact("recovered", answer)],
        prevented: safe_result.is_err(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_message_is_decrypted() {
        // RFC 5652 section 6.3 padding, for random messages and for those that look like padding themselves.
        let key = legacy::key(LegacyAlgorithm::named("aes-128-cbc").unwrap(), &Secret::random(16)).unwrap();
        let random = (0..40).map(|len| {
            let mut message = vec![0; len];
            crate::random::fill(&mut message);
            message
        });
        let awkward = (1..=16u8).map(|byte| vec![byte; 31]);
        for message in random.chain(awkward) {
            let iv: Block = crate::random::array();
            let captured = [iv.as_slice(), &key.encrypt(&iv, &message).unwrap()].concat();
            let decrypted = decrypt(&captured, |sent| key.decrypt(&sent[..16], &sent[16..]).is_ok()).unwrap();
            assert_eq!(decrypted.message, message);
            assert!(decrypted.queries <= (captured.len() - 16) * 256 + 2 * captured.len());
        }
    }

    #[test]
    fn a_server_that_tells_nothing_gives_nothing() {
        assert_eq!(decrypt(&[7; 48], |_| false), Err(256));
        assert_eq!(decrypt(&[7; 47], |_| true), Err(0));
    }

    #[test]
    fn the_story_holds() {
        for message in [b"x".as_slice(), b"the code for the door is 4711"] {
            demonstrate(message).unwrap().verdict().unwrap();
        }
    }
}
