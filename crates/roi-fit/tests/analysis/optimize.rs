//! What `optimize` promises: the three steps, a likelihood that never falls, flags as they were.

use std::ops::ControlFlow;

use crate::region::{analysis, analysis_with, small_region};
use roi_fit::{Event, OptimizeOptions, Pars, Progress};

fn options(change: impl FnOnce(&mut OptimizeOptions)) -> OptimizeOptions {
    let mut options = OptimizeOptions::default();
    change(&mut options);
    options
}

#[test]
fn the_likelihood_never_falls_and_a_second_call_gains_less() {
    let mut analysis = analysis();
    let free: Vec<_> = analysis.roi().free_parameters();
    let first = analysis.optimize(&OptimizeOptions::default()).unwrap();
    assert!(first.loglike1 > first.loglike0);
    let mut last = first.loglike0;
    for step in &first.steps {
        assert!(step.loglike >= last - 1e-9 * last.abs(), "{step:?}");
        last = step.loglike;
    }
    // The same model with other parameters free: the same terms, added in another order.
    approx::assert_relative_eq!(last, first.loglike1, max_relative = 1e-13);
    assert_eq!(analysis.roi().free_parameters(), free, "free and fixed flags come back");
    let second = analysis.optimize(&OptimizeOptions::default()).unwrap();
    assert_eq!(second.loglike0, first.loglike1);
    assert!(second.dloglike < first.dloglike && second.dloglike >= 0.0);
}

#[test]
fn the_steps_are_the_documented_ones() {
    let mut analysis = analysis();
    let result = analysis.optimize(&options(|o| o.max_free_sources = 2)).unwrap();
    let of = |step: u8| result.steps.iter().filter(move |s| s.step == step).collect::<Vec<_>>();
    // Step 1: one joint fit of the largest components.
    assert_eq!(of(1).len(), 1);
    assert_eq!(of(1)[0].sources.len(), 2);
    assert!(of(1)[0].sources.iter().all(|name| name == "galdiff" || name == "isodiff"));
    // Step 2: every other source above the threshold alone, none of step 1 again.
    for step in of(2) {
        assert_eq!(step.sources.len(), 1);
        assert!(!of(1)[0].sources.contains(&step.sources[0]));
    }
    assert!(of(2).windows(2).all(|pair| pair[0].npred >= pair[1].npred), "in order of npred");
    assert!(of(2).iter().all(|step| step.npred >= 1.0), "above the threshold");
    // Step 3: in order of TS, all of them significant.
    assert!(of(3).len() > 1);
    assert!(of(3).windows(2).all(|pair| pair[0].ts.unwrap() >= pair[1].ts.unwrap()), "in order of TS");
    assert!(of(3).iter().all(|step| step.ts.unwrap() >= 25.0), "above the threshold");
    assert!(result.steps.windows(2).all(|pair| pair[0].step <= pair[1].step));
}

#[test]
fn skipped_sources_and_thresholds_are_respected() {
    let mut analysis = analysis();
    let galactic = |analysis: &roi_fit::Analysis| -> Vec<_> {
        analysis.roi().source("galdiff").unwrap().spectrum().parameters().iter().map(|p| p.value().to_bits()).collect()
    };
    let before = galactic(&analysis);
    let result = analysis
        .optimize(&options(|o| {
            o.skip = vec!["GALDIFF".into()];
            o.npred_threshold = 1e9;
            o.shape_ts_threshold = 1e9;
        }))
        .unwrap();
    assert!(result.steps.iter().all(|step| step.step == 1 && !step.sources.contains(&"galdiff".to_owned())));
    assert_eq!(galactic(&analysis), before);
}

#[test]
fn wrong_options_change_nothing() {
    let mut analysis = analysis();
    let before = analysis.roi().state();
    for wrong in [
        options(|o| o.npred_frac = 1.5),
        options(|o| o.npred_frac = f64::NAN),
        options(|o| o.max_free_sources = 0),
        options(|o| o.shape_ts_threshold = f64::NAN),
        options(|o| o.skip = vec!["nobody".into()]),
        options(|o| o.fit.optimizer = "nothing".into()),
    ] {
        assert!(analysis.optimize(&wrong).is_err());
        assert_eq!(analysis.roi().state(), before);
    }
}

/// Stops at one fit.
struct StopAt(usize);

