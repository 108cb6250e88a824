//! What A says: a file, or text of a given length.

use std::io::Read;
use std::path::Path;

use crate::Result;
use crate::error::Error;
use crate::exchange::MESSAGE_LIMIT;
use crate::files::Input;
use crate::report;

/// Reads a size: a number and a unit, with or without a blank between them.
pub(super) fn parse_size(text: &str) -> std::result::Result<u64, String> {
    let text = text.trim();
    let end = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    if number.is_empty() {
        return Err(format!("{text:?} does not start with a whole number"));
    }
    let too_long = || format!("at most {}: the exchange holds the message in memory", report::size(MESSAGE_LIMIT));
    let number: u64 = number.parse().map_err(|_| too_long())?;
    let unit = match unit.trim_start() {
        "" | "B" => 1,
        "KiB" | "K" => 1 << 10,
        "MiB" | "M" => 1 << 20,
        "GiB" | "G" => 1 << 30,
        "kB" => 1_000,
        "MB" => 1_000_000,
        other => return Err(format!("{other:?} is none of B, KiB, MiB, GiB, kB, MB")),
    };
    let bytes = number.checked_mul(unit).filter(|bytes| *bytes <= MESSAGE_LIMIT);
    bytes.ok_or_else(too_long)
}

/// A's message.
pub(super) fn message(file: Option<&Path>, size: u64) -> Result<Vec<u8>> {
    let Some(path) = file else {
        return Ok(text(usize::try_from(size).expect("bounded when it was parsed")));
    };
    let mut message = Vec::new();
    let file = Input::open(path)?;
    let place = file.place().to_owned();
    // One byte more than allowed tells too long from just long enough, also for what has no length.
    file.take(MESSAGE_LIMIT + 1).read_to_end(&mut message).map_err(Error::io(place))?;
    if message.len() as u64 > MESSAGE_LIMIT {
        return Err(Error::Usage(format!(
            "{}: longer than {}, which the exchange would hold in memory; use hybrid encrypt --format chunked",
            path.display(),
            report::size(MESSAGE_LIMIT)
        )));
    }
    Ok(message)
}

/// Text of the length asked for, numbered so that no two parts of it are equal.
fn text(len: usize) -> Vec<u8> {
    let mut text = b"From A to B, for your eyes only. ".to_vec();
    let mut line = 1_u64;
    while text.len() < len {
        text.extend_from_slice(format!("This is line {line} of the message.\n").as_bytes());
        line += 1;
    }
    text.truncate(len);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units() {
        for (text, bytes) in
            [("0", 0), ("190", 190), ("1 KiB", 1024), ("1MiB", 1 << 20), ("2MB", 2_000_000), ("256MiB", 256 << 20)]
        {
            assert_eq!(parse_size(text), Ok(bytes), "{text}");
        }
    }

    #[test]
    fn sizes_that_are_none_or_too_large_are_refused() {
        for text in ["", "MiB", "-1", "1.5MiB", "1 parsec", "257MiB", "1GiB", "18446744073709551615MiB", "9e9"] {
            assert!(parse_size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_text_has_its_length() {
        for len in [0, 1, 33, 34, 5000] {
            assert_eq!(message(None, len).unwrap().len() as u64, len);
        }
    }

    #[test]
    fn endless_files_are_refused() {
        let error = message(Some(Path::new("/dev/zero")), 0).unwrap_err();
        assert_eq!(error.exit_code(), 2);
        assert!(error.to_string().contains("256 MiB"), "{error}");
        assert_eq!(message(Some(Path::new("/nonexistent")), 0).unwrap_err().exit_code(), 6);
    }
}
