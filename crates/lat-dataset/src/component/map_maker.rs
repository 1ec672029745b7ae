//! Source maps that are made here: from exposure, PSF and templates, when no file holds them.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use lat_response::{Recipe, Response, SkyGrid, SourceMapBuilder, SourceMapOptions};
use likelihood_core::{Dispersion, EnergyAxis, SourceMap};
use roi_model::{Parameter, Source};

use super::instrument::Instrument;
use super::recipe;
use super::template_files::Templates;
use crate::described::described;
use crate::error::{Error, Result};
use lat_io::CountsCubeFile;

/// Counted up when a map is made otherwise than before from the same inputs.
const VERSION: u32 = 3;

/// How the digest of a map begins that was made as accurately as the inputs.
const ACCURATE: &str = "a:";

/// What the maps of a component are made from.
#[derive(Debug)]
pub(crate) struct MapMaker {
    pub(crate) component: String,
    pub(crate) exposure: Option<PathBuf>,
    pub(crate) psf: Option<PathBuf>,
    /// Where exposure and PSF come from when there is no file of them.
    pub(crate) instrument: Instrument,
    /// Planes beyond the edges on each side, for energy dispersion over a window.
    pub(crate) extra: usize,
    /// Whose numbers maps follow when the user does not ask for others.
    pub(crate) recipe: Recipe,
    /// The energy dispersion, which does not apply to all sources.
    pub(crate) dispersion: Option<Dispersion>,
    pub(crate) options: SourceMapOptions,
    pub(crate) templates: Templates,
    pub(crate) digests: Digests,
}

/// Digests of files, once they are known, shared by the components of a region.
pub(crate) type Digests = Arc<Mutex<HashMap<PathBuf, String>>>;

impl MapMaker {
    /// Makes the maps of sources, in parallel, and gives them to `take` in their order; `progress` is told each name when it is done.
    pub(crate) fn make<E: From<Error>>(
        &self,
        counts: &CountsCubeFile,
        sources: &[Source],
        progress: &(dyn Fn(&str) + Sync),
        mut take: impl FnMut(&Source, SourceMap) -> std::result::Result<(), E>,
    ) -> std::result::Result<(), E> {
        let first = sources.first().map_or("", Source::name);
        let builder = self.builder(&counts.grid, counts.cube.axis(), first)?;
        let own: Vec<Source> = sources.iter().map(|source| self.own(source)).collect();
        let borrowed: Vec<&Source> = own.iter().collect();
        let give = |index: usize, map| take(&sources[index], map).map_err(Either);
        builder.build_each(&borrowed, &self.templates, progress, give).map_err(|Either(error)| error)
    }

    /// A source with the word on energy dispersion that the configuration has.
    pub(crate) fn own(&self, source: &Source) -> Source {
        let mut own = source.clone();
        own.set_apply_edisp(self.is_dispersed(source));
        own
    }

    /// What makes the maps of sources on these pixels and at these energies; `first` is named where something for it is missing.
    pub(super) fn builder(&self, grid: &SkyGrid, axis: &EnergyAxis, first: &str) -> Result<SourceMapBuilder> {
        let response = self.response(grid, axis, first)?;
        Ok(SourceMapBuilder::new(grid, axis, self.extra, response, self.options.clone())?)
    }

    /// Exposure and PSF of the whole observation.
    pub(crate) fn response(&self, grid: &SkyGrid, axis: &EnergyAxis, first: &str) -> Result<Response> {
        self.check(first)?;
        let recipe = recipe::of(&self.options);
        Ok(Response {
            exposure: match &self.exposure {
                Some(path) => lat_io::read_exposure(path)?,
                None => self.instrument.exposure(axis, grid.frame(), self.extra, recipe)?,
            },
            psf: match &self.psf {
                Some(path) => lat_io::read_psf(path)?.into(),
                None => self.instrument.psf(axis, self.extra, recipe)?,
            },
        })
    }

    /// Reads what maps are made from and sees whether it goes with the counts. Exposure and PSF that are computed are not: that takes long.
    pub(crate) fn verify(&self, counts: &CountsCubeFile) -> Result<()> {
        if self.exposure.is_some() && self.psf.is_some() {
            return self.builder(&counts.grid, counts.cube.axis(), "").map(|_| ());
        }
        self.instrument.verify()
    }

    /// What is computed from livetime and response functions when maps are made: exposure, PSF.
    pub(crate) fn computes(&self) -> [bool; 2] {
        [self.exposure.is_none(), self.psf.is_none()]
    }

    /// Whether energy dispersion applies to a source, by the model (`apply_edisp`) and by the configuration (`edisp_disable`).
    pub(crate) fn is_dispersed(&self, source: &Source) -> bool {
        source.apply_edisp() && self.dispersion.as_ref().is_some_and(|dispersion| !dispersion.excepts(source.name()))
    }

    /// Whether all is there that maps are made from.
    pub(crate) fn can_make(&self) -> bool {
        (self.exposure.is_some() && self.psf.is_some()) || self.instrument.is_there()
    }

