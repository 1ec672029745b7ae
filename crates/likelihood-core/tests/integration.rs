//! Quadrature over energy against closed forms, finer axes and finite differences.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod support;

use likelihood_core::{
    ComponentData, CountsCube, DetectorResponse, Dispersion, EnergyAxis, EnergyIntegration, Settings, SourceMap,
};
use ndarray::{Array2, Array3, Axis, array};
use roi_model::{Parameter, Roi, SkyDirection, Source, SourceType, SpatialModel, Spectrum};
use support::Evaluator;

/// Bins of a third and half a decade.
const EDGES: [f64; 4] = [100.0, 200.0, 630.0, 2000.0];

fn source(type_name: &str, parameters: &[(&str, f64)]) -> Source {
    let parameters = parameters
        .iter()
        .map(|&(name, value)| Parameter::new(name, value).unwrap().with_free(name != "Scale" && name != "Eb"))
        .collect();
    let place = SpatialModel::point(SkyDirection::new(83.0, 22.0).unwrap()).unwrap();
    Source::new("A", SourceType::Point, Spectrum::new(type_name, parameters).unwrap(), place).unwrap()
}

fn power_law(index: f64) -> Source {
    source("PowerLaw", &[("Prefactor", 3e-3), ("Index", index), ("Scale", 300.0)])
}

fn curved() -> Source {
    source("LogParabola", &[("norm", 2e-3), ("alpha", 2.2), ("beta", 0.15), ("Eb", 300.0)])
}

/// Two pixels; `at` the sum over them and the share of the first one, at each energy.
fn map(energies: &[f64], at: impl Fn(f64) -> (f64, f64)) -> SourceMap {
    let value = |(k, _, x): (usize, usize, usize)| {
        let (sum, share) = at(energies[k]);
        #[expect(clippy::cast_possible_truncation, reason = "maps are single precision")]
        let value = (sum * if x == 0 { share } else { 1.0 - share }) as f32;
        value
    };
    SourceMap::new(Array3::from_shape_fn((energies.len(), 1, 2), value)).unwrap()
}

fn component(edges: &[f64], map: &SourceMap, settings: Settings) -> ComponentData {
    let n = edges.len() - 1;
    let counts = Array3::from_shape_fn((n, 1, 2), |(k, _, x)| (3 + k + x) as f32);
    let counts = CountsCube::new(EnergyAxis::new(edges.to_vec()).unwrap(), counts).unwrap();
    let mut component = ComponentData::with_settings("00", &counts, settings).unwrap();
    component.add_source_map("A", map).unwrap();
    component
}

fn quadrature(dispersion: Option<Dispersion>) -> Settings {
    Settings::default().with_dispersion(dispersion).with_energy_integration(EnergyIntegration::Quadrature)
}

/// `int E^p dE`.
fn power(p: f64, from: f64, to: f64) -> f64 {
    (to.powf(p + 1.0) - from.powf(p + 1.0)) / (p + 1.0)
}

#[test]
fn the_counts_of_a_power_law_are_its_integral_times_the_exposure() {
    let map = map(&EDGES, |_| (2.0, 0.25));
    for index in [-1.7, -2.3, -4.0] {
        let source = power_law(index);
        let exact: Vec<f64> =
            EDGES.windows(2).map(|e| 2.0 * 3e-3 * 300f64.powf(-index) * power(index, e[0], e[1])).collect();
        let npred = component(&EDGES, &map, quadrature(None)).npred(&source).unwrap();
        let rule = component(&EDGES, &map, Settings::default()).npred(&source).unwrap();
        for ((npred, rule), exact) in npred.iter().zip(rule).zip(exact) {
            approx::assert_relative_eq!(*npred, exact, max_relative = 1e-11);
            assert!(rule > 1.015 * exact, "the log-trapezoid rule makes too much: {rule} for {exact}");
        }
    }
}

/// A map cube holds the intensity of its source: its planes fall as steeply as a spectrum, and the spectrum beside it is flat.
#[test]
fn steep_maps_are_integrated_as_well_as_steep_spectra() {
    let slope = (1e4f64 / 20.0).ln() / (100f64 / 2000.0).ln();
    let planes = EDGES.map(|e| 1e4 * (e / 100.0).powf(slope));
    #[expect(clippy::cast_possible_truncation, reason = "maps are single precision")]
    let map = SourceMap::new(Array3::from_shape_fn((4, 1, 1), |(k, ..)| planes[k] as f32)).unwrap();
    let counts = CountsCube::new(EnergyAxis::new(EDGES.to_vec()).unwrap(), Array3::ones((3, 1, 1))).unwrap();
    let mut component = ComponentData::with_settings("00", &counts, quadrature(None)).unwrap();
    component.add_source_map("A", &map).unwrap();
    let npred = component.npred(&source("PowerLaw", &[("Prefactor", 1.0), ("Index", -0.3), ("Scale", 300.0)])).unwrap();
    for (npred, e) in npred.iter().zip(EDGES.windows(2)) {
        let exact = 1e4 * 100f64.powf(-slope) * 300f64.powf(0.3) * power(slope - 0.3, e[0], e[1]);
        // The planes are single precision.
        approx::assert_relative_eq!(*npred, exact, max_relative = 1e-7);
    }
}

