//! `bench` and `compare` from outside. What is said about times holds for any machine, however busy.

use serde_json::Value;

use super::support::{assert_refused, cryptodemo, folder, stdout};

const DEBUG: bool = cfg!(debug_assertions);

/// As printed in a release build, whose times mean something; a debug build refuses each of them.
#[test]
fn the_examples_of_the_help_run_in_a_release_build_only() {
    for (command, count) in [("bench", 5), ("compare", 4)] {
        let folder = folder();
        let help = String::from_utf8(stdout(cryptodemo(folder.path(), &[command, "--help"]))).expect("text");
        let (_, examples) = help.split_once("Examples:\n").expect("the help has examples");
        let lines: Vec<_> = examples.lines().filter_map(|line| line.strip_prefix("  cryptodemo ")).collect();
        assert_eq!(lines.len(), count, "{help}");
        for line in lines {
            let output = cryptodemo(folder.path(), &line.split(' ').collect::<Vec<_>>());
            if DEBUG {
                assert_refused(&output, 7, "--allow-debug");
            } else {
                assert!(!stdout(output).is_empty(), "{line}");
            }
        }
        let plots = std::fs::read_dir(folder.path()).expect("the folder is there").count();
        assert_eq!(plots, if DEBUG || command == "bench" { 0 } else { 2 });
    }
}

#[test]
fn requests_without_sense_are_refused() {
    let folder = folder();
    for arguments in [
        &["compare", "--plot", "plot.png", "--allow-debug"][..],
        &["compare", "--seconds", "0"],
        &["bench", "sym", "--sizes", "1KB"],
        &["bench", "sym", "--sizes", "65MiB"],
        &["bench", "nothing"],
        &["bench", "tls", "--backend", "rust", "--allow-debug"],
        &["bench", "kex", "--compare-openssl", "--allow-debug"],
    ] {
        assert_refused(&cryptodemo(folder.path(), arguments), 2, "");
    }
    assert_eq!(std::fs::read_dir(folder.path()).expect("the folder is there").count(), 0, "something was written");
}

#[test]
fn bench_tells_samples_iterations_and_environment() {
    let folder = folder();
    let arguments =
        ["bench", "sym", "--allow-debug", "--seconds", "0.01", "--sizes", "32,1KiB", "--backend", "ring", "--json"];
    let document: Value = serde_json::from_slice(&stdout(cryptodemo(folder.path(), &arguments))).expect("one document");
    assert!(document["environment"]["cpu"].is_string() && document["environment"]["build"].is_string());
    assert_eq!(document["parts"][0]["part"], "sym");
    let cases = document["parts"][0]["cases"].as_array().expect("a list");
    // Three algorithms, both directions, two sizes.
    assert_eq!(cases.len(), 12);
    for case in cases {
        assert_eq!(case["backend"], "ring");
        assert!(case["iterations"].as_u64().is_some_and(|count| count >= 1));
        let figures = &case["nanoseconds"];
        assert!(figures["samples"].as_u64().is_some_and(|count| count >= 5));
        let figure = |name: &str| figures[name].as_f64().expect("a number");
        assert!(0.0 < figure("min") && figure("min") <= figure("median") && figure("median") <= figure("max"));
        assert!(figure("spread") >= 0.0);
    }
}

#[test]
fn compare_writes_a_plot_and_a_verdict_from_its_figures() {
    let folder = folder();
    let arguments = ["compare", "--allow-debug", "--seconds", "0.01", "--plot", "plot.svg", "--json"];
    let document: Value = serde_json::from_slice(&stdout(cryptodemo(folder.path(), &arguments))).expect("one document");
    let measured = document["measured"].as_array().expect("a list");
    // RSA: 3 keys by 2 backends; ciphers: AES by 3, three others by one; both directions, 5 sizes.
    assert_eq!(measured.len(), (3 * 2 + 6) * 2 * 5);
    let pairs = document["pairs"].as_array().expect("a list");
    assert_eq!(pairs.len(), 6 * 6 * 2 * 5);
    let factors: Vec<f64> = pairs.iter().filter_map(|pair| pair["factor"].as_f64()).collect();
    let highest = factors.iter().copied().fold(0.0, f64::max);
    assert_eq!(document["range"]["highest"].as_f64(), Some(highest));
    let count = |name: &str| document["range"][name].as_u64().expect("a number");
    assert_eq!(count("below") + count("about") + count("above"), 360);
    assert_eq!(document["groups"].as_array().map(Vec::len), Some(10));
    let plot = std::fs::read_to_string(folder.path().join("plot.svg")).expect("the plot is there");
    assert!(plot.starts_with("<svg") && plot.trim_end().ends_with("</svg>"));
}
