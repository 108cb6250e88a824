//! The servers of a scenario on sockets of their own, and the client's sockets.

use std::io;
use std::net::{IpAddr, SocketAddr};

use ::conformance::conversation::{ClientQuery, PATIENCE};
use ::conformance::mock::Carrier;
use ::conformance::network::Servers;
use anyhow::Context;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream, UdpSocket};
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::timeout;

use super::namespace::{PORT, Places};

/// No message is longer.
const MOST_OCTETS: usize = 65_535;

/// Listens on all addresses of the servers, UDP and TCP, until the process ends.
pub(super) async fn listen(servers: &Servers) -> anyhow::Result<()> {
    for address in servers.addresses().clone() {
        let cannot = || format!("cannot listen on {address}");
        let datagrams = UdpSocket::bind((address, PORT)).await.with_context(cannot)?;
        let connections = TcpListener::bind((address, PORT)).await.with_context(cannot)?;
        tokio::spawn(serve_datagrams(servers.clone(), datagrams, address));
        tokio::spawn(serve_connections(servers.clone(), connections, address));
    }
    Ok(())
}

async fn serve_datagrams(servers: Servers, socket: UdpSocket, address: IpAddr) {
    let mut buffer = vec![0; MOST_OCTETS];
    loop {
        // An error is what came back of an earlier reply to a port that is closed by now.
        let Ok((length, from)) = socket.recv_from(&mut buffer).await else { continue };
        if let Some(reply) = servers.answer(address, &buffer[..length], Carrier::Udp) {
            let _ = socket.send_to(&reply, from).await; // the asker's port may be closed by now
        }
    }
}

async fn serve_connections(servers: Servers, listener: TcpListener, address: IpAddr) {
    loop {
        // An error is a connection that has gone again.
        let Ok((stream, _)) = listener.accept().await else { continue };
        let servers = servers.clone();
        tokio::spawn(async move {
            let _ = servers.serve(stream, address).await; // the peer has left
        });
    }
}

/// Puts a client's question to the resolver from a socket of its own; the answer goes to `arriving`.
pub(super) async fn ask(places: Places, query: ClientQuery, arriving: UnboundedSender<Vec<u8>>) -> io::Result<()> {
    let client = SocketAddr::new(places.client, 0);
    match query.carrier {
        Carrier::Udp => {
            let socket = UdpSocket::bind(client).await?;
            socket.connect(places.resolver).await?;
            socket.send(&query.octets).await?;
            if query.expects_answer {
                tokio::spawn(async move {
                    let mut buffer = vec![0; MOST_OCTETS];
                    // Who waits for the answer tells that none came.
                    if let Ok(Ok(length)) = timeout(PATIENCE, socket.recv(&mut buffer)).await {
                        let _ = arriving.send(buffer[..length].to_vec()); // the conversation may be over by now
                    }
                });
            }
        }
        Carrier::Tcp => {
            let socket = if client.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
            socket.bind(client)?;
            let stream = socket.connect(places.resolver).await?;
            tokio::spawn(async move {
                if let Ok(Ok(answer)) = timeout(PATIENCE, ask_over(stream, &query.octets)).await {
                    let _ = arriving.send(answer); // the conversation may be over by now
                }
            });
        }
    }
    Ok(())
}

async fn ask_over(mut stream: TcpStream, query: &[u8]) -> io::Result<Vec<u8>> {
    let length = u16::try_from(query.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
    stream.write_all(&[&length.to_be_bytes()[..], query].concat()).await?;
    let mut answer = vec![0; usize::from(stream.read_u16().await?)];
    stream.read_exact(&mut answer).await?;
    Ok(answer)
}
