//! ElGamal over the group ffdhe2048 (RFC 7919 appendix A.1), hashed, as a key encapsulation mechanism. FOR TEACHING ONLY.
//!
//! The study notes name ElGamal beside RSA, and no maintained crate has it. This module shows how it works; nobody has
//! reviewed it, and X25519 does the same in far less time and an eighth of the bytes.
//!
//! - Key: `x` of 256 random bits, and `y = 2^x mod p`. RFC 7919 section 5.2 asks for 225 bits at least.
//! - Encapsulate: fresh `r` of 256 bits; `c = 2^r mod p` is sent, `s = y^r mod p` is the shared value.
//! - Decapsulate: `s = c^x mod p`.
//!
//! The secret is derived from `s` by [`crate::kem`] (hashed ElGamal): no message is ever encoded as a group element, and
//! nothing can be multiplied into a ciphertext. `p` is a safe prime: values outside the subgroup of prime order
//! `q = (p - 1) / 2` are refused, so that they do not tell the lowest bit of an exponent. Exponentiation takes the same
//! time for all exponents of one length.

use std::sync::LazyLock;

use crypto_bigint::modular::{FixedMontyForm, FixedMontyParams};
use crypto_bigint::{JacobiSymbol, Odd, U2048};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Length of a group element in bytes.
pub const ELEMENT_LEN: usize = 256;
/// The generator, 2. It generates the subgroup of prime order.
pub const GENERATOR: u8 = 2;
/// Bits of the exponents made here.
const EXPONENT_BITS: u32 = 256;
/// Bits below which another program's private key is refused. OpenSSL draws numbers up to 2^225 (RFC 7919 section
/// 5.2), and one of 2^33 of these is this short.
const EXPONENT_BITS_MIN: u32 = 192;

const PRIME_HEX: &str = "\
    FFFFFFFFFFFFFFFFADF85458A2BB4A9AAFDC5620273D3CF1D8B9C583CE2D3695A9E13641146433FBCC939DCE249B3EF97D2FE363630C75D8\
    F681B202AEC4617AD3DF1ED5D5FD65612433F51F5F066ED0856365553DED1AF3B557135E7F57C935984F0C70E0E68B77E2A689DAF3EFE872\
    1DF158A136ADE73530ACCA4F483A797ABC0AB182B324FB61D108A94BB2C8E3FBB96ADAB760D7F4681D4F42A3DE394DF4AE56EDE76372BB19\
    0B07A7C8EE0A6D709E02FCE1CDF7E2ECC03404CD28342F619172FE9CE98583FF8E4F1232EEF28183C3FE3B1B4C6FAD733BB5FCBC2EC22005\
    C58EF1837D1683B2C6F34A26C1B2EFFA886B423861285C97FFFFFFFFFFFFFFFF";

static GROUP: LazyLock<FixedMontyParams<{ U2048::LIMBS }>> =
    LazyLock::new(|| FixedMontyParams::new_vartime(Odd::<U2048>::from_be_hex(PRIME_HEX)));

/// A value of the subgroup of prime order, other than 1. Overwritten when dropped, for it may be a shared one.
#[derive(Clone, PartialEq, Eq)]
pub struct Element(FixedMontyForm<{ U2048::LIMBS }>);

/// A private exponent. Overwritten when dropped.
#[derive(Clone)]
pub struct Exponent {
    value: Zeroizing<U2048>,
    bits: u32,
}

/// The prime `p`, big-endian.
#[must_use]
pub fn prime() -> [u8; ELEMENT_LEN] {
    to_bytes(GROUP.modulus().as_ref())
}

impl Element {
    /// Reads 256 bytes, big-endian. `None` for values that are not in 2..=p-2 or not in the subgroup of prime order.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        if bytes.len() != ELEMENT_LEN {
            return None;
        }
        let value = U2048::from_be_slice(bytes);
        let below = GROUP.modulus().as_ref().wrapping_sub(&U2048::ONE);
        if value <= U2048::ONE || value >= below {
            return None;
        }
        // p is a safe prime: the subgroup of order q consists of the squares.
        let element = FixedMontyForm::new(&value, &GROUP);
        (element.jacobi_symbol_vartime() == JacobiSymbol::One).then_some(Self(element))
    }

    /// The generator.
    #[must_use]
    pub fn generator() -> Self {
        Self(FixedMontyForm::new(&U2048::from_u8(GENERATOR), &GROUP))
    }

    /// This element to the power of the exponent: a public value of the generator, a shared one of the other side's.
    #[must_use]
    pub fn power(&self, exponent: &Exponent) -> Self {
        Self(self.0.pow_bounded_exp(&*exponent.value, exponent.bits))
    }

    /// 256 bytes, big-endian. Secret if the element is a shared value.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<[u8; ELEMENT_LEN]> {
        Zeroizing::new(to_bytes(&Zeroizing::new(self.0.retrieve())))
    }
}

impl Drop for Element {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl ZeroizeOnDrop for Element {}

impl std::fmt::Debug for Element {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Element")
    }
}

impl Exponent {
    /// A fresh one of 256 bits.
    #[must_use]
    pub fn random() -> Self {
        let mut bytes = Zeroizing::new([0; ELEMENT_LEN]);
        let start = ELEMENT_LEN - EXPONENT_BITS as usize / 8;
        crate::random::fill(&mut bytes[start..]);
        // The highest bit is set, so that none is shorter than it should be.
        bytes[start] |= 0x80;
        Self { value: Zeroizing::new(U2048::from_be_slice(&*bytes)), bits: EXPONENT_BITS }
    }

    /// Reads up to 256 bytes, big-endian. `None` for exponents shorter than 192 bits or not below `q`.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let mut padded = Zeroizing::new([0; ELEMENT_LEN]);
        padded.get_mut(ELEMENT_LEN.checked_sub(bytes.len())?..)?.copy_from_slice(bytes);
        let value = Zeroizing::new(U2048::from_be_slice(&*padded));
        let order = GROUP.modulus().as_ref().shr_vartime(1);
        if value.bits() < EXPONENT_BITS_MIN || *value >= order {
            return None;
        }
        // Time tells whether an exponent is short or long, and nothing else.
        let bits = if value.bits() <= EXPONENT_BITS { EXPONENT_BITS } else { U2048::BITS };
        Some(Self { value, bits })
    }

    /// 256 bytes, big-endian.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<[u8; ELEMENT_LEN]> {
        Zeroizing::new(to_bytes(&self.value))
    }
}

impl std::fmt::Debug for Exponent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Exponent({} bits)", self.bits)
    }
}

fn to_bytes(value: &U2048) -> [u8; ELEMENT_LEN] {
    value.to_be_bytes().as_ref().try_into().expect("2048 bits are 256 bytes")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A shared value must not be copied about, nor printed.
    #[test]
    fn elements_are_overwritten_and_not_printed() {
        fn overwritten<T: ZeroizeOnDrop>(_: &T) {}
        let shared = Element::generator().power(&Exponent::random());
        overwritten(&shared);
        assert_eq!(format!("{shared:?}"), "Element");
        let mut form = shared.0;
        form.zeroize();
        assert_eq!(form.as_montgomery(), &U2048::ZERO);
    }
}
