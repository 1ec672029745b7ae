//! Sums of squares with bounds, fixed parameters, undefined residuals, with and without a Jacobian.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use ndarray::Array2;
use optimizers::{
    Error, EvalError, FitQuality, LeastSquares, Minimum, Objective, Observer, Optimizer, Options, Parameter, Problem,
    Registry, Residuals, Silent, registry,
};
use support::minimize;

/// y = a exp(-b t) + c at t = 0.5, 1, ..., 10, for a = 5, b = 0.7, c = 1, disturbed; a must be positive.
#[derive(Clone)]
struct Decay {
    has_jacobian: bool,
}

fn time(k: usize) -> f64 {
    0.5 * (k as f64 + 1.0)
}

impl Residuals for Decay {
    fn dim(&self) -> usize {
        3
    }
    fn count(&self) -> usize {
        20
    }
    fn has_jacobian(&self) -> bool {
        self.has_jacobian
    }
    fn residuals(&mut self, x: &[f64], out: &mut [f64]) -> Result<(), EvalError> {
        if x[0] <= 0.0 {
            return Err(EvalError::NotFinite);
        }
        for (k, r) in out.iter_mut().enumerate() {
            let y = 5.0 * (-0.7 * time(k)).exp() + 1.0 + 0.1 * (3.0 * time(k)).sin();
            *r = (x[0] * (-x[1] * time(k)).exp() + x[2] - y) / 0.1;
        }
        Ok(())
    }
    fn jacobian(&mut self, x: &[f64], out: &mut Array2<f64>) -> Result<(), EvalError> {
        for k in 0..20 {
            let e = (-x[1] * time(k)).exp() / 0.1;
            out[[k, 0]] = e;
            out[[k, 1]] = -time(k) * x[0] * e;
            out[[k, 2]] = 10.0;
        }
        Ok(())
    }
}

fn fit(name: &str, has_jacobian: bool, problem: &Problem) -> Minimum {
    minimize(name, &mut LeastSquares::new(Decay { has_jacobian }), problem, &Options::default().with_tol(1e-6))
}

fn problem(upper: f64, fixed: bool) -> Problem {
    Problem::new(vec![
        Parameter::new("a", 2.0),
        Parameter::new("b", 0.2).with_bounds(0.0, upper),
        Parameter::new("c", 0.0).with_fixed(fixed),
    ])
    .unwrap()
}

#[test]
fn all_optimizers_agree_on_residuals() {
    for (upper, fixed) in [(10.0, false), (f64::INFINITY, false), (0.5, false), (10.0, true)] {
        let problem = problem(upper, fixed);
        let truth = fit("NEWTON", true, &problem);
        assert_eq!(
            (truth.quality, truth.at_limit.as_slice()),
            (FitQuality::Accurate, if upper < 1.0 { &[1][..] } else { &[] })
        );
        for name in registry().names() {
            for has_jacobian in [true, false] {
                let m = fit(name, has_jacobian, &problem);
                assert_eq!(
                    (m.quality, &m.at_limit),
                    (FitQuality::Accurate, &truth.at_limit),
                    "{name} {has_jacobian} {m:?}"
                );
                for i in 0..3 {
                    let off = (m.values[i] - truth.values[i]).abs();
                    assert!(off <= 2e-3 * truth.errors[i], "{name} {has_jacobian} {m:?} {truth:?}");
                    assert!((m.errors[i] - truth.errors[i]).abs() <= 2e-3 * truth.errors[i], "{name} {m:?} {truth:?}");
                }
            }
        }
    }
}

#[test]
fn a_residual_fit_needs_few_calls() {
    let m = fit("LM", true, &problem(10.0, false));
    // Search, Hessian from six gradients, and its proof.
    assert!(m.calls.total() < 50, "{:?}", m.calls);
}

#[test]
fn the_same_fit_twice_is_the_same_to_the_bit() {
    for name in registry().names() {
        let (first, second) = (fit(name, true, &problem(10.0, false)), fit(name, true, &problem(10.0, false)));
        assert_eq!(first, second, "{name}");
    }
}

/// A third party's optimizer: it knows the answer.
struct Oracle(&'static str);

impl Optimizer for Oracle {
    fn name(&self) -> &str {
        self.0
    }
    fn minimize(
        &self,
        objective: &mut dyn Objective,
        problem: &Problem,
        options: &Options,
        observer: &mut dyn Observer,
    ) -> Result<Minimum, Error> {
        let mut problem = problem.clone();
        problem.set_value(0, 5.0)?;
        optimizers::hesse(objective, &problem, options, observer)
    }
}

#[test]
fn third_parties_register_theirs() {
    let mut registry = Registry::default();
    registry.register(Box::new(Oracle("ORACLE"))).unwrap();
    assert!(matches!(registry.register(Box::new(Oracle("Minuit"))), Err(Error::DuplicateOptimizer { .. })));
    let mut objective = LeastSquares::new(Decay { has_jacobian: true });
    let oracle = registry.get("oracle").unwrap();
    let m = oracle.minimize(&mut objective, &problem(10.0, false), &Options::default(), &mut Silent).unwrap();
    assert_eq!(m.values[0], 5.0);
    let error = registry.get("delphi").err().unwrap().to_string();
    assert!(error.contains("delphi") && error.contains("ORACLE") && error.contains("DRMNFB"), "{error}");
}
