//! What a likelihood keeps between evaluations must never be older than what it is asked about.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod support;

use likelihood_core::{ComponentData, CountsCube, EnergyAxis, SourceMap};
use ndarray::{Array2, Array3};
use roi_model::{Roi, SkyDirection, Source, SourceType, SpatialModel, Spectrum};
use support::Evaluator;

/// A source with the LAT's default parameters, all fixed, without bounds, but for those given.
fn source(name: &str, spectrum: &str, values: &[(&str, f64)]) -> Source {
    let mut spectrum = Spectrum::with_defaults(spectrum).unwrap();
    for parameter in spectrum.parameters_mut() {
        parameter.set_free(false);
        parameter.set_bounds(0.0, 0.0).unwrap();
    }
    for (parameter, value) in values {
        spectrum.parameter_mut(parameter).unwrap().set_value(*value).unwrap();
    }
    let place = SpatialModel::point(SkyDirection::new(10.0, 0.0).unwrap()).unwrap();
    Source::new(name, SourceType::Point, spectrum, place).unwrap()
}

fn roi(sources: Vec<Source>) -> Roi {
    Roi::new(SkyDirection::new(10.0, 0.0).unwrap(), sources).unwrap()
}

fn likelihood(names: &[&str]) -> Evaluator {
    let axis = EnergyAxis::new(vec![100.0, 1000.0, 10_000.0]).unwrap();
    let counts = CountsCube::new(axis, Array3::ones((2, 3, 3))).unwrap();
    let mut component = ComponentData::new("00", &counts);
    for (name, value) in names.iter().zip([1e10f32, 3e10, 2e10, 5e9]) {
        component.add_source_map(name, &SourceMap::new(Array3::from_elem((3, 3, 3), value)).unwrap()).unwrap();
    }
    Evaluator::new(vec![component]).unwrap()
}

#[test]
fn an_evaluation_that_failed_leaves_nothing_stale_behind() {
    let names = ["a", "b", "c", "d"];
    let mut likelihood = likelihood(&names);
    let mut roi = roi(names.iter().map(|name| source(name, "PowerLaw", &[])).collect());
    let before = likelihood.value(&roi).unwrap();
    for name in names {
        let index = |roi: &mut Roi, value: f64| {
            roi.source_mut(name).unwrap().spectrum_mut().parameter_mut("Index").unwrap().set_value(value).unwrap();
        };
        let old = roi.source(name).unwrap().spectrum().parameter("Index").unwrap().value();
        index(&mut roi, 1e6);
        assert!(likelihood.value(&roi).is_err(), "{name}: the spectrum is not finite");
        index(&mut roi, old);
        assert_eq!(likelihood.value(&roi).unwrap(), before, "{name}");
    }
}

/// The break of this spectrum moves with its norm, so it is a power law in the norm only as long as no energy crosses it.
#[test]
fn a_spectrum_that_is_not_proportional_to_its_norm_is_never_taken_for_one() {
    let at = |integral: f64| {
        let mut source = source(
            "a",
            "BrokenPowerLaw3",
            &[
                ("Integral1", integral),
                ("Index1", -1.5),
                ("LowerLimit1", 100.0),
                ("UpperLimit1", 1e5),
                ("Integral2", 1e-9),
                ("Index2", -3.0),
                ("LowerLimit2", 100.0),
                ("UpperLimit2", 1e5),
            ],
        );
        let norm = source.spectrum().norm_index().unwrap();
        source.spectrum_mut().parameters_mut()[norm].set_free(true);
        roi(vec![source])
    };
    let ladder = [1e-15, 1e-12, 1e-10, 3e-10, 1e-9, 1e-8, 1e-5];
    for start in ladder {
        let mut warm = likelihood(&["a"]);
        warm.value(&at(start)).unwrap();
        for integral in ladder {
            let fresh = likelihood(&["a"]).value(&at(integral)).unwrap();
            approx::assert_relative_eq!(warm.value(&at(integral)).unwrap(), fresh, max_relative = 1e-12);
        }
    }
}

/// Free norms are columns, free shapes are planes: both must tell the same likelihood, gradient and curvature of the norms.
#[test]
fn a_norm_alone_and_a_norm_with_a_shape_have_the_same_derivatives() {
    let names = ["a", "b"];
    let free = |parameters: &[(&str, &str)]| {
        let mut roi =
            roi(names.iter().map(|name| source(name, "LogParabola", &[("norm", 2.0), ("Eb", 300.0)])).collect());
        for (name, parameter) in parameters {
            let spectrum = roi.source_mut(name).unwrap().spectrum_mut();
            spectrum.parameter_mut(parameter).unwrap().set_free(true);
        }
        roi
    };
    let evaluate = |roi: &Roi, likelihood: &mut Evaluator| {
        let n = roi.free_parameters().len();
        let (mut gradient, mut hessian) = (vec![0.0; n], Array2::zeros((n, n)));
        let value = likelihood.hessian(roi, &mut gradient, &mut hessian).unwrap();
        (value, gradient, hessian)
    };
    let mut likelihood = likelihood(&names);
    let (value, gradient, hessian) = evaluate(&free(&[("a", "norm"), ("b", "norm")]), &mut likelihood);
    let shapes = free(&[("a", "norm"), ("a", "alpha"), ("b", "norm"), ("b", "alpha")]);
    let (with_shapes, gradients, hessians) = evaluate(&shapes, &mut likelihood);
    approx::assert_relative_eq!(value, with_shapes, max_relative = 1e-14);
    for (i, a) in [0, 2].into_iter().enumerate() {
        approx::assert_relative_eq!(gradient[i], gradients[a], max_relative = 1e-12);
        for (j, b) in [0, 2].into_iter().enumerate() {
            approx::assert_relative_eq!(hessian[[i, j]], hessians[[a, b]], max_relative = 1e-12);
        }
    }
}

