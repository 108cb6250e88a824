//! One signature against one key, by ring. The only place that knows the forms of keys and signatures.

use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY,
    RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY, RsaParameters,
    RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm,
};

use crate::Algorithm;

/// Largest RSA modulus in octets: 4096 bits. Larger ones make each check expensive.
const MAX_MODULUS: usize = 512;
/// Largest RSA exponent in octets: 32 bits, for the same reason.
const MAX_EXPONENT: usize = 4;

/// Whether the signature fits. A key that cannot be used makes every signature unfit.
pub(crate) fn fits(algorithm: Algorithm, public_key: &[u8], data: &[u8], signature: &[u8]) -> bool {
    match algorithm {
        Algorithm::RSASHA1 | Algorithm::RSASHA1_NSEC3_SHA1 => {
            rsa(&RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY, public_key, data, signature)
        }
        Algorithm::RSASHA256 => rsa(&RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, public_key, data, signature),
        Algorithm::RSASHA512 => rsa(&RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY, public_key, data, signature),
        Algorithm::ECDSAP256SHA256 => ecdsa(&ECDSA_P256_SHA256_FIXED, 64, public_key, data, signature),
        Algorithm::ECDSAP384SHA384 => ecdsa(&ECDSA_P384_SHA384_FIXED, 96, public_key, data, signature),
        Algorithm::ED25519 => UnparsedPublicKey::new(&ED25519, public_key).verify(data, signature).is_ok(),
        _ => false,
    }
}

/// The key in the form of RFC 3110 §2: length of the exponent, exponent, modulus.
fn rsa(parameters: &RsaParameters, public_key: &[u8], data: &[u8], signature: &[u8]) -> bool {
    let Some((exponent, modulus)) = rsa_parts(public_key) else { return false };
    if !is_affordable(exponent, modulus) {
        return false;
    }
    RsaPublicKeyComponents { n: modulus, e: exponent }.verify(parameters, data, signature).is_ok()
}

/// Whether checks with the key cost no more than those with others.
fn is_affordable(exponent: &[u8], modulus: &[u8]) -> bool {
    exponent.len() <= MAX_EXPONENT && modulus.len() <= MAX_MODULUS
}

/// Exponent and modulus without leading zeros.
fn rsa_parts(public_key: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = match public_key {
        [0, high, low, rest @ ..] => (usize::from(u16::from_be_bytes([*high, *low])), rest),
        [length, rest @ ..] => (usize::from(*length), rest),
        [] => return None,
    };
    let (exponent, modulus) = rest.split_at_checked(length)?;
    let trim = |octets: &'_ [u8]| octets.iter().take_while(|octet| **octet == 0).count();
    Some((&exponent[trim(exponent)..], &modulus[trim(modulus)..]))
}

/// The key is the point without the octet in front that says "uncompressed" (RFC 6605 §4).
fn ecdsa(
    algorithm: &'static dyn VerificationAlgorithm,
    octets: usize,
    public_key: &[u8],
    data: &[u8],
    signature: &[u8],
) -> bool {
    if public_key.len() != octets {
        return false;
    }
    let mut point = [4; 97];
    point[1..=octets].copy_from_slice(public_key);
    UnparsedPublicKey::new(algorithm, &point[..=octets]).verify(data, signature).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_any_length_are_read_without_panic() {
        for length in 0..600 {
            for first in [0_u8, 1, 3, 255] {
                let mut key = vec![1_u8; length];
                if let Some(octet) = key.first_mut() {
                    *octet = first;
                }
                for number in 0..=16 {
                    assert!(!fits(Algorithm(number), &key, b"data", &[1; 64]));
                }
            }
        }
    }

    #[test]
    fn rsa_keys_may_have_4096_bits_and_an_exponent_of_32() {
        for (exponent, modulus, expect) in [(1, 128, true), (4, 512, true), (5, 512, false), (4, 513, false)] {
            assert_eq!(is_affordable(&vec![1; exponent], &vec![1; modulus]), expect, "{exponent} {modulus}");
        }
    }

    #[test]
    fn rsa_keys_have_two_forms_rfc3110_2() {
        assert_eq!(rsa_parts(&[1, 3, 9, 9]), Some((&[3][..], &[9, 9][..])));
        assert_eq!(rsa_parts(&[0, 0, 2, 1, 1, 0, 9]), Some((&[1, 1][..], &[9][..])));
        assert_eq!(rsa_parts(&[5, 1]), None);
        assert_eq!(rsa_parts(&[0, 1]), Some((&[][..], &[1][..])));
    }
}
