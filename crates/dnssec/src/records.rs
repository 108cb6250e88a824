//! The record data of DNSSEC, read in place.

use std::fmt;

use proto::{Name, RrType};

use crate::{Algorithm, DigestType};

/// DNSKEY (RFC 4034 §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dnskey<'a> {
    /// Flags.
    pub flags: u16,
    /// Must be 3.
    pub protocol: u8,
    /// Algorithm.
    pub algorithm: Algorithm,
    /// The public key in the algorithm's form.
    pub public_key: &'a [u8],
    /// All of the data.
    pub rdata: &'a [u8],
}

impl<'a> Dnskey<'a> {
    /// Flag: a key of a zone (RFC 4034 §2.1.1).
    pub const ZONE: u16 = 0x0100;
    /// Flag: a secure entry point (RFC 4034 §2.1.1).
    pub const SEP: u16 = 0x0001;
    /// Flag: revoked (RFC 5011 §7).
    pub const REVOKE: u16 = 0x0080;

    /// Reads the data; `None` if it is too short.
    pub fn read(rdata: &'a [u8]) -> Option<Self> {
        let (head, public_key) = rdata.split_first_chunk::<4>()?;
        let [flags_high, flags_low, protocol, algorithm] = *head;
        let flags = u16::from_be_bytes([flags_high, flags_low]);
        Some(Self { flags, protocol, algorithm: Algorithm(algorithm), public_key, rdata })
    }

    /// Whether all the flags in the mask are set.
    pub fn has(&self, mask: u16) -> bool {
        self.flags & mask == mask
    }

    /// The key tag (RFC 4034 appendix B).
    pub fn tag(&self) -> u16 {
        if self.algorithm.0 == 1 {
            // RSA/MD5 (appendix B.1): two octets near the end of the modulus.
            let at = self.rdata.len();
            return if at >= 3 { u16::from_be_bytes([self.rdata[at - 3], self.rdata[at - 2]]) } else { 0 };
        }
        let sum = self.rdata.chunks(2).fold(0_u32, |sum, pair| {
            let low = pair.get(1).copied().unwrap_or(0);
            sum.wrapping_add(u32::from(u16::from_be_bytes([pair[0], low])))
        });
        (sum.wrapping_add(sum >> 16) & 0xFFFF) as u16
    }
}

/// DS (RFC 4034 §5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ds<'a> {
    /// Tag of the key.
    pub key_tag: u16,
    /// Algorithm of the key.
    pub algorithm: Algorithm,
    /// Digest type.
    pub digest_type: DigestType,
    /// Digest of the key.
    pub digest: &'a [u8],
}

impl<'a> Ds<'a> {
    /// Reads the data; `None` if it is too short.
    pub fn read(rdata: &'a [u8]) -> Option<Self> {
        let (head, digest) = rdata.split_first_chunk::<4>()?;
        let [tag_high, tag_low, algorithm, digest_type] = *head;
        let key_tag = u16::from_be_bytes([tag_high, tag_low]);
        Some(Self { key_tag, algorithm: Algorithm(algorithm), digest_type: DigestType(digest_type), digest })
    }
}

/// RRSIG (RFC 4034 §3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rrsig<'a> {
    /// The type it covers.
    pub covers: RrType,
    /// Algorithm.
    pub algorithm: Algorithm,
    /// Labels of the owner name as it stands in the zone, root and wildcard label not counted.
    pub labels: u8,
    /// TTL of the set in the zone, in seconds.
    pub original_ttl: u32,
    /// Last second of validity, in serial arithmetic (RFC 1982).
    pub expiration: u32,
    /// First second of validity.
    pub inception: u32,
    /// Tag of the key.
    pub key_tag: u16,
    /// Whose key.
    pub signer: Name,
    /// The signature in the algorithm's form.
    pub signature: &'a [u8],
    /// The fixed fields, as they are signed.
    pub fixed: &'a [u8; 18],
}

impl<'a> Rrsig<'a> {
    /// Reads the data; `None` if it is malformed.
    pub fn read(rdata: &'a [u8]) -> Option<Self> {
        let (fixed, rest) = rdata.split_first_chunk::<18>()?;
        let (signer, used) = Name::read(rest, 0).ok()?;
        let u16_at = |at: usize| u16::from_be_bytes([fixed[at], fixed[at + 1]]);
        let u32_at = |at: usize| u32::from_be_bytes([fixed[at], fixed[at + 1], fixed[at + 2], fixed[at + 3]]);
        Some(Self {
            covers: RrType(u16_at(0)),
            algorithm: Algorithm(fixed[2]),
            labels: fixed[3],
            original_ttl: u32_at(4),
            expiration: u32_at(8),
            inception: u32_at(12),
            key_tag: u16_at(16),
            signer,
            signature: &rest[used..],
            fixed,
        })
    }
}

