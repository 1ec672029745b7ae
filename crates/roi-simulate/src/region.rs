//! The simulated region as a whole.

use std::sync::Arc;

use likelihood_core::{ComponentData, Data};
use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;
use roi_model::{FileTable, Roi};

use crate::component::{SimulatedComponent, Sky};
use crate::error::Result;
use crate::instrument::pixels::Grid;
use crate::instrument::response::Response;
use crate::options::SimulationOptions;
use crate::sky::galactic::Galactic;
use crate::sky::{isotropic, models};

/// A simulated region.
pub struct SimulatedRoi {
    /// The model that the counts were drawn from.
    pub truth: Roi,
    /// The model that an analysis starts from: norms and indices are off, norms near the centre and of the diffuse components are free.
    pub start: Roi,
    /// The components: counts and, when asked for, source maps.
    pub components: Vec<SimulatedComponent>,
    pub(super) options: SimulationOptions,
    pub(super) isotropic: FileTable,
    pub(super) sky: Arc<Sky>,
}

/// Simulates a region. The same options give the same region.
///
/// # Errors
/// [`Error::Option`](crate::Error::Option) for an option outside its range.
///
/// ```
/// use roi_simulate::{SimulationOptions, simulate};
///
/// let region = simulate(&SimulationOptions::default().with_npix(30).with_ebins(6).with_sources(4))?;
/// assert_eq!(region.truth.sources().len(), 6, "four points, a Galactic and an isotropic component");
/// assert!(region.components[0].counts.cube.total() > 0.0);
/// # Ok::<(), roi_simulate::Error>(())
/// ```
pub fn simulate(options: &SimulationOptions) -> Result<SimulatedRoi> {
    let mut seeds = Xoshiro256PlusPlus::seed_from_u64(options.seed);
    let mut region = sky_from(options, &mut seeds)?;
    region.components = Response::groups(options.components)
        .enumerate()
        .map(|(i, response)| {
            let mut generator = Xoshiro256PlusPlus::from_rng(&mut seeds);
            SimulatedComponent::draw(
                i,
                response.in_years(options.years),
                region.sky.clone(),
                &region.truth,
                &mut generator,
            )
        })
        .collect::<Result<_>>()?;
    Ok(region)
}

/// The sky of the same region, without components.
pub(crate) fn simulate_sky(options: &SimulationOptions) -> Result<SimulatedRoi> {
    sky_from(options, &mut Xoshiro256PlusPlus::seed_from_u64(options.seed))
}

fn sky_from(options: &SimulationOptions, seeds: &mut Xoshiro256PlusPlus) -> Result<SimulatedRoi> {
    options.check()?;
    // One generator for each part, so that more of one part does not change the next.
    let mut generator = || Xoshiro256PlusPlus::from_rng(seeds);
    let grid = Grid::new(options)?;
    let galactic = Galactic::draw(&grid, &mut generator())?;
    let isotropic = isotropic::table(options.emin, options.emax)?;
    let truth = models::truth(options, &grid, isotropic.clone(), &mut generator())?;
    let start = models::start(&truth, &mut generator())?;
    let sky = Arc::new(Sky { grid, axis: options.axis()?, galactic });
    Ok(SimulatedRoi { truth, start, components: Vec::new(), options: options.clone(), isotropic, sky })
}

impl SimulatedRoi {
    /// The options that it was made with.
    pub fn options(&self) -> &SimulationOptions {
        &self.options
    }

