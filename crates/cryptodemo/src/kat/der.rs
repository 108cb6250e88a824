//! DER (ITU-T X.690), as far as keys in the vectors have to be put into the form that the commands read.

/// A DER element of less than 64 KiB.
pub(super) fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(content.len()).unwrap_or(u16::MAX).to_be_bytes();
    let header = match (high, low) {
        (0, 0..0x80) => vec![tag, low],
        (0, _) => vec![tag, 0x81, low],
        _ => vec![tag, 0x82, high, low],
    };
    [header.as_slice(), content].concat()
}

/// A number that is not negative, from its big-endian bytes.
pub(super) fn integer(bytes: &[u8]) -> Vec<u8> {
    let start = bytes.iter().take_while(|byte| **byte == 0).count();
    // The zero in front says that the number is not negative.
    element(0x02, &[&[0], &bytes[start..]].concat()[usize::from(bytes.get(start).is_some_and(|byte| *byte < 0x80))..])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// X.690 sections 8.1.3 and 8.3.
    #[test]
    fn lengths_and_numbers_have_their_shortest_form() {
        assert_eq!(element(4, &[7; 127])[..3], [4, 127, 7]);
        assert_eq!(element(4, &[7; 128])[..4], [4, 0x81, 128, 7]);
        assert_eq!(element(4, &[7; 256])[..5], [4, 0x82, 1, 0, 7]);
        for (bytes, expect) in [
            (&[][..], &[2, 1, 0][..]),
            (&[0, 0], &[2, 1, 0]),
            (&[0, 0x7f], &[2, 1, 0x7f]),
            (&[0x80], &[2, 2, 0, 0x80]),
            (&[0, 1, 0], &[2, 2, 1, 0]),
        ] {
            assert_eq!(integer(bytes), expect);
        }
    }
}
