//! One component of a simulated region: its response, its source maps and its counts.

use std::sync::Arc;

use lat_io::CountsCubeFile;
use lat_response::SkyGrid;
use likelihood_core::{CountsCube, EnergyAxis, SourceMap};
use ndarray::{Array3, Axis, Zip};
use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;
use rand_distr::{Distribution, Poisson};
use rayon::prelude::*;
use roi_model::{Roi, Source, SpatialKind};

use crate::error::{Error, Result};
use crate::instrument::pixels::Grid;
use crate::instrument::response::Response;
use crate::instrument::source_maps;
use crate::sky::galactic::Galactic;

/// One component of a simulated region. It makes source maps when asked for, so that a large region needs no more memory than a few maps.
pub struct SimulatedComponent {
    /// Its name: `00`, `01`, ...
    pub name: String,
    /// The counts, with their projection and one good time interval.
    pub counts: CountsCubeFile,
    response: Response,
    sky: Arc<Sky>,
}

/// What all components share.
pub(super) struct Sky {
    pub(super) grid: Grid,
    pub(super) axis: EnergyAxis,
    pub(super) galactic: Galactic,
}

impl SimulatedComponent {
    /// Makes the component and draws its counts from the true model.
    ///
    /// The expected counts of a bin are those of the likelihood: for each source, the map times the spectrum at both edges of
    /// the energy bin, by the log-trapezoid rule. So the truth is the truth of the fit as well, without a bias of the quadrature.
    pub(super) fn draw(
        index: usize,
        response: Response,
        sky: Arc<Sky>,
        truth: &Roi,
        rng: &mut Xoshiro256PlusPlus,
    ) -> Result<Self> {
        let side = sky.grid.side();
        let counts = CountsCube::new(sky.axis.clone(), Array3::zeros((sky.axis.n_bins(), side, side)))?;
        let grid = SkyGrid::Wcs(sky.grid.wcs.clone());
        let counts = CountsCubeFile { cube: counts, grid, gti: vec![response.good_time()] };
        let mut component = Self { name: format!("{index:02}"), counts, response, sky };
        let expected = component.expected_counts(truth)?;
        let counts = poisson_counts(&expected, rng, &component.name)?;
        component.counts.cube = CountsCube::new(component.sky.axis.clone(), counts)?;
        Ok(component)
    }

    /// The energy axis.
    pub fn axis(&self) -> &EnergyAxis {
        &self.sky.axis
    }

    /// Exposure in cm^2 s at an energy in MeV; the same all over the region.
    pub fn exposure(&self, energy: f64) -> f64 {
        self.response.exposure(energy)
    }

    /// The PSF at an energy in MeV and a squared chord, 1/sr.
    pub(crate) fn psf_density(&self, energy: f64, squared_chord: f64) -> f64 {
        self.response.psf(energy).density(squared_chord)
    }

    /// Share of a point source's events at an energy in MeV that the PSF leaves within `radius` degrees of it.
    pub fn containment(&self, energy: f64, radius: f64) -> f64 {
        let chord = 2.0 * (0.5 * radius.to_radians()).sin();
        self.response.psf(energy).containment(chord * chord)
    }

    /// The bits of its LAT event types: 3 for all events, else the sum of 4 (PSF0) to 32 (PSF3).
    pub fn event_type(&self) -> u32 {
        self.response.event_type()
    }

    /// The source map of a source of this region: of its position for a point source, of the isotropic or the Galactic component
    /// otherwise.
    ///
    /// # Errors
    /// When a value of the map is not finite.
    pub fn source_map(&self, source: &Source) -> Result<SourceMap> {
        let Sky { grid, axis, galactic } = &*self.sky;
        match source.direction() {
            Some(direction) => source_maps::point(grid, &self.response, axis, direction),
            None if source.spatial().kind() == SpatialKind::Isotropic => {
                source_maps::isotropic(grid, &self.response, axis)
            }
            None => source_maps::galactic(grid, &self.response, axis, galactic),
        }
    }

    /// The source maps of all sources of a model, in its order. A few at a time are made, in parallel.
    pub fn source_maps<'a>(&'a self, roi: &'a Roi) -> impl Iterator<Item = Result<(&'a Source, SourceMap)>> + 'a {
        let batch = rayon::current_num_threads() * 2;
        roi.sources().chunks(batch).flat_map(move |sources| -> Vec<_> {
            sources.par_iter().map(|source| Ok((source, self.source_map(source)?))).collect()
        })
    }

    /// Expected counts of a model, shape `[energy bin, y, x]`.
    ///
    /// # Errors
    /// When a spectrum cannot be evaluated.
    pub fn expected_counts(&self, roi: &Roi) -> Result<Array3<f64>> {
        let edges = self.axis().edges();
        let rule = self.axis().log_trapezoid();
        let mut expected = Array3::zeros(self.counts.cube.counts().raw_dim());
        let mut spectrum = vec![0.0; edges.len()];
        for item in self.source_maps(roi) {
            let (source, map) = item?;
            source.spectrum().evaluate(edges, &mut spectrum)?;
            let planes = map.planes();
            let bins: Vec<_> = expected.outer_iter_mut().enumerate().collect();
            bins.into_par_iter().for_each(|(k, expected)| {
                let (lower, upper) = (spectrum[k] * rule.lower[k], spectrum[k + 1] * rule.upper[k]);
                Zip::from(expected)
                    .and(planes.index_axis(Axis(0), k))
                    .and(planes.index_axis(Axis(0), k + 1))
                    .for_each(|sum, &a, &b| *sum += f64::from(a) * lower + f64::from(b) * upper);
            });
        }
        Ok(expected)
    }
}

