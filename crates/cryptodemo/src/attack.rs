//! What goes wrong where cryptography is used wrongly: attacks, each really carried out on fresh keys in this process.
//!
//! Every module keeps the attacker apart: its functions get what an attacker would have (ciphertexts, a known plaintext,
//! a server that answers) and no key. `demonstrate` sets the scene, lets the attacker work, compares what it got with
//! the truth, and then tries the same against what prevents it. The result is a [`Story`].

pub mod cbc_bitflip;
pub mod ecb;
pub mod mitm;
pub mod nonce_reuse;
pub mod padding_oracle;
pub mod picture;
mod primes;
mod story;
pub mod textbook_rsa;

pub use story::{Fact, Step, Story};
