//! Symmetric ciphers: authenticated encryption by every backend, and the ciphers of the notes.

use std::hint::black_box;
use std::sync::Arc;

use super::label;
use crate::aead::AeadAlgorithm;
use crate::bench::rehearsal::{Rehearsal, hex, known_answer};
use crate::bench::timing::{Case, Operation, Repeat};
use crate::error::Error;
use crate::legacy::{self, Legacy, LegacyAlgorithm, RawLegacy};
use crate::{Backend, Result, Secret, random};

/// Both directions of authenticated encryption for messages of that many bytes.
///
/// # Errors
/// [`Error::Usage`] if the backend lacks the algorithm.
pub fn aead(algorithm: AeadAlgorithm, backend: Backend, bytes: u64) -> Result<[Case; 2]> {
    let len = length(bytes)?;
    let case = |operation| {
        let judged = Rehearsal::new(algorithm, backend)?;
        let timed = Rehearsal::new(algorithm, backend)?;
        let check = move || known_answer(algorithm, backend).and_then(|()| judged.check(len));
        let label = label(algorithm.name(), backend, operation, Some(bytes));
        Ok(match operation {
            Operation::Encrypt => Case::new(label, check, timed.sealing(len)),
            _ => Case::new(label, check, timed.opening(len)),
        })
    };
    Ok([case(Operation::Encrypt)?, case(Operation::Decrypt)?])
}

/// A block of a standard's example.
struct Vector {
    name: &'static str,
    key: &'static str,
    plaintext: &'static str,
    ciphertext: &'static str,
}

/// The ciphers of the notes in CBC, each with one block of its standard. In order: FIPS 197 appendix C.1 and C.3,
/// RFC 5794 appendix A.1 and A.3, RFC 4269 appendix B.1, SP 800-67 appendix B.1, and the example of Grabbe's "The DES
/// algorithm illustrated".
const LEGACY: [Vector; 7] = [
    Vector {
        name: "aes-128-cbc",
        key: "000102030405060708090a0b0c0d0e0f",
        plaintext: "00112233445566778899aabbccddeeff",
        ciphertext: "69c4e0d86a7b0430d8cdb78070b4c55a",
    },
    Vector {
        name: "aes-256-cbc",
        key: "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
        plaintext: "00112233445566778899aabbccddeeff",
        ciphertext: "8ea2b7ca516745bfeafc49904b496089",
    },
    Vector {
        name: "aria-128-cbc",
        key: "000102030405060708090a0b0c0d0e0f",
        plaintext: "00112233445566778899aabbccddeeff",
        ciphertext: "d718fbd6ab644c739da95f3be6451778",
    },
    Vector {
        name: "aria-256-cbc",
        key: "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
        plaintext: "00112233445566778899aabbccddeeff",
        ciphertext: "f92bd7c79fb72e2f2b8f80c1972d24fc",
    },
    Vector {
        name: "seed-cbc",
        key: "00000000000000000000000000000000",
        plaintext: "000102030405060708090a0b0c0d0e0f",
        ciphertext: "5ebac6e0054e166819aff1cc6d346cdb",
    },
    Vector {
        name: "des-ede3-cbc",
        key: "0123456789abcdef23456789abcdef01456789abcdef0123",
        plaintext: "5468652071756663",
        ciphertext: "a826fd8ce53b855f",
    },
    Vector { name: "des-cbc", key: "133457799bbcdff1", plaintext: "0123456789abcdef", ciphertext: "85e813540f0ab405" },
];

/// Names of the ciphers that [`mod@legacy`] times.
pub fn legacy_names() -> impl Iterator<Item = &'static str> {
    LEGACY.iter().map(|vector| vector.name)
}