/// Draws Poisson counts from expected ones `[energy bin, y, x]`; every energy bin has a generator of its own that comes from this one, so that the number
/// of threads does not matter. `component` is named in the error.
///
/// ```
/// use ndarray::Array3;
/// use rand::SeedableRng;
/// use rand::rngs::Xoshiro256PlusPlus;
///
/// let expected = Array3::from_elem((2, 50, 50), 3.0);
/// let counts = roi_simulate::poisson_counts(&expected, &mut Xoshiro256PlusPlus::seed_from_u64(1), "00")?;
/// assert!((counts.mean().unwrap() - 3.0).abs() < 0.1);
/// # Ok::<(), roi_simulate::Error>(())
/// ```
///
/// # Errors
/// [`Error::Counts`] for an expected number that is negative, not finite, or too large to draw from.
pub fn poisson_counts(
    expected: &Array3<f64>,
    generator: &mut Xoshiro256PlusPlus,
    component: &str,
) -> Result<Array3<f32>> {
    let max = Poisson::<f64>::MAX_LAMBDA;
    poisson(expected, generator).map_err(|(bin, mean)| Error::Counts {
        component: component.to_owned(),
        bin,
        mean,
        max,
    })
}

/// The same.
///
/// # Errors
/// The first bin with a mean that cannot be drawn from, and the mean.
fn poisson(expected: &Array3<f64>, rng: &mut Xoshiro256PlusPlus) -> std::result::Result<Array3<f32>, (usize, f64)> {
    let possible = |mean: f64| (0.0..=Poisson::<f64>::MAX_LAMBDA).contains(&mean);
    if let Some(((bin, ..), &mean)) = expected.indexed_iter().find(|(_, mean)| !possible(**mean)) {
        return Err((bin, mean));
    }
    let generators: Vec<_> = expected.outer_iter().map(|_| Xoshiro256PlusPlus::from_rng(rng)).collect();
    let mut counts = Array3::zeros(expected.raw_dim());
    let planes: Vec<_> = counts.outer_iter_mut().zip(expected.outer_iter()).zip(generators).collect();
    planes.into_par_iter().for_each(|((counts, expected), mut rng)| {
        #[expect(clippy::cast_possible_truncation, reason = "counts cubes hold 32-bit floats")]
        Zip::from(counts).and(expected).for_each(|counts, &mean| {
            // A bin without expectation has no counts; there is no Poisson distribution of it. All other means were checked.
            *counts = Poisson::new(mean).map_or(0.0, |poisson| poisson.sample(&mut rng) as f32);
        });
    });
    Ok(counts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mean_that_cannot_be_drawn_from_is_told() {
        for bad in [f64::NAN, f64::INFINITY, -1.0, 1e30] {
            let expected = Array3::from_shape_fn((3, 2, 2), |(k, y, _)| if (k, y) == (1, 1) { bad } else { 1.0 });
            let (bin, mean) = poisson(&expected, &mut Xoshiro256PlusPlus::seed_from_u64(2)).unwrap_err();
            assert_eq!((bin, mean.to_bits()), (1, bad.to_bits()));
        }
    }

    #[test]
    fn counts_scatter_as_poisson_says() {
        let n = 200;
        let expected = Array3::from_shape_fn((3, n, n), |(k, _, _)| [0.0, 0.3, 40.0][k]);
        let counts = poisson(&expected, &mut Xoshiro256PlusPlus::seed_from_u64(2)).unwrap();
        assert!(counts.index_axis(Axis(0), 0).iter().all(|&c| c == 0.0));
        let size = (n * n) as f64;
        for (k, mean) in [(1, 0.3), (2, 40.0)] {
            let plane = counts.index_axis(Axis(0), k);
            let average = plane.iter().map(|&c| f64::from(c)).sum::<f64>() / size;
            let variance = plane.iter().map(|&c| (f64::from(c) - mean).powi(2)).sum::<f64>() / size;
            assert!((average - mean).abs() < 4.0 * (mean / size).sqrt(), "{average}");
            approx::assert_relative_eq!(variance, mean, max_relative = 0.04);
        }
    }
}
