//! The one door to chance.

use std::sync::{Arc, Mutex, PoisonError};

use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// A cryptographic random generator (ChaCha with 12 rounds), one stream per purpose.
///
/// Streams are independent: a new draw in one place does not change the draws of another, so a seeded simulation stays
/// comparable while code changes. Clones share the stream.
#[derive(Clone)]
pub struct Entropy {
    seed: [u8; 32],
    stream: Arc<Mutex<ChaCha12Rng>>,
}

impl Entropy {
    /// Seeded by the operating system.
    ///
    /// # Errors
    /// When the operating system has no random numbers to give.
    pub fn system() -> Result<Self, getrandom::Error> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed)?;
        Ok(Self::from_seed(seed))
    }

    /// Seeded by a number, for simulations: the same number gives the same draws.
    pub fn seeded(seed: u64) -> Self {
        let mut long = [0; 32];
        long[..8].copy_from_slice(&seed.to_le_bytes());
        Self::from_seed(long)
    }

    fn from_seed(seed: [u8; 32]) -> Self {
        Self { seed, stream: Arc::new(Mutex::new(ChaCha12Rng::from_seed(seed))) }
    }

    /// The independent stream for one purpose, named by a short text of at most eight octets.
    pub fn stream(&self, purpose: &str) -> Self {
        let mut number = [0; 8];
        let octets = purpose.as_bytes();
        debug_assert!(octets.len() <= 8, "a purpose has at most eight octets");
        let length = octets.len().min(8);
        number[..length].copy_from_slice(&octets[..length]);
        let mut rng = ChaCha12Rng::from_seed(self.seed);
        rng.set_stream(u64::from_le_bytes(number));
        Self { seed: self.seed, stream: Arc::new(Mutex::new(rng)) }
    }

    /// 64 random bits.
    pub fn bits(&self) -> u64 {
        self.stream.lock().unwrap_or_else(PoisonError::into_inner).next_u64()
    }

    /// A number below `bound`, each equally likely but for a bias below 2⁻³².
    pub fn below(&self, bound: u32) -> u32 {
        ((u128::from(self.bits()) * u128::from(bound)) >> 64) as u32
    }

    /// 16 random bits.
    pub fn bits16(&self) -> u16 {
        self.bits() as u16
    }
}

impl std::fmt::Debug for Entropy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Entropy") // never the seed: it predicts ports and identifiers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_seed_same_draws_and_streams_are_independent() {
        let draws = |entropy: &Entropy| (0..4).map(|_| entropy.bits()).collect::<Vec<_>>();
        let (one, two) = (Entropy::seeded(7), Entropy::seeded(7));
        let _ = one.stream("select").bits(); // a draw elsewhere ...
        assert_eq!(draws(&one.stream("id")), draws(&two.stream("id"))); // ... changes nothing here
        assert_ne!(draws(&one.stream("id")), draws(&one.stream("port")));
        assert_ne!(draws(&Entropy::seeded(8).stream("id")), draws(&two.stream("id")));
        assert!((0..1000).all(|_| one.below(10) < 10));
    }
}
