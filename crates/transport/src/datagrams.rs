//! A datagram socket of which only reading is waited for.
//!
//! The runtime's own sockets wait for reading and writing, so that every datagram that has left the machine wakes the process to
//! tell it that there is room for another one. There always is, but for once in a very long while.

use std::fmt;
use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// A datagram socket that does not block.
pub struct Datagrams {
    socket: AsyncFd<UdpSocket>,
}

impl Datagrams {
    /// Takes a socket that does not block; must be called inside a runtime.
    ///
    /// # Errors
    /// When the runtime cannot take it.
    #[expect(
        deprecated,
        reason = "what took its place is unsafe, for types that lie about their descriptor; a socket does not"
    )]
    pub fn new(socket: UdpSocket) -> io::Result<Self> {
        Ok(Self { socket: AsyncFd::with_interest(socket, Interest::READABLE)? })
    }

    /// The socket, for what neither waits nor takes note.
    pub fn socket(&self) -> &UdpSocket {
        self.socket.get_ref()
    }

    /// Waits until something may have come.
    ///
    /// # Errors
    /// When the runtime goes down.
    pub async fn readable(&self) -> io::Result<()> {
        self.socket.readable().await.map(drop)
    }

    /// Reads with `read` unless it is known that nothing has come; takes note if `read` finds that.
    ///
    /// # Errors
    /// Those of `read`, and `WouldBlock` if nothing has come.
    pub fn try_read<R>(&self, read: impl FnOnce(&UdpSocket) -> io::Result<R>) -> io::Result<R> {
        self.socket.try_io(Interest::READABLE, read)
    }

    /// Waits for a datagram of a connected socket; gives its length.
    ///
    /// # Errors
    /// Those of the system, which tell of ICMP errors too.
    pub async fn recv(&self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.try_read(|socket| socket.recv(buffer)) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.readable().await?,
                received => return received,
            }
        }
    }

    /// Sends a datagram to the peer of a connected socket.
    ///
    /// # Errors
    /// Those of the system.
    pub async fn send(&self, datagram: &[u8]) -> io::Result<usize> {
        self.write(|socket| socket.send(datagram)).await
    }

    /// Sends a datagram to `receiver`.
    ///
    /// # Errors
    /// Those of the system.
    pub async fn send_to(&self, datagram: &[u8], receiver: SocketAddr) -> io::Result<usize> {
        self.write(|socket| socket.send_to(datagram, receiver)).await
    }

    async fn write(&self, write: impl Fn(&UdpSocket) -> io::Result<usize>) -> io::Result<usize> {
        loop {
            match write(self.socket.get_ref()) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => Box::pin(self.room()).await?,
                written => return written,
            }
        }
    }

    /// Waits until there is room for a datagram. For that once the runtime gets a second descriptor of the socket.
    async fn room(&self) -> io::Result<()> {
        let twin = self.socket.get_ref().try_clone()?;
        tokio::net::UdpSocket::from_std(twin)?.writable().await
    }
}

impl AsFd for Datagrams {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.get_ref().as_fd()
    }
}

impl AsRawFd for Datagrams {
    fn as_raw_fd(&self) -> RawFd {
        self.socket.get_ref().as_raw_fd()
    }
}

impl fmt::Debug for Datagrams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.socket.get_ref().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bound() -> UdpSocket {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_nonblocking(true).unwrap();
        socket
    }

    #[tokio::test]
    async fn datagrams_go_and_come() {
        let (one, other) = (bound(), bound());
        let (first, second) = (one.local_addr().unwrap(), other.local_addr().unwrap());
        one.connect(second).unwrap();
        other.connect(first).unwrap();
        let (one, other) = (Datagrams::new(one).unwrap(), Datagrams::new(other).unwrap());
        let mut buffer = [0; 8];
        let (received, sent) = tokio::join!(other.recv(&mut buffer), one.send(b"abc"));
        assert_eq!((received.unwrap(), sent.unwrap(), &buffer[..3]), (3, 3, &b"abc"[..]));
        let nothing = other.try_read(|socket| socket.recv(&mut buffer)).unwrap_err();
        assert_eq!(nothing.kind(), io::ErrorKind::WouldBlock);
        other.send(b"de").await.unwrap();
        one.readable().await.unwrap();
        assert_eq!(one.try_read(|socket| socket.recv(&mut buffer)).unwrap(), 2);
    }

    #[tokio::test]
    async fn there_is_room_again() {
        let socket = Datagrams::new(bound()).unwrap();
        let to = bound().local_addr().unwrap();
        socket.room().await.unwrap();
        assert_eq!(socket.send_to(b"abc", to).await.unwrap(), 3);
    }
}
