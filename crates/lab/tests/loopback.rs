//! The lab on real sockets of the loopback network.
#![allow(clippy::unwrap_used, reason = "a helper of tests may panic")]

#[path = "support/client.rs"]
mod client;

use std::io;
use std::net::SocketAddr;

use lab::serve::{LabServers, serve};
use lab::{Faults, LabError, Mapped, World};
use proto::{Flags, Question, RrType, Rrset};
use tokio::net::{TcpStream, UdpSocket};
use transport::{Network, UdpFlow};

/// Real sockets, for this test only.
#[derive(Clone)]
struct Loopback;

struct Flow(UdpSocket, SocketAddr);

impl Network for Loopback {
    type Udp = Flow;
    type Tcp = TcpStream;

    async fn udp(&self, to: SocketAddr, _port: u16) -> io::Result<Flow> {
        Ok(Flow(UdpSocket::bind("127.0.0.1:0").await?, to))
    }

    async fn tcp(&self, to: SocketAddr) -> io::Result<TcpStream> {
        TcpStream::connect(to).await
    }
}

impl UdpFlow for Flow {
    async fn send(&mut self, datagram: &[u8]) -> io::Result<()> {
        self.0.send_to(datagram, self.1).await.map(drop)
    }

    async fn recv(&mut self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.0.recv_from(buffer).await
    }
}

fn question(name: &str, rtype: RrType) -> Question {
    Question::new(name.parse().unwrap(), rtype)
}

async fn start(port: u16) -> (LabServers, Mapped<Loopback>) {
    let servers = serve(World::embedded(), Faults::none(), port).await.unwrap();
    let network = Mapped::new(Loopback, servers.addresses());
    (servers, network)
}

#[tokio::test]
async fn every_address_has_a_socket_and_answers_rfc7766_5() {
    let (servers, network) = start(35_301).await;
    let world = World::embedded();
    assert_eq!(servers.map().len(), world.servers().iter().map(|server| server.addresses.len()).sum::<usize>());
    for place in servers.map() {
        let server = world.server_at(place.address).unwrap();
        let to = SocketAddr::new(place.address, 53);
        let apex = &server.zones[0];
        let own = Question::new(apex.clone(), RrType::SOA);
        if server.behaviour.is_good() {
            let reply = client::ask(&network, to, &own).await.unwrap_or_else(|| panic!("{}", server.name));
            assert!(reply.answer.iter().any(|record| record.name == *apex), "{}", server.name);
            let reply = client::over_tcp(&network, to, &client::query(1, &own, None)).await.unwrap();
            assert!(reply.flags.has(Flags::AA), "{}", server.name);
        }
    }
}

#[tokio::test]
async fn ipv6_servers_have_a_loopback_socket_and_big_answers_go_over_tcp() {
    let (servers, network) = start(35_302).await;
    let v6 = servers.map().iter().find(|place| place.server == "ns1.v6.rootwalk.net.".parse().unwrap()).unwrap();
    assert!(v6.address.is_ipv6() && v6.socket.ip().to_string().starts_with("127."));
    let world = World::embedded();
    for (address, question) in [
        ("fd53:0:51::53", question("www.v6.rootwalk.net.", RrType::A)),
        ("127.53.5.53", question("www.spoofed.rootwalk.net.", RrType::A)),
        ("127.53.2.3", question("big.naver.com.", RrType::TXT)),
    ] {
        let to = SocketAddr::new(address.parse().unwrap(), 53);
        let reply = client::ask(&network, to, &question).await.unwrap();
        assert_eq!(Rrset::group(&reply.answer), world.truth(&question).answer);
    }
    let stranger = network.tcp("198.51.100.1:53".parse().unwrap()).await.unwrap_err();
    assert_eq!(stranger.kind(), io::ErrorKind::HostUnreachable);
}

#[tokio::test]
async fn servers_stop_when_dropped_and_a_taken_port_is_an_error() {
    let (servers, _) = start(35_303).await;
    let taken = serve(World::embedded(), Faults::none(), 35_303).await.unwrap_err();
    assert!(matches!(taken, LabError::Bind { .. }), "{taken}");
    drop(servers);
    let again = async {
        loop {
            match serve(World::embedded(), Faults::none(), 35_303).await {
                Ok(servers) => return servers,
                Err(_) => tokio::task::yield_now().await, // tasks end when the runtime gets to them
            }
        }
    };
    let again = tokio::time::timeout(std::time::Duration::from_secs(10), again).await;
    assert!(again.is_ok_and(|servers| !servers.map().is_empty()));
}
