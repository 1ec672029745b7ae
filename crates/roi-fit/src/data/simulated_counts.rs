//! Counts drawn from what the model predicts, as counts cubes: what `simulate_roi` of fermipy does.

use std::path::PathBuf;

use lat_io::CountsCubeFile;
use likelihood_core::CountsCube;
use ndarray::Array3;
use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;
use roi_simulate::poisson_counts;
use serde::Serialize;

use crate::analysis::Analysis;
use crate::error::{Error, Result};

/// How far below zero a prediction may be, of the highest of its energy bin: some roundings of the 32-bit floats that maps hold.
const ROUNDING: f64 = 1e-6;

/// What [`Analysis::simulate_counts`] draws, and where it goes.
///
/// ```
/// use roi_fit::SimulateOptions;
///
/// let expected = SimulateOptions::default().with_randomize(false);
/// assert!(!expected.randomize && expected.sources.is_empty());
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SimulateOptions {
    /// The sources that are drawn from, by name or alias; all when empty.
    pub sources: Vec<String>,
    /// Draw Poisson numbers; otherwise the expected counts themselves, which need not be whole (an Asimov data set).
    pub randomize: bool,
    /// The seed: the same gives the same counts, for any number of threads.
    pub seed: u64,
    /// Add what is drawn to the observed counts.
    pub add: bool,
    /// The file; with several components `_NAME` is added before the ending. `ccubemc_NAME.fits` in the output directory without it.
    pub out: Option<PathBuf>,
}

impl Default for SimulateOptions {
    fn default() -> Self {
        Self { sources: Vec::new(), randomize: true, seed: 0, add: false, out: None }
    }
}

impl SimulateOptions {
    /// Sets [`sources`](Self::sources).
    #[must_use]
    pub fn with_sources(mut self, sources: Vec<String>) -> Self {
        self.sources = sources;
        self
    }

    /// Sets [`randomize`](Self::randomize).
    #[must_use]
    pub fn with_randomize(mut self, randomize: bool) -> Self {
        self.randomize = randomize;
        self
    }

    /// Sets [`seed`](Self::seed).
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Sets [`add`](Self::add).
    #[must_use]
    pub fn with_add(mut self, add: bool) -> Self {
        self.add = add;
        self
    }

    /// Sets [`out`](Self::out).
    #[must_use]
    pub fn with_out(mut self, out: Option<PathBuf>) -> Self {
        self.out = out;
        self
    }
}

/// The simulated counts of a component.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SimulatedCounts {
    /// The component.
    pub component: String,
    /// The counts cube that was written.
    pub path: PathBuf,
    /// Counts in it.
    pub counts: f64,
    /// Counts that the model predicts of the sources that were drawn from.
    pub expected: f64,
}

impl Analysis {
    /// Writes a counts cube for each component with counts that are drawn from what the model predicts in every pixel and energy bin, energy dispersion
    /// included. Nothing else changes: observed counts stay where they are, and a configuration that names the new cubes (`files: {ccube: PATH}`)
    /// opens the simulation. Every component has random numbers of its own.
    ///
    /// # Errors
    /// As [`Analysis::model_map`]; when a prediction is not finite, negative by more than a rounding, or too large to draw from; when the file is one
    /// that the analysis reads.
    pub fn simulate_counts(&self, options: &SimulateOptions) -> Result<Vec<SimulatedCounts>> {
        let config = self.opened.config.as_ref().ok_or(Error::NoFiles { what: "simulated counts" })?;
        let chosen = self.all_or_named(&options.sources)?;
        let loaded = lat_dataset::load(&config.path)?;
        let components = &loaded.observation.components;
        let paths = components.iter().map(|component| match &options.out {
            Some(out) if components.len() > 1 => lat_dataset::component_path(out, &component.name),
            Some(out) => out.clone(),
            None => config.outdir.join(format!("ccubemc_{}.fits", component.name)),
        });
        let paths: Vec<PathBuf> = paths.collect();
        self.refuse_inputs(&paths)?;
        let mut generator = Xoshiro256PlusPlus::seed_from_u64(options.seed);
        let mut drawn = Vec::with_capacity(components.len());
        for (index, (component, path)) in components.iter().zip(paths).enumerate() {
            let model = expected_counts(self.model_cube(&loaded, index, &chosen)?, &component.name)?;
            let own = Xoshiro256PlusPlus::from_rng(&mut generator);
            let mut counts = drawn_from(&model, options.randomize.then_some(own), &component.name)?;
            if options.add {
                counts += component.counts.cube.counts();
            }
            let cube = CountsCube::new(component.counts.cube.axis().clone(), counts)?;
            let (grid, gti) = (component.counts.grid.clone(), component.counts.gti.clone());
            let file = CountsCubeFile { cube, grid, gti };
            lat_io::write_counts_cube(&path, &file)?;
            let (counts, expected) = (file.cube.total(), model.sum());
            drawn.push(SimulatedCounts { component: component.name.clone(), path, counts, expected });
        }
        Ok(drawn)
    }

