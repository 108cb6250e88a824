//! Rules for the sources that no lint knows.

use std::fs;
use std::path::{Path, PathBuf};

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the sources are there") {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

/// Inputs are bounded and outputs complete or absent: only `files` does both, so nothing else reads or makes files. What
/// stands behind `#[cfg(test)]`, and files of tests, may.
#[test]
fn whole_files_are_read_and_made_by_one_module() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    sources(&root, &mut found);
    assert!(found.len() > 150, "{} sources", found.len());
    let mut wrong = Vec::new();
    for path in found {
        let name = path.strip_prefix(&root).expect("below it").display().to_string();
        let text = fs::read_to_string(&path).expect("text");
        // What the system tells of itself is short.
        let is_exempt = name.starts_with("files/") || name == "bench/environment.rs" || name.ends_with("tests.rs");
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        for (number, line) in code.lines().enumerate().filter(|_| !is_exempt) {
            let banned = ["fs::read(", "read_to_string(", "File::create", "create_new(", "fs::write("];
            let calls = banned.iter().any(|call| line.contains(call));
            let is_ours = line.contains("NewFile::create(") || line.trim_start().starts_with("//");
            if calls && !is_ours {
                wrong.push(format!("{name}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "use crate::files instead:\n{}", wrong.join("\n"));
}
