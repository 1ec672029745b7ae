//! Diffuse components of section `model`.

use std::sync::Arc;

use roi_model::{FileTable, Parameter, Source, SourceType, SpatialModel, Spectrum};

use crate::config::{ComponentConfig, Config, Diffuse};
use crate::error::{Error, Result};
use crate::products::template;
use lat_io::TableFiles;

/// The diffuse sources of a component in fermipy's order: `isodiff`, `galdiff`, `limbdiff`, `diffuse`, `diffuse_xml`.
pub(super) fn sources(config: &Config, component: &ComponentConfig) -> Result<Vec<Source>> {
    let mut sources = Vec::new();
    for (key, all) in component.model.diffuse_by_key() {
        for (number, one) in all.iter().enumerate() {
            let usual = if all.len() == 1 { key.to_owned() } else { format!("{key}{number:02}") };
            sources.push(diffuse(config, component, one, one.name.as_deref().unwrap_or(&usual))?);
        }
    }
    for file in &component.model.diffuse_xml {
        let path = template(config, component, &config.path, file)?;
        let text = lat_io::read_text(&path)?;
        let tables = TableFiles::new(|name: &str| template(config, component, &path, name));
        let library = roi_model::read_xml_with(&text, &tables).map_err(|source| Error::model(&path, source))?;
        // Point sources come from catalogs.
        sources.extend(library.sources.into_iter().filter(|source| source.source_type() != SourceType::Point));
    }
    Ok(sources)
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
