//! Fits, profiles and limits of any data: whatever they are, a verb ends, in a result that is true or an error. `ROI_FIT_CASES=10000` tries more.

use likelihood_core::{ComponentData, CountsCube, Data, EnergyAxis, SourceMap, UnmodelledBins};
use ndarray::Array3;
use proptest::prelude::*;
use roi_fit::{Analysis, FitOptions, OptimizeOptions, ProfileOptions, parameter_limits};
use roi_model::{Parameter, Roi, SkyDirection, Source, SourceType, SpatialModel, Spectrum};

fn cases(ordinary: u32) -> ProptestConfig {
    let cases = std::env::var("ROI_FIT_CASES").map_or(ordinary, |text| text.parse().unwrap());
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

const BINS: usize = 3;
const SIDE: usize = 3;

/// A number of a map: none, as many counts as are usual, or of any size.
fn response() -> impl Strategy<Value = f32> {
    #[expect(clippy::cast_possible_truncation, reason = "source maps are single precision")]
    let any_size = (-42.0..30.0_f64).prop_map(|e| 10_f64.powf(e) as f32);
    prop_oneof![4 => Just(0.0_f32), 12 => 1e8..1e10_f32, 1 => any_size]
}

fn observed() -> impl Strategy<Value = f32> {
    prop_oneof![8 => Just(0.0_f32), 8 => (0..20_u8).prop_map(f32::from), 1 => prop::sample::select(vec![1e-6_f32, 1e6, 1e12, 0.5])]
}

/// What is drawn of a source: its responses, value, scale and bounds of the norm, index, what is free.
type Drawn = (Vec<f32>, f64, f64, (f64, f64), f64, (bool, bool));

fn drawn() -> impl Strategy<Value = Drawn> {
    let bounds = prop::sample::select(vec![
        (0.0, 1e3),
        (1e-5, 1e5),
        (0.0, 0.0),
        (1.0, 1.0),
        (-1e3, 1e3),
        (0.0, 1e300),
        (1e-300, 1.0),
    ]);
    let norm = prop_oneof![6 => 0.1..10.0_f64, 1 => Just(0.0), 1 => (-300.0..300.0_f64).prop_map(|e| 10_f64.powf(e))];
    let scale = prop_oneof![6 => Just(1e-12), 1 => (-300.0..300.0_f64).prop_map(|e| 10_f64.powf(e)), 1 => Just(-1e-12)];
    let index = prop_oneof![6 => 1.0..3.0_f64, 1 => -50.0..50.0_f64];
    let responses = prop::collection::vec(response(), (BINS + 1) * SIDE * SIDE);
    (responses, norm, scale, bounds, index, any::<(bool, bool)>())
}

fn source(name: &str, (_, norm, scale, (low, high), index, free): &Drawn) -> roi_model::Result<Source> {
    let prefactor = Parameter::new("Prefactor", *norm)?.with_scale(*scale)?;
    let prefactor = prefactor.clone().with_bounds(*low, *high).unwrap_or(prefactor).with_free(free.0);
    let index = Parameter::new("Index", *index)?.with_scale(-1.0)?;
    let index = index.clone().with_bounds(0.0, 5.0).unwrap_or(index).with_free(free.1);
    let spectrum = Spectrum::new("PowerLaw", vec![prefactor, index, Parameter::new("Scale", 1000.0)?])?;
    Source::new(name, SourceType::Point, spectrum, SpatialModel::point(SkyDirection::new(83.0, 22.0)?)?)
}

/// The analysis of some sources and counts; `None` where it is refused in words.
fn analysis(sources: &[Drawn], counts: &[f32], is_lenient: bool) -> Option<Analysis> {
    let build = || -> Result<Analysis, Box<dyn std::error::Error>> {
        let axis = EnergyAxis::new(vec![100.0, 1000.0, 1e4, 1e5])?;
        let cube = Array3::from_shape_vec((BINS, SIDE, SIDE), counts.to_vec())?;
        let mut component = ComponentData::new("00", &CountsCube::new(axis, cube)?);
        if is_lenient {
            component = component.with_unmodelled_bins(UnmodelledBins::Skip);
        }
        let mut all = Vec::new();
        for (number, drawn) in sources.iter().enumerate() {
            let name = format!("source {number}");
            let map = Array3::from_shape_vec((BINS + 1, SIDE, SIDE), drawn.0.clone())?;
            component.add_source_map(&name, &SourceMap::new(map)?)?;
            all.push(source(&name, drawn)?);
        }
        let roi = Roi::new(SkyDirection::new(83.0, 22.0)?, all)?;
        Ok(Analysis::new(roi, Data::new(vec![component])?)?)
    };
    build().map_err(|error| assert!(!error.to_string().is_empty())).ok()
}

/// That every parameter is a number within its bounds.
fn all_is_sound(analysis: &Analysis) {
    for (_, parameter) in analysis.roi().parameters() {
        let (low, high) = parameter.bounds();
        assert!(parameter.value().is_finite() && (low..=high).contains(&parameter.value()), "{parameter:?}");
        assert!(parameter.error().is_finite() && parameter.error() >= 0.0, "{parameter:?}");
    }
}

proptest! {
    #![proptest_config(cases(100))]

    #[test]
    fn a_fit_of_any_data_ends_in_a_status_that_is_true(
        sources in prop::collection::vec(drawn(), 1..4),
        counts in prop::collection::vec(observed(), BINS * SIDE * SIDE),
        is_lenient in any::<bool>(),
        optimizer in prop::sample::select(vec!["NEWTON", "MINUIT", "LBFGS", "SIMPLEX"]),
        reoptimize in any::<bool>(),
    ) {
        let Some(mut analysis) = analysis(&sources, &counts, is_lenient) else { return Ok(()) };
        let before = analysis.roi().state();
        let options = FitOptions::default().with_optimizer(optimizer.into()).with_max_calls(Some(2000)).with_reoptimize(reoptimize);
        match analysis.fit(&options) {
            Err(error) => prop_assert!(!error.to_string().is_empty() && analysis.roi().state() == before, "{error}"),
            Ok(result) if !result.fit_success => {
                prop_assert!(!result.message.is_empty());
                prop_assert!(analysis.roi().state() == before, "a fit that failed changed the region: {}", result.message);
            }
            Ok(result) => {
                prop_assert!(result.loglike.is_finite() && result.values.iter().all(|value| value.is_finite()), "{result:?}");
                let now = analysis.loglike().unwrap();
                prop_assert!((now - result.loglike).abs() <= 1e-9 * now.abs().max(1.0), "{now} {result:?}");
                prop_assert!(result.to_json().is_object());
            }
        }
        all_is_sound(&analysis);
        let before = analysis.roi().state();
        match analysis.optimize(&OptimizeOptions::default().with_fit(options)) {
            Err(error) => prop_assert!(!error.to_string().is_empty() && analysis.roi().state() == before, "{error}"),
            Ok(result) => {
                let now = analysis.loglike().unwrap();
                let (before, after) = (result.loglike0, result.loglike1);
                prop_assert!(after >= before - 1e-12 * before.abs(), "it has not fallen: {before} {after}");
                prop_assert!((now - after).abs() <= 1e-9 * now.abs().max(1.0), "{now} {after}");
            }
        }
        all_is_sound(&analysis);
    }

    #[test]
    fn a_profile_of_any_data_has_no_number_that_is_none(
        sources in prop::collection::vec(drawn(), 1..3),
        counts in prop::collection::vec(observed(), BINS * SIDE * SIDE),
        is_lenient in any::<bool>(),
        reoptimize in any::<bool>(),
        points in prop_oneof![Just(None), prop::collection::vec(prop_oneof![4 => -10.0..1e3_f64, 1 => Just(f64::NAN), 1 => Just(1e300), 1 => Just(f64::INFINITY)], 0..6).prop_map(Some)],
    ) {
        let Some(mut analysis) = analysis(&sources, &counts, is_lenient) else { return Ok(()) };
        let before = analysis.roi().state();
        let options = ProfileOptions::default().with_npts(12).with_reoptimize(reoptimize).with_xvals(points);
        if let Ok(profile) = analysis.profile_norm("source 0", &options) {
            // What cannot be known is an empty list.
            let lists = [&profile.npred, &profile.flux, &profile.loglike, &profile.dloglike];
            let is_sound = |list: &&Vec<f64>| [0, profile.xvals.len()].contains(&list.len()) && !list.iter().any(|x| x.is_nan());
            prop_assert!(lists.iter().all(is_sound) && profile.loglike.len() == profile.xvals.len(), "{profile:?}");
            let limits = profile.limits();
            let told = [limits.x0, limits.ul, limits.ll, limits.err_lo, limits.err_hi, limits.err, limits.lnlmax];
            prop_assert!(told.iter().flatten().all(|limit| !limit.is_nan()), "{limits:?} of {profile:?}");
            prop_assert!(profile.to_json().is_object());
        }
        prop_assert!(analysis.roi().state() == before, "a profile that changed the region");
        if let Ok(found) = analysis.ts("source 0", reoptimize) {
            prop_assert!(!found.ts.is_nan() && !found.loglike_null.is_nan(), "{found:?}");
        }
        prop_assert!(analysis.roi().state() == before, "a TS that changed the region");
    }
}

proptest! {
    #![proptest_config(cases(5000))]

    #[test]
    fn limits_of_any_points_are_numbers_in_their_order(
        points in prop::collection::vec((
            prop_oneof![6 => -10.0..10.0_f64, 1 => (-300.0..300.0_f64).prop_map(|e| 10_f64.powf(e)), 1 => prop::sample::select(vec![0.0, f64::NAN, f64::INFINITY, f64::MAX, f64::MIN])],
            prop_oneof![6 => -10.0..1.0_f64, 1 => Just(0.0), 1 => (-300.0..300.0_f64).prop_map(|e| -(10_f64.powf(e))), 1 => prop::sample::select(vec![f64::NAN, f64::NEG_INFINITY, f64::MAX, f64::MIN])],
        ), 0..12),
        confidence in prop_oneof![4 => 0.5..0.9999_f64, 1 => prop::sample::select(vec![0.0, 1.0, -1.0, 2.0, f64::NAN])],
    ) {
        let (x, dloglike): (Vec<f64>, Vec<f64>) = points.into_iter().unzip();
        let limits = parameter_limits(&x, &dloglike, confidence, 0.6827);
        let told = [limits.x0, limits.ul, limits.ll, limits.err_lo, limits.err_hi, limits.err, limits.lnlmax];
        prop_assert!(told.iter().flatten().all(|limit| limit.is_finite()), "{limits:?} of {x:?} {dloglike:?}");
        if let (Some(x0), Some(upper)) = (limits.x0, limits.ul) {
            prop_assert!(upper >= x0, "{limits:?} of {x:?} {dloglike:?}");
        }
        prop_assert!([limits.err_lo, limits.err_hi].iter().flatten().all(|error| *error >= 0.0), "{limits:?}");
    }
}
