//! What a fit promises where it is hard: in crowded regions, six overlapping sources with all shapes free, the default options find the best that
//! any optimizer finds.
//!
//! `CROWDED_REGIONS=100 CROWDED_SEED=5000 cargo test -p roi-fit --test crowded -- --nocapture` measures as many regions from that seed on.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test that cannot be set up has failed")]

mod region;

use std::time::Instant;

use region::crowded;
use roi_fit::{FitOptions, FitResult, Quiet};

/// Two maxima whose `logL` differs by less are as good.
const AS_GOOD: f64 = 0.05;

/// Regions in which MINUIT alone ends low, or at a point where a parameter is not constrained.
const HARD: [u64; 9] = [1016, 1033, 1035, 1057, 1063, 1066, 1093, 1106, 1135];

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
    /// Whether an optimizer alone finds the best with quality 3.
    is_solvable: bool,
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
    let is_solvable = alone.iter().any(|(fit, _)| fit.fit_quality == 3 && fit.loglike > best - AS_GOOD);
    let below = best - result.loglike;
    let tried: Vec<String> = result
        .attempts
        .iter()
        .map(|a| format!("{} from {:?} q{} {:.3}", a.method, a.start, a.fit_quality, a.loglike.unwrap()))
        .collect();
    println!("{seed}: quality {}, {below:.3} below {best:.3}; {}", result.fit_quality, tried.join(", "));
    let calls = result.calls.total() as f64 / alone[0].0.calls.total() as f64;
    Measured { quality: result.fit_quality, is_solvable, below, calls, time: time / alone[0].1 }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

#[test]
fn the_default_fit_of_crowded_regions_finds_the_best_at_twice_the_cost_of_one_attempt() {
    let number = |name: &str, default: u64| std::env::var(name).map_or(default, |value| value.parse().unwrap());
    let (first, regions) = (number("CROWDED_SEED", 1), number("CROWDED_REGIONS", 20));
    let measured: Vec<Measured> = (first..first + regions).map(measure).collect();
    let share =
        |is_so: &dyn Fn(&&Measured) -> bool| measured.iter().filter(is_so).count() as f64 / measured.len() as f64;
    let accurate = share(&|m| m.quality == 3);
    let solvable = share(&|m| m.is_solvable);
    let best = share(&|m| m.below < AS_GOOD);
    let calls = median(measured.iter().map(|m| m.calls).collect());
    let time = median(measured.iter().map(|m| m.time).collect());
    println!(
        "quality 3 in {accurate} (an optimizer alone: {solvable}), the best in {best}; median cost {calls:.2} calls, {time:.2} time"
    );
    assert!(accurate >= 0.98 * solvable && best >= 0.95 && calls <= 2.0);
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
