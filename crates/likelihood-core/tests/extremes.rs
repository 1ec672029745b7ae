//! Likelihoods of any maps, counts and parameters: what cannot be is refused where it enters, everything else has a value that is finite or an error.
//! `ROI_FIT_CASES=100000` tries more of them.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]
#![expect(clippy::cast_possible_truncation, reason = "source maps are single precision")]

mod support;

use likelihood_core::{ComponentData, CountsCube, EnergyAxis, SourceMap, UnmodelledBins};
use ndarray::{Array2, Array3};
use proptest::prelude::*;
use roi_model::{Parameter, Roi, SkyDirection, Source, SourceType, SpatialModel, Spectrum};
use support::Evaluator;

fn cases(ordinary: u32) -> ProptestConfig {
    let cases = std::env::var("ROI_FIT_CASES").map_or(ordinary, |text| text.parse().unwrap());
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// A number of a map or of counts; what is no number only where that is asked for.
fn single(with_bad: bool) -> impl Strategy<Value = f32> {
    let bad = vec![f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -1.0];
    prop_oneof![
        8 => Just(0.0_f32),
        8 => 0.0..10.0_f32,
        3 => (-45.0..38.0_f64).prop_map(|e| 10_f64.powf(e) as f32),
        2 => prop::sample::select(vec![1e-45_f32, f32::MIN_POSITIVE, 1e-38, 1e30, f32::MAX]),
        u32::from(with_bad) => prop::sample::select(bad),
    ]
}

fn double() -> impl Strategy<Value = f64> {
    prop_oneof![
        6 => -5.0..5.0_f64,
        2 => (-320.0..308.0_f64).prop_map(|e| 10_f64.powf(e)),
        1 => prop::sample::select(vec![0.0, 5e-324, f64::MIN_POSITIVE, 1e300, f64::MAX, -1e300]),
    ]
}

const BINS: usize = 3;
const NY: usize = 2;
const NX: usize = 3;

fn source(name: &str, norm: f64, index: f64, scale: f64) -> Option<Source> {
    let parameter = |name: &str, value: f64, scale: f64, free: bool| {
        Parameter::new(name, value)?.with_scale(scale).map(|p| p.with_free(free))
    };
    let parameters = [
        parameter("Prefactor", norm, scale, true),
        parameter("Index", index, -1.0, true),
        parameter("Scale", 1000.0, 1.0, false),
    ];
    let parameters: roi_model::Result<Vec<Parameter>> = parameters.into_iter().collect();
    let spectrum = Spectrum::new("PowerLaw", parameters.ok()?).ok()?;
    let spatial = SpatialModel::point(SkyDirection::new(83.0, 22.0).unwrap()).unwrap();
    Source::new(name, SourceType::Point, spectrum, spatial).ok()
}

/// A map of some planes.
fn map(values: &[f32], planes: usize) -> likelihood_core::Result<SourceMap> {
    let mut values = values.iter().copied().cycle();
    SourceMap::new(Array3::from_shape_fn((planes, NY, NX), |_| values.next().unwrap()))
}

fn counts(values: &[f32]) -> likelihood_core::Result<CountsCube> {
    let axis = EnergyAxis::new(vec![100.0, 300.0, 1000.0, 1e5])?;
    let mut values = values.iter().copied().cycle();
    CountsCube::new(axis, Array3::from_shape_fn((BINS, NY, NX), |_| values.next().unwrap()))
}

proptest! {
    #![proptest_config(cases(2000))]

    #[test]
    fn what_is_no_number_is_refused_where_it_enters(values in prop::collection::vec(single(true), BINS * NY * NX)) {
        let bad = |value: &f32| !value.is_finite();
        let counts = counts(&values);
        prop_assert!(counts.is_err() == values.iter().any(|value| bad(value) || *value < 0.0), "{values:?}: {counts:?}");
        let map = map(&values, BINS);
        prop_assert!(map.is_err() || !values.iter().any(bad), "{values:?}");
        for error in [counts.err(), map.err()].into_iter().flatten() {
            prop_assert!(!error.to_string().is_empty());
        }
    }

    #[test]
    fn a_likelihood_of_any_maps_is_finite_or_an_error(
        observed in prop::collection::vec(single(false), BINS * NY * NX),
        maps in prop::collection::vec(prop::collection::vec(single(false), (BINS + 1) * NY * NX), 2),
        numbers in prop::collection::vec((double(), double(), prop_oneof![Just(1.0), Just(1e-12), double()]), 2),
        is_lenient in any::<bool>(),
        free in prop::collection::vec(any::<bool>(), 4),
    ) {
        let sources = ["A", "B"].iter().zip(&numbers).filter_map(|(name, &(norm, index, scale))| source(name, norm, index, scale));
        let mut roi = Roi::new(SkyDirection::new(83.0, 22.0).unwrap(), sources.collect()).unwrap();
        for (source, free) in roi.sources_mut().iter_mut().zip(free.chunks(2)) {
            source.spectrum_mut().parameters_mut().iter_mut().zip(free).for_each(|(p, free)| p.set_free(*free));
        }
        let Ok(cube) = counts(&observed) else { return Ok(()) };
        let mut component = ComponentData::new("00", &cube);
        if is_lenient {
            component = component.with_unmodelled_bins(UnmodelledBins::Skip);
        }
        for (name, values) in ["A", "B"].iter().zip(&maps) {
            let Ok(map) = map(values, BINS + 1) else { return Ok(()) };
            if component.add_source_map(name, &map).is_err() {
                return Ok(());
            }
        }
        let Ok(mut likelihood) = Evaluator::new(vec![component]) else { return Ok(()) };
        let n = roi.free_parameters().len();
        let value = likelihood.value(&roi);
        prop_assert!(value.as_ref().is_ok_and(|value| value.is_finite()) || value.is_err(), "{value:?}");
        let mut gradient = vec![f64::NAN; n];
        let with_gradient = likelihood.gradient(&roi, &mut gradient);
        if let Ok(with_gradient) = &with_gradient {
            prop_assert!(gradient.iter().all(|g| g.is_finite()), "{gradient:?} at {with_gradient}");
            let value = value.as_ref().map(|value| value.to_bits());
            prop_assert!(value.is_ok_and(|value| value == with_gradient.to_bits()), "{value:?} {with_gradient:?}");
        }
        let mut hessian = Array2::from_elem((n, n), f64::NAN);
        if let Ok(value) = likelihood.hessian(&roi, &mut gradient, &mut hessian) {
            prop_assert!(value.is_finite() && gradient.iter().chain(&hessian).all(|d| d.is_finite()), "{hessian:?}");
        }
        for source in 0..roi.sources().len() {
            let npred = likelihood.npred(&roi, source);
            prop_assert!(npred.as_ref().is_ok_and(|npred| npred.is_finite()) || npred.is_err(), "{npred:?}");
        }
        if let Err(error) = value {
            prop_assert!(!error.to_string().is_empty());
        }
    }
}
