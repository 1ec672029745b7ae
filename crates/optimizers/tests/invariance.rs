//! Properties that must hold whatever the objective: units, order, limits, bounds, cancellation.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use ndarray::Array2;
use optimizers::{
    Derivatives, Error, EvalError, FitQuality, Iteration, Objective, Observer, Options, Parameter, Problem, Silent,
    Status, hesse, inverse as inverse_of, optimizer, registry,
};
use proptest::prelude::*;
use std::ops::ControlFlow;
use std::time::Duration;
use support::{Exact, Formula, Number, OFFERS, bounded, fit, minimize, unbounded};

/// ½ (x - c)·H (x - c)
struct Quadratic {
    h: Array2<f64>,
    centre: Vec<f64>,
}

impl Formula for Quadratic {
    fn dim(&self) -> usize {
        self.centre.len()
    }
    fn eval<D: Number>(&self, x: &[D]) -> D {
        let mut sum = D::from(0.0);
        for i in 0..x.len() {
            for j in 0..x.len() {
                sum += (x[i] - self.centre[i]) * (x[j] - self.centre[j]) * (0.5 * self.h[[i, j]]);
            }
        }
        sum
    }
}

fn positive_definite(entries: Vec<f64>, n: usize) -> Array2<f64> {
    let a = Array2::from_shape_vec((n, n), entries).unwrap();
    a.dot(&a.t()) + Array2::<f64>::eye(n) * 0.2
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn covariance_is_the_inverse_hessian(
        entries in prop::collection::vec(-1.0..1.0_f64, 16),
        centre in prop::collection::vec(-5.0..5.0_f64, 4),
        start in prop::collection::vec(-5.0..5.0_f64, 4),
    ) {
        let h = positive_definite(entries, 4);
        let inverse = inverse_of(&h).unwrap();
        for name in registry().names() {
            for offers in [Derivatives::Gradient, Derivatives::Hessian] {
                let m = fit(name, Quadratic { h: h.clone(), centre: centre.clone() }, offers, &unbounded(&start), &Options::default());
                prop_assert_eq!(m.quality, FitQuality::Accurate);
                let covariance = m.covariance.unwrap();
                let scale = inverse.iter().fold(0.0_f64, |s, v| s.max(v.abs()));
                let worst = (&covariance - &inverse).iter().fold(0.0_f64, |s, v| s.max(v.abs()));
                prop_assert!(worst < 1e-8 * scale, "{name} {offers:?} {worst}");
            }
        }
    }

    /// Units differ by up to thirty orders of magnitude; the fit does not care.
    #[test]
    fn rescaled_parameters_give_the_rescaled_answer(exponents in prop::collection::vec(-14..7_i32, 3), seed in 0..3_usize) {
        struct Rescaled { unit: Vec<f64> }
        impl Formula for Rescaled {
            fn dim(&self) -> usize { 3 }
            fn eval<D: Number>(&self, x: &[D]) -> D {
                let y: Vec<D> = x.iter().zip(&self.unit).map(|(x, u)| *x / *u).collect();
                (y[0] - 1.0).powi(2) * 3.0 + (y[1] - y[0] * y[0] * 0.3).powi(2) * 2.0 + y[2].exp() - y[2] * 2.0
            }
        }
        let unit: Vec<f64> = exponents.iter().map(|e| 10.0_f64.powi(*e)).collect();
        let start = [[2.0, 1.0, 1.0], [0.5, -1.0, -1.0], [-1.0, 2.0, 3.0]][seed];
        let scaled: Vec<f64> = start.iter().zip(&unit).map(|(s, u)| s * u).collect();
        for name in registry().names() {
            for offers in OFFERS {
                let m = fit(name, Rescaled { unit: unit.clone() }, offers, &unbounded(&scaled), &Options::default());
                prop_assert_eq!(m.quality, FitQuality::Accurate, "{} {:?} {:?}", name, offers, m);
                let truth = [1.0, 0.3, 2.0_f64.ln()];
                for i in 0..3 {
                    let off = (m.values[i] / unit[i] - truth[i]) * unit[i] / m.errors[i];
                    prop_assert!(off.abs() < 0.02, "{name} {offers:?} {i} {off}");
                }
                // The Hessian at the minimum: 6 + 4 * 0.36, -4 * 0.6, 4; 2.
                let det: f64 = (6.0 + 1.44) * 4.0 - 2.4 * 2.4;
                for (i, e) in [(4.0 / det).sqrt(), (7.44 / det).sqrt(), 0.5_f64.sqrt()].into_iter().enumerate() {
                    prop_assert!((m.errors[i] / unit[i] / e - 1.0).abs() < 1e-2, "{name} {offers:?} {m:?}");
                }
            }
        }
    }

    /// `Exact` fails when it is evaluated outside the bounds.
    #[test]
    fn bounds_are_never_left(
        entries in prop::collection::vec(-1.0..1.0_f64, 9),
        centre in prop::collection::vec(-3.0..3.0_f64, 3),
        fraction in prop::collection::vec(0.0..=1.0_f64, 3),
    ) {
        let h = positive_definite(entries, 3);
        let bounds = [(-1.0, 1.0), (0.0, f64::INFINITY), (f64::NEG_INFINITY, 0.5)];
        let start = [2.0 * fraction[0] - 1.0, 2.0 * fraction[1], 0.5 - fraction[2]];
        let mut best = Vec::new();
        for name in registry().names() {
            for offers in OFFERS {
                let quadratic = Quadratic { h: h.clone(), centre: centre.clone() };
                let m = fit(name, quadratic, offers, &bounded(&start, &bounds), &Options::default());
                // An error as long as the range of the first parameter is no measurement.
                let claimed = if m.errors[0] < 0.9 * 2.0 { FitQuality::Accurate } else { FitQuality::Forced };
                prop_assert_eq!(m.quality, claimed, "{} {:?} {:?}", name, offers, m);
                best.push(m.fval);
            }
        }
        let lowest = best.iter().copied().fold(f64::INFINITY, f64::min);
        prop_assert!(best.iter().all(|f| f - lowest < 1e-3), "{best:?}");
    }
}

