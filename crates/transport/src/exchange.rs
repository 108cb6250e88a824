//! One question to one server: identifier, port, letter case, EDNS, cookies, and TCP where UDP does not do.
//!
//! What it deliberately does not do: choose servers, retry lost datagrams, or read the meaning of a reply.

use std::cell::Cell;
use std::io;
use std::net::SocketAddr;
use std::ops::ControlFlow;
use std::time::Duration;

use proto::{Flags, Message, Question, Rcode};
use tokio::time::{Instant, timeout_at};

use crate::query::{Case, Mismatch, Sent, Style, server_cookie};
use crate::tcp::TcpConnections;
use crate::{Env, Network, UdpFlow};

/// Draws of a source port before we give up on ports that are taken.
const PORT_DRAWS: usize = 8;
/// Ports below this belong to services (RFC 6335 §6); all others are drawn from (RFC 5452 §9.2).
const LOWEST_PORT: u16 = 1024;
/// So many near misses (right source, wrong identifier or question) look like guessing: go on over TCP.
const NEAR_MISSES: u32 = 3;
/// How long TCP is tried when UDP looked suspicious; then UDP gets another chance.
const SUSPICIOUS_TCP_PATIENCE: Duration = Duration::from_secs(1);
/// A reply cannot be larger.
const MAX_DATAGRAM: usize = 65_535;

/// A server's reply with what it cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The message; TC never set over UDP, because the question was asked again over TCP then.
    pub message: Message,
    /// Octets of the message.
    pub octets: usize,
    /// Time from sending to the reply, of the last round.
    pub rtt: Duration,
    /// Whether TCP carried it.
    pub over_tcp: bool,
    /// The server's cookie, if it gave one.
    pub server_cookie: Option<Vec<u8>>,
}

/// Why there is no reply.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExchangeError {
    /// Nothing that matches came in time.
    #[error("no reply in time")]
    Timeout,
    /// Our own network has no way to the server; nothing was sent.
    #[error("{}", .0)]
    NoRoute(io::ErrorKind),
    /// The network on the way or the server's host refused.
    #[error("{}", .0)]
    Refused(io::ErrorKind),
    /// The connection ended before the reply, or what came over it was no reply to our question.
    #[error("the TCP connection ended without a reply")]
    Closed,
    /// TC over TCP.
    #[error("the reply over TCP is cut off")]
    TruncatedOverTcp,
    /// The caller did not want another round.
    #[error("no more questions may be sent")]
    Stopped,
}

/// How long to wait.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For the datagram.
    pub udp: Duration,
    /// For everything over TCP, connection included.
    pub tcp: Duration,
}

/// What happens on the way, told as it happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// So many octets came, whatever they are.
    Received(usize),
    /// Something came that is not ours, and the wait goes on.
    Ignored(Mismatch),
    /// Another question is about to be sent.
    AskingAgain(Again),
}

/// Why another question is sent within one exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// The UDP reply was cut off; TCP follows.
    Truncated,
    /// The server wants its cookie back; with it over UDP, then over TCP.
    BadCookie,
    /// Too many near misses; TCP follows.
    NearMisses,
    /// The reply fits but for its letter case: the server changes it, or somebody guesses. TCP follows.
    CaseMismatch,
    /// TCP did not do after a suspicion; once more over UDP, with a new port and identifier, in plain letter case if the
    /// case was suspicious.
    WithoutTcp,
    /// The idle connection had ended; a new one follows.
    Reconnect,
}

/// Hears what happens; `Break` stops the exchange before its next question.
pub type Listener<'a> = &'a (dyn Fn(Progress) -> ControlFlow<()> + Send + Sync);

/// Which transport to begin with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begin {
    /// UDP, then TCP if needed.
    Udp,
    /// TCP.
    Tcp,
}

/// What to ask, whom, and how.
#[derive(Debug, Clone)]
pub struct Ask<'q> {
    /// The server.
    pub server: SocketAddr,
    /// The question.
    pub question: &'q Question,
    /// Its style.
    pub style: Style,
    /// How long to wait.
    pub patience: Patience,
    /// Which transport first.
    pub begin: Begin,
}

