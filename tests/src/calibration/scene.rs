//! A truth that is kept with its maps and what is expected of it, so that counts can be drawn from it many times.

use likelihood_core::{ComponentData, CountsCube, Data, EnergyAxis, Settings, SourceMap};
use ndarray::Array3;
use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;
use roi_fit::{Session, ToyMaker, climb};
use roi_model::{Parameter, Roi, Source};
use roi_simulate::{SimulatedRoi, poisson_counts};

use crate::calibration::draws::Outcome;

/// A truth of one component, with what is expected of it.
#[derive(Clone, Debug)]
pub struct Scene {
    roi: Roi,
    axis: EnergyAxis,
    settings: Settings,
    maps: Vec<(String, SourceMap)>,
    expected: Array3<f64>,
}

impl Scene {
    /// The truth of a simulated region, its first component; what is free in it stays free.
    ///
    /// # Errors
    /// When a map cannot be made, or what is expected not be evaluated.
    pub fn of(simulated: &SimulatedRoi) -> Outcome<Self> {
        let component = simulated.components.first().ok_or("a region without components")?;
        let mut maps = Vec::new();
        for source in simulated.truth.sources() {
            maps.push((source.name().to_owned(), component.source_map(source)?));
        }
        Self::new(simulated.truth.clone(), component.axis().clone(), Settings::default(), maps)
    }

    /// Of its parts. The maps may have planes more for energy dispersion.
    ///
    /// # Errors
    /// When the parts do not fit.
    pub(super) fn new(roi: Roi, axis: EnergyAxis, settings: Settings, maps: Vec<(String, SourceMap)>) -> Outcome<Self> {
        let mut scene = Self { roi, axis, settings, maps, expected: Array3::zeros((0, 0, 0)) };
        scene.expect()?;
        Ok(scene)
    }

    /// The truth.
    pub fn roi(&self) -> &Roi {
        &self.roi
    }

    /// How its likelihood is set up.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Another truth of the same sources, with the maps that there are.
    ///
    /// # Errors
    /// What `change` returns; when what is expected of the truth cannot be evaluated.
    pub fn change(&mut self, change: impl FnOnce(&mut Roi) -> Outcome<()>) -> Outcome<()> {
        change(&mut self.roi)?;
        self.expect()
    }

    /// The same truth, what is free in it by another choice: of each source and each of its parameters.
    ///
    /// # Errors
    /// What `choose` returns.
    pub fn free(&mut self, mut choose: impl FnMut(&Source, &Parameter) -> Outcome<bool>) -> Outcome<()> {
        for source in self.roi.sources_mut() {
            let whole = source.clone();
            for parameter in source.spectrum_mut().parameters_mut() {
                let is_free = choose(&whole, parameter)?;
                parameter.set_free(is_free);
            }
        }
        Ok(())
    }

    /// The truth beside counts that are drawn from it.
    ///
    /// # Errors
    /// When the counts cannot be drawn.
    pub fn draw(&self, seed: u64) -> Outcome<Session> {
        self.draw_for(seed, self.settings.clone())
    }

    /// The same for a likelihood of other settings than the truth.
    ///
    /// # Errors
    /// As [`Scene::draw`]; when the settings do not fit the counts.
    pub fn draw_for(&self, seed: u64, settings: Settings) -> Outcome<Session> {
        let counts = poisson_counts(&self.expected, &mut Xoshiro256PlusPlus::seed_from_u64(seed), "00")?;
        self.session(counts, settings)
    }

    /// The truth beside counts that are what is expected of it (an Asimov data set: Cowan et al. 2011, Eur. Phys. J. C 71, 1554), for a likelihood of
    /// these settings.
    ///
    /// # Errors
    /// When the settings do not fit the counts.
    pub fn asimov_for(&self, settings: Settings) -> Outcome<Session> {
        #[expect(clippy::cast_possible_truncation, reason = "counts cubes hold 32-bit floats")]
        let counts = self.expected.mapv(|mean| mean as f32);
        self.session(counts, settings)
    }

    /// [`Scene::asimov_for`] the settings of the truth.
    ///
    /// # Errors
    /// As there.
    pub fn asimov(&self) -> Outcome<Session> {
        self.asimov_for(self.settings.clone())
    }

