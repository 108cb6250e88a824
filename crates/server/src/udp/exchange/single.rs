//! One system call for each datagram, for systems that have no other.

use super::{BATCH, Buffers, Served, io};

pub(in crate::udp) struct Exchange;

impl Exchange {
    pub(in crate::udp) fn new() -> Self {
        Self
    }

    pub(in crate::udp) fn receive(&mut self, served: &Served, buffers: &mut Buffers) -> io::Result<()> {
        let (room, datagrams) = buffers.room();
        let before = datagrams.len();
        for buffer in room.take(BATCH) {
            match served.socket.socket().recv_from(buffer) {
                Ok(came) => datagrams.push(came),
                Err(_) if datagrams.len() > before => break, // it will come again
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    pub(in crate::udp) fn send(&mut self, served: &Served, buffers: &Buffers, sent: usize) -> io::Result<usize> {
        let Some((octets, receiver)) = buffers.replies().nth(sent) else { return Ok(1) };
        served.socket.socket().send_to(octets, receiver).map(|_| 1)
    }
}
