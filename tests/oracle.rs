//! Every question of the lab over real sockets: the resolver's answer, the oracle's, and what one finds by asking the
//! servers directly, as `dig +trace` does, are the same.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use cache::{Cache, CacheConfig};
use engine::{EngineConfig, Resolver, RootServer, Validation};
use lab::{Behaviour, Faults, Mapped, World};
use proto::{Edns, Flags, Message, Name, Question, Rcode, Record, RrType};
use server::{ListenBy, Server, ServerConfig, SpecialNamesConfig, SpecialNamesMode};
use transport::{Clock, Entropy, Env, OsNetwork};

/// Not the port of `rootwalk lab`, which may be running here.
const PORT: u16 = 5317;
const PATIENCE: Duration = Duration::from_secs(10);
const UDP_PATIENCE: Duration = Duration::from_secs(4);
const UDP_TRIES: usize = 3;

/// Asks one server over UDP, and over TCP if the answer was cut off.
fn ask(server: SocketAddr, question: &Question, flags: u16) -> Message {
    let mut query = Message::query(77, question.clone());
    query.flags.set(flags, true);
    query.edns = Some(Edns::new(1232));
    let socket = UdpSocket::bind(("127.0.0.1", 0)).expect("a socket");
    socket.connect(server).expect("a route");
    socket.set_read_timeout(Some(UDP_PATIENCE)).expect("a timeout");
    let mut buffer = [0; 4096];
    // As every client does (RFC 1035 §4.2.1): what was late for a datagram comes with the next one.
    let mut tries = (0..UDP_TRIES).filter_map(|_| {
        socket.send(&query.to_wire()).expect("sent");
        socket.recv(&mut buffer).ok()
    });
    let length = tries.next().unwrap_or_else(|| panic!("{server} on {question}: no answer"));
    drop(tries);
    let reply = Message::parse(&buffer[..length]).expect("a message");
    if reply.flags.has(Flags::TC) { ask_tcp(server, &query) } else { reply }
}

fn ask_tcp(server: SocketAddr, query: &Message) -> Message {
    let mut stream = TcpStream::connect(server).expect("a connection");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    let wire = query.to_wire();
    stream.write_all(&[&(wire.len() as u16).to_be_bytes()[..], &wire].concat()).expect("sent");
    let mut length = [0; 2];
    stream.read_exact(&mut length).expect("a length");
    let mut reply = vec![0; usize::from(u16::from_be_bytes(length))];
    stream.read_exact(&mut reply).expect("a reply");
    Message::parse(&reply).expect("a message")
}

/// Owner, type and data in a comparable form; the order within a set does not count.
fn content(records: impl IntoIterator<Item = Record>) -> Vec<String> {
    let line = |record: Record| {
        let data = proto::rdata::present(record.rtype, &record.rdata);
        format!("{} {} {data}", record.name.to_lowercase(), record.rtype)
    };
    let mut lines: Vec<String> = records.into_iter().map(line).collect();
    lines.sort();
    lines
}

/// Where the aliases of one reply lead; asked for itself, an alias leads nowhere.
fn end_of_chain(name: &Name, rtype: RrType, records: &[Record]) -> Name {
    let mut name = name.clone();
    for _alias in records {
        let alias = records.iter().find(|record| record.rtype == RrType::CNAME && record.name == name);
        match alias.filter(|_| rtype != RrType::CNAME) {
            Some(alias) => name = proto::rdata::target(&alias.rdata).expect("a name"),
            None => break,
        }
    }
    name
}

/// Asks from the root down, following referrals and aliases; `None` where the way leads over a server with faults.
fn trace(
    world: &World,
    sockets: &dyn Fn(std::net::IpAddr) -> SocketAddr,
    question: &Question,
) -> Option<(Rcode, Vec<String>)> {
    let mut name = question.name.clone();
    let mut found: Vec<Record> = Vec::new();
    for _alias in 0..12 {
        let mut zone = Name::root();
        let reply = loop {
            let good = world.servers_of(&zone).find(|server| server.behaviour == Behaviour::normal())?;
            let asked = Question::new(name.clone(), question.rtype);
            let reply = ask(sockets(good.addresses[0]), &asked, 0);
            let cut =
                reply.authority.iter().find(|record| record.rtype == RrType::NS).map(|record| record.name.clone());
            match cut.filter(|cut| reply.answer.is_empty() && cut.is_below(&zone)) {
                Some(cut) => zone = cut,
                None => break reply,
            }
        };
        let rcode = reply.rcode();
        let target = end_of_chain(&name, question.rtype, &reply.answer);
        let complete = rcode != Rcode::NOERROR
            || target == name
            || question.rtype == RrType::CNAME
            || reply.answer.iter().any(|record| record.rtype == question.rtype && record.name == target)
            || reply.authority.iter().any(|record| record.rtype == RrType::SOA && target.is_at_or_below(&record.name));
        found.extend(reply.answer);
        if complete {
            return Some((rcode, content(found)));
        }
        name = target;
    }
    None
}

/// Validation from the lab's own root.
fn validation() -> Validation {
    let mut validation = Validation::off();
    for anchor in lab::anchors() {
        validation.anchors.add(&anchor).expect("the lab's anchors are DS records");
    }
    validation
}

#[test]
fn resolver_oracle_and_servers_agree_on_every_name_of_the_lab() {
    let world = World::embedded();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    let (lab, bound, resolver) = runtime.block_on(async {
        let lab = lab::serve::serve(world.clone(), Faults::none(), PORT).await.expect("the lab's sockets");
        let net = Mapped::new(OsNetwork::default(), lab.addresses());
        let env = Env { net, clock: Clock::system(), entropy: Entropy::seeded(1) };
        let hints = world.root_servers().into_iter();
        let config = EngineConfig {
            root_hints: hints.map(|(name, addresses)| RootServer { name, addresses }).collect(),
            query_localhost: true,
            validation: validation(),
            ..EngineConfig::default()
        };
        let special_names = SpecialNamesConfig { mode: SpecialNamesMode::Resolved, ..SpecialNamesConfig::default() };
        let listen = vec!["127.0.0.1:0".parse().expect("an address")];
        let config_server =
            ServerConfig { listen, listen_by: ListenBy::User, special_names, ..ServerConfig::default() };
        let bound = Server::bind(config_server).expect("a free port");
        (lab, bound, Resolver::new(env, Arc::new(Cache::new(CacheConfig::default())), config))
    });
    let address = bound.addresses()[0];
    runtime.spawn(bound.run(resolver, std::future::pending()));
    let places = lab.map().to_vec();
    let sockets =
        move |address| places.iter().find(|place| place.address == address).expect("every server has a socket").socket;
    let (mut asked, mut traced) = (0, 0);
    for question in world.questions() {
        let truth = world.truth(&question);
        if truth.is_unanswerable() || !truth.certain {
            continue; // these take seconds each; the simulation asks them in virtual time
        }
        let reply = ask(address, &question, Flags::RD);
        assert!(reply.flags.has(Flags::QR | Flags::RA | Flags::RD) && !reply.flags.has(Flags::AA), "{question}");
        let expected = content(truth.answer.iter().flat_map(proto::Rrset::records));
        assert_eq!((reply.rcode(), content(reply.answer)), (truth.rcode, expected.clone()), "{question}");
        asked += 1;
        if let Some(direct) = trace(&world, &sockets, &question) {
            assert_eq!(direct, (truth.rcode, expected), "{question}, asked from the root down");
            traced += 1;
        }
    }
    assert!(asked > 1000 && traced > 700, "{asked} asked, {traced} traced");
}
