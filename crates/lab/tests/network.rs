//! The simulated network: what it does to packets, and that it does the same again.
#![allow(clippy::unwrap_used, reason = "a helper of tests may panic")]

#[path = "support/client.rs"]
mod client;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use lab::{Behaviour, Conduct, Faults, Forgery, Latency, Sent, SimNetwork, Strangers, TcpHabit, World};
use proto::{Message, Question, RrType, Rrset};
use transport::{Clock, Entropy, Network, UdpFlow};

fn question(name: &str) -> Question {
    Question::new(name.parse().unwrap(), RrType::A)
}

fn at(address: &str) -> SocketAddr {
    SocketAddr::new(address.parse().unwrap(), 53)
}

fn network(faults: Faults, seed: u64) -> SimNetwork {
    SimNetwork::new(World::embedded(), faults, Entropy::seeded(seed))
}

/// Sends one question; the time to the reply, if there is one.
async fn round_trip(network: &SimNetwork, to: SocketAddr) -> Option<Duration> {
    let clock = Clock::system();
    let start = clock.now();
    let query = client::query(1, &question("com."), None);
    client::over_udp(network, to, &query).await.map(|_| clock.now() - start)
}

#[tokio::test(start_paused = true)]
async fn every_server_that_serves_tells_the_truth_about_its_zones() {
    let world = World::embedded();
    let network = SimNetwork::new(world.clone(), Faults::none(), Entropy::seeded(1));
    let mut asked = 0;
    for question in world.questions() {
        let truth = world.truth(&question);
        let apex = question.name.ancestors().find(|name| world.zone(name).is_some()).unwrap();
        for server in world.servers_of(&apex).filter(|server| server.behaviour.is_good()) {
            if truth.is_unanswerable() || question.rtype == RrType::DS || !server.behaviour.lies.is_empty() {
                continue;
            }
            let to = SocketAddr::new(server.addresses[0], 53);
            let reply = client::ask(&network, to, &question).await;
            let reply = reply.unwrap_or_else(|| panic!("{question} at {}", server.name));
            let sets = Rrset::group(&reply.answer);
            assert!(truth.answer.starts_with(&sets), "{question} at {}: {sets:?}", server.name);
            assert!(!sets.is_empty() || truth.answer.is_empty(), "{question} at {}", server.name);
            asked += 1;
        }
    }
    assert!(asked > 1000, "{asked}");
}

