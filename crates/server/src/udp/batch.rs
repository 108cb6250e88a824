//! One batch of datagrams: received at once, answered, sent at once.
//!
//! What is ready goes out first; what has to be looked for, even in the cache only, comes after it.

use std::cell::RefCell;
use std::io;
use std::net::SocketAddr;

use tracing::debug;
use transport::Network;

use super::exchange::Exchange;
use super::{Later, Served};
use crate::client::Client;
use crate::service::{Service, Step};

/// Datagrams taken at once.
pub(super) const BATCH: usize = 64;
/// A query in a datagram is never larger: longer ones are cut off and rejected as malformed.
const MAX_QUERY_OCTETS: usize = 4096;
/// Distance of the buffers: no power of two, or their beginnings would push each other out of the processor's cache.
const STRIDE: usize = MAX_QUERY_OCTETS + 192;

/// A reply that could not be sent yet.
#[derive(Debug)]
pub(super) struct Unsent {
    pub(super) octets: Vec<u8>,
    pub(super) address: SocketAddr,
}

/// Buffers for one batch. One per thread, not per socket: between batches they hold nothing.
pub(super) struct Buffers {
    received: Box<[u8]>,
    /// Length and sender of what came.
    pub(super) datagrams: Vec<(usize, SocketAddr)>,
    /// Replies, one behind the other.
    replies: Vec<u8>,
    /// Where each reply ends, and which datagram it answers.
    ends: Vec<(usize, usize)>,
    /// Datagrams without a ready reply.
    others: Vec<usize>,
}

thread_local! {
    static BUFFERS: RefCell<(Buffers, Exchange)> = RefCell::new((Buffers::new(), Exchange::new()));
}

/// Answers what has come to a socket, as far as that needs no waiting.
///
/// # Errors
/// Those of receiving; that there is nothing more is one of them, also after some have come. That is so if they were fewer than
/// could have been, and said within the same attempt: said later, it would deny what has come in between.
pub(super) fn answer<N: Network>(served: &Served, service: &Service<N>, later: &mut Later) -> io::Result<()> {
    BUFFERS.with_borrow_mut(|(buffers, exchange)| {
        buffers.clear();
        exchange.receive(served, buffers)?;
        service.stats().datagrams.add(buffers.datagrams.len());
        buffers.answer_ready(service);
        buffers.send(served, service, exchange, later);
        buffers.answer_others(service, later);
        buffers.send(served, service, exchange, later);
        if buffers.datagrams.len() < BATCH { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(()) }
    })
}

impl Buffers {
    pub(super) fn new() -> Self {
        Self {
            received: vec![0; BATCH * STRIDE].into(),
            datagrams: Vec::with_capacity(BATCH),
            replies: Vec::new(),
            ends: Vec::with_capacity(BATCH),
            others: Vec::with_capacity(BATCH),
        }
    }

    pub(super) fn clear(&mut self) {
        self.datagrams.clear();
        self.others.clear();
    }

    /// Room for datagrams, and the list of those that came.
    pub(super) fn room(&mut self) -> (impl Iterator<Item = &mut [u8]>, &mut Vec<(usize, SocketAddr)>) {
        (self.received.chunks_exact_mut(STRIDE).map(|buffer| &mut buffer[..MAX_QUERY_OCTETS]), &mut self.datagrams)
    }

    fn query(received: &[u8], index: usize, octets: usize) -> &[u8] {
        &received[index * STRIDE..][..octets]
    }

    fn answer_ready<N: Network>(&mut self, service: &Service<N>) {
        let now = service.wall();
        for (index, (octets, address)) in self.datagrams.iter().enumerate() {
            if address.port() == 0 {
                service.stats().ignored.increment();
                continue; // nobody can be answered there
            }
            let query = Self::query(&self.received, index, *octets);
            if service.answer_ready(query, Client::datagram(*address), now, &mut self.replies) {
                self.ends.push((self.replies.len(), index));
            } else {
                self.others.push(index);
            }
        }
        if !self.ends.is_empty() {
            service.count_ready(self.ends.len());
        }
    }

    fn answer_others<N: Network>(&mut self, service: &Service<N>, later: &mut Later) {
        for place in 0..self.others.len() {
            let index = self.others[place];
            let (octets, address) = self.datagrams[index];
            let client = Client::datagram(address);
            match service.begin(Self::query(&self.received, index, octets), client) {
                Step::Drop => {}
                Step::Reply(reply) => self.reply_with(&reply, index),
                Step::Wait(waiting) => later.waiting.push((waiting, client)),
            }
        }
    }

    /// Adds a reply to one of the datagrams.
    pub(super) fn reply_with(&mut self, reply: &[u8], index: usize) {
        self.replies.extend_from_slice(reply);
        self.ends.push((self.replies.len(), index));
    }

    /// Replies that are to be sent, with their receivers.
    pub(super) fn replies(&self) -> impl Iterator<Item = (&[u8], SocketAddr)> {
        let starts = std::iter::once(0).chain(self.ends.iter().map(|(end, _)| *end));
        starts.zip(&self.ends).map(|(start, (end, index))| (&self.replies[start..*end], self.datagrams[*index].1))
    }

    /// Sends all replies and forgets them; those for which there is no room are kept for later.
    fn send<N: Network>(&mut self, served: &Served, service: &Service<N>, exchange: &mut Exchange, later: &mut Later) {
        let mut sent = 0;
        while sent < self.ends.len() {
            match exchange.send(served, self, sent) {
                Ok(number) => sent += number,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    let unsent = self.replies().skip(sent);
                    later.unsent.extend(unsent.map(|(octets, address)| Unsent { octets: octets.to_vec(), address }));
                    break;
                }
                Err(error) => {
                    // It is about the first one; the others may have better luck.
                    service.stats().send_errors.increment();
                    debug!("sending a reply: {error}");
                    sent += 1;
                }
            }
        }
        self.forget_replies();
    }

    pub(super) fn forget_replies(&mut self) {
        self.replies.clear();
        self.ends.clear();
    }
}
