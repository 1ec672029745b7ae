//! Toys: counts that are drawn from a model and laid beside the source maps of an analysis, by the thousand.

use likelihood_core::{ComponentData, CountsCube, Data};
use ndarray::Array3;
use rand::rngs::Xoshiro256PlusPlus;
use rand::{Rng, SeedableRng};
use rand_distr::{Distribution, Poisson};
use roi_model::{Roi, Source};

use crate::analysis::Analysis;
use crate::data::source_maps;
use crate::error::{Error, Result};
use crate::known::memory;
use crate::known::progress::Progress;
use crate::session::Session;

/// How far below zero a prediction may be, of the highest of its energy bin: some roundings of the 32-bit floats that maps hold.
const ROUNDING: f64 = 1e-6;
/// How far what the same maps predict may differ, relatively.
const SAME_MAPS: f64 = 1e-6;

/// What draws counts from a model. It holds the source maps in every bin, as counts may fall anywhere; the data of an analysis have them at the filled
/// bins alone.
///
/// A toy costs about as much as copying what a likelihood keeps of the maps: no map is read or made again.
#[derive(Clone, Debug)]
pub struct ToyMaker {
    everywhere: Data,
}

/// The counts that a model lets expect in every bin of every component.
#[derive(Clone, Debug, PartialEq)]
pub struct ExpectedCounts {
    /// Of the bins at which maps are kept, in their order, component by component.
    means: Vec<Vec<f64>>,
}

impl ExpectedCounts {
    /// Their sum.
    pub fn total(&self) -> f64 {
        self.means.iter().flatten().sum()
    }
}

impl ToyMaker {
    /// Of data with a count in every bin, and so with maps in every bin; what else the data are, weights and energy dispersion among it, the toys are, too.
    ///
    /// ```
    /// # use roi_fit::{Session, ToyMaker};
    /// # use roi_simulate::{SimulationOptions, simulate};
    /// # use likelihood_core::{ComponentData, CountsCube, Data};
    /// # let simulated = simulate(&SimulationOptions::default().with_npix(12).with_ebins(4).with_sources(1))?;
    /// # let component = &simulated.components[0];
    /// let ones = CountsCube::new(component.axis().clone(), ndarray::Array3::ones((4, 12, 12)))?;
    /// let mut everywhere = ComponentData::new("00", &ones);
    /// for source in simulated.truth.sources() {
    ///     everywhere.add_source_map(source.name(), &component.source_map(source)?)?;
    /// }
    /// let maker = ToyMaker::new(Data::new(vec![everywhere])?);
    /// let expected = maker.expected(&simulated.truth)?;
    /// let mut toy = Session::new(simulated.truth.clone(), maker.draw(&expected, 1)?);
    /// assert!((toy.data().total_counts() - expected.total()).abs() < 5.0 * expected.total().sqrt());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(everywhere: Data) -> Self {
        Self { everywhere }
    }

    /// What it holds, in bytes.
    pub fn bytes(&self) -> u64 {
        self.everywhere.footprint().total() as u64
    }

    /// Refuses a session whose sources have other maps than those that toys are made with.
    ///
    /// # Errors
    /// [`Error::OtherMaps`]; when a source has no map, or its counts are not finite.
    pub fn check(&self, session: &Session) -> Result<()> {
        for source in session.roi().sources() {
            let [held, drawn] = [session.data().npred(source)?, self.everywhere.npred(source)?];
            if (held - drawn).abs() > SAME_MAPS * held.abs().max(drawn.abs()) {
                return Err(Error::OtherMaps { source_name: source.name().to_owned(), held, drawn });
            }
        }
        Ok(())
    }

    /// What is expected of a model in every bin. Bytes: 8 a bin.
    ///
    /// # Errors
    /// When a source has no map, a spectrum cannot be evaluated, or what is expected is nothing that counts can be drawn from.
    pub fn expected(&self, roi: &Roi) -> Result<ExpectedCounts> {
        let of = |component| expected_of(component, roi.sources());
        Ok(ExpectedCounts { means: self.everywhere.components().iter().map(of).collect::<Result<_>>()? })
    }

    /// Counts that are drawn from what is expected, beside the maps. The same seed gives the same counts; where a little more or less is expected, nearly the
    /// same: each bin has random numbers of its own. Bins outside the range of energies hold none.
    ///
    /// # Errors
    /// When the expectation is that of other data.
    pub fn draw(&self, expected: &ExpectedCounts, seed: u64) -> Result<Data> {
        let mut seeds = Xoshiro256PlusPlus::seed_from_u64(seed);
        let components = self.everywhere.components();
        let cubes = components.iter().zip(&expected.means).map(|(component, means)| {
            if means.len() != component.n_filled() {
                return Err(likelihood_core::Error::Shape {
                    what: format!("expected counts of component '{}'", component.name()),
                    expected: component.n_filled().to_string(),
                    found: means.len().to_string(),
                }
                .into());
            }
            let (bins, (ny, nx)) = (component.axis().n_bins(), component.shape());
            let mut counts = Array3::zeros((bins, ny, nx));
            for (bin, &mean) in component.filled_bins().zip(means) {
                let own = seeds.next_u64();
                if mean > 0.0 && component.bins().contains(&bin.energy) {
                    counts[[bin.energy, bin.y, bin.x]] = drawn(mean, own);
                }
            }
            Ok(CountsCube::new(component.axis().clone(), counts)?)
        });
        let cubes: Vec<CountsCube> = cubes.collect::<Result<_>>()?;
        Ok(self.everywhere.with_counts(&cubes)?)
    }
}

