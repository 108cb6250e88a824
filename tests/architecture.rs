//! The shape of the code: which crate may use which, and where the doors to the outside are. Sizes are only printed.
#![expect(clippy::unwrap_used, reason = "code that cannot be read cannot be judged: the test fails")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use toml::Table;

/// Crates of this workspace that each crate may use. Arrows point down; `rootwalk` is the binary.
const ARROWS: &[(&str, &[&str])] = &[
    ("proto", &[]),
    ("cache", &["proto"]),
    ("transport", &["proto"]),
    ("dnssec", &["proto"]),
    ("engine", &["cache", "dnssec", "proto", "transport"]),
    ("server", &["engine", "proto", "transport"]),
    ("lab", &["proto", "transport"]),
    ("conformance", &["cache", "engine", "lab", "proto", "server", "transport"]),
    ("rootwalk", &["cache", "engine", "lab", "proto", "server", "transport"]),
    ("cryptodemo", &[]),
    ("xtask", &["conformance", "proto"]),
];

/// Crates that tests may use on top of that.
const TEST_ARROWS: &[(&str, &[&str])] = &[("engine", &["lab"]), ("server", &["cache", "lab"])];

/// Dependencies from outside that only these crates may name, and why.
const KEPT_TO: &[(&str, &[&str], &str)] = &[
    ("hickory-proto", &["proto"], "its version and features are chosen once"),
    ("getrandom", &["transport", "cryptodemo"], "chance enters through transport::Entropy, and cryptodemo::random"),
    ("rand_chacha", &["transport"], "chance enters through transport::Entropy"),
    ("socket2", &["server", "transport"], "sockets are opened at the edges"),
    ("nix", &["server", "transport"], "only clients come in batches, and only the clock reads clocks"),
    ("anyhow", &["rootwalk", "xtask"], "libraries have closed error types"),
    ("clap", &["rootwalk", "cryptodemo", "xtask"], "the command line belongs to the binaries"),
    ("rsa", &["cryptodemo"], "RUSTSEC-2023-0071: nothing that a network reaches may use it"),
    ("toml", &["rootwalk", "conformance", "xtask"], "the configuration file belongs to the binary, lists to its tests"),
];

/// Files that may open sockets; a folder stands for all below it.
const SOCKETS: &[&str] = &[
    "crates/transport/src/datagrams.rs",
    "crates/transport/src/os.rs",
    "crates/transport/src/os/",
    "crates/lab/src/serve.rs",
    "crates/server/src/",
    // cryptodemo: relays, TLS and QUIC peers, and the commands that listen.
    "crates/cryptodemo/src/net/",
    "crates/cryptodemo/src/tls/client.rs",
    "crates/cryptodemo/src/tls/live.rs",
    "crates/cryptodemo/src/tls/server.rs",
    "crates/cryptodemo/src/tls/tap.rs",
    "crates/cryptodemo/src/cli/ssl.rs",
    "crates/cryptodemo/src/cli/tls/serve.rs",
    "xtask/src/conformance/sockets.rs",
];
/// What opening a socket looks like.
const SOCKET_WORDS: &[&str] =
    &["tokio::net", "UdpSocket", "TcpStream", "TcpSocket", "TcpListener", "UnixStream", "UnixListener", "socket2::"];

/// Modules that decide, and therefore never wait.
const PURE: &[&str] = &[
    "crates/proto/src/",
    "crates/cache/src/",
    "crates/dnssec/src/",
    "crates/engine/src/alias.rs",
    "crates/engine/src/budget.rs",
    "crates/engine/src/classify.rs",
    "crates/engine/src/configured.rs",
    "crates/engine/src/denials.rs",
    "crates/engine/src/dns64.rs",
    "crates/engine/src/infra.rs",
    "crates/engine/src/lasting.rs",
    "crates/engine/src/minimise.rs",
    "crates/engine/src/scrub.rs",
    "crates/engine/src/select.rs",
    "crates/engine/src/sentinel.rs",
    "crates/server/src/ready.rs",
    "crates/server/src/ready/",
    "crates/transport/src/query.rs",
];

