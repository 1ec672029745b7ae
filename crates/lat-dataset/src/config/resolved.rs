//! A configuration written out: every section and key with its value or default.

use std::path::Path;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use super::definition::Kind;
use super::reference::{Key, SECTIONS, Section};
use super::yaml::{self, Node, Value};
use crate::error::{Error, Result};

/// The sections of a configuration, all keys with their values, defaults where it is silent; for each component its own. It serializes as
/// `{section: {key: value}, ..., components: [{name, section: {...}}]}`.
#[derive(Clone, Debug, PartialEq)]
pub struct Resolved {
    whole: Vec<Sections>,
    components: Vec<(String, Vec<Sections>)>,
}

/// A section by name, with its keys.
#[derive(Clone, Debug, PartialEq)]
struct Sections {
    name: &'static str,
    keys: Vec<(&'static str, Value)>,
}

impl Resolved {
    pub(super) fn new(root: &Node, components: &[(String, Vec<&Node>)]) -> Result<Self> {
        let by_component =
            |(name, layers): &(String, Vec<&Node>)| Ok((name.clone(), sections(layers, |by_component| by_component)?));
        let components = components.iter().map(by_component).collect::<Result<_>>()?;
        Ok(Self { whole: sections(&[root], |_| true)?, components })
    }
}

fn sections(layers: &[&Node], wanted: impl Fn(bool) -> bool) -> Result<Vec<Sections>> {
    let value = |section: &str, key: &Key| -> Result<Value> {
        let given = layers.iter().find_map(|layer| layer.get(section)?.get(key.name));
        match given {
            Some(node) => Ok(cast(key.kind, &node.value)),
            None => match yaml::parse(Path::new(key.name), &key.default()) {
                Ok(node) => Ok(node.value),
                Err(_) => Err(Error::Internal { what: "the default of a key of the configuration is not YAML" }),
            },
        }
    };
    let filled = |section: &'static Section| -> Result<Sections> {
        let pair = |key: &'static Key| Ok((key.name, value(section.name, key)?));
        Ok(Sections { name: section.name, keys: section.keys.iter().map(pair).collect::<Result<_>>()? })
    };
    SECTIONS.iter().filter(|section| wanted(section.by_component)).map(filled).collect()
}

/// A value as its key takes it; what cannot be converted stays as it is.
fn cast(kind: Kind, value: &Value) -> Value {
    let cast = match kind {
        Kind::Number => value.number().map(Value::Number),
        Kind::Whole => value.whole().map(Value::Whole),
        Kind::Flag => value.flag().map(Value::Flag),
        Kind::Text => value.text().map(Value::Text),
        Kind::Texts | Kind::List if !matches!(value, Value::List(_)) => {
            Some(Value::List(vec![Node { line: 0, value: value.clone() }]))
        }
        Kind::Texts | Kind::List | Kind::Map => None,
    };
    cast.unwrap_or_else(|| value.clone())
}

impl Serialize for Resolved {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.whole.len() + 1))?;
        for section in &self.whole {
            map.serialize_entry(section.name, section)?;
        }
        let components: Vec<Component<'_>> =
            self.components.iter().map(|(name, sections)| Component { name, sections }).collect();
        map.serialize_entry("components", &components)?;
        map.end()
    }
}

impl Serialize for Sections {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_map(self.keys.iter().map(|(key, value)| (key, value)))
    }
}

struct Component<'a> {
    name: &'a str,
    sections: &'a [Sections],
}

impl Serialize for Component<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.sections.len() + 1))?;
        map.serialize_entry("name", self.name)?;
        for section in self.sections {
            map.serialize_entry(section.name, section)?;
        }
        map.end()
    }
}