/// A source that lights one pixel out of many does not reach most blocks of bins.
#[test]
fn sources_of_small_reach_count_where_they_shine_and_nowhere_else() {
    let axis = EnergyAxis::new(vec![100.0, 1000.0]).unwrap();
    let counts = CountsCube::new(axis, Array3::from_elem((1, 60, 60), 2.0)).unwrap();
    let mut component = ComponentData::new("00", &counts);
    let flat = SourceMap::new(Array3::from_elem((2, 60, 60), 1e6)).unwrap();
    let spot = |y: usize| {
        let mut map = Array3::zeros((2, 60, 60));
        map[[0, y, 7]] = 4e9;
        map[[1, y, 7]] = 4e9;
        SourceMap::new(map).unwrap()
    };
    for (name, map) in [("a", flat), ("b", spot(3)), ("c", spot(55))] {
        component.add_source_map(name, &map).unwrap();
    }
    let mut likelihood = Evaluator::new(vec![component]).unwrap();
    let mut region = roi(["a", "b", "c"].map(|name| source(name, "PowerLaw", &[("Prefactor", 1.0)])).into());
    for name in ["a", "b", "c"] {
        let spectrum = region.source_mut(name).unwrap().spectrum_mut();
        spectrum.parameter_mut("Prefactor").unwrap().set_free(true);
        if name == "c" {
            spectrum.parameter_mut("Index").unwrap().set_free(true);
        }
    }
    let (mut gradient, mut hessian) = (vec![0.0; 4], Array2::zeros((4, 4)));
    // One thread goes through all blocks with the same buffers.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    pool.install(|| likelihood.hessian(&region, &mut gradient, &mut hessian)).unwrap();
    let npred: Vec<f64> = (0..3).map(|j| likelihood.npred(&region, j).unwrap()).collect();
    let flat = npred[0] / 3600.0;
    // In closed form: N = 2 in each pixel, M = flat + spot.
    for (row, j) in [(1, 1), (2, 2)] {
        let model = flat + npred[j];
        approx::assert_relative_eq!(gradient[row], (2.0 / model - 1.0) * npred[j], max_relative = 1e-6);
        approx::assert_relative_eq!(hessian[[row, row]], -2.0 * (npred[j] / model).powi(2), max_relative = 1e-6);
        approx::assert_relative_eq!(hessian[[0, row]], -2.0 * flat * npred[j] / (model * model), max_relative = 1e-6);
    }
    assert_eq!((hessian[[1, 2]], hessian[[1, 3]]), (0.0, 0.0), "they share no pixel");
}

#[test]
fn columns_beyond_their_limit_are_not_kept_and_change_no_number() {
    let names = ["a", "b", "c", "d"];
    let sources = names.iter().zip([1.5, 2.5, 3.5, 2.0]).map(|(name, index)| {
        let mut source = source(name, "PowerLaw", &[("Index", index)]);
        source.spectrum_mut().parameter_mut("Prefactor").unwrap().set_free(true);
        source
    });
    let roi = roi(sources.collect());
    let evaluate = |likelihood: &mut Evaluator| {
        let (mut gradient, mut hessian) = ([0.0; 4], Array2::zeros((4, 4)));
        let value = likelihood.hessian(&roi, &mut gradient, &mut hessian).unwrap();
        (likelihood.footprint().columns, [&[value], &gradient[..], hessian.as_slice().unwrap()].concat())
    };
    let mut likelihood = likelihood(&names);
    let (all, expected) = evaluate(&mut likelihood);
    // 18 filled bins of 8 bytes each.
    assert_eq!(all, 4 * 18 * 8);
    for (limit, kept) in [(3 * 18 * 8 + 7, 3 * 18 * 8), (18 * 8 - 1, 0), (0, 0), (usize::MAX, all)] {
        likelihood.limit_columns(limit);
        let (bytes, found) = evaluate(&mut likelihood);
        assert_eq!(bytes, kept, "{limit}");
        for (found, expected) in found.iter().zip(&expected) {
            approx::assert_relative_eq!(*found, *expected, max_relative = 1e-12);
        }
    }
}