    /// What is missing to make the map of a source, if anything.
    pub(crate) fn check(&self, source: &str) -> Result<()> {
        if self.can_make() {
            return Ok(());
        }
        let (what, key) = match self.exposure {
            None => ("binned exposure (gtexpcube2)", "bexpmap"),
            Some(_) => ("table of the point spread function (gtpsf)", "psf"),
        };
        Err(Error::NoInstrument {
            component: self.component.clone(),
            source_name: source.to_owned(),
            what,
            key,
            missing: self.instrument.missing(),
        })
    }

    /// A digest of all that the map of a source depends on, made with the present options.
    pub(crate) fn inputs(&self, counts: &CountsCubeFile, source: &Source) -> Result<String> {
        self.inputs_with(&self.options, self.extra_of(source), counts, source)
    }

    /// Whether a map of so many planes with this digest is what would be made now. An accurate one stands as well as one that follows
    /// the tools: that was the user's choice. So does one with more planes for energy dispersion than are wanted, so that
    /// configurations that differ in this do not make each other's maps anew for ever.
    pub(crate) fn stands(
        &self,
        digest: &str,
        n_planes: usize,
        counts: &CountsCubeFile,
        source: &Source,
    ) -> Result<bool> {
        let recipe = if digest.starts_with(ACCURATE) { recipe::accurate() } else { self.recipe };
        let options = recipe::with_recipe(&self.options, recipe);
        let needed = self.extra_of(source);
        let extra = n_planes.saturating_sub(counts.cube.axis().edges().len()) / 2;
        Ok(extra >= needed && self.inputs_with(&options, extra, counts, source)? == digest)
    }

    /// How many planes the map of a source needs beyond the edges on each side.
    pub(crate) fn extra_of(&self, source: &Source) -> usize {
        if self.is_dispersed(source) { self.extra } else { 0 }
    }

    fn inputs_with(
        &self,
        options: &SourceMapOptions,
        extra: usize,
        counts: &CountsCubeFile,
        source: &Source,
    ) -> Result<String> {
        let what = (options, &counts.grid, counts.cube.axis().edges(), extra);
        let mut text = format!("source map {VERSION}\n{}\n", described(&what)?);
        let file =
            |path: &Option<PathBuf>| path.as_deref().map_or_else(|| Ok("none".into()), |path| self.digest_of(path));
        let _ = writeln!(text, "{}\n{}", file(&self.exposure)?, file(&self.psf)?);
        if self.exposure.is_none() || self.psf.is_none() {
            let _ = writeln!(text, "{}", self.instrument.inputs(|path| self.digest_of(path))?);
        }
        self.describe(source, &mut text)?;
        let mark = if recipe::of(options) == recipe::accurate() { ACCURATE } else { "" };
        Ok(format!("{mark}{}", lat_io::digest_of_bytes(text.as_bytes())))
    }

    /// What the map of a source depends on that its XML tells; of a composite source also the spectra of its members.
    fn describe(&self, source: &Source, text: &mut String) -> Result<()> {
        let spatial = source.spatial();
        let template = spatial.file().map(|name| self.templates.path(name)).transpose()?;
        let template = template.as_deref().map_or_else(|| Ok("none".into()), |path| self.digest_of(path))?;
        let _ = writeln!(text, "{} {template}", spatial.type_name());
        for parameter in spatial.parameters() {
            write_parameter(parameter, text);
        }
        let _ = writeln!(text, "{} {}", source.apply_psf(), source.apply_exposure());
        for member in source.members() {
            self.describe(member, text)?;
            let spectrum = member.spectrum();
            let _ = writeln!(text, "{} {}", spectrum.type_name(), described(&spectrum.attributes())?);
            for parameter in spectrum.parameters() {
                write_parameter(parameter, text);
            }
            for table in spectrum.file_tables() {
                let _ = writeln!(text, "{}", described(&(table.energies(), table.values()))?);
            }
        }
        Ok(())
    }

    fn digest_of(&self, path: &Path) -> Result<String> {
        // Nothing can leave the table half changed, so a panic elsewhere does not matter. It is locked while a file is read, so that components
        // that are asked at the same time do not read it twice.
        let mut digests = self.digests.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(digest) = digests.get(path) {
            return Ok(digest.clone());
        }
        let digest = lat_io::digest_of_file(path)?;
        digests.insert(path.to_owned(), digest.clone());
        Ok(digest)
    }

    /// What is not there any more to make maps anew, in words; `None` when all is.
    pub(crate) fn gone(&self) -> Option<String> {
        if self.can_make() {
            return None;
        }
        let mut gone = Vec::new();
        if self.exposure.is_none() {
            gone.push("binned exposure (files: {bexpmap: PATH})");
        }
        if self.psf.is_none() {
            gone.push("table of the point spread function (files: {psf: PATH})");
        }
        Some(gone.join(" and no "))
    }
}

/// The error of the one who takes the maps, which holds an error of making them too.
pub(crate) struct Either<E>(pub(crate) E);

impl<E: From<Error>> From<lat_response::Error> for Either<E> {
    fn from(error: lat_response::Error) -> Self {
        Self(Error::from(error).into())
    }
}

fn write_parameter(parameter: &Parameter, text: &mut String) {
    let (value, scale) = (parameter.value().to_bits(), parameter.scale().to_bits());
    let _ = writeln!(text, "{} {value:x} {scale:x}", parameter.name());
}
