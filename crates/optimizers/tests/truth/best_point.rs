//! The result is the lowest point that a run has seen, whatever ends the run.

use std::cell::Cell;

use optimizers::{Options, Parameter, Problem, Silent, from_fn, optimizer, registry};

/// A slope with a pit at every step: behind each minimum, within its error, lies a lower one, more of them than a run takes up.
fn staircase(slope: f64, depth: f64, x: &[f64]) -> f64 {
    let pits = 1.0 - (2.0 * std::f64::consts::PI * x[0]).cos();
    -slope * x[0] + depth * pits + 0.5 * (x[1] - 0.3 * x[0]).powi(2)
}

const STAIRS: [(f64, f64, f64); 6] =
    [(0.6, 0.1, 0.1), (0.3, 0.05, 3.4), (0.1, 0.02, 7.8), (1.0, 0.17, 0.1), (0.03, 0.006, 2.3), (3.0, 0.5, 0.4)];

#[test]
fn the_result_is_the_lowest_point_that_was_seen() {
    for name in registry().names() {
        for (slope, depth, start) in STAIRS {
            let staircase = |x: &[f64]| staircase(slope, depth, x);
            let lowest = Cell::new(f64::INFINITY);
            let mut objective = from_fn(2, |x| {
                let value = staircase(x);
                lowest.set(lowest.get().min(value));
                value
            });
            let parameters = vec![Parameter::new("along", start).with_bounds(0.0, 60.0), Parameter::new("across", 0.0)];
            let problem = Problem::new(parameters).unwrap();
            let minimum = optimizer(name).unwrap();
            let minimum = minimum.minimize(&mut objective, &problem, &Options::default(), &mut Silent).unwrap();
            assert_eq!(minimum.fval, staircase(&minimum.values), "{name} on {slope} {depth} from {start}");
            // Differences for derivatives see what is lower by a rounding or by the slope within a step.
            assert!(
                minimum.fval <= lowest.get() + 1e-3,
                "{name} on {slope} {depth} from {start}: {} seen, {minimum:?}",
                lowest.get()
            );
        }
    }
}