#[tokio::test(start_paused = true)]
async fn latency_is_by_level() {
    let network = network(Faults::default(), 1);
    let tolerance = Duration::from_millis(1); // the clock's grain
    for (server, level) in [("127.53.0.1", 20), ("127.53.1.1", 30), ("127.53.2.1", 40)] {
        let took = round_trip(&network, at(server)).await.unwrap();
        assert!(took.abs_diff(Duration::from_millis(level)) <= tolerance, "{server}: {took:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_server_thinks_and_a_forger_does_not() {
    let network = network(Faults::default(), 1);
    let (clock, to) = (Clock::system(), at("127.53.2.1"));
    let delay = Duration::from_millis(500);
    network.set_behaviour(to.ip(), Behaviour { delay, forgeries: vec![Forgery::Id(1)], ..Behaviour::normal() });
    let mut flow = network.udp(to, 4000).await.unwrap();
    let start = clock.now();
    flow.send(&client::query(1, &question("www.naver.com."), None).to_wire()).await.unwrap();
    for expected in [20, 540] {
        flow.recv(&mut [0; 512]).await.unwrap();
        let took = clock.now() - start;
        assert!(took.abs_diff(Duration::from_millis(expected)) <= Duration::from_millis(2), "{took:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn loss_hits_the_share_of_packets_that_was_asked_for() {
    let network = network(Faults { loss: 0.2, ..Faults::none() }, 5);
    let mut answered = 0;
    for _ in 0..1000 {
        answered += u32::from(round_trip(&network, at("127.53.0.1")).await.is_some());
    }
    // There and back: 64 % come through; four standard deviations are 6 %.
    assert!((580..700).contains(&answered), "{answered}");
}

/// A conversation with several servers; the log with its times.
async fn converse(seed: u64) -> (Vec<Sent>, Vec<Option<Duration>>) {
    let faults = Faults { latency: Latency::default(), jitter: 0.5, loss: 0.3 };
    let network = network(faults, seed);
    let mut took = Vec::new();
    for number in 0..40 {
        let address = ["127.53.0.1", "127.53.1.1", "fd53:0:2::53", "127.53.4.1"][number % 4];
        took.push(round_trip(&network, at(address)).await);
    }
    (network.log(), took)
}

#[tokio::test(start_paused = true)]
async fn same_seed_same_log() {
    let first = converse(3).await;
    assert_eq!(first, converse(3).await);
    assert_ne!(first.1, converse(4).await.1);
}

#[tokio::test(start_paused = true)]
async fn servers_die_and_come_back_and_everything_is_counted() {
    let network = network(Faults::none(), 1);
    let root: IpAddr = "127.53.0.1".parse().unwrap();
    assert!(round_trip(&network, at("127.53.0.1")).await.is_some());
    network.kill(root);
    assert!(round_trip(&network, at("127.53.0.1")).await.is_none());
    assert!(round_trip(&network, at("fd53:0:1::53")).await.is_some(), "its other address lives on");
    network.set_behaviour(root, Behaviour::of(Conduct::Refuses));
    let query = client::query(1, &question("com."), None);
    let refused = client::over_udp(&network, at("127.53.0.1"), &query).await.unwrap();
    assert_eq!(refused.rcode(), proto::Rcode::REFUSED);
    network.heal(root);
    assert!(round_trip(&network, at("127.53.0.1")).await.is_some());
    assert_eq!((network.packets_to(root), network.packets_sent()), (4, 5));
    assert_eq!(network.log()[2].to, at("fd53:0:1::53"));
    assert_eq!(network.log()[2].question, Some(question("com.")));
}

#[tokio::test(start_paused = true)]
async fn ipv6_can_be_cut() {
    let network = network(Faults::none(), 1);
    network.cut_ipv6();
    assert!(round_trip(&network, at("fd53:0:1::53")).await.is_none());
    assert!(round_trip(&network, at("127.53.0.1")).await.is_some());
    network.heal_ipv6();
    assert!(round_trip(&network, at("fd53:0:1::53")).await.is_some());
}

#[tokio::test(start_paused = true)]
async fn where_nobody_lives_is_silence_or_refusal() {
    let network = network(Faults::none(), 1);
    assert!(round_trip(&network, at("192.0.2.1")).await.is_none());
    network.set_strangers(Strangers::Unreachable);
    let refused = network.udp(at("192.0.2.1"), 4000).await.unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::HostUnreachable);
}

#[tokio::test(start_paused = true)]
async fn forged_replies_arrive_first_and_show_their_source_rfc5452_3() {
    let network = network(Faults::default(), 1);
    let to = at("127.53.5.53");
    let mut flow = network.udp(to, 4000).await.unwrap();
    flow.send(&client::query(9, &question("www.spoofed.rootwalk.net."), None).to_wire()).await.unwrap();
    let mut buffer = [0; 512];
    let mut arrived = Vec::new();
    for _ in 0..8 {
        let (length, from) = flow.recv(&mut buffer).await.unwrap();
        arrived.push((from, Message::parse(&buffer[..length]).ok()));
    }
    let truth = World::embedded().truth(&question("www.spoofed.rootwalk.net.")).answer;
    let (from, last) = arrived.pop().unwrap();
    assert_eq!((from, Rrset::group(&last.unwrap().answer)), (to, truth));
    assert!(arrived.iter().any(|(from, _)| from.ip() != to.ip()));
    assert!(arrived.iter().any(|(from, _)| from.ip() == to.ip() && from.port() != to.port()));
}

#[tokio::test(start_paused = true)]
async fn tcp_habits() {
    let network = network(Faults::none(), 1);
    let to = at("127.53.2.1");
    let query = client::query(1, &question("www.naver.com."), None);
    let habit = |tcp| network.set_behaviour(to.ip(), Behaviour { tcp, ..Behaviour::normal() });
    assert_eq!(client::over_tcp(&network, to, &query).await.unwrap().answer.len(), 1);
    for (tcp, error) in [
        (TcpHabit::Refuses, std::io::ErrorKind::ConnectionRefused),
        (TcpHabit::Silent, std::io::ErrorKind::TimedOut),
        (TcpHabit::Closes, std::io::ErrorKind::UnexpectedEof),
        (TcpHabit::Drips, std::io::ErrorKind::TimedOut),
    ] {
        habit(tcp);
        assert_eq!(client::over_tcp(&network, to, &query).await.unwrap_err().kind(), error, "{tcp:?}");
    }
    habit(TcpHabit::Truncates);
    let cut = client::over_tcp(&network, to, &query).await.unwrap();
    assert!(cut.flags.has(proto::Flags::TC));
    network.kill(to.ip());
    let dead = client::over_tcp(&network, to, &query).await.unwrap_err();
    assert_eq!(dead.kind(), std::io::ErrorKind::TimedOut);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_wait_loses_no_datagram() {
    let network = network(Faults::default(), 1);
    let mut flow = network.udp(at("127.53.2.1"), 4000).await.unwrap();
    flow.send(&client::query(1, &question("www.naver.com."), None).to_wire()).await.unwrap();
    let mut buffer = [0; 512];
    assert!(tokio::time::timeout(Duration::from_millis(5), flow.recv(&mut buffer)).await.is_err());
    assert!(flow.recv(&mut buffer).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn behaviours_known_to_the_oracle_are_those_of_the_servers() {
    let dead = World::embedded()
        .with_behaviours(|server| server.zones.contains(&"naver.com.".parse().unwrap()).then(Behaviour::dead));
    assert!(dead.truth(&question("www.naver.com.")).is_unanswerable());
    let network = SimNetwork::new(Arc::clone(&dead), Faults::none(), Entropy::seeded(1));
    assert!(client::ask(&network, at("127.53.2.1"), &question("www.naver.com.")).await.is_none());
}