    /// What TS a source has where the counts are those that are expected, all that is free of the others fitted again without it. It is the square of the
    /// significance that a source of this brightness has on the average, and does not depend on a draw: classes of it select no fluctuations.
    ///
    /// # Errors
    /// When there is no such source, or a likelihood cannot be evaluated.
    pub fn significance(&self, name: &str) -> Outcome<f64> {
        let mut session = self.asimov()?;
        let loglike = session.loglike()?;
        let source = session.roi_mut().source_mut(name)?;
        let norm = norm_of(source)?;
        for parameter in source.spectrum_mut().parameters_mut() {
            parameter.set_free(false);
        }
        let parameter = &mut source.spectrum_mut().parameters_mut()[norm];
        parameter.set_bounds(0.0, parameter.max().max(1.0))?;
        parameter.set_value(0.0)?;
        Ok(2.0 * (loglike - climb(&mut session, None)?.loglike))
    }

    /// What draws toys for sessions of these settings.
    ///
    /// # Errors
    /// When the maps do not fit the counts.
    pub fn toy_maker(&self) -> Outcome<ToyMaker> {
        let ones = Array3::ones(self.expected.raw_dim());
        Ok(ToyMaker::new(self.data(ones, self.settings.clone())?))
    }

    fn session(&self, counts: Array3<f32>, settings: Settings) -> Outcome<Session> {
        Ok(Session::new(self.roi.clone(), self.data(counts, settings)?).on_one_thread())
    }

    fn data(&self, counts: Array3<f32>, settings: Settings) -> Outcome<Data> {
        let cube = CountsCube::new(self.axis.clone(), counts)?;
        let mut data = ComponentData::with_settings("00", &cube, settings)?;
        for (name, map) in &self.maps {
            data.add_source_map(name, map)?;
        }
        Ok(Data::new(vec![data])?)
    }

    /// What the likelihood expects of the truth.
    fn expect(&mut self) -> Outcome<()> {
        let (_, ny, nx) = self.maps.first().ok_or("a truth without sources")?.1.planes().dim();
        let nothing = Array3::zeros((self.axis.n_bins(), ny, nx));
        let session = self.session(nothing.clone(), self.settings.clone())?;
        let data = session.data().components().first().ok_or("a session without components")?;
        let mut expected = nothing.mapv(f64::from);
        for (name, map) in &self.maps {
            expected += &data.model_map(self.roi.source(name)?, map)?;
        }
        self.expected = expected;
        Ok(())
    }
}

/// Position of the norm among the parameters of a source.
///
/// # Errors
/// When it has none.
pub fn norm_of(source: &Source) -> Outcome<usize> {
    source.spectrum().norm_index().ok_or_else(|| format!("{} has no norm", source.name()).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use roi_simulate::{SimulationOptions, simulate};

    #[test]
    fn what_is_expected_is_what_the_simulation_draws_from() {
        let options = SimulationOptions::default().with_npix(12).with_ebins(5).with_sources(2);
        let simulated = simulate(&options).unwrap();
        let scene = Scene::of(&simulated).unwrap();
        let expected = simulated.components[0].expected_counts(&simulated.truth).unwrap();
        for (own, other) in scene.expected.iter().zip(&expected) {
            assert!((own / other - 1.0).abs() < 1e-12, "{own} {other}");
        }
        assert_eq!(scene.expected.dim(), expected.dim());
    }

    #[test]
    fn the_significance_is_the_ts_of_the_fit_to_expected_counts() {
        let options = SimulationOptions::default().with_npix(12).with_ebins(5).with_sources(2);
        let scene = Scene::of(&simulate(&options).unwrap()).unwrap();
        let name = scene.roi().sources()[0].name().to_owned();
        let session = scene.asimov().unwrap();
        let mut analysis = roi_fit::Analysis::new(scene.roi().clone(), session.data().clone()).unwrap();
        let ts = analysis.ts(&name, true).unwrap().ts;
        assert!((scene.significance(&name).unwrap() / ts - 1.0).abs() < 1e-4, "{ts}");
    }
}
