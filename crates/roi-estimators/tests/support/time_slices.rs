//! A region observed in time bins: the counts of each are drawn, those of the whole time are their sum.

use likelihood_core::{ComponentData, CountsCube, Data, SourceMap};
use ndarray::Array3;
use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;
use roi_estimators::{BinData, TimeData};
use roi_fit::{Analysis, FitOptions, Session};
use roi_model::Roi;
use roi_simulate::{SimulationOptions, poisson_counts, simulate};

/// A day in s.
pub(crate) const DAY: f64 = 86400.0;

/// What is drawn from: the region over the whole time, of the source and of all else.
pub(crate) struct Sky {
    pub(crate) truth: Roi,
    pub(crate) name: String,
    maps: Vec<(String, SourceMap)>,
    of_source: Array3<f64>,
    of_others: Array3<f64>,
    axis: likelihood_core::EnergyAxis,
}

/// A region in time bins, fitted over the whole time.
pub(crate) struct Observed {
    pub(crate) whole: Analysis,
    pub(crate) name: String,
    pub(crate) slices: Slices,
}

/// The data of the bins.
pub(crate) struct Slices {
    pub(crate) bins: Vec<(f64, f64)>,
    pub(crate) sessions: Vec<Result<Session, String>>,
}

impl Sky {
    /// Of so many years, on all of which the exposure is spread evenly.
    pub(crate) fn new(years: f64) -> Self {
        let options = SimulationOptions::default().with_sources(3).with_npix(20).with_binsz(0.2).with_ebins(5);
        let region = simulate(&options.with_emin(300.0).with_years(years)).unwrap();
        let component = &region.components[0];
        let mut truth = region.truth.clone();
        // The brightest stands at the centre.
        let center = truth.center();
        let is_at_center = |s: &&roi_model::Source| s.direction().is_some_and(|at| at.separation(&center) < 0.01);
        let name = truth.sources().iter().find(is_at_center).unwrap().name().to_owned();
        for source in truth.sources_mut() {
            let norm = source.spectrum().norm_index();
            for (index, parameter) in source.spectrum_mut().parameters_mut().iter_mut().enumerate() {
                parameter.set_free(norm == Some(index));
            }
        }
        let mut others = truth.clone();
        others.remove_source(&name).unwrap();
        let of_others = component.expected_counts(&others).unwrap();
        let of_source = component.expected_counts(&truth).unwrap() - &of_others;
        let maps = component.source_maps(&truth).map(|item| item.map(|(s, map)| (s.name().to_owned(), map)));
        let maps = maps.collect::<Result<Vec<_>, _>>().unwrap();
        Self { name, maps, of_source, of_others, axis: component.axis().clone(), truth }
    }

    /// A bin in which nothing was seen.
    pub(crate) fn nothing(&self, share: f64) -> Session {
        self.session(Array3::zeros(self.of_others.raw_dim()), share)
    }

    /// A bin with so many counts of the lowest energy where the source is, and none elsewhere.
    pub(crate) fn counts_at_source(&self, number: f32, share: f64) -> Session {
        let mut counts = Array3::zeros(self.of_others.raw_dim());
        let [_, y, x] = *counts.shape() else { unreachable!() };
        counts[[0, y / 2, x / 2]] = number;
        self.session(counts, share)
    }

    /// A bin with these counts in so much of the exposure.
    pub(crate) fn session(&self, counts: Array3<f32>, share: f64) -> Session {
        let cube = CountsCube::new(self.axis.clone(), counts).unwrap();
        let mut data = ComponentData::new("00", &cube);
        for (name, map) in &self.maps {
            #[expect(clippy::cast_possible_truncation, reason = "as maps are kept")]
            let planes = map.planes().mapv(|value| (f64::from(value) * share) as f32);
            data.add_source_map(name, &SourceMap::new(planes).unwrap()).unwrap();
        }
        Session::new(self.truth.clone(), Data::new(vec![data]).unwrap())
    }

    /// Bins of a day; the source is as bright in each as its factor of the true flux says. All norms are fitted over the whole time.
    pub(crate) fn observe(&self, factors: &[f64], seed: u64) -> Observed {
        let mut generator = Xoshiro256PlusPlus::seed_from_u64(seed);
        let share = 1.0 / factors.len() as f64;
        let mut total = Array3::<f32>::zeros(self.of_others.raw_dim());
        let mut sessions = Vec::new();
        for factor in factors {
            let expected = (&self.of_others + &(*factor * &self.of_source)) * share;
            let counts = poisson_counts(&expected, &mut generator, "00").unwrap();
            total += &counts;
            sessions.push(Ok(self.session(counts, share)));
        }
        let whole = self.session(total, 1.0);
        let mut whole = Analysis::new(whole.roi().clone(), whole.data().clone()).unwrap();
        let fit = whole.fit(&FitOptions::default()).unwrap();
        assert!(fit.fit_success, "{}", fit.message);
        let bins = (0..factors.len()).map(|i| (i as f64 * DAY, (i + 1) as f64 * DAY)).collect();
        Observed { whole, name: self.name.clone(), slices: Slices { bins, sessions } }
    }
}

impl TimeData for Slices {
    fn bins(&self) -> &[(f64, f64)] {
        &self.bins
    }

    fn data_of(&self, bin: usize) -> roi_estimators::Result<BinData> {
        Ok(match &self.sessions[bin] {
            Ok(session) => BinData::seen(session.clone(), DAY, 0.9 * DAY),
            Err(why) => BinData::unseen(why.clone()),
        })
    }

    fn inputs(&self) -> roi_estimators::Result<String> {
        Ok("the same data".to_owned())
    }
}

/// Calls what it is given before each bin is asked for.
pub(crate) struct Told<'a, F>(pub(crate) &'a Slices, pub(crate) F);

impl<F: Fn(usize) -> roi_estimators::Result<()> + Sync> TimeData for Told<'_, F> {
    fn bins(&self) -> &[(f64, f64)] {
        self.0.bins()
    }

    fn data_of(&self, bin: usize) -> roi_estimators::Result<BinData> {
        (self.1)(bin)?;
        self.0.data_of(bin)
    }

    fn inputs(&self) -> roi_estimators::Result<String> {
        self.0.inputs()
    }
}
