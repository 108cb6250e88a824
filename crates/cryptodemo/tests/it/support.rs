//! Runs the binary, openssl, and the examples of help texts, each in a folder of its own.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// The binary under test.
pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_cryptodemo");

/// A folder that goes when it is dropped.
pub(crate) fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

/// Runs the binary in the folder.
pub(crate) fn cryptodemo(folder: &Path, arguments: &[&str]) -> Output {
    run(folder, BINARY, arguments, b"")
}

/// Runs openssl in the folder with this on its standard input.
pub(crate) fn openssl(folder: &Path, arguments: &[&str], input: &[u8]) -> Output {
    run(folder, "openssl", arguments, input)
}

/// Runs a program in the folder with this on its standard input.
pub(crate) fn run(folder: &Path, program: &str, arguments: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{program}: {error}"));
    let mut stdin = child.stdin.take().expect("piped");
    std::thread::scope(|scope| {
        scope.spawn(move || {
            // A program that does not read its input closes it early.
            let _ = stdin.write_all(input);
        });
        child.wait_with_output().expect("the program ends")
    })
}

/// The exit code; 255 for a signal.
pub(crate) fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or(255)
}

/// What the program said on stderr.
pub(crate) fn complaint(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// What the program wrote on stdout, if it went well.
#[track_caller]
pub(crate) fn stdout(output: Output) -> Vec<u8> {
    assert_eq!(code(&output), 0, "{}", complaint(&output));
    output.stdout
}

/// Checks that the binary refused: its exit code, one line that names the reason, and no output file.
#[track_caller]
pub(crate) fn assert_refused(output: &Output, expected: i32, reason: &str) {
    let said = complaint(output);
    assert_eq!(code(output), expected, "{said}");
    assert!(said.contains(reason), "{said:?} does not tell {reason:?}");
    assert_eq!(said.lines().filter(|line| line.starts_with("error: ")).count(), 1, "{said:?}");
    assert!(!said.contains("panicked"), "{said}");
}

/// Runs the indented lines after "Examples:" of a help text as one shell script, in the folder. What runs in the
/// background has to end too, in two minutes with all the rest.
#[track_caller]
pub(crate) fn run_examples(folder: &Path, help: &str) -> Vec<u8> {
    let (_, examples) = help.split_once("Examples:\n").expect("the help has examples");
    let script: String =
        examples.lines().filter(|line| line.starts_with("  ")).flat_map(|line| [&line[2..], "\n"]).collect();
    assert!(script.contains("cryptodemo "), "{script}");
    let binaries = Path::new(BINARY).parent().and_then(Path::to_str).expect("a folder with a plain name");
    let script = format!(
        "set -e; PATH=\"$1:$PATH\"; export PATH; trap 'test -z \"$!\" || kill $! 2>/dev/null || :' EXIT\n{script}wait\n"
    );
    stdout(run(folder, "timeout", &["120", "sh", "-c", &script, "sh", binaries], b""))
}