/// The types present at a name (RFC 4034 §4.1.2).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TypeBitmap<'a>(&'a [u8]);

impl<'a> TypeBitmap<'a> {
    /// Takes the bitmap; `None` if its windows do not fill it exactly, or are out of order.
    pub fn read(octets: &'a [u8]) -> Option<Self> {
        let mut rest = octets;
        let mut last: Option<u8> = None;
        while !rest.is_empty() {
            let [window, length, tail @ ..] = rest else { return None };
            let length = usize::from(*length);
            if length == 0 || length > 32 || length > tail.len() || last.is_some_and(|last| last >= *window) {
                return None;
            }
            last = Some(*window);
            rest = &tail[length..];
        }
        Some(Self(octets))
    }

    /// Whether the type is in it.
    pub fn has(&self, rtype: RrType) -> bool {
        let [window, low] = rtype.0.to_be_bytes();
        let mut rest = self.0;
        while let [found, length, tail @ ..] = rest {
            let (bits, next) = tail.split_at(usize::from(*length));
            if *found == window {
                return bits.get(usize::from(low / 8)).is_some_and(|octet| octet & (0x80 >> (low % 8)) != 0);
            }
            rest = next;
        }
        false
    }

    /// Whether no type is in it: an empty non-terminal (RFC 5155 §7.1).
    pub fn is_empty(&self) -> bool {
        self.types().next().is_none()
    }

    /// The types in it, in order.
    pub fn types(&self) -> impl Iterator<Item = RrType> + 'a {
        let mut rest = self.0;
        let windows = std::iter::from_fn(move || {
            let [window, length, tail @ ..] = rest else { return None };
            let (bits, next) = tail.split_at(usize::from(*length));
            rest = next;
            Some((*window, bits))
        });
        windows.flat_map(|(window, bits)| {
            (0..bits.len() * 8)
                .filter(|bit| bits[bit / 8] & (0x80 >> (bit % 8)) != 0)
                .map(move |bit| RrType(u16::from_be_bytes([window, bit as u8])))
        })
    }
}

impl fmt::Debug for TypeBitmap<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.types()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_tag_is_the_sum_of_the_data_rfc4034_b() {
        // The root's key of 2017 (RFC 7958 publishes it): tag 20326 is checked with the anchors; here the arithmetic.
        let rdata = [0x01, 0x01, 3, 8, 0xFF, 0xFF, 0xFF];
        let sum: u32 = 0x0101 + 0x0308 + 0xFFFF + 0xFF00;
        assert_eq!(u32::from(Dnskey::read(&rdata).unwrap().tag()), (sum + (sum >> 16)) & 0xFFFF);
    }

    #[test]
    fn bitmaps_are_read_by_window_rfc4034_4_1_2() {
        // A (1), MX (15), RRSIG (46), NSEC (47), TYPE1234: the example of the RFC.
        let mut octets = vec![0, 6, 0x40, 0x01, 0, 0, 0, 0x03, 4, 27];
        octets.extend([0; 26]);
        octets.push(0x20);
        let bitmap = TypeBitmap::read(&octets).unwrap();
        let types: Vec<u16> = bitmap.types().map(|rtype| rtype.0).collect();
        assert_eq!(types, [1, 15, 46, 47, 1234]);
        assert!(bitmap.has(RrType::MX) && bitmap.has(RrType(1234)));
        assert!(!bitmap.has(RrType::NS) && !bitmap.has(RrType(1235)) && !bitmap.has(RrType(0x0201)));
    }

    #[test]
    fn malformed_bitmaps_are_refused() {
        for octets in [&[0_u8][..], &[0, 0], &[0, 33], &[0, 2, 1], &[1, 1, 1, 0, 1, 1], &[0, 1, 1, 0, 1, 1]] {
            assert!(TypeBitmap::read(octets).is_none(), "{octets:?}");
        }
        assert!(TypeBitmap::read(&[]).unwrap().is_empty());
    }

    #[test]
    fn short_data_is_refused() {
        assert!(Rrsig::read(&[0; 18]).is_none());
        assert!(Ds::read(&[0; 3]).is_none());
        assert!(Dnskey::read(&[0; 3]).is_none());
    }
}
