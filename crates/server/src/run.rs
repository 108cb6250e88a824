//! Running and stopping: tasks for every socket, and answers in flight get their time at the end.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::sync::Arc;

use engine::Resolver;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tracing::error;
use transport::Network;

use crate::bind::Bound;
use crate::service::Service;
use crate::tcp;
use crate::udp;

/// Whether all answers in flight went out before the server stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drained {
    /// All did.
    All,
    /// Time was up before.
    TimeUp,
}

/// Held by everything that still owes a client an answer.
pub(crate) type Busy = mpsc::Sender<Infallible>;

impl Bound {
    /// Serves from `resolver` until `shutdown`, then answers what is in flight and returns.
    ///
    /// # Errors
    /// When the runtime cannot take the sockets.
    pub async fn run<N: Network>(
        self,
        resolver: Arc<Resolver<N>>,
        shutdown: impl Future<Output = ()>,
    ) -> io::Result<Drained> {
        let service = Service::new(resolver, &self.config, self.stats().clone());
        self.run_service(service, shutdown).await
    }

    /// Like [`run`](Self::run), with a service that others use too.
    ///
    /// # Errors
    /// When the runtime cannot take the sockets.
    pub async fn run_service<N: Network>(
        self,
        service: Arc<Service<N>>,
        shutdown: impl Future<Output = ()>,
    ) -> io::Result<Drained> {
        let (busy, mut owed) = mpsc::channel(1);
        let (stop, stopping) = watch::channel(());
        let connections = tcp::Connections::new(self.config.tcp, service.stats().clone());
        let (mut tasks, mut served) = (JoinSet::new(), Vec::new());
        for sockets in self.sockets {
            for socket in sockets.udp {
                served.push(udp::Served::new(socket)?);
            }
            let listener = TcpListener::from_std(sockets.tcp)?;
            let (connections, stopping) = (connections.clone(), stopping.clone());
            tasks.spawn(tcp::accept(listener, service.clone(), connections, stopping, busy.clone()));
        }
        for socket in &served {
            tasks.spawn(udp::serve(socket.clone(), service.clone(), busy.clone()));
        }
        let front = Arc::new(udp::Front::new(served, service.clone(), busy));
        let behind = Arc::downgrade(&front);
        service.between_steps(Arc::new(move || {
            if let Some(front) = behind.upgrade() {
                front.look();
            }
        }));
        let watch_tasks = async {
            while let Some(ended) = tasks.join_next().await {
                // They run for ever; requests are guarded one by one, so this is a bug to report.
                error!("a listener ended: {ended:?}");
            }
            std::future::pending::<()>().await;
        };
        tokio::select! {
            biased;
            () = shutdown => {}
            () = watch_tasks => {}
        }
        drop((tasks, front)); // nothing new is received
        drop(stop); // connections answer what they have and close
        let all_answered = timeout(self.config.drain, owed.recv()).await;
        Ok(if all_answered.is_ok() { Drained::All } else { Drained::TimeUp })
    }
}
