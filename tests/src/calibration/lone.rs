//! A source of known significance in the middle of a small region, among faint neighbours and diffuse emission.

use lat_response::{SourceMapBuilder, SourceMapOptions};
use likelihood_core::Settings;
use roi_estimators::TrialPlace;
use roi_fit::TrialMaker;
use roi_model::{Parameter, Roi, Source, Spectrum};
use roi_simulate::{SimulationOptions, simulate};

use crate::calibration::draws::Outcome;
use crate::calibration::scene::{Scene, norm_of};

/// The truth, and the source in question.
pub(super) struct Lone {
    pub(super) scene: Scene,
    /// Its name.
    pub(super) name: String,
    /// Where it stands, and how wide it is.
    pub(super) place: TrialPlace,
    /// What makes its maps elsewhere.
    pub(super) makers: Vec<TrialMaker>,
}

/// The region.
#[derive(Clone, Copy, Debug)]
pub(super) struct Surroundings {
    /// Years of data.
    pub(super) years: f64,
    /// Point sources beside it.
    pub(super) neighbours: usize,
    /// Pixels on a side, and their width in degrees.
    pub(super) pixels: (usize, f64),
}

/// Index of its power law.
const INDEX: f64 = 2.1;
/// A source nearer than this to the middle stands there, degrees; others keep away farther.
const MIDDLE: f64 = 0.01;
/// Steps towards a significance, and how near it must come.
const STEPS: usize = 40;
const NEAR: f64 = 1e-3;

impl Lone {
    /// A power law in the middle of a region, off the middle of a pixel, with the norms of all sources free. `wide` makes it as wide as a shape from its
    /// place.
    pub(super) fn new(around: Surroundings, wide: impl FnOnce(TrialPlace) -> TrialPlace) -> Outcome<Self> {
        let (npix, binsz) = around.pixels;
        let options = SimulationOptions::default().with_sources(around.neighbours + 1).with_years(around.years);
        let simulated = simulate(&options.with_npix(npix).with_binsz(binsz).with_ebins(8))?;
        let component = simulated.components.first().ok_or("a region without components")?;
        let (grid, axis) = (component.counts.grid.clone(), component.axis().clone());
        let builder = SourceMapBuilder::new(&grid, &axis, 0, component.tables()?, SourceMapOptions::default())?;
        let maker = TrialMaker::new("00", grid.clone(), axis.clone(), builder);
        let middle = grid.reference_direction()?;
        let place = wide(TrialPlace::point(middle.moved(0.023, -0.041)?));
        let mut roi = simulated.truth.clone();
        let name = in_the_middle(&roi)?;
        let own = roi.source_mut(&name)?;
        *own = own.with_spatial(place.spatial()?)?.with_spectrum(power_law(1e-12)?);
        let mut maps = Vec::new();
        for source in roi.sources() {
            let own = source.name() == name;
            let map = if own { maker.source_map(source)? } else { component.source_map(source)? };
            maps.push((source.name().to_owned(), map));
        }
        let mut scene = Scene::new(roi, axis, Settings::default(), maps)?;
        scene.free(|source, parameter| {
            let norm = norm_of(source)?;
            Ok(source.spectrum().parameters()[norm].name() == parameter.name())
        })?;
        Ok(Self { scene, name, place, makers: vec![maker] })
    }

    /// The same, as bright as to have this TS where counts are as expected; 0 for none of it.
    pub(super) fn with_significance(mut self, ts: f64) -> Outcome<Self> {
        if ts == 0.0 {
            self.set_norm(0.0)?;
            return Ok(self);
        }
        for _ in 0..STEPS {
            let found = self.scene.significance(&self.name)?;
            if (found / ts - 1.0).abs() < NEAR {
                return Ok(self);
            }
            // TS rises with a power of the norm between 1 and 2.
            let norm = self.norm()? * (ts / found).powf(0.6);
            self.set_norm(norm)?;
        }
        Err(format!("no brightness of {} with a TS of {ts} was found", self.name).into())
    }

    /// The true norm, the scale not applied.
    pub(super) fn norm(&self) -> Outcome<f64> {
        let source = self.scene.roi().source(&self.name)?;
        Ok(source.spectrum().parameters()[norm_of(source)?].value())
    }

    fn set_norm(&mut self, norm: f64) -> Outcome<()> {
        let name = self.name.clone();
        self.scene.change(|roi| {
            let source = roi.source_mut(&name)?;
            let index = norm_of(source)?;
            Ok(source.spectrum_mut().parameters_mut()[index].set_value(norm)?)
        })
    }
}

/// The point source in the middle of a simulated region, which has the brightest there.
///
/// # Errors
/// When there are only others.
pub(super) fn in_the_middle(roi: &Roi) -> Outcome<String> {
    let away = |source: &&Source| source.direction().map(|direction| direction.separation(&roi.center()));
    let points = roi.sources().iter().filter(|source| away(source).is_some_and(|degrees| degrees < MIDDLE));
    Ok(points.map(Source::name).next().ok_or("a region without a source in its middle")?.to_owned())
}

/// A power law with this true norm at 1 GeV, cm^-2 s^-1 MeV^-1; its norm is not below 0.
fn power_law(norm: f64) -> Outcome<Spectrum> {
    let parameters = vec![
        Parameter::new("Prefactor", norm / 1e-12)?.with_scale(1e-12)?.with_bounds(0.0, 1e6)?,
        Parameter::new("Index", INDEX)?.with_scale(-1.0)?.with_bounds(0.0, 5.0)?,
        Parameter::new("Scale", 1000.0)?.with_bounds(1000.0, 1000.0)?,
    ];
    Ok(Spectrum::new("PowerLaw", parameters)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_stands_alone_in_the_middle() {
        let around = Surroundings { years: 1.0, neighbours: 4, pixels: (16, 0.2) };
        let lone = Lone::new(around, |place| place).unwrap();
        let away = |source: &Source| source.direction().map(|direction| direction.separation(&lone.place.direction));
        for source in lone.scene.roi().sources().iter().filter(|source| source.direction().is_some()) {
            assert_eq!(source.name() == lone.name, away(source).unwrap() < 0.3, "{} {:?}", source.name(), away(source));
        }
    }

    #[test]
    fn a_significance_is_reached() {
        let around = Surroundings { years: 1.0, neighbours: 1, pixels: (16, 0.2) };
        let lone = Lone::new(around, |place| place).unwrap().with_significance(9.0).unwrap();
        assert!((lone.scene.significance(&lone.name).unwrap() / 9.0 - 1.0).abs() < 0.01);
        assert_eq!(lone.with_significance(0.0).unwrap().norm().unwrap(), 0.0);
    }
}
