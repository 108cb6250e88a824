//! TCP connections to servers, kept open for the next question (RFC 7766 §6.2.1).

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::exchange::ExchangeError;
use crate::{Env, Network};

/// Idle connections kept in all; more are closed, because each holds a file descriptor here and there.
const MAX_IDLE: usize = 256;
/// Idle connections kept to one server.
const MAX_IDLE_PER_SERVER: usize = 2;
/// How long a connection is kept idle (RFC 7766 §6.2.3: "on the order of a few seconds").
const IDLE: Duration = Duration::from_secs(5);

/// Open connections that no question uses at the moment.
#[derive(Debug)]
pub struct TcpConnections<T> {
    idle: Mutex<BTreeMap<SocketAddr, Vec<Idle<T>>>>,
}

#[derive(Debug)]
struct Idle<T> {
    stream: T,
    since: Instant,
}

impl<T> Default for TcpConnections<T> {
    fn default() -> Self {
        Self { idle: Mutex::new(BTreeMap::new()) }
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> TcpConnections<T> {
    /// Sends a query over an idle connection or a new one and reads the reply.
    ///
    /// A server may close an idle connection at any moment: if one fails, the query goes over a new one.
    pub(crate) async fn ask<N: Network<Tcp = T>>(
        &self,
        env: &Env<N>,
        server: SocketAddr,
        query: &[u8],
    ) -> Result<Vec<u8>, ExchangeError> {
        if let Some(mut stream) = self.take(server, env.clock.now())
            && let Ok(reply) = ask_once(&mut stream, query).await
        {
            self.put_back(server, stream, env.clock.now());
            return Ok(reply);
        }
        let opened = env.net.tcp(server).await;
        let mut stream = opened.map_err(|error| ExchangeError::Network(error.kind()))?;
        let reply = ask_once(&mut stream, query).await.map_err(|_| ExchangeError::Closed)?;
        self.put_back(server, stream, env.clock.now());
        Ok(reply)
    }

    fn take(&self, server: SocketAddr, now: Instant) -> Option<T> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let found = idle.get_mut(&server)?;
        found.retain(|one| now.saturating_duration_since(one.since) < IDLE);
        let stream = found.pop().map(|one| one.stream);
        if found.is_empty() {
            idle.remove(&server);
        }
        stream
    }

    fn put_back(&self, server: SocketAddr, stream: T, now: Instant) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.values().map(Vec::len).sum::<usize>() >= MAX_IDLE {
            idle.retain(|_, kept| {
                kept.retain(|one| now.saturating_duration_since(one.since) < IDLE);
                !kept.is_empty()
            });
            if idle.values().map(Vec::len).sum::<usize>() >= MAX_IDLE {
                return;
            }
        }
        let kept = idle.entry(server).or_default();
        if kept.len() < MAX_IDLE_PER_SERVER {
            kept.push(Idle { stream, since: now });
        }
    }
}

/// One query, one reply, each behind its length in two octets (RFC 1035 §4.2.2), sent in one write (RFC 7766 §8).
async fn ask_once<T: AsyncRead + AsyncWrite + Unpin>(stream: &mut T, query: &[u8]) -> std::io::Result<Vec<u8>> {
    let length = (query.len() as u16).to_be_bytes();
    stream.write_all(&[&length[..], query].concat()).await?;
    let length = stream.read_u16().await?;
    let mut reply = vec![0; usize::from(length)];
    stream.read_exact(&mut reply).await?;
    Ok(reply)
}
