//! `cryptodemo hybrid` without a command.

use serde_json::Value;

use crate::support::{assert_refused, cryptodemo, folder, run_examples, stdout};

fn text(arguments: &[&str]) -> String {
    String::from_utf8(stdout(cryptodemo(folder().path(), arguments))).expect("the output is UTF-8")
}

fn sum(list: &Value, name: &str) -> u64 {
    list.as_array().expect("a list").iter().filter_map(|entry| entry[name].as_u64()).sum()
}

#[test]
fn the_output_is_plain_and_fits_80_columns_without_a_terminal() {
    let printed = text(&["hybrid", "--size", "3000"]);
    for line in printed.lines() {
        assert!(line.chars().count() <= 80, "{} columns: {line}", line.chars().count());
        assert!(!line.contains('\x1b'), "{line:?}");
    }
    assert!(printed.contains("█"), "bars");
    for part in ["Not counted", "A CA signs", "16 chunks", "X25519MLKEM768", "man in the middle", "steals"] {
        assert!(printed.contains(part), "{part}:\n{printed}");
    }
    assert!(text(&["--color", "always", "hybrid", "--size", "1"]).contains("\x1b[1m"));
}

#[test]
fn the_json_parses_and_adds_up() {
    let report: Value = serde_json::from_str(&text(&["--json", "hybrid", "--size", "1000"])).expect("one document");
    let exchange = &report["exchange"];
    let total = exchange["wire_bytes"].as_u64().expect("a number");
    assert_eq!(sum(&exchange["wire"], "bytes"), total);
    assert_eq!(sum(&exchange["steps"], "sent_bytes"), total);
    let counted = exchange["steps"].as_array().expect("a list").iter().filter(|step| step["counted"] == true);
    let times: u64 = counted.filter_map(|step| step["time_ns"].as_u64()).sum();
    assert_eq!(Some(times), exchange["total_ns"].as_u64());
    assert_eq!(report["theft"]["loot"][0]["is_the_message"], true);
    assert_eq!(report["theft"]["loot"][0]["recorded_bytes"].as_u64(), Some(total));
    assert_eq!(report["key_algorithm"], "rsa-2048");
    assert_eq!(report["message_bytes"], 1000);
}

#[test]
fn session_keys_are_printed_only_if_asked_for() {
    for (arguments, expected) in
        [(&["--json", "hybrid", "--size", "1"][..], 0), (&["--json", "hybrid", "--size", "1", "--show-secrets"], 3)]
    {
        let report: Value = serde_json::from_str(&text(arguments)).expect("one document");
        let steps = report["exchange"]["steps"].as_array().expect("a list");
        let secrets: Vec<_> = steps.iter().filter_map(|step| step["secrets"].as_array()).flatten().collect();
        assert_eq!(secrets.len(), expected, "{secrets:?}");
        assert!(secrets.iter().all(|secret| secret[1].as_str().is_some_and(|hex| hex.len() == 64)));
    }
}

#[test]
fn a_file_is_the_message_and_files_that_cannot_be_are_refused() {
    let folder = folder();
    std::fs::write(folder.path().join("note"), b"the words of the file").expect("the folder takes it");
    let report = stdout(cryptodemo(folder.path(), &["--json", "hybrid", "--in", "note"]));
    let report: Value = serde_json::from_slice(&report).expect("one document");
    assert_eq!(report["message_bytes"], 21);
    assert_eq!(report["theft"]["loot"][0]["preview"], "the words of the file");

    let refused = |arguments: &[&str], code, reason| {
        assert_refused(&cryptodemo(folder.path(), arguments), code, reason);
    };
    refused(&["hybrid", "--in", "missing"], 6, "missing");
    refused(&["hybrid", "--in", "."], 6, ".");
    refused(&["hybrid", "--in", "/dev/zero"], 2, "256 MiB");
    refused(&["hybrid", "--size", "257MiB"], 2, "256 MiB");
    refused(&["hybrid", "--size", "much"], 2, "number");
    refused(&["hybrid", "--size", "1", "--in", "note"], 2, "--in");
    refused(&["hybrid", "--key-alg", "ed25519"], 2, "rsa-2048");
}

#[test]
fn the_examples_of_the_help_run() {
    let help = text(&["hybrid", "--help"]);
    assert!(help.lines().all(|line| line.chars().count() <= 80), "{help}");
    assert!(!run_examples(folder().path(), &help).is_empty());
}
