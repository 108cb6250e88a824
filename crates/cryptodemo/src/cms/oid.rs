//! Object identifiers of CMS, as the contents of their DER encoding.

pub(super) const DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1];
pub(super) const ENVELOPED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 3];
/// RFC 5083 section 2.1.
pub(super) const AUTH_ENVELOPED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 16, 1, 23];
pub(super) const RSA_ENCRYPTION: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
/// RFC 4055 section 4.1.
pub(super) const RSAES_OAEP: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 7];
pub(super) const MGF1: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 8];
pub(super) const P_SPECIFIED: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 9];
pub(super) const SHA1: &[u8] = &[0x2b, 14, 3, 2, 26];
pub(super) const SHA256: &[u8] = &[0x60, 0x86, 0x48, 1, 101, 3, 4, 2, 1];
pub(super) const SHA384: &[u8] = &[0x60, 0x86, 0x48, 1, 101, 3, 4, 2, 2];
pub(super) const SHA512: &[u8] = &[0x60, 0x86, 0x48, 1, 101, 3, 4, 2, 3];
/// RFC 5084 section 3.2.
pub(super) const AES128_GCM: &[u8] = &[0x60, 0x86, 0x48, 1, 101, 3, 4, 1, 6];
pub(super) const AES256_GCM: &[u8] = &[0x60, 0x86, 0x48, 1, 101, 3, 4, 1, 46];
/// RFC 3565 section 4.1.
pub(super) const AES128_CBC: &[u8] = &[0x60, 0x86, 0x48, 1, 101, 3, 4, 1, 2];
pub(super) const AES192_CBC: &[u8] = &[0x60, 0x86, 0x48, 1, 101, 3, 4, 1, 22];
pub(super) const AES256_CBC: &[u8] = &[0x60, 0x86, 0x48, 1, 101, 3, 4, 1, 42];

const NAMES: &[(&[u8], &str)] = &[
    (DATA, "data"),
    (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2], "signedData"),
    (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 5], "digestedData"),
    (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 6], "encryptedData"),
    (ENVELOPED_DATA, "envelopedData"),
    (AUTH_ENVELOPED_DATA, "authEnvelopedData"),
    (RSA_ENCRYPTION, "rsaEncryption (PKCS#1 v1.5)"),
    (RSAES_OAEP, "RSAES-OAEP"),
    (MGF1, "MGF1"),
    (SHA1, "SHA-1"),
    (SHA256, "SHA-256"),
    (SHA384, "SHA-384"),
    (SHA512, "SHA-512"),
    (AES128_GCM, "aes-128-gcm"),
    (&[0x60, 0x86, 0x48, 1, 101, 3, 4, 1, 26], "aes-192-gcm"),
    (AES256_GCM, "aes-256-gcm"),
    (AES128_CBC, "aes-128-cbc"),
    (AES192_CBC, "aes-192-cbc"),
    (AES256_CBC, "aes-256-cbc"),
    (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 3, 7], "des-ede3-cbc"),
];

/// Name of the object, or its numbers.
pub(super) fn name(oid: &[u8]) -> String {
    NAMES.iter().find(|(known, _)| *known == oid).map_or_else(|| dotted(oid), |(_, name)| (*name).to_owned())
}

/// X.690 section 8.19.
fn dotted(oid: &[u8]) -> String {
    let mut numbers = Vec::new();
    let mut number: u128 = 0;
    for byte in oid {
        number = number.wrapping_shl(7) | u128::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            if numbers.is_empty() {
                let first = (number / 40).min(2);
                numbers.push(first);
                number -= first * 40;
            }
            numbers.push(number);
            number = 0;
        }
    }
    numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_objects_are_told_by_number() {
        assert_eq!(dotted(AES256_GCM), "2.16.840.1.101.3.4.1.46");
        assert_eq!(dotted(RSAES_OAEP), "1.2.840.113549.1.1.7");
        assert_eq!(name(&[0x2b, 101, 110]), "1.3.101.110");
    }
}
