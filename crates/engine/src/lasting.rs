//! How long an answer from the cache stays the answer. Pure but for its lock.
//!
//! Whoever keeps an answer may give it again for as long as the engine would say the same: until some of its data expires or is
//! old enough to be asked for anew, and as long as nothing is learnt about the names that it came from.

use std::sync::{Mutex, PoisonError};

use cache::{Basis, Cache};
use proto::{Name, WallTime};

/// How long an answer stays the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lasting {
    /// From then on the engine would do something else.
    pub until: WallTime,
    /// What the answer was made from: see [`Cache::stands`].
    pub basis: Basis,
}

/// Notes of what an answer in the making rests on.
#[derive(Debug, Default)]
pub(crate) struct Notes(Mutex<Option<Lasting>>);

impl Notes {
    /// Begins an answer that is made from the cache alone.
    pub(crate) fn begin(&self, cache: &Cache) {
        self.set(Some(Lasting { until: WallTime(u64::MAX), basis: cache.basis() }));
    }

    /// Before anything is looked up about a name.
    pub(crate) fn rest_on(&self, cache: &Cache, name: &Name) {
        self.change(|lasting| cache.rest_on(&mut lasting.basis, name));
    }

    /// Data was met that is as good as any until then.
    pub(crate) fn end_at(&self, until: WallTime) {
        self.change(|lasting| {
            lasting.until = lasting.until.min(until);
            true
        });
    }

    /// The answer depends on more than is noted here.
    pub(crate) fn rest_on_more(&self) {
        self.set(None);
    }

    /// The notes, if they are all there is to know.
    pub(crate) fn lasting(&self) -> Option<Lasting> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, lasting: Option<Lasting>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = lasting;
    }

    /// Keeps the notes if `change` could be made.
    fn change(&self, change: impl FnOnce(&mut Lasting) -> bool) {
        let mut notes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lasting) = notes.as_mut()
            && !change(lasting)
        {
            *notes = None;
        }
    }
}
