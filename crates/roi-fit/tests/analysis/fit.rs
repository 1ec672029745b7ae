//! What a fit promises: the maximum with believable errors, or everything as it was.

use std::ops::ControlFlow;

use crate::region::{analysis, analysis_with, small_region};
use roi_fit::{Error, Event, FitOptions, Pars, Progress, Selection, TsDefinition};

fn options(change: impl FnOnce(&mut FitOptions)) -> FitOptions {
    let mut options = FitOptions::default();
    change(&mut options);
    options
}

#[test]
fn every_optimizer_of_the_documentation_finds_the_same_maximum() {
    let mut results = Vec::new();
    for optimizer in ["MINUIT", "newton"] {
        let mut analysis = analysis();
        let before = analysis.loglike().unwrap();
        let result = analysis.fit(&options(|o| o.optimizer = optimizer.into())).unwrap();
        assert!(result.fit_success && result.fit_quality == 3 && result.fit_status == 0, "{}", result.message);
        assert!(result.dloglike > 0.0);
        assert_eq!(result.dloglike, result.loglike - before);
        // The model holds what the result says.
        assert_eq!(analysis.loglike().unwrap(), result.loglike);
        assert_eq!(analysis.roi().free_values(), result.values.to_vec());
        let covariance = result.covariance.as_ref().unwrap();
        for (row, error) in result.errors.iter().enumerate() {
            approx::assert_relative_eq!(covariance[[row, row]].sqrt(), *error, max_relative = 1e-12);
        }
        results.push(result);
    }
    approx::assert_abs_diff_eq!(results[0].loglike, results[1].loglike, epsilon = 1e-3);
    for row in 0..results[0].values.len() {
        let pull = (results[0].values[row] - results[1].values[row]) / results[1].errors[row];
        assert!(pull.abs() < 0.05, "row {row}: {pull}");
    }
}

#[test]
fn a_fit_that_cannot_converge_restores_every_bit() {
    let mut analysis = analysis();
    let before = analysis.roi().state();
    let loglike = analysis.loglike().unwrap();
    let start = analysis.roi().free_values();
    let result = analysis.fit(&options(|o| o.max_calls = Some(4))).unwrap();
    assert!(!result.fit_success && result.fit_quality < 3 && result.fit_status != 0, "{result:?}");
    assert_eq!(result.niter, 3, "all attempts are made");
    assert!(result.message.contains("restored"), "{}", result.message);
    // The attempts did move, and the result tells where they ended and where the model is now.
    assert!(result.loglike > loglike + 1.0, "{} {loglike}", result.loglike);
    assert!(result.values.iter().zip(&start).any(|(value, start)| value != start));
    assert_eq!(result.start_values.to_vec(), start);
    assert_eq!(analysis.roi().free_values(), start);
    let json = result.to_json();
    assert_eq!((&json["restored"], &json["start_values"]), (&true.into(), &start.into()));
    assert!(result.sources.is_empty());
    assert_eq!(analysis.roi().state(), before);
    assert_eq!(analysis.loglike().unwrap().to_bits(), loglike.to_bits());
}

#[test]
fn parameters_that_say_the_same_never_pass_as_quality_3() {
    // Two copies of one source: only the sum of their norms is measured.
    let (roi, likelihood) = small_region(|parts| {
        let twin = parts.start.sources().iter().find(|s| s.spatial().is_point()).unwrap().name().to_owned();
        parts.duplicate(&twin, "twin");
        vec![twin, "twin".into()]
    });
    let mut analysis = analysis_with(roi, likelihood);
    let before = analysis.roi().state();
    for optimizer in ["MINUIT", "NEWTON"] {
        let result = analysis.fit(&options(|o| o.optimizer = optimizer.into())).unwrap();
        assert!(!result.fit_success && result.fit_quality < 3, "{optimizer}: {}", result.message);
        assert_eq!(analysis.roi().state(), before);
    }
    // Whoever accepts less is told what was accepted.
    let result = analysis.fit(&options(|o| o.min_fit_quality = 0)).unwrap();
    assert!(result.fit_success && result.fit_quality < 3 && result.fit_status != 0);
}

#[test]
fn without_free_parameters_there_is_nothing_to_do() {
    let mut analysis = analysis();
    analysis.fix_all().unwrap();
    let loglike = analysis.loglike().unwrap();
    let result = analysis.fit(&FitOptions::default()).unwrap();
    assert!(result.fit_success && result.fit_quality == 3 && result.values.is_empty());
    assert_eq!((result.loglike, result.dloglike), (loglike, 0.0));
}

