//! Weighted counts are not rounded: `logL` is that of a sum in double precision over every bin, filled or not.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod support;

use likelihood_core::{ComponentData, CountsCube, EnergyAxis, LikelihoodWeights, Settings, SourceMap};
use ndarray::{Array2, Array3};
use roi_model::{Parameter, Roi, SkyDirection, Source, SourceType, SpatialModel, Spectrum};
use support::Evaluator;

const EDGES: [f64; 4] = [100.0, 300.0, 1000.0, 3000.0];
const SIDE: usize = 40;

/// One power law, norm free.
fn roi() -> Roi {
    let center = SkyDirection::new(83.0, 22.0).unwrap();
    let parameters = vec![
        Parameter::new("Prefactor", 3.0).unwrap().with_scale(1e-10).unwrap().with_free(true),
        Parameter::new("Index", 2.1).unwrap().with_scale(-1.0).unwrap(),
        Parameter::new("Scale", 1000.0).unwrap(),
    ];
    let spectrum = Spectrum::new("PowerLaw", parameters).unwrap();
    let source = Source::new("A", SourceType::Point, spectrum, SpatialModel::point(center).unwrap()).unwrap();
    Roi::new(center, vec![source]).unwrap()
}

fn map() -> Array3<f32> {
    Array3::from_shape_fn((4, SIDE, SIDE), |(k, y, x)| 1e7 * (1.0 + k as f32) / (3.0 + (y * x) as f32).sqrt())
}

fn counts() -> Array3<f32> {
    Array3::from_shape_fn((3, SIDE, SIDE), |(k, y, x)| ((7 * k + 3 * y + 5 * x) % 11) as f32)
}

fn weights() -> Array3<f32> {
    Array3::from_shape_fn((3, SIDE, SIDE), |(k, y, x)| 1.0 / (1.3 + 0.37 * k as f32 + ((y + 2 * x) % 17) as f32))
}

/// `sum w (N ln M - M)`, its gradient and curvature along the norm, bin by bin.
fn direct(norm: f64) -> [f64; 3] {
    let (map, counts, weights) = (map(), counts(), weights());
    let mut sums = [0.0; 3];
    for ((k, y, x), &n) in counts.indexed_iter() {
        let half = 0.5 * (EDGES[k + 1] / EDGES[k]).ln();
        let at =
            |edge: usize| f64::from(map[[edge, y, x]]) * 1e-10 * (EDGES[edge] / 1000.0).powf(-2.1) * EDGES[edge] * half;
        let (n, w, unit) = (f64::from(n), f64::from(weights[[k, y, x]]), at(k) + at(k + 1));
        sums[0] += w * (if n > 0.0 { n * (norm * unit).ln() } else { 0.0 } - norm * unit);
        sums[1] += w * (n / norm - unit);
        sums[2] -= w * n / (norm * norm);
    }
    sums
}

#[test]
fn weighted_counts_keep_double_precision() {
    let cube = CountsCube::new(EnergyAxis::new(EDGES.to_vec()).unwrap(), counts()).unwrap();
    let settings = Settings::default().with_weights(Some(LikelihoodWeights::new(weights()).unwrap()));
    let mut component = ComponentData::with_settings("00", &cube, settings).unwrap();
    component.add_source_map("A", &SourceMap::new(map()).unwrap()).unwrap();
    let exact: f64 =
        counts().iter().zip(&weights()).map(|(&n, &w)| f64::from(n) * f64::from(w)).collect::<Vec<_>>().iter().sum();
    approx::assert_relative_eq!(component.weighted_counts_spectrum().iter().sum::<f64>(), exact, max_relative = 1e-14);
    let (roi, mut likelihood) = (roi(), Evaluator::new(vec![component]).unwrap());
    let (mut gradient, mut hessian) = ([0.0], Array2::zeros((1, 1)));
    let value = likelihood.hessian(&roi, &mut gradient, &mut hessian).unwrap();
    let [expected, slope, curvature] = direct(3.0);
    // Counts rounded to single precision are off by a few 1e-8 of logL here.
    approx::assert_relative_eq!(value, expected, max_relative = 1e-12);
    approx::assert_relative_eq!(gradient[0], slope, max_relative = 1e-10);
    approx::assert_relative_eq!(hessian[[0, 0]], curvature, max_relative = 1e-12);
    let lines = likelihood.norm_lines(&roi).unwrap();
    let points = [2.0, 3.0, 5.0].map(|norm| likelihood_core::NormPoint { line: 0, norm, others: 1.0 });
    for (found, norm) in lines.values(&points).unwrap().into_iter().zip([2.0, 3.0, 5.0]) {
        approx::assert_relative_eq!(found, direct(norm)[0], max_relative = 1e-12);
    }
}
