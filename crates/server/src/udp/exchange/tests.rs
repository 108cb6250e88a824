use super::*;

use tokio::net::UdpSocket;

/// A socket of each kind on the same code.
macro_rules! exchanged {
    ($kind:ident, $at_once:expr) => {{
        let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_nonblocking(true).unwrap();
        let local = socket.local_addr().unwrap();
        let (server, client) = (Served::new(socket).unwrap(), UdpSocket::bind("127.0.0.1:0").await.unwrap());
        for number in 0..3 {
            client.send_to(&[number; 20], local).await.unwrap();
        }
        let (mut exchange, mut buffers) = ($kind::Exchange::new(), Buffers::new());
        while buffers.datagrams.len() < 3 {
            server.socket.readable().await.unwrap();
            buffers.clear();
            server.try_receive(|| exchange.receive(&server, &mut buffers)).unwrap();
        }
        assert_eq!(buffers.datagrams, [(20, client.local_addr().unwrap()); 3]);
        let again = server.try_receive(|| exchange.receive(&server, &mut buffers)).unwrap_err();
        assert_eq!(again.kind(), io::ErrorKind::WouldBlock);
        for (reply, index) in [(&b"one"[..], 0), (b"two", 1), (b"three", 2)] {
            buffers.reply_with(reply, index);
        }
        assert_eq!(exchange.send(&server, &buffers, 1).unwrap(), $at_once);
        server.socket.send_to(b"last", client.local_addr().unwrap()).await.unwrap();
        let mut octets = [0; 64];
        let mut came = Vec::new();
        for _ in 0..$at_once + 1 {
            let length = client.recv(&mut octets).await.unwrap();
            came.push(String::from_utf8_lossy(&octets[..length]).into_owned());
        }
        came
    }};
}

#[tokio::test]
async fn one_by_one_is_the_same_as_many_at_once() {
    assert_eq!(exchanged!(many, 2), ["two", "three", "last"]);
    assert_eq!(exchanged!(single, 1), ["two", "last"]);
}
