//! The likelihood along many norms at once is that of regions with these norms, evaluated one by one.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]
#![expect(clippy::cast_possible_truncation, reason = "source maps are single precision")]

mod support;

use likelihood_core::{
    ComponentData, CountsCube, DetectorResponse, Dispersion, EnergyAxis, EnergyIntegration, LikelihoodWeights,
    NormPoint, Settings, SourceMap, UnmodelledBins,
};
use ndarray::{Array2, Array3};
use roi_model::{Roi, SkyDirection, Source, SourceId, SourceType, SpatialModel, Spectrum};
use support::Evaluator;

const NX: usize = 40;

/// A source whose named parameters are free; `norm` replaces its norm.
fn source(name: &str, spectrum: &str, norm: f64, free: &[&str]) -> Source {
    let mut spectrum = Spectrum::with_defaults(spectrum).unwrap();
    let index = spectrum.norm_index().unwrap();
    for parameter in spectrum.parameters_mut() {
        let is_free = free.contains(&parameter.name());
        parameter.set_free(is_free);
        parameter.set_bounds(0.0, 0.0).unwrap();
    }
    spectrum.parameters_mut()[index].set_value(norm).unwrap();
    let place = SpatialModel::point(SkyDirection::new(10.0, 0.0).unwrap()).unwrap();
    Source::new(name, SourceType::Point, spectrum, place).unwrap()
}

/// Norm alone free; norm and shape; shape alone; not proportional to its norm; at zero; two fixed ones.
fn roi() -> Roi {
    let sources = vec![
        source("a-norm", "PowerLaw", 1.5, &["Prefactor"]),
        source("b-all", "LogParabola", 2.0, &["norm", "alpha", "beta"]),
        source("c-shape", "PowerLaw", 0.7, &["Index"]),
        source("d-broken", "BrokenPowerLaw3", 1.0, &["Integral1"]),
        source("e-zero", "PowerLaw", 0.0, &["Prefactor"]),
        source("f-fixed", "PowerLaw", 3.0, &[]),
        source("g-fixed", "LogParabola", 1.0, &[]),
    ];
    Roi::new(SkyDirection::new(10.0, 0.0).unwrap(), sources).unwrap()
}

/// Two components with several blocks a bin; the first source reaches a corner only.
fn likelihood(roi: &Roi, settings: &Settings) -> Evaluator {
    let component = |seed: usize| {
        let axis = EnergyAxis::new((0..6).map(|k| 100.0 * 2f64.powi(k)).collect()).unwrap();
        let counts = Array3::from_shape_fn((5, NX, NX), |(k, y, x)| ((7 * k + 13 * y + 29 * x + seed) % 4) as f32);
        let counts = CountsCube::new(axis, counts).unwrap();
        let mut component = ComponentData::with_settings(seed.to_string(), &counts, settings.clone()).unwrap();
        for (number, source) in roi.sources().iter().enumerate() {
            let mut nodes = vec![0.0; 6];
            let edges: Vec<f64> = (0..6).map(|k| 100.0 * 2f64.powi(k)).collect();
            let unit = source.spectrum().clone();
            unit.evaluate(&edges, &mut nodes).unwrap();
            // Predicts of the order of a count a bin.
            let scale = nodes.iter().zip(&edges).map(|(node, edge)| node * edge).fold(0.0, f64::max);
            let scale = if scale > 0.0 { 1.0 / scale } else { 1e11 };
            let at = |(k, y, x): (usize, usize, usize)| {
                // The second component lacks the first two sources.
                let reached = (number > 0 || y < 8) && (number > 1 || seed == 0);
                let tilt = 1.0 + 0.3 * ((number + 1) as f64 * (k + 2 * y + 3 * x + seed) as f64).sin();
                if reached { (scale * tilt) as f32 } else { 0.0 }
            };
            let map = SourceMap::new(Array3::from_shape_fn((10, NX, NX), at)).unwrap();
            component.add_source_map(source.name(), &map).unwrap();
        }
        component
    };
    Evaluator::new(vec![component(0), component(5)]).unwrap()
}

fn settings() -> Vec<Settings> {
    let matrix = Array2::from_shape_fn((9, 5), |(l, k)| 0.5 / (1.0 + (l as f64 - 2.0 - k as f64).powi(2)));
    let dispersion = Dispersion::from_bins(&DetectorResponse::new(matrix).unwrap(), 2).unwrap();
    let weights =
        LikelihoodWeights::new(Array3::from_shape_fn((5, NX, NX), |(k, y, x)| 1.0 / (1 + (k + y + x) % 7) as f32));
    let weights = Some(weights.unwrap());
    vec![
        Settings::default(),
        Settings::default().with_dispersion(dispersion).with_weights(weights),
        Settings::default().with_energy_integration(EnergyIntegration::Quadrature),
    ]
}

fn positions(ids: &[SourceId]) -> Vec<usize> {
    ids.iter().map(|id| id.position()).collect()
}