#[test]
fn wrong_options_are_named() {
    let mut analysis = analysis();
    let before = analysis.roi().state();
    let error = |o: FitOptions, a: &mut roi_fit::Analysis| a.fit(&o).unwrap_err().to_string();
    let unknown = error(options(|o| o.optimizer = "MINUET".into()), &mut analysis);
    assert!(unknown.contains("MINUET") && unknown.contains("NEWTON"), "{unknown}");
    assert!(error(options(|o| o.tol = f64::NAN), &mut analysis).contains("tol"));
    assert!(error(options(|o| o.tol = -1.0), &mut analysis).contains("tol"));
    assert!(error(options(|o| o.min_fit_quality = 4), &mut analysis).contains("min_fit_quality"));
    assert!(error(options(|o| o.retries = 0), &mut analysis).contains("retries"));
    assert!(error(options(|o| o.max_iter = 0), &mut analysis).contains("max_iter"));
    assert!(error(options(|o| o.max_calls = Some(0)), &mut analysis).contains("max_calls"));
    assert_eq!(analysis.roi().state(), before);
}

#[test]
fn a_start_without_a_likelihood_is_an_error_not_a_fit() {
    let mut analysis = analysis();
    let names: Vec<String> = analysis.roi().sources().iter().map(|s| s.name().to_owned()).collect();
    for name in names {
        let source = analysis.roi_mut().source_mut(&name).unwrap();
        let norm = source.spectrum().norm_index().unwrap();
        let parameter = &mut source.spectrum_mut().parameters_mut()[norm];
        parameter.set_bounds(0.0, 1e5).unwrap();
        parameter.set_value(0.0).unwrap();
    }
    assert!(matches!(analysis.fit(&FitOptions::default()), Err(Error::Start(_))));
}

/// Stops at the first iteration, once.
struct StopOnce(bool);

