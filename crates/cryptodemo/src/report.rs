//! How figures are written: durations, sizes, rates and bars, the same in every command.

use std::time::Duration;

/// A duration with three significant digits: `812 ns`, `1.24 µs`, `35.1 ms`, `2.50 s`.
#[must_use]
pub fn duration(time: Duration) -> String {
    let nanos = time.as_secs_f64() * 1e9;
    scaled(nanos, &[(1e9, "s"), (1e6, "ms"), (1e3, "µs"), (1.0, "ns")])
}

/// Nanoseconds that need not be whole, as [`duration`] writes them, and below one in picoseconds: `58.7 ns`, `65.1 ps`.
#[must_use]
pub fn nanoseconds(nanos: f64) -> String {
    scaled(nanos, &[(1e9, "s"), (1e6, "ms"), (1e3, "µs"), (1.0, "ns"), (1e-3, "ps")])
}

/// A number of bytes: `190 B`, `64 KiB`, `1 MiB`, `1.50 MiB`.
#[must_use]
pub fn size(bytes: u64) -> String {
    for (unit, name) in [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")] {
        if bytes >= unit {
            #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
            return if bytes.is_multiple_of(unit) {
                format!("{} {name}", bytes / unit)
            } else {
                format!("{} {name}", digits(bytes as f64 / unit as f64))
            };
        }
    }
    format!("{bytes} B")
}

/// Bytes as lower-case hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Bytes per second: `1.87 GB/s`, `12.0 MB/s`. Units are powers of ten, as `openssl speed` has them.
#[must_use]
pub fn rate(bytes_per_second: f64) -> String {
    scaled(bytes_per_second, &[(1e9, "GB/s"), (1e6, "MB/s"), (1e3, "kB/s"), (1.0, "B/s")])
}

/// Text from strangers, fit for a terminal: each control character becomes U+FFFD, or it would speak to the terminal.
#[must_use]
pub fn plain(text: &str) -> String {
    text.replace(char::is_control, "\u{fffd}")
}

/// A bar whose full length stands for 1; at least one mark for anything above nothing.
#[must_use]
pub fn bar(share: f64, width: usize) -> String {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "clamped")]
    let marks = (share.clamp(0.0, 1.0) * width as f64).round() as usize;
    "█".repeat(if share > 0.0 { marks.max(1) } else { 0 })
}

/// Where a value lies between two others on a logarithmic scale, from 0 to 1.
#[must_use]
pub fn log_share(value: f64, lowest: f64, highest: f64) -> f64 {
    if value <= lowest || highest <= lowest { 0.0 } else { (value / lowest).ln() / (highest / lowest).ln() }
}

fn scaled(value: f64, units: &[(f64, &str)]) -> String {
    let (unit, name) = units.iter().find(|(unit, _)| value >= *unit).or(units.last()).expect("there are units");
    format!("{} {name}", digits(value / unit))
}

/// Three significant digits.
fn digits(value: f64) -> String {
    let decimals = if value >= 99.95 {
        0
    } else if value >= 9.995 {
        1
    } else {
        2
    };
    format!("{value:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_three_digits() {
        for (nanos, expect) in [(0, "0.00 ns"), (812, "812 ns"), (1_240, "1.24 µs"), (35_100_000, "35.1 ms")] {
            assert_eq!(duration(Duration::from_nanos(nanos)), expect);
        }
        assert_eq!(duration(Duration::from_millis(2_500)), "2.50 s");
    }

    #[test]
    fn nanoseconds_keep_their_fraction() {
        for (nanos, expect) in [(58.7, "58.7 ns"), (0.0651, "65.1 ps"), (1.5e6, "1.50 ms")] {
            assert_eq!(nanoseconds(nanos), expect);
        }
    }

    #[test]
    fn sizes_are_whole_where_they_can_be() {
        for (bytes, expect) in [(0, "0 B"), (190, "190 B"), (65_536, "64 KiB"), (1 << 20, "1 MiB"), (1536, "1.50 KiB")]
        {
            assert_eq!(size(bytes), expect);
        }
    }

    #[test]
    fn control_characters_reach_no_terminal() {
        assert_eq!(
            plain("a\u{1b}[31m\u{9b}b\n\u{7}\u{7f} \u{e4}\u{20ac}"),
            "a\u{fffd}[31m\u{fffd}b\u{fffd}\u{fffd}\u{fffd} \u{e4}\u{20ac}"
        );
    }

    #[test]
    fn each_byte_is_two_digits() {
        assert_eq!(hex(&[0x00, 0x0a, 0xff]), "000aff");
        assert_eq!(hex(&[]), "");
    }

    #[test]
    fn bars_show_anything_above_nothing() {
        assert_eq!(bar(0.0, 10), "");
        assert_eq!(bar(0.001, 10), "█");
        assert_eq!(bar(0.5, 10).chars().count(), 5);
        assert_eq!(bar(7.0, 10).chars().count(), 10);
    }

    #[test]
    fn a_log_scale_gives_each_factor_the_same_length() {
        assert!((log_share(10.0, 1.0, 100.0) - 0.5).abs() < 1e-9);
        assert!(log_share(0.5, 1.0, 100.0).abs() < 1e-9);
    }
}
