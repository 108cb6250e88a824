//! Datagrams: one task per socket receives, answers what is known at once, and lets tasks wait for the rest.

use std::io;
use std::sync::Arc;

use tokio::net::UdpSocket;
use tracing::debug;
use transport::Network;

use crate::client::Client;
use crate::run::Busy;
use crate::service::{Service, Step};

/// A query in a datagram is never larger: longer ones are cut off and rejected as malformed.
const MAX_QUERY_OCTETS: usize = 4096;

/// Serves one socket; ends when it is dropped.
pub(crate) async fn serve<N: Network>(socket: Arc<UdpSocket>, service: Arc<Service<N>>, busy: Busy) {
    let mut buffer = vec![0; MAX_QUERY_OCTETS];
    loop {
        let (length, address) = match socket.recv_from(&mut buffer).await {
            Ok(received) => received,
            Err(error) => {
                // ICMP errors of earlier replies come back here; the socket stays good.
                debug!("receiving a datagram: {error}");
                tokio::task::yield_now().await;
                continue;
            }
        };
        service.stats().datagrams.increment();
        if address.port() == 0 {
            service.stats().ignored.increment();
            continue; // nobody can be answered there
        }
        let client = Client::datagram(address);
        match service.begin(&buffer[..length], client) {
            Step::Drop => {}
            Step::Reply(reply) => send(&socket, &service, &reply, client).await,
            Step::Wait(waiting) => {
                let (socket, service, busy) = (socket.clone(), service.clone(), busy.clone());
                tokio::spawn(async move {
                    if let Some(reply) = service.finish(waiting).await {
                        send(&socket, &service, &reply, client).await;
                    }
                    drop(busy);
                });
            }
        }
    }
}

async fn send<N: Network>(socket: &UdpSocket, service: &Service<N>, reply: &[u8], client: Client) {
    let sent: io::Result<usize> = socket.send_to(reply, client.address).await;
    if let Err(error) = sent {
        service.stats().send_errors.increment();
        debug!("sending to {}: {error}", client.address);
    }
}
