//! Look-up of keys in the layers of a configuration: a component's own section first, then the top level.

use std::path::{Path, PathBuf};

use super::schema::wrong;
use super::yaml::{Node, Value};
use crate::error::{Error, Result};
use lat_io::expand_environment;

/// The values of keys, the first layer that has one winning.
pub(super) struct Keys<'a> {
    pub(super) path: &'a Path,
    pub(super) layers: Vec<&'a Node>,
}

impl<'a> Keys<'a> {
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
        number.map(Some).ok_or_else(|| self.wrong(section, key, "a number"))
    }

    pub(super) fn number_in(
        &self,
        section: &str,
        key: &str,
        expected: &str,
        valid: impl Fn(&f64) -> bool,
    ) -> Result<Option<f64>> {
        match self.number(section, key)? {
            Some(x) if !valid(&x) => Err(self.wrong(section, key, expected)),
            number => Ok(number),
        }
    }

    pub(super) fn whole(&self, section: &str, key: &str) -> Result<Option<i64>> {
        let Some((_, node)) = self.get(section, key) else { return Ok(None) };
        let whole = node.value.whole();
        whole.map(Some).ok_or_else(|| self.wrong(section, key, "a whole number"))
    }

    /// A whole number of at least 1.
    pub(super) fn count(&self, section: &str, key: &str) -> Result<Option<usize>> {
        match self.whole(section, key)? {
            None => Ok(None),
            Some(n) => usize::try_from(n)
                .ok()
                .filter(|n| *n >= 1)
                .map(Some)
                .ok_or_else(|| self.wrong(section, key, "a whole number of at least 1")),
        }
    }

    pub(super) fn flag(&self, section: &str, key: &str) -> Result<Option<bool>> {
        let Some((_, node)) = self.get(section, key) else { return Ok(None) };
        let flag = node.value.flag();
        flag.map(Some).ok_or_else(|| self.wrong(section, key, "true or false"))
    }

    pub(super) fn text(&self, section: &str, key: &str) -> Result<Option<String>> {
        let Some((_, node)) = self.get(section, key) else { return Ok(None) };
        node.value.text().map(Some).ok_or_else(|| self.wrong(section, key, "text"))
    }

    /// A list of texts; a single text is a list of one, as in fermipy.
    pub(super) fn texts(&self, section: &str, key: &str) -> Result<Vec<String>> {
        let Some((_, node)) = self.get(section, key) else { return Ok(Vec::new()) };
        let texts = match &node.value {
            Value::List(items) => items.iter().map(|item| item.value.text()).collect::<Option<Vec<_>>>(),
            value => value.text().map(|text| vec![text]),
        };
        texts.ok_or_else(|| self.wrong(section, key, "a list of texts"))
    }

    pub(super) fn path_of(&self, section: &str, key: &str) -> Result<Option<PathBuf>> {
        self.text(section, key)?.map(|text| self.resolve_path(&text)).transpose()
    }

    pub(super) fn resolve_path(&self, text: &str) -> Result<PathBuf> {
        Ok(directory(self.path).join(expand_environment(text)?))
    }
}

/// Directory of a configuration file, to which its relative paths are relative.
pub(super) fn directory(path: &Path) -> &Path {
    path.parent().unwrap_or_else(|| Path::new(""))
}
