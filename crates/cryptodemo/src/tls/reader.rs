//! A cursor over bytes from the network: every read is checked, nothing is allocated before its length is known to fit.

use crate::Result;
use crate::error::Error;

/// Reads fields in network byte order (RFC 8446 section 3.3).
#[derive(Debug, Clone)]
pub(crate) struct Reader<'a> {
    what: &'static str,
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// A reader over all of the bytes; `what` names them in errors.
    pub(crate) const fn new(what: &'static str, bytes: &'a [u8]) -> Self {
        Self { what, rest: bytes }
    }

    /// Number of bytes not read yet.
    pub(crate) const fn remaining(&self) -> usize {
        self.rest.len()
    }

    /// The next bytes.
    pub(crate) fn bytes(&mut self, len: usize) -> Result<&'a [u8]> {
        if len > self.rest.len() {
            return Err(Error::malformed(self.what, format!("{len} bytes expected, {} left", self.rest.len())));
        }
        let (taken, rest) = self.rest.split_at(len);
        self.rest = rest;
        Ok(taken)
    }

    /// The next bytes, their number fixed.
    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        Ok(self.bytes(N)?.try_into().expect("the length was asked for"))
    }

    /// One byte.
    pub(crate) fn u8(&mut self) -> Result<u8> {
        Ok(self.array::<1>()?[0])
    }

    /// Two bytes.
    pub(crate) fn u16(&mut self) -> Result<u16> {
        Ok(u16::from_be_bytes(self.array()?))
    }

    /// Three bytes.
    pub(crate) fn u24(&mut self) -> Result<usize> {
        let [a, b, c] = self.array()?;
        Ok(u32::from_be_bytes([0, a, b, c]) as usize)
    }

    /// Four bytes.
    pub(crate) fn u32(&mut self) -> Result<u32> {
        Ok(u32::from_be_bytes(self.array()?))
    }

    /// A vector whose length is in one byte.
    pub(crate) fn vector8(&mut self, what: &'static str) -> Result<Self> {
        let len = usize::from(self.u8()?);
        self.inner(what, len)
    }

    /// A vector whose length is in two bytes.
    pub(crate) fn vector16(&mut self, what: &'static str) -> Result<Self> {
        let len = usize::from(self.u16()?);
        self.inner(what, len)
    }

    /// A vector whose length is in three bytes.
    pub(crate) fn vector24(&mut self, what: &'static str) -> Result<Self> {
        let len = self.u24()?;
        self.inner(what, len)
    }

    fn inner(&mut self, what: &'static str, len: usize) -> Result<Self> {
        self.bytes(len).map(|bytes| Self::new(what, bytes)).map_err(|_| {
            Error::malformed(what, format!("its length is {len}, but only {} bytes follow", self.rest.len()))
        })
    }

    /// All that is left.
    pub(crate) fn take_rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.rest)
    }

    /// Reads items until nothing is left. Each item must take at least one byte.
    pub(crate) fn list<T>(mut self, mut item: impl FnMut(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        let mut items = Vec::new();
        while self.remaining() > 0 {
            items.push(item(&mut self)?);
        }
        Ok(items)
    }

    /// Nothing may be left.
    pub(crate) fn end(self) -> Result<()> {
        match self.rest.len() {
            0 => Ok(()),
            left => Err(Error::malformed(self.what, format!("{left} bytes too many"))),
        }
    }
}
