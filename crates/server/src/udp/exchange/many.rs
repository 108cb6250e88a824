//! For systems with `recvmmsg` and `sendmmsg`.

use std::io::{IoSlice, IoSliceMut};
use std::net::{SocketAddrV4, SocketAddrV6};
use std::os::fd::{AsRawFd, RawFd};

use nix::sys::socket::{MsgFlags, MultiHeaders, SockaddrIn, SockaddrIn6, SockaddrLike, recvmmsg, sendmmsg};

use super::{BATCH, Buffers, Served, SocketAddr, io};

/// What the system calls need beside the buffers.
pub(in crate::udp) struct Exchange {
    v4: Headers<SockaddrIn>,
    v6: Headers<SockaddrIn6>,
}

/// For one family: the kernel fills addresses of its kind whole.
struct Headers<A> {
    incoming: MultiHeaders<A>,
    outgoing: MultiHeaders<A>,
    receivers: Vec<Option<A>>,
}

impl Exchange {
    pub(in crate::udp) fn new() -> Self {
        Self { v4: Headers::new(), v6: Headers::new() }
    }

    /// Takes up to [`BATCH`] datagrams.
    pub(in crate::udp) fn receive(&mut self, served: &Served, buffers: &mut Buffers) -> io::Result<()> {
        let fd = served.socket.as_raw_fd();
        if served.local.is_ipv4() {
            self.v4.receive(fd, buffers, |address| SocketAddrV4::from(address).into())
        } else {
            self.v6.receive(fd, buffers, |address| SocketAddrV6::from(address).into())
        }
    }

    /// Sends replies but the first `sent`; gives how many went out. An error is about the first of them.
    pub(in crate::udp) fn send(&mut self, served: &Served, buffers: &Buffers, sent: usize) -> io::Result<usize> {
        let fd = served.socket.as_raw_fd();
        let to_v4 = |address| if let SocketAddr::V4(v4) = address { Some(SockaddrIn::from(v4)) } else { None };
        let to_v6 = |address| if let SocketAddr::V6(v6) = address { Some(SockaddrIn6::from(v6)) } else { None };
        if served.local.is_ipv4() {
            self.v4.send(fd, buffers, sent, to_v4)
        } else {
            self.v6.send(fd, buffers, sent, to_v6)
        }
    }
}

impl<A: SockaddrLike + Copy> Headers<A> {
    fn new() -> Self {
        let headers = || MultiHeaders::preallocate(BATCH, None);
        Self { incoming: headers(), outgoing: headers(), receivers: Vec::with_capacity(BATCH) }
    }

    fn receive(&mut self, fd: RawFd, buffers: &mut Buffers, address: impl Fn(A) -> SocketAddr) -> io::Result<()> {
        let (mut room, datagrams) = buffers.room();
        let mut slices: [_; BATCH] =
            std::array::from_fn(|_| [IoSliceMut::new(room.next().expect("one buffer for each datagram"))]);
        for came in recvmmsg(fd, &mut self.incoming, slices.iter_mut(), MsgFlags::MSG_DONTWAIT, None)? {
            datagrams.extend(came.address.map(|from| (came.bytes, address(from))));
        }
        Ok(())
    }

    fn send(
        &mut self,
        fd: RawFd,
        buffers: &Buffers,
        sent: usize,
        address: impl Fn(SocketAddr) -> Option<A>,
    ) -> io::Result<usize> {
        self.receivers.clear();
        self.receivers.extend(buffers.replies().skip(sent).map(|(_, receiver)| address(receiver)));
        let mut replies = buffers.replies().skip(sent).map(|(octets, _)| octets);
        let slices: [_; BATCH] = std::array::from_fn(|_| [IoSlice::new(replies.next().unwrap_or_default())]);
        let results = sendmmsg(fd, &mut self.outgoing, &slices, &self.receivers, [], MsgFlags::MSG_DONTWAIT)?;
        Ok(results.count())
    }
}