/// A valley that takes many iterations.
struct Rosenbrock;
impl Formula for Rosenbrock {
    fn dim(&self) -> usize {
        2
    }
    fn eval<D: Number>(&self, x: &[D]) -> D {
        (x[1] - x[0] * x[0]).powi(2) * 100.0 + (x[0] - 1.0).powi(2)
    }
}

#[test]
fn order_of_parameters_does_not_matter() {
    struct Swapped;
    impl Formula for Swapped {
        fn dim(&self) -> usize {
            2
        }
        fn eval<D: Number>(&self, x: &[D]) -> D {
            Rosenbrock.eval(&[x[1], x[0]])
        }
    }
    for name in registry().names() {
        for offers in OFFERS {
            let m = fit(name, Rosenbrock, offers, &unbounded(&[-1.2, 1.0]), &Options::default());
            let s = fit(name, Swapped, offers, &unbounded(&[1.0, -1.2]), &Options::default());
            for i in 0..2 {
                assert!((m.values[i] - s.values[1 - i]).abs() < 0.02 * m.errors[i], "{name} {offers:?} {m:?} {s:?}");
                assert!((m.errors[i] / s.errors[1 - i] - 1.0).abs() < 0.02, "{name} {offers:?} {m:?} {s:?}");
            }
        }
    }
}

#[test]
fn fixed_parameters_stay() {
    for name in registry().names() {
        for offers in OFFERS {
            let problem =
                Problem::new(vec![Parameter::new("a", -1.2), Parameter::new("b", 4.0).with_fixed(true)]).unwrap();
            let m = fit(name, Rosenbrock, offers, &problem, &Options::default());
            assert_eq!(
                (m.quality, m.values[1], m.errors[1]),
                (FitQuality::Accurate, 4.0, 0.0),
                "{name} {offers:?} {m:?}"
            );
            assert!((m.values[0].abs() - 2.0).abs() < 0.01 && m.covariance.unwrap().dim() == (1, 1));
        }
    }
}

#[test]
fn limits_end_a_run_with_the_best_point_so_far() {
    for name in registry().names() {
        for offers in OFFERS {
            for limit in [1, 2, 5, 12] {
                let options = Options::default().with_max_calls(limit).with_tol(1e-6);
                let m = fit(name, Rosenbrock, offers, &unbounded(&[-1.2, 1.0]), &options);
                let who = format!("{name} {offers:?} {limit} {m:?}");
                assert!(m.calls.total() <= limit, "{who}");
                assert!(m.quality < FitQuality::Accurate && m.status == Status::CallLimit, "{who}");
                assert_eq!(m.status.code(), 1);
                assert!(m.fval <= 24.2 + 1e-9 && (m.fval - Rosenbrock.eval(&m.values)).abs() < 1e-12, "{who}");
            }
            let options = Options::default().with_time_limit(Duration::ZERO);
            let m = fit(name, Rosenbrock, offers, &unbounded(&[-1.2, 1.0]), &options);
            assert_eq!((m.status, m.quality), (Status::TimeLimit, FitQuality::None), "{name}");
            let options = Options::default().with_max_iterations(2);
            let m = fit(name, Rosenbrock, offers, &unbounded(&[-1.2, 1.0]), &options);
            assert!(m.quality < FitQuality::Accurate && m.status != Status::Converged, "{name} {offers:?} {m:?}");
        }
    }
}

/// Cancels before anything is evaluated.
struct Impatient;
impl Observer for Impatient {
    fn iteration(&mut self, _: &Iteration) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
    fn is_cancelled(&self) -> bool {
        true
    }
}