    /// A simulation does not replace what was observed.
    fn refuse_inputs(&self, paths: &[PathBuf]) -> Result<()> {
        let Some(config) = self.opened.config.as_ref() else { return Ok(()) };
        let place = |path: &PathBuf| path.canonicalize().unwrap_or_else(|_| path.clone());
        let inputs = lat_dataset::input_files(&config.path)?;
        let is_read = |path: &&PathBuf| inputs.files.iter().any(|file| place(&file.path) == place(path));
        match paths.iter().find(is_read) {
            Some(path) => Err(Error::Option {
                option: "out",
                found: path.display().to_string(),
                expected: "another file than those that the analysis reads, which it would replace",
            }),
            None => Ok(()),
        }
    }
}

/// What a model predicts where it can be expected: finite, not negative, and a 32-bit float. The ringing of a convolution can leave a pixel a rounding
/// error below zero, which is 0.
fn expected_counts(mut model: Array3<f64>, component: &str) -> Result<Array3<f64>> {
    let max = f64::from(f32::MAX);
    for (bin, mut plane) in model.outer_iter_mut().enumerate() {
        let highest = plane.iter().copied().fold(0.0, f64::max);
        for mean in &mut plane {
            if *mean < 0.0 && *mean >= -ROUNDING * highest {
                *mean = 0.0;
            }
            // What is no number is outside the range, too.
            if !(0.0..=max).contains(mean) {
                let refused = roi_simulate::Error::Counts { component: component.to_owned(), bin, mean: *mean, max };
                return Err(Error::Draw(Box::new(refused)));
            }
        }
    }
    Ok(model)
}

/// Poisson numbers, or the expected counts themselves.
fn drawn_from(model: &Array3<f64>, generator: Option<Xoshiro256PlusPlus>, component: &str) -> Result<Array3<f32>> {
    match generator {
        Some(mut generator) => {
            poisson_counts(model, &mut generator, component).map_err(|error| Error::Draw(Box::new(error)))
        }
        #[expect(clippy::cast_possible_truncation, reason = "counts cubes hold 32-bit floats")]
        None => Ok(model.mapv(|mean| mean as f32)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(mean: f64) -> Result<Array3<f64>> {
        expected_counts(Array3::from_shape_fn((2, 1, 2), |(k, _, x)| if (k, x) == (1, 1) { mean } else { 100.0 }), "00")
    }

    #[test]
    fn a_prediction_that_is_none_is_refused_and_a_rounding_is_zero() {
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e39, -1e-3] {
            let error = checked(bad).unwrap_err();
            let Error::Draw(told) = &error else { panic!("{bad}: {error}") };
            assert!(matches!(**told, roi_simulate::Error::Counts { bin: 1, .. }), "{bad}: {error}");
        }
        assert_eq!(checked(-1e-5).unwrap()[[1, 0, 1]].to_bits(), 0.0f64.to_bits());
        assert_eq!(checked(2.5).unwrap()[[1, 0, 1]], 2.5);
    }
}
