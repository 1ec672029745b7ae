//! Sources that come into an analysis, with the maps that they need.

use std::collections::BTreeSet;
use std::path::Path;

use lat_dataset::Component;
use likelihood_core::SourceMap;
use roi_model::{Parameter, Roi, Source, SpatialKind};

use crate::analysis::Analysis;
use crate::data::source_maps;
use crate::error::{Error, Result};
use crate::known::memory;

impl Analysis {
    /// Adds a source and makes its map for each component, as the maps of the region are made. Nothing changes on an error. For several sources
    /// [`Analysis::add_sources`] reads exposure and PSF once.
    ///
    /// ```no_run
    /// use roi_fit::{Analysis, Selection};
    /// use roi_model::{SkyDirection, Source, SourceType, SpatialModel, Spectrum};
    ///
    /// let mut roi = Analysis::open("config.yaml")?;
    /// let place = SpatialModel::point(SkyDirection::new(83.8, 21.4)?)?;
    /// roi.add_source(Source::new("new", SourceType::Point, Spectrum::with_defaults("PowerLaw")?, place)?)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`Analysis::add_sources`].
    pub fn add_source(&mut self, source: Source) -> Result<()> {
        self.add_sources(&[source])
    }

    /// Adds sources and makes the map of each for each component, as the maps of the region are made. Nothing changes on an error.
    ///
    /// # Errors
    /// When a name is taken, a position lies outside the map of every component, a spectrum cannot be evaluated, or there is nothing to make maps from;
    /// [`Error::NoFiles`] for an analysis that was not opened from a configuration, to which [`Analysis::add_source_with_maps`] adds.
    pub fn add_sources(&mut self, sources: &[Source]) -> Result<()> {
        let mut roi = self.session.roi.clone();
        for source in sources {
            roi.add_source(source.clone())?;
        }
        let maps = self.made_maps(sources)?;
        self.take_sources(roi, sources, &maps)?;
        for source in sources {
            self.is_made_here(source.name());
            // A table of another analysis may lie nowhere yet.
            let unfound = source.spectrum().file().filter(|file| !self.is_table_found(file)).map(str::to_owned);
            self.edits.own_tables.extend(unfound);
        }
        Ok(())
    }

    /// Adds the sources of a file that is written as `model.sources` of a configuration is, see [`lat_dataset::read_sources`]; returns their names.
    ///
    /// # Errors
    /// As [`lat_dataset::read_sources`] and [`Analysis::add_sources`].
    pub fn add_sources_of_file(&mut self, path: &Path) -> Result<Vec<String>> {
        let config = self.opened.config.as_ref().ok_or(Error::NoFiles { what: "a source of a file" })?;
        let sources = lat_dataset::read_sources(config, path, &self.session.roi.center())?;
        let names = sources.iter().map(|source| source.name().to_owned()).collect();
        let wrong = |reason: String| Error::State { path: path.to_owned(), reason };
        self.add_sources(&sources).map_err(|error| match error {
            Error::Model(roi_model::Error::DuplicateSource { name }) => wrong(format!(
                "the model has a source '{name}' already; give the new one another name, or delete that one first"
            )),
            error @ (Error::OutsideMaps { .. } | Error::NothingSeen { .. }) => wrong(error.to_string()),
            other => other,
        })?;
        Ok(names)
    }

    /// Adds a source with its map for each component, in the components' order. Nothing changes on an error.
    ///
    /// # Errors
    /// When a source of this name is there already, the maps do not fit the data, or the spectrum cannot be evaluated.
    pub fn add_source_with_maps(&mut self, source: Source, maps: &[SourceMap]) -> Result<()> {
        let mut roi = self.session.roi.clone();
        roi.add_source(source.clone())?;
        let name = source.name().to_owned();
        self.take_sources(roi, &[source], &[maps.to_vec()])?;
        // A file may have a map of another source under this name.
        self.is_made_here(&name);
        Ok(())
    }

