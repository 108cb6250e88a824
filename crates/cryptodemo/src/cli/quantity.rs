//! Quantities on the command line of the commands that measure.

use std::time::Duration;

/// A number of bytes: `190`, `1KiB`, `64 KiB`, `1MiB`; at most 64 MiB, for each case keeps messages of that length.
pub(super) fn size(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let unit = match text[digits.len()..].trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kib" => 1 << 10,
        "m" | "mib" => 1 << 20,
        _ => return Err("a size is a number of bytes, KiB or MiB, as in 190, 64KiB, 1MiB".to_owned()),
    };
    let number: u64 = digits.parse().map_err(|_| "a size begins with a whole number".to_owned())?;
    match number.checked_mul(unit) {
        Some(bytes @ 1..=0x400_0000) => Ok(bytes),
        _ => Err("sizes are from 1 B to 64 MiB".to_owned()),
    }
}

/// A number of seconds: `2`, `0.5`; at most an hour.
pub(super) fn seconds(text: &str) -> Result<Duration, String> {
    match text.trim().parse::<f64>() {
        Ok(seconds) if (0.01..=3600.0).contains(&seconds) => Ok(Duration::from_secs_f64(seconds)),
        _ => Err("a number of seconds from 0.01 to 3600".to_owned()),
    }
}

/// A delay each way: `50ms`, `1s`; at most a second, for nobody here waits longer than ten for an answer.
pub(super) fn delay(text: &str) -> Result<Duration, String> {
    let wrong = || "a time from 0ms to 1s, as 50ms or 1s".to_owned();
    let (number, unit_ms) = match (text.strip_suffix("ms"), text.strip_suffix('s')) {
        (Some(number), _) => (number, 1),
        (None, Some(number)) => (number, 1000),
        (None, None) => return Err(wrong()),
    };
    let number: u64 = number.parse().map_err(|_| wrong())?;
    number.checked_mul(unit_ms).filter(|ms| *ms <= 1000).map(Duration::from_millis).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_with_their_units() {
        for (text, expect) in [
            ("190", Some(190)),
            ("32B", Some(32)),
            ("1KiB", Some(1024)),
            ("64 kib", Some(65_536)),
            ("1MiB", Some(1 << 20)),
            ("64m", Some(1 << 26)),
            ("65MiB", None),
            ("0", None),
            ("", None),
            ("KiB", None),
            ("1KB", None),
            ("1.5KiB", None),
            ("-1", None),
            ("99999999999999999999", None),
            ("99999999999999999MiB", None),
            ("µ", None),
        ] {
            assert_eq!(size(text).ok(), expect, "{text}");
        }
    }

    #[test]
    fn seconds_are_within_an_hour() {
        for (text, expect) in
            [("2", Some(2000)), ("0.5", Some(500)), ("0", None), ("-1", None), ("nan", None), ("inf", None), ("", None)]
        {
            assert_eq!(seconds(text).ok(), expect.map(Duration::from_millis), "{text}");
        }
    }

    #[test]
    fn delays_are_at_most_a_second() {
        for (text, expect) in [
            ("0ms", Some(0)),
            ("50ms", Some(50)),
            ("1s", Some(1000)),
            ("1001ms", None),
            ("2s", None),
            ("50", None),
            ("-1ms", None),
            ("99999999999999999999s", None),
        ] {
            assert_eq!(delay(text).ok(), expect.map(Duration::from_millis), "{text}");
        }
    }
}
