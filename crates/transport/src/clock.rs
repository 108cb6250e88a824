//! The one door to time.

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
    Simulated { epoch: WallTime, start: tokio::time::Instant },
}

impl Clock {
    /// The machine's clocks.
    pub fn system() -> Self {
        Self { source: Source::System }
    }

    /// A simulated clock that stands at `epoch` now and moves with tokio's (paused) clock.
    #[expect(clippy::disallowed_methods, reason = "the clock is the door to time")]
    pub fn simulated(epoch: WallTime) -> Self {
        Self { source: Source::Simulated { epoch, start: tokio::time::Instant::now() } }
    }

    /// Monotonic time; under a paused tokio clock virtual time. Only for differences.
    #[expect(clippy::disallowed_methods, reason = "the clock is the door to time")]
    pub fn now(&self) -> Instant {
        tokio::time::Instant::now().into_std()
    }

    /// Wall-clock time.
    #[expect(clippy::disallowed_methods, reason = "the clock is the door to time")]
    pub fn wall(&self) -> WallTime {
        match &self.source {
            Source::System => SystemTime::now().into(),
            Source::Simulated { epoch, start } => *epoch + start.elapsed(),
        }
    }

    /// Waits for `duration` of monotonic time.
    pub async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}
