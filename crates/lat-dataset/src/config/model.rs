//! Section `model`: what the region is made of when no source model XML is there.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use super::definition::Definition;
use super::file_kind::FileKind;
use super::keys::Keys;
use super::refusals::unknown;
use super::source::{SourceConfig, source};
use super::yaml::{Node, Value, parse};
use crate::error::{Error, Result};
use crate::problems::Problems;

/// Section `model` with fermipy's names and defaults. Names of files are as written; they are looked for when the model is built.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelConfig {
    /// Catalogs by name, by file, or as source library XML.
    pub catalogs: Vec<String>,
    /// Largest distance of a catalog source from the centre in degrees; unlimited when absent.
    pub src_radius: Option<f64>,
    /// Full width in degrees of the square that catalog sources lie in; unlimited when absent. `src_radius_roi` is half of it.
    pub src_roiwidth: Option<f64>,
    /// Folder of the extended templates.
    pub extdir: Option<PathBuf>,
    /// Whether a source found again in a later catalog takes the later catalog's values.
    pub merge_sources: bool,
    /// Columns whose text names the same source in another catalog.
    pub assoc_xmatch_columns: Vec<String>,
    /// Isotropic emission.
    pub isodiff: Vec<Diffuse>,
    /// Galactic diffuse emission.
    pub galdiff: Vec<Diffuse>,
    /// Emission of the Earth limb.
    pub limbdiff: Vec<Diffuse>,
    /// Further diffuse components.
    pub diffuse: Vec<Diffuse>,
    /// Source libraries whose diffuse sources are taken.
    pub diffuse_xml: Vec<String>,
    /// Sources written out in the configuration.
    pub sources: Vec<SourceConfig>,
    /// Directories in which templates are looked for after the configuration's own: `diffuse_dir`.
    pub diffuse_dirs: Vec<PathBuf>,
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
    pub(super) const CATALOGS: Definition<&'static [&'static str]> = Definition::new(
        "catalogs",
        &[],
        "Catalogs: 3FGL, 3FHL, 2FHL, FL8Y, 4FGL, 4FGL-DR2, 4FGL-DR3, 4FGL-DR4, FL16Y, a FITS file, or a source library XML.",
    );
    pub(super) const MERGE_SOURCES: Definition<bool> = Definition::new(
        "merge_sources",
        true,
        "Whether a source that a later catalog has again takes the later values.",
    );
    pub(super) const ASSOC_XMATCH_COLUMNS: Definition<&'static [&'static str]> = Definition::new(
        "assoc_xmatch_columns",
        &["3FGL_Name"],
        "Catalog columns by which sources of two catalogs are the same.",
    );

    /// Whether there is nothing to build a region from.
    pub fn is_empty(&self) -> bool {
        self.catalogs.is_empty()
            && self.sources.is_empty()
            && self.diffuse_xml.is_empty()
            && self.diffuse_by_key().iter().all(|(_, all)| all.is_empty())
    }

    /// The diffuse components by key, in the order in which fermipy loads them.
    pub fn diffuse_by_key(&self) -> [(&'static str, &[Diffuse]); 4] {
        [
            ("isodiff", &self.isodiff),
            ("galdiff", &self.galdiff),
            ("limbdiff", &self.limbdiff),
            ("diffuse", &self.diffuse),
        ]
    }
}

