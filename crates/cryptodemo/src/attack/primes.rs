//! Primes for a demonstration's RSA key: quickly made, checked by Miller and Rabin (FIPS 186-5 appendix B.3.1), and good
//! for nothing else.

use crypto_bigint::modular::{FixedMontyForm, FixedMontyParams};
use crypto_bigint::{Limb, NonZero, Odd, U512};

/// Bases of the test; for random candidates of 512 bits far fewer would do.
const BASES: [u32; 16] = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53];

/// A random prime of 512 bits, its two highest set, that leaves 2 when divided by 3: so that 3 can be the public exponent.
pub(super) fn random() -> U512 {
    std::iter::repeat_with(candidate).find(is_prime).expect("one of some hundred candidates is a prime")
}

fn candidate() -> U512 {
    let mut bytes: [u8; 64] = crate::random::array();
    bytes[0] |= 0xc0;
    bytes[63] |= 1;
    U512::from_be_slice(&bytes)
}

fn remainder(number: &U512, small: u32) -> u64 {
    number.rem_limb(NonZero::new(Limb::from(small)).expect("no zero among them")).0
}

fn is_prime(candidate: &U512) -> bool {
    if remainder(candidate, 3) != 2 || BASES[1..].iter().any(|small| remainder(candidate, *small) == 0) {
        return false;
    }
    let Some(modulus) = Odd::new(*candidate).into_option() else { return false };
    let params = FixedMontyParams::new_vartime(modulus);
    let one = FixedMontyForm::one(&params);
    let less = candidate.wrapping_sub(&U512::ONE);
    let halvings = less.trailing_zeros();
    let odd = less.shr_vartime(halvings);
    BASES.iter().all(|base| {
        let mut power = FixedMontyForm::new(&U512::from(*base), &params).pow(&odd);
        power == one
            || (0..halvings).any(|_| {
                let is_minus_one = power == -one;
                power = power.square();
                is_minus_one
            })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_primes_pass_and_their_neighbours_do_not() {
        // 2^64 - 59 and 2^512 - 569 are the largest primes of their lengths, and leave 2 by 3.
        for (bits, last) in [(64, 59_u32), (512, 569)] {
            let power = U512::ONE.overflowing_shl_vartime(bits).unwrap_or(U512::ZERO);
            for less in (1..=last).step_by(2) {
                assert_eq!(is_prime(&power.wrapping_sub(&U512::from(less))), less == last, "2^{bits} - {less}");
            }
        }
        let curve = U512::ONE.shl_vartime(255).wrapping_sub(&U512::from(19_u32));
        assert!(!is_prime(&curve), "a prime that leaves 1 by 3 does not go with the exponent 3");
        // A strong pseudoprime to the bases 2, 3, 5 and 7, and a Carmichael number.
        for composite in [3_215_031_751_u64, 825_265] {
            assert!(!is_prime(&U512::from(composite)));
        }
    }
}
