//! What a server does when it cannot accept a connection: hardly ever end.

use std::io;
use std::time::Duration;

/// First and longest pause while the system has nothing to give.
const PAUSES: [Duration; 2] = [Duration::from_millis(10), Duration::from_secs(1)];

/// Remembers how long the server waited last.
#[derive(Default)]
pub(super) struct Trouble {
    pause: Option<Duration>,
}

impl Trouble {
    /// A connection was accepted.
    pub(super) const fn is_over(&mut self) {
        self.pause = None;
    }

    /// How long to wait before the next try, twice as long each time up to a second; `None` if trying again is no use.
    pub(super) fn pause_after(&mut self, error: &io::Error) -> Option<Duration> {
        match error.raw_os_error()? {
            // The client left before its turn, or its network failed (accept(2)): the next one may be there already.
            libc::ECONNABORTED
            | libc::EINTR
            | libc::EPROTO
            | libc::EPERM
            | libc::ENETDOWN
            | libc::ENOPROTOOPT
            | libc::EHOSTDOWN
            | libc::ENONET
            | libc::EHOSTUNREACH
            | libc::ENETUNREACH => Some(Duration::ZERO),
            // Connections that end give back what is missing.
            libc::EMFILE | libc::ENFILE | libc::ENOBUFS | libc::ENOMEM => {
                let [first, most] = PAUSES;
                let pause = self.pause.map_or(first, |before| (2 * before).min(most));
                self.pause = Some(pause);
                Some(pause)
            }
            _ => None,
        }
    }

    /// Whether the next error that makes the server wait is the first of its series.
    pub(super) const fn is_new(&self) -> bool {
        self.pause.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_goes_on_and_waits_longer_each_time() {
        let mut trouble = Trouble::default();
        let mut pause = |code| trouble.pause_after(&io::Error::from_raw_os_error(code)).map(|pause| pause.as_millis());
        assert_eq!(pause(libc::ECONNABORTED), Some(0));
        let waits: Vec<_> = (0..10).map(|_| pause(libc::EMFILE)).collect();
        assert_eq!(waits, [10, 20, 40, 80, 160, 320, 640, 1000, 1000, 1000].map(Some));
        assert_eq!((pause(libc::EINTR), pause(libc::EBADF), pause(libc::EINVAL)), (Some(0), None, None));
        trouble.is_over();
        assert!(trouble.is_new());
        assert_eq!(trouble.pause_after(&io::Error::from_raw_os_error(libc::ENFILE)), Some(PAUSES[0]));
        assert!(!trouble.is_new());
    }
}
