//! The likelihood against a worked example, finite differences and invariants.
//!
//! The toy problem (3 bins of energy, 2 pixels, 2 power laws) and its numbers come from an independent evaluation of the LAT binned
//! likelihood in exact arithmetic.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]
#![expect(clippy::cast_possible_truncation, reason = "source maps are single precision")]

mod support;

use likelihood_core::{ComponentData, CountsCube, EnergyAxis, Error, SourceMap, UnmodelledBins};
use ndarray::{Array2, Array3, array};
use roi_model::{Parameter, Roi, SkyDirection, Source, SourceType, SpatialModel, Spectrum};
use support::Evaluator;

fn power_law(name: &str, norm: f64, norm_scale: f64, index: f64) -> Source {
    let parameter = |name: &str, value: f64, scale: f64, free: bool| {
        Parameter::new(name, value).unwrap().with_scale(scale).unwrap().with_free(free)
    };
    let spectrum = Spectrum::new(
        "PowerLaw",
        vec![
            parameter("Prefactor", norm, norm_scale, true),
            parameter("Index", -index, -1.0, true),
            parameter("Scale", 1000.0, 1.0, false),
        ],
    )
    .unwrap();
    Source::new(name, SourceType::Point, spectrum, SpatialModel::point(SkyDirection::new(83.0, 22.0).unwrap()).unwrap())
        .unwrap()
}

fn roi() -> Roi {
    let center = SkyDirection::new(83.0, 22.0).unwrap();
    Roi::new(center, vec![power_law("B", 5.0, 1e-4, -2.4), power_law("A", 2.0, 1e-2, -2.0)]).unwrap()
}

fn component(counts: Array3<f32>) -> ComponentData {
    let axis = EnergyAxis::new(vec![100.0, 300.0, 1000.0, 3000.0]).unwrap();
    let mut component = ComponentData::new("00", &CountsCube::new(axis, counts).unwrap());
    // The full maps have one plane for energy dispersion on each side: 6 planes, k = 0..5. The example's maps are 1e10 (A) and 1e8 (B)
    // times these, and its norms that much smaller: so the maps are whole numbers, exact in single precision.
    let a = Array3::from_shape_fn((6, 1, 2), |(k, _, x)| (k + 1) as f32 * if x == 0 { 1.0 } else { 0.25 });
    let b = Array3::from_shape_fn((6, 1, 2), |(k, _, _)| (20 + 2 * k) as f32);
    component.add_source_map("A", &SourceMap::new(a).unwrap()).unwrap();
    component.add_source_map("B", &SourceMap::new(b).unwrap()).unwrap();
    component
}

fn toy_counts() -> Array3<f32> {
    array![[[9.0, 3.0]], [[5.0, 0.0]], [[2.0, 1.0]]]
}

fn likelihood() -> Evaluator {
    Evaluator::new(vec![component(toy_counts())]).unwrap()
}

#[test]
fn the_toy_problem_to_all_digits_given() {
    let (roi, mut likelihood) = (roi(), likelihood());
    let mut gradient = [0.0; 4];
    let value = likelihood.gradient(&roi, &mut gradient).unwrap();
    approx::assert_relative_eq!(value, -1074.763568, max_relative = 1e-9);
    let npred: f64 = (0..2).map(|j| likelihood.npred(&roi, j).unwrap()).sum();
    approx::assert_relative_eq!(npred, 1186.36804, max_relative = 1e-8);
    // The example's derivatives are with respect to true values; ours to `value`, of scale 1e-12 in the example's units.
    for (found, (expected, scale)) in
        gradient.iter().zip([(-3.437669e14, 1e-12), (938.3199, -1.0), (-9.576687e13, 1e-12), (862.6656, -1.0)])
    {
        approx::assert_relative_eq!(*found, expected * scale, max_relative = 5e-7);
    }
    let by_bin = likelihood.components()[0].npred(&roi.sources()[0]).unwrap();
    for (found, expected) in by_bin.iter().zip([329.58369 + 82.395922, 168.55619 + 42.139048, 62.254696 + 15.563674]) {
        approx::assert_relative_eq!(*found, expected, max_relative = 1e-7);
    }
}

#[test]
fn derivatives_agree_with_finite_differences() {
    let (mut roi, mut likelihood) = (roi(), likelihood());
    let start = roi.free_values();
    let n = start.len();
    let (mut gradient, mut hessian) = (vec![0.0; n], Array2::zeros((n, n)));
    likelihood.hessian(&roi, &mut gradient, &mut hessian).unwrap();
    let mut at = |values: &[f64], gradient: &mut [f64]| {
        roi.set_free_values(values).unwrap();
        likelihood.gradient(&roi, gradient).unwrap()
    };
    for a in 0..n {
        let h = 1e-5 * start[a].abs();
        let (mut up, mut down) = (start.clone(), start.clone());
        up[a] += h;
        down[a] -= h;
        let (mut gradient_up, mut gradient_down) = (vec![0.0; n], vec![0.0; n]);
        let slope = (at(&up, &mut gradient_up) - at(&down, &mut gradient_down)) / (2.0 * h);
        approx::assert_relative_eq!(slope, gradient[a], max_relative = 1e-7);
        for b in 0..n {
            let curvature = (gradient_up[b] - gradient_down[b]) / (2.0 * h);
            approx::assert_relative_eq!(curvature, hessian[[a, b]], max_relative = 1e-6, epsilon = 1e-6);
            assert_eq!(hessian[[a, b]], hessian[[b, a]]);
        }
    }
}

