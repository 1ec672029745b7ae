//! Checks of a whole configuration: every section and key is known, every value of the kind that its key has.

use super::definition::Kind;
use super::reference::{OTHER_METHODS, Role, SECTIONS, Section, section};
use super::refusals::{unknown, wrong};
use super::yaml::{Entry, Node, Value};
use crate::error::{Error, Result};
use crate::problems::{Problems, Subject};
use std::path::Path;

/// Keys that are for products made from event files, and do nothing where none are named.
const OF_EVENTS: [(&str, &[&str]); 4] = [
    ("data", &["cacheft1", "scfile"]),
    (
        "binning",
        &[
            "binsperdec",
            "binsz",
            "enumbins",
            "hpx_ebin",
            "hpx_order",
            "hpx_ordering_scheme",
            "npix",
            "proj",
            "roiwidth",
        ],
    ),
    ("selection", &["evclass", "filter", "phasemax", "phasemin", "radius", "roicut", "tmax", "tmin", "zmax"]),
    ("ltcube", &["binsz", "dcostheta", "phibins"]),
];

/// Checks every key of the configuration and tells, one note a section, which ones are ignored.
pub(super) fn check(path: &Path, root: &Node, problems: &mut Problems) -> Result<Vec<String>> {
    if !matches!(root.value, Value::Map(_)) {
        let reason = format!("expected a mapping of sections (binning, selection, files, ...), found {}", root.value);
        return Err(Error::Yaml { path: path.to_owned(), reason });
    }
    let names_events = |node: &Node| {
        node.get("data").and_then(|data| data.get("evfile")).is_some_and(|files| !matches!(files.value, Value::Null))
    };
    let components = root.get("components").map(|components| components_of(path, components)).transpose()?;
    let has_events = names_events(root) || components.iter().flatten().any(|(_, component)| names_events(component));
    let mut found = Checked { path, notes: Vec::new(), problems, has_events };
    found.check_sections(root, None)?;
    for (name, component) in components.iter().flatten() {
        found.check_sections(component, Some(name))?;
    }
    Ok(found.notes)
}

/// What is found while keys are checked.
struct Checked<'a> {
    path: &'a Path,
    notes: Vec<String>,
    problems: &'a mut Problems,
    /// Whether event files are named, from which products can be made.
    has_events: bool,
}

/// The components by name: `00`, `01`, ... for a list, the keys in sorted order for a mapping, as fermipy names its files.
pub(super) fn components_of<'a>(path: &Path, node: &'a Node) -> Result<Vec<(String, &'a Node)>> {
    let mut components: Vec<(String, &Node)> = match &node.value {
        Value::Null => Vec::new(),
        Value::List(items) => items.iter().enumerate().map(|(i, item)| (format!("{i:02}"), item)).collect(),
        Value::Map(entries) => entries.iter().map(|entry| (entry.key.clone(), &entry.node)).collect(),
        other => return Err(wrong(path, node, "components", other, "a list or mapping of components")),
    };
    if matches!(node.value, Value::Map(_)) {
        components.sort_by(|a, b| a.0.cmp(&b.0));
    }
    for (name, component) in &components {
        if !matches!(component.value, Value::Map(_) | Value::Null) {
            let key = format!("components.{name}");
            return Err(wrong(path, component, &key, &component.value, "a mapping of sections"));
        }
    }
    Ok(components)
}

