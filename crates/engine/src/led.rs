//! Work that is done by whoever asked for it first, and that goes on without him if he leaves.
//!
//! A task of its own costs an allocation, copies of all of its state and a turn of the runtime. Most work ends while the one
//! who asked first still waits for it, and needs none.

use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::runtime::Handle;

/// Work led by the one who waits for it. Becomes a task when it is dropped before its end.
///
/// A panic in the work is told and goes no further.
pub struct Led<W>
where
    W: Future<Output: Send> + Unpin + Send + 'static,
{
    work: Option<W>,
}

/// The work panicked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Panicked;

impl<W: Future<Output: Send> + Unpin + Send + 'static> Led<W> {
    /// Work that has not begun; large work belongs behind a pointer.
    pub fn new(work: W) -> Self {
        Self { work: Some(work) }
    }
}

impl<W: Future<Output: Send> + Unpin + Send + 'static> Future for Led<W> {
    type Output = Result<W::Output, Panicked>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let work = self.work.as_mut().expect("nobody waits for what has ended");
        // Nobody sees the work again after a panic, so that it does not matter in which state it was left.
        let output = match catch_unwind(AssertUnwindSafe(|| Pin::new(work).poll(context))) {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(output)) => Ok(output),
            Err(_) => Err(Panicked),
        };
        self.work = None;
        Poll::Ready(output)
    }
}

impl<W: Future<Output: Send> + Unpin + Send + 'static> Drop for Led<W> {
    fn drop(&mut self) {
        // Without a runtime there is nobody left to go on with it.
        if let Some(work) = self.work.take()
            && let Ok(runtime) = Handle::try_current()
        {
            runtime.spawn(work);
        }
    }
}

impl<W: Future<Output: Send> + Unpin + Send + 'static> fmt::Debug for Led<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Led").field("ended", &self.work.is_none()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use tokio::sync::Notify;

    #[tokio::test]
    async fn a_panic_is_told_and_goes_no_further() {
        let led = Led::new(Box::pin(async { panic!("on purpose") }));
        assert_eq!(led.await, Err(Panicked));
    }

    #[tokio::test]
    async fn work_that_is_left_alone_goes_on() {
        let (go, ended) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (wait, tell) = (go.clone(), ended.clone());
        let mut led = Led::new(Box::pin(async move {
            wait.notified().await;
            tell.notify_one();
        }));
        let begun = std::future::poll_fn(|context| Poll::Ready(Pin::new(&mut led).poll(context).is_pending())).await;
        assert!(begun);
        drop(led);
        go.notify_one();
        ended.notified().await;
    }

    #[test]
    fn without_a_runtime_it_ends() {
        let held = Arc::new(());
        let work = held.clone();
        drop(Led::new(Box::pin(async move { drop(work) })));
        assert_eq!(Arc::strong_count(&held), 1);
    }
}
