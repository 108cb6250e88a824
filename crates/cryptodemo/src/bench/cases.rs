//! What there is to time: each function makes the cases of one part, with keys and inputs ready and a check that counts.

pub mod handshakes;
pub mod kex;
pub mod public;
pub mod sym;

use super::timing::{Label, Operation};
use crate::Backend;

/// Sizes of messages that `bench` uses unless told otherwise, in bytes.
pub const SIZES: [u64; 5] = [32, 190, 1 << 10, 64 << 10, 1 << 20];

fn label(algorithm: &str, backend: Backend, operation: Operation, bytes: Option<u64>) -> Label {
    Label { algorithm: algorithm.to_owned(), backend, operation, bytes }
}
