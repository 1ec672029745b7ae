//! Section `model`: what the region is made of when no source model XML is there.

use std::path::PathBuf;

use super::keys::Keys;
use super::yaml::{Node, Value};
use crate::error::Result;

/// Section `model` with fermipy's names and defaults. Names of files are as written; they are looked for when the model is built.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelConfig {
    /// Files of catalogs, or of source library XML.
    pub catalogs: Vec<String>,
    /// Largest distance of a catalog source from the centre in degrees; unlimited when absent.
    pub src_radius: Option<f64>,
    /// Full width in degrees of the square that catalog sources lie in; unlimited when absent.
    pub src_roiwidth: Option<f64>,
    /// Folder of the extended templates.
    pub extdir: Option<PathBuf>,
    /// Whether a source found again in a later catalog takes the later catalog's values; default true.
    pub merge_sources: bool,
    /// Columns whose text names the same source in another catalog; default `3FGL_Name`.
    pub assoc_xmatch_columns: Vec<String>,
    /// Galactic diffuse emission.
    pub galdiff: Vec<Diffuse>,
    /// Isotropic emission.
    pub isodiff: Vec<Diffuse>,
    /// Keys that are set and that no model can be built with yet.
    pub unsupported: Vec<String>,
}

/// A diffuse component.
#[derive(Clone, Debug, PartialEq)]
pub struct Diffuse {
    /// Its name, if the configuration gives one.
    pub name: Option<String>,
    /// Its file, as written.
    pub file: String,
}

impl ModelConfig {
    /// Whether there is anything to build a region from.
    pub fn is_empty(&self) -> bool {
        self.catalogs.is_empty() && self.galdiff.is_empty() && self.isodiff.is_empty()
    }
}

pub(super) fn model(keys: &Keys<'_>, components: &[(String, &Node)]) -> Result<ModelConfig> {
    let size = |key: &str| keys.number_in("model", key, "an angle above 0 in degrees", |x| x.is_finite() && *x > 0.0);
    let is_set = |node: &Node| match &node.value {
        Value::List(items) => !items.is_empty(),
        Value::Map(entries) => !entries.is_empty(),
        _ => true,
    };
    let mut unsupported: Vec<String> = ["sources", "limbdiff", "diffuse", "diffuse_xml", "src_radius_roi"]
        .into_iter()
        .filter(|key| keys.get("model", key).is_some_and(|(_, node)| is_set(node)))
        .map(|key| format!("model.{key}"))
        .collect();
    for (name, component) in components {
        for key in ["catalogs", "galdiff", "isodiff"] {
            if component.get("model").is_some_and(|model| model.get(key).is_some()) {
                unsupported.push(format!("components.{name}.model.{key}"));
            }
        }
    }
    let xmatch = keys.texts("model", "assoc_xmatch_columns")?;
    Ok(ModelConfig {
        catalogs: keys.texts("model", "catalogs")?,
        src_radius: size("src_radius")?,
        src_roiwidth: size("src_roiwidth")?,
        extdir: keys.text("model", "extdir")?.map(PathBuf::from),
        merge_sources: keys.flag("model", "merge_sources")?.unwrap_or(true),
        assoc_xmatch_columns: if xmatch.is_empty() { vec!["3FGL_Name".to_owned()] } else { xmatch },
        galdiff: diffuse(keys, "galdiff")?,
        isodiff: diffuse(keys, "isodiff")?,
        unsupported,
    })
}

/// A text, a mapping `{name, file}`, or a list of either.
fn diffuse(keys: &Keys<'_>, key: &str) -> Result<Vec<Diffuse>> {
    let Some((_, node)) = keys.get("model", key) else { return Ok(Vec::new()) };
    let one = |node: &Node| -> Option<Diffuse> {
        let text = |node: &Node| match &node.value {
            Value::Text(text) if !text.trim().is_empty() => Some(text.clone()),
            _ => None,
        };
        match &node.value {
            Value::Map(_) => Some(Diffuse {
                name: match node.get("name") {
                    Some(name) => Some(text(name)?),
                    None => None,
                },
                file: text(node.get("file")?)?,
            }),
            _ => Some(Diffuse { name: None, file: text(node)? }),
        }
    };
    let all = match &node.value {
        Value::List(items) => items.iter().map(one).collect::<Option<Vec<_>>>(),
        _ => one(node).map(|one| vec![one]),
    };
    all.ok_or_else(|| keys.wrong("model", key, "a file name, {name: NAME, file: FILE}, or a list of them"))
}
