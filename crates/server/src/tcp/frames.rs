//! Messages in a stream, each behind its length in two octets (RFC 1035 §4.2.2).

/// Octets received, cut into messages. Holds less than one message and one read more.
#[derive(Debug, Default)]
pub(super) struct Frames {
    octets: Vec<u8>,
    /// Octets of these that are taken already.
    taken: usize,
}

impl Frames {
    /// Adds octets as they came.
    pub(super) fn push(&mut self, octets: &[u8]) {
        self.octets.drain(..self.taken);
        self.taken = 0;
        self.octets.extend_from_slice(octets);
    }

    /// The next whole message.
    pub(super) fn next(&mut self) -> Option<Vec<u8>> {
        let (length, rest) = self.octets[self.taken..].split_first_chunk::<2>()?;
        let message = rest.get(..usize::from(u16::from_be_bytes(*length)))?.to_vec();
        self.taken += 2 + message.len();
        if self.taken == self.octets.len() {
            // An idle connection holds no memory.
            *self = Self::default();
        }
        Some(message)
    }

    /// Whether octets of an unfinished message are here.
    pub(super) fn has_rest(&self) -> bool {
        self.taken < self.octets.len()
    }
}

/// A message with its length in front, for one write (RFC 7766 §8).
pub(super) fn framed(message: &[u8]) -> Vec<u8> {
    let length = u16::try_from(message.len()).expect("replies are written with this limit");
    [&length.to_be_bytes()[..], message].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_come_whole_however_they_are_cut_rfc1035_4_2_2() {
        let messages: [&[u8]; 3] = [b"one", b"", b"three"];
        let stream: Vec<u8> = messages.iter().flat_map(|message| framed(message)).collect();
        for size in 1..=stream.len() {
            let mut frames = Frames::default();
            let mut found = Vec::new();
            for part in stream.chunks(size) {
                frames.push(part);
                while let Some(message) = frames.next() {
                    found.push(message);
                }
            }
            assert_eq!(found, messages, "in pieces of {size}");
            assert!(!frames.has_rest());
        }
    }

    #[test]
    fn half_a_message_waits() {
        let mut frames = Frames::default();
        frames.push(&[0]);
        assert!(frames.has_rest());
        assert_eq!(frames.next(), None);
        frames.push(&[2, 7]);
        assert_eq!(frames.next(), None);
        frames.push(&[8, 0]);
        assert_eq!(frames.next(), Some(vec![7, 8]));
        assert!(frames.has_rest());
    }
}
