//! The binary as users and scripts meet it: arguments, configuration, walks, exit codes.

use std::path::Path;
use std::process::{Command, Output};

fn rootwalk(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rootwalk"));
    command.args(arguments).env_remove("NO_COLOR").env("LC_ALL", "C.UTF-8");
    command.output().expect("the binary runs")
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

/// Runs `config check` on a file with this text; gives exit code and what it says.
fn check(text: &str) -> (i32, String) {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("rootwalk.toml");
    std::fs::write(&file, text).expect("written");
    let output = rootwalk(&["config", "check", path(&file)]);
    let said = stderr(&output) + &stdout(&output);
    (output.status.code().expect("no signal"), said.replace(path(&file), "rootwalk.toml"))
}

fn path(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

#[test]
fn a_reader_that_leaves_does_not_change_the_exit_code() {
    let script = r#""$0" walk --lab --lab-latency off no-such-name.naver.com | true; exit "${PIPESTATUS[0]}""#;
    let status = Command::new("bash").args(["-c", script, env!("CARGO_BIN_EXE_rootwalk")]).status().expect("bash runs");
    assert_eq!(status.code(), Some(3), "NXDOMAIN");
}

#[test]
fn a_lossy_lab_shows_silence_and_gets_the_answer_all_the_same() {
    let everything = rootwalk(&["walk", "--lab", "--lab-latency", "off", "--lab-loss", "100", "www.naver.com"]);
    assert_eq!(everything.status.code(), Some(4), "no packet arrives");
    assert!(stdout(&everything).contains("no root server could be reached"), "{}", stdout(&everything));
    let nonsense = rootwalk(&["walk", "--lab", "--lab-loss", "101", "www.naver.com"]);
    assert_eq!(nonsense.status.code(), Some(2));
}

#[test]
fn wrong_configuration_ends_with_2_and_tells_place_key_and_hint() {
    for (text, place, hint) in [
        ("[server]\nlisen = []\n", "rootwalk.toml:2:1: server.lisen: unknown key", "did you mean `listen`?"),
        ("[cache]\nsize = 1\n", "rootwalk.toml:2:8: cache.size: invalid type", "the default is size = \"256MiB\""),
        ("[resolver]\nedns-buffer-size = 99999\n", "rootwalk.toml:2:20: resolver.edns-buffer-size", "1232"),
        ("[dnssec]\n\ntrust-anchors = [\". IN A ::\"]\n", "rootwalk.toml:3:18: dnssec.trust-anchors[0]: . A", "DS or"),
        ("server = [\n", "rootwalk.toml:", "not TOML"),
    ] {
        let (code, said) = check(text);
        assert_eq!(code, 2, "{said}");
        assert!(said.starts_with(&format!("error: {place}")) && said.contains(hint), "{said}");
    }
}

#[test]
fn planned_keys_are_refused_as_such() {
    let (code, said) = check("[metrics]\nlisten = \"127.0.0.1:9153\"\n[control]\nsocket = \"control\"\n");
    assert_eq!(code, 2);
    for key in ["metrics.listen", "control.socket"] {
        assert!(said.contains(&format!("the key {key} is not implemented yet (planned)")), "{said}");
    }
}

#[test]
fn good_configuration_ends_with_0() {
    for text in ["[server]\nlog = \"warn\"\n", "[dnssec]\nsignal-trust-anchors = true\n"] {
        assert_eq!(check(text), (0, "rootwalk.toml: fine\n".to_owned()));
    }
}

#[test]
fn every_command_refuses_a_wrong_configuration_before_it_does_anything() {
    let missing = ["serve", "walk", "show"].map(|command| match command {
        "walk" => rootwalk(&["walk", "x.", "--config", "/no/such/file.toml"]),
        "show" => rootwalk(&["config", "show", "--config", "/no/such/file.toml"]),
        other => rootwalk(&[other, "--config", "/no/such/file.toml"]),
    });
    for output in missing {
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr(&output).contains("cannot read /no/such/file.toml"), "{}", stderr(&output));
    }
}

#[test]
fn what_config_show_prints_is_a_configuration_that_shows_the_same() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("rootwalk.toml");
    std::fs::write(&file, "[cache]\nsize = \"64MiB\"\n[server]\nlisten = [\"127.0.0.1:5399\"]\n").unwrap();
    let first = stdout(&rootwalk(&["config", "show", "--config", path(&file)]));
    assert!(first.contains("size = \"64MiB\"") && first.contains("edns-buffer-size = 1232"), "{first}");
    std::fs::write(&file, &first).unwrap();
    assert_eq!(rootwalk(&["config", "check", path(&file)]).status.code(), Some(0));
    assert_eq!(stdout(&rootwalk(&["config", "show", "--config", path(&file)])), first);
}

