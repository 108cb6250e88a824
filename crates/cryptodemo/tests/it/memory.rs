//! The library's file formats over memory, with the result that a caller would be left with.

use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};

use cryptodemo::aead::AeadAlgorithm;
use cryptodemo::files::{Input, NewFile};
use cryptodemo::kem::KemAlgorithm;
use cryptodemo::keys::{PrivateKey, PublicKey};
use cryptodemo::{Result, chunked, cms};

/// The private key of the test certificates with RSA-2048 or RSA-3072.
pub(crate) fn test_key(bits: u32) -> PrivateKey {
    let bytes = vector(&format!("test_rsa{bits}.key.der"));
    PrivateKey::parse("test key", &bytes).expect("a good key")
}

/// A file of the CMS vectors.
pub(crate) fn vector(name: &str) -> Vec<u8> {
    std::fs::read(vector_path(name)).expect("the vectors are there")
}

pub(crate) fn vector_path(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/cms").join(name).display().to_string()
}

/// Bytes that differ from place to place.
pub(crate) fn message(len: usize) -> Vec<u8> {
    (0..len).map(|n| (n ^ (n >> 8) ^ (n >> 16)).to_le_bytes()[0]).collect()
}

pub(crate) fn seal_chunked(key: &PublicKey, kem: KemAlgorithm, aead: AeadAlgorithm, message: &[u8]) -> Vec<u8> {
    let sink = Sink::default();
    let mut input = Input::from_memory("message", message.to_vec());
    chunked::encrypt(key, kem, aead, &mut input, &mut NewFile::stream("memory", sink.clone())).expect("a good key");
    sink.taken()
}

/// What was decrypted, and what had left before an error if there was one.
pub(crate) fn open_chunked(key: &PrivateKey, sealed: &[u8]) -> (Result<u64>, Vec<u8>) {
    let sink = Sink::default();
    let mut input = Input::from_memory("container", sealed.to_vec());
    let result = chunked::decrypt(key, &mut input, &mut NewFile::stream("memory", sink.clone()));
    (result, sink.taken())
}

pub(crate) fn open_cms(key: &PrivateKey, allowed: cms::Unsafe, sealed: &[u8]) -> Result<Vec<u8>> {
    let sink = Sink::default();
    let open = || Ok(Input::from_memory("message", sealed.to_vec()));
    let len = cms::decrypt(key, allowed, &open, &mut NewFile::stream("memory", sink.clone()))?;
    let opened = sink.taken();
    assert_eq!(opened.len() as u64, len);
    Ok(opened)
}

#[derive(Default, Clone)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Sink {
    fn taken(&self) -> Vec<u8> {
        std::mem::take(&mut self.0.lock().expect("nobody panicked"))
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("nobody panicked").write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
