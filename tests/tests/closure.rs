//! Simulate, fit, recover: what went in comes out, with errors that mean what they say.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use likelihood_core::{ComponentData, CountsCube, Data, EnergyAxis, EnergyIntegration, Settings, SourceMap};
use ndarray::{Array3, Axis, Slice};
use roi_fit::{Analysis, FitOptions, FitResult};
use roi_model::Roi;
use roi_simulate::{SimulatedRoi, SimulationOptions, simulate};

/// A region small enough to be simulated many times.
fn region(seed: u64) -> SimulatedRoi {
    simulate(&SimulationOptions::default().with_seed(seed).with_sources(5).with_npix(40).with_ebins(10)).unwrap()
}

#[test]
fn what_is_written_is_what_is_in_memory() {
    for components in [1, 3] {
        let directory = tempfile::tempdir().unwrap();
        let options = SimulationOptions::default().with_seed(7).with_sources(5).with_npix(30).with_ebins(6);
        let region = simulate(&options.with_components(components)).unwrap();
        let config = region.write(directory.path()).unwrap();
        let loaded = lat_dataset::load(&config).unwrap();
        assert_eq!(loaded.notes, Vec::<String>::new(), "the configuration holds nothing that is ignored");
        assert_eq!(loaded.roi.state(), region.start.state());
        assert_eq!(loaded.roi.center(), region.truth.center());
        assert_eq!(loaded.observation.components.len(), components);
        for (read, made) in loaded.observation.components.iter().zip(&region.components) {
            assert_eq!(read.name, made.name);
            assert_eq!(read.counts, made.counts);
            for source in region.truth.sources() {
                assert_eq!(read.stored_map(source.name()).unwrap(), made.source_map(source).unwrap());
            }
        }
    }
}

#[test]
fn an_analysis_of_the_files_is_that_of_the_region_in_memory() {
    for components in [1, 3] {
        let directory = tempfile::tempdir().unwrap();
        let options = SimulationOptions::default()
            .with_seed(7)
            .with_sources(5)
            .with_npix(30)
            .with_ebins(6)
            .with_components(components);
        let region = simulate(&options).unwrap();
        let config = region.write(directory.path()).unwrap();
        let mut opened = Analysis::open(&config).unwrap();
        let mut in_memory = Analysis::new(region.start.clone(), region.likelihood().unwrap()).unwrap();
        assert_eq!(opened.loglike().unwrap(), in_memory.loglike().unwrap());
        for (name, properties) in opened.all_properties().unwrap() {
            assert_eq!(properties.npred, in_memory.properties(&name).unwrap().npred, "{name}");
        }
    }
}

/// The true model with only its norms free, each of them moved by a fifth.
fn moved(truth: &Roi) -> Roi {
    let mut roi = truth.clone();
    for (index, source) in roi.sources_mut().iter_mut().enumerate() {
        let norm = source.spectrum().norm_index();
        for (position, parameter) in source.spectrum_mut().parameters_mut().iter_mut().enumerate() {
            parameter.set_free(norm == Some(position));
            if norm == Some(position) {
                let factor = if index % 2 == 0 { 1.2 } else { 0.8 };
                parameter.set_value(parameter.value() * factor).unwrap();
            }
        }
    }
    roi
}

/// True values of the norms.
fn norms(roi: &Roi) -> Vec<f64> {
    roi.sources().iter().map(|s| s.spectrum().parameters()[s.spectrum().norm_index().unwrap()].value()).collect()
}

/// Fits the moved model to data that are the expected counts themselves, exposure and counts multiplied by `factor`.
fn fit_expected(simulated: &SimulatedRoi, factor: f32) -> FitResult {
    let component = &simulated.components[0];
    let expected = component.expected_counts(&simulated.truth).unwrap();
    #[expect(clippy::cast_possible_truncation, reason = "counts are single precision")]
    let counts: Array3<f32> = expected.mapv(|n| n as f32 * factor);
    let mut likelihood = ComponentData::new("00", &CountsCube::new(component.axis().clone(), counts).unwrap());
    for item in component.source_maps(&simulated.truth) {
        let (source, map) = item.unwrap();
        likelihood.add_source_map(source.name(), &SourceMap::new(map.planes().mapv(|m| m * factor)).unwrap()).unwrap();
    }
    let likelihood = Data::new(vec![likelihood]).unwrap();
    let mut options = FitOptions::default();
    options.tol = 1e-8;
    options.update = false;
    Analysis::new(moved(&simulated.truth), likelihood).unwrap().fit(&options).unwrap()
}