/// Where sum and shares between two planes are what the quadrature takes them for, the log-trapezoid rule on ever finer axes converges to
/// it, for every pixel.
#[test]
fn the_log_trapezoid_rule_on_finer_axes_converges_to_the_quadrature() {
    let edges = [100.0, 400.0];
    let at = |energy: f64| {
        let t = (energy / 100.0).ln() / 4f64.ln();
        (100.0 * 0.3f64.powf(t), 0.8 - 0.5 * t)
    };
    for source in [power_law(-2.4), curved()] {
        let coarse = map(&edges, at);
        let expected = component(&edges, &coarse, quadrature(None)).model_map(&source, &coarse).unwrap();
        let by_steps = |steps: i32| {
            let fine: Vec<f64> = (0..=steps).map(|s| 100.0 * 4f64.powf(f64::from(s) / f64::from(steps))).collect();
            let map = map(&fine, at);
            let model = component(&fine, &map, Settings::default()).model_map(&source, &map).unwrap();
            model.sum_axis(Axis(0))
        };
        let (sixteen, thirty_two) = (by_steps(16), by_steps(32));
        for x in 0..2 {
            let (exact, coarse, fine) = (expected[[0, 0, x]], sixteen[[0, x]], thirty_two[[0, x]]);
            assert!((coarse / exact - 1.0).abs() < 5e-3, "{coarse} {exact}");
            // The rule is of second order.
            approx::assert_relative_eq!((coarse - exact) / (fine - exact), 4.0, max_relative = 1e-2);
            approx::assert_relative_eq!((4.0 * fine - coarse) / 3.0, exact, max_relative = 2e-6);
        }
    }
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

/// With energy dispersion over a window the counts of the true bins are those of the same map without, on the longer axis.
#[test]
fn a_window_folds_the_counts_of_the_true_bins() {
    let axis = EnergyAxis::new(EDGES.to_vec()).unwrap();
    let wide = axis.extended(1).unwrap();
    let map = map(wide.edges(), |energy| (2.0 * (energy / 300.0).powf(0.7), 0.5 + 0.1 * (energy / 300.0).ln()));
    let dispersion = Dispersion::from_bins(&response(), 1).unwrap();
    let source = curved();
    let truth = component(wide.edges(), &map, quadrature(None)).model_map(&source, &map).unwrap();
    let measured = component(&EDGES, &map, quadrature(dispersion)).model_map(&source, &map).unwrap();
    for ((k, _, x), found) in measured.indexed_iter() {
        let expected: f64 = (k..k + 3).map(|l| response().matrix()[[l, k]] * truth[[l, 0, x]]).sum();
        approx::assert_relative_eq!(*found, expected, max_relative = 1e-13);
    }
}

/// Maps whose shape changes with energy, with one that is empty at an edge.
#[test]
fn derivatives_agree_with_finite_differences() {
    let wide = EnergyAxis::new(EDGES.to_vec()).unwrap().extended(1).unwrap();
    let steep = map(wide.edges(), |energy| (2.0 * (energy / 300.0).powf(1.7), 0.5 + 0.1 * (energy / 300.0).ln()));
    let empty = map(wide.edges(), |energy| (if energy > 600.0 { 3.0 } else { 0.0 }, 0.3));
    for (map, edisp_bins) in [&steep, &empty].into_iter().flat_map(|map| [0, 1, -1].map(|n| (map, n))) {
        let settings = quadrature(Dispersion::from_bins(&response(), edisp_bins).unwrap());
        let mut component = component(&EDGES, map, settings);
        component.add_source_map("flat", &SourceMap::new(Array3::ones((6, 1, 2))).unwrap()).unwrap();
        let mut likelihood = Evaluator::new(vec![component]).unwrap();
        let flat = power_law(-1.9);
        let flat = Source::new("flat", SourceType::Point, flat.spectrum().clone(), flat.spatial().clone()).unwrap();
        let mut roi = Roi::new(SkyDirection::new(83.0, 22.0).unwrap(), vec![curved(), flat]).unwrap();
        let start = roi.free_values();
        let n = start.len();
        let (mut gradient, mut hessian) = (vec![0.0; n], Array2::zeros((n, n)));
        likelihood.hessian(&roi, &mut gradient, &mut hessian).unwrap();
        let mut at = |values: &[f64], gradient: &mut [f64]| {
            roi.set_free_values(values).unwrap();
            likelihood.gradient(&roi, gradient).unwrap()
        };
        // Steps and slopes in units of each parameter.
        for a in 0..n {
            let h = 1e-5 * start[a].abs();
            let (mut up, mut down) = (start.clone(), start.clone());
            up[a] += h;
            down[a] -= h;
            let (mut gradient_up, mut gradient_down) = (vec![0.0; n], vec![0.0; n]);
            let slope = (at(&up, &mut gradient_up) - at(&down, &mut gradient_down)) / (2.0 * h);
            approx::assert_relative_eq!(slope, gradient[a], max_relative = 1e-6);
            for b in 0..n {
                let curvature = (gradient_up[b] - gradient_down[b]) / (2.0 * h);
                let size = (hessian[[a, a]] * hessian[[b, b]]).abs().sqrt();
                approx::assert_relative_eq!(curvature, hessian[[a, b]], epsilon = 1e-7 * size, max_relative = 1e-6);
            }
        }
    }
}
