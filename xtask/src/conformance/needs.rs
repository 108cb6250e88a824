//! What a run needs of the machine, and what to do where it is missing.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

/// Commands, and the Debian packages that have them.
const COMMANDS: [(&str, &str); 5] = [
    ("ip", "iproute2"),
    ("unshare", "util-linux"),
    ("setpriv", "util-linux"),
    ("kill", "procps"),
    ("timeout", "coreutils"),
];
/// Where Debian has libfaketime; the variant for programs with threads comes first.
const LIBRARIES: [&str; 2] = ["faketime/libfaketimeMT.so.1", "faketime/libfaketime.so.1"];
/// Where Debian has libraries; below, one folder for each architecture.
const LIBRARY_FOLDER: &str = "/usr/lib";

/// What was found.
#[derive(Debug)]
pub(super) struct Needs {
    /// The binary to test.
    pub(super) binary: PathBuf,
    /// The library that fakes the time.
    pub(super) libfaketime: PathBuf,
}

impl Needs {
    /// Looks for everything, and builds the binary unless one is named.
    pub(super) fn find(binary: Option<&Path>, libfaketime: Option<&Path>) -> anyhow::Result<Self> {
        let owner = fs::metadata("/proc/self").context("network namespaces are Linux's: /proc/self is missing")?;
        if owner.uid() != 0 {
            bail!(
                "only root may make network namespaces; as another user run the scenarios in process: \
                 cargo test -p rootwalk-conformance"
            );
        }
        for (command, package) in COMMANDS {
            let found = Command::new(command).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
            found.with_context(|| format!("there is no {command}: apt-get install {package}"))?;
        }
        let libfaketime = match libfaketime {
            Some(path) => path.to_owned(),
            None => find_library().context("there is no libfaketime: apt-get install libfaketime, or --libfaketime")?,
        };
        let binary = match binary {
            Some(path) => path.to_owned(),
            None => build()?,
        };
        for (file, hint) in [
            (&binary, "without --binary, rootwalk is built by itself"),
            (&libfaketime, "without --libfaketime, the one of the Debian package is taken"),
        ] {
            fs::metadata(file).with_context(|| format!("cannot use {}; {hint}", file.display()))?;
        }
        // Inside the namespace nothing is looked up in PATH.
        Ok(Self { binary: fs::canonicalize(binary)?, libfaketime: fs::canonicalize(libfaketime)? })
    }
}

fn find_library() -> Option<PathBuf> {
    let architectures: Vec<PathBuf> = fs::read_dir(LIBRARY_FOLDER).ok()?.flatten().map(|entry| entry.path()).collect();
    let candidates = LIBRARIES.iter().flat_map(|name| architectures.iter().map(move |folder| folder.join(name)));
    candidates.into_iter().find(|path| path.exists())
}

/// The folder that cargo put us in: the binary of the same profile lies beside us.
pub(super) fn build_folder() -> anyhow::Result<PathBuf> {
    let ours = std::env::current_exe().context("cannot find myself")?;
    Ok(ours.parent().context("a program lies in a folder")?.to_owned())
}

/// A binary that lay about might be an old one.
fn build() -> anyhow::Result<PathBuf> {
    let folder = build_folder()?;
    let mut command = Command::new(env!("CARGO"));
    command.args(["build", "--quiet", "--locked", "--package", "rootwalk", "--bin", "rootwalk"]);
    command.args(folder.ends_with("release").then_some("--release"));
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let status = command.current_dir(root).status().context("cannot run cargo; --binary names a binary to test")?;
    if !status.success() {
        bail!("rootwalk cannot be built");
    }
    Ok(folder.join("rootwalk"))
}
