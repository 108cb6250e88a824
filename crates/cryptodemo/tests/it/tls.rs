//! `tls serve` and `tls connect` against openssl and against each other, and what is refused.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use crate::support::{BINARY, assert_refused, complaint, cryptodemo, folder, openssl, stdout};

/// A program in the background that ends by itself after 30 seconds at most, or when it is dropped.
struct Background {
    child: Child,
    stdout: BufReader<ChildStdout>,
    address: String,
}

impl Background {
    /// Starts it, and waits for the line that tells its address.
    fn start(folder: &Path, program: &str, arguments: &[&str], readiness: &str) -> Self {
        let mut child = Command::new("timeout")
            .args(["30", program])
            .args(arguments)
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("coreutils are installed");
        let mut stdout = BufReader::new(child.stdout.take().expect("piped"));
        let mut line = String::new();
        let address = loop {
            line.clear();
            assert_ne!(stdout.read_line(&mut line).expect("readable"), 0, "{program} ended before it was ready");
            if let Some(address) = line.trim().strip_prefix(readiness) {
                break address.to_owned();
            }
        };
        Self { child, stdout, address }
    }

    fn ours(folder: &Path, arguments: &[&str]) -> Self {
        let arguments = [&["tls", "serve", "--listen", "127.0.0.1:0"], arguments].concat();
        Self::start(folder, BINARY, &arguments, "listening on ")
    }

    fn port(&self) -> &str {
        self.address.rsplit(':').next().expect("a port")
    }

    fn localhost(&self) -> String {
        format!("localhost:{}", self.port())
    }

    /// What it still says, until it ends by itself.
    fn rest(&mut self) -> String {
        let mut rest = String::new();
        self.stdout.read_to_string(&mut rest).expect("text");
        rest
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        // SIGTERM, which `timeout` passes on to its child; SIGKILL it could not.
        let _ = Command::new("kill").arg(self.child.id().to_string()).stderr(Stdio::null()).status();
        let _ = self.child.wait();
    }
}

/// RFC 5246, RFC 8446: openssl's client checks our certificate, is answered, and resumes its session.
#[test]
fn openssl_connects_to_serve() {
    let folder = folder();
    let at = folder.path();
    for (flag, version) in [("-tls1_2", "TLS 1.2"), ("-tls1_3", "TLS 1.3")] {
        let ca = format!("{}.pem", &flag[1..]);
        let mut server = Background::ours(at, &["--connections", "2", "--ca-out", &ca]);
        for (session, expected) in [("-sess_out", "full"), ("-sess_in", "resumed")] {
            let connect = format!("127.0.0.1:{}", server.port());
            let arguments = [
                &["s_client", "-connect", &connect, "-servername", "localhost", "-CAfile", &ca][..],
                &["-verify_return_error", "-verify_hostname", "localhost", "-quiet", flag, session, "session"],
            ]
            .concat();
            let said = stdout(openssl(at, &arguments, b"GET / HTTP/1.0\r\n\r\n"));
            let said = String::from_utf8(said).expect("text");
            assert!(said.contains(version), "{said}");
            assert!(said.contains(&format!("handshake     {expected}\n")), "{expected}: {said}");
        }
        let rest = server.rest();
        assert_eq!(rest.lines().filter(|line| line.contains(version)).count(), 2, "{rest}");
    }
}

