//! One connection: queries one after another or many at once, replies as they come (RFC 7766 §6.2.1.1).

use std::future::{pending, poll_fn};
use std::mem::MaybeUninit;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Poll, ready};
use std::time::Instant;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf, ReadHalf, WriteHalf};
use tokio::sync::{Mutex, watch};
use tokio::task::JoinSet;
use tokio::time::{Sleep, sleep_until, timeout};
use tracing::trace;
use transport::Network;

use super::frames::{Frames, Outgoing};
use super::table::{Doing, Ticket};
use crate::client::{Client, Transport};
use crate::service::{Service, Step};

/// Octets read at once.
const READ_OCTETS: usize = 4096;
/// Replies are written when so many octets have come together, or when there is no more to answer at once.
const GATHERED_OCTETS: usize = 4096;

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
    let (frames, gathered) = (Frames::default(), Outgoing::default());
    let incoming = Incoming { reader, frames, gathered, rest_since: None, idle_since, address, tasks: JoinSet::new() };
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
    /// Replies that are written together.
    gathered: Outgoing,
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

/// What came of the queries that were there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gathered {
    /// There were none.
    Nothing,
    /// Some were answered or are on their way.
    Some,
    /// Something was no query.
    Nonsense,
}

impl<S: AsyncRead + AsyncWrite + Send + 'static> Incoming<S> {
    async fn serve<N: Network>(mut self, out: &Arc<Out<S, N>>, mut stopping: watch::Receiver<()>) -> End {
        let mut alarm = pin!(sleep_until((self.idle_since + out.ticket.connections.idle()).into()));
        let mut stopping = pin!(stopping.changed());
        let end = loop {
            if let Err(end) = self.take_queries(out).await {
                return end;
            }
            let woken = tokio::select! {
                biased;
                _ = stopping.as_mut() => Woken::Stopping,
                woken = self.wait(out, alarm.as_mut()) => woken,
            };
            match woken {
                Woken::Answered(Ok(())) => {}
                Woken::Answered(Err(end)) | Woken::Late(end) => return end,
                Woken::Read(Ok(0)) => break End::Closed,
                Woken::Read(Ok(_)) => {}
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
        end
    }

    /// Begins with all queries that have come whole, as long as there is room for them.
    async fn take_queries<N: Network>(&mut self, out: &Arc<Out<S, N>>) -> Result<(), End> {
        let mut asked = false;
        loop {
            let gathered = self.gather(out);
            if !self.gathered.octets().is_empty() {
                // Nothing more is read until the client has taken these.
                out.write(&mut *out.writer.lock().await, self.gathered.octets()).await?;
                self.gathered.clear(GATHERED_OCTETS);
                if !self.tasks.is_empty() {
                    out.ticket.answered(out.ticket.connections.now());
                }
            }
            match gathered {
                Gathered::Nothing => break,
                Gathered::Some => asked = true,
                Gathered::Nonsense => return Err(End::Nonsense),
            }
        }
        if asked && self.tasks.is_empty() {
            self.rest(out);
        }
        Ok(())
    }

    /// Answers queries that have come whole, as long as there is room for them and for what they are answered.
    fn gather<N: Network>(&mut self, out: &Arc<Out<S, N>>) -> Gathered {
        let limits = out.ticket.connections.limits;
        let (now, mut asked, mut ready, mut nonsense) = (out.service.wall(), 0, 0, false);
        while !nonsense
            && self.tasks.len() < limits.in_flight
            && self.gathered.octets().len() < GATHERED_OCTETS
            && let Some(request) = self.frames.next()
        {
            asked += 1;
            let client = |idle| Client { address: self.address, transport: Transport::Stream { idle } };
            if self.gathered.push_with(|octets| out.service.answer_ready(request, client(limits.idle), now, octets)) {
                ready += 1;
                continue;
            }
            match out.service.begin(request, client(out.ticket.connections.idle())) {
                Step::Drop => nonsense = true,
                Step::Reply(reply) => self.gathered.push(&reply),
                Step::Wait(mut waiting) => {
                    out.ticket.set(Doing::Working(out.ticket.connections.now()));
                    let out = out.clone();
                    self.tasks.spawn(async move {
                        waiting.ready().await;
                        let mut writer = out.writer.lock().await;
                        let Some(reply) = out.service.finish(waiting).await else { return Ok(()) };
                        let mut framed = Outgoing::default();
                        framed.push(&reply);
                        out.write(&mut writer, framed.octets()).await?;
                        out.ticket.answered(out.ticket.connections.now());
                        Ok(())
                    });
                }
            }
        }
        if asked == 0 {
            return Gathered::Nothing;
        }
        self.rest_since = None;
        out.service.count_ready(ready);
        out.service.stats().stream_queries.add(asked);
        if nonsense { Gathered::Nonsense } else { Gathered::Some }
    }

    async fn wait<N: Network>(&mut self, out: &Out<S, N>, alarm: Pin<&mut Sleep>) -> Woken {
        let room = self.tasks.len() < out.ticket.connections.limits.in_flight;
        if room && self.frames.has_rest() {
            self.rest_since.get_or_insert_with(|| out.ticket.connections.now());
        }
        let late = self.deadline(out);
        let woken = tokio::select! {
            biased;
            Some(answered) = self.tasks.join_next() => Woken::Answered(answered.unwrap_or(Ok(()))),
            read = read(&mut self.reader, &mut self.frames), if room => Woken::Read(read),
            end = ring(alarm, late) => Woken::Late(end),
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

/// Reads what has come; gives how many octets that were. A connection that waits holds no buffer.
async fn read<S: AsyncRead>(reader: &mut ReadHalf<S>, frames: &mut Frames) -> std::io::Result<usize> {
    poll_fn(|context| {
        let mut octets = [const { MaybeUninit::uninit() }; READ_OCTETS];
        let mut buffer = ReadBuf::uninit(&mut octets);
        ready!(Pin::new(&mut *reader).poll_read(context, &mut buffer))?;
        frames.push(buffer.filled());
        Poll::Ready(Ok(buffer.filled().len()))
    })
    .await
}

/// Waits past a deadline. The alarm is set anew only if it would ring too late; if it rings too early, it is set for the rest: so
/// a connection that is asked much leaves the timers alone.
async fn ring(mut alarm: Pin<&mut Sleep>, deadline: Option<(Instant, End)>) -> End {
    let Some((at, end)) = deadline else { return pending().await };
    let at = tokio::time::Instant::from_std(at);
    if at < alarm.deadline() {
        alarm.as_mut().reset(at);
    }
    loop {
        alarm.as_mut().await;
        if at <= alarm.deadline() {
            return end;
        }
        alarm.as_mut().reset(at);
    }
}

impl<S: AsyncWrite, N: Network> Out<S, N> {
    /// Writes replies; the client has a limited time to take them.
    async fn write(&self, writer: &mut WriteHalf<S>, replies: &[u8]) -> Result<(), End> {
        let mut writing = pin!(writer.write_all(replies));
        // Mostly the system takes them at once, and nobody needs to know how long it took.
        let at_once = poll_fn(|context| Poll::Ready(writing.as_mut().poll(context))).await;
        let written = match at_once {
            Poll::Ready(written) => Ok(written),
            Poll::Pending => {
                self.ticket.set(Doing::Writing(self.ticket.connections.now()));
                timeout(self.ticket.connections.limits.write, writing).await
            }
        };
        match written {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(End::Closed),
            Err(_) => Err(End::Stuck),
        }
    }
}

#[cfg(test)]
mod tests;
