//! Regions on which a fit once said what was not true, each with what is right; they are part of the real data.

use std::path::PathBuf;

use fixtures::real_data;
use roi_fit::{Analysis, FitOptions, Pars};

/// The analysis of a region, from a copy that may be written beside.
fn fault(name: &str) -> Option<(tempfile::TempDir, Analysis)> {
    let from = real_data(&format!("faults/{name}"))?;
    let to = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        std::fs::write(to.path().join(entry.file_name()), std::fs::read(entry.path()).unwrap()).unwrap();
    }
    let config: PathBuf = to.path().join("config.yaml");
    let analysis = Analysis::open(config).unwrap();
    Some((to, analysis))
}

/// `minuit-plateau`: MINUIT alone loses a source whose cutoff begins where its flux is 0, and ends at logL -1542.59.
#[test]
fn the_default_fit_is_not_caught_on_a_plateau() {
    let Some((_keep, mut analysis)) = fault("minuit-plateau/crowded") else { return };
    let result = analysis.fit(&FitOptions::default()).unwrap();
    assert!(result.fit_success && result.fit_quality == 3, "{} {:?}", result.message, result.attempts);
    assert!((result.loglike + 1487.63).abs() < 0.05, "{} {:?}", result.loglike, result.attempts);
}

/// `equal-bounds-error-zero`: of a source whose only free parameter cannot move nothing was measured, no error, and not one of zero.
#[test]
fn a_free_parameter_that_cannot_move_has_no_error_and_lends_none() {
    let Some((_keep, mut analysis)) = fault("equal-bounds-error-zero/region") else { return };
    let result = analysis.fit(&FitOptions::default()).unwrap();
    assert!(result.fit_success && result.fit_quality == 3, "{}", result.message);
    assert!(
        result.warnings.iter().any(|w| w.contains("cannot move") && w.contains("Prefactor")),
        "{:?}",
        result.warnings
    );
    let held = result.src_names.iter().position(|name| name == "A").unwrap();
    assert!(result.errors[held].is_nan() && result.to_json()["errors"][held].is_null(), "{:?}", result.errors);
    assert!(result.errors[1 - held] > 0.0, "{:?}", result.errors);
    let properties = &result.sources["A"];
    for (name, measured) in properties.fluxes.iter().chain(&properties.dnde) {
        assert!(measured.value.is_some() && measured.error.is_none(), "{name} {measured:?}");
    }
    assert!(properties.covar.is_none() && properties.model_flux.is_none() && properties.correlation.is_empty());
    assert!(properties.parameters.iter().all(|parameter| parameter.error.is_none()), "{:?}", properties.parameters);
    assert!(result.sources["iso"].fluxes["flux"].error.is_some_and(|error| error > 0.0));

    // With room to move the same source has an error.
    analysis.set_parameter_bounds("A", "Prefactor", 0.0, 1e3).unwrap();
    analysis.free_source("A", true, &Pars::Norm).unwrap();
    let result = analysis.fit(&FitOptions::default()).unwrap();
    assert!(
        result.sources["A"].fluxes["flux"].error.is_some_and(|error| error > 0.0),
        "{:?}",
        result.sources["A"].fluxes
    );
}

/// `no-counts-source-converges`: where such a fit is accepted all the same, an error that was not measured is none everywhere.
#[test]
fn an_error_as_long_as_its_range_is_published_nowhere() {
    let Some((_keep, mut analysis)) = fault("no-counts-source-converges/region") else { return };
    let result = analysis.fit(&FitOptions::default().with_min_fit_quality(0)).unwrap();
    let row = result.src_names.iter().position(|name| name == "Z").unwrap();
    assert!(result.fit_success && result.fit_quality < 3 && !result.errors[row].is_finite(), "{:?}", result.errors);
    let properties = &result.sources["Z"];
    for (name, measured) in properties.fluxes.iter().chain(&properties.dnde) {
        assert!(measured.error.is_none(), "{name} {measured:?}");
    }
    assert!(properties.parameters.iter().filter(|p| p.name == result.par_names[row]).all(|p| p.error.is_none()));
    assert!(properties.covar.as_ref().is_none_or(|covar| covar.iter().all(|c| c.is_finite() && c.abs() < 1e4)));
}

/// What attempts cost where none is needed: nothing.
#[test]
fn regions_whose_sources_stand_apart_are_fitted_once() {
    let simulated = roi_simulate::simulate(&roi_simulate::SimulationOptions::default()).unwrap();
    let likelihood = simulated.likelihood().unwrap();
    let real = real_data("fermitools-roi/config_edisp0.yaml").map(|config| Analysis::open(config).unwrap());
    for optimizer in ["NEWTON", "MINUIT"] {
        let options = FitOptions::default().with_optimizer(optimizer.into()).with_update(false);
        let mut built_in = Analysis::new(simulated.start.clone(), likelihood.clone()).unwrap();
        let result = built_in.fit(&options).unwrap();
        assert_eq!((result.fit_quality, result.niter), (3, 1), "{:?}", result.attempts);
        if let Some(real) = &real {
            let mut real = Analysis::new(real.roi().clone(), real.likelihood().clone()).unwrap();
            let result = real.fit(&options).unwrap();
            assert_eq!((result.fit_quality, result.niter), (3, 1), "{:?}", result.attempts);
        }
    }
}
