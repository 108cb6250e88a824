//! Several futures at once, polled in the order in which they were added, so that a simulation repeats itself.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

type Boxed<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Futures that run beside each other, each under a number.
pub(crate) struct Race<T> {
    runners: Vec<(u32, Boxed<T>)>,
}

impl<T> Race<T> {
    pub(crate) fn new() -> Self {
        Self { runners: Vec::new() }
    }

    pub(crate) fn add(&mut self, number: u32, runner: impl Future<Output = T> + Send + 'static) {
        self.runners.push((number, Box::pin(runner)));
    }

    /// Drops a runner that has not finished.
    pub(crate) fn stop(&mut self, number: u32) {
        self.runners.retain(|(have, _)| *have != number);
    }

    pub(crate) fn len(&self) -> usize {
        self.runners.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.runners.is_empty()
    }

    /// Waits for the next one to finish; for ever if there is none. May be cancelled without loss.
    pub(crate) async fn next(&mut self) -> (u32, T) {
        poll_fn(|context| {
            for index in 0..self.runners.len() {
                let (number, runner) = &mut self.runners[index];
                if let Poll::Ready(output) = runner.as_mut().poll(context) {
                    let number = *number;
                    drop(self.runners.remove(index));
                    return Poll::Ready((number, output));
                }
            }
            Poll::Pending
        })
        .await
    }
}