/// The same the other way round: openssl's server reverses each line.
#[test]
fn connect_speaks_with_openssl() {
    let folder = folder();
    let at = folder.path();
    stdout(cryptodemo(at, &["ca", "init", "ca"]));
    stdout(cryptodemo(at, &["ca", "issue", "ca", "localhost", "--out", "server", "--alg", "rsa-2048"]));
    let arguments = ["s_server", "-accept", "127.0.0.1:0", "-cert", "server.pem", "-key", "server.key", "-rev"];
    for (flag, tls, round_trips) in [("-tls1_2", "1.2", [2, 1]), ("-tls1_3", "1.3", [1, 1])] {
        let server = Background::start(at, "openssl", &[&arguments[..], &[flag]].concat(), "ACCEPT ");
        for provider in ["aws-lc", "ring"] {
            let said = stdout(cryptodemo(
                at,
                &[
                    &["tls", "connect", &server.localhost(), "--ca", "ca/ca.pem", "--send", "abc", "--resume"][..],
                    &["--provider", provider, "--keylog", "secrets", "--json"],
                ]
                .concat(),
            ));
            let said: serde_json::Value = serde_json::from_slice(&said).expect("JSON");
            for (at, kind) in ["full", "resumed"].iter().enumerate() {
                let connection = &said[at]["connection"];
                assert_eq!(said[at]["answer"], "cba\n", "{said}");
                assert_eq!(connection["version"], format!("TLS {tls}"), "{said}");
                assert_eq!(connection["kind"], *kind, "{provider} {said}");
                assert_eq!(connection["timing"]["round_trips_before_data"], round_trips[at], "{provider} {said}");
            }
        }
    }
    let secrets = std::fs::read_to_string(at.join("secrets")).expect("the key log");
    for label in ["CLIENT_RANDOM ", "CLIENT_TRAFFIC_SECRET_0 ", "SERVER_HANDSHAKE_TRAFFIC_SECRET "] {
        assert!(secrets.lines().any(|line| line.starts_with(label)), "{label}");
    }
}

/// RFC 8446 sections 2.3 and 8: early data is taken from a session, needs no round trip, and is left where it is not allowed.
#[test]
fn early_data_needs_a_willing_server() {
    let folder = folder();
    let at = folder.path();
    for (extra, early, round_trips) in [("--early-data", "accepted", 0), ("--tls=1.3", "not-sent", 1)] {
        let ca = format!("{early}.pem");
        let server = Background::ours(at, &["--connections", "2", "--ca-out", &ca, extra]);
        let connect = ["tls", "connect", &server.localhost(), "--ca", &ca, "--early-data", "--delay", "1ms", "--json"];
        let said: serde_json::Value = serde_json::from_slice(&stdout(cryptodemo(at, &connect))).expect("JSON");
        assert_eq!(said[0]["connection"]["early_data"], "not-sent", "{said}");
        assert_eq!(said[1]["connection"]["early_data"], early, "{said}");
        assert_eq!(said[1]["connection"]["timing"]["round_trips_before_data"], round_trips, "{said}");
        assert_eq!(said[1]["answer"], "hello\n", "{said}");
    }
}

/// RFC 5280 section 6.1: certificates that prove nothing end the handshake, with the reason.
#[test]
fn bad_certificates_are_refused() {
    let folder = folder();
    let at = folder.path();
    stdout(cryptodemo(at, &["ca", "init", "ca"]));
    stdout(cryptodemo(at, &["ca", "init", "same-name"]));
    stdout(cryptodemo(at, &["ca", "init", "other", "--name", "other"]));
    for (out, extra, ca, reason) in [
        ("good", "--days=90", "other", "unknown issuer"),
        ("good2", "--days=90", "same-name", "not made with that authority's key"),
        ("expired", "--expired", "ca", "expired"),
        ("early", "--not-yet-valid", "ca", "not yet valid"),
        ("wrong", "--wrong-host", "ca", "another name"),
        ("self", "--self-signed", "ca", "unknown issuer"),
    ] {
        stdout(cryptodemo(at, &["ca", "issue", "ca", "localhost", "--out", out, extra]));
        let (cert, key, ca) = (format!("{out}.pem"), format!("{out}.key"), format!("{ca}/ca.pem"));
        let server = Background::ours(at, &["--connections", "2", "--cert", &cert, "--key", &key]);
        let refused = cryptodemo(at, &["tls", "connect", &server.localhost(), "--ca", &ca]);
        assert_refused(&refused, 3, reason);
        let insecure = cryptodemo(at, &["tls", "connect", &server.localhost(), "--insecure-no-verify", "--quiet"]);
        assert!(complaint(&insecure).contains("NO CERTIFICATE IS CHECKED"), "{}", complaint(&insecure));
        stdout(insecure);
    }
}

