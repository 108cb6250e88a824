//! How much work hostile zones may cause for one question.

use std::sync::atomic::{AtomicU32, Ordering};

use proto::Name;

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
    pub(crate) fn may_check(&self, zone: &Name, tag: u16) -> Result<(), Why> {
        if self.checks.load(Ordering::Relaxed) == 0 {
            return Err(too_many("failed signature checks", zone, Some(tag)));
        }
        self.done.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    pub(crate) fn check_failed(&self) {
        take(&self.checks);
    }

    pub(crate) fn spend_hash(&self, zone: &Name) -> Result<(), Why> {
        if take(&self.hashes) { Ok(()) } else { Err(too_many("NSEC3 hashes", zone, None)) }
    }

    /// Whether one more DS digest may be computed.
    pub(crate) fn may_digest(&self, zone: &Name, tag: u16) -> Result<(), Why> {
        let spent = self.digests.load(Ordering::Relaxed) == 0;
        if spent { Err(too_many("DS digests that fit no key", zone, Some(tag))) } else { Ok(()) }
    }

    pub(crate) fn digest_failed(&self) {
        take(&self.digests);
    }
}

fn too_many(what: &'static str, zone: &Name, tag: Option<u16>) -> Why {
    Why::TooMuchWork { what, zone: zone.clone(), tag }
}

fn take(counter: &AtomicU32) -> bool {
    counter.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_allowance_ends_and_stays_ended() {
        let (effort, zone) = (Effort::new(), Name::root());
        for _ in 0..NSEC3_HASHES {
            assert_eq!(effort.spend_hash(&zone), Ok(()));
        }
        assert!(effort.spend_hash(&zone).is_err());
        assert!(effort.spend_hash(&zone).is_err());
        for _ in 0..FAILED_CHECKS {
            assert_eq!(effort.may_check(&zone, 1), Ok(()));
            effort.check_failed();
        }
        assert!(effort.may_check(&zone, 1).is_err());
        assert_eq!(effort.checks_done(), FAILED_CHECKS);
        for _ in 0..FAILED_DIGESTS {
            assert_eq!(effort.may_digest(&zone, 1), Ok(()));
            effort.digest_failed();
        }
        assert!(effort.may_digest(&zone, 1).is_err());
    }

    #[test]
    fn valid_signatures_cost_nothing() {
        let (effort, zone) = (Effort::new(), Name::root());
        for _ in 0..1000 {
            assert_eq!(effort.may_check(&zone, 1), Ok(()));
        }
    }
}
