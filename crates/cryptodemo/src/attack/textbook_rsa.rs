//! RSA as textbooks write it, c = m^e mod n without padding: guessed, changed and, for small e, simply undone.

use std::num::NonZeroU32;

use aws_lc_rs::rsa::{OAEP_SHA256_MGF1SHA256, OaepPrivateDecryptingKey, OaepPublicEncryptingKey, PrivateDecryptingKey};
use crypto_bigint::modular::{FixedMontyForm, FixedMontyParams};
use crypto_bigint::{NonZero, Odd, U1024, U2048, Uint};
use der::{Decode, Reader};

use super::primes;
use super::story::{self, Step, Story, hex, text};
use crate::keys::{KeyAlgorithm, PrivateKey};
use crate::{Error, Result};

/// Longest message of the demonstration in bytes: its cube is below every modulus of 1024 bits.
pub const MAX_MESSAGE: usize = 42;

const EXPONENT: u32 = 3;

/// The public key of the demonstration: a modulus of 1024 bits; the exponent is 3.
#[derive(Debug, Clone, Copy)]
pub struct TextbookPublicKey {
    modulus: Odd<U1024>,
}

/// The private key of the demonstration. Not zeroized: it protects nothing.
struct TextbookPrivateKey {
    public: TextbookPublicKey,
    exponent: U1024,
}

impl TextbookPublicKey {
    /// RSAEP of RFC 8017 section 5.1.1, and nothing else: m^3 mod n.
    #[must_use]
    pub fn encrypt(&self, message: &U1024) -> U1024 {
        power(message, &U1024::from(EXPONENT), self.modulus)
    }
}

impl TextbookPrivateKey {
    fn generate() -> Self {
        let (p, q) = (primes::random(), primes::random());
        let modulus: U1024 = p.concatenating_mul(&q);
        let totient: U1024 = p.wrapping_sub(&Uint::ONE).concatenating_mul(&q.wrapping_sub(&Uint::ONE));
        // p and q leave 2 by 3, the totient leaves 1, so 2 * totient + 1 is a multiple of 3: the quotient d has 3 d = 1.
        let three = NonZero::new(U1024::from(EXPONENT)).expect("not zero");
        let (third, rest) = totient.div_rem(&three);
        debug_assert_eq!(rest, U1024::ONE);
        let exponent = third.shl_vartime(1).wrapping_add(&U1024::ONE);
        let modulus = Odd::new(modulus).into_option().expect("a product of odd numbers");
        Self { public: TextbookPublicKey { modulus }, exponent }
    }

    fn decrypt(&self, ciphertext: &U1024) -> U1024 {
        power(ciphertext, &self.exponent, self.public.modulus)
    }
}

fn power<const LIMBS: usize>(base: &Uint<LIMBS>, exponent: &Uint<LIMBS>, modulus: Odd<Uint<LIMBS>>) -> Uint<LIMBS> {
    FixedMontyForm::new(base, &FixedMontyParams::new_vartime(modulus)).pow(exponent).retrieve()
}

/// The attacker guesses: the candidate that encrypts to the ciphertext.
#[must_use]
pub fn guess<'a>(key: &TextbookPublicKey, ciphertext: &U1024, candidates: &[&'a [u8]]) -> Option<&'a [u8]> {
    candidates.iter().copied().find(|candidate| key.encrypt(&number(candidate)) == *ciphertext)
}

/// The attacker multiplies the hidden number by a small factor, without reading it.
#[must_use]
pub fn multiply(key: &TextbookPublicKey, ciphertext: &U1024, factor: u32) -> U1024 {
    let params = FixedMontyParams::new_vartime(key.modulus);
    let factor = FixedMontyForm::new(&key.encrypt(&U1024::from(factor)), &params);
    (FixedMontyForm::new(ciphertext, &params) * factor).retrieve()
}

/// The attacker undoes a cube that never was reduced; `None` if the ciphertext is no cube.
#[must_use]
pub fn cube_root(ciphertext: &U1024) -> Option<Vec<u8>> {
    let root = ciphertext.checked_root_vartime(NonZeroU32::new(EXPONENT).expect("not zero"))?;
    Some(without_zeros(&root))
}

fn hexadecimal(number: &U1024) -> String {
    hex(&without_zeros(number))
}

