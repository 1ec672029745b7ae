//! Catalogs by name or file, which of their sources belong to a region, and sources that two of them have.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry as MapEntry;
use std::path::{Path, PathBuf};

use roi_model::{SkyDirection, Source, merge_source, normalized_name};

use super::names::known_catalog;
use crate::config::{ComponentConfig, Config};
use crate::error::{Error, Result};
use crate::problems::{Problems, Subject};
use crate::products::{listed, search_directories, template};
use lat_io::{Catalog, Entry, TableFiles};

/// Catalogs that were read already, by file.
#[derive(Default)]
pub(super) struct Catalogs {
    read: BTreeMap<PathBuf, Catalog>,
}

impl Catalogs {
    /// The catalog of this name (`4FGL-DR2`) or file, read once.
    pub(super) fn get(&mut self, config: &Config, component: &ComponentConfig, name: &str) -> Result<&Catalog> {
        let path = locate(config, component, name)?;
        match self.read.entry(path) {
            MapEntry::Occupied(known) => Ok(known.into_mut()),
            MapEntry::Vacant(new) => {
                let catalog = read(config, component, new.key())?;
                Ok(new.insert(catalog))
            }
        }
    }
}

/// The folder `model.extdir`, if it is there: it is not needed where no template of it is.
pub(super) fn extdir(config: &Config, component: &ComponentConfig) -> Option<PathBuf> {
    let named = component.model.extdir.as_ref()?;
    template(config, component, &config.path, &named.to_string_lossy()).ok()
}

fn locate(config: &Config, component: &ComponentConfig, name: &str) -> Result<PathBuf> {
    let mut directories: Vec<PathBuf> = extdir(config, component).into_iter().collect();
    directories.extend(search_directories(config, component, &config.path));
    let directories = directories.iter().flat_map(|directory| [directory.clone(), directory.join("catalogs")]);
    let Some(files) = known_catalog(name) else {
        let name = PathBuf::from(lat_io::expand_environment(name)?);
        let tried: Vec<PathBuf> = directories.map(|directory| directory.join(&name)).collect();
        let found = lat_io::first_found(tried.into_iter().filter(|path| !path.is_dir()));
        return found.ok_or_else(|| Error::NotFound { path: config.directory().join(name) });
    };
    let directories: Vec<PathBuf> = directories.collect();
    for file in &files {
        for directory in &directories {
            let candidates = [directory.join(file), directory.join(format!("{file}.gz"))];
            if let Some(path) = candidates.into_iter().find(|path| path.is_file()) {
                return Ok(path);
            }
        }
    }
    Err(Error::Unsupported {
        path: config.path.clone(),
        what: format!("catalog {name} without its file"),
        remedy: format!(
            "put one of {} (or .gz) into one of {}, or name the file in model.catalogs",
            files.join(", "),
            listed(&directories)
        ),
    })
}

fn read(config: &Config, component: &ComponentConfig, path: &Path) -> Result<Catalog> {
    if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("xml")) {
        let text = lat_io::read_text(path)?;
        let tables = TableFiles::new(|name: &str| template(config, component, path, name));
        let library = roi_model::read_xml_with(&text, &tables).map_err(|source| Error::model(path, source))?;
        return Ok(Catalog::from_sources(path, library.sources));
    }
    Ok(Catalog::read(path, &component.model.assoc_xmatch_columns)?)
}

/// The sources of a component as they are found.
pub(super) struct Found<'a> {
    config: &'a Config,
    component: &'a ComponentConfig,
    pub(super) sources: Vec<Source>,
}

impl<'a> Found<'a> {
    pub(super) fn new(config: &'a Config, component: &'a ComponentConfig) -> Self {
        Self { config, component, sources: Vec::new() }
    }

    /// Adds a source that only its name identifies.
    pub(super) fn add(&mut self, source: Source) -> Result<()> {
        let name = normalized_name(source.name());
        self.merge(source, &[name])
    }

    /// Adds the sources of a catalog that lie in the region.
    pub(super) fn add_catalog(
        &mut self,
        catalog: &Catalog,
        center: &SkyDirection,
        extdir: Option<&Path>,
        problems: &mut Problems,
    ) -> Result<()> {
        for entry in catalog.entries().iter().filter(|entry| is_inside(self.component, center, entry)) {
            let columns = self.component.model.assoc_xmatch_columns.iter();
            let names: Vec<String> = columns
                .filter_map(|column| entry.association(column))
                .chain([entry.name()])
                .map(normalized_name)
                .collect();
            let source = catalog.source(entry, extdir).map_err(Error::from);
            if let Some(source) = problems.take(&Subject::Model, source)? {
                problems.take(&Subject::Model, self.merge(source, &names))?;
            }
        }
        Ok(())
    }

    /// Adds a source; one that is there already, by name or association, is replaced or kept.
    fn merge(&mut self, source: Source, names: &[String]) -> Result<()> {
        let replaces = self.component.model.merge_sources;
        merge_source(&mut self.sources, source, names, replaces).map_err(|error| Error::model(&self.config.path, error))
    }
}

/// As in fermipy both limits hold, and an absent one limits nothing.
fn is_inside(component: &ComponentConfig, center: &SkyDirection, entry: &Entry) -> bool {
    let Some(direction) = entry.direction() else { return true };
    let frame = component.coordsys.unwrap_or_default();
    let model = &component.model;
    let in_circle = model.src_radius.is_none_or(|radius| center.separation(&direction) < radius);
    let in_square = model.src_roiwidth.is_none_or(|width| {
        let (x, y) = center.aitoff_offset(&direction, frame);
        x.abs().max(y.abs()) < 0.5 * width
    });
    in_circle && in_square
}