#[test]
fn wrong_usage_ends_with_2() {
    for arguments in [
        &["bogus"][..],
        &[],
        &["control", "status"],
        &["walk"],
        &["walk", "a..b"],
        &["walk", "example.com", "NONSENSE"],
        &["walk", "example.com", "AXFR"],
        &["serve", "--listen", "here"],
        &["serve", "--threads", "9999"],
        &["lab", "--zones", "--listen"],
        &["man", "bogus"],
        &["completions", "bogus"],
    ] {
        let output = rootwalk(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(!output.stderr.is_empty() && output.stdout.is_empty(), "{arguments:?}");
    }
    let said = stderr(&rootwalk(&["walk", "a..b"]));
    assert!(said.contains("not a domain name: a label is empty"), "{said}");
}

#[test]
fn help_tells_exit_codes_and_examples() {
    for arguments in [&["--help"][..], &["serve", "--help"], &["walk", "--help"], &["lab", "--help"]] {
        let text = stdout(&rootwalk(arguments));
        assert!(text.contains("Examples:\n  rootwalk ") && text.contains("Exit codes:\n  0  "), "{text}");
    }
    assert!(stdout(&rootwalk(&["completions", "bash"])).contains("_rootwalk"));
    assert!(stdout(&rootwalk(&["man"])).contains(".TH rootwalk 1"));
    assert!(stdout(&rootwalk(&["man", "walk"])).contains(".TH rootwalk-walk 1"));
}

#[test]
fn walk_exit_codes_tell_answers_apart() {
    for (name, rtype, code, says) in [
        ("www.naver.com", "A", 0, "12.123.123.123"),
        ("www.rootwalk.net", "MX", 0, "no data of this type"),
        ("nobody-here.rootwalk.net", "A", 3, "└─ NXDOMAIN"),
        ("www.lame.rootwalk.net", "A", 4, "└─ SERVFAIL"),
    ] {
        let output = rootwalk(&["walk", "--lab", "--lab-latency", "off", name, rtype]);
        let text = stdout(&output);
        assert_eq!(output.status.code(), Some(code), "{text}{}", stderr(&output));
        assert!(text.contains(says), "{text}");
        assert!(!text.contains('\x1b'), "colours without a terminal: {text}");
    }
}

#[test]
fn walk_shows_cuts_servers_records_and_totals() {
    let text = stdout(&rootwalk(&["resolve", "--lab", "--lab-latency", "off", "www.naver.com"]));
    for part in
        ["├─ com.  2 servers, by referral", "├─ naver.com.  4 servers", "127.53.2.", " udp ", "packets (", "budget "]
    {
        assert!(text.contains(part), "{part}:\n{text}");
    }
    assert!(text.lines().last().unwrap().starts_with("└─ NOERROR"), "{text}");
}

#[test]
fn walk_takes_addresses_and_international_names() {
    let reverse = stdout(&rootwalk(&["walk", "--lab", "--lab-latency", "off", "12.123.123.123"]));
    assert!(reverse.starts_with("123.123.123.12.in-addr.arpa. PTR  12.123.123.123\n"), "{reverse}");
    assert!(reverse.contains("www.naver.com."), "{reverse}");
    let korean = stdout(&rootwalk(&["walk", "--lab", "--lab-latency", "off", "www.도메인.kr"]));
    assert!(korean.starts_with("www.xn--"), "{korean}");
}

#[test]
fn walk_as_json_is_one_versioned_document() {
    let output = rootwalk(&["walk", "--lab", "--lab-latency", "off", "--json", "m.naver.com"]);
    assert_eq!(output.status.code(), Some(0));
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).expect("one JSON document");
    assert_eq!(document["version"], 1);
    assert_eq!(document["question"]["name"], "m.naver.com.");
    assert_eq!(document["answer"]["rcode"], "NOERROR");
    assert_eq!(document["answer"]["answer"][0]["type"], "CNAME");
    let entries = document["entries"].as_array().expect("a list");
    let events = |name: &str| entries.iter().filter(|entry| entry["event"] == name).count();
    assert_eq!(entries[0]["event"], "started");
    assert!(events("asked") >= 4 && events("replied") == events("asked"), "{document:#}");
}

#[test]
fn colours_come_when_demanded_and_ascii_without_utf8() {
    let text = stdout(&rootwalk(&["walk", "--lab", "--lab-latency", "off", "--color", "always", "www.naver.com"]));
    assert!(text.contains("\x1b["), "{text}");
    let mut command = Command::new(env!("CARGO_BIN_EXE_rootwalk"));
    command.args(["walk", "--lab", "--lab-latency", "off", "www.naver.com"]).env("LC_ALL", "C");
    assert!(stdout(&command.output().unwrap()).is_ascii());
}

#[test]
fn lab_lists_servers_with_their_sockets_and_prints_zones() {
    let list = stdout(&rootwalk(&["lab"]));
    for part in ["a.root-servers.net.", "naver.com.", "127.53.2.1", "(dead)", "dig +norecurse @", "wildcard"] {
        assert!(list.contains(part), "{part}:\n{list}");
    }
    let zones = stdout(&rootwalk(&["lab", "--zones"]));
    assert!(zones.contains("$ORIGIN naver.com.") && zones.contains("12.123.123.123"), "{zones}");
}

#[test]
fn special_names_are_answered_without_asking_anybody_rfc6761_3() {
    let output = rootwalk(&["walk", "--lab", "--lab-latency", "off", "localhost"]);
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.contains("127.0.0.1") && text.contains("0 packets"), "{text}");
}

/// Who adds one of these removes it here, and sees to its line in `tests/scenarios/advisories/README.md`.
#[test]
fn interfaces_that_are_not_there_are_refused() {
    for text in [
        "[metrics]\nlisten = \"127.0.0.1:9153\"\n",
        "[control]\nsocket = \"rootwalk.sock\"\n",
        "[web]\nlisten = \"127.0.0.1:8053\"\n",
        "[server.tls]\nlisten = [\"127.0.0.1:8853\"]\n",
        "[server.https]\nlisten = [\"127.0.0.1:8443\"]\n",
        "[server.quic]\nlisten = [\"127.0.0.1:8853\"]\n",
    ] {
        let (code, said) = check(text);
        assert!(code == 2 && said.contains("not implemented yet"), "{text}: {said}");
    }
}