    /// The data of all components, as a likelihood takes them, without the way through files.
    ///
    /// # Errors
    /// When a source map cannot be made.
    pub fn likelihood(&self) -> Result<Data> {
        let mut components = Vec::with_capacity(self.components.len());
        for component in &self.components {
            let mut data = ComponentData::new(component.name.clone(), &component.counts.cube);
            for item in component.source_maps(&self.truth) {
                let (source, map) = item?;
                data.add_source_map(source.name(), &map)?;
            }
            components.push(data);
        }
        Ok(Data::new(components)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use likelihood_core::Workspace;
    use ndarray::Array2;

    fn small(seed: u64) -> SimulationOptions {
        SimulationOptions { seed, sources: 6, npix: 40, ebins: 8, components: 2, ..SimulationOptions::default() }
    }

    #[test]
    fn the_seed_decides() {
        let [a, b, c] = [1, 1, 2].map(|seed| simulate(&small(seed)).unwrap());
        for (x, y) in a.components.iter().zip(&b.components) {
            assert_eq!(x.counts, y.counts);
        }
        assert_eq!(a.truth.state(), b.truth.state());
        assert_eq!(a.start.state(), b.start.state());
        assert_ne!(a.components[0].counts, c.components[0].counts);
        assert_ne!(a.components[0].counts, a.components[1].counts);
        assert_ne!(a.truth.free_values(), c.truth.free_values());
    }

    #[test]
    fn one_thread_gives_what_many_give() {
        let pool = |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let [one, three] = [1, 3].map(|threads| pool(threads).install(|| simulate(&small(4)).unwrap()));
        for (x, y) in one.components.iter().zip(&three.components) {
            assert_eq!(x.counts, y.counts);
        }
    }

    #[test]
    fn counts_are_the_truths_within_the_poisson_error() {
        let region = simulate(&small(5)).unwrap();
        let likelihood = region.likelihood().unwrap();
        for (component, likelihood) in region.components.iter().zip(likelihood.components()) {
            let mut npred = vec![0.0; component.axis().n_bins()];
            for source in region.truth.sources() {
                npred.iter_mut().zip(likelihood.npred(source).unwrap()).for_each(|(sum, npred)| *sum += npred);
            }
            for (&counts, &npred) in likelihood.counts_spectrum().iter().zip(&npred) {
                assert!((counts - npred).abs() < 4.5 * npred.sqrt() + 1.0, "{counts} {npred}");
            }
            // The likelihood's model and the simulation's are one.
            let expected = component.expected_counts(&region.truth).unwrap();
            for (plane, &npred) in expected.outer_iter().zip(&npred) {
                approx::assert_relative_eq!(plane.sum(), npred, max_relative = 1e-12);
            }
            let (n, total) = (component.counts.cube.total(), npred.iter().sum::<f64>());
            assert!((n - total).abs() < 4.0 * total.sqrt(), "{n} {total}");
        }
    }

    #[test]
    fn the_truth_is_the_expected_maximum_of_the_likelihood() {
        // At the truth the derivative of logL with respect to each norm has mean zero and the variance of the negative second derivative:
        // the pulls are normal.
        let mut pulls = Vec::new();
        for seed in 1..=30 {
            let options = SimulationOptions { sources: 3, npix: 24, binsz: 0.2, ..small(seed) };
            let region = simulate(&options).unwrap();
            let mut truth = region.truth.clone();
            for source in truth.sources_mut() {
                let norm = source.spectrum().norm_index().unwrap();
                source.spectrum_mut().parameters_mut()[norm].set_free(true);
            }
            let n = truth.free_parameters().len();
            let (mut gradient, mut hessian) = (vec![0.0; n], Array2::zeros((n, n)));
            let data = region.likelihood().unwrap();
            let mut work = Workspace::new(&data, &truth, &[]).unwrap();
            data.hessian(&truth.free_values(), &mut work, &mut gradient, &mut hessian).unwrap();
            pulls.extend(gradient.iter().zip(hessian.diag()).map(|(g, h)| g / (-h).sqrt()));
        }
        let mean_square = pulls.iter().map(|p| p * p).sum::<f64>() / pulls.len() as f64;
        assert!(pulls.len() == 150 && pulls.iter().all(|p| p.abs() < 4.5), "{pulls:?}");
        assert!((0.75..1.3).contains(&mean_square), "{mean_square} of {}", pulls.len());
    }

    #[test]
    fn the_default_region_has_a_few_hundred_thousand_counts() {
        let region = simulate(&SimulationOptions::default()).unwrap();
        let cube = &region.components[0].counts.cube;
        assert_eq!(cube.counts().dim(), (30, 100, 100));
        assert!((2e5..6e5).contains(&cube.total()), "{}", cube.total());
        let mut shares: Vec<(f64, String)> = Vec::new();
        let likelihood = region.likelihood().unwrap();
        for source in region.truth.sources() {
            shares.push((likelihood.npred(source).unwrap(), source.name().to_owned()));
        }
        let of = |name: &str| shares.iter().find(|(_, n)| n == name).unwrap().0 / cube.total();
        assert!((0.4..0.9).contains(&of("galdiff")), "{shares:?}");
        assert!((0.02..0.3).contains(&of("isodiff")), "{shares:?}");
        assert!((0.02..0.4).contains(&(1.0 - of("galdiff") - of("isodiff"))), "{shares:?}");
    }

    #[test]
    fn no_point_sources_and_single_bins_are_fine() {
        let options =
            SimulationOptions { sources: 0, npix: 4, ebins: 1, components: 4, ..SimulationOptions::default() };
        let region = simulate(&options).unwrap();
        assert_eq!(region.truth.sources().len(), 2);
        assert_eq!(region.components.len(), 4);
        assert!(region.components.iter().all(|c| c.counts.cube.total() > 0.0));
    }
}