/// A Poisson number.
#[expect(clippy::cast_possible_truncation, reason = "counts cubes hold 32-bit floats")]
fn drawn(mean: f64, seed: u64) -> f32 {
    let mut generator = Xoshiro256PlusPlus::seed_from_u64(seed);
    // Means that no counts can be drawn from were refused.
    Poisson::new(mean).map_or(0.0, |poisson| poisson.sample(&mut generator) as f32)
}

/// What is expected of sources in the bins of a component at which maps are kept.
fn expected_of(component: &ComponentData, sources: &[Source]) -> Result<Vec<f64>> {
    let mut means = vec![0.0; component.n_filled()];
    for source in sources {
        let own = component.filled_model(source)?;
        means.iter_mut().zip(own).for_each(|(sum, mean)| *sum += mean);
    }
    let mut highest = vec![0.0f64; component.axis().n_bins()];
    for (bin, mean) in component.filled_bins().zip(&means) {
        highest[bin.energy] = highest[bin.energy].max(*mean);
    }
    let max = Poisson::<f64>::MAX_LAMBDA;
    for (bin, mean) in component.filled_bins().zip(&mut means) {
        if *mean < 0.0 && *mean >= -ROUNDING * highest[bin.energy] {
            *mean = 0.0;
        }
        // What is no number is outside the range, too.
        if !(0.0..=max).contains(mean) && component.bins().contains(&bin.energy) {
            let (name, bin, mean) = (component.name().to_owned(), bin.energy, *mean);
            return Err(Error::Draw(Box::new(roi_simulate::Error::Counts { component: name, bin, mean, max })));
        }
    }
    Ok(means)
}

impl Analysis {
    /// What draws counts for this analysis: the source maps are read again, or made again, and kept in every bin. It stands for the sources and the range of
    /// energies as they are now; parameters may change.
    ///
    /// # Errors
    /// [`Error::NoFiles`] for an analysis that was not opened from a configuration; files that cannot be read; [`Error::Memory`].
    pub fn toy_maker(&self, progress: &mut dyn Progress) -> Result<ToyMaker> {
        let config = self.opened.config.as_ref().ok_or(Error::NoFiles { what: "drawing counts for toys" })?;
        let mut components = lat_dataset::load(&config.path)?.observation.components;
        // What was done to sources since.
        for (component, model) in components.iter_mut().zip(&self.opened.component_models) {
            component.model = model.clone();
        }
        let held = self.session.footprint().total() as u64;
        let mut own: u64 = components.iter().map(memory::of_files).sum();
        let sources = self.session.roi.sources();
        let mut everywhere = Vec::with_capacity(components.len());
        for component in &components {
            let cube = &component.counts.cube;
            let ones = CountsCube::new(cube.axis().clone(), Array3::ones(cube.counts().dim()))?;
            let settings = component.settings.clone();
            let mut data = ComponentData::with_settings(component.name.clone(), &ones, settings)?;
            let expected = data.expected_footprint(&self.session.roi, |source| component.n_planes(source));
            own += (expected.data + expected.kept_maps) as u64;
            self.session.check_memory("source maps in every bin, for toys", own)?;
            let unmade = self.unmade(component)?;
            let others = held + own - memory::of_files(component);
            let (threads, _) = memory::making(component, &unmade, others, self.opened.max_memory)?;
            source_maps::with_threads(threads, || {
                source_maps::make(component, &unmade, progress, |own, map| {
                    if let Some(source) = sources.iter().find(|source| source.name() == own.name()) {
                        data.add_source_map(source.name(), &component.source_map(source, Some(map))?)?;
                    }
                    Ok(())
                })?;
                let stored: Vec<&Source> =
                    sources.iter().filter(|source| !data.has_source_map(source.name())).collect();
                let read = |source: &&Source| Ok::<_, Error>(component.source_map(source, None)?);
                data.add_source_maps(&stored, |source| source.name(), read)
            })?;
            everywhere.push(data);
        }
        let (emin, emax) = self.energy_range();
        Ok(ToyMaker::new(Data::new(everywhere)?.within_energies(emin, emax)?))
    }
}