thread_local! {
    /// Where datagrams are received. Between receiving and reading nobody waits, so that one is enough for a thread.
    static BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Asks one server one question.
///
/// What is seldom done lies behind a pointer: all questions in flight would have to hold room for it.
///
/// # Errors
/// When no reply came that matches the question; see [`ExchangeError`].
pub async fn exchange<N: Network>(
    env: &Env<N>,
    connections: &TcpConnections<N::Tcp>,
    ask: &mut Ask<'_>,
    listener: Listener<'_>,
) -> Result<Reply, ExchangeError> {
    if ask.begin == Begin::Tcp {
        return Box::pin(over_tcp(env, connections, ask, listener)).await;
    }
    let again = |why| match listener(Progress::AskingAgain(why)) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(ExchangeError::Stopped),
    };
    let (mut cookie_rounds, mut suspicions) = (0, 0);
    loop {
        let came = over_udp(env, ask, listener).await?;
        match further(came) {
            Further::Done(reply) => return Ok(reply),
            Further::Suspicious(why) => {
                suspicions += 1;
                again(why)?;
                match Box::pin(over_tcp_quickly(env, connections, ask, listener)).await {
                    // RFC 5452 §9: a suspicion ends nothing and blames nobody; without TCP, UDP gets another chance.
                    Err(_) if suspicions == 1 => {
                        again(Again::WithoutTcp)?;
                        if why == Again::CaseMismatch {
                            ask.style.case = Case::AsGiven;
                        }
                    }
                    outcome => return outcome,
                }
            }
            Further::WithCookie(server) => {
                again(Again::BadCookie)?;
                cookie_rounds += 1;
                // RFC 7873 §5.3: once more with the new cookie, then over TCP.
                match &mut ask.style.cookie {
                    Some(cookie) if cookie_rounds == 1 => cookie.server = Some(server),
                    Some(_) | None => return Box::pin(over_tcp(env, connections, ask, listener)).await,
                }
            }
            Further::Truncated => {
                again(Again::Truncated)?; // RFC 7766 §5
                return Box::pin(over_tcp(env, connections, ask, listener)).await;
            }
        }
    }
}

enum FromUdp {
    Reply(Reply),
    Suspicious(Again),
}

/// What to do with what came over UDP.
enum Further {
    Done(Reply),
    Suspicious(Again),
    WithCookie(Vec<u8>),
    Truncated,
}

fn further(came: FromUdp) -> Further {
    match came {
        FromUdp::Suspicious(why) => Further::Suspicious(why),
        FromUdp::Reply(Reply { message, server_cookie: Some(cookie), .. }) if message.rcode() == Rcode::BADCOOKIE => {
            Further::WithCookie(cookie)
        }
        FromUdp::Reply(reply) if reply.message.flags.has(Flags::TC) => Further::Truncated,
        FromUdp::Reply(reply) => Further::Done(reply),
    }
}

/// A datagram, in the buffer of whoever reads it.
struct Datagram {
    buffer: Vec<u8>,
    octets: usize,
    source: SocketAddr,
}

async fn receive<F: UdpFlow>(flow: &mut F, largest: usize) -> io::Result<Datagram> {
    flow.readable().await?;
    let mut buffer = BUFFER.take();
    if buffer.len() < largest {
        buffer.resize(largest, 0);
    }
    let (octets, source) = flow.recv(&mut buffer[..largest]).await?;
    Ok(Datagram { buffer, octets, source })
}

