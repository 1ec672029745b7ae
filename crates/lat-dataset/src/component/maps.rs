//! The source maps of a component: which have to be made, made or read, and as the likelihood takes them.

use std::path::PathBuf;

use likelihood_core::SourceMap;
use ndarray::Array3;
use roi_model::Source;

use super::assemble::Component;
use super::memory::{self, MakingSize};
use super::recipe;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::products::product_path;
use lat_io::SourceMapFile;

/// The source map file of a component, see [`Component::map_place`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MapPlace {
    /// It was made here, or is not there yet: it may be written.
    Ours(PathBuf),
    /// It holds maps of another program.
    Others(PathBuf),
}

impl Component {
    /// The sources of the region, as the component has them, whose maps have to be made: those without a map in the file, and those whose map
    /// was made here from something that has changed since. Maps of gtsrcmaps are taken as they are.
    ///
    /// # Errors
    /// When a file that a map was made from cannot be read any more.
    pub fn unmade(&self, sources: &[Source]) -> Result<Vec<Source>> {
        let mut unmade = Vec::new();
        for shared in sources.iter().filter(|source| !self.model.is_absent(source.name())) {
            let source = self.model.source(shared)?;
            let file = self.source_maps.as_ref().filter(|file| file.contains(source.name()));
            let stands = match file.map(|file| file.inputs(source.name())) {
                None => false,
                // What cannot be made anew is taken as it is.
                Some(None) => true,
                Some(Some(_)) if !self.maker.can_make() => true,
                // A map whose planes cannot be counted is damaged: it does not stand.
                Some(Some(inputs)) => match file.and_then(|file| file.n_planes(source.name())) {
                    Some(n_planes) => self.maker.stands(inputs, n_planes, &self.counts, &source)?,
                    None => false,
                },
            };
            if !stands {
                unmade.push(source);
            }
        }
        Ok(unmade)
    }

    /// Makes the maps of sources of the component ([`Component::unmade`]) and gives each to `take`, in their order; at most one map a thread is
    /// alive at a time, and a few of diffuse sources. `progress` is told each name when its map is done.
    ///
    /// # Errors
    /// [`Error::NoInstrument`] without exposure or PSF, and without livetime and response functions to compute them from; when these or a
    /// template do not cover what is needed; the first error of `take`.
    pub fn make_source_maps<E: From<Error>>(
        &self,
        sources: &[Source],
        progress: &(dyn Fn(&str) + Sync),
        take: impl FnMut(&Source, SourceMap) -> std::result::Result<(), E>,
    ) -> std::result::Result<(), E> {
        if sources.is_empty() { Ok(()) } else { self.maker.make(&self.counts, sources, progress, take) }
    }

    /// How many planes the map of a source has, or will have when it is made; 0 where the component lacks the source.
    pub fn n_planes(&self, source: &Source) -> usize {
        if self.model.is_absent(source.name()) {
            return 0;
        }
        let stored = self.source_maps.as_ref().and_then(|file| file.n_planes(source.name()));
        stored.unwrap_or_else(|| self.planes_to_make(source))
    }

    /// How many planes the map of a source has when it is made.
    pub(crate) fn planes_to_make(&self, source: &Source) -> usize {
        self.counts.cube.axis().edges().len() + 2 * self.maker.extra_of(source)
    }

    /// About how much memory it takes at most to make maps of these sources ([`Component::unmade`]), told from the sizes of the files.
    ///
    /// # Errors
    /// When the region cannot be projected.
    pub fn making(&self, unmade: &[Source]) -> Result<MakingSize> {
        if unmade.is_empty() {
            return Ok(MakingSize::default());
        }
        memory::of(&self.maker, &self.counts, unmade)
    }

    /// The digest of all that the map of a source of the component is made from.
    pub(crate) fn inputs(&self, source: &Source) -> Result<String> {
        self.maker.inputs(&self.counts, source)
    }

    /// Makes maps as accurate as the inputs instead of those that gtsrcmaps would make.
    pub fn make_accurate(&mut self) {
        self.maker.options = recipe::with_recipe(&self.maker.options, lat_response::Recipe::accurate());
    }

