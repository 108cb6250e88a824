//! Work that several callers need at once is done once.
//!
//! Who asks first does it ([`Led`]), and if he leaves it becomes a task of its own: a caller that leaves does not stop it. It
//! is removed from the table when it ends, however it ends. Only leaves of the tree of work are shared (they wait for the
//! network and nothing else), so sharing can never make two questions wait for each other; see ADR 0002. For that a leader must
//! never stand still while he waits for something else; who might lets a task lead ([`Inflight::share_beside`]).

use std::collections::HashMap;
use std::future::Future;
use std::hash::Hash;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use foldhash::quality::RandomState;
use tokio::sync::oneshot;

use crate::between::{Between, Stepped};
use crate::led::Led;

/// The shared work ended without a result: it panicked, or the runtime is going down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Abandoned;

/// A result, and whether the work had been begun by somebody else.
#[derive(Debug)]
pub(crate) struct Shared<V> {
    /// The result.
    pub(crate) value: V,
    /// True if somebody else had begun.
    pub(crate) joined: bool,
}

/// Work in flight by key, with those who wait for it in the order in which they came.
///
/// Told in that order too: a broadcast channel of the runtime wakes its receivers in an order of its own, and a
/// simulation would not repeat itself.
#[derive(Debug)]
pub(crate) struct Inflight<K, V> {
    table: Arc<Table<K, V>>,
    between: Between,
}

/// Those who wait beside the one who began, by key. Nobody goes through the keys, whose order differs from run to run.
type Table<K, V> = Mutex<HashMap<K, Vec<oneshot::Sender<V>>, RandomState>>;

/// Work, and its place in the table.
struct Working<F, K: Eq + Hash, V> {
    work: Stepped<F>,
    entry: Entry<K, V>,
}

/// What becomes of a caller.
enum Role<F, K, V>
where
    F: Future<Output = V> + Send + 'static,
    K: Eq + Hash + Send + Unpin + 'static,
    V: Clone + Send + 'static,
{
    Leads(Led<Working<F, K, V>>),
    Waits(oneshot::Receiver<V>),
}

impl<K: Eq + Hash + Clone + Send + Unpin + 'static, V: Clone + Send + 'static> Inflight<K, V> {
    /// Nothing in flight. `between` is what is done between the steps of the work.
    pub(crate) fn new(between: &Between) -> Self {
        Self { table: Arc::new(Mutex::default()), between: between.clone() }
    }

    /// Joins the work under `key`, or leads it. Only for those who wait for it and for nothing else until it ends or they leave.
    pub(crate) async fn share<F>(&self, key: K, work: impl FnOnce() -> F) -> Result<Shared<V>, Abandoned>
    where
        F: Future<Output = V> + Send + 'static,
    {
        match self.join_or_lead(key, Vec::new(), work) {
            Role::Leads(work) => work.await.map(|value| Shared { value, joined: false }).map_err(|_| Abandoned),
            Role::Waits(waiter) => waiter.await.map(|value| Shared { value, joined: true }).map_err(|_| Abandoned),
        }
    }

    /// Joins the work under `key`, or lets a task lead it, which goes on while the caller does other things.
    pub(crate) async fn share_beside<F>(&self, key: K, work: impl FnOnce() -> F) -> Result<Shared<V>, Abandoned>
    where
        F: Future<Output = V> + Send + 'static,
    {
        let (tell, ours) = oneshot::channel();
        let (waiter, joined) = match self.join_or_lead(key, vec![tell], work) {
            Role::Leads(work) => {
                drop(work); // nobody leads it, so it is a task
                (ours, false)
            }
            Role::Waits(waiter) => (waiter, true),
        };
        waiter.await.map(|value| Shared { value, joined }).map_err(|_| Abandoned)
    }

    /// Begins the work under `key`, unless it is in flight already. Nobody waits for it.
    pub(crate) fn begin<F>(&self, key: K, work: impl FnOnce() -> F)
    where
        F: Future<Output = V> + Send + 'static,
    {
        drop(self.join_or_lead(key, Vec::new(), work)); // nobody leads it, so it is a task from the beginning
    }

    /// `first` hear of it before all who join.
    fn join_or_lead<F>(&self, key: K, first: Vec<oneshot::Sender<V>>, work: impl FnOnce() -> F) -> Role<F, K, V>
    where
        F: Future<Output = V> + Send + 'static,
    {
        {
            let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(waiters) = table.get_mut(&key) {
                let (tell, waiter) = oneshot::channel();
                waiters.push(tell);
                return Role::Waits(waiter);
            }
            table.insert(key.clone(), first);
        }
        // Without the lock from here on: work that is dropped takes its entry away at once.
        let entry = Entry { table: self.table.clone(), key, open: true };
        let work = self.between.before_steps_of(Box::pin(work()));
        Role::Leads(Led::new(Working { work, entry }))
    }

