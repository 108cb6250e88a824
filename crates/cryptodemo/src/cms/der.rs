//! Writing DER (X.690 section 10): elements from the inside out.

/// Length octets in their shortest form.
pub(super) fn length(len: u64) -> Vec<u8> {
    if len < 0x80 {
        return vec![len.to_le_bytes()[0]];
    }
    let bytes = len.to_be_bytes();
    let significant = &bytes[(len.leading_zeros() / 8) as usize..];
    let mut octets = vec![0x80 | significant.len().to_le_bytes()[0]];
    octets.extend(significant);
    octets
}

/// A whole element.
pub(super) fn element(tag: u8, contents: &[&[u8]]) -> Vec<u8> {
    let contents = contents.concat();
    let mut bytes = opening(tag, contents.len() as u64);
    bytes.extend(contents);
    bytes
}

/// Tag and length of an element whose contents follow.
pub(super) fn opening(tag: u8, len: u64) -> Vec<u8> {
    let mut bytes = vec![tag];
    bytes.extend(length(len));
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    /// X.690 section 10.1.
    #[test]
    fn lengths_are_the_shortest() {
        for (len, expect) in
            [(0, &[0][..]), (127, &[127]), (128, &[0x81, 128]), (256, &[0x82, 1, 0]), (1 << 32, &[0x85, 1, 0, 0, 0, 0])]
        {
            assert_eq!(length(len), expect);
        }
    }
}
