//! Kinds of keys as files name them: the AlgorithmIdentifier of RFC 5280 section 4.1.1.2.

use zeroize::Zeroizing;

use super::KeyAlgorithm;
use super::tlv::{self, Reader};
use crate::{Error, Result, elgamal};

/// Kinds of keys, RSA in one; its size is in the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Rsa,
    Ed25519,
    X25519,
    P256,
    MlKem768,
    X25519MlKem768,
    ElGamal,
}

/// rsaEncryption (RFC 8017 appendix A.1).
const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
/// id-RSAES-OAEP and id-RSASSA-PSS: the same keys, restricted to one scheme each.
const RSA_RESTRICTED: [&[u8]; 2] =
    [&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x07], &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a]];
/// RFC 8410 section 3.
const ED25519: &[u8] = &[0x2b, 0x65, 0x70];
/// RFC 8410 section 3.
const X25519: &[u8] = &[0x2b, 0x65, 0x6e];
/// id-ecPublicKey (RFC 5480 section 2.1.1).
const EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
/// secp256r1 (RFC 5480 section 2.1.1.1).
pub(super) const SECP256R1: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
/// id-alg-ml-kem-768 (RFC 9935 section 3).
const ML_KEM_768: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x04, 0x02];
/// dhKeyAgreement (PKCS#3). ElGamal has the keys of Diffie-Hellman, and as such `openssl pkey` reads them.
const DIFFIE_HELLMAN: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x03, 0x01];
/// Private to this program, for no standard names such keys: 2.25.26990681953387835480451984034608278193, the UUID
/// 144e375c-c5c3-4c9f-93b4-6cbafd596ab1 under the arc of ITU-T X.667.
const X25519_ML_KEM_768: &[u8] =
    &[0x69, 0xa8, 0xce, 0x9b, 0xd7, 0x98, 0xdc, 0x9a, 0xb2, 0xbf, 0x93, 0xda, 0x9b, 0x97, 0xaf, 0xea, 0xe5, 0xd5, 0x31];

impl Kind {
    /// The kind of keys of this algorithm.
    pub(super) const fn of(algorithm: KeyAlgorithm) -> Self {
        match algorithm {
            KeyAlgorithm::Rsa2048 | KeyAlgorithm::Rsa3072 | KeyAlgorithm::Rsa4096 => Self::Rsa,
            KeyAlgorithm::Ed25519 => Self::Ed25519,
            KeyAlgorithm::P256 => Self::P256,
            KeyAlgorithm::X25519 => Self::X25519,
            KeyAlgorithm::MlKem768 => Self::MlKem768,
            KeyAlgorithm::X25519MlKem768 => Self::X25519MlKem768,
            KeyAlgorithm::ElGamal2048 => Self::ElGamal,
        }
    }

    /// From the contents of an AlgorithmIdentifier.
    ///
    /// # Errors
    /// `Error::Malformed` if it is none, `Error::Key` if the kind is not known here.
    pub(super) fn read(what: &str, mut identifier: Reader<'_>) -> Result<Self> {
        let malformed = || Error::malformed(what, "the kind of the key cannot be read");
        let oid = identifier.next(tlv::OBJECT_IDENTIFIER).ok_or_else(malformed)?;
        let (kind, parameters_fit) = match oid {
            RSA => (Self::Rsa, identifier.next(tlv::NULL).is_some_and(<[u8]>::is_empty)),
            ED25519 => (Self::Ed25519, true),
            X25519 => (Self::X25519, true),
            ML_KEM_768 => (Self::MlKem768, true),
            X25519_ML_KEM_768 => (Self::X25519MlKem768, true),
            EC => match identifier.next(tlv::OBJECT_IDENTIFIER) {
                Some(SECP256R1) => (Self::P256, true),
                _ => return Err(Error::Key(format!("{what}: a key of another elliptic curve than P-256"))),
            },
            DIFFIE_HELLMAN => match identifier.enter(tlv::SEQUENCE) {
                Some(group) if is_ffdhe2048(&group) => (Self::ElGamal, true),
                _ => return Err(Error::Key(format!("{what}: a key of another group than ffdhe2048 (RFC 7919)"))),
            },
            oid if RSA_RESTRICTED.contains(&oid) => {
                return Err(Error::Key(format!(
                    "{what}: an RSA key restricted to one scheme (PSS or OAEP); use one of the kind rsaEncryption"
                )));
            }
            oid => return Err(Error::Key(format!("{what}: a key of unknown kind, {}", dotted(oid)))),
        };
        if parameters_fit && identifier.is_empty() { Ok(kind) } else { Err(malformed()) }
    }

    /// The AlgorithmIdentifier.
    pub(super) fn encode(self) -> Zeroizing<Vec<u8>> {
        let oid = |bytes: &[u8]| tlv::encode(tlv::OBJECT_IDENTIFIER, &[bytes]);
        let none = Zeroizing::new(Vec::new());
        let (oid, parameters) = match self {
            Self::Rsa => (oid(RSA), tlv::encode(tlv::NULL, &[])),
            Self::Ed25519 => (oid(ED25519), none),
            Self::X25519 => (oid(X25519), none),
            Self::P256 => (oid(EC), oid(SECP256R1)),
            Self::MlKem768 => (oid(ML_KEM_768), none),
            Self::X25519MlKem768 => (oid(X25519_ML_KEM_768), none),
            Self::ElGamal => {
                let (prime, generator) = (elgamal::prime(), elgamal::GENERATOR);
                let group = [tlv::encode_unsigned(&prime), tlv::encode_unsigned(&[generator])];
                (oid(DIFFIE_HELLMAN), tlv::encode(tlv::SEQUENCE, &[&group[0], &group[1]]))
            }
        };
        tlv::encode(tlv::SEQUENCE, &[&oid, &parameters])
    }
}

/// DHParameter of PKCS#3: the prime, the generator and perhaps a length for private values.
fn is_ffdhe2048(group: &Reader<'_>) -> bool {
    let mut group = group.clone();
    let prime = group.unsigned();
    let generator = group.unsigned();
    let length_is_fine = group.is_empty() || (group.unsigned().is_some() && group.is_empty());
    prime == Some(&elgamal::prime()) && generator == Some(&[elgamal::GENERATOR]) && length_is_fine
}

/// An object identifier as people write it.
fn dotted(oid: &[u8]) -> String {
    let mut arcs = Vec::new();
    let mut arc = 0_u128;
    for byte in oid {
        if arc >> 121 != 0 {
            return "with an object identifier too long to show".to_owned();
        }
        arc = (arc << 7) | u128::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            if arcs.is_empty() {
                let first = (arc / 40).min(2);
                arcs.push(first.to_string());
                arc -= first * 40;
            }
            arcs.push(arc.to_string());
            arc = 0;
        }
    }
    arcs.join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ITU-T X.667: the arc 2.25 takes UUIDs as one integer.
    #[test]
    fn object_identifiers_are_what_the_comments_say() {
        for (oid, expect) in [
            (RSA, "1.2.840.113549.1.1.1"),
            (ED25519, "1.3.101.112"),
            (X25519, "1.3.101.110"),
            (EC, "1.2.840.10045.2.1"),
            (SECP256R1, "1.2.840.10045.3.1.7"),
            (ML_KEM_768, "2.16.840.1.101.3.4.4.2"),
            (DIFFIE_HELLMAN, "1.2.840.113549.1.3.1"),
            (X25519_ML_KEM_768, "2.25.26990681953387835480451984034608278193"),
        ] {
            assert_eq!(dotted(oid), expect);
        }
        assert!(dotted(&[0xff; 30]).contains("too long"));
    }
}