    /// Where maps that were made are kept, so that they need not be made again: a new file under fermipy's name, or the present one when all
    /// its maps were made here. A file of gtsrcmaps is not touched.
    pub fn map_place(&self, config: &Config) -> MapPlace {
        let Some(file) = &self.source_maps else {
            return MapPlace::Ours(product_path(&config.outdir, "srcmap", &self.name, "fits"));
        };
        let is_own = |name: &String| file.inputs(name).is_some();
        let path = file.path().to_owned();
        if !file.names().is_empty() && file.names().iter().all(is_own) {
            MapPlace::Ours(path)
        } else {
            MapPlace::Others(path)
        }
    }

    /// The map of this name as the source map file has it.
    ///
    /// # Errors
    /// As [`SourceMapFile::read`]; [`Error::NoInstrument`] when there is no file.
    pub fn stored_map(&self, name: &str) -> Result<SourceMap> {
        Ok(self.stored_in(name)?.read(name)?)
    }

    /// The source map file, where the map of this name must be in one.
    pub(super) fn stored_in(&self, name: &str) -> Result<&SourceMapFile> {
        self.source_maps.as_ref().ok_or_else(|| Error::NoInstrument {
            component: self.name.clone(),
            source_name: name.to_owned(),
            what: "source map file (it was not made yet)",
            key: "srcmap",
            missing: self.maker.instrument.missing(),
        })
    }

    /// The map of a source of the region, ready for the region's spectrum (see [`ComponentModel::adapted`](crate::ComponentModel::adapted)) and multiplied by the
    /// correction of the exposure if there is one: `made`, or that of the file. Where the component lacks the source the map is zero.
    ///
    /// # Errors
    /// As [`SourceMapFile::read`] and [`ComponentModel::adapted`](crate::ComponentModel::adapted); when the map in the file was multiplied by zero and is wanted
    /// otherwise.
    pub fn source_map(&self, source: &Source, made: Option<SourceMap>) -> Result<SourceMap> {
        if self.model.is_absent(source.name()) {
            let (_, ny, nx) = self.counts.cube.counts().dim();
            let planes = Array3::zeros((self.counts.cube.axis().edges().len() + 2 * self.maker.extra, ny, nx));
            return SourceMap::new(planes).map_err(|error| Error::planes(source.name(), "cannot be zero", error));
        }
        let map = if let Some(map) = made {
            self.scaled(source.name(), map, 1.0)?
        } else {
            let file = self.stored_in(source.name())?;
            let present = file.exposure_scale(source.name());
            self.check_scale(source.name(), file, present)?;
            self.scaled(source.name(), file.read(source.name())?, present)?
        };
        self.model.adapted(source, self.counts.cube.axis(), map)
    }

    /// A map multiplied by the correction of the exposure. What fermipy has multiplied it by already (keyword `EXPSCALE`, `present`) is
    /// taken into account.
    fn scaled(&self, name: &str, map: SourceMap, present: f64) -> Result<SourceMap> {
        let Some(factor) = self.wanted_scale(name, present) else { return Ok(map) };
        #[expect(clippy::cast_possible_truncation, reason = "source maps are single precision")]
        let scaled = map.planes().mapv(|value| (f64::from(value) * (factor / present)) as f32);
        SourceMap::new(scaled)
            .map_err(|source| Error::planes(name, "cannot be multiplied by the correction of the exposure", source))
    }

    /// The correction of the exposure, if it is another than that which a map has already.
    fn wanted_scale(&self, name: &str, present: f64) -> Option<f64> {
        self.exposure.of(name).filter(|wanted| *wanted != present)
    }

    /// A map that was multiplied by zero cannot be corrected otherwise.
    fn check_scale(&self, name: &str, file: &SourceMapFile, present: f64) -> Result<()> {
        match self.wanted_scale(name, present) {
            Some(wanted) if !(present.is_finite() && present > 0.0) => Err(lat_io::Error::BadFits {
                path: file.path().to_owned(),
                hdu: format!("'{name}'"),
                reason: format!(
                    "its exposure was multiplied by EXPSCALE = {present}, gtlike asks for {wanted}; make the map anew"
                ),
            }
            .into()),
            _ => Ok(()),
        }
    }
}