    /// A model with sources more, and their maps, source by source.
    fn take_sources(&mut self, roi: Roi, sources: &[Source], maps: &[Vec<SourceMap>]) -> Result<()> {
        let mut data = self.session.data.clone();
        for (source, maps) in sources.iter().zip(maps) {
            data.set_source_maps(source.name(), maps)?;
            data.npred(source)?;
        }
        let before = (std::mem::replace(&mut self.session.roi, roi), std::mem::replace(&mut self.session.data, data));
        let described = sources.iter().try_for_each(|source| {
            let id = self.session.roi.id_of(source.name())?;
            self.update_npred_of(id)?;
            self.update_fluxes(id, None)
        });
        if let Err(error) = described {
            (self.session.roi, self.session.data) = before;
            for source in sources {
                self.known.forget_source(source.name());
            }
            return Err(error);
        }
        Ok(())
    }

    /// The map of a source is one that was made for it as it is now.
    pub(crate) fn is_made_here(&mut self, name: &str) {
        self.edits.added.insert(name.to_owned());
        self.opened.component_models.iter_mut().for_each(|model| model.forget(name));
    }

    /// The maps of new sources for each component, source by source.
    pub(crate) fn made_maps(&mut self, sources: &[Source]) -> Result<Vec<Vec<SourceMap>>> {
        let config = self.opened.config.as_ref().ok_or(Error::NoFiles { what: "the map of a new source" })?;
        let mut components = lat_dataset::load(&config.path)?.observation.components;
        let names: BTreeSet<&str> = sources.iter().map(Source::name).collect();
        for component in &mut components {
            // A source that was deleted may have had its name.
            for name in &names {
                component.model.forget(name);
            }
        }
        sources.iter().try_for_each(|source| check_position(source, &components))?;
        let held = self.session.footprint().total() as u64;
        let files: u64 = components.iter().map(memory::of_files).sum();
        let mut maps: Vec<Vec<SourceMap>> = vec![Vec::with_capacity(components.len()); sources.len()];
        let mut made = 0;
        for component in &components {
            let planes: usize = sources.iter().map(|source| component.n_planes(source)).sum();
            made += 4 * (component.counts.grid.n_pixels() * planes) as u64;
            let others = held + files - memory::of_files(component) + made;
            let (threads, _) = memory::making(component, sources, others, self.opened.max_memory)?;
            let progress = self.progress.as_mut();
            source_maps::with_threads(threads, || {
                let mut next = maps.iter_mut();
                source_maps::make(component, sources, progress, |source, map| {
                    if let Some(own) = next.next() {
                        own.push(component.source_map(source, Some(map))?);
                    }
                    Ok(())
                })
            })?;
        }
        let is_zero = |maps: &[SourceMap]| maps.iter().all(|map| map.planes().iter().all(|value| *value == 0.0));
        match sources.iter().zip(&maps).find(|(_, maps)| is_zero(maps)) {
            Some((source, _)) => Err(Error::NothingSeen { source_name: source.name().to_owned() }),
            None => Ok(maps),
        }
    }
}

/// How far a source reaches from its position, in degrees, where its spatial model tells: 0 for a point, three sigmas of a Gaussian.
fn reach(source: &Source) -> Option<f64> {
    let spatial = source.spatial();
    let size = |name: &str| spatial.parameter(name).map(Parameter::true_value);
    match spatial.kind() {
        SpatialKind::Point => Some(0.0),
        SpatialKind::Disk => size("Radius"),
        SpatialKind::Gaussian => size("Sigma").map(|sigma| 3.0 * sigma),
        _ => None,
    }
}

/// Refuses a source of which no component's map holds a part.
fn check_position(source: &Source, components: &[Component]) -> Result<()> {
    let Some((direction, reach)) = source.direction().zip(reach(source)) else { return Ok(()) };
    let is_within = |component: &Component| {
        let grid = &component.counts.grid;
        let is_near = |pixel| grid.direction(pixel).is_some_and(|center| center.separation(&direction) < reach);
        grid.pixel(&direction).is_some() || (reach > 0.0 && (0..grid.n_pixels()).any(is_near))
    };
    if components.iter().any(is_within) {
        return Ok(());
    }
    let Some(component) = components.first() else { return Ok(()) };
    let center = component.counts.grid.reference_direction()?;
    Err(Error::OutsideMaps {
        source_name: source.name().to_owned(),
        ra: direction.ra(),
        dec: direction.dec(),
        separation: center.separation(&direction),
        center: (center.ra(), center.dec()),
    })
}
