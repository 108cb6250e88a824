//! What is done between the steps of walks.
//!
//! A runtime takes its tasks in turn: what takes a microsecond would wait behind every walk that checks signatures. So walks
//! call a hook before each of their steps, and whoever has quick work to do does it there.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

/// Called before each step of a walk, by whatever thread takes it. Must be quick when there is nothing to do.
pub type Hook = Arc<dyn Fn() + Send + Sync>;

/// The hook, if there is one.
#[derive(Clone, Default)]
pub(crate) struct Between(Arc<Mutex<Option<Hook>>>);

/// Work with something done before each of its steps.
pub(crate) struct Stepped<F> {
    hook: Option<Hook>,
    work: Pin<Box<F>>,
}

impl Between {
    /// From now on work that begins calls this hook.
    pub(crate) fn set(&self, hook: Hook) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(hook);
    }

    /// The work, with the hook called before each of its steps. It is in a box: it has kilobytes of state, which each layer
    /// around it would copy.
    pub(crate) fn before_steps_of<F: Future>(&self, work: Pin<Box<F>>) -> Stepped<F> {
        Stepped { hook: self.0.lock().unwrap_or_else(PoisonError::into_inner).clone(), work }
    }
}

impl<F: Future> Future for Stepped<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        if let Some(hook) = &self.hook {
            hook();
        }
        self.work.as_mut().poll(context)
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
        assert_eq!(between.before_steps_of(Box::pin(work)).await, (1, 2));
    }
}
