//! SEED, whose crate is of the generation of `cipher` 0.4 and does not fit the other modes.

use cbc01::cipher::generic_array::GenericArray;
use cbc01::cipher::inout::InOutBuf;
use cbc01::cipher::typenum::U16;
use cbc01::cipher::{BlockDecrypt, BlockDecryptMut, BlockEncrypt, BlockEncryptMut, InnerIvInit, KeyInit};
use kisaseed::SEED;

use super::{LegacyAlgorithm, Mode, RawLegacy};

/// A key in ECB or CBC mode, of 16 bytes.
pub(super) fn key(algorithm: LegacyAlgorithm, key: &[u8]) -> Box<dyn RawLegacy> {
    Box::new(Seed { algorithm, cipher: SEED::new_from_slice(key).expect("the caller checked the length") })
}

struct Seed {
    algorithm: LegacyAlgorithm,
    cipher: SEED,
}

impl RawLegacy for Seed {
    fn algorithm(&self) -> LegacyAlgorithm {
        self.algorithm
    }

    fn encrypt_blocks(&self, iv: &[u8], data: &mut [u8]) {
        let blocks = whole_blocks(data);
        if self.algorithm.mode == Mode::Ecb {
            self.cipher.encrypt_blocks_inout(blocks);
        } else {
            let iv = GenericArray::from_slice(iv);
            cbc01::Encryptor::inner_iv_init(&self.cipher, iv).encrypt_blocks_inout_mut(blocks);
        }
    }

    fn decrypt_blocks(&self, iv: &[u8], data: &mut [u8]) {
        let blocks = whole_blocks(data);
        if self.algorithm.mode == Mode::Ecb {
            self.cipher.decrypt_blocks_inout(blocks);
        } else {
            let iv = GenericArray::from_slice(iv);
            cbc01::Decryptor::inner_iv_init(&self.cipher, iv).decrypt_blocks_inout_mut(blocks);
        }
    }
}

fn whole_blocks(data: &mut [u8]) -> InOutBuf<'_, '_, GenericArray<u8, U16>> {
    let (blocks, rest) = InOutBuf::from(data).into_chunks();
    assert!(rest.is_empty(), "the caller pads");
    blocks
}
