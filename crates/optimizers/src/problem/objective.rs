//! The function to be minimised, and which derivatives it offers.

use super::residuals::Residuals;
use crate::error::EvalError;
use ndarray::Array2;

/// The derivatives an [`Objective`] computes itself; an optimizer differentiates numerically what is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Derivatives {
    /// Values only.
    None,
    /// Values and gradients.
    Gradient,
    /// Values, gradients and Hessians.
    Hessian,
}

/// A scalar function of `dim` parameters.
///
/// `x` always holds every parameter of the [`Problem`](crate::Problem), fixed ones included, in its order, and always
/// lies within the bounds. A result that is NaN or infinite, like [`EvalError::NotFinite`], makes the optimizer step back.
///
/// Only [`dim`](Self::dim) and [`value`](Self::value) must be written; whoever announces more in
/// [`derivatives`](Self::derivatives) writes the methods for it too.
///
/// ```
/// use optimizers::{EvalError, Objective};
/// struct Bowl;
/// impl Objective for Bowl {
///     fn dim(&self) -> usize { 2 }
///     fn value(&mut self, x: &[f64]) -> Result<f64, EvalError> {
///         Ok((x[0] - 1.0).powi(2) + 10.0 * (x[1] + 2.0).powi(2))
///     }
/// }
/// ```
pub trait Objective {
    /// Number of parameters, fixed ones included.
    fn dim(&self) -> usize;

    /// What this objective can compute.
    fn derivatives(&self) -> Derivatives {
        Derivatives::None
    }

    /// Relative rounding noise of [`value`](Self::value): the steps of numerical derivatives follow from it.
    fn precision(&self) -> f64 {
        4.0 * f64::EPSILON
    }

    /// The function's value.
    ///
    /// # Errors
    /// [`EvalError::NotFinite`] where the function is not defined, [`EvalError::Fatal`] when it cannot go on at all.
    fn value(&mut self, x: &[f64]) -> Result<f64, EvalError>;

    /// The value, with the `dim` first derivatives written to `gradient`.
    ///
    /// # Errors
    /// As for [`value`](Self::value).
    fn gradient(&mut self, x: &[f64], gradient: &mut [f64]) -> Result<f64, EvalError> {
        let _ = (x, gradient);
        Err(EvalError::Fatal("the objective announces a gradient but does not implement Objective::gradient".into()))
    }

    /// The value, with the first and second derivatives written to `gradient` and to the `dim` x `dim` `hessian`
    /// (both triangles).
    ///
    /// # Errors
    /// As for [`value`](Self::value).
    fn hessian(&mut self, x: &[f64], gradient: &mut [f64], hessian: &mut Array2<f64>) -> Result<f64, EvalError> {
        let _ = (x, gradient, hessian);
        Err(EvalError::Fatal("the objective announces a Hessian but does not implement Objective::hessian".into()))
    }

    /// The residuals, for an objective that is half their sum of squares but for a constant; LM makes use of them.
    fn residuals(&mut self) -> Option<&mut dyn Residuals> {
        None
    }
}
