//! The one door through which chance enters: the operating system's generator.

/// Fills the buffer from the operating system.
///
/// # Panics
/// If the system has no randomness to give: no key may be made then.
pub fn fill(buffer: &mut [u8]) {
    getrandom::fill(buffer).expect("the operating system has randomness");
}

/// An array filled from the operating system.
#[must_use]
pub fn array<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    fill(&mut bytes);
    bytes
}

/// The operating system's generator, for crates that ask for a generator of `rand_core` 0.10.
#[must_use]
pub fn generator() -> impl getrandom::rand_core::CryptoRng {
    getrandom::rand_core::UnwrapErr(getrandom::SysRng)
}
