//! `ssl`, `tls explain` and `quic` as commands, and the examples of all commands that open sockets.

use serde_json::Value;

use crate::support::{assert_refused, complaint, cryptodemo, folder, run_examples, stdout};

fn said(arguments: &[&str]) -> String {
    let folder = folder();
    String::from_utf8(stdout(cryptodemo(folder.path(), arguments))).expect("text")
}

fn json(arguments: &[&str]) -> Value {
    serde_json::from_str(&said(&[arguments, &["--json"]].concat())).expect("one JSON document")
}

#[test]
fn ssl_shows_the_five_steps_and_hides_the_key() {
    let text = said(&["ssl", "--message", "meet me at noon"]);
    for step in ["1. B sends", "2. A checks", "3. A makes", "4. B opens", "5. A encrypts", "5. B opens"] {
        assert!(text.contains(step), "{step}: {text}");
    }
    let report = json(&["ssl"]);
    let steps = report["steps"].as_array().expect("a list");
    let order: Vec<_> = steps.iter().map(|step| (step["number"].as_u64(), step["who"].as_str())).collect();
    let expected = [(1, "B"), (2, "A"), (3, "A"), (4, "B"), (5, "A"), (5, "B")];
    assert_eq!(order, expected.map(|(number, who)| (Some(number), Some(who))));
    // The key is there for those who ask only: 32 bytes, another each time.
    let key = |arguments: &[&str]| json(arguments)["symmetric_key"].as_str().map(str::to_owned);
    assert_eq!(key(&["ssl"]), None);
    let shown = [0; 2].map(|_| key(&["ssl", "--show-secrets"]).expect("it was asked for"));
    assert!(shown[0].len() == 64 && shown[0] != shown[1], "{shown:?}");
}

/// RFC 8446 section 2, RFC 5246 section 7.3: what an eavesdropper reads, and how many round trips come first.
#[test]
fn explain_tells_the_handshake_that_was() {
    for (arguments, version, handshake, trips) in [
        (&["--tls", "1.2"][..], "TLS 1.2", "full", 2),
        (&["--tls", "1.2", "--resume"], "TLS 1.2", "resumed", 1),
        (&[], "TLS 1.3", "full", 1),
        (&["--resume"], "TLS 1.3", "resumed", 1),
        (&["--early-data"], "TLS 1.3", "resumed", 0),
    ] {
        let arguments = [&["tls", "explain"], arguments].concat();
        let report = json(&arguments);
        assert_eq!((report["version"].as_str(), report["handshake"].as_str()), (Some(version), Some(handshake)));
        assert_eq!(report["round_trips_before_request"], trips, "{arguments:?}");
        assert_eq!(report["answer"], "B got 19 bytes\n");
        let text = said(&arguments);
        assert!(text.starts_with(&format!("{version}, {handshake} handshake")), "{text}");
        assert!(text.contains("ClientHello") && text.contains("ServerHello"), "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    }
    assert_eq!(json(&["tls", "explain", "--group", "p384"])["group"]["name"], "secp384r1");
}

#[test]
fn quic_tells_six_ways_and_which_can_be_replayed() {
    let report = json(&["quic", "--delay", "0ms"]);
    let ways = report["ways"].as_array().expect("a list");
    let replayable: Vec<_> = ways.iter().map(|way| (way["way"].as_str(), way["replayable"].as_bool())).collect();
    let expected = [
        ("TCP + TLS 1.2", false),
        ("TCP + TLS 1.3", false),
        ("TCP + TLS 1.3 resumed", false),
        ("TCP + TLS 1.3 0-RTT", true),
        ("QUIC 1-RTT", false),
        ("QUIC 0-RTT", true),
    ];
    assert_eq!(replayable, expected.map(|(way, replayable)| (Some(way), Some(replayable))));
    let folder = folder();
    let output = cryptodemo(folder.path(), &["quic", "--delay", "1ms"]);
    assert!(complaint(&output).contains("replayed"), "{}", complaint(&output));
    let text = String::from_utf8(stdout(output)).expect("text");
    assert!(expected.iter().all(|(way, _)| text.contains(way)), "{text}");
}

#[test]
fn requests_without_sense_are_refused() {
    let folder = folder();
    let long = "x".repeat(4097);
    for (arguments, code, reason) in [
        (&["ssl", "--alg", "p256"][..], 2, "--alg"),
        (&["ssl", "--role", "client"], 2, "--ca"),
        (&["ssl", "--role", "client", "--ca", "missing"], 6, "missing"),
        (&["ssl", "--role", "server", "--listen", "192.0.2.1:0", "--ca", "ca.pem"], 7, "loopback"),
        (&["tls", "explain", "--tls", "1.2", "--early-data"], 2, "0-RTT"),
        (&["tls", "explain", "--tls", "1.2", "--group", "x25519mlkem768"], 2, "x25519mlkem768"),
        (&["tls", "explain", "--group", "curve"], 2, "--group"),
        (&["tls", "explain", "localhost:1"], 2, "--ca"),
        (&["tls", "explain", "localhost:1", "--ca", "missing"], 6, "missing"),
        (&["quic", "--delay", "5"], 2, "--delay"),
        (&["quic", "--delay", "1001ms"], 2, "1s"),
        (&["quic", "--message", &long], 2, "4096"),
    ] {
        assert_refused(&cryptodemo(folder.path(), arguments), code, reason);
    }
    assert_eq!(std::fs::read_dir(folder.path()).expect("the folder is there").count(), 0, "something was written");
}

/// As printed, but for the port: another program may have that one.
#[test]
fn the_examples_of_the_help_run() {
    for (command, expected) in [
        (&["ssl"][..], "RSA-3072"),
        (&["tls", "explain"], "X25519MLKEM768"),
        (&["tls", "serve"], "listening on "),
        (&["tls", "connect"], "early data accepted"),
        (&["quic"], "QUIC 0-RTT"),
    ] {
        let folder = folder();
        let mut help = said(&[command, &["--help"]].concat());
        for port in ["4430", "8443"] {
            let free = std::net::TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr());
            let (_, examples) = help.split_once("Examples:\n").expect("the help has examples");
            let examples = examples.replace(port, &free.expect("a port is free").port().to_string());
            help = format!("Examples:\n{examples}");
        }
        let printed = String::from_utf8(run_examples(folder.path(), &help)).expect("text");
        assert!(printed.to_lowercase().contains(&expected.to_lowercase()), "{command:?}: {printed}");
    }
}
