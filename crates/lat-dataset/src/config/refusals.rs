//! How keys and values are refused.

use std::path::Path;

use super::yaml::{Entry, Node, Value};
use crate::error::Error;

/// A key that is not known; `known` are those that are.
pub(super) fn unknown<'a>(path: &Path, entry: &Entry, section: String, known: impl Iterator<Item = &'a str>) -> Error {
    // A name that is like no other helps nobody.
    let is_like = |(alike, near): &(f64, &str)| {
        *alike > 0.6
            || near.len().min(entry.key.len()) >= 3 && (near.starts_with(&entry.key) || entry.key.starts_with(near))
    };
    let near = nearest(&entry.key, known).filter(is_like).map(|(_, near)| near.to_owned());
    Error::UnknownKey { path: path.to_owned(), line: entry.line, section, key: entry.key.clone(), near }
}

/// A value that is not allowed.
pub(super) fn wrong(path: &Path, node: &Node, key: &str, found: &Value, expected: &str) -> Error {
    Error::ConfigValue {
        path: path.to_owned(),
        line: node.line,
        key: key.to_owned(),
        found: found.to_string(),
        expected: expected.to_owned(),
    }
}

/// The known name that is most like `name`, and how alike they are from 0 to 1.
pub(crate) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<(f64, &'a str)> {
    let name = name.to_lowercase();
    known
        .map(|known| (strsim::normalized_damerau_levenshtein(&name, &known.to_lowercase()), known))
        .max_by(|a, b| a.0.total_cmp(&b.0))
}
