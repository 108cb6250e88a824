//! How long this thread was ready to run while the system ran something else. That is not the algorithm's time: on a
//! machine with more to do than cores it would be most of what a clock shows.
//!
//! Linux tells it in `/proc/thread-self/schedstat`: nanoseconds run, nanoseconds waited for a core, times that it was
//! given one. Where there is no such file, nothing is taken off. What a hypervisor gives to other machines is not in it.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::time::Duration;

const SCHEDSTAT: &str = "/proc/thread-self/schedstat";

/// The count of the thread that made it.
#[derive(Debug)]
pub(crate) struct Waiting(Option<File>);

impl Waiting {
    /// For the calling thread, which alone may use it.
    pub(crate) fn of_this_thread() -> Self {
        Self(File::open(SCHEDSTAT).ok())
    }

    /// Waited since the thread began; grows only.
    pub(crate) fn total(&self) -> Duration {
        let mut text = [0; 80];
        let read = self.0.as_ref().and_then(|file| file.read_at(&mut text, 0).ok()).unwrap_or(0);
        parse(&text[..read]).unwrap_or_default()
    }

    /// Runs the work and tells how long it took, without the waiting. If there was more waiting than time, then it fell
    /// beside the work, and nothing is taken off.
    pub(crate) fn measure<T>(&self, work: impl FnOnce() -> T) -> (T, Duration) {
        let before = self.total();
        let (result, elapsed) = crate::time::measure(work);
        (result, without(elapsed, self.total() - before).unwrap_or(elapsed))
    }
}

fn parse(text: &[u8]) -> Option<Duration> {
    std::str::from_utf8(text).ok()?.split_whitespace().nth(1)?.parse().ok().map(Duration::from_nanos)
}

/// What is left of a time without the waiting; `None` if nothing is: the waiting fell beside the time then, between
/// reading the one and the other.
pub(crate) fn without(elapsed: Duration, waited: Duration) -> Option<Duration> {
    elapsed.checked_sub(waited).filter(|left| !left.is_zero())
}

/// Whether the system tells.
pub(crate) fn is_told() -> bool {
    File::open(SCHEDSTAT).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_number_is_the_waiting() {
        for (text, expect) in [
            ("311748 4309725 1\n", Some(4_309_725)),
            ("0 0 0\n", Some(0)),
            ("311748", None),
            ("", None),
            ("1 x 2", None),
        ] {
            assert_eq!(parse(text.as_bytes()), expect.map(Duration::from_nanos), "{text}");
        }
    }

    #[test]
    fn waiting_is_taken_off_and_never_leaves_nothing() {
        let nanos = Duration::from_nanos;
        for (elapsed, waited, left) in [(100, 0, Some(100)), (100, 40, Some(60)), (100, 100, None), (100, 200, None)] {
            assert_eq!(without(nanos(elapsed), nanos(waited)), left.map(nanos));
        }
    }

    #[test]
    fn the_count_grows_only() {
        let waiting = Waiting::of_this_thread();
        let first = waiting.total();
        std::thread::yield_now();
        assert!(waiting.total() >= first);
        assert_eq!(waiting.0.is_some(), is_told());
    }
}