#[test]
fn an_observer_sees_and_cancels() {
    for name in registry().names() {
        let mut seen: Vec<Iteration> = Vec::new();
        let mut observer = |iteration: &Iteration| {
            seen.push(iteration.clone());
            if seen.len() < 2 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        };
        let mut objective = Exact::new(Rosenbrock, Derivatives::Gradient);
        let problem = unbounded(&[-1.2, 1.0]);
        let m =
            optimizer(name).unwrap().minimize(&mut objective, &problem, &Options::default(), &mut observer).unwrap();
        assert_eq!((m.status, m.iterations, seen.len()), (Status::Cancelled, 2, 2), "{name}");
        assert!(seen[0].calls.total() > 0 && seen[1].fval <= seen[0].fval, "{name}");
    }
    let mut objective = Exact::new(Rosenbrock, Derivatives::None);
    let m = optimizer("minuit").unwrap();
    let m = m.minimize(&mut objective, &unbounded(&[0.0, 0.0]), &Options::default(), &mut Impatient).unwrap();
    assert_eq!((m.status, m.calls.total()), (Status::Cancelled, 0));
}

struct Broken;
impl Objective for Broken {
    fn dim(&self) -> usize {
        1
    }
    fn value(&mut self, _: &[f64]) -> Result<f64, EvalError> {
        Err(EvalError::Fatal("the detector is on fire".into()))
    }
}

/// Announces a gradient that it does not have.
struct Boaster;
impl Objective for Boaster {
    fn dim(&self) -> usize {
        1
    }
    fn derivatives(&self) -> Derivatives {
        Derivatives::Gradient
    }
    fn value(&mut self, x: &[f64]) -> Result<f64, EvalError> {
        Ok(x[0])
    }
}

#[test]
fn misuse_and_fatal_errors_are_errors() {
    for name in registry().names() {
        let run = |objective: &mut dyn Objective, problem: &Problem, options: &Options| {
            optimizer(name).unwrap().minimize(objective, problem, options, &mut Silent)
        };
        let one = unbounded(&[0.0]);
        let error = run(&mut Broken, &one, &Options::default()).unwrap_err();
        assert!(error.to_string().contains("the detector is on fire"), "{error}");
        // DRMNFB does not ask for it.
        let boast = run(&mut Boaster, &one, &Options::default().with_max_calls(100));
        assert!(name == "DRMNFB" || matches!(boast, Err(Error::Objective(_))), "{name}");
        let two = unbounded(&[0.0, 0.0]);
        assert!(matches!(
            run(&mut Broken, &two, &Options::default()),
            Err(Error::Dimension { objective: 1, problem: 2 })
        ));
        for options in [
            Options::default().with_tol(0.0),
            Options::default().with_tol(f64::NAN),
            Options::default().with_initial_damping(-1.0),
        ] {
            assert!(matches!(run(&mut Broken, &one, &options), Err(Error::InvalidOption { .. })));
        }
    }
}

#[test]
fn every_point_undefined_or_nan_ends_quietly() {
    struct Nowhere(f64);
    impl Objective for Nowhere {
        fn dim(&self) -> usize {
            2
        }
        fn value(&mut self, x: &[f64]) -> Result<f64, EvalError> {
            // Defined at the start only.
            Ok(if x == [1.0, 1.0] { 3.0 } else { self.0 })
        }
    }
    for name in registry().names() {
        for elsewhere in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let m = minimize(name, &mut Nowhere(elsewhere), &unbounded(&[1.0, 1.0]), &Options::default());
            assert!(m.quality < FitQuality::Accurate && m.status != Status::Converged, "{name} {m:?}");
            assert_eq!(m.values, [1.0, 1.0], "{name}");
        }
    }
}

#[test]
fn hesse_alone_tells_when_it_is_not_at_a_minimum() {
    for offers in OFFERS {
        let mut objective = Exact::new(Rosenbrock, offers);
        let away = hesse(&mut objective, &unbounded(&[1.1, 1.1]), &Options::default(), &mut Silent).unwrap();
        assert!(away.quality < FitQuality::Accurate && away.status == Status::NoProgress, "{offers:?} {away:?}");
        let there = hesse(&mut objective, &unbounded(&[1.0, 1.0]), &Options::default(), &mut Silent).unwrap();
        assert_eq!(there.quality, FitQuality::Accurate, "{offers:?} {there:?}");
        // Inverse of [[802, -400], [-400, 200]].
        for (e, truth) in there.errors.iter().zip([0.5_f64.sqrt(), (802.0_f64 / 400.0).sqrt()]) {
            assert!((e / truth - 1.0).abs() < 1e-3, "{offers:?} {there:?}");
        }
    }
}

/// Extreme but legal problems and options: no panic, no claim that is not true.
#[test]
fn extremes_do_no_harm() {
    for name in registry().names() {
        for offers in OFFERS {
            let options = Options::default()
                .with_time_limit(Duration::MAX)
                .with_max_iterations(usize::MAX)
                .with_max_calls(20_000);
            let narrow = bounded(&[1e16, 1.0], &[(1e16, 1e16 + 2.0), (f64::MIN, f64::MAX)]);
            let m = fit(name, Rosenbrock, offers, &narrow, &options);
            assert!(m.values[0] >= 1e16, "{name} {offers:?} {m:?}");
            for start in [[1e150, 1e150], [1e-300, -1e-300], [-1e8, 1e-8]] {
                let m = fit(name, Rosenbrock, offers, &unbounded(&start), &options);
                assert!(m.quality < FitQuality::Accurate || m.fval < 1e-2, "{name} {offers:?} {start:?} {m:?}");
            }
        }
    }
}
