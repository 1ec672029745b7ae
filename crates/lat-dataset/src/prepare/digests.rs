//! What each product of event files is made from, as digests that stand in their headers.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use super::rules::Rules;
use super::watching::{PrepareStep, Told};
use crate::component::instrument::Instrument;
use crate::component::recipe;
use crate::config::{ComponentConfig, Config};
use crate::described::described;
use crate::error::{Error, Result};
use lat_io::expand_environment;

/// Counted up when a product is made otherwise than before from the same options.
const VERSION: u32 = 3;

/// The event files of a component.
#[derive(Clone, Debug)]
pub(super) struct EventFiles {
    pub(super) photons: Vec<PathBuf>,
    pub(super) spacecraft: Vec<PathBuf>,
}

impl EventFiles {
    /// The files that are named, lists resolved.
    pub(super) fn named(config: &Config, component: &ComponentConfig) -> Result<Self> {
        Ok(Self {
            photons: listed_files(config, &component.events.evfile, ("data.evfile", "the photon files (FT1)"))?,
            spacecraft: spacecraft_files(config, component)?,
        })
    }
}

/// The spacecraft files of a component, lists resolved.
///
/// # Errors
/// [`Error::EventKey`] when none is named; when one is not there, or a list cannot be read.
pub(crate) fn spacecraft_files(config: &Config, component: &ComponentConfig) -> Result<Vec<PathBuf>> {
    listed_files(config, &component.events.scfile, ("data.scfile", "the spacecraft files (FT2)"))
}

fn listed_files(config: &Config, named: &[String], (key, what): (&'static str, &'static str)) -> Result<Vec<PathBuf>> {
    if named.is_empty() {
        return Err(Error::EventKey { path: config.path.clone(), key, what });
    }
    let mut files = Vec::new();
    for text in named {
        let (_, listed) = file_or_list(config, text)?;
        files.extend(listed);
    }
    Ok(files)
}

/// A file of events that a configuration names, or the list that it names, and the files of it.
fn file_or_list(config: &Config, text: &str) -> Result<(PathBuf, Vec<PathBuf>)> {
    let text = expand_environment(text.strip_prefix('@').unwrap_or(text))?;
    let path = config.directory().join(text);
    if !lat_io::may_exist(&path) {
        return Err(Error::NotFound { path });
    }
    let files = lat_io::file_list(&path)?;
    Ok((path, files))
}

/// What a configuration names for events: the file, or the list with its files.
///
/// # Errors
/// When it is not there, or the list cannot be read.
pub(crate) fn named_event_files(config: &Config, text: &str) -> Result<Vec<PathBuf>> {
    let (path, mut files) = file_or_list(config, text)?;
    if !files.contains(&path) {
        files.push(path);
    }
    Ok(files)
}

/// Digests of files that were read once.
#[derive(Default)]
pub(super) struct FileDigests<'w> {
    known: HashMap<PathBuf, String>,
    watching: Option<&'w dyn Told>,
}

impl<'w> FileDigests<'w> {
    /// None yet; somebody watches the reading.
    pub(super) fn watched(watching: &'w dyn Told) -> Self {
        Self { known: HashMap::new(), watching: Some(watching) }
    }

    pub(super) fn of(&mut self, path: &Path) -> Result<String> {
        if let Some(digest) = self.known.get(path) {
            return Ok(digest.clone());
        }
        // A file that cannot be read is told by who reads it.
        let bytes = std::fs::metadata(path).map_or(0, |metadata| metadata.len());
        let mut read = 0;
        let digest = lat_io::digest_while(path, |more| {
            read += more;
            let step = PrepareStep::Digest { path, read, bytes };
            self.watching.map_or(ControlFlow::Continue(()), |watching| watching.tell(&step))
        })?;
        let digest = digest.ok_or(Error::Stopped)?;
        self.known.insert(path.to_owned(), digest.clone());
        Ok(digest)
    }

    fn all(&mut self, paths: &[PathBuf]) -> Result<String> {
        paths.iter().map(|path| self.of(path)).collect::<Result<Vec<_>>>().map(|digests| digests.join(" "))
    }

    /// That files of a folder may have been written anew.
    pub(super) fn forget_below(&mut self, folder: &Path) {
        self.known.retain(|path, _| !path.starts_with(folder));
    }

    /// That a file was written anew.
    pub(super) fn forget(&mut self, path: &Path) {
        self.known.remove(path);
    }
}

/// The digests of what a component's products of event files are made from.
#[derive(Clone, Debug)]
pub(super) struct Inputs {
    pub(super) photons: String,
    pub(super) livetime: String,
    pub(super) counts: String,
}

impl Inputs {
    pub(super) fn of(rules: &Rules, files: &EventFiles, digests: &mut FileDigests<'_>) -> Result<Self> {
        let spacecraft = digests.all(&files.spacecraft)?;
        let select = described(&rules.select)?;
        let mut photons = format!("{VERSION} photons {} {select}", digests.all(&files.photons)?);
        if let Some(good_times) = &rules.good_times {
            let _ = write!(photons, " {} {spacecraft}", described(good_times)?);
        }
        let photons = lat_io::digest_of_bytes(photons.as_bytes());
        let livetime = format!("{VERSION} livetime {photons} {spacecraft} {}", described(&rules.livetime)?);
        let grid = described(&(&rules.grid, &rules.energies))?;
        let counts = format!("{VERSION} counts {photons} {spacecraft} {grid}");
        let [livetime, counts] = [livetime, counts].map(|text| lat_io::digest_of_bytes(text.as_bytes()));
        Ok(Self { photons, livetime, counts })
    }
}

/// The digest of what the exposure of a component is made from, where its livetime cube is there.
pub(super) fn exposure_inputs(
    instrument: &Instrument,
    component: &ComponentConfig,
    rules: &Rules,
    digests: &mut FileDigests<'_>,
) -> Result<String> {
    let response = instrument.inputs(|path| digests.of(path))?;
    let recipe = recipe::of_exposure(instrument.is_first_pass_7());
    let what = (recipe, rules.grid.frame(), extra_planes(component), &rules.energies);
    let text = format!("{VERSION} exposure {response} {}", described(&what)?);
    Ok(lat_io::digest_of_bytes(text.as_bytes()))
}

/// The digest of what the exposure in the pixels of the counts is made from, where the livetime cube is there.
pub(super) fn region_inputs(instrument: &Instrument, rules: &Rules, digests: &mut FileDigests<'_>) -> Result<String> {
    let response = instrument.inputs(|path| digests.of(path))?;
    let recipe = recipe::of_exposure(instrument.is_first_pass_7());
    let text = format!("{VERSION} exposure {response} {}", described(&(recipe, &rules.grid, &rules.energies))?);
    Ok(lat_io::digest_of_bytes(text.as_bytes()))
}

/// Planes of the exposure beyond the energies of the counts on either side: those of energy dispersion over a window.
pub(super) fn extra_planes(component: &ComponentConfig) -> usize {
    if component.edisp.is_on() { usize::try_from(component.edisp.bins).unwrap_or(0) } else { 0 }
}