/// `roi` with the norms that the point stands for.
fn moved(roi: &Roi, lines: &[SourceId], point: NormPoint) -> Roi {
    let mut roi = roi.clone();
    for (line, &source) in lines.iter().enumerate() {
        let spectrum = roi[source].spectrum_mut();
        let norm = spectrum.norm_index().unwrap();
        let parameter = &mut spectrum.parameters_mut()[norm];
        let value = if line == point.line { point.norm } else { point.others * parameter.value() };
        parameter.set_value(value).unwrap();
    }
    roi
}

#[test]
fn every_point_is_the_likelihood_of_a_region_with_these_norms() {
    let roi = roi();
    for settings in settings() {
        let mut likelihood = likelihood(&roi, &settings);
        let lines = likelihood.norm_lines(&roi).unwrap();
        assert_eq!(
            positions(lines.sources()),
            [0, 1, 2, 4],
            "all free sources but the one that is not proportional to its norm"
        );
        let sources = lines.sources().to_vec();
        // Out of order, and more of some lines than of others.
        let points: Vec<NormPoint> =
            [(3, 0.5, 1.0), (0, 0.0, 1.0), (1, 3.0, 1.0), (0, 2.5, 1.0), (2, 0.0, 1.2), (0, 0.0, 1.3)]
                .map(|(line, norm, others)| NormPoint { line, norm, others })
                .to_vec();
        let values = lines.values(&points).unwrap();
        assert!(lines.values(&[]).unwrap().is_empty());
        for (point, value) in points.iter().zip(values) {
            let expected = likelihood.value(&moved(&roi, &sources, *point)).unwrap();
            approx::assert_relative_eq!(value, expected, max_relative = 1e-13);
        }
    }
}

/// Every setting that changes how a model comes about, and points where the data are impossible.
#[test]
fn points_that_are_out_of_the_ordinary_are_what_a_region_with_them_is() {
    let mut roi = roi();
    roi.sources_mut()[2].spectrum_mut().parameters_mut()[0].set_value(-0.05).unwrap();
    let matrix = Array2::from_shape_fn((9, 5), |(l, k)| 0.5 / (1.0 + (l as f64 - 2.0 - k as f64).powi(2)));
    let response = DetectorResponse::new(matrix).unwrap();
    let (trapezoid, quadrature) = (EnergyIntegration::LogTrapezoid, EnergyIntegration::Quadrature);
    for (edisp_bins, energy_integration, skip, columns) in [
        (2, trapezoid, false, usize::MAX),
        (-2, trapezoid, false, usize::MAX),
        (-2, quadrature, true, usize::MAX),
        (2, quadrature, true, 0),
        (0, quadrature, false, 9000),
    ] {
        let dispersion = Dispersion::from_bins(&response, edisp_bins).unwrap();
        let dispersion = dispersion.map(|d| d.except(["a-norm".to_owned(), "e-zero".to_owned()]));
        let settings = Settings::default().with_dispersion(dispersion).with_energy_integration(energy_integration);
        let mut components = likelihood(&self::roi(), &settings).components().to_vec();
        if skip {
            components[0] = components[0].clone().with_unmodelled_bins(UnmodelledBins::Skip);
        }
        let mut likelihood = Evaluator::new(components).unwrap();
        likelihood.limit_columns(columns);
        let lines = likelihood.norm_lines(&roi).unwrap();
        let sources = lines.sources().to_vec();
        assert!(positions(&sources).starts_with(&[0]), "{sources:?}");
        let last = sources.len() - 1;
        let points: Vec<NormPoint> =
            [(0, 0.5, 1.0), (last, 3.0, 1.0), (0, -2.5, 1.0), (last, 0.0, 1.2), (0, -1e6, 1.0), (last, -1e6, 1.0)]
                .map(|(line, norm, others)| NormPoint { line, norm, others })
                .to_vec();
        let values = lines.values(&points).unwrap();
        let nowhere = [(99, 1.0), (0, f64::NAN)].map(|(line, norm)| NormPoint { line, norm, others: 1.0 });
        assert_eq!(lines.values(&nowhere).unwrap(), [f64::NEG_INFINITY; 2]);
        for (point, value) in points.iter().zip(values) {
            match likelihood.value(&moved(&roi, &sources, *point)) {
                Ok(expected) => approx::assert_relative_eq!(value, expected, max_relative = 1e-12),
                Err(_) => assert_eq!(value, f64::NEG_INFINITY, "{point:?}"),
            }
        }
    }
}

