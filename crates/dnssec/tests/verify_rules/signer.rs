//! Signs with Ed25519, and as wrongly as a test wants. It knows no canonical form: what is signed is said in full.

use dnssec::{Algorithm, Key, ZoneKeys};
use proto::{Name, Rdatas, RrType, Rrset};
use ring::signature::{Ed25519KeyPair, KeyPair};

/// The moment around which signatures are made, in seconds since 1970.
pub(crate) const NOW: u32 = 1_790_000_000;

pub(crate) fn name(text: &str) -> Name {
    text.parse().unwrap()
}

pub(crate) fn pair(number: u8) -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[number; 32]).unwrap()
}

/// Data of the DNSKEY record of a pair.
pub(crate) fn dnskey(number: u8, flags: u16, protocol: u8) -> Vec<u8> {
    let mut rdata = flags.to_be_bytes().to_vec();
    rdata.extend([protocol, Algorithm::ED25519.0]);
    rdata.extend_from_slice(pair(number).public_key().as_ref());
    rdata
}

pub(crate) fn key(number: u8) -> Key {
    Key::read(&dnskey(number, 0x0100, 3)).unwrap()
}

pub(crate) fn keys(zone: &str, numbers: &[u8]) -> ZoneKeys {
    ZoneKeys { zone: name(zone), keys: numbers.iter().map(|number| key(*number)).collect() }
}

/// The fields of an RRSIG record, and who makes it over what.
#[derive(Debug, Clone)]
pub(crate) struct Sign {
    pub(crate) covers: RrType,
    pub(crate) algorithm: u8,
    pub(crate) labels: u8,
    pub(crate) original_ttl: u32,
    pub(crate) expiration: u32,
    pub(crate) inception: u32,
    pub(crate) tag: u16,
    pub(crate) signer: Name,
    /// Number of the pair.
    pub(crate) by: u8,
    /// Owner in the zone.
    pub(crate) owner: Name,
    /// Data in canonical form and order.
    pub(crate) data: Vec<Vec<u8>>,
}

impl Sign {
    /// As an honest zone would sign the set.
    pub(crate) fn honest(set: &Rrset, zone: &str, by: u8) -> Self {
        let wildcard = usize::from(set.name.is_wildcard());
        Self {
            covers: set.rtype,
            algorithm: Algorithm::ED25519.0,
            labels: (set.name.label_count() - wildcard) as u8,
            original_ttl: 3600,
            expiration: NOW + 864_000,
            inception: NOW - 864_000,
            tag: key(by).tag,
            signer: name(zone),
            by,
            owner: set.name.to_lowercase(),
            data: set.rdatas.iter().map(<[u8]>::to_vec).collect(),
        }
    }

    /// The data of the RRSIG record.
    pub(crate) fn rdata(&self) -> Vec<u8> {
        let mut rdata = self.covers.0.to_be_bytes().to_vec();
        rdata.extend([self.algorithm, self.labels]);
        for field in [self.original_ttl, self.expiration, self.inception] {
            rdata.extend(field.to_be_bytes());
        }
        rdata.extend(self.tag.to_be_bytes());
        rdata.extend(self.signer.wire());
        let mut signed = rdata.clone();
        for data in &self.data {
            signed.extend(self.owner.wire());
            signed.extend(self.covers.0.to_be_bytes());
            signed.extend([0, 1]);
            signed.extend(self.original_ttl.to_be_bytes());
            signed.extend((data.len() as u16).to_be_bytes());
            signed.extend(data);
        }
        rdata.extend(pair(self.by).sign(&signed).as_ref());
        rdata
    }
}

/// The set with these signatures.
pub(crate) fn with(set: &Rrset, signatures: &[Vec<u8>]) -> Rrset {
    Rrset { signatures: Rdatas::pack(signatures.iter().map(Vec::as_slice)), ..set.clone() }
}

/// The set as an honest zone signs it.
pub(crate) fn signed(set: &Rrset, zone: &str, by: u8) -> Rrset {
    with(set, &[Sign::honest(set, zone, by).rdata()])
}
