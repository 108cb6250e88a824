//! The chunks: sealed and opened one at a time, with the next one already read to know which is the final one.

use super::CHUNK_LEN;
use crate::aead::{AeadAlgorithm, OpeningKey, SealingKey, TAG_LEN};
use crate::error::Error;
use crate::files::{Input, NewFile};
use crate::{Result, Secret};

/// Associated data of a chunk that others follow, and of the final one.
const MORE: [u8; 1] = [0];
const FINAL: [u8; 1] = [1];
/// The key belongs to one file alone, so the fixed part of the nonces need not tell files apart.
const FIXED: [u8; 4] = [0; 4];

/// Encrypts to the input's end.
pub(super) fn seal(algorithm: AeadAlgorithm, key: Secret, input: &mut Input, output: &mut NewFile) -> Result<u64> {
    let mut key = SealingKey::new(algorithm, key, FIXED)?;
    let mut chunks = Chunks::new(input, CHUNK_LEN)?;
    let mut total = 0;
    loop {
        let is_final = chunks.is_final();
        let len = chunks.current().len();
        let tag = key.seal(if is_final { &FINAL } else { &MORE }, chunks.current())?.tag;
        output.put(chunks.current())?;
        output.put(&tag)?;
        total += len as u64;
        if is_final {
            return Ok(total);
        }
        chunks.advance(input)?;
    }
}

/// Decrypts to the input's end. Each chunk goes out after its tag was verified.
pub(super) fn open(algorithm: AeadAlgorithm, key: &Secret, input: &mut Input, output: &mut NewFile) -> Result<u64> {
    let mut key = OpeningKey::new(algorithm, key, FIXED)?;
    let mut chunks = Chunks::new(input, CHUNK_LEN + TAG_LEN)?;
    let mut total = 0;
    loop {
        let is_final = chunks.is_final();
        let chunk = chunks.current();
        let Some((data, tag)) = chunk.split_last_chunk_mut::<TAG_LEN>() else {
            return Err(Error::malformed(input.what(), "its end was cut off: it ends within a chunk"));
        };
        key.open(if is_final { &FINAL } else { &MORE }, data, tag)
            .map_err(|error| if total == 0 { super::failed(error) } else { damaged(total) })?;
        if is_final && data.is_empty() && total > 0 {
            return Err(Error::malformed(input.what(), "its final chunk is empty, but not its only one"));
        }
        output.put(data)?;
        total += data.len() as u64;
        if is_final {
            return Ok(total);
        }
        chunks.advance(input)?;
    }
}

/// With a chunk already verified, key and recipient are right: what is wrong came later.
fn damaged(verified: u64) -> Error {
    Error::Rejected(format!(
        "decryption failed after {verified} good bytes: the data was changed there, or its end was cut off"
    ))
}

/// An input in pieces of one length, and one piece more than asked for, to know the final one.
struct Chunks {
    current: Vec<u8>,
    ahead: Vec<u8>,
    len: usize,
}

impl Chunks {
    fn new(input: &mut Input, len: usize) -> Result<Self> {
        let mut chunks = Self { current: Vec::new(), ahead: vec![0; len], len };
        let filled = input.fill(&mut chunks.ahead)?;
        chunks.ahead.truncate(filled);
        chunks.advance(input)?;
        Ok(chunks)
    }

    fn current(&mut self) -> &mut [u8] {
        &mut self.current
    }

    fn is_final(&self) -> bool {
        self.ahead.is_empty()
    }

    fn advance(&mut self, input: &mut Input) -> Result<()> {
        std::mem::swap(&mut self.current, &mut self.ahead);
        let filled = if self.current.len() < self.len {
            0
        } else {
            self.ahead.resize(self.len, 0);
            input.fill(&mut self.ahead)?
        };
        self.ahead.truncate(filled);
        Ok(())
    }
}

impl Drop for Chunks {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.current);
        zeroize::Zeroize::zeroize(&mut self.ahead);
    }
}