/// Within every reach and beyond it, with near bins that are few, all, and too many, the change is the difference of the values.
#[test]
fn changes_without_the_bins_are_differences_of_the_values() {
    let roi = roi();
    let mut finite = 0;
    for (settings, skips) in settings().into_iter().flat_map(|settings| [(settings.clone(), false), (settings, true)]) {
        let mut components = likelihood(&roi, &settings).components().to_vec();
        if skips {
            components[1] = components[1].clone().with_unmodelled_bins(UnmodelledBins::Skip);
        }
        let mut likelihood = Evaluator::new(components).unwrap();
        let lines = likelihood.norm_lines(&roi).unwrap();
        let stands: Vec<f64> = lines.sources().iter().map(|id| norm_of(&roi, *id)).collect();
        for reach in [1e-6, 0.01, 0.3, 2.0, 1e4, 0.0, f64::INFINITY] {
            let changes = lines.within(&vec![reach; stands.len()]).unwrap();
            let steps = [0.0, 0.5, -1.0, 1.0, 1.5, -7.0];
            let moves = |line: usize| steps.map(|step| (line, stands[line] + step * reach.clamp(1e-7, 100.0)));
            let points: Vec<(usize, f64)> = (0..stands.len()).flat_map(moves).collect();
            let value = |norms: Vec<(usize, f64)>| {
                let points = norms.into_iter().map(|(line, norm)| NormPoint { line, norm, others: 1.0 });
                lines.values(&points.collect::<Vec<_>>()).unwrap()
            };
            let there = value(points.clone());
            let here = value(points.iter().map(|(line, _)| (*line, stands[*line])).collect());
            let found = changes.of(&points).unwrap();
            for (((point, found), there), here) in points.iter().zip(found).zip(there).zip(here) {
                let expected = there - here;
                finite += usize::from(expected.is_finite());
                // A difference of two values has their rounding.
                assert!(
                    (found - expected).abs() <= 1e-13 * here.abs().max(expected.abs()) || found == expected,
                    "{reach} {point:?}: {found} {expected}"
                );
            }
        }
    }
    assert!(finite > 500, "{finite}");
}

fn norm_of(roi: &Roi, source: SourceId) -> f64 {
    let spectrum = roi[source].spectrum();
    spectrum.parameters()[spectrum.norm_index().unwrap()].value()
}

#[test]
fn a_muted_source_has_no_line_and_no_part() {
    let roi = roi();
    let mut likelihood = likelihood(&roi, &Settings::default());
    likelihood.mute(&["a-norm"]);
    let lines = likelihood.norm_lines(&roi).unwrap();
    assert_eq!(positions(lines.sources()), [1, 2, 4]);
    let value = lines.values(&[NormPoint { line: 0, norm: 2.0, others: 1.0 }]).unwrap()[0];
    approx::assert_relative_eq!(value, likelihood.value(&roi).unwrap(), max_relative = 1e-13);
}

#[test]
fn the_values_do_not_depend_on_the_number_of_threads() {
    let roi = roi();
    for settings in settings() {
        let evaluate = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let mut likelihood = likelihood(&roi, &settings);
                let point = |line: usize, norm: usize| NormPoint { line, norm: norm as f64, others: 1.0 };
                let points: Vec<NormPoint> = (0..12).map(|i| point(i % 4, i)).collect();
                let lines = likelihood.norm_lines(&roi).unwrap();
                let changes = lines.within(&[0.02, 0.3, 1.0, 0.0]).unwrap();
                let near: Vec<(usize, f64)> = (0..12).map(|i| (i % 4, 1.5 + 0.01 * i as f64)).collect();
                [lines.values(&points).unwrap(), changes.of(&near).unwrap()].concat()
            })
        };
        let reference = evaluate(1);
        assert_eq!(evaluate(2), reference);
        assert_eq!(evaluate(4), reference);
    }
}

/// Values of the free parameters of a region, and others around them: one with a source at zero, one with a source so negative that the data are
/// impossible, more than are evaluated together.
fn points_around(roi: &Roi) -> Vec<Vec<f64>> {
    let at = roi.free_values();
    let moved =
        |i: usize| at.iter().enumerate().map(move |(row, x)| x * (1.0 + 0.01 * ((i + row) % 5) as f64)).collect();
    let mut points: Vec<Vec<f64>> = (0..18).map(moved).collect();
    points[3][0] = 0.0;
    points[7][0] = -1e6;
    points
}

#[test]
fn gradients_at_many_points_are_those_of_each_point_to_the_last_bit() {
    let roi = roi();
    let points = points_around(&roi);
    for settings in settings() {
        let mut likelihood = likelihood(&roi, &settings);
        let (data, work) = likelihood.following(&roi).unwrap();
        let stood = work.values();
        let together = data.gradients(&points, work).unwrap();
        assert_eq!(work.values(), stood);
        assert!(data.gradients(&[], work).unwrap().is_empty());
        for (index, (values, found)) in points.iter().zip(together).enumerate() {
            let mut gradient = vec![0.0; values.len()];
            match data.gradient(values, work, &mut gradient) {
                Ok(value) => {
                    let found = found.unwrap();
                    assert_eq!((found.value, found.gradient), (value, gradient), "point {index}");
                }
                Err(_) => assert!(found.is_none() && index == 7, "point {index}"),
            }
        }
    }
}
