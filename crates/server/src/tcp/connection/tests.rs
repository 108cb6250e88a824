use super::*;
use std::net::IpAddr;
use std::time::Duration;

use lab::SimNetwork;
use proto::{Edns, Flags, Message, OptionCode, Rcode};
use tokio::io::{AsyncReadExt, DuplexStream};
use tokio::task::JoinHandle;

use crate::client::ClientKey;
use crate::config::TcpLimits;
use crate::tcp::Connections;
use crate::testing::{Bench, query};

/// Octets that the network between client and server holds.
const WINDOW: usize = 8192;

struct Conversation {
    bench: Bench,
    stream: DuplexStream,
    connections: Arc<Connections>,
    end: JoinHandle<End>,
    stop: Option<watch::Sender<()>>,
    began: Instant,
}

impl Conversation {
    fn new(change: impl FnOnce(&mut TcpLimits)) -> Self {
        let bench = Bench::new(|_| ());
        let mut limits = TcpLimits::default();
        change(&mut limits);
        let connections = Connections::new(limits, bench.stats.clone());
        let address = SocketAddr::from(([127, 0, 0, 1], 4000));
        let ticket = connections.admit(ClientKey::of(address.ip())).unwrap();
        let (stream, server) = tokio::io::duplex(WINDOW);
        let (stop, stopping) = watch::channel(());
        let service: Arc<Service<SimNetwork>> = bench.service.clone();
        let end = tokio::spawn(serve(server, address, service, ticket, stopping));
        let began = connections.now();
        Self { bench, stream, connections, end, stop: Some(stop), began }
    }

    async fn send(&mut self, octets: &[u8]) {
        self.stream.write_all(octets).await.unwrap();
    }

    async fn receive(&mut self) -> Message {
        let mut octets = vec![0; usize::from(self.stream.read_u16().await.unwrap())];
        self.stream.read_exact(&mut octets).await.unwrap();
        Message::parse(&octets).unwrap()
    }

    /// How the connection ended, after how many milliseconds.
    async fn end(self) -> (End, u128) {
        let Self { end, stream, connections, began, bench: _bench, stop: _stop } = self;
        let end = end.await.unwrap();
        drop(stream);
        (end, (connections.now() - began).as_millis())
    }
}

fn pipelined(texts: &[&str]) -> Vec<u8> {
    let numbered = texts.iter().zip(1..);
    numbered.flat_map(|(text, id)| framed(&query(id, text))).collect()
}

fn framed(message: &[u8]) -> Vec<u8> {
    let mut outgoing = Outgoing::default();
    outgoing.push(message);
    outgoing.octets().to_vec()
}

#[tokio::test(start_paused = true)]
async fn answers_come_out_of_order_rfc7766_7() {
    let mut client = Conversation::new(|_| ());
    client.send(&pipelined(&["www.slow.rootwalk.net. A", "www.naver.com. A", "localhost. A"])).await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        let message = client.receive().await;
        assert_eq!((message.rcode(), message.answer.len()), (Rcode::NOERROR, 1), "{}", message.id);
        ids.push(message.id);
    }
    assert_eq!(ids, [3, 2, 1]);
}