#[test]
fn fixed_sources_count_as_free_ones_do() {
    let (mut roi, mut likelihood) = (roi(), likelihood());
    let all_free = likelihood.value(&roi).unwrap();
    for parameter in roi.sources_mut()[0].spectrum_mut().parameters_mut() {
        parameter.set_free(false);
    }
    approx::assert_relative_eq!(likelihood.value(&roi).unwrap(), all_free, max_relative = 1e-14);
    // A fixed parameter that is changed behind the likelihood's back is noticed.
    roi.sources_mut()[0].spectrum_mut().parameter_mut("Prefactor").unwrap().set_value(3.0).unwrap();
    let changed = likelihood.value(&roi).unwrap();
    let from_scratch = self::likelihood().value(&roi).unwrap();
    assert_eq!(changed, from_scratch);
    assert_ne!(changed, all_free);
}

#[test]
fn a_muted_source_is_as_good_as_deleted_and_comes_back_unchanged() {
    let (mut roi, mut likelihood) = (roi(), likelihood());
    let with = likelihood.value(&roi).unwrap();
    likelihood.mute(&["A"]);
    let mut gradient = [f64::NAN; 4];
    let muted = likelihood.gradient(&roi, &mut gradient).unwrap();
    assert_eq!(gradient[..2], [0.0, 0.0]);
    assert_ne!(gradient[2], 0.0);
    likelihood.mute(&[]);
    assert_eq!(likelihood.value(&roi).unwrap(), with);
    roi.remove_source("A").unwrap();
    assert_eq!(likelihood.value(&roi).unwrap(), muted);
}

#[test]
fn components_add_up_and_share_their_parameters() {
    let roi = roi();
    let mut one = likelihood();
    let mut two = Evaluator::new(vec![component(toy_counts()), component(toy_counts())]).unwrap();
    let (mut gradient_one, mut gradient_two) = ([0.0; 4], [0.0; 4]);
    let value = one.gradient(&roi, &mut gradient_one).unwrap();
    assert_eq!(two.gradient(&roi, &mut gradient_two).unwrap(), 2.0 * value);
    assert_eq!(gradient_two, gradient_one.map(|g| 2.0 * g));
    assert_eq!(two.data.total_counts(), 40.0);
}

#[test]
fn the_result_does_not_depend_on_the_number_of_threads() {
    let axis = || EnergyAxis::new((0..9).map(|k| 100.0 * 2f64.powi(k)).collect()).unwrap();
    let counts = Array3::from_shape_fn((8, 60, 60), |(k, y, x)| ((7 * k + 13 * y + 29 * x) % 5) as f32);
    let map = |tilt: f64| {
        let at = |(k, y, x): (usize, usize, usize)| {
            (1e9 * (1.0 + k as f64) * (1.0 + tilt * (y as f64 - 2.0 * x as f64)).abs()) as f32
        };
        SourceMap::new(Array3::from_shape_fn((9, 60, 60), at)).unwrap()
    };
    let evaluate = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let mut component = ComponentData::new("00", &CountsCube::new(axis(), counts.clone()).unwrap());
            component.add_source_map("A", &map(1e-3)).unwrap();
            component.add_source_map("B", &map(-2e-3)).unwrap();
            let mut likelihood = Evaluator::new(vec![component]).unwrap();
            let (mut gradient, mut hessian) = ([0.0; 4], Array2::zeros((4, 4)));
            let value = likelihood.hessian(&roi(), &mut gradient, &mut hessian).unwrap();
            (value, gradient, hessian)
        })
    };
    let reference = evaluate(1);
    for threads in [2, 3, 4, 8] {
        assert_eq!(evaluate(threads), reference, "{threads} threads");
    }
}

#[test]
fn a_bin_with_counts_that_nothing_predicts_is_named() {
    let mut roi = roi();
    for (index, source) in roi.sources_mut().iter_mut().enumerate() {
        source.spectrum_mut().parameter_mut("Prefactor").unwrap().set_value(0.0).unwrap();
        source.spectrum_mut().parameter_mut("Index").unwrap().set_free(index == 0);
    }
    let error = likelihood().value(&roi).unwrap_err();
    assert!(matches!(error, Error::UnmodelledCounts { bins: 5, energy: 0, x: 0, y: 0, .. }), "{error}");
    assert!(error.depends_on_parameters());
    let mut lenient = Evaluator::new(vec![component(toy_counts()).with_unmodelled_bins(UnmodelledBins::Skip)]).unwrap();
    assert_eq!(lenient.value(&roi).unwrap(), 0.0);
}

#[test]
fn a_source_without_a_map_is_named() {
    let mut roi = roi();
    roi.add_source(power_law("C", 1.0, 1e-2, -2.0)).unwrap();
    let error = likelihood().value(&roi).unwrap_err().to_string();
    assert!(error.contains("'C'") && error.contains("'00'"), "{error}");
    let mut twice = component(toy_counts());
    let again = SourceMap::new(Array3::ones((4, 1, 2))).unwrap();
    assert!(matches!(twice.add_source_map("A", &again), Err(Error::DuplicateSourceMap { .. })));
}

#[test]
fn without_counts_only_the_prediction_is_left() {
    let (roi, mut likelihood) = (roi(), Evaluator::new(vec![component(Array3::zeros((3, 1, 2)))]).unwrap());
    let npred: f64 = (0..2).map(|j| likelihood.npred(&roi, j).unwrap()).sum();
    let (mut gradient, mut hessian) = ([0.0; 4], Array2::zeros((4, 4)));
    approx::assert_relative_eq!(
        likelihood.hessian(&roi, &mut gradient, &mut hessian).unwrap(),
        -npred,
        max_relative = 1e-14
    );
    // d(-npred)/d(norm) = -npred/norm, and no curvature in the norms.
    approx::assert_relative_eq!(gradient[0], -likelihood.npred(&roi, 0).unwrap() / 2.0, max_relative = 1e-13);
    assert_eq!(hessian[[0, 0]], 0.0);
}
