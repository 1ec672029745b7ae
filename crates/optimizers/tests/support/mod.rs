//! Objectives for the tests: written once as a formula, with exact derivatives by dual numbers.

#![allow(dead_code, reason = "every test binary uses its own part")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

pub(crate) mod classics;

use ndarray::Array2;
use num_dual::{Dual64, DualNum, HyperDual64};
use optimizers::{Derivatives, EvalError, Minimum, Objective, Options, Parameter, Problem, Silent, optimizer};

pub(crate) trait Number: DualNum<Primitive = f64> + Copy {}
impl<D: DualNum<Primitive = f64> + Copy> Number for D {}

/// A function of several parameters, for any kind of number.
pub(crate) trait Formula {
    fn dim(&self) -> usize;
    fn eval<D: Number>(&self, x: &[D]) -> D;
}

/// A formula as an objective that offers what it is told to offer, and fails when asked outside the bounds.
pub(crate) struct Exact<F> {
    pub(crate) formula: F,
    pub(crate) offers: Derivatives,
    pub(crate) bounds: Vec<(f64, f64)>,
}

impl<F: Formula> Exact<F> {
    pub(crate) fn new(formula: F, offers: Derivatives) -> Self {
        let bounds = vec![(f64::NEG_INFINITY, f64::INFINITY); formula.dim()];
        Self { formula, offers, bounds }
    }

    pub(crate) fn within(mut self, problem: &Problem) -> Self {
        self.bounds = problem.parameters().iter().map(|p| (p.lower(), p.upper())).collect();
        self
    }

    fn check(&self, x: &[f64]) {
        for (i, (v, (lower, upper))) in x.iter().zip(&self.bounds).enumerate() {
            assert!(lower <= v && v <= upper, "parameter {i} = {v} outside [{lower}, {upper}]");
        }
    }
}

impl<F: Formula> Objective for Exact<F> {
    fn dim(&self) -> usize {
        self.formula.dim()
    }

    fn derivatives(&self) -> Derivatives {
        self.offers
    }

    fn value(&mut self, x: &[f64]) -> Result<f64, EvalError> {
        self.check(x);
        Ok(self.formula.eval(x))
    }

    fn gradient(&mut self, x: &[f64], gradient: &mut [f64]) -> Result<f64, EvalError> {
        self.check(x);
        let mut dual: Vec<Dual64> = x.iter().map(|v| Dual64::from_re(*v)).collect();
        for i in 0..x.len() {
            dual[i] = dual[i].derivative();
            gradient[i] = self.formula.eval(&dual).eps;
            dual[i] = Dual64::from_re(x[i]);
        }
        Ok(self.formula.eval(x))
    }

    fn hessian(&mut self, x: &[f64], gradient: &mut [f64], hessian: &mut Array2<f64>) -> Result<f64, EvalError> {
        let f = self.gradient(x, gradient)?;
        let mut dual: Vec<HyperDual64> = x.iter().map(|v| HyperDual64::from_re(*v)).collect();
        for i in 0..x.len() {
            for j in 0..=i {
                dual[i].eps1 = 1.0;
                dual[j].eps2 = 1.0;
                let second = self.formula.eval(&dual).eps1eps2;
                hessian[[i, j]] = second;
                hessian[[j, i]] = second;
                dual[i] = HyperDual64::from_re(x[i]);
                dual[j] = HyperDual64::from_re(x[j]);
            }
        }
        Ok(f)
    }
}

/// An objective with a name for its way of differentiating, for messages.
pub(crate) const OFFERS: [Derivatives; 3] = [Derivatives::None, Derivatives::Gradient, Derivatives::Hessian];

/// Free parameters without bounds, with steps.
pub(crate) fn unbounded(start: &[f64]) -> Problem {
    Problem::new(start.iter().enumerate().map(|(i, v)| Parameter::new(format!("p{i}"), *v)).collect()).unwrap()
}

/// Parameters with bounds.
pub(crate) fn bounded(start: &[f64], bounds: &[(f64, f64)]) -> Problem {
    let parameter = |(i, (v, (lower, upper))): (usize, (&f64, &(f64, f64)))| {
        Parameter::new(format!("p{i}"), *v).with_bounds(*lower, *upper)
    };
    Problem::new(start.iter().zip(bounds).enumerate().map(parameter).collect()).unwrap()
}

/// Minimises with the optimizer of a name.
pub(crate) fn minimize(name: &str, objective: &mut dyn Objective, problem: &Problem, options: &Options) -> Minimum {
    optimizer(name).unwrap().minimize(objective, problem, options, &mut Silent).unwrap()
}

/// Minimises a formula, watching its bounds.
pub(crate) fn fit<F: Formula>(
    name: &str,
    formula: F,
    offers: Derivatives,
    problem: &Problem,
    options: &Options,
) -> Minimum {
    let mut objective = Exact::new(formula, offers).within(problem);
    minimize(name, &mut objective, problem, options)
}