async fn over_udp<N: Network>(env: &Env<N>, ask: &Ask<'_>, listener: Listener<'_>) -> Result<FromUdp, ExchangeError> {
    let sent = Sent::new(ask.server, ask.question, &ask.style, env.entropy.bits16(), || env.entropy.bits());
    let mut flow = open_udp(env, ask.server).await?;
    let began = env.clock.now();
    let deadline = Instant::from_std(began + ask.patience.udp);
    flow.send(&sent.octets).await.map_err(|error| ExchangeError::Refused(error.kind()))?;
    let largest = MAX_DATAGRAM.min(usize::from(ask.style.edns.unwrap_or(512)).max(4096));
    let mut near_misses = 0;
    loop {
        let Datagram { mut buffer, octets, source } = match timeout_at(deadline, receive(&mut flow, largest)).await {
            Err(_) => return Err(ExchangeError::Timeout),
            Ok(Err(error)) => return Err(ExchangeError::Refused(error.kind())),
            Ok(Ok(datagram)) => datagram,
        };
        if listener(Progress::Received(octets)).is_break() {
            return Err(ExchangeError::Stopped);
        }
        let read = sent.read_reply(source, &mut buffer[..octets]);
        BUFFER.set(buffer);
        match read {
            Ok(message) => {
                let rtt = env.clock.now().saturating_duration_since(began);
                let server_cookie = server_cookie(&message);
                if near_misses == 0 {
                    flow.keep();
                }
                return Ok(FromUdp::Reply(Reply { message, octets, rtt, over_tcp: false, server_cookie }));
            }
            Err(mismatch) => {
                // RFC 5452 §9: drop it and go on waiting; it neither ends the question nor blames the server.
                let _ = listener(Progress::Ignored(mismatch)); // told, not asked
                near_misses += u32::from(mismatch != Mismatch::Source);
                if mismatch == Mismatch::Case {
                    return Ok(FromUdp::Suspicious(Again::CaseMismatch));
                }
                if near_misses >= NEAR_MISSES {
                    return Ok(FromUdp::Suspicious(Again::NearMisses));
                }
            }
        }
    }
}

/// Opens a socket on a random port, or takes one up that has asked this server before (RFC 5452 §9.2).
async fn open_udp<N: Network>(env: &Env<N>, to: SocketAddr) -> Result<N::Udp, ExchangeError> {
    let mut last = io::ErrorKind::AddrInUse;
    for _ in 0..PORT_DRAWS {
        let range = u32::from(u16::MAX - LOWEST_PORT) + 1;
        let port = LOWEST_PORT + env.entropy.below(range) as u16;
        match env.net.udp(to, port).await {
            Ok(flow) => return Ok(flow),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => last = error.kind(),
            Err(error) => return Err(ExchangeError::NoRoute(error.kind())),
        }
    }
    Err(ExchangeError::NoRoute(last))
}

/// Over TCP because UDP looked suspicious.
async fn over_tcp_quickly<N: Network>(
    env: &Env<N>,
    connections: &TcpConnections<N::Tcp>,
    ask: &Ask<'_>,
    listener: Listener<'_>,
) -> Result<Reply, ExchangeError> {
    let tcp = ask.patience.tcp.min(SUSPICIOUS_TCP_PATIENCE);
    let quickly = Ask { patience: Patience { tcp, ..ask.patience }, ..ask.clone() };
    over_tcp(env, connections, &quickly, listener).await
}

async fn over_tcp<N: Network>(
    env: &Env<N>,
    connections: &TcpConnections<N::Tcp>,
    ask: &Ask<'_>,
    listener: Listener<'_>,
) -> Result<Reply, ExchangeError> {
    // The connection proves both addresses: neither mixed case nor a cookie adds anything (RFC 7873 §5.2).
    let style = Style { case: Case::AsGiven, cookie: None, ..ask.style.clone() };
    let sent = Sent::new(ask.server, ask.question, &style, env.entropy.bits16(), || 0);
    let began = env.clock.now();
    let deadline = Instant::from_std(began + ask.patience.tcp);
    let asking = connections.ask(env, ask.server, &sent.octets, listener);
    let (mut octets, connection) = timeout_at(deadline, asking).await.unwrap_or(Err(ExchangeError::Timeout))?;
    let rtt = env.clock.now().saturating_duration_since(began);
    if listener(Progress::Received(octets.len())).is_break() {
        return Err(ExchangeError::Stopped);
    }
    let message = sent.read_reply(ask.server, &mut octets).map_err(|_| ExchangeError::Closed)?;
    // Only a connection that gave the right reply is worth keeping: a surplus one would shift all that follow.
    connections.keep(ask.server, connection, env.clock.now());
    if message.flags.has(Flags::TC) {
        return Err(ExchangeError::TruncatedOverTcp);
    }
    let server_cookie = server_cookie(&message);
    Ok(Reply { message, octets: octets.len(), rtt, over_tcp: true, server_cookie })
}