impl Progress for StopAt {
    fn event(&mut self, event: &Event) -> ControlFlow<()> {
        if matches!(event, Event::SubFit { .. }) {
            self.0 -= 1;
        }
        if self.0 == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

#[test]
fn an_optimization_that_is_stopped_says_so_and_keeps_what_it_has() {
    let mut analysis = analysis();
    analysis.set_progress(Box::new(StopAt(3)));
    let free = analysis.roi().free_parameters();
    let result = analysis.optimize(&OptimizeOptions::default()).unwrap();
    assert!(result.cancelled && result.steps.len() == 2 && result.dloglike > 0.0);
    assert_eq!(analysis.roi().free_parameters(), free);
}

#[test]
fn errors_of_sources_that_are_not_fitted_stay() {
    let mut analysis = analysis();
    analysis.fit(&roi_fit::FitOptions::default()).unwrap();
    let before = analysis.roi().state();
    let skip = analysis.roi().sources().iter().map(|source| source.name().to_owned()).collect();
    let result = analysis.optimize(&options(|o| o.skip = skip)).unwrap();
    assert!(result.steps.is_empty());
    assert_eq!(analysis.roi().state(), before);
}

#[test]
fn until_converged_ends_at_the_joint_maximum_and_proves_it() {
    let mut analysis = analysis();
    let plain = self::analysis().optimize(&OptimizeOptions::default()).unwrap();
    let options = options(|o| {
        o.until_converged = true;
        o.fit.tol = 1e-6;
    });
    let result = analysis.optimize(&options).unwrap();
    let proof = result.convergence.clone().unwrap();
    assert!(proof.converged && proof.fit_quality == 3 && proof.edm < 2e-6, "{proof:?}");
    assert!(proof.largest_pull < 1e-2, "{proof:?}");
    assert!(result.loglike1 > plain.loglike1 + 1e-3, "one pass ends below the joint maximum");

    // The same parameters fitted at once, from the start model and by another optimizer, end at the same place.
    let joint = result.steps.last().unwrap();
    assert_eq!(joint.step, 4);
    let mut direct = self::analysis();
    direct.fix_all().unwrap();
    for name in &joint.sources {
        let significant = result.sources[name].ts.is_some_and(|ts| ts >= 25.0);
        direct.free_source(name, true, if significant { &Pars::All } else { &Pars::Norm }).unwrap();
    }
    let mut fit = direct.fit_options();
    (fit.optimizer, fit.tol) = ("NEWTON".into(), 1e-9);
    let fitted = direct.fit(&fit).unwrap();
    assert_eq!(fitted.values.len(), proof.n_free);
    assert!((fitted.loglike - result.loglike1).abs() < 1e-5, "{} and {}", fitted.loglike, result.loglike1);
    for (row, (name, parameter)) in fitted.src_names.iter().zip(&fitted.par_names).enumerate() {
        let source = analysis.roi().source(name).unwrap();
        let value = source.spectrum().parameter(parameter).unwrap().value();
        assert!((value - fitted.values[row]).abs() < 1e-2 * fitted.errors[row].max(1e-12), "{name} {parameter}");
    }
    // Nothing is left for the steps to gain.
    assert!(analysis.optimize(&OptimizeOptions::default()).unwrap().dloglike < 1e-5);
}

#[test]
fn without_rounds_nothing_is_called_converged() {
    let result = analysis().optimize(&options(|o| (o.until_converged, o.max_rounds) = (true, 0))).unwrap();
    assert!(result.convergence.is_none_or(|c| !c.converged));
}

#[test]
fn sources_that_cannot_be_told_apart_do_not_keep_the_others_from_gaining() {
    // Two copies of the brightest point source: no joint fit of both has a covariance.
    let (roi, likelihood) = small_region(|parts| {
        parts.duplicate("SIM J0534.5+2200", "twin");
        Vec::new()
    });
    let gain = analysis().optimize(&OptimizeOptions::default()).unwrap().dloglike;
    let mut analysis = analysis_with(roi, likelihood);
    let result = analysis.optimize(&options(|o| o.npred_frac = 1.0)).unwrap();
    let first = &result.steps[0];
    assert!(!first.fit_success && first.sources.iter().any(|name| name == "twin"), "{first:?}");
    assert!(result.steps.len() > first.sources.len(), "each is fitted alone: {:?}", result.steps);
    assert!(result.dloglike > 0.5 * gain, "{} {gain}", result.dloglike);
}