/// Both directions of a cipher in CBC for messages of that many bytes, rounded up to whole blocks; in place and without
/// padding, as authenticated encryption is timed too.
///
/// # Errors
/// [`Error::Usage`] for a name that is not among [`legacy_names`].
pub fn legacy(name: &str, bytes: u64) -> Result<[Case; 2]> {
    let vector = LEGACY.iter().find(|vector| vector.name == name);
    let vector = vector.ok_or_else(|| Error::Usage(format!("there is no {name} to time")))?;
    let algorithm = LegacyAlgorithm::named(name).expect("the names of the table are the module's");
    let block = vector.plaintext.len() / 2;
    let cipher: Arc<dyn RawLegacy> =
        Arc::from(legacy::raw_key(algorithm, &Secret::random(vector.key.len() / 2)).expect("the table has the length"));
    let mut message = vec![0; length(bytes)?];
    random::fill(&mut message);
    let mut iv = vec![0; block];
    random::fill(&mut iv);

    let case = |operation| {
        let (cipher, message, iv) = (Arc::clone(&cipher), message.clone(), iv.clone());
        let check = {
            let (cipher, message, iv) = (Arc::clone(&cipher), message.clone(), iv.clone());
            move || known_block(algorithm, vector).and_then(|()| in_place(&*cipher, &iv, &message))
        };
        let mut data = message;
        data.resize(data.len().next_multiple_of(block), 0);
        let label = label(name, Backend::Rust, operation, Some(bytes));
        match operation {
            Operation::Encrypt => {
                Case::new(label, check, Repeat(move || cipher.encrypt_blocks(&iv, black_box(&mut data))))
            }
            _ => Case::new(label, check, Repeat(move || cipher.decrypt_blocks(&iv, black_box(&mut data)))),
        }
    };
    Ok([case(Operation::Encrypt), case(Operation::Decrypt)])
}

/// The first block of CBC with an IV of zeros is the block cipher's (SP 800-38A section 6.2).
fn known_block(algorithm: LegacyAlgorithm, vector: &Vector) -> Result<()> {
    let cipher = legacy::key(algorithm, &Secret::new(hex(vector.key)))?;
    let plaintext = hex(vector.plaintext);
    let iv = vec![0; plaintext.len()];
    let ciphertext = cipher.encrypt(&iv, &plaintext)?;
    if ciphertext[..plaintext.len()] != hex(vector.ciphertext) {
        return Err(Error::Rejected("it encrypts to something else".to_owned()));
    }
    round_trip(&*cipher, &iv, &plaintext)
}

fn round_trip(cipher: &dyn Legacy, iv: &[u8], message: &[u8]) -> Result<()> {
    if cipher.decrypt(iv, &cipher.encrypt(iv, message)?)? == message {
        Ok(())
    } else {
        Err(Error::Rejected("it decrypts to something else".to_owned()))
    }
}

/// What is timed gives the ciphertext that padding and all gives, block by block, and leads back.
fn in_place(cipher: &dyn RawLegacy, iv: &[u8], message: &[u8]) -> Result<()> {
    let whole = cipher.encrypt(iv, message)?;
    let block = cipher.algorithm().cipher.block_len();
    let mut data = message[..message.len() / block * block].to_vec();
    cipher.encrypt_blocks(iv, &mut data);
    let same = data == whole[..data.len()];
    cipher.decrypt_blocks(iv, &mut data);
    if same && data == message[..data.len()] && cipher.decrypt(iv, &whole)? == message {
        Ok(())
    } else {
        Err(Error::Rejected("it decrypts to something else".to_owned()))
    }
}

fn length(bytes: u64) -> Result<usize> {
    match usize::try_from(bytes) {
        Ok(len) if len <= 1 << 30 => Ok(len),
        _ => Err(Error::Usage("messages to time are at most 1 GiB".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::bench::timing::run;

    #[test]
    fn every_cipher_of_the_notes_gives_its_standards_block() {
        for vector in &LEGACY {
            let algorithm = LegacyAlgorithm::named(vector.name).expect("the module knows it");
            assert!(known_block(algorithm, vector).is_ok(), "{}", vector.name);
            let wrong = Vector { ciphertext: vector.plaintext, ..*vector };
            assert_eq!(known_block(algorithm, &wrong).map_err(|error| error.exit_code()), Err(3), "{}", vector.name);
        }
    }

    #[test]
    fn every_cipher_has_both_directions() {
        let mut cases = Vec::new();
        for name in legacy_names() {
            cases.extend(legacy(name, 33).expect("it is in the table"));
        }
        cases.extend(aead(AeadAlgorithm::Aria256Gcm, Backend::Rust, 33).expect("the backend has it"));
        let timed = run(cases, Duration::ZERO, |_, _| ()).expect("all checks pass");
        assert_eq!(timed.len(), 2 * (LEGACY.len() + 1));
        for pair in timed.chunks(2) {
            assert_eq!((pair[0].label.operation, pair[1].label.operation), (Operation::Encrypt, Operation::Decrypt));
            assert_eq!(pair[0].label.algorithm, pair[1].label.algorithm);
        }
    }
}
