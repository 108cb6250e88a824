//! TCP (RFC 7766): accepting, and the bounds on connections.

mod connection;
mod frames;
mod table;

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::sleep;
use tracing::{debug, warn};
use transport::Network;

use crate::client::ClientKey;
use crate::run::Busy;
use crate::service::Service;

pub(crate) use table::Connections;

/// Pause after a failed accept: usually no descriptor is free, and one more try at once would find none either.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_millis(20);

/// Accepts connections for ever.
pub(crate) async fn accept<N: Network>(
    listener: TcpListener,
    service: Arc<Service<N>>,
    connections: Arc<Connections>,
    stopping: watch::Receiver<()>,
    busy: Busy,
) {
    loop {
        let (stream, address) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                warn!("accepting a connection: {error}");
                connections.evict_one();
                sleep(PAUSE_AFTER_FAILURE).await;
                continue;
            }
        };
        let Some(ticket) = connections.admit(ClientKey::of(address.ip())) else {
            debug!("no room for a connection from {address}");
            continue;
        };
        if !cfg!(target_os = "linux") {
            let _ = stream.set_nodelay(true); // elsewhere it is inherited from the listener
        }
        let (service, stopping, busy) = (service.clone(), stopping.clone(), busy.clone());
        tokio::spawn(async move {
            connection::serve(stream, address, service, ticket, stopping).await;
            drop(busy);
        });
    }
}