/// Modules of cryptodemo that may choose a nonce: the backends themselves, timing loops with keys of their own, known
/// answers with the nonces of their vectors, and the attack on a repeated one.
const NONCE_CHOOSERS: &[&str] = &[
    "crates/cryptodemo/src/aead.rs",
    "crates/cryptodemo/src/aead/",
    "crates/cryptodemo/src/attack/nonce_reuse.rs",
    "crates/cryptodemo/src/bench/",
    "crates/cryptodemo/src/kat/",
];
/// What choosing a nonce looks like.
const NONCE_WORDS: &[&str] = &["seal_raw", "RawAead", "aead::raw_key"];

/// Files that may name the crate `rsa`: RUSTSEC-2023-0071 is acceptable there, where nobody measures from outside.
const RSA_CRATE: &[&str] = &["crates/cryptodemo/src/rsa.rs", "crates/cryptodemo/src/rsa/"];

/// Files above this size are printed, so that somebody thinks about them.
const LARGE_FILE_LINES: usize = 500;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Short name and manifest of every crate.
fn manifests() -> BTreeMap<String, Table> {
    let mut found = BTreeMap::from([("rootwalk".to_owned(), read_manifest(&root().join("Cargo.toml")))]);
    let crates = fs::read_dir(root().join("crates")).unwrap().map(|entry| entry.unwrap().path());
    for folder in crates.chain([root().join("xtask")]) {
        let manifest = folder.join("Cargo.toml");
        if manifest.exists() {
            let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
            found.insert(name, read_manifest(&manifest));
        }
    }
    found
}

fn read_manifest(path: &Path) -> Table {
    fs::read_to_string(path).unwrap().parse().unwrap()
}

/// Names of the dependencies in one section of a manifest, those for single platforms included.
fn dependencies(manifest: &Table, section: &str) -> BTreeSet<String> {
    let platforms = manifest.get("target").and_then(|targets| targets.as_table());
    let platforms = platforms.into_iter().flat_map(|targets| targets.values().filter_map(|target| target.as_table()));
    let tables = std::iter::once(manifest).chain(platforms);
    let sections = tables.filter_map(|table| table.get(section)?.as_table());
    sections.flat_map(|section| section.keys().cloned()).collect()
}

/// Every Rust source file of the crates and the binary (tests, examples and benchmarks left out), by path from the root.
fn sources() -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut folders: Vec<PathBuf> = vec![root().join("crates"), root().join("xtask")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(root()).unwrap().to_str().unwrap().replace('\\', "/");
            if path.is_dir() {
                if !["tests", "benches", "examples", "target"].iter().any(|skip| name.ends_with(skip)) {
                    folders.push(path);
                }
            } else if name.ends_with(".rs") && !name.ends_with("/tests.rs") && !name.ends_with("/testing.rs") {
                found.insert(name, fs::read_to_string(&path).unwrap());
            }
        }
    }
    assert!(found.len() > 50, "the search has gone blind: {} files", found.len());
    found
}

/// The lines of a file that run in the program: comments and the unit tests at its end are left out.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.lines().enumerate().map(|(index, line)| (index + 1, line.trim()));
    lines.take_while(|(_, line)| *line != "mod tests {").filter(|(_, line)| !line.starts_with("//"))
}

fn is_among(file: &str, places: &[&str]) -> bool {
    places.iter().any(|place| file == *place || (place.ends_with('/') && file.starts_with(place)))
}

/// Lines with one of `words` in the files that `chosen` picks, as `file:line: text`.
fn lines_with(words: &[&str], chosen: impl Fn(&str) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    for (file, text) in sources().iter().filter(|(file, _)| chosen(file)) {
        let hits = code(text).filter(|(_, line)| words.iter().any(|word| line.contains(word)));
        found.extend(hits.map(|(number, line)| format!("{file}:{number}: {line}")));
    }
    found
}

