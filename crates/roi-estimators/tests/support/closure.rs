//! Closed tests: counts drawn from a known model, and what estimators make of them.

use lat_response::{PsfScale, SourceMapBuilder, SourceMapOptions};
use likelihood_core::{ComponentData, CountsCube, Data, EnergyAxis, SourceMap};
use ndarray::Array3;
use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;
use rand_distr::{Distribution, Poisson};
use roi_estimators::{ExtensionOptions, LocalizeOptions, TrialPlace, TrialShape, extension, localize};
use roi_fit::{Quiet, Session, TrialMaker};
use roi_model::{Roi, SkyDirection};
use roi_simulate::{SimulationOptions, simulate};

/// A source at a known place over a Galactic and an isotropic component.
pub(crate) struct Truth {
    pub(crate) place: TrialPlace,
    pub(crate) makers: Vec<TrialMaker>,
    pub(crate) name: String,
    axis: EnergyAxis,
    roi: Roi,
    maps: Vec<(String, SourceMap)>,
    expected: Array3<f64>,
}

impl Truth {
    /// The source of the middle of a simulated region, moved off the middle of a pixel, of this shape and size; its norm times `brightness`.
    pub(crate) fn new(shape: TrialShape, size: f64, brightness: f64) -> Self {
        Self::seen_through(shape, size, brightness, None)
    }

    /// The same, its counts drawn with another PSF than that of its makers.
    pub(crate) fn seen_through(shape: TrialShape, size: f64, brightness: f64, psf: Option<&PsfScale>) -> Self {
        let simulated = simulate(&SimulationOptions::default().with_sources(1).with_npix(40).with_ebins(12)).unwrap();
        let component = &simulated.components[0];
        let (grid, axis) = (component.counts.grid.clone(), component.axis().clone());
        let tables = component.tables().unwrap();
        let builder = SourceMapBuilder::new(&grid, &axis, 0, tables, SourceMapOptions::default()).unwrap();
        let maker = TrialMaker::new("00", grid.clone(), axis.clone(), builder);
        let direction = grid.reference_direction().unwrap().moved(0.023, -0.041).unwrap();
        let place = TrialPlace { direction, shape, size };
        let mut roi = simulated.truth.clone();
        for source in roi.sources_mut() {
            let is_it = source.direction().is_some();
            source.spectrum_mut().parameters_mut().iter_mut().for_each(|parameter| parameter.set_free(false));
            if is_it {
                *source = source.with_spatial(place.spatial().unwrap()).unwrap();
                let norm = source.spectrum().norm_index().unwrap();
                let parameter = &mut source.spectrum_mut().parameters_mut()[norm];
                parameter.set_bounds(0.0, 0.0).unwrap();
                parameter.set_value(parameter.value() * brightness).unwrap();
                parameter.set_free(true);
            }
        }
        let name = roi.sources().iter().find(|source| source.direction().is_some()).unwrap().name().to_owned();
        let map = |source: &roi_model::Source| match source.direction() {
            Some(_) => match psf {
                Some(scale) => maker.with_psf_scale(scale, source).unwrap().source_map(source).unwrap(),
                None => maker.source_map(source).unwrap(),
            },
            None => component.source_map(source).unwrap(),
        };
        let maps: Vec<_> = roi.sources().iter().map(|source| (source.name().to_owned(), map(source))).collect();
        let expected = expected(&roi, &axis, &maps);
        Self { place, makers: vec![maker], name, axis, roi, maps, expected }
    }

    /// Counts of a seed, and the true model.
    pub(crate) fn draw(&self, seed: u64) -> Session {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
        #[expect(clippy::cast_possible_truncation, reason = "counts")]
        let counts = self
            .expected
            .mapv(|mean| if mean > 0.0 { Poisson::new(mean).unwrap().sample(&mut random) as f32 } else { 0.0 });
        let cube = CountsCube::new(self.axis.clone(), counts).unwrap();
        let mut data = ComponentData::new("00", &cube);
        for (name, map) in &self.maps {
            data.add_source_map(name, map).unwrap();
        }
        Session::new(self.roi.clone(), Data::new(vec![data]).unwrap())
    }

    /// The same with the source elsewhere in the model.
    pub(crate) fn draw_displaced(&self, seed: u64, place: TrialPlace) -> Session {
        let mut session = self.draw(seed);
        let id = session.roi().id_of(&self.name).unwrap();
        let moved = session.roi()[id].with_spatial(place.spatial().unwrap()).unwrap();
        session.roi_mut()[id] = moved;
        session
    }
}

/// Counts by the log-trapezoid rule.
fn expected(roi: &Roi, axis: &EnergyAxis, maps: &[(String, SourceMap)]) -> Array3<f64> {
    let (_, ny, nx) = maps[0].1.planes().dim();
    let mut counts = Array3::zeros((axis.n_bins(), ny, nx));
    let rule = axis.log_trapezoid();
    for (name, map) in maps {
        let spectrum = roi.source(name).unwrap().spectrum();
        let at: Vec<f64> = axis.edges().iter().map(|&energy| spectrum.dnde(energy).unwrap()).collect();
        for k in 0..axis.n_bins() {
            let (low, high) = (rule.lower[k] * at[k], rule.upper[k] * at[k + 1]);
            for y in 0..ny {
                for x in 0..nx {
                    let of = |plane: usize| f64::from(map.planes()[[plane, y, x]]);
                    counts[[k, y, x]] += of(k) * low + of(k + 1) * high;
                }
            }
        }
    }
    counts
}

/// What a localization of drawn counts comes to: pulls to the east and to the north, and whether the truth lies within the 95 % ellipse's circle.
pub(crate) fn localized(truth: &Truth, seed: u64) -> ([f64; 2], bool) {
    // The fit does not begin at the truth.
    let phase = seed as f64;
    let start = truth.place.moved(0.03 * phase.cos(), 0.03 * phase.sin()).unwrap();
    let session = truth.draw_displaced(seed, start);
    let options = LocalizeOptions::default().with_nstep(0);
    let found = localize(&session, &truth.makers, &truth.name, &options, &mut Quiet).unwrap();
    assert!(found.fit_success, "{seed}: {:?}", found.warnings);
    let ellipse = found.ellipse.unwrap();
    let true_place: SkyDirection = truth.place.direction;
    let (east, north) = found.position.offset(&true_place);
    let pulls = [-east / ellipse.cel_cov[0][0].sqrt(), -north / ellipse.cel_cov[1][1].sqrt()];
    (pulls, true_place.separation(&found.position) < ellipse.r95)
}

/// The pull of the width of drawn counts, and `ts_ext`.
pub(crate) fn extended(truth: &Truth, seed: u64, shape: TrialShape) -> (f64, f64) {
    let point = TrialPlace::point(truth.place.direction);
    let session = truth.draw_displaced(seed, point);
    let options = ExtensionOptions::default().with_spatial_model(shape).with_width_nstep(5).with_width_min(0.05);
    let found = extension(&session, &truth.makers, &truth.name, &options, &mut Quiet).unwrap();
    assert!(found.fit_success, "{seed}: {:?}", found.warnings);
    let error = if found.ext > truth.place.r68() { found.ext_err_lo.or(found.ext_err_hi) } else { found.ext_err_hi };
    ((found.ext - truth.place.r68()) / error.unwrap(), found.ts_ext())
}
