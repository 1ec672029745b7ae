//! Candidates: sources that are added to the model, fitted, and taken out again when they are none.

use likelihood_core::SourceMap;
use ndarray::Array3;
use roi_fit::{Analysis, ComponentCubes, FitOptions, Pars};
use roi_model::{Roi, SkyDirection, Source};

use crate::error::Result;
use crate::find::names::name_of;
use crate::sky::components::makers_of;
use crate::sky::test_source::TestSource;

/// The weakest start of a norm, relative to the test source's.
const FAINTEST: f64 = 1e-4;

/// A source in the model, with the counts that the cubes have of it.
#[derive(Debug)]
pub(crate) struct Candidate {
    pub(crate) name: String,
    maps: Vec<SourceMap>,
    counts: Vec<Array3<f64>>,
    pub(crate) fit_quality: u8,
}

impl Candidate {
    /// Adds a source at a place to the model and to the cubes. On an error neither has changed.
    pub(crate) fn add(
        analysis: &mut Analysis,
        cubes: &mut [ComponentCubes],
        model: &TestSource,
        (place, amplitude): (SkyDirection, f64),
    ) -> Result<Self> {
        let name = name_of(&place, analysis.roi());
        let own = model.spectrum()?;
        let norm = own.norm_index().map(|index| &own.parameters()[index]);
        // The start is that of the map, in whatever unit the norm has.
        let model = match norm {
            Some(norm) => model.clone().with_parameter(norm.name(), norm.true_value() * amplitude.max(FAINTEST)),
            None => model.clone(),
        };
        let source = model.at(&name, place)?;
        let maps = makers_of(analysis, cubes)?.iter().map(|maker| maker.source_map(&source));
        let maps = maps.collect::<lat_dataset::Result<Vec<_>>>()?;
        let counts = cubes.iter().zip(&maps).map(|(cube, map)| cube.predicted(&source, map));
        let counts = counts.collect::<roi_fit::Result<Vec<_>>>()?;
        analysis.add_source_with_maps(source, &maps)?;
        cubes.iter_mut().zip(&counts).for_each(|(cube, counts)| cube.add(counts));
        Ok(Self { name, maps, counts, fit_quality: 0 })
    }

    /// Fits its parameters (none given: norm and shape) and whatever is free in the model, and fixes its own again. Returns whether the fit was
    /// good enough, with what it warned of; the parameters are as they were when it was not.
    pub(crate) fn fit(
        &mut self,
        analysis: &mut Analysis,
        free_params: &[String],
        options: &FitOptions,
    ) -> Result<(bool, Vec<String>)> {
        let pars = if free_params.is_empty() { Pars::All } else { Pars::Names(free_params.to_vec()) };
        analysis.free_source(&self.name, true, &pars)?;
        let fitted = analysis.fit(options);
        fix(analysis.roi_mut(), &self.name)?;
        let fitted = fitted?;
        self.fit_quality = fitted.fit_quality;
        Ok((fitted.fit_success, fitted.warnings))
    }

    /// Brings the cubes to the source's present spectrum.
    pub(crate) fn follow(&mut self, analysis: &Analysis, cubes: &mut [ComponentCubes]) -> Result<()> {
        let source: &Source = analysis.roi().source(&self.name)?;
        for ((cube, map), counts) in cubes.iter_mut().zip(&self.maps).zip(&mut self.counts) {
            let now = cube.predicted(source, map)?;
            cube.add(&(&now - &*counts));
            *counts = now;
        }
        Ok(())
    }

    /// Takes the source out of the model and the cubes.
    pub(crate) fn remove(self, analysis: &mut Analysis, cubes: &mut [ComponentCubes]) -> Result<()> {
        analysis.delete_source(&self.name)?;
        cubes.iter_mut().zip(&self.counts).for_each(|(cube, counts)| cube.add(&-counts));
        Ok(())
    }
}

/// Fixes all parameters of a source. Their errors stay: they are those of the fit.
pub(crate) fn fix(roi: &mut Roi, name: &str) -> Result<()> {
    let id = roi.id_of(name)?;
    roi[id].spectrum_mut().parameters_mut().iter_mut().for_each(|parameter| parameter.set_free(false));
    Ok(())
}
