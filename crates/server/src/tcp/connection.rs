//! One connection: queries one after another or many at once, replies as they come (RFC 7766 §6.2.1.1).

use std::future::pending;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::sync::{Mutex, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep_until, timeout};
use tracing::trace;
use transport::Network;

use super::frames::{Frames, framed};
use super::table::{Doing, Ticket};
use crate::client::{Client, Transport};
use crate::service::{Service, Step};

/// Octets read at once.
const READ_OCTETS: usize = 4096;

/// Why a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The client closed it, or the network broke it.
    Closed,
    /// Nothing was asked for a while.
    Idle,
    /// A query did not come whole in time.
    HalfSent,
    /// The client did not take its replies.
    Stuck,
    /// Another one needed the place.
    Evicted,
    /// Something came that is no query.
    Nonsense,
    /// The server stops.
    Stopping,
}

/// Serves one connection to its end.
pub(super) async fn serve<S, N>(
    stream: S,
    address: SocketAddr,
    service: Arc<Service<N>>,
    ticket: Ticket,
    stopping: watch::Receiver<()>,
) -> End
where
    S: AsyncRead + AsyncWrite + Send + 'static,
    N: Network,
{
    let (reader, writer) = tokio::io::split(stream);
    let idle_since = ticket.connections.now();
    let out = Arc::new(Out { writer: Mutex::new(writer), service, ticket });
    let incoming =
        Incoming { reader, frames: Frames::default(), rest_since: None, idle_since, address, tasks: JoinSet::new() };
    // Both in one task: when it ends for whatever reason, questions in flight and the socket go with it.
    let end = tokio::select! {
        biased;
        () = out.ticket.evicted() => End::Evicted,
        end = incoming.serve(&out, stopping) => end,
    };
    trace!("connection from {address} ended: {end:?}");
    let stats = out.ticket.connections.stats();
    match end {
        End::Idle => stats.connections_idle.increment(),
        End::HalfSent => stats.connections_half_sent.increment(),
        End::Stuck => stats.connections_stuck.increment(),
        End::Closed | End::Evicted | End::Nonsense | End::Stopping => {}
    }
    end
}

/// The way back to the client.
struct Out<S, N: Network> {
    /// One reply at a time; the others are not even written yet, so that memory does not grow with them.
    writer: Mutex<WriteHalf<S>>,
    service: Arc<Service<N>>,
    ticket: Ticket,
}

/// The way from the client.
struct Incoming<S> {
    reader: ReadHalf<S>,
    frames: Frames,
    /// When the first octets of an unfinished query came.
    rest_since: Option<Instant>,
    /// Since when no question is in flight; of no meaning while one is.
    idle_since: Instant,
    address: SocketAddr,
    /// Questions in flight.
    tasks: JoinSet<Result<(), End>>,
}

/// What woke a connection.
enum Woken {
    Answered(Result<(), End>),
    Read(std::io::Result<usize>),
    Stopping,
    Late(End),
}

