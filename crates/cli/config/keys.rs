//! Which keys there are, and which of them only a later version will obey.
//!
//! Nothing is ignored: a key that is unknown, or asks for what is not implemented, stops the start with a hint.

use toml::{Table, Value};

use super::document::{Document, Key, Shape};
use super::problem::Problem;
use super::raw::{self, Raw};

/// Keys that are named in the documentation and not implemented yet: what they are without a value, which is all that
/// this version can do.
const PLANNED: [(&str, Off); 14] = [
    ("server.tls.listen", Off::EmptyList),
    ("server.tls.certificate", Off::Unused),
    ("server.tls.key", Off::Unused),
    ("server.https.listen", Off::EmptyList),
    ("server.https.certificate", Off::Unused),
    ("server.https.key", Off::Unused),
    ("server.https.path", Off::Unused),
    ("server.quic.listen", Off::EmptyList),
    ("server.quic.certificate", Off::Unused),
    ("server.quic.key", Off::Unused),
    ("cache.persist", Off::EmptyText),
    ("metrics.listen", Off::EmptyText),
    ("control.socket", Off::EmptyText),
    ("web.listen", Off::EmptyText),
];

/// How a planned key says that nothing is wanted of it: a file that sets it so means what this version does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Off {
    /// `[]`
    EmptyList,
    /// `""`
    EmptyText,
    /// Any text: without `listen` beside it, nobody looks at it.
    Unused,
}

impl Off {
    fn holds(self, shape: &Shape) -> bool {
        match self {
            Self::EmptyList => *shape == Shape::EmptyList,
            Self::EmptyText => *shape == Shape::EmptyText,
            Self::Unused => matches!(shape, Shape::EmptyText | Shape::Text),
        }
    }

    fn written(self) -> &'static str {
        match self {
            Self::EmptyList => "[]",
            Self::EmptyText => "\"\"",
            Self::Unused => "a text",
        }
    }
}

/// The planned keys alone.
pub(super) fn planned() -> impl Iterator<Item = &'static str> {
    PLANNED.iter().map(|(path, _)| *path)
}

/// Keys whose value is a list of tables, written `[[key]]`.
const LISTS: [&str; 3] = ["forward", "stub", "local.zone"];
/// Keys of these tables that need not be written.
const OPTIONAL_IN_LISTS: [&str; 3] = ["first", "type", "file"];

/// The keys of this version and of the planned ones.
#[derive(Debug)]
pub(crate) struct KnownKeys {
    implemented: Vec<(String, String)>,
}

impl KnownKeys {
    /// Those that [`Raw`] has, with their defaults, and those in `PLANNED`.
    pub(crate) fn new() -> Self {
        let defaults = Table::try_from(Raw::default()).expect("defaults are plain TOML values");
        let mut implemented = Vec::new();
        leaves(&defaults, "", &mut implemented);
        let (configured, local) = raw::samples();
        let configured = Table::try_from(configured).expect("defaults are plain TOML values");
        let local = Table::try_from(local).expect("defaults are plain TOML values");
        for (list, keys) in LISTS.into_iter().zip([&configured, &configured, &local]) {
            leaves(keys, list, &mut implemented);
        }
        Self { implemented }
    }

    /// Every key of the file that is unknown or not implemented yet.
    pub(crate) fn inspect(&self, document: &Document<'_>) -> Vec<Problem> {
        let mut problems: Vec<Problem> = document.keys().iter().filter_map(|key| self.judge(key)).collect();
        problems.dedup(); // [[stub]] twice
        problems
    }

    /// What an empty file means for `path`, as it would be written: `depth = 7`.
    pub(crate) fn default_line(&self, path: &str) -> Option<String> {
        let path = without_indices(path);
        // What has to be written has no default, only a sample.
        let optional = !LISTS.contains(&parent(&path)) || OPTIONAL_IN_LISTS.contains(&last(&path));
        let (_, value) = self.implemented.iter().find(|(known, _)| *known == path).filter(|_| optional)?;
        Some(format!("{} = {value}", last(&path)))
    }

    fn judge(&self, key: &Key) -> Option<Problem> {
        let problem = |what: &str, hint: Option<String>| {
            Some(Problem { span: key.span.clone(), key: key.path.clone(), what: what.to_owned(), hint })
        };
        if self.implemented.iter().any(|(known, _)| *known == key.path) {
            return None;
        }
        if let Some((path, off)) = PLANNED.iter().find(|(path, _)| *path == key.path) {
            let hint = format!("remove it, or write {} = {}", last(path), off.written());
            let what = format!("the key {path} is not implemented yet (planned)");
            return if off.holds(&key.shape) { None } else { problem(&what, Some(hint)) };
        }
        let below = format!("{}.", key.path);
        let holds_implemented = self.implemented.iter().any(|(known, _)| known.starts_with(&below));
        let holds_planned = planned().any(|planned| planned.starts_with(&below));
        let is_list = LISTS.contains(&key.path.as_str());
        match key.shape {
            Shape::Tables | Shape::EmptyList if is_list => None,
            _ if is_list => problem("is a list of tables", Some(format!("write [[{}]]", key.path))),
            Shape::Table if holds_implemented => None,
            _ if holds_implemented => problem("is a table, not a value", Some(format!("write [{}]", key.path))),
            Shape::Table if holds_planned => None,
            _ if holds_planned => problem("is a table, not a value", Some(format!("write [{}]", key.path))),
            // An unknown table is told of once, not for each of its keys.
            _ if !self.is_table(parent(&key.path)) => None,
            _ => problem("unknown key", Some(self.hint(&key.path))),
        }
    }

