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
    pub(super) fn next(&mut self) -> Option<&[u8]> {
        if !self.has_rest() {
            // An idle connection holds no memory.
            *self = Self::default();
        }
        let (length, rest) = self.octets[self.taken..].split_first_chunk::<2>()?;
        let message = rest.get(..usize::from(u16::from_be_bytes(*length)))?;
        self.taken += 2 + message.len();
        Some(message)
    }

    /// Whether octets of an unfinished message are here.
    pub(super) fn has_rest(&self) -> bool {
        self.taken < self.octets.len()
    }
}

/// Messages with their lengths in front, for one write (RFC 7766 §8).
#[derive(Debug, Default)]
pub(super) struct Outgoing {
    octets: Vec<u8>,
}

impl Outgoing {
    /// Adds a message that `write` appends to what is there, if it does.
    pub(super) fn push_with(&mut self, write: impl FnOnce(&mut Vec<u8>) -> bool) -> bool {
        let start = self.octets.len();
        self.octets.extend([0; 2]);
        let written = write(&mut self.octets);
        if written {
            let length = self.octets.len() - start - 2;
            let length = u16::try_from(length).expect("replies are written with this limit");
            self.octets[start..start + 2].copy_from_slice(&length.to_be_bytes());
        } else {
            self.octets.truncate(start);
        }
        written
    }

    /// Adds a message.
    pub(super) fn push(&mut self, message: &[u8]) {
        self.push_with(|octets| {
            octets.extend_from_slice(message);
            true
        });
    }

    /// All of them.
    pub(super) fn octets(&self) -> &[u8] {
        &self.octets
    }

    /// Forgets them, and memory above `kept_octets`.
    pub(super) fn clear(&mut self, kept_octets: usize) {
        self.octets.clear();
        self.octets.shrink_to(kept_octets);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_come_whole_however_they_are_cut_rfc1035_4_2_2() {
        let messages: [&[u8]; 3] = [b"one", b"", b"three"];
        let mut outgoing = Outgoing::default();
        for message in messages {
            outgoing.push(message);
            assert!(!outgoing.push_with(|octets| {
                octets.push(b'x');
                false
            }));
        }
        let stream = outgoing.octets();
        for size in 1..=stream.len() {
            let mut frames = Frames::default();
            let mut found = Vec::new();
            for part in stream.chunks(size) {
                frames.push(part);
                while let Some(message) = frames.next() {
                    found.push(message.to_vec());
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
        assert_eq!(frames.next(), Some(&[7, 8][..]));
        assert!(frames.has_rest());
    }
}