impl Progress for StopOnce {
    fn event(&mut self, event: &Event) -> ControlFlow<()> {
        let stops = !self.0 && matches!(event, Event::Iteration { .. });
        self.0 |= stops;
        if stops { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

#[test]
fn a_fit_that_is_stopped_restores() {
    let mut analysis = analysis();
    let before = analysis.roi().state();
    for min_fit_quality in [3, 0] {
        analysis.set_progress(Box::new(StopOnce(false)));
        let result = analysis.fit(&options(|o| o.min_fit_quality = min_fit_quality)).unwrap();
        assert!(!result.fit_success && result.niter == 1 && result.message.contains("cancel"), "{}", result.message);
        assert_eq!(analysis.roi().state(), before);
    }
}

#[test]
fn fluxes_and_their_errors_follow_the_norm() {
    let mut analysis = analysis();
    let result = analysis.fit(&FitOptions::default()).unwrap();
    let (emin, emax) = analysis.energy_range();
    let mut seen = 0;
    for (name, properties) in &result.sources {
        let source = analysis.roi().source(name).unwrap();
        let spectrum = source.spectrum();
        let Some(angle) = source.spatial().angular_integral() else { continue };
        let norm = &spectrum.parameters()[spectrum.norm_index().unwrap()];
        let flux = properties.fluxes["flux"];
        approx::assert_relative_eq!(
            flux.value.unwrap(),
            angle * spectrum.flux(emin, emax).unwrap(),
            max_relative = 1e-14
        );
        // With the norm alone free, every relative error is the norm's (two quadratures: 100 and 1000 points).
        if spectrum.parameters().iter().filter(|p| p.is_free()).count() == 1 {
            for flux in properties.fluxes.values() {
                let relative = flux.error.unwrap() / flux.value.unwrap();
                approx::assert_relative_eq!(relative, norm.error() / norm.value(), max_relative = 2e-3);
                seen += 1;
            }
        }
    }
    assert!(seen > 0);
}

#[test]
fn ts_is_twice_the_gain_over_the_model_without_the_source() {
    let mut analysis = analysis();
    let result = analysis.fit(&options(|o| o.reoptimize = true)).unwrap();
    let state = analysis.roi().state();
    let (name, properties) =
        result.sources.iter().find(|(name, _)| analysis.roi().source(name).unwrap().spatial().is_point()).unwrap();
    assert_eq!(properties.ts_definition, Some(TsDefinition::Reoptimized));
    assert_eq!(analysis.roi().state(), state, "computing TS changes nothing");

    // The definition, by hand: delete the source, fit again.
    let (roi, likelihood) = small_region(|_| Vec::new());
    let mut without = analysis_with(roi, likelihood);
    without.roi_mut().restore(&state).unwrap();
    without.roi_mut().remove_source(name).unwrap();
    let null = without.fit(&options(|o| o.optimizer = "NEWTON".into())).unwrap();
    approx::assert_abs_diff_eq!(properties.ts.unwrap(), 2.0 * (result.loglike - null.loglike), epsilon = 1e-5);
    // Refitting can only raise the null, so it can only lower TS.
    let rescaled = analysis.ts(name, false).unwrap();
    assert!(rescaled.ts >= properties.ts.unwrap() - 1e-6);
}

#[test]
fn freeing_follows_selection_and_kind_of_parameter() {
    let mut analysis = analysis();
    analysis.fix_all().unwrap();
    let near = analysis.free_sources(&Selection::within(1.0), Pars::Norm, true).unwrap();
    assert!(!near.is_empty() && near.len() < analysis.roi().sources().len());
    assert_eq!(analysis.roi().free_parameters().len(), near.len(), "one norm each");
    for name in ["galdiff", "isodiff"] {
        assert!(near.iter().any(|n| n == name), "diffuse sources pass at any distance");
    }
    // A source without a TS fails any TS cut.
    assert!(analysis.free_sources(&Selection::all().min_ts(0.0), Pars::Norm, true).unwrap().is_empty());
    analysis.compute_missing_ts().unwrap();
    assert!(!analysis.free_sources(&Selection::all().min_ts(0.0), Pars::Norm, true).unwrap().is_empty());
    let error = analysis.free_parameter("galdiff", "Prefaktor", true).unwrap_err().to_string();
    assert!(error.contains("Prefaktor") && error.contains("Prefactor"), "{error}");
    assert!(analysis.free_norm("no such source", true).is_err());
    // A spectrum without shape parameters is left alone.
    let before = analysis.roi().state();
    analysis.free_shape("isodiff", true).unwrap();
    assert_eq!(analysis.roi().state(), before);
}

#[test]
fn a_spectrum_that_overflows_at_a_trial_point_is_stepped_back_from() {
    for optimizer in ["MINUIT", "NEWTON", "LBFGS"] {
        let mut analysis = analysis();
        let name = analysis
            .roi()
            .sources()
            .iter()
            .find(|s| s.spectrum().type_name() == "LogParabola")
            .unwrap()
            .name()
            .to_owned();
        let spectrum = analysis.roi_mut().source_mut(&name).unwrap().spectrum_mut();
        let beta = spectrum.parameter_mut("beta").unwrap();
        beta.set_bounds(-1000.0, 1000.0).unwrap();
        beta.set_value(5.0).unwrap();
        beta.set_free(true);
        let result = analysis.fit(&options(|o| o.optimizer = optimizer.into())).unwrap();
        assert!(result.fit_success || result.message.contains("restored"), "{optimizer}: {}", result.message);
    }
}

#[test]
fn the_rescaled_null_makes_good_for_the_counts_of_the_source() {
    let mut analysis = analysis();
    analysis.fit(&FitOptions::default()).unwrap();
    let name =
        analysis.roi().sources().iter().find(|s| s.spatial().is_point() && s.is_free()).unwrap().name().to_owned();
    let loglike = analysis.loglike().unwrap();
    let ts = analysis.ts(&name, false).unwrap();

    // By hand: delete the source, scale every free norm by 1 + (counts - npred) / npred of the free ones.
    let (_, likelihood) = small_region(|_| Vec::new());
    let mut null = analysis_with(analysis.roi().clone(), likelihood);
    null.roi_mut().remove_source(&name).unwrap();
    let report = null.loglike_report().unwrap();
    let is_free = |name: &str, roi: &roi_model::Roi| {
        let spectrum = roi.source(name).unwrap().spectrum();
        spectrum.parameters()[spectrum.norm_index().unwrap()].is_free()
    };
    let free: Vec<String> =
        report.components[0].npred.keys().filter(|name| is_free(name, null.roi())).cloned().collect();
    let npred: f64 = free.iter().map(|name| report.components[0].npred[name].iter().sum::<f64>()).sum();
    let factor = 1.0 + (report.counts - report.npred) / npred;
    assert!(factor > 1.0);
    for name in &free {
        let spectrum = null.roi_mut().source_mut(name).unwrap().spectrum_mut();
        let norm = spectrum.norm_index().unwrap();
        let value = spectrum.parameters()[norm].value() * factor;
        spectrum.parameters_mut()[norm].set_value(value).unwrap();
    }
    let loglike_null = report.loglike.max(null.loglike().unwrap());
    approx::assert_relative_eq!(ts.ts, 2.0 * (loglike - loglike_null), max_relative = 1e-9);
    assert_eq!(ts.definition, TsDefinition::Rescaled);
}

#[test]
fn minos_errors_are_where_logl_has_fallen_by_a_half() {
    let mut analysis = analysis();
    let result = analysis.fit(&options(|o| o.minos = true)).unwrap();
    assert_eq!(analysis.roi().free_values(), result.values.to_vec(), "the model is at the maximum");
    let errors = result.minos.unwrap();
    assert_eq!(errors.len(), result.values.len());
    // By hand, for the best measured parameter: fix it there, refit the rest.
    let row = (0..errors.len()).min_by(|&a, &b| {
        (result.errors[a] / result.values[a]).abs().total_cmp(&(result.errors[b] / result.values[b]).abs())
    });
    let row = row.unwrap();
    for error in errors[row] {
        let error = error.unwrap();
        approx::assert_relative_eq!(error.abs(), result.errors[row], max_relative = 0.2);
        let (source, parameter) = (&result.src_names[row], &result.par_names[row]);
        analysis.set_parameter(source, parameter, result.values[row] + error).unwrap();
        analysis.free_parameter(source, parameter, false).unwrap();
        let refitted = analysis.fit(&options(|o| o.optimizer = "NEWTON".into())).unwrap();
        approx::assert_abs_diff_eq!(result.loglike - refitted.loglike, 0.5, epsilon = 1e-3);
        analysis.free_parameter(source, parameter, true).unwrap();
    }
}