pub(super) fn model(keys: &Keys<'_>) -> Result<ModelConfig> {
    let size = |key: &str| keys.number_in("model", key, "an angle above 0 in degrees", |x| x.is_finite() && *x > 0.0);
    let (width, half) = (size("src_roiwidth")?, size("src_radius_roi")?);
    // An empty list of columns is none.
    let xmatch = keys.option("model", &ModelConfig::ASSOC_XMATCH_COLUMNS)?;
    Ok(ModelConfig {
        catalogs: keys.option("model", &ModelConfig::CATALOGS)?,
        src_radius: size("src_radius")?,
        src_roiwidth: width.or(half.map(|half| 2.0 * half)),
        extdir: keys.text("model", "extdir")?.map(PathBuf::from),
        merge_sources: keys.option("model", &ModelConfig::MERGE_SOURCES)?,
        assoc_xmatch_columns: if xmatch.is_empty() { ModelConfig::ASSOC_XMATCH_COLUMNS.value() } else { xmatch },
        isodiff: diffuse(keys, "isodiff")?,
        galdiff: diffuse(keys, "galdiff")?,
        limbdiff: diffuse(keys, "limbdiff")?,
        diffuse: diffuse(keys, "diffuse")?,
        diffuse_xml: keys.texts("model", "diffuse_xml")?,
        sources: sources(keys)?,
        diffuse_dirs: keys
            .texts("model", "diffuse_dir")?
            .iter()
            .map(|text| keys.resolve_path(text))
            .collect::<Result<_>>()?,
    })
}

/// A text, a mapping `{name, file}`, or a list of either.
fn diffuse(keys: &Keys<'_>, key: &str) -> Result<Vec<Diffuse>> {
    let Some((label, node)) = keys.get("model", key) else { return Ok(Vec::new()) };
    let nodes = match &node.value {
        Value::List(items) => items.iter().collect(),
        _ => vec![node],
    };
    for entry in nodes.iter().flat_map(|node| node.entries()) {
        if !["name", "file"].contains(&entry.key.as_str()) {
            return Err(unknown(keys.path, entry, format!("'{label}'"), ["name", "file"].into_iter()));
        }
    }
    let text = |node: &Node| match &node.value {
        Value::Text(text) if !text.trim().is_empty() => Some(text.clone()),
        _ => None,
    };
    let one = |node: &&Node| -> Option<Diffuse> {
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
    let all = nodes.iter().map(one).collect::<Option<Vec<_>>>();
    all.ok_or_else(|| keys.wrong("model", key, "a file name, {name: NAME, file: FILE}, or a list of them"))
}

fn sources(keys: &Keys<'_>) -> Result<Vec<SourceConfig>> {
    let Some((label, node)) = keys.get("model", "sources") else { return Ok(Vec::new()) };
    written(keys, node, &label)?.ok_or_else(|| keys.wrong("model", "sources", "a list of sources, each a mapping"))
}

/// One source, or a list of them; `None` of anything else.
fn written(keys: &Keys<'_>, node: &Node, label: &str) -> Result<Option<Vec<SourceConfig>>> {
    match &node.value {
        Value::List(items) => {
            let mut sources = Vec::with_capacity(items.len());
            for (i, item) in items.iter().enumerate() {
                sources.extend(keys.keep(source(keys, item, &format!("{label}[{i}]")))?);
            }
            Ok(Some(sources))
        }
        Value::Map(_) => Ok(Some(vec![source(keys, node, label)?])),
        _ => Ok(None),
    }
}

/// The entries of a file that is written as `model.sources` is.
pub(crate) fn sources_of_file(path: &Path) -> Result<Vec<SourceConfig>> {
    const EXPECTED: &str = "one source, {name: NAME, ra: RA, dec: DEC, SpectrumType: TYPE, ...}, or a list of such, as below model.sources of a \
                            configuration";
    let refuse = |found: &str| Error::Yaml { path: path.to_owned(), reason: format!("{found}; expected {EXPECTED}") };
    let bytes = lat_io::read_bytes(path)?;
    if let Some(kind) = FileKind::of(&bytes) {
        return Err(refuse(&format!("this is {kind}")));
    }
    let node = parse(path, &lat_io::text_of(path, bytes)?)?;
    // Who copies from a configuration may have copied too much.
    if let Some(section) = ["model", "sources"].into_iter().find(|key| node.get(key).is_some()) {
        return Err(refuse(&format!("it has the section '{section}' of a configuration")));
    }
    let problems = RefCell::new(Problems::first());
    let keys = Keys { path, layers: Vec::new(), problems: &problems };
    match written(&keys, &node, "sources")? {
        Some(sources) if !sources.is_empty() => Ok(sources),
        _ => Err(refuse(&format!("there is no source in it, but {}", node.value))),
    }
}
