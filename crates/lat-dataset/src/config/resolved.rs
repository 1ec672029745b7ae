//! A configuration written out: every section and key with its value or default.

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use super::definition::Kind;
use super::reference::{Key, SECTIONS};
use super::yaml::{self, Node, Value};

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
    pub(super) fn new(root: &Node, components: &[(String, Vec<&Node>)]) -> Self {
        let by_component = |(name, layers): &(String, Vec<&Node>)| (name.clone(), sections(layers, |own| own));
        Self { whole: sections(&[root], |_| true), components: components.iter().map(by_component).collect() }
    }
}

fn sections(layers: &[&Node], wanted: impl Fn(bool) -> bool) -> Vec<Sections> {
    let value = |section: &str, key: &Key| {
        let given = layers.iter().find_map(|layer| layer.get(section)?.get(key.name));
        match given {
            Some(node) => cast(key.kind, &node.value),
            // The table of keys holds valid YAML; a test reads it all.
            None => yaml::parse(std::path::Path::new(""), &key.default()).map_or(Value::Null, |node| node.value),
        }
    };
    let filled = |section: &'static super::reference::Section| Sections {
        name: section.name,
        keys: section.keys.iter().map(|key| (key.name, value(section.name, key))).collect(),
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
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
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
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.keys.iter().map(|(key, value)| (key, value)))
    }
}

struct Component<'a> {
    name: &'a str,
    sections: &'a [Sections],
}

impl Serialize for Component<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.sections.len() + 1))?;
        map.serialize_entry("name", self.name)?;
        for section in self.sections {
            map.serialize_entry(section.name, section)?;
        }
        map.end()
    }
}
