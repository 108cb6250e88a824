//! The file as a tree with positions: finds the place of a key and the key at a place.

use std::ops::Range;

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A parsed file that remembers where everything stands.
#[derive(Debug, Clone)]
pub(crate) struct Document<'t> {
    root: DeTable<'t>,
    span: Range<usize>,
}

/// One key of the file, with its whole path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key {
    /// `resolver.limits.depth`
    pub(crate) path: String,
    /// The same with the places in lists of tables: `stub[1].zone`.
    pub(crate) place: String,
    /// Where the key stands.
    pub(crate) span: Range<usize>,
    /// Where its value stands.
    pub(crate) value: Range<usize>,
    /// What kind of value it has.
    pub(crate) shape: Shape,
}

/// The kinds of value that matter before types are checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Shape {
    /// A table; its keys follow.
    Table,
    /// Tables under `[[key]]`; their keys follow.
    Tables,
    /// `[]`
    EmptyList,
    /// `""`
    EmptyText,
    /// Any other text.
    Text,
    /// Anything else.
    Plain,
}

impl<'t> Document<'t> {
    /// Parses TOML.
    ///
    /// # Errors
    /// When the text is no TOML.
    pub(crate) fn parse(text: &'t str) -> Result<Self, toml::de::Error> {
        DeTable::parse(text).map(|table| Self { span: table.span(), root: table.into_inner() })
    }

    /// Reads the document as a `T`, as if the keys of `without` were not in it.
    ///
    /// # Errors
    /// When a value cannot be one of `T`; with the place of it.
    pub(crate) fn into_value<T: DeserializeOwned>(self, without: &[&str]) -> Result<T, toml::de::Error> {
        let Self { mut root, span } = self;
        without.iter().for_each(|path| remove(&mut root, path));
        T::deserialize(toml::de::Deserializer::from(Spanned::new(span, root)))
    }

    /// All keys, tables before their content.
    pub(crate) fn keys(&self) -> Vec<Key> {
        let mut keys = Vec::new();
        collect(&self.root, "", "", &mut keys);
        keys
    }

    /// Where the value of `path` stands; its parts may have an index, `server.listen[1]` or `stub[0].zone`.
    pub(crate) fn value_span(&self, path: &str) -> Option<Range<usize>> {
        let mut table = &self.root;
        let mut parts = path.split('.');
        loop {
            let (name, index) = indexed(parts.next()?)?;
            let mut value = table.get(name)?;
            if let Some(index) = index {
                value = value.get_ref().as_array()?.get(index)?;
            }
            if parts.clone().next().is_none() {
                return Some(value.span());
            }
            table = value.get_ref().as_table()?;
        }
    }

    /// The path of the innermost key or value around `at`.
    pub(crate) fn path_at(&self, at: &Range<usize>) -> Option<String> {
        let around = |span: &Range<usize>| span.start <= at.start && at.end <= span.end;
        let inside = |key: &Key| around(&key.span) || around(&key.value);
        // A table's own span is its header, so the longest path that fits is the innermost.
        let key = self.keys().into_iter().filter(inside).max_by_key(|key| key.place.len())?;
        let element = (0..).map_while(|index| {
            let path = format!("{}[{index}]", key.place);
            self.value_span(&path).map(|span| (path, span))
        });
        let path = element.into_iter().find(|(_, span)| around(span)).map(|(path, _)| path);
        Some(path.unwrap_or(key.place))
    }
}

fn collect(table: &DeTable<'_>, prefix: &str, place: &str, keys: &mut Vec<Key>) {
    let below = |prefix: &str, name: &str| if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") };
    for (key, value) in table {
        let (path, place) = (below(prefix, key.get_ref()), below(place, key.get_ref()));
        let shape = shape(value.get_ref());
        keys.push(Key { path: path.clone(), place: place.clone(), span: key.span(), value: value.span(), shape });
        match value.get_ref() {
            DeValue::Table(inner) => collect(inner, &path, &place, keys),
            DeValue::Array(elements) => {
                for (index, element) in elements.iter().enumerate() {
                    if let Some(inner) = element.get_ref().as_table() {
                        collect(inner, &path, &format!("{place}[{index}]"), keys);
                    }
                }
            }
            _ => {}
        }
    }
}

/// Takes a key away, and the tables that are empty without it.
fn remove(table: &mut DeTable<'_>, path: &str) {
    let Some((name, rest)) = path.split_once('.') else {
        table.remove(path);
        return;
    };
    if let Some(DeValue::Table(inner)) = table.get_mut(name).map(Spanned::get_mut) {
        remove(inner, rest);
        if inner.is_empty() {
            table.remove(name);
        }
    }
}

/// `listen[1]` as `listen` and 1.
fn indexed(part: &str) -> Option<(&str, Option<usize>)> {
    match part.strip_suffix(']').and_then(|part| part.rsplit_once('[')) {
        Some((name, index)) => Some((name, Some(index.parse().ok()?))),
        None => Some((part, None)),
    }
}

fn shape(value: &DeValue<'_>) -> Shape {
    match value {
        DeValue::Table(_) => Shape::Table,
        DeValue::Array(elements) if elements.is_empty() => Shape::EmptyList,
        DeValue::Array(elements) if elements.iter().all(|element| element.get_ref().is_table()) => Shape::Tables,
        DeValue::String(text) if text.is_empty() => Shape::EmptyText,
        DeValue::String(_) => Shape::Text,
        _ => Shape::Plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "[server]\nlisten = [\"a\", \"bc\"]\n[server.access]\nallow = 7\n[[stub]]\nzone = \"x.\"\n";

    #[test]
    fn values_are_found_by_path_and_paths_by_place() {
        let document = Document::parse(TEXT).unwrap();
        for (path, written) in [
            ("server.listen[1]", "\"bc\""),
            ("server.access.allow", "7"),
            ("server.listen", "[\"a\", \"bc\"]"),
            ("stub[0].zone", "\"x.\""),
        ] {
            let span = document.value_span(path).unwrap();
            assert_eq!(&TEXT[span.clone()], written);
            assert_eq!(document.path_at(&span).as_deref(), Some(path));
        }
        assert_eq!(document.value_span("server.threads"), None);
        assert_eq!(document.value_span("server.listen[2]"), None);
    }

    #[test]
    fn keys_come_with_their_tables() {
        let document = Document::parse(TEXT).unwrap();
        let paths: Vec<String> = document.keys().into_iter().map(|key| key.path).collect();
        assert_eq!(paths, ["server", "server.access", "server.access.allow", "server.listen", "stub", "stub.zone"]);
    }
}
