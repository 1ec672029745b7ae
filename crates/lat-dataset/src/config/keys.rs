//! Look-up of keys in the layers of a configuration: a component's own section first, then the top level.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use super::definition::{Definition, Kind, OptionValue};
use super::refusals::wrong;
use super::yaml::{Node, Value};
use crate::error::{Error, Result};
use crate::problems::{Problems, Subject};
use lat_io::expand_environment;

/// The values of keys, the first layer that has one winning.
pub(super) struct Keys<'a> {
    pub(super) path: &'a Path,
    pub(super) layers: Vec<&'a Node>,
    /// What becomes of a value that is refused.
    pub(super) problems: &'a RefCell<Problems>,
}

impl<'a> Keys<'a> {
    /// A value; where problems are gathered `None` in the place of one that is refused.
    pub(super) fn keep<T>(&self, result: Result<T>) -> Result<Option<T>> {
        self.problems.borrow_mut().take(&Subject::Configuration, result)
    }

    pub(super) fn get(&self, section: &str, key: &str) -> Option<(String, &'a Node)> {
        let node = self.layers.iter().find_map(|layer| layer.get(section)?.get(key))?;
        Some((format!("{section}.{key}"), node))
    }

    pub(super) fn wrong(&self, section: &str, key: &str, expected: &str) -> Error {
        match self.get(section, key) {
            Some((name, node)) => wrong(self.path, node, &name, &node.value, expected),
            None => Error::Yaml { path: self.path.to_owned(), reason: format!("{section}.{key}: expected {expected}") },
        }
    }

    pub(super) fn number(&self, section: &str, key: &str) -> Result<Option<f64>> {
        let Some((_, node)) = self.get(section, key) else { return Ok(None) };
        let number = node.value.number();
        self.keep(number.ok_or_else(|| self.wrong(section, key, Kind::Number.expected())))
    }

    pub(super) fn number_in(
        &self,
        section: &str,
        key: &str,
        expected: &str,
        valid: impl Fn(&f64) -> bool,
    ) -> Result<Option<f64>> {
        match self.number(section, key)? {
            Some(x) if !valid(&x) => self.keep(Err(self.wrong(section, key, expected))),
            number => Ok(number),
        }
    }

    pub(super) fn whole(&self, section: &str, key: &str) -> Result<Option<i64>> {
        let Some((_, node)) = self.get(section, key) else { return Ok(None) };
        let whole = node.value.whole();
        self.keep(whole.ok_or_else(|| self.wrong(section, key, Kind::Whole.expected())))
    }

    /// The value of an option, if it is given and allowed.
    pub(super) fn given<T: FromYaml>(&self, section: &str, option: &Definition<T>) -> Result<Option<T::Owned>> {
        let Some((_, node)) = self.get(section, option.name) else { return Ok(None) };
        let allowed = |value: &T::Owned| option.check(value).is_ok();
        let value = T::from_yaml(&node.value).filter(allowed);
        self.keep(value.ok_or_else(|| self.wrong(section, option.name, option.expected())))
    }

    /// The value of an option, or its default.
    pub(super) fn option<T: FromYaml>(&self, section: &str, option: &Definition<T>) -> Result<T::Owned> {
        Ok(self.given(section, option)?.unwrap_or_else(|| option.value()))
    }

    pub(super) fn text(&self, section: &str, key: &str) -> Result<Option<String>> {
        let Some((_, node)) = self.get(section, key) else { return Ok(None) };
        self.keep(node.value.text().ok_or_else(|| self.wrong(section, key, Kind::Text.expected())))
    }

    /// A list of texts; a single text is a list of one, as in fermipy.
    pub(super) fn texts(&self, section: &str, key: &str) -> Result<Vec<String>> {
        let Some((_, node)) = self.get(section, key) else { return Ok(Vec::new()) };
        let texts = node.value.texts().ok_or_else(|| self.wrong(section, key, Kind::Texts.expected()));
        Ok(self.keep(texts)?.unwrap_or_default())
    }

    pub(super) fn path_of(&self, section: &str, key: &str) -> Result<Option<PathBuf>> {
        let Some(text) = self.text(section, key)? else { return Ok(None) };
        self.keep(self.resolve_path(&text))
    }

    pub(super) fn resolve_path(&self, text: &str) -> Result<PathBuf> {
        Ok(directory(self.path).join(expand_environment(text)?))
    }
}

/// Directory of a configuration file, to which its relative paths are relative.
pub(super) fn directory(path: &Path) -> &Path {
    path.parent().unwrap_or_else(|| Path::new(""))
}

/// Options that a configuration may hold.
pub(super) trait FromYaml: OptionValue {
    /// The value, if it is of the kind.
    fn from_yaml(value: &Value) -> Option<Self::Owned>;
}

impl FromYaml for f64 {
    fn from_yaml(value: &Value) -> Option<Self> {
        value.number()
    }
}

impl FromYaml for i64 {
    fn from_yaml(value: &Value) -> Option<Self> {
        value.whole()
    }
}

impl FromYaml for usize {
    fn from_yaml(value: &Value) -> Option<Self> {
        value.whole()?.try_into().ok()
    }
}

impl FromYaml for u8 {
    fn from_yaml(value: &Value) -> Option<Self> {
        value.whole()?.try_into().ok()
    }
}

/// What is given is there.
impl<T: FromYaml + OptionValue<Owned = T>> FromYaml for Option<T> {
    fn from_yaml(value: &Value) -> Option<Self> {
        T::from_yaml(value).map(Some)
    }
}

impl FromYaml for bool {
    fn from_yaml(value: &Value) -> Option<Self> {
        value.flag()
    }
}

impl FromYaml for &'static str {
    fn from_yaml(value: &Value) -> Option<String> {
        value.text()
    }
}

impl FromYaml for &'static [&'static str] {
    fn from_yaml(value: &Value) -> Option<Vec<String>> {
        value.texts()
    }
}
