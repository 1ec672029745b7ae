//! Diffuse components of section `model`.

use std::sync::Arc;

use roi_model::{FileTable, Parameter, Source, SourceType, SpatialModel, Spectrum};

use crate::config::{ComponentConfig, Config, Diffuse};
use crate::error::{Error, Result};
use crate::products::template;
use lat_io::TableFiles;

/// One entry of the diffuse keys of section `model`.
pub(super) enum Entry<'a> {
    /// A source of this name.
    One(String, &'a Diffuse),
    /// All sources of a library but point sources, which come from catalogs.
    Library(&'a str),
}

/// The diffuse entries of a component in fermipy's order: `isodiff`, `galdiff`, `limbdiff`, `diffuse`, `diffuse_xml`.
pub(super) fn entries(component: &ComponentConfig) -> Vec<Entry<'_>> {
    let mut entries = Vec::new();
    for (key, all) in component.model.diffuse_by_key() {
        for (number, one) in all.iter().enumerate() {
            let usual = if all.len() == 1 { key.to_owned() } else { format!("{key}{number:02}") };
            entries.push(Entry::One(one.name.clone().unwrap_or(usual), one));
        }
    }
    entries.extend(component.model.diffuse_xml.iter().map(|file| Entry::Library(file)));
    entries
}

/// The sources of an entry.
pub(super) fn sources(config: &Config, component: &ComponentConfig, entry: &Entry<'_>) -> Result<Vec<Source>> {
    let file = match entry {
        Entry::One(name, one) => return Ok(vec![diffuse(config, component, one, name)?]),
        Entry::Library(file) => file,
    };
    let path = template(config, component, &config.path, file)?;
    let text = lat_io::read_text(&path)?;
    let tables = TableFiles::new(|name: &str| template(config, component, &path, name));
    let library = roi_model::read_xml_with(&text, &tables).map_err(|source| Error::model(&path, source))?;
    Ok(library.sources.into_iter().filter(|source| source.source_type() != SourceType::Point).collect())
}

/// A text file is an isotropic spectrum, anything else a map cube, as in fermipy.
fn diffuse(config: &Config, component: &ComponentConfig, entry: &Diffuse, name: &str) -> Result<Source> {
    let path = template(config, component, &config.path, &entry.file)?;
    let text = path.to_string_lossy().into_owned();
    let is_text = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("txt"));
    let source = if is_text {
        let table = Arc::new(lat_io::read_file_function(&path)?);
        isotropic(name, &text, table)
    } else {
        map_cube(name, &text)
    };
    let mut source = source.map_err(|source| Error::model(&config.path, source))?;
    if let Some(stem) = path.file_name().and_then(|file| file.to_str()).and_then(|file| file.split(".fit").next()) {
        source.add_alias(stem.trim_end_matches(".txt"));
    }
    Ok(source)
}

fn isotropic(name: &str, file: &str, table: Arc<FileTable>) -> roi_model::Result<Source> {
    let norm = Parameter::new("Normalization", 1.0)?.with_bounds(1e-3, 1e3)?;
    let spectrum = Spectrum::file_function(norm, file, table)?;
    Source::new(name, SourceType::Diffuse, spectrum, SpatialModel::isotropic()?)
}

fn map_cube(name: &str, file: &str) -> roi_model::Result<Source> {
    let spectrum = Spectrum::new(
        "PowerLaw",
        vec![
            Parameter::new("Prefactor", 1.0)?.with_bounds(0.1, 10.0)?,
            Parameter::new("Index", 0.0)?.with_scale(-1.0)?.with_bounds(-1.0, 1.0)?,
            Parameter::new("Scale", 1000.0)?.with_bounds(1000.0, 1000.0)?,
        ],
    )?;
    Source::new(name, SourceType::Diffuse, spectrum, SpatialModel::map_cube(file)?)
}
