//! A result is the same to the last bit for any number of threads, with energy dispersion and weights.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]
#![expect(clippy::cast_possible_truncation, reason = "source maps are single precision")]

mod support;

use likelihood_core::{
    ComponentData, CountsCube, DetectorResponse, Dispersion, EnergyAxis, LikelihoodWeights, Settings, SourceMap,
};
use ndarray::{Array2, Array3};
use roi_model::{Parameter, Roi, SkyDirection, Source, SourceType, SpatialModel, Spectrum};
use support::Evaluator;

/// Two power laws, norms and indices free.
fn region() -> Roi {
    let center = SkyDirection::new(83.0, 22.0).unwrap();
    let source = |name: &str, norm: f64, scale: f64, index: f64| {
        let parameters = vec![
            Parameter::new("Prefactor", norm).unwrap().with_scale(scale).unwrap().with_free(true),
            Parameter::new("Index", index).unwrap().with_scale(-1.0).unwrap().with_free(true),
            Parameter::new("Scale", 1000.0).unwrap(),
        ];
        let spectrum = Spectrum::new("PowerLaw", parameters).unwrap();
        Source::new(name, SourceType::Point, spectrum, SpatialModel::point(center).unwrap()).unwrap()
    };
    Roi::new(center, vec![source("B", 5.0, 1e-4, 2.4), source("A", 2.0, 1e-2, 2.0)]).unwrap()
}

#[test]
fn the_result_does_not_depend_on_the_number_of_threads() {
    let axis = || EnergyAxis::new((0..9).map(|k| 100.0 * 2f64.powi(k)).collect()).unwrap();
    let counts = Array3::from_shape_fn((8, 60, 60), |(k, y, x)| ((7 * k + 13 * y + 29 * x) % 5) as f32);
    let map = |tilt: f64| {
        let at = |(k, y, x): (usize, usize, usize)| {
            (1e9 * (1.0 + k as f64) * (1.0 + tilt * (y as f64 - 2.0 * x as f64)).abs()) as f32
        };
        SourceMap::new(Array3::from_shape_fn((13, 60, 60), at)).unwrap()
    };
    let matrix = Array2::from_shape_fn((12, 8), |(l, k)| 0.3 / (1.0 + (l as f64 - 2.0 - k as f64).powi(2)));
    let response = DetectorResponse::new(matrix).unwrap();
    for edisp_bins in [2, -2] {
        let evaluate = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let weights = Array3::from_shape_fn((8, 60, 60), |(k, y, x)| 1.0 / (1 + (k + y + x) % 7) as f32);
                let settings = Settings::default()
                    .with_dispersion(Dispersion::from_bins(&response, edisp_bins).unwrap())
                    .with_weights(Some(LikelihoodWeights::new(weights).unwrap()));
                let cube = CountsCube::new(axis(), counts.clone()).unwrap();
                let mut component = ComponentData::with_settings("00", &cube, settings).unwrap();
                component.add_source_map("A", &map(1e-3)).unwrap();
                component.add_source_map("B", &map(-2e-3)).unwrap();
                let mut likelihood = Evaluator::new(vec![component]).unwrap();
                let (mut gradient, mut hessian) = ([0.0; 4], Array2::zeros((4, 4)));
                let value = likelihood.hessian(&region(), &mut gradient, &mut hessian).unwrap();
                (value, gradient, hessian)
            })
        };
        let reference = evaluate(1);
        for threads in [2, 4] {
            assert_eq!(evaluate(threads), reference, "{threads} threads");
        }
    }
}
