//! Wall-clock time as the cache and signatures see it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A moment of wall-clock time, in milliseconds since 1970-01-01T00:00:00Z.
///
/// What data is worth follows this clock, so it may jump; how long to wait follows a monotonic one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WallTime(pub u64);

impl WallTime {
    /// A moment given in whole seconds since 1970.
    pub fn from_secs(seconds: u64) -> Self {
        Self(seconds.saturating_mul(1000))
    }

    /// Whole seconds since 1970.
    pub fn as_secs(self) -> u64 {
        self.0 / 1000
    }

    /// The moment `ttl` seconds later.
    pub fn plus_ttl(self, ttl: u32) -> Self {
        Self(self.0.saturating_add(u64::from(ttl) * 1000))
    }

    /// Time until `later`; zero if that has passed.
    pub fn until(self, later: WallTime) -> Duration {
        Duration::from_millis(later.0.saturating_sub(self.0))
    }

    /// The whole seconds of TTL left until `expiry`; 0 if passed. Never more than is left, so it falls at once.
    pub fn ttl_left(self, expiry: WallTime) -> u32 {
        u32::try_from(expiry.0.saturating_sub(self.0) / 1000).unwrap_or(u32::MAX)
    }
}

impl std::ops::Add<Duration> for WallTime {
    type Output = WallTime;

    fn add(self, duration: Duration) -> WallTime {
        Self(self.0.saturating_add(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)))
    }
}

impl From<SystemTime> for WallTime {
    fn from(time: SystemTime) -> Self {
        let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        Self(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
    }
}