fn without_zeros(number: &U1024) -> Vec<u8> {
    number.to_be_bytes().iter().copied().skip_while(|byte| *byte == 0).collect()
}

fn number(bytes: &[u8]) -> U1024 {
    let mut padded = [0; 128];
    padded[128 - bytes.len()..].copy_from_slice(bytes);
    U1024::from_be_slice(&padded)
}

const CANDIDATES: [&[u8]; 2] = [b"we sell", b"we buy"];

/// Carries the attacks out.
///
/// # Errors
/// [`Error::Usage`] if the message is longer than [`MAX_MESSAGE`].
pub fn demonstrate(message: &[u8]) -> Result<Story> {
    if message.len() > MAX_MESSAGE {
        return Err(Error::Usage(format!("a message of at most {MAX_MESSAGE} bytes fits into this small key")));
    }
    let key = TextbookPrivateKey::generate();
    let public = key.public;
    let answer = CANDIDATES[usize::from(crate::random::array::<1>()[0] & 1)];
    let seen = public.encrypt(&number(answer));
    let guessed = guess(&public, &seen, &CANDIDATES);

    let price = U1024::from(1250_u32);
    let doubled = key.decrypt(&multiply(&public, &public.encrypt(&price), 2));

    let cubed = public.encrypt(&number(message));
    let root = cube_root(&cubed);
    let succeeded = guessed == Some(answer) && doubled == U1024::from(2500_u32) && root.as_deref() == Some(message);
    let got = story::recovered(root.as_deref());
    let steps = vec![
        Step::new(
            "B has an RSA key of 1024 bits with e = 3. A encrypts as in the textbook, c = m^e mod n, one of two \
                   possible answers. The attacker encrypts both with B's public key, and compares.",
        )
        .fact("ciphertext", hexadecimal(&seen))
        .fact("recovered", guessed.map_or_else(|| "nothing".to_owned(), text)),
        Step::new(
            "A encrypts a price of 1250. The attacker multiplies the ciphertext by 2^e mod n: the product of \
                   ciphertexts is the ciphertext of the product.",
        )
        .fact("B reads", doubled.to_string_radix_vartime(10)),
        Step::new(
            "A encrypts a short message m. With e = 3, m^3 is smaller than n, so \"mod n\" did nothing: the attacker \
                   takes the ordinary cube root.",
        )
        .fact("ciphertext", hexadecimal(&cubed))
        .fact("recovered", root.map_or_else(|| "nothing".to_owned(), |root| text(&root))),
    ];
    let (prevented, prevention_steps) = against_oaep(answer)?;
    Ok(Story {
        attack: "textbook-rsa",
        title: "RSA without padding can be guessed, changed and undone",
        steps,
        recovered: got,
        succeeded,
        prevention: "OAEP padding (RFC 8017 section 7.1): fresh random bytes in each encryption, and a check at the end.",
        prevention_steps,
        prevented,
    })
}

/// The same attacks on RSA-2048 with OAEP.
fn against_oaep(answer: &[u8]) -> Result<(bool, Vec<Step>)> {
    let private = PrivateKey::generate(KeyAlgorithm::Rsa2048);
    let unusable = |_| Error::Key("the key just made is not usable".to_owned());
    let decrypting = PrivateDecryptingKey::from_pkcs8(private.pkcs8_der().expose())
        .map_err(|_| Error::Key("the key just made is not usable".to_owned()))?;
    let encryptor = OaepPublicEncryptingKey::new(decrypting.public_key()).map_err(unusable)?;
    let decryptor = OaepPrivateDecryptingKey::new(decrypting).map_err(unusable)?;
    let encrypt = |message: &[u8]| {
        let mut out = vec![0; encryptor.ciphertext_size()];
        encryptor.encrypt(&OAEP_SHA256_MGF1SHA256, message, &mut out, None).map(|out| out.to_vec()).map_err(unusable)
    };
    let opens = |ciphertext: &[u8]| {
        let mut out = vec![0; decryptor.min_output_size()];
        decryptor.decrypt(&OAEP_SHA256_MGF1SHA256, ciphertext, &mut out, None).is_ok()
    };
    let seen = encrypt(answer)?;
    let guessed = CANDIDATES.iter().any(|candidate| encrypt(candidate).is_ok_and(|guess| guess == seen));
    let (modulus, exponent) = public_numbers(private.public().bits())?;
    let params = FixedMontyParams::new_vartime(modulus);
    let two = FixedMontyForm::new(&U2048::from(2_u32), &params).pow(&exponent);
    let doubled = (FixedMontyForm::new(&U2048::from_be_slice(&seen), &params) * two).retrieve();
    let doubled_opens = opens(doubled.to_be_bytes().as_ref());
    let root = U2048::from_be_slice(&seen).checked_root_vartime(NonZeroU32::new(EXPONENT).expect("not zero"));
    let prevented = opens(&seen) && !guessed && !doubled_opens && root.is_none();
    let yes_no = |yes, yes_text: &str, no_text: &str| if yes { yes_text.to_owned() } else { no_text.to_owned() };
    let steps = vec![
        Step::new("The same answer by RSA-2048 with OAEP. Each encryption looks different, even of the same message.")
            .fact("a guess fits", yes_no(guessed, "yes", "no, neither"))
            .fact("cube root", yes_no(root.is_none(), "does not exist", "exists")),
        Step::new("The ciphertext times 2^e mod n is sent to B.")
            .fact("B says", yes_no(doubled_opens, "accepted", "decryption failed"))
            .fact("the unchanged one", yes_no(opens(&seen), "opens", "does not open")),
    ];
    Ok((prevented, steps))
}