    /// Number of works in flight.
    pub(crate) fn len(&self) -> usize {
        self.table.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

/// The place of a work in the table; gone when dropped, also by a panic, and then its waiters hear that it is abandoned.
struct Entry<K: Eq + Hash, V> {
    table: Arc<Table<K, V>>,
    key: K,
    /// Once closed, what stands under the key is somebody else's.
    open: bool,
}

impl<K: Eq + Hash, V> Entry<K, V> {
    /// Takes the place away, so that a caller that comes now begins anew, and gives those who wait.
    fn close(&mut self) -> Vec<oneshot::Sender<V>> {
        if !std::mem::take(&mut self.open) {
            return Vec::new();
        }
        self.table.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key).unwrap_or_default()
    }
}

impl<F, K, V> Future for Working<F, K, V>
where
    F: Future<Output = V>,
    K: Eq + Hash + Unpin,
    V: Clone,
{
    type Output = V;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<V> {
        let value = ready!(Pin::new(&mut self.work).poll(context));
        for waiter in self.entry.close() {
            let _ = waiter.send(value.clone()); // who left does not hear it
        }
        Poll::Ready(value)
    }
}

impl<K: Eq + Hash, V> Drop for Entry<K, V> {
    fn drop(&mut self) {
        drop(self.close());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};
    use tokio::sync::Notify;

    #[tokio::test]
    async fn identical_work_is_done_once_rfc5452_5() {
        let inflight: Inflight<u8, u32> = Inflight::new(&Between::default());
        let runs = Arc::new(AtomicU32::new(0));
        let work = || {
            let runs = runs.clone();
            async move {
                tokio::task::yield_now().await;
                runs.fetch_add(1, Ordering::Relaxed) + 1
            }
        };
        let (a, b) = tokio::join!(inflight.share(1, work), inflight.share(1, work));
        let (a, b) = (a.unwrap(), b.unwrap());
        assert_eq!((a.value, a.joined, b.value, b.joined), (1, false, 1, true));
        assert_eq!(inflight.share(1, work).await.unwrap().value, 2, "the table forgets finished work");
        assert_eq!(inflight.len(), 0);
    }

    #[tokio::test]
    async fn a_waiter_may_leave_and_the_work_goes_on() {
        let inflight: Inflight<u8, u32> = Inflight::new(&Between::default());
        let (go, finished) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let work = || {
            let (go, finished) = (go.clone(), finished.clone());
            async move {
                go.notified().await;
                finished.notify_one();
                7
            }
        };
        let mut waiting = Box::pin(inflight.share(1, work));
        assert!(
            std::future::poll_fn(|context| std::task::Poll::Ready(waiting.as_mut().poll(context).is_pending())).await
        );
        drop(waiting);
        assert_eq!(inflight.len(), 1);
        go.notify_one();
        finished.notified().await;
    }

    #[tokio::test]
    async fn nobody_waits_for_a_caller_who_stands_still() {
        let inflight: Inflight<u8, u32> = Inflight::new(&Between::default());
        let work = || async {
            tokio::task::yield_now().await;
            7
        };
        let mut standing = Box::pin(inflight.share_beside(1, work));
        assert!(
            std::future::poll_fn(|context| std::task::Poll::Ready(standing.as_mut().poll(context).is_pending())).await
        );
        let other = inflight.share(1, work).await.unwrap();
        assert_eq!((other.value, other.joined), (7, true));
        let own = standing.await.unwrap();
        assert_eq!((own.value, own.joined), (7, false));
    }

    #[tokio::test]
    async fn a_panic_is_told_and_leaves_no_entry() {
        let inflight: Inflight<u8, u32> = Inflight::new(&Between::default());
        let outcome = inflight.share(1, || async { panic!("on purpose") }).await;
        assert_eq!(outcome.unwrap_err(), Abandoned);
        assert_eq!(inflight.len(), 0);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn many_threads_share_without_losing_anybody() {
        let inflight: Arc<Inflight<u32, u32>> = Arc::new(Inflight::new(&Between::default()));
        let mut tasks = tokio::task::JoinSet::new();
        for number in 0..4000_u32 {
            let inflight = inflight.clone();
            tasks.spawn(async move {
                let key = number % 7;
                let shared = inflight.share(key, || async move {
                    tokio::task::yield_now().await;
                    key
                });
                assert_eq!(shared.await.unwrap().value, key);
            });
        }
        while let Some(done) = tasks.join_next().await {
            done.unwrap();
        }
        assert_eq!(inflight.len(), 0);
    }
}
