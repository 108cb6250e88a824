//! The one door to time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use proto::WallTime;

/// Monotonic time for waiting, wall-clock time for what data is worth.
///
/// In a simulation both come from tokio's paused clock: the wall clock is a chosen epoch plus the virtual time that has
/// passed, so that signatures and timeouts move together. A settable offset moves the wall clock alone.
#[derive(Debug, Clone)]
pub struct Clock {
    source: Source,
}

#[derive(Debug, Clone)]
enum Source {
    System,
    Simulated {
        epoch: WallTime,
        /// When the wall clock stood at the epoch; `None`: it stands still.
        start: Option<tokio::time::Instant>,
        /// Milliseconds by which the wall clock alone was moved; clones share them.
        ahead: Arc<AtomicU64>,
    },
}

impl Clock {
    /// The machine's clocks.
    pub fn system() -> Self {
        Self { source: Source::System }
    }

    /// A simulated clock that stands at `epoch` now and moves with tokio's (paused) clock.
    #[expect(clippy::disallowed_methods, reason = "the clock is the door to time")]
    pub fn simulated(epoch: WallTime) -> Self {
        let start = Some(tokio::time::Instant::now());
        Self { source: Source::Simulated { epoch, start, ahead: Arc::default() } }
    }

    /// A simulated clock whose wall time stands at `epoch` until it is moved; monotonic time is tokio's.
    pub fn standing(epoch: WallTime) -> Self {
        Self { source: Source::Simulated { epoch, start: None, ahead: Arc::default() } }
    }

    /// Moves the wall clock of a simulation and of all its clones forward, and nothing else: who waits goes on waiting.
    /// The machine's clock stays as it is.
    pub fn advance_wall(&self, duration: Duration) {
        if let Source::Simulated { ahead, .. } = &self.source {
            ahead.fetch_add(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
        }
    }

    /// Monotonic time; under a paused tokio clock virtual time. Only for differences.
    #[expect(clippy::disallowed_methods, reason = "the clock is the door to time")]
    pub fn now(&self) -> Instant {
        tokio::time::Instant::now().into_std()
    }

    /// Wall-clock time, to a few milliseconds.
    pub fn wall(&self) -> WallTime {
        match &self.source {
            Source::System => system_wall().into(),
            Source::Simulated { epoch, start, ahead } => {
                let passed = start.map_or(Duration::ZERO, |start| start.elapsed());
                *epoch + passed + Duration::from_millis(ahead.load(Ordering::Relaxed))
            }
        }
    }

    /// Waits for `duration` of monotonic time.
    pub async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// The time of the kernel's last tick: times to live count in seconds, and a walk reads this clock some twenty times.
#[cfg(target_os = "linux")]
fn system_wall() -> SystemTime {
    use nix::time::{ClockId, clock_gettime};
    let now = clock_gettime(ClockId::CLOCK_REALTIME_COARSE).map(Duration::from);
    SystemTime::UNIX_EPOCH + now.expect("the kernel has had this clock since 2.6.32")
}

#[cfg(not(target_os = "linux"))]
#[expect(clippy::disallowed_methods, reason = "the clock is the door to time")]
fn system_wall() -> SystemTime {
    SystemTime::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "compared with the clock itself")]
    fn the_wall_clock_is_the_machines() {
        let (before, now) = (WallTime::from(SystemTime::now()), Clock::system().wall());
        assert!(
            before.0.abs_diff(now.0) < 3_600_000,
            "the same clock, whatever it costs to read it: {before:?} {now:?}"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn wall_time_moves_alone_or_with_time_or_not_at_all() {
        let epoch = WallTime::from_secs(1_000);
        let (running, standing) = (Clock::simulated(epoch), Clock::standing(epoch));
        let began = running.now();
        running.sleep(Duration::from_secs(5)).await;
        assert_eq!((running.wall().as_secs(), standing.wall().as_secs()), (1_005, 1_000));
        for clock in [&running, &standing] {
            clock.clone().advance_wall(Duration::from_secs(100));
        }
        assert_eq!((running.wall().as_secs(), standing.wall().as_secs()), (1_105, 1_100));
        assert_eq!(running.now() - began, Duration::from_secs(5));
    }
}
