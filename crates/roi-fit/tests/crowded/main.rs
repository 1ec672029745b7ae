//! What a fit promises where it is hard: in crowded regions, six overlapping sources with all shapes free, the default options find the best that
//! any optimizer finds.
//!
//! `CROWDED_REGIONS=100 CROWDED_SEED=5000 cargo test -p roi-fit --test crowded -- --nocapture` measures as many regions from that seed on.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test that cannot be set up has failed")]

mod region;

use std::ops::ControlFlow;
use std::time::Instant;

use ndarray::Array2;
use region::crowded;
use roi_fit::{Event, FitOptions, FitResult, Progress, Quiet};

/// Two maxima whose `logL` differs by less are as good.
const AS_GOOD: f64 = 0.05;

/// Regions in which MINUIT alone ends low, or at a point where a parameter is not constrained.
const HARD: [u64; 13] = [1016, 1033, 1035, 1057, 1063, 1066, 1073, 1093, 1106, 1135, 5031, 5063, 5092];

fn fit(seed: u64, options: &FitOptions) -> (FitResult, f64) {
    let mut session = crowded(seed);
    let start = Instant::now();
    let result = roi_fit::fit(&mut session, options, &mut Quiet).unwrap();
    (result, start.elapsed().as_secs_f64())
}

fn options() -> FitOptions {
    FitOptions::default().with_update(false)
}

/// How the default options did in a region beside each optimizer alone.
struct Measured {
    quality: u8,
    /// How far the end lies below the best.
    below: f64,
    /// Evaluations, and time, relative to the first attempt alone.
    calls: f64,
    time: f64,
}

fn measure(seed: u64) -> Measured {
    let (result, time) = fit(seed, &options());
    let alone: Vec<(FitResult, f64)> = ["MINUIT", "NEWTON", "LBFGS", "DRMNGB"]
        .map(|optimizer| fit(seed, &options().with_optimizer(optimizer.into()).with_retries(1)))
        .into();
    let best = alone.iter().map(|(fit, _)| fit.loglike).fold(f64::NEG_INFINITY, f64::max);
    let below = best - result.loglike;
    let proved = result.fit_quality < 3 && is_unconstrained(seed, &result);
    let tried: Vec<String> = result
        .attempts
        .iter()
        .map(|a| format!("{} from {:?} q{} {:.3}", a.method, a.start, a.fit_quality, a.loglike.unwrap()))
        .collect();
    let proved = if proved { " (unconstrained)" } else { "" };
    println!("{seed}: quality {}{proved}, {below:.3} below {best:.3}; {}", result.fit_quality, tried.join(", "));
    let calls = result.calls.total() as f64 / alone[0].0.calls.total() as f64;
    Measured { quality: result.fit_quality, below, calls, time: time / alone[0].1 }
}

