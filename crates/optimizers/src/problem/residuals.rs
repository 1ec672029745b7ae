//! The residuals of a least-squares problem.

use crate::error::EvalError;
use ndarray::Array2;

/// Residuals `r(x)` whose half sum of squares is to be minimised.
///
/// `x` is as for [`Objective`](crate::Objective): every parameter, always within the bounds.
///
/// ```
/// use optimizers::{EvalError, Residuals};
/// /// y = a exp(-b t) with unit errors.
/// struct Decay { t: Vec<f64>, y: Vec<f64> }
/// impl Residuals for Decay {
///     fn dim(&self) -> usize { 2 }
///     fn count(&self) -> usize { self.t.len() }
///     fn residuals(&mut self, x: &[f64], out: &mut [f64]) -> Result<(), EvalError> {
///         for ((r, t), y) in out.iter_mut().zip(&self.t).zip(&self.y) {
///             *r = x[0] * (-x[1] * t).exp() - y;
///         }
///         Ok(())
///     }
/// }
/// ```
pub trait Residuals {
    /// Number of parameters, fixed ones included.
    fn dim(&self) -> usize;

    /// Number of residuals.
    fn count(&self) -> usize;

    /// Whether [`jacobian`](Self::jacobian) is implemented; otherwise central differences are taken.
    fn has_jacobian(&self) -> bool {
        false
    }

    /// Writes the `count` residuals to `out`.
    ///
    /// # Errors
    /// [`EvalError::NotFinite`] where they are not defined, [`EvalError::Fatal`] when they cannot be had at all.
    fn residuals(&mut self, x: &[f64], out: &mut [f64]) -> Result<(), EvalError>;

    /// Writes the derivatives, residual k with respect to parameter i, to the `count` x `dim` matrix `out[[k, i]]`.
    ///
    /// # Errors
    /// As for [`residuals`](Self::residuals).
    fn jacobian(&mut self, x: &[f64], out: &mut Array2<f64>) -> Result<(), EvalError> {
        let _ = (x, out);
        Err(EvalError::Fatal("the residuals announce a Jacobian but do not implement Residuals::jacobian".into()))
    }
}