#[test]
fn arrows_between_crates_point_down() {
    let manifests = manifests();
    let ours: BTreeSet<&str> = ARROWS.iter().map(|(name, _)| *name).collect();
    let found: BTreeSet<&str> = manifests.keys().map(String::as_str).collect();
    assert_eq!(found, ours, "ARROWS names every crate, and only crates that exist");
    let table = |arrows: &[(&str, &[&'static str])], from: &str| -> BTreeSet<&str> {
        arrows.iter().filter(|(name, _)| *name == from).flat_map(|(_, to)| to.iter().copied()).collect()
    };
    for (from, manifest) in &manifests {
        let allowed = table(ARROWS, from);
        for section in ["dependencies", "build-dependencies"] {
            for to in dependencies(manifest, section).iter().filter(|to| ours.contains(to.as_str())) {
                assert!(allowed.contains(to.as_str()), "{from} must not depend on {to}");
            }
        }
        let for_tests = table(TEST_ARROWS, from);
        for to in dependencies(manifest, "dev-dependencies").iter().filter(|to| ours.contains(to.as_str())) {
            let fine = allowed.contains(to.as_str()) || for_tests.contains(to.as_str());
            assert!(fine, "the tests of {from} must not depend on {to}");
        }
    }
    assert!(dependencies(&manifests["engine"], "dependencies").contains("proto"), "the search has gone blind");
}

#[test]
fn dependencies_stay_where_they_belong() {
    for (from, manifest) in manifests() {
        let named = dependencies(&manifest, "dependencies");
        for (dependency, places, why) in KEPT_TO {
            let fine = !named.contains(*dependency) || places.contains(&from.as_str());
            assert!(fine, "{from} must not use {dependency}: {why}");
        }
    }
}

#[test]
fn the_walk_is_our_own_work() {
    let lock = fs::read_to_string(root().join("Cargo.lock")).unwrap();
    for other in ["hickory-resolver", "hickory-recursor", "hickory-client", "hickory-server"] {
        assert!(!lock.contains(&format!("name = \"{other}\"")), "{other} is in Cargo.lock");
    }
    assert!(lock.contains("name = \"hickory-proto\""), "the search has gone blind");
}

#[test]
fn sockets_are_opened_at_the_edges_only() {
    let stray = lines_with(SOCKET_WORDS, |file| !is_among(file, SOCKETS));
    // A probe for free ports or alike would show up here too: it belongs to one of the edges.
    assert!(stray.is_empty(), "sockets outside {SOCKETS:?}:\n{}", stray.join("\n"));
    assert!(!lines_with(SOCKET_WORDS, |file| is_among(file, SOCKETS)).is_empty(), "the search has gone blind");
}

#[test]
fn nonces_are_chosen_in_few_places() {
    let stray = lines_with(NONCE_WORDS, |file| !is_among(file, NONCE_CHOOSERS));
    assert!(stray.is_empty(), "nonces are chosen outside {NONCE_CHOOSERS:?}:\n{}", stray.join("\n"));
    for place in NONCE_CHOOSERS {
        assert!(!lines_with(NONCE_WORDS, |file| is_among(file, &[place])).is_empty(), "{place} does not; drop it");
    }
}

/// Whether a line names the crate `rsa`, and not a module of that name in this crate or another.
fn names_the_crate_rsa(line: &str, has_module: bool) -> bool {
    let is_part = |end: Option<char>| end.is_some_and(|c| c.is_alphanumeric() || c == '_');
    let by_path = line.match_indices("rsa::").any(|(at, _)| {
        let before = &line[..at];
        match before.strip_suffix("::") {
            // `::rsa::` is the crate, `module::rsa::` is not.
            Some(path) => !is_part(path.chars().next_back()),
            None => !has_module && !is_part(before.chars().next_back()),
        }
    });
    let renamed = ["extern crate rsa", "use rsa as ", "use ::rsa as ", "use rsa;", "use ::rsa;"];
    by_path || renamed.iter().any(|word| line.contains(word))
}

#[test]
fn the_crate_rsa_stays_behind_one_module() {
    let mut places = BTreeSet::new();
    for (file, text) in &sources() {
        let has_module = code(text).any(|(_, line)| {
            line.ends_with("mod rsa;")
                || (line.starts_with("use crate::")
                    && line.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == "rsa"))
        });
        for (number, line) in code(text).filter(|(_, line)| names_the_crate_rsa(line, has_module)) {
            assert!(is_among(file, RSA_CRATE), "{file}:{number} uses the crate rsa: {line}");
            places.insert(file.clone());
        }
    }
    assert_eq!(places.len(), 2, "the search has gone blind: {places:?}");
    for (line, has_module, expected) in [
        ("use ::rsa::Oaep;", true, true),
        ("let key = rsa::RsaPrivateKey::new();", false, true),
        ("let key = rsa::Private::new();", true, false),
        ("use aws_lc_rs::rsa::KeySize;", false, false),
        ("fn f(key: &::rsa::RsaPrivateKey)", true, true),
        ("use rsa as other;", true, true),
    ] {
        assert_eq!(names_the_crate_rsa(line, has_module), expected, "{line}");
    }
}

/// Two providers of rustls are in the build, so one must be named each time: what the process has installed is luck.
#[test]
fn every_tls_configuration_names_its_provider() {
    let ours = |file: &str| file.starts_with("crates/cryptodemo/");
    let unnamed =
        ["ClientConfig::builder()", "ServerConfig::builder()", "install_default", "builder_with_protocol_versions("];
    let stray = lines_with(&unnamed, ours);
    assert!(stray.is_empty(), "TLS by whatever provider is installed:\n{}", stray.join("\n"));
    assert!(!lines_with(&["builder_with_provider("], ours).is_empty(), "the search has gone blind");
}

#[test]
fn code_that_decides_does_not_wait() {
    let waiting = lines_with(&["async ", ".await", "tokio::"], |file| is_among(file, PURE));
    assert!(waiting.is_empty(), "waits in code that decides:\n{}", waiting.join("\n"));
    let files = sources();
    for place in PURE {
        assert!(files.keys().any(|file| is_among(file, &[place])), "{place} has gone; update PURE");
    }
}

#[test]
fn only_binaries_print() {
    let prints = |file: &str| is_among(file, &["crates/cli/", "xtask/"]);
    let printing = lines_with(&["print!(", "println!("], |file| !prints(file));
    assert!(printing.is_empty(), "libraries do not print:\n{}", printing.join("\n"));
}

#[test]
fn no_cargo_features_for_internal_variation() {
    let variants = lines_with(&["cfg(feature"], |_| true);
    assert!(variants.is_empty(), "one program, not several:\n{}", variants.join("\n"));
    for (name, manifest) in manifests() {
        assert!(!manifest.contains_key("features"), "{name} has features");
    }
}

#[test]
fn every_dependency_is_explained() {
    let explained = fs::read_to_string(root().join("docs/dependencies.md")).unwrap();
    let workspace = read_manifest(&root().join("Cargo.toml"));
    let lock: Table = fs::read_to_string(root().join("Cargo.lock")).unwrap().parse().unwrap();
    let locked: Vec<(&str, &str)> = lock["package"]
        .as_array()
        .unwrap()
        .iter()
        .map(|package| (package["name"].as_str().unwrap(), package["version"].as_str().unwrap()))
        .collect();
    let named = workspace["workspace"]["dependencies"].as_table().unwrap();
    for (name, _) in named.iter().filter(|(_, value)| value.get("path").is_none()) {
        let row = explained.lines().find(|line| line.starts_with(&format!("| `{name}` |")));
        let row = row.unwrap_or_else(|| panic!("docs/dependencies.md does not tell why {name} is here"));
        let version = row.split('|').nth(2).unwrap().trim();
        let plain = |locked: &str| locked.split('+').next() == Some(version);
        let fine = locked.iter().any(|(other, locked)| other == name && plain(locked));
        assert!(fine, "docs/dependencies.md: {name} {version} is not the version of Cargo.lock");
    }
}

/// Documents name tests as proof and files as places; both must be there.
#[test]
fn documents_name_what_exists() {
    let mut documents = vec![root().join("ARCHITECTURE.md"), root().join("CONTRIBUTING.md"), root().join("README.md")];
    for folder in ["docs", "docs/adr"] {
        documents.extend(fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path()));
    }
    let code = all_code();
    let mut checked = 0;
    for document in documents.iter().filter(|path| path.extension().is_some_and(|end| end == "md")) {
        let text = fs::read_to_string(document).unwrap();
        for word in text.lines().flat_map(|line| line.split('`').skip(1).step_by(2)) {
            let is_name = word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
            let is_path = ["crates/", "tests/", "docs/", "examples/", "scripts/", "xtask/"]
                .iter()
                .any(|top| word.starts_with(top));
            if is_name && word.matches('_').count() >= 3 {
                let declared = format!("fn {word}(");
                assert!(code.contains(&declared), "{}: there is no test {word}", document.display());
                checked += 1;
            } else if is_path && !word.contains(['*', 'N', ' ']) {
                assert!(root().join(word).exists(), "{}: there is no {word}", document.display());
                checked += 1;
            }
        }
    }
    assert!(checked > 40, "the search has gone blind: {checked}");
}