impl<S: AsyncRead + AsyncWrite + Send + 'static> Incoming<S> {
    async fn serve<N: Network>(mut self, out: &Arc<Out<S, N>>, mut stopping: watch::Receiver<()>) -> End {
        let mut buffer = vec![0; READ_OCTETS];
        let end = loop {
            if let Err(end) = self.take_queries(out).await {
                return end;
            }
            match self.wait(out, &mut buffer, &mut stopping).await {
                Woken::Answered(Ok(())) => {}
                Woken::Answered(Err(end)) | Woken::Late(end) => return end,
                Woken::Read(Ok(0)) => break End::Closed,
                Woken::Read(Ok(length)) => self.frames.push(&buffer[..length]),
                Woken::Read(Err(_)) => return End::Closed,
                Woken::Stopping => break End::Stopping,
            }
        };
        // A client that said all it had to say, or a server that stops: what was asked is still answered.
        while let Some(answered) = self.tasks.join_next().await {
            if let Ok(Err(end)) = answered {
                return end;
            }
        }
        let _ = out.writer.lock().await.shutdown().await;
        end
    }

    /// Begins with all queries that have come whole, as long as there is room for them.
    async fn take_queries<N: Network>(&mut self, out: &Arc<Out<S, N>>) -> Result<(), End> {
        let limits = out.ticket.connections.limits;
        let mut asked = false;
        while self.tasks.len() < limits.in_flight
            && let Some(request) = self.frames.next()
        {
            asked = true;
            self.rest_since = None;
            out.ticket.set(Doing::Working(out.ticket.connections.now()));
            let transport = Transport::Stream { idle: out.ticket.connections.idle() };
            match out.service.begin(&request, Client { address: self.address, transport }) {
                Step::Drop => return Err(End::Nonsense),
                // Nothing more is read until the client has taken this reply.
                Step::Reply(reply) => out.write(&mut *out.writer.lock().await, &reply).await?,
                Step::Wait(mut waiting) => {
                    let out = out.clone();
                    self.tasks.spawn(async move {
                        waiting.ready().await;
                        let mut writer = out.writer.lock().await;
                        match out.service.finish(waiting).await {
                            Some(reply) => out.write(&mut writer, &reply).await,
                            None => Ok(()),
                        }
                    });
                }
            }
            out.service.stats().stream_queries.increment();
        }
        if asked && self.tasks.is_empty() {
            self.rest(out);
        }
        Ok(())
    }

    async fn wait<N: Network>(
        &mut self,
        out: &Out<S, N>,
        buffer: &mut [u8],
        stopping: &mut watch::Receiver<()>,
    ) -> Woken {
        let now = out.ticket.connections.now();
        let room = self.tasks.len() < out.ticket.connections.limits.in_flight;
        if room && self.frames.has_rest() {
            self.rest_since.get_or_insert(now);
        }
        let late = self.deadline(out);
        let woken = tokio::select! {
            biased;
            _ = stopping.changed() => Woken::Stopping,
            Some(answered) = self.tasks.join_next() => Woken::Answered(answered.unwrap_or(Ok(()))),
            read = self.reader.read(buffer), if room => Woken::Read(read),
            end = sleep_past(late) => Woken::Late(end),
        };
        if matches!(woken, Woken::Answered(_)) && self.tasks.is_empty() {
            self.rest(out);
        }
        woken
    }

    /// From now on no question is in flight.
    fn rest<N: Network>(&mut self, out: &Out<S, N>) {
        self.idle_since = out.ticket.connections.now();
        out.ticket.set(Doing::Idle(self.idle_since));
    }

    /// Until when the next octets are waited for, and what it means if they do not come.
    fn deadline<N: Network>(&self, out: &Out<S, N>) -> Option<(Instant, End)> {
        match self.rest_since {
            Some(since) => Some((since + out.ticket.connections.limits.half_sent, End::HalfSent)),
            None if self.tasks.is_empty() => Some((self.idle_since + out.ticket.connections.idle(), End::Idle)),
            None => None,
        }
    }
}

async fn sleep_past(deadline: Option<(Instant, End)>) -> End {
    match deadline {
        Some((at, end)) => {
            sleep_until(at.into()).await;
            end
        }
        None => pending().await,
    }
}

impl<S: AsyncWrite, N: Network> Out<S, N> {
    /// Writes one reply; the client has a limited time to take it.
    async fn write(&self, writer: &mut WriteHalf<S>, reply: &[u8]) -> Result<(), End> {
        self.ticket.set(Doing::Writing(self.ticket.connections.now()));
        let written = timeout(self.ticket.connections.limits.write, writer.write_all(&framed(reply))).await;
        self.ticket.set(Doing::Working(self.ticket.connections.now()));
        match written {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(End::Closed),
            Err(_) => Err(End::Stuck),
        }
    }
}

#[cfg(test)]
mod tests;
