//! Energy dispersion and likelihood weights against a worked example, an explicit sum over pixels, finite differences and invariants.
//!
//! The worked example (3 bins of energy, 2 pixels, 2 power laws) and its numbers come from an independent evaluation of the LAT binned
//! likelihood in exact arithmetic.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod explicit;
mod refusals;
#[path = "../support/mod.rs"]
mod support;

use explicit::explicit;
use likelihood_core::{
    ComponentData, CountsCube, DetectorResponse, Dispersion, EnergyAxis, EnergyIntegration, Error, LikelihoodWeights,
    Settings, SourceMap,
};
use ndarray::{Array2, Array3, Axis, array};
use roi_model::{Parameter, Roi, SkyDirection, Source, SourceType, SpatialModel, Spectrum};
use support::Evaluator;

const EDGES: [f64; 4] = [100.0, 300.0, 1000.0, 3000.0];

fn source(name: &str, spectrum: Spectrum) -> Source {
    let place = SpatialModel::point(SkyDirection::new(83.0, 22.0).unwrap()).unwrap();
    Source::new(name, SourceType::Point, spectrum, place).unwrap()
}

fn parameter(name: &str, value: f64, scale: f64, free: bool) -> Parameter {
    Parameter::new(name, value).unwrap().with_scale(scale).unwrap().with_free(free)
}

fn power_law(name: &str, norm: f64, norm_scale: f64, index: f64) -> Source {
    let parameters = vec![
        parameter("Prefactor", norm, norm_scale, true),
        parameter("Index", -index, -1.0, true),
        parameter("Scale", 1000.0, 1.0, false),
    ];
    source(name, Spectrum::new("PowerLaw", parameters).unwrap())
}

fn roi() -> Roi {
    let center = SkyDirection::new(83.0, 22.0).unwrap();
    Roi::new(center, vec![power_law("B", 5.0, 1e-4, -2.4), power_law("A", 2.0, 1e-2, -2.0)]).unwrap()
}

fn response() -> DetectorResponse {
    DetectorResponse::new(array![
        [0.20, 0.02, 0.00],
        [0.75, 0.13, 0.01],
        [0.10, 0.78, 0.12],
        [0.01, 0.12, 0.77],
        [0.00, 0.02, 0.15]
    ])
    .unwrap()
}

fn dispersion(edisp_bins: i64) -> Option<Dispersion> {
    Dispersion::from_bins(&response(), edisp_bins).unwrap()
}

fn weights() -> LikelihoodWeights {
    LikelihoodWeights::new(array![[[0.5, 0.5]], [[0.8, 0.8]], [[1.0, 0.9]]]).unwrap()
}

