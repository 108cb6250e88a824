//! DNSSEC validation (RFC 4033, RFC 4034, RFC 4035, RFC 5155, RFC 6840) as functions of data.
//!
//! What it is for: checking an RRset against the keys of its zone ([`verify`]), keys against DS records or trust anchors
//! ([`keys`]), and denials of existence ([`denial`]); and naming exactly what is wrong ([`Why`]).
//!
//! What it deliberately does not do: fetch anything, wait, read a clock or keep state. Keys, time and the allowance for
//! work ([`Effort`]) are arguments.

mod algorithm;
pub mod anchors;
mod canonical;
pub mod denial;
mod effort;
pub mod keys;
mod nsec;
mod nsec3;
mod records;
pub mod rollover;
mod signature;
pub mod verify;
mod why;

pub use algorithm::{Algorithm, DigestType, Policy};
pub use effort::Effort;
pub use keys::{Key, ZoneKeys};
pub use nsec3::MAX_ITERATIONS_ACCEPTED;
pub use records::{Dnskey, Ds, Rrsig, TypeBitmap};
pub use why::Why;
