//! Counts and model in every pixel: what maps of the sky are computed from.

use std::ops::Range;

use lat_dataset::{Component, Loaded};
use lat_io::CountsCubeFile;
use likelihood_core::LikelihoodWeights;
use ndarray::Array3;
use roi_model::{Roi, Source};

use crate::analysis::Analysis;
use crate::data::source_maps;
use crate::error::{Error, Result};
use crate::known::memory;
use crate::known::progress::Quiet;

/// Counts and model of one component in every pixel `[energy bin, y, x]`.
#[derive(Debug)]
pub struct ComponentCubes {
    counts: CountsCubeFile,
    weights: Option<LikelihoodWeights>,
    name: String,
    bins: Range<usize>,
    model: Array3<f64>,
}

impl ComponentCubes {
    /// What they hold, in bytes.
    pub fn bytes(&self) -> usize {
        let counts = self.counts.cube.counts().len() * size_of::<f32>();
        let weights = self.weights.as_ref().map_or(0, |weights| weights.values().len() * size_of::<f32>());
        counts + weights + self.model.len() * size_of::<f64>()
    }

    /// The component's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its counts and pixels.
    pub fn counts(&self) -> &CountsCubeFile {
        &self.counts
    }

    /// Its likelihood weights.
    pub fn weights(&self) -> Option<&LikelihoodWeights> {
        self.weights.as_ref()
    }

    /// The energy bins that the analysis evaluates.
    pub fn bins(&self) -> Range<usize> {
        self.bins.clone()
    }

    /// Predicted counts of the sources that were asked for.
    pub fn model(&self) -> &Array3<f64> {
        &self.model
    }
}

impl Analysis {
    /// Counts and model of each component in every pixel, all sources but those of `exclude` (names or aliases) in the model. The source maps
    /// are read again (or made again), as a fit keeps only the filled bins of them.
    ///
    /// The limit of memory that the analysis was opened with holds here too.
    ///
    /// # Errors
    /// As [`Analysis::model_map`].
    pub fn cubes(&self, exclude: &[String]) -> Result<Vec<ComponentCubes>> {
        self.cubes_of(&self.session.roi, exclude)
    }

    /// The same with the spectra that the sources have in another model of theirs: that of a fit that was not taken over. Sources that have other places or
    /// shapes there are to be left out.
    ///
    /// # Errors
    /// As [`Analysis::cubes`]; for sources that the analysis does not have.
    pub fn cubes_of(&self, roi: &Roi, exclude: &[String]) -> Result<Vec<ComponentCubes>> {
        let config = self.opened.config.as_ref().ok_or(Error::NoFiles { what: "a map of the sky" })?;
        let left_out = exclude.iter().map(|name| roi.id_of(name)).collect::<std::result::Result<Vec<_>, _>>()?;
        let chosen: Vec<&Source> = roi.ids().filter(|id| !left_out.contains(id)).map(|id| &roi[id]).collect();
        for source in &chosen {
            self.session.roi.source(source.name())?;
        }
        let loaded = lat_dataset::load(&config.path)?;
        let models = (0..loaded.observation.components.len()).map(|index| self.model_cube(&loaded, index, &chosen));
        let models: Vec<Array3<f64>> = models.collect::<Result<_>>()?;
        let components = loaded.observation.components.into_iter().zip(models).zip(self.session.data.components());
        let cubes = components.map(|((component, model), data)| {
            let Component { name, counts, settings, .. } = component;
            ComponentCubes { counts, weights: settings.weights, name, bins: data.bins(), model }
        });
        Ok(cubes.collect())
    }

    /// Predicted counts of the chosen sources, which the analysis has, in every pixel of a component, energy dispersion included.
    pub(crate) fn model_cube(&self, loaded: &Loaded, index: usize, chosen: &[&Source]) -> Result<Array3<f64>> {
        let components = &loaded.observation.components;
        let both = components.get(index).zip(self.session.data.components().get(index));
        let Some((component, likelihood)) = both else { return Err(likelihood_core::Error::NoComponents.into()) };
        let mut wanted: Vec<&Source> = chosen.to_vec();
        let is_wanted = |own: &Source| wanted.iter().any(|source| source.name() == own.name());
        let unmade: Vec<Source> = self.unmade(component)?.into_iter().filter(is_wanted).collect();
        let mut model = Array3::<f64>::zeros(component.counts.cube.counts().dim());
        // What the analysis holds, the files that were opened beside it, the model with what is added to it, and a map that is read.
        let held = self.session.footprint().total() as u64;
        let planes = wanted.iter().map(|source| component.n_planes(source)).max().unwrap_or(0);
        let map = 4 * (component.counts.grid.n_pixels() * planes) as u64;
        let own = 2 * 8 * model.len() as u64 + 2 * map;
        let all_files: u64 = components.iter().map(memory::of_files).sum();
        let others = held + all_files - memory::of_files(component) + own;
        let (threads, _) = memory::making(component, &unmade, others, self.opened.max_memory)?;
        source_maps::with_threads(threads, || {
            source_maps::make(component, &unmade, &mut Quiet, |own, map| {
                if let Some(at) = wanted.iter().position(|source| source.name() == own.name()) {
                    let source = wanted.remove(at);
                    model += &likelihood.model_map(source, &component.source_map(source, Some(map))?)?;
                }
                Ok(())
            })
        })?;
        for source in wanted {
            model += &likelihood.model_map(source, &component.source_map(source, None)?)?;
        }
        Ok(model)
    }
}
