//! rootwalk.toml: read, checked, shown.
//!
//! A file is TOML with positions ([`document`]), its keys are known ([`keys`]), its values have the right types
//! ([`raw`], [`units`]), make sense together ([`check`]) and mean something to the other crates ([`meaning`]); whatever
//! is wrong is told with its place ([`problem`]).
//! No other file and no environment variable is read.

mod check;
mod document;
mod keys;
mod meaning;
mod problem;
mod raw;
mod show;
mod units;

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

pub(crate) use check::{Config, MAX_THREADS};
pub(crate) use problem::ConfigError;

use document::Document;
use keys::KnownKeys;
use problem::Problem;
use raw::Raw;

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoadError {
    /// The file cannot be read.
    #[error("cannot read {}: {why}", file.display())]
    Unreadable {
        /// Its path.
        file: PathBuf,
        /// What the system said.
        why: io::Error,
    },
    /// The file cannot be used.
    #[error(transparent)]
    Wrong(#[from] ConfigError),
}

/// Reads and checks `file`; the defaults if there is none. If `own` is given, these are the addresses that are listened
/// on, and those of the file do not count.
///
/// # Errors
/// When the file cannot be read, or a key or value in it cannot be used.
pub(crate) fn load(file: Option<&Path>, own: Option<&[SocketAddr]>) -> Result<Config, LoadError> {
    let Some(file) = file else {
        let mut config = parse("", Path::new("rootwalk.toml"), own)?;
        // There is no place beside a file that is not there.
        config.state_file = None;
        config.raw.dnssec.state_file = Raw::default().dnssec.state_file;
        return Ok(config);
    };
    let text = std::fs::read_to_string(file).map_err(|why| LoadError::Unreadable { file: file.to_owned(), why })?;
    Ok(parse(&text, file, own)?)
}

/// Checks `text`, which was read from `file`; relative paths in it are relative to that.
fn parse(text: &str, file: &Path, own: Option<&[SocketAddr]>) -> Result<Config, ConfigError> {
    let wrong = |problems| ConfigError::new(file, text, problems);
    let document = Document::parse(text).map_err(|error| wrong(vec![no_toml(&error)]))?;
    let known = KnownKeys::new();
    let strangers = known.inspect(&document);
    if !strangers.is_empty() {
        return Err(wrong(strangers));
    }
    let planned: Vec<&str> = keys::planned().collect();
    let raw = document.clone().into_value::<Raw>(&planned);
    let raw = raw.map_err(|error| wrong(vec![wrong_value(&error, &document, &known)]))?;
    check::check(raw, &document, file.parent().unwrap_or(Path::new("")), own).map_err(wrong)
}

fn no_toml(error: &toml::de::Error) -> Problem {
    let span = error.span().unwrap_or_default();
    Problem { span, key: String::new(), what: format!("not TOML: {}", error.message()), hint: None }
}

fn wrong_value(error: &toml::de::Error, document: &Document<'_>, known: &KnownKeys) -> Problem {
    let span = error.span().unwrap_or_default();
    let key = document.path_at(&span).unwrap_or_default();
    let hint = known.default_line(&key).map(|line| format!("the default is {line}"));
    Problem { span, key, what: error.message().to_owned(), hint }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = include_str!("rootwalk.example.toml");

    /// Key, what is wrong, and the place, of everything wrong with `text`.
    fn problems(text: &str) -> Vec<(String, String)> {
        let error = parse(text, Path::new("t.toml"), None).err().map(|error| error.problems().to_vec());
        error.unwrap_or_default().into_iter().map(|problem| (problem.key, problem.what)).collect()
    }

    #[test]
    fn example_file_is_the_default() {
        let example: Raw = toml::from_str(EXAMPLE).unwrap();
        assert_eq!(example, Raw::default());
        assert_eq!(problems(EXAMPLE), []);
    }

    #[test]
    fn what_is_planned_may_be_off() {
        let off = "[server.tls]\nlisten = []\ncertificate = \"cert.pem\"\nkey = \"key.pem\"\n[server.https]\n\
                   listen = []\npath = \"/dns-query\"\n[server]\nquic.listen = []\n[cache]\npersist = \"\"\n[control]\nsocket = \"\"\n[web]\nlisten = \"\"\n";
        let off = format!("metrics = {{ listen = \"\" }}\n{off}");
        assert_eq!(problems(&off), []);
        let raw = |text: &str| parse(text, Path::new("t.toml"), None).unwrap().raw;
        assert_eq!(raw(&off), raw(""));
    }

    #[test]
    fn example_file_names_every_key() {
        let document = Document::parse(EXAMPLE).unwrap();
        let written: Vec<String> = document.keys().into_iter().map(|key| key.path).collect();
        let table = toml::Table::try_from(Raw::default()).unwrap();
        let shown = toml::to_string(&table).unwrap();
        let known: Vec<String> = Document::parse(&shown).unwrap().keys().into_iter().map(|key| key.path).collect();
        assert_eq!(written, known);
    }

    #[test]
    fn wrong_types_name_the_key_and_the_place() {
        for (text, key, what, place) in [
            ("[server]\nthreads = \"two\"", "server.threads", "invalid type: string \"two\", expected usize", ":2:11:"),
            (
                "[server]\nlisten = [\"[::1]:1\", \"here\"]",
                "server.listen[1]",
                "`here` is no address with a port",
                ":2:22:",
            ),
            ("[cache]\nsize = 3", "cache.size", "invalid type: integer `3`, expected a size in quotes", ":2:8:"),
            ("[cache.stale]\nreply-ttl = \"soon\"", "cache.stale.reply-ttl", "`soon` is no length of time", ":2:13:"),
            (
                "[resolver]\nqname-minimisation = \"on\"",
                "resolver.qname-minimisation",
                "unknown variant `on`",
                ":2:22:",
            ),
            ("[resolver]\nupstream-port = 65536", "resolver.upstream-port", "invalid value: integer `65536`", ":2:17:"),
            ("[resolver]\nsource-addresses = [\"x\"]", "resolver.source-addresses[0]", "invalid IP address", ":2:21:"),
        ] {
            let error = parse(text, Path::new("t.toml"), None).err().unwrap();
            let [problem] = error.problems() else { panic!("{error}") };
            assert_eq!(problem.key, key);
            assert!(problem.what.starts_with(what), "{}", problem.what);
            assert!(problem.hint.as_deref().unwrap_or_default().starts_with("the default is"), "{:?}", problem.hint);
            assert!(error.to_string().starts_with(&format!("t.toml{place}")), "{error}");
        }
    }

    #[test]
    fn what_is_no_toml_is_told_with_its_place() {
        let error = parse("[server]\nlog = \n", Path::new("t.toml"), None).err().unwrap();
        assert!(error.to_string().starts_with("t.toml:2:"), "{error}");
        assert!(error.to_string().contains("not TOML"), "{error}");
    }

    #[test]
    fn everything_unknown_is_told_at_once() {
        let found = problems("[server]\nlisen = []\n[cahce]\nsize = 1\n[web]\nlisten = \"[::1]:1\"");
        let keys: Vec<&str> = found.iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!(keys, ["server.lisen", "cahce", "web.listen"]);
    }
}