impl Checked<'_> {
    fn check_sections(&mut self, node: &Node, component: Option<&str>) -> Result<()> {
        let place = component.map_or_else(String::new, |name| format!("components.{name}."));
        for entry in node.entries() {
            if component.is_some() || entry.key != "components" {
                let checked = self.check_section(entry, component, &place);
                self.refuse(checked)?;
            }
        }
        Ok(())
    }

    fn check_section(&mut self, entry: &Entry, component: Option<&str>, place: &str) -> Result<()> {
        let name = entry.key.as_str();
        let known = section(name);
        if component.is_some() && (known.is_some_and(|section| !section.by_component) || name == "plotting") {
            let found = Value::Text(name.to_owned());
            let expected = "a section that may differ between components; move it to the top level";
            let key = format!("components.{}", component.unwrap_or(""));
            return Err(wrong(self.path, &entry.node, &key, &found, expected));
        }
        if OTHER_METHODS.contains(&name) {
            self.notes.push(format!(
                "section '{place}{name}' is ignored: it configures a fermipy method that is not part of this program"
            ));
            return Ok(());
        }
        let Some(section) = known else {
            let known = SECTIONS.iter().map(|section| section.name).chain(OTHER_METHODS.iter().copied());
            let section = component.map_or_else(|| "the top level".to_owned(), |name| format!("component '{name}'"));
            let known = known.chain(component.is_none().then_some("components"));
            return Err(unknown(self.path, entry, section, known));
        };
        if !matches!(entry.node.value, Value::Map(_) | Value::Null) {
            return Err(wrong(self.path, &entry.node, &format!("{place}{name}"), &entry.node.value, "a mapping"));
        }
        self.check_keys(section, &entry.node, place)
    }

    fn check_keys(&mut self, section: &Section, node: &Node, place: &str) -> Result<()> {
        let of_events = OF_EVENTS.iter().find(|(name, _)| *name == section.name && !self.has_events);
        let is_of_events = |key: &str| of_events.is_some_and(|(_, keys)| keys.contains(&key));
        let (mut ignored, mut without_events) = (Vec::new(), Vec::new());
        for entry in node.entries() {
            let key = entry.key.as_str();
            match self.refuse(check_key(self.path, section, entry, place))? {
                Some(Role::Ignored) => ignored.push(key),
                Some(Role::Used) if is_of_events(key) => without_events.push(key),
                _ => {}
            }
        }
        if !without_events.is_empty() {
            let keys = without_events.join(", ");
            let section = section.name;
            self.notes.push(format!(
                "'{place}{section}': {keys} ignored: for products made from event files, and data.evfile names none"
            ));
        }
        if !ignored.is_empty() {
            let keys = ignored.join(", ");
            let section = section.name;
            self.notes.push(format!("'{place}{section}': {keys} ignored: only the set-up steps of fermipy use them"));
        }
        Ok(())
    }

    fn refuse<T>(&mut self, checked: Result<T>) -> Result<Option<T>> {
        self.problems.take(&Subject::Configuration, checked)
    }
}

/// Checks a key of a section and its value, and tells what part the key has.
fn check_key(path: &Path, section: &Section, entry: &Entry, place: &str) -> Result<Role> {
    let name = entry.key.as_str();
    let Some(key) = section.key(name) else {
        let label = format!("section '{place}{}'", section.name);
        let home = SECTIONS.iter().find(|other| other.key(name).is_some());
        return Err(match home {
            Some(home) => Error::UnknownKey {
                path: path.to_owned(),
                line: entry.line,
                section: label,
                key: name.to_owned(),
                near: Some(format!("{}.{name}", home.name)),
            },
            None => unknown(path, entry, label, section.keys.iter().map(|key| key.name)),
        });
    };
    if !is_of(key.kind, &entry.node.value) {
        let label = format!("{place}{}.{name}", section.name);
        return Err(wrong(path, &entry.node, &label, &entry.node.value, key.kind.expected()));
    }
    Ok(key.role)
}

/// Whether a value is of a kind, or can be converted to it as fermipy does; null is the default of every key.
fn is_of(kind: Kind, value: &Value) -> bool {
    match (kind, value) {
        (_, Value::Null) => true,
        (Kind::Text, value) => value.text().is_some(),
        (Kind::Number, value) => value.number().is_some(),
        (Kind::Whole, value) => value.whole().is_some(),
        (Kind::Flag, value) => value.flag().is_some(),
        (Kind::Texts, Value::List(items)) => items.iter().all(|item| is_of(Kind::Text, &item.value) && !item.is_null()),
        (Kind::Texts, value) => is_of(Kind::Text, value),
        (Kind::List, value) => !matches!(value, Value::Flag(_)),
        (Kind::Map, value) => matches!(value, Value::Map(_)),
    }
}
