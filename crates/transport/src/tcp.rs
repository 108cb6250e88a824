//! TCP connections to servers, kept open for the next question (RFC 7766 §6.2.1).

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::exchange::{Again, ExchangeError, Listener, Progress};
use crate::{Env, Network};

/// Idle connections kept in all; more are closed, because each holds a file descriptor here and there.
const MAX_IDLE: usize = 256;
/// Idle connections kept to one server.
const MAX_IDLE_PER_SERVER: usize = 2;
/// Connections in use to one server: a slow one must not collect them (threat: servers that drip).
const MAX_BUSY_PER_SERVER: usize = 8;
/// How long a connection is kept idle (RFC 7766 §6.2.3: "on the order of a few seconds").
const IDLE: Duration = Duration::from_secs(5);

/// Open connections that no question uses at the moment.
#[derive(Debug)]
pub struct TcpConnections<T> {
    idle: Mutex<BTreeMap<SocketAddr, Vec<Idle<T>>>>,
    busy: Busy,
}

/// Connections in use by server.
type Busy = Mutex<BTreeMap<SocketAddr, usize>>;

/// A place among the connections in use of one server; free again when dropped.
struct Place<'a> {
    busy: &'a Busy,
    server: SocketAddr,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = busy.get_mut(&self.server) {
            *count -= 1;
            if *count == 0 {
                busy.remove(&self.server);
            }
        }
    }
}

#[derive(Debug)]
struct Idle<T> {
    stream: T,
    since: Instant,
}

impl<T> Default for TcpConnections<T> {
    fn default() -> Self {
        Self { idle: Mutex::new(BTreeMap::new()), busy: Busy::default() }
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> TcpConnections<T> {
    /// Sends a query over an idle connection or a new one; gives the reply and the connection.
    ///
    /// A server may close an idle connection at any moment: if one fails, the query goes over a new one.
    pub(crate) async fn ask<N: Network<Tcp = T>>(
        &self,
        env: &Env<N>,
        server: SocketAddr,
        query: &[u8],
        listener: Listener<'_>,
    ) -> Result<(Vec<u8>, T), ExchangeError> {
        // Busy here is nobody's fault there.
        let _place = self.place(server).ok_or(ExchangeError::NoRoute(ErrorKind::ResourceBusy))?;
        if let Some(mut stream) = self.take(server, env.clock.now()) {
            if let Ok(reply) = ask_once(&mut stream, query).await {
                return Ok((reply, stream));
            }
            if listener(Progress::AskingAgain(Again::Reconnect)).is_break() {
                return Err(ExchangeError::Stopped);
            }
        }
        let opened = env.net.tcp(server).await;
        let mut stream = opened.map_err(|error| match error.kind() {
            ErrorKind::ResourceBusy => ExchangeError::NoRoute(ErrorKind::ResourceBusy),
            kind => ExchangeError::Refused(kind),
        })?;
        let reply = ask_once(&mut stream, query).await.map_err(|_| ExchangeError::Closed)?;
        Ok((reply, stream))
    }

    /// One of the few connections that one server may hold at a time; `None` if all are taken.
    fn place(&self, server: SocketAddr) -> Option<Place<'_>> {
        let mut busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        let count = busy.entry(server).or_default();
        if *count >= MAX_BUSY_PER_SERVER {
            return None;
        }
        *count += 1;
        Some(Place { busy: &self.busy, server })
    }

    /// An idle connection to `server`; all whose time is over are closed, so that their descriptors are free again.
    fn take(&self, server: SocketAddr, now: Instant) -> Option<T> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let stream = idle.get_mut(&server).and_then(|kept| {
            kept.retain(|one| now.saturating_duration_since(one.since) < IDLE);
            kept.pop().map(|one| one.stream)
        });
        forget_old(&mut idle, now);
        stream
    }

    /// Keeps a connection for the next question.
    pub(crate) fn keep(&self, server: SocketAddr, stream: T, now: Instant) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        forget_old(&mut idle, now);
        if idle.values().map(Vec::len).sum::<usize>() >= MAX_IDLE {
            return;
        }
        let kept = idle.entry(server).or_default();
        if kept.len() < MAX_IDLE_PER_SERVER {
            kept.push(Idle { stream, since: now });
        }
    }
}

fn forget_old<T>(idle: &mut BTreeMap<SocketAddr, Vec<Idle<T>>>, now: Instant) {
    idle.retain(|_, kept| {
        kept.retain(|one| now.saturating_duration_since(one.since) < IDLE);
        !kept.is_empty()
    });
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