/// Whether the errors at the end of a fit are as long as a parameter's range, whoever fits: by the exact second derivatives there, for parameters
/// off their bounds; for one on a bound, when `logL` falls by less than a half over nine tenths of its range, the others refitted.
fn is_unconstrained(seed: u64, end: &FitResult) -> bool {
    let mut session = crowded(seed);
    session.roi_mut().set_free_values(&end.values.to_vec()).unwrap();
    let free = session.roi().free_parameters();
    let range = |row: usize| {
        let (low, high) = session.roi().parameter(free[row]).unwrap().bounds();
        high - low
    };
    let ranges: Vec<f64> = (0..free.len()).map(range).collect();
    let off: Vec<usize> = (0..free.len()).filter(|row| !end.at_limit.contains(row)).collect();
    let hessian = session.derivatives().unwrap().hessian;
    // In units of the ranges.
    let curvature = |(a, b): (usize, usize)| -hessian[[off[a], off[b]]] * ranges[off[a]] * ranges[off[b]];
    let curvature = Array2::from_shape_fn((off.len(), off.len()), curvature);
    let is_at_range = |inverse: Array2<f64>| inverse.diag().iter().any(|variance| variance.sqrt() >= 0.9);
    optimizers::inverse(&curvature).is_none_or(is_at_range)
        || end.at_limit.iter().any(|&row| {
            let mut session = crowded(seed);
            session.roi_mut().set_free_values(&end.values.to_vec()).unwrap();
            let parameter = session.roi_mut().parameter_mut(free[row]).unwrap();
            let inwards = if end.values[row] > parameter.bounds().0 { -0.9 } else { 0.9 };
            parameter.set_value(end.values[row] + inwards * ranges[row]).unwrap();
            parameter.set_free(false);
            let others = options().with_optimizer("NEWTON".into()).with_min_fit_quality(0);
            roi_fit::fit(&mut session, &others, &mut Quiet).unwrap().loglike > end.loglike - 0.5
        })
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

#[test]
fn the_default_fit_of_crowded_regions_finds_the_best_at_twice_the_cost_of_one_attempt() {
    let number = |name: &str, default: u64| std::env::var(name).map_or(default, |value| value.parse().unwrap());
    let (first, regions) = (number("CROWDED_SEED", 5025), number("CROWDED_REGIONS", 33));
    let measured: Vec<Measured> = (first..first + regions).map(measure).collect();
    let share =
        |is_so: &dyn Fn(&&Measured) -> bool| measured.iter().filter(is_so).count() as f64 / measured.len() as f64;
    let accurate = share(&|m| m.quality == 3);
    let best = share(&|m| m.below < AS_GOOD);
    let calls = median(measured.iter().map(|m| m.calls).collect());
    let time = median(measured.iter().map(|m| m.time).collect());
    println!("quality 3 in {accurate}, the best in {best}; median cost {calls:.2} calls, {time:.2} time");
    assert!(accurate >= 0.98 && best >= 0.95 && calls <= 2.0);
}

#[test]
fn where_one_attempt_ends_low_another_one_is_made() {
    let mut low = 0;
    for seed in HARD {
        let measured = measure(seed);
        low += usize::from(measured.below > AS_GOOD);
        assert!(measured.calls > 1.0, "{seed}: another attempt was made");
    }
    assert!(low <= 1, "{low} of {} ended low", HARD.len());
}

#[test]
fn the_highest_end_is_that_of_the_fit_whatever_the_quality_of_a_lower_one() {
    let (result, _) = fit(1033, &options());
    let highest = result.attempts.iter().map(|a| a.loglike.unwrap()).fold(f64::NEG_INFINITY, f64::max);
    assert!(result.attempts.iter().any(|a| a.fit_quality == 3 && a.loglike < Some(highest - AS_GOOD)), "{result:?}");
    assert_eq!((result.fit_success, result.fit_quality, result.loglike), (false, 2, highest));
    assert!(result.message.contains("not constrained"), "{}", result.message);
}

/// Stops when an attempt has begun a number of times: iterations of another algorithm than the last one.
struct StopAtAlgorithm(usize, Option<&'static str>);

impl Progress for StopAtAlgorithm {
    fn event(&mut self, event: &Event) -> ControlFlow<()> {
        if let Event::Iteration { algorithm, .. } = event
            && self.1.replace(algorithm) != Some(algorithm)
        {
            self.0 -= 1;
        }
        if self.0 == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

#[test]
fn a_stop_while_a_higher_maximum_is_looked_for_keeps_the_good_one() {
    let mut session = crowded(1016);
    let result = roi_fit::fit(&mut session, &options(), &mut StopAtAlgorithm(2, None)).unwrap();
    assert_eq!((result.attempts.len(), result.fit_success, result.fit_quality), (2, true, 3), "{result:?}");
    assert!(result.attempts[0].is_best && result.warnings.iter().any(|warning| warning.contains("was stopped")));
    assert_eq!(session.roi().free_values(), result.values.to_vec());
    let stopped = roi_fit::fit(&mut crowded(1016), &options(), &mut StopAtAlgorithm(1, None)).unwrap();
    assert_eq!((stopped.attempts.len(), stopped.fit_success), (1, false), "{stopped:?}");
}

#[test]
fn the_result_tells_what_was_tried() {
    let (result, _) = fit(1093, &options());
    assert!(result.fit_success && result.attempts.len() == result.niter && result.niter > 1);
    let best: Vec<_> = result.attempts.iter().filter(|attempt| attempt.is_best).collect();
    assert_eq!(best.len(), 1);
    assert_eq!((best[0].loglike, best[0].fit_quality), (Some(result.loglike), result.fit_quality));
    assert!(best[0].loglike > result.attempts[0].loglike, "the first one ended low");
    let methods: Vec<_> = result.attempts.iter().map(|a| (a.method.as_str(), a.start)).collect();
    for (number, tried) in methods.iter().enumerate() {
        assert!(!methods[..number].contains(tried), "{tried:?} was repeated");
    }
    let json = result.to_json();
    assert_eq!(json["attempts"].as_array().unwrap().len(), result.niter);
    assert_eq!(
        (&json["attempts"][0]["method"], &json["attempts"][0]["start"]),
        (&"MINUIT".into(), &"start values".into())
    );
    let only = fit(1093, &options().with_retries(1)).0;
    assert_eq!((only.niter, only.attempts.len()), (1, 1), "one attempt is no repetition");
}

#[test]
fn a_higher_maximum_that_minos_comes_upon_is_taken_up() {
    let once = options().with_retries(1);
    let without = fit(5092, &once).0;
    let result = fit(5092, &once.clone().with_minos(true)).0;
    assert!(result.fit_success && result.fit_quality == 3 && result.loglike > without.loglike + 0.5, "{result:?}");
    assert_eq!((result.attempts.len(), result.attempts[1].is_best), (2, true), "{:?}", result.attempts);
    assert!(result.calls.total() > result.attempts.iter().map(|attempt| attempt.calls.total()).sum());
    let minos = result.minos.unwrap();
    assert!(minos.iter().filter(|[down, up]| down.is_some() && up.is_some()).count() > minos.len() / 2, "{minos:?}");
    // The errors are those of the new maximum: nothing higher lies within them.
    let best = fit(5092, &options()).0;
    assert!((result.loglike - best.loglike).abs() < 1e-3, "{} {}", result.loglike, best.loglike);
}

#[test]
fn a_higher_point_that_minos_comes_upon_and_no_fit_reaches_is_told() {
    let once = options().with_retries(1);
    let without = fit(5006, &once).0;
    let result = fit(5006, &once.with_minos(true)).0;
    assert_eq!((result.fit_success, result.fit_quality, result.loglike), (true, 3, without.loglike));
    assert!(result.minos.is_none());
    let is_told =
        |warning: &String| warning.contains("no MINOS errors") && warning.contains("S4:norm found a higher logL");
    assert!(result.warnings.iter().any(is_told), "{:?}", result.warnings);
}
