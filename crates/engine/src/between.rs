//! What is done between the steps of walks.
//!
//! A runtime takes its tasks in turn: what takes a microsecond would wait behind every walk that checks signatures. So walks
//! call a hook before each of their steps, and whoever has quick work to do does it there.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};

/// Called before each step of a walk, by whatever thread takes it. Must be quick when there is nothing to do.
pub type Hook = Arc<dyn Fn() + Send + Sync>;

/// The hook, if there is one.
#[derive(Clone, Default)]
pub(crate) struct Between(Arc<Mutex<Option<Hook>>>);

impl Between {
    /// From now on work that begins calls this hook.
    pub(crate) fn set(&self, hook: Hook) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(hook);
    }

    /// The work, with the hook called before each of its steps.
    pub(crate) fn before_steps_of<F: Future>(&self, work: F) -> impl Future<Output = F::Output> + use<F> {
        let hook = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        async move {
            let mut work = pin!(work);
            poll_fn(|context| {
                if let Some(hook) = &hook {
                    hook();
                }
                work.as_mut().poll(context)
            })
            .await
        }
    }
}

impl fmt::Debug for Between {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Between").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test]
    async fn the_hook_is_called_before_each_step() {
        let calls = Arc::new(AtomicU32::new(0));
        let between = Between::default();
        let count = calls.clone();
        between.set(Arc::new(move || {
            count.fetch_add(1, Ordering::Relaxed);
        }));
        let seen = calls.clone();
        let work = async move {
            let first = seen.load(Ordering::Relaxed);
            tokio::task::yield_now().await;
            (first, seen.load(Ordering::Relaxed))
        };
        assert_eq!(between.before_steps_of(work).await, (1, 2));
    }
}
