//! What stands before the chunks.

use serde::Serialize;

use crate::Result;
use crate::aead::AeadAlgorithm;
use crate::error::Error;
use crate::files::Input;
use crate::kem::KemAlgorithm;

/// The first bytes of each container.
pub const MAGIC: [u8; 8] = *b"\x89CDCHK\r\n";

const VERSION: u8 = 1;
/// No KEM here comes near it: it keeps a damaged length from costing memory.
const MAX_ENCAPSULATION: usize = 4096;

const KEMS: [(u8, KemAlgorithm); 6] = [
    (1, KemAlgorithm::RsaOaep),
    (2, KemAlgorithm::X25519),
    (3, KemAlgorithm::P256),
    (4, KemAlgorithm::MlKem768),
    (5, KemAlgorithm::X25519MlKem768),
    (6, KemAlgorithm::ElGamal),
];

const AEADS: [(u8, AeadAlgorithm); 5] = [
    (1, AeadAlgorithm::Aes256Gcm),
    (2, AeadAlgorithm::ChaCha20Poly1305),
    (3, AeadAlgorithm::Aria256Gcm),
    (4, AeadAlgorithm::Aes128Gcm),
    (5, AeadAlgorithm::Aria128Gcm),
];

/// The header of a container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Header {
    /// How the shared secret is given to the recipient.
    pub kem: KemAlgorithm,
    /// What seals the chunks.
    pub aead: AeadAlgorithm,
    /// SHA-256 of the recipient's SubjectPublicKeyInfo.
    pub recipient: [u8; 32],
    /// Salt of the key's derivation.
    pub salt: [u8; 32],
    /// What the KEM made for the recipient.
    pub encapsulation: Vec<u8>,
}

impl Header {
    /// Its bytes, as they stand in the file and go into the file's key.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let kem = KEMS.iter().find(|(_, kem)| *kem == self.kem).expect("the table has all of them").0;
        let aead = AEADS.iter().find(|(_, aead)| *aead == self.aead).expect("the table has all of them").0;
        let len = u16::try_from(self.encapsulation.len()).expect("encapsulations are short");
        let mut bytes = MAGIC.to_vec();
        bytes.extend([VERSION, kem, aead]);
        bytes.extend(self.recipient);
        bytes.extend(self.salt);
        bytes.extend(len.to_be_bytes());
        bytes.extend(&self.encapsulation);
        bytes
    }

    /// Reads a header; the chunks follow in the input.
    ///
    /// # Errors
    /// [`Error::Malformed`] if there is none or it is not complete, [`Error::Io`] if the input fails.
    pub fn read(input: &mut Input) -> Result<Self> {
        let wrong = |what: String, why: String| Err(Error::malformed(what, why));
        if array(input)? != MAGIC {
            return wrong(input.what(), "not a chunked container".to_owned());
        }
        let [version, kem, aead] = array(input)?;
        if version != VERSION {
            return wrong(input.what(), format!("version {version} of the chunked container is not known here"));
        }
        let Some(&(_, kem)) = KEMS.iter().find(|(code, _)| *code == kem) else {
            return wrong(input.what(), format!("KEM number {kem} is not known here"));
        };
        let Some(&(_, aead)) = AEADS.iter().find(|(code, _)| *code == aead) else {
            return wrong(input.what(), format!("AEAD number {aead} is not known here"));
        };
        let (recipient, salt) = (array(input)?, array(input)?);
        let len = usize::from(u16::from_be_bytes(array(input)?));
        if len > MAX_ENCAPSULATION {
            return wrong(input.what(), format!("an encapsulation of {len} bytes is too long"));
        }
        let mut encapsulation = vec![0; len];
        exact(input, &mut encapsulation)?;
        Ok(Self { kem, aead, recipient, salt, encapsulation })
    }
}

fn array<const N: usize>(input: &mut Input) -> Result<[u8; N]> {
    let mut bytes = [0; N];
    exact(input, &mut bytes)?;
    Ok(bytes)
}

fn exact(input: &mut Input, bytes: &mut [u8]) -> Result<()> {
    if input.fill(bytes)? == bytes.len() {
        Ok(())
    } else {
        Err(Error::malformed(input.what(), "ends within the header"))
    }
}
