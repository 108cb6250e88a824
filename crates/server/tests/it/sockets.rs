//! Datagrams and connections.

use std::time::Duration;

use proto::{Flags, Message, Rcode, RrType};
use server::Drained;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpStream, UdpSocket};
use tokio::task::JoinSet;

use crate::bench::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn udp_and_tcp_on_one_port_rfc7766_5() {
    let server = Running::new(|_| ());
    for message in
        [ask_udp(server.address, "www.naver.com. A").await, ask_tcp(server.address, "www.naver.com. A").await]
    {
        assert_eq!((message.id, message.rcode(), message.answer.len()), (7, Rcode::NOERROR, 1));
        assert_eq!(&*message.answer[0].rdata, [12, 123, 123, 123]);
        assert!(message.flags.has(Flags::RA | Flags::RD));
    }
    let cut = ask_udp(server.address, "big.naver.com. TXT").await;
    assert!(cut.flags.has(Flags::TC) && cut.answer.is_empty());
    assert_eq!(ask_tcp(server.address, "big.naver.com. TXT").await.answer[0].rtype, RrType::TXT);
    assert_eq!(server.stop().await, Drained::All);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ipv6_is_served_alike() {
    let server = Running::new(|config| config.listen = vec!["[::1]:0".parse().unwrap()]);
    assert_eq!(ask_udp(server.address, "www.naver.com. A").await.answer.len(), 1);
    assert_eq!(ask_tcp(server.address, "www.naver.com. A").await.answer.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_socket_of_a_port_answers() {
    let server = Running::new(|config| config.threads = 8);
    let mut clients = JoinSet::new();
    for number in 0..100 {
        // Which of the sockets gets a datagram depends on the client's port.
        let address = server.address;
        clients.spawn(async move { ask_udp(address, &format!("n{number}.gen.rootwalk.net. A")).await });
    }
    while let Some(message) = clients.join_next().await {
        assert_eq!(message.unwrap().answer.len(), 1);
    }
    assert_eq!(server.stats.datagrams.value(), 100);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pipelined_questions_are_all_answered_rfc7766_6_2_1_1() {
    let server = Running::new(|config| config.tcp.in_flight = 10);
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    for id in 0..200 {
        send_tcp(&mut stream, &query(id, &format!("n{id}.gen.rootwalk.net. A"))).await;
    }
    let mut ids = Vec::new();
    for _ in 0..200 {
        let message = receive_tcp(&mut stream).await.unwrap();
        assert_eq!(message.answer.len(), 1);
        ids.push(message.id);
    }
    ids.sort_unstable();
    assert_eq!(ids, (0..200).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_connection_is_closed_rfc7766_6_2_3() {
    let server = Running::new(|config| config.tcp.idle = Duration::from_millis(50));
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    send_tcp(&mut stream, &query(7, "localhost. A")).await;
    assert!(receive_tcp(&mut stream).await.is_some());
    assert!(receive_tcp(&mut stream).await.is_none());
    assert_eq!(server.stats.connections_idle.value(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fresh_connection_is_served_although_many_are_idle_rfc7766_10() {
    let server = Running::new(|config| {
        config.tcp.connections = 50;
        config.tcp.connections_per_client = 40;
    });
    let mut idle = Vec::new();
    for number in 0..300 {
        let stream = TcpStream::connect(server.address).await.unwrap();
        if number % 2 == 0 {
            stream.writable().await.unwrap();
            let _ = stream.try_write(&[0, 40, 7, 7, 7]); // a query that never comes whole
        }
        idle.push(stream);
    }
    assert_eq!(ask_tcp(server.address, "www.naver.com. A").await.answer.len(), 1);
    let mut oldest = idle.remove(0);
    assert!(receive_tcp(&mut oldest).await.is_none(), "it made room");
    assert_eq!(server.stats.connections_refused.value(), 0);
    assert_eq!(server.stats.connections_evicted.value(), 301 - 40);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strangers_are_refused_over_both_rfc5358_4() {
    let server = Running::new(|config| config.allow = vec!["192.0.2.0/24".parse().unwrap()]);
    assert_eq!(ask_udp(server.address, "localhost. A").await.rcode(), Rcode::REFUSED);
    assert_eq!(ask_tcp(server.address, "localhost. A").await.rcode(), Rcode::REFUSED);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rubbish_harms_nobody() {
    let server = Running::new(|config| config.threads = 1);
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let mut noise: u32 = 1;
    for length in 0..600 {
        let octets: Vec<u8> = (0..length)
            .map(|_| {
                noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (noise >> 24) as u8
            })
            .collect();
        socket.send_to(&octets, server.address).await.unwrap();
    }
    assert_eq!(ask_udp(server.address, "www.naver.com. A").await.answer.len(), 1);
    assert_eq!(server.stats.panics.value(), 0);
    assert!(server.stats.ignored.value() > 100 && server.stats.rejected.value() > 100);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn questions_in_flight_are_answered_at_the_end() {
    let server = Running::new(|_| ());
    let (address, stats) = (server.address, server.stats.clone());
    let mut idle = TcpStream::connect(address).await.unwrap();
    send_tcp(&mut idle, &query(7, "localhost. A")).await;
    assert!(receive_tcp(&mut idle).await.is_some());
    // Its keys are known and how slow it is: what follows does not come too late for a datagram.
    ask_tcp(address, "slow.rootwalk.net. DNSKEY").await;
    let begun = || stats.walks.value() + stats.joined.value();
    let before = begun();
    let over_udp = tokio::spawn(ask_udp(address, "www.slow.rootwalk.net. A"));
    let over_tcp = tokio::spawn(ask_tcp(address, "www.slow.rootwalk.net. A"));
    while begun() < before + 2 {
        tokio::task::yield_now().await;
    }
    let stopping = server.begin_to_stop();
    assert_eq!(over_udp.await.unwrap().answer.len(), 1);
    assert_eq!(over_tcp.await.unwrap().answer.len(), 1);
    assert_eq!(stopping.await.unwrap(), Drained::All);
    assert!(receive_tcp(&mut idle).await.is_none(), "idle connections are not waited for");
    assert!(TcpStream::connect(address).await.is_err(), "nobody listens any more");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_end_does_not_wait_for_ever() {
    let server = Running::new(|config| config.drain = Duration::from_millis(20));
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    socket.send_to(&query(1, "www.alldead.rootwalk.net. A"), server.address).await.unwrap();
    while server.stats.walks.value() == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(server.stop().await, Drained::TimeUp);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_burst_of_datagrams_is_answered_one_by_one_and_counted_whatever_is_ready() {
    for listen in ["127.0.0.1:0", "[::1]:0"] {
        let server = Running::new(|config| config.listen = vec![listen.parse().unwrap()]);
        // The first is ready then, the last is known, and localhost is known to everybody.
        for text in ["www.naver.com. A", "www.naver.com. A", "n1.gen.rootwalk.net. A"] {
            ask_udp(server.address, text).await;
        }
        let before = server.stats.replies.value();
        let socket = UdpSocket::bind((server.address.ip(), 0)).await.unwrap();
        socket.connect(server.address).await.unwrap();
        let texts = ["www.naver.com. A", "WWW.naver.COM. A", "localhost. A", "n1.gen.rootwalk.net. A"];
        for id in 0..200 {
            socket.send(&query(id, texts[usize::from(id) % texts.len()])).await.unwrap();
        }
        let (mut ids, mut buffer) = (Vec::new(), [0; 4096]);
        for _ in 0..200 {
            let length = socket.recv(&mut buffer).await.unwrap();
            let message = Message::parse(&buffer[..length]).unwrap();
            let asked = texts[usize::from(message.id) % texts.len()];
            let echoed = message.question().unwrap();
            assert_eq!(format!("{} {}", echoed.name, echoed.rtype), asked, "its own question, in its own letters");
            assert_eq!(message.answer.len(), 1);
            ids.push(message.id);
        }
        ids.sort_unstable();
        assert_eq!(ids, (0..200).collect::<Vec<_>>());
        assert_eq!(server.stats.replies.value() - before, 200);
        assert_eq!(server.stats.datagrams.value(), 203);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pipelined_questions_that_are_ready_are_answered_in_order_and_counted_rfc7766_6_2_1_1() {
    let server = Running::new(|_| ());
    for _ in 0..2 {
        ask_tcp(server.address, "www.naver.com. A").await;
    }
    let before = server.stats.stream_queries.value();
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let mut octets = Vec::new();
    for id in 0..500 {
        let message = query(id, "www.naver.com. A");
        octets.extend_from_slice(&(message.len() as u16).to_be_bytes());
        octets.extend_from_slice(&message);
    }
    stream.write_all(&octets).await.unwrap();
    for id in 0..500 {
        assert_eq!(receive_tcp(&mut stream).await.unwrap().id, id);
    }
    assert_eq!(server.stats.stream_queries.value() - before, 500);
}
