//! Files under disturbance: signals, full disks, places that cannot be written.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::memory::vector_path;
use crate::support::{BINARY, assert_refused, code, complaint, cryptodemo, folder, run, stdout};

/// How large the unfinished output is; `None` if there is none.
fn unfinished(folder: &Path) -> Option<u64> {
    fs::read_dir(folder)
        .expect("the folder is there")
        .filter_map(Result::ok)
        .find(|entry| entry.file_name().to_string_lossy().starts_with(".cryptodemo-"))
        .and_then(|entry| entry.metadata().ok())
        .map(|metadata| metadata.len())
}

#[test]
fn a_signal_leaves_nothing() {
    let certificate = vector_path("test_rsa2048.crt.pem");
    for signal in ["INT", "TERM", "HUP"] {
        let folder = folder();
        fs::write(folder.path().join("out"), "earlier").unwrap();
        // An input without end: the signal always comes in the middle.
        let mut child = Command::new(BINARY)
            .args(["hybrid", "encrypt", "-r", &certificate, "/dev/zero", "out"])
            .current_dir(folder.path())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        while unfinished(folder.path()).is_none_or(|len| len < 1 << 20) {
            assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
            std::thread::yield_now();
        }
        let pid = child.id().to_string();
        assert!(Command::new("kill").args(["-s", signal, &pid]).status().unwrap().success());
        assert_eq!(child.wait().unwrap().code(), Some(130), "SIG{signal}");
        assert_eq!(fs::read(folder.path().join("out")).unwrap(), b"earlier");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "SIG{signal}");
    }
}

#[test]
fn the_help_knows_every_exit_code() {
    let folder = folder();
    let help = String::from_utf8(stdout(cryptodemo(folder.path(), &["--help"]))).unwrap();
    let (_, codes) = help.split_once("Exit codes:\n").unwrap();
    let codes: Vec<_> = codes.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(codes, ["0", "2", "3", "4", "5", "6", "7", "130"]);
    let help = String::from_utf8(stdout(cryptodemo(folder.path(), &["pub", "decrypt", "--help"]))).unwrap();
    assert!(
        help.split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .contains("by its exit code whether the padding was right")
    );
}

/// A write that fails in the middle: the shell's limit on the size of files gives EFBIG, for every user.
#[test]
fn a_failing_write_leaves_nothing() {
    let folder = folder();
    let certificate = vector_path("test_rsa2048.crt.pem");
    let key = vector_path("test_rsa2048.key.der");
    fs::write(folder.path().join("message"), vec![7; 1 << 20]).unwrap();
    for format in ["cms", "chunked"] {
        let sealed = format!("sealed.{format}");
        let encrypt = ["hybrid", "encrypt", "--format", format, "-r", &certificate, "message"];
        stdout(cryptodemo(folder.path(), &[&encrypt[..], &[&sealed]].concat()));
        for arguments in [&encrypt[..], &["hybrid", "decrypt", "-k", &key, &sealed]] {
            let before = fs::read_dir(folder.path()).unwrap().count();
            let script = "trap '' XFSZ; ulimit -f 1000; exec \"$0\" \"$@\"";
            let arguments = [&["-c", script, BINARY][..], arguments, &["out"]].concat();
            let output = run(folder.path(), "sh", &arguments, b"");
            assert_refused(&output, 6, "out: File too large");
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), before, "{format}");
        }
    }
}

#[test]
fn a_full_device_is_an_error() {
    let folder = folder();
    let certificate = vector_path("test_rsa2048.crt.pem");
    fs::write(folder.path().join("message"), "hello").unwrap();
    let output = cryptodemo(folder.path(), &["hybrid", "encrypt", "-r", &certificate, "message", "/dev/full"]);
    assert_refused(&output, 6, "/dev/full: No space left");
}

#[test]
fn places_that_cannot_be_written_are_told() {
    let folder = folder();
    let certificate = vector_path("test_rsa2048.crt.pem");
    fs::write(folder.path().join("message"), "hello").unwrap();
    fs::create_dir(folder.path().join("folder")).unwrap();
    for (input, out) in [("message", "folder"), ("message", "missing/out"), ("missing", "out"), ("folder", "out")] {
        let output = cryptodemo(folder.path(), &["hybrid", "encrypt", "-r", &certificate, input, out]);
        assert_refused(&output, 6, "");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "{input} to {out}");
    }
}

#[test]
fn what_is_written_may_be_what_is_read() {
    let folder = folder();
    let file = folder.path().join("file");
    for format in ["cms", "chunked"] {
        fs::write(&file, vec![9; 200_000]).unwrap();
        let certificate = vector_path("test_rsa2048.crt.pem");
        let key = vector_path("test_rsa2048.key.der");
        let encrypt = ["hybrid", "encrypt", "--format", format, "-r", &certificate, "file", "file"];
        stdout(cryptodemo(folder.path(), &encrypt));
        assert!(fs::read(&file).unwrap() != vec![9; 200_000]);
        stdout(cryptodemo(folder.path(), &["hybrid", "decrypt", "-k", &key, "file", "file"]));
        assert!(fs::read(&file).unwrap() == vec![9; 200_000], "{format}");
    }
}

#[test]
fn results_and_data_do_not_mix() {
    let folder = folder();
    let certificate = vector_path("test_rsa2048.crt.pem");
    fs::write(folder.path().join("message"), "hello").unwrap();
    let encrypt = |out| cryptodemo(folder.path(), &["--json", "hybrid", "encrypt", "-r", &certificate, "message", out]);
    assert_refused(&encrypt("-"), 2, "OUT must be a file");
    let told: serde_json::Value = serde_json::from_slice(&stdout(encrypt("out"))).unwrap();
    assert_eq!((&told["format"], &told["message_bytes"]), (&"cms".into(), &5.into()));
    let output = cryptodemo(folder.path(), &["-q", "hybrid", "encrypt", "-r", &certificate, "message", "out"]);
    assert_eq!((code(&output), complaint(&output)), (0, String::new()));
}