/// The list of failures seen elsewhere names a scenario or a test for each line, and each scenario is in it.
#[test]
fn every_advisory_has_its_scenario_or_test() {
    let folder = root().join("tests/scenarios/advisories");
    let table = fs::read_to_string(folder.join("README.md")).unwrap();
    let code = all_code();
    let mut left: BTreeSet<String> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_str().unwrap().to_owned())
        .filter(|name| name.ends_with(".scn"))
        .collect();
    let rows = table.lines().filter_map(|line| line.strip_prefix("| ")?.split_once(" |"));
    let rows: BTreeMap<u32, &str> = rows.filter_map(|(number, row)| Some((number.parse().ok()?, row))).collect();
    assert!(rows.keys().copied().eq(1..=35), "a row for each of the 35: {:?}", rows.keys());
    for (number, row) in rows {
        let named: Vec<&str> = row.split('`').skip(1).step_by(2).collect();
        assert!(!named.is_empty(), "{number} has neither scenario nor test");
        for name in named {
            if name.ends_with(".scn") {
                assert!(left.remove(name), "{number}: there is no {name}, or it is named twice");
                assert!(name.starts_with(&format!("{number:02}-")), "{name} is not of line {number}");
            } else {
                assert!(code.contains(&format!("fn {name}(")), "{number}: there is no test {name}");
            }
        }
    }
    assert!(left.is_empty(), "not in the table: {left:?}");
}

/// All Rust code of the workspace, tests included.
fn all_code() -> String {
    let mut all = String::new();
    let mut folders = vec![root().join("crates"), root().join("tests"), root().join("xtask")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                all += &fs::read_to_string(&path).unwrap();
            }
        }
    }
    all
}

#[test]
fn large_files_are_printed() {
    let sources = sources();
    let mut large: Vec<(usize, &str)> =
        sources.iter().map(|(file, text)| (text.lines().count(), file.as_str())).collect();
    large.sort_unstable_by(|a, b| b.cmp(a));
    for (lines, file) in large.iter().filter(|(lines, _)| *lines > LARGE_FILE_LINES) {
        eprintln!("{file}: {lines} lines; is it one thing?");
    }
}