#[test]
fn expected_counts_give_the_truth_back() {
    let simulated = region(3);
    let result = fit_expected(&simulated, 1.0);
    assert_eq!(result.fit_quality, 3, "{}", result.message);
    for (row, truth) in norms(&simulated.truth).into_iter().enumerate() {
        let pull = (result.values[row] - truth) / result.errors[row];
        assert!(pull.abs() < 1e-3, "{}: {pull}", result.src_names[row]);
    }
}

/// Predicted counts of 46 bins a decade, where both rules come to the same but for steep cutoffs, beside those of bins eight times as wide.
#[test]
fn wide_bins_predict_by_quadrature_what_narrow_ones_do() {
    const WIDE: usize = 8;
    let options = SimulationOptions::default().with_seed(3).with_sources(5).with_npix(40).with_ebins(160);
    let simulated = simulate(&options).unwrap();
    let component = &simulated.components[0];
    let edges: Vec<f64> = component.axis().edges().iter().copied().step_by(WIDE).collect();
    let counts = Array3::ones((edges.len() - 1, 40, 40));
    let counts = CountsCube::new(EnergyAxis::new(edges.clone()).unwrap(), counts).unwrap();
    let empty = |counts: &CountsCube, energy_integration| {
        let settings = Settings::default().with_energy_integration(energy_integration);
        ComponentData::with_settings("00", counts, settings).unwrap()
    };
    let mut narrow = empty(&component.counts.cube, EnergyIntegration::Quadrature);
    let mut wide =
        [EnergyIntegration::Quadrature, EnergyIntegration::LogTrapezoid].map(|integration| empty(&counts, integration));
    // By how much they are off below and above 2 GeV, at most.
    let mut worst = [[0.0f64; 2]; 2];
    for item in component.source_maps(&simulated.truth) {
        let (source, map) = item.unwrap();
        narrow.add_source_map(source.name(), &map).unwrap();
        let planes = map.planes().slice_axis(Axis(0), Slice::new(0, None, 8)).to_owned();
        let planes = SourceMap::new(planes).unwrap();
        let expected = narrow.npred(source).unwrap();
        for (likelihood, worst) in wide.iter_mut().zip(&mut worst) {
            likelihood.add_source_map(source.name(), &planes).unwrap();
            for (k, npred) in likelihood.npred(source).unwrap().into_iter().enumerate() {
                let expected: f64 = expected[k * WIDE..(k + 1) * WIDE].iter().sum();
                let part = usize::from(edges[k] > 2000.0);
                worst[part] = worst[part].max((npred / expected - 1.0).abs());
            }
        }
    }
    println!("quadrature {:.4?}, log-trapezoid {:.4?}", worst[0], worst[1]);
    // Below, the effective area bends between two planes, which no rule sees from the planes of one bin.
    assert!(worst[0][0] < 0.016 && worst[0][1] < 0.005, "{worst:?}");
    assert!(worst[1][0] > 0.04 && worst[1][1] > 0.08, "{worst:?}");
}

#[test]
fn twice_the_exposure_halves_the_relative_error_squared() {
    let simulated = region(4);
    let (once, twice) = (fit_expected(&simulated, 1.0), fit_expected(&simulated, 2.0));
    for row in 0..once.values.len() {
        let ratio = (once.errors[row] / once.values[row]).powi(2) / (twice.errors[row] / twice.values[row]).powi(2);
        approx::assert_relative_eq!(ratio, 2.0, max_relative = 1e-5);
    }
}

#[test]
fn pulls_scatter_by_one() {
    let mut pulls = Vec::new();
    for seed in 0..30 {
        let simulated = region(seed);
        let mut analysis = Analysis::new(moved(&simulated.truth), simulated.likelihood().unwrap()).unwrap();
        let mut options = FitOptions::default();
        options.update = false;
        let result = analysis.fit(&options).unwrap();
        assert!(result.fit_success, "seed {seed}: {}", result.message);
        for (row, truth) in norms(&simulated.truth).into_iter().enumerate() {
            // The pull of a source of a few counts, or at its bound, is not Gaussian.
            if result.values[row] > 5.0 * result.errors[row] && !result.at_limit.contains(&row) {
                pulls.push((result.values[row] - truth) / result.errors[row]);
            }
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "a count of pulls")]
    let n = pulls.len() as f64;
    let (mean, square) = (pulls.iter().sum::<f64>() / n, pulls.iter().map(|p| p * p).sum::<f64>() / n);
    assert!(n > 80.0, "{n}");
    assert!(mean.abs() < 4.0 / n.sqrt(), "mean pull {mean} of {n}");
    assert!((square - 1.0).abs() < 4.0 * (2.0 / n).sqrt(), "mean square pull {square} of {n}");
}