/// Modulus and exponent of an RSAPublicKey (RFC 8017 appendix A.1.1).
fn public_numbers(der: &[u8]) -> Result<(Odd<U2048>, U2048)> {
    let parse = || -> std::result::Result<_, der::Error> {
        let mut reader = der::SliceReader::new(der)?;
        reader.sequence(|reader| {
            let modulus = der::asn1::UintRef::decode(reader)?.as_bytes();
            Ok((modulus, der::asn1::UintRef::decode(reader)?.as_bytes()))
        })
    };
    let wide = |bytes: &[u8]| {
        let mut padded = [0; 256];
        padded.get_mut(256_usize.checked_sub(bytes.len())?..)?.copy_from_slice(bytes);
        Some(U2048::from_be_slice(&padded))
    };
    let numbers =
        parse().ok().and_then(|(modulus, exponent)| Some((Odd::new(wide(modulus)?).into_option()?, wide(exponent)?)));
    numbers.ok_or_else(|| Error::Key("the key just made is no RSA key of 2048 bits".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_short_message_is_undone() {
        // RFC 8017 section 5.1.1 alone: m^3 below n is a plain cube.
        let key = TextbookPrivateKey::generate();
        for len in 1..=MAX_MESSAGE {
            let mut message = vec![0; len];
            crate::random::fill(&mut message);
            message[0] |= 1;
            let ciphertext = key.public.encrypt(&number(&message));
            assert_eq!(key.decrypt(&ciphertext), number(&message), "the key itself works");
            assert_eq!(cube_root(&ciphertext), Some(message));
        }
        let long = number(&[0xff; MAX_MESSAGE + 1 + 2]);
        assert_eq!(cube_root(&key.public.encrypt(&long)), None, "beyond n there is no cube");
    }

    #[test]
    fn hidden_numbers_are_multiplied() {
        let key = TextbookPrivateKey::generate();
        for (price, factor) in [(1, 2), (1250, 2), (7, 1000), (u32::MAX, u32::MAX)] {
            let changed = multiply(&key.public, &key.public.encrypt(&U1024::from(price)), factor);
            assert_eq!(key.decrypt(&changed), U1024::from(u64::from(price) * u64::from(factor)));
        }
    }

    #[test]
    fn guesses_find_the_message_only_if_it_is_among_them() {
        let key = TextbookPrivateKey::generate();
        let seen = key.public.encrypt(&number(b"perhaps"));
        assert_eq!(guess(&key.public, &seen, &[b"yes", b"perhaps"]), Some(b"perhaps".as_slice()));
        assert_eq!(guess(&key.public, &seen, &[b"yes", b"no"]), None);
    }

    #[test]
    fn the_story_holds() {
        demonstrate(b"attack at dawn").unwrap().verdict().unwrap();
        assert_eq!(demonstrate(&[b'x'; MAX_MESSAGE + 1]).unwrap_err().exit_code(), 2);
    }
}
