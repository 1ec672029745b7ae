//! Reading what a fit reads only later: exposure, PSF, livetime, response functions and templates.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use roi_model::{Roi, Source, SpatialKind};

use super::report::FoundFile;
use crate::component::Component;
use crate::config::{ComponentConfig, Files};
use crate::error::{Error, Result};
use crate::problems::{Problems, Subject};

/// The files of a component; those that do not need the counts to be understood are read.
pub(super) fn files(settings: &ComponentConfig, files: &Files, problems: &mut Problems) -> Vec<FoundFile> {
    let named = &settings.files;
    let is_livetime_named = named.ltcube.is_some() || settings.response.livetime.is_some();
    let all = [
        ("ccube", &files.ccube, named.ccube.is_some()),
        ("srcmap", &files.srcmap, named.srcmap.is_some()),
        ("bexpmap", &files.bexpmap, named.bexpmap.is_some()),
        ("psf", &files.psf, named.psf.is_some()),
        ("drm", &files.drm, named.drm.is_some()),
        ("ltcube", &files.ltcube, is_livetime_named),
        ("irfs", &files.irfs, named.irfs.is_some()),
        ("wmap", &files.wmap, named.wmap.is_some()),
        ("xml", &files.xml, named.xml.is_some()),
        ("priors", &files.priors, named.priors.is_some()),
    ];
    let mut found = Vec::new();
    for (product, path, is_named) in all {
        let Some(path) = path else { continue };
        let subject = Subject::File { component: settings.name.clone(), product, path: path.clone() };
        problems.gather(&subject, read(product, path, settings, is_named));
        if path.exists() {
            found.push(found_file(product, path, is_named));
        }
    }
    found
}

/// Reads a file that can be understood alone.
fn read(product: &str, path: &Path, settings: &ComponentConfig, is_named: bool) -> Result<()> {
    match product {
        "bexpmap" => lat_io::read_exposure(path).map(|_| ())?,
        "psf" => lat_io::read_psf(path).map(|_| ())?,
        "ltcube" => lat_io::read_livetime_cube(path).map(|_| ())?,
        "irfs" => {
            if let (true, Some(name)) = (is_named, &settings.response.name) {
                lat_io::read_irf_set(path, name, settings.response.event_types)?;
            }
        }
        _ => {}
    }
    Ok(())
}

fn found_file(product: &'static str, path: &Path, is_named: bool) -> FoundFile {
    let bytes = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file).map(|metadata| metadata.len());
    FoundFile { product, path: path.to_owned(), is_named, bytes }
}

/// The templates of the sources of a component, each read once.
pub(super) fn templates(component: &Component, roi: &Roi, problems: &mut Problems) -> Vec<FoundFile> {
    let mut read = BTreeSet::new();
    for shared in roi.sources().iter().filter(|source| !component.model.is_absent(source.name())) {
        let about = Subject::Source { component: component.name.clone(), source: shared.name().to_owned() };
        let Some(source) = problems.gather(&about, component.model.source(shared)) else { continue };
        let whole = std::slice::from_ref(&source);
        for part in if source.members().is_empty() { whole } else { source.members() } {
            let template = template(component, part, &mut read);
            problems.gather(&about, template);
        }
    }
    read.iter().map(|path| found_file("template", path, true)).collect()
}

fn template(component: &Component, source: &Source, read: &mut BTreeSet<PathBuf>) -> Result<()> {
    let kind = source.spatial().kind();
    let is_map = matches!(kind, SpatialKind::Map | SpatialKind::MapCube);
    let Some(file) = source.spatial().file().filter(|_| is_map || kind == SpatialKind::Profile) else { return Ok(()) };
    let path = component.maker.templates.path(file)?;
    if !lat_io::may_exist(&path) {
        return Err(Error::NotFound { path });
    }
    if read.insert(path.clone()) {
        if is_map {
            lat_io::open_map_cube(&path)?;
        } else {
            lat_io::read_radial_profile(&path)?;
        }
    }
    Ok(())
}
