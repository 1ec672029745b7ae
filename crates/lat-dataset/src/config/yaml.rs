//! YAML as a tree that knows on which line each key and value stands.

use std::fmt;
use std::path::Path;

use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_saphyr::Spanned;

use crate::error::{Error, Result};

/// A value and the line it begins on.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    pub(super) line: u64,
    pub(super) value: Value,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Null,
    Flag(bool),
    Whole(i64),
    Number(f64),
    Text(String),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// A key of a mapping with its value.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) line: u64,
    pub(super) node: Node,
}

/// Parses a document.
pub(super) fn parse(path: &Path, text: &str) -> Result<Node> {
    let refuse = |error: serde_saphyr::Error| {
        let reason = match error.without_snippet() {
            serde_saphyr::Error::DuplicateMappingKey { key, location } => format!(
                "line {}: key '{}' stands twice in its section; keep the one that is meant (fermipy takes the last)",
                location.line(),
                key.as_deref().unwrap_or_default()
            ),
            _ => format!("not valid YAML: {error}"),
        };
        Error::Yaml { path: path.to_owned(), reason }
    };
    let spanned: Spanned<Value> = serde_saphyr::from_str(text).map_err(refuse)?;
    Ok(Node::from(spanned))
}

impl Node {
    /// The entries of a mapping; none of anything else.
    pub(super) fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The value behind a key of a mapping. A null counts as absent, as fermipy takes it.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        self.entries().iter().find(|entry| entry.key == key).map(|entry| &entry.node).filter(|node| !node.is_null())
    }

    pub(super) fn is_null(&self) -> bool {
        self.value == Value::Null
    }
}

impl Value {
    /// A whole number, also as text or as a number without fraction.
    pub(super) fn whole(&self) -> Option<i64> {
        match self {
            Self::Whole(n) => Some(*n),
            Self::Text(text) => text.trim().parse().ok(),
            Self::Number(x) if x.fract() == 0.0 => format!("{x}").parse().ok(),
            _ => None,
        }
    }

    /// True or false; YAML 1.1, which fermipy reads, also takes `yes`, `no`, `on` and `off`.
    pub(super) fn flag(&self) -> Option<bool> {
        match self {
            Self::Flag(flag) => Some(*flag),
            Self::Text(text) => match text.to_ascii_lowercase().as_str() {
                "true" | "yes" | "on" => Some(true),
                "false" | "no" | "off" => Some(false),
                _ => None,
            },
            _ => None,
        }
    }

    /// A number that is not NaN, also as text.
    pub(super) fn number(&self) -> Option<f64> {
        let number = match self {
            Self::Number(x) => Some(*x),
            Self::Whole(n) => Some(*n as f64),
            Self::Text(text) => text.trim().parse().ok(),
            _ => None,
        };
        number.filter(|x: &f64| !x.is_nan())
    }

    /// A list of texts; a single text is a list of one, as in fermipy.
    pub(super) fn texts(&self) -> Option<Vec<String>> {
        match self {
            Self::List(items) => items.iter().map(|item| item.value.text()).collect(),
            value => value.text().map(|text| vec![text]),
        }
    }

    /// Text; numbers are written out.
    pub(super) fn text(&self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text.clone()),
            Self::Whole(_) | Self::Number(_) => Some(self.to_string()),
            _ => None,
        }
    }
}

impl Serialize for Value {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Flag(flag) => serializer.serialize_bool(*flag),
            Self::Whole(n) => serializer.serialize_i64(*n),
            Self::Number(x) => serializer.serialize_f64(*x),
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(items) => serializer.collect_seq(items.iter().map(|item| &item.value)),
            Self::Map(entries) => serializer.collect_map(entries.iter().map(|entry| (&entry.key, &entry.node.value))),
        }
    }
}

impl From<Spanned<Value>> for Node {
    fn from(spanned: Spanned<Value>) -> Self {
        Self { line: spanned.referenced.line(), value: spanned.value }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Flag(flag) => write!(f, "{flag}"),
            Self::Whole(n) => write!(f, "{n}"),
            Self::Number(x) => write!(f, "{x}"),
            Self::Text(text) => write!(f, "'{text}'"),
            Self::List(items) if items.iter().any(Node::is_null) => f.write_str("a list with an empty entry"),
            Self::List(_) => f.write_str("a list"),
            Self::Map(_) => f.write_str("a mapping"),
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }
    fn visit_unit<E>(self) -> std::result::Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_none<E>(self) -> std::result::Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_some<D: serde::Deserializer<'de>>(self, deserializer: D) -> std::result::Result<Value, D::Error> {
        Value::deserialize(deserializer)
    }
    fn visit_bool<E>(self, flag: bool) -> std::result::Result<Value, E> {
        Ok(Value::Flag(flag))
    }
    fn visit_i64<E>(self, n: i64) -> std::result::Result<Value, E> {
        Ok(Value::Whole(n))
    }
    fn visit_u64<E>(self, n: u64) -> std::result::Result<Value, E> {
        Ok(i64::try_from(n).map_or(Value::Number(n as f64), Value::Whole))
    }
    fn visit_f64<E>(self, x: f64) -> std::result::Result<Value, E> {
        Ok(Value::Number(x))
    }
    fn visit_str<E>(self, text: &str) -> std::result::Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> std::result::Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element::<Spanned<Value>>()? {
            list.push(Node::from(item));
        }
        Ok(Value::List(list))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut items: A) -> std::result::Result<Value, A::Error> {
        let mut entries = Vec::new();
        while let Some((key, value)) = items.next_entry::<Spanned<Value>, Spanned<Value>>()? {
            // Names of components may look like numbers.
            let text = match &key.value {
                Value::Text(text) => text.clone(),
                other => other.to_string(),
            };
            entries.push(Entry { key: text, line: key.referenced.line(), node: Node::from(value) });
        }
        Ok(Value::Map(entries))
    }
}
