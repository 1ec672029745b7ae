//! The files that a configuration is read from, and those that are made beside it.

use std::path::{Path, PathBuf};

use crate::config::Config;
use crate::error::Result;
use crate::prepare::named_event_files;
use crate::products::{Products, product_path, selected_photons};

/// A file that an analysis reads or makes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct InputFile {
    /// What it is: `config`, or the key of section `files`.
    pub what: &'static str,
    /// Where it lies.
    pub path: PathBuf,
}

/// The files of an analysis, as far as its configuration names them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct InputFiles {
    /// The configuration and the products of all components, each once. A source map file that is not there yet is where it will be made.
    pub files: Vec<InputFile>,
    /// The names of the components.
    pub components: Vec<String>,
}

/// Lists the files of a configuration without reading any but the configuration itself. Templates, tables and catalogs that the model names
/// are not among them.
///
/// # Errors
/// When the configuration cannot be read or a file that it names is not there.
pub fn input_files(config_path: &Path) -> Result<InputFiles> {
    let config = Config::read(config_path)?;
    let mut all = InputFiles::default();
    let mut add = |what: &'static str, path: Option<PathBuf>| {
        if let Some(path) = path.filter(|path| !all.files.iter().any(|known| known.path == *path)) {
            all.files.push(InputFile { what, path });
        }
    };
    add("config", Some(config_path.to_owned()));
    for component in &config.components {
        let found = Products::find(&config, component)?;
        let made = || product_path(&config.outdir, "srcmap", &component.name, "fits");
        add("xml", found.xml);
        add("srcmap", Some(found.srcmap.unwrap_or_else(made)));
        add("ccube", Some(found.ccube));
        add("bexpmap", found.bexpmap);
        add("psf", found.psf);
        add("drm", found.drm);
        add("ltcube", found.ltcube);
        add("wmap", found.wmap);
        add("priors", found.priors);
    }
    all.components = config.components.into_iter().map(|component| component.name).collect();
    Ok(all)
}

/// The event files of a configuration, whether anything was made of them or not: photons, spacecraft, lists of them, and the photons that were
/// selected. None where it names no events; files that are not there are left out.
///
/// # Errors
/// When the configuration cannot be read.
pub fn event_files(config_path: &Path) -> Result<Vec<InputFile>> {
    let config = Config::read(config_path)?;
    let mut all: Vec<InputFile> = Vec::new();
    for component in &config.components {
        let events = &component.events;
        for (what, named) in [("evfile", &events.evfile), ("scfile", &events.scfile)] {
            let paths = named.iter().flat_map(|text| named_event_files(&config, text).unwrap_or_default());
            all.extend(paths.map(|path| InputFile { what, path }));
        }
        let selected = selected_photons(&config, &component.name).ok();
        all.extend(selected.map(|path| InputFile { what: "selected photons", path }));
    }
    Ok(all)
}
