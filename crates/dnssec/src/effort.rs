//! How much work hostile zones may cause for one question.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::Why;

/// Failed signature checks paid for one question (KeyTrap, CVE-2023-50387). Checks that succeed cost nothing: a chain of
/// valid signatures is as long as the name is deep.
const FAILED_CHECKS: u32 = 8;
/// NSEC3 hashes computed for one question (CVE-2023-50868).
const NSEC3_HASHES: u32 = 64;
/// DS digests computed for one question that match no key.
const FAILED_DIGESTS: u32 = 4;

/// What is left of the allowance for one question. Shared by all that is done for it, never reset.
#[derive(Debug)]
pub struct Effort {
    checks: AtomicU32,
    hashes: AtomicU32,
    digests: AtomicU32,
    done: AtomicU32,
}

impl Default for Effort {
    fn default() -> Self {
        Self {
            checks: AtomicU32::new(FAILED_CHECKS),
            hashes: AtomicU32::new(NSEC3_HASHES),
            digests: AtomicU32::new(FAILED_DIGESTS),
            done: AtomicU32::new(0),
        }
    }
}

impl Effort {
    /// The full allowance of one question.
    pub fn new() -> Self {
        Self::default()
    }

    /// Signature checks done so far, valid ones included.
    pub fn checks_done(&self) -> u32 {
        self.done.load(Ordering::Relaxed)
    }

    /// Whether one more signature check may be tried.
    pub(crate) fn may_check(&self) -> Result<(), Why> {
        if self.checks.load(Ordering::Relaxed) == 0 {
            return Err(Why::TooMuchWork { what: "signature checks" });
        }
        self.done.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    pub(crate) fn check_failed(&self) {
        take(&self.checks);
    }

    pub(crate) fn spend_hash(&self) -> Result<(), Why> {
        if take(&self.hashes) { Ok(()) } else { Err(Why::TooMuchWork { what: "NSEC3 hashes" }) }
    }

    /// Whether one more DS digest may be computed.
    pub(crate) fn may_digest(&self) -> Result<(), Why> {
        let spent = self.digests.load(Ordering::Relaxed) == 0;
        if spent { Err(Why::TooMuchWork { what: "DS digests" }) } else { Ok(()) }
    }

    pub(crate) fn digest_failed(&self) {
        take(&self.digests);
    }
}

fn take(counter: &AtomicU32) -> bool {
    counter.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_allowance_ends_and_stays_ended() {
        let effort = Effort::new();
        for _ in 0..NSEC3_HASHES {
            assert_eq!(effort.spend_hash(), Ok(()));
        }
        assert!(effort.spend_hash().is_err());
        assert!(effort.spend_hash().is_err());
        for _ in 0..FAILED_CHECKS {
            assert_eq!(effort.may_check(), Ok(()));
            effort.check_failed();
        }
        assert!(effort.may_check().is_err());
        assert_eq!(effort.checks_done(), FAILED_CHECKS);
        for _ in 0..FAILED_DIGESTS {
            assert_eq!(effort.may_digest(), Ok(()));
            effort.digest_failed();
        }
        assert!(effort.may_digest().is_err());
    }

    #[test]
    fn valid_signatures_cost_nothing() {
        let effort = Effort::new();
        for _ in 0..1000 {
            assert_eq!(effort.may_check(), Ok(()));
        }
    }
}
