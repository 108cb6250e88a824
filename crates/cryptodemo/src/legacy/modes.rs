//! The modes over the ciphers of today's RustCrypto generation.

use cbc::cipher::array::ArraySize;
use cbc::cipher::consts::{U8, U16};
use cbc::cipher::{
    BlockCipherDecrypt, BlockCipherEncrypt, BlockModeDecrypt, BlockModeEncrypt, BlockSizeUser, InOutBuf, InnerIvInit,
    KeyInit, StreamCipher, StreamCipherCoreWrapper,
};

use super::{LegacyAlgorithm, Mode, RawLegacy};

/// A key of a cipher with blocks of 16 bytes. The key's length must be the cipher's.
pub(super) fn key16<C>(algorithm: LegacyAlgorithm, key: &[u8]) -> Box<dyn RawLegacy>
where
    C: KeyInit + BlockCipherEncrypt + BlockCipherDecrypt + BlockSizeUser<BlockSize = U16> + Send + Sync + 'static,
{
    let cipher = C::new_from_slice(key).expect("the caller checked the length");
    if algorithm.mode == Mode::Ctr {
        return Box::new(Counter { algorithm, cipher });
    }
    Box::new(Blocks { algorithm, cipher })
}

/// A key of a cipher with blocks of 8 bytes, in ECB or CBC mode. The key's length must be the cipher's.
pub(super) fn key8<C>(algorithm: LegacyAlgorithm, key: &[u8]) -> Box<dyn RawLegacy>
where
    C: KeyInit + BlockCipherEncrypt + BlockCipherDecrypt + BlockSizeUser<BlockSize = U8> + Send + Sync + 'static,
{
    Box::new(Blocks { algorithm, cipher: C::new_from_slice(key).expect("the caller checked the length") })
}

/// ECB and CBC.
struct Blocks<C> {
    algorithm: LegacyAlgorithm,
    cipher: C,
}

impl<C: BlockCipherEncrypt + BlockCipherDecrypt + Send + Sync> RawLegacy for Blocks<C> {
    fn algorithm(&self) -> LegacyAlgorithm {
        self.algorithm
    }

    fn encrypt_blocks(&self, iv: &[u8], data: &mut [u8]) {
        let blocks = whole_blocks(data);
        if self.algorithm.mode == Mode::Ecb {
            self.cipher.encrypt_blocks_inout(blocks);
        } else {
            let iv = iv.try_into().expect("the caller checked the length");
            cbc::Encryptor::inner_iv_init(&self.cipher, iv).encrypt_blocks_inout(blocks);
        }
    }

    fn decrypt_blocks(&self, iv: &[u8], data: &mut [u8]) {
        let blocks = whole_blocks(data);
        if self.algorithm.mode == Mode::Ecb {
            self.cipher.decrypt_blocks_inout(blocks);
        } else {
            let iv = iv.try_into().expect("the caller checked the length");
            cbc::Decryptor::inner_iv_init(&self.cipher, iv).decrypt_blocks_inout(blocks);
        }
    }
}

fn whole_blocks<N: ArraySize>(data: &mut [u8]) -> InOutBuf<'_, '_, cbc::cipher::Array<u8, N>> {
    let (blocks, rest) = InOutBuf::from(data).into_chunks();
    assert!(rest.is_empty(), "the caller pads");
    blocks
}

/// CTR: the IV is the first counter block, counted up in all of its 128 bits as OpenSSL does.
struct Counter<C> {
    algorithm: LegacyAlgorithm,
    cipher: C,
}

impl<C: BlockCipherEncrypt + BlockSizeUser<BlockSize = U16> + Send + Sync> RawLegacy for Counter<C> {
    fn algorithm(&self) -> LegacyAlgorithm {
        self.algorithm
    }

    fn encrypt_blocks(&self, iv: &[u8], data: &mut [u8]) {
        let iv = iv.try_into().expect("the caller checked the length");
        let core = ctr::CtrCore::<_, ctr::flavors::Ctr128BE>::inner_iv_init(&self.cipher, iv);
        StreamCipherCoreWrapper::from_core(core).apply_keystream(data);
    }

    fn decrypt_blocks(&self, iv: &[u8], data: &mut [u8]) {
        self.encrypt_blocks(iv, data);
    }
}