#[tokio::test(start_paused = true)]
async fn a_query_may_come_octet_by_octet_rfc7766_8() {
    let mut client = Conversation::new(|_| ());
    for octet in pipelined(&["localhost. A"]) {
        client.send(&[octet]).await;
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(client.receive().await.id, 1);
}

#[tokio::test(start_paused = true)]
async fn idle_connections_are_closed_rfc7766_6_2_3() {
    assert_eq!(Conversation::new(|_| ()).end().await, (End::Idle, 10_000));
    let mut client = Conversation::new(|limits| limits.idle = Duration::from_secs(4));
    tokio::time::sleep(Duration::from_secs(3)).await;
    client.send(&pipelined(&["localhost. A"])).await;
    client.receive().await;
    assert_eq!(client.end().await, (End::Idle, 7_000), "counted from the last answer");
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_waits_for_us_is_not_idle_rfc7766_6_2_3() {
    let mut client = Conversation::new(|limits| limits.idle = Duration::from_millis(100));
    client.send(&pipelined(&["www.slow.rootwalk.net. A"])).await;
    assert_eq!(client.receive().await.rcode(), Rcode::NOERROR);
    let (end, after) = client.end().await;
    assert!(end == End::Idle && after > 600, "{end:?} after {after} ms");
}

#[tokio::test(start_paused = true)]
async fn half_a_query_is_not_waited_for_long_rfc7766_6_2_3() {
    let mut silent = Conversation::new(|_| ());
    silent.send(&pipelined(&["localhost. A"])[..9]).await;
    assert_eq!(silent.end().await, (End::HalfSent, 3_000));
    let mut dripping = Conversation::new(|_| ());
    for octet in &pipelined(&["localhost. A"])[..5] {
        dripping.send(&[*octet]).await;
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    let stats = dripping.bench.stats.clone();
    assert_eq!(dripping.end().await, (End::HalfSent, 3_000), "drops do not prolong it");
    assert_eq!(stats.connections_half_sent.value(), 1);
}

#[tokio::test(start_paused = true)]
async fn every_query_has_its_own_time_to_come_whole() {
    let mut client = Conversation::new(|_| ());
    let octets = pipelined(&["localhost. A"; 4]);
    for part in octets.chunks(octets.len() / 4 + 3) {
        client.send(part).await;
        tokio::time::sleep(Duration::from_secs(2)).await;
    }
    for id in 1..=4 {
        assert_eq!(client.receive().await.id, id);
    }
}

#[tokio::test(start_paused = true)]
async fn without_room_for_questions_nothing_is_read_rfc7766_10() {
    let mut client = Conversation::new(|limits| limits.in_flight = 1);
    let many = pipelined(&["www.alldead.rootwalk.net. A"; 1000]);
    assert!(many.len() > 3 * (WINDOW + READ_OCTETS));
    let sent = timeout(Duration::from_millis(100), client.stream.write_all(&many)).await;
    assert!(sent.is_err(), "the client has to wait");
    assert_eq!(client.bench.service.in_flight(), 1);
}

#[tokio::test(start_paused = true)]
async fn so_many_questions_in_flight_and_no_more_rfc7766_6_2_2() {
    let mut client = Conversation::new(|limits| limits.in_flight = 3);
    let texts: Vec<String> = (0..10).map(|n| format!("n{n}.alldead.rootwalk.net. A")).collect();
    client.send(&pipelined(&texts.iter().map(String::as_str).collect::<Vec<_>>())).await;
    tokio::time::sleep(Duration::from_millis(10)).await;
    assert_eq!(client.bench.service.in_flight(), 3);
    let mut ids: Vec<u16> = Vec::new();
    for _ in 0..10 {
        ids.push(client.receive().await.id);
        assert!(client.bench.service.in_flight() <= 3);
    }
    ids.sort_unstable();
    assert_eq!(ids, (1..=10).collect::<Vec<_>>(), "all are answered in the end");
}

#[tokio::test(start_paused = true)]
async fn who_does_not_collect_is_not_read_and_then_left_rfc7766_10() {
    let mut client = Conversation::new(|_| ());
    client.send(&pipelined(&["big.naver.com. TXT"])).await;
    assert_eq!(client.receive().await.answer.len(), 1);
    let before = client.bench.stats.replies.value();
    let many = pipelined(&["big.naver.com. TXT"; 100]);
    client.send(&many).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let written = client.bench.stats.replies.value() - before;
    assert!(written <= 3, "{written} replies of over 4 KB for a window of 8 KB");
    let stats = client.bench.stats.clone();
    let (end, after) = client.end().await;
    assert!(end == End::Stuck && after < 6_000, "{end:?} after {after} ms");
    assert_eq!(stats.connections_stuck.value(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_has_said_all_is_still_answered_rfc7766_6_2_3() {
    let mut client = Conversation::new(|_| ());
    client.send(&pipelined(&["www.naver.com. A"])).await;
    client.stream.shutdown().await.unwrap();
    assert_eq!(client.receive().await.answer.len(), 1);
    assert_eq!(client.end().await.0, End::Closed);
}

#[tokio::test(start_paused = true)]
async fn what_is_no_query_ends_the_connection_rfc7766_8() {
    let mut client = Conversation::new(|_| ());
    client.send(&framed(b"GET / HT")).await;
    assert_eq!(client.end().await, (End::Nonsense, 0));
}

#[tokio::test(start_paused = true)]
async fn at_the_end_what_was_asked_is_answered() {
    let mut client = Conversation::new(|_| ());
    client.send(&pipelined(&["www.naver.com. A"])).await;
    tokio::time::sleep(Duration::from_millis(5)).await;
    client.stop = None;
    assert_eq!(client.receive().await.answer.len(), 1);
    assert_eq!(client.end().await.0, End::Stopping);
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_gives_way_at_once_rfc7766_6_2_2() {
    let mut client = Conversation::new(|limits| limits.connections = 1);
    client.send(&pipelined(&["localhost. A"])[..9]).await;
    tokio::time::sleep(Duration::from_millis(5)).await;
    let other: IpAddr = [192, 0, 2, 9].into();
    assert!(client.connections.admit(ClientKey::of(other)).is_some());
    assert_eq!(client.end().await, (End::Evicted, 5));
}

#[tokio::test(start_paused = true)]
async fn the_idle_time_is_told_rfc7828_3_3_2() {
    let mut client = Conversation::new(|_| ());
    let mut asked = Message::parse(&query(7, "localhost. A")).unwrap();
    asked.edns.as_mut().map(|edns: &mut Edns| edns.options.push((OptionCode::TCP_KEEPALIVE, vec![]))).unwrap();
    client.send(&framed(&asked.to_wire())).await;
    let reply = client.receive().await;
    assert_eq!(reply.edns.unwrap().option(OptionCode::TCP_KEEPALIVE), Some(&[0, 100][..]));
    assert!(!reply.flags.has(Flags::TC));
}
