//! Symmetric and public-key encryption side by side, and the hybrid exchange that joins them, measured for real.
//!
//! The library under the command `cryptodemo`: traits for authenticated encryption ([`aead`]), key encapsulation
//! ([`kem`]), public-key encryption ([`encryption`]) and signatures ([`signature`]) with one implementation per
//! [`Backend`], and what is built on them.

pub mod aead;
pub mod agreement;
pub mod attack;
mod backend;
pub mod bench;
pub mod certificates;
pub mod chunked;
pub mod cli;
pub mod cms;
pub mod compare;
pub mod container;
pub mod elgamal;
pub mod encryption;
pub mod error;
pub mod exchange;
pub mod files;
pub mod kat;
pub mod kem;
pub mod keys;
pub mod legacy;
pub mod net;
pub mod quic;
pub mod random;
pub mod recipient;
pub mod report;
mod rsa;
mod secret;
pub mod signature;
pub mod ssl;
pub mod sym;
pub mod time;
pub mod tls;

pub use backend::Backend;
pub use error::{Error, Result};
pub use secret::Secret;