    fn is_table(&self, path: &str) -> bool {
        path.is_empty() || self.all().any(|known| known.strip_prefix(path).is_some_and(|rest| rest.starts_with('.')))
    }

    fn all(&self) -> impl Iterator<Item = &str> {
        let implemented = self.implemented.iter().map(|(known, _)| known.as_str());
        implemented.chain(PLANNED.iter().map(|(path, _)| *path))
    }

    /// The nearest key of the same table, else the table that has a key of this name, else the keys that there are.
    fn hint(&self, path: &str) -> String {
        let (table, name) = (parent(path), last(path));
        let mut siblings: Vec<&str> = self.all().filter_map(|known| child(known, table)).collect();
        siblings.dedup();
        let nearest = siblings.iter().map(|sibling| (distance(name, sibling), *sibling)).min();
        if let Some((_, near)) = nearest.filter(|(steps, near)| *steps <= near.len().div_ceil(3)) {
            return format!("did you mean `{near}`?");
        }
        let elsewhere = self.all().find(|known| last(known) == name || distance(last(known), name) == 1);
        if let Some(known) = elsewhere {
            return format!("`{}` belongs to [{}]", last(known), parent(known));
        }
        format!("known here: {}", siblings.join(", "))
    }
}

fn leaves(table: &Table, prefix: &str, found: &mut Vec<(String, String)>) {
    for (key, value) in table {
        let path = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
        match value {
            Value::Table(inner) => leaves(inner, &path, found),
            plain => found.push((path, plain.to_string())),
        }
    }
}

/// `forward[1].addresses[0]` as `forward.addresses`.
fn without_indices(path: &str) -> String {
    path.split('.').map(|part| part.split('[').next().unwrap_or(part)).collect::<Vec<_>>().join(".")
}

fn parent(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |(parent, _)| parent)
}

fn last(path: &str) -> &str {
    path.rsplit_once('.').map_or(path, |(_, last)| last)
}

/// The part of `known` right below `table`.
fn child<'k>(known: &'k str, table: &str) -> Option<&'k str> {
    let below = if table.is_empty() { known } else { known.strip_prefix(table)?.strip_prefix('.')? };
    below.split('.').next()
}

/// Letters to insert, remove or change to get from `a` to `b` (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let above = row[j + 1];
            row[j + 1] = (diagonal + usize::from(x != *y)).min(above + 1).min(row[j] + 1);
            diagonal = above;
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inspect(text: &str) -> Vec<(String, String, Option<String>)> {
        let document = Document::parse(text).unwrap();
        let problems = KnownKeys::new().inspect(&document);
        problems.into_iter().map(|problem| (problem.key, problem.what, problem.hint)).collect()
    }

    #[test]
    fn unknown_keys_name_the_nearest_known_one() {
        for (text, key, hint) in [
            ("[server]\nlisen = []", "server.lisen", "did you mean `listen`?"),
            ("[cache]\nmin_ttl = \"1s\"", "cache.min_ttl", "did you mean `min-ttl`?"),
            ("[resolver]\ndepth = 7", "resolver.depth", "`depth` belongs to [resolver.limits]"),
            ("[cahce]\nsize = \"1MiB\"", "cahce", "did you mean `cache`?"),
            ("[local]\nzzzzzzzzzz = 1", "local.zzzzzzzzzz", "known here: hosts-file, records, special-names, zone"),
            ("[[stub]]\nzoen = \".\"", "stub.zoen", "did you mean `zone`?"),
            ("[server.tls]\ncertifcate = \"\"", "server.tls.certifcate", "did you mean `certificate`?"),
        ] {
            let expected = (key.to_owned(), "unknown key".to_owned(), Some(hint.to_owned()));
            assert_eq!(inspect(text), [expected], "{text}");
        }
    }

    #[test]
    fn planned_keys_that_ask_for_something_are_refused_as_such() {
        for (text, key, hint) in [
            ("[metrics]\nlisten = \"[::1]:9153\"", "metrics.listen", "remove it, or write listen = \"\""),
            ("[cache]\npersist = \"file\"", "cache.persist", "remove it, or write persist = \"\""),
            ("[server.tls]\nlisten = [\"[::1]:853\"]", "server.tls.listen", "remove it, or write listen = []"),
            ("[server.tls]\nlisten = \"\"", "server.tls.listen", "remove it, or write listen = []"),
            ("[server.quic]\nkey = 3", "server.quic.key", "remove it, or write key = a text"),
        ] {
            let what = format!("the key {key} is not implemented yet (planned)");
            assert_eq!(inspect(text), [(key.to_owned(), what, Some(hint.to_owned()))], "{text}");
        }
        let expected = ("web".to_owned(), "is a table, not a value".to_owned(), Some("write [web]".to_owned()));
        assert_eq!(inspect("web = true"), [expected]);
    }

    #[test]
    fn lists_of_tables_are_written_as_such() {
        assert_eq!(inspect("forward = []\n[[stub]]\nzone = \".\"\n[[local.zone]]\nname = \".\""), []);
        let expected = ("stub".to_owned(), "is a list of tables".to_owned(), Some("write [[stub]]".to_owned()));
        assert_eq!(inspect("[stub]\nzone = \".\""), [expected]);
    }

    #[test]
    fn values_in_place_of_tables_are_refused() {
        let expected = ("cache".to_owned(), "is a table, not a value".to_owned(), Some("write [cache]".to_owned()));
        assert_eq!(inspect("cache = \"256MiB\""), [expected]);
    }

    #[test]
    fn distances_count_letters() {
        for (a, b, steps) in [("", "abc", 3), ("abc", "abc", 0), ("lisen", "listen", 1), ("cahce", "cache", 2)] {
            assert_eq!(distance(a, b), steps, "{a} {b}");
        }
    }
}
