//! A small client of authoritative servers: believes only what matches, goes to TCP when told to, gives cookies back.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use proto::{Edns, Flags, Message, OptionCode, Question, Rcode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;
use transport::{Network, UdpFlow};

/// Longer than the slowest server of the lab thinks.
const PATIENCE: Duration = Duration::from_secs(2);

/// A query as a careful resolver sends it.
pub(crate) fn query(id: u16, question: &Question, edns: Option<Vec<u8>>) -> Message {
    let mut query = Message::query(id, question.clone());
    query.edns = edns.map(|cookie| Edns { options: vec![(OptionCode::COOKIE, cookie)], ..Edns::new(1232) });
    query
}

/// The server's answer by whatever way it can be had; `None` if it has none.
pub(crate) async fn ask<N: Network>(network: &N, to: SocketAddr, question: &Question) -> Option<Message> {
    let mut cookie = Some(b"8 octets".to_vec());
    for id in 1..=4 {
        let reply = over_udp(network, to, &query(id, question, cookie.clone())).await;
        match reply {
            Some(reply) if reply.flags.has(Flags::TC) => {
                return over_tcp(network, to, &query(id, question, cookie)).await.ok();
            }
            Some(reply) if reply.rcode() == Rcode::BADCOOKIE => {
                cookie = reply.edns.and_then(|edns| edns.option(OptionCode::COOKIE).map(<[u8]>::to_vec));
            }
            Some(reply) if cookie.is_none() || !matches!(reply.rcode(), Rcode::FORMERR | Rcode::BADVERS) => {
                return Some(reply);
            }
            _ if cookie.is_none() => return None,
            _ => cookie = None,
        }
    }
    None
}

/// One question, one datagram; forged replies are not believed.
pub(crate) async fn over_udp<N: Network>(network: &N, to: SocketAddr, query: &Message) -> Option<Message> {
    let mut flow = network.udp(to, 40_000).await.ok()?;
    flow.send(&query.to_wire()).await.ok()?;
    let matching = async {
        let mut buffer = [0; 4096];
        loop {
            let (length, from) = flow.recv(&mut buffer).await.ok()?;
            let Ok(reply) = Message::parse(&buffer[..length]) else { continue };
            let same_name = reply.questions.first().map(|entry| entry.question.name.to_lowercase())
                == query.questions.first().map(|entry| entry.question.name.to_lowercase());
            let same_case = |reply: &Message| {
                // Servers that lower the case are believed; forgers turn it round.
                let name = &reply.questions[0].question.name;
                name.eq_with_case(&query.questions[0].question.name) || name.eq_with_case(&name.to_lowercase())
            };
            if from == to && reply.id == query.id && reply.flags.has(Flags::QR) && same_name && same_case(&reply) {
                return Some(reply);
            }
        }
    };
    timeout(PATIENCE, matching).await.ok().flatten()
}

/// One question on a connection of its own.
pub(crate) async fn over_tcp<N: Network>(network: &N, to: SocketAddr, query: &Message) -> io::Result<Message> {
    let exchange = async {
        let mut stream = network.tcp(to).await?;
        let octets = query.to_wire();
        stream.write_u16(octets.len() as u16).await?;
        stream.write_all(&octets).await?;
        let mut reply = vec![0; usize::from(stream.read_u16().await?)];
        stream.read_exact(&mut reply).await?;
        Message::parse(&reply).map_err(io::Error::other)
    };
    timeout(PATIENCE, exchange).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
}
