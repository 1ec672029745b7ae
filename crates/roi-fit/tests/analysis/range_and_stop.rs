//! The range of energies that counts, and an update that is stopped.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::region::{analysis, analysis_with, small_region};
use roi_fit::{Event, FitOptions, Progress, StopSignal};

#[test]
fn a_range_of_energies_predicts_and_fits_what_lies_in_it() {
    let mut whole = analysis();
    let all = whole.loglike_report().unwrap();
    let edges = all.components[0].energies.clone();
    let (mut lower, mut upper) = (analysis(), analysis());
    lower.set_energy_range(None, Some(edges[3])).unwrap();
    upper.set_energy_range(Some(edges[3]), None).unwrap();
    assert_eq!((lower.energy_range(), upper.energy_range()), ((edges[0], edges[3]), (edges[3], edges[8])));
    let (below, above) = (lower.loglike_report().unwrap(), upper.loglike_report().unwrap());
    approx::assert_relative_eq!(below.loglike + above.loglike, all.loglike, max_relative = 1e-12);
    approx::assert_relative_eq!(below.npred + above.npred, all.npred, max_relative = 1e-12);
    assert_eq!((below.components[0].energies.len(), above.components[0].counts.len()), (4, 5));
    for source in whole.roi().sources() {
        let of = |analysis: &roi_fit::Analysis| analysis.properties(source.name()).unwrap().clone();
        let (all, below, above) = (of(&whole), of(&lower), of(&upper));
        approx::assert_relative_eq!(below.npred + above.npred, all.npred, max_relative = 1e-12);
        assert_eq!([below.model_counts, above.model_counts].concat(), all.model_counts);
    }
    // A fit of a part is that of data which have nothing else.
    let (roi, data) = small_region(|_| Vec::new());
    let mut cut = analysis_with(roi, data.within_energies(edges[3], edges[8]).unwrap());
    let (fit, alone) = (upper.fit(&FitOptions::default()).unwrap(), cut.fit(&FitOptions::default()).unwrap());
    assert_eq!((fit.loglike, &fit.values, fit.energy_range), (alone.loglike, &alone.values, (edges[3], edges[8])));
    // TS of another range is none of this one.
    upper.set_energy_range(None, None).unwrap();
    assert!(upper.roi().sources().iter().all(|source| upper.properties(source.name()).unwrap().ts.is_none()));
    assert_eq!(upper.energy_range(), whole.energy_range());
}

#[test]
fn a_range_that_is_none_changes_nothing() {
    let mut analysis = analysis();
    let before = analysis.loglike().unwrap();
    for (emin, emax) in [(Some(150.0), None), (None, Some(1e9)), (Some(f64::NAN), None)] {
        let refused = analysis.set_energy_range(emin, emax).unwrap_err();
        assert!(matches!(refused, roi_fit::Error::EnergyEdge { .. }), "{refused}");
    }
    let (emin, emax) = analysis.energy_range();
    assert!(analysis.set_energy_range(Some(emax), Some(emin)).is_err());
    assert_eq!(analysis.loglike().unwrap(), before);
}

/// Goes up when the update of the sources begins, and is heard by evaluations alone.
#[derive(Clone, Default)]
struct AtUpdate(Arc<AtomicBool>);

impl Progress for AtUpdate {
    fn event(&mut self, event: &Event) -> ControlFlow<()> {
        if matches!(event, Event::Update { .. }) {
            self.0.store(true, Ordering::Relaxed);
        }
        ControlFlow::Continue(())
    }

    fn stop_signal(&self) -> StopSignal {
        let is_up = Arc::clone(&self.0);
        StopSignal::new(move || is_up.load(Ordering::Relaxed))
    }
}

#[test]
fn a_fit_stands_when_its_update_is_stopped_in_the_middle_of_a_pass() {
    for reoptimize in [false, true] {
        let mut free = analysis();
        let options = FitOptions::default().with_reoptimize(reoptimize);
        let expected = free.fit(&options).unwrap();
        let mut stopped = analysis();
        stopped.set_progress(Box::new(AtUpdate::default()));
        let fit = stopped.fit(&options).unwrap();
        assert!(fit.fit_success);
        assert_eq!((fit.loglike, &fit.values, &fit.errors), (expected.loglike, &expected.values, &expected.errors));
        assert_eq!(stopped.roi().free_values(), expected.values.to_vec());
        // What was not done is not known; what is told is of the parameters of this fit.
        assert_eq!(fit.sources.len(), expected.sources.len());
        assert!(fit.sources.values().all(|source| source.norm_limits.is_none()));
        for (name, source) in &fit.sources {
            assert!(source.ts.is_none() || source.ts == expected.sources[name].ts, "{name}");
            assert_eq!(source.parameters, expected.sources[name].parameters, "{name}");
        }
        assert!(fit.warnings.iter().any(|warning| warning.contains("stopped before its end")), "{:?}", fit.warnings);
        // What was stopped once is not stopped for ever.
        assert_eq!(stopped.loglike().unwrap(), expected.loglike);
    }
}

/// Goes up when a number of fits of `optimize` have begun, and is heard by evaluations of the update alone.
struct AtFit(usize, AtUpdate);

impl Progress for AtFit {
    fn event(&mut self, event: &Event) -> ControlFlow<()> {
        if matches!(event, Event::SubFit { .. }) {
            self.0 -= 1;
            self.1.0.store(self.0 == 0, Ordering::Relaxed);
        }
        ControlFlow::Continue(())
    }

    fn stop_signal(&self) -> StopSignal {
        self.1.stop_signal()
    }
}

#[test]
fn an_optimization_that_is_stopped_in_its_last_update_says_so() {
    let options = roi_fit::OptimizeOptions::default();
    let whole = analysis().optimize(&options).unwrap();
    let mut stopped = analysis();
    stopped.set_progress(Box::new(AtFit(whole.steps.len(), AtUpdate::default())));
    let result = stopped.optimize(&options).unwrap();
    assert!(result.cancelled && !whole.cancelled);
    assert_eq!(
        (result.steps.len(), result.loglike1),
        (whole.steps.len(), whole.loglike1),
        "what the fits found stands"
    );
}

#[test]
fn what_another_fit_knew_does_not_stand_beside_new_parameters() {
    let mut analysis = analysis();
    let first = analysis.fit(&FitOptions::default()).unwrap();
    let name = first.src_names[0].clone();
    assert!(analysis.properties(&name).unwrap().norm_limits.is_some());
    let norm = analysis.roi().source(&name).unwrap().spectrum().parameters()[0].name().to_owned();
    analysis.set_parameter(&name, &norm, 0.5 * first.values[0]).unwrap();
    let is_up = Arc::new(AtomicBool::new(true));
    analysis.set_progress(Box::new(AtUpdate(is_up)));
    let again = analysis.fit(&FitOptions::default()).unwrap();
    assert!(again.fit_success);
    let known = analysis.properties(&name).unwrap();
    assert_eq!((known.ts, &known.scan, known.norm_limits), (None, &None, None));
}
