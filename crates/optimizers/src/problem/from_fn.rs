//! A closure as an objective.

use super::objective::Objective;
use crate::error::EvalError;

/// A closure of the parameters as an objective without derivatives: see [`from_fn`].
#[derive(Debug, Clone)]
pub struct FromFn<F> {
    dim: usize,
    function: F,
}

/// The closure `function` of `dim` parameters as an objective. Where it gives no finite number the optimizer steps back.
///
/// ```
/// use optimizers::{Options, Parameter, Problem, Silent, from_fn, optimizer};
/// let problem = Problem::new(vec![Parameter::new("a", 0.0), Parameter::new("b", 0.0)])?;
/// let mut objective = from_fn(2, |x| (x[0] - 1.0).powi(2) + 10.0 * (x[1] - x[0]).powi(2));
/// let minimum = optimizer("MINUIT")?.minimize(&mut objective, &problem, &Options::default(), &mut Silent)?;
/// assert!((minimum.values[1] - 1.0).abs() < 0.01);
/// # Ok::<(), optimizers::Error>(())
/// ```
pub fn from_fn<F: FnMut(&[f64]) -> f64>(dim: usize, function: F) -> FromFn<F> {
    FromFn { dim, function }
}

impl<F: FnMut(&[f64]) -> f64> Objective for FromFn<F> {
    fn dim(&self) -> usize {
        self.dim
    }

    fn value(&mut self, x: &[f64]) -> Result<f64, EvalError> {
        Ok((self.function)(x))
    }
}
