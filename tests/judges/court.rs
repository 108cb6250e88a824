//! The resolver that is judged, and what the judges need to know of it.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use proto::{RrType, rdata};
use tempfile::TempDir;

/// A running resolver, and the lab's trust anchor in the form of each judge. Ends when dropped.
pub(crate) struct Court {
    child: Child,
    pub(crate) address: SocketAddr,
    files: TempDir,
}

impl Court {
    pub(crate) fn open() -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rootwalk"));
        command.args(["serve", "--lab", "--lab-latency", "off", "--listen", "127.0.0.1:0"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the binary runs");
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().expect("piped")).read_line(&mut line).expect("a line");
        let address = line.strip_prefix("listening on ").and_then(|rest| rest.strip_suffix(" (udp, tcp)\n"));
        let address = address.unwrap_or_else(|| panic!("{line:?}")).parse().expect("an address");
        let court = Self { child, address, files: tempfile::tempdir().expect("a directory") };
        court.write_files();
        court
    }

    /// `trust-anchors { … }` in BIND's form.
    pub(crate) fn delv_anchors(&self) -> PathBuf {
        self.files.path().join("delv.keys")
    }

    /// A configuration that validates, and asks us about everything.
    pub(crate) fn unbound_config(&self) -> PathBuf {
        self.files.path().join("unbound.conf")
    }

    fn write_files(&self) {
        let ds: Vec<String> = lab::anchors().iter().map(|ds| rdata::present(RrType::DS, &ds.rdata)).collect();
        let statement = |ds: &String| {
            let fields: Vec<&str> = ds.splitn(4, ' ').collect();
            format!("    . static-ds {} {} {} \"{}\";\n", fields[0], fields[1], fields[2], fields[3])
        };
        let anchors = format!("trust-anchors {{\n{}}};\n", ds.iter().map(statement).collect::<String>());
        fs::write(self.delv_anchors(), anchors).expect("a file");
        let anchors: String = ds.iter().map(|ds| format!("    trust-anchor: \". IN DS {ds}\"\n")).collect();
        let (ip, port) = (self.address.ip(), self.address.port());
        let config = format!(
            "server:\n    module-config: \"validator iterator\"\n    do-not-query-localhost: no\n{anchors}    \
             local-zone: \"127.in-addr.arpa.\" nodefault\n    local-zone: \"d.f.ip6.arpa.\" nodefault\n\
             forward-zone:\n    name: \".\"\n    forward-addr: {ip}@{port}\n"
        );
        fs::write(self.unbound_config(), config).expect("a file");
    }
}

impl Drop for Court {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