#[test]
fn peers_that_do_not_speak_tls() {
    let folder = folder();
    let at = folder.path();
    stdout(cryptodemo(at, &["ca", "init", "ca"]));
    let connect = |port: u16| cryptodemo(at, &["tls", "connect", &format!("localhost:{port}"), "--ca", "ca/ca.pem"]);
    for (says, reason) in [(&b"220 mail.example ESMTP ready\r\n"[..], "not TLS"), (b"", "without a word")] {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let peer = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("somebody connects");
            // The hello is read first, so that closing does not reset the connection.
            let _ = stream.read(&mut [0; 16_384]);
            let _ = stream.write_all(says);
        });
        assert_refused(&connect(port), 4, reason);
        peer.join().expect("no panic");
    }
    let port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("bound").port();
    assert_refused(&connect(port), 6, "refused");
}

/// A client that does not speak TLS costs its own connection only.
#[test]
fn serve_survives_garbage() {
    let folder = folder();
    let at = folder.path();
    let mut server = Background::ours(at, &["--connections", "2", "--ca-out", "ca.pem"]);
    let mut stream = std::net::TcpStream::connect(format!("127.0.0.1:{}", server.port())).expect("it listens");
    stream.write_all(b"GET / HTTP/1.0\r\n\r\n").expect("sent");
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    // RFC 8446 section 6: content type 21 is an alert.
    assert_eq!(answer.first(), Some(&21), "{answer:?}");
    stdout(cryptodemo(at, &["tls", "connect", &server.localhost(), "--ca", "ca.pem"]));
    assert_eq!(server.rest().lines().filter(|line| line.contains("TLS 1.3")).count(), 1);
}

/// Both ends derive the same secrets (RFC 8446 section 7.1), so both files have the same lines.
#[test]
fn both_ends_log_the_same_secrets() {
    let folder = folder();
    let at = folder.path();
    let mut server = Background::ours(at, &["--once", "--ca-out", "ca.pem", "--keylog", "server.log"]);
    let arguments = ["tls", "connect", &server.localhost(), "--ca", "ca.pem", "--keylog", "client.log"];
    stdout(cryptodemo(at, &arguments));
    server.rest();
    let lines = |name: &str| {
        let text = std::fs::read_to_string(at.join(name)).expect("it was written");
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    assert_eq!(lines("server.log"), lines("client.log"));
    assert!(lines("server.log").iter().any(|line| line.starts_with("CLIENT_TRAFFIC_SECRET_0 ")));
}

/// A server that ran out of file descriptors serves again when connections end.
#[test]
fn too_many_connections_do_not_end_the_server() {
    let folder = folder();
    let at = folder.path();
    let script = "ulimit -n 24; exec timeout 30 \"$0\" tls serve --listen 127.0.0.1:0 --ca-out ca.pem";
    let mut child = Command::new("sh")
        .args(["-c", script, BINARY])
        .current_dir(at)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("there is a shell");
    let mut said = BufReader::new(child.stdout.take().expect("piped"));
    let mut warned = BufReader::new(child.stderr.take().expect("piped"));
    let mut line = String::new();
    said.read_line(&mut line).expect("readable");
    let address = line.trim().strip_prefix("listening on ").expect("its address").to_owned();
    let idle: Vec<_> = (0..40).map(|_| std::net::TcpStream::connect(&address).expect("it listens")).collect();
    let mut warning = String::new();
    warned.read_line(&mut warning).expect("readable");
    assert!(warning.contains("Too many open files"), "{warning}");
    drop(idle);
    let connected = cryptodemo(at, &["tls", "connect", &address, "--name", "localhost", "--ca", "ca.pem"]);
    let _ = Command::new("kill").arg(child.id().to_string()).status();
    let _ = child.wait();
    stdout(connected);
}