/// One plane for energy dispersion on each side. The example's maps are 1e10 (A) and 1e8 (B) times these, and its norms that much smaller:
/// so the maps are whole numbers, exact in single precision.
fn maps() -> [(&'static str, Array3<f32>); 2] {
    let a = Array3::from_shape_fn((6, 1, 2), |(k, _, x)| (k + 1) as f32 * if x == 0 { 1.0 } else { 0.25 });
    let b = Array3::from_shape_fn((6, 1, 2), |(k, _, _)| (20 + 2 * k) as f32);
    [("A", a), ("B", b)]
}

fn counts() -> CountsCube {
    CountsCube::new(EnergyAxis::new(EDGES.to_vec()).unwrap(), array![[[9.0, 3.0]], [[5.0, 0.0]], [[2.0, 1.0]]]).unwrap()
}

fn likelihood(settings: Settings) -> Evaluator {
    let mut component = ComponentData::with_settings("00", &counts(), settings).unwrap();
    for (name, map) in maps() {
        component.add_source_map(name, &SourceMap::new(map).unwrap()).unwrap();
    }
    Evaluator::new(vec![component]).unwrap()
}

const INTEGRATIONS: [EnergyIntegration; 2] = [EnergyIntegration::LogTrapezoid, EnergyIntegration::Quadrature];

/// The settings of the example's cases, and others; then all of them with quadrature over energy.
fn all_settings() -> Vec<(String, Settings)> {
    let except = |edisp_bins: i64| dispersion(edisp_bins).map(|d| d.except(["B".to_owned()]));
    let cases = [
        ("plain", Settings::default()),
        ("weighted", Settings::default().with_weights(Some(weights()))),
        ("window", Settings::default().with_dispersion(dispersion(1))),
        ("window, weighted", Settings::default().with_dispersion(dispersion(1)).with_weights(Some(weights()))),
        ("window, not for B", Settings::default().with_dispersion(except(1))),
        ("rescaling", Settings::default().with_dispersion(dispersion(-1))),
        ("rescaling, weighted", Settings::default().with_dispersion(dispersion(-1)).with_weights(Some(weights()))),
        ("rescaling, not for B", Settings::default().with_dispersion(except(-1)).with_weights(Some(weights()))),
    ];
    let by = |energy_integration: EnergyIntegration| {
        let named = move |name: &str| match energy_integration {
            EnergyIntegration::LogTrapezoid => name.to_owned(),
            _ => format!("{name}, {energy_integration:?}"),
        };
        let case = move |(name, settings): (&str, Settings)| {
            (named(name), settings.with_energy_integration(energy_integration))
        };
        cases.clone().into_iter().map(case)
    };
    INTEGRATIONS.into_iter().flat_map(by).collect()
}

fn npred(likelihood: &Evaluator, roi: &Roi, weighted: bool) -> f64 {
    let of = |j| if weighted { likelihood.weighted_npred(roi, j) } else { likelihood.npred(roi, j) };
    (0..roi.sources().len()).map(|j| of(j).unwrap()).sum()
}

#[test]
fn the_worked_example_to_all_digits_given() {
    // Name of the settings, npred (weighted where there are weights), logL, derivatives with respect to true values.
    type Case = (&'static str, f64, f64, Option<[f64; 4]>);
    let cases: [Case; 5] = [
        ("plain", 1186.36804, -1074.763568, Some([-3.437669e14, 938.3199, -9.576687e13, 862.6656])),
        ("weighted", 729.7401071, -660.3389488, Some([-2.210112e14, 510.8047, -5.496354e13, 457.5837])),
        ("window", 1541.874723, -1425.465846, Some([-3.864713e14, 1244.501, -1.497864e14, 1775.209])),
        ("window, not for B", 1270.503432, -1157.386966, Some([-3.856018e14, 1241.346, -9.585995e13, 863.4273])),
        ("rescaling", 1555.643933, -1438.889046, None),
    ];
    let roi = roi();
    for (name, npred_expected, loglike, derivatives) in cases {
        let (_, settings) = all_settings().into_iter().find(|(case, _)| *case == name).unwrap();
        let weighted = settings.weights.is_some();
        let mut likelihood = likelihood(settings);
        let mut gradient = [0.0; 4];
        let value = likelihood.gradient(&roi, &mut gradient).unwrap();
        // The example's weights 0.8 and 0.9 are rounded to single precision here, to 1.5e-8 and 2.7e-8 of their value.
        let precision = if weighted { 1e-8 } else { 5e-10 };
        approx::assert_relative_eq!(value, loglike, max_relative = precision);
        approx::assert_relative_eq!(npred(&likelihood, &roi, weighted), npred_expected, max_relative = precision);
        let scales = [1e-12, -1.0, 1e-12, -1.0];
        for ((found, expected), scale) in gradient.iter().zip(derivatives.into_iter().flatten()).zip(scales) {
            approx::assert_relative_eq!(*found, expected * scale, max_relative = 5e-7);
        }
    }
}

#[test]
fn apply_edisp_of_the_model_and_the_named_exceptions_do_the_same() {
    for edisp_bins in [1, -1] {
        let mut flagged = roi();
        flagged.sources_mut()[1].set_apply_edisp(false);
        let by_name = Settings::default()
            .with_dispersion(dispersion(edisp_bins).map(|d| d.except([flagged.sources()[1].name().to_owned()])))
            .with_weights(Some(weights()));
        let by_flag = Settings::default().with_dispersion(dispersion(edisp_bins)).with_weights(Some(weights()));
        let mut by_flag = likelihood(by_flag);
        let expected = likelihood(by_name).value(&roi()).unwrap();
        assert_eq!(by_flag.value(&flagged).unwrap(), expected);
        // The fixed sources' cache notices the flag.
        for parameter in flagged.sources_mut()[1].spectrum_mut().parameters_mut() {
            parameter.set_free(false);
        }
        approx::assert_relative_eq!(by_flag.value(&flagged).unwrap(), expected, max_relative = 1e-14);
        flagged.sources_mut()[1].set_apply_edisp(true);
        assert!((by_flag.value(&flagged).unwrap() - expected).abs() > 1.0);
    }
}

#[test]
fn plane_sums_and_filled_bins_give_what_an_explicit_sum_over_pixels_gives() {
    for (name, settings) in all_settings() {
        let roi = roi();
        let (loglike, plain, weighted) = explicit(&roi, &settings);
        let mut likelihood = likelihood(settings);
        // The weights are single precision, and so is their product with the counts.
        approx::assert_relative_eq!(likelihood.value(&roi).unwrap(), loglike, max_relative = 1e-9);
        // Bins of half a decade and more.
        let precision = if name.contains("Quadrature") { 1e-10 } else { 1e-13 };
        approx::assert_relative_eq!(npred(&likelihood, &roi, false), plain, max_relative = precision);
        approx::assert_relative_eq!(npred(&likelihood, &roi, true), weighted, max_relative = precision);
        assert!(name != "plain" || plain == weighted);
    }
}

/// Gradient and Hessian beside central differences.
fn check_derivatives(name: &str, roi: &mut Roi, likelihood: &mut Evaluator) {
    let start = roi.free_values();
    let n = start.len();
    let (mut gradient, mut hessian) = (vec![0.0; n], Array2::zeros((n, n)));
    likelihood.hessian(roi, &mut gradient, &mut hessian).unwrap();
    let size = gradient.iter().fold(0.0f64, |m, g| m.max(g.abs()));
    let mut at = |values: &[f64], gradient: &mut [f64]| {
        roi.set_free_values(values).unwrap();
        likelihood.gradient(roi, gradient).unwrap()
    };
    for a in 0..n {
        let h = 1e-5 * start[a].abs().max(1e-3);
        let (mut up, mut down) = (start.clone(), start.clone());
        up[a] += h;
        down[a] -= h;
        let (mut gradient_up, mut gradient_down) = (vec![0.0; n], vec![0.0; n]);
        let slope = (at(&up, &mut gradient_up) - at(&down, &mut gradient_down)) / (2.0 * h);
        assert!((slope - gradient[a]).abs() < 1e-7 * size, "{name}: {a}: {slope} and {}", gradient[a]);
        for b in 0..n {
            let curvature = (gradient_up[b] - gradient_down[b]) / (2.0 * h);
            let found = hessian[[a, b]];
            assert!(
                (curvature - found).abs() < 1e-6 * (found.abs() + 1e-3 * size),
                "{name}: {a}, {b}: {curvature} and {found}"
            );
            assert_eq!(hessian[[a, b]], hessian[[b, a]]);
        }
    }
    roi.set_free_values(&start).unwrap();
}

#[test]
fn derivatives_agree_with_finite_differences_in_every_mode() {
    for (name, settings) in all_settings() {
        check_derivatives(&name, &mut roi(), &mut likelihood(settings));
    }
    // A curved spectrum beside a source with counts so small that its extrapolation is a straight line.
    let curved = Spectrum::new(
        "LogParabola",
        vec![
            parameter("norm", 2.0, 1e-2, true),
            parameter("alpha", 2.1, 1.0, true),
            parameter("beta", 0.15, 1.0, true),
            parameter("Eb", 700.0, 1.0, true),
        ],
    );
    let sources = vec![source("A", curved.unwrap()), power_law("B", 1.0, 1e-12, -2.4)];
    for edisp_bins in [1, -1] {
        let settings = Settings::default().with_dispersion(dispersion(edisp_bins)).with_weights(Some(weights()));
        let mut roi = Roi::new(SkyDirection::new(83.0, 22.0).unwrap(), sources.clone()).unwrap();
        check_derivatives("curved", &mut roi, &mut likelihood(settings));
    }
}

#[test]
fn with_two_extra_bins_the_extrapolation_goes_on_and_its_derivatives_are_right() {
    let wide = DetectorResponse::new(Array2::from_shape_fn((7, 3), |(l, k)| {
        (-0.5 * (l as f64 - 2.0 - k as f64).powi(2) / 0.6).exp() * 0.4
    }))
    .unwrap();
    for edisp_bins in [2, -2] {
        let settings = Settings::default()
            .with_dispersion(Dispersion::from_bins(&wide, edisp_bins).unwrap())
            .with_weights(Some(weights()));
        let mut component = ComponentData::with_settings("00", &counts(), settings).unwrap();
        let map = |f: &dyn Fn(usize, usize) -> f32| {
            SourceMap::new(Array3::from_shape_fn((8, 1, 2), |(k, _, x)| f(k, x))).unwrap()
        };
        component.add_source_map("A", &map(&|k, x| (k * k + 1) as f32 / (1 + x) as f32)).unwrap();
        component.add_source_map("B", &map(&|k, x| (30 + k + 3 * x) as f32)).unwrap();
        check_derivatives("two extra bins", &mut roi(), &mut Evaluator::new(vec![component]).unwrap());
    }
}

#[test]
fn a_response_without_dispersion_changes_nothing() {
    let roi = roi();
    for (energy_integration, edisp_bins) in INTEGRATIONS.into_iter().flat_map(|rule| [1, -1].map(|n| (rule, n))) {
        let mut expected = [0.0; 4];
        let without = Settings::default().with_energy_integration(energy_integration);
        let value = likelihood(without).gradient(&roi, &mut expected).unwrap();
        let identity = Array2::from_shape_fn((5, 3), |(l, k)| f64::from(u8::from(l == k + 1)));
        let identity = DetectorResponse::new(identity).unwrap();
        let dispersion = Dispersion::from_bins(&identity, edisp_bins).unwrap();
        let mut gradient = [0.0; 4];
        let found =
            likelihood(Settings::default().with_dispersion(dispersion).with_energy_integration(energy_integration))
                .gradient(&roi, &mut gradient)
                .unwrap();
        approx::assert_relative_eq!(found, value, max_relative = 1e-14);
        for (found, expected) in gradient.iter().zip(expected) {
            approx::assert_relative_eq!(*found, expected, max_relative = 1e-12);
        }
    }
}

#[test]
fn unit_weights_change_nothing() {
    for edisp_bins in [0, 1, -1] {
        let unit = LikelihoodWeights::new(Array3::ones((3, 1, 2))).unwrap();
        let evaluate = |weights| {
            let mut likelihood =
                likelihood(Settings::default().with_dispersion(dispersion(edisp_bins)).with_weights(weights));
            let (mut gradient, mut hessian) = ([0.0; 4], Array2::zeros((4, 4)));
            let value = likelihood.hessian(&roi(), &mut gradient, &mut hessian).unwrap();
            (value, gradient, hessian, likelihood.data.total_weighted_counts())
        };
        assert_eq!(evaluate(Some(unit)), evaluate(None));
    }
}

#[test]
fn a_bin_of_no_weight_does_not_count_at_all() {
    let mut values = Array3::ones((3, 1, 2));
    values[[0, 0, 0]] = 0.0;
    let settings = Settings::default().with_weights(Some(LikelihoodWeights::new(values).unwrap()));
    let likelihood = likelihood(settings);
    assert_eq!(likelihood.components()[0].n_filled(), 4);
    assert_eq!(likelihood.components()[0].weighted_counts_spectrum(), [3.0, 5.0, 3.0]);
    assert_eq!(likelihood.components()[0].counts_spectrum(), [12.0, 5.0, 3.0]);
    assert_eq!((likelihood.data.total_counts(), likelihood.data.total_weighted_counts()), (20.0, 11.0));
}

#[test]
fn at_zero_norm_the_derivatives_are_the_limits_from_above() {
    let derivatives = |settings: Settings, norm: f64| {
        let mut roi = roi();
        roi.sources_mut()[0].spectrum_mut().parameter_mut("Prefactor").unwrap().set_value(norm).unwrap();
        // A map whose shape changes with energy: else every plane has the same part of its counts in a pixel.
        let map =
            Array3::from_shape_fn((6, 1, 2), |(k, _, x)| if x == 0 { (k + 1) as f32 } else { 6.0 / (k + 1) as f32 });
        let mut component = ComponentData::with_settings("00", &counts(), settings).unwrap();
        component.add_source_map("A", &SourceMap::new(map).unwrap()).unwrap();
        component.add_source_map("B", &SourceMap::new(maps()[1].1.clone()).unwrap()).unwrap();
        let (mut gradient, mut hessian) = ([0.0; 4], Array2::zeros((4, 4)));
        let mut likelihood = Evaluator::new(vec![component]).unwrap();
        likelihood.hessian(&roi, &mut gradient, &mut hessian).unwrap();
        (gradient, hessian)
    };
    // The extrapolation of no counts is a straight line, that of counts a power law, so the limits differ there by design: without what
    // migrates from beyond the range they must not.
    let mut matrix = response().matrix().clone();
    matrix.row_mut(0).fill(0.0);
    matrix.row_mut(4).fill(0.0);
    let inside = DetectorResponse::new(matrix).unwrap();
    for (energy_integration, edisp_bins) in INTEGRATIONS.into_iter().flat_map(|rule| [0, 1, -1].map(|n| (rule, n))) {
        let dispersion = Dispersion::from_bins(&inside, edisp_bins).unwrap();
        let settings = Settings::default()
            .with_dispersion(dispersion)
            .with_weights(Some(weights()))
            .with_energy_integration(energy_integration);
        let (at_zero, curvature_at_zero) = derivatives(settings.clone(), 0.0);
        let (near, curvature_near) = derivatives(settings, 1e-6);
        approx::assert_relative_eq!(at_zero[0], near[0], max_relative = 1e-5);
        approx::assert_relative_eq!(curvature_at_zero[[0, 1]], curvature_near[[0, 1]], max_relative = 1e-4);
        approx::assert_relative_eq!(curvature_at_zero[[0, 0]], curvature_near[[0, 0]], max_relative = 1e-4);
    }
}

#[test]
fn frozen_ratios_leave_the_value_and_the_norms_derivatives_alone() {
    let roi = roi();
    let evaluate = |dispersion: Option<Dispersion>| {
        let mut gradient = [0.0; 4];
        let value = likelihood(Settings::default().with_dispersion(dispersion)).gradient(&roi, &mut gradient).unwrap();
        (value, gradient)
    };
    let (value, exact) = evaluate(dispersion(-1));
    let (same, frozen) = evaluate(dispersion(-1).map(Dispersion::with_frozen_ratios));
    assert_eq!(value, same);
    for norm in [0, 2] {
        approx::assert_relative_eq!(exact[norm], frozen[norm], max_relative = 1e-12);
    }
    for index in [1, 3] {
        assert!((exact[index] / frozen[index] - 1.0).abs() > 1e-3, "the ratios do depend on the index");
    }
}

/// An isolated source whose map is empty in the last bin: what is measured there keeps the shape of the last bin that is not.
#[test]
fn an_empty_bin_takes_the_planes_of_the_next_lower_one() {
    let mut map = maps()[0].1.slice_axis(Axis(0), ndarray::Slice::from(1..5)).to_owned();
    map.index_axis_mut(Axis(0), 2).fill(0.0);
    map.index_axis_mut(Axis(0), 3).fill(0.0);
    let settings = Settings::default().with_dispersion(dispersion(-1)).with_weights(Some(weights()));
    let mut component = ComponentData::with_settings("00", &counts(), settings).unwrap();
    component.add_source_map("A", &SourceMap::new(map).unwrap()).unwrap();
    let mut roi = Roi::new(SkyDirection::new(83.0, 22.0).unwrap(), vec![power_law("A", 2.0, 1e-2, -2.0)]).unwrap();
    let npred = component.npred(&roi.sources()[0]).unwrap();
    let weighted = component.weighted_npred(&roi.sources()[0]).unwrap();
    // True counts: c0, c1 and none in the last; the extrapolation downwards is a power law, upwards a straight line through c1 and 0.
    let rule = EnergyAxis::new(EDGES.to_vec()).unwrap().log_trapezoid();
    let flux = |e: f64| 2e-2 * (e / 1000.0).powi(-2);
    let c0 = 1.25 * (2.0 * flux(100.0) * rule.lower[0] + 3.0 * flux(300.0) * rule.upper[0]);
    let c1 = 1.25 * 3.0 * flux(300.0) * rule.lower[1];
    let low = c1 * (c0 / c1).powf(10f64.ln() / (10.0f64 / 3.0).ln());
    let high = c1 - c1 * 2700.0 / 700.0;
    let drm = response().matrix().clone();
    let last = c0 * drm[[1, 2]] + c1 * drm[[2, 2]] + high * drm[[4, 2]] + low * drm[[0, 2]];
    assert_eq!(npred[2], last.max(0.0));
    assert_eq!(last.max(0.0), 0.0, "the straight line upwards is negative here");
    approx::assert_relative_eq!(npred[1], low * 0.02 + c0 * 0.13 + c1 * 0.78 + high * 0.02, max_relative = 1e-13);
    approx::assert_relative_eq!(weighted[1], 0.8 * npred[1], max_relative = 1e-7);

    // Without the extrapolation upwards the last bin has counts: c0 D + c1 D, in the pixels' shares of plane 1 (and 2) of the map, 4 : 1.
    let mut matrix = response().matrix().clone();
    matrix.row_mut(4).fill(0.0);
    let dispersion = Dispersion::from_bins(&DetectorResponse::new(matrix).unwrap(), -1).unwrap();
    let settings = Settings::default().with_dispersion(dispersion).with_weights(Some(weights()));
    let mut component = ComponentData::with_settings("00", &counts(), settings).unwrap();
    let mut map = maps()[0].1.slice_axis(Axis(0), ndarray::Slice::from(1..5)).to_owned();
    map.index_axis_mut(Axis(0), 2).fill(0.0);
    map.index_axis_mut(Axis(0), 3).fill(0.0);
    component.add_source_map("A", &SourceMap::new(map).unwrap()).unwrap();
    let npred = component.npred(&roi.sources()[0]).unwrap();
    let weighted = component.weighted_npred(&roi.sources()[0]).unwrap();
    approx::assert_relative_eq!(npred[2], c0 * 0.01 + c1 * 0.12, max_relative = 1e-13);
    let mut whole = maps()[0].1.slice_axis(Axis(0), ndarray::Slice::from(1..5)).to_owned();
    whole.slice_axis_mut(Axis(0), ndarray::Slice::from(2..)).fill(0.0);
    let model = component.model_map(&roi.sources()[0], &SourceMap::new(whole).unwrap()).unwrap();
    approx::assert_relative_eq!(model[[2, 0, 0]], 0.8 * npred[2], max_relative = 1e-13);
    approx::assert_relative_eq!(weighted[2], npred[2] * (0.8 + 0.2 * 0.9), max_relative = 1e-7);
    check_derivatives("reference bins", &mut roi, &mut Evaluator::new(vec![component]).unwrap());
}

#[test]
fn the_counts_of_a_model_map_sum_to_npred_with_and_without_weights() {
    let roi = roi();
    for (name, settings) in all_settings() {
        let weighted = settings.weights.clone().map_or_else(|| Array3::ones((3, 1, 2)), |w| w.values().clone());
        let joint = likelihood(settings);
        let component = &joint.components()[0];
        for source in roi.sources() {
            let map = maps().into_iter().find(|(of, _)| *of == source.name()).map(|(_, map)| map).unwrap();
            let model = component.model_map(source, &SourceMap::new(map).unwrap()).unwrap();
            let npred = component.npred(source).unwrap().into_iter().zip(component.weighted_npred(source).unwrap());
            for ((plane, w), (npred, npred_wt)) in model.outer_iter().zip(weighted.outer_iter()).zip(npred) {
                approx::assert_relative_eq!(plane.sum(), npred, max_relative = 1e-13);
                let sum: f64 = plane.iter().zip(w).map(|(m, &w)| m * f64::from(w)).sum();
                approx::assert_relative_eq!(sum, npred_wt, max_relative = 1e-13);
            }
            let other = SourceMap::new(Array3::zeros((6, 2, 2))).unwrap();
            assert!(matches!(component.model_map(source, &other), Err(Error::Shape { .. })), "{name}");
        }
    }
}
