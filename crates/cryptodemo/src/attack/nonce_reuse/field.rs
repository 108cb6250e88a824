//! The field of 2^128 elements as GCM writes it (NIST SP 800-38D section 6.3): the first bit of the first byte is the
//! coefficient of x^0. Slow and not constant-time: it works on the attacker's side.

/// An element of the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Element(u128);

/// x^128 = 1 + x + x^2 + x^7, with x^0 as the highest bit.
const REDUCTION: u128 = 0xe1 << 120;

impl Element {
    const ZERO: Self = Self(0);
    const ONE: Self = Self(1 << 127);

    pub(super) const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(u128::from_be_bytes(bytes))
    }

    pub(super) const fn to_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }

    /// Sum, and difference too.
    pub(super) const fn plus(self, other: Self) -> Self {
        Self(self.0 ^ other.0)
    }

    pub(super) fn times(self, other: Self) -> Self {
        let (mut product, mut power) = (0, self.0);
        for bit in (0..128).rev() {
            if other.0 >> bit & 1 == 1 {
                product ^= power;
            }
            // Times x.
            power = power >> 1 ^ if power & 1 == 1 { REDUCTION } else { 0 };
        }
        Self(product)
    }

    /// By Fermat: the power 2^128 - 2. `None` for zero.
    pub(super) fn inverse(self) -> Option<Self> {
        if self == Self::ZERO {
            return None;
        }
        let mut square = self;
        let product = (1..128).fold(Self::ONE, |product, _| {
            square = square.times(square);
            product.times(square)
        });
        Some(product)
    }

    /// Squaring 128 times changes nothing, so squaring 127 times is the root.
    pub(super) fn square_root(self) -> Self {
        (0..127).fold(self, |root, _| root.times(root))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_are_those_of_ghash() {
        // SP 800-38D section 6.4: GHASH of one block X is X times H.
        use ghash::universal_hash::UniversalHash;
        for _ in 0..20 {
            let (key, block) = (crate::random::array(), crate::random::array());
            let mut hash = ghash::GHash::new(&key.into());
            hash.update(&[block.into()]);
            let expected: [u8; 16] = hash.finalize().into();
            assert_eq!(Element::from_bytes(block).times(Element::from_bytes(key)).to_bytes(), expected);
        }
    }

    #[test]
    fn inverses_and_roots_undo() {
        assert_eq!(Element::ZERO.inverse(), None);
        for _ in 0..20 {
            let element = Element::from_bytes(crate::random::array());
            assert_eq!(element.times(element.inverse().unwrap()), Element::ONE);
            assert_eq!(element.times(element).square_root(), element);
        }
    }
}
