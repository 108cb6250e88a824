//! The one door through which time enters: a wall clock for certificates, a monotonic one for what is measured.

use std::time::{Duration, Instant, SystemTime};

/// The wall clock, for the dates of certificates.
#[must_use]
pub fn wall() -> SystemTime {
    #[expect(clippy::disallowed_methods, reason = "the door itself")]
    SystemTime::now()
}

/// The monotonic clock, for everything that is measured.
#[must_use]
pub fn now() -> Instant {
    #[expect(clippy::disallowed_methods, reason = "the door itself")]
    Instant::now()
}

/// Runs the work and tells how long it took.
pub fn measure<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = now();
    let result = work();
    (result, start.elapsed())
}
