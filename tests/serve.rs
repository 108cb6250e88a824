//! The daemon as clients and init systems meet it: the real binary over loopback sockets.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::time::Duration;

use proto::{Flags, Message, Question, Rcode, RrType};

/// Longer than any deadline of the resolver.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running `rootwalk serve`; killed when dropped.
struct Serving {
    child: Child,
    log: BufReader<ChildStderr>,
    address: SocketAddr,
}

impl Serving {
    /// Starts it on a free port and waits until it says that it listens.
    fn start(arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rootwalk"));
        command.arg("serve").args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary runs");
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().expect("piped")).read_line(&mut line).expect("a line");
        let address = line.strip_prefix("listening on ").and_then(|rest| rest.strip_suffix(" (udp, tcp)\n"));
        let address = address.unwrap_or_else(|| panic!("{line:?}")).parse().expect("an address");
        let log = BufReader::new(child.stderr.take().expect("piped"));
        Self { child, log, address }
    }

    fn on_lab() -> Self {
        Self::start(&["--lab", "--lab-latency", "off", "--listen", "127.0.0.1:0", "--threads", "2"])
    }

    fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([name, &pid]).status().expect("kill runs").success());
    }

    /// Sends a signal; gives the exit code and what was logged.
    fn end(mut self, signal: &str) -> (Option<i32>, String) {
        self.signal(signal);
        let mut log = String::new();
        self.log.read_to_string(&mut log).expect("UTF-8");
        (self.child.wait().expect("it ends").code(), log)
    }

    /// Reads the log up to a line with this text.
    fn wait_for_log(&mut self, text: &str) {
        let mut line = String::new();
        while !line.contains(text) {
            line.clear();
            assert_ne!(self.log.read_line(&mut line).expect("UTF-8"), 0, "{text} was never logged");
        }
    }

    fn ask_udp(&self, name: &str, rtype: RrType) -> Message {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
        socket.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        socket.send_to(&query(name, rtype), self.address).expect("sent");
        let mut buffer = [0; 4096];
        let (length, from) = socket.recv_from(&mut buffer).expect("a reply");
        assert_eq!(from, self.address);
        Message::parse(&buffer[..length]).expect("a message")
    }

    fn ask_tcp(&self, name: &str, rtype: RrType) -> Message {
        let mut stream = TcpStream::connect(self.address).expect("a connection");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        let query = query(name, rtype);
        let length = u16::try_from(query.len()).expect("short").to_be_bytes();
        stream.write_all(&[&length[..], &query].concat()).expect("sent");
        let mut length = [0; 2];
        stream.read_exact(&mut length).expect("a length");
        let mut reply = vec![0; usize::from(u16::from_be_bytes(length))];
        stream.read_exact(&mut reply).expect("a reply");
        Message::parse(&reply).expect("a message")
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn query(name: &str, rtype: RrType) -> Vec<u8> {
    let mut message = Message::query(4711, Question::new(name.parse().expect("a name"), rtype));
    message.flags.set(Flags::RD, true);
    message.to_wire()
}

fn addresses(message: &Message) -> Vec<String> {
    let field = |record: &proto::Record| proto::rdata::present(record.rtype, &record.rdata);
    message.answer.iter().filter(|record| record.rtype == RrType::A).map(field).collect()
}

#[test]
fn lab_is_answered_over_udp_and_tcp_and_signals_end_it_with_0() {
    for signal in ["-TERM", "-INT"] {
        let serving = Serving::on_lab();
        for reply in [serving.ask_udp("www.naver.com.", RrType::A), serving.ask_tcp("www.naver.com.", RrType::A)] {
            assert_eq!(reply.rcode(), Rcode::NOERROR);
            assert!(reply.flags.has(Flags::QR | Flags::RA | Flags::RD) && !reply.flags.has(Flags::AA), "{reply:?}");
            assert_eq!(addresses(&reply), ["12.123.123.123"]);
        }
        assert_eq!(serving.ask_udp("nobody-here.rootwalk.net.", RrType::A).rcode(), Rcode::NXDOMAIN);
        let (code, log) = serving.end(signal);
        assert_eq!(code, Some(0), "{log}");
        assert!(log.contains("try: dig @127.0.0.1 -p "), "{log}");
    }
}

#[test]
fn two_labs_run_side_by_side() {
    let (one, two) = (Serving::on_lab(), Serving::on_lab());
    for serving in [&one, &two] {
        assert_eq!(addresses(&serving.ask_udp("www.naver.com.", RrType::A)), ["12.123.123.123"]);
    }
    // Other tests run labs too, so it is either that finds the loopback sockets taken.
    let log = one.end("-TERM").1 + &two.end("-TERM").1;
    assert!(log.contains("the lab's servers run inside this process instead"), "{log}");
}

#[test]
fn big_answers_come_over_tcp() {
    let serving = Serving::on_lab();
    assert!(serving.ask_udp("big.naver.com.", RrType::TXT).flags.has(Flags::TC));
    let whole = serving.ask_tcp("big.naver.com.", RrType::TXT);
    assert!(!whole.flags.has(Flags::TC));
    assert!(whole.answer[0].rdata.len() > 4096);
}

#[test]
fn configuration_alone_is_enough_and_hangup_only_checks_it_again() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("rootwalk.toml");
    let text = "[server]\nlisten = [\"127.0.0.1:0\"]\nthreads = 1\nidentity = \"test\"\n";
    std::fs::write(&file, text).unwrap();
    let mut serving = Serving::start(&["--config", file.to_str().unwrap()]);
    assert_eq!(addresses(&serving.ask_udp("localhost.", RrType::A)), ["127.0.0.1"]);
    std::fs::write(&file, "[server]\nlisen = []\n").unwrap();
    serving.signal("-HUP");
    serving.wait_for_log("did you mean `listen`?");
    assert_eq!(addresses(&serving.ask_udp("localhost.", RrType::A)), ["127.0.0.1"]);
    assert_eq!(serving.end("-TERM").0, Some(0));
}

#[test]
fn taken_port_ends_with_1_and_tells_who_has_it() {
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = holder.local_addr().unwrap().to_string();
    let output = Command::new(env!("CARGO_BIN_EXE_rootwalk")).args(["serve", "--listen", &address]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains(&format!("error: {address} is taken")) && said.contains("--listen"), "{said}");
    assert!(output.stdout.is_empty());
}
